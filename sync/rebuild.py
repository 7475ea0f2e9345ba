"""Derive golden records and debts anew from what was appended, in a scratch database, and compare with what is stored.

What is taken over: source records as they were read, the numbers under which the hub knows them, the ledger of
identities, rulings, pins and retired numbers, the weights in force, payments with their applications, agreements,
interactions and what is known of contact points, what other systems answered to our writes, and what is absent there.
Nothing that is derived from these is: claims, matches, clusters, golden records, debts.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from concilia.clock import to_text
from concilia.keys import GoldenId
from concilia.store import copying, crosswalk, debts, golden, identity_lines, locks, migrate, tables
from concilia.store.golden import ACTIVE, MERGED, RETIRED, GoldenRow
from concilia.store.identity_lines import StoredLine
from concilia.store.unit_of_work import Store, Tx
from dedup.ledger import Entry, Founded, Golden, Inherited, Merged, Moved, Revived, Split, Standing, replay
from sync import golden_records, identity, match_models, money, rematch
from sync.entities import Landing
from sync.hub import Hub
from sync.landing import map_again
from sync.match_index import StoreIndex
from sync.parties import Memory
from sync.policies import Progress
from sync.rebuild_compare import Report, compared
from sync.streams import plans_of

BATCH: Final = 500
UNREAD: Final = "unread"  # stands for the version of every mapping: all records are mapped again

# Made anew here, or compared with what is made anew.
DERIVED: Final = frozenset({
    "candidate", "debt", "debtor_claim", "discrepancy", "event", "golden_debtor", "golden_version", "identity_ledger",
    "mapping_issue", "match_edge", "match_key", "match_posting", "match_row", "party_role",
})  # fmt: skip
# About reading, writing and telling, or secret: nothing of a debtor follows from it.
ELSEWHERE: Final = frozenset({
    "api_key", "bookmark", "breaker_trip", "budget", "conflict", "credential", "delivery", "drift", "fence",
    "field_state", "firing", "intent", "key_sweep", "plan_mark", "plan_row", "plan_target", "quarantine", "receipt",
    "run", "run_stream", "schedule", "stored_answer", "stream_shape", "subscription", "token", "write_plan",
})  # fmt: skip
_BLANK: Final[Mapping[str, Mapping[str, Any]]] = {
    "source_record": {"map_hash": UNREAD},
    "source_debtor": {"pending": 1, "golden_id": None, "founded": 0},
    "source_debt": {"body": "{}", "pending": 1, "waiting": None, "debtor_id": None, "document": None},
    "source_payment": {"pending": 0},
}
_NOTHING: Final = '{"contact_points":[],"fields":{},"identifiers":[]}'


def check(hub: Hub, *, told: Progress | None = None) -> Report:
    """Rebuild in a database of its own that is thrown away, and say where the stored state differs."""
    tell = told or (lambda _what, _count: None)
    with scratch_of(hub) as scratch:
        _take_over(hub.store, scratch.store)
        _map(scratch, tell)
        _take_over_answers(hub.store, scratch.store)
        standing = _identities(hub.store, scratch.store)
        _resolve(scratch, tell)
        with hub.store.read() as stored, scratch.store.read() as rebuilt:
            return compared(stored, rebuilt, founded=standing.foundings)


@contextmanager
def scratch_of(hub: Hub) -> Iterator[Hub]:
    """The same workspace over an empty database of its own."""
    with tempfile.TemporaryDirectory(prefix="concilia-rebuild-") as folder:
        store = Store(f"sqlite:///{Path(folder) / 'hub.db'}")
        try:
            migrate.upgrade(store)
            yield replace(hub, store=store)
        finally:
            store.close()


def _take_over(source: Store, target: Store) -> None:
    with source.read() as reading, target.begin() as writing:
        for table in tables.metadata.sorted_tables:
            if table.name not in DERIVED | ELSEWHERE:
                copying.copy(reading, writing, table, instead=_BLANK.get(table.name))


def _map(hub: Hub, told: Progress) -> None:
    """Make claims, statements and roles of every stored record by the mappings of the workspace."""
    at = to_text(hub.clock())
    for connection in hub.workspace.connections.values():
        for plan in plans_of(connection):
            after = -1
            while True:
                with hub.store.begin() as tx:
                    last = map_again(tx, landing=Landing(plan, 0, at, hub.policies.ledger), after=after)
                if not last:
                    break
                told("mapped", last)
                after = last
    with hub.store.begin() as tx:
        # Payments are a ledger of their own: what sources said of them was taken in when it was said.
        identity_lines.settle_payments(tx)


def _take_over_answers(source: Store, target: Store) -> None:
    """A balance that a system answered to our write is its newest statement, if it has not been read since."""
    with source.read() as reading:
        answers = list(identity_lines.answered_balances(reading))
    with target.begin() as tx:
        stated = debts.of_debts(tx, {answer.debt_id for answer in answers})
        for answer in answers:
            for n, row in enumerate(stated.get(answer.debt_id, [])):
                same = (row.connection, row.external_id) == (answer.connection, answer.external_id)
                if same and row.stated_at < answer.at:
                    body = json.loads(row.body)
                    body["fields"]["balance"] = answer.balance
                    text = json.dumps(body, ensure_ascii=False, sort_keys=True)
                    stated[answer.debt_id][n] = replace(row, body=text, stated_at=answer.at)
        debts.store_sources(tx, [row for rows in stated.values() for row in rows])


def _identities(source: Store, target: Store) -> Standing:
    """Replay the ledger of identities: who stood under which id, and which ids are gone."""
    with source.read() as tx:
        lines = list(identity_lines.every(tx))
    standing = replay(map(_entry, lines), position=lines[0].id if lines else 0)
    into = {line.golden_id: line.other_id for line in lines if line.kind == "merged"}
    held = frozenset(standing.golden_of.values())
    rows = [_skeleton(found, into.get(str(found.id)), held=found.id in held) for found in standing.goldens.values()]
    with target.begin() as tx:
        golden.store(tx, rows, superseded=[])
        goldens = {number: str(g) for number, g in standing.golden_of.items()}
        known = crosswalk.load(tx, {*goldens, *standing.foundings})
        crosswalk.set_resolved(tx, [(n, goldens.get(n), standing.foundings.get(n, 0)) for n in known])
        crosswalk.mark_all_pending(tx)
    return standing


def _entry(line: StoredLine) -> Entry:
    golden_id, other = GoldenId(line.golden_id), GoldenId(line.other_id or "")
    match line.kind:
        case "founded":
            return Founded(golden_id, line.debtor_id or 0)
        case "revived":
            return Revived(golden_id)
        case "inherited":
            return Inherited(golden_id, line.debtor_id or 0)
        case "merged":
            return Merged(golden_id, other)
        case "split":
            return Split(golden_id, other)
        case "moved":
            return Moved(line.debtor_id or 0, other or None, golden_id)
        case kind:
            raise ValueError(f"the ledger of identities holds the unknown kind {kind!r}")


def _skeleton(found: Golden, into: str | None, *, held: bool) -> GoldenRow:
    """An id with its place in history, and nothing said of anybody yet.

    One that nobody holds though it was not merged away was given up: its last record came back as somebody else.
    """
    gone = found.retired is not None
    return GoldenRow(
        id=str(found.id),
        status=MERGED if gone else ACTIVE if held else RETIRED,
        merged_into=into if gone else None,
        founder_id=found.founder,
        founded_seq=found.founded,
        retired_seq=found.retired,
        version=0,
        body=_NOTHING,
        provenance="{}",
        search="",
        created_at="",
        updated_at="",
    )


def _resolve(hub: Hub, told: Progress) -> None:
    """Match, survive and bring debts up to date, as ever; whoever is alike finds everybody filed already."""
    with hub.store.begin() as tx:
        _file(tx, hub)
        waiting = crosswalk.count_pending(tx)
    if waiting >= rematch.LEAST:
        rematch.rematch(hub.store, hub.policies, clock=hub.clock, told=told, learn=False)
    while _debtors(hub, told):
        pass
    while _debts(hub, told):
        pass


def _file(tx: Tx, hub: Hub) -> None:
    after = 0
    while some := crosswalk.pending_after(tx, after, limit=BATCH):
        StoreIndex(tx, Memory(tx, hub.policies.ledger.trust)).refile(some)
        after = some[-1]


def _debtors(hub: Hub, told: Progress) -> bool:
    with hub.store.begin() as tx:
        locks.in_turn(tx, "identity")
        pending, at = crosswalk.pending(tx, limit=BATCH), to_text(hub.clock())
        if not pending or not match_models.active(tx, at=at).linked:
            return False
        resolved = identity.resolve_batch(tx, pending, trust=hub.policies.ledger.trust, at=at)
        golden_records.bring_up_to_date(tx, resolved, policy=hub.policies.survivorship, at=at)
    told("debtors", len(pending))
    return True


def _debts(hub: Hub, told: Progress) -> bool:
    with hub.store.begin() as tx:
        pending = debts.pending_sources(tx, limit=BATCH)
        if not pending:
            return False
        money.resolve_debts(tx, pending, policy=hub.policies.ledger, at=to_text(hub.clock()))
    told("debts", len(pending))
    return True
