"""A small portfolio in one country, open on a Monday morning, for tests of contact decisions in the store."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from concilia.portfolio.contact_rules.policy import ContactPolicy
from sync import actions, contacts
from sync.contacts import Caller
from sync.hub import Hub
from tests.conftest import OpenHub
from tests.worlds import rut, workspace, write_cartera, write_contacts

MONDAY = datetime(2026, 11, 23, 13, tzinfo=UTC)  # 10:00 in Santiago
ANA, JOSE, EVA = rut(9876543), rut(12531909), rut(15111222)
SEEN = "2026-11-01T10:00:00"


@dataclass
class Watch:
    """A clock that tests move."""

    now: datetime = MONDAY

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, **given: float) -> None:
        self.now += timedelta(**given)


@dataclass
class Desk:
    """A hub with its clock, and short ways to ask it."""

    hub: Hub
    watch: Watch
    answers: list[dict[str, Any]] = field(default_factory=list)

    def ask(
        self, channel: str = "voice_agent", *, tax_id: str = ANA, by: str = "dialer", **more: Any
    ) -> dict[str, Any]:
        body = {"debtor": {"tax_id": tax_id}, "channel": channel, "purpose": "collection", **more}
        self.answers.append(dict(contacts.decide(self.hub, body, caller=Caller(by)).body))
        return self.answers[-1]

    def confirm(self, decision: dict[str, Any], **more: Any) -> dict[str, Any]:
        return contacts.confirm(self.hub, decision["id"], more, by="dialer")

    def made(self, channel: str = "voice_agent", **more: Any) -> dict[str, Any]:
        """A contact that is allowed and made."""
        found = self.ask(channel, **more)
        assert found["answer"] == "allow", rules(found)
        return self.confirm(found)

    def golden(self, tax_id: str = ANA) -> str:
        (row,) = actions.search_debtors(self.hub, tax_id.split("-", maxsplit=1)[0])
        return str(row["id"])

    @property
    def policy(self) -> ContactPolicy:
        return contacts.policy_of(self.hub.workspace)


def rules(answer: dict[str, Any]) -> list[str]:
    return [reason["rule"] for reason in answer["reasons"]]


def opened_desk(folder: Path, open_hub: OpenHub, url: str | None) -> Desk:
    workspace(folder)
    write_cartera(
        folder,
        [
            ("F-1", ANA, "Ana Muñoz Ñuñez", "961119999", "", "150.000", "01-10-2026", SEEN),
            ("F-2", JOSE, "José Hernández García", "961234567", "", "20.000", "01-10-2026", SEEN),
            ("F-3", EVA, "Eva Rojas Pinto", "961112233", "", "9.000", "30-12-2026", SEEN),
        ],
    )
    later = "2026-11-02T10:00:00Z"
    write_contacts(
        folder,
        [
            ("c1", ANA, "Ana Muñoz Ñuñez", "", "", "ana@correo.cl", later),
            ("c2", "", "Anita Soto", "961110000", "", "anita@correo.cl", later),
        ],
    )
    watch = Watch()
    hub = replace(open_hub(folder, database_url=url), clock=watch)
    actions.apply(hub)
    assert actions.run(hub, []).exit_code == 0
    return Desk(hub, watch)


@pytest.fixture
def desk(tmp_path: Path, opened: OpenHub) -> Desk:
    return opened_desk(tmp_path, opened, None)


@pytest.fixture
def desk_on_each_database(tmp_path: Path, opened: OpenHub, database_url: str | None) -> Desk:
    return opened_desk(tmp_path, opened, database_url)
