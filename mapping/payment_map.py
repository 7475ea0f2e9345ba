"""A record read as a payment and the debts it is meant for. Nothing is applied here."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from concilia.portfolio.party import DebtReference
from concilia.portfolio.payment import Allocation, PaymentClaim
from mapping.debt_map import DebtReferenceRule, note_missing_reference, read_money_fields
from mapping.issues import BadCell
from mapping.rules import FieldRule, KeyRule, ListRule, Row


@dataclass(frozen=True, slots=True)
class AllocationRule:
    """The list of allocations inside the record: which debt, and how much of the payment."""

    list: ListRule
    debt: DebtReferenceRule
    amount: FieldRule | None = None

    def read(self, row: Row) -> tuple[Allocation, ...]:
        """The allocations; one without a debt is an issue, one with an unreadable amount refuses the record."""
        try:
            rows = tuple(self.list.rows(row))
        except BadCell as bad:
            row.refuse(bad, name="allocations", column=self.list.column)
        found = []
        for one in rows:
            debt = self.debt.read(one)
            amount = self.amount.read(one) if self.amount else ""
            if debt is None:
                note_missing_reference(one, "debt", self.debt.column)
            else:
                found.append(Allocation(debt, Decimal(amount) if amount else None))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class PaymentMap:
    """How a record becomes a PaymentClaim."""

    key: KeyRule
    fields: tuple[FieldRule, ...]
    unit: FieldRule | None = None
    debt: DebtReferenceRule | None = None
    allocations: AllocationRule | None = None

    def read(self, row: Row) -> PaymentClaim:
        """The claim, always with its unit; Refused without a key, an amount or a known unit."""
        key = self.key.read(row)
        row, said = read_money_fields(row, unit=self.unit, fields=self.fields)
        debt: DebtReference | None = None
        if self.debt is not None:
            debt = self.debt.read(row)
            if debt is None:
                note_missing_reference(row, "debt", self.debt.column)
        meant = self.allocations.read(row) if self.allocations else ()
        return PaymentClaim(key, said, (Allocation(debt), *meant) if debt else meant)
