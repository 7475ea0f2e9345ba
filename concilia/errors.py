"""Every deliberate error, grouped by what the caller does next. No vendor names.

ConciliaError
├── MustBeMended          a person changes the input, then repeats            (exit 2)
│   ├── ConfigurationInvalid   a file of the workspace: file, line, path, mend
│   └── RequestInvalid         an argument of a command or of the API
├── SystemRefused         the other system cannot be worked with now          (exit 3)
│   ├── SystemUnreachable
│   ├── CredentialsRefused
│   └── PermissionMissing
├── AskSteward            waits for a person                                  (exit 4)
├── RunMustStop           this stream stops, the others go on                 (exit 5)
├── RetryLater            the same call may be made again, later
├── RecordRejected        this record alone is refused; the run goes on
├── OutcomeUnknown        a write whose answer was lost: look it up, never repeat it blindly
│   └── OutcomeUndecidable     no look-up can tell: a person looks there
├── NotFound              nothing is known under that name
└── Conflict              the key or the version is already used for something else
    └── RemoteMoved            a write expected what the other system no longer holds; nothing was written
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any


class ConciliaError(Exception):
    """A deliberate error: its text is one sentence for a person, `mend` says how to repair it."""

    exit_code = 1

    def __init__(self, message: str, *, mend: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.mend = mend

    def __str__(self) -> str:
        return f"{self.message} {self.mend}".strip()


class MustBeMended(ConciliaError):
    """Input or configuration that a person has to change before repeating."""

    exit_code = 2


class ConfigurationInvalid(MustBeMended):
    """A file of the workspace is wrong at a known place."""

    def __init__(self, message: str, *, mend: str = "", file: str = "", line: int = 0, path: str = "") -> None:
        super().__init__(message, mend=mend)
        self.file = file
        self.line = line
        self.path = path

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        at = f" at {self.path}" if self.path else ""
        prefix = f"{where}{at}: " if where or at else ""
        return f"{prefix}{super().__str__()}"


class RequestInvalid(MustBeMended):
    """An argument of a command or of the API that cannot be used; `field` names it, `code` the rule, if it has one."""

    def __init__(self, message: str, *, mend: str = "", field: str = "", code: str = "") -> None:
        super().__init__(message, mend=mend)
        self.field = field
        self.code = code


class SystemRefused(ConciliaError):
    """Another system cannot be worked with now; `system` names the connection."""

    exit_code = 3

    def __init__(self, message: str, *, mend: str = "", system: str = "") -> None:
        super().__init__(message, mend=mend)
        self.system = system


class SystemUnreachable(SystemRefused):
    """No answer: name, port, certificate or network."""


class CredentialsRefused(SystemRefused):
    """The system answered and refused who we are."""


class PermissionMissing(SystemRefused):
    """We are known there but may not do this; the message names the permission."""


class AskSteward(ConciliaError):
    """Waits for a person: an approval, a ruling, a confirmation."""

    exit_code = 4


class RunMustStop(ConciliaError):
    """One stream cannot go on; what it stored stays, the other streams go on."""

    exit_code = 5


class RetryLater(ConciliaError):
    """The same call may be made again after `after`."""

    exit_code = 3

    def __init__(self, message: str, *, after: timedelta, mend: str = "") -> None:
        super().__init__(message, mend=mend)
        self.after = after


class RecordRejected(ConciliaError):
    """One record is refused; `field` and `value` are what was looked at, `code` the rule, if it has a name."""

    def __init__(self, message: str, *, mend: str = "", field: str = "", value: str = "", code: str = "") -> None:
        super().__init__(message, mend=mend)
        self.field = field
        self.value = value
        self.code = code


class OutcomeUnknown(ConciliaError):
    """A write was sent and its answer lost. Only a look-up may decide what happened."""


class OutcomeUndecidable(OutcomeUnknown):
    """A write was sent, and what the system shows fits both: that it took effect, and that it did not."""


class NotFound(ConciliaError):
    """Nothing is known under that name; `code` names the rule that asked for it, if it has a name."""

    exit_code = 2

    def __init__(self, message: str, *, mend: str = "", code: str = "") -> None:
        super().__init__(message, mend=mend)
        self.code = code


class Conflict(ConciliaError):
    """The key or the version is already used for something else."""

    exit_code = 2


class RemoteMoved(Conflict):
    """The other system holds something else than the write was decided on; `now` is what it holds (None: it is gone).

    Nothing was written. Only a new decision may go on.
    """

    def __init__(self, message: str, *, now: Mapping[str, Any] | None, mend: str = "") -> None:
        super().__init__(message, mend=mend)
        self.now = now
