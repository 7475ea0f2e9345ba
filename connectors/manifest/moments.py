"""Moments as a system writes them: strptime formats, Unix times, OData's /Date()/, ISO 8601; naive ones in a zone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Any, Final

from connectors.odata_values import from_json_date

ISO: Final = "iso"
SECONDS: Final = "%s"  # Unix time; the other two are Airbyte's names for finer ones
_EPOCHS: Final = {SECONDS: 0, "%s_as_float": 0, "%ms": 3, "%epoch_microseconds": 6}
_SPAN = re.compile(r"P(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Moments:
    """How one system reads and writes moments. `reads` are tried in turn."""

    writes: str = ISO
    reads: tuple[str, ...] = ()
    zone: tzinfo = UTC

    def read(self, value: Any) -> datetime | None:
        """The moment, with a zone; None when it is written in none of the known ways."""
        if isinstance(value, datetime):
            return value if value.tzinfo else value.replace(tzinfo=self.zone)
        for form in self.reads or (self.writes,):
            moment = _read(value, form)
            if moment is not None:
                return moment if moment.tzinfo else moment.replace(tzinfo=self.zone)
        return None

    def text(self, moment: datetime) -> str:
        """The moment as the system's parameters have it."""
        places = _EPOCHS.get(self.writes)
        if places is not None:
            return str(int(moment.timestamp() * 10**places))
        local = moment.astimezone(self.zone)
        if self.writes == ISO:
            return local.isoformat()
        if self.writes == "iso_z":
            return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        return local.strftime(self.writes)


def day_of(value: Any, *, forms: tuple[str, ...], zone: tzinfo) -> date | None:
    """A day as a system writes it, the forms tried in turn; of a moment, its day in the zone."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    moment = Moments(reads=forms, zone=zone).read(value)
    return None if moment is None else moment.astimezone(zone).date()


def span(text: str) -> timedelta:
    """ISO 8601 (PT10M, P1D) or a number of seconds; ValueError for anything else."""
    found = _SPAN.fullmatch(text.strip())
    if found and any(found.groups()):
        weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
        return timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    try:
        return timedelta(seconds=int(text))
    except ValueError as fault:
        raise ValueError(f"{text!r} is no length of time: write PT10M, P1D or seconds.") from fault


def latest(moments: Sequence[datetime | None]) -> datetime | None:
    """The last of them."""
    return max((moment for moment in moments if moment is not None), default=None)


def _read(value: Any, form: str) -> datetime | None:
    places = _EPOCHS.get(form)
    try:
        if places is not None:
            return None if value in (None, "") else datetime(1970, 1, 1, tzinfo=UTC) + _since_epoch(value, places)
        text = str(value).strip()
        if form == "odata_v2":
            return from_json_date(text)
        if form in (ISO, "iso_z"):
            return datetime.fromisoformat(text)
        return datetime.strptime(text, form)  # noqa: DTZ007 - the zone is the caller's
    except (ValueError, OverflowError, ArithmeticError):
        return None


def _since_epoch(value: Any, places: int) -> timedelta:
    return timedelta(microseconds=int(Decimal(str(value)) * 10 ** (6 - places)))
