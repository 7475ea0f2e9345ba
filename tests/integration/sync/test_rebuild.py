"""Replaying the ledger from nothing: the same ids, the same golden records, the same debts, whatever was done before."""

from __future__ import annotations

import contextlib
import itertools
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from concilia.clock import to_text
from concilia.errors import ConciliaError
from concilia.servicing import register
from concilia.servicing.register import Call
from concilia.store.tables import metadata
from sync import actions, pinning, rebuild, stewardship
from sync.hub import Hub
from sync.pinning import Wish
from tests.conftest import OpenHub
from tests.delivery import drained, pay_many, prepared, sandbox
from tests.worlds import dotted, dump, rut, workspace, write_cartera, write_contacts

PEOPLE = [
    ("Ana Muñoz Ñuñez", rut(12531909)), ("José Luis Hernández García", rut(9876543)), ("Pedro Soto Rojas", rut(7654321)),
    ("María Paz Contreras", rut(15443221)), ("Comercial Ñandú SpA", rut(76543210)), ("Luis Hernandez", rut(11222333)),
]  # fmt: skip
PHONES = ["961234567", "962223344", "963334455", "227654321", "1", ""]


class Story:
    """A hub to which things happen at random, replayable from its seed."""

    def __init__(self, folder: Path, hub: Hub, seed: int) -> None:
        self.folder, self.hub = folder, hub
        self.chance = random.Random(seed)
        self.debts: dict[str, list[str]] = {}
        self.contacts: dict[str, list[str]] = {}
        self.numbers = itertools.count(1)

    def step(self) -> None:
        """One thing that happens; what is refused is refused."""
        happenings: list[Callable[[], object]] = [
            self.load,
            self.load,
            self.rule,
            self.rule,
            self.pin,
            self.pay,
            self.pay,
            self.reverse,
        ]
        with contextlib.suppress(ConciliaError):
            self.chance.choice(happenings)()

    def load(self) -> None:
        """New rows, changed rows, rows that are gone from the file."""
        for _ in range(self.chance.randint(1, 5)):
            name, number = self.chance.choice(PEOPLE)
            document = f"F-{self.chance.randint(1, 12)}"
            balance = str(self.chance.randint(0, 9) * 1000)
            seen = f"2026-11-{self.chance.randint(1, 20):02d}T{next(self.numbers) % 24:02d}:00:00"
            self.debts[document] = [
                document,
                dotted(number),
                name,
                self.chance.choice(PHONES),
                "",
                balance,
                "01-10-2026",
                seen,
            ]
            key = f"c{self.chance.randint(1, 6)}"
            told = number.replace("-", "") if self.chance.random() < 0.6 else ""
            mail = f"{name[:3].lower().replace('é', 'e')}@clientes.cl" if self.chance.random() < 0.5 else ""
            self.contacts[key] = [key, told, name.upper(), self.chance.choice(PHONES), "", mail, f"{seen}Z"]
        write_cartera(self.folder, list(self.debts.values()))
        write_contacts(self.folder, list(self.contacts.values()))
        actions.run(self.hub, [])

    def rule(self) -> None:
        with self.hub.store.read() as tx:
            known = [row[0] for row in tx.execute(text("SELECT id FROM source_debtor ORDER BY id"))]
        left, right = self.chance.sample(known, 2)
        stewardship.rule(self.hub, (left, right), judgement=self.chance.choice(stewardship.JUDGEMENTS), by="ana")

    def pin(self) -> None:
        with self.hub.store.read() as tx:
            known = [
                row[0]
                for row in tx.execute(
                    text("SELECT golden_id FROM source_debtor WHERE golden_id IS NOT NULL ORDER BY id")
                )
            ]
        value = self.chance.choice(["Nombre Corregido", "Otra Persona", None])
        pinning.pin(self.hub, self.chance.choice(known), Wish("full_name", value, "ana", "por carta"))

    def pay(self) -> None:
        body = {
            "debt": {"document": self.chance.choice(list(self.debts))}, "amount": str(self.chance.randint(1, 5) * 1000),
            "unit": "CLP", "value_date": "2026-11-21", "reference": f"T{self.chance.randint(1, 30)}",
        }  # fmt: skip
        call = Call(1, f"k{next(self.numbers)}", to_text(self.hub.clock()))
        with self.hub.store.begin() as tx:
            register.register(tx, body, call=call, policy=self.hub.policies.ledger)

    def reverse(self) -> None:
        with self.hub.store.read() as tx:
            paid = [row[0] for row in tx.execute(text("SELECT id FROM payment ORDER BY id"))]
        if paid:
            told = {"kind": "reversed", "value_date": "2026-11-22"}
            key = f"r{next(self.numbers)}"
            actions.reverse_payment(self.hub, self.chance.choice(paid), told, key_id=1, idempotency_key=key)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_hub_to_which_anything_happened_is_rebuilt_the_same(
    tmp_path: Path, database_url: str | None, opened: OpenHub, seed: int
) -> None:
    folder = workspace(tmp_path)
    hub = opened(folder, database_url=database_url)
    story = Story(folder, hub, seed)
    story.load()
    for _ in range(30):
        story.step()
    before = dump(hub)
    found = rebuild.check(hub)
    assert [str(one) for one in found.differences] == []
    assert found.equal
    assert found.goldens == len(before["golden_debtor"]) > 3
    assert found.debts == len(before["debt"]) > 3
    assert dump(hub) == before, "comparing changes nothing"
    kinds = {row[1] for row in before["identity_ledger"]}
    assert {"founded", "moved"} <= kinds


