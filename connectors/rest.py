"""The one HTTP client: limits, time-outs, retries on idempotent calls, Decimal JSON, redaction. No vendor knowledge."""

from __future__ import annotations

import email.utils
import ipaddress
import json
import logging
import re
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

import httpx

from concilia.clock import Clock, system_clock
from concilia.errors import (
    ConciliaError,
    ConfigurationInvalid,
    CredentialsRefused,
    OutcomeUnknown,
    PermissionMissing,
    RetryLater,
    RunMustStop,
    SystemUnreachable,
)
from connectors.gate import OPEN, Gate

for _chatty in ("httpx", "httpcore"):  # they write whole addresses, with the references of people in them, at INFO
    logging.getLogger(_chatty).setLevel(logging.WARNING)

LARGEST_BODY = 64 * 1024 * 1024
_LARGEST_EXPONENT = (
    400  # beyond the range of IEEE doubles: no system means such a number, and writing it out fills memory
)
_LONGEST_RETRY_AFTER = timedelta(days=7)
_NOT_SENT = (
    httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol,
)  # fmt: skip
_SECONDS = re.compile(r"\d{1,9}(\.\d{1,9})?", re.ASCII)
_ADDRESS = re.compile(r"[\x21-\x7e]+")
_SENDABLE = re.compile(r"[\x20-\x7e]*")


@dataclass(frozen=True, slots=True)
class Response:
    """An answer with its body read: 2xx, or a 4xx that is the caller's to judge."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str
    repeatable: bool = True  # whether the call may be made again without harm

    def json(self) -> Any:
        """The body as JSON with decimals kept exact.

        Raises RetryLater when JSON broke off, RunMustStop when the body is something else, such as a
        maintenance page; and OutcomeUnknown for either when the call may not be repeated.
        """
        try:
            return json.loads(self.body, parse_float=_exact, parse_constant=_no_constant)
        except (ValueError, RecursionError) as fault:
            raise self._unreadable() from fault

    def _unreadable(self) -> ConciliaError:
        kind = self.headers.get("content-type", "no content type")
        if not self.repeatable:
            return OutcomeUnknown(f"{self.url} answered {self.status} with a body ({kind}) that cannot be read.")
        if "json" in kind:
            return RetryLater(f"{self.url} answered {self.status} with broken JSON.", after=timedelta())
        return RunMustStop(
            f"{self.url} answered {self.status} with {kind} where JSON was expected.",
            mend="Check the address; a proxy or a maintenance page may be answering instead.",
        )


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one call may take, how much it may answer, and how often an idempotent one is repeated."""

    timeout: float = 60.0  # seconds for each of connect, read, write
    tries: int = 4
    longest_wait: float = 30.0  # a longer Retry-After becomes RetryLater instead of a sleep
    sleep: Callable[[float], None] = time.sleep
    deadline: float = 600.0  # seconds for a whole answer, against one that drips
    largest_body: int = LARGEST_BODY  # bytes, after decompression
    now: Clock = system_clock
    stopwatch: Callable[[], float] = time.monotonic
    gate: Gate = OPEN  # asked before each call, and told what a throttled system wants


@dataclass(frozen=True, slots=True)
class _Call:
    """One call as it goes out. `shown` is all that errors tell of it: parameters may name people."""

    method: str
    path: str  # with its parameters
    content: bytes | None
    headers: Mapping[str, str]
    repeatable: bool

    @property
    def shown(self) -> str:
        """Method and path without parameters."""
        return f"{self.method} {self.path.partition('?')[0]}"

    def lost(self, what: str, *, after: timedelta = timedelta()) -> ConciliaError:
        """The error for "it was sent, and we do not know": RetryLater if repeating is harmless."""
        if self.repeatable:
            return RetryLater(f"{what}.", after=after)
        return OutcomeUnknown(f"{what}, so it is unknown whether {self.shown} took effect.")


