"""Rows that cannot be used, as quarantine keeps them: a stable fingerprint, the place, the column and the reason."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from concilia import keys
from concilia.records import BadRow, to_wire
from concilia.store import quarantine
from concilia.store.quarantine import QuarantinedRow
from mapping.issues import Issue
from sync.entities import Incoming, Landing

DUPLICATE = "duplicate_key"
UNREADABLE = "unreadable"


def refused(one: Incoming, issue: Issue, *, landing: Landing) -> QuarantinedRow:
    """A record that its mapping refused."""
    return _row(
        landing,
        mark=_fingerprint(one.key, one.hash),
        key=one.key,
        position=one.record.position,
        problem=(issue.column, issue.code, issue.reason),
        content=(one.wire, ""),
    )


def duplicate(one: Incoming, *, landing: Landing) -> QuarantinedRow:
    """A record whose key came before with other content, nothing saying which is newer."""
    reason = f"the key {one.key} came before with other content, and nothing says which is newer"
    return _row(
        landing,
        mark=_fingerprint(one.key, one.hash, DUPLICATE),
        key=one.key,
        position=one.record.position,
        problem=(", ".join(landing.plan.request.key), DUPLICATE, reason),
        content=(one.wire, ""),
    )


def unreadable(row: BadRow, *, landing: Landing) -> QuarantinedRow:
    """A row that the connector could not make a record of."""
    wire = to_wire(row.fields)
    key = keys.external_id(row.key) if row.key else ""
    place = key or row.position  # without a key, two broken rows are told apart by where they stand
    return _row(
        landing,
        mark=_fingerprint(place, wire, row.raw, row.reason),
        key=key,
        position=row.position,
        problem=(row.column, UNREADABLE, row.reason),
        content=(wire, row.raw),
    )


def _row(
    landing: Landing, *, mark: str, key: str, position: str, problem: tuple[str, str, str], content: tuple[str, str]
) -> QuarantinedRow:
    return QuarantinedRow(
        id=0,
        connection=landing.plan.connection,
        stream=landing.plan.stream,
        fingerprint=mark,
        key=key,
        position=position,
        column=problem[0],
        code=problem[1],
        reason=problem[2],
        fields=_storable(content[0]),
        raw=_storable(content[1]),
        status=quarantine.OPEN,
        created_at=landing.at,
        changed_at=landing.at,
        run_id=landing.run_id,
    )


def numbered(row: QuarantinedRow, number: int) -> QuarantinedRow:
    """The row under its number."""
    return replace(row, id=number)


def _storable(text: str) -> str:
    """Text that both databases can hold: NUL and lone surrogates shown as escapes."""
    return text.replace("\x00", "\\u0000").encode("utf-8", "backslashreplace").decode()


def _fingerprint(*parts: str) -> str:
    joined = keys.SEPARATOR.join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(joined, digest_size=16).hexdigest()
