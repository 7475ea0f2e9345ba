"""Whatever is said, merged and parted, in any order: a merge unites the prohibitions and takes the latest word on consent.

A split gives back to each what it was told, and what was told to both while they were one. The model beside it keeps a
list of words for each person and knows nothing of tables.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from concilia.servicing.debtors import Identifiers
from sync import actions, contacts
from sync.hub import Hub
from tests.conftest import OpenHub
from tests.integration.contact.conftest import MONDAY, Watch, rules
from tests.worlds import workspace, write_contacts

PEOPLE = {
    "c1": ("Rosa Pinto Vera", "961230001", "rosa@correo.cl"),
    "c2": ("Hugo Díaz Lagos", "962340002", "hugo@correo.cl"),
    "c3": ("Inés Mora Ñancupil", "963450003", "ines@correo.cl"),
    "c4": ("Tomás Araya Soto", "964560004", "tomas@correo.cl"),
}
CHANNELS = ("sms", "whatsapp", "email", "voice_agent")
STEPS = 30


@dataclass
class Model:
    """What was said of whom, as anybody would note it on paper."""

    banned: dict[str, set[str]] = field(default_factory=lambda: {one: set() for one in PEOPLE})
    said: list[tuple[str, str, str]] = field(default_factory=list)  # by whom, of which channel, what; oldest first
    same: set[tuple[str, str]] = field(default_factory=set)

    def with_(self, person: str) -> set[str]:
        """Everybody who is one with the person now."""
        found = {person}
        while more := {a for pair in self.same if found & set(pair) for a in pair} - found:
            found |= more
        return found

    def denied(self, person: str, channel: str) -> bool:
        """Whether any of them forbade the channel, or the latest word of all on it is a no."""
        group = self.with_(person)
        if any(channel in self.banned[one] for one in group):
            return True
        words = [state for one, about, state in self.said if one in group and about == channel]
        return bool(words) and words[-1] != "granted"


@pytest.fixture
def hub(tmp_path: Path, opened: OpenHub, database_url: str | None) -> tuple[Hub, Watch]:
    workspace(tmp_path)
    rows = [(key, "", name, phone, "", mail, "2026-11-01T10:00:00Z") for key, (name, phone, mail) in PEOPLE.items()]
    write_contacts(tmp_path, rows)
    watch = Watch(MONDAY)
    found = replace(opened(tmp_path, database_url=database_url), clock=watch)
    actions.apply(found)
    assert actions.run(found, ["crm"]).exit_code == 0
    return found, watch


def golden(hub: Hub, person: str) -> str:
    (found,) = actions.resolve_identifier(hub, Identifiers(email=PEOPLE[person][2]))
    return found


@pytest.mark.parametrize("seed", range(3))
def test_prohibitions_and_consents_follow_merges_and_splits(hub: tuple[Hub, Watch], seed: int) -> None:
    found, watch = hub
    chance, model = random.Random(seed), Model()
    for _ in range(STEPS):
        watch.pass_by(minutes=1)
        person, other = chance.sample(sorted(PEOPLE), 2)
        channel = chance.choice(CHANNELS)
        match chance.choice(("ban", "consent", "consent", "merge", "split")):
            case "ban":
                contacts.prohibit(found, golden(found, person), {"reason": "opt_out", "channel": channel}, by="x")
                for one in model.with_(person):
                    model.banned[one].add(channel)
            case "consent":
                state = chance.choice(("granted", "granted", "denied", "revoked"))
                contacts.consent(found, golden(found, person), {"state": state, "channel": channel}, by="x")
                model.said += [(one, channel, state) for one in model.with_(person)]
            case "merge":
                pair = (min(person, other), max(person, other))
                rule(found, pair, "same")
                model.same.add(pair)
            case _:
                if model.same:
                    pair = chance.choice(sorted(model.same))
                    rule(found, pair, "withdrawn")
                    model.same.discard(pair)
        check(found, model)


def rule(hub: Hub, pair: tuple[str, str], judgement: str) -> None:
    left, right = (f"crm/contactos/{one}" for one in pair)
    actions.rule(hub, left, right, judgement=judgement, by="ana")


def check(hub: Hub, model: Model) -> None:
    for person in PEOPLE:
        for channel in CHANNELS:
            body = {"debtor": {"email": PEOPLE[person][2]}, "channel": channel, "purpose": "legal_notice"}
            denied = "hub.do_not_contact" in rules(contacts.why(hub, body))
            assert denied == model.denied(person, channel), (person, channel)
