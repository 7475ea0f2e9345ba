"""Preferred channels and hours: read, declared, ended; and the portfolio's priors made anew from all attempts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from concilia.clock import to_text
from concilia.errors import RequestInvalid
from concilia.portfolio.preference import Tally, band_of, prior_of, tallies
from concilia.servicing import contact_gathering, contact_points, contact_terms
from concilia.servicing import contact_preferences as servicing
from concilia.servicing.contact_naming import debtor_named
from concilia.servicing.contact_preferences import BAND, CHANNEL, try_of
from concilia.servicing.contact_terms import Word
from concilia.servicing.moments import instant
from concilia.store import contact_parties, crosswalk, golden, preferences
from concilia.store.preferences import PriorRow, TryRow
from concilia.store.unit_of_work import Tx
from sync.contacts import policy_of
from sync.hub import Hub
from sync.policies import Progress

Counted = dict[tuple[str, str], Counter[Tally]]


def of_debtor(hub: Hub, named: Mapping[str, Any]) -> dict[str, Any]:
    """What a debtor asked for and what its answers suggest; NotFound when nobody is meant."""
    policy, now = policy_of(hub.workspace), hub.clock()
    with hub.store.read() as tx:
        party = contact_terms.party_of(tx, debtor_named(tx, named), policy=policy, now=now)
        days = contact_points.policy_in_force(tx).preference_days
        return servicing.of_party(tx, party, policy=policy, days=days, now=now)


def declare(hub: Hub, golden_id: str, body: Mapping[str, Any], *, by: str) -> dict[str, Any]:
    """Record what a debtor asked for; RequestInvalid when it was asked for in the future."""
    now = hub.clock()
    told = {**body, "told_at": instant(body["told_at"], "told_at")} if body.get("told_at") else body
    if told.get("told_at") and told["told_at"] > now:
        raise RequestInvalid("That is still to come.", mend="Correct the moment.", field="told_at")
    with hub.store.begin() as tx:
        found = debtor_named(tx, {"id": golden_id})
        party = contact_terms.party_of(tx, found, policy=policy_of(hub.workspace), now=now)
        return servicing.declare(tx, party, Word(told, by, now))


def end(hub: Hub, number: int, *, because: str, by: str) -> dict[str, Any]:
    """A wish ends, and why."""
    with hub.store.begin() as tx:
        return servicing.end(tx, number, Word({"because": because}, by, hub.clock()))


def refresh(hub: Hub, *, progress: Progress = lambda _what, _count: None) -> dict[str, Any]:
    """Fit the priors to all debtors with attempts of the last days; how many debtors and attempts that were."""
    now = hub.clock()
    with hub.store.read() as tx:
        days = contact_points.policy_in_force(tx).preference_days
    since = to_text(now - timedelta(days=days))
    counted: Counted = {}
    debtors = 0
    with hub.store.read() as tx:
        for page in contact_parties.pages(tx):
            debtors += _count(tx, hub, page, since=since, counted=counted)
            progress("debtors", len(page))
    rows = [_row(kind, name, found, since=since, at=to_text(now)) for (kind, name), found in sorted(counted.items())]
    with hub.store.begin() as tx:
        preferences.replace_priors(tx, rows)
    attempts = sum(row.attempts for row in rows if row.kind == CHANNEL)
    return {"debtors": debtors, "attempts": attempts, "since": since, "priors": len(rows)}


def _count(tx: Tx, hub: Hub, page: list[str], *, since: str, counted: Counted) -> int:
    """Count the attempts of a page of golden debtors, each on its own clock."""
    tried: dict[int, list[TryRow]] = {}
    members = crosswalk.members(tx, page)
    for row in preferences.tries_of(tx, (n for group in members.values() for n in group), since=since):
        tried.setdefault(row.debtor_id, []).append(row)
    wanted = [golden_id for golden_id, group in members.items() if any(n in tried for n in group)]
    rows = list(golden.load(tx, wanted).values())
    parties = contact_gathering.gather(tx, rows, policy=policy_of(hub.workspace), at=hub.clock(), now=hub.clock())
    for party in parties.values():
        tries = [try_of(row) for n in party.debtor_ids for row in tried.get(n, ())]
        zone = party.facts.zones[0]
        for kind, found in (
            (CHANNEL, tallies(tries, lambda one: one.channel)),
            (BAND, tallies(tries, lambda one, zone=zone: band_of(one.at, zone))),  # type: ignore[misc]
        ):
            for name, tally in found.items():
                counted.setdefault((kind, name), Counter())[tally] += 1
    return len(parties)


def _row(kind: str, name: str, found: Counter[Tally], *, since: str, at: str) -> PriorRow:
    prior = prior_of(found)
    return PriorRow(kind, name, prior.alpha, prior.beta, prior.debtors, prior.attempts, prior.successes, since, at)
