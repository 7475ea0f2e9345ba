"""The story of a subscriber through the HTTP API: subscribe, be told, fail, be paused, replay, leave."""

from __future__ import annotations

from typing import Any

import pytest

from tests.acceptance.api.conftest import JOSE
from tests.door import Door
from tests.receivers import Receiver, wait_until

PAYMENT = {"debt": {"document": "F-1"}, "amount": "150000", "unit": "CLP", "value_date": "2026-11-22"}


def subscribe(door: Door, peer: Receiver, **told: Any) -> dict[str, Any]:
    answer = door.call("POST", "/v1/subscriptions", json={"url": peer.url, **told})
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    peer.trust(found["secret"])
    return found


@pytest.mark.usefixtures("postman")
def test_a_payment_told_to_the_hub_is_told_to_a_subscriber_signed_in_order_and_with_the_debtors_version(
    door: Door, peer: Receiver
) -> None:
    made = subscribe(door, peer, types=["payment", "debt"])
    assert made["secret"].startswith("whsec_")
    assert door.pay({**PAYMENT, "reference": "T1"}).status_code == 201
    told = peer.wait_for(4)
    assert [event["type"] for event in told] == ["payment.received", "payment.applied", "debt.changed", "debt.settled"]
    debtor = door.debtor_of(JOSE)
    for event in told:
        assert event["specversion"] == "1.0"
        assert event["debtor"] == event["partitionkey"] == debtor["id"]
        assert event["debtorversion"] == debtor["version"], "whoever holds an older one holds stale data"
        assert event["dataschema"] == f"urn:concilia:event:{event['type']}:1"
    assert [event["sequence"] for event in told] == sorted(event["sequence"] for event in told)
    polled = {str(e["sequence"]): e for e in door.every("/v1/events")}
    assert [polled[event["id"]]["data"] for event in told] == [event["data"] for event in told]
    now = wait_until(lambda: s if (s := shown(door, made["id"]))["lag"] == 0 else None)
    assert (now["state"], now["failures"], now["waiting"], now["dead"]) == ("active", 0, 0, 0)
    assert "secret" not in now
    assert now["created_by"] == "tests"


@pytest.mark.usefixtures("postman")
def test_status_dead_letters_and_replay_are_told_and_done_over_the_api(door: Door, peer: Receiver) -> None:
    door.pay({**PAYMENT, "amount": "1000", "reference": "T0"})
    (payment,) = {e["subject"] for e in door.every("/v1/events") if e["type"] == "payment.received"}
    peer.kill()
    peer.start(poison=[payment])
    made = subscribe(door, peer, after=0)
    status = wait_until(
        lambda: d if (d := door.get(f"/v1/subscriptions/{made['id']}/deliveries").json())["items"] else None
    )
    first = status["items"][0]
    assert (first["type"], first["subject"], first["state"]) == ("payment.received", payment, "waiting")
    assert first["reason"] == "It answered 422."

    def letters() -> list[dict[str, Any]]:
        door.pay({**PAYMENT, "debt": {"document": "F-4"}, "amount": "1", "reference": f"T{len(peer.taken())}"})
        found: list[dict[str, Any]] = door.get(f"/v1/subscriptions/{made['id']}/dead-letters").json()["items"]
        return found if len(found) == 2 else []

    dead = wait_until(letters)
    assert [one["type"] for one in dead] == ["payment.received", "payment.applied"]
    peer.kill()
    peer.start()
    path = f"/v1/subscriptions/{made['id']}/dead-letters/replay"
    assert door.call("POST", path, json={"sequences": [dead[1]["sequence"]]}).json() == {"replayed": 1}
    assert door.call("POST", path, json={}).json() == {"replayed": 1}
    wait_until(lambda: {str(one["sequence"]) for one in dead} <= {event["id"] for event in peer.taken()})
    wait_until(lambda: shown(door, made["id"])["dead"] == 0)
    assert door.call("POST", path, json={"sequences": [1]}).status_code == 404

    before = len(peer.taken())
    assert door.call("POST", f"/v1/subscriptions/{made['id']}/replay", json={"after": 0}).json()["lag"] > 0
    wait_until(lambda: len(peer.taken()) >= before + shown(door, made["id"])["latest"])


