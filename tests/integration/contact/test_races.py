"""Many tools that ask about one debtor at the same moment: one of them is given the contact, on both databases."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from concilia.clock import fixed_clock
from sync import contacts
from sync.contacts import Caller
from tests.conftest import OpenHub
from tests.integration.contact.conftest import ANA, JOSE, Desk, opened_desk

CHANNELS = ("voice_agent", "voice_auto", "sms", "whatsapp", "email")


def race(desk: Desk, *, tools: int, seed: int) -> Counter[str]:
    """So many tools ask at once; those that are given the contact confirm it or give it back."""
    chance = random.Random(seed)
    plans = [(chance.choice(CHANNELS), chance.choice((ANA, JOSE)), chance.random() < 0.5) for _ in range(tools)]

    def tool(plan: tuple[str, str, bool]) -> str:
        channel, tax_id, _ = plan
        body = {"debtor": {"tax_id": tax_id}, "channel": channel}
        found: dict[str, Any] = dict(contacts.decide(desk.hub, body, caller=Caller("tool")).body)
        return f"{found['answer']} {tax_id}"

    with ThreadPoolExecutor(tools) as many:
        return Counter(many.map(tool, plans))


def held(desk: Desk) -> dict[str, int]:
    with desk.hub.store.read() as tx:
        rows = tx.execute(text("SELECT debtor_id, count(*) FROM reservation WHERE state = 'held' GROUP BY debtor_id"))
        return {str(row[0]): row[1] for row in rows}


def clear(desk: Desk) -> None:
    with desk.hub.store.begin() as tx:
        for table in ("reservation", "reservation_debt", "contact_decision"):
            tx.execute(text(f"DELETE FROM {table}"))


def test_fifty_tools_never_get_two_reservations_for_one_slot(
    tmp_path: Path, opened: OpenHub, database_url: str
) -> None:
    desk = opened_desk(tmp_path, opened, database_url)
    for seed in range(3):
        answers = race(desk, tools=50, seed=seed)
        given = {tax_id: answers[f"allow {tax_id}"] for tax_id in (ANA, JOSE)}
        assert given == {ANA: 1, JOSE: 1}, answers
        assert sorted(held(desk).values()) == [1, 1]
        clear(desk)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_ten_thousand_races_give_each_slot_once(tmp_path: Path, opened: OpenHub, database_url: str) -> None:
    desk = opened_desk(tmp_path, opened, database_url)
    for seed in range(10_000):
        answers = race(desk, tools=50, seed=seed)
        assert answers[f"allow {ANA}"] <= 1
        assert answers[f"allow {JOSE}"] <= 1
        assert max(held(desk).values(), default=0) <= 1
        clear(desk)


def test_one_confirmation_of_many_makes_the_interaction(tmp_path: Path, opened: OpenHub, database_url: str) -> None:
    desk = opened_desk(tmp_path, opened, database_url)
    decision = desk.ask()

    def confirm(n: int) -> str:
        told = contacts.confirm(desk.hub, decision["id"], {"external_ref": f"call-{n}"}, by="dialer")
        return str(told["reservation"]["interaction"])

    with ThreadPoolExecutor(12) as many:
        assert len(set(many.map(confirm, range(24)))) == 1
    with desk.hub.store.read() as tx:
        assert tx.execute(text("SELECT count(*) FROM interaction")).scalar_one() == 1


def test_a_hub_with_another_clock_cannot_be_given_a_slot_that_is_held(tmp_path: Path, opened: OpenHub) -> None:
    desk = opened_desk(tmp_path, opened, None)
    desk.ask()
    ahead = replace(desk.hub, clock=fixed_clock(desk.watch.now.replace(minute=1)))
    assert (
        contacts.decide(ahead, {"debtor": {"tax_id": ANA}, "channel": "email"}, caller=Caller("x")).body["answer"]
        == "deny"
    )
