"""Phone `1`, e-mail `no@tiene.com`, DNI `00000000`: nobody's values, counted in the data quality of their source."""

from __future__ import annotations

from pathlib import Path

from sync import actions
from tests.conftest import OpenHub
from tests.door import opened_door

CONFIGURATION = """\
version: 1
connections:
  peru:
    connector: files
    settings: {path: peru, encoding: utf-8, delimiter: ","}
    country: PE
    streams:
      clientes: {file: "*.csv", key: [ID], map: clientes.yaml}
  limpio:
    connector: files
    settings: {path: limpio, encoding: utf-8, delimiter: ","}
    country: PE
    streams:
      clientes: {file: "*.csv", key: [ID], map: clientes.yaml}
"""
MAP = """\
entities:
- entity: debtor
  key: [ID]
  fields: {full_name: NOMBRE}
  identifiers:
  - {from: DNI, type: DNI, country: PE}
  contact_points:
  - {type: phone, from: FONO}
  - {type: email, from: CORREO}
"""
HEAD = "ID,DNI,NOMBRE,FONO,CORREO\n"


def folder_with_stand_ins(folder: Path) -> Path:
    for name in ("peru", "limpio"):
        (folder / name).mkdir()
    (folder / "concilia.yaml").write_text(CONFIGURATION, encoding="utf-8")
    (folder / "clientes.yaml").write_text(MAP, encoding="utf-8")
    rows = "1,00000000,Rosa Quispe Mamani,1,no@tiene.com\n2,00000000,Luis Ñahui Soto,1,no@tiene.com\n"
    (folder / "peru" / "c.csv").write_text(
        HEAD + rows + "3,45678912,Inés Huamán Ríos,987651234,ines@clientes.pe\n", encoding="utf-8"
    )
    (folder / "limpio" / "c.csv").write_text(
        HEAD + "1,46789123,Óscar León Paz,987650000,oscar@clientes.pe\n", encoding="utf-8"
    )
    return folder


def test_stand_ins_are_no_values_merge_nobody_and_are_counted_for_their_source(
    tmp_path: Path, database_url: str | None, opened: OpenHub
) -> None:
    hub = opened(folder_with_stand_ins(tmp_path), database_url=database_url)
    assert actions.run(hub, []).exit_code == 0
    with opened_door(hub) as door:
        debtors = {d["full_name"]: door.get(f"/v1/debtors/{d['id']}").json() for d in door.every("/v1/debtors")}
        assert len(debtors) == 4
        for name in ("Rosa Quispe Mamani", "Luis Ñahui Soto"):
            assert (debtors[name]["identifiers"], debtors[name]["contact_points"]) == ([], [])
        clean = debtors["Inés Huamán Ríos"]
        assert {p["value"] for p in clean["contact_points"]} == {"+51987651234", "ines@clientes.pe"}
        assert [i["value"] for i in clean["identifiers"]] == ["45678912"]
        for nobody in ({"phone": "1"}, {"email": "no@tiene.com"}, {"tax_id": "00000000"}):
            assert door.get("/v1/resolve", params=nobody).json()["total"] == 0
        quality = {(q["connection"], q["issue"]): q for q in door.every("/v1/quality")}
        counted = quality["peru", "placeholder"]
        assert (counted["records"], counted["of"], counted["rate"]) == (2, 3, "0.6667")
        assert not [issue for connection, issue in quality if connection == "limpio"]
