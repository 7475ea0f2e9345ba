"""Stops a stream when too much of it vanishes or changes sign, and asks a person. Marks nothing paid or deleted."""

from __future__ import annotations

import enum
import json
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from concilia import keys
from concilia.clock import to_text
from concilia.errors import AskSteward, NotFound, RequestInvalid
from concilia.store import debts, ledger, runs, sweeps
from concilia.store.sweeps import ALLOWED, OPEN, OVER, USED, TripRow
from concilia.store.unit_of_work import Tx
from sync.entities import MappedRecord
from sync.hub import Hub
from sync.streams import StreamPlan

AT_LEAST, PERCENT = 100, 5


class Cause(enum.StrEnum):
    """What the breaker looks at."""

    VANISHED = "vanished"
    SIGN = "sign"
    DRIFT = "drift"  # see sync/drift.py


_TOLD = {
    Cause.VANISHED: "are not there any more",
    Cause.SIGN: "changed sign",
    Cause.DRIFT: "have columns that look otherwise than before",
}


class BreakerTripped(AskSteward):
    """A stream was stopped: how many of how many records, and how many would have passed."""

    def __init__(self, plan: StreamPlan, cause: Cause, *, run_id: int, found: int, known: int) -> None:
        limit = allowance(known)
        super().__init__(
            f"{found} of {known} records of {plan.connection}.{plan.stream} {_TOLD[cause]}, more than the {limit} that "
            "pass unasked; nothing was marked as paid, missing or deleted.",
            mend=f"Look at the source. If it is right: concilia runs allow {run_id}, and sync again.",
        )
        self.cause, self.found, self.known, self.allowance = cause, found, known, limit


def allowance(known: int) -> int:
    """How many records of a stream of that size may vanish or change sign in one run without anybody being asked."""
    return max(AT_LEAST, known * PERCENT // 100)


@dataclass(slots=True)
class SignGuard:
    """Counts the records of one reading whose amounts changed sign, before each page is stored."""

    plan: StreamPlan
    run_id: int
    known: int
    allowed: bool
    found: int = 0

    def __call__(self, tx: Tx, accepted: Sequence[MappedRecord]) -> None:
        """Look at one page; BreakerTripped when it makes too many."""
        self.found += _flipped(tx, [one for one in accepted if not one.is_new])
        if not self.allowed and self.found > allowance(self.known):
            raise BreakerTripped(self.plan, Cause.SIGN, run_id=self.run_id, found=self.found, known=self.known)


def guard_of(tx: Tx, plan: StreamPlan, *, run_id: int) -> SignGuard:
    """The guard of one reading of a stream."""
    allowed = sweeps.trips(tx, plan.connection, stream=plan.stream, kind=Cause.SIGN, status=ALLOWED)
    known = sweeps.count_records(tx, plan.connection, stream=plan.stream)
    return SignGuard(plan, run_id, known, allowed=bool(allowed))


def read_well(tx: Tx, plan: StreamPlan, cause: Cause) -> None:
    """The stream passed: a permission is used up, and what was asked and not answered is over."""
    stream = (plan.connection, plan.stream)
    sweeps.end_trips(tx, stream, kind=cause, of=ALLOWED, status=USED)
    sweeps.end_trips(tx, stream, kind=cause, of=OPEN, status=OVER)


def may_vanish(tx: Tx, plan: StreamPlan, *, found: int, known: int) -> bool:
    """Whether so many records may be gone: few enough, or no more than a person allowed."""
    allowed = sweeps.trips(tx, plan.connection, stream=plan.stream, kind=Cause.VANISHED, status=ALLOWED)
    return found <= allowance(known) or any(found <= trip.found for trip in allowed)


def ask(hub: Hub, plan: StreamPlan, fault: BreakerTripped, *, run_id: int) -> None:
    """Keep the question for a person."""
    row = TripRow(
        id=0,
        run_id=run_id,
        connection=plan.connection,
        stream=plan.stream,
        kind=fault.cause,
        found=fault.found,
        known=fault.known,
        allowance=fault.allowance,
        status=OPEN,
        at=to_text(hub.clock()),
    )
    with hub.store.begin() as tx:
        sweeps.trip(tx, row)


def allow(hub: Hub, run_id: int, *, by: str) -> list[TripRow]:
    """Let the next reading of the streams that this run stopped pass; NotFound or RequestInvalid when none waits."""
    with hub.store.begin() as tx:
        found = runs.latest(tx, before=run_id + 1, limit=1)
        if not found or found[0].id != run_id:
            raise NotFound(f"There is no run {run_id}.", mend="List the runs to see their numbers.")
        if not sweeps.allow(tx, run_id, by=by, at=to_text(hub.clock())):
            raise RequestInvalid(f"Run {run_id} asks nothing, or nothing any more.", field="run")
        return [trip for trip in sweeps.trips_of_run(tx, run_id) if trip.status == ALLOWED]


def asked_by(hub: Hub, run_id: int) -> list[TripRow]:
    """What a run asked, and how it was answered."""
    with hub.store.read() as tx:
        return sweeps.trips_of_run(tx, run_id)


def _flipped(tx: Tx, changed: Sequence[MappedRecord]) -> int:
    """How many of these records state an amount whose sign was another one before."""
    ids = [one.id for one in changed]
    before: dict[tuple[str, str], Decimal] = {}
    for debt in debts.of_records(tx, ids):
        before["debt", debt.external_id] = _amount(debt.body, "balance")
    for payment in ledger.of_records(tx, ids):
        before["payment", payment.external_id] = _amount(payment.body, "amount")
    return sum(
        any(before.get(name, Decimal(0)) * amount < 0 for name, amount in _stated(one).items()) for one in changed
    )


def _stated(one: MappedRecord) -> dict[tuple[str, str], Decimal]:
    debts_now = {("debt", keys.external_id(c.key)): Decimal(c.fields["balance"]) for c in one.mapped.debts}
    paid_now = {("payment", keys.external_id(c.key)): Decimal(c.fields["amount"]) for c in one.mapped.payments}
    return debts_now | paid_now


def _amount(body: str, name: str) -> Decimal:
    return Decimal(json.loads(body)["fields"][name])
