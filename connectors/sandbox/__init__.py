"""The sandbox as a connector. Its server is in server.py and is not imported from here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from concilia.errors import ConciliaError, ConfigurationInvalid, CredentialsRefused, SystemUnreachable
from concilia.records import Bookmark, Page
from concilia.vault import Secret
from connectors.contract import (
    Capabilities,
    ConnectionSettings,
    Finding,
    Found,
    Operation,
    PaymentOrder,
    Receipt,
    Rung,
    StreamRequest,
    StreamSchema,
)
from connectors.rest import Patience, RestClient
from connectors.sandbox.client import SandboxClient
from connectors.sandbox.streams import SCHEMAS, STREAMS, pages, request_for, start_of
from connectors.sandbox.writer import register_payments

__all__ = ["MAPS", "STREAMS", "Sandbox", "SandboxSettings", "connect", "default_streams", "settings_of"]

MAPS: Final = Path(__file__).parent / "maps"
_LARGEST_PAGE = 1000


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """The checked settings of one connection."""

    url: str
    api_key: Secret
    system: str  # "erp" | "crm"
    page_size: int = 200
    timeout_seconds: float = 10.0
    overlap_seconds: float = 300.0  # how late a change may become visible behind its time stamp


class Sandbox:
    """One system of one sandbox."""

    def __init__(
        self,
        name: str,
        settings: SandboxSettings,
        *,
        streams: tuple[StreamRequest, ...] = (),
        patience: Patience | None = None,
    ) -> None:
        self._settings = settings
        self._streams = streams or STREAMS[settings.system]
        self._client = SandboxClient(
            RestClient(
                settings.url,
                system=name,
                headers={"X-Api-Key": settings.api_key.reveal()},
                patience=patience or Patience(timeout=settings.timeout_seconds),
            ),
            settings.system,
        )

    @property
    def capabilities(self) -> Capabilities:
        """Payments are written to the ERP, once by looking up our reference first; the CRM is read."""
        return Capabilities(
            streams=tuple(schema.name for schema in SCHEMAS[self._settings.system]),
            incremental="timestamp",
            writes={Operation.REGISTER_PAYMENT: Rung.LOOK_UP} if self._settings.system == "erp" else {},
        )

    def check(self) -> Sequence[Finding]:
        """Try address, key and each stream; never writes."""
        try:
            self._client.ping()
        except SystemUnreachable as fault:
            return (Finding("reach the sandbox", ok=False, detail=str(fault)),)
        except CredentialsRefused as fault:
            return (Finding("reach the sandbox", ok=True), Finding("key", ok=False, detail=str(fault)))
        except ConciliaError as fault:
            return (Finding("reach the sandbox", ok=False, detail=str(fault)),)
        readable = (self._readable(request.name) for request in self._streams)
        return (Finding("reach the sandbox", ok=True), Finding("key", ok=True), *readable)

    def _readable(self, name: str) -> Finding:
        try:
            request_for(self._settings.system, name)
            self._client.page(name, since=None, limit=1)
        except ConciliaError as fault:
            return Finding(f"read {name}", ok=False, detail=str(fault))
        return Finding(f"read {name}", ok=True)

    def discover(self) -> Sequence[StreamSchema]:
        """The streams of this system, typed."""
        return SCHEMAS[self._settings.system]

    def read(self, request: StreamRequest, *, bookmarks: Mapping[str, Bookmark], full: bool = False) -> Iterator[Page]:
        """Pages since the bookmark less the overlap, or everything; each page's bookmark is where to go on."""
        known = request_for(self._settings.system, request.name)
        if request.cursor not in (None, known.cursor) or request.options:
            raise ConfigurationInvalid(
                f"The stream {request.name} of the sandbox is read by {known.cursor} and has no options.",
                mend="Leave out `cursor` and the options.",
            )
        overlap = timedelta(seconds=self._settings.overlap_seconds)
        since = None if full else start_of(bookmarks.get(""), overlap=overlap)
        return pages(self._client, request, since=since, size=self._settings.page_size)

    def look_up(self, stream: str, references: Sequence[str]) -> Mapping[str, Found]:
        """Payments by our own references, objects of other streams by their ids."""
        request_for(self._settings.system, stream)
        found: dict[str, Found] = {}
        for reference in references:
            match stream:
                case "payments":
                    item = next(iter(self._client.by_reference(reference)), None)
                case _:
                    item = self._client.one(stream, reference)
            if item is not None:
                found[reference] = Found(str(item["id"]), item, version=str(item.get("version")))
        return found

    def write(self, operation: Operation, orders: Sequence[PaymentOrder]) -> Iterator[Receipt | Exception]:
        """Register payments in the ERP."""
        if operation not in self.capabilities.writes:
            raise ConfigurationInvalid(
                f"The {self._settings.system} of the sandbox does not take {operation}.",
                mend="Send payments to a connection with system: erp.",
            )
        return register_payments(self._client, orders)

    def close(self) -> None:
        """Close the sockets."""
        self._client.close()


def connect(configured: ConnectionSettings) -> Sandbox:
    """The entry point: checks the settings and builds the connector; no call is made yet."""
    settings = settings_of(configured.name, configured.settings)
    return Sandbox(configured.name, settings, streams=configured.streams)


def default_streams(settings: Mapping[str, Any]) -> tuple[StreamRequest, ...]:
    """The streams of the configured system, when a connection names none."""
    return STREAMS[_system(str(settings.get("name", "sandbox")), settings)]


def settings_of(name: str, settings: Mapping[str, Any]) -> SandboxSettings:
    """The settings of the connection `name`, checked; ConfigurationInvalid says which one is wrong."""
    fields = SandboxSettings.__dataclass_fields__
    for unknown in set(settings) - set(fields):
        raise _wrong(name, unknown, f"is unknown; there are {', '.join(fields)}")
    key = settings.get("api_key")
    if not isinstance(key, (str, Secret)) or not key:
        raise _wrong(name, "api_key", "is missing; write api_key: ${env:SANDBOX_KEY}")
    if not isinstance(settings.get("url"), str):
        raise _wrong(name, "url", "is missing; write the address that the sandbox prints")
    return SandboxSettings(
        url=settings["url"],
        api_key=key if isinstance(key, Secret) else Secret(key),
        system=_system(name, settings),
        page_size=int(_number(name, settings, "page_size", low=1, high=_LARGEST_PAGE)),
        timeout_seconds=_number(name, settings, "timeout_seconds", low=0.01, high=600),
        overlap_seconds=_number(name, settings, "overlap_seconds", low=0, high=7 * 86_400),
    )


def _system(name: str, settings: Mapping[str, Any]) -> str:
    system = settings.get("system")
    if system not in STREAMS:
        raise _wrong(name, "system", f"is {system!r}; write {' or '.join(STREAMS)}")
    return str(system)


def _number(name: str, settings: Mapping[str, Any], setting: str, *, low: float, high: float) -> float:
    value = settings.get(setting, SandboxSettings.__dataclass_fields__[setting].default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise _wrong(name, setting, f"is {value!r}; write a number from {low:g} to {high:g}")
    return value


def _wrong(name: str, setting: str, what: str) -> ConfigurationInvalid:
    return ConfigurationInvalid(f"The setting {setting} of connection {name} {what}.", path=f"{name}.{setting}")
