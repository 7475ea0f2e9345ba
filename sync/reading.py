"""What the hub knows, for people and programs: debtors, debts, runs, events, quality. Changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from concilia.clock import to_text
from concilia.errors import NotFound
from concilia.servicing import contact_showing, debtors
from concilia.servicing.debtors import Identifiers
from concilia.store import (
    crosswalk,
    debts,
    events,
    golden,
    migrate,
    outbox,
    quarantine,
    runs,
    sources,
)
from concilia.store.discrepancies import counts as open_discrepancies
from concilia.store.discrepancies import listed as listed_discrepancies
from concilia.store.events import RecordedFact
from concilia.store.runs import RunRow
from sync import contact_plan, exports, golden_records
from sync.hub import Hub


def search_debtors(hub: Hub, query: str, *, after: str = "", limit: int = 50) -> list[dict[str, Any]]:
    """Golden debtors whose names, identifiers or contact points hold every word of the query."""
    with hub.store.read() as tx:
        found = golden.search(tx, golden_records.search_words(query), after=after, limit=limit)
        return [debtors.summary(row) for row in found]


def summaries(hub: Hub, golden_ids: Sequence[str]) -> list[dict[str, Any]]:
    """These golden debtors as lists show them, in order of id; unknown ids are left out."""
    with hub.store.read() as tx:
        return [debtors.summary(row) for _, row in sorted(golden.load(tx, golden_ids).items())]


def debtor(hub: Hub, golden_id: str) -> debtors.Profile:
    """A golden debtor with its debts; a merged id answers with where it went. NotFound for unknown ids."""
    with hub.store.read() as tx:
        found = debtors.profile(tx, golden_id)
        if found is None:
            raise NotFound(f"There is no debtor {golden_id}.", mend="Search by name, tax id, phone or e-mail.")
        contact = contact_plan.carried(hub, tx, found.row.id, found.body["debts"])
        owed = [{**debt, "contact": contact.get(debt["id"], {})} for debt in found.body["debts"]]
        points = contact_showing.told(contact_showing.of_debtor(tx, found.row, now=to_text(hub.clock())), found.body)
        return replace(found, body={**found.body, **points, "debts": owed, "contact": contact.get("", {})})


def provenance(hub: Hub, golden_id: str) -> dict[str, Any]:
    """Why each value of a golden debtor stands. NotFound for unknown ids."""
    with hub.store.read() as tx:
        found = debtors.provenance(tx, golden_id)
    if found is None:
        raise NotFound(f"There is no debtor {golden_id}.", mend="Search by name, tax id, phone or e-mail.")
    return found


def resolve_identifier(hub: Hub, asked: Identifiers) -> list[str]:
    """The golden ids an identifier belongs to: none, one, or several when it is shared."""
    with hub.store.read() as tx:
        return debtors.find(tx, asked)


def debt(hub: Hub, debt_id: str) -> dict[str, Any]:
    """One debt with its golden debtor. NotFound for unknown ids."""
    with hub.store.read() as tx:
        found = debts.view(tx, debt_id)
        if found is None:
            raise NotFound(f"There is no debt {debt_id}.", mend="Look it up through its debtor or its document.")
        told = debtors.debts_json(tx, [found])[0]
        contact = contact_plan.carried(hub, tx, found.golden_id, [told]) if found.golden_id else {}
        return {**told, "contact": contact.get(debt_id, {})}


def discrepancies(hub: Hub, *, after: int = 0, limit: int = 100) -> list[dict[str, Any]]:
    """Debts that two systems state differently."""
    with hub.store.read() as tx:
        return [row.as_json() for row in listed_discrepancies(tx, after=after, limit=limit)]


def waiting_intents(hub: Hub) -> list[dict[str, Any]]:
    """What the outbox holds and has not delivered, oldest first."""
    with hub.store.read() as tx:
        rows = [
            i
            for state in (outbox.NEW, outbox.SENT_UNKNOWN, outbox.PARKED, outbox.DEAD)
            for i in outbox.listed(tx, state=state)
        ]
    names = ("id", "connection", "operation", "state", "attempts", "reason", "created_at")
    return [
        {**{n: getattr(i, n) for n in names}, "order": json.loads(i.body)} for i in sorted(rows, key=lambda i: i.id)
    ]


def quarantined(hub: Hub, *, connection: str = "", after: int = 0, limit: int = 100) -> list[dict[str, Any]]:
    """Rows that wait for repair."""
    with hub.store.read() as tx:
        return [quarantine.as_json(r) for r in quarantine.listed(tx, connection=connection, after=after, limit=limit)]


def latest_runs(hub: Hub, *, before: int | None = None, limit: int = 20) -> list[RunRow]:
    """Runs, newest first."""
    with hub.store.read() as tx:
        return runs.latest(tx, before=before, limit=limit)


def one_run(hub: Hub, number: int) -> RunRow:
    """One run; NotFound for an unknown number."""
    with hub.store.read() as tx:
        found = runs.latest(tx, before=number + 1, limit=1)
    if not found or found[0].id != number:
        raise NotFound(f"There is no run {number}.", mend="List the runs to see their numbers.")
    return found[0]


def events_after(hub: Hub, seq: int, *, limit: int) -> list[RecordedFact]:
    """Events with a greater number."""
    with hub.store.read() as tx:
        return list(events.after(tx, seq, limit=limit))


def export(hub: Hub, what: str) -> Iterator[dict[str, Any]]:
    """The rows of an export, in a stable order."""
    with hub.store.read() as tx:
        yield from exports.ROWS[what](tx)


def quality(hub: Hub) -> list[dict[str, Any]]:
    """How many records of each connection carry an issue of each kind, with the rate among its records."""
    with hub.store.read() as tx:
        records = sources.record_counts(tx)
        found = sources.quality(tx)
    return [
        {
            "connection": name,
            "issue": code,
            "records": n,
            "of": records.get(name, 0),
            "rate": _rate(n, records.get(name, 0)),
        }
        for name, code, n in found
    ]


def totals(hub: Hub) -> dict[str, int]:
    """Source records, source debtors, golden debtors, open discrepancies, rows in quarantine."""
    with hub.store.read() as tx:
        return {
            "source_records": sum(sources.record_counts(tx).values()),
            "source_debtors": crosswalk.count_claimed(tx),
            "debtors": golden.count_active(tx),
            "discrepancies": sum(open_discrepancies(tx).values()),
            "quarantined": quarantine.waiting(tx),
        }


def health(hub: Hub) -> dict[str, Any]:
    """That the database answers, its schema version, and how much waits to be resolved, repaired or delivered."""
    with hub.store.read() as tx:
        waiting = outbox.counts(tx)
        return {
            "schema": migrate.current(tx),
            "pending": {
                "debtors": crosswalk.count_pending(tx),
                "quarantined": quarantine.waiting(tx),
                "intents": sum(n for (_, state), n in waiting.items() if state in (outbox.NEW, outbox.SENT_UNKNOWN)),
            },
        }


def _rate(part: int, whole: int) -> str:
    return f"{part / whole:.4f}" if whole else ""
