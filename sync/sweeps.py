"""Finds records that their system does not have any more, by listing all its keys. Only a whole list is a proof.

A list is taken in one go, in memory: one that was interrupted leaves nothing behind that a later one could go on from.
A record counts as missing after two complete lists without it; its debts then say so, and keep their balance.
"""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import cast

import numpy as np
from numpy.typing import NDArray

from concilia import keys
from concilia.clock import from_text, to_text
from concilia.errors import ConciliaError
from concilia.portfolio.debt import LedgerPolicy
from concilia.servicing.debts import bring_up_to_date
from concilia.store import bookmarks, locks, sweeps
from concilia.store.sweeps import COMPLETE, INCOMPLETE, STOPPED, AbsenceRow, SweepRow
from concilia.store.unit_of_work import Tx
from connectors.contract import Connector, KeyListing, ListsKeys
from sync import breaker
from sync.breaker import BreakerTripped, Cause
from sync.hub import Hub
from sync.pull import Pulling
from sync.streams import StreamPlan

SIGHTINGS = 2  # complete sweeps that have to agree
EVERY = timedelta(hours=20)  # between two sweeps of a system where each look is a new one; daily schedules drift


@dataclass(frozen=True, slots=True)
class Listed:
    """All keys that were listed, as sorted hashes. Two keys of one hash let a record seem present: the safe error."""

    hashes: NDArray[np.int64]
    count: int
    unknown: int  # rows that may have any key


@dataclass(frozen=True, slots=True)
class Gone:
    """What a complete list says of the records known: gone for the first time, gone again, seen again."""

    known: int
    fresh: tuple[int, ...] = ()
    again: tuple[int, ...] = ()
    back: tuple[int, ...] = ()


@dataclass(slots=True)
class _Taken:
    """A list while it is taken."""

    hashes: array[int] = field(default_factory=lambda: array("q"))
    unknown: int = 0
    last: bool = False
    total: int | None = None


def sweep(hub: Hub, connector: Connector, plan: StreamPlan, *, pulling: Pulling) -> SweepRow | None:
    """Sweep a stream that was just read, where that is wanted, possible and due; BreakerTripped when too much is gone.

    A list that fails or proves nothing is kept as incomplete, with the reason; it is no fault of the run.
    """
    if plan.request.sweep == "off" or plan.stream not in connector.capabilities.lists_keys:
        return None
    with hub.store.read() as tx:
        known = bookmarks.of_stream(tx, plan.connection, stream=plan.stream)
        first = sweeps.first_read(tx, plan.connection, stream=plan.stream, before=pulling.run_id)
        before = sweeps.last(tx, plan.connection, stream=plan.stream)
    try:
        listing = cast("ListsKeys", connector).list_keys(plan.request, bookmarks=known)
        if first is None:
            return _first(hub, plan, pulling, evidence=listing.evidence)
        if not _is_due(listing, before, first=first, pulling=pulling, now=hub.clock()):
            return None
        listed = take(listing)
    except ConciliaError as fault:
        return _keep(hub, _blank(hub, plan, pulling, status=INCOMPLETE, reason=str(fault)))
    return _conclude(hub, plan, listed, pulling=pulling, evidence=listing.evidence)


def take(listing: KeyListing) -> Listed:
    """The whole list. IncompleteList unless the system itself said that this was its end, and its own count agrees."""
    taken = _Taken()
    for page in listing.pages:
        taken.hashes.extend(hash_of(keys.external_id(key)) for key in page.keys)
        taken.unknown += page.unknown
        taken.last, taken.total = page.last, page.total
    hashes = np.unique(np.frombuffer(taken.hashes, dtype=np.int64)) if taken.hashes else np.empty(0, np.int64)
    if not taken.last:
        raise IncompleteList("The list of keys broke off before its end.")
    if taken.total is not None and taken.total != len(hashes):
        raise IncompleteList(f"The system counts {taken.total} records and listed {len(hashes)}.")
    if not len(hashes):
        raise IncompleteList("The list of keys is empty.")
    return Listed(hashes, len(hashes), taken.unknown)


class IncompleteList(ConciliaError):
    """A list of keys that proves nothing."""


def hash_of(key: str) -> int:
    """A key as 64 bits."""
    return int.from_bytes(hashlib.blake2b(key.encode("utf-8", "surrogatepass"), digest_size=8).digest(), signed=True)


