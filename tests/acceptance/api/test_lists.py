"""Lists are read page by page to their end: every item once, whatever the size of the page."""

from __future__ import annotations

import base64

import pytest

from tests.door import Door

LISTS = {
    "/v1/debtors": "id",
    "/v1/runs": "id",
    "/v1/events": "sequence",
    "/v1/quality": "issue",
    "/v1/discrepancies": "id",
    "/v1/quarantine": "id",
}


def pay(door: Door, number: int) -> None:
    paid = {
        "debt": {"document": "F-4"},
        "amount": str(number),
        "unit": "CLP",
        "value_date": "2026-11-22",
        "reference": f"T{number}",
    }
    assert door.pay(paid).status_code == 201


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("limit", [1, 2, 3, 500])
def test_every_item_comes_once_and_in_the_same_order(door: Door, path: str, limit: int) -> None:
    whole = door.every(path)
    pages = door.pages(path, limit=limit)
    assert [item for page in pages for item in page] == whole
    assert all(len(page) == limit for page in pages[:-1])
    assert len(whole) > 0 or path == "/v1/discrepancies"
    places = [
        (item.get("connection"), item[LISTS[path]]) if path == "/v1/quality" else item[LISTS[path]] for item in whole
    ]
    assert places == sorted(set(places), reverse=path == "/v1/runs")


def test_a_page_holds_fifty_unless_it_is_asked_otherwise(door: Door) -> None:
    for number in range(1, 31):
        pay(door, number)
    assert len(door.pages("/v1/events", limit=50)[0]) == 50
    assert len(door.get("/v1/events").json()["items"]) == 50


def test_events_count_without_gaps_and_resume_hears_only_what_is_new(door: Door) -> None:
    before = door.get("/v1/events", params={"limit": 500}).json()
    assert before["next"] is None
    assert [e["sequence"] for e in before["items"]] == list(range(1, len(before["items"]) + 1))
    assert door.get("/v1/events", params={"after": before["resume"]}).json() == {
        "items": [],
        "next": None,
        "resume": before["resume"],
    }
    pay(door, 7)
    after = door.get("/v1/events", params={"after": before["resume"]}).json()
    assert [e["type"] for e in after["items"]][:2] == ["payment.received", "payment.applied"]
    assert after["items"][0]["sequence"] == len(before["items"]) + 1


def test_quarantine_can_be_asked_for_one_connection(door: Door) -> None:
    rows = door.get("/v1/quarantine", params={"connection": "erp"}).json()["items"]
    assert {(r["key"], r["column"]) for r in rows} == {("F-5", "VENCE"), ("F-6", "SALDO")}
    assert door.get("/v1/quarantine", params={"connection": "crm"}).json()["items"] == []


def test_a_run_is_told_with_dispositions_that_add_up(door: Door) -> None:
    last, first = door.every("/v1/runs")
    assert door.get(f"/v1/runs/{first['id']}").json() == first
    assert last["id"] > first["id"]
    for stream in first["streams"]:
        named = ("applied", "unchanged", "rejected", "quarantined", "blocked", "conflict")
        assert stream["read"] == sum(stream[name] for name in named)


@pytest.mark.parametrize("number", ["0", "3", "99999", "-1", "x", "1.5", "9" * 40])
def test_a_run_that_was_never_made_is_not_found(door: Door, number: str) -> None:
    assert door.get(f"/v1/runs/{number}").status_code == 404


def forged(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "cursor",
    ["zzz", "ñ", "=", "WyJydW5zIiwyXQ==", forged("{}"), forged('["runs"]'), forged('["debtors",1]'), forged('["events","x"]'),
     forged('["runs",-1]'), forged('["events",true]'), forged('["quarantine",99999999999999999999999]'),
     forged('["discrepancies", 1]'), forged('["debtors","a\\u0000"]'), forged("[" * 300)],
)  # fmt: skip
def test_a_cursor_that_was_not_given_out_is_refused(door: Door, path: str, cursor: str) -> None:
    answer = door.get(path, params={"after": cursor})
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:concilia:problem:cursor-invalid")


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("limit", ["0", "-1", "501", "x", "", "1e2", "9" * 60])
def test_a_page_has_one_to_five_hundred_items(door: Door, path: str, limit: str) -> None:
    answer = door.get(path, params={"limit": limit})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "limit")


def test_a_misspelt_parameter_is_refused_with_the_right_one(door: Door) -> None:
    answer = door.get("/v1/debtors", params={"limt": "5"})
    assert answer.json()["errors"] == [{"field": "limt", "message": 'There is no such member. Did you mean "limit"?'}]
