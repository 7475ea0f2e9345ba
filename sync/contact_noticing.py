"""Notice that a source changed a contact point that was verified, took the change back, or wants yet another.

A source is compared with what its golden record said of it before: by source debtor, so that merges and splits are no
changes. What validation or a source itself verified newly needs no word of a person.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from concilia.portfolio.contact_point_state import SET_ASIDE, State, Status
from concilia.portfolio.party import ContactPoint, contact_point_to_json
from concilia.servicing import contact_changes as changes
from concilia.servicing.contact_changes import Wanted
from concilia.servicing.contact_points import Heard, PointKey, stated_in
from concilia.servicing.contact_words import Party
from concilia.store import contact_changes
from concilia.store.contact_changes import KEPT, OPEN, REJECTED, ChangeRow, StatementRow
from concilia.store.unit_of_work import Tx
from dedup.golden_record import VERDICT_RANK
from dedup.party import SourceParty, StampedClaim

Points = Mapping[PointKey, list[ContactPoint]]


@dataclass(frozen=True, slots=True)
class Before:
    """The contact points of a golden record, as plain objects, and what one source debtor said of them."""

    points: Mapping[PointKey, Mapping[str, Any]]
    own: dict[PointKey, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Noticing:
    """One party that is looked at."""

    tx: Tx
    golden_id: str
    members: Sequence[SourceParty]
    before: Mapping[int, Before]
    at: str

    def party(self, debtor_id: int) -> Party:
        """The same as what is recorded of contact points takes it."""
        points = self.before[debtor_id].points if debtor_id in self.before else {}
        return Party(debtor_id, self.golden_id, tuple(party.id for party in self.members), points)


@dataclass(slots=True)
class _Source:
    """One source debtor: what it says now, what it says anew, what the hub keeps for it, and its changes."""

    noticing: Noticing
    party: SourceParty
    says: Points
    gained: dict[str, list[PointKey]]  # by type, each taken once
    barred: dict[str, list[PointKey]]
    proven: dict[str, list[PointKey]]  # new, and verified already
    kept: Mapping[PointKey, StatementRow]
    changes: Mapping[PointKey, ChangeRow]  # the latest by old value

    @property
    def origin(self) -> str:
        """How it is named to people."""
        return "/".join(self.party.key)


def notice(noticing: Noticing, heard: Heard, own: Mapping[int, Sequence[StatementRow]]) -> bool:
    """Open, supersede and end what follows from what sources say now; whether anything did."""
    did = False
    for party in noticing.members:
        kept = {(r.contact_type, r.match_value): r for r in own.get(party.id, ()) if r.kind == KEPT}
        before = noticing.before.get(party.id)
        if before is None and not kept:
            continue
        says = points_of(party)
        lost = [key for key in before.own if key not in says and key not in kept] if before else []
        if lost or kept:
            did |= _look(noticing, party, heard, (says, lost, kept))
    return did


def points_of(party: SourceParty) -> Points:
    """The usable contact points that a source debtor states itself."""
    found: dict[PointKey, list[ContactPoint]] = {}
    for stamped in party.claims:
        for point in () if stamped.of_hub else stamped.claim.contact_points:
            if point.value and point.verdict in VERDICT_RANK:
                found.setdefault((point.type, point.match_key or point.value), []).append(point)
    return found


def _look(
    noticing: Noticing,
    party: SourceParty,
    heard: Heard,
    found: tuple[Points, Sequence[PointKey], Mapping[PointKey, StatementRow]],
) -> bool:
    says, lost, kept = found
    before = noticing.before.get(party.id)
    evidence = heard.of(one.id for one in noticing.members)
    points = before.points if before else {}

    def state(key: PointKey) -> State:
        return heard.state(key, evidence.get(key, ()), stated=stated_in(points.get(key)), now=noticing.at)

    fresh = [key for key in says if key not in points]
    source = _Source(
        noticing,
        party,
        says,
        _by_type(key for key in fresh if _is_news(state(key), says[key])),
        _by_type(key for key in fresh if state(key).status in (Status.WRONG_PARTY, Status.REJECTED)),
        _by_type(key for key in fresh if _is_proven(state(key), says[key])),
        kept,
        {(c.contact_type, c.old_value): c for c in contact_changes.changes_of(noticing.tx, [party.id])},
    )
    did = False
    for key in lost:
        instead = source.gained.get(key[0]) or source.barred.get(key[0]) or source.proven.get(key[0])
        if not instead and _said_by_another(noticing, party, key):
            continue  # gone from one system, and it stays in the golden record anyway
        if state(key).status is Status.VERIFIED:
            did |= _dropped(source, key, points[key], state(key))
        else:
            did |= _ended(noticing, party, key)
    for key in kept:
        did |= _kept_still(source, key)
    return did


def _is_news(state: State, points: Sequence[ContactPoint]) -> bool:
    """Whether a value has to wait: nobody verified it, and nobody has said anything against it yet."""
    return not _is_proven(state, points) and state.status not in SET_ASIDE - {Status.PENDING}


def _is_proven(state: State, points: Sequence[ContactPoint]) -> bool:
    return state.status is Status.VERIFIED or any(point.verified_at for point in points)


def _said_by_another(noticing: Noticing, party: SourceParty, key: PointKey) -> bool:
    """Whether another source states it."""
    return any(key in points_of(one) for one in noticing.members if one.id != party.id)


def _dropped(source: _Source, key: PointKey, point: Mapping[str, Any], state: State) -> bool:
    """A verified value that its source does not state any more: it is kept, and what came instead waits."""
    if source.proven.get(key[0]):
        source.proven[key[0]].pop()
        return False  # what came instead is verified too
    said = source.noticing.before[source.party.id].own[key]
    stamps = {"stated_by": source.origin, **{n: said[n] for n in ("source_updated_at", "received_at")}}
    plain = {name: value for name, value in point.items() if name != "sources"}
    _want(source, key, {**plain, **stamps}, verified_at=state.verified_at)
    return True


def _ended(noticing: Noticing, party: SourceParty, key: PointKey) -> bool:
    """What a channel told and its source took over is over when the source changes it again."""
    known = contact_changes.statements_on(noticing.tx, party.id, contact_type=key[0], match_value=key[1])
    standing = [row for row in known if row.ended_at is None]
    changes.end_statements(noticing.tx, standing, because="its source changed it since", now=noticing.at)
    return bool(standing)


def _kept_still(source: _Source, key: PointKey) -> bool:
    """A value kept before: its source may say it again, want yet another, or want none."""
    noticing, row = source.noticing, source.changes.get(key)
    if row is None:
        return False
    if key in source.says:
        if row.status == OPEN:
            changes.supersede(noticing.tx, row, because="its source states the old value again", now=noticing.at)
        changes.stop_keeping(noticing.tx, row, because="its source states it again", now=noticing.at)
        return True
    wanted_still = (row.contact_type, row.new_value) in source.says if row.new_value else not source.gained.get(key[0])
    if wanted_still or row.status not in (OPEN, REJECTED) or (row.status == REJECTED and not source.gained.get(key[0])):
        return False
    if row.status == OPEN:
        changes.supersede(noticing.tx, row, because="its source wants something else", now=noticing.at)
    _want(source, key, _plain(row.old_body), verified_at=row.verified_at)
    return True


def _want(source: _Source, key: PointKey, old: Mapping[str, Any], *, verified_at: str | None) -> None:
    gained, barred = source.gained.get(key[0], []), source.barred.get(key[0], [])
    new_key = gained.pop(0) if gained else barred[0] if barred else (key[0], "")
    new = source.says[new_key][0] if new_key[1] else None
    stamped = _stamp_of(source.party, new) if new else None
    wanted = Wanted(
        old=old,
        old_key=key,
        new=contact_point_to_json(new) | _stamps(stamped) if new else {},
        new_key=new_key,
        origin=source.origin,
        told_at=stamped.source_updated_at if stamped else None,
        verified_at=verified_at,
        barred=bool(new_key[1]) and new_key in barred,
    )
    changes.open_change(source.noticing.tx, source.noticing.party(source.party.id), wanted, now=source.noticing.at)


def _stamp_of(party: SourceParty, point: ContactPoint) -> StampedClaim | None:
    return next((stamped for stamped in party.claims if point in stamped.claim.contact_points), None)


def _stamps(stamped: StampedClaim | None) -> dict[str, Any]:
    if stamped is None:
        return {}
    return {"source_updated_at": stamped.source_updated_at, "received_at": stamped.received_at}


def _plain(body: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(body)
    return found


def _by_type(keys: Any) -> dict[str, list[PointKey]]:
    found: dict[str, list[PointKey]] = {}
    for key in sorted(keys):
        found.setdefault(key[0], []).append(key)
    return found
