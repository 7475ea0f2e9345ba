"""Odoo's faults as our errors: the one place that knows their names and texts. No calls.

The three transports tell the same exceptions: JSON-RPC inside an answer of status 200 (`error.data.name`), JSON-2 as a
body of an answer of status 4xx or 5xx (`name`), XML-RPC as a number and a text or a whole traceback. All of them have
rolled their transaction back, except those of answers that could not be written down: there the method had ended.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from concilia.errors import (
    ConciliaError,
    ConfigurationInvalid,
    CredentialsRefused,
    OutcomeUnknown,
    PermissionMissing,
    RecordRejected,
    RetryLater,
    RunMustStop,
)

_AGAIN: Final = timedelta(seconds=5)
# Texts of account.move and account.payment.register in English, the language every call asks for; one lock date has
# had several wordings between the series 14 and 19.
_CLOSED: Final = re.compile(r"lock date|prior to and inclusive of|lock(ed)? (the )?(period|everything)", re.IGNORECASE)
_PAID: Final = re.compile(r"nothing left to pay|already (been )?(fully )?paid", re.IGNORECASE)
_NO_DATABASE: Final = re.compile(r'database "[^"]*" does not exist|database .* does not exist', re.IGNORECASE)
_NO_MODEL: Final = re.compile(r"the model '?[\w.]+'? does not exist", re.IGNORECASE)
_NO_METHOD: Final = re.compile(r"does not exist|has no attribute|unexpected keyword", re.IGNORECASE)
_NOT_WRITTEN_DOWN: Final = re.compile(r"cannot marshal|is not JSON serializable", re.IGNORECASE)
_LAST_LINE: Final = re.compile(r"^(?P<name>[A-Za-z_][\w.]*?): ?(?P<text>.*)$")
# What XML-RPC says instead of a name (addons/rpc/controllers/xmlrpc.py).
_FAULT_CODES: Final[Mapping[int, str]] = {
    2: "odoo.exceptions.UserError",
    3: "odoo.exceptions.AccessDenied",
    4: "odoo.exceptions.AccessError",
}
_BUSY: Final = frozenset(
    {
        "ConcurrencyError", "SerializationFailure", "LockNotAvailable", "DeadlockDetected", "LockError",
        "TransactionRollbackError", "OperationalError", "InterfaceError", "PoolError", "SessionExpiredException",
    }
)  # fmt: skip
_REFUSED: Final = frozenset({"UserError", "ValidationError", "RedirectWarning", "Warning", "except_orm"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """What Odoo said instead of an answer: the path of its exception, and its text."""

    name: str
    text: str

    @property
    def kind(self) -> str:
        """The last word of the name."""
        return self.name.rpartition(".")[2]

    @property
    def only_the_answer_failed(self) -> bool:
        """Whether the method had ended, and only what it returned could not be written down."""
        return bool(_NOT_WRITTEN_DOWN.search(self.text))


def of_json_rpc(error: Any) -> Refusal:
    """The refusal in the `error` of a JSON-RPC answer."""
    match error:
        case {"data": {"name": str(name), "message": str(text)}}:
            return Refusal(name, text)
        case {"message": str(text), "code": code}:
            return Refusal("odoo.http.SessionExpiredException" if code == 100 else "", text)
        case _:
            return Refusal("", "an error of unknown shape")


def of_json2(body: Any) -> Refusal | None:
    """The refusal in the body of a JSON-2 answer, None when it is not Odoo's."""
    match body:
        case {"name": str(name), "message": str(text)}:
            return Refusal(name, text)
        case _:
            return None


def of_xml_rpc(code: Any, text: str) -> Refusal:
    """The refusal in an XML-RPC fault; of a traceback its last line counts."""
    number = code if isinstance(code, int) else 0
    if number in _FAULT_CODES:
        return Refusal(_FAULT_CODES[number], text.strip())
    for line in reversed(text.strip().splitlines()):
        found = _LAST_LINE.match(line)
        if found and not line.startswith(" "):
            return Refusal(found["name"], found["text"].strip())
    return Refusal("", text.strip()[:200])


