"""Field-level difference of two canonical records. No judgement on who wins."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """One field whose value differs; None on the side that does not have it."""

    field: str
    before: str | None
    after: str | None

    def __str__(self) -> str:
        if self.before is None:
            return f"{self.field}: + {self.after}"
        return f"{self.field}: - {self.before}" if self.after is None else f"{self.field}: {self.before} → {self.after}"


def diff(before: Mapping[str, str], after: Mapping[str, str]) -> tuple[Difference, ...]:
    """What changed from `before` to `after`, by field name; nothing when they are equal."""
    names = sorted({*before, *after})
    return tuple(
        Difference(name, before.get(name), after.get(name)) for name in names if before.get(name) != after.get(name)
    )
