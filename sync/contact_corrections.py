"""What channels tell of contact points: one more, another in the place of one, or that one was verified.

What is told is a statement of the hub's own, read by the same rules as a column of a source, with who told it. A
verified contact point is not overwritten: the change waits, unless the new value comes with a verification of its own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from concilia.clock import to_text
from concilia.errors import NotFound, RequestInvalid
from concilia.portfolio.contact_point_state import State, Status, What
from concilia.portfolio.party import ContactPoint, contact_point_to_json
from concilia.schema import RELATIONS, Field, Kind
from concilia.servicing import contact_changes as changes
from concilia.servicing import contact_showing, contact_terms
from concilia.servicing.contact_changes import Wanted
from concilia.servicing.contact_naming import debtor_named
from concilia.servicing.contact_points import PointKey, key_of, stated_in, states_of
from concilia.servicing.contact_words import Party, Word, record
from concilia.servicing.moments import instant
from concilia.store import contact_changes, crosswalk, golden, locks
from concilia.store.contact_changes import OPEN, TOLD, ChangeRow, StatementRow
from concilia.store.unit_of_work import Tx
from mapping.contact_points import ContactPointRule
from mapping.context import MapContext
from mapping.issues import Issue
from mapping.rules import FieldRule, Row, Source
from sync import golden_records, identity, match_models
from sync.contacts import policy_of
from sync.hub import Hub
from sync.rehearsal import rehearsed

ACQUIRED: Final = (
    "web_form", "visit", "call", "message", "email", "document", "bureau", "skip_tracing", "other",
)  # fmt: skip
VERIFIED_BY: Final = ("right_party", "otp", "reply", "document", "bureau", "in_person", "delivery_receipt")
ATTRIBUTES: Final = ("relation", "acquisition_method")


@dataclass(frozen=True, slots=True)
class Correction:
    """What is told of a contact point; `body` are its plain members, `by` names the key and whoever used it."""

    body: Mapping[str, Any]
    by: str

    def text(self, name: str) -> str:
        """A member as text, empty when it was left out."""
        return str(self.body.get(name) or "").strip()


@dataclass(frozen=True, slots=True)
class _Case:
    """One correction and all that it concerns."""

    told: Correction
    party: Party
    key: PointKey
    point: ContactPoint
    old_key: PointKey | None
    states: Mapping[PointKey, State]
    now: str

    @property
    def verification(self) -> Mapping[str, Any]:
        """How it was verified; empty when it was not."""
        found: Mapping[str, Any] = self.told.body.get("verification") or {}
        return found


def tell(hub: Hub, golden_id: str, told: Correction, *, dry_run: bool = False) -> dict[str, Any]:
    """Take what a channel tells, and answer how the contact point stands; a dry run keeps nothing.

    NotFound for an unknown debtor; RequestInvalid for a value that validation refuses, or that is known as somebody
    else's.
    """
    if dry_run:
        return rehearsed(hub.store, lambda tx: _tell(hub, tx, golden_id, told))
    with hub.store.begin() as tx:
        return _tell(hub, tx, golden_id, told)


def tell_any(hub: Hub, named: str, told: Correction, *, dry_run: bool = False) -> dict[str, Any]:
    """The same of a debtor whom a person names: by golden id, tax id, phone, e-mail or document."""
    with hub.store.read() as tx:
        golden_id = debtor_named(tx, {"any": named})
    return tell(hub, golden_id, told, dry_run=dry_run)


def withdraw(hub: Hub, golden_id: str, evidence_id: str, *, by: str) -> dict[str, Any]:
    """Take back something heard by mistake, such as a wrong party; NotFound when it was not heard of this debtor."""
    now = to_text(hub.clock())
    with hub.store.begin() as tx:
        locks.in_turn(tx, "identity")
        party = _party(tx, hub, golden_id)
        held = states_of(tx, party.debtor_ids).of(party.debtor_ids)
        found = next(((key, one) for key, group in held.items() for one in group if one.id == evidence_id), None)
        if found is None:
            raise NotFound("Nothing of that kind was heard of this debtor.", mend="See the reasons of its status.")
        key, one = found
        if one.what in (What.CONFIRMED, What.REJECTED, What.PENDING, What.WITHDRAWN):
            raise RequestInvalid(
                "That is a decision about a change.", mend="Take it back: concilia contacts undo.", field="evidence",
                code="contact-evidence-of-a-change",
            )  # fmt: skip
        record(tx, party, [Word(key, What.WITHDRAWN, now, by, now, about=one.id)], now=now)
        resolve_now(tx, hub, party.debtor_id)
        return _answer(tx, hub, party, key)


def resolve_now(tx: Tx, hub: Hub, debtor_id: int) -> None:
    """Make the golden record anew at once; while everybody is matched anew it waits with the rest."""
    at = to_text(hub.clock())
    if match_models.active(tx, at=at).linked:
        resolved = identity.resolve_batch(tx, [debtor_id], trust=hub.policies.ledger.trust, at=at)
        golden_records.bring_up_to_date(tx, resolved, policy=hub.policies.survivorship, at=at)


def _tell(hub: Hub, tx: Tx, golden_id: str, told: Correction) -> dict[str, Any]:
    locks.in_turn(tx, "identity")
    case = _case(tx, hub, golden_id, told)
    _refuse_barred(case)
    if _is_news(case):
        _state(tx, case)
    _verify(tx, case)
    change = _replace(tx, case)
    resolve_now(tx, hub, case.party.debtor_id)
    answer = _answer(tx, hub, case.party, case.key)
    shown = changes.change_json(change, golden_id=answer["debtor"]) if change is not None else None
    return {**answer, "change": shown}


def _case(tx: Tx, hub: Hub, golden_id: str, told: Correction) -> _Case:
    standing = debtor_named(tx, {"id": golden_id})
    seen = contact_terms.party_of(tx, standing, policy=policy_of(hub.workspace), now=hub.clock())
    country = told.text("country") or seen.country
    point = read_point(told.body, country=country)
    key = (point.type, point.match_key or point.value)
    points = {key_of(one): one for one in seen.points}
    old_key = None
    if told.text("replaces"):
        old = read_point({"type": point.type, "value": told.text("replaces")}, country=country, field="replaces")
        old_key = (old.type, old.match_key or old.value)
        _refuse_strange(old_key, key, points)
    anchor = seen.anchor(points[old_key]["value"] if old_key else points[key]["value"] if key in points else "")
    party = Party(anchor, standing, seen.debtor_ids, points)
    now = to_text(hub.clock())
    heard = states_of(tx, party.debtor_ids)
    evidence = heard.of(party.debtor_ids)
    states = {
        one: heard.state(one, evidence.get(one, ()), stated=stated_in(points.get(one)), now=now)
        for one in (key, old_key)
        if one is not None
    }
    return _Case(told, party, key, point, old_key, states, now)


def read_point(said: Mapping[str, Any], *, country: str, field: str = "value") -> ContactPoint:
    """The contact point as it would be read from a source; RequestInvalid with the reason when it would not be used."""
    issues: list[Issue] = []
    rules = tuple(
        FieldRule(Field(name, Kind.CHOICE, choices=RELATIONS if name == "relation" else ACQUIRED), Source((name,)))
        for name in ATTRIBUTES
        if said.get(name)
    )
    kind = FieldRule(Field("type"), Source(constant=str(said["type"])))
    parts = said.get("parts") or {}
    sources = () if parts else (Source(("value",)),)
    rule = ContactPointRule(kind, sources, {name: Source((name,)) for name in parts}, rules)
    fields = {**said, **parts}
    found = list(rule.read(Row("debtor", fields, MapContext(country=country), issues)))
    if len(found) == 1 and not issues:
        return found[0]
    why = issues[0].reason if issues else "it holds several values" if found else "it says nothing"
    raise RequestInvalid(
        f"That cannot be used as {said['type']}: {why}.", mend="Write one value as the debtor shows it.", field=field,
        code="contact-point-unusable",
    )  # fmt: skip


def _refuse_strange(old_key: PointKey, key: PointKey, points: Mapping[PointKey, Any]) -> None:
    if old_key == key:
        raise RequestInvalid("A value does not replace itself.", mend="Leave replaces out.", field="replaces")
    if old_key not in points:
        raise RequestInvalid(
            "The debtor has no such contact point.", mend="Name one of its contact points, or leave replaces out.",
            field="replaces", code="contact-point-unknown",
        )  # fmt: skip


def _refuse_barred(case: _Case) -> None:
    state = case.states[case.key]
    if state.status in (Status.WRONG_PARTY, Status.SUPPRESSED):
        since = state.since[:10]
        raise RequestInvalid(
            f"This value does not reach the debtor: {state.status.value.replace('_', ' ')} since {since}.",
            mend="If that was a mistake, take it back first: concilia contacts withdraw.",
            field="value",
            code="contact-point-barred",
        )
    if state.status is Status.REJECTED and not case.verification:
        raise RequestInvalid(
            f"This value was rejected on {state.since[:10]} by {state.because[0].by}.",
            mend="Verify it with the debtor, and tell how in `verification`.",
            field="value",
            code="contact-point-rejected",
        )


def _is_news(case: _Case) -> bool:
    return case.key not in case.party.points or case.old_key is not None


def _state(tx: Tx, case: _Case) -> None:
    """Append the hub's own statement, unless it stands already."""
    known = contact_changes.statements_on(tx, case.party.debtor_id, contact_type=case.key[0], match_value=case.key[1])
    if any(one.kind == TOLD and one.ended_at is None for one in known):
        return
    row = StatementRow(
        id=contact_changes.next_statement(tx),
        debtor_id=case.party.debtor_id,
        contact_type=case.key[0],
        match_value=case.key[1],
        kind=TOLD,
        body=json.dumps(contact_point_to_json(case.point), ensure_ascii=False, sort_keys=True),
        origin=case.told.by,
        evidence=case.told.text("evidence"),
        replaces=case.old_key[1] if case.old_key else "",
        told_at=_moment(case.told.body.get("told_at"), case.now, "told_at"),
        received_at=case.now,
    )
    contact_changes.store_statements(tx, [row])


