"""What every connector offers: a protocol of five methods, and what it declares of itself. No behaviour.

A connector speaks its system's own shapes. It knows nothing of debtors being merged, of mapping or of the
store; it reads bounded pages, looks things up, and writes what it is told, one receipt for each order.
"""

from __future__ import annotations

import enum
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol

from concilia.records import Bookmark, Page
from connectors.gate import OPEN, Gate
from connectors.tokens import IN_MEMORY, TokenSources


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
    REGISTER_REVERSAL = "register_reversal"
    RECORD_AGREEMENT = "record_agreement"
    UPDATE_CONTACT = "update_contact"


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
    lists_keys: tuple[str, ...] = ()  # streams whose keys can all be listed: the connector is a ListsKeys too
    # Stream -> columns that UPDATE_CONTACT may write; of an item in a list as `list.column`.
    updates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    parallel: int = 1  # how many threads may write at once, each on records of its own
    late: timedelta = timedelta()  # how long a write may still take effect after its caller lost it
    overlap: timedelta = timedelta()  # how late a change may become visible behind its time stamp and still be read


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
    sweep: str = "all"  # what its keys prove: "all" of it, the "newest" file of it, or nothing ("off")


@dataclass(frozen=True, slots=True)
class KeyPage:
    """Some keys of a stream. `last` is said only by the system's own end of the list, never by a broken one."""

    keys: tuple[tuple[str, ...], ...] = ()
    unknown: int = 0  # rows whose key could not be read: each may be any of those that seem to be gone
    last: bool = False
    total: int | None = None  # how many the system counts, where it can; said with the last page


@dataclass(frozen=True, slots=True)
class KeyListing:
    """All keys of a stream from the first to the last. There is no going on in the middle of one."""

    pages: Iterator[KeyPage]
    evidence: str = ""  # the same as long as the same thing is looked at (a file); empty when each look is a new one


@dataclass(frozen=True, slots=True)
class Found:
    """What the system holds for one reference now: its own id, and the fields it answered."""

    external_id: str
    fields: Mapping[str, Any]
    version: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A part of a write that takes several calls: done there, or seen there. The order goes on behind it.

    The hub keeps it before the next call is made, and gives it back in `done` when the order is resumed.
    """

    name: str
    external_id: str = ""
    fields: Mapping[str, Any] = field(default_factory=dict)


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
    done: Mapping[str, Step] = field(default_factory=dict)  # the steps of earlier attempts
    in_doubt: bool = False  # an earlier attempt may have taken effect


@dataclass(frozen=True, slots=True)
class ReversalOrder:
    """Take back one payment that was registered under `payment`, our reference of it. `reference` is the reversal's."""

    key: str  # idempotency key
    debt: str  # external id of the debt in this system
    amount: str  # plain decimal in `unit`: all of the payment
    unit: str
    value_date: str  # ISO date from which the money no longer counts
    reference: str
    payment: str
    kind: str = "reversed"  # reversed, charged_back, refunded
    reason: str = ""
    done: Mapping[str, Step] = field(default_factory=dict)
    in_doubt: bool = False


@dataclass(frozen=True, slots=True)
class AgreementOrder:
    """Record that something befell an agreement, on one debt or, where the system knows no debt of it, on the debtor.

    Each happening is an order of its own with a `reference` of its own, kept in the system and searchable there.
    `text` says it all in words for people; systems with fields of their own take the other members.
    """

    key: str  # idempotency key
    reference: str  # the hub's own, searchable in the remote system
    agreement: str  # the same for all happenings of one agreement
    happening: str  # recorded, accepted, kept, broken, reinstated, renegotiated, cancelled, withdrawn
    debt: str  # external id of the debt in this system; empty: it knows none of the agreement's debts
    debtor: str  # external id of the debtor in this system
    kind: str
    state: str
    amount: str  # promised in all, plain decimal in `unit`
    unit: str
    agreed_on: str  # ISO date
    schedule: Sequence[Sequence[str]] = ()  # ISO date and amount of each part
    text: str = ""


@dataclass(frozen=True, slots=True)
class ContactOrder:
    """Change cells of one record, if it still holds what is `expected`; otherwise RemoteMoved, and nothing is written.

    Cells are named by the stream's own columns. With `member` they are those of an item in that list: of the item
    with the id `item`, or of a new one when `item` is empty: then there may be none yet that is like it in the cells
    that are not `expected`. A record that holds `cells` already is found as written.
    """

    key: str  # idempotency key
    reference: str  # ours; kept here only, as the cells themselves are looked up
    stream: str
    record: str  # external id
    field: str  # what it is about, canonical: phone, email, postal_address, full_name
    cells: Mapping[str, str | None]
    expected: Mapping[str, str | None]
    member: str = ""
    item: str = ""


Order = PaymentOrder | ReversalOrder | AgreementOrder | ContactOrder


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
        """Current state by our own references (payments, agreements) or external ids; absent ones are left out."""
        ...

    def write(self, operation: Operation, orders: Sequence[Order]) -> Iterator[Receipt | Step | Exception]:
        """Carry out the orders, all of that operation, in turn: one receipt or error for each, after any steps.

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
    gate: Gate = OPEN  # what every call passes: the budget of the credential, and any Retry-After in force
    sleep: Callable[[float], None] = time.sleep  # how the connector waits; tests do not
    tokens: TokenSources = IN_MEMORY  # where tokens that expire are kept; in production for all processes together


class ListsKeys(Protocol):
    """What a connector offers besides when its capabilities name streams in `lists_keys`."""

    def list_keys(self, request: StreamRequest, *, bookmarks: Mapping[str, Bookmark]) -> KeyListing:
        """Every key the stream holds now. Raises rather than ending early; bookmarks say what was read before."""
        ...


class Factory(Protocol):
    """The entry point `concilia.connectors` of a connector package."""

    def __call__(self, configured: ConnectionSettings) -> Connector:
        """Validate settings (ConfigurationInvalid) and return a connector; no network yet."""
        ...
