"""A record read as a debtor: fields, numbers, contact points, and what follows from them. No matching."""

from __future__ import annotations

from dataclasses import dataclass

from concilia.normalize.names import Name, normalize_name
from concilia.normalize.tax_ids import TaxId
from concilia.normalize.verdict import Verdict
from concilia.portfolio.party import DebtorClaim
from mapping.contact_points import ContactPointRule, distinct
from mapping.identifiers import IdentifierRule, identifiers_of
from mapping.issues import BadCell, Code
from mapping.rules import FieldRule, KeyRule, Row

_PERSONAL_NAMES = ("given_names", "surname_1", "surname_2")


@dataclass(frozen=True, slots=True)
class DebtorMap:
    """How a record becomes a DebtorClaim. `fields` leaves out tax_id, which is a number with a verdict."""

    key: KeyRule
    fields: tuple[FieldRule, ...]
    tax_id: IdentifierRule | None = None
    identifiers: tuple[IdentifierRule, ...] = ()
    contact_points: tuple[ContactPointRule, ...] = ()

    def read(self, row: Row) -> DebtorClaim:
        """The claim; Refused when its key is empty."""
        key = self.key.read(row)
        said = {rule.field.name: text for rule in self.fields if (text := rule.read(row))}
        main = list(self.tax_id.read(row)) if self.tax_id else []
        numbers = [*main, *(number for rule in self.identifiers for number in rule.read(row))]
        usable = next((number.value for number in main if number.verdict.usable), "")
        if usable:
            said["tax_id"] = usable
        name = self._name(row, said)
        kind = _party_kind(numbers) or (name.party_kind if name else None)
        if kind and "kind" not in said:
            said["kind"] = kind
        points = [point for rule in self.contact_points for point in rule.read(row)]
        return DebtorClaim(key, said, identifiers_of(numbers), distinct(points))

    def _name(self, row: Row, said: dict[str, str]) -> Name | None:
        """Completes full_name, and drops it with an issue when it is a stand-in for a name."""
        stated = said.get("full_name") or _composed(said)
        if not stated:
            return None
        name = normalize_name(stated)
        if name.verdict.usable:
            said["full_name"] = name.value
            return name
        said.pop("full_name", None)
        if name.verdict is not Verdict.EMPTY:
            code = Code.PLACEHOLDER if name.verdict is Verdict.PLACEHOLDER else Code.BAD_VALUE
            column = next((rule.source.column for rule in self.fields if rule.field.name == "full_name"), "")
            row.note(BadCell(code, name.reason), name="full_name", column=column, value=stated)
        return None


def _composed(said: dict[str, str]) -> str:
    return " ".join(said[part] for part in _PERSONAL_NAMES if part in said) or said.get("legal_name", "")


def _party_kind(numbers: list[TaxId]) -> str | None:
    return next((number.party_kind for number in numbers if number.party_kind and number.verdict.usable), None)