def _verify(tx: Tx, case: _Case) -> None:
    said = case.verification
    if not said:
        return
    at = _moment(said.get("at"), case.now, "verification.at")
    word = Word(case.key, What.VERIFIED, at, case.told.by, case.now, method=str(said["method"]))
    record(tx, case.party, [word], now=case.now)
    changes.settle(tx, case.party, now=case.now)


def _replace(tx: Tx, case: _Case) -> ChangeRow | None:
    """What becomes of the value that is replaced: a verified one stays until somebody decides."""
    if case.old_key is None:
        return None
    old = case.states[case.old_key]
    if _replaced_before(case):
        return None
    known = [one for one in contact_changes.changes_of(tx, [case.party.debtor_id]) if one.status == OPEN]
    for one in known:
        if (one.contact_type, one.old_value, one.new_value) == (*case.old_key, case.key[1]):
            return one
    if old.status is Status.VERIFIED and not case.verification and case.states[case.key].status is not Status.VERIFIED:
        stamps = {"source_updated_at": _moment(case.told.body.get("told_at"), case.now, "told_at")}
        plain = {n: v for n, v in case.party.points[case.old_key].items() if n != "sources"}
        wanted = Wanted(
            old=plain | _latest(case.party.points[case.old_key]),
            old_key=case.old_key,
            new=contact_point_to_json(case.point) | stamps | {"received_at": case.now},
            new_key=case.key,
            origin=case.told.by,
            told_at=stamps["source_updated_at"],
            verified_at=old.verified_at,
            drops=False,
        )
        return changes.open_change(tx, case.party, wanted, now=case.now)
    record(tx, case.party, [Word(case.old_key, What.REPLACED, case.now, case.told.by, case.now)], now=case.now)
    kind, value = case.old_key
    rows = contact_changes.statements_on(tx, case.party.debtor_id, contact_type=kind, match_value=value)
    changes.end_statements(tx, rows, because=f"{case.told.by} told another value", now=case.now)
    return None


