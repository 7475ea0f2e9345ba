"""Records that the hub refused, each on a line of a file with its reason. The file holds personal data."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from admin_api.singer.hub_client import Refusal


@dataclass(slots=True)
class Rejects:
    """Where refused records go; how many of each stream were taken and refused."""

    path: Path
    taken: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, stream: str, record: Mapping[str, Any], refusal: Refusal) -> None:
        """Append a refused record; it is on disk before anything is acknowledged. The file is its owner's alone."""
        self.refused[stream] += 1
        told = {"stream": stream, "code": refusal.code, "reason": refusal.reason, "mend": refusal.mend}
        line = json.dumps({**told, "record": dict(record)}, ensure_ascii=False, default=str)
        handle = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(f"{line}\n")

    def summary(self) -> str:
        """What became of all records, in one sentence a stream."""
        streams = sorted({*self.taken, *self.refused})
        told = [f"{name}: {self.taken[name]} taken, {self.refused[name]} refused" for name in streams]
        return "; ".join(told) + (f"; refused records are in {self.path}" if any(self.refused.values()) else "")
