"""What goes wrong is told as a problem document, without a traceback and without what the caller wrote."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator

import httpx
import pytest

from concilia.store import connections
from concilia.store.migrate import HEAD
from sync import actions
from sync.hub import Hub
from tests.door import Door, check

MEBIBYTE = 1024 * 1024
GARBAGE = [
    b"",
    b"{",
    b"\xff\xfe\x00",
    b"\xff\xfe{\x00}\x00",
    b"not json",
    b"amount=15000&unit=CLP",
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'{"amount": NaN}',
    b'{"amount": -Infinity}',
    b"1" * 10_000,
    b'{"amount": "1", "amount": "2"}',
    "\ufeff{}".encode(),
    b"{}{}",
    b"'{}'",
    b"\x00" * 100,
    b'{"debt": "\xd1"}',
]


@pytest.mark.parametrize("body", GARBAGE, ids=range(len(GARBAGE)))
def test_a_body_that_is_no_json_in_utf_8_is_unreadable(door: Door, body: bytes) -> None:
    answer = door.call("POST", "/v1/payments", content=body, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:concilia:problem:body-unreadable")
    assert answer.json()["mend"]


@pytest.mark.parametrize(
    "body", ["[]", "null", "1", '"x"', "true", '{"\\ud800": 1}', '{"debt": {"document": "\\ud800"}}', "{}"]
)
def test_json_that_is_no_payment_is_refused(door: Door, body: str) -> None:
    answer = door.call("POST", "/v1/payments", content=body, headers={"Idempotency-Key": "k"})
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:concilia:problem:request-invalid")


def test_a_body_above_one_mebibyte_is_refused_with_or_without_its_length(door: Door) -> None:
    def in_pieces() -> Iterator[bytes]:
        yield b"{"
        for _ in range(40):
            yield b" " * (MEBIBYTE // 32)

    headers = {"Idempotency-Key": "k"}
    for body in (b" " * (MEBIBYTE + 1), b" " * (8 * MEBIBYTE), in_pieces()):
        assert door.call("POST", "/v1/payments", content=body, headers=headers).status_code == 413
    assert door.call("POST", "/v1/payments", content=b" " * MEBIBYTE, headers=headers).status_code == 400


def test_a_caller_who_hangs_up_in_the_middle_harms_nobody(door: Door) -> None:
    port = httpx.URL(door.url).port
    for _ in range(3):
        with socket.create_connection(("127.0.0.1", port)) as line:
            head = f"POST /v1/payments HTTP/1.1\r\nHost: x\r\nX-Api-Key: {door.key}\r\nContent-Length: 500\r\n\r\n"
            line.sendall(head.encode() + b'{"debt"')
    assert door.get("/v1/debtors").status_code == 200


def test_unknown_addresses_and_methods_are_problems_too(door: Door) -> None:
    for method, path, status in [
        ("GET", "/v2", 404),
        ("POST", "/v1/nothing", 404),
        ("PUT", "/v1/payments", 405),
        ("DELETE", "/v1/debtors", 405),
    ]:
        assert door.call(method, path).status_code == status
    assert door.call("DELETE", "/v1/debtors").headers["allow"] == "GET"


def test_a_problem_never_repeats_what_may_be_personal(door: Door) -> None:
    told = {
        "12.531.909-2": "José",
        "debt": {"document": 5, "jose@clientes.cl": 1},
        "amount": "12.531.909-2",
        "unit": "José",
        "value_date": "José",
        "method": "José",
    }
    answers = [
        door.call("POST", "/v1/payments", json=told, headers={"Idempotency-Key": "José".encode()}),
        door.call(
            "POST", "/v1/payments", json=told | {"debt": {"document": "12.531.909-2"}}, headers={"Idempotency-Key": "k"}
        ),
        door.get("/v1/debtors/12.531.909-2"),
        door.get("/v1/resolve", params={"tax_id": "12.531.909-2", "phone": "961234567"}),
        door.get("/v1/debtors", params={"12.531.909-2": "x"}),
    ]
    assert [a.status_code for a in answers] == [422, 422, 404, 422, 422]
    for answer in answers:
        assert not [word for word in ("12.531.909-2", "José", "jose@", "961234567") if word in answer.text]


def test_a_fault_of_ours_is_a_problem_without_its_reason_which_the_log_has(
    hub: Hub, door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    with hub.store.begin() as tx:
        tx.exec_driver_sql("DROP TABLE event")
    answer = door.get("/v1/events")
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:concilia:problem:hub-broken")
    assert "event" not in json.dumps(answer.json())
    failed = [r for r in caplog.records if r.levelno == logging.ERROR and hasattr(r, "request_id")]
    assert [r.request_id for r in failed] == [answer.headers["x-request-id"]]


def test_a_database_that_does_not_answer_is_said_to_be_out_of_reach(hub: Hub, door: Door) -> None:
    hub.store.close()
    (hub.workspace.folder / ".concilia").rename(hub.workspace.folder / "gone")
    answer = httpx.get(f"{door.url}/healthz")
    check(door.document, answer)
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:concilia:problem:unreachable")
    assert str(hub.workspace.folder) not in answer.text
    assert door.get("/v1/debtors").status_code == 503
    assert door.pay({}).status_code == 503
    (hub.workspace.folder / "gone").rename(hub.workspace.folder / ".concilia")
    assert door.get("/v1/debtors").status_code == 200


def test_health_counts_what_waits(hub: Hub, door: Door) -> None:
    told = door.get("/healthz").json()
    assert told == {"status": "ok", "schema_version": HEAD, "pending": {"debtors": 0, "quarantined": 2, "intents": 0}}
    door.pay({"debt": {"document": "F-1"}, "amount": "1", "unit": "CLP", "value_date": "2026-11-22", "reference": "T"})
    assert door.get("/healthz").json()["pending"]["intents"] == 1
    with hub.store.read() as tx:
        assert connections.every(tx)["erp"].approved_at is None
    assert len(actions.waiting_intents(hub)) == 1
