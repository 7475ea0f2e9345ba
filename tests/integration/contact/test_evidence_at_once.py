"""Many tell of one contact point while others resolve: nobody waits for ever, and nothing is lost or kept twice."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from concilia.clock import to_text
from concilia.errors import RequestInvalid
from concilia.portfolio.contact_point_state import Stated, Status
from concilia.servicing.contact_evidence import observe, states_of
from concilia.store import crosswalk
from sync import actions, contact_hearing, contact_stewardship
from sync.contact_stewardship import Says
from sync.hub import Hub
from tests.conftest import OpenHub
from tests.worlds import rut, workspace, write_cartera

PHONE, NEW = "+56961119999", "+56961112222"
START = datetime(2026, 11, 23, 13, tzinfo=UTC)
TELLERS, EACH = 6, 8


def telling(hub: Hub, number: int, party: str | None, value: str = PHONE, debtor_id: int = 1) -> None:
    at = to_text(START + timedelta(minutes=number))
    with hub.store.begin() as tx:
        observe(
            tx,
            interaction_id=f"i{number}",
            debtor_id=debtor_id,
            contact_type="phone",
            contact_value=value,
            channel="voice_agent",
            outcome="answered",
            party_outcome=party,
            at=at,
            by="dialer",
        )


def load(folder: Path, hub: Hub, phone: str, moment: str) -> int:
    write_cartera(folder, [("F-1", rut(9876543), "Ana Muñoz", phone, "", "150.000", "01-10-2026", moment)])
    actions.run(hub, [])
    with hub.store.read() as tx:
        return int(next(iter(crosswalk.golden_ids(tx))))


def test_tellers_and_resolvers_do_not_stand_in_each_other_s_way(
    tmp_path: Path, opened: OpenHub, database_url: str | None
) -> None:
    hub = replace(opened(workspace(tmp_path), database_url=database_url), clock=lambda: START + timedelta(hours=9))
    actions.apply(hub)
    debtor_id = load(tmp_path, hub, PHONE, "2026-11-01T10:00:00")

    def teller(n: int) -> None:
        for step in range(EACH):
            number = n * EACH + step
            telling(hub, number, "right_party" if number % 3 else None, debtor_id=debtor_id)
            telling(hub, number, "right_party" if number % 3 else None, debtor_id=debtor_id)  # told again
            contact_hearing.hear(hub)

    with ThreadPoolExecutor(TELLERS) as pool:
        list(pool.map(teller, range(TELLERS)))
    contact_hearing.hear(hub)
    with hub.store.read() as tx:
        heard = states_of(tx, [debtor_id])
        ((key, evidence),) = heard.of([debtor_id]).items()
    wanted = sum(2 if number % 3 else 1 for number in range(TELLERS * EACH))
    assert len(evidence) == wanted
    assert heard.state(key, evidence, stated=Stated(), now=to_text(hub.clock())).status is Status.VERIFIED
    told = [one.type for one in actions.events_after(hub, 0, limit=500) if one.type.startswith("contact_point.")]
    assert set(told) == {"contact_point.verified"}
    (match,) = actions.search_debtors(hub, "muñoz")
    assert actions.debtor(hub, match["id"]).body["contact_points"][0]["status"] == "verified"


def test_of_stewards_who_decide_at_once_one_is_heard_and_the_others_are_told(
    tmp_path: Path, opened: OpenHub, database_url: str | None
) -> None:
    hub = replace(opened(workspace(tmp_path), database_url=database_url), clock=lambda: START + timedelta(hours=9))
    actions.apply(hub)
    debtor_id = load(tmp_path, hub, PHONE, "2026-11-01T10:00:00")
    telling(hub, 1, "right_party", debtor_id=debtor_id)
    load(tmp_path, hub, NEW, "2026-11-22T10:00:00")
    (change,) = contact_stewardship.listed(hub)

    def decide(n: int) -> str:
        try:
            says = Says.CONFIRM if n % 2 else Says.REJECT
            return str(contact_stewardship.say(hub, change["id"], says, by=f"s{n}")["decided_by"])
        except RequestInvalid as fault:
            return type(fault).__name__

    with ThreadPoolExecutor(6) as pool:
        said = list(pool.map(decide, range(6)))
    assert len({one for one in said if one.startswith("s")}) == 1, "the first who was heard"
    assert said.count("RequestInvalid") == 3, "those who say otherwise"