class RestClient:
    """Calls one base address. Plain http is refused except on this machine, which is never asked through a proxy."""

    def __init__(
        self,
        base_url: str,
        *,
        system: str,
        headers: Mapping[str, str] | None = None,
        patience: Patience | None = None,
        verify: str | bool = True,
    ) -> None:
        parts = _checked(base_url, system=system)
        self._base = base_url.rstrip("/")
        self._host = parts.netloc
        self._system = system
        self._patience = patience or Patience()
        self._client = httpx.Client(
            headers=_sendable(headers or {}, system=system),
            timeout=self._patience.timeout,
            verify=_trust(verify, system=system),
            follow_redirects=False,
            trust_env=not _is_loopback(parts.hostname or ""),
        )

    def close(self) -> None:
        """Close the sockets."""
        self._client.close()

    def call(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        idempotent: bool | None = None,
    ) -> Response:
        """Make one call; GET, PUT and DELETE are repeated on temporary faults, POST only if said `idempotent`.

        Parameters are put into the path by `with_query`.
        Raises SystemUnreachable (never sent), CredentialsRefused (401), PermissionMissing (403), RetryLater
        (throttled, or a temporary fault outlived all tries), OutcomeUnknown (a call that may not be repeated was
        sent, its answer lost), RunMustStop (sent elsewhere, or too large an answer).
        """
        asked = _Call(
            method=method,
            path="/" + path.lstrip("/"),
            content=None if body is None else json.dumps(body, default=_wire, allow_nan=False).encode(),
            headers={
                **({} if body is None else {"content-type": "application/json"}),
                **_sendable(headers or {}, system=self._system),
            },
            repeatable=method in {"GET", "HEAD", "PUT", "DELETE"} if idempotent is None else idempotent,
        )
        attempt = 0
        while True:
            attempt += 1
            self._patience.gate.enter()
            try:
                return self._once(asked)
            except RetryLater as fault:
                wait = fault.after.total_seconds()
                if not asked.repeatable or attempt >= self._patience.tries or wait > self._patience.longest_wait:
                    raise
                self._patience.sleep(wait or 0.2 * 2**attempt)

    def _once(self, asked: _Call) -> Response:
        try:
            with self._client.stream(
                asked.method,
                self._base + asked.path,
                content=asked.content,
                headers=asked.headers,
            ) as stream:
                data = self._bounded(asked, stream)
        except _NOT_SENT as fault:
            raise self._unreachable(fault) from fault
        except httpx.RequestError as fault:
            why = str(fault) or type(fault).__name__
            raise asked.lost(f"{self._system}: the connection broke ({why})") from fault
        except httpx.InvalidURL as fault:
            raise RunMustStop(f"{self._system} cannot be asked for {asked.shown!r}: {fault}.") from fault
        return self._judged(asked, stream, data)

    def _bounded(self, asked: _Call, stream: httpx.Response) -> bytes:
        limit = self._patience.largest_body
        until = self._patience.stopwatch() + self._patience.deadline
        parts: list[bytes] = []
        size = 0
        for part in stream.iter_bytes():
            size += len(part)
            if size > limit:
                what = f"{self._system} answered more than {limit:,} bytes to {asked.shown}"
                raise RunMustStop(f"{what}.", mend="Ask for smaller pages.") if asked.repeatable else asked.lost(what)
            if self._patience.stopwatch() > until:
                raise asked.lost(f"{self._system}: the answer took longer than {self._patience.deadline:g} s")
            parts.append(part)
        return b"".join(parts)

    def _judged(self, asked: _Call, stream: httpx.Response, data: bytes) -> Response:
        status = stream.status_code
        if status == 401:
            raise CredentialsRefused(
                f"{self._system} refused the credentials.",
                mend="Check user, password or key.",
                system=self._system,
            )
        if status == 403:
            raise PermissionMissing(
                f"{self._system} does not allow {asked.shown}.",
                mend="Give the account of this connection that permission.",
                system=self._system,
            )
        wait = _retry_after(stream.headers.get("retry-after", ""), now=self._patience.now)
        if status in {425, 429, 503} and wait:
            self._patience.gate.told_to_wait(wait)
        if status in {425, 429}:  # refused before any work, whatever the method
            raise RetryLater(f"{self._system} answered {status}.", after=wait)
        if status == 408 or status >= 500:
            raise asked.lost(f"{self._system} answered {status}", after=wait)
        if 300 <= status < 400 and status != 304:
            raise self._sent_elsewhere(asked, stream)
        where = str(stream.url.copy_with(query=None, fragment=None))
        return Response(status, dict(stream.headers), data, where, repeatable=asked.repeatable)

    def _sent_elsewhere(self, asked: _Call, stream: httpx.Response) -> ConciliaError:
        what = f"{self._system} answered {stream.status_code}, sending {asked.shown} to another address"
        if not asked.repeatable:
            return asked.lost(what)
        return RunMustStop(f"{what}.", mend="Write the final address in the setting `url`, or sign in again.")

    def _unreachable(self, fault: Exception) -> SystemUnreachable:
        text = str(fault) or type(fault).__name__
        if "CERTIFICATE" in text.upper():
            return SystemUnreachable(
                f"The certificate of {self._host} {_certificate_fault(text)}.",
                mend="Renew it there, or give its authority with the setting `ca_file`.",
                system=self._system,
            )
        return SystemUnreachable(
            f"{self._system} cannot be reached at {self._host} ({text}).",
            mend="Check the setting `url`, and that the system is running.",
            system=self._system,
        )


