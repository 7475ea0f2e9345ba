"""Claims about writing: each order once in effect on the declared rung, an answer for each, none stops another."""

from __future__ import annotations

import base64
import hashlib
import itertools
import uuid
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Final

from concilia.errors import (
    ConciliaError,
    OutcomeUndecidable,
    OutcomeUnknown,
    RecordRejected,
    RemoteMoved,
    SystemRefused,
)
from connectors.contract import (
    AgreementOrder,
    Connector,
    ContactOrder,
    Operation,
    Order,
    PaymentOrder,
    Receipt,
    ReversalOrder,
    Rung,
    Step,
)
from connectors.testing.claims import claims_of
from connectors.testing.harness import DoesNotApply, Harness, Writing, given
from connectors.testing.opening import made, opened

Answer = Receipt | Exception
# Where an order is looked up by our reference; what is not here is compared with what is there before each write.
LOOKED_UP_IN: Final[Mapping[Operation, str]] = {
    Operation.REGISTER_PAYMENT: "payments",
    Operation.REGISTER_REVERSAL: "reversals",
    Operation.RECORD_AGREEMENT: "agreements",
}
STRONG: Final = (Rung.SERVER_KEY, Rung.UPSERT, Rung.PRECONDITION)  # rungs on which two at once are still one
_FORGETFUL: Final = (Rung.READ_COMPARE, Rung.NONE)  # rungs of a system that does not keep our reference
_numbers = itertools.count(1)
_run = uuid.uuid4().hex  # so that two runs at one peer do not meet


def new_reference() -> str:
    """A reference as the hub makes them, never used before."""
    digest = hashlib.sha256(f"{_run} {next(_numbers)}".encode()).digest()[:12]
    return f"p{base64.b32encode(digest).decode().rstrip('=').lower()}.1"


def offered(harness: Harness) -> Iterator[tuple[Operation, Rung, Writing]]:
    """The operations the connector declares, with how the harness tries each; DoesNotApply when it writes nothing."""
    with opened(harness) as connector:
        declared = dict(connector.capabilities.writes)
    if not declared:
        raise DoesNotApply("It writes nothing.")
    reasons = [reason for op in declared if isinstance(reason := harness.writing.get(op), str)]
    if len(reasons) == len(declared):
        raise DoesNotApply("; ".join(reasons))
    for operation, rung in declared.items():
        if not isinstance(harness.writing.get(operation), str):
            yield operation, rung, writing_of(harness, operation)


def writing_of(harness: Harness, operation: Operation) -> Writing:
    """How the harness tries an operation."""
    return given(harness.writing.get(operation), called=f"writing[{operation}]")


def carried_out(connector: Connector, operation: Operation, orders: Sequence[Order]) -> list[Answer]:
    """One answer for each order, as the hub would have them; a refusal that is raised is the last answer."""
    answers: list[Answer] = []
    try:
        answers += [a for a in connector.write(operation, list(orders)) if not isinstance(a, Step)]
    except SystemRefused as fault:
        answers.append(fault)
    return answers


def again(order: Order, *, steps: Sequence[Step] = ()) -> Order:
    """The order as it is told once more after a lost answer."""
    match order:
        case PaymentOrder() | ReversalOrder():
            return replace(order, done={**order.done, **{step.name: step for step in steps}}, in_doubt=True)
        case AgreementOrder() | ContactOrder():
            return order


def _once(connector: Connector, operation: Operation, order: Order) -> Answer:
    answers = carried_out(connector, operation, [order])
    return answers[0] if len(answers) == 1 else RuntimeError(f"{len(answers)} answers to one order")


def _told(answer: Answer) -> str:
    return f"{type(answer).__name__} {answer}"


def each_order_is_answered_and_stands_there_once(harness: Harness) -> Iterator[str]:
    """Each order gets one receipt with the id the peer gave, and stands at the peer exactly once."""
    for operation, _, writing in offered(harness):
        orders = [writing.order(new_reference()) for _ in range(2)]
        with opened(harness) as connector:
            answers = carried_out(connector, operation, orders)
        if len(answers) != len(orders):
            yield f"{operation}: {len(answers)} answers to {len(orders)} orders."
        for order, answer in zip(orders, answers, strict=False):
            if not isinstance(answer, Receipt):
                yield f"{operation} was answered with {_told(answer)}."
            elif not answer.external_id or answer.found_before:
                yield f"{operation}: the receipt of a first write is {answer}."
            if (count := writing.held(order)) != 1:
                yield f"{operation} stands there {count} times."


