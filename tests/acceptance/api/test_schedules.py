"""Schedules, the breaker and discrepancies over HTTP: the same as on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from concilia.workspace import load
from sync import actions
from tests.conftest import OpenHub
from tests.door import Door, opened_door
from tests.worlds import rut, workspace, write_cartera

ROWS = [
    (f"F-{n}", rut(5_000_000 + 977 * n), f"Persona {n}", "", "", "1.000", "01-10-2026", "2026-11-01T10:00:00")
    for n in range(250)
]
SCHEDULES = """schedules:
  compare: {cron: "0 7 * * 1-5", time_zone: America/Santiago, job: reconcile, misfire: {catch_up: none, grace: 1h}}
  nightly: {cron: "30 2 * * *", time_zone: America/Santiago, job: sync, jitter: 5m}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = workspace(tmp_path)
    write_cartera(found, ROWS)
    with (found / "concilia.yaml").open("a") as file:
        file.write(SCHEDULES)
    return found


def stopped(folder: Path, opened: OpenHub):
    """A hub whose second run asks, and whose third, allowed, is not yet made."""
    hub = opened(folder)
    actions.apply(hub)
    actions.run(hub, ["erp"])
    write_cartera(folder, ROWS[:100])
    assert actions.run(hub, ["erp"]).exit_code == 4
    return hub


def test_schedules_are_listed_page_by_page_and_one_by_one(folder: Path, opened: OpenHub) -> None:
    hub = opened(folder)
    actions.apply(hub)
    assert load(folder).schedules.keys() == {"compare", "nightly"}
    with opened_door(hub) as door:
        assert [item["name"] for page in door.pages("/v1/schedules", limit=1) for item in page] == [
            "compare",
            "nightly",
        ]
        compare = door.get("/v1/schedules/compare").json()
        assert (compare["catch_up"], compare["grace_seconds"], compare["time_zone"], compare["firings"]) == (
            "none", 3600, "America/Santiago", [],
        )  # fmt: skip
        assert compare["next_due"][11:19] == "07:00:00"
        assert door.get("/v1/schedules/nobody").status_code == 404
        assert door.get("/v1/schedules/NO").status_code == 404


def test_a_run_says_which_schedule_it_was_and_what_it_asks_is_allowed(folder: Path, opened: OpenHub) -> None:
    with opened_door(stopped(folder, opened)) as door:
        run = door.get("/v1/runs/2").json()
        assert (run["schedule"], run["status"]) == (None, "partly_failed" if len(run["streams"]) > 1 else "failed")
        assert "are not there any more" in str(run["failures"])
        allowed = door.call("POST", "/v1/runs/2/allowance").json()["allowed"]
        assert [(trip["kind"], trip["found"], trip["known"]) for trip in allowed] == [("vanished", 150, 250)]
        assert door.call("POST", "/v1/runs/2/allowance").status_code == 422
        assert door.call("POST", "/v1/runs/99/allowance").status_code == 404


def test_systems_are_compared_and_discrepancies_ended(door: Door) -> None:
    dry = door.call("POST", "/v1/reconciliations", json={"dry_run": True}).json()
    assert (dry["dry_run"], dry["run"]) == (True, None)
    assert {figure["connection"] for figure in dry["figures"]} == {"erp"}
    door.pay(
        {"debt": {"document": "F-1"}, "amount": "150000", "unit": "CLP", "value_date": "2026-11-22", "reference": "T1"}
    )
    opened_now = door.call("POST", "/v1/reconciliations", json={}).json()["opened"]
    assert [row["kind"] for row in opened_now] == ["paid_here_open_there"]
    (row,) = door.get("/v1/discrepancies", params={"kind": "paid_here_open_there"}).json()["items"]
    place = f"/v1/discrepancies/{row['id']}"
    assert door.get(place).json() == row
    ended = door.call("POST", f"{place}/resolution", json={"resolution": "accepted", "note": "va en camino"}).json()
    assert (ended["status"], ended["resolved_by"], ended["note"]) == ("accepted", "tests", "va en camino")
    assert door.get("/v1/discrepancies").json()["items"] == []
    assert door.get("/v1/discrepancies", params={"status": "all"}).json()["items"] == [ended]
    assert door.call("POST", f"{place}/resolution", json={"resolution": "forgotten"}).status_code == 422
    assert door.get("/v1/discrepancies/99").status_code == 404
    assert door.call("POST", "/v1/reconciliations", json={"connections": ["erq"]}).status_code == 422
