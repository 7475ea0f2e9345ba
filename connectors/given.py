"""The settings of a connection, read with one sentence for what is missing, misspelled or wrong. No network.

Names are the same everywhere: url, token_url, database, username, password, api_key, client_id, client_secret,
private_key, refresh_token, company, ca_file, page_size, overlap_seconds, late_seconds, timeout_seconds.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from concilia.documents import did_you_mean
from concilia.errors import ConfigurationInvalid
from concilia.vault import Secret
from connectors.addresses import checked_address
from connectors.contract import ConnectionSettings

# For mapping, which every connection may have besides: the zone of its moments and its decimal sign.
ALWAYS: Final = frozenset({"time_zone", "decimal"})


@dataclass(frozen=True, slots=True)
class Given:
    """The settings of one connection. Raises ConfigurationInvalid only."""

    configured: ConnectionSettings

    @property
    def system(self) -> str:
        """What errors call the other system: the connection."""
        return self.configured.name

    def only(self, known: Iterable[str]) -> Given:
        """The same, when no setting is unknown."""
        allowed = frozenset(known) | ALWAYS
        for name in sorted(set(self.configured.settings) - allowed):
            mend = did_you_mean(name, allowed) or f"Use only: {', '.join(sorted(allowed))}."
            raise ConfigurationInvalid(f"Connection {self.system} has the unknown setting `{name}`.", mend=mend)
        return self

    def optional(self, name: str) -> str | None:
        """The setting as text, None when it is missing or empty."""
        value = self.configured.settings.get(name)
        if isinstance(value, Secret):
            value = value.reveal()
        return str(value).strip() or None if value is not None else None

    def text(self, name: str, *, default: str | None = None) -> str:
        """The setting as text."""
        value = self.optional(name) or default
        if value is None:
            raise ConfigurationInvalid(
                f"Connection {self.system} lacks the setting `{name}`.", mend=f"Add {name}: … to it."
            )
        return value

    def secret(self, name: str) -> Secret:
        """The setting as a secret."""
        value = self.optional_secret(name)
        if value is None:
            mend = f"Add {name}: ${{env:NAME}} to it."
            raise ConfigurationInvalid(f"Connection {self.system} lacks the setting `{name}`.", mend=mend)
        return value

    def optional_secret(self, name: str) -> Secret | None:
        """The setting as a secret, None when it is missing or empty."""
        value = self.configured.settings.get(name)
        if isinstance(value, Secret):
            return value if value.reveal() else None
        return Secret(str(value)) if value not in (None, "") else None

    def address(self, name: str = "url", *, default: str | None = None) -> str:
        """The setting as a base address without a slash at its end: https, or http on this machine."""
        url = self.text(name, default=default)
        checked_address(url, system=self.system, setting=name)
        return url.rstrip("/")

    def number(self, name: str, *, default: int, lowest: int = 0, highest: int) -> int:
        """The setting as a whole number of that range."""
        value = self.configured.settings.get(name, default)
        text = str(value)
        if isinstance(value, bool) or not (text.isascii() and text.isdigit()) or not lowest <= int(text) <= highest:
            mend = f"Write a whole number from {lowest} to {highest}."
            raise ConfigurationInvalid(f"The setting `{name}` of {self.system} is {value!r}.", mend=mend)
        return int(text)

    def span(self, name: str, *, default: int, highest: int = 7 * 86400) -> timedelta:
        """The setting as seconds."""
        return timedelta(seconds=self.number(name, default=default, highest=highest))

    def choice(self, name: str, among: Mapping[str, Any] | Iterable[str], *, default: str) -> str:
        """The setting as one of these words."""
        words = tuple(among)
        value = self.text(name, default=default)
        if value not in words:
            mend = did_you_mean(value, words) or f"Use one of: {', '.join(words)}."
            raise ConfigurationInvalid(f"The setting `{name}` of {self.system} is {value!r}.", mend=mend)
        return value

    def zone(self, name: str = "time_zone", *, default: str = "UTC") -> ZoneInfo:
        """The setting as a time zone."""
        value = self.text(name, default=default)
        try:
            return ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
            raise ConfigurationInvalid(
                f"The setting `{name}` of {self.system} is no known time zone: {value!r}.",
                mend="Use a name such as America/Santiago.",
            ) from fault

    def verify(self) -> str | bool:
        """What certificates are checked against: the file in `ca_file`, or the usual authorities."""
        authority = self.optional("ca_file")
        return str(Path(self.configured.folder) / authority) if authority else True
