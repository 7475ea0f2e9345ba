"""Systems and hub are compared by counts, sums and debt by debt; what differs is opened once, and nothing is repaired."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from concilia.errors import NotFound, RequestInvalid
from sync import actions, reconcile
from sync.hub import Hub
from sync.reconcile import Figure, Place
from tests.conftest import OpenHub
from tests.worlds import dump, rut, workspace, write_cartera, write_payments

ANA, LUIS = rut(12_531_909), rut(9_000_123)
LATER = "2026-11-02T10:00:00"


def debt(document: str, balance: str, *, moment: str = "2026-11-01T10:00:00") -> tuple[str, ...]:
    return (document, ANA, "Ana Muñoz", "", "", balance, "01-10-2026", moment)


@pytest.fixture
def hub(tmp_path: Path, database_url: str | None, opened: OpenHub) -> Hub:
    """Two debts; the bank says that the first was paid, and the ERP does not know yet."""
    folder = workspace(tmp_path)
    config = folder / "concilia.yaml"
    old = config.read_text("utf-8")
    extra = """  old:
    connector: files
    settings: {path: old, encoding: cp1252, delimiter: ";", decimal: ","}
    country: CL
    creditor: acme
    streams:
      cartera: {file: "*.csv", key: [DOC], cursor: MOD, map: cartera.yaml}
