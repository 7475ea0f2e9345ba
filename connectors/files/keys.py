"""All keys of a stream of files, as proof of what is not there any more. Reads rows, makes no records of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from concilia.errors import RunMustStop
from concilia.records import BadRow, Bookmark, Record
from connectors.contract import KeyListing, KeyPage, StreamRequest
from connectors.files.client import FoundFile, Watched, matching, settled
from connectors.files.faults import translated
from connectors.files.layout import Layout
from connectors.files.streams import PAGE_ROWS, Settling, verified


def list_keys(
    folder: Path, *, request: StreamRequest, layout: Layout, bookmarks: Mapping[str, Bookmark], settling: Settling
) -> KeyListing:
    """The keys in all files of the stream, or only in the last by name where `sweep: newest` is said.

    The same files, not written again, are the same evidence. Raises RunMustStop, once asked for pages, when a file is
    still growing, or when one that was read is gone: what was in it is then neither there nor missing.
    """
    files = matching(folder, layout.pattern)
    gone = [] if request.sweep == "newest" else sorted(set(bookmarks) - {found.name for found in files})
    files = files[-1:] if request.sweep == "newest" else files
    pages = _pages(files, request=request, layout=layout, settling=settling, gone=gone)
    return KeyListing(pages, evidence=_evidence(files))


def _pages(
    files: Sequence[FoundFile], *, request: StreamRequest, layout: Layout, settling: Settling, gone: Sequence[str]
) -> Iterator[KeyPage]:
    if gone:
        raise RunMustStop(
            f"{gone[0]} was read before and is not there now.",
            mend="Where each new file holds everything, write sweep: newest; where files tell changes, sweep: off.",
        )
    for found in files:
        if not settled(found, now=settling.now, seconds=settling.seconds):
            raise RunMustStop(f"{found.name} may still be growing.", mend="It is looked at in the next run.")
        yield from _file(found, request=request, layout=layout)
    yield KeyPage(last=True)


def _file(found: FoundFile, *, request: StreamRequest, layout: Layout) -> Iterator[KeyPage]:
    file = Watched(found)
    keys: list[tuple[str, ...]] = []
    unknown = 0
    for item in verified(file, request=request, layout=layout, after=0).items:
        match item.row:
            case Record(key=key) | BadRow(key=key) if key:
                keys.append(key)
            case BadRow():
                unknown += 1
            case _:
                continue
        if len(keys) >= PAGE_ROWS:
            yield KeyPage(tuple(keys), unknown)
            keys, unknown = [], 0
    file.confirm()
    yield KeyPage(tuple(keys), unknown)


def _evidence(files: Sequence[FoundFile]) -> str:
    digest = hashlib.sha256()
    for found in files:
        with translated(found.name):
            seen = found.path.stat()
        digest.update(f"{found.name}\x1f{seen.st_size}\x1f{seen.st_mtime_ns}\x1f{seen.st_ino}\x1e".encode())
    return digest.hexdigest()[:32]
