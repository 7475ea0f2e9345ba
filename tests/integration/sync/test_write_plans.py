"""A plan is what is written, field by field, and nothing else. Rows that moved stop; approvals are asked; echoes are quiet."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from concilia.errors import AskSteward, NotFound, RequestInvalid
from concilia.store import conflicts, write_plans
from sync import actions, disputes
from sync import write_plans as plans
from sync.hub import Hub
from sync.pinning import Wish, pin
from tests.conftest import OpenHub
from tests.remotes import Remote, memory
from tests.worlds import rut

__all__ = ["memory"]

YAML = """\
version: 1
connections:
  erp: {{connector: memory, country: CL, trust: 60, settings: {{world: "{world}"}}, push: {push},
         streams: {{people: {{key: [id], cursor: updated_at, map: people.yaml}}}}}}
  crm: {{connector: memory, country: CL, trust: 40, settings: {{world: "{world}"}}, push: {push},
         streams: {{people: {{key: [id], cursor: updated_at, map: people.yaml}}}}}}
"""
PEOPLE = """\
entities:
- entity: debtor
  key: [id]
  fields: {full_name: name, tax_id: tax_id}
  contact_points: [{type: phone, from: phone}, {type: email, from: email}]
"""
ASK = "{contacts: {phone: ask, email: ask}}"
OLD, NEW, OTHER = "+56951000007", "+56951000014", "+56951000021"


class World:
    """Two systems and a hub, at a time that only the test moves."""

    def __init__(self, folder: Path, opened: Callable[[Path], Hub], worlds: dict[str, Any], *, push: str = ASK) -> None:
        self.moment = datetime(2026, 11, 20, 9, tzinfo=UTC)
        self.folder, self._opened = folder, opened
        self.remotes = {name: Remote(lambda: self.moment) for name in ("erp", "crm")}
        worlds[str(folder)] = self.remotes
        (folder / "people.yaml").write_text(PEOPLE, "utf-8")
        self.hub = self.configure(push)

    def configure(self, push: str) -> Hub:
        """The hub under another policy."""
        (self.folder / "concilia.yaml").write_text(YAML.format(world=self.folder, push=push), "utf-8")
        self.hub = replace(self._opened(self.folder), clock=lambda: self.moment)
        actions.apply(self.hub)
        return self.hub

    def people(self, number: int, *, phone: str = OLD) -> None:
        """Persons known to both systems."""
        for n in range(number):
            for name, remote in self.remotes.items():
                remote.put(f"{name}-{n}", name=f"Ana Muñoz {n}", tax_id=rut(9_000_000 + n), phone=phone, email="")

    def start(self, *, approved: bool = True) -> None:
        """Everything read, and everybody agreed."""
        for _ in range(2):
            self.pull()
            plans.make(self.hub, [], made_by="test")
        if approved:
            for name in self.remotes:
                actions.approve(self.hub, name, by="ana")

    def pull(self) -> None:
        """Read both, write nothing."""
        self.later()
        assert actions.run(self.hub, [], push=False).exit_code == 0

    def edit(self, name: str, number: int, phone: str) -> None:
        """Somebody types a phone."""
        self.later()
        self.remotes[name].edit(f"{name}-{number}", "phone", phone)

    def later(self, minutes: int = 10) -> None:
        """Time goes by."""
        self.moment += timedelta(minutes=minutes)

    def phone(self, name: str, number: int = 0) -> str:
        """What a system says."""
        return str(self.remotes[name].records[f"{name}-{number}"]["phone"])

    def written(self) -> list[tuple[str, str, str, str]]:
        """What the hub wrote, by the systems' own ledgers."""
        return sorted(
            (name, e.record, e.column, e.after) for name, r in self.remotes.items() for e in r.ledger if e.by_hub
        )


Build = Callable[..., World]


@pytest.fixture
def build(tmp_path: Path, opened: OpenHub, memory: dict[str, Any], database_url: str | None) -> Build:
    return lambda **given: World(tmp_path, partial(opened, database_url=database_url), memory, **given)


def test_a_plan_shows_each_field_and_writes_nothing(build: Build) -> None:
    world = build()
    world.people(2)
    world.start()
    world.edit("crm", 1, NEW)
    world.pull()
    plan = plans.make(world.hub, [], made_by="ana")
    (row,) = plan.rows
    shown = plans.row_json(row)
    assert (row.connection, row.external_id, row.operation, row.field) == ("erp", "erp-1", "update_contact", "phone")
    assert (row.base, row.ours, row.theirs, shown["writes"]) == (OLD, NEW, OLD, {"phone": NEW})
    assert row.why == "edited in crm"
    assert world.written() == []
    assert plans.show(world.hub, plan.head.id).rows == plan.rows
    assert plans.listed(world.hub)[0].head.id == plan.head.id


