"""Changing contact data of a described system: read, compare with what is expected, write, read back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from concilia.errors import Conflict, OutcomeUnknown, RecordRejected, RemoteMoved
from connectors.cells import Standing, item_written, standing
from connectors.contract import ContactOrder, Receipt, Step
from connectors.manifest.calls import Calls
from connectors.manifest.conditions import cell
from connectors.manifest.writing import Writing, in_turn


@dataclass(frozen=True, slots=True)
class Updater:
    """The contact data of one connection. `now` gives a record of a stream as it is, None when it is gone."""

    calls: Calls
    said: Mapping[str, Any]
    now: Callable[[str, str], Mapping[str, Any] | None]

    def update(self, orders: Sequence[ContactOrder]) -> Iterator[Receipt | Step | Exception]:
        """One receipt or error for each order, in turn."""
        return in_turn(orders, self._written)

    def _written(self, order: ContactOrder) -> Writing:
        yield from ()
        return self._updated(order)

    def _updated(self, order: ContactOrder) -> Receipt:
        said = self._offered(order)
        held = self._held(order)
        match standing(order, held):
            case Standing.WRITTEN:
                return Receipt(item_written(order, held), found_before=True, fields=dict(order.cells))
            case Standing.MOVED:
                raise RemoteMoved(f"The {order.field} of {order.stream} {order.record} was edited there.", now=held)
            case Standing.FREE:
                self._write(order, said, held)
        after = self._held(order)
        if standing(order, after) is not Standing.WRITTEN:
            raise OutcomeUnknown(f"{self.calls.system} reported the change done but does not show it.")
        return Receipt(item_written(order, after), fields=dict(order.cells))

    def _offered(self, order: ContactOrder) -> Mapping[str, Any]:
        said: Mapping[str, Any] | None = self.said["streams"].get(order.stream)
        if said is None or order.member or not set(order.cells) <= set(said["columns"]):
            what = order.member or ", ".join(sorted(order.cells))
            raise RecordRejected(
                f"{self.calls.system} cannot write {what} of {order.stream}.", field="record", value=what
            )
        return said

    def _held(self, order: ContactOrder) -> Mapping[str, Any]:
        held = self.now(order.stream, order.record)
        if held is None:
            raise RemoteMoved(f"{order.stream} {order.record} is not there any more.", now=None)
        return held

    def _write(self, order: ContactOrder, said: Mapping[str, Any], held: Mapping[str, Any]) -> None:
        version = cell(held, said["version"]) if "version" in said else None
        scope = self.calls.scope(order=asdict(order), record=held, target={"version": version})
        try:
            answer = self.calls.send({"http_method": "PUT", "idempotent": False, **said["request"]}, scope)
        except Conflict as fault:
            raise RemoteMoved(fault.message, now=self._held(order)) from fault
        if answer.status in (409, 412, 428):
            now = self._held(order)
            # Without a version of ours it may be a conflict with another record, such as one that looks the same.
            if "version" in said or standing(order, now) is not Standing.FREE:
                raise RemoteMoved(f"{self.calls.system}: {order.record} was edited there meanwhile.", now=now)
        if answer.status >= 400:
            raise self.calls.refused(answer)
