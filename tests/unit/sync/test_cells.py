"""With which cells a record is made to say another value, and when it is left alone rather than spoilt."""

from __future__ import annotations

from typing import Any

import pytest

from concilia.documents import parse_document
from mapping.context import MapContext
from mapping.documents import parse_map
from sync.cells import Change, RecordShape, Stated, after_change, key_of_name

TEXT = """\
entities:
- entity: debtor
  key: [id]
  fields: {full_name: name}
  contact_points:
  - {type: phone, from: [mobile, phone]}
  - {type: email, from: email}
  - {type: postal_address, parts: {street: street, city: city, country: country}, country: {from: country}}
"""
LISTED = """\
entities:
- entity: debtor
  key: [id]
  fields: {full_name: {from: name, convert: upper}}
  contact_points:
  - each: ways
    when: {column: active, equals: true}
    type: {from: kind, unknown: "null", values: {tel: phone, mail: email}}
    from: value
"""
COLUMNS = ("name", "mobile", "phone", "email", "street", "city")


def shape(text: str = TEXT, *, writable: tuple[str, ...] = COLUMNS) -> RecordShape:
    return RecordShape(parse_map(parse_document(text, file="map.yaml")), MapContext(country="CL"), writable)


def row(**cells: Any) -> dict[str, Any]:
    return {"id": "1", "country": "CL", **dict.fromkeys(COLUMNS), **cells}


def phone(value: str) -> Stated:
    return shape().says(row(mobile=value), about="phone")


@pytest.mark.parametrize(
    ("held", "expected"),
    [
        ({"mobile": "961234567"}, Change({"mobile": "+56951000007"}, {"mobile": "961234567"})),
        ({"phone": "961234567"}, Change({"phone": "+56951000007"}, {"phone": "961234567"})),
        ({}, Change({"mobile": "+56951000007"}, {"mobile": None})),
        ({"mobile": "999999999"}, Change({"mobile": "+56951000007"}, {"mobile": "999999999"})),
        ({"mobile": "961234567 / 962345678"}, "mobile holds several values"),
    ],
    ids=["the first column", "the one that says something", "an empty record", "a placeholder", "two in a cell"],
)
def test_a_phone_is_written_where_the_present_one_stands(held: dict[str, str], expected: Change | str) -> None:
    assert shape().change(row(**held), about="phone", to=phone("+56951000007")) == expected


def test_a_column_that_the_system_does_not_take_is_left_alone() -> None:
    found = shape(writable=("email",)).change(row(mobile="961234567"), about="phone", to=phone("+56951000007"))
    assert found == "mobile cannot be written there"


def test_an_address_is_written_in_its_parts_but_for_what_is_not_the_addresss_own() -> None:
    to = shape().says(row(street="Av. Italia 1234", city="Ñuñoa"), about="postal_address")
    found = shape().change(row(street="Los Leones 5", city="Providencia"), about="postal_address", to=to)
    assert isinstance(found, Change), found
    assert set(found.cells) == {"street", "city"}
    assert found.expected == {"street": "Los Leones 5", "city": "Providencia"}
    after = after_change(row(), found, item="")
    assert shape().says(after, about="postal_address").key == to.key


def test_a_name_is_the_same_in_any_order_and_without_accents() -> None:
    assert key_of_name("SOTO PEREZ, JUAN") == key_of_name("Juan Soto Pérez")
    found = shape().change(
        row(name="Jose Munoz"), about="full_name", to=Stated(key_of_name("José Rojas"), "José Rojas")
    )
    assert found == Change({"name": "José Rojas"}, {"name": "Jose Munoz"})


def test_an_item_of_a_list_is_changed_and_a_new_one_is_told_its_kind() -> None:
    writable = ("ways.value", "ways.kind")
    ways = [
        {"id": 3, "kind": "tel", "value": "961234567", "active": False},
        {"id": 4, "kind": "tel", "value": "962345678", "active": True},
    ]
    listed, to = shape(LISTED, writable=writable), phone("+56951000007")
    changed = listed.change({"id": "1", "name": "A", "ways": ways}, about="phone", to=to)
    assert changed == Change({"value": "+56951000007"}, {"value": "962345678"}, "ways", "4")
    added = listed.change({"id": "1", "name": "A", "ways": ways[:1]}, about="phone", to=to)
    assert added == Change({"value": "+56951000007", "kind": "tel"}, {"value": None}, "ways", "")
    after = after_change({"id": "1", "ways": ways[:1]}, Change({"value": "x", "kind": "tel"}, {}, "ways"), item="9")
    assert after["ways"][1] == {"id": 9, "active": True, "value": "x", "kind": "tel"}


def test_what_the_mapping_converts_without_a_way_back_is_left_alone() -> None:
    listed = shape(LISTED, writable=("name",))
    found = listed.change({"id": "1", "name": "ana"}, about="full_name", to=Stated(key_of_name("Eva Soto"), "Eva Soto"))
    assert isinstance(found, str)


def test_a_field_without_a_place_in_the_mapping_is_said() -> None:
    found = shape(LISTED).change({"id": "1", "ways": []}, about="postal_address", to=Stated("k", "v"))
    assert found == "its mapping has no place for postal_address"
