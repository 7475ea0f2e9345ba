"""What golden records take of contact points beside what sources state: evidence, the hub's own words, kept values.

Here it is also noticed that a source changed a contact point that was verified: the old one is kept, and the new one
waits. Runs in the transaction that makes the golden records anew; where nothing was ever heard it costs two queries.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from concilia.normalize.verdict import Verdict
from concilia.portfolio.contact_point_state import SET_ASIDE, Stated, Status
from concilia.portfolio.party import ContactPoint, contact_point_from_json
from concilia.servicing.contact_points import Heard, PointKey, key_of, states_of
from concilia.servicing.contact_words import point_fact
from concilia.store import contact_changes, contact_evidence
from concilia.store.contact_changes import StatementRow
from concilia.store.events import Fact
from concilia.store.golden import ACTIVE, GoldenRow
from concilia.store.unit_of_work import Tx
from dedup.golden_record import NO_WORDS, VERDICT_RANK, ContactWords
from dedup.party import SourceParty
from dedup.survivorship import SourceStamp
from sync import contact_noticing
from sync.contact_noticing import Before, Noticing
from sync.identity import Resolved

HUB: Final = "hub"  # who states it in provenance; its stream is how the hub came by it
TRUST: Final = 50
_SAYS_VERIFIED: Final = '"verified_at":"'


@dataclass(slots=True)
class Heeding:
    """One batch of golden records that are made anew."""

    tx: Tx
    at: str
    heard: Heard
    own: Mapping[int, Sequence[StatementRow]]
    before: Mapping[int, Before]  # by source debtor: what its golden record said
    words: dict[tuple[int, ...], ContactWords] = field(default_factory=dict)

    def of(self, members: Sequence[SourceParty], golden_id: str) -> ContactWords:
        """The words on the contact points of one party, after it was looked whether a verified one changed."""
        ids = [party.id for party in members]
        if not any(n in self.heard.by_debtor or n in self.own or n in self.before for n in ids):
            return NO_WORDS
        noticing = Noticing(self.tx, golden_id, members, self.before, self.at)
        if contact_noticing.notice(noticing, self.heard, self.own):
            self.heard = _joined(self.heard, states_of(self.tx, ids))
            self.own = {**self.own, **dict.fromkeys(ids, ()), **_by_debtor(self.tx, ids)}
        return _words(members, self.heard, [row for n in ids for row in self.own.get(n, ())], now=self.at)


def heed(tx: Tx, resolved: Resolved, *, known: Mapping[str, GoldenRow], at: str) -> Heeding:
    """What is known of the contact points of a resolved batch; evidence counts as heeded from now on."""
    ids = list(resolved.parties)
    heard, own = states_of(tx, ids), _by_debtor(tx, ids)
    if heard.by_debtor:
        contact_evidence.set_heeded(tx, heard.by_debtor)
    return Heeding(tx, at, heard, own, _before(resolved, known, {*heard.by_debtor, *own}))


def point_facts(before: GoldenRow, after: GoldenRow) -> list[Fact]:
    """What followers are told of contact points that a golden record has now: added, or in the place of another."""
    old, new = ({key_of(p) for p in json.loads(row.body)["contact_points"]} for row in (before, after))
    left = {kind for kind, _ in old - new}
    return [
        point_fact("changed" if key[0] in left else "added", key, after.id, {"version": after.version})
        for key in sorted(new - old)
    ]


def _by_debtor(tx: Tx, ids: Iterable[int]) -> dict[int, list[StatementRow]]:
    found: dict[int, list[StatementRow]] = {}
    for row in contact_changes.statements_of(tx, ids):
        found.setdefault(row.debtor_id, []).append(row)
    return found


def _joined(heard: Heard, fresh: Heard) -> Heard:
    return Heard({**heard.by_debtor, **fresh.by_debtor}, heard.policy)


def _before(resolved: Resolved, known: Mapping[str, GoldenRow], touched: set[int]) -> dict[int, Before]:
    """What each source debtor said in its golden record, where a verified contact point is in question."""
    numbers = {party.key: n for n, party in resolved.parties.items()}
    found: dict[int, Before] = {}
    for row in known.values():
        if row.status != ACTIVE or not (touched or _SAYS_VERIFIED in row.body):
            continue
        points = {key_of(point): point for point in json.loads(row.body)["contact_points"]}
        for point in points.values():
            for said in point["sources"]:
                number = numbers.get((said["connection"], said["stream"], said["external_id"]))
                if number is not None:
                    found.setdefault(number, Before(points, {})).own[key_of(point)] = said
    return found


def _words(members: Sequence[SourceParty], heard: Heard, own: Sequence[StatementRow], *, now: str) -> ContactWords:
    evidence = heard.of(party.id for party in members)
    left_out, behind = set(), set()
    verified: dict[PointKey, tuple[str, str]] = {}
    for key, found in evidence.items():
        state = heard.state(key, found, stated=stated_by(members, key), now=now)
        if state.status in SET_ASIDE:
            left_out.add(key)
        elif state.status in (Status.HARD_FAILED, Status.INVALID) or state.replaced:
            behind.add(key)
        if state.verified_at:
            verified[key] = (state.verified_at, state.verification_method or "")
    return ContactWords([_own(row) for row in own], frozenset(left_out), verified, frozenset(behind))


def stated_by(members: Iterable[SourceParty], key: PointKey) -> Stated:
    """What sources say of a contact point: its verdict, and when somebody verified it last."""
    points = [point for party in members for point in contact_noticing.points_of(party).get(key, ())]
    verified = [(point.verified_at, point.verification_method) for point in points if point.verified_at]
    verdict = max((point.verdict for point in points), key=lambda one: VERDICT_RANK[one], default=Verdict.VALID_FORMAT)
    at, method = max(verified, key=lambda word: word[0] or "", default=(None, None))
    return Stated(verdict, at, method)


def _own(row: StatementRow) -> tuple[ContactPoint, SourceStamp]:
    stamp = SourceStamp(HUB, row.kind, row.origin, TRUST, row.told_at, row.received_at)
    return contact_point_from_json(json.loads(row.body)), stamp
