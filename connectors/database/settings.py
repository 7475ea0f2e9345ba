"""The database connection's part of concilia.yaml, checked: address, account, limits, and each stream's source."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta, tzinfo
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from concilia.errors import ConfigurationInvalid
from concilia.vault import Secret
from connectors.contract import ConnectionSettings, StreamRequest
from connectors.database.dialects import NAMES, SQLITE, Dialect, dialect_called
from connectors.database.statements import refuse_unless_fragment, refuse_unless_one_select

_PARTS = frozenset({"dialect", "host", "port", "database"})
_SETTINGS = (
    _PARTS
    | {"url", "username", "password", "schema", "time_zone"}
    | {"statement_timeout_seconds", "overlap_seconds", "overlap_numbers", "page_size", "ca_file"}
)
_OPTIONS = frozenset({"table", "query", "columns", "where", "schema", "snapshot"})
_WHOLE_DAY = 86_400
LARGEST_PAGE = 10_000
XMIN = "xmin"  # the cursor by which PostgreSQL tells the transaction that wrote a row


@dataclass(frozen=True, slots=True)
class Account:
    """Where the database is and how long it may take. The URL holds the password and is never printed."""

    system: str  # the connection's name, for messages
    url: URL = field(repr=False)
    place: str  # host and port, or the file: what a message may show
    schema: str | None
    statement_timeout: timedelta
    overlap: timedelta
    overlap_numbers: int  # the overlap of an integer cursor, in its own unit
    zone: tzinfo  # of timestamps without a zone
    page_size: int = 1000
    ca_file: str | None = None

    @property
    def dialect(self) -> Dialect:
        """Which kind of database it is."""
        return NAMES[self.url.get_backend_name()]

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of SQLite."""
        return self.dialect is SQLITE


@dataclass(frozen=True, slots=True)
class Source:
    """What one stream reads: a table or a query, its columns (empty: all) and a condition in SQL."""

    stream: str
    key: tuple[str, ...]
    cursor: str | None
    table: str = ""
    query: str = ""
    schema: str | None = None
    columns: tuple[str, ...] = ()
    where: str = ""
    snapshot: bool = False  # without a cursor: compare with what was read last time, and give only what differs

    @property
    def called(self) -> str:
        """The source as messages name it."""
        return f"the query of stream {self.stream}" if self.query else ".".join(filter(None, (self.schema, self.table)))


def close_to(wanted: str, names: Iterable[str]) -> str:
    """A sentence that suggests the nearest of the names, or lists the first of them."""
    listed = list(names)
    close = difflib.get_close_matches(wanted.lower(), [name.lower() for name in listed], n=1, cutoff=0.5)
    if close:
        return f"Did you mean {next(name for name in listed if name.lower() == close[0])!r}?"
    return f"There are: {', '.join(listed[:30])}." if listed else "There are none."


def account_of(configured: ConnectionSettings) -> Account:
    """The checked settings of a connection; raises ConfigurationInvalid naming the setting and the mend."""
    where, given = f"Connection {configured.name}", configured.settings
    for name in given:
        if name not in _SETTINGS:
            raise ConfigurationInvalid(
                f"{where} has the unknown setting {name!r}.", mend=close_to(name, sorted(_SETTINGS))
            )
    url = _url(given, where=where)
    if url.get_backend_name() == "sqlite":
        url = _in_folder(url, folder=configured.folder, where=where)
    authority = _text(given.get("ca_file"), name="ca_file", where=where)
    return Account(
        system=configured.name,
        url=url,
        place=_place(url),
        schema=_text(given.get("schema"), name="schema", where=where) or None,
        statement_timeout=timedelta(
            seconds=_number(given, name="statement_timeout_seconds", otherwise=300, least=0.001, where=where)
        ),
        overlap=timedelta(seconds=_number(given, name="overlap_seconds", otherwise=300, least=0, where=where)),
        overlap_numbers=int(_number(given, name="overlap_numbers", otherwise=1000, least=0, where=where)),
        zone=_zone(given.get("time_zone", "UTC"), where=where),
        page_size=min(int(_number(given, name="page_size", otherwise=1000, least=1, where=where)), LARGEST_PAGE),
        ca_file=str(Path(configured.folder) / authority) if authority else None,
    )


