"""Compares what systems state with what the hub holds: counts, sums and balances, then debt by debt. Repairs nothing.

Figures are by system, creditor, unit and day: debts by the day of their last statement, payments by their value date.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from concilia.clock import to_text
from concilia.errors import NotFound
from concilia.portfolio.discrepancy import Kind
from concilia.servicing import discrepancies as servicing
from concilia.servicing.debts import said_of
from concilia.store import debts, discrepancies, events, ledger, locks, runs
from concilia.store.debts import DebtRow, SourceDebt
from concilia.store.discrepancies import DiscrepancyRow
from concilia.store.unit_of_work import Tx
from sync.hub import Hub
from sync.runs import chosen

BATCH = 500


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """What one figure is about: `debts` or `payments` of a system, a creditor, a unit and a day."""

    what: str
    connection: str
    creditor: str
    unit: str
    day: str


@dataclass(slots=True)
class Figure:
    """How many, and how much, there and here. `unposted` is what the hub took off and that ledger does not hold yet."""

    there: int = 0
    here: int = 0
    sum_there: Decimal = Decimal(0)
    sum_here: Decimal = Decimal(0)
    unposted: Decimal = Decimal(0)

    @property
    def difference(self) -> Decimal:
        """What the two sums differ by, payments on their way left out."""
        return self.sum_there - self.sum_here - self.unposted

    @property
    def agrees(self) -> bool:
        """Whether counts and sums are equal."""
        return self.there == self.here and not self.difference


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """What a comparison found. In a dry run nothing of it was written."""

    dry_run: bool
    figures: tuple[tuple[Place, Figure], ...]
    opened: tuple[DiscrepancyRow, ...]
    standing: int
    closed: int
    run_id: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain JSON: every figure, and every discrepancy that is new."""
        return {
            "run": self.run_id,
            "dry_run": self.dry_run,
            "figures": [_figure_json(place, figure) for place, figure in self.figures],
            "opened": [row.as_json() for row in self.opened],
            "standing": self.standing,
            "closed": self.closed,
        }


def reconcile(hub: Hub, names: Sequence[str], *, dry_run: bool = False) -> Reconciliation:
    """Compare these connections with the hub and open what differs; with `dry_run`, only say so."""
    wanted = set(chosen(hub, names))
    figures: dict[Place, Figure] = {}
    opened: list[DiscrepancyRow] = []
    standing = closed = 0
    after = ""
    while True:
        with hub.store.read() if dry_run else hub.store.begin() as tx:
            if not dry_run:
                locks.in_turn(tx, "money")
            page = debts.page(tx, after=after, limit=BATCH)
            if not page:
                break
            settled = _compare(tx, page, wanted=wanted, figures=figures, at=to_text(hub.clock()))
            if not dry_run:
                at = to_text(hub.clock())
                events.append(tx, servicing.settle(tx, settled, at=at), at=at)
        opened += settled.fresh
        standing += len(settled.kept)
        closed += len(settled.over)
        after = page[-1].id
    with hub.store.read() as tx:
        _count_payments(tx, wanted=wanted, figures=figures)
    return Reconciliation(dry_run, tuple(sorted(figures.items(), key=_place)), tuple(opened), standing, closed)


def reconcile_as_run(hub: Hub, names: Sequence[str], *, dry_run: bool = False) -> Reconciliation:
    """The same as a run of its own, so that `concilia runs` shows it; a dry run leaves no trace."""
    if dry_run:
        return reconcile(hub, names, dry_run=True)
    chosen(hub, names)
    with hub.store.begin() as tx:
        run_id = runs.start(tx, "reconcile", at=to_text(hub.clock()))
    found = reconcile(hub, names)
    with hub.store.begin() as tx:
        runs.finish(tx, run_id, status=runs.DONE, body=found.as_json(), at=to_text(hub.clock()))
    return Reconciliation(False, found.figures, found.opened, found.standing, found.closed, run_id)


def listed(hub: Hub, *, status: str, kind: str = "", after: int = 0, limit: int = 100) -> list[DiscrepancyRow]:
    """Discrepancies of one status and kind, oldest first; empty means any."""
    with hub.store.read() as tx:
        return discrepancies.listed(tx, status=status, kind=kind, after=after, limit=limit)


