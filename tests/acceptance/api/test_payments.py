"""Registering a payment: once, exactly, and with a sentence for whatever cannot be taken."""

from __future__ import annotations

from typing import Any

import pytest

from sync import actions
from sync.hub import Hub
from tests.acceptance.api.conftest import JOSE
from tests.door import Door


def payment(**changes: Any) -> dict[str, Any]:
    told: dict[str, Any] = {
        "debt": {"connection": "erp", "external_id": "F-1"},
        "amount": "15000",
        "unit": "CLP",
        "value_date": "2026-11-22",
        "method": "transfer",
        "reference": "TRX-1",
    }
    return {name: value for name, value in (told | changes).items() if value != "left out"}


def paid(hub: Hub) -> list[dict[str, Any]]:
    return list(actions.export(hub, "payments"))


def test_a_payment_lowers_the_balance_of_its_debt(hub: Hub, door: Door) -> None:
    answer = door.pay(payment())
    assert answer.status_code == 201
    told = answer.json()
    assert (told["status"], told["balance"], told["unapplied"], told["debt_status"]) == (
        "applied",
        "135000",
        "0",
        "open",
    )
    assert [a["amount"] for a in told["applications"]] == ["15000"]
    assert {d["document"]: d["balance"] for d in door.debtor_of(JOSE)["debts"]} == {"F-1": "135000", "F-2": "20000"}
    assert [p["payment_id"] for p in paid(hub)] == [told["id"]]


def test_the_same_key_and_body_get_the_stored_answer(hub: Hub, door: Door) -> None:
    first = door.pay(payment(), key="k")
    door.pay(payment(reference="another", amount="1"))
    again = door.pay(dict(reversed(payment().items())), key="k")
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert "idempotent-replayed" not in first.headers
    assert len(paid(hub)) == 2


def test_the_same_key_with_another_body_is_refused(hub: Hub, door: Door) -> None:
    door.pay(payment(), key="k")
    answer = door.pay(payment(amount="15001"), key="k")
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:concilia:problem:key-reused")
    assert len(paid(hub)) == 1


def test_a_known_payment_under_another_key_is_the_known_payment(hub: Hub, door: Door) -> None:
    first = door.pay(payment())
    for told in (
        payment(),
        payment(amount="15000.00"),
        payment(debt={"document": "f-1"}),
        payment(bank="BCI", payer="1-9"),
    ):
        again = door.pay(told)
        assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
        assert "idempotent-replayed" not in again.headers
    by_gateway = door.pay(payment(reference="left out", gateway_id="gw-1"))
    assert door.pay(payment(reference="x", gateway_id="gw-1")).json()["id"] == by_gateway.json()["id"]
    assert len(paid(hub)) == 2


def test_a_key_belongs_to_its_api_key(hub: Hub, door: Door) -> None:
    door.pay(payment(), key="k")
    _, other = actions.create_key(hub, "other")
    headers = {"X-Api-Key": other, "Idempotency-Key": "k"}
    answer = door.call("POST", "/v1/payments", json=payment(reference="TRX-2"), headers=headers)
    assert answer.status_code == 201
    assert len(paid(hub)) == 2


def test_a_refused_payment_leaves_its_key_free(hub: Hub, door: Door) -> None:
    assert door.pay(payment(unit="USD"), key="k").status_code == 422
    assert door.pay(payment(), key="k").status_code == 201


def test_what_exceeds_the_debt_stays_unapplied(door: Door) -> None:
    told = door.pay(payment(amount="150001")).json()
    assert (told["status"], told["unapplied"], told["balance"], told["debt_status"]) == (
        "partially_applied",
        "1",
        "0",
        "settled",
    )
    late = door.pay(payment(amount="7", reference="TRX-9")).json()
    assert (late["applications"], late["unapplied"], late["balance"]) == ([], "7", "0")


@pytest.mark.parametrize(
    "debt", [{"document": "F-1"}, {"document": " f-1 "}, {"id": "the hub's"}, {"id": "the hub's", "document": None}]
)
def test_a_debt_is_named_by_hub_id_source_or_document(door: Door, debt: dict[str, Any]) -> None:
    known = next(d["id"] for d in door.debtor_of(JOSE)["debts"] if d["document"] == "F-1")
    told = door.pay(
        payment(debt={name: known if value == "the hub's" else value for name, value in debt.items()})
    ).json()
    assert told["applications"][0]["debt"] == known


