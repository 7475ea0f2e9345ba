"""What resolving is governed by, and how it tells its progress. Values only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from concilia.portfolio.debt import LedgerPolicy
from dedup.policy import Policy

Progress = Callable[[str, int], None]


@dataclass(frozen=True, slots=True)
class Policies:
    """Survivorship of fields, and whose word counts for money."""

    survivorship: Policy
    ledger: LedgerPolicy