def one(hub: Hub, number: int) -> DiscrepancyRow:
    """One discrepancy; NotFound for an unknown number."""
    with hub.store.read() as tx:
        found = discrepancies.get(tx, number)
    if found is None:
        raise NotFound(f"There is no discrepancy {number}.", mend="List them: concilia discrepancies list")
    return found


def resolve(hub: Hub, number: int, *, resolution: str, by: str, note: str = "") -> DiscrepancyRow:
    """End a discrepancy as a person decided."""
    with hub.store.begin() as tx:
        return servicing.resolve(tx, number, resolution=resolution, by=(by, note), at=to_text(hub.clock()))


def _compare(
    tx: Tx, page: Sequence[DebtRow], *, wanted: Collection[str], figures: dict[Place, Figure], at: str
) -> servicing.Settled:
    rows = {row.id: row for row in page}
    stated = debts.of_debts(tx, rows)
    said = said_of(stated)
    applied = ledger.applications_of_debts(tx, rows)
    for debt_id, group in stated.items():
        row = rows[debt_id]
        unposted = sum((Decimal(a.amount) for a in applied.get(debt_id, []) if a.posted_at is None), Decimal(0))
        for source, one in zip(group, said[debt_id], strict=True):
            if source.connection in wanted:
                _count_debt(row, source, there=(one.unit, one.balance), unposted=unposted, figures=figures)
    # A system that was not asked for is not compared: what stands about it stays.
    found = servicing.compared(tx, rows, said=said, kinds=tuple(Kind), at=at)
    return servicing.Settled(*(tuple(r for r in part if r.connection in wanted) for part in _parts(found)))


def _parts(found: servicing.Settled) -> tuple[tuple[DiscrepancyRow, ...], ...]:
    return found.fresh, found.kept, found.over


def _count_debt(
    row: DebtRow, source: SourceDebt, *, there: tuple[str, Decimal], unposted: Decimal, figures: dict[Place, Figure]
) -> None:
    unit, balance = there
    place = Place("debts", source.connection, row.creditor, unit, source.stated_at[:10])
    figure = figures.setdefault(place, Figure())
    figure.there += source.missing_since is None
    figure.sum_there += balance if source.missing_since is None else 0
    if unit == row.unit:
        figure.here += 1
        figure.sum_here += Decimal(row.balance)
        figure.unposted += unposted


def _count_payments(tx: Tx, *, wanted: Collection[str], figures: dict[Place, Figure]) -> None:
    for batch in ledger.every_source(tx):
        held = ledger.load(tx, {row.payment_id for row in batch if row.payment_id})
        lines = ledger.applications_of_payments(tx, held)
        creditors = {
            row.id: row.creditor for row in debts.load(tx, {a.debt_id for g in lines.values() for a in g}).values()
        }
        for row in batch:
            if row.connection not in wanted:
                continue
            fields = json.loads(row.body)["fields"]
            payment = held.get(row.payment_id or "")
            paid = [creditors.get(line.debt_id, "") for line in lines.get(row.payment_id or "", [])]
            place = Place("payments", row.connection, paid[0] if paid else "", fields["unit"], fields["value_date"])
            figure = figures.setdefault(place, Figure())
            figure.there += 1
            figure.sum_there += Decimal(fields["amount"])
            if payment is not None and payment.unit == fields["unit"]:
                figure.here += 1
                figure.sum_here += Decimal(payment.amount)


def _place(pair: tuple[Place, Figure]) -> Place:
    return pair[0]


def _figure_json(place: Place, figure: Figure) -> dict[str, Any]:
    sums = {name: format(getattr(figure, name), "f") for name in ("sum_there", "sum_here", "unposted", "difference")}
    named = {name: getattr(place, name) for name in Place.__dataclass_fields__}
    return {**named, "there": figure.there, "here": figure.here, **sums, "agrees": figure.agrees}


def totals(found: Reconciliation) -> Iterator[tuple[Place, Figure]]:
    """The figures without their days, for a table that fits a screen."""
    summed: dict[Place, Figure] = {}
    for place, figure in found.figures:
        whole = summed.setdefault(Place(place.what, place.connection, place.creditor, place.unit, ""), Figure())
        for name in Figure.__dataclass_fields__:
            setattr(whole, name, getattr(whole, name) + getattr(figure, name))
    yield from sorted(summed.items(), key=_place)
