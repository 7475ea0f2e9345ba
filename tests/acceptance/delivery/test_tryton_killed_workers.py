"""Workers that write payments to a real Tryton are killed; counted through Tryton's own API nothing is lost or doubled."""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sync import actions
from tests import delivery
from tests.conftest import load_peer
from tests.delivery import World

pytestmark = pytest.mark.peer
SEED = int(os.environ.get("CONCILIA_TEST_SEED", "20261122"))
CONFIGURATION = """\
version: 1
connections:
  erp:
    connector: tryton
    country: CL
    creditor: acme
    trust: 90
    push: {{payments: true}}
    settings: {{url: "{url}", database: {database}, username: {user}, password: "${{env:ERP}}", late_seconds: 5}}
creditors:
  acme: {{owner: erp}}
"""


@pytest.fixture
def erp(tmp_path: Path) -> Iterator[Any]:
    peer = load_peer("tryton_peer").start(tmp_path / "erp", parties=300)
    yield peer
    peer.stop()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    ("payments", "kills"), [(15, 3), pytest.param(200, 20, marks=pytest.mark.soak)], ids=["short", "soak"]
)
def test_tryton_holds_each_payment_once_however_often_workers_are_killed(
    tmp_path: Path, erp: Any, payments: int, kills: int
) -> None:
    print(f"CONCILIA_TEST_SEED={SEED}")
    chance = random.Random(SEED)
    folder = tmp_path / "w"
    folder.mkdir()
    text = CONFIGURATION.format(url=erp.url, database=erp.database, user=erp.user)
    (folder / "concilia.yaml").write_text(text, encoding="utf-8")
    world = World(folder, None, erp, {"ERP": erp.password})
    with world.opened() as hub:
        assert actions.run(hub, [], push=False).exit_code == 0
        actions.approve(hub, "erp", by="tests")
        told = [_told(hub, row, n) for n, row in enumerate(erp.truth[:payments])]
    hit = delivery.killed_at_random(world, kills, chance=chance, longest=3.0)
    delivery.drained(world, rounds=200)
    there = _there(erp)
    found = {"lost": sum(not there[one] for one in told), "doubled": sum(there[one] > 1 for one in told)}
    print({"payments": payments, "kills": hit, **found, "in all": sum(there.values()), **delivery.states(world)})
    assert hit == kills
    assert found == {"lost": 0, "doubled": 0}
    assert sum(there.values()) == payments
    assert delivery.states(world) == {"done": payments}


def _told(hub: Any, row: dict[str, Any], number: int) -> str:
    body = {
        "debt": {"connection": "erp", "external_id": str(row["invoice"])},
        "amount": "1000",
        "unit": "CLP",
        "value_date": "2026-11-20",
        "method": "transfer",
        "reference": f"TRX-{number}",
    }
    answer = actions.register_payment(hub, body, key_id=1, idempotency_key=f"key-{number}")
    return str(answer.body["id"])


def _there(erp: Any) -> Counter[str]:
    """How many moves Tryton holds under each of our references."""
    rows = erp.rpc.model(
        "account.move.search_read", [["description", "like", "Concilia %"]], 0, None, None, ["description"]
    )
    return Counter(str(row["description"]).removeprefix("Concilia ") for row in rows)
