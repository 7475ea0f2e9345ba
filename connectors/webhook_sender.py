"""Post one signed event to one subscriber: to a judged address, without redirects or proxies, within a deadline.

Not `rest`, because a subscriber is nobody's configured system: the connection must go to the very address that was
judged, with the name it was judged under, and an answer is looked at for its status alone.
"""

from __future__ import annotations

import email.utils
import http.client
import io
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from typing import Any, Final

from concilia.clock import Clock, system_clock
from concilia.errors import SystemUnreachable
from connectors.webhook_targets import Guard, Target

MOST_READ: Final = 64 * 1024  # of an answer, headers and all; of a longer one the connection is given up
LONGEST_RETRY_AFTER: Final = timedelta(hours=24)
_KEPT: Final = 8  # idle connections
_SECONDS = re.compile(r"\d{1,9}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Answered:
    """The subscriber answered; `retry_after` when it said so."""

    status: int
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class NotReached:
    """No connection could be opened: nothing was sent."""

    reason: str


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """It was sent, and no answer came in time."""

    reason: str


Outcome = Answered | NotReached | NoAnswer


@dataclass(slots=True)
class Sender:
    """Posts to one target, from several threads; connections are kept while the subscriber keeps them."""

    target: Target
    guard: Guard
    seconds: float = 10.0  # for a whole attempt
    context: ssl.SSLContext | None = field(default=None, repr=False)
    stopwatch: Callable[[], float] = time.monotonic
    now: Clock = system_clock
    _idle: list[_Line] = field(default_factory=list, init=False, repr=False)
    _turn: threading.Lock = field(default_factory=threading.Lock, init=False, repr=False)

    def post(self, body: bytes, headers: Mapping[str, str]) -> Outcome:
        """One attempt. A kept connection that turns out to be closed is replaced once."""
        until = self.stopwatch() + self.seconds
        line = self._kept()
        if line is not None:
            outcome = self._posted(line, body, headers, until=until)
            if outcome is not None:
                return outcome
        try:
            line = self._opened(until)
        except SystemUnreachable as fault:
            return NotReached(str(fault))
        except (OSError, ssl.SSLError) as fault:
            return NotReached(f"{self.target.authority} cannot be reached ({_told(fault)})")
        return self._posted(line, body, headers, until=until) or NoAnswer("the connection was closed without an answer")

    def close(self) -> None:
        """Close the kept connections."""
        with self._turn:
            lines, self._idle = self._idle, []
        for line in lines:
            line.close()

    def _kept(self) -> _Line | None:
        with self._turn:
            return self._idle.pop() if self._idle else None

    def _opened(self, until: float) -> _Line:
        addresses = self.guard.addresses(self.target)
        fault: OSError | None = None
        for address in addresses:
            left = until - self.stopwatch()
            if left <= 0:
                break
            try:
                plain = socket.create_connection((address, self.target.port), timeout=left)
            except OSError as one:
                fault = one
                continue
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return _Line(self.target, self._secured(plain), self.stopwatch)
        raise fault or TimeoutError("no connection in time")

    def _secured(self, plain: socket.socket) -> socket.socket:
        if self.target.scheme == "http":
            return plain
        context = self.context or ssl.create_default_context()
        try:
            return context.wrap_socket(plain, server_hostname=self.target.host)
        except (OSError, ValueError):
            plain.close()
            raise

    def _posted(self, line: _Line, body: bytes, headers: Mapping[str, str], *, until: float) -> Outcome | None:
        """What came of it; None when the connection had been closed before anything came back over it."""
        try:
            status, answer, reusable = line.exchange(body, headers, until=until)
        except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError):
            line.close()
            return None
        except (OSError, http.client.HTTPException, ValueError) as fault:
            line.close()
            return NoAnswer(_told(fault))
        with self._turn:
            keep = reusable and len(self._idle) < _KEPT
            if keep:
                self._idle.append(line)
        if not keep:
            line.close()
        return Answered(status, _retry_after(answer.get("retry-after", ""), now=self.now))


class _Line:
    """One open connection to the target."""

    def __init__(self, target: Target, connected: socket.socket, stopwatch: Callable[[], float]) -> None:
        self._target = target
        self._socket = _Bounded(connected, stopwatch)
        self._http = http.client.HTTPConnection(target.host, target.port)
        self._http.sock = self._socket
        self._http.auto_open = 0  # never by name, never anywhere else

    def exchange(self, body: bytes, headers: Mapping[str, str], *, until: float) -> tuple[int, Mapping[str, str], bool]:
        """Status, headers, and whether the connection may be used again."""
        self._socket.begin(until)
        self._http.putrequest("POST", self._target.path, skip_host=True, skip_accept_encoding=True)
        every = {"Host": self._target.authority, "Content-Length": str(len(body)), **headers}
        for name, value in every.items():
            self._http.putheader(name, value)
        self._http.endheaders(body)
        with self._http.getresponse() as answer:
            answer.read(MOST_READ)
            reusable = answer.isclosed() and not answer.will_close
            return answer.status, {k.lower(): v for k, v in answer.getheaders()}, reusable

    def close(self) -> None:
        self._socket.hang_up()


class _Bounded:
    """A socket as http.client uses it, with one deadline for an exchange and a bound on what is read."""

    def __init__(self, connected: socket.socket, stopwatch: Callable[[], float]) -> None:
        self._socket = connected
        self._stopwatch = stopwatch
        self._until = 0.0
        self._left = 0

    def begin(self, until: float) -> None:
        self._until, self._left = until, MOST_READ

    def sendall(self, data: Any) -> None:
        self._wait()
        self._socket.sendall(data)

    def makefile(self, _mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Reading(self))

    def read_into(self, buffer: Any) -> int:
        self._wait()
        count = self._socket.recv_into(buffer)
        self._left -= count
        if self._left < 0:
            raise ValueError("the answer is too long")
        return count

    def close(self) -> None:
        """Nothing: http.client closes before it has read an answer that ends with the connection."""

    def hang_up(self) -> None:
        self._socket.close()

    def _wait(self) -> None:
        left = self._until - self._stopwatch()
        if left <= 0:
            raise TimeoutError("no answer in time")
        self._socket.settimeout(left)


class _Reading(io.RawIOBase):
    """What is read of a bounded socket; closing it leaves the socket open."""

    def __init__(self, bounded: _Bounded) -> None:
        self._bounded = bounded

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._bounded.read_into(buffer)


def _retry_after(text: str, *, now: Clock) -> timedelta | None:
    """Seconds or an HTTP date (RFC 9110, 10.2.3); None when nothing usable was said."""
    stated = text.strip()
    if _SECONDS.fullmatch(stated):
        return min(timedelta(seconds=int(stated)), LONGEST_RETRY_AFTER)
    try:
        moment = email.utils.parsedate_to_datetime(stated)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(aware - now(), timedelta()), LONGEST_RETRY_AFTER)


def _told(fault: BaseException) -> str:
    """A fault in few words, without what the other side wrote."""
    if isinstance(fault, TimeoutError):
        return "no answer in time"
    if isinstance(fault, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {fault.verify_message}"
    if isinstance(fault, OSError) and fault.strerror:
        return fault.strerror.lower()
    return type(fault).__name__
