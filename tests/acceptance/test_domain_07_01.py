"""A WhatsApp reply with a business-scoped id only, and a payment by an e-mailed link, are on one profile.

Whatever comes first, and also when the debtor's own record comes last.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.interaction_world import (
    ANA,
    ANA_IN_CRM,
    ANA_OWES,
    ANA_PHONE,
    JOSE_OWES,
    Channels,
    channels,
)
from tests.conftest import OpenHub

LINK = {
    "amount": "150000",
    "unit": "CLP",
    "value_date": "2026-11-23",
    "method": "webpay",
    "gateway_id": "link-7788",
    "payer": "ana@correo.cl",
    "debt": {"document": "F-1"},
}


@pytest.fixture
def desk(tmp_path: Path, opened: OpenHub, database_url: str | None) -> Iterator[Channels]:
    with channels(tmp_path, opened, database_url) as found:
        yield found


def teach(desk: Channels) -> Any:
    """The delivery receipt of a message that was sent to her number names her business-scoped id beside it."""
    party = desk.by_bsuid(phone=ANA_PHONE)
    return desk.tell(party=party, direction="outbound", outcome="delivered", started_at="2026-11-23T09:00:00-03:00")


def both_on(desk: Channels, reply: str) -> None:
    """The reply and the payment stand on the profile of Ana, and nothing waits."""
    ana = desk.owner(ANA)
    entries = desk.timeline(ana)
    assert [e["details"]["payer"] for e in entries if e["kind"] == "payment"] == ["ana@correo.cl"]
    assert reply in [e["id"] for e in entries if e["kind"] == "interaction"]
    assert desk.interaction(reply)["debtor"] == ana
    assert desk.waiting() == []


def test_the_reply_comes_before_the_payment(desk: Channels) -> None:
    desk.load(ANA_OWES, JOSE_OWES, crm=(ANA_IN_CRM,))
    teach(desk)
    reply = desk.tell(party=desk.by_bsuid(), result="payment_announced")
    assert reply["waiting"] is None
    assert desk.door.pay(LINK).status_code == 201
    both_on(desk, reply["id"])


def test_the_payment_comes_before_the_reply_and_the_reply_before_anybody_knows_whose_its_id_is(desk: Channels) -> None:
    desk.load(ANA_OWES, JOSE_OWES, crm=(ANA_IN_CRM,))
    assert desk.door.pay(LINK).status_code == 201
    reply = desk.tell(party=desk.by_bsuid())
    assert (reply["debtor"], reply["waiting"]["reason"]) == (None, "unknown")
    teach(desk)
    both_on(desk, reply["id"])


def test_the_record_of_the_debtor_comes_last(desk: Channels) -> None:
    desk.load(JOSE_OWES)
    reply = desk.tell(party=desk.by_bsuid(), result="payment_announced")
    receipt = teach(desk)
    assert receipt["waiting"]["reason"] == "unknown"
    refused = desk.door.pay(LINK)
    assert refused.json()["type"] == "urn:concilia:problem:debt-unknown"
    desk.load(ANA_OWES, JOSE_OWES, crm=(ANA_IN_CRM,))
    (kept,) = desk.door.every("/v1/payments/refused")
    again = desk.door.call("POST", f"/v1/payments/refused/{kept['id']}/retry", json={"changes": {}})
    assert again.status_code == 200
    both_on(desk, reply["id"])
    assert desk.interaction(receipt["id"])["debtor"] == desk.owner(ANA)


def test_the_bank_tells_the_payment_before_anybody_knows_the_debt(desk: Channels) -> None:
    desk.load(JOSE_OWES, paid=(("b1", "F-1", "150000", "2026-11-23", "TRX-1"),))
    reply = desk.tell(party=desk.by_bsuid(email="ANA@correo.cl"))
    assert reply["waiting"]["reason"] == "unknown"
    desk.load(ANA_OWES, JOSE_OWES, crm=(ANA_IN_CRM,))
    ana = desk.owner(ANA)
    assert [e["details"]["reference"] for e in desk.timeline(ana, kind="payment")] == ["TRX-1"]
    assert desk.interaction(reply["id"])["debtor"] == ana
    second = desk.tell(party=desk.by_bsuid())
    assert second["debtor"] == ana
