"""A debt in UF that was paid is reopened by a reversal, and contact is allowed again only after some days.

Payments are told in the unit of the debt: the hub converts nothing, and refuses pesos for a debt in UF.
"""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.contact_world import Counter, counter, rules
from tests.conftest import OpenHub

DEBT = "F-1;12531909;Ana Muñoz Ñuñez;961119999;ana@correo.cl;;;;;;;12,3456;2026-11-21"
DELAY = "contact:\n  tighten:\n    hub.reopened: {grace_days: 5}\n"


def reverse(desk: Counter, payment: str) -> None:
    body = {"kind": "reversed", "reason": "cheque without funds", "value_date": str(desk.now.date())}
    answer = desk.door.call(
        "POST", f"/v1/payments/{payment}/reversal", json=body, headers={"Idempotency-Key": "reversal"}
    )
    assert answer.status_code == 201, answer.text


def test_a_reversal_lets_the_debtor_alone_for_the_configured_days(
    tmp_path: Path, opened: OpenHub, database_url: str | None
) -> None:
    more = {"contact": DELAY, "unit": "CLF"}
    with counter(tmp_path, opened, country="CL", line=DEBT, database_url=database_url, **more) as desk:
        desk.at("2026-11-23T10:00:00-03:00")
        in_pesos = {"debt": {"document": "F-1"}, "amount": "490000", "unit": "CLP", "value_date": "2026-11-23"}
        assert desk.door.pay({**in_pesos, "reference": "T-0"}).json()["type"].endswith("payment-other-unit")
        paid = desk.pay("12.3456", unit="CLF")
        assert paid["debt_status"] == "settled"
        assert rules(desk.ask("email")) == {"hub.settled"}

        reverse(desk.at("2026-11-24T16:00:00-03:00"), paid["id"])
        assert (desk.debt()["status"], desk.debt()["balance"]) == ("open", "12.3456")
        denied = desk.ask("email")
        assert rules(denied) == {"hub.reopened"}
        assert denied["next_allowed_at"] == "2026-11-30T11:00:00.000000+00:00", "five days later it is Sunday: Monday"
        assert desk.debt()["contact"]["allowed_now"]["email"]["reason"] == "hub.reopened"
        assert rules(desk.at("2026-11-28T18:00:00-03:00").ask("email")) == {"hub.reopened"}
        assert desk.at("2026-11-30T10:00:00-03:00").ask("email")["answer"] == "allow"
