"""The page about entities names every field of the schema, with its kind, whether it is needed, and its choices."""

from __future__ import annotations

from pathlib import Path

import pytest

from concilia import schema
from concilia.normalize.verdict import Verdict
from concilia.schema import Entity, Field

PAGE = (Path(__file__).resolve().parents[1] / "docs/reference/entities.md").read_text("utf-8")
ENTITIES = (*schema.ENTITIES.values(), schema.INSTALMENT)


def rows_of(entity: Entity) -> dict[str, list[str]]:
    """The cells of each row of an entity's table, by the field named first."""
    section = PAGE.partition(f"## `{entity.name}`\n")[2].partition("\n## ")[0]
    lines = (line for line in section.splitlines() if line.startswith("| `"))
    cells = ([cell.strip() for cell in line.split("|")[1:-1]] for line in lines)
    return {row[0].strip("`"): row[1:] for row in cells}


def needed(field: Field) -> str:
    if not field.required:
        return ""
    return "yes, if mapped" if field.may_be_unmapped else "yes"


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
def test_a_table_has_the_fields_of_its_entity_in_order(entity: Entity) -> None:
    assert list(rows_of(entity)) == [field.name for field in entity.fields]


@pytest.mark.parametrize("entity", ENTITIES, ids=lambda entity: entity.name)
def test_a_row_says_what_the_schema_says(entity: Entity) -> None:
    rows = rows_of(entity)
    for field in entity.fields:
        kind, is_needed, personal, meaning = rows[field.name]
        assert (kind, is_needed, personal == "yes") == (field.kind.value, needed(field), field.personal), field.name
        assert all(f"`{choice}`" in meaning for choice in field.choices), field.name


@pytest.mark.parametrize("word", [*schema.CONTACT_TYPES, *schema.RELATIONS, *Verdict])
def test_words_of_contact_points_and_verdicts_are_named(word: str) -> None:
    assert f"`{word}`" in PAGE
