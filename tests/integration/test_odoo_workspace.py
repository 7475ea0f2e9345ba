"""A workspace with an Odoo connection and nothing else: synced, paid through the hub, pushed; Odoo's books have it once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from admin_api.bootstrap import open_hub
from concilia.settings import Settings
from sync import actions
from sync.hub import Hub
from tests.fake_odoo.books import Books
from tests.fake_odoo.server import KEY, LOGIN, FakeOdoo, serving
from tests.worlds import rut

WORKSPACE = """\
version: 1
connections:
  erp:
    connector: odoo
    country: CL
    creditor: acme
    trust: 90
    push: {payments: true, agreements: true, contacts: {phone: {policy: owner_wins, owner: erp}}}
    settings: {url: "%s", database: produccion, username: %s, api_key: "${env:ODOO_KEY}", late_seconds: 0}
creditors:
  acme: {owner: erp}
"""


@pytest.fixture(params=[14, 17, 19])
def odoo(request: pytest.FixtureRequest) -> Iterator[FakeOdoo]:
    with serving(Books(request.param)) as found:
        yield found


@pytest.fixture
def debts(odoo: FakeOdoo) -> list[int]:
    """Invoices of three people and a company, one with two instalments."""
    books = odoo.books
    found = []
    for n, name in enumerate(("Ana Soto Muñoz", "Íñigo Peña Ñúñez", "Beatriz Lagos Vera")):
        who = books.partner(
            name, vat=rut(12_000_000 + n), l10n_latam_identification_type_id=books.rut, country_id=books.chile,
            phone=f"+56 9 6123 45{n}8", email=f"persona{n}@correo-cl.cl",
        )  # fmt: skip
        found.append(books.invoice(who, "100000", "50000"))
    firm = books.partner("Comercial Ñuñoa SpA", is_company=True, vat=rut(76_000_001), country_id=books.chile)
    found.append(books.invoice(books.partner("Compras", parent_id=firm, type="invoice"), "90000"))
    books.tick(60)
    return found


@pytest.fixture
def hub(odoo: FakeOdoo, debts: list[int], tmp_path: Path) -> Iterator[Hub]:
    (tmp_path / "concilia.yaml").write_text(WORKSPACE % (odoo.url, LOGIN), encoding="utf-8")
    found = open_hub(Settings(tmp_path, None, {"ODOO_KEY": KEY}))
    actions.apply(found)
    run(found)
    yield found
    found.store.close()


def run(hub: Hub) -> Any:
    report = actions.run(hub, [])
    assert not report.failures, report.failures
    assert all(stream.adds_up for stream in report.run.streams)
    return report


def told(hub: Hub, debt: int, amount: str, reference: str) -> Any:
    body = {
        "debt": {"connection": "erp", "external_id": str(debt)}, "amount": amount, "unit": "CLP",
        "value_date": "2026-11-20", "method": "transfer", "reference": reference,
    }  # fmt: skip
    return actions.register_payment(hub, body, key_id=1, idempotency_key=f"key-{reference}")


def debt_of(hub: Hub, odoo: FakeOdoo, debt: int) -> dict[str, Any]:
    number = odoo.books.db.row("account.move", debt)["name"]
    return next(row for row in actions.export(hub, "debts") if row["document"] == number)


def test_partners_become_golden_records_with_their_debts(hub: Hub, odoo: FakeOdoo, debts: list[int]) -> None:
    crosswalk = [row for row in actions.export(hub, "crosswalk") if row["connection"] == "erp"]
    assert len(crosswalk) == 4
    assert [Decimal(debt_of(hub, odoo, debt)["balance"]) for debt in debts] == [150000, 150000, 150000, 90000]


def test_a_payment_told_to_the_hub_stands_in_odoo_once(hub: Hub, odoo: FakeOdoo, debts: list[int]) -> None:
    debt = debts[0]
    assert told(hub, debt, "60000", "TRX-1").status == 201
    assert run(hub).awaiting_approval == 1
    assert odoo.books.ledger(debt) == [], "writing is off until a person approves"
    actions.approve(hub, "erp", by="ana")
    (delivery,) = actions.push(hub, [])
    assert (delivery.delivered, delivery.error) == (1, "")
    for _ in range(2):
        odoo.books.tick(60)
        assert all(not one.delivered for one in run(hub).deliveries)
    [(memo, amount)] = odoo.books.ledger(debt)
    assert (memo.startswith("Concilia "), amount) == (True, Decimal(60000))
    row = debt_of(hub, odoo, debt)
    assert Decimal(row["balance"]) == Decimal(row["stated_balance"]) == 90000 == odoo.books.owed(debt)
    mine = [p for p in actions.export(hub, "payments") if f"{row['debt_id']}=" in str(p["applications"])]
    assert [(p["reference"], p["posted"]) for p in mine] == [("TRX-1", True)], "what comes back is the same payment"


@pytest.mark.parametrize("carried_out", [True, False])
def test_a_lost_answer_leaves_it_there_once(hub: Hub, odoo: FakeOdoo, debts: list[int], carried_out: bool) -> None:
    debt = debts[1]
    told(hub, debt, "60000", "TRX-2")
    actions.approve(hub, "erp", by="ana")
    odoo.befall("action_create_payments", carried_out=carried_out, status=None)
    actions.push(hub, [])
    actions.push(hub, [])
    assert [amount for _, amount in odoo.books.ledger(debt)] == [Decimal(60000)]
    odoo.books.tick(60)
    run(hub)
    assert Decimal(debt_of(hub, odoo, debt)["balance"]) == 90000


def test_a_payment_made_in_odoo_arrives_and_is_not_written_back(hub: Hub, odoo: FakeOdoo, debts: list[int]) -> None:
    debt = debts[2]
    actions.approve(hub, "erp", by="ana")
    odoo.books.tick(600)
    odoo.books.pay(debt, "150000", memo="Caja central")
    run(hub)
    row = debt_of(hub, odoo, debt)
    assert (Decimal(row["balance"]), row["status"]) == (0, "settled")
    assert odoo.books.ledger(debt) == [("Caja central", Decimal(150000))]


def test_a_second_sync_of_an_unchanged_odoo_changes_nothing(hub: Hub, odoo: FakeOdoo, debts: list[int]) -> None:
    odoo.books.tick(dt.timedelta(hours=2).total_seconds())
    run(hub)
    before = list(actions.export(hub, "debts"))
    report = run(hub)
    assert list(actions.export(hub, "debts")) == before
    assert sum(stream.read for stream in report.run.streams) == 0
