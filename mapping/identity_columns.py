"""Which columns of a mapping say which record, document or person is meant. Reads no record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from concilia.schema import Kind
from mapping.debt_map import DebtReferenceRule
from mapping.entity_map import MapDocument
from mapping.identifiers import IdentifierRule
from mapping.rules import FieldRule, KeyRule, ListRule, Source


def identity_columns(document: MapDocument) -> frozenset[str]:
    """The columns of keys, references, document numbers and tax ids; those inside lists are not among them."""
    return frozenset(_found(document.entities))


def _found(part: Any) -> Iterator[str]:
    match part:
        case KeyRule(parts):
            for source in parts:
                yield from source.columns
        case IdentifierRule(source=source, each=None):
            yield from source.columns
        case FieldRule(field=field, source=source) if field.name == "document" or field.kind is Kind.TAX_ID:
            yield from source.columns
        case DebtReferenceRule(document=Source(columns=columns)):
            yield from columns
        case tuple():
            for inner in part:
                yield from _found(inner)
        case _ if is_dataclass(part):
            values = tuple(getattr(part, member.name) for member in fields(part))
            if not any(isinstance(value, ListRule) for value in values):
                yield from _found(values)
