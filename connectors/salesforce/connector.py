"""The Salesforce connector: the five methods of the contract, handed on to streams and writer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from concilia.errors import ConciliaError, ConfigurationInvalid, PermissionMissing, RunMustStop
from concilia.records import Bookmark, Page
from connectors.contract import (
    Capabilities,
    ConnectionSettings,
    Finding,
    Found,
    KeyListing,
    Operation,
    Order,
    Receipt,
    Rung,
    StreamRequest,
    StreamSchema,
)
from connectors.rest import Patience
from connectors.salesforce.client import SalesforceClient
from connectors.salesforce.settings import Shape
from connectors.salesforce.streams import CURSOR, SHIPPED, Source, by_ids, key_pages, pages, schema, selected, source_of
from connectors.salesforce.writer import UPDATES, by_reference, written

FACTS = {
    "payments": Operation.REGISTER_PAYMENT,
    "reversals": Operation.REGISTER_REVERSAL,
    "agreements": Operation.RECORD_AGREEMENT,
}


class SalesforceConnector:
    """One account at one Salesforce org."""

    def __init__(self, configured: ConnectionSettings, *, patience: Patience | None = None) -> None:
        self._client = SalesforceClient(configured, patience=patience)
        self._system = self._client.settings.system
        asked = configured.streams or tuple(StreamRequest(name, ("Id",), CURSOR) for name in SHIPPED)
        self._sources = {request.name: source_of(request, system=self._system) for request in asked}

    @property
    def capabilities(self) -> Capabilities:
        """The configured streams by SystemModstamp; writes as far as the settings say which objects take them."""
        shapes = self._client.settings.shapes
        writes = {FACTS[fact]: Rung.UPSERT for fact in shapes}
        writes.setdefault(Operation.RECORD_AGREEMENT, Rung.LOOK_UP)
        updates = {name: columns for name, columns in UPDATES.items() if name in self._sources}
        if updates:
            writes[Operation.UPDATE_CONTACT] = Rung.PRECONDITION
        names = tuple(self._sources)
        return Capabilities(
            streams=names, incremental="timestamp", writes=writes, lists_keys=names, updates=updates,
            late=self._client.settings.late, overlap=self._client.settings.overlap,
        )  # fmt: skip

    def check(self) -> Sequence[Finding]:
        """Sign in, the API version, each object with its fields, each object that is written, and the requests left."""
        signed_in = self._tried("sign in", self._version_known)
        if not signed_in.ok:
            return (signed_in,)
        shapes = self._client.settings.shapes
        return (
            signed_in,
            *(
                self._tried(f"read {one.object}", partial(selected, self._client, one))
                for one in self._sources.values()
            ),
            *(
                self._tried(f"write {fact} ({one.object})", partial(self._writable, one))
                for fact, one in shapes.items()
            ),
            self._budget(),
        )

    def discover(self) -> Sequence[StreamSchema]:
        """The configured streams typed, and Account and Contact when they are not among them."""
        shipped = {name: Source(name, found, (), "", deleted=True) for name, found in SHIPPED.items()}
        sources = {**shipped, **self._sources}
        return [schema(self._client, sources[name]) for name in sorted(sources)]

    def read(self, request: StreamRequest, *, bookmarks: Mapping[str, Bookmark], full: bool = False) -> Iterator[Page]:
        """Pages by SystemModstamp since the bookmark less the overlap; everything by Bulk API when it is much."""
        source = source_of(request, system=self._system) if request.options else self._source(request.name)
        return pages(self._client, source, bookmark=None if full else bookmarks.get(""))

    def list_keys(self, request: StreamRequest, *, bookmarks: Mapping[str, Bookmark]) -> KeyListing:  # noqa: ARG002
        """The Ids of the stream, with the org's own count."""
        source = source_of(request, system=self._system) if request.options else self._source(request.name)
        return KeyListing(key_pages(self._client, source))

    def look_up(self, stream: str, references: Sequence[str]) -> Mapping[str, Found]:
        """Payments, reversals and agreements by our own references; records of streams by Id."""
        if stream in FACTS and stream not in self._sources:
            return by_reference(self._client, stream, references)
        if stream in self._client.settings.shapes:
            return by_reference(self._client, stream, references)
        records = by_ids(self._client, self._source(stream), [one for one in references if one.isalnum()])
        return {record.key[0]: Found(record.key[0], record.fields, record.cursor) for record in records}

    def write(self, operation: Operation, orders: Sequence[Order]) -> Iterator[Receipt | Exception]:
        """Write the orders one by one; see `writer.py`."""
        if operation not in self.capabilities.writes:
            raise PermissionMissing(
                f"{self._system} was not told which object takes {operation}.",
                mend="Add payments, reversals or agreements to its settings.",
                system=self._system,
            )
        return written(self._client, orders)

    def close(self) -> None:
        """Close the sockets."""
        self._client.close()

    def _source(self, stream: str) -> Source:
        if stream not in self._sources:
            raise ConfigurationInvalid(
                f"{self._system} has no stream {stream!r}.", mend=f"It has: {', '.join(self._sources)}."
            )
        return self._sources[stream]

    def _version_known(self) -> None:
        version = self._client.settings.api_version
        known = [str(one["version"]) for one in self._client.raw("GET", "/services/data/").json()]
        if version not in known:
            raise RunMustStop(
                f"The org does not know API version {version}.",
                mend=f"Set api_version to one of: {', '.join(known[-5:])}.",
            )
        self._client.get("limits")

    def _writable(self, shape: Shape) -> None:
        fields = self._client.fields(shape.object)
        key = fields.get(shape.external_id)
        if key is None or not key.external_id:
            raise RunMustStop(
                f"{shape.object}.{shape.external_id} is no External Id, or the running user may not see it.",
                mend="Make it a unique External Id field, and give the user access to it.",
            )
        for name in (shape.external_id, *shape.fields):
            if name not in fields or not fields[name].createable:
                raise RunMustStop(
                    f"The running user may not write {shape.object}.{name}.", mend="Give it field-level edit access."
                )

    def _budget(self) -> Finding:
        usage = self._client.usage
        detail = f"{usage.used} of {usage.most} requests of 24 hours are used" if usage.most else "not told"
        return Finding("API requests", ok=not usage.most or usage.used < usage.most, detail=detail)

    def _tried(self, what: str, attempt: Callable[[], object]) -> Finding:
        try:
            attempt()
        except ConciliaError as fault:
            return Finding(what, ok=False, detail=str(fault))
        return Finding(what, ok=True)
