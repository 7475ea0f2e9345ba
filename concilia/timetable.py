"""The `schedules` of concilia.yaml: what is to run when, and what happens late or twice. Computes no time itself."""

from __future__ import annotations

import enum
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from concilia.documents import Document, did_you_mean

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


class Overlap(enum.StrEnum):
    """What becomes of a firing while an earlier one of its schedule still runs."""

    SKIP = "skip"  # it is left out, visibly
    QUEUE = "queue"  # it waits for its turn, as do all behind it
    ONE = "one"  # one waits; what comes behind that one is left out


class CatchUp(enum.StrEnum):
    """What becomes of firings that nobody was there for until their grace had passed."""

    ONCE = "once"  # the last of them runs, the others are missed
    ALL = "all"  # each of them runs, one after the other
    NONE = "none"  # all are missed


@dataclass(frozen=True, slots=True)
class Schedule:
    """One entry: a job with its arguments, when it is due in which zone, and its policies."""

    name: str
    cron: str
    time_zone: str  # an IANA name, never an offset: rules of summer time change
    job: str
    connections: tuple[str, ...] = ()  # empty: all
    full: bool = False
    overlap: Overlap = Overlap.SKIP
    catch_up: CatchUp = CatchUp.ONCE
    grace: timedelta = timedelta(minutes=5)
    jitter: timedelta = timedelta()
    source: Document | None = field(default=None, repr=False, compare=False)

    def to_text(self) -> str:
        """The declaration as JSON text: same content, same text."""
        said = {
            "cron": self.cron,
            "time_zone": self.time_zone,
            "job": self.job,
            "connections": list(self.connections),
            "full": self.full,
            "overlap": self.overlap,
            "catch_up": self.catch_up,
            "grace": round(self.grace.total_seconds()),
            "jitter": round(self.jitter.total_seconds()),
        }
        return json.dumps(said, sort_keys=True)


def from_text(name: str, text: str) -> Schedule:
    """The declaration written by `Schedule.to_text`."""
    said = json.loads(text)
    return Schedule(
        name=name,
        cron=said["cron"],
        time_zone=said["time_zone"],
        job=said["job"],
        connections=tuple(said["connections"]),
        full=said["full"],
        overlap=Overlap(said["overlap"]),
        catch_up=CatchUp(said["catch_up"]),
        grace=timedelta(seconds=said["grace"]),
        jitter=timedelta(seconds=said["jitter"]),
    )


def schedules_of(document: Document, *, connections: Collection[str]) -> dict[str, Schedule]:
    """The schedules of a workspace document that fits its schema; ConfigurationInvalid with place and mend."""
    names = document.content.get("schedules") or {}
    return {name: _schedule(document.part("schedules", name), connections=connections) for name in names}


def _schedule(document: Document, *, connections: Collection[str]) -> Schedule:
    said: Mapping[str, Any] = document.content
    named = said.get("connections") or ()
    for place, name in enumerate(named):
        if name not in connections:
            mend = did_you_mean(name, connections) or "Name one of the connections."
            raise document.error(f'there is no connection "{name}".', at=("connections", place), mend=mend)
    misfire = said.get("misfire") or {}
    found = Schedule(
        name=str(document.root[-1]),
        cron=" ".join(str(said["cron"]).split()),
        time_zone=_zone(document, said["time_zone"]),
        job=said["job"],
        connections=tuple(named),
        full=bool(said.get("full", False)),
        overlap=Overlap(said.get("overlap", Overlap.SKIP)),
        catch_up=CatchUp(misfire.get("catch_up", CatchUp.ONCE)),
        grace=_span(document, misfire.get("grace", "5m"), at=("misfire", "grace")),
        jitter=_span(document, said.get("jitter", "0s"), at=("jitter",)),
        source=document,
    )
    if found.catch_up is CatchUp.ALL and found.overlap is not Overlap.QUEUE:
        raise document.error(
            "catch_up: all runs late firings one after the other, so none may be left out.",
            at=("overlap",),
            mend="Write overlap: queue, or catch_up: once.",
        )
    return found


def _zone(document: Document, name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise document.error(
            f'"{name}" is no known time zone.', at=("time_zone",), mend="Use a name such as America/Santiago."
        ) from fault


def _span(document: Document, text: str, *, at: tuple[str, ...]) -> timedelta:
    found = re.fullmatch(r"(\d{1,6})\s*([smhd])", str(text))
    if found is None:
        raise document.error(f'"{text}" is no length of time.', at=at, mend="Write for example 90s, 15m, 2h or 1d.")
    return timedelta(seconds=int(found[1]) * _SECONDS[found[2]])
