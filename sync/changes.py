"""What changed, for programs that keep a copy of the hub: each record as it is now, and those that are gone.

A reading without a place lists everything in order of id; behind the end of the list it goes on with the facts that
were recorded since the list was begun. So nothing is missed however long the list takes, and a record may come again.
Ids that were merged away or retired come as deletions, with nothing of what they held.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from concilia.errors import NotFound, RequestInvalid
from concilia.portfolio import agreement as agreement_rules
from concilia.servicing import agreement_reading, agreement_telling
from concilia.servicing.debtors import debt_json
from concilia.store import agreements, change_feed, events, golden, ledger
from concilia.store.agreements import AgreementRow
from concilia.store.change_feed import Told
from concilia.store.golden import ACTIVE, GoldenRow
from concilia.store.ledger import ApplicationRow, PaymentRow
from concilia.store.unit_of_work import Tx
from sync.hub import Hub


@dataclass(frozen=True, slots=True)
class Place:
    """Up to where a stream was read: the list up to id `listed`, or all of it (None) and the facts up to `seq`."""

    seq: int
    listed: str | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One record as it is now, or (`deleted_at`) that it is gone. It holds everything up to fact `sequence`."""

    id: str
    sequence: int
    deleted_at: str | None
    record: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Some changes, where to go on, and whether there is more now."""

    changes: tuple[Change, ...]
    place: Place
    more: bool


@dataclass(frozen=True, slots=True)
class Gone:
    """A record that is no more: since when, and what is left to be told."""

    at: str
    left: Mapping[str, Any]


Records = Mapping[str, Mapping[str, Any] | Gone]


@dataclass(frozen=True, slots=True)
class _Stream:
    """How one stream is followed: its table, the facts that concern it, whose they are, and its records."""

    table: str
    kinds: tuple[str, ...]
    ids: Callable[[Tx, Sequence[Told]], Iterable[str]]
    records: Callable[[Tx, Sequence[str]], Records]


def changes(hub: Hub, stream: str, *, place: Place | None, limit: int) -> ChangePage:
    """The next changes of a stream: at most `limit` of the list, or those behind that many facts."""
    found = STREAMS.get(stream)
    if found is None:
        raise NotFound(f"There is no stream {stream}.", mend=f"Streams are: {', '.join(STREAMS)}.")
    with hub.store.read() as tx:
        head = events.latest(tx)
        if place is None:
            place = Place(head, "")
        if place.seq > head:
            raise RequestInvalid(
                "This hub has not got that far: it was restored from an older copy, or is another one.",
                mend="Leave `after` out to read everything anew.",
                field="after",
                code="feed-behind",
            )
        if place.listed is not None:
            return _listed(tx, found, place, head=head, limit=limit)
        return _since(tx, found, place.seq, head=head, limit=limit)


def _listed(tx: Tx, stream: _Stream, place: Place, *, head: int, limit: int) -> ChangePage:
    ids = change_feed.ids_after(tx, stream.table, place.listed or "", limit=limit)
    whole = len(ids) < limit
    after = Place(place.seq) if whole else Place(place.seq, ids[-1])
    records = stream.records(tx, ids)
    told = tuple(_change(one, records[one], place.seq) for one in ids if one in records)
    return ChangePage(told, after, more=not whole or head > place.seq)


def _since(tx: Tx, stream: _Stream, seq: int, *, head: int, limit: int) -> ChangePage:
    facts = change_feed.told(tx, stream.kinds, after=seq, until=head, limit=limit)
    more = len(facts) == limit
    reached = facts[-1].seq if more else max(seq, head)
    ids = list(dict.fromkeys(stream.ids(tx, facts)))
    records = stream.records(tx, ids)
    told = tuple(_change(one, records[one], reached) for one in ids if one in records)
    return ChangePage(told, Place(reached), more=more)


def _change(key: str, found: Mapping[str, Any] | Gone, sequence: int) -> Change:
    if isinstance(found, Gone):
        return Change(key, sequence, found.at, found.left)
    return Change(key, sequence, None, found)


def _subjects(_tx: Tx, facts: Sequence[Told]) -> Iterable[str]:
    return (fact.subject for fact in facts)


def _debtors_of(_tx: Tx, facts: Sequence[Told]) -> Iterable[str]:
    """The debtor a fact is about; what befalls one of its contact points befalls the debtor."""
    for fact in facts:
        if fact.type.startswith("debtor."):
            yield fact.subject
        if fact.golden_id is not None:
            yield fact.golden_id


def _debts_of(tx: Tx, facts: Sequence[Told]) -> Iterable[str]:
    """The debts that facts are about, those of an agreement, and those of debtors that changed hands."""
    owed = change_feed.debts_of_goldens(tx, _moved(tx, facts))
    held = change_feed.debts_of_agreements(tx, _subjects_of(facts, "agreement."))
    for fact in facts:
        if fact.type.startswith("debt."):
            yield fact.subject
        else:
            yield from (*owed.get(fact.golden_id or "", ()), *owed.get(fact.subject, ()), *held.get(fact.subject, ()))


def _agreements_of(tx: Tx, facts: Sequence[Told]) -> Iterable[str]:
    """The agreements that facts are about, and those of debtors that changed hands."""
    yield from _subjects_of(facts, "agreement.")
    for found in change_feed.agreements_of_goldens(tx, _moved(tx, facts)).values():
        yield from found


def _moved(tx: Tx, facts: Sequence[Told]) -> Iterable[str]:
    """Golden debtors that came to be, were merged, split or retired: what they owe has changed hands."""
    moved = [fact for fact in facts if fact.type.startswith("debtor.") and fact.type != "debtor.updated"]
    return dict.fromkeys(_debtors_of(tx, moved))


def _subjects_of(facts: Sequence[Told], kind: str) -> list[str]:
    return list(dict.fromkeys(fact.subject for fact in facts if fact.type.startswith(kind)))


def _debtor_records(tx: Tx, ids: Sequence[str]) -> Records:
    rows = golden.load(tx, ids)
    sources = change_feed.sources_of_goldens(tx, rows)
    return {row.id: _debtor(row, sources.get(row.id, [])) for row in rows.values()}


def _debtor(row: GoldenRow, sources: Sequence[tuple[str, str, str]]) -> Mapping[str, Any] | Gone:
    if row.status != ACTIVE:
        return Gone(row.updated_at, {"status": row.status, "version": row.version, "merged_into": row.merged_into})
    found = json.loads(row.body)
    return {
        "status": row.status,
        "version": row.version,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        **found["fields"],
        "identifiers": [_without(item, "sources", "match_key") for item in found["identifiers"]],
        "contact_points": [_without(item, "sources", "match_key") for item in found["contact_points"]],
        "sources": [{"connection": c, "stream": s, "external_id": e} for c, s, e in sources],
        "provenance": json.loads(row.provenance),
    }


def _debt_records(tx: Tx, ids: Sequence[str]) -> Records:
    views = change_feed.debt_views(tx, ids)
    held = agreements.standing_on(tx, ids)
    return {key: {**_without(debt_json(view), "id"), "agreement": held.get(key)} for key, view in views.items()}


def _payment_records(tx: Tx, ids: Sequence[str]) -> Records:
    applied = ledger.applications_of_payments(tx, ids)
    return {row.id: _payment(row, applied.get(row.id, [])) for row in ledger.load(tx, ids).values()}


def _payment(row: PaymentRow, lines: Sequence[ApplicationRow]) -> dict[str, Any]:
    said = json.loads(row.body)
    names = ("amount", "unit", "value_date", "method", "status", "reference", "origin", "unapplied", "received_at")
    parts = ("debt_id", "amount", "unit", "applied_at", "posted_at", "posted_external_id")
    return {
        **{name: getattr(row, name) for name in names},
        **{name: said.get(name) for name in ("gateway_id", "bank", "payer", "remittance_text")},
        "applications": [
            {**{name: getattr(line, name) for name in parts}, "reversal": line.reverses is not None} for line in lines
        ],
    }


def _agreement_records(tx: Tx, ids: Sequence[str]) -> Records:
    return {row.id: _agreement(tx, row) for row in agreements.load(tx, ids).values()}


def _agreement(tx: Tx, row: AgreementRow) -> dict[str, Any]:
    debtor = agreement_telling.golden_of(tx, agreement_rules.from_json(json.loads(row.terms)))
    return _without(agreement_reading.in_full(row, debtor=debtor), "id")


def _without(item: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in names}


STREAMS: Final[Mapping[str, _Stream]] = {
    "debtors": _Stream("golden_debtor", ("debtor", "contact_point"), _debtors_of, _debtor_records),
    "debts": _Stream("debt", ("debt", "debtor", "agreement"), _debts_of, _debt_records),
    "payments": _Stream("payment", ("payment",), _subjects, _payment_records),
    "agreements": _Stream("agreement", ("agreement", "debtor"), _agreements_of, _agreement_records),
}
