"""What may be agreed: each rule looks at the terms and the debts, and objects under a code of its own. Pure.

The codes are part of the API's promises: a caller may act on them. None of the sentences repeats what a person typed
but amounts, units and days.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from concilia.money import DECIMALS, fits_unit
from concilia.portfolio.agreement import Covered, Kind, Terms

MOST_PARTS: Final = 600  # fifty years of months: more is a mistake
MOST_DEBTS: Final = 100
LONGEST_TOLERANCE: Final = 90
_NOT_OWED: Final = ("settled", "cancelled", "draft")


@dataclass(frozen=True, slots=True)
class Objection:
    """Why something cannot be agreed: a code for programs, a sentence and its mend for people, the member at fault."""

    code: str
    message: str
    mend: str = ""
    field: str = ""


@dataclass(frozen=True, slots=True)
class OwedDebt:
    """A debt as it stands now; `under` is the agreement that holds it."""

    id: str
    unit: str
    balance: Decimal
    status: str
    under: str | None = None


@dataclass(frozen=True, slots=True)
class Situation:
    """What the terms are looked at against. `replaces` is the agreement that gives way to this one."""

    debts: Sequence[OwedDebt]
    today: date
    replaces: str | None = None


def objection(terms: Terms, situation: Situation) -> Objection | None:
    """The first rule that speaks against the terms, or None."""
    return next((found for rule in RULES if (found := rule(terms, situation)) is not None), None)


def cover(kind: Kind, wanted: Sequence[tuple[OwedDebt, Decimal | None]], *, promised: Decimal) -> tuple[Covered, ...]:
    """How much of each debt is agreed about: what was said, else all of it, else (a promise) what the promise reaches.

    A promise pays the debts in the order given; what exceeds all of them stays on the last, for the rules to refuse.
    """
    found: list[Covered] = []
    left = promised
    for place, (debt, said) in enumerate(wanted, start=1):
        amount = debt.balance if said is None else said
        if said is None and kind is Kind.PROMISE:
            amount = left if place == len(wanted) else min(left, debt.balance)
        left -= amount
        found.append(Covered(debt.id, amount, debt.balance))
    return tuple(found)


def _one_unit(terms: Terms, situation: Situation) -> Objection | None:
    for debt in situation.debts:
        if debt.unit != terms.unit:
            return Objection(
                "agreement-wrong-unit",
                f"A debt is in {debt.unit} and the agreement in {terms.unit}.",
                f"Agree in {debt.unit}; debts of different units need an agreement each.",
                "unit",
            )
    return None


def _still_owed(_terms: Terms, situation: Situation) -> Objection | None:
    for debt in situation.debts:
        if debt.status in _NOT_OWED or debt.balance <= 0:
            return Objection(
                "agreement-debt-not-owed",
                f"Debt {debt.id} is {debt.status} with a balance of {debt.balance:f} {debt.unit}.",
                "Leave it out; sync first if it is owed again.",
                "debts",
            )
    return None


def _not_held(_terms: Terms, situation: Situation) -> Objection | None:
    for debt in situation.debts:
        if debt.under is not None and debt.under != situation.replaces:
            return Objection(
                "agreement-already-active",
                f"Debt {debt.id} is under agreement {debt.under}.",
                f'Cancel that one, or replace it with "replaces": "{debt.under}".',
                "debts",
            )
    return None


def _amounts_of_the_unit(terms: Terms, _situation: Situation) -> Objection | None:
    parts = [(part.amount, "schedule") for part in terms.schedule] + [(debt.amount, "debts") for debt in terms.debts]
    for amount, member in parts:
        if amount <= 0 or not fits_unit(amount, terms.unit):
            return Objection(
                "agreement-bad-amount",
                f"{amount:f} is no amount to agree on in {terms.unit}.",
                f"Amounts are more than zero, and {terms.unit} has {DECIMALS[terms.unit]} decimals.",
                member,
            )
    return None


def _days_to_come(terms: Terms, situation: Situation) -> Objection | None:
    if terms.agreed_on > situation.today:
        return Objection(
            "agreement-dated-ahead",
            f"It is dated {terms.agreed_on}, after today ({situation.today}).",
            "An agreement is recorded once it was made.",
            "agreed_on",
        )
    days = [(part.day, "schedule") for part in terms.schedule]
    days += [(terms.expires_on, "expires_on")] if terms.expires_on else []
    for day, member in days:
        if day < situation.today:
            return Objection(
                "agreement-past-date",
                f"{day} has passed; today is {situation.today}.",
                "Agree on days to come.",
                member,
            )
    return None


def _days_in_order(terms: Terms, _situation: Situation) -> Objection | None:
    for before, after in zip(terms.schedule, terms.schedule[1:], strict=False):
        if after.day <= before.day:
            return Objection(
                "agreement-dates-out-of-order",
                f"Part {after.number} falls due on {after.day}, not after part {before.number} ({before.day}).",
                "Give the parts in order of their days, each day once.",
                "schedule",
            )
    return None


def _within_the_balance(terms: Terms, situation: Situation) -> Objection | None:
    for covered, debt in zip(terms.debts, situation.debts, strict=True):
        if covered.amount > debt.balance:
            return Objection(
                "agreement-above-balance",
                f"{covered.amount:f} {terms.unit} are agreed on debt {debt.id}, of which {debt.balance:f} are owed.",
                "Agree on no more than the balance; sync first if more is owed by now.",
                "debts",
            )
    return None


def _discount_of_the_kind(terms: Terms, _situation: Situation) -> Objection | None:
    wanted = terms.kind is Kind.SETTLEMENT_DISCOUNT
    if (wanted and not 0 < terms.discount < terms.covered) or (not wanted and terms.discount != 0):
        return Objection(
            "agreement-bad-discount",
            f"A discount of {terms.discount:f} {terms.unit} does not fit a {terms.kind}.",
            "A settlement_discount needs one of more than nothing and less than all; the other kinds take none.",
            "discount",
        )
    if not fits_unit(terms.discount, terms.unit):
        return Objection("agreement-bad-amount", f"{terms.discount:f} is no amount in {terms.unit}.", "", "discount")
    return None


def _settles_whole_debts(terms: Terms, situation: Situation) -> Objection | None:
    if terms.kind is not Kind.SETTLEMENT_DISCOUNT:
        return None
    for covered, debt in zip(terms.debts, situation.debts, strict=True):
        if covered.amount != debt.balance:
            return Objection(
                "agreement-settles-a-part",
                f"A settlement ends a debt; {covered.amount:f} of the {debt.balance:f} {debt.unit} owed do not.",
                "Leave the amount of the debt out, or agree on a plan.",
                "debts",
            )
    return None


def _adds_up(terms: Terms, _situation: Situation) -> Objection | None:
    if terms.promised + terms.discount == terms.covered:
        return None
    discount = f" with the discount of {terms.discount:f}" if terms.discount else ""
    return Objection(
        "agreement-does-not-add-up",
        f"The parts add up to {terms.promised:f}{discount}, and the agreement is about {terms.covered:f} {terms.unit}.",
        "Correct the parts; `spread` makes parts that add up by itself.",
        "schedule",
    )


def _tolerable(terms: Terms, _situation: Situation) -> Objection | None:
    smallest = min((part.amount for part in terms.schedule), default=Decimal(0))
    if 0 <= terms.tolerance_days <= LONGEST_TOLERANCE and 0 <= terms.tolerance_amount < smallest:
        return None
    return Objection(
        "agreement-bad-tolerance",
        f"{terms.tolerance_days} days and {terms.tolerance_amount:f} {terms.unit} are no tolerance.",
        f"Days are 0 to {LONGEST_TOLERANCE}, and the amount is less than the smallest part.",
        "tolerance_days" if not 0 <= terms.tolerance_days <= LONGEST_TOLERANCE else "tolerance_amount",
    )


RULES: Final[tuple[Callable[[Terms, Situation], Objection | None], ...]] = (
    _one_unit,
    _still_owed,
    _not_held,
    _days_to_come,
    _days_in_order,
    _amounts_of_the_unit,
    _within_the_balance,
    _discount_of_the_kind,
    _settles_whole_debts,
    _adds_up,
    _tolerable,
)
