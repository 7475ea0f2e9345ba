"""What the books say for an agreement: payments on its debts since it was made, what is owed now. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from concilia.portfolio.agreement import Terms
from concilia.portfolio.agreement_evaluation import Evidence, Paid
from concilia.store import debts, ledger
from concilia.store.debts import DebtRow
from concilia.store.ledger import ApplicationRow
from concilia.store.unit_of_work import Tx

_ANNULLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Loaded:
    """The books of some debts, read once for many agreements."""

    rows: Mapping[str, DebtRow]
    lines: Mapping[str, Sequence[ApplicationRow]]
    days: Mapping[str, date]  # by payment


def load(tx: Tx, debt_ids: Sequence[str]) -> Loaded:
    """The debts with their applications, and the value dates of the payments."""
    lines = ledger.applications_of_debts(tx, debt_ids)
    paid = ledger.load(tx, {line.payment_id for group in lines.values() for line in group})
    return Loaded(debts.load(tx, debt_ids), lines, {p.id: date.fromisoformat(p.value_date) for p in paid.values()})


def evidence_of(terms: Terms, loaded: Loaded) -> Evidence:
    """What counts for these terms.

    A payment counts from the day after the agreement on, and on its very day when it came in after it. A reversal
    counts exactly when what it takes back did. What the owners' balances fell by beyond all payments applied since,
    and beyond the discount, is money too: systems that only state balances would break every promise.
    """
    paid: list[Paid] = []
    applied_since = owed = opening = Decimal(0)
    statuses = []
    for covered in terms.debts:
        row = loaded.rows[covered.debt_id]
        statuses.append(row.status)
        owed += Decimal(row.balance)
        opening += covered.opening
        counted: set[int] = set()
        for line in loaded.lines.get(covered.debt_id, ()):
            day = loaded.days[line.payment_id]
            if _counts(line, day, terms, counted):
                counted.add(line.id)
                paid.append(Paid(day, Decimal(line.amount)))
            if line.id > terms.after_application:
                applied_since += Decimal(line.amount)
    annulled = all(status == _ANNULLED for status in statuses)
    undated = Decimal(0) if annulled else max(opening - owed - applied_since - terms.discount, Decimal(0))
    return Evidence(paid, owed, undated, annulled=annulled)


def _counts(line: ApplicationRow, day: date, terms: Terms, counted: set[int]) -> bool:
    if line.reverses is not None:
        return line.reverses in counted
    return day > terms.agreed_on or (day == terms.agreed_on and line.id > terms.after_application)
