"""Two CSV systems become golden records; a bank file pays; nothing is written twice. On both databases."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from concilia.store import connections, events
from sync import actions
from tests.conftest import OpenHub
from tests.worlds import dotted, dump, rut, workspace, write_cartera, write_contacts, write_payments

ANA, JOSE, EMPRESA = rut(12531909), rut(9876543), rut(76543210)
QUIET = ("run", "run_stream", "bookmark", "counter")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = workspace(tmp_path)
    write_cartera(
        found,
        [
            ("F-1", dotted(JOSE), "José Luis Hernández García", "961234567", "", "150.000", "01-10-2026", "2026-11-01T10:00:00"),
            ("F-2", dotted(JOSE), "José Luis Hernández García", "961234567", "", "20.000", "01-11-2026", "2026-11-01T10:00:00"),
            ("F-3", dotted(ANA), "Ana Muñoz Ñuñez", "1", "227654321", "99.990", "15-10-2026", "2026-11-01T10:00:00"),
            ("F-4", "66.666.666-6", "Pedro Soto Rojas", "961112233", "", "1.000", "15-10-2026", "2026-11-01T10:00:00"),
            ("F-5", "66.666.666-6", "María Díaz Peña", "962223344", "", "2.000", "15-10-2026", "2026-11-01T10:00:00"),
            ("F-6", EMPRESA, "Comercial Ñandú SpA", "", "", "1.500.000", "15-10-2026", "2026-11-01T10:00:00"),
        ],
    )  # fmt: skip
    write_contacts(
        found,
        [
            ("c1", JOSE.replace("-", ""), "HERNANDEZ GARCIA JOSE LUIS", "+56 9 6123 4567", "", "jl@clientes.cl", "2026-11-10T10:00:00Z"),
            ("c2", "66666666-6", "Maria Diaz", "962223344", "", "no@tiene.com", "2026-11-10T10:00:00Z"),
            ("c3", "", "Ana Munoz", "227654321", "2026-11-09T10:00:00Z", "ana@clientes.cl", "2026-11-10T10:00:00Z"),
        ],
    )  # fmt: skip
    return found


def test_the_same_rut_written_differently_is_one_debtor_and_a_placeholder_is_nobody(
    folder: Path, database_url: str | None, opened: OpenHub
) -> None:
    hub = opened(folder, database_url=database_url)
    actions.apply(hub)
    report = actions.run(hub, [])
    assert report.exit_code == 0
    golden = {(r["connection"], r["external_id"]): r["golden_id"] for r in actions.export(hub, "crosswalk")}
    assert golden["erp", dotted(JOSE)] == golden["crm", "c1"]
    without_id = [g for (_, name), g in golden.items() if name.startswith("66.666.666-6")]
    assert len(without_id) == len(set(without_id)) == 2
    assert golden["crm", "c2"] == golden["erp", "66.666.666-6|F-5"], "her name and her mobile, not the stand-in"
    assert golden["erp", dotted(ANA)] == golden["crm", "c3"], "a phone and a compatible name"


def test_every_record_read_has_one_disposition_and_they_add_up(
    folder: Path, database_url: str | None, opened: OpenHub
) -> None:
    hub = opened(folder, database_url=database_url)
    report = actions.run(hub, [])
    counts = {s.stream: s for s in report.run.streams}
    assert (counts["cartera"].read, counts["cartera"].applied) == (6, 6)
    assert all(s.adds_up and s.status == "done" for s in report.run.streams)


def test_a_second_sync_of_unchanged_systems_changes_no_row(
    folder: Path, database_url: str | None, opened: OpenHub
) -> None:
    hub = opened(folder, database_url=database_url)
    actions.apply(hub)
    actions.run(hub, [])
    before = dump(hub, without=QUIET)
    actions.apply(hub)
    actions.run(hub, [])
    again = actions.run(hub, [], full=True)
    assert dump(hub, without=QUIET) == before
    assert sum(s.unchanged for s in again.run.streams) == sum(s.read for s in again.run.streams) == 9


def test_a_bank_payment_reduces_the_debt_settles_it_and_waits_for_approval(
    folder: Path, database_url: str | None, opened: OpenHub
) -> None:
    hub = opened(folder, database_url=database_url)
    actions.run(hub, [])
    write_payments(
        folder, [("b1", "F-2", "5000", "2026-11-20", "TRX-1"), ("b2", "f-2", "15000", "2026-11-21", "TRX-2")]
    )
    report = actions.run(hub, [])
    debt = next(r for r in actions.export(hub, "debts") if r["document"] == "F-2")
    assert (debt["balance"], debt["stated_balance"], debt["status"]) == ("0", "20000", "settled")
    assert report.awaiting_approval == 2
    assert [i["state"] for i in actions.waiting_intents(hub)] == ["new", "new"]
    types = [e.type for e in actions.events_after(hub, 0, limit=1000)]
    assert types.count("debt.settled") == 1
    assert types.count("payment.received") == 2


def test_a_payment_for_an_unknown_debt_is_blocked_until_the_debt_arrives(
    folder: Path, database_url: str | None, opened: OpenHub
) -> None:
    hub = opened(folder, database_url=database_url)
    write_payments(folder, [("b1", "F-99", "5000", "2026-11-20", "TRX-1")])
    report = actions.run(hub, [])
    bank = next(s for s in report.run.streams if s.connection == "bank")
    assert (bank.read, bank.applied, bank.blocked) == (1, 0, 1)
    assert bank.adds_up
    write_cartera(
        folder,
        [("F-99", dotted(ANA), "Ana Muñoz", "", "", "8.000", "01-12-2026", "2026-11-02T10:00:00")],
        name="later.csv",
    )
    actions.run(hub, [])
    debt = next(r for r in actions.export(hub, "debts") if r["document"] == "F-99")
    assert debt["balance"] == "3000"


def test_events_have_no_gaps_and_a_change_of_name_is_one_update(
    folder: Path, database_url: str | None, opened: OpenHub
) -> None:
    hub = opened(folder, database_url=database_url)
    actions.run(hub, [])
    last = actions.events_after(hub, 0, limit=1000)[-1].seq
    write_contacts(
        folder,
        [("c1", JOSE, "José Luis Hernández", "961234567", "", "jl@clientes.cl", "2026-11-12T10:00:00Z")],
        name="later.csv",
    )
    actions.run(hub, [])
    facts = actions.events_after(hub, 0, limit=1000)
    assert [f.seq for f in facts] == list(range(1, len(facts) + 1))
    assert [f.type for f in facts if f.seq > last] == ["debtor.updated"]


def test_an_older_version_never_overwrites_a_newer_one(folder: Path, database_url: str | None, opened: OpenHub) -> None:
    hub = opened(folder, database_url=database_url)
    actions.run(hub, [])
    write_contacts(
        folder, [("c1", JOSE, "Nombre Viejo", "", "", "viejo@clientes.cl", "2025-01-01T10:00:00Z")], name="old.csv"
    )
    report = actions.run(hub, [])
    assert sum(s.unchanged for s in report.run.streams) == 1
    found = next(r for r in actions.export(hub, "golden") if JOSE.replace("-", "") in str(r["identifiers"]))
    assert found["emails"] == ["jl@clientes.cl"]


def test_a_changed_mapping_is_applied_to_what_was_read_before(
    folder: Path, database_url: str | None, opened: OpenHub
) -> None:
    actions.run(opened(folder, database_url=database_url), [])
    text = (folder / "contactos.yaml").read_text(encoding="utf-8")
    (folder / "contactos.yaml").write_text(text.replace("  - {type: email, from: email}\n", ""), encoding="utf-8")
    hub = opened(folder, database_url=database_url)
    actions.run(hub, [])
    assert all(not r["emails"] for r in actions.export(hub, "golden"))


def test_a_record_that_changes_its_tax_id_leaves_its_cluster_and_no_id_is_used_twice(
    folder: Path, database_url: str | None, opened: OpenHub
) -> None:
    hub = opened(folder, database_url=database_url)
    actions.run(hub, [])
    before = {(r["connection"], r["external_id"]): r["golden_id"] for r in actions.export(hub, "crosswalk")}
    other = rut(15151515)
    write_contacts(
        folder,
        [("c1", other, "Otra Persona Distinta", "", "", "otra@clientes.cl", "2026-11-13T10:00:00Z")],
        name="later.csv",
    )
    actions.run(hub, [])
    after = {(r["connection"], r["external_id"]): r["golden_id"] for r in actions.export(hub, "crosswalk")}
    assert before["erp", dotted(JOSE)] == before["crm", "c1"]
    assert after["erp", dotted(JOSE)] != after["crm", "c1"]
    assert before["crm", "c1"] in (after["erp", dotted(JOSE)], after["crm", "c1"])


def test_a_stewards_word_merges_and_its_undo_gives_both_ids_back(
    folder: Path, database_url: str | None, opened: OpenHub
) -> None:
    hub = opened(folder, database_url=database_url)
    actions.run(hub, [])
    before = list(actions.export(hub, "crosswalk"))
    left, right = "crm/contactos/c2", f"erp/cartera/{'66.666.666-6|F-4'}"
    same = actions.rule(hub, left, right, judgement="same", by="ana")
    assert same[0] == same[1]
    merged_away = {r["golden_id"] for r in before} - {r["golden_id"] for r in actions.export(hub, "crosswalk")}
    assert actions.debtor(hub, merged_away.pop()).row.id == same[0]
    actions.rule(hub, left, right, judgement="withdrawn", by="ana")
    assert list(actions.export(hub, "crosswalk")) == before


def test_two_systems_that_state_different_balances_open_a_discrepancy_that_closes_by_itself(
    folder: Path, database_url: str | None, opened: OpenHub
) -> None:
    text = (folder / "concilia.yaml").read_text(encoding="utf-8")
    second = text.replace("  crm:\n", SECOND_ERP + "  crm:\n")
    (folder / "concilia.yaml").write_text(second, encoding="utf-8")
    (folder / "old").mkdir()
    rows = "DOC;RUT;NOMBRE;FONO1;FONO2;SALDO;VENCE;MOD\nF-1;{};Jose;;;{};01-10-2026;2026-11-0{}T10:00:00\n"
    (folder / "old" / "a.csv").write_text(rows.format(JOSE, "140.000", 1), encoding="cp1252")
    hub = opened(folder, database_url=database_url)
    actions.run(hub, [])
    found = actions.discrepancies(hub)
    assert [(d["connection"], d["ours"], d["theirs"]) for d in found] == [("old", "150000", "140000")]
    (folder / "old" / "a.csv").write_text(rows.format(JOSE, "150.000", 2), encoding="cp1252")
    actions.run(hub, [])
    assert actions.discrepancies(hub) == []


SECOND_ERP = """\
  old:
    connector: files
    settings: {path: old, encoding: cp1252, delimiter: ";", decimal: ","}
    country: CL
    creditor: acme
    trust: 20
    streams:
      cartera: {file: "*.csv", key: [DOC], cursor: MOD, map: cartera.yaml}