def test_payments_written_to_an_erp_and_answered_with_balances_are_rebuilt(tmp_path: Path) -> None:
    with sandbox(15) as server:
        world = prepared(tmp_path, None, server)
        pay_many(world, 12, chance=random.Random(4))
        drained(world)
        with world.opened() as hub:
            assert [str(one) for one in rebuild.check(hub).differences] == []
            actions.run(hub, [])
            assert rebuild.check(hub).equal


@pytest.mark.parametrize(
    ("sql", "what", "field"),
    [
        ("UPDATE golden_debtor SET body = replace(body, 'Ana', 'Eva') WHERE body LIKE '%Ana%'", "golden", "full_name"),
        ("UPDATE debt SET balance = '1' WHERE document = (SELECT max(document) FROM debt)", "debt", "balance"),
        (
            (
                "UPDATE source_debtor SET golden_id = (SELECT max(g.id) FROM golden_debtor g "
                "WHERE g.id <> source_debtor.golden_id) WHERE id = 1"
            ),
            "crosswalk",
            "golden_id",
        ),
        ("DELETE FROM debt", "debt", ""),
    ],
)
def test_whatever_was_changed_by_hand_is_found_and_named(
    tmp_path: Path, opened: OpenHub, sql: str, what: str, field: str
) -> None:
    folder = workspace(tmp_path)
    hub = opened(folder)
    story = Story(folder, hub, 5)
    story.debts = {
        "F-1": ["F-1", dotted(PEOPLE[0][1]), PEOPLE[0][0], "", "", "5000", "01-10-2026", "2026-11-01T00:00:00"]
    }
    story.load()
    assert rebuild.check(hub).equal
    with hub.store.begin() as tx:
        tx.execute(text(sql))
    found = rebuild.check(hub)
    assert not found.equal
    assert any(one.what == what and field in one.field for one in found.differences)


def test_every_table_is_taken_over_made_anew_or_left_aside_on_purpose() -> None:
    names = set(metadata.tables)
    assert names >= rebuild.DERIVED | rebuild.ELSEWHERE
    assert not rebuild.DERIVED & rebuild.ELSEWHERE
    taken_over = {
        "source_record",
        "source_debtor",
        "ruling",
        "pin",
        "retired_id",
        "payment",
        "application",
        "agreement",
    }
    assert taken_over <= names - rebuild.DERIVED - rebuild.ELSEWHERE
