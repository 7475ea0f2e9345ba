"""A record read as a debt with its instalments, or as a role beside a debt. No balance is computed here."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from concilia.portfolio.debt import DebtClaim, Instalment
from concilia.portfolio.party import DebtorReference, DebtReference, RoleClaim
from mapping.issues import BadCell, Code
from mapping.rules import FieldRule, KeyRule, ListRule, Row, Source


@dataclass(frozen=True, slots=True)
class DebtorReferenceRule:
    """Which debtor: its key, and the stream that holds it when it is another one."""

    key: KeyRule
    stream: str | None = None

    def read(self, row: Row) -> DebtorReference | None:
        """The reference; None when the record names no debtor or not a usable one (then there is an issue)."""
        key = self.key.read_if_any(row, name="debtor")
        return DebtorReference(key, self.stream) if key else None


@dataclass(frozen=True, slots=True)
class DebtReferenceRule:
    """Which debt: its key in a connection and stream, or its document with the creditor."""

    key: KeyRule | None = None
    document: Source | None = None
    connection: str | None = None
    stream: str | None = None

    def read(self, row: Row) -> DebtReference | None:
        """The reference; None when the record names no debt or not a usable one (then there is an issue)."""
        if self.document is not None:
            parts = KeyRule((self.document,)).read_if_any(row, name="debt")
            return DebtReference(connection=self.connection, document=parts[0]) if parts else None
        key = self.key.read_if_any(row, name="debt") if self.key else ()
        return DebtReference(key, self.connection, self.stream) if key else None

    @property
    def column(self) -> str:
        """Its columns as issues name them."""
        sources = (self.document,) if self.document else self.key.parts if self.key else ()
        return ", ".join(source.column for source in sources)


@dataclass(frozen=True, slots=True)
class InstalmentRule:
    """The list of instalments inside the record and the fields of each."""

    list: ListRule
    fields: tuple[FieldRule, ...]

    def read(self, row: Row) -> tuple[Instalment, ...]:
        """The instalments; one without a due date is an issue, one without an amount refuses the record."""
        try:
            rows = tuple(self.list.rows(row))
        except BadCell as bad:
            row.refuse(bad, name="instalments", column=self.list.column)
        found = (self._one(one, number) for number, one in enumerate(rows, start=1))
        return tuple(instalment for instalment in found if instalment is not None)

    def _one(self, row: Row, number: int) -> Instalment | None:
        said = {rule.field.name: text for rule in self.fields if (text := rule.read(row))}
        if "amount" not in said:
            row.refuse(BadCell(Code.EMPTY_REQUIRED, f"instalment {number} has no amount"), name="amount")
        if "due_date" not in said:
            bad = BadCell(Code.EMPTY_REQUIRED, f"instalment {number} has no due date and is left out")
            row.note(bad, name="due_date")
            return None
        balance = said.get("balance")
        return Instalment(
            number=said.get("number", str(number)),
            due_date=said["due_date"],
            amount=Decimal(said["amount"]),
            balance=None if balance is None else Decimal(balance),
        )


@dataclass(frozen=True, slots=True)
class DebtMap:
    """How a record becomes a DebtClaim."""

    key: KeyRule
    fields: tuple[FieldRule, ...]
    unit: FieldRule | None = None
    debtor: DebtorReferenceRule | None = None
    instalments: InstalmentRule | None = None

    def read(self, row: Row) -> DebtClaim:
        """The claim, always with its unit; Refused without a key, a balance or a known unit."""
        key = self.key.read(row)
        row, said = read_money_fields(row, unit=self.unit, fields=self.fields)
        debtor = self.debtor.read(row) if self.debtor else None
        if self.debtor is not None and debtor is None:
            note_missing_reference(row, "debtor", ", ".join(part.column for part in self.debtor.key.parts))
        instalments = self.instalments.read(row) if self.instalments else ()
        return DebtClaim(key, debtor, said, instalments)


@dataclass(frozen=True, slots=True)
class RoleMap:
    """How a record becomes a RoleClaim. A record that names no party for the role has none."""

    debtor: DebtorReferenceRule
    debt: DebtReferenceRule
    fields: tuple[FieldRule, ...]

    def read(self, row: Row) -> RoleClaim | None:
        """The claim; None when there is no party, or with an issue when its debt or its role is missing."""
        debtor = self.debtor.read(row)
        if debtor is None:
            return None
        debt = self.debt.read(row)
        said = {rule.field.name: text for rule in self.fields if (text := rule.read(row))}
        if debt is None:
            note_missing_reference(row, "debt", self.debt.column)
        if "role" not in said:
            row.note(BadCell(Code.EMPTY_REQUIRED, "the role is empty"), name="role")
        if debt is None or "role" not in said:
            return None
        return RoleClaim(debtor, debt, said["role"], said.get("liability", "none"))


def read_money_fields(row: Row, *, unit: FieldRule | None, fields: tuple[FieldRule, ...]) -> tuple[Row, dict[str, str]]:
    """The row in the record's own unit, and the fields read in it. An empty required amount refuses the record."""
    stated = unit.read(row) if unit else ""
    row = row.in_unit(stated) if stated else row
    said = {"unit": row.context.unit} if row.context.unit else {}
    for rule in fields:
        text = rule.read(row)
        if text:
            said[rule.field.name] = text
        elif rule.field.required:
            _required_is_empty(row, rule)
    return row, said


def note_missing_reference(row: Row, name: str, column: str) -> None:
    """An issue, unless reading the reference already left one."""
    if not any(issue.field == name and issue.entity == row.entity for issue in row.issues):
        row.note(BadCell(Code.UNMAPPED_REFERENCE, f"the {name} is not named"), name=name, column=column)


def _required_is_empty(row: Row, rule: FieldRule) -> None:
    name = rule.field.name
    bad = BadCell(Code.EMPTY_REQUIRED, f"{name} is empty")
    if rule.is_amount:
        row.refuse(bad, name=name, column=rule.source.column)
    if not any(issue.field == name and issue.entity == row.entity for issue in row.issues):
        row.note(bad, name=name, column=rule.source.column)
