"""The one HTTP client: limits, time-outs, retries on idempotent calls, Decimal JSON, redaction. No vendor knowledge."""

from __future__ import annotations

import logging
import re
import ssl
import time
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol
from urllib.parse import urlencode

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
from connectors import exact_json
from connectors.addresses import checked_address, is_absolute, is_loopback, no_address, same_origin
from connectors.auth import NO_AUTH, Auth, Outgoing
from connectors.gate import OPEN, Gate
from connectors.throttle import STANDARD, Throttle
from connectors.throttle import retry_after as _retry_after

for _chatty in ("httpx", "httpcore"):  # they write whole addresses, with the references of people in them, at INFO
    logging.getLogger(_chatty).setLevel(logging.WARNING)

LARGEST_BODY = 64 * 1024 * 1024
_NOT_SENT = (
    httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError, httpx.UnsupportedProtocol,
)  # fmt: skip
_SENDABLE = re.compile(r"[\x20-\x7e]*")


@dataclass(frozen=True, slots=True)
class Form:
    """A body of form fields, as sign-in pages and token endpoints take it."""

    fields: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Raw:
    """A body that is not JSON, as it is."""

    content: bytes
    kind: str  # its content type


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
            return exact_json.loads(self.body)
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


class Judge(Protocol):
    """What a vendor's answers mean, where the status alone does not say it."""

    def __call__(self, answer: Response) -> Response | ConciliaError | None:
        """The answer to hand on, an error to raise, or None: judged by its status as usual."""
        ...


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
    throttle: Throttle = STANDARD  # which headers tell the system's limits


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
        parts = checked_address(base_url, system=system)
        try:
            httpx.URL(base_url)
        except httpx.InvalidURL as fault:
            raise no_address(system) from fault
        self._base = base_url.rstrip("/")
        self._host = parts.netloc
        self.auth: Auth = NO_AUTH
        self.judge: Judge = _by_status
        self._system = system
        self._patience = patience or Patience()
        self._client = httpx.Client(
            headers=_sendable(headers or {}, system=system),
            timeout=self._patience.timeout,
            verify=_trust(verify, system=system),
            follow_redirects=False,
            trust_env=not is_loopback(parts.hostname or ""),
        )

    def close(self) -> None:
        """Close the sockets."""
        self._client.close()

    def using(self, *, auth: Auth | None = None, judge: Judge | None = None) -> RestClient:
        """The same client, its sockets shared, with another proof or another judge of answers."""
        other = copy(self)
        other.auth = auth or self.auth
        other.judge = judge or self.judge
        return other

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

        `path` is below the base address, or a whole address of the same host (a link to the next page); parameters
        are put into it by `with_query`. `body` is sent as JSON unless it is a Form or Raw. A call that is refused
        with 401 is made once more if the connection's `auth` can bring another proof.

        Raises SystemUnreachable (never sent), CredentialsRefused (401), PermissionMissing (403), RetryLater
        (throttled, or a temporary fault outlived all tries), OutcomeUnknown (a call that may not be repeated was
        sent, its answer lost), RunMustStop (sent elsewhere, or too large an answer), and what the judge says.
        """
        content, kind = _encoded(body)
        asked = _Call(
            method=method,
            path=path if is_absolute(path) or not path else "/" + path.lstrip("/"),
            content=content,
            headers={**kind, **_sendable(headers or {}, system=self._system)},
            repeatable=method in {"GET", "HEAD", "PUT", "DELETE"} if idempotent is None else idempotent,
        )
        attempt, renewed = 0, False
        while True:
            attempt += 1
            outgoing = self.auth.apply(Outgoing(asked.method, asked.path, asked.headers, asked.content))
            self._patience.gate.enter()
            try:
                return self._once(asked, outgoing)
            except CredentialsRefused:
                if renewed or not self.auth.refused(outgoing):
                    raise
                renewed = True
            except RetryLater as fault:
                wait = fault.after.total_seconds()
                if not asked.repeatable or attempt >= self._patience.tries or wait > self._patience.longest_wait:
                    raise
                self._patience.sleep(wait or 0.2 * 2**attempt)

    def _once(self, asked: _Call, outgoing: Outgoing) -> Response:
        try:
            with self._client.stream(
                asked.method,
                self._address(outgoing.path),
                content=outgoing.content,
                headers=_sendable(outgoing.headers, system=self._system),
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

    def _address(self, path: str) -> str:
        if not is_absolute(path):
            return self._base + path
        if not same_origin(path, self._base):
            raise RunMustStop(
                f"{self._system} sends on to another host than {self._host}.",
                mend="Credentials are never sent there; write the final address in the setting `url`.",
            )
        return path

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
        status, headers = stream.status_code, dict(stream.headers)
        wait = self._patience.throttle.wait_of(status, headers, now=self._patience.now)
        if wait:
            self._patience.gate.told_to_wait(wait)
        where = str(stream.url.copy_with(query=None, fragment=None))
        answer = Response(status, headers, data, where, repeatable=asked.repeatable)
        said = self.judge(answer)
        if isinstance(said, ConciliaError):
            raise said
        if said is not None:
            return said
        if status == 401:
            raise CredentialsRefused(
                f"{self._system} refused the credentials.",
                mend="Check user, password or key.",
                system=self._system,
            )
        if status in self._patience.throttle.statuses:  # refused before any work, whatever the method
            raise RetryLater(f"{self._system} answered {status}.", after=wait)
        if status == 403:
            raise PermissionMissing(
                f"{self._system} does not allow {asked.shown}.",
                mend="Give the account of this connection that permission.",
                system=self._system,
            )
        if status == 408 or status >= 500:
            wait = wait or _retry_after(headers.get("retry-after", ""), now=self._patience.now)
            raise asked.lost(f"{self._system} answered {status}", after=wait)
        if 300 <= status < 400 and status != 304:
            raise self._sent_elsewhere(asked, stream)
        return answer

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


def _by_status(answer: Response) -> None:
    """The judge of a system whose statuses mean what they say."""


def _encoded(body: Any) -> tuple[bytes | None, dict[str, str]]:
    match body:
        case None:
            return None, {}
        case Form(fields):
            return urlencode(fields).encode(), {"content-type": "application/x-www-form-urlencoded"}
        case Raw(content, kind):
            return content, {"content-type": kind}
        case _:
            return exact_json.dumps(body), {"content-type": "application/json"}


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
