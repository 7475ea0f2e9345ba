"""The API describes itself: every operation with words, examples and statuses, and a page that needs no other host."""

from __future__ import annotations

import re
from typing import Any

import httpx
from jsonschema import Draft202012Validator

from tests.door import Door


def operations(document: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return [(f"{m} {path}", told) for path, methods in document["paths"].items() for m, told in methods.items()]


def test_every_operation_has_words_and_every_status_it_may_answer(door: Door) -> None:
    for name, told in operations(door.document):
        assert told["summary"], name
        assert len(told["description"]) > 40, name
        assert {"400", "401", "404", "405", "422", "500", "503"} <= set(told["responses"]), name
        assert all(answer["description"] for answer in told["responses"].values()), name
    ids = [told["operationId"] for _, told in operations(door.document)]
    assert len(ids) == len(set(ids))


def test_every_parameter_says_what_it_is_or_shows_one(door: Door) -> None:
    for name, told in operations(door.document):
        for parameter in told.get("parameters", []):
            assert parameter.get("description") or parameter.get("examples") or parameter["schema"].get("examples"), (
                name
            )


def test_every_reference_leads_to_a_schema_and_all_schemas_are_valid(door: Door) -> None:
    schemas = door.document["components"]["schemas"]
    assert set(re.findall(r"#/components/schemas/(\w+)", str(door.document))) <= set(schemas)
    for schema in schemas.values():
        Draft202012Validator.check_schema(schema)
        assert schema.get("description")


def test_the_example_of_a_payment_is_taken(door: Door) -> None:
    (example,) = door.document["components"]["schemas"]["Payment"]["examples"]
    assert door.pay(example).status_code == 201


def test_the_page_for_people_names_every_operation_and_loads_nothing(door: Door) -> None:
    page = httpx.get(f"{door.url}/docs")
    assert page.headers["content-security-policy"] == "default-src 'none'"
    for name, _ in operations(door.document):
        method, path = name.split()
        assert f"{method.upper()} {path}" in page.text
    assert not re.search(r"<script|<link|src=|https?://", page.text)
