"""records.csv, truth.csv and golden.csv of a portfolio. Everything but the lines themselves is decided elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from benchmarks.portfolios.dice import Dice
from benchmarks.portfolios.parties import Party
from benchmarks.portfolios.portfolio import draw_portfolio
from benchmarks.portfolios.writing import COLUMNS

RECORDS = ("record_id", *COLUMNS)
TRUTH = ("record_id", "entity_id", "hard_kind", "group_id")
GOLDEN = ("entity_id", "kind", "country", "tax_id", "name", "mobile", "email", "city", "birth_date")


def write_portfolio(folder: Path, *, records: int, seed: int) -> None:
    """Write exactly this many records, shuffled: neither order nor record ids tell what belongs together."""
    folder.mkdir(parents=True, exist_ok=True)
    lines: list[str] = []
    truth: list[str] = []
    golden: list[str] = []
    for party, entity, group, rows in draw_portfolio(seed):
        golden.append(_line(_golden(party, entity)))
        for row in rows:
            lines.append(_line(row.cells))
            truth.append(f"e{entity},{row.hard_kind},{f'g{group}' if group else ''}")
        if len(lines) >= records:
            break
    order = list(range(len(lines)))[:records]
    Dice(seed + 1).shuffle(order)
    names = [f"r{place:07d}" for place in range(records)]
    _write(
        folder / "records.csv", RECORDS, (f"{name},{lines[index]}" for name, index in zip(names, order, strict=True))
    )
    _write(folder / "truth.csv", TRUTH, (f"{name},{truth[index]}" for name, index in zip(names, order, strict=True)))
    _write(folder / "golden.csv", GOLDEN, golden)


def _golden(party: Party, entity: int) -> Sequence[str]:
    reach = party.reach
    if party.person:
        name = " ".join(filter(None, (*party.person.given, *party.person.surnames, party.person.suffix)))
        return (f"e{entity}", "person", party.country, party.number.short, name, reach.mobile, reach.email,
                reach.place.city.name, party.born)  # fmt: skip
    assert party.company
    name = " ".join(
        filter(None, (party.company.trade, party.company.brand, party.company.tail, party.company.forms[0]))
    )
    return (f"e{entity}", "company", party.country, party.number.full, name, reach.mobile, reach.email,
            reach.place.city.name, "")  # fmt: skip


def _line(cells: Sequence[str]) -> str:
    line = ",".join(cells)
    if line.count(",") == len(cells) - 1 and '"' not in line:
        return line
    return ",".join(['"' + cell.replace('"', '""') + '"' if "," in cell or '"' in cell else cell for cell in cells])


def _write(path: Path, columns: Sequence[str], lines: Iterable[str]) -> None:
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(",".join(columns) + "\n")
        file.writelines(f"{line}\n" for line in lines)
