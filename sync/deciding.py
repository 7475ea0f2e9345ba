"""What one transaction needs to decide identities: who is loaded, the index, the model in force, the moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from concilia.store.unit_of_work import Tx
from sync.match_index import StoreIndex
from sync.match_models import ActiveModel
from sync.parties import Memory


@dataclass(frozen=True, slots=True)
class Deciding:
    """One transaction's view; `at` is a `clock.to_text` text."""

    memory: Memory
    index: StoreIndex
    matched: ActiveModel
    at: str

    @classmethod
    def in_tx(cls, memory: Memory, matched: ActiveModel, *, at: str) -> Self:
        """With an index of its own over the same transaction."""
        return cls(memory, StoreIndex(memory.tx, memory), matched, at)

    @property
    def tx(self) -> Tx:
        """The transaction."""
        return self.memory.tx
