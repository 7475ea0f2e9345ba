"""Contact points as they stand now: what was heard of them, read in one query and derived. Changes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from concilia.keys import contact_point_id
from concilia.normalize.emails import normalize_email
from concilia.normalize.phones import normalize_phone
from concilia.normalize.verdict import Verdict
from concilia.portfolio.contact_point_policy import (
    DEFAULT_POINT_POLICY,
    PointPolicy,
    point_policy_from_json,
    point_policy_to_json,
)
from concilia.portfolio.contact_point_state import Evidence, State, Stated, What, counted, state_of
from concilia.store import contact_evidence
from concilia.store.contact_evidence import EvidenceRow
from concilia.store.unit_of_work import Tx

PointKey = tuple[str, str]  # type and match value: equal for two notations of one contact point
MOST_REASONS: Final = 5
_DISOWNED: Final = frozenset({What.WRONG_PARTY, What.SUPPRESSED})


@dataclass(frozen=True, slots=True)
class Heard:
    """What was heard of the contact points of some source debtors, and the policy by which it is judged."""

    by_debtor: Mapping[int, Sequence[tuple[PointKey, Evidence]]]
    policy: PointPolicy

    def of(self, debtor_ids: Iterable[int]) -> dict[PointKey, list[Evidence]]:
        """What was heard by contact point of a party that is these source debtors."""
        found: dict[PointKey, dict[str, Evidence]] = {}
        for debtor_id in debtor_ids:
            for key, one in self.by_debtor.get(debtor_id, ()):
                found.setdefault(key, {})[one.id] = one
        return {key: list(group.values()) for key, group in found.items()}

    def state(self, key: PointKey, evidence: Iterable[Evidence], *, stated: Stated, now: str) -> State:
        """Where a contact point stands."""
        return state_of(evidence, stated, type_=key[0], policy=self.policy, now=now)


def states_of(tx: Tx, debtor_ids: Iterable[int]) -> Heard:
    """What was heard of the contact points of these source debtors, in one query."""
    return heard_in(contact_evidence.of_debtors(tx, debtor_ids), policy=policy_in_force(tx))


def without_disowned(tx: Tx, held: Mapping[str, Sequence[int]]) -> dict[str, list[int]]:
    """The holders of match keys (`phone:+56…`), without those of whom it was heard that it is somebody else's."""
    wanted = {tuple(key.split(":", 1)) for key in held if not key.startswith("id:")}
    heard = states_of(tx, {n for group in held.values() for n in group}) if wanted else None
    if heard is None or not heard.by_debtor:
        return {key: list(group) for key, group in held.items()}
    gone = {
        (f"{key[0]}:{key[1]}", debtor_id)
        for debtor_id in heard.by_debtor
        for key, evidence in heard.of([debtor_id]).items()
        if key in wanted and any(one.what in _DISOWNED for one in counted(evidence))
    }
    return {key: [n for n in group if (key, n) not in gone] for key, group in held.items()}


def heard_in(rows: Iterable[EvidenceRow], *, policy: PointPolicy) -> Heard:
    """The same from rows that were read already."""
    found: dict[int, list[tuple[PointKey, Evidence]]] = {}
    for row in rows:
        found.setdefault(row.debtor_id, []).append(((row.contact_type, row.match_value), evidence_in(row)))
    return Heard(found, policy)


def evidence_in(row: EvidenceRow) -> Evidence:
    """A stored row as the state machine takes it."""
    return Evidence(
        id=row.id,
        what=What(row.what),
        at=row.at,
        code=row.code,
        channel=row.channel,
        by=row.by,
        method=row.method,
        about=row.about,
        interaction_id=row.interaction_id,
        received_at=row.received_at,
    )


def policy_in_force(tx: Tx) -> PointPolicy:
    """The policy that was applied last, or what is usual."""
    return policy_in(contact_evidence.policy(tx))


@lru_cache(maxsize=16)
def policy_in(body: str | None) -> PointPolicy:
    """A policy as it is stored."""
    return point_policy_from_json(json.loads(body)) if body else DEFAULT_POINT_POLICY


def take_over(tx: Tx, policy: PointPolicy, *, at: str) -> None:
    """Put a policy in force, if it is another than that in force."""
    body = json.dumps(point_policy_to_json(policy), sort_keys=True)
    if contact_evidence.policy(tx) != body:
        contact_evidence.store_policy(tx, body, at=at)


def key_of(point: Mapping[str, Any]) -> PointKey:
    """The key of a contact point of a golden record or of a claim, as plain objects."""
    return point["type"], point.get("match_key") or point["value"]


def key_of_value(type_: str, value: str) -> PointKey:
    """The key of a canonical value, as interactions and channels name it; an empty value has an empty one."""
    match type_:
        case "phone" | "whatsapp_id":
            return type_, normalize_phone(value, "").match_key or value
        case "email":
            return type_, normalize_email(value).match_key or value
        case _:
            return type_, value


def stated_in(point: Mapping[str, Any] | None) -> Stated:
    """What sources and validation say of a contact point of a golden record."""
    if point is None:
        return Stated()
    words = [(s["verified_at"], s.get("verification_method")) for s in point.get("sources", ()) if s.get("verified_at")]
    verified_at, method = max(words, key=lambda word: word[0], default=(None, None))
    return Stated(Verdict(point.get("verdict", Verdict.VALID_FORMAT)), verified_at, method)


def state_json(key: PointKey, state: State) -> dict[str, Any]:
    """A state as readers see it, with the last of its reasons first."""
    return {
        "id": contact_point_id(*key),
        "status": state.status.value,
        "since": state.since or None,
        "usable": state.usable,
        "reasons": [_reason(one) for one in state.because[: -MOST_REASONS - 1 : -1]],
        "verified_at": state.verified_at,
        "verification_method": state.verification_method,
        "last_success_at": state.last_success_at,
        "failures": {
            "hard": state.hard_failures,
            "soft": state.soft_failures,
            "last_at": state.last_failure_at,
            "last_code": state.last_failure_code,
        },
        **{
            name: [{"channel": one.channel, "since": one.since} for one in getattr(state, name)]
            for name in ("opted_out", "unreachable")
        },
    }


def _reason(one: Evidence) -> dict[str, Any]:
    return {
        "evidence": one.id,
        "what": one.what.value,
        "at": one.at,
        "by": one.by,
        "channel": one.channel,
        "method": one.method,
        "code": one.code,
        "interaction": one.interaction_id,
        "change": one.about or None,
    }
