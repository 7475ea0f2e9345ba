"""Who gets in: nobody without a key in force, except to the three open addresses."""

from __future__ import annotations

import httpx
import pytest

from admin_api import auth
from sync import actions
from sync.hub import Hub
from tests.door import Door, check


def test_the_open_addresses_are_these_three_and_no_others() -> None:
    assert {"/healthz", "/openapi.json", "/docs"} == auth.OPEN


def test_every_described_operation_refuses_a_stranger_unless_it_is_open(door: Door) -> None:
    for path, methods in door.document["paths"].items():
        for method, told in methods.items():
            answer = httpx.request(method, door.url + path.replace("{", "").replace("}", ""), content=b"\xff")
            check(door.document, answer)
            assert answer.status_code == (200 if path in auth.OPEN else 401), path
            assert bool(told.get("security")) is (path not in auth.OPEN), path
            if path not in auth.OPEN:
                assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["/v1", "/nothing", "/v1/debtors/", "/healthz/", "/docs/x"])
def test_an_address_that_does_not_exist_tells_a_stranger_nothing(door: Door, path: str) -> None:
    assert httpx.get(door.url + path).status_code == 401
    assert door.get(path).status_code == 404


def test_a_key_is_taken_as_bearer_or_in_its_own_header(door: Door) -> None:
    for headers in (
        {"Authorization": f"Bearer {door.key}"},
        {"authorization": f"bearer  {door.key}"},
        {"X-Api-Key": door.key},
    ):
        assert httpx.get(f"{door.url}/v1/debtors", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer ck_wrong"},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"X-Api-Key": ""},
        {"X-Api-Key": "ck_" + "x" * 5000},
        {"X-Api-Key": b"ck_\xf1\xff"},
    ],
)
def test_anything_else_is_no_key(door: Door, headers: dict[str, str]) -> None:
    answer = httpx.get(f"{door.url}/v1/debtors", headers=headers)
    assert answer.status_code == 401
    assert "ck_wrong" not in answer.text


def test_a_revoked_key_ends_at_once(hub: Hub, door: Door) -> None:
    number, key = actions.create_key(hub, "bot")
    mine = {"Authorization": f"Bearer {key}"}
    with httpx.Client(base_url=door.url, headers=mine) as client:
        assert client.get("/v1/debtors").status_code == 200
        actions.revoke_key(hub, number)
        assert client.get("/v1/debtors").status_code == 401
    assert door.get("/v1/debtors").status_code == 200
