"""Schedules on the command line: declared, looked at, run by hand, kept by `serve`; and a run that asks."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.acceptance.cli.conftest import Terminal
from tests.worlds import rut, workspace, write_cartera

SCHEDULES = """schedules:
  nightly: {cron: "30 0 * * *", time_zone: America/Santiago, job: sync, connections: [erp]}
  often: {cron: "* * * * *", time_zone: UTC, job: resolve}
"""
ROWS = [
    (f"F-{n}", rut(5_000_000 + 977 * n), f"Persona {n}", "", "", "1.000", "01-10-2026", "2026-11-01T10:00:00")
    for n in range(250)
]


@pytest.fixture
def scheduled(tmp_path: Path) -> Terminal:
    folder = workspace(tmp_path / "cartera")
    write_cartera(folder, ROWS)
    with (folder / "concilia.yaml").open("a") as file:
        file.write(SCHEDULES)
    return Terminal(folder)


def test_schedules_are_taken_over_listed_run_and_paused(scheduled: Terminal) -> None:
    applied = {line["name"]: line["change"] for line in scheduled("apply", "--json").document["connections"]}
    assert applied["schedule nightly"] == applied["schedule often"] == "new"
    nightly, _ = scheduled("schedule", "list", "--json").lines
    assert (nightly["name"], nightly["job"], nightly["overlap"], nightly["catch_up"]) == (
        "nightly", "sync", "skip", "once",
    )  # fmt: skip
    coming = scheduled("schedule", "next", "nightly", "--count", 400, "--json").lines
    assert len({line["due"] for line in coming}) == 400
    assert [line["wall"][11:16] for line in coming] == ["00:30"] * 400
    skipped = [line for line in coming if line["due"][11:16] != "00:30"]  # the night in which the clock is put forward
    assert [line["due"][11:16] for line in skipped] == ["01:00"]
    ran = scheduled("schedule", "run", "nightly", "--json")
    assert (ran.code, ran.document["status"]) == (0, "done")
    (run,) = scheduled("runs", "--json").lines
    assert (run["id"], run["schedule"], run["kind"]) == (ran.document["run_id"], "nightly", "sync")
    assert scheduled("schedule", "pause", "often", "--by", "carla").code == 0
    assert scheduled("schedule", "list", "--json").lines[1]["paused_by"] == "carla"
    assert scheduled("schedule", "resume", "often").code == 0
    assert [line["status"] for line in scheduled("schedule", "history", "nightly", "--json").lines] == ["done"]
    gone = scheduled("schedule", "pause", "nigthly")
    assert (gone.code, "There are: nightly, often." in gone.err) == (2, True)


def test_a_cron_that_cannot_be_read_is_refused_with_its_line(scheduled: Terminal) -> None:
    path = scheduled.folder / "concilia.yaml"
    path.write_text(path.read_text("utf-8").replace('"30 0 * * *"', '"30 25 * * *"'), encoding="utf-8")
    ended = scheduled("apply")
    assert ended.code == 2
    assert ended.err.startswith('concilia.yaml:28 at schedules.nightly.cron: "30 25 * * *" is no cron expression')


def test_serving_keeps_the_clock_unless_told_otherwise(scheduled: Terminal) -> None:
    for words, keeps in ((("--no-schedules",), False), ((), True)):
        process = scheduled.begin("serve", "--port", 0, *words)
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(2 + keeps)]
        try:
            assert ("2 schedules kept" in "".join(told)) is keeps
            if keeps:
                while not scheduled("schedule", "history", "often", "--json").out:
                    time.sleep(1)  # until the minute is over
        finally:
            process.terminate()
            process.communicate(timeout=60)


def test_a_run_that_asks_ends_with_four_and_is_allowed_by_name(scheduled: Terminal) -> None:
    assert scheduled("sync", "erp").code == 0
    write_cartera(scheduled.folder, ROWS[:100])
    stopped = scheduled("sync", "erp")
    assert stopped.code == 4
    assert "150 of 250 records of erp.cartera are not there any more" in stopped.err
    assert "concilia runs allow 2" in scheduled("runs").out
    allowed = scheduled("runs", "allow", 2, "--by", "carla")
    assert allowed.out.startswith("erp.cartera: 150 of 250 records may be gone, once.")
    assert scheduled("sync", "erp").code == 0
    assert scheduled("runs", "allow", 2).code == 2


def test_systems_are_compared_and_discrepancies_ended(scheduled: Terminal) -> None:
    scheduled("sync")
    for _ in range(2):
        write_cartera(scheduled.folder, ROWS[1:])
        assert scheduled("sync", "erp").code == 0
    dry = scheduled("reconcile", "--dry-run", "--json").document
    assert (dry["dry_run"], dry["standing"], dry["run"]) == (True, 1, None)
    assert "difference" in scheduled("reconcile", "erp", "--days").out
    (row,) = scheduled("discrepancies", "list", "--json").lines
    assert (row["kind"], row["owner"], row["status"]) == ("missing_in_source", "erp", "open")
    ended = scheduled("discrepancies", "resolve", row["id"], "--as", "accepted", "--by", "carla", "--note", "devuelta")
    assert ended.out == f"Discrepancy {row['id']} is accepted, says carla.\n"
    assert scheduled("discrepancies", "list").out.endswith("0 discrepancies.\n")
    assert scheduled("discrepancies", "resolve", row["id"], "--as", "gone").code == 2
