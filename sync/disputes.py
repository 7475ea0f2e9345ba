"""Conflicts as people meet them: listed, shown with every voice, resolved. The next push carries a resolution out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any, Final

from concilia.clock import to_text
from concilia.errors import NotFound, RequestInvalid
from concilia.normalize.addresses import normalize_address
from concilia.normalize.emails import normalize_email
from concilia.normalize.phones import normalize_phone
from concilia.records import RecordRef
from concilia.store import conflicts, field_states
from concilia.store.conflicts import ConflictRow
from concilia.store.unit_of_work import Tx
from sync.cells import key_of_name
from sync.conflicts import Kind
from sync.hub import Hub

OURS: Final = "ours"
THEIRS: Final = "theirs"
# Where theirs may stay while the hub goes on saying ours: the record alone is meant, not the field.
_OF_ONE_RECORD: Final = (Kind.DIFFERED, Kind.DELETED)


def listed(
    hub: Hub, *, status: str = conflicts.OPEN, connection: str = "", after: int = 0, limit: int = 100
) -> list[ConflictRow]:
    """Conflicts in order of id, the open ones unless asked otherwise (an empty status: all)."""
    with hub.store.read() as tx:
        return conflicts.listed(tx, status=status, connection=connection, after=after, limit=limit)


def one(hub: Hub, number: int) -> ConflictRow:
    """One conflict; NotFound for an unknown number."""
    with hub.store.read() as tx:
        return _known(tx, number)


def as_json(row: ConflictRow) -> dict[str, Any]:
    """A conflict as plain JSON, with every voice that was heard."""
    found = asdict(row)
    body = json.loads(found.pop("body"))
    return {**found, "voices": body.get("voices", [])}


def resolve(hub: Hub, number: int, *, take: str, by: str) -> ConflictRow:
    """A person's word: `ours`, `theirs`, or another value. It is carried out when the connections are pushed next.

    RequestInvalid when nobody has to decide, or when the value cannot be used.
    """
    with hub.store.begin() as tx:
        row = _known(tx, number)
        if row.status != conflicts.OPEN:
            mend = "The open ones: concilia conflicts list."
            raise RequestInvalid(f"Conflict {number} is {row.status}: nobody is asked.", mend=mend, field="conflict")
        body = json.loads(row.body)
        key, value = _taken(hub, row, body, take)
        at = to_text(hub.clock())
        if take == THEIRS and row.kind in _OF_ONE_RECORD:
            _agree_to_differ(tx, row, body, at=at)
        else:
            body["ruling"] = {"key": key, "value": value, "against": _against(row, body), "seen": _seen(row, body)}
        status = conflicts.RESOLVED if "ruling" in body else conflicts.SETTLED
        after = replace(row, status=status, body=_text(body), taken=value, resolved_by=by, resolved_at=at)
        conflicts.resolve(tx, after)
        return after


def _known(tx: Tx, number: int) -> ConflictRow:
    row = conflicts.load(tx, number)
    if row is None:
        raise NotFound(f"There is no conflict {number}.", mend="See them: concilia conflicts list.")
    return row


def _taken(hub: Hub, row: ConflictRow, body: Mapping[str, Any], take: str) -> tuple[str, str]:
    """Key and value of what is taken."""
    match take:
        case "ours":
            return str(body["ours"]), row.ours
        case "theirs":
            if not body["theirs"] and row.kind not in _OF_ONE_RECORD:
                raise RequestInvalid("Theirs says nothing to take.", mend="Take ours, or give a value.", field="take")
            return str(body["theirs"]), row.theirs
        case value:
            return _canonical(row.field, value, country=hub.workspace.connections[row.connection].country)


def _canonical(field: str, value: str, *, country: str) -> tuple[str, str]:
    """A value typed by a person, as a source would have stated it."""
    match field:
        case "phone":
            phone = normalize_phone(value, country)
            usable, key, canonical = phone.verdict.usable, phone.match_key, phone.value
        case "email":
            email = normalize_email(value)
            usable, key, canonical = email.verdict.usable, email.match_key, email.value
        case "postal_address":
            address = normalize_address(value, country)
            usable, key, canonical = address.verdict.usable, address.match_key, address.value
        case _:
            usable, key, canonical = bool(value.strip()), key_of_name(value), value.strip()
    if not usable:
        what = field.replace("_", " ")
        mend = "Write --take ours, --take theirs, or a value as it should stand."
        raise RequestInvalid(f"That is no {what} that can be used.", mend=mend, field="take")
    return key or canonical, canonical


def _against(row: ConflictRow, body: Mapping[str, Any]) -> list[list[str]]:
    """What the value may be written over: the record that disagrees, or every one that was edited."""
    theirs = [row.connection, row.stream, row.external_id, str(body["theirs"])]
    if row.kind in _OF_ONE_RECORD:
        return [theirs]
    return [theirs, *(_place(voice) for voice in body["voices"] if voice["moved"] and voice["key"])]


def _seen(row: ConflictRow, body: Mapping[str, Any]) -> list[list[str]]:
    theirs = [row.connection, row.stream, row.external_id, str(body["theirs"])]
    return [theirs, *(_place(voice) for voice in body["voices"])]


def _place(voice: Mapping[str, Any]) -> list[str]:
    return [str(voice[name]) for name in ("connection", "stream", "external_id", "key")]


def _agree_to_differ(tx: Tx, row: ConflictRow, body: Mapping[str, Any], *, at: str) -> None:
    """The record keeps what it says, and the hub what it says, until one of them is edited."""
    ref = RecordRef(row.connection, row.stream, row.external_id)
    state = field_states.load(tx, [ref]).get((ref, row.field))
    if state is not None:
        theirs = str(body["theirs"])
        seen = _text({"key": theirs, "trail": []})
        field_states.store(tx, [replace(state, ours=str(body["ours"]), theirs=theirs, seen=seen, at=at)])


def _text(found: Mapping[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
