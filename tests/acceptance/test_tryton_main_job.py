"""The main job on real systems: a Tryton ERP, a PostgreSQL legacy database and a cp1252 export become golden records.

Read back through Tryton's own API by a client of its own (tests/peers), which shares no code with the connector.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from admin_api.bootstrap import open_hub
from concilia.settings import Settings
from sync import actions
from sync.hub import Hub
from tests.conftest import load_peer
from tests.worlds import dump, rut

pytestmark = pytest.mark.peer
QUIET = ("run", "run_stream", "bookmark", "counter")
LEGACY, EXPORT = 900, 800  # with Tryton's 300, 2,000 source debtors
PLACEHOLDERS = ("66.666.666-6", "11111111-1", "99999999-9")


@pytest.fixture(scope="module")
def tryton(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A Tryton of this module's own: it is edited and paid here."""
    peer = load_peer("tryton_peer").start(tmp_path_factory.mktemp("erp"), parties=300)
    yield peer
    peer.stop()


def _people(tryton: Any) -> list[tuple[str, str]]:
    """Name and RUT of everybody in this world: Tryton's debtors first, then people that only others know."""
    known = [(row["name"], row["rut"]) for row in tryton.truth if row["rut"]]
    return known + [(f"Íñigo Muñoz Peña {n}", rut(14_000_000 + 7 * n)) for n in range(900)]


@pytest.fixture(scope="module")
def legacy(postgres_server: Any, tryton: Any) -> str:
    """A legacy database: clients with their RUT as a bare number and surnames first, some without."""
    postgres_server.psql("CREATE DATABASE legacy")
    url = postgres_server.get_uri("legacy")
    people = _people(tryton)
    with psycopg.connect(url) as connection:
        connection.execute(
            "CREATE TABLE clientes (id int PRIMARY KEY, rut text, nombre text, fono text, actualizado timestamptz)"
        )
        for n in range(LEGACY):
            name, number = people[n % len(people)] if n < 700 else people[n % 400]
            written = PLACEHOLDERS[n % 3] if n % 50 == 49 else number.replace("-", "").replace(".", "")
            words = name.split()
            shown = " ".join([*words[-2:], *words[:-2]]).upper()
            connection.execute(
                "INSERT INTO clientes VALUES (%s, %s, %s, %s, now() - interval '1 day')",
                (n, written, shown, f"+569{70000000 + n}"),
            )
    return str(url)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory, tryton: Any, legacy: str) -> Iterator[Hub]:
    folder = tmp_path_factory.mktemp("main-job")
    (folder / "export").mkdir()
    people = _people(tryton)
    with (folder / "export" / "clientes.csv").open("w", encoding="cp1252", newline="") as file:
        out = csv.writer(file, delimiter=";")
        out.writerow(("CODIGO", "RUT", "NOMBRE", "CORREO"))
        for n in range(EXPORT):
            name, number = people[(3 * n) % len(people)]
            out.writerow((f"K{n}", PLACEHOLDERS[n % 3] if n % 40 == 39 else number, name, f"cliente{n}@correo-cl.cl"))
    (folder / "concilia.yaml").write_text(
        f"""\
version: 1
connections:
  erp:
    connector: tryton
    country: CL
    creditor: acme
    trust: 90
    push: {{payments: true}}
    settings: {{url: "{tryton.url}", database: {tryton.database}, username: {tryton.user}, password: "${{env:ERP}}"}}
  legacy:
    connector: database
    country: CL
    trust: 40
    settings: {{url: "${{env:LEGACY_URL}}"}}
    streams:
      clientes: {{table: clientes, key: id, cursor: actualizado, map: legacy.yaml}}
  export:
    connector: files
    country: CL
    trust: 60
    settings: {{path: export, encoding: cp1252, delimiter: ";"}}
    streams:
      clientes: {{file: "*.csv", key: CODIGO, map: export.yaml}}
creditors:
  acme: {{owner: erp}}
""",
        encoding="utf-8",
    )
    fields = "entities:\n- {entity: debtor, key: [%s], fields: {tax_id: %s, full_name: %s}, contact_points: [%s]}\n"
    (folder / "legacy.yaml").write_text(fields % ("id", "rut", "nombre", "{type: phone, from: fono}"))
    (folder / "export.yaml").write_text(fields % ("CODIGO", "RUT", "NOMBRE", "{type: email, from: CORREO}"))
    found = open_hub(Settings(folder, None, {"ERP": tryton.password, "LEGACY_URL": legacy}))
    actions.apply(found)
    report = actions.run(found, [])
    assert report.exit_code == 0, report.failures
    assert all(s.adds_up for s in report.run.streams)
    yield found
    found.store.close()


