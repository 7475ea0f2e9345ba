"""Two persons with the same name and comuna and different RUN are never one; a phone that both have is said to be shared."""

from __future__ import annotations

from pathlib import Path

from sync import actions
from tests.conftest import OpenHub
from tests.door import opened_door
from tests.worlds import dotted, rut, workspace

FIRST, SECOND = dotted(rut(15111222)), dotted(rut(16333444))
NAME = "María José González Pérez"
MAP = """\
entities:
- entity: debtor
  key: [ID]
  fields: {tax_id: RUN, full_name: NOMBRE}
  contact_points:
  - {type: phone, from: FONO}
  - {type: postal_address, parts: {street: CALLE, city: COMUNA}}
"""


def synced_folder(folder: Path) -> Path:
    """Both persons in both systems, from the same comuna and with the same phone."""
    found = workspace(folder)
    for name in ("cartera", "contactos"):
        (found / f"{name}.yaml").write_text(MAP, encoding="utf-8")
    text = (found / "concilia.yaml").read_text(encoding="utf-8")
    text = text.replace("key: [DOC], cursor: MOD", "key: [ID]").replace("key: [id], cursor: updated_at", "key: [ID]")
    (found / "concilia.yaml").write_text(text, encoding="utf-8")
    rows = [f"a,{FIRST},{NAME},961234567,Los Aromos 12,Ñuñoa", f"b,{SECOND},{NAME},961234567,Los Aromos 12,Ñuñoa"]
    head = "ID,RUN,NOMBRE,FONO,CALLE,COMUNA\n"
    (found / "crm" / "c.csv").write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    upper = [row.replace(NAME, NAME.upper()).replace(",", ";") for row in rows]
    (found / "erp" / "c.csv").write_text(head.replace(",", ";") + "\n".join(upper) + "\n", encoding="cp1252")
    return found


def test_homonyms_with_different_run_stay_two_and_share_a_phone(
    tmp_path: Path, database_url: str | None, opened: OpenHub
) -> None:
    hub = opened(synced_folder(tmp_path), database_url=database_url)
    for _ in range(2):
        actions.run(hub, [], full=True)
    with opened_door(hub) as door:
        one, other = door.debtor_of(FIRST), door.debtor_of(SECOND)
        assert {d["id"] for d in door.every("/v1/debtors")} == {one["id"], other["id"]}
        for found, second in ((one, other), (other, one)):
            assert {s["connection"] for s in found["sources"]} == {"erp", "crm"}
            (phone,) = [p for p in found["contact_points"] if p["type"] == "phone"]
            assert (phone["value"], phone["shared"], phone["shared_with"]) == ("+56961234567", True, [second["id"]])
        answer = door.get("/v1/resolve", params={"phone": "9 6123 4567", "country": "CL"}).json()
        assert {m["id"] for m in answer["matches"]} == {one["id"], other["id"]}


def test_a_phone_that_only_one_has_is_not_shared(tmp_path: Path, database_url: str | None, opened: OpenHub) -> None:
    folder = synced_folder(tmp_path)
    for place, encoding in ((folder / "erp" / "c.csv", "cp1252"), (folder / "crm" / "c.csv", "utf-8")):
        lines = place.read_text(encoding=encoding).splitlines()
        lines[2] = lines[2].replace("961234567", "967654321")
        place.write_text("\n".join(lines) + "\n", encoding=encoding)
    hub = opened(folder, database_url=database_url)
    actions.run(hub, [])
    with opened_door(hub) as door:
        for tax_id in (FIRST, SECOND):
            (phone,) = [p for p in door.debtor_of(tax_id)["contact_points"] if p["type"] == "phone"]
            assert (phone["shared"], phone["shared_with"]) == (False, [])
