"""The small drawings of the pages as numbers: bars of dispositions and of evidence. No markup."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from concilia.store.runs import DISPOSITIONS, StreamCounts

WIDTH: Final = 1000
NARROWEST: Final = 12  # so that one record of a million can still be seen
FULL_BITS: Final = 10.0  # a bar is full at this many bits, or at the greatest of its pair

FOR: Final = frozenset({"valid", "well_formed", "agrees", "compatible", "verified", "stated"})
AGAINST: Final = frozenset({"suspicious", "different", "unlike", "opposed", "differs", "incompatible"})


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a bar, in thousandths of its width."""

    name: str
    count: int
    start: int
    width: int


@dataclass(frozen=True, slots=True)
class EvidenceBar:
    """What one feature says. `lean` is `for`, `against` or `neither`; `width` is in hundredths of half the bar."""

    feature: str
    level: str
    why: str
    lean: str
    bits: float | None
    width: int
    left: str = ""  # the values compared
    right: str = ""


def counted(streams: Sequence[StreamCounts]) -> dict[str, int]:
    """What was read in these streams and what became of it, in sum."""
    return {name: sum(int(getattr(s, name)) for s in streams) for name in ("read", *DISPOSITIONS)}


def disposition_bar(counts: Mapping[str, int]) -> list[Segment]:
    """The six dispositions as parts of one bar: together they are as wide as the bar."""
    present = [(name, counts[name]) for name in DISPOSITIONS if counts[name]]
    total = sum(count for _, count in present)
    room = WIDTH - NARROWEST * len(present)
    segments, start, seen = [], 0, 0
    for place, (name, count) in enumerate(present, start=1):
        seen += count
        end = NARROWEST * place + room * seen // total
        segments.append(Segment(name, count, start, end - start))
        start = end
    return segments


def evidence_bars(evidence: Sequence[Mapping[str, Any]]) -> list[EvidenceBar]:
    """Evidence as bars when it carries bits, else as levels; what says nothing comes last."""
    bits = [_bits(one) for one in evidence]
    full = max([FULL_BITS, *(abs(b) for b in bits if b is not None)])
    bars = [_bar(one, weight, full=full) for one, weight in zip(evidence, bits, strict=True)]
    return sorted(bars, key=lambda bar: (bar.lean == "neither", -abs(bar.bits or 0)))


def total_bits(bars: Sequence[EvidenceBar]) -> float | None:
    """The sum of the bits; none when the evidence carries none."""
    weights = [bar.bits for bar in bars if bar.bits is not None]
    return sum(weights) if weights else None


def _bar(one: Mapping[str, Any], bits: float | None, *, full: float) -> EvidenceBar:
    level = str(one.get("level", ""))
    lean = _lean_of_level(level) if bits is None else "for" if bits > 0 else "against" if bits < 0 else "neither"
    width = 0 if bits is None else round(abs(bits) / full * 100)
    values = (str(one.get("left", "")), str(one.get("right", "")))
    return EvidenceBar(str(one.get("feature", "")), level, str(one.get("why", "")), lean, bits, width, *values)


def _lean_of_level(level: str) -> str:
    return "for" if level in FOR else "against" if level in AGAINST else "neither"


def _bits(one: Mapping[str, Any]) -> float | None:
    found = one.get("bits")
    return float(found) if isinstance(found, int | float) and not isinstance(found, bool) else None
