"""Contact points to be verified again, ordered by what is at stake: listed, and told to followers once."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Final

from concilia.clock import to_text
from concilia.money import DECIMALS
from concilia.portfolio.contact_point_policy import STALE_DAYS, PointPolicy
from concilia.portfolio.contact_point_state import State, Status, What
from concilia.servicing import contact_points
from concilia.servicing.contact_points import Heard, PointKey, key_of, stated_in, states_of
from concilia.servicing.contact_words import Party, Word, point_fact, record
from concilia.store import contact_due, crosswalk, events, golden
from concilia.store.contact_due import AtStake
from concilia.store.golden import GoldenRow
from concilia.store.unit_of_work import Tx
from sync.hub import Hub

COLUMNS: Final = (
    "debtor", "name", "type", "value", "status", "since", "verified_at", "verification_method", "last_success_at",
    "unit", "amount",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """Which contact points: of one type or of all, stale by the policy or after so many days."""

    type: str = ""
    days: int | None = None

    def judged_by(self, policy: PointPolicy) -> PointPolicy:
        """The policy with the days asked for."""
        return policy if self.days is None else replace(policy, stale_days=dict.fromkeys(STALE_DAYS, self.days))


@dataclass(frozen=True, slots=True)
class _Found:
    stake: AtStake
    row: GoldenRow
    point: Mapping[str, Any]
    key: PointKey
    state: State


def due(hub: Hub, asked: Asked, *, after: int = 0, limit: int | None = None) -> list[dict[str, Any]]:
    """Stale contact points, those of whoever owes most first; `after` says how many to leave out."""
    found: list[dict[str, Any]] = []
    with hub.store.read() as tx:
        for place, one in enumerate(_due(tx, asked, now=to_text(hub.clock())), start=1):
            if place > after:
                found.append({"number": place, **_shown(one)})
            if limit is not None and len(found) == limit:
                break
    return found


def announce(hub: Hub) -> int:
    """Tell followers of every contact point that has become stale, once until it is verified again; how many."""
    told = 0
    now = to_text(hub.clock())
    with hub.store.read() as tx:
        fresh = [one for one in _due(tx, Asked(), now=now) if not one.state.found_stale]
    for one in fresh:
        with hub.store.begin() as tx:
            told += _tell(tx, one, now=now)
    return told


def _due(tx: Tx, asked: Asked, *, now: str) -> Iterator[_Found]:
    policy = asked.judged_by(contact_points.policy_in_force(tx))
    for page in contact_due.by_stake(tx):
        ids = [one.golden_id for one in page]
        members, rows = crosswalk.members(tx, ids), golden.load(tx, ids)
        heard = Heard(states_of(tx, [n for group in members.values() for n in group]).by_debtor, policy)
        for stake in page:
            evidence = heard.of(members.get(stake.golden_id, ()))
            for point in json.loads(rows[stake.golden_id].body)["contact_points"]:
                key = key_of(point)
                if asked.type not in ("", point["type"]):
                    continue
                state = heard.state(key, evidence.get(key, ()), stated=stated_in(point), now=now)
                if state.status is Status.STALE:
                    yield _Found(stake, rows[stake.golden_id], point, key, state)


def _tell(tx: Tx, one: _Found, *, now: str) -> bool:
    """Record that it was told, on the source debtor that founded the record, and tell it."""
    members = crosswalk.members(tx, [one.row.id]).get(one.row.id, [])
    if not members:
        return False
    anchor = one.row.founder_id if one.row.founder_id in members else members[0]
    party = Party(anchor, one.row.id, tuple(members), {one.key: one.point})
    record(tx, party, [Word(one.key, What.FOUND_STALE, now, "concilia", now)], now=now)
    told = {"status": one.state.status.value, "since": one.state.since}
    events.append(tx, [point_fact("stale", one.key, one.row.id, told)], at=now)
    return True


def _shown(one: _Found) -> dict[str, Any]:
    fields = json.loads(one.row.body)["fields"]
    return {
        "debtor": one.row.id,
        "name": fields.get("full_name") or fields.get("legal_name"),
        "type": one.point["type"],
        "value": one.point["value"],
        "status": one.state.status.value,
        "since": one.state.since,
        "verified_at": one.state.verified_at,
        "verification_method": one.state.verification_method,
        "last_success_at": one.state.last_success_at,
        "unit": one.stake.unit or None,
        "amount": _amount(one.stake) if one.stake.unit else None,
    }


def _amount(stake: AtStake) -> str:
    """What is owed, with the decimals of its unit."""
    return format(Decimal(stake.amount).quantize(Decimal(1).scaleb(-DECIMALS.get(stake.unit, 2))), "f")
