"""Where systems disagree about one debt: two balances, paid here and open there, gone. Repairs nothing."""

from __future__ import annotations

import enum
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal


class Kind(enum.StrEnum):
    """What is wrong between two systems."""

    BALANCE = "balance"  # another system states another balance than the debt's owner
    PAID_HERE = "paid_here_open_there"  # nothing is owed in the hub, and a system still asks for money
    MISSING = "missing_in_source"  # a system stated it and does not have it any more


@dataclass(frozen=True, slots=True)
class Held:
    """A debt as the hub holds it: whose word counts, what that system states, and what is left after payments."""

    owner: str
    unit: str
    stated: Decimal
    balance: Decimal


@dataclass(frozen=True, slots=True)
class Said:
    """What one system says of the debt, or said last before it went missing there."""

    connection: str
    unit: str
    balance: Decimal
    missing: bool = False


@dataclass(frozen=True, slots=True)
class Difference:
    """One disagreement: of which kind, with which system, and both figures in the debt's unit."""

    kind: Kind
    connection: str
    ours: Decimal
    theirs: Decimal


def differences(held: Held, said: Sequence[Said]) -> Iterator[Difference]:
    """Everything in which these statements disagree with the hub."""
    for one in said:
        agrees = (one.unit, one.balance) == (held.unit, held.stated)
        if one.missing:
            yield Difference(Kind.MISSING, one.connection, held.stated, one.balance)
        if one.connection != held.owner and not agrees:
            yield Difference(Kind.BALANCE, one.connection, held.stated, one.balance)
        elif not one.missing and held.balance <= 0 < one.balance:
            yield Difference(Kind.PAID_HERE, one.connection, held.balance, one.balance)
