"""A record is missing when two complete lists of keys do not have it; anything less proves nothing.

`CONCILIA_TEST_SEED` replays how the sweeps are interrupted.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from concilia.errors import SystemUnreachable
from concilia.records import Bookmark, Page, Record
from concilia.store import runs, sweeps
from concilia.store.sweeps import COMPLETE, INCOMPLETE
from connectors.contract import Capabilities, KeyListing, KeyPage, StreamRequest
from sync import actions, breaker
from sync.breaker import BreakerTripped
from sync.hub import Hub
from sync.pull import Pulling, pull
from sync.resolve import resolve_all
from sync.streams import StreamPlan, plans_of
from sync.sweeps import sweep
from tests.conftest import OpenHub
from tests.worlds import rut, workspace

SEED = int(os.environ.get("CONCILIA_TEST_SEED", "20261122"))
KNOWN = 300


class Ledger:
    """A system with debts, whose list of keys can be broken in every way that lists break."""

    def __init__(self, keys: Sequence[str]) -> None:
        self.keys = list(keys)
        self.pages: Iterator[KeyPage] | None = None
        self.evidence = ""

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(streams=("cartera",), lists_keys=("cartera",))

    def read(self, request: StreamRequest, *, bookmarks: Mapping[str, Bookmark], full: bool = False) -> Iterator[Page]:
        rows = [row(key) for key in self.keys]
        yield Page(tuple(Record((fields["DOC"],), fields, f"row {fields['DOC']}") for fields in rows))

    def list_keys(self, request: StreamRequest, *, bookmarks: Mapping[str, Bookmark]) -> KeyListing:
        return KeyListing(self.pages or whole(self.keys), evidence=self.evidence)


def row(key: str) -> dict[str, Any]:
    number = int(key.removeprefix("F-"))
    person = {"RUT": rut(5_000_000 + 977 * number), "NOMBRE": f"Persona {number}", "FONO1": "", "FONO2": ""}
    return {"DOC": key, **person, "SALDO": "1.000", "VENCE": "01-10-2026", "MOD": "2026-11-01T10:00:00"}


def whole(keys: Sequence[str], *, size: int = 50) -> Iterator[KeyPage]:
    for start in range(0, len(keys), size):
        yield KeyPage(tuple((key,) for key in keys[start : start + size]))
    yield KeyPage(last=True, total=len(keys))


def broken(keys: Sequence[str], chance: random.Random) -> Iterator[KeyPage]:
    """A list that ends too early: cut without a word, by an error, or with an end that the count belies."""
    pages = list(whole(keys, size=chance.choice((10, 50, 200))))
    kept = pages[: chance.randrange(len(pages) - 1)]
    yield from kept
    match chance.randrange(4):
        case 0:
            raise SystemUnreachable("The network went away.", system="erp")
        case 1:
            raise SystemUnreachable("No answer in time.", system="erp")
        case 2:
            yield KeyPage(last=True, total=len(keys))
        case _:
            return


class World:
    """A hub that has read the ledger once."""

    def __init__(self, hub: Hub) -> None:
        self.hub = hub
        self.plan: StreamPlan = plans_of(hub.workspace.connections["erp"])[0]
        self.ledger = Ledger([f"F-{n}" for n in range(KNOWN)])
        self.read()

    def read(self) -> int:
        """A run that reads the ledger to its end."""
        with self.hub.store.begin() as tx:
            run_id = runs.start(tx, "sync", at="2026-11-22T10:00:00.000000+00:00")
            runs.open_stream(tx, run_id, connection="erp", stream="cartera")
        pull(self.hub, self.ledger, self.plan, pulling=Pulling(run_id))  # type: ignore[arg-type]
        with self.hub.store.begin() as tx:
            runs.close_stream(tx, run_id, connection="erp", stream="cartera")
        resolve_all(self.hub.store, self.hub.policies, clock=self.hub.clock)
        return run_id

    def sweep(self, pages: Iterator[KeyPage] | None = None) -> sweeps.SweepRow | None:
        self.ledger.pages = pages
        run_id = self.scalar("SELECT max(id) FROM run") + 1
        return sweep(self.hub, self.ledger, self.plan, pulling=Pulling(run_id, sweep=True))  # type: ignore[arg-type]

    def scalar(self, sql: str) -> Any:
        with self.hub.store.read() as tx:
            return tx.execute(text(sql)).scalar()

    def missing(self) -> list[str]:
        with self.hub.store.read() as tx:
            rows = tx.execute(text("SELECT document, balance FROM debt WHERE status = 'missing_in_source' ORDER BY 1"))
            found = rows.all()
        assert {balance for _, balance in found} <= {"1000"}
        return [document for document, _ in found]


@pytest.fixture
def world(tmp_path: Path, database_url: str | None, opened: OpenHub) -> World:
    hub = opened(workspace(tmp_path), database_url=database_url)
    actions.apply(hub)
    return World(hub)


def interrupted(world: World, *, rounds: int) -> None:
    chance = random.Random(SEED)
    print(f"CONCILIA_TEST_SEED={SEED}")
    gone = set(chance.sample(world.ledger.keys, 10))
    there = [key for key in world.ledger.keys if key not in gone]
    for _ in range(rounds):
        row = world.sweep(broken(world.ledger.keys if chance.random() < 0.5 else there, chance))
        assert row is not None
        assert row.status == INCOMPLETE
        assert row.reason
    assert world.scalar("SELECT count(*) FROM absence") == 0
    assert world.missing() == []
    assert world.scalar("SELECT count(*) FROM key_sweep WHERE status = 'incomplete'") == rounds
    # And what is really gone is found by two whole lists, however many broken ones lie between them.
    assert world.sweep(whole(there)).absent == 10  # type: ignore[union-attr]
    for _ in range(20):
        world.sweep(broken(there[:100], chance))
    assert world.missing() == []
    world.sweep(whole(there))
    assert world.missing() == sorted(gone)


def test_a_hundred_interrupted_sweeps_delete_nothing(world: World) -> None:
    interrupted(world, rounds=100)


@pytest.mark.soak
def test_a_thousand_interrupted_sweeps_delete_nothing(world: World) -> None:
    interrupted(world, rounds=1000)


def test_a_missing_debt_keeps_its_balance_opens_a_discrepancy_and_comes_back(world: World) -> None:
    there = world.ledger.keys[1:]
    world.sweep(whole(there))
    assert world.missing() == []
    world.sweep(whole(there))
    assert world.missing() == ["F-0"]
    (open_now,) = actions.listed_discrepancies(world.hub, status="open")
    assert (open_now.kind, open_now.connection, open_now.owner, open_now.theirs) == (
        "missing_in_source", "erp", "erp", "1000",
    )  # fmt: skip
    world.sweep()
    assert world.missing() == []
    assert world.scalar("SELECT status FROM debt WHERE document = 'F-0'") == "open"
    assert actions.listed_discrepancies(world.hub, status="open") == []
    assert world.scalar("SELECT count(*) FROM absence") == 0


def test_one_that_was_seen_in_between_needs_two_sightings_again(world: World) -> None:
    for keys in (world.ledger.keys[1:], world.ledger.keys, world.ledger.keys[1:]):
        world.sweep(whole(keys))
    assert world.missing() == []
    world.sweep(whole(world.ledger.keys[1:]))
    assert world.missing() == ["F-0"]


def test_one_that_is_read_again_with_other_content_is_there_at_once(world: World) -> None:
    for _ in range(2):
        world.sweep(whole(world.ledger.keys[1:]))
    assert world.missing() == ["F-0"]
    (changed,) = [Record(("F-0",), {**row("F-0"), "SALDO": "700"}, "row F-0")]
    world.ledger.read = lambda request, **_given: iter([Page((changed,))])  # type: ignore[method-assign]
    world.read()
    assert world.missing() == []
    assert world.scalar("SELECT balance FROM debt WHERE document = 'F-0'") == "700"
    assert actions.listed_discrepancies(world.hub, status="open") == []


def test_the_same_evidence_is_not_a_second_sighting(world: World) -> None:
    world.ledger.evidence = "cartera.csv of Monday"
    assert world.sweep(whole(world.ledger.keys[1:])).status == COMPLETE  # type: ignore[union-attr]
    assert world.sweep(whole(world.ledger.keys[1:])) is None
    assert world.missing() == []
    world.ledger.evidence = "cartera.csv of Tuesday"
    world.sweep(whole(world.ledger.keys[1:]))
    assert world.missing() == ["F-0"]


@pytest.mark.parametrize(
    ("pages", "told"),
    [
        ([KeyPage(last=True)], "The list of keys is empty."),
        ([KeyPage((("F-1",),), last=True, total=2)], "The system counts 2 records and listed 1."),
        ([KeyPage((("F-1",),))], "The list of keys broke off before its end."),
        (
            [KeyPage(tuple((f"F-{n}",) for n in range(250)), unknown=1, last=True)],
            "1 rows could not be read, and may be any of those not seen.",
        ),
    ],
)  # fmt: skip
def test_a_list_that_proves_nothing_says_why(world: World, pages: list[KeyPage], told: str) -> None:
    found = world.sweep(iter(pages))
    assert found is not None
    assert (found.status, found.reason) == (INCOMPLETE, told)
    assert world.scalar("SELECT count(*) FROM absence") == 0


def test_too_much_gone_trips_the_breaker_until_a_person_allows_it(world: World) -> None:
    there = world.ledger.keys[101:]
    run_id = world.read()
    for _ in range(2):
        with pytest.raises(BreakerTripped) as tripped:
            world.sweep(whole(there))
        assert (tripped.value.found, tripped.value.known, tripped.value.allowance) == (101, 300, 100)
        breaker.ask(world.hub, world.plan, tripped.value, run_id=run_id)
    assert world.scalar("SELECT count(*) FROM absence") == 0
    (allowed,) = breaker.allow(world.hub, run_id, by="carla")
    assert (allowed.found, allowed.decided_by) == (101, "carla")
    world.sweep(whole(there))
    assert world.scalar("SELECT count(*) FROM absence") == 101
    assert world.missing() == []
    world.sweep(whole(there))
    assert len(world.missing()) == 101
    # The permission was for once.
    with pytest.raises(BreakerTripped):
        world.sweep(whole(there[101:]))


def test_a_permission_is_for_no_more_than_was_asked(world: World) -> None:
    run_id = world.read()
    with pytest.raises(BreakerTripped) as tripped:
        world.sweep(whole(world.ledger.keys[101:]))
    breaker.ask(world.hub, world.plan, tripped.value, run_id=run_id)
    breaker.allow(world.hub, run_id, by="carla")
    with pytest.raises(BreakerTripped):
        world.sweep(whole(world.ledger.keys[150:]))


def test_a_source_that_is_whole_again_takes_the_question_back(world: World) -> None:
    run_id = world.read()
    with pytest.raises(BreakerTripped) as tripped:
        world.sweep(whole(world.ledger.keys[200:]))
    breaker.ask(world.hub, world.plan, tripped.value, run_id=run_id)
    world.sweep()
    assert [trip.status for trip in breaker.asked_by(world.hub, run_id)] == ["over"]
    with pytest.raises(Exception, match="asks nothing"):
        breaker.allow(world.hub, run_id, by="carla")


@pytest.mark.parametrize(("known", "limit"), [(0, 100), (300, 100), (2000, 100), (2020, 101), (100_000, 5000)])
def test_a_hundred_or_five_percent_pass_unasked(known: int, limit: int) -> None:
    assert breaker.allowance(known) == limit
