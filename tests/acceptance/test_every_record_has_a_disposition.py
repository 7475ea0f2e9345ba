"""One row in a hundred is broken: good rows land, broken rows wait with line, column and reason, and are replayed."""

from __future__ import annotations

from pathlib import Path

import pytest

from sync import actions, repair
from tests.conftest import OpenHub
from tests.worlds import CARTERA_COLUMNS, dump, rut, workspace

ROWS = 2_000
HEADER = ";".join(CARTERA_COLUMNS)

# What is wrong, the bytes of the row (by its number), the column the quarantine must name.
BROKEN = {
    "bad date": (lambda n: f"F-{n};{rut(5_000_000 + n)};Ana Peña;;;1.000;31-02-2026;2026-11-01".encode("cp1252"), "VENCE"),
    "bad amount": (lambda n: f"F-{n};{rut(5_000_000 + n)};Ana Peña;;;mil;01-02-2026;2026-11-01".encode("cp1252"), "SALDO"),
    "utf-8 in a cp1252 file": (
        lambda n: f"F-{n};{rut(5_000_000 + n)};José Ñuñoa;;;1.000;01-02-2026;2026-11-01".encode(), "NOMBRE"),
    "undefined byte": (lambda n: f"F-{n};{rut(5_000_000 + n)};Jos".encode() + b"\x81;;;1.000;01-02-2026;2026-11-01", "NOMBRE"),
    "missing key": (lambda n: f";{rut(5_000_000 + n)};Ana Soto;;;1.000;01-02-2026;2026-11-01".encode(), "DOC"),
    "giant cell": (
        lambda n: f"F-{n};{rut(5_000_000 + n)};".encode() + b"A" * 10_000_000 + b";;;1.000;01-02-2026;2026-11-01", "NOMBRE"),
    "NUL byte": (lambda n: f"F-{n};{rut(5_000_000 + n)};Ana".encode() + b"\x00;;;1.000;01-02-2026;2026-11-01", "NOMBRE"),
    "too many columns": (
        lambda n: f"F-{n};{rut(5_000_000 + n)};Soto; Ana;;;1.000;01-02-2026;2026-11-01;x".encode(), None),
}  # fmt: skip

