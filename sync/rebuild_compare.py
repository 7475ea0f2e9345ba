"""Where a rebuilt hub differs from the stored one: identities, golden records, debts. Reads both, writes to neither."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from concilia.store import crosswalk, debts, golden
from concilia.store.debts import DebtRow
from concilia.store.golden import ACTIVE, MERGED, GoldenRow
from concilia.store.unit_of_work import Tx

MOST_SHOWN: Final = 1_000
_ALWAYS: Final = ("status", "merged_into", "founder_id", "founded_seq")
_DEBT: Final = tuple(name for name in DebtRow.__dataclass_fields__ if name not in ("id", "version", "updated_at"))


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is stored otherwise than it would be derived today; empty where there is nothing."""

    what: str  # crosswalk, golden or debt
    id: str
    field: str
    stored: str
    rebuilt: str


@dataclass(frozen=True, slots=True)
class Report:
    """How much was compared, and what differs; at most MOST_SHOWN differences are kept."""

    source_debtors: int
    goldens: int
    debts: int
    differences: tuple[Difference, ...]
    differing: int

    @property
    def equal(self) -> bool:
        """Whether nothing differs."""
        return self.differing == 0


def compared(stored: Tx, rebuilt: Tx, *, founded: Mapping[int, int]) -> Report:
    """Compare everything that is derived; times and versions of the hub's own are left out."""
    lines, goldens, owed = _Count(), _Count(), _Count()
    found: list[Difference] = []
    differing = 0
    for one in chain(
        _crosswalk(stored, rebuilt, lines),
        _foundings(stored, founded),
        _goldens(stored, rebuilt, goldens),
        _debts(stored, rebuilt, owed),
    ):
        differing += 1
        if len(found) < MOST_SHOWN:
            found.append(one)
    return Report(lines.number, goldens.number, owed.number, tuple(found), differing)


@dataclass(slots=True)
class _Count:
    number: int = 0


def _crosswalk(stored: Tx, rebuilt: Tx, count: _Count) -> Iterator[Difference]:
    ours, theirs = ({"/".join(line[:3]): line[3] for line in crosswalk.lines(tx)} for tx in (stored, rebuilt))
    for name in sorted(ours.keys() | theirs.keys()):
        count.number += 1
        if ours.get(name) != theirs.get(name):
            yield Difference("crosswalk", name, "golden_id", ours.get(name, ""), theirs.get(name, ""))


def _foundings(stored: Tx, founded: Mapping[int, int]) -> Iterator[Difference]:
    """How often each record founded an id: the next id it founds depends on it."""
    for number, row in crosswalk.load(stored, founded).items():
        if row.founded != founded[number]:
            name = f"{row.connection}/{row.stream}/{row.external_id}"
            yield Difference("crosswalk", name, "founded", str(row.founded), str(founded[number]))


def _goldens(stored: Tx, rebuilt: Tx, count: _Count) -> Iterator[Difference]:
    ids = sorted({*golden.all_ids(stored), *golden.all_ids(rebuilt)})
    for start in range(0, len(ids), 500):
        page = ids[start : start + 500]
        ours, theirs = golden.load(stored, page), golden.load(rebuilt, page)
        for golden_id in page:
            count.number += 1
            yield from _golden(golden_id, ours.get(golden_id), theirs.get(golden_id))


def _golden(golden_id: str, ours: GoldenRow | None, theirs: GoldenRow | None) -> Iterator[Difference]:
    if ours is None or theirs is None:
        yield Difference(
            "golden", golden_id, "", "" if ours is None else ours.status, "" if theirs is None else theirs.status
        )
        return
    names = [*_ALWAYS, *(("retired_seq",) if ours.status == MERGED else ())]
    for name in names:
        if getattr(ours, name) != getattr(theirs, name):
            yield Difference("golden", golden_id, name, str(getattr(ours, name)), str(getattr(theirs, name)))
    if ours.status == theirs.status == ACTIVE:  # what a record said before it was merged away is kept, not derived
        for name in ("body", "provenance"):
            yield from _parts(golden_id, name, json.loads(getattr(ours, name)), json.loads(getattr(theirs, name)))
        if ours.search != theirs.search:
            yield Difference("golden", golden_id, "search", ours.search, theirs.search)


def _parts(golden_id: str, name: str, ours: Any, theirs: Any) -> Iterator[Difference]:
    """The members that differ, as deep as both are objects."""
    if isinstance(ours, dict) and isinstance(theirs, dict):
        for member in sorted(ours.keys() | theirs.keys()):
            yield from _parts(golden_id, f"{name}.{member}", ours.get(member), theirs.get(member))
    elif ours != theirs:
        yield Difference("golden", golden_id, name, _shown(ours), _shown(theirs))


def _debts(stored: Tx, rebuilt: Tx, count: _Count) -> Iterator[Difference]:
    after = ""
    while page := debts.page(stored, after=after, limit=500):
        after = page[-1].id
        theirs = debts.load(rebuilt, [row.id for row in page])
        for row in page:
            count.number += 1
            yield from _debt(row, theirs.get(row.id))
    known: set[str] = set()
    after = ""
    while page := debts.page(rebuilt, after=after, limit=500):
        after = page[-1].id
        known = {row.id for row in page} - debts.load(stored, [row.id for row in page]).keys()
        yield from (Difference("debt", debt_id, "", "", "derived") for debt_id in sorted(known))


def _debt(ours: DebtRow, theirs: DebtRow | None) -> Iterator[Difference]:
    if theirs is None:
        # What nobody states any more keeps its last word: there is nothing to derive it from.
        if ours.status != "missing_in_source":
            yield Difference("debt", ours.id, "", ours.status, "")
        return
    for name in _DEBT:
        if getattr(ours, name) != getattr(theirs, name):
            yield Difference("debt", ours.id, name, str(getattr(ours, name)), str(getattr(theirs, name)))


def _shown(value: Any) -> str:
    return (
        ""
        if value is None
        else value
        if isinstance(value, str)
        else json.dumps(value, ensure_ascii=False, sort_keys=True)
    )
