"""Tax and personal numbers of a debtor from the columns of a record, each with its verdict. No matching."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from concilia.normalize.tax_ids import TaxId, normalize_tax_id
from concilia.normalize.verdict import Verdict
from concilia.portfolio.party import Identifier
from mapping.columns import is_empty, text_of
from mapping.issues import BadCell, Code
from mapping.rules import Condition, FieldRule, ListRule, Row, Source, all_hold


@dataclass(frozen=True, slots=True)
class IdentifierRule:
    """One number: its column, and its type and country where they are stated."""

    source: Source
    type: FieldRule | None = None
    country: FieldRule | None = None
    each: ListRule | None = None
    when: tuple[Condition, ...] = ()
    name: str = "identifier"

    def read(self, row: Row) -> Iterator[TaxId]:
        """The numbers found; what is unusable is noted as an issue and given all the same."""
        try:
            rows = (row,) if self.each is None else tuple(self.each.rows(row))
        except BadCell as bad:
            row.note(bad, name=self.name)
            return
        for one in rows:
            if all_hold(self.when, one.fields):
                yield from self._one(one)

    def _one(self, row: Row) -> Iterator[TaxId]:
        raw = self.source.raw(row.fields)
        try:
            found = self.source.converted(raw, row.context)
            if isinstance(found, list):
                found = next((value for value in found if not is_empty(value)), None)
            text = text_of(found)
        except BadCell as bad:
            row.note(bad, name=self.name, column=self.source.column, value=raw)
            return
        if not text:
            return
        country = (self.country.read(row) if self.country else "") or row.context.country
        number = normalize_tax_id(text, country, self.type.read(row) if self.type else None)
        if number.verdict in (Verdict.INVALID, Verdict.PLACEHOLDER):
            code = Code.PLACEHOLDER if number.verdict is Verdict.PLACEHOLDER else Code.INVALID_TAX_ID
            row.note(BadCell(code, number.reason), name=self.name, column=self.source.column, value=raw)
        yield number  # a written "0" or "s/n" too: whoever takes it for a key has to know that it names nobody


def identifiers_of(numbers: list[TaxId]) -> tuple[Identifier, ...]:
    """The numbers and those contained in them, each once; a stated one wins over the same one derived."""
    found: dict[tuple[str, str, str], Identifier] = {}
    for number in numbers:
        found.setdefault(_identity(number), _identifier(number, derived=False))
    for number in numbers:
        for inner in number.derived:
            found.setdefault(_identity(inner), _identifier(inner, derived=True))
    return tuple(found.values())


def _identity(number: TaxId) -> tuple[str, str, str]:
    return number.country, number.kind, number.value or number.raw


def _identifier(number: TaxId, *, derived: bool) -> Identifier:
    return Identifier(number.country, number.kind, number.value, number.raw, number.verdict, derived)
