"""A nightly file that breaks off, or whose signs are turned, stops and asks. Nothing is paid, missing or deleted by it."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from concilia.errors import NotFound, RequestInvalid
from sync import actions
from sync.hub import Hub
from tests.conftest import OpenHub
from tests.worlds import dump, rut, workspace, write_cartera

ROWS = [
    (f"F-{n:04d}", rut(5_000_000 + 977 * n), f"Persona {n}", "", "", "1.000", "01-10-2026", "2026-11-01T10:00:00")
    for n in range(1000)
]
MONEY = ("debt", "payment", "application", "absence", "discrepancy", "golden_debtor")


@pytest.fixture
def hub(tmp_path: Path, database_url: str | None, opened: OpenHub) -> Hub:
    """A portfolio of a thousand debts, read once."""
    write_cartera(workspace(tmp_path), ROWS)
    hub = opened(tmp_path, database_url=database_url)
    actions.apply(hub)
    assert actions.run(hub, ["erp"]).exit_code == 0
    return hub


def truncate(hub: Hub, part: float) -> None:
    """Cut the file in the middle of a row, as a broken transfer does."""
    path = hub.workspace.folder / "erp" / "cartera.csv"
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])


def statuses(hub: Hub) -> Counter[str]:
    return Counter(row["status"] for row in actions.export(hub, "debts"))


def test_a_file_cut_by_forty_percent_trips_the_breaker_and_changes_nothing(hub: Hub) -> None:
    before = {name: rows for name, rows in dump(hub).items() if name in MONEY}
    truncate(hub, 0.6)
    for _ in range(3):  # however often it is read
        report = actions.run(hub, ["erp"])
        assert report.exit_code == 4
        (told,) = report.failures.values()
        assert "of 1000 records of erp.cartera are not there any more, more than the 100" in str(told)
        assert f"concilia runs allow {report.run.id}" in str(told)
        assert {name: rows for name, rows in dump(hub).items() if name in MONEY} == before
    assert statuses(hub) == {"open": 1000}


def test_the_whole_file_next_night_is_read_as_if_nothing_had_been(hub: Hub) -> None:
    truncate(hub, 0.6)
    stopped = actions.run(hub, ["erp"])
    write_cartera(hub.workspace.folder, ROWS)
    assert actions.run(hub, ["erp"]).exit_code == 0
    assert statuses(hub) == {"open": 1000}
    with pytest.raises(RequestInvalid, match="asks nothing, or nothing any more"):
        actions.allow_run(hub, stopped.run.id, by="carla")


def test_what_a_person_allows_is_missing_after_two_files_and_never_paid(hub: Hub) -> None:
    write_cartera(hub.workspace.folder, ROWS[:600])
    stopped = actions.run(hub, ["erp"])
    (trip,) = actions.allow_run(hub, stopped.run.id, by="carla")
    assert (trip.found, trip.known, trip.kind) == (400, 1000, "vanished")
    assert actions.run(hub, ["erp"]).exit_code == 0
    assert statuses(hub) == {"open": 1000}
    assert actions.run(hub, ["erp"]).exit_code == 0  # the same file says nothing new
    assert statuses(hub) == {"open": 1000}
    write_cartera(hub.workspace.folder, ROWS[:600])  # the file of the next night
    assert actions.run(hub, ["erp"]).exit_code == 0
    assert statuses(hub) == {"open": 600, "missing_in_source": 400}
    assert {row["balance"] for row in actions.export(hub, "debts")} == {"1000"}
    write_cartera(hub.workspace.folder, ROWS)
    assert actions.run(hub, ["erp"]).exit_code == 0
    assert statuses(hub) == {"open": 1000}


def test_signs_turned_in_more_than_a_hundred_rows_stop_the_file_before_the_page_is_stored(hub: Hub) -> None:
    turned = [(*row[:5], "-1.000", *row[6:]) if n < 150 else row for n, row in enumerate(ROWS)]
    write_cartera(hub.workspace.folder, [(*row[:7], "2026-11-02T10:00:00") for row in turned])
    stopped = actions.run(hub, ["erp"])
    assert stopped.exit_code == 4
    assert "150 of 1000 records of erp.cartera changed sign" in str(next(iter(stopped.failures.values())))
    assert statuses(hub) == {"open": 1000}
    actions.allow_run(hub, stopped.run.id, by="carla")
    assert actions.run(hub, ["erp"]).exit_code == 0
    assert statuses(hub) == {"open": 850, "settled": 150}


def test_a_hundred_turned_signs_pass_unasked(hub: Hub) -> None:
    turned = [(*row[:5], "-1.000", row[6], "2026-11-02T10:00:00") if n < 100 else row for n, row in enumerate(ROWS)]
    write_cartera(hub.workspace.folder, turned)
    assert actions.run(hub, ["erp"]).exit_code == 0


def test_only_a_run_that_asks_can_be_allowed(hub: Hub) -> None:
    with pytest.raises(RequestInvalid, match="Run 1 asks nothing"):
        actions.allow_run(hub, 1, by="carla")
    with pytest.raises(NotFound, match="There is no run 99"):
        actions.allow_run(hub, 99, by="carla")


@pytest.mark.parametrize(
    ("option", "status"),
    [("", {"open": 5}), (", sweep: newest", {"missing_in_source": 2, "open": 3}), (", sweep: off", {"open": 5})],
)
def test_a_file_that_is_gone_proves_nothing_unless_each_new_one_holds_everything(
    tmp_path: Path, database_url: str | None, opened: OpenHub, option: str, status: dict[str, int]
) -> None:
    config = workspace(tmp_path) / "concilia.yaml"
    config.write_text(config.read_text("utf-8").replace("map: cartera.yaml}", f"map: cartera.yaml{option}}}"), "utf-8")
    hub = opened(tmp_path, database_url=database_url)
    actions.apply(hub)
    for night, rows in enumerate((ROWS[:5], ROWS[:3], ROWS[:3])):
        for old in (tmp_path / "erp").glob("*.csv"):
            old.unlink()
        write_cartera(tmp_path, rows, name=f"cartera-{night}.csv")
        assert actions.run(hub, ["erp"]).exit_code == 0
    assert statuses(hub) == status
