"""Plans fields of golden debtors from the store: hears every record, decides, notes what it heard. Calls no system.

What is decided is in `plan`; here it is loaded, and the states, conflicts and planned writes are stored with it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from concilia.budget import Lane
from concilia.errors import ConciliaError
from concilia.records import RecordRef, from_wire
from concilia.store import conflicts, field_states, golden
from concilia.store.conflicts import ConflictRow
from concilia.store.field_states import FieldState, Replica
from concilia.store.golden import GoldenRow
from concilia.store.unit_of_work import Tx
from concilia.write_policy import FieldPolicy
from sync import conflicts as rules
from sync import contact_voices
from sync.cells import NAMES, RecordShape, Stated, key_of_name
from sync.conflicts import Chosen, Kind, Park, Ruling, Voice, Write
from sync.contact_voices import PointWords
from sync.hub import Hub
from sync.opening import opened
from sync.plan import Decided, FieldCase, FieldPlan, PlannedWrite, contact_write, plan_field
from sync.streams import plans_of

Stream = tuple[str, str]
StateKey = tuple[RecordRef, str]


@dataclass(frozen=True, slots=True)
class Desk:
    """What planning works with: how records of each stream read and write, and the policy of each connection."""

    shapes: Mapping[Stream, RecordShape]
    policies: Mapping[str, Mapping[str, FieldPolicy]]  # connection -> field -> policy
    trust: Mapping[str, int]

    @property
    def fields(self) -> list[str]:
        """Every field that may be written somewhere."""
        return sorted({name for policies in self.policies.values() for name in policies})

    def policies_of(self, name: str) -> dict[str, FieldPolicy]:
        """The policies of one field by connection."""
        return {connection: found[name] for connection, found in self.policies.items() if name in found}


@dataclass(frozen=True, slots=True)
class Row:
    """A planned write, with the value it carries and those whose place that took."""

    write: PlannedWrite
    choice: Chosen
    stands: str  # what the hub says to that connection
    was: str  # what the record said when this was planned


@dataclass(slots=True)
class Planned:
    """What planning came to."""

    rows: list[Row] = field(default_factory=list)
    impossible: list[tuple[RecordRef, str, str]] = field(default_factory=list)  # record, field, why
    conflicts: int = 0  # new ones


@dataclass(slots=True)
class _Notes:
    """What one batch of debtors leaves in the store."""

    at: str
    states: dict[StateKey, FieldState] = field(default_factory=dict)
    changed: set[StateKey] = field(default_factory=set)
    conflicts: list[ConflictRow] = field(default_factory=list)
    over: dict[str, list[int]] = field(default_factory=dict)  # status -> conflicts that go there


@dataclass(frozen=True, slots=True)
class _Heard:
    """One debtor with its records, parsed."""

    golden: GoldenRow
    records: Sequence[tuple[Replica, Mapping[str, Any]]]
    words: PointWords | None = None  # what the hub itself knows of its contact points

    def fields_of(self, ref: RecordRef) -> Mapping[str, Any]:
        """The record as it was last seen."""
        return next(fields for replica, fields in self.records if replica.at == ref)


def desk_of(hub: Hub) -> Desk:
    """What planning needs: every connection has a say, whichever is written. Opens connectors, and makes no call."""
    shapes: dict[Stream, RecordShape] = {}
    for name, connection in hub.workspace.connections.items():
        writable = _writable(hub, name) if connection.writes.contacts else {}
        for plan in plans_of(connection):
            shapes[(name, plan.stream)] = RecordShape(plan.document, plan.context, writable.get(plan.stream, ()))
    policies = {name: one.writes.contacts for name, one in hub.workspace.connections.items() if one.writes.contacts}
    return Desk(shapes, policies, hub.policies.ledger.trust)


def fingerprint_of(hub: Hub, name: str) -> str:
    """Changes with the mapping, the policy, and whatever decides what is written to a connection."""
    connection = hub.workspace.connections[name]
    said = {
        "connection": connection.fingerprint,
        "maps": sorted((plan.stream, plan.map_hash) for plan in plans_of(connection)),
        "writes": connection.writes.as_json(),
        "trust": {one.name: one.trust for one in hub.workspace.connections.values()},
    }
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:32]


def plan_debtors(tx: Tx, desk: Desk, golden_ids: Sequence[str], *, at: str) -> Planned:
    """Plan every field of these golden debtors, and store what was heard and which conflicts there are."""
    planned = Planned()
    replicas = field_states.replicas(tx, golden_ids)
    rows = golden.load(tx, replicas)
    notes = _Notes(at, states=field_states.load(tx, (r.at for group in replicas.values() for r in group)))
    open_ = conflicts.of_goldens(tx, rows, statuses=(conflicts.OPEN, conflicts.RESOLVED))
    words = contact_voices.words_for(tx, rows, now=at)
    for golden_id in sorted(rows):
        records = [(r, from_wire(r.payload)) for r in replicas[golden_id]]
        heard = _Heard(rows[golden_id], records, words.get(golden_id))
        for name in desk.fields:
            case = _case(desk, heard, name, notes=notes, known=open_.get((golden_id, name), ()))
            targets = _targets(desk, case)
            if not targets:
                continue
            found = plan_field(case, desk.policies_of(name), targets=targets)
            _note(found, open_.get((golden_id, name), ()), notes=notes)
            _add_rows(desk, heard, found, planned)
    field_states.store(tx, [notes.states[key] for key in sorted(notes.changed, key=repr)])
    planned.conflicts = conflicts.add(tx, notes.conflicts)
    for status, numbers in notes.over.items():
        conflicts.move(tx, numbers, status=status)
    return planned


def ruling_of(row: ConflictRow) -> Ruling | None:
    """A person's word on a conflict as the rules take it."""
    said = json.loads(row.body).get("ruling")
    if said is None:
        return None
    against, seen = (
        frozenset((RecordRef(*place[:3]), place[3]) for place in said[name]) for name in ("against", "seen")
    )
    return Ruling(said["key"], said["value"], str(row.resolved_by), str(row.resolved_at), against, seen)


