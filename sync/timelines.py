"""The verbs of timelines: a page of one, the whole of it, and its evidence as lines that prove each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from concilia.clock import to_text
from concilia.errors import RequestInvalid
from concilia.servicing import evidence_chain, timeline
from concilia.servicing.moments import instant
from concilia.store.timelines import KINDS, Place, Span
from sync.hub import Hub

_PAGE: Final = 500
_SEPARATOR: Final = "|"
_LONGEST: Final = 19  # digits of a number that both databases can hold


@dataclass(frozen=True, slots=True)
class Asked:
    """Which part of a timeline is wanted: kinds (none: all), since and until when, and which end comes first."""

    kinds: tuple[str, ...] = ()
    since: str = ""
    until: str = ""
    newest_first: bool = True


@dataclass(frozen=True, slots=True)
class Page:
    """Where the debtor stands now, its entries, and the mark behind which the next page begins; empty at the end."""

    debtor: str
    entries: list[dict[str, Any]]
    next: str = ""


def page(hub: Hub, golden_id: str, asked: Asked, *, after: str = "", limit: int = 50) -> Page:
    """The next entries of a debtor; a merged id answers with where it went.

    NotFound for an unknown debtor, RequestInvalid for an unknown kind or a moment that is none.
    """
    span = replace(_span(asked), behind=_place(after) if after else None)
    with hub.store.read() as tx:
        now, found = timeline.of_debtor(tx, golden_id, span, limit=limit + 1)
    shown = found[:limit]
    mark = _mark(shown[-1][0]) if len(found) > limit else ""
    return Page(now, [entry for _, entry in shown], mark)


def evidence(hub: Hub, golden_id: str, asked: Asked) -> Iterator[dict[str, Any]]:
    """The whole timeline, oldest first, as lines of which each holds the hash of the one before."""
    span = replace(_span(asked), newest_first=False)
    with hub.store.read() as tx:
        now, _ = timeline.of_debtor(tx, golden_id, span, limit=1)
        head = {
            "evidence": "timeline",
            "debtor": now,
            "asked_for": golden_id,
            "kinds": list(asked.kinds or KINDS),
            "since": span.since,
            "until": span.until,
            "made_at": to_text(hub.clock()),
            "times": "UTC; what was told in another zone stands under `told` with its offset",
            "hash_of": "SHA-256 of the line's JSON without `hash`: keys sorted, no spaces, UTF-8",
        }

        def entries() -> Iterator[dict[str, Any]]:
            behind = None
            while True:
                _, found = timeline.of_debtor(tx, now, replace(span, behind=behind), limit=_PAGE)
                yield from (entry for _, entry in found)
                if len(found) < _PAGE:
                    return
                behind = found[-1][0]

        yield from evidence_chain.chained(head, entries())


def _span(asked: Asked) -> Span:
    unknown = sorted(set(asked.kinds) - set(KINDS))
    if unknown:
        raise RequestInvalid(
            f"There is no kind {unknown[0]!r} of entries.", mend=f"Known are: {', '.join(KINDS)}.", field="kind"
        )
    since, until = (to_text(instant(text, name)) if text else "" for name, text in _ends(asked))
    return Span(asked.kinds, since, until, newest_first=asked.newest_first)


def _ends(asked: Asked) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("since", asked.since), ("until", asked.until)


def _mark(place: Place) -> str:
    return _SEPARATOR.join((place.at, str(place.rank), str(place.number), place.name))


def _place(mark: str) -> Place:
    parts = mark.split(_SEPARATOR)
    numbers = all(part.isdecimal() and len(part) < _LONGEST for part in parts[1:3])
    if len(parts) != 4 or not numbers:
        raise RequestInvalid("That is no place in a timeline.", mend="Send `next` of the page before.", field="after")
    return Place(parts[0], int(parts[1]), int(parts[2]), parts[3])
