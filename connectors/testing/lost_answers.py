"""Claims about writes whose call or answer goes wrong: told as what it is, and one effect in the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from concilia.errors import (
    ConciliaError,
    OutcomeUndecidable,
    OutcomeUnknown,
    RecordRejected,
    RetryLater,
    RunMustStop,
    SystemRefused,
)
from connectors.contract import ContactOrder, Operation, Order, Receipt, Rung, Step
from connectors.testing.claims import claims_of
from connectors.testing.harness import DoesNotApply, Harness, Network, Writing
from connectors.testing.mischief import OF_WRITES, at_call, silent, throttled
from connectors.testing.opening import CountingGate, Naps, Way, fronted, opened, sampled
from connectors.testing.server import Fault, HostileServer
from connectors.testing.writing import LOOKED_UP_IN, Answer, again, new_reference, offered, writing_of

_TRIES: Final = 6  # deliveries of one order until it must be over
_MOST_CALLS: Final = 8  # calls of one order that are spoilt in turn
_UNDECIDED: Final = (Rung.READ_COMPARE, Rung.NONE)


def _delivered(harness: Harness, way: Way, operation: Operation, order: Order) -> tuple[Answer | None, list[Step]]:
    """What one attempt of the hub's comes to: the answer, and the steps it kept."""
    steps: list[Step] = []
    answer: Answer | None = None
    with opened(harness, way) as connector:
        try:
            for said in connector.write(operation, [order]):
                if isinstance(said, Step):
                    steps.append(said)
                else:
                    answer = said
        except SystemRefused as fault:
            answer = fault
    return answer, steps


def _over(harness: Harness, way: Way, operation: Operation, order: Order) -> Answer | None:
    """Deliver an order as the hub does until it is over: what is in doubt is looked up before it is told again."""
    known: dict[str, Step] = {}
    doubtful = False
    answer: Answer | None = None
    for _ in range(_TRIES):
        if doubtful and operation in LOOKED_UP_IN:
            with opened(harness, way) as connector:
                found = connector.look_up(LOOKED_UP_IN[operation], [order.reference]).get(order.reference)
            if found is not None:
                return Receipt(found.external_id, found_before=True, fields=found.fields)
        told = again(order, steps=list(known.values())) if doubtful or known else order
        answer, steps = _delivered(harness, way, operation, told)
        known |= {step.name: step for step in steps}
        if isinstance(answer, Receipt | OutcomeUndecidable | RecordRejected):
            return answer
        doubtful = doubtful or isinstance(answer, OutcomeUnknown) or bool(known)
    return answer


def whatever_befalls_a_write_it_has_one_effect(harness: Harness) -> Iterator[str]:
    """Whatever befalls any call of a write, it is told as one of our errors, and told again it has one effect."""
    for operation, rung, writing in offered(harness):
        with fronted(harness) as (network, server):
            calls = _calls_of_one(harness, network, server, operation=operation, writing=writing)
            numbers = range(1, min(calls, _MOST_CALLS) + 1)
            spoilt = [at_call(fault, number, times=1) for fault in OF_WRITES.values() for number in numbers]
            for fault in sampled(harness, spoilt):
                yield from _spoilt(harness, (network, server), fault, operation=operation, rung=rung)


def _calls_of_one(
    harness: Harness, network: Network, server: HostileServer, *, operation: Operation, writing: Writing
) -> int:
    before = len(server.calls)
    _delivered(harness, Way(settings=network.through(server.url)), operation, writing.order(new_reference()))
    return len(server.calls) - before


