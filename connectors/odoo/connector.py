"""The Odoo connector: the five methods of the contract, handed on to streams, window and writers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Final

from concilia.errors import ConciliaError, ConfigurationInvalid, PermissionMissing
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
from connectors.odoo.agreements import ACTIVITIES, agreements_by_reference, record
from connectors.odoo.client import OdooClient
from connectors.odoo.contacts import UPDATES, update
from connectors.odoo.notes import MESSAGES
from connectors.odoo.related import IDENTIFICATION, LINES, MATCHES, MOVES, PARTNERS, PAYMENTS
from connectors.odoo.reversals import reversals_by_reference, reverse
from connectors.odoo.settings import settings_of
from connectors.odoo.streams import PAYMENT_STREAM, SOURCES, Source
from connectors.odoo.window import by_ids, key_pages, pages, refuse_missing
from connectors.odoo.writer import JOURNALS, WIZARD, journal, payment_method, payments_by_reference, register
from connectors.rest import Patience

# What reading the three streams touches; check() names each that the user may not read.
MODELS: Final = (PARTNERS, MOVES, LINES, MATCHES, PAYMENTS, JOURNALS, "res.currency", "res.country", "res.company")
_OPTIONAL: Final = {
    "l10n_latam_identification_type_id": (PARTNERS, "numbers are read without the kind of identification"),
    "mobile": (PARTNERS, "there is one phone field, as from the series 19 on"),
    "payment_state": (MOVES, "whether an invoice is paid is told by its balance alone"),
}
_REVERSALS: Final = "reversals"
_AGREEMENTS: Final = "agreements"


class OdooConnector:
    """One account at one Odoo database."""

    def __init__(self, configured: ConnectionSettings, *, patience: Patience | None = None) -> None:
        settings = settings_of(configured)
        usual = Patience(gate=configured.gate, sleep=configured.sleep, timeout=settings.timeout)
        self._client = OdooClient(settings, patience=patience or usual)

    @property
    def capabilities(self) -> Capabilities:
        """Three streams by stamp; money and agreements under our own references; contact data by comparison."""
        looked_up = (Operation.REGISTER_PAYMENT, Operation.REGISTER_REVERSAL, Operation.RECORD_AGREEMENT)
        names = tuple(SOURCES)
        return Capabilities(
            streams=names,
            incremental="timestamp",
            writes={**dict.fromkeys(looked_up, Rung.LOOK_UP), Operation.UPDATE_CONTACT: Rung.READ_COMPARE},
            lists_keys=names,
            updates=UPDATES,
            late=self._client.settings.late,
            overlap=self._client.settings.overlap,
        )

    def check(self) -> Sequence[Finding]:
        """Sign in, companies, access to each model, what this database lacks, the journal, and what may be written."""
        signed_in = self._tried("sign in", self._signed_in)
        if not signed_in.ok:
            return (signed_in,)
        return (
            signed_in,
            self._companies(),
            *(self._tried(f"read {model}", partial(self._may, model, "read")) for model in MODELS),
            *(self._tried(f"fields of {name}", partial(self._fields, source)) for name, source in SOURCES.items()),
            *self._lacking(),
            self._tried("journal to pay into", partial(self._journal)),
            self._tried(f"register payments (wizard {WIZARD})", partial(self._may, WIZARD, "create")),
            self._tried(f"take payments back ({PAYMENTS})", partial(self._may, PAYMENTS, "write")),
            self._tried(f"note agreements ({MESSAGES})", partial(self._may, MESSAGES, "create")),
            self._tried(f"note promises ({ACTIVITIES})", partial(self._may, ACTIVITIES, "create")),
            self._tried(f"write contact data ({PARTNERS})", partial(self._may, PARTNERS, "write")),
        )

    def discover(self) -> Sequence[StreamSchema]:
        """Partners, invoices and payments."""
        return tuple(source.schema for source in SOURCES.values())

    def read(self, request: StreamRequest, *, bookmarks: Mapping[str, Bookmark], full: bool = False) -> Iterator[Page]:
        """Pages by ascending id of what moved since the bookmark less the overlap; see `window.py`."""
        return pages(self._client, self._source(request.name), bookmark=None if full else bookmarks.get(""))

    def list_keys(self, request: StreamRequest, *, bookmarks: Mapping[str, Bookmark]) -> KeyListing:  # noqa: ARG002
        """The ids of the stream by ascending id, with Odoo's own count."""
        return KeyListing(key_pages(self._client, self._source(request.name)))

    def look_up(self, stream: str, references: Sequence[str]) -> Mapping[str, Found]:
        """Payments, reversals and agreements by our own references; anything else by its id."""
        if stream == _REVERSALS:
            return reversals_by_reference(self._client, references)
        if stream == _AGREEMENTS:
            return agreements_by_reference(self._client, references)
        source = self._source(stream)
        if source is PAYMENT_STREAM:
            return payments_by_reference(self._client, references)
        ids = [int(reference) for reference in references if reference.isascii() and reference.isdigit()]
        records = by_ids(self._client, source, ids=ids) if ids else []
        return {record.key[0]: Found(record.key[0], record.fields, record.cursor) for record in records}

    def write(self, operation: Operation, orders: Sequence[Order]) -> Iterator[Receipt | Step | Exception]:
        """Carry the orders out one by one, each kind in a file of its own."""
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

    def _signed_in(self) -> str:
        session = self._client.session
        self._client.clock()
        return f"Odoo {session.version} over {session.transport.name}"

    def _companies(self) -> Finding:
        session = self._client.session
        if not session.companies:
            return Finding(
                "company", ok=False, detail="The user belongs to no company in Odoo: it will see no invoices."
            )
        read = ", ".join(session.companies.values())
        if not session.others:
            return Finding("company", ok=True, detail=read)
        unread = ", ".join(session.others)
        return Finding(
            "company", ok=True, detail=f"{read}. Not read: {unread}; choose with `company`, or `company: all`."
        )

    def _may(self, model: str, access: str) -> None:
        if not self._client.may(model, access):
            raise PermissionMissing(
                f"The user may not {access} {model}.",
                mend="Give it a group with that access in Odoo.",
                system=self._client.settings.system,
            )

    def _fields(self, source: Source) -> None:
        refuse_missing(self._client, source)

    def _lacking(self) -> Iterator[Finding]:
        """What this database lacks that streams can do without."""
        for name, (model, what) in _OPTIONAL.items():
            if name not in self._client.fields(model):
                yield Finding(f"optional field {model}.{name}", ok=True, detail=f"not there: {what}")
        if "l10n_latam_identification_type_id" in self._client.fields(PARTNERS):
            yield self._tried(f"read {IDENTIFICATION}", partial(self._may, IDENTIFICATION, "read"))

    def _journal(self) -> str:
        found = journal(self._client)
        method = payment_method(self._client)
        return str(found["name"]) if method is None else f"{found['name']}, {method['name']}"

    def _tried(self, what: str, attempt: Callable[[], str | None]) -> Finding:
        try:
            detail = attempt()
        except ConciliaError as fault:
            return Finding(what, ok=False, detail=str(fault))
        return Finding(what, ok=True, detail=detail or "")