def compared(tx: Tx, plan: StreamPlan, listed: Listed, *, absent: Mapping[int, AbsenceRow]) -> Gone:
    """What the list says of each record known."""
    fresh: list[int] = []
    again: list[int] = []
    seen = 0
    back: list[int] = []
    for page in sweeps.known_keys(tx, plan.connection, stream=plan.stream):
        there = np.isin(np.array([hash_of(key) for _, key in page], np.int64), listed.hashes)
        for (number, _), is_there in zip(page, there, strict=True):
            known_absent = number in absent
            seen += bool(is_there)
            if is_there and known_absent:
                back.append(number)
            elif not is_there:
                (again if known_absent else fresh).append(number)
    missing = sum(1 for number in again if absent[number].missing_since is not None)
    return Gone(seen + len(fresh) + len(again) - missing, tuple(fresh), tuple(again), tuple(back))


def _first(hub: Hub, plan: StreamPlan, pulling: Pulling, *, evidence: str) -> SweepRow | None:
    """Nothing was known before this run, so nothing can be gone: there is only to remember what was looked at."""
    if not evidence:
        return None
    blank = _blank(hub, plan, pulling, status=COMPLETE, reason="read for the first time")
    return _keep(hub, replace(blank, evidence=evidence))


def _is_due(listing: KeyListing, before: SweepRow | None, *, first: str, pulling: Pulling, now: datetime) -> bool:
    if listing.evidence:
        return before is None or before.evidence != listing.evidence
    if pulling.full or pulling.sweep:
        return True
    return now - from_text(before.at if before else first) >= EVERY


def _conclude(hub: Hub, plan: StreamPlan, listed: Listed, *, pulling: Pulling, evidence: str) -> SweepRow:
    blank = replace(_blank(hub, plan, pulling, status=COMPLETE), listed=listed.count)
    with hub.store.begin() as tx:
        locks.in_turn(tx, "money")
        absent = sweeps.absences(tx, plan.connection, stream=plan.stream)
        gone = compared(tx, plan, listed, absent=absent)
        found = len(gone.fresh) + len(gone.again)
        # A row that cannot be read may be any of those that seem to be gone.
        proven = max(len(gone.fresh) - listed.unknown, 0)
        if not breaker.may_vanish(tx, plan, found=proven, known=gone.known):
            fault = BreakerTripped(plan, Cause.VANISHED, run_id=pulling.run_id, found=len(gone.fresh), known=gone.known)
            stopped: BreakerTripped | None = fault
            row = replace(blank, status=STOPPED, reason=str(fault), absent=found)
        elif listed.unknown and found:
            stopped = None
            reason = f"{listed.unknown} rows could not be read, and may be any of those not seen."
            row = replace(blank, status=INCOMPLETE, reason=reason, absent=found)
        else:
            stopped = None
            row = replace(blank, absent=found, evidence=evidence)
        row = replace(row, id=sweeps.add(tx, row))
        if row.status == COMPLETE:
            _apply(tx, gone, absent=absent, row=row, policy=hub.policies.ledger)
            breaker.read_well(tx, plan, Cause.VANISHED)
    if stopped is not None:
        raise stopped
    return row


def _apply(tx: Tx, gone: Gone, *, absent: Mapping[int, AbsenceRow], row: SweepRow, policy: LedgerPolicy) -> None:
    at = row.at
    first = [AbsenceRow(n, row.connection, row.stream, 1, row.id, at) for n in gone.fresh]
    rows = first + [_seen_again(absent[n], row.id, at) for n in gone.again]
    sweeps.store_absences(tx, rows)
    sweeps.forget_absences(tx, gone.back)
    missing = [r.record_id for r in rows if r.missing_since == at]
    returned = [n for n in gone.back if absent[n].missing_since is not None]
    concerned = sweeps.set_missing(tx, missing, since=at) + sweeps.set_missing(tx, returned, since=None)
    bring_up_to_date(tx, concerned, policy=policy, at=at)


def _seen_again(row: AbsenceRow, sweep_id: int, at: str) -> AbsenceRow:
    """The absence after one more complete list without the record."""
    sightings = row.sightings + 1
    since = row.missing_since or (at if sightings >= SIGHTINGS else None)
    return AbsenceRow(row.record_id, row.connection, row.stream, sightings, sweep_id, row.first_seen, since)


def _blank(hub: Hub, plan: StreamPlan, pulling: Pulling, *, status: str, reason: str = "") -> SweepRow:
    at = to_text(hub.clock())
    return SweepRow(0, plan.connection, plan.stream, pulling.run_id, status, reason, 0, 0, "", at)


def _keep(hub: Hub, row: SweepRow) -> SweepRow:
    with hub.store.begin() as tx:
        sweeps.add(tx, row)
    return row
