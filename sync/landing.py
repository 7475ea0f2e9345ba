"""Store one page of records: decide what each became, map the new ones, keep what cannot be used. No vendor, no SQL."""

from __future__ import annotations

import enum
from collections.abc import Sequence

from concilia.records import Page, Record
from concilia.store import bulk, quarantine, sources, sweeps
from concilia.store.quarantine import QuarantinedRow
from concilia.store.sources import KnownRecord, LandedRecord
from concilia.store.unit_of_work import Tx
from mapping.entity_map import Mapped, map_record
from mapping.issues import Issue
from sync import refusals
from sync.echo import without_echoes
from sync.entities import Incoming, Landing, MappedRecord, incoming_of, moment_of, store_entities


class Disposition(enum.StrEnum):
    """What became of one record; every record read has exactly one."""

    APPLIED = "applied"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"
    QUARANTINED = "quarantined"


def land_page(tx: Tx, page: Page, *, landing: Landing) -> dict[Disposition, int]:
    """Store a page in the given transaction and answer how many records became what."""
    incoming = [incoming_of(record) for record in page.records]
    plan = landing.plan
    known = sources.known(tx, plan.connection, stream=plan.stream, keys=[i.key for i in incoming])
    counts = dict.fromkeys(Disposition, 0)
    fresh: dict[str, Incoming] = {}
    refused: list[QuarantinedRow] = [refusals.unreadable(row, landing=landing) for row in page.bad_rows]
    for one in incoming:
        match _decide(one, known.get(one.key), fresh.get(one.key), reading=landing.reading):
            case Change.SAME | Change.OLDER:
                counts[Disposition.UNCHANGED] += 1
            case Change.NEW:
                fresh[one.key] = one
            case Change.NEWER_IN_PAGE:
                fresh[one.key] = one
                counts[Disposition.APPLIED] += 1  # the earlier version of this page was applied and at once replaced
            case Change.DUPLICATE:
                refused.append(refusals.duplicate(one, landing=landing))
    accepted = _mapped(tx, list(fresh.values()), known=known, refused=refused, landing=landing)
    counts[Disposition.APPLIED] += len(accepted)
    if landing.guard is not None:
        landing.guard(tx, accepted)
    _store(tx, accepted, landing=landing)
    counts[Disposition.UNCHANGED] += _keep_refused(tx, refused, landing=landing)
    counts[Disposition.QUARANTINED] += page.read - sum(counts.values())
    return counts


def land_repaired(tx: Tx, record: Record, *, landing: Landing) -> Issue | None:
    """Store one repaired row as if it had just been read; the refusal if it is refused again."""
    one = incoming_of(record)
    plan = landing.plan
    mapped = map_record(plan.document, record.fields, context=plan.context)
    if mapped.refusal is not None:
        return mapped.refusal
    known = sources.known(tx, plan.connection, stream=plan.stream, keys=[one.key]).get(one.key)
    record_id = known.id if known else bulk.reserve(tx, "source_record", 1)
    _store(tx, [MappedRecord(record_id, one, mapped, landing.at, known is None)], landing=landing)
    return None


def map_again(tx: Tx, *, landing: Landing, after: int) -> int:
    """Make the entities of stored records anew after their mapping changed; the last id done, or 0 at the end.

    A record that the new mapping refuses keeps what the old one made of it, and its refusal goes to quarantine.
    """
    plan = landing.plan
    rows = sources.mapped_otherwise(tx, plan.connection, stream=plan.stream, map_hash=plan.map_hash, after=after)
    accepted: list[MappedRecord] = []
    refused: list[QuarantinedRow] = []
    for row in rows:
        record = plan.record_of(row)
        one = incoming_of(record)
        mapped = map_record(plan.document, record.fields, context=plan.context)
        if mapped.refusal is not None:
            refused.append(refusals.refused(one, mapped.refusal, landing=landing))
        else:
            accepted.append(MappedRecord(row.id, one, mapped, row.received_at, is_new=False))
    _keep_refused(tx, refused, landing=landing)
    store_entities(tx, accepted, landing=landing)
    sources.set_map_hash(tx, [row.id for row in rows], map_hash=plan.map_hash)
    return rows[-1].id if rows else 0


