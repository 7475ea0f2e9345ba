"""Claims about access tokens: one renewal for all who share them, and the new one stored before anybody uses it."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final

from concilia.clock import system_clock
from concilia.vault import Secret
from connectors.contract import Connector
from connectors.testing.claims import claims_of
from connectors.testing.harness import Harness, Network, given
from connectors.testing.opening import Pass, Way, fronted, made, read_until_fault, reading_of
from connectors.testing.server import Call, HostileServer
from connectors.tokens import EARLY, Renewal, Token, TokenSource, unborn

_PROCESSES: Final = 4


@dataclass
class SharedTokens:
    """A token source as several processes share one: a file, renewed under its lock. One object for each process."""

    path: Path
    renew: Renewal
    seed: Secret
    brought: list[str]  # access tokens the system gave, stored or not yet
    stored: list[str]

    def token(self) -> Token:
        """The one in force, renewed first when it is about to expire."""
        held = self._held()
        return held if held.expires_at - EARLY > system_clock() else self.refused(held)

    def refused(self, token: Token) -> Token:
        """What somebody else has brought meanwhile, or a renewed one, stored before it is given out."""
        import fcntl  # POSIX only

        with self.path.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            held = self._held()
            if held.version == token.version:
                new = self.renew(held.refresh)
                self.brought.append(str(new.access.reveal()))
                self._keep(Token(new.access, new.refresh, new.expires_at, held.version + 1))
        return self._held()

    def _keep(self, token: Token) -> None:
        held = {
            "access": token.access.reveal(),
            "refresh": token.refresh.reveal(),
            "expires_at": token.expires_at.isoformat(),
            "version": token.version,
        }
        self.path.write_text(json.dumps(held), encoding="utf-8")
        self.stored.append(token.access.reveal())

    def _held(self) -> Token:
        if not self.path.exists():
            return unborn(self.seed)
        held = json.loads(self.path.read_text(encoding="utf-8"))
        moment = datetime.fromisoformat(held["expires_at"])
        return Token(Secret(held["access"]), Secret(held["refresh"]), moment, held["version"])


@dataclass
class Shelf:
    """Where the tokens of one harness are kept while a claim is tried; one call of it is one process's source."""

    folder: Path
    brought: list[str] = field(default_factory=list)
    stored: list[str] = field(default_factory=list)
    sources: list[SharedTokens] = field(default_factory=list)

    def __call__(self, credential: str, renew: Renewal, *, seed: Secret) -> TokenSource:
        """The source of a credential."""
        made_here = SharedTokens(self.folder / f"{credential}.json", renew, seed, self.brought, self.stored)
        self.sources.append(made_here)
        return made_here


@dataclass
class _Sharing:
    harness: Harness
    shelf: Shelf
    way: Way
    early: list[str] = field(default_factory=list)  # calls made with a token that was not stored yet

    def watch(self, call: Call) -> None:
        """See whether the call carries a token that a killed process would lose."""
        said = " ".join((*call.headers.values(), call.path))
        unstored = set(self.shelf.brought) - set(self.shelf.stored)
        if any(token in said for token in unstored):
            self.early.append(f"{call.method} {call.path.partition('?')[0]}")

    def process(self) -> Connector:
        """One more connector, as another process would open it."""
        return made(self.harness, self.way)

    def read_by(self, connectors: list[Connector]) -> list[Pass]:
        """The stream, read by all of them at once."""
        stream = reading_of(self.harness).stream
        with ThreadPoolExecutor(len(connectors)) as pool:
            return list(pool.map(lambda one: read_until_fault(one, stream), connectors))


@contextmanager
def _sharing(harness: Harness) -> Iterator[_Sharing]:
    in_front = (
        fronted(harness)
        if isinstance(harness.network, Network) and harness.network.speaks_http
        else nullcontext((None, None))
    )
    with tempfile.TemporaryDirectory() as folder, in_front as (network, server):
        shelf = Shelf(Path(folder))
        changes = network.through(server.url) if isinstance(network, Network) and server is not None else {}
        shared = _Sharing(harness, shelf, Way(settings=changes, tokens=shelf))
        if isinstance(server, HostileServer):
            server.watchers.append(shared.watch)
        yield shared


def a_token_is_renewed_once_by_all_who_share_it(harness: Harness) -> Iterator[str]:
    """When there is no token yet, and when one expires, one of several processes brings it and all of them go on."""
    tokens = given(harness.tokens, called="tokens")
    with _sharing(harness) as shared:
        connectors = [shared.process() for _ in range(_PROCESSES)]
        for what in ("without a token", "after the token was taken back"):
            before = tokens.renewals()
            for found in shared.read_by(connectors):
                if found.fault is not None:
                    yield f"{what}, one of them ended with {found.fault!r}."
            if (count := tokens.renewals() - before) != 1:
                yield f"{what}, {_PROCESSES} processes made the peer give {count} tokens."
            tokens.expire()
        for connector in connectors:
            connector.close()
        if not shared.shelf.sources:
            yield "It never asked where tokens are kept (ConnectionSettings.tokens)."


def a_new_token_is_stored_before_it_is_used(harness: Harness) -> Iterator[str]:
    """No call carries a token that is not stored yet, and the next process goes on with the one that is."""
    tokens = given(harness.tokens, called="tokens")
    with _sharing(harness) as shared:
        for expired in (False, True):
            if expired:
                tokens.expire()
            first = shared.process()
            (found,) = shared.read_by([first])
            first.close()
            before = tokens.renewals()
            second = shared.process()
            (again,) = shared.read_by([second])
            second.close()
            for fault in (found.fault, again.fault):
                if fault is not None:
                    yield f"Reading ended with {fault!r}."
            if tokens.renewals() != before:
                yield f"The next process made the peer give {tokens.renewals() - before} more tokens."
        if shared.early:
            yield f"Calls were made with tokens that were not stored yet: {shared.early[:3]}."


CLAIMS = claims_of(
    "tokens",
    (a_token_is_renewed_once_by_all_who_share_it, a_new_token_is_stored_before_it_is_used),
)
