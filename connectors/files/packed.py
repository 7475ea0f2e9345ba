"""Compressed files: gzip, and the members of ZIP archives. Bounded in size and growth; nothing goes to disk."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Final

from concilia.errors import ConfigurationInvalid, RunMustStop
from connectors.files.faults import translated

LARGEST: Final = 2 * 1024**3  # bytes, unpacked
LARGEST_RATIO: Final = 200  # unpacked to packed; tables of text reach 5 to 40
_FREE: Final = 1024 * 1024  # the first mebibyte may grow as it likes
_BLOCK: Final = 256 * 1024
_DAMAGED = (zipfile.BadZipFile, EOFError, zlib.error, RuntimeError, NotImplementedError, ValueError)


def is_archive(path: Path) -> bool:
    """Whether its files are inside."""
    return path.suffix.lower() == ".zip"


def is_gzip(path: Path) -> bool:
    """Whether it is one compressed file."""
    return path.suffix.lower() == ".gz"


def members(path: Path, *, name: str) -> list[str]:
    """The files in an archive by name, without hidden ones; ConfigurationInvalid for archives within it."""
    with _archive(path, name) as archive:
        found = sorted(
            one.filename for one in archive.infolist()
            if not one.is_dir() and not PurePosixPath(one.filename).name.startswith((".", "~$", "__MACOSX"))
            and "__MACOSX" not in PurePosixPath(one.filename).parts
        )  # fmt: skip
    nested = next((one for one in found if one.lower().endswith((".zip", ".gz", ".rar", ".7z"))), None)
    if nested is not None:
        raise ConfigurationInvalid(f"{name} holds another archive, {nested}.", mend="Put the files themselves into it.")
    return found


def unpacked(path: Path, member: str, *, name: str) -> Iterator[bytes]:
    """The bytes of a member, or of a gzip file when `member` is empty, a bounded block at a time.

    Raises RunMustStop when it is damaged or cut, ConfigurationInvalid when it grows beyond all measure.
    """
    try:
        if member:
            with _archive(path, name) as archive, archive.open(member) as inside:
                yield from _bounded(inside, packed=archive.getinfo(member).compress_size, name=name)
        else:
            yield from _gunzipped(path, name=name)
    except _DAMAGED as fault:
        raise RunMustStop(f"{name} is damaged or was cut: it cannot be unpacked.", mend="Ask for it again.") from fault
    except KeyError as fault:
        raise RunMustStop(f"{name} disappeared while it was being read.", mend="Start the run again.") from fault


@contextmanager
def _archive(path: Path, name: str) -> Iterator[zipfile.ZipFile]:
    with translated(name):
        try:
            archive = zipfile.ZipFile(path)
        except _DAMAGED as fault:
            raise RunMustStop(f"{name} is no readable ZIP archive.", mend="Ask for it again.") from fault
        with archive:
            yield archive


def _bounded(inside: IO[bytes], *, packed: int, name: str) -> Iterator[bytes]:
    size = 0
    while block := inside.read(_BLOCK):
        size += len(block)
        _refuse_bomb(size, packed, name=name)
        yield block


def _gunzipped(path: Path, *, name: str) -> Iterator[bytes]:
    """As gzip does it, but the growth is looked at before the next block is unpacked."""
    size, packed = 0, 0
    with translated(name), path.open("rb") as file:
        unpacker = zlib.decompressobj(wbits=31)
        ended = False
        while rest := file.read(_BLOCK):
            packed += len(rest)
            while rest:
                if unpacker.eof:  # gzip files may be several behind one another
                    unpacker = zlib.decompressobj(wbits=31)
                block = unpacker.decompress(rest, _BLOCK)
                rest = unpacker.unconsumed_tail or unpacker.unused_data
                ended = unpacker.eof
                size += len(block)
                _refuse_bomb(size, packed, name=name)
                if block:
                    yield block
        if not ended:
            raise EOFError


def _refuse_bomb(size: int, packed: int, *, name: str) -> None:
    if size > LARGEST or (size > _FREE and size > packed * LARGEST_RATIO):
        raise ConfigurationInvalid(
            f"{name} grows more than {LARGEST_RATIO} times, or beyond 2 GiB, when it is unpacked.",
            mend="If it is what you expect, unpack it yourself.",
        )