def _writable(hub: Hub, name: str) -> Mapping[str, tuple[str, ...]]:
    """Nothing for a connection that cannot be opened now: what is for it stays undone, and is planned again."""
    try:
        connector = opened(hub, name, lane=Lane.URGENT)
    except ConciliaError:
        return {}
    try:
        return connector.capabilities.updates
    finally:
        connector.close()


def _case(desk: Desk, heard: _Heard, name: str, *, notes: _Notes, known: Sequence[ConflictRow]) -> FieldCase:
    voices = []
    for replica, fields in heard.records:
        shape = desk.shapes.get((replica.connection, replica.stream))
        slot = shape.slot(fields, about=name) if shape else None
        if slot is not None:
            voices.append(_voice(replica, slot.says, name, notes=notes, trust=desk.trust))
    body = json.loads(heard.golden.body)
    voices, own = contact_voices.heeding(heard.words, name, voices)
    ruling = _pinned(heard.golden, name, voices) or own
    for row in known:
        ruling = ruling or (ruling_of(row) if row.status == conflicts.RESOLVED else None)
    return FieldCase(heard.golden.id, name, tuple(voices), tuple(_preferred(body, name)), ruling)


def _voice(replica: Replica, says: Stated, name: str, *, notes: _Notes, trust: Mapping[str, int]) -> Voice:
    key = (replica.at, name)
    moment = replica.source_updated_at or replica.received_at
    state = notes.states.get(key)
    if state is None:
        seen: dict[str, Any] = {"key": says.key, "trail": []}
        place = (replica.connection, replica.stream, replica.external_id, name)
        state = FieldState(*place, None, None, _text(seen), moment, None, None, notes.at)
        notes.changed.add(key)
    else:
        seen = json.loads(state.seen)
        if seen["key"] != says.key:
            trail = sorted({*seen["trail"], seen["key"]} - {"", says.key})
            seen = {"key": says.key, "trail": trail}
            state = replace(state, seen=_text(seen), since=moment, at=notes.at)
            notes.changed.add(key)
    notes.states[key] = state
    agreed = None if state.ours is None or state.theirs is None else rules.Agreed(state.ours, state.theirs)
    trusted = trust.get(replica.connection, 50)
    return Voice(replica.at, says.key, says.value, state.since, trusted, agreed, frozenset(seen["trail"]))


def _preferred(body: Mapping[str, Any], name: str) -> list[str]:
    if name in NAMES:
        said = body["fields"].get(name)
        return [key_of_name(said)] if said else []
    points = [point for point in body["contact_points"] if point["type"] == name]
    return [str(point.get("match_key") or point["value"]) for point in points]


def _pinned(row: GoldenRow, name: str, voices: Sequence[Voice]) -> Ruling | None:
    """A value that a steward fixed stands against whatever is said now."""
    found = json.loads(row.provenance).get(name, {})
    pin = found.get("pin")
    if not pin:
        return None
    everybody = frozenset((voice.at, voice.key) for voice in voices)
    value = found["winner"]["value"]
    return Ruling(key_of_name(value), value, pin["by"], pin["at"], everybody, everybody)


def _targets(desk: Desk, case: FieldCase) -> frozenset[RecordRef]:
    policies = desk.policies_of(case.field)
    return frozenset(voice.at for voice in case.voices if voice.at.connection in policies)