@pytest.mark.parametrize(
    "debt",
    [
        {"id": "dnone"},
        {"document": "F-77"},
        {"connection": "erp", "external_id": "F-77"},
        {"connection": "x", "external_id": "F-1"},
    ],
)
def test_a_payment_to_an_unknown_debt_is_not_found(hub: Hub, door: Door, debt: dict[str, str]) -> None:
    answer = door.pay(payment(debt=debt))
    assert answer.status_code == 404
    assert answer.json()["mend"]
    assert "F-77" not in answer.text
    assert paid(hub) == []


REFUSED = [
    ("amount", 15000, "JSON string"),
    ("amount", 15000.5, "JSON string"),
    ("amount", "15000.50", "0 decimals"),
    ("amount", "15.000", "0 decimals"),
    ("amount", "15,000", "no thousands"),
    ("amount", "1.500.000", "no thousands"),
    ("amount", "1e5", "no thousands"),
    ("amount", "", "no thousands"),
    ("amount", "NaN", "no thousands"),
    ("amount", "١٥٠", "no thousands"),
    ("amount", "0", "more than zero"),
    ("amount", "-15000", "more than zero"),
    ("amount", "9" * 39, "no amount in CLP"),
    ("amount", None, "JSON string"),
    ("amount", "left out", "required"),
    ("unit", "USD", "in CLP and the payment in USD"),
    ("unit", "CLF", "in CLP and the payment in CLF"),
    ("unit", "XXX", "no known unit"),
    ("unit", "pesos", "such as CLP"),
    ("unit", "left out", "required"),
    ("value_date", "22-11-2026", "2026-11-22"),
    ("value_date", "2026-02-30", "no date"),
    ("value_date", "left out", "required"),
    ("method", "barter", "transfer"),
    ("reference", "a\x1fb", "control characters"),
    ("reference", "x" * 201, "200"),
    ("debt", "left out", "required"),
    ("debt", "F-1", "JSON object"),
    ("debt", {}, "one way"),
    ("debt", {"connection": "erp"}, "one way"),
    ("debt", {"id": "d", "document": "F-1"}, "one way"),
    ("debt", {"document": ""}, "empty"),
    ("debt", {"documento": "F-1"}, 'Did you mean "document"'),
    ("ammount", "1", 'Did you mean "amount"'),
]


@pytest.mark.parametrize(("member", "value", "sentence"), REFUSED)
def test_what_cannot_be_taken_is_refused_by_member_and_with_a_sentence(
    hub: Hub, door: Door, member: str, value: Any, sentence: str
) -> None:
    answer = door.pay(payment(**{member: value}))
    assert answer.status_code == 422
    (fault, *_) = [e for e in answer.json()["errors"] if e["field"].split(".")[0] == member]
    assert sentence in fault["message"]
    assert paid(hub) == []


def test_a_payment_that_could_not_be_recognised_again_is_refused(door: Door) -> None:
    answer = door.pay(payment(reference="left out"))
    assert "reference or a gateway_id" in answer.json()["detail"]


@pytest.mark.parametrize("key", ["", "x" * 256, "tab\there", "ñ\x7f"])
def test_a_payment_needs_a_key_of_its_own(hub: Hub, door: Door, key: str) -> None:
    answer = door.call("POST", "/v1/payments", json=payment(), headers=[(b"Idempotency-Key", key.encode("latin-1"))])
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "Idempotency-Key"
    assert door.call("POST", "/v1/payments", json=payment()).status_code == 422
    assert paid(hub) == []


def test_the_content_type_does_not_matter_and_the_content_does(door: Door) -> None:
    body = b'{"debt": {"document": "F-1"}, "amount": "1", "unit": "CLP", "value_date": "2026-11-22", "reference": "\xc3\x91"}'
    for number, kind in enumerate(["application/json", "text/plain", "application/x-www-form-urlencoded", ""]):
        headers = {"Idempotency-Key": f"t{number}", "Content-Type": kind}
        assert door.call("POST", "/v1/payments", content=body, headers=headers).status_code in (200, 201)
