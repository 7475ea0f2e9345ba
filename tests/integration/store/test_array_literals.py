"""What goes into PostgreSQL as the text of an array comes out as it was."""

from __future__ import annotations

import enum
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from concilia.store.bulk import array_literal


class Word(enum.StrEnum):
    """A text with a type of its own."""

    NULL = "NULL"


TEXTS = [
    None,
    "",
    "NULL",
    "null",
    '"',
    "\\",
    "{a,b}",
    "a,b",
    " Ñandú ",
    "línea\nsegunda",
    "\t",
    'a\\"b',
    Word.NULL,
    "'",
    "\u2028",
]


@pytest.fixture(scope="module")
def connection(postgres_server: Any) -> Any:
    postgres_server.psql("CREATE DATABASE arrays")
    engine = create_engine(str(postgres_server.get_uri("arrays")).replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as made:
        yield made
    engine.dispose()


def back(connection: Any, values: list[Any], kind: str) -> list[Any]:
    rows = connection.exec_driver_sql(f"SELECT * FROM unnest(%s::{kind})", (array_literal(values),))
    return [bytes(row[0]) if isinstance(row[0], memoryview) else row[0] for row in rows]


def test_texts_of_every_kind(connection: Any) -> None:
    assert back(connection, TEXTS, "text[]") == TEXTS


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=200)
@given(
    st.lists(st.none() | st.text(st.characters(blacklist_characters="\0", blacklist_categories=("Cs",))), max_size=20)
)
def test_any_text(connection: Any, values: list[Any]) -> None:
    assert back(connection, values, "text[]") == values


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([0, -1, 2**62, None, True], "bigint[]"), ([0.1, -1e300, 5e-324, None], "float8[]"),
        ([b"", b"\x00\xff\\\"", None, bytearray(b"ab")], "bytea[]"),
    ],
)  # fmt: skip
def test_numbers_and_bytes(connection: Any, values: list[Any], kind: str) -> None:
    assert back(connection, values, kind) == values


def test_an_empty_column_is_an_empty_array(connection: Any) -> None:
    assert connection.execute(text("SELECT cardinality(CAST(:a AS text[]))"), {"a": array_literal([])}).scalar() == 0
