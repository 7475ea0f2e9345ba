"""Five systems edited by people on all sides, a hub between them: nothing is written over in silence, and it converges.

What counts is each system's own ledger. Every value a person types is unique, so that it is known which value took the
place of which: a value may be written over by those that descend from it, and by any other only with a conflict on record.
"""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from concilia.store import conflicts
from concilia.store.conflicts import ConflictRow
from sync import actions
from sync.hub import Hub
from tests.conftest import OpenHub
from tests.remotes import Effect, Remote, memory
from tests.worlds import rut

__all__ = ["memory"]

SEED = int(os.environ.get("CONCILIA_SIMULATION_SEED", "7"))
SYSTEMS = ("erp", "crm", "legacy", "shop", "bot")
FIELDS = ("phone", "email")
MAP = """\
entities:
- entity: debtor
  key: [id]
  fields: {{full_name: name, tax_id: tax_id}}
  contact_points: {points}
"""
FLAT = "[{type: phone, from: phone}, {type: email, from: email}]"
LISTED = "[{each: mechanisms, type: {from: type, values: {phone: phone, email: email}}, from: value}]"
POLICIES = {
    "newest": ("newest_within_skew", "{policy: newest_within_skew, skew: 2m}"),
    "owned": ("{policy: owner_wins, owner: crm}", "ask"),
    "trusted": ("most_trusted", "{policy: owner_wins, owner: erp}"),
}


@dataclass
class World:
    """Five systems, the people in them, and what descends from what."""

    hub: Hub
    remotes: dict[str, Remote]
    rng: random.Random
    moment: list[datetime]
    parents: dict[str, set[str]] = field(default_factory=dict)
    typed_in: dict[str, int] = field(default_factory=dict)  # value -> the round it was made in
    removed: dict[tuple[str, int], int] = field(default_factory=dict)  # system and effect -> the round of a removal
    emptied: dict[tuple[str, str, str], str] = field(default_factory=dict)  # what was removed there
    round: int = 0
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def fresh(self, column: str) -> str:
        """A value nobody ever typed."""
        number = next(self.numbers)
        return f"+5695{1000000 + number * 7}" if column == "phone" else f"persona{number}@correo.example"

    def edit(self, name: str, key: str, column: str) -> None:
        """A person types a new value, or now and then removes the one there."""
        before = self.remotes[name].records[key][column]
        value = "" if before and self.rng.random() < 0.05 else self.fresh(column)
        cell = (name, key, column)
        # A value typed where one was removed has taken the place of that one.
        took = before or self.emptied.get(cell, "")
        if value:
            self.parents[value] = {took} - {""}
            self.typed_in[value] = self.round
        else:
            self.removed[(name, len(self.remotes[name].ledger))], self.emptied[cell] = self.round, took
        self.remotes[name].edit(key, column, value)

    def edit_somewhere(self) -> None:
        """One random edit."""
        name = self.rng.choice(SYSTEMS)
        key = self.rng.choice(sorted(self.remotes[name].records))
        self.moment[0] += timedelta(seconds=self.rng.choice((1, 20, 300)))
        self.edit(name, key, self.rng.choice(FIELDS))

    def sync(self) -> int:
        """One pass; how many cells the hub wrote, counted by the systems."""
        before = self.writes()
        self.moment[0] += timedelta(minutes=1)
        report = actions.run(self.hub, [])
        assert report.exit_code == 0
        self.round += 1
        return self.writes() - before

    def writes(self) -> int:
        """The cells the hub ever wrote."""
        return sum(effect.by_hub for remote in self.remotes.values() for effect in remote.ledger)

    def events(self) -> int:
        """How many events there ever were."""
        with self.hub.store.read() as tx:
            return int(tx.exec_driver_sql("SELECT count(*) FROM event").scalar_one())

    def conflicts(self) -> list[ConflictRow]:
        """Every conflict on record."""
        with self.hub.store.read() as tx:
            return conflicts.listed(tx, limit=1_000_000)

    def descends(self, value: str, other: str) -> bool:
        """Whether a value took, at some remove, the place of another."""
        open_, seen = {value}, set[str]()
        while open_:
            one = open_.pop()
            if one == other:
                return True
            seen.add(one)
            open_ |= self.parents.get(one, set()) - seen
        return False