EXPECTED = {f"cartera.csv line {n + 2}": list(BROKEN)[(n // 100) % len(BROKEN)] for n in range(57, ROWS, 100)}


@pytest.fixture(scope="module")
def broken_file() -> bytes:
    kinds = list(BROKEN)
    lines = [HEADER.encode("cp1252")]
    for n in range(ROWS):
        if n % 100 == 57:
            lines.append(BROKEN[kinds[(n // 100) % len(kinds)]][0](n))
        else:
            row = f"F-{n};{rut(5_000_000 + n)};María Núñez {n};96{n:07d};;1.000;01-02-2026;2026-11-01"
            lines.append(row.encode("cp1252"))
    return b"\r\n".join(lines) + b"\r\n"


def test_good_rows_land_and_broken_rows_wait_with_line_column_and_reason(
    tmp_path: Path, database_url: str | None, opened: OpenHub, broken_file: bytes
) -> None:
    folder = workspace(tmp_path)
    (folder / "erp" / "cartera.csv").write_bytes(broken_file)
    hub = opened(folder, database_url=database_url)
    report = actions.run(hub, ["erp"])
    (counts,) = report.run.streams
    assert report.exit_code == 0
    assert (counts.read, counts.applied, counts.quarantined) == (ROWS, ROWS - 20, 20)
    assert counts.adds_up
    rows = {row["position"]: row for row in actions.quarantined(hub, limit=100)}
    assert rows.keys() == EXPECTED.keys()
    for position, kind in EXPECTED.items():
        row, column = rows[position], BROKEN[kind][1]
        assert row["reason"], kind
        assert column is None or row["column"] == column, (kind, row["column"], row["reason"])
    assert len(list(actions.export(hub, "debts"))) == ROWS - 20


def test_reading_the_broken_file_again_changes_no_row(tmp_path: Path, opened: OpenHub, broken_file: bytes) -> None:
    folder = workspace(tmp_path)
    (folder / "erp" / "cartera.csv").write_bytes(broken_file)
    hub = opened(folder)
    actions.run(hub, ["erp"])
    before = dump(hub, without=("run", "run_stream", "bookmark", "counter"))
    report = actions.run(hub, ["erp"], full=True)
    (counts,) = report.run.streams
    assert (counts.read, counts.unchanged, counts.quarantined) == (ROWS, ROWS - 20, 20)
    assert dump(hub, without=("run", "run_stream", "bookmark", "counter")) == before


def test_a_broken_row_is_corrected_and_replayed(
    tmp_path: Path, database_url: str | None, opened: OpenHub, broken_file: bytes
) -> None:
    folder = workspace(tmp_path)
    (folder / "erp" / "cartera.csv").write_bytes(broken_file)
    hub = opened(folder, database_url=database_url)
    actions.run(hub, ["erp"])
    rows = {EXPECTED[row["position"]]: row for row in reversed(actions.quarantined(hub))}
    repair.fix(hub, rows["bad date"]["id"], changes={"VENCE": "28-02-2026"})
    repair.fix(hub, rows["NUL byte"]["id"], changes={"NOMBRE": "Ana"})
    repair.fix(hub, rows["missing key"]["id"], changes={"DOC": "F-NEW"})
    surplus = [name for name in rows["too many columns"]["fields"] if name.startswith("+")]
    good = dict(
        zip(CARTERA_COLUMNS, ("F-4444", rut(4_444_444), "Ana Soto", "", "", "1.000", "01-02-2026", ""), strict=True)
    )
    repair.fix(hub, rows["too many columns"]["id"], changes={**good, **dict.fromkeys(surplus)})
    repair.fix(hub, rows["bad amount"]["id"], changes={"SALDO": "todavía mal"})
    wanted = [rows[k]["id"] for k in ("bad date", "NUL byte", "missing key", "too many columns", "bad amount")]
    done = repair.replay(hub, wanted)
    assert [d.landed for d in done] == [True, True, True, True, False]
    assert done[-1].column == "SALDO"
    documents = {r["document"] for r in actions.export(hub, "debts")}
    assert {rows["bad date"]["key"], "F-NEW", "F-4444"} <= documents
    replayed = actions.latest_runs(hub, limit=1)[0]
    assert replayed.kind == "replay"
    assert all(s.adds_up for s in replayed.streams)
    assert replayed.streams[0].applied == 4


def test_a_row_repaired_here_stays_repaired_when_the_same_file_is_read_again(
    tmp_path: Path, opened: OpenHub, broken_file: bytes
) -> None:
    folder = workspace(tmp_path)
    (folder / "erp" / "cartera.csv").write_bytes(broken_file)
    hub = opened(folder)
    actions.run(hub, ["erp"])
    row = next(r for r in actions.quarantined(hub) if r["column"] == "VENCE")
    repair.fix(hub, row["id"], changes={"VENCE": "28-02-2026"})
    repair.replay(hub, [row["id"]])
    report = actions.run(hub, ["erp"], full=True)
    assert report.run.streams[0].quarantined == 19
    debt = next(r for r in actions.export(hub, "debts") if r["document"] == row["key"])
    assert debt["due_date"] == "2026-02-28"


def test_a_row_mended_at_its_source_needs_no_repair_any_more(tmp_path: Path, opened: OpenHub) -> None:
    folder = workspace(tmp_path)
    row = f"F-1;{rut(5_000_000)};Ana;;;1.000;{{}}-02-2026;2026-11-01\n"
    path = folder / "erp" / "a.csv"
    path.write_text(f"{HEADER}\n{row.format('31')}", encoding="cp1252")
    hub = opened(folder)
    actions.run(hub, ["erp"])
    assert len(actions.quarantined(hub)) == 1
    path.write_text(f"{HEADER}\n{row.format('28')}", encoding="cp1252")
    actions.run(hub, ["erp"])
    assert actions.quarantined(hub) == []


def test_the_same_key_with_other_content_and_no_newer_time_waits_for_a_person(tmp_path: Path, opened: OpenHub) -> None:
    folder = workspace(tmp_path)
    rows = "".join(f"F-1;{rut(5_000_000)};Ana;;;{n}.000;01-02-2026;\n" for n in (1, 2))
    (folder / "erp" / "a.csv").write_text(f"{HEADER}\n{rows}", encoding="cp1252")
    hub = opened(folder)
    (counts,) = actions.run(hub, ["erp"]).run.streams
    assert (counts.read, counts.applied, counts.quarantined) == (2, 1, 1)
    assert actions.quarantined(hub)[0]["code"] == "duplicate_key"
