"""Runs a program of somebody else's as a process: bounded lines, words to people kept short and clean, a sure end.

Its standard output is read line by line, and it waits when nobody reads. Its standard error is read at the same time,
however much that is, and only the last of it is kept, without secrets. At the end the program and everything it
started are killed: its process group, and whoever carries the mark that it was given in its environment.
"""

from __future__ import annotations

import contextlib
import errno
import json
import logging
import os
import selectors
import signal
import subprocess
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from types import TracebackType
from typing import Final, Self
from urllib.parse import quote

from concilia.errors import ConfigurationInvalid, PermissionMissing, RetryLater, RunMustStop

log = logging.getLogger(__name__)

MARK: Final = "CONCILIA_PROGRAM"
_CHUNK: Final = 256 * 1024
_LAST_WORDS: Final = 16 * 1024  # bytes of standard error
_SHORTEST_SECRET: Final = 4  # anything shorter would blacken half of every text
_PASSED_ON: Final = (
    "PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE",
    "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy",
)  # fmt: skip


class CutLine(bytes):
    """The beginning of a line that was longer than allowed."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a program is run under. `secrets` are texts that are never shown, whatever it says."""

    called: str  # what errors call it
    environment: Mapping[str, str] = field(default_factory=dict, repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    folder: Path | None = None
    longest_line: int = 16 * 1024 * 1024  # bytes
    stall: timedelta = timedelta(minutes=10)  # so long it may say nothing
    ending: timedelta = timedelta(seconds=30)  # so long it may take to end when it has nothing more to say
    stopwatch: Callable[[], float] = time.monotonic


class Program:
    """A running program. Leaving its context ends it and everything it started."""

    def __init__(self, command: Sequence[str | Path], *, terms: Terms) -> None:
        self._terms = terms
        self._mark = uuid.uuid4().hex
        self._said = bytearray()
        self._to_say = memoryview(b"")
        self._process = _started(command, terms=terms, mark=self._mark)
        self._selector = selectors.DefaultSelector()
        for pipe in (self._process.stdout, self._process.stderr):
            if pipe is not None:
                os.set_blocking(pipe.fileno(), False)
                self._selector.register(pipe, selectors.EVENT_READ)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _fault: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.stop()

    def tell(self, text: bytes) -> None:
        """Give it this on its standard input, and nothing after it, while its output is read."""
        pipe = self._process.stdin
        if pipe is None:
            raise ValueError("standard input is closed")
        self._to_say = memoryview(text)
        os.set_blocking(pipe.fileno(), False)
        self._selector.register(pipe, selectors.EVENT_WRITE)

    def lines(self) -> Iterator[bytes]:
        """What it writes, line by line, to the end; a last line without an end counts. RunMustStop when it stalls."""
        rest = bytearray()
        cut = False  # the rest of a line that is too long is thrown away as it comes
        longest = self._terms.longest_line
        while chunk := self._next_chunk():
            first, *others = chunk.split(b"\n")
            if not cut:
                rest += first
                cut = len(rest) > longest
                del rest[longest:]
            if not others:
                continue
            yield CutLine(rest) if cut else bytes(rest)
            rest, cut = bytearray(others.pop()), False
            for one in others:
                yield one if len(one) <= longest else CutLine(one[:longest])
        if rest:
            yield CutLine(rest) if cut else bytes(rest)

    def exit_code(self) -> int:
        """How it ended, once its output has; negative for a signal. RunMustStop when it does not end by itself."""
        until = self._terms.stopwatch() + self._terms.ending.total_seconds()
        while self._process.poll() is None:
            left = until - self._terms.stopwatch()
            if left <= 0:
                raise RunMustStop(f"{self._terms.called} closed its output and did not end, so it was stopped.")
            self._turn(min(left, 0.05))
        self._drain()
        return self._process.returncode

    @property
    def last_words(self) -> str:
        """The last of what it said to people, in one line of at most 500 characters, without secrets."""
        text = self._clean(bytes(self._said).decode("utf-8", "replace"))
        told = [line for line in text.splitlines() if line.strip()]
        return _printable(" / ".join(told[-3:]))[-500:]

    def stop(self) -> None:
        """End it, and everything it started. Repeating it does nothing."""
        self._selector.close()
        _end(self._process, self._mark)
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        if self._said:
            log.debug("a program ended", extra={"program": self._terms.called, "said": self.last_words})

    def _next_chunk(self) -> bytes:
        """The next of its output; nothing at the end of it."""
        until = self._terms.stopwatch() + self._terms.stall.total_seconds()
        while self._is_open(self._process.stdout):
            left = until - self._terms.stopwatch()
            if left <= 0:
                raise RunMustStop(
                    f"{self._terms.called} said nothing for {self._terms.stall.total_seconds():g} seconds, so it was "
                    "stopped.",
                    mend="Raise the setting `stall_seconds` if it needs that long.",
                )
            chunk = self._turn(left)
            if chunk:
                return chunk
        return b""

    def _turn(self, wait: float) -> bytes:
        """Wait for anything to happen, and let it; its output, if it wrote any."""
        if not self._selector.get_map():
            time.sleep(min(wait, 0.05))
            return b""
        found = b""
        for key, _ in self._selector.select(wait):
            if key.fileobj is self._process.stdin:
                self._feed()
            elif key.fileobj is self._process.stdout:
                found = self._read(key.fd)
            else:
                self._said += self._read(key.fd)
                del self._said[:-_LAST_WORDS]
        return found

    def _read(self, handle: int) -> bytes:
        try:
            chunk = os.read(handle, _CHUNK)
        except BlockingIOError:
            return b""
        if not chunk:
            pipe = self._process.stdout
            self._selector.unregister(pipe if pipe is not None and pipe.fileno() == handle else self._process.stderr)  # type: ignore[arg-type]
        return chunk

    def _feed(self) -> None:
        pipe = self._process.stdin
        if pipe is None:
            return
        try:
            if self._to_say:
                self._to_say = self._to_say[os.write(pipe.fileno(), self._to_say[:_CHUNK]) :]
                return
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._to_say = memoryview(b"")  # it does not want the rest; how it ends says why
        self._selector.unregister(pipe)
        with contextlib.suppress(BrokenPipeError):
            pipe.close()

    def _drain(self) -> None:
        """What it had said when it ended; a child of its own that still talks is not waited for."""
        for _ in range(64):
            if not self._is_open(self._process.stderr) or not self._selector.select(0):
                return
            self._turn(0)

    def _is_open(self, pipe: object) -> bool:
        return any(key.fileobj is pipe for key in self._selector.get_map().values())

    def _clean(self, text: str) -> str:
        for secret in self._terms.secrets:
            if len(secret) >= _SHORTEST_SECRET:
                for shape in {secret, json.dumps(secret)[1:-1], quote(secret, safe=""), quote(secret)}:
                    text = text.replace(shape, "***")
        return text


def _started(command: Sequence[str | Path], *, terms: Terms, mark: str) -> subprocess.Popen[bytes]:
    """The process, in a group of its own; the hub's own environment, which holds its secrets, is not handed on."""
    handed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment = {**handed_on, "PYTHONUNBUFFERED": "", "PYTHONUTF8": "1", **terms.environment, MARK: mark}
    words = [str(word) for word in command]
    try:
        return subprocess.Popen(  # noqa: S603  the program the workspace names, never through a shell
            words,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=terms.folder,
            env=environment,
            bufsize=0,
            start_new_session=True,
        )
    except FileNotFoundError as fault:
        raise ConfigurationInvalid(
            f"{terms.called}: there is no program {words[0]}.",
            mend="Install it with `concilia connector install`, or correct the setting `executable`.",
        ) from fault
    except PermissionError as fault:
        raise PermissionMissing(
            f"{terms.called}: {words[0]} may not be run.", mend="Make it executable for this user.", system=terms.called
        ) from fault
    except OSError as fault:
        if fault.errno in (errno.EAGAIN, errno.ENOMEM):
            raise RetryLater(
                f"{terms.called} cannot be started: {fault.strerror}.", after=timedelta(minutes=1)
            ) from fault
        raise ConfigurationInvalid(f"{terms.called}: {words[0]} cannot be run: {fault.strerror}.") from fault


def _end(process: subprocess.Popen[bytes], mark: str) -> None:
    """Ask politely, then kill: the group, and everybody else with the mark."""
    if process.poll() is None:  # afterwards its number may be another's
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGTERM)
        _wait_without_reaping(process, seconds=2)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    for found in _marked(mark):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(found, signal.SIGKILL)
    process.wait()


def _wait_without_reaping(process: subprocess.Popen[bytes], *, seconds: float) -> None:
    """Wait for it to end, keeping its number taken, so that its group can still be named by it."""
    for _ in range(int(seconds / 0.02)):
        if os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None:
            return
        time.sleep(0.02)


def _marked(mark: str) -> list[int]:
    """Who carries the mark in its environment, where the system tells (Linux)."""
    wanted = f"{MARK}={mark}".encode()
    found = []
    for place in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):
            if wanted in place.read_bytes():
                found.append(int(place.parent.name))
    return found


def _printable(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)
