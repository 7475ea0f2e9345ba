"""Change contact data of a partner in Odoo, or of one of its contacts: read, compare, write what changed, read again.

Odoo has no version that a write could be bound to: between the last look and the write, somebody may edit the same
cell. The gap is one call wide. Nothing is created or deleted; a value that is taken back empties its field.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from concilia.errors import OutcomeUnknown, RecordRejected, RemoteMoved
from connectors.cells import Standing, item_written, standing
from connectors.contract import ContactOrder, Receipt
from connectors.odoo.client import OdooClient
from connectors.odoo.related import PARTNERS
from connectors.odoo.streams import PARTNER_STREAM
from connectors.odoo.window import by_ids
from connectors.turns import in_turn

MEMBER: Final = "contacts"
_OWN: Final = ("name", "email", "phone", "mobile", "street", "street2", "city", "zip")
_OF_CONTACT: Final = ("email", "phone", "mobile")
UPDATES: Final = {PARTNER_STREAM.schema.name: (*_OWN, *(f"{MEMBER}.{name}" for name in _OF_CONTACT))}


def update(client: OdooClient, orders: Sequence[ContactOrder]) -> Iterator[Receipt | Exception]:
    """One receipt or error for each order, in turn; SystemRefused is the last answer of its batch."""
    return in_turn(orders, lambda order: _updated(client, order))


def _updated(client: OdooClient, order: ContactOrder) -> Receipt:
    _refuse_strange(client, order)
    held = _partner(client, order)
    match standing(order, held):
        case Standing.WRITTEN:
            return Receipt(item_written(order, held), found_before=True, fields=dict(order.cells))
        case Standing.MOVED:
            raise RemoteMoved(f"The {order.field} of partner {order.record} was edited there.", now=held)
        case Standing.FREE:
            changed = {name: cell or False for name, cell in order.cells.items() if cell != _held(order, held, name)}
            client.write(PARTNERS, "write", ids=[int(order.item or order.record)], vals=changed)
    after = _partner(client, order)
    if standing(order, after) is not Standing.WRITTEN:
        raise OutcomeUnknown(f"{client.settings.system} reported the change done but does not show it.")
    return Receipt(item_written(order, after), fields=dict(order.cells))


def _refuse_strange(client: OdooClient, order: ContactOrder) -> None:
    """RecordRejected for what cannot be written here: another list, a new contact, a field the series has not."""
    system = client.settings.system
    if order.member not in ("", MEMBER) or (order.member and not order.item):
        what = order.member if order.item else f"a new one in {order.member}"
        raise RecordRejected(f"{system} cannot write {what}.", field="record", value=order.member)
    for number in (order.record, order.item or order.record):
        if not (number.isascii() and number.isdigit()):
            raise RecordRejected(f"{system} has no partner {number}.", field="record", value=number)
    allowed = _OF_CONTACT if order.member else _OWN
    for name in order.cells:
        if name not in allowed or name not in client.fields(PARTNERS):
            raise RecordRejected(f"{system} has no field {name} that can be written.", field=name, code="no_field")
    if not order.cells.get("name", "kept"):
        raise RecordRejected(f"{system} keeps no partner without a name.", field="name")


def _partner(client: OdooClient, order: ContactOrder) -> Mapping[str, Any]:
    found = by_ids(client, PARTNER_STREAM, ids=[int(order.record)])
    if not found:
        raise RemoteMoved(f"Partner {order.record} is not there any more.", now=None)
    return found[0].fields


def _held(order: ContactOrder, held: Mapping[str, Any], name: str) -> Any:
    if not order.item:
        return held.get(name)
    return next((one.get(name) for one in held[MEMBER] if str(one["id"]) == order.item), None)
