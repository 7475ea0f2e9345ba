"""Whatever tools ask, confirm, give back and let expire: the contacts that the hub holds as made keep the law's counts.

Colombia, where debtor and guarantor count together: one contact a day and one medium a week. Counted from the stored
interactions by the words of the law, not by the code that decides.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from concilia.clock import from_text
from concilia.errors import RequestInvalid
from sync import actions, contacts
from sync.contacts import Caller
from sync.hub import Hub
from tests.acceptance.contact_world import CARTERA, COLUMNS, WORKSPACE
from tests.conftest import OpenHub
from tests.integration.contact.conftest import MONDAY, Watch

BOGOTA = ZoneInfo("America/Bogota")
LINE = "F-1;79123456;Ana Muñoz Ñuñez;3001234567;ana@correo.co;52123456;Beto Rojas Paz;3007654321;;;;150000;2026-10-01"
PEOPLE = ({"phone": "+573001234567"}, {"phone": "+573007654321"})
CHANNELS = ("voice_agent", "voice_auto", "sms", "whatsapp", "email")
LATE = ("contact-out-of-time", "contact-expired", "contact-released")
STEPS = 150


@pytest.fixture
def hub(tmp_path: Path, opened: OpenHub, database_url: str | None) -> tuple[Hub, Watch]:
    (tmp_path / "erp").mkdir()
    (tmp_path / "concilia.yaml").write_text(WORKSPACE.format(country="CO"), encoding="utf-8")
    (tmp_path / "cartera.yaml").write_text(CARTERA, encoding="utf-8")
    (tmp_path / "erp" / "cartera.csv").write_text(f"{COLUMNS}\n{LINE}\n", encoding="utf-8")
    watch = Watch(MONDAY)
    found = replace(opened(tmp_path, database_url=database_url), clock=watch)
    actions.apply(found)
    for _ in range(2):
        assert actions.run(found, []).exit_code == 0
    for named in PEOPLE:
        golden = contacts.why(found, {"debtor": named, "channel": "sms"})["debtor"]
        contacts.consent(found, golden, {"state": "granted"}, by="web")
    return found, watch


@pytest.mark.parametrize("seed", range(2))
def test_no_sequence_of_what_tools_do_breaks_a_cap(hub: tuple[Hub, Watch], seed: int) -> None:
    found, watch = hub
    chance = random.Random(seed)
    open_ones: list[str] = []
    for step in range(STEPS):
        match chance.choice(("ask", "ask", "ask", "confirm", "confirm", "confirm", "release", "wait", "morning")):
            case "ask":
                body = {"debtor": chance.choice(PEOPLE), "channel": chance.choice(CHANNELS)}
                answer = contacts.decide(found, body, caller=Caller(f"tool-{step}")).body
                open_ones += [answer["id"]] if answer["answer"] == "allow" else []
            case "confirm" if open_ones:
                one, begun = chance.choice(open_ones[-2:]), watch.now - timedelta(minutes=chance.choice((0, 0, 0, 7)))
                told = {"started_at": begun.isoformat()}
                refused(lambda: contacts.confirm(found, one, told, by="tool"), LATE)  # noqa: B023 - called at once
            case "release" if open_ones:
                one = open_ones.pop(chance.randrange(len(open_ones)))
                refused(lambda: contacts.release(found, one), ("contact-made",))  # noqa: B023
            case "wait":
                watch.pass_by(minutes=chance.choice((1, 7, 16, 90)))
            case _:
                watch.now = (watch.now + timedelta(days=1)).replace(hour=chance.choice((13, 15, 20)))
                actions.run(found, [])
    made = contacts_made(found)
    assert len(made) >= 3, "the law still lets somebody be contacted"
    keeps_the_law(made)


def refused(verb: Callable[[], object], codes: tuple[str, ...]) -> None:
    """Do it; the hub may refuse it for one of these reasons."""
    try:
        verb()
    except RequestInvalid as fault:
        if fault.code not in codes:
            raise


def contacts_made(hub: Hub) -> list[tuple[datetime, str]]:
    """When and by what medium, of both people together."""
    with hub.store.read() as tx:
        rows = tx.execute(text("SELECT started_at, channel FROM interaction ORDER BY started_at")).all()
    return [(from_text(at).astimezone(BOGOTA), channel.partition("_")[0]) for at, channel in rows]


def keeps_the_law(made: list[tuple[datetime, str]]) -> None:
    days = [at.date() for at, _ in made]
    assert len(days) == len(set(days)), "one contact a day"
    for (one, medium), (other, another) in itertools.combinations(made, 2):
        same_week = one.isocalendar()[:2] == other.isocalendar()[:2] or other - one < timedelta(days=7)
        assert medium == another or not same_week, "one medium a week"
