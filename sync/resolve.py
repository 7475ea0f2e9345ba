"""Drain what is pending, in batches, each one transaction: debtors, then debts, then payments."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from concilia.clock import Clock, to_text
from concilia.store import contact_evidence, crosswalk, debts, ledger, locks
from concilia.store.unit_of_work import Store
from sync import golden_records, identity, match_models, money, rematch, waiting
from sync.policies import Policies, Progress

BATCH = 500


@dataclass(slots=True)
class Tally:
    """What a whole resolve did."""

    debtors: int = 0
    debts: int = 0
    payments: int = 0
    created: int = 0
    merged: int = 0
    alarms: int = 0
    note: str = ""  # what matching has to say of its weights

    def as_json(self) -> Mapping[str, int]:
        """The counters by name."""
        return {name: getattr(self, name) for name in ("debtors", "debts", "payments", "created", "merged", "alarms")}


def resolve_all(store: Store, policies: Policies, *, clock: Clock, progress: Progress | None = None) -> Tally:
    """Resolve until nothing is pending. What waits is tried again whenever something it may wait for arrived."""
    tally = Tally()
    told = progress or (lambda _what, _count: None)
    while _hear(store):
        pass
    _match_at_once(store, policies, clock=clock, tally=tally, told=told)
    while _debtor_batch(store, policies, clock=clock, tally=tally, told=told):
        pass
    if tally.debtors >= rematch.LEAST and not tally.note:
        told("checking cuts", 0)
        tally.note = rematch.recheck_cuts(store, clock=clock)
    while _debt_batch(store, policies, clock=clock, tally=tally, told=told):
        pass
    while _payment_batch(store, policies, clock=clock, tally=tally, told=told):
        pass
    if found := waiting.try_all(store, clock=clock):
        told("interactions", found)
    return tally


def _hear(store: Store) -> bool:
    """Debtors of whose contact points something was heard are resolved with the rest."""
    with store.begin() as tx:
        locks.in_turn(tx, "identity")
        debtor_ids = contact_evidence.unheeded(tx, limit=BATCH)
        crosswalk.mark_pending(tx, debtor_ids)
        contact_evidence.set_heeded(tx, debtor_ids)
        return bool(debtor_ids)


def _match_at_once(store: Store, policies: Policies, *, clock: Clock, tally: Tally, told: Progress) -> None:
    """A load that is most of the portfolio, or a new model, is matched over arrays; the rest comes by batches."""
    with store.begin() as tx:
        if not rematch.due(tx, at=to_text(clock())):
            return
        learn = match_models.active(tx, at=to_text(clock())).shipped
    done = rematch.rematch(store, policies, clock=clock, told=told, learn=learn)
    tally.debtors, tally.created, tally.merged = tally.debtors + done.debtors, done.created, done.merged
    tally.alarms, tally.note = done.alarms, done.note


def _debtor_batch(store: Store, policies: Policies, *, clock: Clock, tally: Tally, told: Progress) -> bool:
    with store.begin() as tx:
        locks.in_turn(tx, "identity")
        pending = crosswalk.pending(tx, limit=BATCH)
        at = to_text(clock())
        if not pending or not match_models.active(tx, at=at).linked:
            return False  # whoever matches everybody anew takes along what is pending
        resolved = identity.resolve_batch(tx, pending, trust=policies.ledger.trust, at=at)
        changes = golden_records.bring_up_to_date(tx, resolved, policy=policies.survivorship, at=at)
        if not tally.debtors:
            # In this transaction: a process killed later must not leave the waiting ones asleep.
            debts.wake_waiting(tx)
    tally.debtors += len(pending)
    tally.created += changes.created
    tally.merged += changes.merged
    tally.alarms += len(resolved.alarms)
    told("debtors", len(pending))
    return True


def _debt_batch(store: Store, policies: Policies, *, clock: Clock, tally: Tally, told: Progress) -> bool:
    with store.begin() as tx:
        locks.in_turn(tx, "money")
        pending = debts.pending_sources(tx, limit=BATCH)
        if not pending:
            return False
        waiting.wake_for_debts(tx, pending)
        money.resolve_debts(tx, pending, policy=policies.ledger, at=to_text(clock()))
        if not tally.debts:
            ledger.wake_waiting(tx)
    tally.debts += len(pending)
    told("debts", len(pending))
    return True


def _payment_batch(store: Store, policies: Policies, *, clock: Clock, tally: Tally, told: Progress) -> bool:
    with store.begin() as tx:
        locks.in_turn(tx, "money")
        pending = ledger.pending_sources(tx, limit=BATCH)
        if not pending:
            return False
        money.resolve_payments(tx, pending, policy=policies.ledger, at=to_text(clock()))
    tally.payments += len(pending)
    told("payments", len(pending))
    return True
