"""The Odoo connector is held to the claims of the conformance suite, over each of its three interfaces."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from connectors.testing import CLAIMS, Harness
from connectors.testing.claims import Claim, Standing, judge
from connectors.testing.pytest_suite import test_it_conforms  # noqa: F401
from tests.contract.harnesses import odoo

# Hundreds of openings each. XML-RPC shares all code behind the envelope; its own lost answers and faults are tried in
# tests/integration/test_odoo_writing.py and tests/unit/connectors/test_odoo_wire.py.
LONG = {"whatever_befalls_a_write_it_has_one_effect", "vendor_faults_land_in_our_errors"}


@pytest.fixture(scope="module", params=[(17, "jsonrpc"), (19, "json2")], ids=lambda way: way[1])
def harness(request: pytest.FixtureRequest) -> Iterator[Harness]:
    series, transport = request.param
    with odoo.harness(series, transport=transport) as made:
        yield made


@pytest.fixture(scope="module")
def over_xml() -> Iterator[Harness]:
    with odoo.harness(16, transport="xmlrpc") as made:
        yield made


@pytest.mark.parametrize("claim", [c for c in CLAIMS if c.name not in LONG], ids=lambda claim: str(claim.name))
def test_it_conforms_over_xml_rpc(claim: Claim, over_xml: Harness) -> None:
    verdict = judge(claim, over_xml)
    assert verdict.standing is not Standing.BROKEN, "\n".join(verdict.remarks)
