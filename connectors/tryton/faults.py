"""Tryton's faults as our errors: the one place that knows their names and texts. No calls.

Inside an answer of status 200, `error` is `[name, arguments]` for the exceptions Tryton means for users, and
`[text, traceback]` for any other exception of the server (trytond.exceptions, trytond.protocols.jsonrpc of the
series 8.0). All of them have rolled their transaction back. The texts are in English because every call asks
for that language.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from concilia.errors import (
    ConciliaError,
    ConfigurationInvalid,
    CredentialsRefused,
    PermissionMissing,
    RecordRejected,
    RetryLater,
    RunMustStop,
)

# Messages ir.msg_access_* and ir.msg_*_rule_error of the series 8.0: Tryton sends them as plain user errors.
_NOT_ALLOWED = re.compile(
    r"You are not allowed to (access|read|write|execute|modify)\b|Calling button .* is not allowed"
)
# Messages account.msg_no_period_date, msg_no_open_period_date and the like.
_CLOSED = re.compile(r"must (create a period|reopen the period)\b|closed (journal-)?period")
_AGAIN = timedelta(seconds=5)


def translated(error: Any, *, system: str, method: str) -> ConciliaError:
    """The error to raise for what Tryton answered to `method`; the text of Tryton is kept verbatim."""
    fault: ConciliaError
    match error:
        case ["UserError", [str(text), *_]] if _NOT_ALLOWED.search(text):
            fault = PermissionMissing(
                f"{system}: {text}",
                mend="Give the user of this connection a group with that access in Tryton.",
                system=system,
            )
        case ["UserError", [str(text), *_]] if _CLOSED.search(text):
            mend = "Have the period opened there, or give it a day in an open one, and try again."
            fault = RecordRejected(f"{system}: {text}", mend=mend, field="value_date", code="period_closed")
        case ["UserError", [str(text), *_]]:
            fault = RecordRejected(f"{system}: {text}")
        case ["UserWarning", [str(name), *texts]]:
            fault = RecordRejected(
                f"{system} asks to confirm: {' '.join(str(text) for text in texts if text)}",
                mend="Do it there by hand, or let its user answer that warning with “always ignore”.",
                field="warning",
                value=name,
            )
        case ["ConcurrencyException", *_]:
            fault = RetryLater(f"{system}: somebody changed the same record meanwhile.", after=_AGAIN)
        case ["LoginException", [str(name), *_]]:
            fault = CredentialsRefused(
                f"{system} asks for more than a password to sign in ({name}).",
                mend="Use a user that signs in with the password alone.",
                system=system,
            )
        case [str(text), str()]:
            fault = RunMustStop(
                f"{system} failed inside at {method}: {text}",
                mend="See the log of the Tryton server; a module may be missing or not updated.",
            )
        case _:
            fault = RunMustStop(f"{system} answered {method} with an error of unknown shape.")
    return fault


def wrong_login(system: str, *, username: str) -> CredentialsRefused:
    """User or password are not accepted."""
    return CredentialsRefused(
        f"{system} refused the user {username!r} with the password given.",
        mend="Check the settings `username` and `password`, and that the user is active in Tryton.",
        system=system,
    )


def session_lost(system: str) -> RetryLater:
    """A session that was only just opened is not accepted."""
    return RetryLater(
        f"{system} does not accept the session it has just opened.",
        after=timedelta(seconds=30),
        mend="Several servers behind one address must share their database and their clock.",
    )


def no_database(system: str, *, database: str, known: list[str] | None) -> ConfigurationInvalid:
    """There is no such database behind the address, or no Tryton at all."""
    there = f"It has: {', '.join(sorted(known))}." if known else "Check the settings `url` and `database`."
    return ConfigurationInvalid(f"{system} has no Tryton database called {database!r}.", mend=there)


def no_company(system: str, *, wanted: str, known: list[str]) -> ConfigurationInvalid:
    """The setting `company` names none the user works for."""
    there = f"Use one of: {', '.join(sorted(known))}." if known else "Its user belongs to no company there."
    return ConfigurationInvalid(f"{system} has no company {wanted!r} for this user.", mend=there)
