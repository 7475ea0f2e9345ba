"""A payment that was announced counts when it is confirmed, once, and never when it is rejected."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync import actions
from sync.hub import Hub
from tests.conftest import OpenHub
from tests.worlds import ABONOS, dotted, rut, workspace, write_cartera

JOSE = dotted(rut(12531909))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = workspace(tmp_path)
    stated = ABONOS.replace("method: {constant: transfer}", "method: {constant: transfer}, status: estado")
    (found / "abonos.yaml").write_text(stated, encoding="utf-8")
    write_cartera(
        found, [("F-1", JOSE, "José Luis Hernández García", "", "", "150.000", "01-10-2026", "2026-11-01T10:00:00")]
    )
    return found


def told(hub: Hub, folder: Path, status: str, *, file: str) -> str:
    """What the bank says of one transfer; the balance of the debt afterwards."""
    row = f"b1,F-1,50000,2026-11-20,TRX-9,{status}\n"
    (folder / "bank" / f"{file}.csv").write_text("id,document,amount,date,reference,estado\n" + row, encoding="utf-8")
    assert actions.run(hub, [], push=False).exit_code == 0
    return str(next(debt["balance"] for debt in actions.export(hub, "debts") if debt["document"] == "F-1"))


def test_an_announced_payment_counts_from_its_confirmation(
    folder: Path, database_url: str | None, opened: OpenHub
) -> None:
    hub = opened(folder, database_url=database_url)
    assert told(hub, folder, "announced", file="1") == "150000"
    assert told(hub, folder, "confirmed", file="2") == "100000"
    assert told(hub, folder, "announced", file="3") == "100000", "an older word takes nothing back"
    assert len(list(actions.export(hub, "payments"))) == 1


def test_a_rejected_payment_never_counts(folder: Path, database_url: str | None, opened: OpenHub) -> None:
    hub = opened(folder, database_url=database_url)
    assert told(hub, folder, "pending", file="1") == "150000"
    assert told(hub, folder, "rejected", file="2") == "150000"
    assert told(hub, folder, "confirmed", file="3") == "150000", (
        "what was rejected is told again under another reference"
    )
