"""Snapshot diff: of a table without stamps, only the runs of rows that differ from the last read. Pure; no SQL.

Rows come in the order of their keys and are cut into runs behind rows whose key says so (one in RUN, by its hash), so
that a row inserted or deleted changes its own run and moves no other. Of each run the bookmark keeps the hash of all
its rows: a partition named after the run's last key, and the hash as its cursor. Deletes are not told: they are found
by listing all keys, as everywhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

from concilia.records import BadRow, Bookmark, Page, Record

RUN: Final = 512  # rows of a run on average
LONGEST_RUN: Final = 8 * RUN  # rows: a run is held in memory until its hash is known
_LAST: Final = "last"  # the run behind the last key that ends one
_SIZE: Final = 16  # bytes of a hash


class Comparison:
    """Compares one pass with the bookmarks of the last one."""

    def __init__(self, before: Mapping[str, Bookmark], *, page_size: int) -> None:
        self._before = before
        self._page_size = page_size
        self._run: list[Record | BadRow] = []
        self._hash = hashlib.blake2b(digest_size=_SIZE)

    def take(self, made: Record | BadRow, values: tuple[Any, ...]) -> Iterator[Page]:
        """Take in the next row; the pages of its run when it ends one that differs."""
        self._run.append(made)
        self._hash.update(repr(values).encode("utf-8", "surrogatepass"))
        self._hash.update(b"\x1e")
        name = hashlib.blake2b("\x1f".join(made.key).encode("utf-8", "surrogatepass"), digest_size=_SIZE).digest()
        if made.key and (int.from_bytes(name[:4], "big") % RUN == 0 or len(self._run) >= LONGEST_RUN):
            yield from self._ended(name.hex())

    def end(self) -> Iterator[Page]:
        """The pages of the last run, when it differs."""
        if self._run or _LAST in self._before:
            yield from self._ended(_LAST)

    def _ended(self, partition: str) -> Iterator[Page]:
        digest, rows = self._hash.hexdigest(), self._run
        self._run, self._hash = [], hashlib.blake2b(digest_size=_SIZE)
        known = self._before.get(partition)
        if known is not None and known.cursor == digest:
            return
        for first in range(0, max(len(rows), 1), self._page_size):
            part = rows[first : first + self._page_size]
            is_last = first + self._page_size >= len(rows)
            yield Page(
                tuple(row for row in part if isinstance(row, Record)),
                tuple(row for row in part if isinstance(row, BadRow)),
                Bookmark(partition, digest, str(len(rows))) if is_last else None,
            )
