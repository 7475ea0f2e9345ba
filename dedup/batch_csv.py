"""`concilia match batch`: a CSV of debtors in, the cluster and the band of every record out."""

from __future__ import annotations

import csv
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from concilia.errors import MustBeMended
from dedup.batch import ALL_PARTS, BatchResult, Parts, match_batch
from dedup.linkage import Partition
from dedup.model import Model, load
from dedup.rows import Array, columns_of
from dedup.shelf import Shelf
from dedup.table_reading import TableLayout, layout_of, profile_of_row

_CHUNK = 20_000
_LONGEST_CELL = 10_000_000
Row = list[str]
Progress = Callable[[str, int], None]


class UnusableTable(MustBeMended):
    """A table that cannot be matched, and how to mend it."""


@dataclass(frozen=True, slots=True)
class MatchedTable:
    """What became of the records: how many in each band, clusters, CPU seconds by stage, and the run's model."""

    records: int
    clusters: int
    bands: Mapping[str, int]
    seconds: Mapping[str, float]
    result: BatchResult
    unread: tuple[str, ...] = ()  # columns that no field takes

    @property
    def note(self) -> str:
        """Which weights were used, and why."""
        return self.result.note


def match_csv(source: Path, *, out: Path, options: TableOptions | None = None) -> MatchedTable:
    """Cluster the debtors of a CSV and write `record_id,cluster_id,band`, in the order of the table.

    Bands: `auto` shares its cluster with others, `review` waits for a person and
    stays alone, `single` is alone. UnusableTable and UnknownColumn say what to mend.
    """
    options = options or TableOptions()
    seconds: dict[str, float] = {}
    began = time.process_time()
    with TemporaryDirectory() as folder:
        shelf = Shelf(Path(folder))
        try:
            ids, unread = _read(source, options, shelf)
        except UnicodeDecodeError as fault:
            # A name decoded wrongly is another name: nothing is guessed.
            raise UnusableTable(f"{source.name} is not UTF-8 text.", mend="Save it as UTF-8 and repeat.") from fault
        seconds["normalise"] = time.process_time() - began + options.children_seconds()
        order = np.argsort(np.array(ids, dtype=np.str_), kind="stable")
        records = shelf.take(order)
    result = match_batch(records, start=options.model or load(), parts=options.parts)
    seconds |= result.seconds
    options.progress("writing", len(ids))
    band = bands_of(result.partition)
    _write(out, ids, order, result.partition.cluster, band)
    names = Counter(_BANDS[int(code)] for code in band)
    return MatchedTable(len(ids), len(np.unique(result.partition.cluster)), names, seconds, result, unread)


@dataclass(frozen=True, slots=True)
class TableOptions:
    """How a table is matched, and who is told how far it is.

    `columns` declares which column holds which field (several for phone, email and tax_id); columns that bear a
    field's name need no declaration. `country` is meant where a row names none. `processes` normalise.
    """

    columns: Mapping[str, str | Sequence[str]] = field(default_factory=dict)
    id_column: str = "record_id"
    country: str = ""
    model: Model | None = None
    processes: int = 1
    parts: Parts = ALL_PARTS
    progress: Progress = lambda stage, done: None  # noqa: ARG005

    def children_seconds(self) -> float:
        """CPU seconds of finished processes."""
        if self.processes < 2:
            return 0.0
        import os

        found = os.times()
        return found.children_user + found.children_system


_BANDS = ("single", "auto", "review")


def bands_of(partition: Partition) -> Array:
    """The band of every record: 0 single, 1 auto, 2 review."""
    sizes = np.bincount(partition.cluster, minlength=len(partition.cluster))
    band = (sizes[partition.cluster] > 1).astype(np.int8)
    waiting = np.unique(partition.waiting)
    alone = waiting[sizes[partition.cluster[waiting]] == 1] if len(waiting) else waiting
    band[alone] = 2
    return band


def _read(source: Path, options: TableOptions, shelf: Shelf) -> tuple[list[str], tuple[str, ...]]:
    csv.field_size_limit(_LONGEST_CELL)
    with source.open(newline="", encoding="utf-8-sig") as stream, ExitStack() as stack:
        reader = csv.reader(stream)
        header = next(reader, None)
        if not header:
            raise UnusableTable(f"{source.name} is empty; its first line must name the columns")
        declared = {**options.columns, "record_id": options.id_column}
        if options.id_column not in header:
            raise UnusableTable(
                f"{source.name} has no column {options.id_column}; name the one that identifies a record (--id)"
            )
        layout = layout_of(header, declared=declared, country=options.country)
        ids: list[str] = []
        chunks = _chunks(reader, ids, layout.single["record_id"])
        if options.processes > 1:
            pool = stack.enter_context(ProcessPoolExecutor(options.processes))
            found = _in_turn(pool, chunks, layout, 2 * options.processes)
        else:
            found = (_normalise(chunk, layout) for chunk in chunks)
        for rows in found:
            shelf.put(columns_of(rows))
            options.progress("normalising", len(ids))
    _refuse_twice(ids, source)
    return ids, layout.unread


def _in_turn(
    pool: ProcessPoolExecutor, chunks: Iterator[list[Row]], layout: TableLayout, ahead: int
) -> Iterator[bytes]:
    """The chunks' rows in their order, only so many under way."""
    pending = [pool.submit(_normalise, chunk, layout) for chunk in islice(chunks, ahead)]
    while pending:
        yield pending.pop(0).result()
        pending += [pool.submit(_normalise, chunk, layout) for chunk in islice(chunks, 1)]


def _chunks(reader: Iterator[Row], ids: list[str], id_place: int) -> Iterator[list[Row]]:
    while chunk := [row for row in islice(reader, _CHUNK) if row]:
        ids += [row[id_place] if id_place < len(row) else "" for row in chunk]
        yield chunk


def _normalise(rows: list[Row], layout: TableLayout) -> bytes:
    return b"".join([profile_of_row(row, layout).row() for row in rows])


def _refuse_twice(ids: list[str], source: Path) -> None:
    if not ids:
        raise UnusableTable(f"{source.name} has a header and no records")
    if len(set(ids)) < len(ids):
        twice = next(name for name, count in Counter(ids).items() if count > 1)
        raise UnusableTable(f"{source.name} names {twice!r} twice; the column that identifies a record must be unique")


def _write(out: Path, ids: list[str], order: Array, cluster: Array, band: Array) -> None:
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    first = order[cluster]
    with out.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream)
        writer.writerow(("record_id", "cluster_id", "band"))
        for index, name in enumerate(ids):
            at = place[index]
            writer.writerow((name, ids[first[at]], _BANDS[band[at]]))
