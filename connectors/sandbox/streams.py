"""The streams of both systems, and how one is read to its end whatever happens between two pages. No mapping."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from concilia.clock import to_text
from concilia.errors import ConfigurationInvalid, RunMustStop
from concilia.records import BadRow, Bookmark, Page, Record
from connectors.contract import KeyPage, StreamRequest, StreamSchema
from connectors.sandbox.client import SandboxClient

_STALE_PAGES = 5  # the same page again so often in a row means the system is stuck, not unlucky

_STAMPS = {"updated_at": "datetime", "version": "integer"}
_PARTY = {"id": "text", "kind": "text", "tax_id_type": "text", "tax_id": "text", "country": "text", "phone": "text"}
SCHEMAS: Mapping[str, tuple[StreamSchema, ...]] = {
    "erp": (
        StreamSchema(
            "customers",
            _PARTY
            | {"name": "text", "mobile": "text", "email": "text", "street": "text", "city": "text"}
            | {"active": "boolean"}
            | _STAMPS,
            key=("id",),
            cursor="updated_at",
        ),
        StreamSchema(
            "invoices",
            {"id": "text", "customer": "text", "company": "text", "document": "text", "type": "text"}
            | {"issue_date": "date", "due_date": "date", "currency": "text", "total": "decimal", "balance": "decimal"}
            | {"status": "text", "instalments": "object"}
            | _STAMPS,
            key=("id",),
            cursor="updated_at",
        ),
        StreamSchema(
            "payments",
            {"id": "text", "invoice": "text", "amount": "decimal", "currency": "text", "value_date": "date"}
            | {"method": "text", "reference": "text", "memo": "text", "status": "text", "channel": "text"}
            | _STAMPS,
            key=("id",),
            cursor="updated_at",
        ),
    ),
    "crm": (
        StreamSchema(
            "contacts",
            _PARTY
            | {"full_name": "text", "phone_verified_at": "datetime", "email": "text", "email_verified_at": "datetime"}
            | {"street": "text", "city": "text", "notes": "object"}
            | _STAMPS,
            key=("id",),
            cursor="updated_at",
        ),
    ),
}
STREAMS: Mapping[str, tuple[StreamRequest, ...]] = {
    system: tuple(StreamRequest(schema.name, key=schema.key, cursor=schema.cursor) for schema in schemas)
    for system, schemas in SCHEMAS.items()
}


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in the order of a stream. Everything up to it has been read in this run."""

    cursor: str
    tie: str


@dataclass(frozen=True, slots=True)
class Span:
    """What one read covers: from an instant (None: everything), in pages of that size, bookmarked up to an instant.

    An object dated later than that by mistake is read each time until its day has come, and hides nothing.
    """

    since: str | None
    size: int
    until: str


@dataclass(frozen=True, slots=True)
class Sorted:
    """The objects of one answer that lie beyond a position, in order, and those that cannot be placed."""

    fresh: tuple[tuple[Position, Record], ...]
    bad: tuple[BadRow, ...]


def start_of(bookmark: Bookmark | None, *, overlap: timedelta) -> str | None:
    """The instant to read from: the bookmark less the overlap, so that what committed late behind it is seen too."""
    if bookmark is None or not bookmark.cursor:
        return None
    try:
        return to_text(datetime.fromisoformat(bookmark.cursor) - overlap)
    except (ValueError, OverflowError) as fault:
        raise RunMustStop(
            f"The bookmark {bookmark.cursor!r} is no instant of the sandbox.",
            mend="Reset the bookmark of this stream, and it will be read from its beginning.",
        ) from fault


def pages(client: SandboxClient, request: StreamRequest, *, span: Span) -> Iterator[Page]:
    """The stream from an instant to its end.

    Each answer is sorted here and only what lies beyond the position counts, so a page given twice, in
    another order, or around an insertion or a deletion neither repeats nor skips a record.
    """
    key = request.key or ("id",)
    position = Position(span.since or "", "")
    bookmark: Bookmark | None = None
    stale = 0
    while True:
        answer = client.page(request.name, since=position.cursor or None, after_id=position.tie, limit=span.size)
        found = _sorted(request.name, answer.items, key=key, beyond=position)
        if found.fresh:
            stale = 0
            position = found.fresh[-1][0]
            records = tuple(record for _, record in found.fresh)
            past = [place for place, _ in found.fresh if place.cursor <= span.until]
            bookmark = Bookmark(cursor=past[-1].cursor, tie=past[-1].tie) if past else bookmark
            yield Page(records, found.bad, bookmark)
        elif found.bad and not answer.more:
            yield Page((), found.bad)
            return
        elif answer.items:
            stale += 1
        if not answer.items or not (answer.more or stale):
            return
        if stale == _STALE_PAGES:
            raise RunMustStop(
                f"The sandbox gives the same page of {request.name} again and again.",
                mend="Run again later; what was read is kept.",
            )


def key_pages(client: SandboxClient, request: StreamRequest, *, size: int) -> Iterator[KeyPage]:
    """All keys; an object that changes meanwhile moves to the end of the list and is met there, or met twice."""
    for page in pages(client, request, span=Span(None, size, "")):
        yield KeyPage(tuple(record.key for record in page.records), unknown=len(page.bad_rows))
    yield KeyPage(last=True)


def to_record(stream: str, item: Mapping[str, Any], *, key: tuple[str, ...]) -> Record:
    """An object as a record; ValueError with a sentence when its key or its time stamp is missing."""
    parts = tuple(str(item.get(name) or "") for name in key)
    if not all(parts) or not item.get("id"):
        raise ValueError(f"The key {', '.join(key)} is empty.")
    try:
        moment = datetime.fromisoformat(str(item.get("updated_at")))
    except ValueError as fault:
        raise ValueError(f"updated_at is no instant: {item.get('updated_at')!r}.") from fault
    if moment.tzinfo is None:
        raise ValueError(f"updated_at has no zone: {item['updated_at']!r}.")
    return Record(
        key=parts, fields=item, position=f"{stream} {item['id']}", cursor=to_text(moment), source_updated_at=moment
    )


def _sorted(stream: str, items: tuple[Any, ...], *, key: tuple[str, ...], beyond: Position) -> Sorted:
    placed: dict[Position, Record] = {}
    bad: list[BadRow] = []
    for number, item in enumerate(items):
        if not isinstance(item, dict):
            bad.append(BadRow(f"{stream} row {number + 1} of a page", "It is no object.", raw=str(item)[:200]))
            continue
        try:
            record = to_record(stream, item, key=key)
        except ValueError as fault:
            where = f"{stream} {item.get('id') or f'row {number + 1} of a page'}"
            bad.append(BadRow(where, str(fault), fields=item))
            continue
        place = Position(record.cursor or "", str(item["id"]))
        if place > beyond:
            placed[place] = record
    return Sorted(tuple(sorted(placed.items(), key=lambda pair: pair[0])), tuple(bad))


def request_for(system: str, name: str) -> StreamRequest:
    """The stream of that name as it is read when nothing else is said; ConfigurationInvalid when there is none."""
    found = next((request for request in STREAMS[system] if request.name == name), None)
    if found is None:
        raise ConfigurationInvalid(
            f"The sandbox has no stream {name!r} in its {system}.",
            mend=f"Use one of: {', '.join(request.name for request in STREAMS[system])}.",
        )
    return found
