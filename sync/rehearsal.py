"""Do something for good or only to see what it would do: a rehearsal is really made, and taken back unseen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from concilia.store.unit_of_work import Store, Tx

T = TypeVar("T")


class _Seen(Exception):
    """Rolls a rehearsal back; never leaves this file."""

    def __init__(self, outcome: Any) -> None:
        super().__init__()
        self.outcome = outcome


def rehearsed(store: Store, act: Callable[[Tx], T]) -> T:
    """What `act` answers; nothing of what it wrote stays."""
    try:
        with store.begin() as tx:
            raise _Seen(act(tx))  # noqa: TRY301 - rolls back
    except _Seen as seen:
        found: T = seen.outcome
        return found
