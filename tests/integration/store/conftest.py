"""A store of its own for each test, on SQLite and on PostgreSQL: empty, or at the schema of this version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from concilia.store.engine import sqlite_url
from concilia.store.migrate import upgrade
from concilia.store.unit_of_work import Store


@pytest.fixture
def url(tmp_path: Path, database_url: str | None) -> str:
    """The URL of an empty database."""
    (tmp_path / ".concilia").mkdir()
    return database_url or sqlite_url(tmp_path)


@pytest.fixture
def empty(url: str) -> Iterator[Store]:
    """A store without tables."""
    store = Store(url)
    yield store
    store.close()


@pytest.fixture
def store(empty: Store) -> Store:
    """A store at this version's schema."""
    upgrade(empty)
    return empty
