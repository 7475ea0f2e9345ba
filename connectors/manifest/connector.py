"""A described system as a connector: the five methods, handed on to reading and writing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from concilia.errors import ConciliaError, ConfigurationInvalid, CredentialsRefused, SystemUnreachable
from concilia.records import Bookmark, Page
from connectors.contract import (
    AgreementOrder,
    Capabilities,
    ContactOrder,
    Finding,
    Found,
    KeyListing,
    Operation,
    Order,
    PaymentOrder,
    Receipt,
    ReversalOrder,
    Step,
    StreamRequest,
    StreamSchema,
)
from connectors.manifest.abilities import capabilities
from connectors.manifest.account import Account
from connectors.manifest.reading import Reading
from connectors.manifest.updating import Updater
from connectors.manifest.writing import Writer

_STREAM_OF = {
    "payments": Operation.REGISTER_PAYMENT,
    "reversals": Operation.REGISTER_REVERSAL,
    "agreements": Operation.RECORD_AGREEMENT,
}
_NEVER = "concilia-check"  # a reference that no write has


class Described:
    """One account at a system that a manifest describes."""

    def __init__(self, account: Account) -> None:
        self._account = account
        self._writes = account.manifest.written(account.calls.config)

    @property
    def capabilities(self) -> Capabilities:
        """What the manifest says, with the settings of the connection."""
        return capabilities(self._account.manifest, self._account.calls.config)

    def check(self) -> Sequence[Finding]:
        """Read a page of each stream and look up a reference that nobody has; never writes."""
        findings: list[Finding] = []
        for name in self._account.specs:
            try:
                self._account.reading(name).try_one()
            except (SystemUnreachable, CredentialsRefused) as fault:
                if not findings:
                    return (Finding("reach the system and sign in", ok=False, detail=str(fault)),)
                findings.append(Finding(f"read {name}", ok=False, detail=str(fault)))
            except ConciliaError as fault:
                findings.append(Finding(f"read {name}", ok=False, detail=str(fault)))
            else:
                findings.append(Finding(f"read {name}", ok=True))
        looks = (name for name in self._writes if self._writer(name).by_reference_alone)
        return (*findings, *(self._tried(f"look up for {name}", partial(self._look, name)) for name in looks))

    def discover(self) -> Sequence[StreamSchema]:
        """The streams with the columns the manifest says, or an OData service itself."""
        return tuple(self._account.schema(spec) for spec in self._account.specs.values())

    def read(self, request: StreamRequest, *, bookmarks: Mapping[str, Bookmark], full: bool = False) -> Iterator[Page]:
        """Pages since the bookmarks less the overlap, or everything."""
        spec = self._account.spec(request.name)
        if request.cursor not in (None, spec.cursor) or request.options:
            raise ConfigurationInvalid(
                f"The stream {request.name} of {self._account.calls.system} is read as its manifest says.",
                mend="Leave out `cursor` and other settings of the stream.",
            )
        return self._reading(request.name).pages({} if full else bookmarks)

    def list_keys(self, request: StreamRequest, *, bookmarks: Mapping[str, Bookmark]) -> KeyListing:  # noqa: ARG002
        """All keys of the stream, to the end the system declares."""
        return KeyListing(self._reading(request.name).keys())

    def look_up(self, stream: str, references: Sequence[str]) -> Mapping[str, Found]:
        """What was written, by our references; records of streams by their keys."""
        operation = _STREAM_OF.get(stream)
        if operation is not None and operation in self._writes:
            return self._writer(operation).look_up(references)
        found = {}
        for reference in references:
            one = self._account.one(stream, reference)
            if one is not None:
                found[reference] = Found(reference, one)
        return found

    def write(self, operation: Operation, orders: Sequence[Order]) -> Iterator[Receipt | Step | Exception]:
        """Carry out the orders as the manifest says."""
        if operation not in self._writes:
            raise ConfigurationInvalid(f"{self._account.calls.system} takes no {operation}.")
        match operation:
            case Operation.UPDATE_CONTACT:
                updater = Updater(self._account.calls, self._writes[operation], self._account.one)
                return updater.update([order for order in orders if isinstance(order, ContactOrder)])
            case _:
                facts = [o for o in orders if isinstance(o, PaymentOrder | ReversalOrder | AgreementOrder)]
                return self._writer(operation).write(facts)

    def close(self) -> None:
        """Close the sockets."""
        self._account.calls.rest.close()

    def _reading(self, stream: str) -> Reading:
        return self._account.reading(stream)

    def _writer(self, operation: Operation) -> Writer:
        return Writer(self._account.calls, self._writes[operation])

    def _look(self, operation: Operation) -> None:
        self._writer(operation).look_up([_NEVER])

    @staticmethod
    def _tried(what: str, attempt: Callable[[], object]) -> Finding:
        try:
            attempt()
        except ConciliaError as fault:
            return Finding(what, ok=False, detail=str(fault))
        return Finding(what, ok=True)
