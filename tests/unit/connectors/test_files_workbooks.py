"""Excel workbooks through the files connector: types, error cells, resuming, and workbooks meant to hurt."""

# ruff: noqa: DTZ001  # Excel knows no time zones

from __future__ import annotations

import contextlib
import zipfile
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from concilia.errors import ConciliaError, ConfigurationInvalid
from concilia.records import Bookmark, Page
from connectors.contract import ConnectionSettings, StreamRequest
from connectors.files import connect, spreadsheet

DEBTS = StreamRequest("deudas", key=("doc",), options={"file": "*.xlsx"})


def workbook(path: Path, *rows: list[Any], sheet: str = "Hoja1", first: tuple[int, int] = (1, 1)) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for down, cells in enumerate(rows):
        for right, value in enumerate(cells):
            page.cell(first[0] + down, first[1] + right, value)
    book.save(path)


def pages(
    folder: Path, request: StreamRequest = DEBTS, bookmarks: Mapping[str, Bookmark] | None = None, **settings: Any
) -> list[Page]:
    connector = connect(ConnectionSettings("erp", {"path": ".", **settings}, str(folder)))
    return list(connector.read(request, bookmarks=bookmarks or {}))


def test_cells_keep_their_type_and_are_never_floats(tmp_path: Path) -> None:
    workbook(
        tmp_path / "cartera.xlsx",
        ["doc", "monto", "cuota", "vence", "visto", "pagada", "hora", "vacía", "fórmula"],
        ["F-1", 1234.56, 3, date(2024, 5, 1), datetime(2024, 5, 1, 10, 30), True, time(9, 5), None, "=1+1"],
    )
    record = pages(tmp_path)[0].records[0]
    assert record.key == ("F-1",)
    assert record.position == "cartera.xlsx sheet Hoja1 row 2"
    assert record.fields == {
        "doc": "F-1",
        "monto": Decimal("1234.56"),
        "cuota": 3,
        "vence": date(2024, 5, 1),
        "visto": datetime(2024, 5, 1, 10, 30),
        "pagada": True,
        "hora": "09:05:00",
        "vacía": None,
        "fórmula": None,
    }
    assert [type(value) for value in record.fields.values()][1:3] == [Decimal, int]