def translated(refusal: Refusal, *, system: str, called: str) -> ConciliaError:
    """The error to raise for what Odoo answered to `called` ("model method"); the text of Odoo is kept."""
    text = " ".join(refusal.text.split())[:600]
    fault: ConciliaError
    match refusal.kind:
        case _ if refusal.only_the_answer_failed:
            fault = OutcomeUnknown(f"{system} carried out {called} and could not write its answer down: {text}")
        case _ if _NO_DATABASE.search(text):
            fault = no_database(system, text=text)
        case "AccessDenied" | "Unauthorized":
            fault = CredentialsRefused(f"{system} refused the credentials.", mend=_SIGN_IN, system=system)
        case "AccessError" | "Forbidden":
            mend = "Give the user of this connection a group with that access in Odoo."
            fault = PermissionMissing(f"{system} does not allow {called}: {text}", mend=mend, system=system)
        case "MissingError":
            mend = "Sync the connection: it was deleted there."
            fault = RecordRejected(f"{system}: {text}", mend=mend, code="missing")
        case kind if kind in _BUSY:
            fault = RetryLater(f"{system} could not carry out {called} now: {text}", after=_AGAIN)
        case kind if kind in _REFUSED:
            fault = _refused(text, system=system)
        case _:
            fault = _broken(refusal, text, system=system, called=called)
    return fault


def no_database(system: str, *, text: str = "", known: list[str] | None = None) -> ConfigurationInvalid:
    """There is no such database behind the address, or none was chosen."""
    there = f"It has: {', '.join(sorted(known))}." if known else "Check the settings `url` and `database`."
    return ConfigurationInvalid(f"{system} has no such Odoo database{f' ({text})' if text else ''}.", mend=there)


def wrong_login(system: str, *, username: str | None) -> CredentialsRefused:
    """User, password or key are not accepted."""
    who = f"the user {username!r}" if username else "the user"
    return CredentialsRefused(f"{system} refused {who} with the password or key given.", mend=_SIGN_IN, system=system)


def no_odoo(system: str) -> ConfigurationInvalid:
    """Nothing at that address speaks one of Odoo's interfaces."""
    return ConfigurationInvalid(
        f"{system} answers at its address, but not as an Odoo server does.",
        mend="Write the address people open Odoo with in the setting `url`, without a path such as /web or /odoo.",
    )


_SIGN_IN: Final = (
    "Check `username`, `password` and `api_key`. Users of odoo.com, and those with two-factor sign-in, need an API "
    "key; keys expire, after three months at most on many servers."
)


def _refused(text: str, *, system: str) -> RecordRejected:
    if _CLOSED.search(text):
        mend = "Have the period opened there, or give it a day in an open one, and try again."
        return RecordRejected(f"{system}: {text}", mend=mend, field="value_date", code="period_closed")
    if _PAID.search(text):
        return RecordRejected(f"{system}: {text}", field="debt", code="debt_closed")
    return RecordRejected(f"{system}: {text}")


def _broken(refusal: Refusal, text: str, *, system: str, called: str) -> RunMustStop:
    if refusal.kind == "KeyError" or _NO_MODEL.search(text):
        return RunMustStop(
            f"{system} does not know what {called} is about: {text}",
            mend="A module may be missing: Invoicing (account) is needed.",
        )
    if refusal.kind in {"NotFound", "AttributeError", "UnprocessableEntity"} and _NO_METHOD.search(text):
        return RunMustStop(
            f"{system} cannot be called so ({called}): {text}", mend="Report it with the version of the server."
        )
    return RunMustStop(
        f"{system} failed inside at {called}: {refusal.name or 'unknown'}: {text}",
        mend="See the log of the Odoo server.",
    )
