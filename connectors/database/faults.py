"""Faults of databases as our errors, by tables. The only place that knows codes of servers and sentences of drivers.

Messages name host, table or column; never the password, and no values of rows.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Final

import psycopg
from sqlalchemy import exc

from concilia.errors import (
    ConciliaError,
    ConfigurationInvalid,
    CredentialsRefused,
    PermissionMissing,
    RetryLater,
    RunMustStop,
    SystemUnreachable,
)
from connectors.database.settings import Account

CONNECTING: Final = ""  # nothing is read yet
_LATER: Final = timedelta(minutes=1)
_LINE: Final = (psycopg.OperationalError, OSError, EOFError)  # what a broken line is to a driver
_BY_NAME: Final = {"LoginError": "credentials", "ClosedConnectionError": "unreachable", "InterfaceError": "unreachable"}
_LOST: Final = 2013  # of pymysql: the line broke, or it waited too long
# SQLSTATE, or the beginning of one -> what it means here
_STATES: Final = (
    ("28", "credentials"),
    ("3D000", "no database"),
    ("42501", "permission"),
    ("25006", "writes"),
    ("57014", "timeout"),
    ("57P", "unreachable"),
    ("08", "unreachable"),
    ("53", "busy"),
    ("40", "busy"),
    ("42883", "mismatch"),
    ("42804", "mismatch"),
    ("42", "statement"),
    ("0A000", "statement"),
    ("22", "value"),
)
# Numbers of MySQL and MariaDB (their error reference), and of SQL Server (sys.messages, from documentation).
_NUMBERS: Final[Mapping[str, Mapping[int, str]]] = {
    "pymysql": {
        1045: "credentials", 1698: "credentials", 1049: "no database", 1044: "permission", 1142: "permission",
        1143: "permission", 1227: "permission", 1370: "permission", 1040: "busy", 1203: "busy", 1205: "busy",
        1213: "busy", 1226: "busy", 1053: "unreachable", 1927: "unreachable", 2002: "unreachable",
        2003: "unreachable", 2005: "unreachable", 2006: "unreachable", 2013: "unreachable", 1969: "timeout",
        3024: "timeout", 1290: "writes", 1792: "writes", 1052: "statement", 1054: "statement", 1060: "statement",
        1064: "statement", 1146: "statement", 1305: "statement", 1292: "mismatch", 1525: "mismatch",
    },
    "pytds": {
        18452: "credentials", 18456: "credentials", 4060: "no database", 229: "permission", 230: "permission",
        262: "permission", 297: "permission", 300: "permission", 916: "permission", 1205: "busy", 1222: "busy",
        3960: "busy", 10928: "busy", 10929: "busy", 40197: "busy", 40501: "busy", 40613: "busy", 3906: "writes",
        102: "statement", 156: "statement", 207: "statement", 208: "statement", 209: "statement", 2812: "statement",
        4104: "statement", 206: "mismatch", 241: "mismatch", 245: "mismatch", 8114: "mismatch", 8115: "mismatch",
    },
}  # fmt: skip
# what libpq and servers say before a session exists, in the languages of their servers
_SENTENCES: Final = (
    (r"password authentication failed|autentificación password falló|autenticação .*senha falhou", "credentials"),
    (r"no password supplied|no pg_hba\.conf entry|pg_hba\.conf", "credentials"),
    (r"role .* does not exist|no existe el rol|is not permitted to log in", "credentials"),
    (r"database .* does not exist|no existe la base de datos|banco de dados .* não existe", "no database"),
    (r"too many connections|remaining connection slots|demasiadas conexiones|starting up", "busy"),
    (r"unable to open database file|disk i/o error", "unreachable"),
    (r"file is not a database|database disk image is malformed", "no database"),
    (r"database is locked|database table is locked", "busy"),
    (r"interrupted", "timeout"),
    (r"readonly database|attempt to write|query_only", "writes"),
    (r"no such (table|column|function)|syntax error|incomplete input|ambiguous column", "statement"),
    (r"not authorized", "permission"),
)


@contextmanager
def translated(account: Account, *, what: str = CONNECTING) -> Iterator[None]:
    """Raise our error for whatever the driver raises; `what` names the table or query being read."""
    try:
        yield
    except exc.DBAPIError as fault:
        raise _judged(fault.orig or fault, account=account, what=what) from fault
    except (psycopg.Error, sqlite3.Error, exc.SQLAlchemyError, UnicodeDecodeError, OSError, EOFError) as fault:
        raise _judged(fault, account=account, what=what) from fault


def _judged(fault: BaseException, *, account: Account, what: str) -> ConciliaError:
    system, place, who = account.system, account.place, account.url.username or "the configured user"
    source = what if what != CONNECTING else f"the database {account.url.database}"
    error: ConciliaError
    meaning = _meaning(fault)
    match "unreachable" if meaning == "timeout" and what == CONNECTING else meaning:
        case "credentials":
            said = f"{system}: the database at {place} refused the user {who}."
            error = CredentialsRefused(said, mend="Check username and password, and who may connect.", system=system)
        case "no database":
            said = f"{system}: there is no readable database {account.url.database} at {place}."
            error = ConfigurationInvalid(said, mend="Correct the name of the database.")
        case "permission":
            said = f"{system}: {who} may not read {source}. {_primary(fault)}"
            error = PermissionMissing(said, mend=f"Run there: GRANT SELECT ON {source} TO {who};", system=system)
        case "writes":
            said = f"{system}: {source} tried to write; this connection only reads."
            error = ConfigurationInvalid(said, mend="Write one SELECT that only reads.")
        case "timeout":
            seconds = account.statement_timeout.total_seconds()
            said = f"{system}: reading {source} took longer than statement_timeout_seconds ({seconds:g})."
            error = RunMustStop(said, mend="Index the cursor column, narrow `where`, or allow more seconds.")
        case "busy":
            error = RetryLater(f"{system}: the database at {place} is too busy. {_primary(fault)}", after=_LATER)
        case "mismatch":
            said = f"{system}: the bookmark or a condition does not fit the columns of {source}. {_primary(fault)}"
            error = RunMustStop(said, mend="Correct the types, or read the stream in full once.")
        case "statement":
            said = f"{system}: {source} cannot be read. {_primary(fault)}"
            error = ConfigurationInvalid(said, mend="Correct table, columns, where or query.")
        case "unreachable":
            said = f"{system}: no answer from the database at {place}."
            error = SystemUnreachable(said, mend="Check host, port, network and firewall.", system=system)
        case _:
            error = RunMustStop(f"{system}: {source} cannot be read ({_kind(fault)}).", mend="Ask who runs it.")
    return error


def _meaning(fault: BaseException) -> str:
    number, said = _number(fault), str(fault)
    state = getattr(fault, "sqlstate", None)
    if state and number is None:  # a number says more than a state
        return next((meaning for start, meaning in _STATES if state.startswith(start)), "other")
    if isinstance(fault, TimeoutError) or (number == _LOST and "timed out" in said):
        return "timeout"
    if number is not None:
        return _NUMBERS[_driver(fault)].get(number, "other")
    found = next((meaning for words, meaning in _SENTENCES if re.search(words, said, re.IGNORECASE)), "")
    return found or _BY_NAME.get(type(fault).__name__) or ("unreachable" if isinstance(fault, _LINE) else "other")


def _driver(fault: BaseException) -> str:
    return type(fault).__module__.partition(".")[0]


def _number(fault: BaseException) -> int | None:
    """The server's own number of the fault, where its driver tells one."""
    match _driver(fault):
        case "pymysql":
            return fault.args[0] if fault.args and isinstance(fault.args[0], int) else None
        case "pytds":
            return getattr(fault, "number", 0) or None
        case _:
            return None


def _kind(fault: BaseException) -> str:
    code = _number(fault) or getattr(fault, "sqlstate", None)
    return f"error {code}" if code else type(fault).__name__


def _primary(fault: BaseException) -> str:
    """The server's own first sentence, without the statement, its parameters or any row."""
    if isinstance(fault, psycopg.Error):
        said = fault.diag.message_primary or ""
    elif isinstance(fault, sqlite3.Error):
        said = str(fault)
    elif _driver(fault) == "pymysql" and _meaning(fault) != "mismatch":  # those quote the value
        said = str(fault.args[1]) if len(fault.args) > 1 else ""
    else:
        said = str(getattr(fault, "text", "")) if _meaning(fault) != "mismatch" else ""
    return f"It says: {said.strip()}." if said else ""
