"""Matching through the database: any order of arrival, and matching all at once, end in the same debtors."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from pathlib import Path

import pytest
from sqlalchemy import text

from benchmarks.portfolios.portfolio import draw_portfolio
from benchmarks.portfolios.writing import COLUMNS
from concilia.errors import RetryLater
from sync import actions, match_models, portfolio_matching, rematch
from sync.hub import Hub
from tests.conftest import OpenHub

CONFIGURATION = """\
version: 1
connections:
  book:
    connector: files
    settings: {path: book, encoding: utf-8, delimiter: ","}
    country: CL
    streams:
      people: {file: "*.csv", key: [record_id], map: people.yaml}
"""
MAP = """\
entities:
- entity: debtor
  key: [record_id]
  fields: {tax_id: tax_id, full_name: full_name, given_names: given, surname_1: surnames, legal_name: legal_name,
    kind: kind, birth_date: birth_date}
  contact_points:
  - {type: phone, from: [phone_1, phone_2]}
  - {type: email, from: email}
"""
Rows = list[dict[str, str]]
Groups = set[frozenset[str]]


def people(count: int, *, seed: int) -> Rows:
    """Chilean records of a portfolio with truth, families and look-alikes among them."""
    found: Rows = []
    for party, _, _, rows in draw_portfolio(seed):
        if party.country == "CL":
            for row in rows:
                found.append({"record_id": f"r{len(found):04}", **dict(zip(COLUMNS, row.cells, strict=True))})
        if len(found) >= count:
            return found[:count]
    raise AssertionError("a portfolio never ends")


def workspace(folder: Path) -> Path:
    (folder / "book").mkdir(parents=True)
    (folder / "concilia.yaml").write_text(CONFIGURATION, encoding="utf-8")
    (folder / "people.yaml").write_text(MAP, encoding="utf-8")
    return folder


def arrive(hub: Hub, folder: Path, rows: Sequence[dict[str, str]], *, file: str) -> None:
    """A further file of the system."""
    with (folder / "book" / f"{file}.csv").open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, ("record_id", *COLUMNS))
        writer.writeheader()
        writer.writerows(rows)
    assert actions.run(hub, []).exit_code == 0


def debtors(hub: Hub) -> Groups:
    found: dict[str, set[str]] = {}
    for line in actions.export(hub, "crosswalk"):
        found.setdefault(line["golden_id"], set()).add(line["external_id"])
    return {frozenset(group) for group in found.values()}


def at_once(hub: Hub) -> None:
    rematch.rematch(hub.store, hub.policies, clock=hub.clock, told=lambda _what, _count: None, learn=False)


@pytest.mark.parametrize("seed", range(3))
def test_any_order_of_arrival_ends_in_what_matching_at_once_finds(
    tmp_path: Path, database_url: str | None, opened: OpenHub, seed: int
) -> None:
    rows, dice = people(240, seed=40 + seed), random.Random(seed)
    dice.shuffle(rows)
    folder = workspace(tmp_path)
    hub = opened(folder, database_url=database_url)
    number = 0
    while rows:
        some, rows = rows[: (size := dice.choice((1, 7, 60)))], rows[size:]
        number += 1
        arrive(hub, folder, some, file=f"{number:03}")
    found, before = debtors(hub), list(actions.export(hub, "crosswalk"))
    assert any(len(group) > 2 for group in found)
    at_once(hub)
    assert debtors(hub) == found
    assert list(actions.export(hub, "crosswalk")) == before, "nobody's golden id changed"


def test_two_orders_of_arrival_make_the_same_debtors(tmp_path: Path, database_url: str | None, opened: OpenHub) -> None:
    rows, results = people(200, seed=50), []
    for turn in range(2):
        random.Random(turn).shuffle(rows)
        folder = workspace(tmp_path / str(turn))
        # The second order gets a database of its own, embedded: one of the two is on the server when there is one.
        hub = opened(folder, database_url=database_url if turn == 0 else None)
        for start in range(0, len(rows), 50):
            arrive(hub, folder, rows[start : start + 50], file=str(start))
        results.append(debtors(hub))
    assert results[0] == results[1]


def test_edits_and_removals_leave_what_the_batch_would_find(
    tmp_path: Path, database_url: str | None, opened: OpenHub
) -> None:
    rows, dice = people(160, seed=60), random.Random(6)
    folder = workspace(tmp_path)
    hub = opened(folder, database_url=database_url)
    arrive(hub, folder, rows, file="1")
    for number in range(2, 6):
        edited = [
            {**row, **{c: dice.choice(rows)[c] for c in dice.sample(COLUMNS[2:], 4)}} for row in dice.sample(rows, 12)
        ]
        arrive(hub, folder, edited, file=str(number))
    found = debtors(hub)
    at_once(hub)
    assert debtors(hub) == found


def test_a_large_first_load_is_matched_at_once_and_says_what_its_weights_come_from(
    tmp_path: Path, database_url: str | None, opened: OpenHub
) -> None:
    rows = people(rematch.LEAST + 300, seed=70)
    folder = workspace(tmp_path)
    hub = opened(folder, database_url=database_url)
    arrive(hub, folder, rows[:-300], file="first")
    with hub.store.begin() as tx:
        model = match_models.active(tx, at="")
    assert model.linked
    assert model.stored.note
    assert "tax ids" in portfolio_matching.check(hub)
    arrive(hub, folder, rows[-300:], file="second")
    found = debtors(hub)
    at_once(hub)
    assert debtors(hub) == found


def test_a_process_killed_while_matching_at_once_leaves_it_to_the_next(
    tmp_path: Path, database_url: str | None, opened: OpenHub
) -> None:
    folder = workspace(tmp_path)
    hub = opened(folder, database_url=database_url)
    arrive(hub, folder, people(300, seed=80), file="1")
    before = list(actions.export(hub, "crosswalk"))
    told: list[str] = []

    def stop(what: str, _count: int) -> None:
        told.append(what)
        if what == "debtors":
            raise KeyboardInterrupt

    with hub.store.begin() as tx:
        tx.execute(text("UPDATE source_debtor SET pending = 1"))
    with pytest.raises(KeyboardInterrupt):
        rematch.rematch(hub.store, hub.policies, clock=hub.clock, told=stop, learn=False)
    with hub.store.begin() as tx:
        assert rematch.due(tx, at="")
    with pytest.raises(RetryLater):
        actions.rule(hub, "book/people/r0000", "book/people/r0001", judgement="different", by="ana")
    arrive(hub, folder, [], file="2")
    with hub.store.begin() as tx:
        assert match_models.active(tx, at="").linked
    assert list(actions.export(hub, "crosswalk")) == before


def test_a_stewards_different_outlives_a_new_load_and_its_withdrawal_lets_the_score_speak_again(
    tmp_path: Path, database_url: str | None, opened: OpenHub
) -> None:
    ana = {"full_name": "Ana María Muñoz Peña", "phone_1": "961234567", "email": "amunoz@correo.cl", "country": "CL"}
    folder = workspace(tmp_path)
    hub = opened(folder, database_url=database_url)
    arrive(hub, folder, [{"record_id": "a", **ana}, {"record_id": "b", **ana}], file="1")
    together, apart = {frozenset("ab")}, {frozenset("a"), frozenset("b")}
    assert debtors(hub) == together
    pair = ("book/people/a", "book/people/b")
    actions.rule(hub, *pair, judgement="different", by="ana")
    assert debtors(hub) == apart
    arrive(hub, folder, [{"record_id": "b", **ana, "phone_2": "987654321"}], file="2")
    at_once(hub)
    assert debtors(hub) == apart
    actions.rule(hub, *pair, judgement="withdrawn", by="ana")
    assert debtors(hub) == together
