"""A Singer record as what the hub is told: debts in every way they are named, amounts exact, days, and stable keys."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from admin_api.singer.bodies import agreement, idempotency_key, interaction, payment, refuse_deleted
from admin_api.singer.messages import CheckedReader
from concilia.errors import RecordRejected, RequestInvalid

PAID = {"debt_id": "d1", "amount": Decimal("1000.50"), "unit": "CLP", "value_date": "2026-11-20", "reference": "T"}


@pytest.mark.parametrize(
    ("given", "debt"),
    [
        ({"debt": {"document": "F-1"}}, {"document": "F-1"}),
        ({"debt": "d7"}, {"id": "d7"}),
        ({"debt_id": "d7"}, {"id": "d7"}),
        ({"debt_external_id": 57}, {"connection": "erp", "external_id": "57"}),
        ({"debt_external_id": "57", "debt_connection": "crm"}, {"connection": "crm", "external_id": "57"}),
        ({"document": "F-1"}, {"document": "F-1"}),
    ],
)
def test_a_debt_may_be_named_in_any_way(given: dict[str, Any], debt: dict[str, str]) -> None:
    assert payment({"amount": 1, **given}, "erp")["debt"] == debt


def test_a_payment_without_a_debt_is_refused_with_what_to_give() -> None:
    with pytest.raises(RecordRejected) as fault:
        payment({"amount": 1}, "")
    assert fault.value.code == "debt-missing"
    assert "debt_external_id" in fault.value.mend


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        (Decimal("1000.50"), "1000.50"),
        (1000, "1000"),
        (0.1, "0.1"),
        (Decimal("1E+3"), "1000"),
        ("1.000,50", "1.000,50"),  # for the hub to refuse
        (True, True),
    ],
)
def test_an_amount_is_plain_text_with_all_its_digits(amount: Any, told: Any) -> None:
    assert payment({**PAID, "amount": amount}, "")["amount"] == told


@pytest.mark.parametrize(
    ("day", "told"),
    [
        ("2026-11-20", "2026-11-20"),
        ("2026-11-20T23:30:00-03:00", "2026-11-20"),
        ("2026-11-20 23:30:00", "2026-11-20"),
        (datetime(2026, 11, 20, 23, 30, tzinfo=UTC), "2026-11-20"),
        (date(2026, 11, 20), "2026-11-20"),
        ("20 de noviembre", "20 de noviembre"),
    ],
)
def test_the_day_is_the_one_the_moment_itself_says(day: Any, told: str) -> None:
    assert payment({**PAID, "value_date": day}, "")["value_date"] == told


def test_only_what_the_hub_knows_is_told() -> None:
    told = payment({**PAID, "comment": "x", "_sdc_batched_at": "x", "payer": None}, "")
    assert set(told) == {"debt", "amount", "unit", "value_date", "reference"}


def test_an_agreement_takes_its_parts_as_a_list_or_as_text_of_one() -> None:
    parts = [{"due_date": date(2026, 12, 5), "amount": Decimal("50000.0")}]
    told = agreement({"debt_id": "d1", "kind": "promise", "unit": "CLP", "schedule": parts}, "")
    assert told["schedule"] == [{"due_date": "2026-12-05", "amount": "50000.0"}]
    assert told["debts"] == [{"debt": {"id": "d1"}}]
    text = json.dumps([{"due_date": "2026-12-05", "amount": "50000"}])
    assert agreement({"debt_id": "d1", "schedule": text}, "")["schedule"] == json.loads(text)
    with pytest.raises(RecordRejected):
        agreement({"debt_id": "d1", "schedule": "mañana"}, "")


def test_an_interactions_party_may_be_columns() -> None:
    told = interaction({"phone": "+56961234567", "country": "CL", "actor_type": "bot", "direction": "inbound"}, "crm")
    assert told == {
        "party": {"phone": "+56961234567", "country": "CL"},
        "actor": {"type": "bot"},
        "direction": "inbound",
    }
    assert interaction({"debtor_external_id": 5}, "crm")["party"] == {"external_id": "5", "connection": "crm"}
    assert "party" not in interaction({"decision_id": "c1", "country": "CL"}, "")
    assert interaction({"document": "F-1", "debtor": "g1"}, "")["debts"] == [{"document": "F-1"}]


def test_a_key_is_the_same_for_the_same_record_and_no_other() -> None:
    def key(**given: Any) -> str:
        stream, properties = given.pop("stream", "payments"), given.pop("properties", ["id"])
        return idempotency_key(stream, given, key_properties=properties, body={"amount": given.get("amount")})

    assert key(id=1, amount=5) == key(id=1, amount=6)
    assert len({key(id=1), key(id=2), key(id="1"), key(id=1, stream="pagos")}) == 4
    assert key(id=Decimal("1.0")) == key(id=Decimal(1))
    assert key(properties=[], amount=5, noise=1) == key(properties=[], amount=5, noise=2)
    assert key(properties=[], amount=5) != key(properties=[], amount=6)
    assert len(key(id="Ñ" * 10_000)) < 100
    for missing in ({}, {"id": None}, {"id": ""}):
        with pytest.raises(RecordRejected):
            key(**missing)


def test_a_deleted_record_is_never_told() -> None:
    refuse_deleted({"_sdc_deleted_at": None})
    with pytest.raises(RecordRejected) as fault:
        refuse_deleted({"_sdc_deleted_at": "2026-11-22T10:00:00Z"})
    assert "reversal" in fault.value.mend


@pytest.mark.parametrize(
    "line",
    [
        "hola", "5", "[]", "{}", '{"type": 5}', '{"type": "BATCH", "stream": "x"}', '{"type": "RECORD", "stream": "x"}',
        '{"type": "RECORD", "record": {}}', '{"type": "STATE", "value": 5}', '{"type": "SCHEMA", "stream": "x", "schema": {}}',
        '{"type": "STATE", "value": {"a": NaN}}', "[" * 100_000, '{"type": "STATE", "value": {"a": "' + "x" * 17_000_000 + '"}}',
    ],
)  # fmt: skip
def test_a_line_that_is_no_message_is_named_by_its_number_and_not_shown(line: str) -> None:
    heard: list[Any] = []
    source = io.StringIO('{"type": "STATE", "value": {"a": 1}}\n\n' + line + "\n")
    with pytest.raises(RequestInvalid) as fault:
        CheckedReader().process_lines(source, {"STATE": heard.append})
    assert "Line 3 of the input" in str(fault.value)
    assert len(str(fault.value)) < 200
    assert [one["value"] for one in heard] == [{"a": 1}]