def with_query(path: str, parameters: Mapping[str, str]) -> str:
    """The path with these parameters, encoded."""
    return f"{path}?{urlencode(parameters)}" if parameters else path


def _certificate_fault(text: str) -> str:
    if "expired" in text:
        return "has expired"
    return "is for another host" if "mismatch" in text else "is not trusted"


def _retry_after(text: str, *, now: Clock) -> timedelta:
    """Seconds or an HTTP date (RFC 9110, 10.2.3); anything else counts as nothing said."""
    stated = text.strip()
    if _SECONDS.fullmatch(stated):
        return min(timedelta(seconds=float(stated)), _LONGEST_RETRY_AFTER)
    try:
        moment = email.utils.parsedate_to_datetime(stated)
    except (TypeError, ValueError, IndexError, OverflowError):
        return timedelta()
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(aware - now(), timedelta()), _LONGEST_RETRY_AFTER)


def _checked(url: str, *, system: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises when it is no port
        httpx.URL(url)
    except (ValueError, httpx.InvalidURL) as fault:
        raise ConfigurationInvalid(
            f"The url of {system} is no web address.", mend="Write it as https://host[:port]/path."
        ) from fault
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ConfigurationInvalid(
            f"The url of {system} holds more than an address.",
            mend="Write it as https://host[:port]/path, and credentials in their own settings.",
        )
    if parts.scheme not in {"http", "https"} or not parts.hostname or not _ADDRESS.fullmatch(url):
        raise ConfigurationInvalid(
            f"The url of {system} is no web address: {url!r}.", mend="Write it as https://host[:port]/path."
        )
    if parts.scheme == "http" and not _is_loopback(parts.hostname):
        raise ConfigurationInvalid(
            f"The url of {system} is plain http, which is allowed on this machine only.", mend="Use https."
        )
    return parts


def _trust(verify: str | bool, *, system: str) -> ssl.SSLContext | bool:
    if isinstance(verify, bool):
        return verify
    try:
        return ssl.create_default_context(cafile=verify)
    except OSError as fault:  # ssl.SSLError is one
        raise ConfigurationInvalid(
            f"The certificate file {verify} of {system} cannot be used.",
            mend="Give a PEM file of the authority that signed the system's certificate.",
        ) from fault


def _sendable(headers: Mapping[str, str], *, system: str) -> dict[str, str]:
    """The headers, if they can be sent; a value is never shown, as it may be a key."""
    for name, value in headers.items():
        if not _SENDABLE.fullmatch(value):
            raise ConfigurationInvalid(
                f"The value of {name} for {system} has a line break or a character outside ASCII.",
                mend="Check the key or password: it was probably copied with something around it.",
            )
    return dict(headers)


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _exact(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation as fault:
        raise ValueError("a number out of range") from fault
    if abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise ValueError("a number out of range")
    return number


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _wire(value: object) -> str:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, date):  # a datetime is one too
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no wire form")
