"""Cells that spreadsheets and programs both read: nothing runs, nothing that is joined on changes."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_api.cli.table_text import EXACT, cell, csv_lines, json_lines
from sync.exports import COLUMNS


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("=HYPERLINK(1)", "'=HYPERLINK(1)"),
        ("+1+cmd", "'+1+cmd"),
        ("-2+3", "'-2+3"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        (["=1", "b"], "'=1|b"),
        ("+56961234567", "+56961234567"),
        (["+56961234567", "+56962348817"], "+56961234567|+56962348817"),
        ("-150.00", "-150.00"),
        ("+7", "+7"),
        ("-", "'-"),
        ("José Ñancupil", "José Ñancupil"),
        (None, ""),
        (True, "true"),
        (0, "0"),
        ([], ""),
        (["a|b", "c\\d"], "a\\|b|c\\\\d"),
        ({"ñ": 1}, '{"ñ": 1}'),
    ],
)
def test_a_value_becomes_a_cell(value: object, written: str) -> None:
    assert cell("full_name", value) == written


@pytest.mark.parametrize("column", ["external_id", "golden_id", "debt_id", "payment_id", "subject"])
def test_what_programs_join_on_is_never_changed(column: str) -> None:
    assert cell(column, "=F-1") == "=F-1"
    assert column in EXACT


def test_every_exact_column_is_one_of_an_export() -> None:
    assert set(EXACT) <= {name for columns in COLUMNS.values() for name in columns}


@given(st.lists(st.fixed_dictionaries({"external_id": st.text(), "name": st.text()}), max_size=5))
def test_what_is_written_parses_back(rows: list[dict[str, str]]) -> None:
    text = "".join(csv_lines(rows, ("external_id", "name")))
    found = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["external_id"] for row in found] == [row["external_id"] for row in rows]
    assert all(back["name"] in (row["name"], f"'{row['name']}") for back, row in zip(found, rows, strict=True))
    assert [json.loads(line) for line in json_lines(rows)] == rows


@given(st.text(min_size=1))
def test_no_cell_of_free_text_begins_like_a_formula(text: str) -> None:
    written = cell("full_name", text)
    assert not written.startswith(("=", "@", "\t", "\r"))
    assert not written.startswith(("+", "-")) or written[1:].replace(".", "").replace("|+", "").isdigit()


def test_rows_are_written_as_they_come() -> None:
    def endless() -> object:
        while True:
            yield {"a": "x"}

    lines = csv_lines(endless(), ("a",))  # type: ignore[arg-type]
    assert [next(lines) for _ in range(3)] == ["a\n", "x\n", "x\n"]
