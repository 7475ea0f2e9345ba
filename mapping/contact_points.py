"""Phones, e-mail and postal addresses of a debtor from the columns of a record. What cannot be used is an issue."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from concilia.normalize.addresses import normalize_address
from concilia.normalize.emails import normalize_email, split_emails
from concilia.normalize.phones import normalize_phone, split_phones
from concilia.normalize.verdict import Verdict
from concilia.portfolio.party import ContactPoint
from mapping.columns import elements, is_empty, lines_of, text_of
from mapping.issues import BadCell, Code
from mapping.rules import Condition, FieldRule, ListRule, Row, Source, all_hold

Attributes = Mapping[str, Any]

ADDRESS_PARTS = ("street", "number", "unit", "neighborhood", "city", "subdivision", "postal_code", "country")
_INVALID = {
    "phone": Code.INVALID_PHONE,
    "whatsapp_id": Code.INVALID_PHONE,
    "email": Code.INVALID_EMAIL,
    "postal_address": Code.INVALID_ADDRESS,
}


@dataclass(frozen=True, slots=True)
class ContactPointRule:
    """One way to be reached, from columns or from the parts of an address, with what is said about it."""

    type: FieldRule
    sources: tuple[Source, ...] = ()
    parts: Mapping[str, Source] = field(default_factory=dict)
    attributes: tuple[FieldRule, ...] = ()  # relation, verified_at, verification_method, acquisition_method
    country: FieldRule | None = None
    each: ListRule | None = None
    when: tuple[Condition, ...] = ()

    def read(self, row: Row) -> Iterator[ContactPoint]:
        """The usable contact points; placeholders and invalid ones become issues, empty ones nothing."""
        try:
            rows = (row,) if self.each is None else tuple(self.each.rows(row))
        except BadCell as bad:
            row.note(bad, name="contact_points")
            return
        for one in rows:
            if all_hold(self.when, one.fields):
                yield from self._one(one)

    def _one(self, row: Row) -> Iterator[ContactPoint]:
        kind = self.type.read(row)
        if not kind:
            return
        found = list(self._address_parts(row) if self.parts else self._values(row, kind))
        if not found:
            return
        said = {rule.field.name: text for rule in self.attributes if (text := rule.read(row))}
        country = (self.country.read(row) if self.country else "") or row.context.country
        for column, value in found:
            yield from _READERS[kind](row, column, value, (country, said))

    def _values(self, row: Row, kind: str) -> Iterator[tuple[str, Any]]:
        """Column and text, for each cell and each number or address inside it."""
        split = _SPLIT.get(kind, _whole)
        for source in self.sources:
            raw = source.raw(row.fields)
            try:
                for value in elements(source.converted(raw, row.context)):
                    text = lines_of(value)
                    for piece in split(text) if text else ():
                        yield source.column, piece
            except BadCell as bad:
                row.note(bad, name=kind, column=source.column, value=raw)

    def _address_parts(self, row: Row) -> Iterator[tuple[str, Any]]:
        parts: dict[str, str] = {}
        for name, source in self.parts.items():
            raw = source.raw(row.fields)
            try:
                value = source.converted(raw, row.context)
                if isinstance(value, list) and len(source.columns) > 1:
                    value = " ".join(text for text in map(text_of, value) if text)
                text = "" if is_empty(value) else text_of(value)
            except BadCell as bad:
                row.note(bad, name=name, column=source.column, value=raw)
                continue
            if text:
                parts[name] = text
        if parts:
            yield ", ".join(source.column for source in self.parts.values()), parts


def distinct(points: list[ContactPoint]) -> tuple[ContactPoint, ...]:
    """Each contact point once, as first stated."""
    found: dict[tuple[str, str], ContactPoint] = {}
    for point in points:
        found.setdefault((point.type, point.match_key or point.value), point)
    return tuple(found.values())


def _whole(text: str) -> tuple[str, ...]:
    return (text,)


_SPLIT: dict[str, Callable[[str], tuple[str, ...]]] = {"phone": split_phones, "email": split_emails}


def _phone(row: Row, column: str, value: Any, known: tuple[str, Attributes]) -> Iterator[ContactPoint]:
    country, said = known
    phone = normalize_phone(value, country)
    if _usable(row, column, value, ("phone", phone.verdict, phone.reason)):
        yield ContactPoint(
            "phone", phone.value, value, phone.verdict, phone.reason, phone.line_type, match_key=phone.match_key, **said
        )


def _email(row: Row, column: str, value: Any, known: tuple[str, Attributes]) -> Iterator[ContactPoint]:
    email = normalize_email(value)
    if _usable(row, column, value, ("email", email.verdict, email.reason)):
        yield ContactPoint(
            "email", email.value, value, email.verdict, email.reason, match_key=email.match_key, **known[1]
        )


def _address(row: Row, column: str, value: Any, known: tuple[str, Attributes]) -> Iterator[ContactPoint]:
    country, said = known
    address = normalize_address(value, country)
    raw = value if isinstance(value, str) else ", ".join(value.values())
    if _usable(row, column, raw, ("postal_address", address.verdict, address.reason)):
        said = {**said, "parts": {name: part for name in ADDRESS_PARTS if (part := getattr(address, name))}}
        key, reason = address.match_key, address.reason
        yield ContactPoint("postal_address", address.value, raw, address.verdict, reason, match_key=key, **said)


def _whatsapp(row: Row, column: str, value: Any, known: tuple[str, Attributes]) -> Iterator[ContactPoint]:
    """A WhatsApp id is an international number without its plus sign, or an opaque text of the platform."""
    country, said = known
    digits = value.removeprefix("+")
    if not (digits.isascii() and digits.isdigit()):
        yield ContactPoint("whatsapp_id", value, value, Verdict.VALID_FORMAT, match_key=value, **said)
        return
    phone = normalize_phone(f"+{digits}" if len(digits) > 10 else value, country)
    if _usable(row, column, value, ("whatsapp_id", phone.verdict, phone.reason)):
        yield ContactPoint("whatsapp_id", phone.value, value, phone.verdict, match_key=phone.match_key, **said)


def _usable(row: Row, column: str, value: str, found: tuple[str, Verdict, str]) -> bool:
    kind, verdict, reason = found
    if verdict in (Verdict.INVALID, Verdict.PLACEHOLDER):
        code = Code.PLACEHOLDER if verdict is Verdict.PLACEHOLDER else _INVALID[kind]
        row.note(BadCell(code, reason), name=kind, column=column, value=value)
    return verdict.usable


_READERS: dict[str, Callable[[Row, str, Any, tuple[str, Attributes]], Iterator[ContactPoint]]] = {
    "phone": _phone,
    "email": _email,
    "postal_address": _address,
    "whatsapp_id": _whatsapp,
}