def test_rows_are_numbered_as_excel_does_even_when_the_table_starts_elsewhere(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", ["doc", "n"], [None, None], ["1", "Ana"], [None, "sin clave"], first=(4, 3))
    (page,) = pages(tmp_path)
    assert page.records[0].position == "a.xlsx sheet Hoja1 row 6"
    assert (page.bad_rows[0].position, page.bad_rows[0].column) == ("a.xlsx sheet Hoja1 row 7", "doc")


def test_an_error_cell_makes_a_bad_row_naming_its_column(tmp_path: Path) -> None:
    workbook(
        tmp_path / "a.xlsx",
        ["doc", "n", "monto"],
        ["1", "Ana", "#N/A"],
        ["2", "Eva", 20],
        ["3", "#REF!", 1],
        first=(1, 2),
    )
    (page,) = pages(tmp_path)
    assert [record.key for record in page.records] == [("2",)]
    assert [(row.position[-5:], row.column, row.key) for row in page.bad_rows] == [
        ("row 2", "monto", ("1",)),
        ("row 4", "n", ("3",)),
    ]


def test_a_numeric_key_is_text_without_exponent(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", ["doc", "n"], [12345678, "a"], [123456789012345, "b"])
    assert [record.key for record in pages(tmp_path)[0].records] == [("12345678",), ("123456789012345",)]


def test_a_number_that_excel_has_rounded_is_no_key(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", ["doc", "n"], [12345678901234567890, "a"])
    (row,) = pages(tmp_path)[0].bad_rows
    assert (row.column, row.key) == ("doc", ())
    assert "15 digits" in row.reason


def test_cells_right_of_the_header_are_surplus(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", ["doc", "n"], ["1", 5, None, "x"])
    (row,) = pages(tmp_path)[0].bad_rows
    assert row.column == "+1"
    assert row.fields == {"doc": "1", "n": 5, "+1": "", "+2": "x"}


def test_a_date_cell_as_cursor_is_a_moment_in_the_time_zone(tmp_path: Path) -> None:
    workbook(
        tmp_path / "a.xlsx", ["doc", "upd"], ["1", datetime(2024, 5, 1, 10)], ["2", date(2024, 5, 1)], ["3", "ayer"]
    )
    request = StreamRequest("deudas", key=("doc",), cursor="upd", options={"file": "*.xlsx"})
    found = pages(tmp_path, request, time_zone="America/Bogota")[0].records
    assert [record.source_updated_at for record in found] == [
        datetime(2024, 5, 1, 15, tzinfo=UTC),
        datetime(2024, 5, 1, 5, tzinfo=UTC),
        None,
    ]
    assert [record.cursor for record in found] == ["2024-05-01T10:00:00", "2024-05-01", "ayer"]


def test_a_workbook_is_resumed_by_row_and_not_read_twice(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", ["doc"], *[[f"F-{n}"] for n in range(1500)])
    found = pages(tmp_path)
    marks = [page.bookmark for page in found if page.bookmark]
    assert [mark.tie for mark in marks] == ["1001", "done"]
    assert pages(tmp_path, bookmarks={"a.xlsx": marks[0]})[0].records == found[1].records
    assert pages(tmp_path, bookmarks={"a.xlsx": marks[1]}) == []


def test_header_names_and_skipped_rows_work_as_in_text_files(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", ["Cartera de mayo"], ["x", "y"], ["1", "Ana"])
    (page,) = pages(tmp_path, skip_rows=2, header=["doc", "nombre"])
    assert page.records[0].fields == {"doc": "1", "nombre": "Ana"}


def test_an_empty_sheet_gives_no_record(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx")
    assert sum(page.read for page in pages(tmp_path)) == 0


def test_the_sheet_must_be_named_when_there_are_several(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("Pagos").append(["doc"])
    book["Pagos"].append(["P-1"])
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(ConfigurationInvalid, match="'Sheet', 'Pagos'"):
        pages(tmp_path)
    with pytest.raises(ConfigurationInvalid, match="no sheet 'Pago'"):
        pages(tmp_path, sheet="Pago")
    assert pages(tmp_path, sheet="Pagos")[0].records[0].key == ("P-1",)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([["doc", "doc"], ["1", "2"]], "2 columns called 'doc'"),
        ([["Doc"], ["1"]], "Did you mean 'Doc'?"),
    ],
)
def test_a_wrong_header_names_file_and_sheet(rows: list[list[Any]], words: str, tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", *rows)
    with pytest.raises(ConfigurationInvalid, match=r"a\.xlsx sheet Hoja1") as refusal:
        pages(tmp_path)
    assert words in str(refusal.value)


@pytest.mark.parametrize("content", [b"", b"no zip", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600])
def test_what_is_no_workbook_is_refused_with_a_mend(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a.xlsx").write_bytes(content)
    with pytest.raises(ConfigurationInvalid, match=r"no \.xlsx workbook"):
        pages(tmp_path)


def test_a_zip_of_something_else_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as package:
        package.writestr("carta.docx", "x")
    with pytest.raises(ConfigurationInvalid, match="no readable Excel workbook"):
        pages(tmp_path)


def test_what_is_called_xls_and_is_none_is_refused_with_a_mend(tmp_path: Path) -> None:
    (tmp_path / "a.xls").write_bytes(b"x")
    with pytest.raises(ConfigurationInvalid, match=r"no readable \.xls workbook"):
        pages(tmp_path, StreamRequest("deudas", key=("doc",), options={"file": "*.xls"}))


def test_a_zip_bomb_is_refused_by_its_directory(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", ["doc"], ["1"])
    with zipfile.ZipFile(tmp_path / "a.xlsx", "a", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/media/nulls", b"\0" * 20_000_000)
    with pytest.raises(ConfigurationInvalid, match="ZIP bomb"):
        pages(tmp_path)


def test_a_workbook_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workbook(tmp_path / "a.xlsx", ["doc"], *[[f"F-{n}"] for n in range(1000)])
    monkeypatch.setattr(spreadsheet, "LARGEST_WORKBOOK", 10_000)
    with pytest.raises(ConfigurationInvalid, match="Split it"):
        pages(tmp_path)


def test_a_stray_cell_far_away_does_not_cost_the_memory_of_the_rectangle(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    page = book.active
    assert page is not None
    page["A1"], page["XFD1048576"] = "doc", "x"
    book.save(tmp_path / "a.xlsx")
    with pytest.raises(ConfigurationInvalid, match="stray cells"):
        pages(tmp_path)


def test_a_truncated_workbook_is_one_sentence(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", ["doc"], *[[f"F-{n}"] for n in range(2000)])
    whole = (tmp_path / "a.xlsx").read_bytes()
    for size in range(0, len(whole), len(whole) // 25):
        (tmp_path / "a.xlsx").write_bytes(whole[:size])
        with pytest.raises(ConciliaError):
            pages(tmp_path)


def test_bytes_changed_inside_a_workbook_never_escape_as_a_traceback(tmp_path: Path) -> None:
    workbook(tmp_path / "a.xlsx", ["doc"], *[[f"F-{n}"] for n in range(300)])
    whole = (tmp_path / "a.xlsx").read_bytes()
    for at in range(0, len(whole), max(1, len(whole) // 120)):
        (tmp_path / "a.xlsx").write_bytes(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        with contextlib.suppress(ConciliaError):
            pages(tmp_path)
