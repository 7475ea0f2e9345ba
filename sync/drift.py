"""Compares the columns of each page with how they looked before, and stops a stream before it stores wrong things.

A column that vanished, and numbers of records or documents that lost their zeros, stop the stream and ask a person; any
other drift is counted. A page is looked at by a sample, and all of it only when the sample looks otherwise.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Final

from concilia.clock import to_text
from concilia.errors import AskSteward
from concilia.records import Page
from concilia.store import shapes, sweeps
from concilia.store.shapes import DriftRow
from concilia.store.sweeps import ALLOWED
from concilia.store.unit_of_work import Tx
from mapping.identity_columns import identity_columns
from sync.breaker import BreakerTripped, Cause, read_well
from sync.hub import Hub
from sync.shapes import Column, Drift, Kind, Shape, drifted, shape_from_json, shape_of, shape_to_json, together
from sync.streams import StreamPlan

SAMPLE: Final = 200  # records of a page that are looked at, spread over all of it

_SAID = {
    Kind.VANISHED: "vanished",
    Kind.RETYPED: "changed its type",
    Kind.ZEROS_LOST: "lost leading zeros or characters",
}


class ColumnsDrifted(BreakerTripped):
    """A stream was stopped before a page of it was stored, because columns look otherwise than before."""

    def __init__(self, plan: StreamPlan, rows: Sequence[DriftRow], *, run_id: int) -> None:
        told = "; ".join(sentence(row) for row in rows)
        AskSteward.__init__(
            self,
            f"{plan.connection}.{plan.stream} does not look as before: {told}. Nothing of that page was stored.",
            mend=f"Correct the export and sync again. If the source is right: concilia runs allow {run_id}, "
            "and sync again.",
        )
        worst = max(rows, key=lambda row: row.records)
        self.cause, self.found, self.known, self.allowance = Cause.DRIFT, worst.records, worst.of, 0


@dataclass(slots=True)
class Watched:
    """One reading of a stream: what its columns looked like before it, and what they look like in it."""

    plan: StreamPlan
    run_id: int
    basis: str
    columns: tuple[Column, ...]
    before: Shape | None
    allowed: frozenset[tuple[str, str]]  # column and kind of drift that a person let pass
    now: Shape = field(default_factory=Shape)
    found: dict[tuple[str, str], DriftRow] = field(default_factory=dict)


def watched(tx: Tx, plan: StreamPlan, *, run_id: int) -> Watched:
    """What one reading is compared with: nothing at first, and after the mapping or the stream's settings changed."""
    basis = _basis(plan)
    kept = shapes.kept(tx, plan.connection, stream=plan.stream, basis=basis)
    identity = identity_columns(plan.document) | set(plan.request.key)
    columns = tuple(Column(name, name in identity) for name in sorted({*plan.document.columns, *identity}))
    trips = sweeps.trips(tx, plan.connection, stream=plan.stream, kind=Cause.DRIFT, status=ALLOWED)
    asked = [row for trip in trips for row in shapes.of_run(tx, trip.run_id) if _is_of(row, plan)]
    allowed = frozenset((row.column, row.kind) for row in asked)
    return Watched(plan, run_id, basis, columns, None if kept is None else shape_from_json(kept), allowed)


def look(hub: Hub, watch: Watched, page: Page) -> Shape:
    """What the page looks like; ColumnsDrifted, kept with what it is about, when it must not be stored."""
    step = -(-len(page.records) // SAMPLE) or 1
    shape = shape_of((record.fields for record in page.records[::step]), columns=watch.columns)
    if watch.before is None:
        return shape
    found = drifted(watch.before, shape)
    if found and step > 1:
        shape = shape_of((record.fields for record in page.records), columns=watch.columns)
        found = drifted(watch.before, shape)
    if not found:
        return shape
    rows = _counted(watch, found)
    with hub.store.begin() as tx:
        shapes.note(tx, rows)
    stopping = [row for row, one in zip(rows, found, strict=True) if one.stops and _key(row) not in watch.allowed]
    if stopping:
        raise ColumnsDrifted(watch.plan, stopping, run_id=watch.run_id)
    return shape


def learn(watch: Watched, shape: Shape, *, applied: int) -> None:
    """Remember what a stored page looked like. One that said nothing new teaches nothing."""
    if applied or watch.before is None:
        watch.now = together(watch.now, shape)


def keep(hub: Hub, tx: Tx, watch: Watched) -> None:
    """The stream was read to its end: what it looks like now is what the next reading is compared with."""
    plan = watch.plan
    read_well(tx, plan, Cause.DRIFT)
    if not watch.now.records:
        return
    # What a person let pass is the new way it looks; the old one would only ask again.
    passed = any(key in watch.allowed for key in watch.found)
    shape = watch.now if passed or watch.before is None else together(watch.before, watch.now)
    at = to_text(hub.clock())
    shapes.keep(tx, (plan.connection, plan.stream), shape_to_json(shape), basis=watch.basis, at=at)


def sentences(rows: Iterable[DriftRow]) -> list[str]:
    """What a run found, each with its stream."""
    return [f"{row.connection}.{row.stream}: {sentence(row)}." for row in rows]


def sentence(row: DriftRow) -> str:
    """What became of one column, without any of its values."""
    return (
        f"column {row.column} {_SAID[Kind(row.kind)]} (before: {row.before}; now: {row.now}, "
        f"counted in {row.records} of {row.of})"
    )


def _counted(watch: Watched, found: Sequence[Drift]) -> list[DriftRow]:
    rows = []
    for one in found:
        row = DriftRow(watch.run_id, watch.plan.connection, watch.plan.stream, **asdict(one))
        earlier = watch.found.get(_key(row))
        if earlier is not None:
            row = replace(row, records=row.records + earlier.records, of=row.of + earlier.of)
        watch.found[_key(row)] = row
        rows.append(row)
    return rows


def _key(row: DriftRow) -> tuple[str, str]:
    return row.column, row.kind


def _is_of(row: DriftRow, plan: StreamPlan) -> bool:
    return (row.connection, row.stream) == (plan.connection, plan.stream)


def _basis(plan: StreamPlan) -> str:
    """Changes with the mapping and with what the stream is asked for."""
    asked = plan.request
    said = [plan.map_hash, asked.name, asked.key, asked.cursor, asked.cursor_format, dict(asked.options)]
    text = json.dumps(said, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
