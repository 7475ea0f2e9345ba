"""What simple-salesforce takes for its network: its calls leave through the one RestClient.

The library forgets extra headers when it signs in again, has no time-outs on writes, and knows https only. Here it
never signs in: the token, its renewal after a 401, time-outs, budget and redaction are the RestClient's.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from simple_salesforce.api import Salesforce

from concilia.errors import RetryLater
from concilia.vault import Secret
from connectors.auth import Tokens
from connectors.contract import ConnectionSettings
from connectors.oauth import Assertion, TokenEndpoint, client_credentials, jwt_bearer
from connectors.rest import Patience, Raw, Response, RestClient
from connectors.salesforce.faults import judged
from connectors.salesforce.settings import SalesforceSettings
from connectors.tokens import TokenSource, credential_name

# Of the library's own: the token is ours, and what RestClient sets itself.
_NOT_HANDED_ON: Final = frozenset({
    "authorization", "content-length", "connection", "accept-encoding", "user-agent", "accept", "host", "content-type",
})  # fmt: skip


class Usage:
    """What answers say by the way: how much of the org's requests of a day is used, and the server's clock."""

    def __init__(self, *, system: str, share: float) -> None:
        self._system = system
        self._share = share
        self.used = 0
        self.most = 0
        self.clock: datetime | None = None  # of the server, at its last answer

    def note(self, headers: Mapping[str, str]) -> None:
        """Read the headers of an answer."""
        with contextlib.suppress(ValueError):
            self.clock = parsedate_to_datetime(headers.get("date", "")).astimezone(UTC)
        told = next((part for part in headers.get("sforce-limit-info", "").split(";") if "api-usage=" in part), "")
        used, _, most = told.partition("=")[2].partition("/")
        if "per-app" not in told and used.strip().isdigit() and most.strip().isdigit():
            self.used, self.most = int(used), int(most)

    def check(self) -> None:
        """RetryLater when our share of the org's requests is used up: others need the rest."""
        if self.most and self.used >= self.most * self._share:
            raise RetryLater(
                f"{self._system} has used {self.used} of its {self.most} requests of 24 hours; "
                f"the setting api_share leaves the rest to others.",
                after=timedelta(hours=1),
            )


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls within our share of the org's requests."""

    rest: RestClient
    usage: Usage

    def call(self, method: str, path: str, *, body: Any = None, headers: Mapping[str, str] | None = None) -> Response:
        """One call. An upsert may be repeated; a change under a precondition would be refused because of itself."""
        self.usage.check()
        repeatable = method == "GET" or (method == "PATCH" and "If-Unmodified-Since" not in (headers or {}))
        answer = self.rest.call(method, path, body=body, headers=headers, idempotent=repeatable)
        self.usage.note(answer.headers)
        return answer


class RestAdapter(BaseAdapter):
    """Sends what the library prepared through our client."""

    def __init__(self, calls: Calls) -> None:
        super().__init__()
        self._calls = calls

    def send(self, request: requests.PreparedRequest, **_given: Any) -> requests.Response:  # type: ignore[override]
        """One call."""
        parts = urlsplit(request.url or "")
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        given = {name: str(value) for name, value in (request.headers or {}).items()}
        headers = {name: value for name, value in given.items() if name.lower() not in _NOT_HANDED_ON}
        kind = next((value for name, value in given.items() if name.lower() == "content-type"), "application/json")
        raw: Any = request.body.encode() if isinstance(request.body, str) else request.body
        body = None if raw is None else Raw(bytes(raw), kind)
        return _as_requests(self._calls.call(request.method or "GET", path, body=body, headers=headers), request)

    def close(self) -> None:
        """Nothing is held here."""


def rest_of(configured: ConnectionSettings, settings: SalesforceSettings, *, patience: Patience | None) -> RestClient:
    """The client with the org's tokens."""
    patience = patience or Patience(timeout=settings.timeout, gate=configured.gate, sleep=configured.sleep)
    rest = RestClient(settings.url, system=settings.system, patience=patience, verify=settings.verify)
    source = _tokens(configured, settings, patience)
    return rest.using(auth=Tokens(source), judge=lambda answer: judged(answer, system=settings.system))


def library(settings: SalesforceSettings, calls: Calls) -> Any:
    """simple-salesforce over our client. The token it is given is never sent."""
    session = requests.Session()
    session.trust_env = False
    session.mount("https://", RestAdapter(calls))
    return Salesforce(
        session_id="unused", instance_url=settings.url.replace("http://", "https://", 1), session=session,
        version=settings.api_version, parse_float=Decimal, object_pairs_hook=dict,
    )  # fmt: skip


def _tokens(configured: ConnectionSettings, settings: SalesforceSettings, patience: Patience) -> TokenSource:
    endpoint = TokenEndpoint(
        url=settings.token_url, system=settings.system, client_id=settings.client_id,
        client_secret=settings.client_secret or Secret(""), patience=patience, verify=settings.verify,
    )  # fmt: skip
    name = credential_name(settings.system, settings.token_url, settings.client_id, settings.username)
    if settings.private_key is None:
        return configured.tokens(name, client_credentials(endpoint), seed=Secret(""))
    assertion = Assertion(settings.client_id, settings.audience, settings.private_key, subject=settings.username)
    return configured.tokens(name, jwt_bearer(endpoint, assertion), seed=Secret(""))


def _as_requests(answer: Response, request: requests.PreparedRequest) -> requests.Response:
    found = requests.Response()
    found.status_code = answer.status
    found.headers = requests.structures.CaseInsensitiveDict(answer.headers)
    found._content = answer.body  # noqa: SLF001  the library's own way of making one
    found.encoding = "utf-8"
    found.url = answer.url
    found.request = request
    return found
