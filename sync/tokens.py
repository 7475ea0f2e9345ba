"""Tokens shared by all processes of a workspace: one of them renews, under a lock; the others wait for what it brings.

A new token is committed before anybody uses it, so a killed process leaves either the old one or the new one in force.
A process that dies between the system's answer and that commit has spent a refresh token that is good once: the next
one asks with it all the same, because many systems answer a repeated one, and says who has to sign in when not.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from concilia.clock import Clock, from_text, to_text
from concilia.errors import CredentialsRefused, RetryLater
from concilia.sealing import Keyring
from concilia.store import locks, tokens
from concilia.store.tokens import TokenRow
from concilia.store.unit_of_work import Store
from concilia.vault import Secret
from connectors.tokens import Renewal, Token, TokenSource, TokenSources, unborn
from sync.hub import Hub

EARLY: Final = timedelta(seconds=60)  # renewed that long before it expires
GLANCE: Final = 0.02  # seconds between two looks for what another process brings
GLANCES: Final = 25  # looks before the lock is tried again, should that process have died
LOOKS: Final = 120  # a minute in all


@dataclass(frozen=True, slots=True)
class StoredTokens:
    """The TokenSource of one credential, over the hub's database."""

    store: Store
    credential: str
    renew: Renewal
    clock: Clock
    sleep: Callable[[float], None] = time.sleep
    early: timedelta = EARLY
    seed: Secret | None = None  # the refresh token to begin with; None: somebody has to `grant` a token first
    keys: Callable[[], Keyring] | None = None  # what tokens are sealed with in the database; None: not at all

    def token(self) -> Token:
        """The token in force, renewed first when it is about to expire."""
        row = self._row()
        if from_text(row.expires_at) - self.early > self.clock():
            return _token(row)
        return self._renewed(row)

    def refused(self, token: Token) -> Token:
        """Another one: what somebody else has brought meanwhile, or a renewed one."""
        row = self._row()
        return _token(row) if row.version != token.version else self._renewed(row)

    def _renewed(self, old: TokenRow) -> Token:
        """The token after this one. Whoever holds the lock brings it; the others see it come."""
        for _ in range(LOOKS):
            with locks.hold(self.store, f"token-{self.credential}") as mine:
                row = self._row()
                if row.version != old.version:
                    return _token(row)
                if mine:
                    return self._brought(row)
            for _ in range(GLANCES):
                self.sleep(GLANCE)
                if self._row().version != old.version:
                    break
        raise RetryLater(f"Another process has not renewed the token of {self.credential} yet.", after=EARLY)

    def _brought(self, row: TokenRow) -> Token:
        with self.store.begin() as tx:
            tokens.asking(tx, self.credential, version=row.version, at=to_text(self.clock()))
        try:
            new = self.renew(Secret(row.refresh))
        except CredentialsRefused as fault:
            if not row.refresh:
                raise
            lost = " A process was stopped while it renewed it." if row.asked_at else ""
            raise CredentialsRefused(
                f"{self.credential} does not take its refresh token any more.{lost}",
                mend="Sign in again there, and store the new token.",
                system=self.credential,
            ) from fault
        after = TokenRow(
            credential=self.credential,
            version=row.version + 1,
            access=new.access.reveal(),
            refresh=new.refresh.reveal(),
            expires_at=to_text(new.expires_at),
            asked_at=None,
            changed_at=to_text(self.clock()),
        )
        with self.store.begin() as tx:
            kept = tokens.renewed(tx, self._sealed(after))
        return _token(after) if kept else _token(self._row())

    def _row(self) -> TokenRow:
        with self.store.read() as tx:
            row = self._unsealed(tokens.load(tx, self.credential))
        if row is None and self.seed is not None:
            return self._begun(self.seed)
        if row is None:
            raise CredentialsRefused(
                f"There is no token for {self.credential}.", mend="Sign in there first.", system=self.credential
            )
        return row

    def _begun(self, seed: Secret) -> TokenRow:
        """The row of a credential nobody used yet: an expired token, renewed by whoever comes first."""
        born = unborn(seed)
        row = TokenRow(self.credential, 1, "", seed.reveal(), to_text(born.expires_at), None, to_text(self.clock()))
        with self.store.begin() as tx:
            tokens.begin(tx, self._sealed(row))
            return self._unsealed(tokens.load(tx, self.credential)) or row

    def _sealed(self, row: TokenRow) -> TokenRow:
        """The row as it is stored: each token bound to its credential, so that a copied one is worth nothing."""
        if self.keys is None:
            return row
        keyring = self.keys()

        def seal(text: str, what: str) -> str:
            return keyring.seal(Secret(text), bound_to=f"{self.credential}/{what}") if text else ""

        return replace(row, access=seal(row.access, "access"), refresh=seal(row.refresh, "refresh"))

    def _unsealed(self, row: TokenRow | None) -> TokenRow | None:
        if self.keys is None or row is None:
            return row
        keyring = self.keys()

        def unseal(text: str, what: str) -> str:
            return keyring.unseal(text, bound_to=f"{self.credential}/{what}").reveal() if text else ""

        return replace(row, access=unseal(row.access, "access"), refresh=unseal(row.refresh, "refresh"))


def tokens_of(hub: Hub) -> TokenSources:
    """Where connectors of this hub keep their tokens: sealed in its database, one row for each credential."""

    def source(credential: str, renew: Renewal, *, seed: Secret) -> TokenSource:
        return StoredTokens(hub.store, credential, renew, hub.clock, seed=seed, keys=hub.keys)

    return source


def seal_again(hub: Hub) -> int:
    """Seal every kept token under the current master key; how many."""
    keyring = hub.keys()
    with hub.store.begin() as tx:
        rows = tokens.every(tx)
        for row in rows:
            again = [_again(keyring, getattr(row, what), f"{row.credential}/{what}") for what in ("access", "refresh")]
            tokens.replace_texts(tx, replace(row, access=again[0], refresh=again[1]))
    return len(rows)


def _again(keyring: Keyring, held: str, bound: str) -> str:
    return keyring.seal(keyring.unseal(held, bound_to=bound), bound_to=bound) if held else ""


def grant(store: Store, credential: str, token: Token, *, clock: Clock) -> None:
    """Put a token in force that a person got by signing in."""
    at = to_text(clock())
    row = TokenRow(credential, 1, token.access.reveal(), token.refresh.reveal(), to_text(token.expires_at), None, at)
    with store.begin() as tx:
        tokens.grant(tx, row)


def _token(row: TokenRow) -> Token:
    return Token(Secret(row.access), Secret(row.refresh), from_text(row.expires_at), row.version)
