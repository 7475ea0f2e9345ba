"""The EspoCRM connector is held to every claim of the conformance suite, at a small server of its documentation."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.testing import Harness
from connectors.testing.pytest_suite import test_it_conforms  # noqa: F401
from tests.contract.harnesses import espocrm


@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    with espocrm.harness() as made:
        yield made
