"""Deliver the outbox of one connection: look up what is in doubt, call, keep the receipt, next.

Decides nothing about content. An intent is marked as sent before its call, so that a killed process leaves it in
doubt rather than forgotten; what is in doubt is looked up by our reference before anything is written. Whoever
delivers holds the connection's fence: once another has taken it, nothing he brings home is stored as a state.

Of each record one intent is under way at a time, so different intents of a batch may be written by several threads.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from queue import Empty, SimpleQueue
from threading import Event
from typing import Final

from concilia.clock import from_text, to_text
from concilia.errors import ConciliaError, RecordRejected, RunMustStop, SystemRefused
from concilia.store import fences, outbox
from concilia.store.outbox import IntentRow
from connectors.contract import Connector, Operation, Receipt, Step
from sync.approvals import hold
from sync.hub import Hub
from sync.orders import LOOKED_UP_IN, Done, order_of
from sync.settling import Answered, Delivery, Outcome, TooEarly, Untouched, Worker, keep_step, settle

__all__ = ["Delivery", "deliver"]

BATCH: Final = 50
GROUP: Final = 50  # answers kept in one transaction, if so many have come
LONGEST_WAIT: Final = 15.0
_ALWAYS_ASKED: Final = (Operation.REGISTER_PAYMENT,)  # the connector itself says why it takes none

Put = Callable[[Outcome], None]


def deliver(
    hub: Hub, connector: Connector, connection: str, *, sleep: Callable[[float], None] = time.sleep
) -> Delivery:
    """Deliver everything that is ready; stops early, saying so, when the system cannot be worked with.

    What a busy system put off for a few seconds is waited for, LONGEST_WAIT seconds in all.
    """
    delivery = Delivery(connection)
    patience = LONGEST_WAIT
    worker = _worker(hub, connection)
    try:
        while True:
            batch = _claim(worker)
            if not batch:
                wait = _seconds_to_next(worker)
                if wait is None or wait > patience:
                    break
                patience -= wait
                sleep(wait)
                continue
            with closing(_carried_out(worker, connector, batch)) as groups:
                for group in groups:
                    settle(worker, group, delivery)
                    _stop_if_refused(group)
    except (SystemRefused, RunMustStop) as fault:
        delivery.error = str(fault)
    return delivery


def _worker(hub: Hub, connection: str) -> Worker:
    holder = f"{socket.gethostname()}:{os.getpid()}"
    name = f"push {connection}"
    with hub.store.begin() as tx:
        token = fences.take(tx, name, holder=holder, at=to_text(hub.clock()))
    return Worker(hub, connection, name, token)


def _seconds_to_next(worker: Worker) -> float | None:
    with worker.hub.store.read() as tx:
        due = outbox.next_due(tx, worker.connection)
    return None if due is None else max((from_text(due) - worker.hub.clock()).total_seconds(), 0.01)


def _claim(worker: Worker) -> list[tuple[IntentRow, Done]]:
    with worker.hub.store.begin() as tx:
        at = to_text(worker.hub.clock())
        fences.keep(tx, worker.fence, token=worker.token, at=at)
        hold(tx, worker.hub, worker.connection)
        batch = outbox.ready(tx, worker.connection, now=at, after=0, limit=BATCH)
        outbox.claim(tx, [i.id for i in batch], fence=worker.token, at=at)
        done = outbox.steps(tx, [i.id for i in batch if i.attempts])
    return [(intent, done.get(intent.id, {})) for intent in batch]


def _stop_if_refused(group: Sequence[Outcome]) -> None:
    for outcome in group:
        if isinstance(outcome, Answered) and isinstance(outcome.answer, SystemRefused):
            raise outcome.answer


def _carried_out(
    worker: Worker, connector: Connector, batch: Sequence[tuple[IntentRow, Done]]
) -> Generator[list[Outcome], None, None]:
    """What became of the batch, in groups as large as have come; the caller keeps each before asking for the next."""
    lanes = min(max(connector.capabilities.parallel, 1), len(batch))
    outcomes: SimpleQueue[Outcome | None] = SimpleQueue()
    stop = Event()
    with ThreadPoolExecutor(lanes, thread_name_prefix="push") as pool:
        running = [pool.submit(_Lane(worker, connector, outcomes.put, stop).run, batch[n::lanes]) for n in range(lanes)]
        try:
            open_lanes = lanes
            while open_lanes:
                came = _gathered(outcomes)
                open_lanes -= came.count(None)
                yield [outcome for outcome in came if outcome is not None]
        finally:
            stop.set()
        for lane in running:
            lane.result()


def _gathered(outcomes: SimpleQueue[Outcome | None]) -> list[Outcome | None]:
    """What has come by now, at least one."""
    found = [outcomes.get()]
    while len(found) < GROUP:
        try:
            found.append(outcomes.get_nowait())
        except Empty:
            break
    return found


@dataclass(frozen=True, slots=True)
class _Lane:
    """One thread's share of a batch."""

    worker: Worker
    connector: Connector
    put: Callable[[Outcome | None], None]
    stop: Event

    def run(self, share: Sequence[tuple[IntentRow, Done]]) -> None:
        """Carry out the intents; whatever happens, None is put last."""
        try:
            for operation in Operation:
                of_it = [(i, done) for i, done in share if i.operation == operation]
                if of_it:
                    self._deliver(operation, of_it)
        finally:
            self.put(None)

    def _deliver(self, operation: Operation, share: Sequence[tuple[IntentRow, Done]]) -> None:
        if self.stop.is_set():
            self.put(Untouched(tuple(i for i, _ in share)))
            return
        offered = operation in self.connector.capabilities.writes or operation in _ALWAYS_ASKED
        if not offered:
            for intent, _ in share:
                self.put(Answered(intent, _not_taken(intent, operation)))
            return
        try:
            left = self._looked_up(operation, share)
        except ConciliaError as fault:
            for intent, _ in share:
                doubtful = intent.state == outbox.SENT_UNKNOWN
                self.put(Answered(intent, fault, looking=True) if doubtful else Untouched((intent,)))
            if isinstance(fault, SystemRefused):
                self.stop.set()
            return
        self._write(operation, left)

    def _looked_up(self, operation: Operation, share: Sequence[tuple[IntentRow, Done]]) -> list[tuple[IntentRow, Done]]:
        """Those that are to be written: not the ones in doubt that are there, or that may still come to be there."""
        doubtful = [i for i, _ in share if i.state == outbox.SENT_UNKNOWN]
        if not doubtful or operation not in LOOKED_UP_IN:
            return list(share)
        references = {i.id: order_of(i).reference for i in doubtful}
        found = self.connector.look_up(LOOKED_UP_IN[operation], sorted(references.values()))
        left = []
        for intent, done in share:
            there = found.get(references.get(intent.id, ""))
            until = self._may_come_until(intent)
            if there is not None:
                receipt = Receipt(there.external_id, found_before=True, fields=there.fields)
                self.put(Answered(intent, receipt))
            elif until is not None:
                self.put(TooEarly(intent, until))
            else:
                left.append((intent, done))
        return left

    def _may_come_until(self, intent: IntentRow) -> datetime | None:
        """Until when a call that nobody waits for any more may still take effect; None when that time is over."""
        if intent.state != outbox.SENT_UNKNOWN or intent.sent_at is None:
            return None
        until = from_text(intent.sent_at) + self.connector.capabilities.late
        return until if until > self.worker.hub.clock() else None

    def _write(self, operation: Operation, left: Sequence[tuple[IntentRow, Done]]) -> None:
        waiting = [intent for intent, _ in left]
        if not left:
            return
        answers = self.connector.write(operation, [order_of(i, done) for i, done in left])
        try:
            for answer in answers:
                if isinstance(answer, Step):
                    keep_step(self.worker, waiting[0], answer)
                    continue
                intent = waiting.pop(0)
                self.put(Answered(intent, _deliberate(answer)))
                if isinstance(answer, SystemRefused):
                    self.stop.set()
                if self.stop.is_set():
                    break
        except SystemRefused as fault:
            self.stop.set()
            if not waiting:
                raise
            self.put(Answered(waiting.pop(0), fault))
        self.put(Untouched(tuple(waiting)))


def _deliberate(answer: Receipt | Exception) -> Receipt | ConciliaError:
    if isinstance(answer, (Receipt, ConciliaError)):
        return answer
    raise answer


def _not_taken(intent: IntentRow, operation: Operation) -> RecordRejected:
    if operation is Operation.RECORD_AGREEMENT:
        mend = "Remove `agreements` from its push in concilia.yaml."
        return RecordRejected(f"{intent.connection} takes no agreements.", mend=mend)
    what = str(operation).partition("_")[2]
    return RecordRejected(
        f"{intent.connection} takes no {what}.",
        mend=f"Do it there by hand, then: concilia intents done {intent.id}.",
        code="not_offered",
    )
