"""Changes contact data in place: read, compare with what the order expects, write under the version that was read.

A system without versions is read and compared only; between the look and the write an edit can be lost there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from concilia.errors import OutcomeUnknown, RecordRejected, RemoteMoved
from connectors.cells import Standing, standing
from connectors.contract import ContactOrder, Receipt, Rung
from connectors.sandbox.client import SandboxClient
from connectors.sandbox.faults import refusal
from connectors.sandbox.writer import in_turn

UPDATES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "erp": {"customers": ("name", "mobile", "phone", "email", "street", "city")},
    "crm": {"contacts": ("full_name", "phone", "email", "street", "city")},
}
_LOOKS: Final = 3  # how often a record is read again because something else in it was changed meanwhile


def update_contacts(
    client: SandboxClient, orders: Sequence[ContactOrder], *, rung: Rung
) -> Iterator[Receipt | Exception]:
    """Make the changes in turn."""
    return in_turn(orders, partial(_update, client, under_version=rung is Rung.PRECONDITION))


def _update(client: SandboxClient, order: ContactOrder, *, under_version: bool) -> Receipt:
    if order.member:
        raise RecordRejected("The sandbox keeps contact data in columns, not in lists.", field=order.member)
    for _ in range(_LOOKS):
        held = client.one(order.stream, order.record)
        if held is None:
            raise RemoteMoved(f"{order.stream} {order.record} is not there any more.", now=None)
        match standing(order, held):
            case Standing.WRITTEN:
                return Receipt(order.record, found_before=True, fields=_cells(order, held))
            case Standing.MOVED:
                raise RemoteMoved(f"The {order.field} of {order.record} was edited there.", now=held)
            case Standing.FREE:
                pass
        version = str(held.get("version")) if under_version else None
        answer = client.change(order.stream, order.record, order.cells, version=version)
        if answer.status == 412:
            continue
        if answer.status != 200:
            raise refusal(answer, dict(order.cells))
        said = answer.json()
        if not isinstance(said, dict) or standing(order, said) is not Standing.WRITTEN:
            raise OutcomeUnknown(f"{answer.url} answered {answer.status} without the record as it was to be.")
        return Receipt(order.record, fields=_cells(order, said))
    raise RemoteMoved(f"{order.record} is edited there all the time.", now=client.one(order.stream, order.record))


def _cells(order: ContactOrder, held: Mapping[str, Any]) -> dict[str, Any]:
    return {name: held.get(name) for name in (*order.cells, "version")}
