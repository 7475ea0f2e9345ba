"""What every connector offers: a protocol of five methods, and what it declares of itself. No behaviour.

A connector speaks its system's own shapes. It knows nothing of debtors being merged, of mapping or of the
store; it reads bounded pages, looks things up, and writes what it is told, one receipt for each order.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from concilia.records import Bookmark, Page


class Rung(enum.StrEnum):
    """How a write is made exactly once in effect, strongest first."""

    SERVER_KEY = "server_key"
    UPSERT = "upsert"
    PRECONDITION = "precondition"
    LOOK_UP = "look_up"
    READ_COMPARE = "read_compare"
    NONE = "none"


class Operation(enum.StrEnum):
    """What the hub may ask a system to do."""

    REGISTER_PAYMENT = "register_payment"


@dataclass(frozen=True, slots=True)
class StreamSchema:
    """A stream the system has: its columns with their types, its key and its cursor, if any."""

    name: str
    columns: Mapping[str, str]  # column -> "text" | "integer" | "decimal" | "date" | "datetime" | "boolean" | "object"
    key: tuple[str, ...] = ()
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a connector can do, shown to the user and tested by the conformance suite."""

    streams: tuple[str, ...] = ()
    incremental: str = "none"  # "timestamp" | "content" | "none"
    writes: Mapping[Operation, Rung] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that `check` tried, and how it went."""

    what: str
    ok: bool
    detail: str = ""


@dataclass(frozen=True, slots=True)
class StreamRequest:
    """Which stream to read and how: the stream's part of concilia.yaml.

    `options` are the connector's own settings for it; `key` and `cursor` name columns.
    """

    name: str
    key: tuple[str, ...] = ()
    cursor: str | None = None
    cursor_format: str | None = None  # strptime format of the cursor column, when it is text and not ISO 8601
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Found:
    """What the system holds for one reference now: its own id, and the fields it answered."""

    external_id: str
    fields: Mapping[str, Any]
    version: str | None = None


@dataclass(frozen=True, slots=True)
class PaymentOrder:
    """Register one payment on one debt. `reference` is ours and can be looked up afterwards."""

    key: str  # idempotency key
    debt: str  # external id of the debt in this system
    amount: str  # plain decimal in `unit`
    unit: str
    value_date: str  # ISO date
    method: str
    reference: str  # the hub's own payment reference, searchable in the remote system
    remittance: str = ""  # what the payer or the bank wrote
    payer: str = ""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the system answered: the id it gave, and the debt's balance read back after the write."""

    external_id: str
    balance: str | None = None
    found_before: bool = False  # it was already there under our reference; nothing was written
    fields: Mapping[str, Any] = field(default_factory=dict)


class Connector(Protocol):
    """One configured account at one system. All calls block; all raise only concilia.errors."""

    @property
    def capabilities(self) -> Capabilities:
        """What this connector can do with this account."""
        ...

    def check(self) -> Sequence[Finding]:
        """Try address, credentials, each configured stream; never writes."""
        ...

    def discover(self) -> Sequence[StreamSchema]:
        """The streams the system offers, typed, in a stable order."""
        ...

    def read(self, request: StreamRequest, *, bookmarks: Mapping[str, Bookmark], full: bool = False) -> Iterator[Page]:
        """Pages since the bookmarks (by partition), or everything when `full`.

        Each page's bookmark allows to go on after it, should the process be killed once it is stored.
        Records may come again (at least once); none may be missed.
        """
        ...

    def look_up(self, stream: str, references: Sequence[str]) -> Mapping[str, Found]:
        """Current state by our own references (payments) or external ids (other streams); absent ones are left out."""
        ...

    def write(self, operation: Operation, orders: Sequence[PaymentOrder]) -> Iterator[Receipt | Exception]:
        """Carry out the orders in turn: one receipt, or the error of that order alone, for each.

        OutcomeUnknown when an answer was lost; RetryLater, RecordRejected; SystemRefused ends the batch.
        """
        ...

    def close(self) -> None:
        """Let go of sockets and files."""
        ...


@dataclass(frozen=True, slots=True)
class ConnectionSettings:
    """What a connector is built from: the connection's part of concilia.yaml, secrets resolved."""

    name: str
    settings: Mapping[str, Any]  # values may be concilia.vault.Secret
    folder: str  # the workspace, for relative paths
    country: str | None = None
    streams: tuple[StreamRequest, ...] = ()
    now: datetime | None = None  # fixed moment for tests; None: the system clock


class Factory(Protocol):
    """The entry point `concilia.connectors` of a connector package."""

    def __call__(self, configured: ConnectionSettings) -> Connector:
        """Validate settings (ConfigurationInvalid) and return a connector; no network yet."""
        ...
