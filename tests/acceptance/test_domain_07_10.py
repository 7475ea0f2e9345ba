"""The nightly file has only 40 % of yesterday's invoices: the import halts, nothing is marked paid, nobody is forgotten."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.contact_world import COLUMNS, counter, rules
from tests.conftest import OpenHub
from tests.worlds import rut

PEOPLE = [rut(5_000_000 + 977 * n) for n in range(300)]
LINES = [
    f"F-{n};{tax_id};Persona Número {n};96111{1000 + n};persona{n}@correo.cl;;;;;;;150000;2026-10-01"
    for n, tax_id in enumerate(PEOPLE)
]
FRESH = "contact:\n  tighten:\n    hub.stale_data: {stale_after_hours: 36}\n"


def test_a_file_with_two_fifths_of_the_invoices_settles_nothing_and_stops_contact_in_time(
    tmp_path: Path, opened: OpenHub, database_url: str | None
) -> None:
    whole = "\n".join(LINES)
    file = tmp_path / "erp" / "cartera.csv"
    with counter(tmp_path, opened, country="CL", line=whole, database_url=database_url, contact=FRESH) as desk:
        desk.at("2026-11-23T06:00:00-03:00")
        before = desk.door.every("/v1/events")
        file.write_text("\n".join((COLUMNS, *LINES[:120])) + "\n", encoding="utf-8")
        desk.at("2026-11-24T06:00:00-03:00")
        (run,) = [run for run in desk.door.get("/v1/runs").json()["items"] if run["started_at"] > "2026-11-24"]
        assert run["status"] != "done"
        assert desk.door.every("/v1/events") == before, "no debt was settled, changed or missed"
        gone = desk.debt("F-299")
        assert (gone["status"], gone["balance"]) == ("open", "150000")
        assert desk.at("2026-11-24T10:00:00-03:00").ask("email", debt="F-299")["answer"] == "allow"

        # A day later nobody knows any more what is owed.
        denied = desk.at("2026-11-25T10:00:00-03:00").ask("email", debt="F-299")
        assert rules(denied) == {"hub.stale_data"}
        assert denied["reasons"][0]["detail"].startswith("erp was last read well at 2026-11-23T09:00")
        file.write_text(f"{COLUMNS}\n{whole}\n", encoding="utf-8")
        assert desk.at("2026-11-25T11:00:00-03:00").ask("email", debt="F-299")["answer"] == "allow"
        assert desk.debt("F-299")["status"] == "open"