def silent(world: World) -> list[tuple[str, Effect]]:
    """What the hub wrote over without its value descending from it and without a conflict on record."""
    recorded = {(c.connection, c.external_id, c.field, c.theirs) for c in world.conflicts()}
    found = []
    for name, remote in world.remotes.items():
        last: dict[tuple[str, str], int] = {}
        for effect in remote.ledger:
            earlier = last.get((effect.record, effect.column), -1)
            last[(effect.record, effect.column)] = effect.number
            if not effect.by_hub or effect.after == effect.before:
                continue
            known = (name, effect.record, effect.column, effect.before) in recorded
            if effect.before:
                fine = known or world.descends(effect.after, effect.before)
            else:
                removed = world.removed.get((name, earlier))
                fine = known or removed is None or world.typed_in.get(effect.after, -1) > removed
            if not fine:
                found.append((name, effect))
    return found


def build(folder: Path, opened: OpenHub, worlds: dict[str, Any], *, policy: str, debtors: int, seed: int) -> World:
    rng = random.Random(seed)
    moment = [datetime(2026, 11, 20, 9, tzinfo=UTC)]
    remotes = {name: Remote(lambda: moment[0], mechanisms=name == "shop") for name in SYSTEMS}
    worlds[str(folder)] = remotes
    phone, email = POLICIES[policy]
    lines = ["version: 1", "connections:"]
    for place, name in enumerate(SYSTEMS):
        lines += [
            f"  {name}:",
            f"    connector: memory\n    country: CL\n    trust: {40 + 10 * place}",
            f'    settings: {{world: "{folder}"}}',
            f"    push: {{contacts: {{phone: {phone}, email: {email}}}}}",
            f"    streams: {{people: {{key: [id], cursor: updated_at, map: {name}.yaml}}}}",
        ]
        (folder / f"{name}.yaml").write_text(MAP.format(points=LISTED if name == "shop" else FLAT), "utf-8")
    (folder / "concilia.yaml").write_text("\n".join(lines), "utf-8")
    hub = replace(opened(folder), clock=lambda: moment[0])
    world = World(hub, remotes, rng, moment)
    for number in range(debtors):
        phone, email = world.fresh("phone"), world.fresh("email")
        for name in SYSTEMS:
            if name == "erp" or rng.random() < 0.8:
                differs = rng.random() < 0.1
                cells = {
                    "name": f"Persona Número {number}",
                    "phone": world.fresh("phone") if differs else phone,
                    "email": "" if rng.random() < 0.1 else email,
                    "tax_id": rut(8_000_000 + number * 13),
                }
                remotes[name].put(f"{name}-{number}", **cells)
    actions.apply(hub)
    for name in SYSTEMS:
        actions.approve(hub, name, by="ana")
    return world


def _simulated(world: World, *, edits: int, rounds: int) -> None:
    world.sync()
    world.sync()
    for _ in range(rounds):
        for _ in range(edits // rounds):
            world.edit_somewhere()
        world.sync()


@pytest.mark.parametrize("policy", POLICIES)
def test_five_systems_converge_and_nothing_is_written_over_in_silence(
    tmp_path: Path, opened: OpenHub, memory: dict[str, Any], policy: str
) -> None:
    size = (500, 5000) if policy == "newest" else (80, 800)
    converge(build(tmp_path, opened, memory, policy=policy, debtors=size[0], seed=SEED), edits=size[1])


@pytest.mark.soak
@pytest.mark.parametrize("policy", POLICIES)
def test_many_debtors_converge_and_nothing_is_written_over_in_silence(
    tmp_path: Path, opened: OpenHub, memory: dict[str, Any], policy: str
) -> None:
    debtors, edits = (
        int(os.environ.get(f"CONCILIA_SIMULATION_{n}", d)) for n, d in (("DEBTORS", 10_000), ("EDITS", 100_000))
    )
    converge(build(tmp_path, opened, memory, policy=policy, debtors=debtors, seed=SEED), edits=edits)


def converge(world: World, *, edits: int) -> None:
    """Edit on all sides while the hub syncs, then let it come to rest: one pass, and no more."""

    def meddle(name: str, order: Any) -> None:
        if world.rng.random() < 0.03:
            world.edit(name, order.record, order.field)

    for remote in world.remotes.values():
        remote.before_write = meddle
    _simulated(world, edits=edits, rounds=8)
    for remote in world.remotes.values():
        remote.before_write = None
    world.sync()
    events = world.events()
    assert world.sync() == 0
    assert world.events() == events
    assert silent(world) == [], f"seed {SEED}"
    assert world.writes() > edits / 2
