"""Which days count: weekends, public and bank holidays by country and subdivision, and what a workspace adds or takes.

Pure: the day always comes in from outside. Holidays are those of the library `holidays`; where its country lists lack
the days on which banks are closed, the calendar of the country's exchange is added. Decrees come faster than releases,
so a workspace may close or open single days, and whatever was decided names the calendar it was decided by.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.metadata import version
from typing import Any, Final
from zoneinfo import ZoneInfo

import holidays

# Where people live who are called by the country's calendar when nobody names a zone (IANA; the capital's).
ZONES: Final = {
    "AR": "America/Argentina/Buenos_Aires", "BO": "America/La_Paz", "BR": "America/Sao_Paulo",
    "CL": "America/Santiago", "CO": "America/Bogota", "CR": "America/Costa_Rica", "DO": "America/Santo_Domingo",
    "EC": "America/Guayaquil", "GT": "America/Guatemala", "HN": "America/Tegucigalpa", "MX": "America/Mexico_City",
    "NI": "America/Managua", "PA": "America/Panama", "PE": "America/Lima", "PY": "America/Asuncion",
    "SV": "America/El_Salvador", "UY": "America/Montevideo", "VE": "America/Caracas",
}  # fmt: skip
# Carnival and Corpus Christi (BR), Maundy Thursday and 2 November (MX): banks are closed, the country lists lack them.
_EXCHANGES: Final = {"BR": "BVMF", "MX": "XMEX"}
_COUNTED: Final = ("public", "bank")
_LANGUAGES: Final = ("es", "pt_BR")
_WEEKEND: Final = (5, 6)
_LONGEST = 366  # days without one that is open: a calendar that closes a whole year is a mistake


@dataclass(frozen=True, slots=True)
class BusinessDays:
    """The calendar of one country, or of a part of it, with a workspace's own closed and open days.

    `zone` is an IANA name and says when a day ends; empty means the country's own. A day in `opened` is open, weekend
    or not.
    """

    country: str
    subdivision: str = ""
    closed: frozenset[date] = frozenset()
    opened: frozenset[date] = frozenset()
    zone: str = ""

    @property
    def name(self) -> str:
        """What was decided by: country, subdivision, the library's version, and how many days the workspace changed."""
        place = "-".join(filter(None, (self.country, self.subdivision)))
        known = _release() if is_known(self.country) else "weekends only"
        changed = len(self.closed) + len(self.opened)
        return f"{place}, {known}" + (f", {changed} days changed" if changed else "")

    def is_open(self, day: date) -> bool:
        """Whether banks and offices work on that day."""
        if day in self.opened:
            return True
        return day not in self.closed and day.weekday() not in _WEEKEND and day not in self._holidays(day.year)

    def why_closed(self, day: date) -> str:
        """The holiday's name, `weekend` or `closed by the workspace`; empty for an open day."""
        if self.is_open(day):
            return ""
        if day in self.closed:
            return "closed by the workspace"
        return self._holidays(day.year).get(day, "weekend")

    def on_or_after(self, day: date) -> date:
        """The day itself when it is open, else the next one that is."""
        for distance in range(_LONGEST):
            if self.is_open(found := day + timedelta(days=distance)):
                return found
        raise ValueError(f"no day after {day} is open in the calendar {self.name}")

    def after(self, day: date, count: int) -> date:
        """The day `count` open days later; `day` itself for 0."""
        for _ in range(count):
            day = self.on_or_after(day + timedelta(days=1))
        return day

    def day_of(self, moment: datetime) -> date:
        """The date of an instant where this calendar counts."""
        name = self.zone or ZONES.get(self.country)
        return moment.astimezone(ZoneInfo(name) if name else UTC).date()

    def _holidays(self, year: int) -> dict[date, str]:
        return _listed(self.country, self.subdivision, year)


def is_known(country: str) -> bool:
    """Whether the library lists the holidays of a country."""
    return country in _countries()


def subdivisions(country: str) -> tuple[str, ...]:
    """The subdivisions whose own holidays are known, such as RM for CL."""
    return tuple(_countries().get(country, ()))


@lru_cache(maxsize=1)
def _release() -> str:
    return f"holidays {version('holidays')}"


@lru_cache(maxsize=1)
def _countries() -> dict[str, list[str]]:
    return holidays.list_supported_countries()


@lru_cache(maxsize=512)
def _listed(country: str, subdivision: str, year: int) -> dict[date, str]:
    if not is_known(country):
        return {}
    offered = getattr(holidays, country)
    chosen = tuple(name for name in _COUNTED if name in offered.supported_categories)
    found = dict(
        holidays.country_holidays(
            country,
            subdiv=subdivision or None,
            years=year,
            categories=chosen,
            expand=False,
            language=_spoken(offered),
        )
    )
    if exchange := _EXCHANGES.get(country):
        language = _spoken(getattr(holidays, exchange))
        found = {**holidays.financial_holidays(exchange, years=year, expand=False, language=language), **found}
    return found


def _spoken(offered: Any) -> str | None:
    """The language of the place: without one, names would follow the environment of the process."""
    return next((name for name in _LANGUAGES if name in offered.supported_languages), None)
