"""Many callers at the same moment: one payment is one payment, and reading never waits for paying. On both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import httpx

from concilia.store import locks
from sync import actions
from sync.hub import Hub
from tests.door import Door, opened_door

CALLERS = 20
MORE_THAN_THREADS = 45  # the server answers requests in forty


def payment(reference: str = "TRX-1") -> dict[str, object]:
    debt = {"connection": "erp", "external_id": "F-1"}
    return {"debt": debt, "amount": "100", "unit": "CLP", "value_date": "2026-11-22", "reference": reference}


def at_once(door: Door, keys: list[str]) -> list[httpx.Response]:
    """All calls leave together, each over a connection of its own."""
    start = Barrier(len(keys))

    def call(key: str) -> httpx.Response:
        start.wait()
        headers = {"X-Api-Key": door.key, "Idempotency-Key": key}
        return httpx.post(f"{door.url}/v1/payments", json=payment(), headers=headers, timeout=60)

    with ThreadPoolExecutor(len(keys)) as threads:
        return list(threads.map(call, keys))


def test_twenty_calls_under_one_key_are_one_payment_and_one_answer(hub_on_each_database: Hub) -> None:
    with opened_door(hub_on_each_database) as door:
        answers = at_once(door, ["same"] * CALLERS)
        assert {a.status_code for a in answers} == {201}
        assert len({a.content for a in answers}) == 1
        assert sum("idempotent-replayed" in a.headers for a in answers) == CALLERS - 1
        assert door.get("/v1/resolve", params={"debt": "F-1"}).json()["total"] == 1
    (only,) = actions.export(hub_on_each_database, "payments")
    assert only["amount"] == "100"


def test_one_payment_under_twenty_keys_is_one_payment(hub_on_each_database: Hub) -> None:
    with opened_door(hub_on_each_database) as door:
        answers = at_once(door, [f"key-{number}" for number in range(CALLERS)])
        assert sorted(a.status_code for a in answers) == [200] * (CALLERS - 1) + [201]
        assert len({a.json()["id"] for a in answers}) == 1
        assert {a.json()["balance"] for a in answers} == {"149900"}
    assert len(list(actions.export(hub_on_each_database, "payments"))) == 1


def test_reading_goes_on_while_payments_wait_for_their_turn(hub_on_each_database: Hub) -> None:
    hub = hub_on_each_database
    with opened_door(hub) as door, ThreadPoolExecutor(MORE_THAN_THREADS) as threads:
        with hub.store.begin() as tx:
            locks.in_turn(tx, "money")
            headers = {"X-Api-Key": door.key}

            def call(number: int) -> int:
                own = {**headers, "Idempotency-Key": f"k{number}"}
                body = payment(f"TRX-{number}")
                return httpx.post(f"{door.url}/v1/payments", json=body, headers=own, timeout=120).status_code

            waiting = [threads.submit(call, number) for number in range(MORE_THAN_THREADS)]
            for _ in range(20):
                assert door.get("/v1/debtors").status_code == 200
                assert door.get("/healthz").status_code == 200
            assert not any(one.done() for one in waiting)
        assert [one.result() for one in waiting] == [201] * MORE_THAN_THREADS
    assert len(list(actions.export(hub, "payments"))) == MORE_THAN_THREADS
