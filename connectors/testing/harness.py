"""What the suite must be told of a connector and of its peer: the adapter an author writes. No claims, no calls.

The peer is the other system itself, reached past the connector: by its own console, client library or database.
Wherever an ability can be missing, either give it, or say in one sentence why it does not apply: the sentence is
printed instead of a verdict. An ability that is neither given nor explained is a failure, never a silent gap.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from concilia.clock import Clock, system_clock
from connectors.contract import Factory, Operation, Order, StreamRequest
from connectors.testing.server import Call

Key = tuple[str, ...]
Ability = TypeVar("Ability")


class HarnessIncomplete(Exception):
    """A claim needs what the harness neither offers nor explains."""


class DoesNotApply(Exception):
    """A claim cannot be made of this connector; the text is the reason."""


def given(ability: Ability | str | None, *, called: str) -> Ability:
    """The ability; DoesNotApply with the author's reason, or HarnessIncomplete when there is neither."""
    if isinstance(ability, str):
        raise DoesNotApply(ability)
    if ability is None:
        raise HarnessIncomplete(f"The harness offers no `{called}`. Give it, or write there why it does not apply.")
    return ability


def _anything(_: Key) -> bool:
    return True


class Insert(Protocol):
    """Makes records of the stream at the peer."""

    def __call__(self, count: int, at: datetime | None) -> Sequence[Key]:
        """The keys of so many new records; all stamped `at`, where the peer lets that be chosen and it is given."""
        ...


@dataclass(frozen=True, slots=True)
class Reading:
    """One stream that changes, and what can be done to it at the peer. The richer the stream, the more is proved."""

    stream: StreamRequest
    keys: Callable[[], Collection[Key]]  # of all records the stream should give now, as the peer itself says
    insert: Insert | str | None = None
    update: Callable[[Key], None] | str | None = None  # changes something of the record that the stream shows
    delete: Callable[[Key], None] | str | None = None
    deletable: Callable[[Key], bool] = _anything  # which records may be deleted; those that were inserted always
    # A record with this text in a column: its key, and the column.
    insert_text: Callable[[str], tuple[Key, str]] | str | None = None
    # A record that is stamped now and becomes visible when the context is left: an open transaction.
    late: Callable[[], AbstractContextManager[Key]] | str | None = "no transaction can be held open at the peer"
    # Whether `insert` obeys `at`; a sentence when it cannot.
    stamped: bool | str = True
    now: Clock = system_clock  # the clock that stamps records at the peer
    page_size: int = 3  # records in a page under `small_pages`
    small_pages: Mapping[str, Any] = field(default_factory=lambda: {"page_size": 3})
    # Schema drift by kind ("vanished", "retyped"): inside the context it is so; gives the column's name.
    drifts: Mapping[str, Callable[[], AbstractContextManager[str]]] | str | None = None


@dataclass(frozen=True, slots=True)
class Writing:
    """One operation the connector carries out."""

    order: Callable[[str], Order]  # a good one under that reference, on a debt or record that no other order is about
    held: Callable[[Order], int]  # how often it stands in the peer's own books
    bad: Callable[[str], Order] | str | None = None  # one that the peer refuses for a reason of its own
    # Somebody edits there what the order is about to change; for UPDATE_CONTACT.
    edit: Callable[[Order], None] | str | None = "it adds something and changes no field"


@dataclass(frozen=True, slots=True)
class Signing:
    """What goes wrong with accounts. Settings are changes to the good ones."""

    wrong: Mapping[str, Any] | str | None = None  # credentials that the peer refuses
    unreachable: Mapping[str, Any] | str | None = None  # an address where nobody answers
    forbidden: Mapping[str, Any] | str | None = None  # an account that lacks a permission it needs
    permission: str = ""  # what a finding has to name then
    secrets: tuple[str, ...] = ()  # further texts that may never be shown; those of the settings are known


def _is_no_read(call: Call) -> bool:
    return call.method not in {"GET", "HEAD", "OPTIONS"}


@dataclass(frozen=True, slots=True)
class Network:
    """How a server of ours gets between the connector and its peer."""

    address: str  # of the peer: https://host:port, tcp://host:port or unix:/path
    through: Callable[[str], Mapping[str, Any]]  # settings that lead to the same peer by way of that address
    takes_effect: Callable[[Call], bool] = _is_no_read  # whether a call writes at the peer
    impatient: Mapping[str, Any] = field(default_factory=dict)  # settings that give up soon on a silent peer
    errors_inside: Sequence[bytes] = ()  # bodies of status 200 by which the vendor means an error

    @property
    def speaks_http(self) -> bool:
        """Whether calls can be spoilt one by one; otherwise only the line can be cut (tcp://host:port, unix:/path)."""
        return self.address.startswith(("http:", "https:"))


@dataclass(frozen=True, slots=True)
class Tokens:
    """What the peer does with access tokens that expire; the connector keeps them by `ConnectionSettings.tokens`."""

    expire: Callable[[], None]  # the peer takes the access tokens it gave so far no more
    renewals: Callable[[], int]  # how many access tokens it gave, as the peer counts


@dataclass(frozen=True, slots=True)
class Harness:
    """One connector at one peer. `waived` names claims that do not apply, each with its reason."""

    name: str
    connect: Factory  # the entry point of the connector
    settings: Mapping[str, Any]  # good ones, secrets as concilia.vault.Secret
    reading: Reading | str
    writing: Mapping[Operation, Writing | str] = field(default_factory=dict)
    signing: Signing = field(default_factory=Signing)
    network: Network | str | None = None
    tokens: Tokens | str = "it signs in without tokens that expire"
    streams: tuple[StreamRequest, ...] = ()  # besides the one of `reading`: only read, none of them changed
    folder: str = "."
    country: str | None = None
    skew: timedelta = timedelta(seconds=120)  # how far clocks may differ
    # Of the combinations of a fault and the call it befalls, so many are tried, spread evenly; for peers that are slow.
    sample: int | None = None
    tested_against: str = ""  # the peer and its version, for the report
    waived: Mapping[str, str] = field(default_factory=dict)
