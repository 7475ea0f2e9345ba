"""Which of many events may be told now, so that those about one debtor follow one another. Pure.

Each event stands in a queue for every key it has (see `portfolio.event_types.order_keys`), and may go when it is the
first in all of them.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field


@dataclass(slots=True)
class Lanes:
    """Events by number, added in order."""

    _queues: dict[str, deque[int]] = field(default_factory=dict)
    _keys: dict[int, tuple[str, ...]] = field(default_factory=dict)
    _behind: dict[int, int] = field(default_factory=dict)  # in how many of its queues another one is before it
    _ready: list[int] = field(default_factory=list)

    def add(self, number: int, keys: Collection[str]) -> None:
        """Queue an event behind all that were added before it and have a key in common."""
        self._keys[number] = tuple(keys)
        self._behind[number] = 0
        for key in self._keys[number]:
            queue = self._queues.setdefault(key, deque())
            self._behind[number] += bool(queue)
            queue.append(number)
        if not self._behind[number]:
            heapq.heappush(self._ready, number)

    def take(self) -> int | None:
        """The first event that may go now; each is given out once."""
        return heapq.heappop(self._ready) if self._ready else None

    def done(self, number: int) -> None:
        """It is over with an event that was given out: whoever waited for it moves up."""
        del self._behind[number]
        for key in self._keys.pop(number):
            queue = self._queues[key]
            queue.popleft()
            if not queue:
                del self._queues[key]
                continue
            self._behind[queue[0]] -= 1
            if not self._behind[queue[0]]:
                heapq.heappush(self._ready, queue[0])

    def behind(self, number: int) -> Iterator[int]:
        """Those that wait for it, at once or by way of others, in order."""
        reached, seen = [number], {number}
        while reached:
            at = heapq.heappop(reached)
            if at != number:
                yield at
            for key in self._keys[at]:
                for other in self._queues[key]:
                    if other > at and other not in seen:
                        seen.add(other)
                        heapq.heappush(reached, other)

    def __len__(self) -> int:
        """How many are not over."""
        return len(self._keys)
