"""The page of events says what the catalogue says: every type with its subject, when it happens, and its members."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from concilia.portfolio.event_catalogue import CATALOGUE, TEST
from concilia.portfolio.event_types import EventType
from concilia.vault import Secret
from connectors.webhook_sender import Answered, Sender
from connectors.webhook_targets import Guard, parsed
from sync.cloud_events import as_bytes, trial_envelope
from sync.event_signing import Signer, new_secret

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/reference/events.md"
HOW_TO = ROOT / "docs/how-to/listen-to-events.md"


def lines(one: EventType) -> Iterator[str]:
    yield f"### `{one.name}`"
    yield ""
    yield f"{one.when} Its subject is {one.about}."
    yield ""
    yield "| member | kind | |"
    yield "|---|---|---|"
    for member in one.members:
        says = member.says if member.always else f"{member.says} Not always there."
        yield f"| `{member.name}` | {member.kind} | {says} |"
    yield ""


def table() -> str:
    """The generated part of the page."""
    return "\n".join(line for one in (*CATALOGUE.values(), TEST) for line in lines(one)).strip() + "\n"


def test_the_page_of_events_is_the_catalogue() -> None:
    written = PAGE.read_text("utf-8").partition("## Types\n\n")[2]
    assert written == table(), "write it anew: python -m tests.test_docs_events"


def receiver_of_the_page() -> str:
    (found,) = re.findall(r"```python\n(.*?)```", HOW_TO.read_text("utf-8"), re.DOTALL)
    return str(found)


def test_the_receiver_of_the_how_to_takes_what_is_signed_and_nothing_else(tmp_path: Path) -> None:
    program = receiver_of_the_page().replace(".serve_forever()", "")
    assert len([line for line in program.splitlines() if line.strip()]) <= 17
    # The page has a port of its own; here it is any free one, and the program says which.
    program = program.replace("HTTPServer((", "server = HTTPServer((") + "print(server.server_port, flush=True)\n"
    (tmp_path / "receiver.py").write_text(f"{program}server.serve_forever()\n")
    secret = new_secret()
    environment = {**os.environ, "SECRET": secret.reveal(), "PORT": "0"}
    command = [sys.executable, str(tmp_path / "receiver.py")]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as running:
        try:
            assert running.stdout is not None
            port = int(running.stdout.readline())
            assert posted(port, secret) == Answered(204)
            assert posted(port, secret) == Answered(204), "told twice, seen once"
            assert posted(port, new_secret()) == Answered(401)
            running.kill()
            assert running.stdout.read().count("subscription.test") == 1
        finally:
            running.kill()


def posted(port: int, secret: Secret) -> object:
    from datetime import UTC, datetime

    body = as_bytes(trial_envelope("s1", number="1", at="2026-11-22T12:00:00+00:00"))
    headers = Signer([secret]).headers("test-1", body, at=datetime.fromtimestamp(time.time(), UTC))
    sender = Sender(parsed(f"http://127.0.0.1:{port}/"), Guard(frozenset({"127.0.0.1"})))
    return sender.post(body, headers)


@pytest.mark.parametrize("page", [PAGE, HOW_TO])
def test_every_type_that_a_page_names_is_in_the_catalogue(page: Path) -> None:
    named = set(
        re.findall(
            r"`((?:debtor|debt|payment|agreement|interaction|contact|contact_point|discrepancy)\.[a-z_]+)`",
            page.read_text("utf-8"),
        )
    )
    assert named
    assert named <= CATALOGUE.keys()


if __name__ == "__main__":
    head = PAGE.read_text("utf-8").partition("## Types\n\n")[0]
    PAGE.write_text(f"{head}## Types\n\n{table()}", "utf-8")
