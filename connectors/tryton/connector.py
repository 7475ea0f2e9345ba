"""The Tryton connector: the five methods of the contract, handed on to streams, window and writer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from concilia.errors import ConciliaError, ConfigurationInvalid, RecordRejected
from concilia.records import Bookmark, Page
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
from connectors.rest import Patience
from connectors.tryton.agreements import NOTES, notes_by_reference, record
from connectors.tryton.client import TrytonClient
from connectors.tryton.contacts import LISTS, MECHANISMS, UPDATES, update
from connectors.tryton.reversals import reversals_by_reference, reverse
from connectors.tryton.settings import settings_of
from connectors.tryton.streams import INVOICES, PARTIES, PAYMENTS, SOURCES, Source
from connectors.tryton.window import by_ids, key_pages, pages
from connectors.tryton.writer import close_wizard, open_wizard, payment_method, payments_by_reference, register

# What reading the three streams touches; check() names each that the user may not read.
MODELS = (
    PARTIES.model, *PARTIES.counted, INVOICES.model, "account.move", PAYMENTS.model,
    "account.account", "currency.currency", "company.company",
)  # fmt: skip


class TrytonConnector:
    """One account at one Tryton database."""

    def __init__(self, configured: ConnectionSettings, *, patience: Patience | None = None) -> None:
        usual = Patience(gate=configured.gate, sleep=configured.sleep)
        self._client = TrytonClient(settings_of(configured), patience=patience or usual)

    @property
    def capabilities(self) -> Capabilities:
        """Three streams by stamp, and payments and agreements under our own references."""
        money = (Operation.REGISTER_PAYMENT, Operation.REGISTER_REVERSAL)
        writes = dict.fromkeys((*money, Operation.RECORD_AGREEMENT), Rung.LOOK_UP)
        names = tuple(SOURCES)
        return Capabilities(
            streams=names,
            incremental="timestamp",
            writes={**writes, Operation.UPDATE_CONTACT: Rung.PRECONDITION},
            lists_keys=names,
            updates=UPDATES,
            late=self._client.settings.late,
            overlap=self._client.settings.overlap,
        )

    def check(self) -> Sequence[Finding]:
        """Sign in, read access to each model, the company, the wizard that registers payments and its method."""
        signed_in = self._tried("sign in", self._client.clock)
        if not signed_in.ok:
            return (signed_in,)
        return (
            signed_in,
            self._company_known(),
            *(self._tried(f"read {model}", partial(self._readable, model)) for model in MODELS),
            self._tried("register payments (wizard account.invoice.pay)", self._wizard_allowed),
            self._tried("payment method", lambda: payment_method(self._client)),
            self._tried(f"note agreements ({NOTES})", self._notes_allowed),
            self._tried(f"write contact data ({MECHANISMS})", self._contacts_allowed),
        )

    def discover(self) -> Sequence[StreamSchema]:
        """Parties, invoices and payments."""
        return tuple(source.schema for source in SOURCES.values())

    def read(self, request: StreamRequest, *, bookmarks: Mapping[str, Bookmark], full: bool = False) -> Iterator[Page]:
        """Pages by ascending id of what moved since the bookmark less the overlap; see `window.py`."""
        source = self._source(request.name)
        return pages(self._client, source, bookmark=None if full else bookmarks.get(""))

    def list_keys(self, request: StreamRequest, *, bookmarks: Mapping[str, Bookmark]) -> KeyListing:  # noqa: ARG002
        """The ids of the stream by ascending id, with Tryton's own count."""
        return KeyListing(key_pages(self._client, self._source(request.name)))

    def look_up(self, stream: str, references: Sequence[str]) -> Mapping[str, Found]:
        """Payments and agreements by our own references; parties and invoices by Tryton's ids."""
        if stream == "agreements":
            return notes_by_reference(self._client, references)
        if stream == "reversals":
            return reversals_by_reference(self._client, references)
        source = self._source(stream)
        if source is PAYMENTS:
            return payments_by_reference(self._client, references)
        ids = [int(reference) for reference in references if reference.isascii() and reference.isdigit()]
        records = by_ids(self._client, source, ids=ids) if ids else []
        return {record.key[0]: Found(record.key[0], record.fields, record.cursor) for record in records}

    def write(self, operation: Operation, orders: Sequence[Order]) -> Iterator[Receipt | Step | Exception]:
        """Register the payments (`writer.py`) or note the agreements (`agreements.py`) one by one."""
        match operation:
            case Operation.REGISTER_PAYMENT:
                return register(self._client, [o for o in orders if isinstance(o, PaymentOrder)])
            case Operation.REGISTER_REVERSAL:
                return reverse(self._client, [o for o in orders if isinstance(o, ReversalOrder)])
            case Operation.RECORD_AGREEMENT:
                return record(self._client, [o for o in orders if isinstance(o, AgreementOrder)])
            case Operation.UPDATE_CONTACT:
                return update(self._client, [o for o in orders if isinstance(o, ContactOrder)])

    def close(self) -> None:
        """Close the sockets."""
        self._client.close()

    def _source(self, stream: str) -> Source:
        source = SOURCES.get(stream)
        if source is None:
            raise ConfigurationInvalid(
                f"{self._client.settings.system} has no stream {stream!r}.", mend=f"Use one of: {', '.join(SOURCES)}."
            )
        return source

    def _company_known(self) -> Finding:
        company = self._client.context.get("company")
        if company is None:
            return Finding("company", ok=False, detail="The user has no company in Tryton: it will see no invoices.")
        return Finding("company", ok=True, detail=f"company {company}")

    def _readable(self, model: str) -> None:
        if not self._client.may(model, "read"):
            raise RecordRejected(f"The user may not read {model}.", mend="Give it a group with that access in Tryton.")

    def _notes_allowed(self) -> None:
        """A note may be read by who may read what it is on, and added by who may write that."""
        self._readable(NOTES)
        for model in (PARTIES.model, INVOICES.model):
            if not self._client.may(model, "write"):
                raise RecordRejected(
                    f"The user may not write {model}, and so add no notes to it.",
                    mend="Give it a group with that access in Tryton, or do not push agreements.",
                )

    def _contacts_allowed(self) -> None:
        for model in (PARTIES.model, *LISTS.values()):
            if not (self._client.may(model, "write") and self._client.may(model, "create")):
                raise RecordRejected(
                    f"The user may not write {model}.",
                    mend="Give it a group with that access in Tryton, or do not push contacts.",
                )

    def _wizard_allowed(self) -> None:
        session, _ = open_wizard(self._client)
        close_wizard(self._client, session)

    def _tried(self, what: str, attempt: Callable[[], object]) -> Finding:
        try:
            attempt()
        except ConciliaError as fault:
            return Finding(what, ok=False, detail=str(fault))
        return Finding(what, ok=True)