def _golden(hub: Hub) -> dict[tuple[str, str], str]:
    return {(r["connection"], r["external_id"]): r["golden_id"] for r in actions.export(hub, "crosswalk")}


def _invoice_number(hub: Hub, document: str) -> dict[str, Any]:
    return next(r for r in actions.export(hub, "debts") if r["document"] == document)


def test_two_thousand_source_debtors_become_golden_records(hub: Hub, tryton: Any) -> None:
    golden = _golden(hub)
    per_system = defaultdict(int)
    for connection, _ in golden:
        per_system[connection] += 1
    assert per_system["erp"] >= 300
    assert sum(per_system.values()) >= 2000
    assert len([d for d in actions.export(hub, "debts") if d["owner"] == "erp"]) >= 300


def test_every_pair_with_one_valid_rut_is_merged_and_placeholders_merge_nothing(hub: Hub, tryton: Any) -> None:
    holders: dict[str, set[str]] = defaultdict(set)
    nobody: dict[str, set[str]] = defaultdict(set)
    golden = _golden(hub)
    ids: dict[tuple[str, str], str] = {("erp", str(row["party"])): row["rut"] for row in tryton.truth if row["rut"]}
    people = _people(tryton)
    names: dict[tuple[str, str], str] = {}
    for n in range(LEGACY):
        names["legacy", str(n)], number = people[n % len(people)] if n < 700 else people[n % 400]
        ids["legacy", str(n)] = PLACEHOLDERS[n % 3] if n % 50 == 49 else number
    for n in range(EXPORT):
        names["export", f"K{n}"], number = people[(3 * n) % len(people)]
        ids["export", f"K{n}"] = PLACEHOLDERS[n % 3] if n % 40 == 39 else number
    for source, written in ids.items():
        bare = written.replace(".", "").replace("-", "")
        if written in PLACEHOLDERS:
            nobody[golden[source]].add(names[source])
        elif rut(int(bare[:-1])).replace("-", "") == bare.upper():
            holders[bare.upper()].add(golden[source])
    assert all(len(found) == 1 for found in holders.values())
    merged = list(holders.values())
    assert len(set().union(*merged)) == len(holders), "no golden record holds two valid RUTs"
    assert len(nobody) > 30
    assert all(len(called) == 1 for called in nobody.values()), "a stand-in joins nobody; a company's name may"


def test_a_payment_given_to_the_hub_appears_on_the_right_invoice_in_tryton(hub: Hub, tryton: Any) -> None:
    row = tryton.truth[3]
    before = _residual(tryton, row)
    part = (before / 2).quantize(Decimal(1))
    body = {
        "debt": {"connection": "erp", "external_id": str(row["invoice"])},
        "amount": str(part),
        "value_date": "2026-11-20",
        "method": "transfer",
        "reference": "TRX-0001",
    }
    answer = actions.register_payment(hub, body, key_id=1, idempotency_key="pay-1")
    assert answer.status == 201
    assert Decimal(answer.body["balance"]) == before - part
    report = actions.run(hub, [])
    assert report.awaiting_approval == 1, "writing is off until a person approves"
    assert _residual(tryton, row) == before
    actions.approve(hub, "erp", by="ana")
    (delivery,) = actions.push(hub, [])
    assert (delivery.delivered, delivery.error) == (1, "")
    assert _residual(tryton, row) == before - part
    assert _payments(tryton, row) == [part]
    again = actions.run(hub, [])
    assert all(d.delivered == 0 for d in again.deliveries)
    assert _payments(tryton, row) == [part], "the second run writes nothing"
    debt = _invoice_number(hub, row["number"])
    assert Decimal(debt["balance"]) == Decimal(debt["stated_balance"]) == before - part
    mine = [p for p in actions.export(hub, "payments") if f"{debt['debt_id']}=" in str(p["applications"])]
    assert [(p["reference"], p["posted"]) for p in mine] == [("TRX-0001", True)], "the echo is the same payment"