def _replaced_before(case: _Case) -> bool:
    old = case.states[case.old_key] if case.old_key else None
    return old is not None and old.replaced


def _latest(point: Mapping[str, Any]) -> dict[str, Any]:
    """The times of whoever stated it last."""
    said = max(point.get("sources", ()), key=lambda one: one["source_updated_at"] or "", default=None)
    return {n: said[n] for n in ("source_updated_at", "received_at")} if said else {}


def _moment(told: Any, now: str, field: str) -> str:
    """An instant as it is stored; now when none was told. Nobody tells the future."""
    if not told:
        return now
    text = to_text(instant(told, field))
    if text > now:
        raise RequestInvalid("That is still to come.", mend="Correct the moment, or leave it out.", field=field)
    return text


def _party(tx: Tx, hub: Hub, golden_id: str) -> Party:
    standing = debtor_named(tx, {"id": golden_id})
    seen = contact_terms.party_of(tx, standing, policy=policy_of(hub.workspace), now=hub.clock())
    return Party(seen.anchor(""), standing, seen.debtor_ids, {key_of(one): one for one in seen.points})


def _answer(tx: Tx, hub: Hub, party: Party, key: PointKey) -> dict[str, Any]:
    golden_id = crosswalk.load(tx, [party.debtor_id])[party.debtor_id].golden_id or ""
    row = golden.load(tx, [golden_id])[golden_id]
    shown = contact_showing.of_debtor(tx, row, now=to_text(hub.clock()))
    point = next((one for one in (*shown.points, *shown.set_aside) if one["key"] == key), None)
    return {"debtor": golden_id, "contact_point": contact_showing.without_key(point) if point else None}
