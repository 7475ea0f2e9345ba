"""Access tokens that expire: a port, and the source that keeps them in this process only.

Where they are kept for all processes is not known here; see `sync/tokens.py`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Final, Protocol

from concilia.clock import Clock, system_clock
from concilia.vault import Secret

EARLY: Final = timedelta(seconds=60)  # renewed that long before it expires
LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)


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


class TokenSources(Protocol):
    """Where the tokens of a connection are kept: asked once, when its connector is built."""

    def __call__(self, credential: str, renew: Renewal, *, seed: Secret) -> TokenSource:
        """The source of one credential. `seed` is the refresh token a person brought, empty where none is needed.

        Credentials of the same name share their token; `credential_name` makes a name that changes with the seed.
        """
        ...


def credential_name(connection: str, *told: str) -> str:
    """A name for the credential of a connection: another seed, user or address is another credential.

    It can be a file name, and nothing of what is told can be read from it.
    """
    digest = hashlib.sha256("\x1f".join(told).encode()).hexdigest()[:16]
    return f"{connection}-{digest}"


def unborn(seed: Secret) -> Token:
    """The token of a credential before the first one was brought: expired, to be renewed with the seed."""
    return Token(Secret(""), seed, LONG_AGO)


class HeldTokens:
    """A TokenSource of one process, safe for several threads: for tests, and for systems that never rotate."""

    def __init__(self, renew: Renewal, *, seed: Secret, clock: Clock = system_clock) -> None:
        self._renew = renew
        self._clock = clock
        self._held = unborn(seed)
        self._lock = Lock()

    def token(self) -> Token:
        """The token held, renewed first when it is about to expire."""
        with self._lock:
            if self._held.expires_at - EARLY <= self._clock():
                self._bring()
            return self._held

    def refused(self, token: Token) -> Token:
        """Another one; the one held if somebody else brought it meanwhile."""
        with self._lock:
            if self._held.version == token.version:
                self._bring()
            return self._held

    def _bring(self) -> None:
        self._held = replace(self._renew(self._held.refresh), version=self._held.version + 1)


def held_tokens(credential: str, renew: Renewal, *, seed: Secret) -> TokenSource:  # noqa: ARG001
    """Tokens held in this process, by nobody else."""
    return HeldTokens(renew, seed=seed)


IN_MEMORY: Final[TokenSources] = held_tokens
