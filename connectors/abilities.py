"""The table of what each connector can do, made of what the connectors say of themselves. Claims nothing of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Final

from connectors.contract import Capabilities, Operation, Rung
from connectors.description import Description

NO: Final = "–"
# What a column is about -> the operation that fills it.
_WRITES: Final[Mapping[str, str]] = {
    "payment": "register_payment",
    "reversal": "register_reversal",
    "promise": "record_agreement",
    "contact": "update_contact",
    "note": "add_note",
}
_CURSORS: Final = {"timestamp": "time stamp", "content": "content", "none": "full read"}
HEADINGS: Final = (
    "connector", "read streams", "cursor", "deletes", "payment", "reversal", "promise", "contact correction", "note",
    "idempotency rung", "tested against",
)  # fmt: skip

_HEAD: Final = (
    "# What each connector can do",
    "",
    "Made by `concilia connectors table` from what the connectors declare; a test holds both to be the same. A dash is",
    "what a connector does not do, or what was not tried. *Tested against* names the peers the",
    "[conformance suite](../how-to/write-a-connector.md) was run on, and no others. The settings of one:",
    "`concilia connectors show NAME`.",
    "",
)


@dataclass(frozen=True, slots=True)
class Abilities:
    """One row; each cell as it is printed."""

    connector: str
    streams: str
    cursor: str
    deletes: str
    payment: str
    reversal: str
    promise: str
    contact: str
    note: str
    rung: str
    tested_against: str

    @property
    def cells(self) -> tuple[str, ...]:
        """The cells in the order of the headings."""
        return tuple(getattr(self, field.name) for field in fields(self))


def abilities_of(connector: str, described: Description) -> Abilities:
    """The row of a connector."""
    can = described.capabilities
    written = {operation.value for operation in can.writes}
    marks = {column: "yes" if operation in written else NO for column, operation in _WRITES.items()}
    return Abilities(
        connector=connector,
        streams=", ".join(can.streams) or NO,
        cursor=_cursor(can),
        deletes="all keys listed" if can.lists_keys else NO,
        payment=marks["payment"],
        reversal=marks["reversal"],
        promise=marks["promise"],
        contact=marks["contact"],
        note=marks["note"],
        rung=_rungs(can.writes),
        tested_against=", ".join(described.tested_against) or "nothing yet",
    )


def table(described: Mapping[str, Description]) -> list[Abilities]:
    """The rows of these connectors, by name."""
    return [abilities_of(name, described[name]) for name in sorted(described)]


def page(described: Mapping[str, Description]) -> str:
    """The page of the documentation: the table, and what the connectors say besides."""
    rows = [_line(row.cells) for row in table(described)]
    said = [f"- `{name}`: {one.note}" for name, one in sorted(described.items()) if one.note]
    return "\n".join([*_HEAD, _line(HEADINGS), _line(["---"] * len(HEADINGS)), *rows, "", *said, ""])


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _cursor(can: Capabilities) -> str:
    if not can.streams:
        return NO
    how = _CURSORS.get(can.incremental, can.incremental)
    return f"{how}, {_span(can.overlap)} overlap" if can.overlap else how


def _span(overlap: timedelta) -> str:
    seconds = int(overlap.total_seconds())
    return f"{seconds // 60} min" if seconds % 60 == 0 else f"{seconds} s"


def _rungs(writes: Mapping[Operation, Rung]) -> str:
    """The rung of the writes; each operation's own where they differ."""
    rungs = {rung.value for rung in writes.values()}
    if len(rungs) < 2:
        return next(iter(rungs), NO)
    columns = {operation: column for column, operation in _WRITES.items()}
    return "; ".join(f"{columns.get(op.value, op.value)}: {rung.value}" for op, rung in writes.items())
