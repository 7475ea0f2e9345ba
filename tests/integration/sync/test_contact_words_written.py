"""What channels told and stewards decided of contact points reaches the systems that say otherwise, and no more.

What waits for a word, was refused, or is somebody else's travels nowhere.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from concilia.clock import to_text
from concilia.portfolio.contact_point_state import What
from concilia.servicing.contact_evidence import observe
from concilia.servicing.contact_naming import debtor_named
from concilia.servicing.contact_words import Word, party_of, record
from concilia.store import crosswalk
from sync import actions, contact_corrections, contact_stewardship
from sync.contact_corrections import Correction
from sync.contact_stewardship import Says
from tests.conftest import OpenHub
from tests.integration.sync.test_write_plans import NEW, OLD, OTHER, World
from tests.remotes import memory
from tests.worlds import rut

__all__ = ["memory"]

POLICY = "{contacts: {phone: newest_within_skew}}"


@pytest.fixture
def world(tmp_path: Path, opened: OpenHub, memory: dict[str, Any], database_url: str | None) -> World:
    """ERP and CRM say the same phone of Ana, and may both be written."""
    found = World(tmp_path, partial(opened, database_url=database_url), memory, push=POLICY)
    found.people(1)
    found.start()
    return found


def pushed(world: World) -> None:
    """What everybody writes is read back, and then there is nothing left to do."""
    world.later()
    assert actions.run(world.hub, []).exit_code == 0
    world.later()
    assert actions.run(world.hub, []).exit_code == 0


def ana(world: World) -> str:
    with world.hub.store.read() as tx:
        return debtor_named(tx, {"tax_id": rut(9_000_000)})


def phones(world: World) -> dict[str, str]:
    body = actions.debtor(world.hub, ana(world)).body
    return {one["value"]: one["status"] for one in body["contact_points"]}


def told(world: World, value: str, **more: Any) -> Any:
    body = {"type": "phone", "value": value, "acquisition_method": "call", "evidence": "call 7", **more}
    return contact_corrections.tell(world.hub, ana(world), Correction(body, "dialer"))


def verified(world: World, value: str) -> None:
    told(world, value, verification={"method": "right_party"})


def wrong(world: World, value: str) -> None:
    at = to_text(world.moment)
    with world.hub.store.begin() as tx:
        number = crosswalk.members(tx, [ana(world)])[ana(world)][0]
        observe(
            tx,
            interaction_id="i1",
            debtor_id=number,
            contact_type="phone",
            contact_value=value,
            channel="voice_agent",
            outcome="answered",
            party_outcome="wrong_party",
            at=at,
            by="dialer",
        )


def test_a_correction_reaches_every_system_that_says_what_it_replaces(world: World) -> None:
    told(world, NEW, replaces=OLD)
    pushed(world)
    assert (world.phone("erp"), world.phone("crm")) == (NEW, NEW)
    assert phones(world) == {NEW: "valid_syntax"}, "nobody says the old one any more"
    before = world.written()
    pushed(world)
    assert world.written() == before


def test_a_number_that_is_only_told_besides_is_written_over_nothing(world: World) -> None:
    told(world, NEW)
    pushed(world)
    assert (world.phone("erp"), world.phone("crm")) == (OLD, OLD)
    assert set(phones(world)) == {OLD, NEW}


def test_a_change_that_waits_travels_nowhere_and_a_confirmed_one_everywhere(world: World) -> None:
    verified(world, OLD)
    world.edit("erp", 0, NEW)
    pushed(world)
    assert (world.phone("erp"), world.phone("crm")) == (NEW, OLD), "it waits"
    (change,) = contact_stewardship.listed(world.hub)
    world.later()
    contact_stewardship.say(world.hub, change["id"], Says.CONFIRM, by="ana")
    pushed(world)
    assert (world.phone("erp"), world.phone("crm")) == (NEW, NEW)


@pytest.mark.parametrize("says", [Says.CONFIRM, Says.REJECT])
def test_two_systems_that_want_the_same_change_need_one_word(world: World, says: Says) -> None:
    verified(world, OLD)
    world.edit("erp", 0, NEW)
    pushed(world)
    world.edit("crm", 0, NEW)
    pushed(world)
    first, second = contact_stewardship.listed(world.hub)
    assert {first["origin"], second["origin"]} == {"crm/people/crm-0", "erp/people/erp-0"}
    assert phones(world) == {OLD: "verified"}
    contact_stewardship.say(world.hub, second["id"], says, by="ana")
    assert contact_stewardship.listed(world.hub) == []
    assert phones(world) == {NEW if says is Says.CONFIRM else OLD: "verified"}
    pushed(world)
    stands = NEW if says is Says.CONFIRM else OLD
    assert (world.phone("erp"), world.phone("crm")) == (stands, stands)


def test_a_rejected_change_is_corrected_where_it_was_made(world: World) -> None:
    verified(world, OLD)
    world.edit("erp", 0, NEW)
    pushed(world)
    (change,) = contact_stewardship.listed(world.hub)
    world.later()
    contact_stewardship.say(world.hub, change["id"], Says.REJECT, by="ana")
    pushed(world)
    assert (world.phone("erp"), world.phone("crm")) == (OLD, OLD)
    assert phones(world) == {OLD: "verified"}


def test_a_wrong_party_s_number_travels_to_nobody_and_gives_way_to_the_right_one(world: World) -> None:
    world.edit("erp", 0, NEW)
    wrong(world, NEW)
    pushed(world)
    assert (world.phone("erp"), world.phone("crm")) == (NEW, OLD)
    assert NEW not in phones(world)


def test_a_correction_told_first_to_wait_is_written_once_it_is_confirmed(world: World) -> None:
    verified(world, OLD)
    change = told(world, NEW, replaces=OLD)["change"]
    pushed(world)
    assert (world.phone("erp"), world.phone("crm")) == (OLD, OLD)
    contact_stewardship.say(world.hub, change["id"], Says.CONFIRM, by="ana")
    pushed(world)
    assert (world.phone("erp"), world.phone("crm")) == (NEW, NEW)


def test_what_somebody_edits_after_a_correction_is_not_overruled_by_it(world: World) -> None:
    told(world, NEW, replaces=OLD)
    pushed(world)
    world.edit("crm", 0, OTHER)
    pushed(world)
    assert (world.phone("erp"), world.phone("crm")) == (OTHER, OTHER)


def test_words_of_the_hub_are_told_once_however_often_they_are_recorded(world: World) -> None:
    at = to_text(world.moment)
    with world.hub.store.begin() as tx:
        party = party_of(tx, crosswalk.members(tx, [ana(world)])[ana(world)][0])
        for _ in range(3):
            record(tx, party, [Word(("phone", OLD), What.VERIFIED, at, "ana", at, method="otp")], now=at)
    told_of = [one.type for one in actions.events_after(world.hub, 0, limit=500)]
    assert told_of.count("contact_point.verified") == 1
