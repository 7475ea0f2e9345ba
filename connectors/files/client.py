"""The folder itself: which files match, their hash, their bytes, and noticing that one changes underneath."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from concilia.errors import RunMustStop
from connectors.files.faults import translated
from connectors.files.packed import is_archive, is_gzip, members, unpacked

BLOCK = 256 * 1024


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A file of the folder. `name` is its path relative to the folder, with `/` on every system."""

    name: str
    path: Path
    member: str = ""  # of an archive; then `name` is archive/member

    @property
    def inside(self) -> str:
        """The name that tells what it is: that of the member, of an archive."""
        return self.member or self.name


def matching(folder: Path, pattern: str) -> list[FoundFile]:
    """The files matching the pattern, by name; hidden files and the lock files of Excel (`~$`) are left out."""
    with translated(str(folder)):
        paths = [path for path in folder.glob(pattern) if path.is_file() and not path.name.startswith((".", "~$"))]
    found = [one for path in paths for one in _files_of(path, path.relative_to(folder).as_posix())]
    return sorted(found, key=lambda each: each.name)


def _files_of(path: Path, name: str) -> list[FoundFile]:
    if not is_archive(path):
        return [FoundFile(name, path)]
    return [FoundFile(f"{name}/{member}", path, member) for member in members(path, name=name)]


def settled(found: FoundFile, *, now: datetime, seconds: float) -> bool:
    """Whether the file was last written at least that long ago; a younger one may still be growing."""
    if not seconds:
        return True
    with translated(found.name):
        written = datetime.fromtimestamp(found.path.stat().st_mtime, UTC)
    return (now - written).total_seconds() >= seconds


class Watched:
    """One version of a file: it remembers size, time and identity, and refuses to go on when they change."""

    def __init__(self, found: FoundFile) -> None:
        self.name = found.name
        self.path = found.path
        self.inside = found.inside
        self._member = found.member
        self._seen = self._look()

    def _look(self) -> tuple[int, int, int, int]:
        with translated(self.name):
            now = self.path.stat()
        return now.st_size, now.st_mtime_ns, now.st_ino, now.st_dev

    def confirm(self) -> None:
        """Raises RunMustStop when the file is gone or was written since it was first looked at."""
        if self._look() != self._seen:
            raise RunMustStop(
                f"{self.name} changed while it was being read.",
                mend="Write files under another name and rename them when complete, or set settle_seconds.",
            )

    def blocks(self) -> Iterator[bytes]:
        """The bytes of the file, unpacked, a bounded block at a time."""
        if self.packed:
            yield from unpacked(self.path, self._member, name=self.name)
            return
        with translated(self.name), self.path.open("rb", buffering=0) as file:
            while block := file.read(BLOCK):
                yield block

    @property
    def packed(self) -> bool:
        """Whether its bytes on disk are not those of its content."""
        return bool(self._member) or is_gzip(self.path)

    def sha256(self) -> str:
        """The hash of the whole content, read once from the first byte to the last."""
        digest = hashlib.sha256()
        for block in self.blocks():
            digest.update(block)
        self.confirm()
        return digest.hexdigest()