def _spoilt(
    harness: Harness, line: tuple[Network, HostileServer], fault: Fault, *, operation: Operation, rung: Rung
) -> Iterator[str]:
    network, server = line
    writing = writing_of(harness, operation)
    order = writing.order(new_reference())
    way = Way(settings=network.through(server.url))
    what = f"{operation}, {fault.called} at call {fault.after + 1}"
    taken = len(server.calls)
    server.befall(fault)
    try:
        answer, steps = _delivered(harness, way, operation, order)
    except Exception as stray:  # noqa: BLE001  nothing may get out of a write but one of our errors
        answer, steps = stray, []
    server.befall()
    struck = server.calls[taken + fault.after : taken + fault.after + 1]
    yield from _fits(answer, effect=writing.held(order), what=what, contact=isinstance(order, ContactOrder))
    if isinstance(answer, Receipt | RecordRejected):
        return
    last = _over(harness, way, operation, again(order, steps=steps))
    count = writing.held(order)
    undecided = isinstance(last, OutcomeUndecidable) and rung in _UNDECIDED
    if count != 1 and not (undecided and count <= 1):
        calls = f"{struck[0].method} {struck[0].path.partition('?')[0]}" if struck else "no call"
        yield f"{what} ({calls}): told again, it stands there {count} times and was answered with {last!r}."


def _fits(answer: Answer | None, *, effect: int, what: str, contact: bool) -> Iterator[str]:
    """Whether the answer is true: a receipt for what stands there, no certainty about what is not certain."""
    if not isinstance(answer, Receipt | ConciliaError):
        yield f"{what}: it was answered with {type(answer).__name__}: {answer}"
    elif isinstance(answer, Receipt) and effect != 1:
        yield f"{what}: it gave a receipt, and it stands there {effect} times."
    elif isinstance(answer, RecordRejected):
        yield f"{what}: a good order was refused for good: {answer}"
    elif effect and not contact and isinstance(answer, RetryLater | RunMustStop | SystemRefused):
        yield f"{what}: it took effect, and the answer {type(answer).__name__} says that it did not: {answer}"


def a_write_that_gets_no_answer_is_unknown(harness: Harness) -> Iterator[str]:
    """A write that the peer carries out without ever answering is OutcomeUnknown, or found by looking it up."""
    for operation, rung, writing in offered(harness):
        with fronted(harness) as (network, server):
            if not network.impatient:
                raise DoesNotApply("The harness has no settings with a short time-out.")
            order = writing.order(new_reference())
            server.befall(replace(silent(done=True), when=network.takes_effect, times=1))
            way = Way(settings={**network.through(server.url), **network.impatient})
            answer, steps = _delivered(harness, way, operation, order)
            server.befall()
            if not isinstance(answer, OutcomeUnknown | Receipt | RetryLater):
                yield f"{operation}: it was answered with {answer!r}."
            if not isinstance(answer, Receipt):
                last = _over(harness, way, operation, again(order, steps=steps))
                undecided = isinstance(last, OutcomeUndecidable) and rung in _UNDECIDED
                if not undecided and (count := writing.held(order)) != 1:
                    yield f"{operation}: told again, it stands there {count} times."


def a_throttled_write_is_put_off(harness: Harness) -> Iterator[str]:
    """A write refused with 429 has no effect, keeps the wait that was asked for, and passes the gate."""
    for operation, _, writing in offered(harness):
        with fronted(harness) as (network, server):
            server.befall(replace(throttled(45), when=network.takes_effect, times=1))
            order, gate, naps = writing.order(new_reference()), CountingGate(), Naps()
            way = Way(settings=network.through(server.url), gate=gate, sleep=naps)
            answer, _ = _delivered(harness, way, operation, order)
            waits = [*naps.taken, answer.after.total_seconds() if isinstance(answer, RetryLater) else 0.0]
            if not isinstance(answer, RetryLater) and max(waits) < 45:
                yield f"{operation}: it was answered with {answer!r}."
            if not gate.told or max(waits) < 45:
                yield f"{operation}: it waited {max(waits):g} s of 45, and the gate was told {gate.told}."
            if gate.entered < len(server.calls):
                yield f"{operation}: {len(server.calls)} calls, and the gate was entered {gate.entered} times."


CLAIMS = claims_of(
    "lost answers",
    (
        whatever_befalls_a_write_it_has_one_effect,
        a_write_that_gets_no_answer_is_unknown,
        a_throttled_write_is_put_off,
    ),
)
