"""Writing to a described system, once in effect: look up our reference, refuse what cannot be, write, read back.

A write of several calls gives out a Step after each but the last, and goes on behind those that are done. What was
found half done (a draft) is gone on with.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from concilia.errors import (
    ConciliaError,
    Conflict,
    OutcomeUnknown,
    RecordRejected,
    RetryLater,
    RunMustStop,
    SystemRefused,
)
from connectors.contract import AgreementOrder, Found, PaymentOrder, Receipt, ReversalOrder, Step
from connectors.manifest.calls import Calls, steps_of
from connectors.manifest.conditions import cell, hold, holds, listed, number
from connectors.manifest.faults import NOTHING
from connectors.manifest.templates import Scope, as_text, filled, named_in
from connectors.paging import dig

Fact = PaymentOrder | ReversalOrder | AgreementOrder
Writing = Generator[Step, None, Receipt]
_MOST_FOUND = 1000


@dataclass(frozen=True, slots=True)
class Writer:
    """One operation of one connection: `said` is its part of the manifest."""

    calls: Calls
    said: Mapping[str, Any]

    def write(self, orders: Sequence[Fact]) -> Iterator[Receipt | Step | Exception]:
        """One receipt or error for each order, in turn, after its steps."""
        return in_turn(orders, self._written)

    @property
    def by_reference_alone(self) -> bool:
        """Whether a write can be looked up with nothing but our reference."""
        said = self._by_reference_said or {}
        asked = {name: said.get(name) for name in ("path", "request_parameters", "reference_is")}
        named = {path for path in named_in(list(asked.values())) if path[0] in ("order", "target")}
        return bool(said) and named <= {("order", "reference")}

    def look_up(self, references: Sequence[str]) -> dict[str, Found]:
        """What stands under each of our references and is complete.

        Nothing where only the whole order leads to it: the writer looks by itself before it writes.
        """
        found: dict[str, Found] = {}
        said = self._by_reference_said
        for reference in references if said is not None and self.by_reference_alone else ():
            one = self._by_reference(self.calls.scope(order={"reference": reference}), reference, said=said)
            if one is not None and hold((said or {}).get("complete"), one, {}):
                found[reference] = Found(as_text(cell(one, (said or {}).get("id", "id")) or ""), one)
        return found

    @property
    def _by_reference_said(self) -> Mapping[str, Any] | None:
        return self.said.get("look_up_by_reference") or self.said.get("look_up")

    def _written(self, order: Fact) -> Writing:
        scope = self.calls.scope(order=asdict(order))
        known = self._by_reference(scope, order.reference)
        if known is not None:
            self._confirm_same(known, order, scope)
            if self._is_complete(known):
                return self._receipt(self._id_of(known), known, scope, found_before=True)
        aim = self._target(scope)
        scope = {**scope, "target": aim}
        if known is None:
            self._refuse(aim, scope)
            external, fields = yield from self._first(order, scope)
        else:
            external, fields = self._id_of(known), known
        external, fields = yield from self._rest(order, scope, external=external, fields=fields)
        if self.said.get("read_back"):
            external, fields = self._read_back(order, scope)
        return self._receipt(external, fields, scope, found_before=False)

    def _first(self, order: Fact, scope: Scope) -> Generator[Step, None, tuple[str, Mapping[str, Any]]]:
        done = _done(order, "first")
        if done is not None:
            return done.external_id, done.fields
        external, fields = self._made(self.said["request"], scope, known="")
        if self.said.get("steps"):
            yield Step("first", external, fields)
        return external, fields

    def _rest(
        self, order: Fact, scope: Scope, *, external: str, fields: Mapping[str, Any]
    ) -> Generator[Step, None, tuple[str, Mapping[str, Any]]]:
        steps = self.said.get("steps") or []
        for index, step in enumerate(steps):
            done = _done(order, step["name"])
            if done is not None:
                continue
            behind = {**scope, "step": {"external_id": external, **fields}}
            _, said = self._made(step["request"], behind, known=external)
            fields = {**fields, **said}
            if index < len(steps) - 1:
                yield Step(step["name"], external, fields)
        return external, fields

    def _made(self, request: Mapping[str, Any], scope: Scope, *, known: str) -> tuple[str, Mapping[str, Any]]:
        """The id and the fields that a call answered; RecordRejected with the system's words when it refused."""
        call = {"http_method": "POST", **request}
        try:
            answer = self.calls.send(call, scope)
        except Conflict as fault:
            raise RecordRejected(fault.message, mend=fault.mend, code="conflict") from fault
        if answer.status >= 400:
            raise self.calls.refused(answer)
        body = None if answer.status == NOTHING or not answer.body.strip() else answer.json()
        said = dig(body, steps_of(request.get("field_path")))
        fields = said if isinstance(said, Mapping) else {}
        at = self.said.get("external_id")
        external = dig(body, steps_of(at)) if at is not None else None
        if known:
            return known, fields
        if external in (None, "") or isinstance(external, Mapping | list):
            raise OutcomeUnknown(f"{self.calls.system} reported it done but does not say which it is.")
        return as_text(external), fields

    def _read_back(self, order: Fact, scope: Scope) -> tuple[str, Mapping[str, Any]]:
        """What was made, as the system holds it; OutcomeUnknown when it does not show it."""
        try:
            found = self._by_reference(scope, order.reference)
        except ConciliaError as fault:
            raise OutcomeUnknown(f"{self.calls.system} reported it done; looking failed: {fault.message}") from fault
        if found is None or not self._is_complete(found):
            raise OutcomeUnknown(f"{self.calls.system} reported it done but does not show it.")
        return self._id_of(found), found

    def _by_reference(
        self, scope: Scope, reference: str, *, said: Mapping[str, Any] | None = None
    ) -> Mapping[str, Any] | None:
        """The oldest record that holds our reference, if look-ups are possible."""
        said = said or self.said.get("look_up")
        if said is None or not reference or reference.strip() != reference:
            return None
        rows = self.calls.found(said, scope)
        if rows is None:
            return None
        rows = [rows] if isinstance(rows, Mapping) else rows
        if not isinstance(rows, list) or len(rows) > _MOST_FOUND:
            raise RunMustStop(f"{self.calls.system} answered a look-up with no list that can be searched.")
        wanted = as_text(filled([said.get("reference_is", reference)], scope)[0])
        column = said["reference"]
        fits = [row for row in rows if isinstance(row, Mapping) and as_text(cell(row, column) or "").strip() == wanted]
        fits = [row for row in fits if hold(said.get("record_filter"), row, scope)]
        return fits[0] if fits else None

    def _is_complete(self, known: Mapping[str, Any]) -> bool:
        return hold(self.said["look_up"].get("complete"), known, {})

    def _id_of(self, known: Mapping[str, Any]) -> str:
        return as_text(cell(known, self.said["look_up"].get("id", "id")) or "")

    def _confirm_same(self, known: Mapping[str, Any], order: Fact, scope: Scope) -> None:
        for column, said in (self.said["look_up"].get("same") or {}).items():
            if not _agree(cell(known, column), filled([said], scope)[0]):
                raise RecordRejected(
                    f"The reference {order.reference} already stands for {self._id_of(known)}, which differs.",
                    mend="Compare both, and register this one under a reference of its own.",
                    field="reference",
                    value=order.reference,
                    code="reference_taken",
                )

    def _target(self, scope: Scope) -> Mapping[str, Any]:
        """What it is written on; RecordRejected when nothing of the kind is there."""
        if "target" not in self.said:
            return {}
        for one in self.said["target"]:
            if one.get("when") and not dig(scope, ("order", one["when"])):
                continue
            found = self.calls.found(one, scope)
            found = found[0] if isinstance(found, list) and found else found
            if isinstance(found, Mapping):
                return {**found, **filled(one.get("add") or {}, {**scope, "target": found})}
        order = scope["order"]
        what = order.get("payment") or order.get("debt") or order.get("debtor")
        code = "never_applied" if order.get("payment") else "unknown_debt" if order.get("debt") else "unknown_debtor"
        raise RecordRejected(
            f"{self.calls.system} has no {what or 'record'} to write this on.",
            mend="Sync the connection: it may have been deleted or merged there.",
            code=code,
        )

    def _refuse(self, aim: Mapping[str, Any], scope: Scope) -> None:
        for rule in self.said.get("refuse") or ():
            conditions = listed(rule["when"])
            if all(holds(one, aim, scope) for one in conditions):
                text = as_text(filled([rule["message"]], scope)[0])
                raise RecordRejected(text, code=rule["code"], field=rule.get("field", ""))

    def _receipt(self, external: str, fields: Mapping[str, Any], scope: Scope, *, found_before: bool) -> Receipt:
        return Receipt(external, balance=self._balance(scope), found_before=found_before, fields=dict(fields))

    def _balance(self, scope: Scope) -> str | None:
        """The balance read back; a failed reading must not hide that the write was made."""
        said = self.said.get("balance")
        if said is None:
            return None
        try:
            amount = number(self.calls.found(said, scope))
        except ConciliaError:
            return None
        return None if amount is None else format(amount.normalize(), "f")


def in_turn(orders: Sequence[Any], write: Callable[[Any], Writing]) -> Iterator[Receipt | Step | Exception]:
    """Carry out the orders in turn. Once throttled, the rest is handed back; SystemRefused ends it."""
    throttled: RetryLater | None = None
    for order in orders:
        if throttled is not None:
            yield RetryLater(throttled.message, after=throttled.after)
            continue
        try:
            yield (yield from write(order))
        except SystemRefused as fault:
            yield fault
            return
        except RetryLater as fault:
            throttled = fault if fault.after else None  # without a wait it is about its record alone
            yield fault
        except ConciliaError as fault:
            yield fault


def _done(order: Fact, name: str) -> Step | None:
    return None if isinstance(order, AgreementOrder) else order.done.get(name)


def _agree(left: Any, right: Any) -> bool:
    amounts = number(left), number(right)
    if None not in amounts:
        return amounts[0] == amounts[1]
    return as_text(left or "").strip() == as_text(right or "").strip()
