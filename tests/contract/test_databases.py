"""The database connector is held to every claim of the conformance suite: by stamp, by row version and by snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import StreamRequest
from connectors.testing import Harness
from connectors.testing.pytest_suite import test_it_conforms  # noqa: F401
from tests.conftest import load_peer
from tests.contract.harnesses import databases

BY_XMIN = StreamRequest("clientes", key=("id",), cursor="xmin", options={"table": "clientes"})
BY_SNAPSHOT = StreamRequest("clientes", key=("id",), options={"table": "clientes", "snapshot": True})
WAYS = ["sqlite", "sqlite snapshot", "postgresql", "postgresql xmin", "postgresql snapshot", "mariadb"]


@pytest.fixture(scope="module")
def mariadb_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    peer = load_peer("mariadb")
    if not peer.is_installed():
        assert not databases.in_ci(), peer.MISSING
        pytest.skip(peer.MISSING)
    running = peer.start(tmp_path_factory.mktemp("mariadb"))
    yield running.port
    running.stop()


@pytest.fixture(scope="module", params=WAYS)
def harness(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    kind, _, way = request.param.partition(" ")
    stream = {"": None, "xmin": BY_XMIN, "snapshot": BY_SNAPSHOT}[way]
    folder = tmp_path_factory.mktemp("database")
    opened: Any
    match kind:
        case "sqlite":
            opened = databases.sqlite(folder, stream)
        case "postgresql":
            server = request.getfixturevalue("postgres_server")
            name = f"erp_{way or 'stamp'}"
            server.psql(f"CREATE DATABASE {name}")
            opened = databases.postgresql(str(server.get_uri(name)), folder, stream)
        case _:
            opened = databases.mariadb(request.getfixturevalue("mariadb_port"), Path(folder), stream)
    with opened as made:
        yield made
