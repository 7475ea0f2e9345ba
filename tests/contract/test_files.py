"""The files connector is held to every claim of the conformance suite on a folder of this machine."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.testing import Harness
from connectors.testing.pytest_suite import test_it_conforms  # noqa: F401
from tests.contract.harnesses import files


@pytest.fixture(scope="module")
def harness(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    with files.harness(tmp_path_factory.mktemp("files")) as made:
        yield made
