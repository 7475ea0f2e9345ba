"""Whether a record may be changed as ordered: it holds what is expected, or what is to be written, or neither. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Any

from connectors.contract import ContactOrder


class Standing(enum.Enum):
    """How a record stands to an order."""

    FREE = enum.auto()  # it holds what the order expects
    WRITTEN = enum.auto()  # it holds what the order writes
    MOVED = enum.auto()  # somebody edited it


def standing(order: ContactOrder, fields: Mapping[str, Any]) -> Standing:
    """Compare a record, in the shape of its stream, with an order. A list is compared item by item."""
    if not order.member:
        return _compared(order, fields)
    items = [item for item in fields.get(order.member) or () if isinstance(item, Mapping)]
    if order.item:
        one = next((item for item in items if str(item.get("id")) == order.item), None)
        return Standing.MOVED if one is None else _compared(order, one)
    # A new item is for a place that was empty: what tells its kind is in `cells` and not in `expected`.
    kind = {name: cell for name, cell in order.cells.items() if name not in order.expected}
    alike = [item for item in items if _holds(item, kind) and not _holds(item, order.expected)]
    if any(_holds(item, order.cells) for item in alike):
        return Standing.WRITTEN
    return Standing.MOVED if alike else Standing.FREE


def item_written(order: ContactOrder, fields: Mapping[str, Any]) -> str:
    """The id of the item that holds what the order writes; the record's own where no list is meant."""
    if not order.member:
        return order.record
    items = [item for item in fields.get(order.member) or () if isinstance(item, Mapping)]
    return next((str(item.get("id")) for item in items if _holds(item, order.cells)), order.item)


def _compared(order: ContactOrder, fields: Mapping[str, Any]) -> Standing:
    if _holds(fields, order.cells):
        return Standing.WRITTEN
    return Standing.FREE if _holds(fields, order.expected) else Standing.MOVED


def _holds(fields: Mapping[str, Any], cells: Mapping[str, str | None]) -> bool:
    return all(_text(fields.get(name)) == _text(value) for name, value in cells.items())


def _text(value: Any) -> str:
    return "" if value is None else str(value).strip()
