"""The settings of an Odoo connection, checked once. No network."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from concilia.errors import ConfigurationInvalid
from concilia.vault import Secret
from connectors.contract import ConnectionSettings
from connectors.given import Given

AUTO: Final = "auto"
JSON2: Final = "json2"
JSONRPC: Final = "jsonrpc"
XMLRPC: Final = "xmlrpc"
TRANSPORTS: Final = (AUTO, JSON2, JSONRPC, XMLRPC)
ALL: Final = "all"
CUSTOMERS: Final = "customers"
ACTIVITY: Final = "activity"
NOTE: Final = "note"

KNOWN: Final = (
    "url", "database", "username", "password", "api_key", "transport", "company", "journal", "payment_method",
    "partners", "agreements", "overlap_seconds", "late_seconds", "timeout_seconds", "page_size", "ca_file",
)  # fmt: skip
LARGEST_PAGE: Final = 1000
_LONGEST: Final = 600


@dataclass(frozen=True, slots=True)
class Settings:
    """One account at one Odoo database. `company`, `journal` and `payment_method` are a name or an id."""

    system: str
    url: str
    database: str | None
    username: str | None
    password: Secret | None
    api_key: Secret | None
    transport: str
    company: str | None
    journal: str | None
    payment_method: str | None
    partners: str
    agreements: str
    overlap: timedelta
    late: timedelta
    timeout: float
    page_size: int
    verify: str | bool

    @property
    def proof(self) -> Secret:
        """What RPC calls are made with: an API key stands where a password would."""
        secret = self.api_key or self.password
        if secret is None:  # settings_of lets none pass without either
            raise ConfigurationInvalid(f"Connection {self.system} lacks the setting `api_key`.")
        return secret


def settings_of(configured: ConnectionSettings) -> Settings:
    """The checked settings; ConfigurationInvalid names the setting that is missing, unknown or wrong."""
    given = Given(configured).only(KNOWN)
    found = Settings(
        system=given.system,
        url=given.address(),
        database=given.optional("database"),
        username=given.optional("username"),
        password=given.optional_secret("password"),
        api_key=given.optional_secret("api_key"),
        transport=given.choice("transport", TRANSPORTS, default=AUTO),
        company=given.optional("company"),
        journal=given.optional("journal"),
        payment_method=given.optional("payment_method"),
        partners=given.choice("partners", (ALL, CUSTOMERS), default=ALL),
        agreements=given.choice("agreements", (ACTIVITY, NOTE), default=ACTIVITY),
        overlap=given.span("overlap_seconds", default=300),
        late=given.span("late_seconds", default=120, highest=86400),
        timeout=_seconds(given, "timeout_seconds", default=60),
        page_size=given.number("page_size", default=200, lowest=1, highest=LARGEST_PAGE),
        verify=given.verify(),
    )
    _refuse_no_proof(found)
    return found


def _seconds(given: Given, name: str, *, default: float) -> float:
    text = given.text(name, default=str(default))
    try:
        value = float(text)
    except ValueError:
        value = 0
    if not 0.01 <= value <= _LONGEST:
        mend = f"Write a number of seconds from 0.01 to {_LONGEST}."
        raise ConfigurationInvalid(f"The setting `{name}` of {given.system} is {text!r}.", mend=mend)
    return value


def _refuse_no_proof(settings: Settings) -> None:
    if settings.api_key is None and settings.password is None:
        raise ConfigurationInvalid(
            f"Connection {settings.system} lacks the setting `api_key`.",
            mend="Add api_key: ${env:NAME} to it, or username and password.",
        )
    if settings.api_key is None and settings.transport == JSON2:
        raise ConfigurationInvalid(
            f"Connection {settings.system} wants the transport json2, which takes an API key only.",
            mend="Add api_key: ${env:NAME} to it. In Odoo: Preferences, Account Security, New API Key.",
        )
