"""What the Singer tests share: a hub behind its door, and Singer programs run as processes of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sync import actions
from sync.hub import Hub
from tests.conftest import OpenHub
from tests.door import Door, opened_door
from tests.worlds import rut, workspace, write_cartera

ROOT = Path(__file__).resolve().parents[3]
OUR_TAP = (sys.executable, "-m", "admin_api.singer.tap")
OUR_TARGET = (sys.executable, "-m", "admin_api.singer.target")
SEEN = "2026-11-01T10:00:00"
# Without a number of her own, the last may be told to be anybody.
NAMELESS = ("F-9", "66.666.666-6", "Zoila Zañartu Ñuble", "", "", "90.000", "01-12-2026", SEEN)


def debtors(count: int) -> list[tuple[str, ...]]:
    people = [
        (f"F-{n}", rut(10_000_000 + n * 7919), f"Íñigo Ñancupil {n}", "", "", f"{n}00.000", "01-12-2026", SEEN)
        for n in range(1, count + 1)
    ]
    return [*people, NAMELESS]


def synced(folder: Path, opened: OpenHub, *, count: int = 5) -> Hub:
    """A hub that has read so many debtors with one debt each, and the one without a number."""
    found = workspace(folder)
    write_cartera(found, debtors(count))
    hub = opened(found)
    actions.apply(hub)
    actions.run(hub, [], push=False)
    return hub


def told_to_be_one(hub: Hub) -> None:
    """A steward says that the first debtor and the one without a number are the same."""
    rows = [row["external_id"] for row in actions.export(hub, "crosswalk")]
    (nameless,) = (key for key in rows if key.startswith("66"))
    actions.rule(hub, f"erp/cartera/{rut(10_007_919)}", f"erp/cartera/{nameless}", judgement="same", by="carla")


@dataclass(frozen=True)
class Ended:
    """How a program ended: its exit code, the lines it wrote, and what it said to people."""

    code: int
    lines: list[str]
    said: str

    def messages(self, kind: str = "") -> list[dict[str, Any]]:
        found = [json.loads(line) for line in self.lines]
        return [one for one in found if not kind or one.get("type") == kind]


def run(*command: str | Path, given: str | None = None, folder: Path | None = None) -> Ended:
    """Run a program to its end."""
    done = subprocess.run(
        [str(word) for word in command], input=given, capture_output=True, text=True, encoding="utf-8",
        cwd=folder or ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, timeout=120, check=False,
    )  # fmt: skip
    return Ended(done.returncode, done.stdout.splitlines(), done.stderr)


def lines(messages: Sequence[Any]) -> str:
    """Singer messages as a tap writes them."""
    return "".join(f"{json.dumps(one) if not isinstance(one, str) else one}\n" for one in messages)


@contextmanager
def configured(hub: Hub, folder: Path, **settings: Any) -> Iterator[tuple[Door, Path]]:
    """The hub's door, and a configuration file for our tap or target."""
    with opened_door(hub) as door:
        config = folder / "config.json"
        config.write_text(json.dumps({"url": door.url, "api_key": door.key, **settings}), encoding="utf-8")
        yield door, config
