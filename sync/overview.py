"""What somebody sees first: how much there is, what waits, how fresh it is, and whose the discrepancies are."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from concilia.store import connections, debts, discrepancies, freshness, golden, outbox, sources
from sync import actions, stewardship
from sync.hub import Hub


@dataclass(frozen=True, slots=True)
class ConnectionFreshness:
    """A connection, its records in the hub, and when a run last read all of it well (`clock.to_text`)."""

    name: str
    connector: str
    records: int
    read_at: str | None  # None: no recent run read it well
    run_id: int | None
    failing: bool  # the latest run that tried did not end well
    writes: bool  # writing to it is approved


def counts(hub: Hub) -> Mapping[str, int]:
    """The totals, the writes that wait for delivery, and the pairs that wait for a steward."""
    found = actions.totals(hub)
    waiting_pairs = stewardship.count(hub)
    with hub.store.read() as tx:
        waiting = sum(n for (_, state), n in outbox.counts(tx).items() if state in (outbox.NEW, outbox.SENT_UNKNOWN))
        return {**found, "writes": waiting, "candidates": waiting_pairs}


def freshness_of_connections(hub: Hub) -> list[ConnectionFreshness]:
    """Every connection of the workspace, in order of name."""
    with hub.store.read() as tx:
        reads = freshness.last_reads(tx)
        records = sources.record_counts(tx)
        applied = connections.every(tx)
    found = []
    for name, connection in sorted(hub.workspace.connections.items()):
        last = reads.get(name)
        failing = last is not None and last.tried_run_id != last.run_id
        approved = name in applied and applied[name].approved_at is not None
        read_at, run_id = (last.finished_at, last.run_id) if last else (None, None)
        found.append(
            ConnectionFreshness(name, connection.connector, records.get(name, 0), read_at, run_id, failing, approved)
        )
    return found


def discrepancies_with_debtors(hub: Hub, *, after: int, limit: int) -> list[dict[str, Any]]:
    """Open discrepancies with the debt's document, creditor and owner, and the golden debtor that owes it."""
    with hub.store.read() as tx:
        found = [row.as_json() for row in discrepancies.listed(tx, after=after, limit=limit)]
        rows = debts.load(tx, [str(d["debt_id"]) for d in found])
        goldens = debts.goldens_of(tx, [r.debtor_id for r in rows.values() if r.debtor_id is not None])
        names = _names(golden.load(tx, sorted(set(goldens.values()))))
    shown = []
    for one in found:
        row = rows[str(one["debt_id"])]
        debtor = goldens.get(row.debtor_id or 0, "")
        told = {"document": row.document, "creditor": row.creditor, "owner": one["owner"] or row.owner}
        shown.append({**one, **told, "debtor": debtor, "debtor_name": names.get(debtor)})
    return shown


def names_of(hub: Hub, golden_ids: Sequence[str]) -> dict[str, str | None]:
    """The names of golden debtors, whatever their status."""
    with hub.store.read() as tx:
        return _names(golden.load(tx, golden_ids))


def _names(rows: Mapping[str, golden.GoldenRow]) -> dict[str, str | None]:
    return {g: json.loads(row.body)["fields"].get("full_name") for g, row in rows.items()}
