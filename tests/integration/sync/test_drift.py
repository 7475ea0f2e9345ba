"""A file whose columns look otherwise than before is named and counted, and nothing of it is stored wrong."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from admin_api.cli import main
from concilia.errors import RequestInvalid
from sync import actions
from sync.hub import Hub
from sync.runs import RunReport
from tests.conftest import OpenHub
from tests.worlds import CARTERA, CARTERA_COLUMNS, dump, rut, workspace, write_cartera, write_contacts

Row = tuple[str, ...]
ROUTINE = ("run", "run_stream", "counter", "breaker_trip", "drift")  # what every stopped run adds to
MON, TUE, WED = ("2026-11-02T10:00:00", "2026-11-03T10:00:00", "2026-11-04T10:00:00")


def assignment(moment: str, *, count: int = 12, balance: str = "1.000", due: str = "01-10-2026") -> list[Row]:
    """Debts with numbers of eight digits, as the ERP writes them."""
    return [
        (f"{n * 1009:08d}", rut(5_000_000 + 977 * n), f"Persona Ñ{n}", "", "", balance, due, moment)
        for n in range(1, count + 1)
    ]


def without_zeros(rows: Sequence[Row]) -> list[Row]:
    """The same after a spreadsheet opened and saved them."""
    return [(row[0].lstrip("0"), *row[1:]) for row in rows]


def write_without(hub: Hub, column: str, rows: Sequence[Row]) -> None:
    """The assignment file lacking one of its columns."""
    at = CARTERA_COLUMNS.index(column)
    lines = [CARTERA_COLUMNS, *rows]
    written = "".join(";".join((*line[:at], *line[at + 1 :])) + "\n" for line in lines)
    (hub.workspace.folder / "erp" / "cartera.csv").write_text(written, encoding="cp1252")


def contact(moment: str, name: str) -> Row:
    return ("c1", rut(5_000_977), name, "", "", "ana@clientes.cl", moment + "Z")


def golden(hub: Hub) -> list[Any]:
    return [*actions.export(hub, "golden"), *actions.export(hub, "debts"), *actions.export(hub, "crosswalk")]


def drift_of(report: RunReport) -> list[str]:
    said = report.as_json()["drift"]
    assert report.run.body["drift"] == said
    return list(said)


@pytest.fixture
def hub(tmp_path: Path, database_url: str | None, opened: OpenHub) -> Hub:
    """A portfolio of twelve debts and one contact, read twice: the first reading compares with nothing."""
    folder = workspace(tmp_path)
    write_cartera(folder, assignment(MON))
    write_contacts(folder, [contact(MON, "Ana Ñuñez")])
    hub = opened(folder, database_url=database_url)
    actions.apply(hub)
    for _ in range(2):
        report = actions.run(hub, [])
        assert (report.exit_code, drift_of(report)) == (0, [])
    return hub


def test_a_column_that_vanished_stops_its_stream_and_no_other_and_stores_nothing(hub: Hub) -> None:
    write_without(hub, "NOMBRE", assignment(TUE, balance="7.000"))
    before, known = dump(hub, without=ROUTINE), golden(hub)
    for _ in range(2):  # however often it is read
        report = actions.run(hub, ["erp"])
        assert report.exit_code == 4
        (told,) = report.failures.values()
        assert str(told) == (
            "erp.cartera does not look as before: column NOMBRE vanished (before: in 12 of 12 records; now: in none, "
            "counted in 12 of 12). Nothing of that page was stored. Correct the export and sync again. If the source "
            f"is right: concilia runs allow {report.run.id}, and sync again."
        )
        assert dump(hub, without=ROUTINE) == before
        assert golden(hub) == known
    write_contacts(hub.workspace.folder, [contact(TUE, "Ana María Ñuñez")], name="later.csv")
    report = actions.run(hub, [])
    assert list(report.failures) == ["erp.cartera"]
    assert {s.stream: s.status for s in report.run.streams} == {
        "cartera": "failed", "contactos": "done", "abonos": "done",
    }  # fmt: skip
    write_cartera(hub.workspace.folder, assignment(TUE, balance="7.000"))
    mended = actions.run(hub, [])
    assert (mended.exit_code, drift_of(mended)) == (0, [])
    assert {debt["balance"] for debt in actions.export(hub, "debts")} == {"7000"}
    with pytest.raises(RequestInvalid, match="asks nothing, or nothing any more"):
        actions.allow_run(hub, report.run.id, by="carla")


def test_numbers_that_lost_their_zeros_stop_before_a_debt_is_there_twice(hub: Hub) -> None:
    known = golden(hub)
    write_cartera(hub.workspace.folder, without_zeros(assignment(TUE)))
    report = actions.run(hub, ["erp"])
    assert report.exit_code == 4
    (told,) = drift_of(report)
    assert told == (
        "erp.cartera: column DOC lost leading zeros or characters (before: 8 digits, some with leading zeros; "
        "now: 4 to 5 digits, none with leading zeros, counted in 12 of 12)."
    )
    assert golden(hub) == known


def test_another_type_is_named_and_counted_and_goes_on(hub: Hub) -> None:
    rows = [(*row[:6], "mañana" if n % 3 == 0 else row[6], row[7]) for n, row in enumerate(assignment(TUE))]
    write_cartera(hub.workspace.folder, rows)
    report = actions.run(hub, ["erp"])
    assert report.exit_code == 0
    assert drift_of(report) == [
        "erp.cartera: column VENCE changed its type (before: dates written as text; now: text, counted in 4 of 12)."
    ]


def test_what_a_person_lets_pass_goes_on_and_is_how_it_looks_from_then_on(hub: Hub) -> None:
    write_without(hub, "FONO2", assignment(TUE, balance="7.000"))
    stopped = actions.run(hub, ["erp"])
    (trip,) = actions.allow_run(hub, stopped.run.id, by="carla")
    assert (trip.kind, trip.found, trip.known, trip.decided_by) == ("drift", 12, 12, "carla")
    passed = actions.run(hub, ["erp"])
    assert passed.exit_code == 0
    assert len(drift_of(passed)) == 1
    assert {debt["balance"] for debt in actions.export(hub, "debts")} == {"7000"}
    write_without(hub, "FONO2", assignment(WED, balance="8.000"))
    later = actions.run(hub, ["erp"])
    assert (later.exit_code, drift_of(later)) == (0, [])


def test_a_person_lets_pass_what_was_asked_and_nothing_else(hub: Hub) -> None:
    write_without(hub, "FONO2", assignment(TUE))
    actions.allow_run(hub, actions.run(hub, ["erp"]).run.id, by="carla")
    write_without(hub, "FONO2", without_zeros(assignment(WED)))
    report = actions.run(hub, ["erp"])
    (told,) = report.failures.values()
    assert "column DOC lost leading zeros" in str(told)
    assert "FONO2" not in str(told)
    assert len(drift_of(report)) == 2


def test_a_changed_mapping_or_stream_compares_with_nothing(
    tmp_path: Path, hub: Hub, database_url: str | None, opened: OpenHub
) -> None:
    (tmp_path / "cartera.yaml").write_text(CARTERA.replace("full_name: NOMBRE", "legal_name: NOMBRE"), encoding="utf-8")
    write_cartera(hub.workspace.folder, without_zeros(assignment(TUE)))
    renewed = opened(tmp_path, database_url=database_url)
    actions.apply(renewed)
    report = actions.run(renewed, ["erp"])
    assert (report.exit_code, drift_of(report)) == (0, [])
    written = (tmp_path / "concilia.yaml").read_text("utf-8")
    (tmp_path / "concilia.yaml").write_text(written.replace('cartera: {file: "*.csv"', 'cartera: {file: "c*.csv"'))
    write_without(hub, "FONO2", without_zeros(assignment(WED)))
    again = opened(tmp_path, database_url=database_url)
    actions.apply(again)
    report = actions.run(again, ["erp"])
    assert (report.exit_code, drift_of(report)) == (0, [])


def test_objects_are_compared_like_rows(tmp_path: Path, database_url: str | None, opened: OpenHub) -> None:
    folder = workspace(tmp_path)
    written = (folder / "concilia.yaml").read_text("utf-8")
    written = written.replace("encoding: cp1252", "encoding: utf-8").replace(
        '"*.csv", key: [DOC]', '"*.jsonl", key: [DOC]'
    )
    (folder / "concilia.yaml").write_text(written, encoding="utf-8")
    hub = opened(folder, database_url=database_url)

    def read(objects: Sequence[dict[str, Any]]) -> RunReport:
        lines = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in objects)
        (folder / "erp" / "cartera.jsonl").write_text(lines, encoding="utf-8")
        return actions.run(hub, ["erp"])

    actions.apply(hub)
    assert read([dict(zip(CARTERA_COLUMNS, row, strict=True)) for row in assignment(MON)]).exit_code == 0
    known = golden(hub)
    assert len(list(actions.export(hub, "debts"))) == 12
    later = [dict(zip(CARTERA_COLUMNS, row, strict=True)) for row in assignment(TUE)]
    numeric = read([{**one, "DOC": int(one["DOC"])} for one in later])
    (told,) = drift_of(numeric)
    assert "column DOC lost leading zeros" in told
    without = read([{name: cell for name, cell in one.items() if name != "VENCE"} for one in later])
    (told,) = drift_of(without)
    assert "column VENCE vanished" in told
    assert (numeric.exit_code, without.exit_code) == (4, 4)
    assert golden(hub) == known
    assert read([{**one, "VENCE": None} for one in later]).exit_code == 0, "null is said, absent is not"


def test_a_large_file_is_looked_at_by_a_sample_and_counted_whole(
    tmp_path: Path, database_url: str | None, opened: OpenHub
) -> None:
    write_cartera(workspace(tmp_path), assignment(MON, count=1500))
    hub = opened(tmp_path, database_url=database_url)
    actions.apply(hub)
    assert actions.run(hub, ["erp"]).exit_code == 0
    with hub.store.read() as tx:
        kept = json.loads(tx.execute(text("SELECT body FROM stream_shape WHERE stream = 'cartera'")).scalar_one())
    assert 0 < kept["records"] < 1500
    write_without(hub, "VENCE", assignment(TUE, count=1500))
    report = actions.run(hub, ["erp"])
    with hub.store.read() as tx:
        rows = tx.execute(text('SELECT "column", kind, records, "of" FROM drift')).all()
    (stream,) = report.run.streams
    assert stream.read == 0, "of the file nothing was stored, not even counted"
    ((column, kind, records, of),) = rows
    assert (column, kind) == ("VENCE", "vanished")
    assert records == of > 200


def test_the_list_of_runs_and_the_permission_name_it(
    hub: Hub, database_url: str | None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    write_cartera(hub.workspace.folder, without_zeros(assignment(TUE)))
    stopped = actions.run(hub, ["erp"])
    monkeypatch.setenv("CONCILIA_WORKSPACE", str(hub.workspace.folder))
    if database_url is not None:
        monkeypatch.setenv("CONCILIA_DATABASE_URL", database_url)
    assert main(["runs", "--limit", "1"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert f"Run {stopped.run.id} found another look: erp.cartera: column DOC lost leading zeros" in shown
    assert main(["runs", "allow", str(stopped.run.id), "--by", "carla"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "erp.cartera: 12 of 12 records may look otherwise than before, once." in shown
    assert main(["sync", "erp"]) == 0
    assert "Looks otherwise than before: erp.cartera: column DOC" in " ".join(capsys.readouterr().err.split())