def test_applying_writes_exactly_the_plan_and_the_echo_is_quiet(build: Build) -> None:
    world = build()
    world.people(3)
    world.start()
    world.edit("crm", 0, NEW)
    world.pull()
    plan = plans.make(world.hub, [], made_by="ana")
    world.edit("crm", 2, OTHER)
    world.pull()
    plans.apply(world.hub, plan.head.id)
    assert world.written() == [("erp", "erp-0", "phone", NEW)]
    assert plans.show(world.hub, plan.head.id).rows[0].state == write_plans.WRITTEN
    with pytest.raises(RequestInvalid, match="applied already"):
        plans.apply(world.hub, plan.head.id)
    actions.run(world.hub, [])
    assert world.written() == [("erp", "erp-0", "phone", NEW), ("erp", "erp-2", "phone", OTHER)]
    with world.hub.store.read() as tx:
        events = tx.exec_driver_sql("SELECT count(*) FROM event").scalar_one()
    world.later()
    report = actions.run(world.hub, [])
    assert sum(stream.applied for stream in report.run.streams) >= 1  # what was written came back
    assert len(world.written()) == 2
    with world.hub.store.read() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM event").scalar_one() == events


@pytest.mark.parametrize("seen", [False, True], ids=["not read since", "read since"])
def test_the_row_that_moved_stops_and_the_others_go_on(build: Build, seen: bool) -> None:
    world = build()
    world.people(3)
    world.start()
    for number in range(3):
        world.edit("crm", number, f"+5695200000{number}")
    world.pull()
    plan = plans.make(world.hub, ["erp"], made_by="ana")
    world.edit("erp", 1, OTHER)
    if seen:
        world.pull()
    plans.apply(world.hub, plan.head.id)
    assert world.written() == [("erp", "erp-0", "phone", "+56952000000"), ("erp", "erp-2", "phone", "+56952000002")]
    states = {row.external_id: row.state for row in plans.show(world.hub, plan.head.id).rows}
    assert states == {"erp-0": "written", "erp-1": "stopped", "erp-2": "written"}
    if not seen:
        (parked,) = disputes.listed(world.hub)
        assert (parked.kind, parked.ours, parked.theirs) == ("moved_since", "+56952000001", OTHER)
    world.pull()
    plans.make(world.hub, [], made_by="ana")
    assert [(c.kind, c.external_id) for c in disputes.listed(world.hub)] == [("concurrent_edits", "crm-1")]


@pytest.mark.parametrize("seed", range(8))
def test_plan_equals_apply_whatever_was_edited(build: Build, seed: int) -> None:
    """Every cell written is a cell planned, with the planned value; what moved in between is not written at all."""
    rng = random.Random(seed)
    world = build(push="{contacts: {phone: most_trusted, email: most_trusted}}")
    world.people(12)
    world.start()
    fresh = iter(range(1, 500))

    def edits(number: int) -> set[tuple[str, str]]:
        found = set()
        for _ in range(number):
            name, who = rng.choice(("erp", "crm")), rng.randrange(12)
            column = rng.choice(("phone", "email"))
            value = f"+5695{3_000_000 + next(fresh)}" if column == "phone" else f"p{next(fresh)}@correo.example"
            world.later(rng.randrange(3))
            value = rng.choice((value, value, value, ""))
            if world.remotes[name].records[f"{name}-{who}"][column] != value:
                world.remotes[name].edit(f"{name}-{who}", column, value)
                found.add((f"{name}-{who}", column))
        return found

    edits(14)
    world.pull()
    plan = plans.make(world.hub, [], made_by="ana")
    planned = {(r.connection, r.external_id, c, v) for r in plan.rows for c, v in plans.row_json(r)["writes"].items()}
    moved = edits(5)
    plans.apply(world.hub, plan.head.id)
    written = set(world.written())
    assert written <= planned
    stopped = {row.external_id for row in plans.show(world.hub, plan.head.id).rows if row.state == "stopped"}
    assert written == {cell for cell in planned if (cell[1], cell[2]) not in moved}, stopped


def test_a_plan_made_under_another_policy_is_stale(build: Build) -> None:
    world = build()
    world.people(1)
    world.start()
    world.edit("crm", 0, NEW)
    world.pull()
    plan = plans.make(world.hub, ["erp"], made_by="ana")
    world.configure("{contacts: {phone: most_trusted, email: ask}}")
    with pytest.raises(AskSteward, match="another mapping or policy"):
        plans.apply(world.hub, plan.head.id)
    assert plans.show(world.hub, plan.head.id).head.status == write_plans.STALE
    assert world.written() == []


def test_more_changes_than_allowed_wait_for_the_approval_of_their_plan(build: Build) -> None:
    world = build(push="{contacts: {phone: ask}, approval: {changes: 2}}")
    world.people(5)
    world.start()
    for number in range(3):
        world.edit("crm", number, f"+5695200000{number}")
    for _ in range(2):
        world.later()
        actions.run(world.hub, [])
    assert world.written() == []
    waiting = [p for p in plans.listed(world.hub) if p.targets[0].waits and p.head.made_by == "sync"]
    (plan,) = waiting  # the second sync found the same, and made no other
    with pytest.raises(AskSteward, match="3 changes are more than 2"):
        plans.apply(world.hub, plan.head.id)
    plans.approve(world.hub, plan.head.id, connection="erp", by="carla")
    plans.apply(world.hub, plan.head.id)
    assert len(world.written()) == 3


