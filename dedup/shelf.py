"""Columns written aside a part at a time and read back one column at a time, so that memory holds them once."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dedup.rows import Array, Columns


class Shelf:
    """One file a column in a folder that the caller creates and removes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.shapes: dict[str, tuple[np.dtype[np.generic], tuple[int, ...]]] = {}

    def put(self, part: Columns) -> None:
        """Add records below those already there."""
        for name in Columns.__dataclass_fields__:
            values = np.ascontiguousarray(getattr(part, name))
            self.shapes[name] = (values.dtype, values.shape[1:])
            with (self.folder / name).open("ab") as stream:
                stream.write(values.view(np.uint8).data)

    def take(self, order: Array) -> Columns:
        """All records in this order."""
        found = {}
        for name, (kind, shape) in self.shapes.items():
            whole = np.fromfile(self.folder / name, dtype=kind).reshape(-1, *shape)
            found[name] = whole[order]
        return Columns(**found)
