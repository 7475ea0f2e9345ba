"""Suggestions for the steward: pairs the rules would not decide and edges a constraint refused. Never decides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dedup.clusters import Clustering
from dedup.compare import Evidence
from dedup.judgement import Judgement, Pair, Ruling, pair_of
from dedup.score import Match


@dataclass(frozen=True, slots=True)
class Candidate:
    """A pair for a person to rule on: the rule that brought it up, what speaks against, and the values compared."""

    left: int
    right: int
    strength: int
    rule: str
    reason: str
    because: tuple[Evidence, ...] = ()

    @property
    def pair(self) -> Pair:
        """Both ids, smaller first."""
        return pair_of(self.left, self.right)


def review(
    matches: Mapping[Pair, Match], clustering: Clustering, *, rulings: Mapping[Pair, Ruling]
) -> tuple[Candidate, ...]:
    """One candidate a pair, strongest first, refused edges before unsure pairs.

    Pairs that ended in one cluster are not asked about, nor those a steward ruled different. A steward's "same"
    that was refused comes back with the reason.
    """
    found: dict[Pair, Candidate] = {}
    for conflict in clustering.conflicts:
        edge = conflict.edge
        candidate = Candidate(edge.left, edge.right, edge.strength, edge.rule, conflict.reason, edge.because)
        found[candidate.pair] = candidate
    home = {member: index for index, cluster in enumerate(clustering.clusters) for member in cluster.members}
    for pair, match in matches.items():
        together = pair[0] in home and home[pair[0]] == home.get(pair[1])
        if match.judgement is Judgement.UNSURE and not together:
            found.setdefault(pair, Candidate(*pair, match.strength, match.rule, "the rules are unsure", match.because))
    open_pairs = (c for pair, c in found.items() if not _closed(rulings.get(pair)))
    return tuple(sorted(open_pairs, key=lambda candidate: (-candidate.strength, candidate.pair)))


def _closed(ruling: Ruling | None) -> bool:
    return ruling is not None and ruling.by_steward and ruling.judgement is Judgement.DIFFERENT
