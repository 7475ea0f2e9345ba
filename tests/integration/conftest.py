"""Real systems for integration tests, one per session. Importable where none of them is installed."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

_PEERS = Path(__file__).resolve().parent.parent / "peers"


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
