"""One synchronised world, made once and copied for each test, with its door open."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from admin_api.bootstrap import open_hub
from concilia.settings import Settings
from sync import actions
from sync.hub import Hub
from tests.conftest import OpenHub
from tests.door import Door, opened_door
from tests.worlds import dotted, rut, workspace, write_cartera, write_contacts

JOSE, ANA, EMPRESA = rut(12531909), rut(9876543), rut(76543210)


def write_world(folder: Path) -> Path:
    """Three debtors with four debts in the ERP, the CRM's view of two of them, and rows that cannot be used."""
    found = workspace(folder)
    seen = "2026-11-01T10:00:00"
    write_cartera(
        found,
        [
            ("F-1", dotted(JOSE), "José Luis Hernández García", "961234567", "", "150.000", "01-10-2026", seen),
            ("F-2", dotted(JOSE), "José Luis Hernández García", "961234567", "", "20.000", "01-11-2026", seen),
            ("F-3", dotted(ANA), "Ana Muñoz Ñuñez", "1", "961234567", "99.990", "15-10-2026", seen),
            ("F-4", dotted(EMPRESA), "Comercial Ñandú SpA", "227654321", "", "1.500.000", "15-10-2026", seen),
            ("F-5", "66.666.666-6", "Pedro Soto Rojas", "961112233", "", "1.000", "99-10-2026", seen),
            ("F-6", dotted(ANA), "Ana Muñoz Ñuñez", "", "", "mil", "15-10-2026", seen),
        ],
    )
    later = "2026-11-10T10:00:00Z"
    write_contacts(
        found,
        [
            ("c1", JOSE.replace("-", ""), "HERNANDEZ GARCIA JOSE LUIS", "", "", "jl@clientes.cl", later),
            ("c2", "", "Ana M.", "961119999", "", "no@tiene.com", later),
        ],
    )
    return found


@pytest.fixture(scope="session")
def synchronised(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write_world(tmp_path_factory.mktemp("world"))
    hub = open_hub(Settings(folder, None, {}))
    actions.apply(hub)
    assert actions.run(hub, []).exit_code == 0
    actions.run(hub, [])
    hub.store.close()
    return folder


@pytest.fixture
def hub(synchronised: Path, tmp_path: Path, opened: OpenHub) -> Hub:
    folder = tmp_path / "world"
    shutil.copytree(synchronised, folder)
    return opened(folder)


@pytest.fixture
def door(hub: Hub) -> Iterator[Door]:
    with opened_door(hub) as found:
        yield found


@pytest.fixture
def hub_on_each_database(tmp_path: Path, database_url: str | None, opened: OpenHub) -> Hub:
    hub = opened(write_world(tmp_path), database_url=database_url)
    actions.apply(hub)
    actions.run(hub, [])
    return hub
