"""How well a portfolio can be resolved at all: an oracle that knows which pieces of evidence belong to one party only.

    python -m benchmarks.ceiling FOLDER

The oracle sees no more than a matcher does: numbers (with one slip), phones, mailboxes, addresses, birthdays and names,
alone or two together. Unlike a matcher it knows which of these are one party's and never trusts the others, so it
makes no wrong pair; what it misses shares no such evidence with the rest of its party, even by way of other records.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

from benchmarks.evaluate_pairs import Report, Truth, evaluate, lines, read_truth
from benchmarks.yardstick_columns import Row, columns_of, finished, read_in_pieces


def evidence(row: Row) -> Iterator[tuple[Any, ...]]:
    """Everything about a record that may be one party's alone."""
    country = row["country"]
    starts = sorted({word[:4] for word in row["toks"]})
    two = [f"{one} {other}" for one, other in combinations(starts, 2)]
    if row["tax"]:
        yield ("tax", country, row["tax"])
        yield from (
            ("slip", country, row["tax"][:cut] + row["tax"][cut + 1 :], start)
            for cut in range(len(row["tax"]))
            for start in starts
        )
    for contact in (*(row["phones"] or ()), *(row["emails"] or ()), *_mailboxes(row)):
        yield ("contact", contact)
        yield from (("contact", contact, start) for start in starts)
        yield from (("contact", contact, pair) for pair in two)
    if row["birth_date"]:
        yield from (("born", country, row["birth_date"], pair) for pair in two)
        yield from (("born", phone, row["birth_date"]) for phone in row["phones"] or ())
    if row["street"]:
        yield from (("street", country, row["street"], row["city"], pair) for pair in two)
    if len(row["toks"]) > 3:
        yield ("name", country, row["name_sorted"])
    if len(row["toks"]) > 1:
        yield ("name", country, row["name_sorted"], row["city"])
        yield from (("name", country, *three, row["city"]) for three in combinations(starts, 3))


def resolve(rows: list[Row], truth: Mapping[str, Truth]) -> dict[str, str]:
    """The oracle's clusters; one country after the other, because no party of a portfolio lives in two."""
    clusters: dict[str, str] = {}
    for country in sorted({row["country"] for row in rows}):
        clusters |= _resolve([row for row in rows if row["country"] == country], truth)
    return clusters


def _resolve(rows: list[Row], truth: Mapping[str, Truth]) -> dict[str, str]:
    owners: dict[int, str] = {}
    for row in rows:
        entity = truth[row["record_id"]].entity
        for piece in map(hash, evidence(row)):
            if owners.setdefault(piece, entity) != entity:
                owners[piece] = ""
    parents = list(range(len(rows)))
    first: dict[int, int] = {}
    for place, row in enumerate(rows):
        for piece in map(hash, evidence(row)):
            if owners[piece]:
                parents[_root(parents, place)] = _root(parents, first.setdefault(piece, place))
    return {row["record_id"]: rows[_root(parents, place)]["record_id"] for place, row in enumerate(rows)}


def ceiling(folder: Path) -> tuple[Report, dict[str, str]]:
    """What the oracle reaches on the portfolio in this folder, and its clusters."""
    rows = finished([row for piece in read_in_pieces(folder / "records.csv", 25_000) for row in columns_of(piece)])
    truth = read_truth(folder / "truth.csv")
    clusters = resolve(rows, truth)
    return evaluate(truth, clusters), clusters


def main() -> None:
    """Print what the oracle reaches and how many true pairs are beyond it."""
    asked = argparse.ArgumentParser(prog="python -m benchmarks.ceiling")
    asked.add_argument("folder", type=Path)
    report, _ = ceiling(asked.parse_args().folder)
    print("\n".join(lines(report)))
    print(f"true pairs without evidence: {1 - report.whole.recall:.4f}")


def _mailboxes(row: Row) -> list[str]:
    return [email.partition("@")[0] + "@" for email in row["emails"] or ()]


def _root(parents: list[int], place: int) -> int:
    while parents[place] != place:
        parents[place] = parents[parents[place]]
        place = parents[place]
    return place


if __name__ == "__main__":
    main()
