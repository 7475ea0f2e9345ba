"""The database connector: the five methods of the contract over one read-only database."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from concilia.errors import ConciliaError, PermissionMissing
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
    StreamRequest,
    StreamSchema,
)
from connectors.database.catalog import schemas, shape_of
from connectors.database.client import ReadOnlyDatabase
from connectors.database.faults import translated
from connectors.database.settings import account_of, source_of
from connectors.database.statements import rows_of
from connectors.database.streams import Pass, key_pages, read_pages


class DatabaseConnector:
    """Tables, views and queries of one database. Connects when a method needs it, never before."""

    def __init__(self, configured: ConnectionSettings) -> None:
        self._account = account_of(configured)
        self._streams = configured.streams
        self._now = configured.now
        for request in self._streams:
            source_of(request, account=self._account)
        self._database = ReadOnlyDatabase(self._account)

    @property
    def capabilities(self) -> Capabilities:
        """Reads incrementally where a stream has a cursor column. Writes nothing."""
        names = tuple(request.name for request in self._streams)
        return Capabilities(streams=names, incremental="timestamp", lists_keys=names, overlap=self._account.overlap)

    def check(self) -> Sequence[Finding]:
        """Connect, then look at columns, cursor type and one row of each stream."""
        try:
            with self._database.session():
                findings = [Finding(f"database at {self._account.place}", ok=True)]
        except ConciliaError as fault:
            return [Finding(f"database at {self._account.place}", ok=False, detail=str(fault))]
        return findings + [self._check_stream(request) for request in self._streams]

    def _check_stream(self, request: StreamRequest) -> Finding:
        what, account = f"stream {request.name}", self._account
        try:
            source = source_of(request, account=account)
            with self._database.session() as connection:
                shape = shape_of(connection, source, account=account)
                with translated(account, what=source.called):
                    found = connection.execute(rows_of(source, names=source.columns).limit(1)).fetchall()
        except ConciliaError as fault:
            return Finding(what, ok=False, detail=str(fault))
        return Finding(what, ok=True, detail=f"{len(shape.names)} columns, {'has rows' if found else 'empty now'}")

    def discover(self) -> Sequence[StreamSchema]:
        """Tables and views of the schema by name, with typed columns and primary keys."""
        with self._database.session() as connection:
            return schemas(connection, account=self._account)

    def read(self, request: StreamRequest, *, bookmarks: Mapping[str, Bookmark], full: bool = False) -> Iterator[Page]:
        """Pages by cursor and key since the bookmark less the overlap, by row version, or by what differs."""
        source = source_of(request, account=self._account)
        before = {} if full else bookmarks
        return read_pages(self._database, Pass(source, self._account, before, self._now))

    def list_keys(self, request: StreamRequest, *, bookmarks: Mapping[str, Bookmark]) -> KeyListing:  # noqa: ARG002
        """The key columns of all rows, in one statement of one snapshot."""
        return KeyListing(key_pages(self._database, source_of(request, account=self._account), account=self._account))

    def look_up(self, stream: str, references: Sequence[str]) -> Mapping[str, Found]:  # noqa: ARG002
        """Nothing, always: nothing is ever written here, so there is no reference of ours to find."""
        return {}

    def write(self, operation: Operation, orders: Sequence[Order]) -> Iterator[Receipt | Exception]:  # noqa: ARG002
        """Refused: databases are read only."""
        raise PermissionMissing(
            f"Connection {self._account.system} reads a database and writes nothing, so {operation} is refused.",
            mend="Route payments to a connection that can write.",
            system=self._account.system,
        )

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()