def test_what_nobody_approved_is_planned_and_not_written(build: Build) -> None:
    world = build()
    world.people(1)
    world.start(approved=False)
    world.edit("crm", 0, NEW)
    world.pull()
    plan = plans.make(world.hub, ["erp"], made_by="ana")
    with pytest.raises(AskSteward, match="not approved"):
        plans.apply(world.hub, plan.head.id)
    actions.run(world.hub, [])
    assert world.written() == []
    with pytest.raises(NotFound):
        plans.show(world.hub, 999)


@pytest.mark.parametrize(("take", "stands"), [("ours", 0), ("theirs", 1), ("+56 9 5100 0099", "+56951000099")])
def test_a_conflict_is_parked_then_written_as_a_person_decides(build: Build, take: str, stands: int | str) -> None:
    world = build()
    world.people(2)
    world.start()
    world.edit("crm", 0, NEW)
    world.edit("erp", 0, OTHER)
    world.edit("crm", 1, "+56952000001")
    actions.run(world.hub, [])
    assert world.phone("erp", 1) == "+56952000001"  # its neighbour was not held up
    assert (world.phone("crm"), world.phone("erp")) == (NEW, OTHER)
    (parked,) = disputes.listed(world.hub)
    assert (parked.kind, parked.status, {parked.ours, parked.theirs}) == ("concurrent_edits", "open", {NEW, OTHER})
    assert {voice["base"] for voice in disputes.as_json(parked)["voices"]} == {OLD}
    wanted = stands if isinstance(stands, str) else (parked.ours, parked.theirs)[stands]
    disputes.resolve(world.hub, parked.id, take=take, by="carla")
    with pytest.raises(RequestInvalid, match="nobody is asked"):
        disputes.resolve(world.hub, parked.id, take=take, by="carla")
    for _ in range(2):
        world.later()
        actions.run(world.hub, [])
    assert (world.phone("crm"), world.phone("erp")) == (wanted, wanted)
    assert disputes.one(world.hub, parked.id).status == conflicts.SETTLED
    assert disputes.listed(world.hub) == []


@pytest.mark.parametrize(("take", "kept"), [("ours", NEW), ("theirs", "")])
def test_delete_versus_edit_is_decided_for_the_one_record(build: Build, take: str, kept: str) -> None:
    world = build()
    world.people(1)
    world.start()
    world.edit("crm", 0, NEW)
    world.edit("erp", 0, "")
    actions.run(world.hub, [])
    (parked,) = disputes.listed(world.hub)
    assert (parked.kind, parked.connection) == ("delete_versus_edit", "erp")
    disputes.resolve(world.hub, parked.id, take=take, by="carla")
    for _ in range(2):
        world.later()
        actions.run(world.hub, [])
    assert (world.phone("crm"), world.phone("erp")) == (NEW, kept)
    assert disputes.listed(world.hub) == []


def test_a_value_that_cannot_be_used_is_refused(build: Build) -> None:
    world = build()
    world.people(1)
    world.start()
    world.edit("crm", 0, NEW)
    world.edit("erp", 0, OTHER)
    actions.run(world.hub, [])
    (parked,) = disputes.listed(world.hub)
    with pytest.raises(RequestInvalid, match="no phone that can be used"):
        disputes.resolve(world.hub, parked.id, take="999999999", by="carla")


def test_a_record_that_is_gone_stops_its_row(build: Build) -> None:
    world = build()
    world.people(2)
    world.start()
    world.edit("crm", 0, NEW)
    world.edit("crm", 1, OTHER)
    world.pull()
    plan = plans.make(world.hub, ["erp"], made_by="ana")
    del world.remotes["erp"].records["erp-0"]
    plans.apply(world.hub, plan.head.id)
    assert world.written() == [("erp", "erp-1", "phone", OTHER)]
    (parked,) = disputes.listed(world.hub)
    assert (parked.kind, parked.external_id) == ("delete_versus_edit", "erp-0")


def test_a_name_that_a_steward_pinned_is_written_where_names_may_be_and_no_other(build: Build) -> None:
    world = build(push="{contacts: {full_name: ask}}")
    world.people(2)
    world.start()
    plan = plans.make(world.hub, [], made_by="ana")
    assert plan.rows == ()
    pin(world.hub, "erp/people/erp-1", Wish("full_name", "Ana Núñez Muñoz", by="carla", reason="cédula vista"))
    world.later()
    actions.run(world.hub, [])
    name = "Ana Núñez Muñoz"
    assert world.written() == [("crm", "crm-1", "name", name), ("erp", "erp-1", "name", name)]
    for _ in range(2):
        world.later()
        actions.run(world.hub, [])
    assert len(world.written()) == 2
