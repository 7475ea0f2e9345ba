"""Interactions told at once, and told while somebody decides who is who: kept once, and never left waiting for nothing."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import text

from concilia.clock import to_text
from concilia.servicing import interactions as servicing
from concilia.servicing.interactions import Telling
from concilia.store import crosswalk, locks
from sync import actions, golden_records, identity, interactions, waiting
from sync.contacts import Caller
from tests.integration.contact.conftest import ANA, Desk

CALLER = Caller("bot", 1)


def told(**members: Any) -> dict[str, Any]:
    usual = {"direction": "inbound", "channel": "whatsapp", "started_at": "2026-11-23T09:55:00-03:00"}
    return {**usual, "party": {"tax_id": ANA, "country": "CL"}, "external_ref": "wamid.1", **members}


def count(desk: Desk, table: str) -> int:
    with desk.hub.store.read() as tx:
        return int(tx.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_twelve_tools_that_tell_one_message_at_once_tell_it_once(desk_on_each_database: Desk) -> None:
    desk = desk_on_each_database
    gate = threading.Barrier(12)

    def tell(_: int) -> tuple[int, str]:
        gate.wait()
        answer = interactions.record(desk.hub, told(), caller=CALLER)
        return answer.status, answer.body["id"]

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(tell, range(12)))
    assert sorted(status for status, _ in answers) == [200] * 11 + [201]
    assert len({number for _, number in answers}) == 1
    assert (count(desk, "interaction"), count(desk, "interaction_outcome")) == (1, 1)


def test_receipts_that_arrive_at_once_are_all_kept(desk_on_each_database: Desk) -> None:
    desk = desk_on_each_database
    number = interactions.record(desk.hub, told(), caller=CALLER).body["id"]
    words = [{"outcome": one, "at": "2026-11-23T09:56:00-03:00"} for one in ("delivered", "read", "answered")] * 4

    def tell(word: dict[str, str]) -> int:
        return interactions.add_outcome(desk.hub, number, word, by="bot").status

    with ThreadPoolExecutor(12) as pool:
        statuses = list(pool.map(tell, words))
    found = interactions.one(desk.hub, number)
    assert statuses.count(201) == 3
    assert (found["outcome"], len(found["outcomes"])) == ("answered", 4)


def test_nothing_waits_for_what_is_being_decided_while_it_is_told(desk_on_each_database: Desk) -> None:
    """The debtor is known, and decided anew in a transaction that has not ended when the message comes."""
    desk = desk_on_each_database
    hub, at = desk.hub, to_text(desk.watch())
    with hub.store.begin() as tx:
        tx.execute(text("DELETE FROM match_key"))
        tx.execute(text("UPDATE source_debtor SET pending = 1"))
    message = threading.Thread(target=lambda: interactions.record(hub, told(), caller=CALLER))
    with hub.store.begin() as tx:
        locks.in_turn(tx, "identity")
        pending = crosswalk.pending(tx, limit=100)
        resolved = identity.resolve_batch(tx, pending, trust=hub.policies.ledger.trust, at=at)
        message.start()
        golden_records.bring_up_to_date(tx, resolved, policy=hub.policies.survivorship, at=at)
    message.join(60)
    waiting.try_all(hub.store, clock=hub.clock)
    assert count(desk, "interaction_waiting") == 0
    assert [one["debtor"] for one in interactions.listed(hub, interactions.Asked())] == [desk.golden()]


def test_a_process_killed_before_it_tried_leaves_it_awake_for_the_next(desk: Desk) -> None:
    first = interactions.record(desk.hub, told(party={"bsuid": "CL.1", "business_portfolio": "9"}), caller=CALLER)
    party = {"bsuid": "CL.1", "business_portfolio": "9", "tax_id": ANA}
    with desk.hub.store.begin() as tx:  # as the verb does, and then nothing more
        telling = Telling("bot", desk.watch())
        servicing.record(tx, told(party=party, external_ref="wamid.2"), telling, policy=desk.policy)
    assert interactions.one(desk.hub, first.body["id"])["debtor"] is None
    actions.run(desk.hub, [])
    assert interactions.one(desk.hub, first.body["id"])["debtor"] == desk.golden()
