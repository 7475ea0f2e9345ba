"""When a payment told again is the same payment, and how one is spread over debts."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concilia.keys import SEPARATOR
from concilia.portfolio.party import DebtReference
from concilia.portfolio.payment import (
    Allocation,
    PaymentClaim,
    allocate,
    claim_from_json,
    claim_to_json,
    hub_reference,
    identities,
)

FACT = {"amount": "15000", "unit": "CLP", "value_date": "2026-11-20", "reference": "TRX-1"}
amounts = st.decimals(min_value=0, max_value=10**9, places=2)
open_amounts = st.decimals(min_value=-(10**6), max_value=10**9, places=2)
wanted = st.lists(
    st.tuples(st.sampled_from("abcde"), st.none() | amounts, open_amounts), max_size=5, unique_by=lambda one: one[0]
)


def told(*, debts: tuple[str, ...] = ("d1",), source: tuple[str, ...] = (), **fields: str) -> set[str]:
    return set(identities({**FACT, **fields}, debt_ids=debts, source=source))


def test_the_same_reference_amount_date_and_debt_are_one_payment_whoever_tells_it() -> None:
    assert told(source=("bank", "abonos", "1")) & told(source=("erp", "pagos", "77"))
    assert told(amount="15000.00") & told(amount="15000")
    assert told(debts=("d1", "d2")) == told(debts=("d2", "d1"))


@pytest.mark.parametrize(
    "other", [{"amount": "15001"}, {"unit": "CLF"}, {"value_date": "2026-11-21"}, {"reference": "TRX-2"}]
)
def test_any_difference_in_the_fact_makes_another_payment(other: dict[str, str]) -> None:
    assert not told() & told(**other)
    assert not told(bank="001", payer="ana") & told(bank="001", payer="ana", **other)


def test_equal_amounts_on_one_day_without_a_reference_are_no_proof() -> None:
    assert told(reference="", source=("bank", "abonos", "1")).isdisjoint(
        told(reference="", source=("bank", "abonos", "2"))
    )
    assert told(reference="", bank="001", payer="ana") == set()


def test_our_own_reference_and_the_gateways_id_recognise_a_payment_whatever_else_differs() -> None:
    for name in ("hub_reference", "gateway_id"):
        assert told(**{name: "x"}) & told(**{name: "x"}, amount="1", reference="", debts=("d9",))
    assert not told(hub_reference="x", reference="") & told(gateway_id="x", reference="")


def test_the_bank_recognises_its_payment_even_on_another_debt() -> None:
    assert told(bank="001", debts=("d1",)) & told(bank="001", debts=("d2",))
    assert not told(bank="001", debts=("d1",)) & told(bank="002", debts=("d2",))
    assert not told(debts=("d1",)) & told(debts=("d2",))


def test_the_strongest_identity_comes_first_and_the_source_last() -> None:
    found = identities(
        {**FACT, "hub_reference": "h", "gateway_id": "g", "bank": "001"},
        debt_ids=["d1"],
        source=("bank", "abonos", "1"),
    )
    assert [key.split(SEPARATOR)[0] for key in found] == ["hub", "gateway", "bank", "debts", "source"]


def test_the_same_row_told_twice_has_the_same_identities() -> None:
    assert told(source=("bank", "abonos", "1")) == told(source=("bank", "abonos", "1"))


def test_different_facts_never_share_an_identity() -> None:
    facts = [
        {"reference": r, "amount": a, "value_date": d, "bank": b, "payer": p}
        for r, a, d, b, p in product("xy", ("1", "10"), ("2026-11-01", "2026-11-02"), ("", "001"), ("", "ana"))
    ]
    owners: dict[str, set[tuple[str, ...]]] = {}
    for fact in facts:
        for key in told(**fact):
            kind = key.split(SEPARATOR)[0]
            same = tuple(fact[n] for n in ("reference", "amount", "value_date"))
            owners.setdefault(key, set()).add(same + ((fact["bank"], fact["payer"]) if kind == "bank" else ()))
    assert all(len(facts_of_key) == 1 for facts_of_key in owners.values())


def test_the_reference_of_the_first_part_is_the_payment_itself() -> None:
    assert [hub_reference("p1", part=n) for n in (1, 2, 3)] == ["p1", "p1.2", "p1.3"]


@given(amounts, wanted)
def test_never_more_is_applied_than_was_asked_is_open_or_is_left(
    amount: Decimal, asked_for: list[tuple[str, Decimal | None, Decimal]]
) -> None:
    parts = allocate(amount, asked_for)
    assert all(part.amount > 0 for part in parts)
    assert sum((part.amount for part in parts), Decimal(0)) <= amount
    left = amount
    remaining = iter(parts)
    for debt_id, asked, still_open in asked_for:
        most = min(x for x in (left, max(still_open, Decimal(0)), asked) if x is not None)
        if most > 0:
            part = next(remaining)
            assert (part.debt_id, part.amount) == (debt_id, most)
            left -= most
    assert next(remaining, None) is None


@given(amounts, wanted)
def test_nothing_is_left_over_while_something_asked_is_open(
    amount: Decimal, asked_for: list[tuple[str, Decimal | None, Decimal]]
) -> None:
    applied = sum((part.amount for part in allocate(amount, asked_for)), Decimal(0))
    room = sum((max(min(o, o if a is None else a), Decimal(0)) for _, a, o in asked_for), Decimal(0))
    assert applied == min(amount, room)


def test_debts_are_paid_in_the_order_given() -> None:
    parts = allocate(
        Decimal(100), [("b", None, Decimal(60)), ("a", Decimal(10), Decimal(60)), ("c", None, Decimal(60))]
    )
    assert [(p.debt_id, p.amount) for p in parts] == [("b", 60), ("a", 10), ("c", 30)]


repeated = st.lists(st.tuples(st.sampled_from("ab"), st.none() | amounts), max_size=6)


@given(amounts, st.fixed_dictionaries({"a": open_amounts, "b": open_amounts}), repeated)
def test_a_debt_named_twice_is_not_paid_beyond_what_is_open(
    amount: Decimal, still_open: dict[str, Decimal], lines: list[tuple[str, Decimal | None]]
) -> None:
    parts = allocate(amount, [(debt_id, asked, still_open[debt_id]) for debt_id, asked in lines])
    for debt_id, most in still_open.items():
        assert sum(part.amount for part in parts if part.debt_id == debt_id) <= max(most, Decimal(0))
    assert sum(part.amount for part in parts) <= amount


references = st.builds(
    DebtReference,
    st.lists(st.text(), max_size=2).map(tuple),
    st.none() | st.text(),
    st.none() | st.text(),
    st.none() | st.text(),
)


@given(st.lists(st.builds(Allocation, references, st.none() | amounts), max_size=3))
def test_a_claim_comes_back_from_its_stored_form(parts: list[Allocation]) -> None:
    claim = PaymentClaim(("k",), FACT, tuple(parts))
    assert claim_from_json(("k",), claim_to_json(claim)) == claim
