"""Several statements in one round trip: in order, alike on both databases, and all or none with their transaction."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, IntegrityError

from concilia.store import locks, tables
from concilia.store.contacts import ReservationRow
from concilia.store.round_trips import Statement, inserting, together
from concilia.store.unit_of_work import Store

PUT = "INSERT INTO counter (name, value) VALUES (:name, :value)"
NAMES = "SELECT name, value FROM counter WHERE name IN :values ORDER BY name"


def put(name: str, value: int = 1) -> Statement:
    return Statement(PUT, {"name": name, "value": value})


def test_each_statement_sees_what_those_before_it_did(store: Store) -> None:
    with store.begin() as tx:
        found = together(tx, [put("ñ:1"), put("b", 2), Statement(NAMES, values=["b", "ñ:1", "c"]), put("c")])
        assert found == [[], [], [("b", 2), ("ñ:1", 1)], []]


def test_what_fails_takes_the_whole_transaction_with_it(store: Store) -> None:
    with pytest.raises(IntegrityError), store.begin() as tx:
        together(tx, [put("once"), put("once"), put("other")])
    with store.begin() as tx:
        assert together(tx, [Statement(NAMES, values=["once", "other"])]) == [[]]
        assert together(tx, [put("once")]) == [[]]


def test_a_statement_that_cannot_be_run_is_a_fault_of_the_database(store: Store) -> None:
    with pytest.raises(DBAPIError), store.begin() as tx:
        together(tx, [Statement("SELECT nothing FROM nowhere")])


def test_colons_and_percents_in_a_text_are_only_that(store: Store) -> None:
    with store.begin() as tx:
        sql = "SELECT 'debt:' || CAST(:n AS TEXT), '50 %' WHERE 'a' LIKE 'a%'"
        assert together(tx, [Statement(sql, {"n": "7"})]) == [[("debt:7", "50 %")]]


def test_a_row_is_inserted_by_its_fields(store: Store) -> None:
    row = ReservationRow("c1", 7, "sms", "collection", "2026", "2027", "held", None, "2026")
    with store.begin() as tx:
        together(tx, [*locks.turns(tx, ["contact:a", "contact:b"]), inserting(tables.reservation, row)])
    with store.read() as tx:
        assert tx.execute(text("SELECT debtor_id, state FROM reservation")).all() == [(7, "held")]
