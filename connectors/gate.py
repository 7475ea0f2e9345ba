"""What every call to another system passes before it goes out: a port. Who counts, and where, is not known here."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, Protocol


class Gate(Protocol):
    """The budget of one credential, shared by everybody who uses it."""

    def enter(self) -> None:
        """Returns when the call may be made; RetryLater when it would have to wait too long."""
        ...

    def told_to_wait(self, wait: timedelta) -> None:
        """The system asked for quiet that long: nobody who uses the credential calls it before."""
        ...


class OpenGate:
    """Lets every call pass."""

    def enter(self) -> None:
        """Returns at once."""

    def told_to_wait(self, wait: timedelta) -> None:
        """Forgets it: whoever called obeys it himself."""


OPEN: Final[Gate] = OpenGate()
