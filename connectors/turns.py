"""Orders carried out one after the other: one answer for each, whatever becomes of its neighbours. No vendor."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from concilia.errors import ConciliaError, SystemRefused
from connectors.contract import Order, Receipt

AnyOrder = TypeVar("AnyOrder", bound=Order)


def in_turn(orders: Sequence[AnyOrder], carry_out: Callable[[AnyOrder], Receipt]) -> Iterator[Receipt | Exception]:
    """One receipt or error for each order; SystemRefused is the last of its batch, for it would be theirs too."""
    for order in orders:
        try:
            yield carry_out(order)
        except SystemRefused as fault:
            yield fault
            return
        except ConciliaError as fault:
            yield fault