def test_a_subscription_is_changed_paused_resumed_tried_rotated_and_ended(door: Door, peer: Receiver) -> None:
    made = subscribe(door, peer, types=["debt"], description="el marcador")
    path = f"/v1/subscriptions/{made['id']}"
    assert door.call("POST", f"{path}/test").json()["taken"] is True
    assert peer.taken()[-1]["type"] == "subscription.test"
    changed = door.call("PATCH", path, json={"types": ["payment.applied", "debt.*"], "after_dead": "hold"}).json()
    assert (changed["types"], changed["after_dead"]) == (["payment.applied", "debt.*"], "hold")
    assert changed["description"] == "el marcador"
    paused = door.call("POST", f"{path}/pause").json()
    assert (paused["state"], paused["reason"]) == ("paused", "Paused by tests.")
    assert door.call("POST", f"{path}/resume").json()["state"] == "active"
    rotated = door.call("POST", f"{path}/rotate-secret", json={"overlap_hours": 1}).json()
    assert rotated["secret"] != made["secret"]
    assert rotated["old_secret_until"] is not None
    assert door.call("POST", f"{path}/test").json()["taken"] is True, "the receiver has the old secret still"
    peer.trust(rotated["secret"])
    assert door.call("POST", f"{path}/test").json()["taken"] is True
    peer.trust("whsec_AAAA")
    refused = door.call("POST", f"{path}/test").json()
    assert (refused["taken"], refused["reason"]) == (False, "It answered 401.")
    assert [one["id"] for one in door.every("/v1/subscriptions")] == [made["id"]]
    assert door.call("DELETE", path).json()["id"] == made["id"]
    assert door.get(path).status_code == 404
    assert door.every("/v1/subscriptions") == []


@pytest.mark.parametrize(
    "url",
    [
        "https://10.0.0.1/hook", "https://169.254.169.254/latest/meta-data/", "https://[::1]/", "https://2130706433/",
        "http://0.0.0.0/", "http://93.184.216.34/", "https://user:pw@127.0.0.1/", "https://[::ffff:127.0.0.1]/",
    ],
)  # fmt: skip
def test_a_private_target_is_refused_with_what_to_change_and_nothing_is_stored(door: Door, url: str) -> None:
    answer = door.call("POST", "/v1/subscriptions", json={"url": url})
    assert answer.status_code == 422
    told = answer.json()
    assert told["type"] == "urn:concilia:problem:subscription-target"
    assert told["mend"]
    assert told["errors"][0]["field"] == "url"
    assert "pw" not in answer.text.replace("http", "")
    assert door.every("/v1/subscriptions") == []


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"types": ["debt.settld"]}, "types.0"), ({"types": ["debt", "x y"]}, "types.1"), ({"after": 10**6}, "after"),
        ({"after": -1}, "after"), ({"after_dead": "maybe"}, "after_dead"), ({"secret": "mine"}, "secret"),
        ({"url": ""}, "url"), ({"url": None}, "url"),
    ],
)  # fmt: skip
def test_what_cannot_be_subscribed_to_is_refused_by_its_member(
    door: Door, peer: Receiver, told: dict[str, Any], field: str
) -> None:
    answer = door.call("POST", "/v1/subscriptions", json={"url": peer.url, **told})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)
    assert door.every("/v1/subscriptions") == []


def test_every_type_is_described_with_its_schema(door: Door) -> None:
    types = {one["name"]: one for one in door.every("/v1/event-types")}
    assert {"debtor.merged", "debt.settled", "payment.applied", "agreement.broken", "discrepancy.opened"} <= set(types)
    assert types["debt.settled"]["data"]["properties"]["balance"]["type"] == "string"
    assert [page[0]["name"] for page in door.pages("/v1/event-types", limit=1)] == sorted(types)


def shown(door: Door, subscription: str) -> dict[str, Any]:
    found: dict[str, Any] = door.get(f"/v1/subscriptions/{subscription}").json()
    return found
