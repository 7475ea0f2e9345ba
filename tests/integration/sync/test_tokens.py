"""Single-use refresh tokens shared by many workers: each expiry is renewed once, and nobody is turned away."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from concilia.errors import CredentialsRefused
from concilia.store.engine import sqlite_url
from concilia.store.migrate import upgrade
from concilia.store.unit_of_work import Store
from concilia.vault import Secret
from connectors.tokens import Token
from sync.tokens import StoredTokens, grant

WORKERS = 50
START = datetime(2026, 11, 22, tzinfo=UTC)


@dataclass
class Issuer:
    """A system whose refresh tokens are good once: a second use is `invalid_grant`."""

    good: str = "refresh-0"
    renewals: int = 0
    invalid_grants: int = 0
    now: datetime = START
    lock: threading.Lock = field(default_factory=threading.Lock)

    def renew(self, refresh: Secret) -> Token:
        with self.lock:
            if refresh.reveal() != self.good:
                self.invalid_grants += 1
                raise CredentialsRefused("invalid_grant")
            self.renewals += 1
            self.good = f"refresh-{self.renewals}"
            return self.issued()

    def issued(self) -> Token:
        ends = self.now + timedelta(hours=1)
        return Token(Secret(f"access-{self.renewals}"), Secret(self.good), ends)

    def clock(self) -> datetime:
        return self.now


@pytest.fixture
def store(tmp_path: Path, database_url: str | None) -> Iterator[Store]:
    (tmp_path / ".concilia").mkdir()
    opened = Store(database_url or sqlite_url(tmp_path))
    upgrade(opened)
    yield opened
    opened.close()


def test_fifty_workers_renew_a_single_use_token_once_for_each_expiry(store: Store) -> None:
    issuer = Issuer()
    grant(store, "crm", issuer.issued(), clock=issuer.clock)
    source = StoredTokens(store, "crm", issuer.renew, issuer.clock)
    with ThreadPoolExecutor(WORKERS) as pool:
        for n in range(1, 16):
            issuer.now += timedelta(hours=1)
            seen = {one.result().access.reveal() for one in [pool.submit(source.token) for _ in range(WORKERS)]}
            assert seen == {f"access-{n}"}
    assert (issuer.renewals, issuer.invalid_grants) == (15, 0)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_ten_thousand_expiries_are_ten_thousand_renewals(store: Store) -> None:
    issuer = Issuer()
    grant(store, "crm", issuer.issued(), clock=issuer.clock)
    source = StoredTokens(store, "crm", issuer.renew, issuer.clock)
    with ThreadPoolExecutor(WORKERS) as pool:
        for n in range(1, 10_001):
            issuer.now += timedelta(hours=1)
            seen = {one.result().access.reveal() for one in [pool.submit(source.token) for _ in range(WORKERS)]}
            assert seen == {f"access-{n}"}
    assert (issuer.renewals, issuer.invalid_grants) == (10_000, 0)


def test_a_token_refused_before_its_time_is_renewed_once_by_all_who_were_refused(store: Store) -> None:
    issuer = Issuer()
    grant(store, "crm", issuer.issued(), clock=issuer.clock)
    source = StoredTokens(store, "crm", issuer.renew, issuer.clock)
    before = source.token()
    with ThreadPoolExecutor(WORKERS) as pool:
        seen = {one.result().access.reveal() for one in [pool.submit(source.refused, before) for _ in range(WORKERS)]}
    assert seen == {"access-1"}
    assert (issuer.renewals, issuer.invalid_grants) == (1, 0)


def test_a_new_token_is_stored_before_it_is_used_and_shows_nowhere(store: Store) -> None:
    issuer = Issuer()
    grant(store, "crm", issuer.issued(), clock=issuer.clock)
    source = StoredTokens(store, "crm", issuer.renew, issuer.clock)
    issuer.now += timedelta(hours=2)
    found = source.token()
    again = StoredTokens(store, "crm", issuer.renew, issuer.clock).token()
    assert again == found
    assert "access-1" not in repr(found)


def test_a_refresh_token_that_is_spent_asks_for_a_person(store: Store) -> None:
    issuer = Issuer()
    grant(store, "crm", issuer.issued(), clock=issuer.clock)
    issuer.now += timedelta(hours=2)
    issuer.good = "somebody used it"
    with pytest.raises(CredentialsRefused, match="Sign in again"):
        StoredTokens(store, "crm", issuer.renew, issuer.clock).token()
