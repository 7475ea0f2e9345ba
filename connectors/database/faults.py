"""Faults of databases as our errors, in one table. The only place that knows SQLSTATE codes and driver sentences.

Messages name host, table or column; never the password, and no values of rows.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
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

_LATER: Final = timedelta(minutes=1)
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
def translated(account: Account, *, what: str = "") -> Iterator[None]:
    """Raise our error for whatever the driver raises; `what` names the table or query being read."""
    try:
        yield
    except exc.DBAPIError as fault:
        raise _judged(fault.orig or fault, account=account, what=what) from fault
    except (psycopg.Error, sqlite3.Error, exc.SQLAlchemyError, UnicodeDecodeError) as fault:
        raise _judged(fault, account=account, what=what) from fault


def _judged(fault: BaseException, *, account: Account, what: str) -> ConciliaError:
    system, place, who = account.system, account.place, account.url.username or "the configured user"
    source = what or f"the database {account.url.database}"
    error: ConciliaError
    match _meaning(fault):
        case "credentials":
            said = f"{system}: the database at {place} refused the user {who}."
            error = CredentialsRefused(said, mend="Check username and password, and pg_hba.conf.", system=system)
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
    state = getattr(fault, "sqlstate", None)
    if state:
        return next((meaning for start, meaning in _STATES if state.startswith(start)), "other")
    said = str(fault)
    found = next((meaning for words, meaning in _SENTENCES if re.search(words, said, re.IGNORECASE)), "")
    if not found and isinstance(fault, psycopg.OperationalError):
        return "unreachable"
    return found or "other"


def _kind(fault: BaseException) -> str:
    state = getattr(fault, "sqlstate", None)
    return f"SQLSTATE {state}" if state else type(fault).__name__


def _primary(fault: BaseException) -> str:
    """The server's own first sentence, without the statement, its parameters or any row."""
    if isinstance(fault, psycopg.Error):
        said = fault.diag.message_primary or ""
    else:
        said = str(fault) if isinstance(fault, sqlite3.Error) else ""
    return f"It says: {said.strip()}." if said else ""
