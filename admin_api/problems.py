"""Our errors as problem documents (RFC 9457), in one table. Nowhere else does an error get its status.

A problem never quotes a value: what a caller sent may be somebody's tax number, and problems end up in logs. Errors
whose sentence may hold one, or may name a machine, are told in the words of the table. `instance` names the
occurrence: the same number is in the header X-Request-Id and in the log.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from admin_api import wire
from concilia import errors
from concilia.documents import did_you_mean
from concilia.errors import ConciliaError

log = logging.getLogger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
HEADERS: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
LONGEST_NAME: Final = 40


class Unauthorized(ConciliaError):
    """No key, or none that is in force."""


class BodyUnreadable(ConciliaError):
    """The body is no JSON in UTF-8."""


class BodyTooLarge(ConciliaError):
    """The body is longer than any request needs."""


class CursorInvalid(ConciliaError):
    """The cursor was not given out by this list."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of problem. `instead` is said in place of the error's own sentence."""

    status: int
    slug: str
    title: str
    instead: str = ""
    mend: str = ""


NOT_FOUND: Final = Kind(404, "not-found", "Nothing is known there", "Nothing is known under that name or reference.")
INVALID: Final = Kind(422, "request-invalid", "The request cannot be used")
BROKEN: Final = Kind(
    500,
    "hub-broken",
    "The hub failed",
    "The hub could not finish this request; nothing was half done.",
    "Repeat it with the same Idempotency-Key; if it fails again, give the operator the instance.",
)
OUT_OF_REACH: Final = Kind(
    503, "unreachable", "Something does not answer", "The hub's database, or a system it needs, does not answer now."
)

OF_ERRORS: Final[Mapping[type[ConciliaError], Kind]] = {
    Unauthorized: Kind(401, "unauthorized", "An API key is needed"),
    BodyUnreadable: Kind(400, "body-unreadable", "The body cannot be read"),
    CursorInvalid: Kind(400, "cursor-invalid", "The cursor cannot be used"),
    BodyTooLarge: Kind(413, "body-too-large", "The body is too large"),
    errors.RequestInvalid: INVALID,
    errors.NotFound: NOT_FOUND,
    errors.Conflict: Kind(422, "key-reused", "The key stands for another request"),
    errors.AskSteward: Kind(409, "ask-steward", "A person has to decide first"),
    errors.RunMustStop: Kind(409, "run-stopped", "Another run has to end first"),
    errors.RecordRejected: Kind(422, "record-rejected", "The record is refused", "The record cannot be taken."),
    errors.ConfigurationInvalid: Kind(
        500, "configuration-invalid", "The workspace is wrong", "The configuration of this hub has to be mended first.",
        "Tell the operator: `concilia check` says what is wrong.",
    ),
    errors.MustBeMended: INVALID,
    errors.SystemUnreachable: OUT_OF_REACH,
    errors.CredentialsRefused: Kind(503, "credentials-refused", "A system refuses the hub", OUT_OF_REACH.instead),
    errors.PermissionMissing: Kind(503, "permission-missing", "A system refuses the hub", OUT_OF_REACH.instead),
    errors.SystemRefused: OUT_OF_REACH,
    errors.RetryLater: Kind(503, "retry-later", "Not now", OUT_OF_REACH.instead, "Repeat it later."),
    errors.OutcomeUnknown: Kind(
        503, "outcome-unknown", "It is not known yet what happened", "A system did not say whether it wrote.",
        "Do not repeat it under another key.",
    ),
    errors.OutcomeUndecidable: Kind(
        503, "outcome-undecidable", "Nobody can tell what happened", "A system shows what fits both: written and not.",
        "A person decides: `concilia intents show` says what to look at.",
    ),
    errors.RemoteMoved: Kind(409, "remote-moved", "The other system has changed", "It holds something else by now."),
    ConciliaError: BROKEN,
}  # fmt: skip

OF_STATUSES: Final[Mapping[int, Kind]] = {
    400: Kind(400, "bad-request", "The request cannot be read", "The request cannot be read."),
    404: NOT_FOUND,
    405: Kind(405, "method-not-allowed", "Not this method", "This address does not know that method."),
    500: BROKEN,
}

# What a value has to be, by the kind of fault; `{...}` are the limits of the field, never the value.
SENTENCES: Final = {
    "missing": "It is required.",
    "extra_forbidden": "There is no such member.",
    "string_type": "It must be a JSON string.",
    "string_too_short": "It may not be empty.",
    "string_too_long": "It may have at most {max_length} characters.",
    "int_parsing": "It must be a whole number.",
    "int_type": "It must be a whole number.",
    "greater_than_equal": "It must be {ge} or more.",
    "less_than_equal": "It must be {le} or less.",
    "literal_error": "It must be one of: {expected}.",
    "model_type": "It must be a JSON object.",
    "model_attributes_type": "It must be a JSON object.",
    "value_error": "{error}",
}
OTHERWISE: Final = "It cannot be used as it is."
OF_FIELDS: Final = {
    ("amount", "string_type"): 'It must be a JSON string such as "15000": a JSON number does not keep money exact.',
    ("amount", "string_pattern_mismatch"): 'Write digits with a point and no thousands, such as "15000" or "15000.50".',
    ("value_date", "string_pattern_mismatch"): "Write it as 2026-11-22.",
    ("unit", "string_pattern_mismatch"): "Use the code of a currency or indexed unit, such as CLP or CLF.",
    ("Idempotency-Key", "missing"): "Send one fresh key for each payment, and the same key when repeating it.",
    ("country", "string_pattern_mismatch"): "Use the two letters of a country, such as CL.",
}


