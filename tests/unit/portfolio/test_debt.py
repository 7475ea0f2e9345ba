"""Whose word counts for a debt, what is still owed, in which state it is, and when two statements are one debt."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concilia.portfolio.debt import (
    Applied,
    DebtClaim,
    Instalment,
    LedgerPolicy,
    Statement,
    balance_of,
    claim_from_json,
    claim_to_json,
    document_key,
    identity,
    owner_of,
    status_of,
)
from concilia.schema import DEBT_STATUSES

T1, T2, T3 = (f"2026-11-{day}T00:00:00.000000+00:00" for day in (20, 21, 22))
amounts = st.decimals(min_value=0, max_value=10**12, places=2)


def stated(number: int = 1, connection: str = "erp", balance: str = "100", **fields: str) -> Statement:
    claim = DebtClaim(("F-1",), None, {"unit": "CLP", "balance": balance, **fields})
    return Statement(number, connection, "cartera", "F-1", None, claim, T2)


POLICY = LedgerPolicy(owners={"acme": "crm"}, trust={"erp": 80, "crm": 10, "old": 80})


def test_the_declared_owner_wins_over_more_trusted_systems() -> None:
    assert owner_of([stated(1), stated(2, "crm")], creditor="acme", policy=POLICY).connection == "crm"


def test_without_the_declared_owner_the_most_trusted_system_wins() -> None:
    assert owner_of([stated(1, "bank"), stated(2, "erp")], creditor="acme", policy=POLICY).connection == "erp"
    assert owner_of([stated(1, "crm"), stated(2, "erp")], creditor="other", policy=POLICY).connection == "erp"


def test_a_system_without_declared_trust_has_fifty() -> None:
    policy = LedgerPolicy({}, {"low": 49, "high": 51})
    assert owner_of([stated(1, "low"), stated(2, "unknown")], creditor="x", policy=policy).connection == "unknown"
    assert owner_of([stated(1, "unknown"), stated(2, "high")], creditor="x", policy=policy).connection == "high"


@given(st.permutations([stated(3, "old"), stated(1, "erp"), stated(2, "old"), stated(4, "new")]))
def test_of_equals_the_first_to_speak_wins_in_whatever_order_they_are_given(statements: list[Statement]) -> None:
    assert owner_of(statements, creditor="other", policy=POLICY).number == 1


def test_only_payments_that_the_statement_cannot_include_are_taken_off() -> None:
    applied = [Applied(Decimal(1), None), Applied(Decimal(10), T1), Applied(Decimal(20), T2), Applied(Decimal(5), T3)]
    assert balance_of(stated(), applied) == Decimal(94)


def test_a_contra_entry_gives_back_what_its_payment_took() -> None:
    assert balance_of(stated(), [Applied(Decimal(30), None), Applied(Decimal(-30), None)]) == 100


@given(amounts, st.lists(amounts))
def test_the_balance_is_exact(balance: Decimal, paid: list[Decimal]) -> None:
    found = balance_of(stated(balance=format(balance, "f")), [Applied(a, None) for a in paid])
    assert found + sum(paid, Decimal(0)) == balance


@pytest.mark.parametrize(
    ("balance", "fields", "status"),
    [
        ("100", {}, "open"),
        ("100", {"principal_original": "100"}, "open"),
        ("100", {"principal_original": "100.01"}, "partially_paid"),
        ("120", {"principal_original": "100"}, "open"),
        ("0", {}, "settled"),
        ("-5", {"principal_original": "100"}, "settled"),
        ("0", {"status": "written_off"}, "written_off"),
        ("0", {"status": "cancelled"}, "cancelled"),
        ("5", {"status": "draft"}, "draft"),
        ("0", {"status": "disputed"}, "settled"),
        ("5", {"status": "disputed", "principal_original": "9"}, "disputed"),
        ("5", {"status": "under_agreement"}, "under_agreement"),
        ("5", {"status": "in_legal"}, "in_legal"),
        ("5", {"status": "settled"}, "open"),
        ("5", {"status": "partially_paid"}, "open"),
    ],
)
def test_the_state_follows_from_the_balance_and_from_what_the_owner_says(
    balance: str, fields: dict[str, str], status: str
) -> None:
    assert status_of(stated(**fields), balance=Decimal(balance)) == status


@given(st.decimals(-100, 100, places=2), st.sampled_from(DEBT_STATUSES), st.none() | amounts)
def test_the_state_is_one_of_the_vocabulary(balance: Decimal, said: str, original: Decimal | None) -> None:
    fields = {"status": said} | ({} if original is None else {"principal_original": format(original, "f")})
    assert status_of(stated(**fields), balance=balance) in DEBT_STATUSES


def claim(**fields: str) -> DebtClaim:
    return DebtClaim(("1",), None, fields)


HERE, THERE = ("erp", "cartera", "1"), ("old", "cartera", "1")


def test_one_document_of_one_creditor_is_one_debt_whoever_states_it() -> None:
    one = identity("acme", claim(document="F-1", document_type="33"), source=HERE)
    assert one == identity("acme", claim(document=" f- 1 ", document_type="33"), source=THERE)
    assert one != identity("beta", claim(document="F-1", document_type="33"), source=HERE)
    assert one != identity("acme", claim(document="F-1", document_type="34"), source=HERE)
    assert one != identity("acme", claim(document="F-01", document_type="33"), source=HERE)


@pytest.mark.parametrize("fields", [{}, {"document": ""}, {"document": "  "}])
def test_without_a_document_the_keys_of_two_systems_are_never_one_debt(fields: dict[str, str]) -> None:
    assert identity("acme", claim(**fields), source=HERE) != identity("acme", claim(**fields), source=THERE)
    assert identity("acme", claim(**fields), source=HERE) == identity("acme", claim(**fields), source=HERE)


def test_a_document_never_equals_a_key() -> None:
    document = claim(document="erp", document_type="key")
    assert identity("acme", document, source=HERE)[1] != identity("acme", claim(), source=HERE)[1]


@pytest.mark.parametrize(
    ("written", "key"), [(None, None), ("", None), (" ", None), ("f 1\t2", "F12"), ("007", "007"), ("ñ-1", "Ñ-1")]
)
def test_a_document_number_is_compared_without_spaces_and_case_but_with_its_zeros(
    written: str | None, key: str | None
) -> None:
    assert document_key(written) == key


@given(st.lists(st.tuples(amounts, st.none() | amounts), max_size=4), st.dictionaries(st.text(), st.text(), max_size=4))
def test_a_claim_comes_back_from_its_stored_form(
    parts: list[tuple[Decimal, Decimal | None]], fields: dict[str, str]
) -> None:
    instalments = tuple(Instalment(str(n), "2026-11-22", a, b) for n, (a, b) in enumerate(parts))
    told = DebtClaim(("k",), None, fields, instalments)
    assert claim_from_json(("k",), claim_to_json(told)) == told
