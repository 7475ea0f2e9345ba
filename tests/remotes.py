"""Systems held in memory, at the connector's port: their records, what people do to them, and a ledger of every change.

The ledger is theirs: it knows nothing of the hub's tables, and says of each cell what it held before and who changed it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import EntryPoint
from typing import Any

import pytest

from concilia.clock import to_text
from concilia.errors import RemoteMoved
from concilia.records import Bookmark, Page, Record
from connectors import registry
from connectors.cells import Standing, item_written, standing
from connectors.contract import (
    Capabilities,
    ConnectionSettings,
    ContactOrder,
    Finding,
    Found,
    Operation,
    Order,
    Receipt,
    Rung,
    StreamRequest,
    StreamSchema,
)

COLUMNS = ("name", "phone", "email")


@dataclass(frozen=True, slots=True)
class Effect:
    """One cell that was changed: by a person, or by the hub."""

    number: int
    record: str
    column: str
    before: str
    after: str
    by_hub: bool


@dataclass
class Remote:
    """One system. With `mechanisms` it keeps phones and mails as items of a list."""

    now: Callable[[], datetime]
    mechanisms: bool = False
    records: dict[str, dict[str, Any]] = field(default_factory=dict)
    ledger: list[Effect] = field(default_factory=list)
    before_write: Callable[[str, ContactOrder], None] | None = None

    def put(self, key: str, **cells: str) -> None:
        """Open a record, as an import does."""
        self.records[key] = {"id": key, "updated_at": to_text(self.now()), **dict.fromkeys(COLUMNS, ""), **cells}

    def edit(self, key: str, column: str, value: str, *, by_hub: bool = False) -> None:
        """Change one cell."""
        row = self.records[key]
        self.ledger.append(Effect(len(self.ledger), key, column, row[column], value, by_hub))
        self.records[key] = {**row, column: value, "updated_at": to_text(self.now())}

    def shown(self, key: str) -> dict[str, Any]:
        """The record in the shape of its stream."""
        row = dict(self.records[key])
        if self.mechanisms:
            items = [(n, kind, row.pop(kind)) for n, kind in enumerate(("phone", "email"))]
            row["mechanisms"] = [{"id": n, "type": kind, "value": value} for n, kind, value in items if value]
        return row


WORLDS: dict[str, Mapping[str, Remote]] = {}


class Memory:
    """The connector to one of them."""

    def __init__(self, name: str, remote: Remote) -> None:
        self._name = name
        self._remote = remote

    @property
    def capabilities(self) -> Capabilities:
        """Contact data under a comparison: nothing happens in between here."""
        cells = ("mechanisms.value", "mechanisms.type") if self._remote.mechanisms else ("phone", "email")
        return Capabilities(
            streams=("people",),
            writes={Operation.UPDATE_CONTACT: Rung.PRECONDITION},
            updates={"people": ("name", *cells)},
        )

    def check(self) -> Sequence[Finding]:
        """Nothing to try."""
        return ()

    def discover(self) -> Sequence[StreamSchema]:
        """One stream."""
        return (StreamSchema("people", {}),)

    def read(self, _: StreamRequest, *, bookmarks: Mapping[str, Bookmark], full: bool = False) -> Iterator[Page]:
        """Whatever changed since the bookmark, that instant included."""
        since = "" if full or "" not in bookmarks else bookmarks[""].cursor
        rows = sorted(
            (r for r in self._remote.records.values() if r["updated_at"] >= since), key=lambda r: r["updated_at"]
        )
        for first in range(0, len(rows), 500):
            page = rows[first : first + 500]
            records = [self._record(row) for row in page]
            yield Page(tuple(records), (), Bookmark(cursor=page[-1]["updated_at"]))

    def _record(self, row: Mapping[str, Any]) -> Record:
        moment = datetime.fromisoformat(row["updated_at"])
        shown = self._remote.shown(row["id"])
        return Record((row["id"],), shown, f"people {row['id']}", row["updated_at"], moment)

    def look_up(self, _: str, references: Sequence[str]) -> Mapping[str, Found]:
        """Records by id."""
        return {key: Found(key, self._remote.shown(key)) for key in references if key in self._remote.records}

    def write(self, operation: Operation, orders: Sequence[Order]) -> Iterator[Receipt | Exception]:
        """Change what was ordered, unless it is something else by now."""
        assert operation is Operation.UPDATE_CONTACT
        for order in orders:
            assert isinstance(order, ContactOrder)
            yield self._written(order)

    def _written(self, order: ContactOrder) -> Receipt | Exception:
        if self._remote.before_write is not None:
            self._remote.before_write(self._name, order)
        if order.record not in self._remote.records:
            return RemoteMoved("it is gone", now=None)
        held = self._remote.shown(order.record)
        match standing(order, held):
            case Standing.WRITTEN:
                return Receipt(item_written(order, held), found_before=True)
            case Standing.MOVED:
                return RemoteMoved("it was edited", now=held)
            case Standing.FREE:
                value = order.cells.get("value") if order.member else next(iter(order.cells.values()))
                column = order.field if order.member else next(iter(order.cells))
                self._remote.edit(order.record, column, value or "", by_hub=True)
        return Receipt(item_written(order, self._remote.shown(order.record)))

    def close(self) -> None:
        """Nothing to let go of."""


def connect(configured: ConnectionSettings) -> Memory:
    """The entry point."""
    remotes = WORLDS[configured.settings["world"]]
    return Memory(configured.name, remotes[configured.name])


@pytest.fixture
def memory(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Mapping[str, Remote]]]:
    """The connector `memory` is installed; worlds are put into what this gives."""
    installed = {**registry.available(), "memory": EntryPoint("memory", "tests.remotes:connect", registry.GROUP)}
    monkeypatch.setattr(registry, "available", lambda: installed)
    WORLDS.clear()
    yield WORLDS
    WORLDS.clear()
