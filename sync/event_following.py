"""Follow events as they happen: which of them somebody wants, from where on, page by page. Tells nobody.

Each page is a short reading transaction of its own, so that a slow reader holds nothing in the database.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from concilia.documents import did_you_mean
from concilia.errors import RequestInvalid
from concilia.portfolio.event_catalogue import CATALOGUE, is_pattern
from concilia.portfolio.event_types import is_selected
from concilia.servicing.debtors import standing_id
from concilia.store import access, events
from concilia.store.events import RecordedFact
from sync.cloud_events import keys_of
from sync.hub import Hub

PAGE: Final = 200


@dataclass(slots=True)
class Following:
    """Somebody who follows: the number of the last event looked at, and what is wanted of the others.

    Who follows a debtor goes on following it under the id that it is merged into.
    """

    through: int
    patterns: tuple[str, ...] = ()
    debtors: set[str] = field(default_factory=set)
    dry: bool = False  # nothing more was there at the last look

    def wanted(self, facts: Sequence[RecordedFact]) -> Iterator[RecordedFact]:
        """Those of the next events that are wanted; all of them count as looked at."""
        for fact in facts:
            self.through = fact.seq
            if self.debtors:
                if self.debtors.isdisjoint(keys_of(fact)):
                    continue
                if fact.type == "debtor.merged" and fact.subject in self.debtors:
                    self.debtors.add(str(fact.body["into"]))
            if is_selected(fact.type, self.patterns):
                yield fact


def follow(hub: Hub, *, after: int | None, types: Sequence[str] = (), debtor: str = "") -> Following:
    """Begin behind a number, or with what happens from now on. RequestInvalid for a type that there is not."""
    for text in types:
        if not is_pattern(text):
            mend = did_you_mean(text, CATALOGUE) or "GET /v1/event-types lists them."
            raise RequestInvalid("There is no such type of events.", mend=mend, field="types")
    with hub.store.read() as tx:
        start = events.latest(tx) if after is None else after
        standing = standing_id(tx, debtor) if debtor else None
    return Following(start, tuple(types), {one for one in (debtor, standing) if one})


def next_page(hub: Hub, following: Following) -> list[RecordedFact]:
    """What is wanted of the next events; `dry` says whether there were fewer than a page of them."""
    with hub.store.read() as tx:
        found = list(events.after(tx, following.through, limit=PAGE))
    following.dry = len(found) < PAGE
    return list(following.wanted(found))


def latest(hub: Hub) -> int:
    """The number of the last event."""
    with hub.store.read() as tx:
        return events.latest(tx)


def is_in_force(hub: Hub, key_id: int) -> bool:
    """Whether an API key was not revoked since."""
    with hub.store.read() as tx:
        return any(key.id == key_id and key.revoked_at is None for key in access.keys(tx))
