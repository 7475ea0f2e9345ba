"""Interactions that wait for their party or their debts: woken by what was decided, tried again in their own time.

Waking is one statement in the transaction that decided, and nothing at all while nothing waits. Trying is a
transaction for each interaction, afterwards: a process killed in between leaves them awake for the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from concilia.clock import Clock, to_text
from concilia.servicing import interaction_party, party_clues
from concilia.store import interactions
from concilia.store.debts import SourceDebt
from concilia.store.unit_of_work import Store, Tx

_AT_ONCE = 100


def wake_for_debtors(tx: Tx, debtor_ids: Iterable[int]) -> None:
    """It was decided anew who these source debtors are."""
    if interactions.something_waits(tx):
        interactions.wake(tx, interactions.waiting_for_debtors(tx, debtor_ids))


def wake_for_debts(tx: Tx, stated: Sequence[SourceDebt]) -> None:
    """These debts are stated, and about to be resolved."""
    if interactions.something_waits(tx):
        interactions.wake(tx, interactions.waiting_under(tx, party_clues.debt_keys(stated)))


def try_all(store: Store, *, clock: Clock) -> int:
    """Try everything that is awake, and what that wakes; how many wait no more."""
    found = 0
    while awake := _awake(store):
        for number in awake:
            with store.begin() as tx:
                found += interaction_party.try_again(tx, number, at=to_text(clock())) is not None
    return found


def _awake(store: Store) -> list[str]:
    with store.read() as tx:
        return interactions.awake(tx, limit=_AT_ONCE)
