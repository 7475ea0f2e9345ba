"""Read and check a mapping document, and compile it. Errors carry file, line, path and mend; no record is seen here."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any

from concilia import schema
from concilia.documents import Document, parse_document, validate
from concilia.schema import Entity, Field, Kind
from mapping.contact_points import ContactPointRule
from mapping.debt_map import DebtMap, DebtorReferenceRule, DebtReferenceRule, InstalmentRule, RoleMap
from mapping.debtor_map import DebtorMap
from mapping.entity_map import EntityMap, MapDocument
from mapping.identifiers import IdentifierRule
from mapping.payment_map import AllocationRule, PaymentMap
from mapping.rules import Condition, FieldRule, KeyRule, ListRule, Source
from mapping.sources import condition, part_source, source, word

_TYPE = Field("type")
_COUNTRY = Field("country", Kind.COUNTRY)
_CONTACT_TYPE = Field("type", Kind.CHOICE, choices=schema.CONTACT_TYPES)
_SAID_OF_A_CONTACT_POINT = (
    Field("relation", Kind.CHOICE, choices=schema.RELATIONS),
    Field("verified_at", Kind.DATETIME),
    Field("verification_method"),
    Field("acquisition_method"),
)


def parse_map(document: Document) -> MapDocument:
    """The compiled mapping; ConfigurationInvalid names the first thing that is wrong and where."""
    validate(document, json_schema())
    parts = [document.part("entities", index) for index in range(len(document.content["entities"]))]
    entities = tuple(_READERS[part.content["entity"]](part) for part in parts)
    text = json.dumps(document.content, sort_keys=True, separators=(",", ":"))
    return MapDocument(entities, document.file, hashlib.sha256(text.encode()).hexdigest())


def parse_map_text(text: str, *, file: str = "mapping") -> MapDocument:
    """The compiled mapping of a YAML text."""
    return parse_map(parse_document(text, file=file))


@cache
def json_schema() -> Mapping[str, Any]:
    """The JSON Schema of mapping documents, as shipped for editors."""
    file = resources.files("mapping").joinpath("schemas/mapping.schema.json")
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def _debtor(document: Document) -> EntityMap:
    rules = _fields(document, schema.DEBTOR)
    reader = DebtorMap(
        key=_key(document, "key"),
        fields=tuple(rule for rule in rules if rule.field.kind is not Kind.TAX_ID),
        tax_id=_identifier(document.part("fields", "tax_id"), name="tax_id") if _has(document, "tax_id") else None,
        identifiers=tuple(_identifier(part, name="identifier") for part in _items(document, "identifiers")),
        contact_points=tuple(_contact_point(part) for part in _items(document, "contact_points")),
    )
    return EntityMap(schema.DEBTOR, reader, rules, _when(document))


def _debt(document: Document) -> EntityMap:
    rules = _fields(document, schema.DEBT)
    reader = DebtMap(
        key=_key(document, "key"),
        fields=_without_unit(rules),
        unit=_unit(rules),
        debtor=_debtor_reference(document.part("debtor")) if "debtor" in document.content else None,
        instalments=_instalments(document.part("instalments")) if "instalments" in document.content else None,
    )
    return EntityMap(schema.DEBT, reader, rules, _when(document))


def _payment(document: Document) -> EntityMap:
    rules = _fields(document, schema.PAYMENT)
    reader = PaymentMap(
        key=_key(document, "key"),
        fields=_without_unit(rules),
        unit=_unit(rules),
        debt=_debt_reference(document.part("debt")) if "debt" in document.content else None,
        allocations=_allocations(document.part("allocations")) if "allocations" in document.content else None,
    )
    return EntityMap(schema.PAYMENT, reader, rules, _when(document))


def _party_role(document: Document) -> EntityMap:
    rules = _fields(document, schema.PARTY_ROLE)
    debtor = _debtor_reference(document.part("debtor"))
    reader = RoleMap(debtor, _debt_reference(document.part("debt")), rules)
    return EntityMap(schema.PARTY_ROLE, reader, rules, _when(document))


_READERS = {"debtor": _debtor, "debt": _debt, "payment": _payment, "party_role": _party_role}


def _fields(document: Document, entity: Entity) -> tuple[FieldRule, ...]:
    mapped = document.content["fields"]
    for known in entity.fields:
        if known.required and known.name not in mapped and not known.may_be_unmapped:
            raise document.error(f'"{known.name}" of {entity.name} is not mapped.', at=("fields",), mend="Map it.")
    known_fields = {known.name: known for known in entity.fields}
    return tuple(
        FieldRule(known_fields[name], source(document.part("fields", name), field=known_fields[name]))
        for name in mapped
    )


def _without_unit(rules: tuple[FieldRule, ...]) -> tuple[FieldRule, ...]:
    return tuple(rule for rule in rules if rule.field.kind is not Kind.UNIT)


def _unit(rules: tuple[FieldRule, ...]) -> FieldRule | None:
    return next((rule for rule in rules if rule.field.kind is Kind.UNIT), None)


def _key(document: Document, name: str) -> KeyRule:
    return KeyRule(tuple(part_source(part) for part in _items(document, name)))


def _items(document: Document, name: str) -> Iterator[Document]:
    for index in range(len(document.content.get(name) or ())):
        yield document.part(name, index)


def _has(document: Document, field: str) -> bool:
    return field in document.content["fields"]


def _when(document: Document) -> tuple[Condition, ...]:
    said = document.content.get("when")
    if said is None:
        return ()
    if isinstance(said, dict):
        return (condition(document.part("when")),)
    return tuple(condition(part) for part in _items(document, "when"))


def _each(document: Document) -> ListRule | None:
    said = document.content.get("each")
    return None if said is None else ListRule(said)


def _identifier(document: Document, *, name: str) -> IdentifierRule:
    content = document.content
    if isinstance(content, str):
        return IdentifierRule(source(document), name=name)
    if "type" in content and "type_from" in content:
        raise document.error('"type" and "type_from" cannot both be given.', mend="Keep one of them.")
    kind = word(document, "type", field=_TYPE)
    if "type_from" in content:
        kind = FieldRule(_TYPE, source(document.part("type_from")))
    return IdentifierRule(
        source=source(document),
        type=kind,
        country=word(document, "country", field=_COUNTRY),
        each=_each(document),
        when=_when(document),
        name=name,
    )


def _contact_point(document: Document) -> ContactPointRule:
    content = document.content
    if ("from" in content) == ("parts" in content):
        raise document.error('a contact point needs either "from" or "parts".', mend="Name the columns it is in.")
    if "parts" in content and content["type"] != "postal_address":
        raise document.error("only a postal_address has parts.", at=("parts",), mend='Use "from" instead.')
    kind = word(document, "type", field=_CONTACT_TYPE)
    if kind is None:  # the JSON Schema requires it
        raise document.error('"type" is missing.')
    said = tuple(word(document, field.name, field=field) for field in _SAID_OF_A_CONTACT_POINT)
    return ContactPointRule(
        type=kind,
        sources=_one_source_for_each_column(document) if "from" in content else (),
        parts={name: source(document.part("parts", name)) for name in content.get("parts", {})},
        attributes=tuple(rule for rule in said if rule is not None),
        country=word(document, "country", field=_COUNTRY),
        each=_each(document),
        when=_when(document),
    )


def _one_source_for_each_column(document: Document) -> tuple[Source, ...]:
    columns = document.content["from"]
    named = [columns] if isinstance(columns, str) else columns
    convert = {"convert": document.content["convert"]} if "convert" in document.content else {}
    return tuple(
        source(Document(document.file, {"from": column, **convert}, document.lines, document.root)) for column in named
    )


def _debtor_reference(document: Document) -> DebtorReferenceRule:
    if isinstance(document.content, list):
        return DebtorReferenceRule(_listed_key(document))
    return DebtorReferenceRule(_key(document, "key"), document.content.get("stream"))


def _debt_reference(document: Document) -> DebtReferenceRule:
    content = document.content
    if isinstance(content, list):
        return DebtReferenceRule(_listed_key(document))
    if ("key" in content) == ("document" in content):
        raise document.error('a debt is named by "key" or by "document".', mend="Give one of them.")
    if "document" in content and "stream" in content:
        raise document.error('"stream" has no meaning beside "document".', at=("stream",), mend="Remove it.")
    return DebtReferenceRule(
        key=_key(document, "key") if "key" in content else None,
        document=part_source(document.part("document")) if "document" in content else None,
        connection=content.get("connection"),
        stream=content.get("stream"),
    )


def _listed_key(document: Document) -> KeyRule:
    return KeyRule(tuple(part_source(document.part(index)) for index in range(len(document.content))))


def _instalments(document: Document) -> InstalmentRule:
    return InstalmentRule(ListRule(document.content["from"]), _fields(document, schema.INSTALMENT))


def _allocations(document: Document) -> AllocationRule:
    amount = None
    if "amount" in document.content:
        field = Field("amount", Kind.AMOUNT, required=True)
        amount = FieldRule(field, source(document.part("amount"), field=field))
    return AllocationRule(ListRule(document.content["from"]), _debt_reference(document.part("debt")), amount)
