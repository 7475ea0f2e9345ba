"""Open discrepancies when systems disagree about a debt, close them when they agree again, let a person decide.

Nothing of a debt is changed here: a discrepancy is a question, and its answer is given in the systems.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from concilia.errors import NotFound, RequestInvalid
from concilia.portfolio.discrepancy import Difference, Held, Kind, Said, differences
from concilia.store import debts, discrepancies
from concilia.store.debts import DebtRow
from concilia.store.discrepancies import ACCEPTED, OPEN, RESOLVED, DiscrepancyRow
from concilia.store.events import Fact
from concilia.store.unit_of_work import Tx

# How a person ends a discrepancy. An accepted one stays quiet until one of its figures changes; of the others, one
# that still differs is opened again.
RESOLUTIONS = ("accepted", "corrected_there", "corrected_here", "explained")
AT_ONCE = (Kind.BALANCE, Kind.MISSING)  # kept up to date with every change; paid here is normal until it was pushed


@dataclass(frozen=True, slots=True)
class Settled:
    """What comparing debts led to: discrepancies to open, those that stand on, and those that are over."""

    fresh: tuple[DiscrepancyRow, ...] = ()
    kept: tuple[DiscrepancyRow, ...] = ()
    over: tuple[DiscrepancyRow, ...] = ()


def compared(
    tx: Tx,
    rows: Mapping[str, DebtRow],
    *,
    said: Mapping[str, Sequence[Said]],
    kinds: Collection[Kind] = AT_ONCE,
    at: str,
) -> Settled:
    """How the discrepancies of these debts would stand after comparing them; writes nothing."""
    now = {
        (row.id, one.connection, str(one.kind)): one
        for row in rows.values()
        for one in differences(_held(row), said.get(row.id, ()))
        if one.kind in kinds
    }
    standing = [row for row in discrepancies.standing(tx, rows) if row.kind in kinds]
    kept = [row for row in standing if _stands(row, now.get((row.debt_id, row.connection, row.kind)))]
    known = {(row.debt_id, row.connection, row.kind) for row in kept}
    fresh = [_fresh(rows[place[0]], one, at=at) for place, one in sorted(now.items()) if place not in known]
    return Settled(tuple(fresh), tuple(kept), tuple(row for row in standing if row not in kept))


def settle(tx: Tx, settled: Settled, *, at: str) -> list[Fact]:
    """Open and close what was compared; the facts to be recorded."""
    discrepancies.close(tx, [row.id for row in settled.over], resolution="over", at=at)
    numbers = discrepancies.add(tx, settled.fresh)
    whose = debts.debtors_of(tx, {row.debt_id for row in settled.fresh})
    return [
        Fact(
            "discrepancy.opened",
            row.debt_id,
            whose.get(row.debt_id),
            {
                "id": number,
                "kind": row.kind,
                "debt": row.debt_id,
                "connection": row.connection,
                "ours": row.ours,
                "theirs": row.theirs,
                "unit": row.unit,
            },
        )
        for number, row in zip(numbers, settled.fresh, strict=True)
    ]


def resolve(tx: Tx, number: int, *, resolution: str, by: tuple[str, str], at: str) -> DiscrepancyRow:
    """End a discrepancy as a person decided; `by` is who, and a note. NotFound, RequestInvalid when it is over."""
    found = discrepancies.get(tx, number)
    if found is None:
        raise NotFound(f"There is no discrepancy {number}.", mend="List them: concilia discrepancies list")
    if resolution not in RESOLUTIONS:
        raise RequestInvalid(
            f"{resolution!r} is no way to resolve it.",
            mend=f"Say one of: {', '.join(RESOLUTIONS)}.",
            field="resolution",
        )
    if found.status == RESOLVED:
        raise RequestInvalid(f"Discrepancy {number} is resolved already.", field="id")
    status = ACCEPTED if resolution == "accepted" else RESOLVED
    row = replace(found, status=status, resolution=resolution, resolved_by=by[0], note=by[1] or None, resolved_at=at)
    discrepancies.decide(tx, row)
    return row


def _held(row: DebtRow) -> Held:
    return Held(row.owner, row.unit, Decimal(row.stated_balance), Decimal(row.balance))


def _fresh(row: DebtRow, one: Difference, *, at: str) -> DiscrepancyRow:
    ours, theirs = format(one.ours, "f"), format(one.theirs, "f")
    return DiscrepancyRow(
        0, str(one.kind), row.id, one.connection, row.unit, ours, theirs, OPEN, opened_at=at, owner=row.owner
    )


def _stands(row: DiscrepancyRow, now: Difference | None) -> bool:
    return now is not None and (Decimal(row.ours), Decimal(row.theirs)) == (now.ours, now.theirs)
