"""The steward's pins: a value fixed for a field of a debtor, foreseen, made and taken back.

A pin hangs on a source debtor, so it follows merges and splits. Of several in one golden record the latest counts.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

from concilia.clock import to_text
from concilia.documents import did_you_mean
from concilia.errors import NotFound, RequestInvalid
from concilia.records import RecordRef
from concilia.schema import DEBTOR, Field
from concilia.servicing.debtors import standing_id
from concilia.store import crosswalk, golden, locks, pins
from concilia.store.crosswalk import SourceDebtor
from concilia.store.unit_of_work import Tx
from dedup.survivorship import acceptable
from mapping.context import MapContext
from mapping.debtor_map import DebtorMap
from mapping.issues import Issue
from mapping.rules import FieldRule, KeyRule, Row, Source
from sync import golden_records, identity
from sync.hub import Hub
from sync.naming import source_debtor_id
from sync.rehearsal import rehearsed

FIELDS: Final = {field.name: field for field in DEBTOR.fields if field.name != "tax_id"}
LONGEST_REASON: Final = 500


@dataclass(frozen=True, slots=True)
class Wish:
    """What a steward wants of a field: a value that stands, or none to let the sources decide again."""

    field: str
    value: str | None
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class FieldNow:
    """What a golden record says of a field and by which rule; both empty when it says nothing."""

    value: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Pinned:
    """What a pin or its end changed, or would change. `anchor` is the source debtor on which it hangs."""

    golden_id: str
    anchor: RecordRef
    field: str
    before: FieldNow
    after: FieldNow


def pin(hub: Hub, named: str, wish: Wish) -> Pinned:
    """Fix the field, or let it go when the wish has no value; `named` is a golden id or a source debtor.

    NotFound for unknown ones and for a pin that is not there, RequestInvalid for what cannot be pinned.
    """
    with hub.store.begin() as tx:
        return _pin(hub, tx, named, wish)


def foresee(hub: Hub, named: str, wish: Wish) -> Pinned:
    """What `pin` would change; nothing is kept."""
    return rehearsed(hub.store, lambda tx: _pin(hub, tx, named, wish))


def _pin(hub: Hub, tx: Tx, named: str, wish: Wish) -> Pinned:
    field = _field(wish.field)
    value = None if wish.value is None else _canonical(field, wish.value)
    locks.in_turn(tx, "identity")
    anchor, members = _place(tx, named)
    before = _now(tx, anchor.id, field.name)
    held = [p for p in pins.standing(tx, [m.id for m in members]) if p.field == field.name]
    if value is None and not held:
        raise NotFound(f"{field.name} of this debtor is not pinned.", mend="Its provenance says which fields are.")
    reason = wish.reason.strip()[:LONGEST_REASON]
    stands = bool(held) and held[-1].value == value and reason in ("", held[-1].reason)
    whose = [p.debtor_id for p in held] if value is None else [] if stands else [anchor.id]
    if whose:
        rows = [(n, field.name, value, wish.by, reason) for n in whose]
        at = to_text(hub.clock())
        pins.append(tx, rows, at=at)
        resolved = identity.resolve_batch(tx, [anchor.id], trust=hub.policies.ledger.trust, at=at)
        golden_records.bring_up_to_date(tx, resolved, policy=hub.policies.survivorship, at=at)
    now = crosswalk.load(tx, [anchor.id])[anchor.id]
    ref = RecordRef(anchor.connection, anchor.stream, anchor.external_id)
    return Pinned(now.golden_id or "", ref, field.name, before, _now(tx, anchor.id, field.name))


def _field(name: str) -> Field:
    if name == "tax_id":
        mend = "Rule on who is who, or retire the wrong number there."
        raise RequestInvalid("The tax id cannot be pinned: it is an identifier.", mend=mend, field="field")
    if name not in FIELDS:
        mend = did_you_mean(name, FIELDS) or f"Fields are: {', '.join(FIELDS)}."
        raise RequestInvalid("A debtor has no field of that name.", mend=mend, field="field")
    return FIELDS[name]


def _canonical(field: Field, value: str) -> str:
    """The value as it would be taken from a source; RequestInvalid with the reason when it would not."""
    issues: list[Issue] = []
    reader = DebtorMap(KeyRule(()), (FieldRule(field, Source((field.name,))),))
    found = reader.read(Row(DEBTOR.name, {field.name: value}, MapContext(country=""), issues)).fields.get(field.name)
    if found and acceptable(found, field=field):
        return found
    why = issues[0].reason if issues else "it says nothing"
    raise RequestInvalid(f"This value cannot stand as {field.name}: {why}.", field="value")


def _place(tx: Tx, named: str) -> tuple[SourceDebtor, list[SourceDebtor]]:
    """The source debtor on which a pin of this debtor hangs, and all that its golden record joins."""
    if "/" in named or named.isdigit():
        number = source_debtor_id(tx, named)
        anchor = crosswalk.load(tx, [number]).get(number)
        if anchor is None or anchor.golden_id is None:
            raise NotFound("This source debtor is not known, or not resolved yet.", mend="Run: concilia sync")
        return anchor, crosswalk.sources_of(tx, anchor.golden_id)
    standing = standing_id(tx, named)
    members = crosswalk.sources_of(tx, standing) if standing else []
    if not standing or not members:
        raise NotFound("There is no debtor of that id.", mend="Name a golden id or connection/stream/external-id.")
    founder = golden.load(tx, [standing])[standing].founder_id
    return next((m for m in members if m.id == founder), members[0]), members


def _now(tx: Tx, debtor_id: int, field: str) -> FieldNow:
    golden_id = crosswalk.load(tx, [debtor_id])[debtor_id].golden_id
    row = golden.load(tx, [golden_id]).get(golden_id) if golden_id else None
    found: dict[str, Any] = json.loads(row.provenance).get(field, {}) if row else {}
    return FieldNow(found["winner"]["value"], found["rule"]) if found else FieldNow()
