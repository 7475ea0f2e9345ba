"""The steward's word on changes of verified contact points: listed, confirmed, rejected, taken back, foreseen."""

from __future__ import annotations

import enum
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from concilia.clock import to_text
from concilia.errors import RequestInvalid
from concilia.servicing import contact_changes as changes
from concilia.servicing.contact_changes import Decision
from concilia.store import contact_changes, crosswalk, golden, locks
from concilia.store.contact_changes import CONFIRMED, OPEN, REJECTED, SUPERSEDED, ChangeRow
from concilia.store.unit_of_work import Tx
from sync.contact_corrections import resolve_now
from sync.hub import Hub
from sync.rehearsal import rehearsed

STATUSES: Final = (OPEN, CONFIRMED, REJECTED, SUPERSEDED)
LONGEST_REASON: Final = 500


class Says(enum.StrEnum):
    """What a person may say of a change."""

    CONFIRM = "confirm"
    REJECT = "reject"
    UNDO = "undo"


_VERBS: Final[Mapping[Says, Callable[[Tx, int, Decision], ChangeRow]]] = {
    Says.CONFIRM: changes.confirm, Says.REJECT: changes.reject, Says.UNDO: changes.undo,
}  # fmt: skip


def listed(hub: Hub, *, status: str = OPEN, after: int = 0, limit: int = 50) -> list[dict[str, Any]]:
    """Changes of one status, or of all when it is empty, in order of number; each with the debtor's name."""
    if status and status not in STATUSES:
        raise RequestInvalid(f"There is no status {status!r}.", mend=f"Use one of: {', '.join(STATUSES)}.")
    with hub.store.read() as tx:
        return _told(tx, contact_changes.listed(tx, status=status, after=after, limit=limit))


def one(hub: Hub, number: int) -> dict[str, Any] | None:
    """One change, or None for an unknown number."""
    with hub.store.read() as tx:
        row = contact_changes.change(tx, number)
        return _told(tx, [row])[0] if row is not None else None


def waiting(hub: Hub) -> int:
    """How many changes wait for a word."""
    with hub.store.read() as tx:
        return contact_changes.count_open(tx)


def say(hub: Hub, number: int, says: Says, *, by: str, because: str = "") -> dict[str, Any]:
    """Decide a change, or take the decision back, and make the golden record anew, in one transaction.

    Repeating a word changes nothing. NotFound for an unknown number, RequestInvalid against another decision.
    """
    with hub.store.begin() as tx:
        return _say(hub, tx, number, (says, by, because))


def foresee(hub: Hub, number: int, says: Says) -> dict[str, Any]:
    """What the word would make of the change; nothing is kept."""
    return rehearsed(hub.store, lambda tx: _say(hub, tx, number, (says, "rehearsal", "")))


def _say(hub: Hub, tx: Tx, number: int, word: tuple[Says, str, str]) -> dict[str, Any]:
    says, by, because = word
    locks.in_turn(tx, "identity")
    decision = Decision(by, to_text(hub.clock()), because.strip()[:LONGEST_REASON])
    row = _VERBS[says](tx, number, decision)
    resolve_now(tx, hub, row.debtor_id)
    return _told(tx, [row])[0]


def _told(tx: Tx, rows: list[ChangeRow]) -> list[dict[str, Any]]:
    found = crosswalk.load(tx, {row.debtor_id for row in rows})
    goldens = golden.load(tx, {one.golden_id for one in found.values() if one.golden_id})
    names = {g: json.loads(row.body)["fields"] for g, row in goldens.items()}
    shown = []
    for row in rows:
        source = found.get(row.debtor_id)
        golden_id = source.golden_id if source else None
        fields = names.get(golden_id or "", {})
        name = fields.get("full_name") or fields.get("legal_name")
        shown.append({**changes.change_json(row, golden_id=golden_id), "name": name})
    return shown
