"""Access tokens that expire: a port. Where they are kept, and who renews them, is not known here."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from concilia.vault import Secret


@dataclass(frozen=True, slots=True)
class Token:
    """What calls are made with until it expires, and what the next one is asked for with."""

    access: Secret
    refresh: Secret
    expires_at: datetime
    version: int = field(default=0, compare=False)


class Renewal(Protocol):
    """How one system gives a new token for a refresh token; many give a new refresh token with it, good once."""

    def __call__(self, refresh: Secret) -> Token:
        """The new token. CredentialsRefused when the refresh token is not good (any more)."""
        ...


class TokenSource(Protocol):
    """The token of one credential, shared by everybody who uses it."""

    def token(self) -> Token:
        """One that is good now, renewed by at most one of those who ask at once."""
        ...

    def refused(self, token: Token) -> Token:
        """Another one, after the system refused that one before its time."""
        ...
