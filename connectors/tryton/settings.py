"""The settings of a Tryton connection, checked once. No network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from concilia.errors import ConfigurationInvalid
from concilia.vault import Secret
from connectors.contract import ConnectionSettings

# `time_zone` and `decimal` are for mapping; Tryton's moments are UTC and its amounts exact.
KNOWN = frozenset(
    {
        "url", "database", "username", "password", "company", "payment_method", "overlap_seconds", "ca_file",
        "page_size", "late_seconds", "time_zone", "decimal",
    }
)  # fmt: skip
LARGEST_PAGE = 1000  # Tryton may limit what one call gives (request.records_limit)


@dataclass(frozen=True, slots=True)
class Settings:
    """One account at one Tryton database. `company` and `payment_method` are a name or an id."""

    system: str
    url: str
    database: str
    username: str
    password: Secret
    company: str | None = None
    payment_method: str | None = None
    overlap: timedelta = timedelta(seconds=300)
    ca_file: str | None = None
    page_size: int = 200
    late: timedelta = timedelta(seconds=20)  # how long a write may still take effect after its caller lost it


def settings_of(configured: ConnectionSettings) -> Settings:
    """The checked settings; ConfigurationInvalid names the setting that is missing, unknown or wrong."""
    given = configured.settings
    unknown = sorted(set(given) - KNOWN)
    if unknown:
        raise ConfigurationInvalid(
            f"Connection {configured.name} has settings a Tryton connection does not know: {', '.join(unknown)}.",
            mend=f"Use only: {', '.join(sorted(KNOWN))}.",
        )
    authority = _optional(given, "ca_file")
    return Settings(
        system=configured.name,
        url=_text(given, "url", of=configured.name),
        database=_text(given, "database", of=configured.name),
        username=_text(given, "username", of=configured.name),
        password=_secret(given, of=configured.name),
        company=_optional(given, "company"),
        payment_method=_optional(given, "payment_method"),
        overlap=timedelta(seconds=_number(given, "overlap_seconds", default=300, highest=7 * 86400)),
        ca_file=str(Path(configured.folder) / authority) if authority else None,
        page_size=max(1, _number(given, "page_size", default=200, highest=LARGEST_PAGE)),
        late=timedelta(seconds=_number(given, "late_seconds", default=20, highest=86400)),
    )


def _text(given: Mapping[str, Any], name: str, *, of: str) -> str:
    value = _optional(given, name)
    if value is None:
        raise ConfigurationInvalid(f"Connection {of} lacks the setting `{name}`.", mend=f"Add {name}: … to it.")
    return value


def _optional(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    if isinstance(value, Secret):
        value = value.reveal()
    return str(value).strip() or None if value is not None else None


def _secret(given: Mapping[str, Any], *, of: str) -> Secret:
    value = given.get("password")
    plain = value.reveal() if isinstance(value, Secret) else value
    if not isinstance(plain, str) or not plain:
        raise ConfigurationInvalid(
            f"Connection {of} lacks the setting `password`.", mend="Add password: ${env:NAME} to it."
        )
    return Secret(plain)


def _number(given: Mapping[str, Any], name: str, *, default: int, highest: int) -> int:
    value = given.get(name, default)
    if isinstance(value, bool) or not str(value).isascii() or not str(value).isdigit() or int(value) > highest:
        raise ConfigurationInvalid(
            f"The setting `{name}` is {value!r}.", mend=f"Write a whole number from 0 to {highest}."
        )
    return int(value)