def install(app: FastAPI) -> None:
    """Let the application answer every error with its problem."""
    app.add_exception_handler(ConciliaError, _deliberate)
    app.add_exception_handler(RequestValidationError, _unusable)
    app.add_exception_handler(HTTPException, _of_the_framework)
    app.add_exception_handler(Exception, _unforeseen)


def of_error(request: Request, fault: ConciliaError) -> JSONResponse:
    """The problem of a deliberate error: the row of its class, or of the nearest above it."""
    kind = next(OF_ERRORS[cls] for cls in type(fault).__mro__ if cls in OF_ERRORS)
    if code := getattr(fault, "code", ""):
        kind = replace(kind, slug=code)  # a rule with a name of its own is told under it
    if kind.status >= 500:
        log.error("request %s: %s", request_id(request), fault, extra={"request_id": request_id(request)})
    field = getattr(fault, "field", "")
    found = [{"field": field, "message": kind.instead or fault.message}] if field else []
    headers = {"WWW-Authenticate": 'Bearer realm="concilia"'} if kind.status == 401 else {}
    if isinstance(fault, errors.RetryLater):
        headers = {"Retry-After": str(max(1, round(fault.after.total_seconds())))}
    told = {"detail": kind.instead or fault.message, "mend": kind.mend or fault.mend}
    return _response(request, kind, told=told, found=found, headers=headers)


def request_id(request: Request) -> str:
    """The number of this request."""
    return str(getattr(request.state, "request_id", ""))


async def _deliberate(request: Request, fault: Exception) -> JSONResponse:
    assert isinstance(fault, ConciliaError)  # noqa: S101 - registered for nothing else
    return of_error(request, fault)


async def _unusable(request: Request, fault: Exception) -> JSONResponse:
    """A request that does not fit its description. An id that no id can look like is simply not known."""
    assert isinstance(fault, RequestValidationError)  # noqa: S101 - registered for nothing else
    found = [_field_problem(one) for one in fault.errors()]
    if any(one["loc"][:1] == ("path",) for one in fault.errors()):
        return _response(request, NOT_FOUND, told={"detail": NOT_FOUND.instead})
    first = f"{found[0]['field']}: {found[0]['message']}" if found else OTHERWISE
    return _response(request, INVALID, told={"detail": first}, found=found)


async def _of_the_framework(request: Request, fault: Exception) -> JSONResponse:
    assert isinstance(fault, HTTPException)  # noqa: S101 - registered for nothing else
    kind = OF_STATUSES.get(fault.status_code) or OF_STATUSES[400 if fault.status_code < 500 else 500]
    return _response(request, kind, told={"detail": kind.instead, "mend": kind.mend}, headers=fault.headers)


async def _unforeseen(request: Request, _fault: Exception) -> JSONResponse:
    """The server logs the fault itself after this answer was sent."""
    log.error("request %s failed", request_id(request), extra={"request_id": request_id(request)})
    return _response(request, BROKEN, told={"detail": BROKEN.instead, "mend": BROKEN.mend})


def _response(
    request: Request,
    kind: Kind,
    *,
    told: Mapping[str, str],
    found: Sequence[Mapping[str, str]] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    body: dict[str, Any] = {
        "type": f"urn:concilia:problem:{kind.slug}",
        "title": kind.title,
        "status": kind.status,
        **{name: text for name, text in told.items() if text},
        "instance": f"urn:uuid:{request_id(request)}",
        **({"errors": list(found)} if found else {}),
    }
    every = {**HEADERS, **(headers or {}), "X-Request-Id": request_id(request)}
    return JSONResponse(body, status_code=kind.status, headers=every, media_type=MEDIA_TYPE)


def _field_problem(one: Mapping[str, Any]) -> dict[str, str]:
    place, fault = tuple(one["loc"]), one["type"]
    names = [str(step) for step in place[1:]]
    field = ".".join(_named(name) for name in names) or str(place[0])
    limits = {name: str(limit) for name, limit in one.get("ctx", {}).items()}
    sentence = OF_FIELDS.get((names[-1] if names else "", fault)) or SENTENCES.get(fault, OTHERWISE).format(**limits)
    if fault == "extra_forbidden":
        sentence = f"{sentence} {did_you_mean(names[-1], wire.members_at(place[:-1]))}".strip()
    return {"field": field, "message": sentence}


def _named(name: str) -> str:
    """A member's name as it may be repeated: one that looks like a value is not."""
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z_-]*[0-9]?", name) is not None and len(name) <= LONGEST_NAME
    return name if plain else "(unnamed)"
