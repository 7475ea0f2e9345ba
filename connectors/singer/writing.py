"""Telling orders to a target: SCHEMA, RECORD and a STATE of ours behind each. Only what it echoes counts as written.

A target says nothing else: whatever it did not echo may be written or not, and it cannot be asked. One that upserts is
told many at once, and again one by one when that failed. One that merely appends is told one order at a time, each in
a process of its own, and money whose answer was lost waits for a person, unless the user says that it may be repeated.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeGuard

from concilia.errors import (
    ConciliaError,
    OutcomeUndecidable,
    OutcomeUnknown,
    RunMustStop,
    SystemRefused,
    SystemUnreachable,
)
from connectors.contract import Order, PaymentOrder, Receipt, ReversalOrder
from connectors.programs import CutLine
from connectors.singer.client import ended_badly, running
from connectors.singer.messages import line_of
from connectors.singer.settings import ProgramSettings
from connectors.singer.shapes import Shape, Telling, telling_of

_BOOKMARK: Final = "concilia"


@dataclass(slots=True)
class Writer:
    """One target. `upserts` is the user's word that a record told twice under its key is one record there.

    `repeats` is the user's word that it does no harm if it is two: whoever reads them knows them by the reference.
    """

    program: ProgramSettings
    shape: Shape
    upserts: bool
    system: str
    repeats: bool = False
    _starts: bool = False  # it was seen to start, take nothing, and end well

    def write(self, orders: Sequence[Order]) -> Iterator[Receipt | ConciliaError]:
        """A receipt for each order that the target acknowledged, in turn; OutcomeUnknown for any other."""
        try:
            self.start_once()
        except SystemRefused as fault:
            yield fault
            return
        left = list(orders)
        if self.upserts and len(left) > 1:
            known = [answer for answer in self._tell(left) if isinstance(answer, Receipt)]
            yield from known
            left = left[len(known) :]
        for order in left:
            yield from self._tell([order])

    def start_once(self) -> None:
        """Start it with nothing to take in; SystemUnreachable when it does not end well, before any order is told."""
        if self._starts:
            return
        try:
            with running(self.program) as program:
                program.tell(b"")
                for _ in program.lines():
                    pass
                if code := program.exit_code():
                    raise ended_badly(self.program.terms.called, code, program.last_words)
        except RunMustStop as fault:
            raise SystemUnreachable(fault.message, mend=fault.mend, system=self.system) from fault
        self._starts = True

    def _tell(self, orders: Sequence[Order]) -> list[Receipt | ConciliaError]:
        in_doubt = [order for order in orders if self._is_for_a_person(order) and order.in_doubt]
        if in_doubt:  # one alone: only a target that upserts is told several
            return [OutcomeUndecidable(f"{self.program.terms.called} was told it before and did not acknowledge it.")]
        try:
            told = [telling_of(order, self.shape) for order in orders]
        except ConciliaError as fault:
            return [fault] * len(orders)
        batch = uuid.uuid4().hex
        known, why = self._acknowledged(_input(told, batch=batch), batch=batch)
        receipts: list[Receipt | ConciliaError] = [Receipt(order.reference) for order in orders[:known]]
        unknown = f"{self.program.terms.called} did not acknowledge it{why}"
        lost = [OutcomeUndecidable if self._is_for_a_person(order) else OutcomeUnknown for order in orders[known:]]
        return receipts + [kind(unknown) for kind in lost]

    def _is_for_a_person(self, order: Order) -> TypeGuard[PaymentOrder | ReversalOrder]:
        """Whether nobody but a person may say what became of a lost answer: money that could be doubled."""
        return isinstance(order, PaymentOrder | ReversalOrder) and not (self.upserts or self.repeats)

    def _acknowledged(self, text: bytes, *, batch: str) -> tuple[int, str]:
        """How many orders it said are done, and what went wrong with the others."""
        known = 0
        try:
            with running(self.program) as program:
                program.tell(text)
                for line in program.lines():
                    known = max(known, _done(line, batch=batch))
                code = program.exit_code()
                return known, f": {ended_badly('it', code, program.last_words).message}" if code else "."
        except ConciliaError as fault:
            return known, f": {fault.message}"


def _input(told: Sequence[Telling], *, batch: str) -> bytes:
    lines: list[bytes] = []
    schema: Any = None
    for number, telling in enumerate(told, start=1):
        if telling.schema != schema:
            schema = telling.schema
            lines.append(line_of(schema))
        lines.append(line_of({"type": "RECORD", "stream": schema["stream"], "record": dict(telling.record)}))
        state = {"bookmarks": {_BOOKMARK: {"batch": batch, "told": number}}}
        lines.append(line_of({"type": "STATE", "value": state}))
    return b"".join(lines)


def _done(line: bytes, *, batch: str) -> int:
    """How far a line of the target's output says that it has come with our batch."""
    try:
        found = None if isinstance(line, CutLine) else json.loads(line)
        state = found.get("value", found) if isinstance(found, dict) else {}
        ours = state["bookmarks"][_BOOKMARK]
        return int(ours["told"]) if ours["batch"] == batch else 0
    except (ValueError, KeyError, TypeError, RecursionError):
        return 0