def an_order_told_twice_has_one_effect(harness: Harness) -> Iterator[str]:
    """An order that is told again, by another process, has one effect; the second receipt says it was there before."""
    for operation, rung, writing in offered(harness):
        order = writing.order(new_reference())
        steps: list[Step] = []
        with opened(harness) as connector:
            answers = list(connector.write(operation, [order]))
            steps = [answer for answer in answers if isinstance(answer, Step)]
            first = answers[-1] if answers else None
        with opened(harness) as connector:
            second = _once(connector, operation, again(order, steps=steps))
        if not isinstance(first, Receipt):
            yield f"{operation} was answered with {first}."
        if isinstance(second, Receipt) and not second.found_before:
            yield f"{operation}: the second receipt says that it was written now."
        if not isinstance(second, Receipt | OutcomeUndecidable) or (
            isinstance(second, OutcomeUndecidable) and rung not in _FORGETFUL
        ):
            yield f"{operation} told again was answered with {_told(second)}."
        if (count := writing.held(order)) != 1:
            yield f"{operation} stands there {count} times."


def what_was_written_is_found_by_our_reference(harness: Harness) -> Iterator[str]:
    """look_up finds what was written by our reference, and leaves out references that nobody used."""
    for operation, rung, writing in offered(harness):
        if operation not in LOOKED_UP_IN or rung in _FORGETFUL:
            continue
        stream, order, stranger = LOOKED_UP_IN[operation], writing.order(new_reference()), new_reference()
        with opened(harness) as connector:
            if connector.look_up(stream, [order.reference]):
                yield f"{operation} is found before it was written."
            answer = _once(connector, operation, order)
            found = connector.look_up(stream, [order.reference, stranger])
            nothing = connector.look_up(stream, [])
        if set(found) != {order.reference}:
            yield f"{operation}: of one that was written and one that was not, {sorted(found)} were found."
        elif isinstance(answer, Receipt) and found[order.reference].external_id != answer.external_id:
            there = found[order.reference].external_id
            yield f"{operation}: the receipt says {answer.external_id}, the look-up {there}."
        if nothing:
            yield f"{operation}: looking up nothing found {len(nothing)}."


def one_bad_order_stops_no_other(harness: Harness) -> Iterator[str]:
    """A bad order among good ones is RecordRejected and leaves nothing there; its neighbours are carried out."""
    for operation, _, writing in offered(harness):
        if isinstance(writing.bad, str):
            continue
        make_bad = given(writing.bad, called=f"writing[{operation}].bad")
        orders = [writing.order(new_reference()), make_bad(new_reference()), writing.order(new_reference())]
        with opened(harness) as connector:
            answers = carried_out(connector, operation, orders)
        if [type(answer) for answer in answers] != [Receipt, RecordRejected, Receipt]:
            if not (len(answers) == 3 and isinstance(answers[1], RemoteMoved)):
                yield f"{operation}: good, bad, good were answered with {'; '.join(map(_told, answers))}."
        elif len(str(answers[1])) < 10:
            yield f"{operation}: the refusal says nothing: {answers[1]}"
        counts = [writing.held(order) for order in orders]
        if counts != [1, 0, 1]:
            yield f"{operation}: good, bad, good stand there {counts} times."


def two_at_once_have_one_effect(harness: Harness) -> Iterator[str]:
    """The same order told by two at once has one effect, on rungs where the peer itself decides."""
    strong = [(operation, writing) for operation, rung, writing in offered(harness) if rung in STRONG]
    if not strong:
        raise DoesNotApply("On its rungs two at once may be two; the hub writes to one record by one worker at a time.")
    for operation, writing in strong:
        order = writing.order(new_reference())
        connectors = [made(harness) for _ in range(2)]
        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(lambda one, op=operation, o=order: _once(one, op, o), connectors))
        for connector in connectors:
            connector.close()
        if (count := writing.held(order)) != 1:
            yield f"{operation} stands there {count} times; the answers were {'; '.join(map(_told, answers))}."
        if not any(isinstance(answer, Receipt) for answer in answers):
            yield f"{operation}: neither was carried out: {'; '.join(map(_told, answers))}."


