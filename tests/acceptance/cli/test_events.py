"""Events on the command line: subscribed, told once, refused, told again; served, and ended with a stream open."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.acceptance.cli.conftest import Terminal
from tests.receivers import Receiver, receiver, wait_until
from tests.worlds import rut, workspace, write_cartera

ROWS = [
    (f"F-{n}", rut(5_000_000 + 977 * n), f"Persona {n}", "", "", "1.000", "01-10-2026", "2026-11-01T10:00:00")
    for n in range(5)
]


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    folder = workspace(tmp_path / "cartera")
    write_cartera(folder, ROWS)
    with (folder / "concilia.yaml").open("a") as file:
        file.write("events: {allow_hosts: [127.0.0.1], attempts: 2}\n")
    found = Terminal(folder)
    assert found("sync").code == 0
    return found


@pytest.fixture
def peer(tmp_path: Path) -> Iterator[Receiver]:
    with receiver(tmp_path / "receiver") as found:
        yield found


def test_events_are_listed_told_refused_and_told_again(terminal: Terminal, peer: Receiver) -> None:
    listed = terminal("events", "list", "--type", "debt", "--json").lines
    assert {event["type"] for event in listed} == {"debt.opened"}
    assert len(listed) == 5
    made = terminal("events", "subscribe", peer.url, "--type", "debt", "--after", 0, "--json").document
    peer.trust(made["secret"])
    assert terminal("events", "test", made["id"]).code == 0
    told = terminal("events", "deliver", "--once", "--json").document
    assert told == {"told": 5, "failed": 0}
    assert {event["subject"] for event in peer.firsts()[1:]} == {event["subject"] for event in listed}
    one = terminal("events", "subscriptions", "--json").document
    assert (one["lag"], one["state"], "secret" in one) == (0, "active", False)
    assert terminal("events", "pause", made["id"], "--by", "ana", "--json").document["state"] == "paused"
    assert "Paused by ana." in terminal("events", "subscriptions").out
    assert terminal("events", "resume", made["id"], "--json").document["state"] == "active"
    assert terminal("events", "replay", made["id"], "--after", 0).code == 0
    assert terminal("events", "deliver", "--once", "--json").document["told"] == 5
    rotated = terminal("events", "rotate-secret", made["id"], "--overlap", 0, "--json").document
    refused = terminal("events", "test", made["id"], "--json")
    assert (refused.code, refused.document["reason"]) == (3, "It answered 401.")
    peer.trust(rotated["secret"])
    assert terminal("events", "test", made["id"]).code == 0
    assert terminal("events", "dead-letters", made["id"], "--json").lines == []
    assert terminal("events", "dead-letters", made["id"], "--replay", 1).code == 2
    assert terminal("events", "unsubscribe", made["id"]).code == 0
    assert terminal("events", "pause", made["id"]).code == 2


def test_what_cannot_be_subscribed_to_is_one_sentence(terminal: Terminal) -> None:
    for words in (("https://10.0.0.1/",), ("https://127.0.0.1/", "--type", "debts"), ("nonsense",)):
        ended = terminal("events", "subscribe", *words)
        assert ended.code == 2
        assert len(ended.err.strip().splitlines()) == 1
        assert "Traceback" not in ended.err


def test_what_is_stored_is_what_follows_from_the_records(terminal: Terminal) -> None:
    found = terminal("rebuild", "--check", "--json")
    assert (found.code, found.document["differing"], found.document["debts"]) == (0, 0, 5)
    assert terminal("rebuild").code == 2


def test_serving_tells_subscribers_and_ends_though_a_stream_is_open(terminal: Terminal, peer: Receiver) -> None:
    made = terminal("events", "subscribe", peer.url, "--json").document
    peer.trust(made["secret"])
    key = next(w for w in terminal("keys", "create", "tests").out.split() if w.startswith("ck_"))
    serving = terminal.begin("serve", "--port", 0, "--json")
    try:
        assert serving.stdout is not None
        url = serving.stdout.readline().split('"')[3]
        headers = {"X-Api-Key": key, "Idempotency-Key": "k1"}
        told = {
            "debt": {"document": "F-1"},
            "amount": "500",
            "unit": "CLP",
            "value_date": "2026-11-22",
            "reference": "T1",
        }
        with httpx.stream("GET", f"{url}/v1/events/stream", headers=headers, timeout=30) as stream:
            lines = stream.iter_lines()
            assert next(lines) == "retry: 2000"
            assert httpx.post(f"{url}/v1/payments", json=told, headers=headers).status_code == 201
            assert any(line == "event: payment.received" for line in lines)
            wait_until(lambda: "payment.applied" in {event["type"] for event in peer.taken()})
            serving.send_signal(signal.SIGINT)
            assert serving.wait(20) in (0, 130)
    finally:
        serving.kill()
        serving.communicate()
