"""Reading a stream: which object and fields, a window by SystemModstamp, pages, and what was deleted.

SystemModstamp moves with automated changes too, and LastModifiedDate does not. A window goes from the bookmark less the
overlap, ordered by stamp and Id, so a page's last record is the bookmark. Deleted records come with IsDeleted for 15
days; what is gone longer is seen by the list of keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from concilia.clock import to_text
from concilia.errors import ConfigurationInvalid, RunMustStop
from concilia.records import Bookmark, Page, Record
from connectors.bookmarks import moment_in
from connectors.contract import KeyPage, StreamRequest, StreamSchema
from connectors.salesforce import bulk
from connectors.salesforce.client import SalesforceClient, readable
from connectors.salesforce.settings import API_NAME, PATH

CURSOR: Final = "SystemModstamp"
SHIPPED: Final[Mapping[str, str]] = {"accounts": "Account", "contacts": "Contact"}
_OPTIONS: Final = frozenset({"object", "fields", "where", "deleted"})


@dataclass(frozen=True, slots=True)
class Source:
    """What a stream reads. `fields` empty: all that the running user may see."""

    name: str
    object: str
    fields: tuple[str, ...]
    where: str
    deleted: bool


def source_of(request: StreamRequest, *, system: str) -> Source:
    """The stream's object, fields and condition; ConfigurationInvalid names what cannot be."""
    where = f"Connection {system}, stream {request.name}"
    unknown = sorted(set(request.options) - _OPTIONS)
    if unknown:
        raise ConfigurationInvalid(
            f"{where}, has the unknown option {unknown[0]!r}.", mend=f"It may have {', '.join(sorted(_OPTIONS))}."
        )
    name = str(request.options.get("object") or SHIPPED.get(request.name, ""))
    if not API_NAME.fullmatch(name):
        raise ConfigurationInvalid(f"{where}, names no object.", mend="Add for example: object: Invoice__c")
    fields = tuple(str(one) for one in request.options.get("fields") or ())
    wrong = next((one for one in fields if not PATH.fullmatch(one)), None)
    if wrong is not None:
        raise ConfigurationInvalid(f"{where}, has the field {wrong!r}.", mend="Use API names, such as Owner.Name.")
    condition = str(request.options.get("where") or "")
    if any(sign in condition for sign in ";\n\r"):
        raise ConfigurationInvalid(f"{where}: where is no condition.", mend="Write it on one line, as in SOQL.")
    return Source(request.name, name, fields, condition, bool(request.options.get("deleted", True)))


def selected(client: SalesforceClient, source: Source) -> tuple[str, ...]:
    """The fields that are asked for; RunMustStop names one that the object does not have for this user."""
    known = client.fields(source.object)
    missing = next((one for one in source.fields if "." not in one and one not in known), None)
    if missing is not None:
        raise RunMustStop(
            f"{client.settings.system}: {source.object} has no field {missing}, or the running user may not see it.",
            mend="Correct `fields`, or give the user field-level read access.",
        )
    always = [name for name in ("Id", CURSOR, "IsDeleted") if name in known]
    return tuple(dict.fromkeys((*always, *(source.fields or readable(known)))))


def pages(client: SalesforceClient, source: Source, *, bookmark: Bookmark | None) -> Iterator[Page]:
    """What moved since the bookmark less the overlap, or everything without one; at least one page, maybe empty."""
    fields = selected(client, source)
    if bulk.is_under_way(bookmark):
        yield from bulk.pages(client, source.object, bookmark=bookmark, record=lambda row: _record(client, source, row))
        return
    since = _since(client, bookmark)
    clauses = [f"({source.where})"] if source.where else []
    if since:
        clauses.append(f"{CURSOR} >= {since}")
    where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    soql = f"SELECT {', '.join(fields)} FROM {source.object}{where}"
    if not since and _is_large(client, source):
        yield from bulk.started(client, source.object, soql, deleted=source.deleted,
                                record=lambda row: _record(client, source, row))  # fmt: skip
        return
    mark = bookmark or Bookmark()
    for found in client.query(f"{soql} ORDER BY {CURSOR}, Id", deleted=source.deleted):
        records = tuple(_record(client, source, row) for row in found.rows)
        if records:
            last = records[-1]
            mark = Bookmark(cursor=_not_ahead(client, max(last.cursor or "", mark.cursor)), tie=last.key[0])
        yield Page(records, bookmark=mark)


def key_pages(client: SalesforceClient, source: Source) -> Iterator[KeyPage]:
    """All Ids of the stream that are not deleted, with the org's own count of them."""
    where = f" WHERE {source.where}" if source.where else ""
    for found in client.query(f"SELECT Id FROM {source.object}{where} ORDER BY Id"):
        keys = tuple((str(row["Id"]),) for row in found.rows)
        yield KeyPage(keys, last=not found.next, total=None if found.next else found.total)


def by_ids(client: SalesforceClient, source: Source, ids: list[str]) -> list[Record]:
    """The records of those Ids that exist now."""
    found: list[Record] = []
    for start in range(0, len(ids), 200):
        listed = ", ".join(f"'{one}'" for one in ids[start : start + 200] if one.isalnum())
        if listed:
            soql = f"SELECT {', '.join(selected(client, source))} FROM {source.object} WHERE Id IN ({listed})"
            found += [_record(client, source, row) for row in client.rows(soql)]
    return found


def schema(client: SalesforceClient, source: Source) -> StreamSchema:
    """The stream with the types of its columns."""
    known = client.fields(source.object)
    columns = {name: known[name].type if name in known else "text" for name in selected(client, source)}
    return StreamSchema(source.name, columns, ("Id",), CURSOR if CURSOR in known else None)


def _not_ahead(client: SalesforceClient, cursor: str) -> str:
    """A record that is stamped in the future by mistake does not hide what is stamped until then."""
    clock = client.usage.clock
    return cursor if clock is None else min(cursor, to_text(clock))


def _is_large(client: SalesforceClient, source: Source) -> bool:
    related = any("." in one for one in source.fields)  # not every relation can be read in bulk
    return not related and client.count(source.object, source.where) >= client.settings.bulk_from > 0


def _record(client: SalesforceClient, source: Source, row: Mapping[str, Any]) -> Record:
    fields = client.typed(source.object, row)
    stamp = fields.get(CURSOR)
    moment = stamp if isinstance(stamp, datetime) else None
    cursor = None if moment is None else to_text(moment)
    return Record((str(row["Id"]),), fields, f"{source.object} {row['Id']}", cursor, moment)


def _since(client: SalesforceClient, bookmark: Bookmark | None) -> str:
    if bookmark is None or not bookmark.cursor:
        return ""
    moment = moment_in(bookmark.cursor)
    return (moment - client.settings.overlap).strftime("%Y-%m-%dT%H:%M:%S.000Z")
