"""The sandbox connector is held to every claim of the conformance suite."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from connectors.contract import Operation
from connectors.testing import CLAIMS, Claim, Harness, Standing, judge
from connectors.testing.pytest_suite import test_it_conforms  # noqa: F401
from tests.contract.harnesses import sandbox

PAYMENT = Operation.REGISTER_PAYMENT
OTHERS = "only payments have a rung to choose"


@pytest.fixture(scope="module")
def harness() -> Iterator[Harness]:
    with sandbox.harness() as made:
        yield made


WRITING = [claim for claim in CLAIMS if claim.about in {"writing", "lost answers"}]
RUNGS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "server_key": ({"rung": "server_key"}, {"honour_idempotency_key": True}),
    "upsert": ({"rung": "upsert"}, {}),
    "precondition": ({"rung": "precondition"}, {}),
    "read_compare": ({"rung": "read_compare"}, {"keep_reference": False}),
    "none": ({"rung": "none"}, {"keep_reference": False}),
    "in two steps": ({"drafts": True}, {}),
}


@pytest.fixture(scope="module", params=RUNGS)
def on_a_rung(request: pytest.FixtureRequest) -> Iterator[Harness]:
    settings, mode = RUNGS[request.param]
    with sandbox.harness(mode=mode, **settings) as made:
        yield replace(made, writing={**dict.fromkeys(Operation, OTHERS), PAYMENT: made.writing[PAYMENT]})


@pytest.mark.parametrize("claim", WRITING, ids=lambda claim: str(claim.name))
def test_payments_conform_on_every_rung(claim: Claim, on_a_rung: Harness) -> None:
    verdict = judge(claim, on_a_rung)
    assert verdict.standing is not Standing.BROKEN, f"{claim.sentence}\n{verdict.remarks}"
