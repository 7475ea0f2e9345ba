"""Whatever is posted as a payment, the hub answers with a payment or a problem, and never fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from admin_api.bootstrap import open_hub
from concilia.settings import Settings
from sync import actions
from tests.acceptance.api.conftest import write_world
from tests.door import Door, opened_door

VALID: dict[str, Any] = {
    "debt": {"document": "F-1"},
    "amount": "1",
    "unit": "CLP",
    "value_date": "2026-11-22",
    "method": "transfer",
    "reference": "T",
    "gateway_id": "g",
    "bank": "b",
    "payer": "p",
}
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.sampled_from(["", "0", "-1", "1e9", "F-1", "CLP", "CLF"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10) | st.sampled_from([*VALID, "id"]), inner, max_size=4),
    max_leaves=10,
)  # fmt: skip
NEARLY = st.dictionaries(st.sampled_from(sorted(VALID)), ANYTHING, max_size=3).map(lambda changes: VALID | changes)
NAMED = st.dictionaries(
    st.sampled_from(["id", "connection", "external_id", "document"]), st.text(max_size=20), max_size=3
)
AMOUNTS = st.from_regex(r"[+-]?[0-9]{0,45}\.?[0-9]{0,45}", fullmatch=True)


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    hub = open_hub(Settings(write_world(tmp_path_factory.mktemp("fuzz")), None, {}))
    actions.apply(hub)
    actions.run(hub, [])
    with opened_door(hub) as found:
        yield found
    hub.store.close()


def post(door: Door, body: bytes, key: str = "") -> None:
    headers = {"Idempotency-Key": key} if key else {}
    assert door.call("POST", "/v1/payments", content=body, headers=headers).status_code < 500


@settings(max_examples=150, deadline=None)
@given(body=NEARLY | ANYTHING, key=st.integers(0, 10**9))
def test_any_json_gets_a_payment_or_a_problem(door: Door, body: Any, key: int) -> None:
    post(door, json.dumps(body).encode(), f"k{key}")


@settings(max_examples=100, deadline=None)
@given(debt=NAMED, amount=AMOUNTS, unit=st.sampled_from(["CLP", "CLF", "UTM", "???", "ABC"]), key=st.integers(0, 10**9))
def test_any_debt_and_amount_get_a_payment_or_a_problem(
    door: Door, debt: Any, amount: str, unit: str, key: int
) -> None:
    post(door, json.dumps(VALID | {"debt": debt, "amount": amount, "unit": unit}).encode(), f"k{key}")
    post(
        door,
        json.dumps(VALID | {"amount": amount, "reference": f"T{key}", "gateway_id": f"g{key}"}).encode(),
        f"a{key}",
    )


@settings(max_examples=100, deadline=None)
@given(body=st.binary(max_size=200))
def test_any_bytes_get_a_problem(door: Door, body: bytes) -> None:
    post(door, body, "bytes")