def orders_written_in_parallel_are_all_there(harness: Harness) -> Iterator[str]:
    """Different orders written by as many threads as the connector allows are all there once."""
    with opened(harness) as connector:
        lanes = connector.capabilities.parallel
    for operation, _, writing in offered(harness):
        orders = [writing.order(new_reference()) for _ in range(2 * max(lanes, 1))]
        with opened(harness) as connector, ThreadPoolExecutor(max(lanes, 1)) as pool:
            answers = list(pool.map(lambda o, c=connector, op=operation: _once(c, op, o), orders))
        for order, answer in zip(orders, answers, strict=True):
            if not isinstance(answer, Receipt) or writing.held(order) != 1:
                yield f"{operation} stands there {writing.held(order)} times and was answered with {_told(answer)}."


def an_order_is_resumed_behind_each_of_its_steps(harness: Harness) -> Iterator[str]:
    """A write of several steps that is stopped behind any of them is resumed there by another process."""
    stepped = False
    for operation, rung, writing in offered(harness):
        for stop in itertools.count(1):
            order = writing.order(new_reference())
            done: list[Step] = []
            with opened(harness) as connector:
                for answer in connector.write(operation, [order]):
                    if isinstance(answer, Step):
                        done.append(answer)
                    if not isinstance(answer, Step) or len(done) == stop:
                        break  # as a killed process: nothing behind the step is asked for
            if len(done) < stop:
                break
            stepped = True
            with opened(harness) as connector:
                second = _once(connector, operation, again(order, steps=done))
            undecided = isinstance(second, OutcomeUndecidable) and rung in _FORGETFUL
            if not isinstance(second, Receipt) and not undecided:
                yield f"{operation}, stopped behind {done[-1].name}, was then answered with {_told(second)}."
            if writing.held(order) != 1 and not undecided:
                yield f"{operation}, stopped behind {done[-1].name}, stands there {writing.held(order)} times."
    if not stepped:
        raise DoesNotApply("Its writes have no steps.")


def an_edit_there_is_never_overwritten(harness: Harness) -> Iterator[str]:
    """A field that somebody edited there since is left alone, and told as RemoteMoved with what is there now."""
    changing = [(op, writing) for op, _, writing in offered(harness) if op is Operation.UPDATE_CONTACT]
    if not changing:
        raise DoesNotApply("It changes no fields.")
    for operation, writing in changing:
        order = writing.order(new_reference())
        given(writing.edit, called=f"writing[{operation}].edit")(order)
        with opened(harness) as connector:
            answer = _once(connector, operation, order)
        if not isinstance(answer, RemoteMoved):
            yield f"{operation} was answered with {_told(answer)}."
        if writing.held(order):
            yield f"{operation} was written over what somebody had edited."


def an_operation_it_does_not_offer_is_refused(harness: Harness) -> Iterator[str]:
    """An operation that is not declared is refused in words and has no effect."""
    with opened(harness) as connector:
        for operation in Operation:
            if operation in connector.capabilities.writes:
                continue
            try:
                answers = list(connector.write(operation, [_any_order(operation)]))
            except ConciliaError:
                continue
            if not answers or not all(isinstance(answer, ConciliaError) for answer in answers):
                yield f"{operation} was answered with {answers}."
            if any(isinstance(answer, OutcomeUnknown) for answer in answers):
                yield f"{operation} was answered with OutcomeUnknown."


def _any_order(operation: Operation) -> Order:
    reference, day = new_reference(), "2026-01-02"
    match operation:
        case Operation.REGISTER_PAYMENT:
            return PaymentOrder("k", "1", "1", "CLP", day, method="transfer", reference=reference)
        case Operation.REGISTER_REVERSAL:
            return ReversalOrder("k", "1", "1", "CLP", day, reference=reference, payment=new_reference())
        case Operation.RECORD_AGREEMENT:
            return AgreementOrder("k", reference, "a1", "recorded", "1", "1", "promise", "active", "1", "CLP", day)
        case Operation.UPDATE_CONTACT:
            return ContactOrder("k", reference, "people", "1", "phone", {"phone": "1"}, {"phone": None})


CLAIMS = claims_of(
    "writing",
    (
        each_order_is_answered_and_stands_there_once,
        an_order_told_twice_has_one_effect,
        what_was_written_is_found_by_our_reference,
        one_bad_order_stops_no_other,
        two_at_once_have_one_effect,
        orders_written_in_parallel_are_all_there,
        an_order_is_resumed_behind_each_of_its_steps,
        an_edit_there_is_never_overwritten,
        an_operation_it_does_not_offer_is_refused,
    ),
)
