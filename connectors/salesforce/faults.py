"""What Salesforce says of a fault, as our errors: one table by errorCode (source: the REST API guide)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from concilia.errors import (
    ConciliaError,
    CredentialsRefused,
    PermissionMissing,
    RecordRejected,
    RemoteMoved,
    RetryLater,
    RunMustStop,
)
from connectors.rest import Response

_SOON: Final = timedelta(seconds=5)
_MUCH_LATER: Final = timedelta(minutes=30)  # a quota of a day does not come back in seconds
_RETRY: Final = {
    "UNABLE_TO_LOCK_ROW": _SOON, "SERVER_UNAVAILABLE": _SOON, "QUERY_TIMEOUT": _SOON, "UNKNOWN_EXCEPTION": _SOON,
    "TXN_SECURITY_METERING_ERROR": _SOON, "INVALID_QUERY_LOCATOR": timedelta(), "REQUEST_LIMIT_EXCEEDED": _MUCH_LATER,
    "API_DISABLED_FOR_ORG": _MUCH_LATER,
}  # fmt: skip
_FORBIDDEN: Final = frozenset({
    "INSUFFICIENT_ACCESS", "INSUFFICIENT_ACCESS_OR_READONLY", "API_CURRENTLY_DISABLED", "FUNCTIONALITY_NOT_ENABLED",
})  # fmt: skip
_KNOWN: Final = frozenset({*_RETRY, *_FORBIDDEN})
_GONE: Final = frozenset({"ENTITY_IS_DELETED", "NOT_FOUND", "PRECONDITION_FAILED", "CONDITION_NOT_MET"})


def said(answer: Response) -> tuple[str, str, tuple[str, ...]]:
    """errorCode, message and fields of a fault; empty when the body is none of Salesforce's."""
    try:
        body = answer.json()
    except ConciliaError:
        return "", "", ()
    first = body[0] if isinstance(body, list) and body else body
    if not isinstance(first, dict):
        return "", "", ()
    fields = first.get("fields") or ()
    message = str(first.get("message") or first.get("error_description") or "")
    return str(first.get("errorCode") or first.get("error") or ""), message, tuple(str(one) for one in fields)


def judged(answer: Response, *, system: str) -> ConciliaError | None:
    """The error of an answer, or None when its status says enough. 300, 404 and 412 are for the caller to judge."""
    if answer.status < 400 or answer.status == 412:
        return None
    code, message, fields = said(answer)
    if not code or (code not in _KNOWN and (answer.status >= 500 or answer.status in (403, 408, 429))):
        return None
    if answer.status == 401 or code in ("INVALID_SESSION_ID", "INVALID_AUTH_HEADER"):
        return CredentialsRefused(f"{system} refused the token ({code}).", mend="Check the app.", system=system)
    return error_of(code, message, fields, system=system)


def error_of(code: str, message: str, fields: Any, *, system: str) -> ConciliaError:
    """The error for one errorCode, as it stands in an answer or in an item of a collection."""
    told = f"{system}: {message.rstrip('.')} ({code})."
    if code in _RETRY:
        return RetryLater(told, after=_RETRY[code])
    if code in _FORBIDDEN:
        return PermissionMissing(told, mend="Give the running user that permission in Salesforce.", system=system)
    if code in ("INVALID_FIELD", "INVALID_TYPE", "MALFORMED_QUERY"):
        return RunMustStop(
            told, mend="The field or object does not exist, or the running user may not see it (field-level security)."
        )
    if code in _GONE:
        return RemoteMoved(told, now=None)
    first = next(iter(fields or ()), "")
    return RecordRejected(told, mend="Correct the record, or the rule there.", field=str(first), code=code.lower())