creditors:"""
    config.write_text(old.replace("creditors:", extra), encoding="utf-8")
    (folder / "old").mkdir()
    write_cartera(folder, [debt("F-1", "1.000"), debt("F-2", "2.000")])
    write_payments(folder, [("b1", "F-1", "1000", "2026-11-20", "TRX-1"), ("b2", "F-9", "50", "2026-11-20", "TRX-2")])
    hub = opened(folder, database_url=database_url)
    actions.apply(hub)
    actions.run(hub, [])
    return hub


def old_system(hub: Hub, *rows: tuple[str, ...]) -> None:
    folder = hub.workspace.folder
    write_cartera(folder, rows, name="x.csv")
    (folder / "erp" / "x.csv").rename(folder / "old" / "x.csv")
    assert actions.run(hub, ["old"]).exit_code == 0


def found(hub: Hub, **asked: str) -> list[tuple[str, str, str, str]]:
    rows = actions.listed_discrepancies(hub, **{"status": "open", **asked})
    return [(row.kind, row.connection, row.ours, row.theirs) for row in rows]


def test_what_is_paid_here_and_open_there_is_opened_once_and_closes_by_itself(hub: Hub) -> None:
    assert found(hub) == []
    assert len(actions.reconcile(hub, []).opened) == 1
    assert found(hub) == [("paid_here_open_there", "erp", "0", "1000")]
    again = actions.reconcile(hub, [])
    assert (again.opened, again.standing, again.closed) == ((), 1, 0)
    write_cartera(hub.workspace.folder, [debt("F-1", "0", moment=LATER), debt("F-2", "2.000")])
    actions.run(hub, ["erp"])
    ended = actions.reconcile(hub, [])
    assert (ended.opened, ended.closed) == ((), 1) or found(hub) == []
    assert found(hub) == []


def test_a_dry_run_says_the_same_and_writes_nothing(hub: Hub) -> None:
    before = dump(hub)
    dry = actions.reconcile(hub, [], dry_run=True)
    assert dump(hub) == before
    wet = actions.reconcile(hub, [])
    assert [row.debt_id for row in dry.opened] == [row.debt_id for row in wet.opened]
    assert dry.figures == wet.figures
    assert (dry.run_id, wet.run_id) == (None, actions.latest_runs(hub)[0].id)


def test_figures_are_by_system_creditor_unit_and_day_and_payments_on_their_way_explain_themselves(hub: Hub) -> None:
    figures = dict(actions.reconcile(hub, [], dry_run=True).figures)
    (erp,) = [(place, figure) for place, figure in figures.items() if place.connection == "erp"]
    assert (erp[0].what, erp[0].creditor, erp[0].unit) == ("debts", "acme", "CLP")
    assert erp[1] == Figure(2, 2, Decimal(3000), Decimal(2000), Decimal(1000))
    assert erp[1].agrees
    assert figures[Place("payments", "bank", "acme", "CLP", "2026-11-20")].agrees
    lost = figures[Place("payments", "bank", "", "CLP", "2026-11-20")]  # nobody knows the debt it pays
    assert (lost.there, lost.here, lost.difference, lost.agrees) == (1, 0, Decimal(50), False)


def test_two_balances_are_one_discrepancy_whoever_finds_it_first(hub: Hub) -> None:
    old_system(hub, debt("F-2", "1.500"))
    assert found(hub) == [("balance", "old", "2000", "1500")]
    assert found(hub, kind="balance") == found(hub)
    compared = actions.reconcile(hub, ["old"])
    assert (compared.opened, compared.standing) == ((), 1)


def test_only_the_systems_asked_for_are_compared(hub: Hub) -> None:
    old_system(hub, debt("F-2", "1.500"))
    assert actions.reconcile(hub, ["crm"]).figures == ()
    assert found(hub) == [("balance", "old", "2000", "1500")]
    with pytest.raises(RequestInvalid, match="There is no connection 'erq'"):
        actions.reconcile(hub, ["erq"])


def test_what_a_person_accepts_stays_quiet_until_a_figure_changes(hub: Hub) -> None:
    old_system(hub, debt("F-2", "1.500"))
    (row,) = actions.listed_discrepancies(hub, status="open")
    ended = actions.resolve_discrepancy(hub, row.id, resolution="accepted", by="carla", note="intereses")
    assert (ended.status, ended.resolved_by, ended.note) == ("accepted", "carla", "intereses")
    actions.reconcile(hub, ["old"])
    assert found(hub) == []
    old_system(hub, debt("F-2", "1.400", moment=LATER))
    assert found(hub) == [("balance", "old", "2000", "1400")]


def test_what_a_person_calls_corrected_is_opened_again_when_it_still_differs(hub: Hub) -> None:
    old_system(hub, debt("F-2", "1.500"))
    (row,) = actions.listed_discrepancies(hub, status="open")
    actions.resolve_discrepancy(hub, row.id, resolution="corrected_there", by="carla")
    assert found(hub) == []
    assert len(actions.reconcile(hub, ["old"]).opened) == 1
    assert found(hub) == [("balance", "old", "2000", "1500")]
    balances = {r["document"]: r["balance"] for r in actions.export(hub, "debts")}
    assert balances["F-2"] == "2000"  # nothing was repaired


def test_a_discrepancy_is_ended_once_and_in_a_known_way(hub: Hub) -> None:
    old_system(hub, debt("F-2", "1.500"))
    (row,) = actions.listed_discrepancies(hub, status="open")
    with pytest.raises(RequestInvalid, match="Say one of: accepted, corrected_there"):
        actions.resolve_discrepancy(hub, row.id, resolution="forgotten", by="carla")
    actions.resolve_discrepancy(hub, row.id, resolution="explained", by="carla")
    with pytest.raises(RequestInvalid, match="resolved already"):
        actions.resolve_discrepancy(hub, row.id, resolution="explained", by="carla")
    with pytest.raises(NotFound, match="There is no discrepancy 99"):
        actions.resolve_discrepancy(hub, 99, resolution="explained", by="carla")


def test_the_days_of_a_figure_add_up_to_its_sum(hub: Hub) -> None:
    compared = actions.reconcile(hub, [], dry_run=True)
    days, sums = compared.figures, tuple(reconcile.totals(compared))
    assert sum(f.there for _, f in days) == sum(f.there for _, f in sums)
    assert {place.day for place, _ in sums} == {""}