"""


def test_approval_is_kept_apart_from_configuration(folder: Path, database_url: str | None, opened: OpenHub) -> None:
    hub = opened(folder, database_url=database_url)
    actions.approve(hub, "erp", by="ana")
    actions.apply(hub)
    with hub.store.read() as tx:
        assert connections.every(tx)["erp"].approved_by == "ana"


def test_no_golden_record_holds_two_valid_tax_ids_of_one_kind(
    folder: Path, database_url: str | None, opened: OpenHub
) -> None:
    hub = opened(folder, database_url=database_url)
    actions.run(hub, [])
    for row in actions.export(hub, "golden"):
        kinds = defaultdict(set)
        for identifier in row["identifiers"]:
            country, kind, value = identifier.split(":")
            kinds[country, kind].add(value)
        assert all(len(values) == 1 for values in kinds.values())


def test_an_event_is_found_by_its_place(folder: Path, database_url: str | None, opened: OpenHub) -> None:
    hub = opened(folder, database_url=database_url)
    actions.run(hub, [])
    with hub.store.read() as tx:
        first, second = list(events.after(tx, 0, limit=2))
        assert [e.seq for e in events.after(tx, first.seq, limit=1)] == [second.seq]


def test_a_bank_names_a_debt_by_the_only_key_or_document_that_fits(
    folder: Path, database_url: str | None, opened: OpenHub
) -> None:
    text = (folder / "abonos.yaml").read_text(encoding="utf-8")
    (folder / "abonos.yaml").write_text(
        text.replace("debt: {document: document}", "debt: [document]"), encoding="utf-8"
    )
    cartera = (folder / "cartera.yaml").read_text(encoding="utf-8")
    (folder / "cartera.yaml").write_text(cartera.replace(", document: DOC", ""), encoding="utf-8")
    write_payments(folder, [("b1", "F-2", "5000", "2026-11-20", "TRX-1"), ("b2", "F-77", "1", "2026-11-20", "TRX-2")])
    hub = opened(folder, database_url=database_url)
    report = actions.run(hub, [])
    assert [s.blocked for s in report.run.streams if s.connection == "bank"] == [1]
    balances = {tuple(r["sources"]): r["balance"] for r in actions.export(hub, "debts")}
    assert balances[("erp/cartera/F-2",)] == "15000"


def test_a_guarantor_stands_beside_the_debt_of_another(folder: Path, database_url: str | None, opened: OpenHub) -> None:
    cartera = (folder / "cartera.yaml").read_text(encoding="utf-8")
    (folder / "cartera.yaml").write_text(cartera + GUARANTOR, encoding="utf-8")
    header = "DOC;RUT;NOMBRE;FONO1;FONO2;SALDO;VENCE;MOD;RUT_AVAL;AVAL"
    row = f"F-9;{JOSE};José Hernández;;;5.000;01-10-2026;2026-11-01T10:00:00;{ANA};Ana Muñoz Ñuñez"
    for old in (folder / "erp").glob("*.csv"):
        old.unlink()
    (folder / "erp" / "avales.csv").write_text(f"{header}\n{row}\n", encoding="cp1252")
    hub = opened(folder, database_url=database_url)
    assert actions.run(hub, ["erp"]).exit_code == 0
    golden = {r["external_id"]: r["golden_id"] for r in actions.export(hub, "crosswalk")}
    debt = next(r for r in actions.export(hub, "debts") if r["document"] == "F-9")
    assert debt["golden_id"] == golden[JOSE] != golden[ANA]
    roles = actions.debtor(hub, golden[ANA]).body["roles"]
    assert roles == [{"debt": debt["debt_id"], "role": "aval", "liability": "none"}]
    assert actions.debtor(hub, golden[ANA]).body["debts"] == []


GUARANTOR = """\
- {entity: debtor, key: [RUT_AVAL], fields: {tax_id: RUT_AVAL, full_name: AVAL}}
- {entity: party_role, debtor: [RUT_AVAL], debt: [DOC], fields: {role: {constant: aval}}}
"""
