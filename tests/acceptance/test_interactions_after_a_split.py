"""A split gives interactions, and the ids that channels taught, back to whom they belong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.interaction_world import ANA, ANA_OWES, ANA_PHONE, LATER, Channels, channels
from tests.conftest import OpenHub

ERP, CRM = f"erp/cartera/{ANA}", "crm/contactos/c1"
ANITA = ("c1", "", "Anita Soto", "961110000", "", "anita@correo.cl", LATER)


@pytest.fixture
def desk(tmp_path: Path, opened: OpenHub, database_url: str | None) -> Iterator[Channels]:
    with channels(tmp_path, opened, database_url) as found:
        found.load(ANA_OWES, crm=(ANITA,))
        rule(found, "same")
        yield found


def rule(desk: Channels, judgement: str) -> None:
    told = {"left": ERP, "right": CRM, "judgement": judgement}
    assert desk.door.call("POST", "/v1/rulings", json=told).status_code in (200, 201)


def holder(desk: Channels, phone: str) -> str:
    (match,) = desk.door.get("/v1/resolve", params={"phone": phone}).json()["matches"]
    return str(match["id"])


def on_timeline(desk: Channels, golden: str) -> set[Any]:
    return {entry["id"] for entry in desk.timeline(golden, kind="interaction")}


def test_each_gets_back_what_was_said_under_its_own_number_and_about_its_own_debts(desk: Channels) -> None:
    both = holder(desk, ANA_PHONE)
    assert holder(desk, "+56961110000") == both
    by_erp = desk.tell(party={"phone": ANA_PHONE})
    by_crm = desk.tell(party={"email": "anita@correo.cl"})
    taught = desk.tell(party=desk.by_bsuid(phone="+56961110000"))
    about = desk.tell(party={"id": both}, debts=[{"document": "F-1"}])
    everything = {one["id"] for one in (by_erp, by_crm, taught, about)}
    assert on_timeline(desk, both) == everything
    rule(desk, "different")
    ana, anita = holder(desk, ANA_PHONE), holder(desk, "+56961110000")
    assert ana != anita
    assert on_timeline(desk, ana) == {by_erp["id"], about["id"]}
    assert on_timeline(desk, anita) == {by_crm["id"], taught["id"]}
    assert desk.tell(party=desk.by_bsuid())["debtor"] == anita
    rule(desk, "withdrawn")
    rule(desk, "same")
    assert on_timeline(desk, holder(desk, ANA_PHONE)) >= everything


def test_a_no_that_was_said_to_both_stays_with_each(desk: Channels) -> None:
    desk.tell(party={"phone": ANA_PHONE}, channel="sms", outcome="opted_out")
    rule(desk, "different")
    for phone in (ANA_PHONE, "+56961110000"):
        terms = desk.door.get(f"/v1/debtors/{holder(desk, phone)}/contact-terms").json()
        assert [one["reason"] for one in terms["prohibitions"]] == ["opt_out"]