def _note(found: FieldPlan, known: Sequence[ConflictRow], *, notes: _Notes) -> None:
    """Keep the conflicts, and let go of those that are over; once nothing is left to do, all have agreed."""
    rows = [*_disputes(found, at=notes.at)]
    rows += [row for one in found.decided if (row := _conflict(found, one, at=notes.at))]
    notes.conflicts += rows
    alive = {row.fingerprint for row in rows}
    for row in known:
        if row.status == conflicts.RESOLVED and found.is_settled:
            notes.over.setdefault(conflicts.SETTLED, []).append(row.id)
        elif row.status == conflicts.OPEN and row.fingerprint not in alive and not _still_moved(row, found):
            notes.over.setdefault(conflicts.SUPERSEDED, []).append(row.id)
    if found.is_settled:
        for voice in found.case.voices:
            _settle(voice, found, notes=notes)


def _settle(voice: Voice, found: FieldPlan, *, notes: _Notes) -> None:
    key = (voice.at, found.case.field)
    state = notes.states[key]
    after = replace(
        state,
        ours=found.stands.get(voice.at.connection, voice.key),
        theirs=voice.key,
        seen=_text({"key": voice.key, "trail": []}),
    )
    if after != state:
        notes.states[key] = replace(after, at=notes.at)
        notes.changed.add(key)


def _still_moved(row: ConflictRow, found: FieldPlan) -> bool:
    """Whether a record that moved under a write was not read again yet."""
    if row.kind != Kind.MOVED:
        return False
    ref = RecordRef(row.connection, row.stream, row.external_id)
    was = json.loads(row.body).get("was")
    return any(voice.at == ref and voice.key == was for voice in found.case.voices)


def _disputes(found: FieldPlan, *, at: str) -> list[ConflictRow]:
    rows = []
    for dispute, policy in found.disputes:
        place = {voice.key: n for n, voice in enumerate(dispute.contenders)}
        first = next((key for key in found.case.preferred if key in place), dispute.contenders[0].key)
        ours = dispute.contenders[place[first]]
        theirs = next(voice for voice in dispute.contenders if voice.key != first)
        row = _row(found.case, Kind.CONCURRENT, sides=(theirs, ours), why=dispute.why, at=at)
        mark = rules.fingerprint(Kind.CONCURRENT, found.case.field, *dispute.contenders)
        rows.append(replace(row, fingerprint=mark, policy=str(policy.policy)))
    return rows


def _conflict(found: FieldPlan, one: Decided, *, at: str) -> ConflictRow | None:
    match one.judgement:
        case Park(kind, why):
            status = conflicts.OPEN
        case Write(overrules=Kind() as kind, why=why):
            status = conflicts.DECIDED
        case _:
            return None
    row = _row(found.case, kind, sides=(one.target, one.choice), why=why, at=at)
    return replace(row, status=status, fingerprint=rules.fingerprint(kind, found.case.field, one.target, one.choice))


def _row(case: FieldCase, kind: Kind, *, sides: tuple[Voice, Voice | Chosen], why: str, at: str) -> ConflictRow:
    theirs, ours = sides
    ref = theirs.at
    voices = [
        {
            "connection": v.at.connection, "stream": v.at.stream, "external_id": v.at.external_id, "key": v.key,
            "value": v.value, "since": v.since, "base": v.agreed.theirs if v.agreed else None, "moved": v.moved,
        }
        for v in case.voices
    ]  # fmt: skip
    return ConflictRow(
        id=0,
        fingerprint="",
        kind=str(kind),
        status=conflicts.OPEN,
        golden_id=case.golden_id,
        field=case.field,
        connection=ref.connection,
        stream=ref.stream,
        external_id=ref.external_id,
        base=theirs.agreed.theirs if theirs.agreed else "",
        ours=ours.value,
        theirs=theirs.value,
        policy="",
        why=why,
        body=_text({"voices": voices, "ours": ours.key, "theirs": theirs.key}),
        opened_at=at,
    )


def _add_rows(desk: Desk, heard: _Heard, found: FieldPlan, planned: Planned) -> None:
    for one in found.decided:
        if not isinstance(one.judgement, Write):
            continue
        ref = one.target.at
        to = _stated(desk, heard, found.case, one.choice)
        change = desk.shapes[(ref.connection, ref.stream)].change(heard.fields_of(ref), about=found.case.field, to=to)
        if isinstance(change, str):
            planned.impossible.append((ref, found.case.field, change))
        else:
            write = contact_write(found.case, one, change)
            planned.rows.append(Row(write, one.choice, found.stands[ref.connection], one.target.key))


def _stated(desk: Desk, heard: _Heard, case: FieldCase, choice: Chosen) -> Stated:
    """The chosen value with its parts, from a record that says it."""
    for replica, fields in heard.records:
        shape = desk.shapes.get((replica.connection, replica.stream))
        says = shape.says(fields, about=case.field) if shape else Stated()
        if says.key == choice.key:
            return says
    own = heard.words.body(case.field, choice.key) if heard.words else None
    return Stated(choice.key, choice.value, own.get("parts") if own else None)


def _text(found: Mapping[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
