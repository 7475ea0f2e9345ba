"""Each firing is one run: whoever asks, however many they are, and whoever is killed while it runs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from admin_api.bootstrap import open_hub
from concilia.errors import NotFound, RetryLater, RunMustStop
from concilia.settings import Settings
from concilia.store import locks, runs, schedules
from concilia.store.schedules import FiringRow
from concilia.workspace import load
from sync import actions, firings, jobs, schedule_views
from sync.firings import Holder
from sync.hub import Hub
from sync.jobs import Order, Outcome
from sync.ticker import Ticker
from tests.worlds import rut, workspace, write_cartera

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
A, B = Holder("a"), Holder("b")


class Hands:
    """A clock that somebody moves."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture
def hub(tmp_path: Path, database_url: str | None, hands: Hands, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.setitem(jobs.JOBS, "count", jobs.as_run("count", lambda _hub, _order: {"counted": 1}))
    workspace(tmp_path)
    hub = open_hub(Settings(tmp_path, database_url, {}), clock=hands)
    yield hub
    hub.store.close()


def declare(hub: Hub, said: str) -> Hub:
    """The hub with these schedules, taken over."""
    path = hub.workspace.folder / "concilia.yaml"
    path.write_text(path.read_text("utf-8").partition("schedules:")[0] + f"schedules:\n{said}", encoding="utf-8")
    fresh = replace(hub, workspace=load(hub.workspace.folder, environment={}))
    actions.apply(fresh)
    return fresh


def hourly(name: str = "hourly", *, job: str = "count", more: str = "") -> str:
    return f'  {name}: {{cron: "0 * * * *", time_zone: UTC, job: {job}{more}}}\n'


def states(hub: Hub, name: str = "") -> list[str]:
    return [firing.status for firing in reversed(schedule_views.history(hub, name, limit=1000))]


def claimed(hub: Hub, holder: Holder = A) -> FiringRow:
    firing = firings.claim_next(hub, holder)
    assert firing is not None
    return firing


def test_a_due_firing_is_written_once_and_becomes_one_run_that_names_its_schedule(hub: Hub, hands: Hands) -> None:
    hub = declare(hub, hourly())
    assert firings.write_down(hub) == 0
    hands.forward(hours=1)
    assert [firings.write_down(hub) for _ in range(3)] == [1, 0, 0]
    done = firings.carry_out(hub, claimed(hub))
    assert (done.status, firings.claim_next(hub, B)) == ("done", None)
    (run,) = actions.latest_runs(hub)
    assert (run.id, run.kind, run.status, run.schedule) == (done.run_id, "count", "done", "hourly")
    assert run.due_at == done.due_at == "2026-11-22T13:00:00.000000+00:00"
    assert run.body == {"counted": 1}


def test_two_processes_cannot_hold_one_firing(hub: Hub, hands: Hands) -> None:
    hub = declare(hub, hourly())
    hands.forward(hours=1)
    firings.write_down(hub)
    with hub.store.read() as tx:
        (waiting,) = schedules.startable(tx, "hourly", now="2027")
    with hub.store.begin() as tx:
        taken = [schedules.claim(tx, waiting, holder=name, lease_until="2027") for name in "ab"]
    assert taken == [True, False]


def test_the_firing_of_a_dead_holder_is_taken_over_and_stays_one_run(hub: Hub, hands: Hands) -> None:
    hub = declare(hub, hourly())
    hands.forward(hours=1)
    firings.write_down(hub)
    dead = claimed(hub, A)
    with hub.store.begin() as tx:
        run_id = schedules.open_run(tx, dead, kind="count", at="2026")  # and then it was killed
    assert firings.claim_next(hub, B) is None  # its lease still runs
    hands.forward(seconds=61)
    taken = claimed(hub, B)
    assert (taken.id, taken.fence, taken.holder) == (dead.id, dead.fence + 1, "b")
    assert firings.carry_out(hub, taken).run_id == run_id
    assert [run.status for run in actions.latest_runs(hub)] == ["done"]


def test_a_holder_that_comes_back_too_late_changes_nothing(hub: Hub, hands: Hands) -> None:
    hub = declare(hub, hourly())
    hands.forward(hours=1)
    firings.write_down(hub)
    slow = claimed(hub, A)
    hands.forward(seconds=61)
    successor = claimed(hub, B)
    assert firings.renewed(hub, slow, A) is slow
    with hub.store.begin() as tx:
        assert schedules.open_run(tx, slow, kind="count", at="2026") is None
    assert firings.carry_out(hub, slow).status == "running"
    assert actions.latest_runs(hub) == []
    assert firings.carry_out(hub, successor).status == "done"
    assert len(actions.latest_runs(hub)) == 1


def test_a_holder_that_says_it_lives_keeps_its_firing(hub: Hub, hands: Hands) -> None:
    hub = declare(hub, hourly())
    hands.forward(hours=1)
    firings.write_down(hub)
    firing = claimed(hub, A)
    for _ in range(5):
        hands.forward(seconds=45)
        firing = firings.renewed(hub, firing, A)
        assert firings.claim_next(hub, B) is None
    assert firings.carry_out(hub, firing).status == "done"


def test_a_run_that_had_ended_before_its_holder_died_is_not_run_again(hub: Hub, hands: Hands) -> None:
    hub = declare(hub, hourly())
    hands.forward(hours=1)
    firings.write_down(hub)
    jobs.JOBS["count"](hub, Order(claimed(hub, A)))  # killed between the end of the run and that of the firing
    hands.forward(seconds=61)
    taken = claimed(hub, B)
    assert firings.carry_out(hub, taken).status == "done"
    assert len(actions.latest_runs(hub)) == 1


@pytest.mark.parametrize(
    ("overlap", "expected"),
    [
        ("skip", ["running", "skipped", "skipped"]),
        ("one", ["running", "waiting", "skipped"]),
        ("queue", ["running", "waiting", "waiting"]),
    ],
)
def test_overlapping_firings_do_what_is_declared(hub: Hub, hands: Hands, overlap: str, expected: list[str]) -> None:
    hub = declare(hub, hourly(more=f", overlap: {overlap}"))
    long_lease = Holder("a", lease=timedelta(days=1))
    hands.forward(hours=1)
    firings.write_down(hub)
    first = claimed(hub, long_lease)
    for _ in range(2):
        hands.forward(hours=1)
        firings.write_down(hub)
        assert firings.claim_next(hub, B) is None
    assert states(hub) == expected
    firings.carry_out(hub, first)
    while (firing := firings.claim_next(hub, B)) is not None:
        firings.carry_out(hub, firing)
    assert states(hub) == [{"running": "done", "waiting": "done"}.get(state, state) for state in expected]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ("", ["missed", "missed", "waiting"]),
        (", overlap: queue, misfire: {catch_up: all}", ["waiting", "waiting", "waiting"]),
        (", misfire: {catch_up: none}", ["missed", "missed", "missed"]),
        (", misfire: {catch_up: none, grace: 2h}", ["missed", "waiting", "waiting"]),
    ],
)
def test_what_nobody_was_there_for_is_caught_up_or_missed_visibly(
    hub: Hub, hands: Hands, more: str, expected: list[str]
) -> None:
    hub = declare(hub, hourly(more=more))
    hands.forward(hours=3, minutes=30)
    firings.write_down(hub)
    assert states(hub) == expected
    missed = [f for f in schedule_views.history(hub) if f.status == "missed"]
    assert all(f.reason.startswith("nobody was there within") for f in missed)


