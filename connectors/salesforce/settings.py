"""The settings of a Salesforce connection, checked. Uniform names, see `connectors/given.py`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from concilia.errors import ConfigurationInvalid
from concilia.vault import Secret
from connectors.contract import ConnectionSettings
from connectors.given import Given

KNOWN: Final = frozenset({
    "url", "token_url", "username", "client_id", "client_secret", "private_key", "audience", "api_version", "page_size",
    "bulk_from", "api_share", "overlap_seconds", "late_seconds", "timeout_seconds", "ca_file", "allow_duplicates",
    "payments", "reversals", "agreements",
})  # fmt: skip
API_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,79}")
PATH: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z][A-Za-z0-9_]*){0,5}")
# What an order says, and so what may be written into a field of the org.
FACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "payments": ("debt", "amount", "unit", "value_date", "method", "reference", "remittance", "payer"),
    "reversals": ("debt", "amount", "unit", "value_date", "reference", "payment", "kind", "reason"),
    "agreements": (
        "debt", "debtor", "reference", "agreement", "happening", "kind", "state", "amount", "unit", "agreed_on",
        "next_due", "text",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """Which object a fact becomes a record of, under which External Id field, and what goes into its other fields.

    `balance` is a field of the debt's own record, through the field the debt is in (`Invoice__r.Balance__c`).
    """

    object: str
    external_id: str
    fields: Mapping[str, str]  # field of the object -> what the order says, or a constant behind `=`
    balance: str = ""


@dataclass(frozen=True, slots=True)
class SalesforceSettings:
    """Where the org is, who calls, and how much of the org's requests may be used."""

    system: str
    url: str
    token_url: str
    audience: str
    client_id: str
    client_secret: Secret | None
    private_key: Secret | None
    username: str
    api_version: str
    page_size: int
    bulk_from: int
    api_share: float
    overlap: timedelta
    late: timedelta
    timeout: float
    verify: str | bool
    allow_duplicates: bool
    shapes: Mapping[str, Shape] = field(default_factory=dict)

    @property
    def base(self) -> str:
        """The path of the REST API below the address."""
        return f"/services/data/v{self.api_version}"


def settings_of(configured: ConnectionSettings) -> SalesforceSettings:
    """The settings; ConfigurationInvalid names the one that is missing or cannot be."""
    given = Given(configured).only(KNOWN)
    url = given.address()
    key, secret = given.optional_secret("private_key"), given.optional_secret("client_secret")
    username = given.optional("username") or ""
    if (key is None) == (secret is None) or (key is not None and not username):
        raise ConfigurationInvalid(
            f"Connection {given.system} needs private_key with username (JWT bearer), or client_secret (client "
            "credentials), and not both.",
            mend="Passwords are no way in any more: Salesforce retires that login in 2027.",
        )
    version = given.text("api_version", default="64.0")
    if not re.fullmatch(r"[3-9][0-9]\.0", version):
        raise ConfigurationInvalid(
            f"The setting `api_version` of {given.system} is {version!r}.", mend='Write it as "64.0", in quotes.'
        )
    test = ".sandbox." in url or "://test." in url
    return SalesforceSettings(
        system=given.system,
        url=url,
        token_url=given.address("token_url", default=f"{url}/services/oauth2/token"),
        audience=given.text("audience", default=f"https://{'test' if test else 'login'}.salesforce.com"),
        client_id=given.text("client_id"),
        client_secret=secret,
        private_key=key,
        username=username,
        api_version=version,
        page_size=given.number("page_size", default=2000, lowest=200, highest=2000),
        bulk_from=given.number("bulk_from", default=50_000, highest=1_000_000_000),
        api_share=given.number("api_share", default=80, lowest=1, highest=100) / 100,
        overlap=given.span("overlap_seconds", default=300),
        late=given.span("late_seconds", default=30, highest=86_400),
        timeout=_seconds(configured.settings.get("timeout_seconds", 120), system=given.system),
        verify=given.verify(),
        allow_duplicates=bool(configured.settings.get("allow_duplicates", False)),
        shapes={
            fact: _shape(configured.settings[fact], fact, system=given.system)
            for fact in FACTS
            if configured.settings.get(fact)
        },
    )


def _seconds(value: Any, *, system: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= 3600:
        raise ConfigurationInvalid(f"The setting `timeout_seconds` of {system} is {value!r}.", mend="Write seconds.")
    return float(value)


def _shape(given: Any, fact: str, *, system: str) -> Shape:
    where = f"The setting `{fact}` of {system}"
    example = "{object: Payment__c, external_id: Concilia_Key__c, fields: {Amount__c: amount, Invoice__c: debt}}"
    known = {"object", "external_id", "fields", "balance"}
    if not isinstance(given, Mapping) or set(given) - known or not isinstance(given.get("fields"), Mapping):
        raise ConfigurationInvalid(f"{where} cannot be understood.", mend=f"Write it as {example}.")
    names = [given.get("object"), given.get("external_id"), *given["fields"]]
    wrong = next((name for name in names if not API_NAME.fullmatch(str(name or ""))), "")
    if wrong != "" or not given["fields"]:
        raise ConfigurationInvalid(f"{where} has {wrong!r} where an API name belongs.", mend=f"Write it as {example}.")
    for told in given["fields"].values():
        if not str(told).startswith("=") and told not in FACTS[fact]:
            mend = f"Use one of {', '.join(FACTS[fact])}, or a constant behind =."
            raise ConfigurationInvalid(f"{where} wants to write {told!r}, which no order says.", mend=mend)
    balance = str(given.get("balance") or "")
    if balance and not PATH.fullmatch(balance):
        raise ConfigurationInvalid(f"{where} has the balance {balance!r}.", mend="Write it as Invoice__r.Balance__c.")
    fields = {str(name): str(told) for name, told in given["fields"].items()}
    return Shape(str(given["object"]), str(given["external_id"]), fields, balance)
