"""One RUT written in two ways is one debtor, whatever the order of its names; a stand-in RUT is nobody's."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync import actions
from tests.conftest import OpenHub
from tests.door import opened_door
from tests.worlds import rut, workspace, write_cartera, write_contacts

JOSE = "12.531.909-2"
SEEN, LATER = "2026-11-01T10:00:00", "2026-11-10T10:00:00Z"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = workspace(tmp_path)
    assert JOSE.replace(".", "") == rut(12531909)
    write_cartera(
        found,
        [
            ("F-1", JOSE, "José Luis Hernández García", "", "", "150.000", "01-10-2026", SEEN),
            ("F-2", "66.666.666-6", "Pedro Soto Rojas", "", "", "20.000", "01-10-2026", SEEN),
        ],
    )
    write_contacts(
        found,
        [
            ("c1", "125319092", "HERNANDEZ GARCIA JOSE LUIS", "", "", "jose.luis@clientes.cl", LATER),
            ("c2", "66666666-6", "SOTO ROJAS PEDRO", "", "", "pedro@clientes.cl", LATER),
        ],
    )
    return found


def test_the_two_notations_merge_and_both_stay_visible(folder: Path, database_url: str | None, opened: OpenHub) -> None:
    hub = opened(folder, database_url=database_url)
    actions.run(hub, [])
    with opened_door(hub) as door:
        for written in (JOSE, "125319092", "12531909-2", "RUT 12.531.909-2"):
            found = door.debtor_of(written)
            assert {s["connection"] for s in found["sources"]} == {"erp", "crm"}
        assert found["full_name"] == "José Luis Hernández García", "the accent and the order of the trusted source"
        (identifier,) = door.get(f"/v1/debtors/{found['id']}/provenance").json()["identifiers"]
        assert {said["raw"] for said in identifier["sources"]} == {JOSE, "125319092"}


def test_the_stand_in_merges_nobody_and_finds_nobody(folder: Path, database_url: str | None, opened: OpenHub) -> None:
    hub = opened(folder, database_url=database_url)
    actions.run(hub, [])
    with opened_door(hub) as door:
        for written in ("66.666.666-6", "66666666-6", "666666666"):
            assert door.get("/v1/resolve", params={"tax_id": written}).json() == {"matches": [], "total": 0}
        pedros = door.get("/v1/debtors", params={"q": "Pedro Soto Rojas"}).json()["items"]
        assert len(pedros) == 2
        assert [p["identifiers"] for p in pedros] == [[], []]
        counted = {(q["connection"], q["issue"]): q["records"] for q in door.every("/v1/quality")}
        assert counted["erp", "placeholder"] == counted["crm", "placeholder"] == 1
