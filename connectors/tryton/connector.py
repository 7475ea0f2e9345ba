"""The Tryton connector: the five methods of the contract, handed on to streams, window and writer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from concilia.errors import ConciliaError, ConfigurationInvalid, RecordRejected
from concilia.records import Bookmark, Page
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
from connectors.rest import Patience
from connectors.tryton.client import TrytonClient
from connectors.tryton.settings import settings_of
from connectors.tryton.streams import INVOICES, PARTIES, PAYMENTS, SOURCES, Source
from connectors.tryton.window import by_ids, pages
from connectors.tryton.writer import close_wizard, open_wizard, payment_method, payments_by_reference, register

# What reading the three streams touches; check() names each that the user may not read.
MODELS = (
    PARTIES.model, *PARTIES.counted, INVOICES.model, "account.move", PAYMENTS.model,
    "account.account", "currency.currency", "company.company",
)  # fmt: skip


class TrytonConnector:
    """One account at one Tryton database."""

    def __init__(self, configured: ConnectionSettings, *, patience: Patience | None = None) -> None:
        self._client = TrytonClient(settings_of(configured), patience=patience)

    @property
    def capabilities(self) -> Capabilities:
        """Three streams by stamp, and payments under our own reference."""
        writes = {Operation.REGISTER_PAYMENT: Rung.LOOK_UP}
        return Capabilities(streams=tuple(SOURCES), incremental="timestamp", writes=writes)

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
        )

    def discover(self) -> Sequence[StreamSchema]:
        """Parties, invoices and payments."""
        return tuple(source.schema for source in SOURCES.values())

    def read(self, request: StreamRequest, *, bookmarks: Mapping[str, Bookmark], full: bool = False) -> Iterator[Page]:
        """Pages by ascending id of what moved since the bookmark less the overlap; see `window.py`."""
        source = self._source(request.name)
        return pages(self._client, source, bookmark=None if full else bookmarks.get(""))

    def look_up(self, stream: str, references: Sequence[str]) -> Mapping[str, Found]:
        """Payments by our own references; parties and invoices by Tryton's ids."""
        source = self._source(stream)
        if source is PAYMENTS:
            return payments_by_reference(self._client, references)
        ids = [int(reference) for reference in references if reference.isascii() and reference.isdigit()]
        records = by_ids(self._client, source, ids=ids) if ids else []
        return {record.key[0]: Found(record.key[0], record.fields, record.cursor) for record in records}

    def write(self, operation: Operation, orders: Sequence[PaymentOrder]) -> Iterator[Receipt | Exception]:
        """Register the payments one by one; see `writer.py`."""
        match operation:
            case Operation.REGISTER_PAYMENT:
                return register(self._client, orders)

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

    def _wizard_allowed(self) -> None:
        session, _ = open_wizard(self._client)
        close_wizard(self._client, session)

    def _tried(self, what: str, attempt: Callable[[], object]) -> Finding:
        try:
            attempt()
        except ConciliaError as fault:
            return Finding(what, ok=False, detail=str(fault))
        return Finding(what, ok=True)
