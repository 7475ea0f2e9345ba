"""What vendors do to their callers, as faults for the hostile server. A table; no judgement of what should follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from connectors.testing.server import Answer, Cut, Fault, Silence

_JSON: Final = {"content-type": "application/json"}
_HTML: Final = {"content-type": "text/html; charset=utf-8"}
_PAGE: Final = (
    "<!doctype html><html><body><h1>Sistema en mantención</h1><p>Vuelva más tarde.</p></body></html>".encode()
)
_MEGABYTE: Final = 1024 * 1024


def _halved(answer: Answer) -> Answer:
    return replace(answer, body=answer.body[: len(answer.body) // 2])


def throttled(seconds: int | None = None, *, status: int = 429) -> Fault:
    """Refused before any work, with that Retry-After."""
    wait = {} if seconds is None else {"retry-after": str(seconds)}
    return Fault(f"{status} with Retry-After {seconds}", Answer(status, b"{}", _JSON | wait))


def failing(status: int = 500) -> Fault:
    """An error of the server, nothing done."""
    return Fault(f"{status}", Answer(status, b'{"error": "internal"}', _JSON))


def failing_after() -> Fault:
    """Done, and then 500."""
    return Fault("500 after it was done", Answer(500, b"{}", _JSON), forward=True)


def maintenance(status: int = 200) -> Fault:
    """A page for people where an answer was expected, nothing done."""
    return Fault(f"a maintenance page in HTML with {status}", Answer(status, _PAGE, _HTML))


def wrong_type() -> Fault:
    """Plain text where an answer was expected."""
    return Fault("a wrong content type", Answer(200, b"OK", {"content-type": "text/plain"}))


def empty() -> Fault:
    """200 and not a byte."""
    return Fault("200 with an empty body", Answer(200, b"", _JSON))


def broken_json() -> Fault:
    """An answer that says it is whole and stops in the middle."""
    return Fault("a body that stops in the middle", _halved, forward=True)


def half_body() -> Fault:
    """Done; the line is reset in the middle of the answer."""
    return Fault("half a body, then a reset", Cut(0.5), forward=True)


def reset() -> Fault:
    """The line is reset before the peer hears of the call."""
    return Fault("a reset before it was done", Cut())


def lost() -> Fault:
    """Done, and the line is reset without a byte of the answer."""
    return Fault("a reset after it was done", Cut(), forward=True)


def huge(megabytes: int = 50) -> Fault:
    """A body of that size which is no answer."""
    return Fault(f"a body of {megabytes} MB", Answer(200, b'{"x": "' + b"x" * (megabytes * _MEGABYTE), _JSON))


def error_inside(body: bytes, *, content_type: str = "application/json") -> Fault:
    """200 with an error of the vendor in its body, nothing done."""
    return Fault("an error inside 200", Answer(200, body, {"content-type": content_type}))


def silent(*, done: bool = False) -> Fault:
    """No answer at all; the caller's own patience ends it."""
    return Fault("silence after it was done" if done else "silence", Silence(), forward=done)


def refused(status: int) -> Fault:
    """The credentials (401) or the permission (403) are gone."""
    return Fault(f"{status}", Answer(status, b'{"error": "denied"}', _JSON))


def elsewhere() -> Fault:
    """A redirect to a page for signing in."""
    return Fault("a redirect", Answer(302, b"", {"location": "http://127.0.0.1:9/login"}))


def at_call(fault: Fault, number: int, *, times: int | None = None) -> Fault:
    """The fault from that call on (1: the first), for so many calls."""
    return replace(fault, after=number - 1, times=times)


# Everything that may happen to a call that reads.
OF_READS: Final[Mapping[str, Fault]] = {
    fault.called: fault
    for fault in (
        failing(), failing(502), throttled(1), throttled(None), throttled(1, status=503), maintenance(),
        maintenance(503), wrong_type(), empty(), broken_json(), half_body(), reset(), lost(), elsewhere(),
    )
}  # fmt: skip
# Everything that may happen to a call that takes effect.
OF_WRITES: Final[Mapping[str, Fault]] = {
    fault.called: fault
    for fault in (
        failing(), failing_after(), throttled(1), throttled(1, status=503), maintenance(), wrong_type(), empty(),
        half_body(), reset(), lost(),
    )
}  # fmt: skip
