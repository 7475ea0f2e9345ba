"""Many rows at once mean the same on both databases, around the size of a chunk and with every kind of text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from concilia.store import bulk, tables
from concilia.store.unit_of_work import Store, Tx

SIZES = (0, 1, 2, 511, 512, 513, 1024, 2000)
COLUMNS = ("id", "connection", "stream", "external_id", "golden_id", "pending", "founded")
TEXTS = (
    "Ñuñoa Ünïcödé áéíóú", "emoji 🇨🇱👩🏽‍💻", "comillas ' \" `", "barra \\ y % _ ?", "{llaves},coma;", "NULL", "",
    "línea\nnueva\ttab\r", "日本語", "\x1f", ":values %s %(x)s $1 ?", "a\u0301 combinado", "\u202eal revés", "x" * 10_000,
)  # fmt: skip


def row(number: int, external: str = "", golden: str | None = None) -> tuple[Any, ...]:
    return (number, "erp", "clientes", external or f"c{number}", golden, number % 2, 0)


def stored(tx: Tx) -> list[tuple[Any, ...]]:
    names = ", ".join(COLUMNS)
    return [tuple(found) for found in tx.execute(text(f"SELECT {names} FROM source_debtor ORDER BY id"))]


@pytest.mark.parametrize("size", SIZES)
def test_what_is_inserted_is_found_changed_and_deleted_by_any_number_of_keys(store: Store, size: int) -> None:
    rows = [row(n, golden=None if n % 3 else f"g{n}") for n in range(1, size + 1)]
    with store.begin() as tx:
        bulk.insert(tx, tables.source_debtor, COLUMNS, rows)
        assert stored(tx) == rows
        keys = [r[3] for r in rows]
        sql = "SELECT id FROM source_debtor WHERE connection = :connection AND external_id IN :values"
        assert sorted(bulk.select_in(tx, sql, keys, connection="erp")) == [(r[0],) for r in rows]
        assert list(bulk.select_in(tx, sql, keys, connection="crm")) == []
        update = "UPDATE source_debtor SET golden_id = :golden WHERE id IN :values"
        bulk.execute_in(tx, update, (r[0] for r in rows), golden="g")
        assert {r[4] for r in stored(tx)} <= {"g"}
        bulk.execute_in(tx, "DELETE FROM source_debtor WHERE id IN :values", [r[0] for r in rows][1:])
        assert len(stored(tx)) == min(size, 1)


@pytest.mark.parametrize("size", SIZES)
def test_an_upsert_adds_the_new_rows_and_overwrites_the_known_ones(store: Store, size: int) -> None:
    with store.begin() as tx:
        bulk.insert(tx, tables.source_debtor, COLUMNS, [row(n) for n in range(1, size // 2 + 1)])
        rows = [row(n, golden=f"g{n}") for n in range(1, size + 1)]
        bulk.upsert(tx, tables.source_debtor, COLUMNS, rows, key=("id",))
        bulk.upsert(tx, tables.source_debtor, COLUMNS, rows, key=("id",))
        assert stored(tx) == rows


def test_an_upsert_leaves_the_columns_it_does_not_name(store: Store) -> None:
    with store.begin() as tx:
        bulk.insert(tx, tables.source_debtor, COLUMNS, [row(1, golden="g1")])
        bulk.upsert(tx, tables.source_debtor, COLUMNS[:4], [row(1, "otro")[:4]], key=("id",))
        assert stored(tx) == [(1, "erp", "clientes", "otro", "g1", 1, 0)]


def test_an_upsert_of_nothing_but_keys_keeps_what_is_there(store: Store) -> None:
    with store.begin() as tx:
        for _ in range(2):
            bulk.upsert(
                tx, tables.match_key, ("key", "debtor_id"), [("phone:1", 1), ("phone:1", 2)], key=("key", "debtor_id")
            )
        assert tx.execute(text("SELECT count(*) FROM match_key")).scalar_one() == 2


def test_an_insert_refuses_a_known_key(store: Store) -> None:
    with store.begin() as tx:
        bulk.insert(tx, tables.source_debtor, COLUMNS, [row(1)])
    with pytest.raises(IntegrityError), store.begin() as tx:
        bulk.insert(tx, tables.source_debtor, COLUMNS, [row(2), row(1)])
    with store.read() as tx:
        assert stored(tx) == [row(1)]


def test_every_kind_of_text_comes_back_as_it_went_in(store: Store) -> None:
    rows = [row(n, f"{n}{value}", golden=value) for n, value in enumerate(TEXTS, start=1)]
    with store.begin() as tx:
        bulk.insert(tx, tables.source_debtor, COLUMNS, rows)
    with store.read() as tx:
        assert stored(tx) == rows
        sql = "SELECT golden_id, id FROM source_debtor WHERE golden_id IN :values"
        assert {n: value for value, n in bulk.select_in(tx, sql, TEXTS)} == dict(enumerate(TEXTS, start=1))


words = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=30)


@given(st.lists(st.tuples(words, st.none() | words), max_size=20))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_without_nul_is_stored_and_found_again(store: Store, said: list[tuple[str, str | None]]) -> None:
    rows = [row(n, f"{n} {name}", golden) for n, (name, golden) in enumerate(said, start=1)]
    with store.begin() as tx:
        bulk.execute_in(tx, "DELETE FROM source_debtor WHERE stream IN :values", ["clientes"])
        bulk.insert(tx, tables.source_debtor, COLUMNS, rows)
        sql = "SELECT id, golden_id FROM source_debtor WHERE external_id IN :values ORDER BY id"
        assert list(bulk.select_in(tx, sql, [r[3] for r in rows])) == [(r[0], r[4]) for r in rows]


def test_null_matches_no_key_and_an_unknown_key_finds_nothing(store: Store) -> None:
    with store.begin() as tx:
        bulk.insert(tx, tables.source_debtor, COLUMNS, [row(1), row(2, golden="g")])
        sql = "SELECT id FROM source_debtor WHERE golden_id IN :values"
        assert list(bulk.select_in(tx, sql, [None, "nobody"])) == []
        assert list(bulk.select_in(tx, sql, [None])) == []
        assert list(bulk.select_in(tx, sql, [None, "g"])) == [(2,)]


def test_a_key_given_twice_in_one_chunk_finds_its_row_once(store: Store) -> None:
    with store.begin() as tx:
        bulk.insert(tx, tables.source_debtor, COLUMNS, [row(1)])
        assert list(bulk.select_in(tx, "SELECT id FROM source_debtor WHERE id IN :values", [1, 1, 1])) == [(1,)]


def test_numbers_beyond_32_bits_are_kept(store: Store) -> None:
    large = 2**62
    with store.begin() as tx:
        bulk.insert(tx, tables.source_debtor, COLUMNS, [row(1), row(large)])
        assert list(bulk.select_in(tx, "SELECT id FROM source_debtor WHERE id IN :values", [5, large])) == [(large,)]


def reserve_and_fail(store: Store) -> None:
    with store.begin() as tx:
        assert bulk.reserve(tx, "event", 3) == 2008
        raise RuntimeError


def test_a_counter_gives_consecutive_numbers_and_takes_them_back_with_its_transaction(store: Store) -> None:
    with store.begin() as tx:
        assert [bulk.reserve(tx, "event", n) for n in (1, 5, 2000, 1)] == [1, 2, 7, 2007]
        assert bulk.reserve(tx, "other", 1) == 1
    with pytest.raises(RuntimeError):
        reserve_and_fail(store)
    with store.begin() as tx:
        assert bulk.reserve(tx, "event", 1) == 2008
