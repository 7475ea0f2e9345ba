"""The files connector: the five methods of the contract over one folder. It reads only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice
from pathlib import Path, PurePosixPath

from concilia.clock import system_clock
from concilia.errors import ConciliaError, ConfigurationInvalid, PermissionMissing
from concilia.records import BadRow, Bookmark, Page
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
from connectors.files.bank_entries import COLUMNS, KEY
from connectors.files.client import FoundFile, Watched, matching
from connectors.files.keys import list_keys
from connectors.files.layout import CONNECTION_SETTINGS, LAYOUT_SETTINGS, Layout, known, layout_of, seconds
from connectors.files.streams import WORKBOOKS, Settling, open_file, read_stream

Fetch = Callable[[frozenset[str], float], None]
_LOOKED_AT = 100  # rows of each file that `check` reads
_TEXTS = frozenset({".csv", ".txt", ".tsv", ".jsonl", ".ndjson", ".xls"})


class FilesConnector:
    """CSV files and workbooks in one folder. Nothing is opened before a method is called."""

    def __init__(self, configured: ConnectionSettings) -> None:
        self._name = configured.name
        self._where = f"Connection {configured.name}"
        self._settings = configured.settings
        self._streams = configured.streams
        self._now = configured.now
        known(self._settings, allowed=CONNECTION_SETTINGS | LAYOUT_SETTINGS, where=self._where)
        self._folder, self._fetch = _place(configured)
        self._settle = seconds(self._settings.get("settle_seconds", 0), name="settle_seconds", where=self._where)
        for request in self._streams:
            self._layout(request)

    def _layout(self, request: StreamRequest) -> Layout:
        layout = layout_of(request, settings=self._settings, where=self._where)
        if not request.key and layout.format_of(layout.pattern) not in ("camt", "mt940"):
            raise ConfigurationInvalid(
                f"{self._where}, stream {request.name}, names no key column.",
                mend="Add for example: key: [numero_documento]",
            )
        return layout

    @property
    def capabilities(self) -> Capabilities:
        """Reads by content: a file is read again only when it changes. Writes nothing."""
        names = tuple(request.name for request in self._streams)
        return Capabilities(streams=names, incremental="content", lists_keys=names)

    def check(self) -> Sequence[Finding]:
        """Look at the folder, and at header and first rows of every file of every stream."""
        try:
            self._folder_exists()
        except ConciliaError as fault:
            return [Finding(f"folder {self._folder}", ok=False, detail=str(fault))]
        findings = [Finding(f"folder {self._folder}", ok=True)]
        for request in self._streams:
            findings += self._check_stream(request, self._layout(request))
        return findings

    def _folder_exists(self) -> None:
        patterns = frozenset(self._layout(request).pattern for request in self._streams) or frozenset({"*"})
        self._fetch(patterns, self._moment().timestamp() - self._settle)
        if not self._folder.is_dir():
            raise ConfigurationInvalid(f"{self._where}: there is no folder {self._folder}.", mend="Correct `path`.")
        matching(self._folder, "*")

    def _check_stream(self, request: StreamRequest, layout: Layout) -> list[Finding]:
        files = matching(self._folder, layout.pattern)
        if not files:
            detail = f"No file matches {layout.pattern!r} now; large and small letters differ."
            return [Finding(f"stream {request.name}", ok=False, detail=detail)]
        return [_check_file(found, request=request, layout=layout) for found in files]

    def discover(self) -> Sequence[StreamSchema]:
        """The configured streams by their first file, then every other table-like file under its own name."""
        self._folder_exists()
        schemas: dict[str, StreamSchema] = {}
        taken: set[str] = set()
        for request in self._streams:
            layout = self._layout(request)
            files = matching(self._folder, layout.pattern)
            taken |= {found.name for found in files}
            schemas[request.name] = _schema(request, layout=layout, files=files[:1])
        for found in matching(self._folder, "*"):
            if found.name not in taken and found.path.suffix.lower() in WORKBOOKS | _TEXTS:
                name = PurePosixPath(found.name).stem
                request = StreamRequest(name, options={"file": found.name})
                layout = layout_of(request, settings=self._settings, where=self._where)
                schemas.setdefault(name, _schema(request, layout=layout, files=[found]))
        return [schemas[name] for name in sorted(schemas)]

    def read(self, request: StreamRequest, *, bookmarks: Mapping[str, Bookmark], full: bool = False) -> Iterator[Page]:
        """Pages of at most 1000 rows, file after file by name; see `streams` for the bookmarks."""
        self._folder_exists()
        return read_stream(
            self._folder,
            request=request,
            layout=self._layout(request),
            bookmarks={} if full else bookmarks,
            settling=Settling(self._settle, self._moment()),
        )

    def list_keys(self, request: StreamRequest, *, bookmarks: Mapping[str, Bookmark]) -> KeyListing:
        """The keys in all files of the stream, or in its newest one; see `keys`."""
        self._folder_exists()
        settling = Settling(self._settle, self._moment())
        return list_keys(
            self._folder, request=request, layout=self._layout(request), bookmarks=bookmarks, settling=settling
        )

    def _moment(self) -> datetime:
        return self._now or system_clock()

    def look_up(self, stream: str, references: Sequence[str]) -> Mapping[str, Found]:  # noqa: ARG002
        """Nothing, always: a file is an extract of some moment and cannot be asked what holds now."""
        return {}

    def write(self, operation: Operation, orders: Sequence[Order]) -> Iterator[Receipt | Exception]:  # noqa: ARG002
        """Refused: files are read only."""
        raise PermissionMissing(
            f"{self._where} reads files and writes nothing, so {operation} is refused.",
            mend="Route payments to a connection that can write.",
            system=self._name,
        )

    def close(self) -> None:
        """Nothing is held between calls."""


def _place(configured: ConnectionSettings) -> tuple[Path, Fetch]:
    """The folder of this machine, and how it is brought up to date before it is looked at."""
    workspace, settings = Path(configured.folder), configured.settings
    path, url = settings.get("path"), settings.get("url")
    if url and path:
        raise ConfigurationInvalid(f"Connection {configured.name} has both path and url.", mend="Keep one of them.")
    if url:
        try:
            from connectors.files import sftp
        except ImportError as fault:
            raise ConfigurationInvalid(
                "SFTP needs a library that is not installed.", mend="Install it: pip install 'concilia[sftp]'."
            ) from fault
        account = sftp.account_of(settings, system=configured.name)
        folder = sftp.mirror_folder(workspace, account)
        return folder, lambda patterns, before: sftp.fetched(account, patterns, into=folder, before=before)
    if not isinstance(path, str) or not path:
        raise ConfigurationInvalid(
            f"Connection {configured.name} names no folder.",
            mend="Add for example: path: incoming/erp, or url: sftp://host/folder",
        )
    return workspace / Path(path).expanduser(), lambda _patterns, _before: None


def _check_file(found: FoundFile, *, request: StreamRequest, layout: Layout) -> Finding:
    what = f"stream {request.name}, {found.name}"
    try:
        opened = open_file(Watched(found), request=request, layout=layout)
        rows = [item.row for item in islice(opened.items, _LOOKED_AT)]
    except ConciliaError as fault:
        return Finding(what, ok=False, detail=str(fault))
    bad = [row for row in rows if isinstance(row, BadRow)]
    if bad:
        first = f"{bad[0].position}, column {bad[0].column}: {bad[0].reason}"
        return Finding(what, ok=False, detail=f"{len(bad)} of the first {len(rows)} rows are bad. {first}")
    return Finding(what, ok=True, detail=f"{len(rows)} rows read" if rows else "no rows")


def _schema(request: StreamRequest, *, layout: Layout, files: Sequence[FoundFile]) -> StreamSchema:
    names: tuple[str, ...] = ()
    for found in files:
        try:
            # without key and cursor, so that a missing one does not hide the columns that are there
            opened = open_file(Watched(found), request=StreamRequest(request.name), layout=layout)
        except ConfigurationInvalid:
            continue  # listed without columns; `check` says what is wrong with it
        names = opened.columns.names if opened.columns else ()
    if names == tuple(COLUMNS):
        return StreamSchema(request.name, COLUMNS, request.key or (KEY,), request.cursor)
    return StreamSchema(request.name, dict.fromkeys(names, "text"), request.key, request.cursor)
