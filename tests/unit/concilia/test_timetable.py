"""The schedules of concilia.yaml: read whole, and refused with place and mend."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from concilia import timetable
from concilia.errors import ConfigurationInvalid
from concilia.timetable import CatchUp, Overlap, Schedule
from concilia.workspace import load
from tests.worlds import workspace

WHOLE = """
    cron: "30  2 * * 1-5"
    time_zone: America/Santiago
    job: sync
    connections: [erp, crm]
    full: true
    overlap: queue
    misfire: {catch_up: all, grace: 2h}
    jitter: 90s
"""


def read(folder: Path, said: str) -> Schedule:
    path = workspace(folder) / "concilia.yaml"
    path.write_text(path.read_text("utf-8") + "schedules:\n  nightly:" + said, encoding="utf-8")
    return load(folder).schedules["nightly"]


def test_everything_declared_is_kept_and_comes_back_from_its_text(tmp_path: Path) -> None:
    found = read(tmp_path, WHOLE)
    assert found == Schedule(
        name="nightly",
        cron="30 2 * * 1-5",
        time_zone="America/Santiago",
        job="sync",
        connections=("erp", "crm"),
        full=True,
        overlap=Overlap.QUEUE,
        catch_up=CatchUp.ALL,
        grace=timedelta(hours=2),
        jitter=timedelta(seconds=90),
    )
    assert timetable.from_text("nightly", found.to_text()) == found


def test_what_is_left_out_is_careful(tmp_path: Path) -> None:
    found = read(tmp_path, ' {cron: "0 3 * * *", time_zone: UTC, job: reconcile}\n')
    assert (found.overlap, found.catch_up, found.grace, found.jitter, found.connections) == (
        Overlap.SKIP, CatchUp.ONCE, timedelta(minutes=5), timedelta(), (),
    )  # fmt: skip


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ('{cron: "0 3 * * *", time_zone: "-04:00", job: sync}', 'no known time zone. Use a name such as America/Santiago.'),
        ('{cron: "0 3 * * *", time_zone: UTC, job: sync, connections: [erq]}', 'no connection "erq". Did you mean "erp"?'),
        ('{cron: "0 3 * * *", time_zone: UTC, job: sync, jitter: soon}', "no length of time. Write for example 90s"),
        ('{cron: "0 3 * * *", time_zone: UTC, job: sync, misfire: {catch_up: all}}', "Write overlap: queue"),
        ('{cron: "0 3 * * *", time_zone: UTC, job: sync, overlap: maybe}', "skip"),
        ('{cron: "0 3 * * *", job: sync}', "time_zone"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(tmp_path: Path, said: str, told: str) -> None:
    with pytest.raises(ConfigurationInvalid) as refused:
        read(tmp_path, f" {said}\n")
    assert told in str(refused.value)
    assert refused.value.line > 20
