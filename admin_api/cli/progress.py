"""How a run goes on, told while it lasts: bars on a terminal, plain lines elsewhere. Always on standard error."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from admin_api.cli.screen import console_on

if TYPE_CHECKING:
    from sync.actions import Watch

_EVERY = 10_000  # rows between two plain lines about the same thing

Told = Callable[[str, int], None]


@contextmanager
def watched() -> Iterator[Watch]:
    """A watch for a run that shows what it is told."""
    from sync.actions import Watch

    with _bars() if sys.stderr.isatty() else _lines() as told:
        yield Watch(
            page=lambda plan, count: told(f"{plan.connection}.{plan.stream}: read", count),
            resolved=lambda what, count: told(f"{what}: resolved", count),
        )


@contextmanager
def _bars() -> Iterator[Told]:
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
        TextColumn("{task.completed:,.0f} rows"),
        TimeElapsedColumn(),
    )
    tasks: dict[str, TaskID] = {}
    with Progress(*columns, console=console_on(sys.stderr)) as bars:

        def told(what: str, count: int) -> None:
            if what not in tasks:
                # A new line begins when the one before is done; how much there will be, no system says beforehand.
                for task in tasks.values():
                    bars.update(task, total=bars.tasks[task].completed or 1)
                    bars.stop_task(task)
                tasks[what] = bars.add_task(what, total=None)
            bars.advance(tasks[what], count)

        yield told
        for task in tasks.values():
            bars.update(task, total=bars.tasks[task].completed or 1)


@contextmanager
def _lines() -> Iterator[Told]:
    so_far: Counter[str] = Counter()
    shown: Counter[str] = Counter()

    def tell(what: str) -> None:
        sys.stderr.write(f"{what} {so_far[what]}\n")
        sys.stderr.flush()
        shown[what] = so_far[what]

    def told(what: str, count: int) -> None:
        so_far[what] += count
        if so_far[what] - shown[what] >= _EVERY:
            tell(what)

    yield told
    for what in so_far:
        if so_far[what] != shown[what]:
            tell(what)