def test_the_whole_amount_settles_the_invoice_in_both_and_raises_the_event_once(hub: Hub, tryton: Any) -> None:
    row = tryton.truth[4]
    actions.approve(hub, "erp", by="ana")
    debt = {"connection": "erp", "external_id": str(row["invoice"])}
    residual = _residual(tryton, row)
    body = {"debt": debt, "amount": str(residual), "value_date": "2026-11-21", "reference": "TRX-0002"}
    answer = actions.register_payment(hub, body, key_id=1, idempotency_key="pay-2")
    assert answer.body["debt_status"] == "settled"
    actions.run(hub, [])
    actions.run(hub, [])
    assert _residual(tryton, row) == 0
    found = tryton.rpc.read("account.invoice", row["invoice"], "state")
    assert found["state"] == "paid"
    settled = [e for e in actions.events_after(hub, 0, limit=100_000) if e.type == "debt.settled"]
    assert [e.subject for e in settled].count(_invoice_number(hub, row["number"])["debt_id"]) == 1


def test_a_payment_made_in_tryton_itself_arrives_and_is_not_written_back(hub: Hub, tryton: Any) -> None:
    row = tryton.truth[5]
    actions.approve(hub, "erp", by="ana")
    before = _residual(tryton, row)
    tryton.rpc.pay(row["invoice"], "1000", "Caja central")
    actions.run(hub, [])
    actions.run(hub, [])
    debt = _invoice_number(hub, row["number"])
    assert Decimal(debt["balance"]) == before - 1000 == _residual(tryton, row)
    assert _payments(tryton, row) == [Decimal(1000)]


@pytest.mark.parametrize(
    ("what", "index"),
    [("name", 10), ("phone", 11), ("address", 12), ("identifier", 13), ("active", 14)],
)
def test_each_edit_alone_arrives_with_the_next_incremental_sync(hub: Hub, tryton: Any, what: str, index: int) -> None:
    row = tryton.truth[index]
    seen = _edit(tryton, row, what)
    actions.run(hub, ["erp"])
    golden = _golden(hub)["erp", str(row["party"])]
    body = str(actions.provenance(hub, golden))
    assert seen in body, what


def test_a_second_sync_of_unchanged_systems_changes_no_row_and_writes_nothing(hub: Hub, tryton: Any) -> None:
    actions.run(hub, [])
    before = dump(hub, without=QUIET)
    ledger = _everything_in_tryton(tryton)
    report = actions.run(hub, [])
    assert dump(hub, without=QUIET) == before
    assert _everything_in_tryton(tryton) == ledger
    assert all(s.adds_up for s in report.run.streams)


def _edit(tryton: Any, row: dict[str, Any], what: str) -> str:
    rpc = tryton.rpc
    party = row["party"]
    match what:
        case "name":
            rpc.model("party.party.write", [party], {"name": "Ñusta Quispe Íñiguez"})
            return "Ñusta Quispe Íñiguez"
        case "phone":
            mechanisms = rpc.read("party.party", party, "contact_mechanisms")["contact_mechanisms"]
            kinds = {m: rpc.read("party.contact_mechanism", m, "type")["type"] for m in mechanisms}
            phone = next(m for m, kind in kinds.items() if kind in ("phone", "mobile"))
            rpc.model("party.contact_mechanism.write", [phone], {"value": "+56987651234"})
            return "+56987651234"
        case "address":
            address = rpc.read("party.party", party, "addresses")["addresses"][0]
            rpc.model("party.address.write", [address], {"street": "Pasaje Las Ñipas 4321"})
            return "Ñipas 4321"
        case "identifier":
            found = rpc.read("party.party", party, "identifiers")["identifiers"]
            number = rut(20_123_457)
            if found:
                rpc.model("party.identifier.write", [found[0]], {"code": number})
            else:
                rpc.model("party.identifier.create", [{"party": party, "type": None, "code": number}])
            return number.replace("-", "")
        case _:
            rpc.model("party.party.write", [party], {"active": False})
            return "'value': 'false'"


def _residual(tryton: Any, row: dict[str, Any]) -> Decimal:
    return _decimal(tryton.rpc.read("account.invoice", row["invoice"], "amount_to_pay")["amount_to_pay"])


def _payments(tryton: Any, row: dict[str, Any]) -> list[Decimal]:
    lines = tryton.rpc.read("account.invoice", row["invoice"], "payment_lines")["payment_lines"]
    return [_decimal(tryton.rpc.read("account.move.line", n, "credit")["credit"]) for n in lines]


def _decimal(wire: Any) -> Decimal:
    return Decimal(wire["decimal"])


def _everything_in_tryton(tryton: Any) -> list[Any]:
    return [
        sorted(tryton.rpc.model(f"{model}.search_read", [], 0, None, None, ["id", "write_date"]), key=str)
        for model in ("account.move.line", "account.move", "account.invoice", "party.party", "party.contact_mechanism")
    ]
