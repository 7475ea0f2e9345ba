"""The sandbox as a connector. Its server is in server.py and is not imported from here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from concilia.clock import system_clock, to_text
from concilia.errors import ConciliaError, ConfigurationInvalid, CredentialsRefused, SystemUnreachable
from concilia.records import Bookmark, Page
from concilia.vault import Secret
from connectors.contract import (
    AgreementOrder,
    Capabilities,
    ConnectionSettings,
    ContactOrder,
    Finding,
    Found,
    KeyListing,
    Operation,
    Order,
    PaymentOrder,
    Receipt,
    ReversalOrder,
    Rung,
    Step,
    StreamRequest,
    StreamSchema,
)
from connectors.rest import Patience, RestClient
from connectors.sandbox.agreements import agreements_by_reference, record_agreements
from connectors.sandbox.client import SandboxClient
from connectors.sandbox.contacts import UPDATES, update_contacts
from connectors.sandbox.description import LARGEST_PAGE, describe
from connectors.sandbox.payments import register_payments, reverse_payments
from connectors.sandbox.streams import SCHEMAS, STREAMS, Span, key_pages, pages, request_for, start_of

__all__ = ["MAPS", "STREAMS", "Sandbox", "SandboxSettings", "connect", "default_streams", "describe", "settings_of"]

MAPS: Final = Path(__file__).parent / "maps"
_PARALLEL = 4
_FORGETFUL = (Rung.READ_COMPARE, Rung.NONE)  # rungs of a system that does not keep our reference


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """The checked settings of one connection."""

    url: str
    api_key: Secret
    system: str  # "erp" | "crm"
    page_size: int = 200
    timeout_seconds: float = 10.0
    overlap_seconds: float = 300.0  # how late a change may become visible behind its time stamp
    late_seconds: float = 0.0  # how long a write may still take effect after its caller lost it
    rung: Rung = Rung.LOOK_UP  # how payments are written once in effect
    drafts: bool = False  # payments are drafted, then posted
    versions: bool = True  # contact data is changed only under the version that was read


class Sandbox:
    """One system of one sandbox."""

    def __init__(
        self,
        name: str,
        settings: SandboxSettings,
        *,
        streams: tuple[StreamRequest, ...] = (),
        patience: Patience | None = None,
        now: datetime | None = None,
    ) -> None:
        self._settings = settings
        self._now = now
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
        """Payments are written to the ERP by the rung of the settings, agreements to both by looking them up first."""
        money = {Operation.REGISTER_PAYMENT: self._settings.rung, Operation.REGISTER_REVERSAL: Rung.LOOK_UP}
        payments = money if self._settings.system == "erp" else {}
        return Capabilities(
            streams=tuple(schema.name for schema in SCHEMAS[self._settings.system]),
            incremental="timestamp",
            lists_keys=tuple(schema.name for schema in SCHEMAS[self._settings.system]),
            writes={
                **payments,
                Operation.RECORD_AGREEMENT: Rung.LOOK_UP,
                Operation.UPDATE_CONTACT: Rung.PRECONDITION if self._settings.versions else Rung.READ_COMPARE,
            },
            updates=UPDATES[self._settings.system],
            parallel=_PARALLEL,
            late=timedelta(seconds=self._settings.late_seconds),
            overlap=timedelta(seconds=self._settings.overlap_seconds),
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
        until = to_text(self._now or system_clock())
        return pages(self._client, request, span=Span(since, self._settings.page_size, until))

    def list_keys(self, request: StreamRequest, *, bookmarks: Mapping[str, Bookmark]) -> KeyListing:  # noqa: ARG002
        """The ids of all objects, page by page to the end the sandbox itself declares."""
        request_for(self._settings.system, request.name)
        return KeyListing(key_pages(self._client, request, size=self._settings.page_size))

    def look_up(self, stream: str, references: Sequence[str]) -> Mapping[str, Found]:
        """Payments and agreements by our own references, objects of other streams by their ids."""
        if stream == "agreements":
            return agreements_by_reference(self._client, self._settings.system, references)
        if stream == "reversals":
            held = {r: next(iter(self._client.by_reference(r, stream=stream)), None) for r in references}
        elif stream == "payments":
            known = () if self._settings.rung in _FORGETFUL else references
            held = {r: next(iter(self._client.by_reference(r)), None) for r in known}
        else:
            request_for(self._settings.system, stream)
            held = {r: self._client.one(stream, r) for r in references}
        return {
            reference: Found(str(item["id"]), item, version=str(item.get("version")))
            for reference, item in held.items()
            if item is not None and item.get("status") != "draft"  # a draft is not paid yet
        }

    def write(self, operation: Operation, orders: Sequence[Order]) -> Iterator[Receipt | Step | Exception]:
        """Register payments and take them back in the ERP, and record agreements in either system."""
        if operation not in self.capabilities.writes:
            raise ConfigurationInvalid(
                f"The {self._settings.system} of the sandbox does not take {operation}.",
                mend="Send payments to a connection with system: erp.",
            )
        match operation:
            case Operation.REGISTER_PAYMENT:
                payments = [o for o in orders if isinstance(o, PaymentOrder)]
                how = self._settings
                return register_payments(self._client, payments, rung=how.rung, drafts=how.drafts)
            case Operation.REGISTER_REVERSAL:
                return reverse_payments(self._client, [o for o in orders if isinstance(o, ReversalOrder)])
            case Operation.RECORD_AGREEMENT:
                told = [o for o in orders if isinstance(o, AgreementOrder)]
                return record_agreements(self._client, self._settings.system, told)
            case Operation.UPDATE_CONTACT:
                rung = self.capabilities.writes[operation]
                return update_contacts(self._client, [o for o in orders if isinstance(o, ContactOrder)], rung=rung)

    def close(self) -> None:
        """Close the sockets."""
        self._client.close()


def connect(configured: ConnectionSettings) -> Sandbox:
    """The entry point: checks the settings and builds the connector; no call is made yet."""
    settings = settings_of(configured.name, configured.settings)
    patience = Patience(timeout=settings.timeout_seconds, gate=configured.gate, sleep=configured.sleep)
    return Sandbox(configured.name, settings, streams=configured.streams, patience=patience, now=configured.now)


def default_streams(settings: Mapping[str, Any]) -> tuple[StreamRequest, ...]:
    """The streams of the configured system, when a connection names none."""
    return STREAMS[_system(str(settings.get("name", "sandbox")), settings)]


def settings_of(name: str, settings: Mapping[str, Any]) -> SandboxSettings:
    """The settings of the connection `name`, checked; ConfigurationInvalid says which one is wrong."""
    fields = SandboxSettings.__dataclass_fields__
    for unknown in set(settings) - set(fields):
        raise _wrong(name, unknown, f"is unknown; there are {', '.join(fields)}")
    key = settings.get("api_key")
    if not isinstance(key, (str, Secret)) or key in ("", Secret("")):
        raise _wrong(name, "api_key", "is missing; write api_key: ${env:SANDBOX_KEY}")
    if not isinstance(settings.get("url"), str):
        raise _wrong(name, "url", "is missing; write the address that the sandbox prints")
    return SandboxSettings(
        url=settings["url"],
        api_key=key if isinstance(key, Secret) else Secret(key),
        system=_system(name, settings),
        page_size=int(_number(name, settings, "page_size", low=1, high=LARGEST_PAGE)),
        timeout_seconds=_number(name, settings, "timeout_seconds", low=0.01, high=600),
        overlap_seconds=_number(name, settings, "overlap_seconds", low=0, high=7 * 86_400),
        late_seconds=_number(name, settings, "late_seconds", low=0, high=86_400),
        rung=_rung(name, settings),
        drafts=settings.get("drafts") is True,
        versions=settings.get("versions", True) is True,
    )


def _system(name: str, settings: Mapping[str, Any]) -> str:
    system = settings.get("system")
    if system not in STREAMS:
        raise _wrong(name, "system", f"is {system!r}; write {' or '.join(STREAMS)}")
    return str(system)


def _rung(name: str, settings: Mapping[str, Any]) -> Rung:
    found = settings.get("rung", Rung.LOOK_UP)
    if found not in list(Rung):
        raise _wrong(name, "rung", f"is {found!r}; write one of {', '.join(Rung)}")
    return Rung(found)


def _number(name: str, settings: Mapping[str, Any], setting: str, *, low: float, high: float) -> float:
    value = settings.get(setting, SandboxSettings.__dataclass_fields__[setting].default)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not low <= value <= high:
        raise _wrong(name, setting, f"is {value!r}; write a number from {low:g} to {high:g}")
    return value


def _wrong(name: str, setting: str, what: str) -> ConfigurationInvalid:
    return ConfigurationInvalid(f"The setting {setting} of connection {name} {what}.", path=f"{name}.{setting}")
