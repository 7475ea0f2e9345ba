"""Events as they happen over one connection, taken up where it broke; and as batches."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from sync import actions, stewardship
from sync.hub import Hub
from tests.acceptance.api.conftest import ANA, JOSE
from tests.door import Door, opened_door
from tests.receivers import wait_until
from tests.worlds import dotted

_number = itertools.count(1)


@dataclass
class Stream:
    """The lines of an open stream."""

    answer: httpx.Response
    lines: Iterator[str]

    def take(self, count: int) -> list[dict[str, Any]]:
        """The next events; comments are passed over."""
        found: list[dict[str, Any]] = []
        told: dict[str, str] = {}
        for line in self.lines:
            name, _, value = line.partition(": ")
            if line:
                told[name] = value
                continue
            if "data" in told:
                event = json.loads(told["data"])
                assert (told["id"], told["event"]) == (event["id"], event["type"])
                found.append(event)
                if len(found) == count:
                    return found
            told = {}
        raise AssertionError("the stream ended")


@contextmanager
def streaming(door: Door, *, last: str = "", **asked: Any) -> Iterator[Stream]:
    headers = {"Last-Event-ID": last} if last else {}
    with door.client.stream("GET", "/v1/events/stream", params=asked, headers=headers, timeout=30) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-store"
        yield Stream(answer, answer.iter_lines())


def pay(door: Door, document: str) -> None:
    told = {"amount": "10", "unit": "CLP", "value_date": "2026-11-22", "reference": f"S{next(_number)}"}
    assert door.pay({"debt": {"document": document}, **told}).status_code == 201


def test_what_happens_comes_as_it_happens_and_a_broken_line_is_taken_up(door: Door) -> None:
    with streaming(door) as stream:
        pay(door, "F-1")
        first = stream.take(2)
    assert [event["type"] for event in first] == ["payment.received", "payment.applied"]
    pay(door, "F-4")
    with streaming(door, last=first[-1]["id"]) as stream:
        rest = stream.take(4)
        pay(door, "F-2")
        rest += stream.take(1)
    whole = [e for e in door.every("/v1/events") if e["sequence"] > int(first[-1]["id"])]
    assert [int(event["id"]) for event in rest] == [e["sequence"] for e in whole][: len(rest)]
    assert [event["data"] for event in rest] == [e["data"] for e in whole][: len(rest)]


def test_everything_from_the_first_event_and_nothing_twice(door: Door) -> None:
    whole = door.every("/v1/events")
    with streaming(door, after=0) as stream:
        found = stream.take(len(whole))
    assert [int(event["id"]) for event in found] == [e["sequence"] for e in whole] == list(range(1, len(whole) + 1))


def test_types_and_a_debtor_can_be_chosen(door: Door) -> None:
    jose, ana = door.debtor_of(JOSE)["id"], door.debtor_of(ANA)["id"]
    with streaming(door, types="debt.opened,payment", debtor=jose, after=0) as stream:
        pay(door, "F-3")
        pay(door, "F-1")
        found = stream.take(4)
    assert [event["type"] for event in found] == ["debt.opened", "debt.opened", "payment.received", "payment.applied"]
    assert {event["debtor"] for event in found} == {jose}
    assert jose != ana


def test_who_follows_a_debtor_follows_it_through_a_merge(door: Door, hub: Hub) -> None:
    left, right = (stewardship.source_debtor(hub, n) for n in ("crm/contactos/c2", f"erp/cartera/{dotted(ANA)}"))
    foreseen = stewardship.foresee(hub, left, right, judgement="same")
    stays = foreseen.after[0]
    goes = next(one for one in foreseen.before if one != stays)
    with streaming(door, debtor=goes) as stream:
        stewardship.rule(hub, (left, right), judgement="same", by="ana")
        merged = stream.take(1)[0]
        while merged["type"] != "debtor.merged":
            merged = stream.take(1)[0]
        assert merged["data"]["gone"] == [goes]
        assert (merged["data"]["into"], merged["debtor"]) == (stays, stays)
        pay(door, "F-3")
        assert stream.take(1)[0]["debtor"] == stays


def test_silence_is_filled_with_comments_and_a_revoked_key_ends_the_stream(hub: Hub) -> None:
    with opened_door(hub) as door:
        number, key = actions.create_key(hub, "listener")
        with door.client.stream(
            "GET", "/v1/events/stream", params={"after": 0}, headers={"X-Api-Key": key}, timeout=30
        ) as answer:
            lines = answer.iter_lines()
            assert next(lines) == "retry: 2000"
            actions.revoke_key(hub, number)
            pay(door, "F-1")
            rest = "\n".join(lines)  # it ends
        assert "payment.received" not in rest


@pytest.mark.parametrize(
    ("asked", "headers"),
    [
        ({"types": "debts"}, {}), ({"after": "-1"}, {}), ({"after": "x"}, {}), ({"debtor": "Ñ"}, {}),
        ({"typ": "debt"}, {}), ({}, {"Last-Event-ID": "abc"}), ({}, {"Last-Event-ID": "-1"}),
    ],
)  # fmt: skip
def test_what_cannot_be_followed_is_refused(door: Door, asked: dict[str, str], headers: dict[str, str]) -> None:
    answer = door.get("/v1/events/stream", params=asked, headers=headers)
    assert answer.status_code == 422


def test_a_stream_needs_a_key(door: Door) -> None:
    assert httpx.get(f"{door.url}/v1/events/stream").status_code == 401


def test_a_batch_is_the_same_events_and_the_link_goes_on(door: Door) -> None:
    accept = {"Accept": "application/cloudevents-batch+json"}
    whole: list[dict[str, Any]] = []
    path = "/v1/events?limit=3"
    for _ in range(100):
        answer = door.client.get(path, headers=accept)
        assert answer.headers["content-type"] == "application/cloudevents-batch+json"
        if not answer.json():
            break
        whole += answer.json()
        path = answer.links["next"]["url"]
    polled = door.every("/v1/events")
    assert [int(e["sequence"]) for e in whole] == [e["sequence"] for e in polled]
    assert [e["sequence"] for e in whole] == sorted(e["sequence"] for e in whole), "it sorts as text"
    assert [{**e, "sequence": int(e["sequence"])} for e in whole] == polled


def test_readers_that_do_not_read_hold_no_transaction(door: Door, hub: Hub) -> None:
    with streaming(door, after=0) as first, streaming(door, after=0):
        first.take(1)
        assert wait_until(lambda: hub.store.engine.pool.checkedout() == 0)  # type: ignore[attr-defined]