class Change(enum.Enum):
    """How an incoming record stands to what is known under its key."""

    SAME = enum.auto()
    NEW = enum.auto()
    OLDER = enum.auto()
    NEWER_IN_PAGE = enum.auto()
    DUPLICATE = enum.auto()


def _decide(one: Incoming, known: KnownRecord | None, in_page: Incoming | None, *, reading: frozenset[int]) -> Change:
    if in_page is not None:
        return _against_page(one, in_page)
    if known is None:
        return Change.NEW
    if one.hash == known.content_hash:
        return Change.SAME
    mine, theirs = moment_of(one.record) or "", known.source_updated_at or ""
    if mine and theirs and mine != theirs:
        return Change.NEW if mine > theirs else Change.OLDER
    return Change.DUPLICATE if known.run_id in reading else Change.NEW


def _against_page(one: Incoming, in_page: Incoming) -> Change:
    mine, theirs = one.record.source_updated_at, in_page.record.source_updated_at
    if one.hash == in_page.hash:
        return Change.SAME
    if mine is None or theirs is None or mine == theirs:
        return Change.DUPLICATE
    return Change.NEWER_IN_PAGE if mine > theirs else Change.OLDER


def _mapped(
    tx: Tx,
    fresh: Sequence[Incoming],
    *,
    known: dict[str, KnownRecord],
    refused: list[QuarantinedRow],
    landing: Landing,
) -> list[MappedRecord]:
    plan = landing.plan
    done: list[tuple[Incoming, Mapped]] = []
    for one in fresh:
        mapped = map_record(plan.document, one.record.fields, context=plan.context)
        if mapped.refusal is None:
            done.append((one, mapped))
        else:
            refused.append(refusals.refused(one, mapped.refusal, landing=landing))
    new = [one.key for one, _ in done if one.key not in known]
    first = bulk.reserve(tx, "source_record", len(new)) if new else 0
    ids = {key: first + n for n, key in enumerate(new)} | {k.key: known[k.key].id for k in fresh if k.key in known}
    return [MappedRecord(ids[one.key], one, mapped, landing.at, one.key not in known) for one, mapped in done]


def _keep_refused(tx: Tx, refused: Sequence[QuarantinedRow], *, landing: Landing) -> int:
    """Store newly refused rows; answers how many had been repaired before and so change nothing."""
    if not refused:
        return 0
    plan = landing.plan
    distinct = {row.fingerprint: row for row in refused}
    known = quarantine.known(tx, plan.connection, stream=plan.stream, fingerprints=distinct)
    fresh = [row for mark, row in distinct.items() if mark not in known]
    if fresh:
        first = bulk.reserve(tx, "quarantine", len(fresh))
        quarantine.add(tx, [refusals.numbered(row, first + n) for n, row in enumerate(fresh)])
    return sum(known.get(row.fingerprint) == quarantine.REPLAYED for row in refused)


def _store(tx: Tx, accepted: Sequence[MappedRecord], *, landing: Landing) -> None:
    if not accepted:
        return
    plan = landing.plan
    sweeps.forget_absences(tx, [one.id for one in accepted if not one.is_new])
    sources.land(tx, [_landed(one, landing=landing) for one in accepted])
    if quarantine.waiting(tx, plan.connection, stream=plan.stream):
        quarantine.supersede(
            tx, plan.connection, stream=plan.stream, keys=[one.incoming.key for one in accepted], at=landing.at
        )
    store_entities(tx, without_echoes(tx, accepted, landing=landing), landing=landing)


def _landed(one: MappedRecord, *, landing: Landing) -> LandedRecord:
    record = one.incoming.record
    return LandedRecord(
        id=one.id,
        connection=landing.plan.connection,
        stream=landing.plan.stream,
        key=one.incoming.key,
        payload=one.incoming.wire,
        content_hash=one.incoming.hash,
        map_hash=landing.plan.map_hash,
        cursor=record.cursor,
        position=record.position,
        source_updated_at=moment_of(record),
        received_at=one.received_at,
        run_id=landing.run_id,
    )
