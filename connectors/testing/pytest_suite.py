"""The claims as a pytest test: import `test_it_conforms` and give a fixture `harness`. The only file that knows pytest.

from connectors.testing.pytest_suite import test_it_conforms  # noqa: F401

@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    with my_peer() as peer:
        yield harness_of(peer)
"""

from __future__ import annotations

import pytest

from connectors.testing import CLAIMS, Claim, Harness, Standing, judge

__all__ = ["test_it_conforms"]


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: str(claim.name))
def test_it_conforms(claim: Claim, harness: Harness) -> None:
    """One claim; what does not apply is passed over, with its reason in the output."""
    unknown = set(harness.waived) - {one.name for one in CLAIMS}
    assert not unknown, f"waived, and no such claim: {sorted(unknown)}"  # noqa: S101  this file is a test
    verdict = judge(claim, harness)
    remarks = "\n".join(verdict.remarks)
    if verdict.standing is Standing.NOT_APPLICABLE:
        print(f"not applicable: {remarks}")  # noqa: T201
        return
    assert verdict.standing is Standing.HOLDS, f"{claim.sentence}\n{remarks}"  # noqa: S101
