"""The rules that hold for one debtor: everywhere's, its country's, its subdivision's, as a value with a digest."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from concilia.documents import Document
from concilia.portfolio.contact_rules.loading import packs_of
from concilia.portfolio.contact_rules.rules import BUSINESSES, CONSUMERS, Pack, Rule, State, When


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Packs with what they were read from; equal digests are equal rules."""

    packs: tuple[Pack, ...]
    body: str  # JSON text of the packs' content, from which `reopened` makes the same rulebook
    digest: str
    version: str

    def rules_on(self, day: date, *, channel: str, purpose: str, consumer: str) -> list[Rule]:
        """The rules in force on that day. Who is not known to be a business is a consumer."""
        kind = BUSINESSES if consumer == BUSINESSES else CONSUMERS
        return [
            rule
            for pack in self.packs
            if pack.in_force(day)
            for rule in pack.rules
            if purpose in rule.purposes and channel in rule.channels and kind in rule.applies_to
        ]

    def in_force(self, day: date) -> bool:
        """Whether some pack of the country itself holds on that day."""
        return any(pack.in_force(day) for pack in self.packs[1:])

    @property
    def grace_days(self) -> int:
        """The longest time for which an announced payment is believed."""
        terms = [rule.terms for pack in self.packs for rule in pack.rules]
        found = [t.grace for t in terms if isinstance(t, When) and t.state is State.ANNOUNCED_PAYMENT]
        return max(found, default=0)


def rulebook(contents: Sequence[Mapping[str, Any]]) -> Rulebook:
    """The rulebook of these packs, given as the plain content of their documents."""
    return reopened(json.dumps(contents, ensure_ascii=False, sort_keys=True))


@lru_cache(maxsize=256)
def reopened(body: str) -> Rulebook:
    """The rulebook whose `body` that is."""
    contents = json.loads(body)
    packs = packs_of(Document(f"{content['country']} {content['version']}", content) for content in contents)
    digest = hashlib.sha256(body.encode()).hexdigest()[:32]
    return Rulebook(packs, body, digest, ", ".join(f"{pack.place} {pack.version}" for pack in packs))
