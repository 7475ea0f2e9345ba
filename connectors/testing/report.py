"""Verdicts as lines for people and as JSON: sentence by sentence, what holds, what does not, what does not apply."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from connectors.testing.claims import Standing, Verdict


def lines(verdicts: Iterable[Verdict]) -> Iterator[str]:
    """Each verdict as it comes, grouped by what it is about; remarks stand below it."""
    about = ""
    for verdict in verdicts:
        if verdict.claim.about != about:
            about = verdict.claim.about
            yield ""
            yield about
        mark = {Standing.HOLDS: "pass", Standing.BROKEN: "FAIL", Standing.NOT_APPLICABLE: "n/a "}[verdict.standing]
        yield f"  {mark}  {verdict.claim.sentence}"
        for remark in verdict.remarks:
            yield f"          {remark}"


def summary(verdicts: Sequence[Verdict]) -> str:
    """How many there are of each."""
    counts = Counter(verdict.standing for verdict in verdicts)
    return ", ".join(f"{counts[standing]} {standing}" for standing in Standing)


def passed(verdicts: Iterable[Verdict]) -> bool:
    """Whether nothing is broken."""
    return all(verdict.standing is not Standing.BROKEN for verdict in verdicts)


def as_json(verdict: Verdict) -> dict[str, Any]:
    """A verdict as a document."""
    claim = verdict.claim
    return {
        "claim": claim.name,
        "about": claim.about,
        "sentence": claim.sentence,
        "verdict": verdict.standing.value,
        "remarks": list(verdict.remarks),
    }
