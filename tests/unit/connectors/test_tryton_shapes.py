"""The pure parts of the Tryton connector: typed JSON, balances of instalments, dates, settings, shipped mappings."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concilia.documents import read_document, validate
from concilia.errors import ConfigurationInvalid
from concilia.vault import Secret
from connectors.contract import ConnectionSettings
from connectors.tryton import MAPS, STREAMS, connect, default_streams
from connectors.tryton.settings import settings_of
from connectors.tryton.shapes import due_date, invoice, last_stamp, payment
from connectors.tryton.streams import SOURCES
from connectors.tryton.wire import from_wire, to_wire

STAMP = datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC)
SETTINGS = {"url": "https://erp.example.com", "database": "erp", "username": "u", "password": "p"}

typed = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.binary() | st.dates()
    | st.decimals(allow_nan=False, allow_infinity=False) | st.datetimes(timezones=st.just(UTC)),
    lambda inner: st.lists(inner) | st.dictionaries(st.text().filter(lambda name: name != "__class__"), inner),
)  # fmt: skip


@given(typed)
def test_typed_values_survive_the_wire(value: Any) -> None:
    assert from_wire(to_wire(value)) == value


def test_a_moment_of_another_zone_travels_as_utc() -> None:
    santiago = timezone(timedelta(hours=-3))
    assert from_wire(to_wire(STAMP.astimezone(santiago))) == STAMP


def test_an_unknown_type_is_kept_as_it_came() -> None:
    assert from_wire({"__class__": "Eval", "v": 1}) == {"__class__": "Eval", "v": 1}


def line(number: int, amount: str, day: date | None, **changes: Any) -> dict[str, Any]:
    debit = Decimal(amount)
    both = {"debit": max(debit, Decimal(0)), "credit": max(-debit, Decimal(0))}
    plain = {"amount_second_currency": None, "second_currency.": None, "reconciliation": None}
    return {"id": number, "maturity_date": day, **both, **plain, **changes}


def raw_invoice(lines: list[dict[str, Any]], paid: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    row = {
        "id": 1, "number": "F-1", "reference": None, "description": None, "party": 2, "currency.": {"code": "CLP"},
        "company.": None, "invoice_date": date(2026, 1, 1), "total_amount": Decimal(1000), "amount_to_pay": None,
        "state": "posted", "lines_to_pay.": lines, "payment_lines.": paid, "create_date": STAMP, "write_date": None,
    }  # fmt: skip
    return {**row, **changes}


@given(st.lists(st.integers(1, 10**9), min_size=1, max_size=6), st.integers(0, 100), st.sampled_from([1, -1]))
def test_the_balances_of_the_lines_add_up_to_what_is_to_pay(amounts: list[int], percent: int, sign: int) -> None:
    lines = [line(n, str(sign * a), date(2026, 1, 1) + timedelta(days=n)) for n, a in enumerate(amounts)]
    part = sum(amounts) * percent // 100
    paid = [line(99, str(-sign * part), None)] if part else []
    shown = invoice(raw_invoice(lines, paid))["lines_to_pay"]
    assert sum(each["balance"] for each in shown) == sign * (sum(amounts) - part)
    assert all(0 <= abs(each["balance"]) <= abs(each["amount"]) for each in shown)
    untouched = [each["balance"] != 0 for each in shown]
    assert untouched == sorted(untouched)  # the oldest are settled first


def test_lines_of_a_foreign_invoice_are_in_its_currency() -> None:
    dollars = {"amount_second_currency": Decimal("10.50"), "second_currency.": {"code": "USD"}}
    row = raw_invoice([line(1, "9900", date(2026, 2, 1), **dollars)], [], **{"currency.": {"code": "USD"}})
    assert invoice(row)["lines_to_pay"][0]["balance"] == Decimal("10.50")


def test_the_due_date_is_the_next_one_open_or_the_last_one_settled() -> None:
    early, late = date(2026, 1, 31), date(2026, 2, 28)
    lines = [{"maturity_date": early, "reconciled": True}, {"maturity_date": late, "reconciled": False}]
    assert due_date(lines, otherwise=None) == late
    assert due_date([{**each, "reconciled": False} for each in lines], otherwise=None) == early
    assert due_date([{**each, "reconciled": True} for each in lines], otherwise=None) == late
    assert due_date([], otherwise=early) == early


def raw_payment(description: str | None, **changes: Any) -> dict[str, Any]:
    row = line(5, "-700", None, party=2, invoice_payment=1, create_date=STAMP, write_date=None)
    move = {"date": date(2026, 1, 5), "number": "9", "description": description, "origin": "account.invoice,1",
            "journal.": {"name": "Caja"}}  # fmt: skip
    paid = {"number": "F-1", "currency.": {"code": "CLP"}, "lines_to_pay.": [{"id": 1, "reconciliation": 4}]}
    return {**row, "move.": move, "invoice_payment.": paid, "currency.": {"code": "CLP"}, **changes}


@pytest.mark.parametrize(
    ("description", "ours", "theirs"),
    [("Concilia p1", "p1", None), ("Transferencia 12", None, "Transferencia 12"), (None, None, None), ("", None, None)],
)
def test_only_our_own_mark_makes_a_reference_ours(
    description: str | None, ours: str | None, theirs: str | None
) -> None:
    shown = payment(raw_payment(description))
    assert (shown["our_reference"], shown["reference"], shown["amount"]) == (ours, theirs, Decimal(700))


def test_a_payment_reconciled_elsewhere_than_with_its_invoice_was_undone() -> None:
    assert payment(raw_payment("x"))["state"] == "registered"
    assert payment(raw_payment("x", reconciliation=4))["state"] == "registered"
    assert payment(raw_payment("x", reconciliation=5))["state"] == "cancelled"


def test_a_payment_that_lost_its_binding_still_names_its_invoice() -> None:
    row = raw_payment("x", invoice_payment=None)
    row["invoice_payment."] = None
    assert (payment(row)["invoice"], payment(row)["currency"]) == (1, "CLP")


def test_a_stamp_deep_inside_counts() -> None:
    later = STAMP + timedelta(days=1)
    assert last_stamp({"create_date": STAMP, "write_date": None, "a.": [{"b.": {"write_date": later}}]}) == later


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"url": ""}, "lacks the setting `url`"),
        ({"password": None}, "lacks the setting `password`"),
        ({"pasword": "x"}, "does not know: pasword"),
        ({"page_size": 5000}, "`page_size` is 5000"),
        ({"overlap_seconds": "many"}, "`overlap_seconds` is 'many'"),
        ({"overlap_seconds": True}, "`overlap_seconds` is True"),
        ({"url": "http://erp.example.com"}, "plain http"),
        ({"url": "erp"}, "no web address"),
    ],
)
def test_a_wrong_setting_is_refused_before_any_call(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        connect(ConnectionSettings("erp", {**SETTINGS, **changes}, "."))
    assert sentence in str(caught.value)


def test_settings_may_be_secrets_and_never_print_them() -> None:
    given_settings = {**SETTINGS, "username": Secret("u"), "password": Secret("hush"), "time_zone": "America/Santiago"}
    settings = settings_of(ConnectionSettings("erp", given_settings, "."))
    assert settings.username == "u"
    assert "hush" not in repr(settings)


def test_each_stream_ships_a_mapping_of_columns_it_has() -> None:
    import json
    from importlib import resources

    schema = json.loads(resources.files("mapping").joinpath("schemas/mapping.schema.json").read_text("utf-8"))
    assert default_streams({}) == STREAMS
    for request in STREAMS:
        document = read_document(MAPS / f"{request.name}.yaml", shown_as=f"{request.name}.yaml")
        validate(document, schema)
        columns = set(SOURCES[request.name].schema.columns)
        for entity in document.content["entities"]:
            sources = [s if isinstance(s, str) else s.get("from") for s in entity["fields"].values()]
            assert {source for source in sources if source} <= columns
