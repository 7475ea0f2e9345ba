"""Why two groups of source debtors may not be one, in words for a person. The bars themselves are the scorer's."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dedup.party import SourceParty


def barrier(left: Sequence[SourceParty], right: Sequence[SourceParty]) -> str:
    """What keeps two groups apart whatever anybody says of them; empty when nothing does."""
    for party in (*left, *right):
        twofold = next((name for name, values in sorted(party.valid_ids.items()) if len(values) > 1), "")
        if twofold:
            return f"a record states two different valid {twofold} of its own"
    ours, theirs = _valid(left), _valid(right)
    for name in sorted(ours.keys() & theirs.keys()):
        if len(both := ours[name] | theirs[name]) > 1:
            return f"they hold different valid {name}: {' and '.join(sorted(both))}"
    return ""


def _valid(parties: Iterable[SourceParty]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for party in parties:
        for name, values in party.valid_ids.items():
            found.setdefault(name, set()).update(values)
    return found
