"""A Singer tap and target as one connector are held to every claim of the conformance suite."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.testing import Harness
from connectors.testing.pytest_suite import test_it_conforms  # noqa: F401
from tests.contract.harnesses import singer


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with singer.harness(tmp_path_factory.mktemp("singer")) as made:
        yield made