def test_a_paused_schedule_is_due_for_nobody_and_goes_on_from_now(hub: Hub, hands: Hands) -> None:
    hub = declare(hub, hourly())
    firings.pause(hub, "hourly", by="carla")
    hands.forward(hours=5)
    assert firings.write_down(hub) == 0
    (view,) = schedule_views.views(hub)
    assert (view.paused_by, view.next_due) == ("carla", None)
    firings.resume(hub, "hourly")
    assert firings.write_down(hub) == 0
    hands.forward(hours=1)
    assert firings.write_down(hub) == 1


def test_another_cron_is_due_from_its_declaration_on(hub: Hub, hands: Hands) -> None:
    hub = declare(hub, hourly())
    hands.forward(hours=4)
    changed = declare(hub, '  hourly: {cron: "*/10 * * * *", time_zone: UTC, job: count}\n')
    assert firings.write_down(changed) == 0
    hands.forward(minutes=10)
    assert firings.write_down(changed) == 1


def test_a_schedule_that_is_removed_leaves_its_history(hub: Hub, hands: Hands) -> None:
    hub = declare(hub, hourly())
    hands.forward(hours=1)
    firings.write_down(hub)
    gone = declare(hub, "  {}\n")
    assert schedule_views.views(gone) == []
    assert states(gone) == ["skipped"]
    with pytest.raises(NotFound, match="There is no schedule 'hourly'"):
        schedule_views.view(gone, "hourly")


def test_a_job_that_breaks_is_a_failed_run_with_its_reason(
    hub: Hub, hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_hub: Hub, _order: Order) -> Outcome:
        raise ZeroDivisionError

    monkeypatch.setitem(jobs.JOBS, "count", broken)
    hub = declare(hub, hourly())
    hands.forward(hours=1)
    firings.write_down(hub)
    done = firings.carry_out(hub, claimed(hub))
    assert (done.status, done.reason) == ("failed", "Concilia has a fault (ZeroDivisionError). Please report this.")
    (run,) = actions.latest_runs(hub)
    assert (run.id, run.status) == (done.run_id, "failed")