def source_of(request: StreamRequest, *, account: Account) -> Source:
    """The checked source of a stream; raises ConfigurationInvalid naming the stream and the mend."""
    where, given = f"Connection {account.system}, stream {request.name}", request.options
    for name in given:
        if name not in _OPTIONS:
            raise ConfigurationInvalid(
                f"{where} has the unknown setting {name!r}.", mend=close_to(name, sorted(_OPTIONS))
            )
    if not request.key:
        raise ConfigurationInvalid(f"{where} names no key column.", mend="Add for example: key: [id]")
    table, query = (_text(given.get(name), name=name, where=where) for name in ("table", "query"))
    if bool(table) == bool(query):
        raise ConfigurationInvalid(f"{where} needs either a table or a query.", mend="Add for example: table: invoices")
    if query:
        with_allowed = account.dialect.common_table_expressions
        query = refuse_unless_one_select(query, where=where, with_allowed=with_allowed)
    condition = _text(given.get("where"), name="where", where=where)
    if condition:
        refuse_unless_fragment(condition, where=where)
    columns = given.get("columns") or ()
    if not isinstance(columns, list | tuple) or not all(isinstance(each, str) and each for each in columns):
        raise ConfigurationInvalid(f"{where}: columns is {columns!r}.", mend="Write a list of column names.")
    snapshot = given.get("snapshot", False)
    if not isinstance(snapshot, bool) or (snapshot and request.cursor):
        raise ConfigurationInvalid(f"{where}: snapshot is {snapshot!r}.", mend="Write true, and no cursor beside it.")
    needed = (*columns, *request.key, *([request.cursor] if request.cursor else [])) if columns else ()
    return Source(
        stream=request.name,
        key=request.key,
        cursor=request.cursor,
        table=table,
        query=query,
        schema=_text(given.get("schema"), name="schema", where=where) or account.schema,
        columns=tuple(dict.fromkeys(needed)),
        where=condition,
        snapshot=snapshot,
    )


def _plain(value: Any) -> Any:
    return value.reveal() if isinstance(value, Secret) else value


def _url(given: Mapping[str, Any], *, where: str) -> URL:
    both = sorted(_PARTS & given.keys())
    if "url" in given:
        if both:
            raise ConfigurationInvalid(f"{where} has both url and {both[0]}.", mend="Keep one of them.")
        url = _parsed(_plain(given["url"]), where=where)
    else:
        url = _from_parts(given, where=where)
    dialect = dialect_called(url.drivername.split("+")[0], where=where)
    url = url.set(drivername=dialect.driver)
    if url.port is None and dialect.port and "host" not in url.query:
        url = url.set(port=dialect.port)
    username, password = (_text(given.get(name), name=name, where=where) for name in ("username", "password"))
    return url.set(username=username or url.username, password=password or url.password)


def _place(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    host = url.host or url.query.get("host") or "this machine"  # a folder of sockets stands in the query part
    return f"{host}:{url.port}"


def _parsed(text: Any, *, where: str) -> URL:
    # `from None`: the parser's own error shows the address with the password in it
    try:
        url = make_url(text)
    except (ArgumentError, ValueError, TypeError):
        raise ConfigurationInvalid(
            f"{where}: url is no database address.",
            mend="Write postgresql://host:5432/database or sqlite:///file.db, the password under `password`.",
        ) from None
    return url


def _from_parts(given: Mapping[str, Any], *, where: str) -> URL:
    dialect = _text(given.get("dialect", "postgresql"), name="dialect", where=where)
    host, database = (_text(given.get(name), name=name, where=where) for name in ("host", "database"))
    port = given.get("port")
    if not database or (dialect != "sqlite" and not host):
        raise ConfigurationInvalid(
            f"{where} does not say where the database is.", mend="Set url, or host and database (and port)."
        )
    if port is not None and (isinstance(port, bool) or not isinstance(port, int) or not 0 < port < 65536):
        raise ConfigurationInvalid(f"{where}: port is {port!r}.", mend="Write a number such as 5432.")
    return URL.create(dialect, host=host or None, port=port, database=database)


def _in_folder(url: URL, *, folder: str, where: str) -> URL:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise ConfigurationInvalid(f"{where}: url names no SQLite file.", mend="Write sqlite:///folder/file.db")
    return url.set(database=str(Path(folder) / Path(url.database).expanduser()))


def _text(value: Any, *, name: str, where: str) -> str:
    value = _plain(value)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ConfigurationInvalid(f"{where}: {name} is not a text.", mend=f"Write {name} as a text.")
    return value


def _number(given: Mapping[str, Any], *, name: str, otherwise: float, least: float, where: str) -> float:
    value = given.get(name, otherwise)
    if isinstance(value, bool) or not isinstance(value, int | float) or not least <= value <= 366 * _WHOLE_DAY:
        raise ConfigurationInvalid(f"{where}: {name} is {value!r}.", mend=f"Write a number such as {otherwise}.")
    return value


def _zone(value: Any, *, where: str) -> tzinfo:
    try:
        return UTC if value == "UTC" else ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as fault:
        raise ConfigurationInvalid(
            f"{where}: time_zone is {value!r}.", mend="Write an IANA name such as America/Santiago."
        ) from fault
