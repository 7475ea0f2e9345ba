"""Match keys, which of them are generic, and the pairs worth comparing with their upper bound. No scores."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from dedup import compare
from dedup.judgement import Pair, pair_of
from dedup.party import MatchKey, SourceParty, id_key

NOTHING_SUSPICIOUS: frozenset[MatchKey] = frozenset()


@dataclass(frozen=True, slots=True)
class Limits:
    """When a key stops telling parties apart, and when its pairs are no longer all compared.

    `id_name_groups` is the one declared exception to "records that share a valid tax id are one debtor": an id
    carried by more groups of mutually incompatible names than this is somebody's own number or a stand-in, not a
    debtor's. It then merges nothing and raises an alarm.
    """

    contact_holders: int = 12
    id_name_groups: int = 20
    compared_holders: int = 50


@dataclass(frozen=True, slots=True)
class Alarm:
    """A tax id a person must look at: too many unlike names carry it."""

    key: MatchKey
    holders: int
    reason: str


@dataclass(frozen=True, slots=True)
class Proposals:
    """Pairs to compare, keys that propose nothing, and the alarms among these."""

    pairs: tuple[Pair, ...]
    generic: frozenset[MatchKey]
    alarms: tuple[Alarm, ...]


def match_keys(party: SourceParty) -> tuple[MatchKey, ...]:
    """The short texts two records must have in common to be compared, sorted. Placeholders have none."""
    keys = [id_key(name, value) for name, values in party.valid_ids.items() for value in values]
    keys += [id_key(name, value) for name, values in party.well_formed_ids.items() for value in values]
    keys += [MatchKey(f"{type_}:{value}") for type_, value in party.contacts]
    return tuple(sorted(set(keys)))


def kind_of(key: MatchKey) -> str:
    """`id`, `phone` or `email`."""
    return key.partition(":")[0]


def is_generic(key: MatchKey, holders: Sequence[SourceParty], *, limits: Limits) -> bool:
    """Whether so many hold the key that it says nothing about who they are."""
    if kind_of(key) != "id":
        return len(holders) > limits.contact_holders
    return len(holders) > limits.id_name_groups and _name_groups_exceed(holders, limit=limits.id_name_groups)


def propose(holders_of: Mapping[MatchKey, Sequence[SourceParty]], *, limits: Limits) -> Proposals:
    """The pairs sharing a key that is not generic, sorted.

    At most n(n-1)/2 pairs a key up to `limits.compared_holders` holders, above that fewer than 2n: each holder
    with the first and with the next in the order of record keys.
    """
    pairs: set[Pair] = set()
    generic: set[MatchKey] = set()
    for key, holders in holders_of.items():
        if is_generic(key, holders, limits=limits):
            generic.add(key)
        elif len(holders) > 1:
            pairs.update(_pairs(holders, all_up_to=limits.compared_holders))
    alarms = (_alarm(key, holders_of[key], limits) for key in sorted(generic) if kind_of(key) == "id")
    return Proposals(tuple(sorted(pairs)), frozenset(generic), tuple(alarms))


def holders_by_key(parties: Iterable[SourceParty]) -> Mapping[MatchKey, Sequence[SourceParty]]:
    """Who holds which key among these parties."""
    found: dict[MatchKey, list[SourceParty]] = {}
    for party in parties:
        for key in match_keys(party):
            found.setdefault(key, []).append(party)
    return found


def _pairs(holders: Sequence[SourceParty], *, all_up_to: int) -> Iterable[Pair]:
    ids = [party.id for party in sorted(holders, key=lambda party: party.key)]
    if len(ids) <= all_up_to:
        return (pair_of(left, right) for left, right in combinations(ids, 2))
    stars = [pair_of(ids[0], other) for other in ids[1:]]
    return stars + [pair_of(left, right) for left, right in pairwise(ids[1:])]


def _name_groups_exceed(holders: Sequence[SourceParty], *, limit: int) -> bool:
    heads: list[SourceParty] = []
    seen: set[tuple[str, ...]] = set()
    for party in sorted(holders, key=lambda party: party.key):
        spelled = tuple(name.match_key for name in party.names)
        if not spelled or spelled in seen:
            continue
        seen.add(spelled)
        if all(compare.name(head, party, NOTHING_SUSPICIOUS).level != "compatible" for head in heads):
            heads.append(party)
            if len(heads) > limit:
                return True
    return False


def _alarm(key: MatchKey, holders: Sequence[SourceParty], limits: Limits) -> Alarm:
    reason = (
        f"{len(holders)} source debtors with more than {limits.id_name_groups} unlike names carry this tax id: "
        "it merges nothing until a person finds out whose it is"
    )
    return Alarm(key, len(holders), reason)
