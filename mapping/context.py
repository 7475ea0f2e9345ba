"""What a mapping has to know of the connection its records come from. No rule, no clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo

from concilia.money import COUNTRY_UNIT
from concilia.workspace import Connection


@dataclass(frozen=True, slots=True)
class MapContext:
    """The defaults of one connection: country of identifiers and phones, unit and decimal sign of amounts."""

    country: str
    unit: str | None = None  # None: every amount must come with its unit
    decimal: str | None = None  # "," or "."; None: only amounts that can be read in one way
    time_zone: tzinfo = UTC  # of moments written without a zone

    @classmethod
    def of(cls, connection: Connection) -> MapContext:
        """The context of a configured connection; `decimal` comes from its settings."""
        decimal = connection.settings.get("decimal")
        return cls(
            country=connection.country,
            unit=connection.unit or COUNTRY_UNIT.get(connection.country),
            decimal=decimal if decimal in (",", ".") else None,
            time_zone=ZoneInfo(connection.time_zone) if connection.time_zone else UTC,
        )
