"""Rows that cannot be used, as quarantine keeps them: a stable fingerprint, the place, the column and the reason."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace

from concilia import keys
from concilia.records import BadRow, to_wire
from concilia.store import quarantine
from concilia.store.quarantine import QuarantinedRow
from mapping.issues import Issue
from sync.entities import Incoming, Landing

DUPLICATE = "duplicate_key"
UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class _Refusal:
    mark: str
    key: str
    position: str
    column: str
    code: str
    reason: str
    wire: str
    raw: str = ""


def refused(one: Incoming, issue: Issue, *, landing: Landing) -> QuarantinedRow:
    """A record that its mapping refused."""
    mark = _fingerprint(one.key, one.hash)
    position = one.record.position
    return _row(landing, _Refusal(mark, one.key, position, issue.column, issue.code, issue.reason, one.wire))


def duplicate(one: Incoming, *, landing: Landing) -> QuarantinedRow:
    """A record whose key came before with other content, nothing saying which is newer."""
    reason = f"the key {one.key} came before with other content, and nothing says which is newer"
    mark = _fingerprint(one.key, one.hash, DUPLICATE)
    columns = ", ".join(landing.plan.request.key)
    return _row(landing, _Refusal(mark, one.key, one.record.position, columns, DUPLICATE, reason, one.wire))


def unreadable(row: BadRow, *, landing: Landing) -> QuarantinedRow:
    """A row that the connector could not make a record of."""
    wire = to_wire(row.fields)
    key = keys.external_id(row.key) if row.key else ""
    # Without a key, two broken rows are told apart by where they stand.
    mark = _fingerprint(key or row.position, wire, row.raw, row.reason)
    return _row(landing, _Refusal(mark, key, row.position, row.column, UNREADABLE, row.reason, wire, row.raw))


def _row(landing: Landing, refusal: _Refusal) -> QuarantinedRow:
    return QuarantinedRow(
        id=0,
        connection=landing.plan.connection,
        stream=landing.plan.stream,
        fingerprint=refusal.mark,
        key=refusal.key,
        position=refusal.position,
        column=refusal.column,
        code=refusal.code,
        reason=refusal.reason,
        fields=_storable(refusal.wire),
        raw=_storable(refusal.raw),
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
