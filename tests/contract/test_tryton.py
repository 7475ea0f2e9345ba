"""The Tryton connector is held to every claim of the conformance suite on a real server of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.testing import Harness
from connectors.testing.pytest_suite import test_it_conforms  # noqa: F401
from tests.conftest import load_peer
from tests.contract.harnesses import tryton

pytestmark = [pytest.mark.peer, pytest.mark.timeout(900)]  # signing in to Tryton costs a password hash each time


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """Of its own: parties come and go here, which other tests count."""
    peer = load_peer("tryton_peer").start(tmp_path_factory.mktemp("conformance"), parties=24)
    try:
        with tryton.harness(peer) as made:
            yield made
    finally:
        peer.stop()