def test_a_firing_whose_connection_is_busy_waits_and_has_its_one_run_later(hub: Hub, hands: Hands) -> None:
    write_cartera(
        hub.workspace.folder, [("F-1", rut(12_531_909), "Ana", "", "", "1.000", "01-10-2026", "2026-11-01T10:00:00")]
    )
    hub = declare(hub, hourly(job="sync", more=", connections: [erp]"))
    hands.forward(hours=1)
    firings.write_down(hub)
    with locks.hold(hub.store, "connection-erp"):
        put_back = firings.carry_out(hub, claimed(hub))
    assert (put_back.status, put_back.run_id) == ("waiting", None)
    assert "Another run is working with erp now." in put_back.reason
    assert firings.claim_next(hub, A) is None
    hands.forward(seconds=31)
    assert firings.carry_out(hub, claimed(hub)).status == "done"
    (run,) = actions.latest_runs(hub)
    assert (run.kind, run.schedule, [s.read for s in run.streams]) == ("sync", "hourly", [1])


def test_a_sync_that_was_killed_goes_on_as_the_same_run_and_adds_up(hub: Hub, hands: Hands) -> None:
    rows = [
        (f"F-{n}", rut(5_000_000 + 977 * n), "Ana", "", "", "1.000", "01-10-2026", "2026-11-01T10:00:00")
        for n in range(5)
    ]
    write_cartera(hub.workspace.folder, rows)
    hub = declare(hub, hourly(job="sync", more=", connections: [erp]"))
    hands.forward(hours=1)
    firings.write_down(hub)
    dead = claimed(hub, A)
    with hub.store.begin() as tx:
        run_id = schedules.open_run(tx, dead, kind="sync", at="2026")
        assert run_id is not None
        runs.open_stream(tx, run_id, connection="erp", stream="cartera")
    actions.run(hub, ["crm"])  # another run in between leaves it alone
    actions.run(hub, ["erp"])  # and one that works with the same connection calls it abandoned
    hands.forward(seconds=61)
    assert firings.carry_out(hub, claimed(hub, B)).status == "done"
    run = actions.one_run(hub, run_id)
    assert (run.status, run.schedule) == ("done", "hourly")
    assert all(stream.adds_up and stream.status == "done" for stream in run.streams)


def test_a_schedule_runs_by_hand_once_and_not_beside_itself(hub: Hub, hands: Hands) -> None:
    hub = declare(hub, hourly())
    assert firings.run_now(hub, "hourly", A).status == "done"
    hands.forward(hours=1)
    firings.write_down(hub)
    claimed(hub, B)
    with pytest.raises(RunMustStop, match="hourly is running now"):
        firings.run_now(hub, "hourly", A)


def test_a_tick_starts_what_is_due_and_survives_a_database_that_is_away(hub: Hub, hands: Hands) -> None:
    hub = declare(hub, hourly() + hourly("other"))
    ticker = Ticker(hub, A)
    assert ticker.tick() == 0
    hands.forward(hours=1)
    assert ticker.tick() == 2
    ticker.wait()
    assert states(hub) == ["done", "done"]
    with hub.store.begin() as tx:
        tx.execute(text("ALTER TABLE schedule RENAME TO away"))
    assert ticker.tick() == 0
    with hub.store.begin() as tx:
        tx.execute(text("ALTER TABLE away RENAME TO schedule"))
    hands.forward(hours=1)
    assert ticker.tick() == 2
    ticker.wait()
    assert states(hub) == ["done"] * 4


def test_a_job_that_is_not_known_is_refused_by_name(hub: Hub) -> None:
    with pytest.raises(Exception, match=r'there is no job "dance". Jobs are: sync, resolve, push, reconcile'):
        declare(hub, hourly(job="dance"))


def test_every_shipped_job_leaves_one_run(hub: Hub, hands: Hands) -> None:
    names = [name for name in jobs.JOBS if name != "count"]
    hub = declare(hub, "".join(hourly(f"s{n}", job=name) for n, name in enumerate(names)))
    hands.forward(hours=1)
    assert firings.write_down(hub) == len(names)
    while (firing := firings.claim_next(hub, A)) is not None:
        assert firings.carry_out(hub, firing).status == "done", firing
    assert sorted(run.kind for run in actions.latest_runs(hub)) == sorted(names)


def test_a_job_may_ask_to_be_tried_again(hub: Hub, hands: Hands, monkeypatch: pytest.MonkeyPatch) -> None:
    def busy(_hub: Hub, _order: Order) -> Outcome:
        raise RetryLater("not now", after=timedelta(minutes=2))

    hub = declare(hub, hourly())
    hands.forward(hours=1)
    firings.write_down(hub)
    with monkeypatch.context() as busy_now:
        busy_now.setitem(jobs.JOBS, "count", busy)
        assert firings.carry_out(hub, claimed(hub)).status == "waiting"
    hands.forward(minutes=2)
    assert firings.carry_out(hub, claimed(hub)).status == "done"
