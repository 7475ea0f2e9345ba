"""Fixed width, JSON Lines, bank statements, old workbooks, compressed files, totals: right or refused, never shifted."""

from __future__ import annotations

import gzip
import importlib.util
import io
import json
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from concilia.errors import ConciliaError, ConfigurationInvalid, RunMustStop
from concilia.records import BadRow, Bookmark, Page, Record
from connectors.contract import ConnectionSettings, StreamRequest
from connectors.files import connect

_MADE = Path(__file__).resolve().parents[2] / "fixtures" / "bank" / "make.py"
_spec = importlib.util.spec_from_file_location("bank_fixtures", _MADE)
assert _spec is not None
assert _spec.loader is not None
bank = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(bank)

BANK = StreamRequest("abonos", key=("entry_key",), options={"file": "*"})


def pages(
    folder: Path, request: StreamRequest, *, bookmarks: dict[str, Bookmark] | None = None, **settings: Any
) -> list[Page]:
    made = connect(ConnectionSettings("banco", {"path": ".", **settings}, folder=str(folder), streams=(request,)))
    return list(made.read(request, bookmarks=bookmarks or {}))


def rows(folder: Path, request: StreamRequest, **settings: Any) -> tuple[list[Record], list[BadRow]]:
    found = pages(folder, request, **settings)
    return [r for page in found for r in page.records], [b for page in found for b in page.bad_rows]


def bank_rows(folder: Path, name: str, text: str, **settings: Any) -> list[dict[str, Any]]:
    (folder / name).write_text(text, settings.get("encoding", "utf-8"))
    good, bad = rows(folder, BANK, **settings)
    assert bad == []
    return [dict(one.fields) for one in good]


# --- camt


def test_a_statement_gives_each_transaction_with_its_references(tmp_path: Path) -> None:
    paid, fee = bank_rows(tmp_path, "a.xml", bank.CAMT["053.001.02"])
    assert (paid["amount"], paid["currency"], paid["direction"]) == (Decimal(150000), "CLP", "credit")
    assert (paid["bank_reference"], paid["end_to_end_id"], paid["remittance"]) == ("B-1", "F-123", "PAGO FACTURA F-123")
    assert (paid["debtor_name"], paid["debtor_id"], paid["debtor_account"]) == (
        "José Núñez Peña",
        "12531909-2",
        "99887766",
    )
    assert paid["entry_key"] == "00-0123-4567:B-1"
    assert (fee["signed_amount"], fee["bank_code"]) == (Decimal(-20000), "COM")


def test_a_newer_version_with_prefixes_and_parties_inside_is_read_the_same(tmp_path: Path) -> None:
    first, pending = bank_rows(tmp_path, "a.xml", bank.CAMT["053.001.08"])
    assert (first["debtor_name"], first["creditor_reference"], first["status"]) == (
        "Conceição & Cia",
        "RF18 5390 0754",
        "BOOK",
    )
    assert pending["status"] == "PDNG"


def test_a_batch_is_told_apart_and_a_return_is_marked(tmp_path: Path) -> None:
    found = bank_rows(tmp_path, "a.xml", bank.CAMT["054.001.04"])
    assert [one["signed_amount"] for one in found] == [Decimal("250.00"), Decimal("100.00"), Decimal("-50.00")]
    assert [one["end_to_end_id"] for one in found] == ["A1", "", "A3"] or found[1]["end_to_end_id"] is None
    assert [one["returned"] for one in found] == [False, False, True]
    assert found[2]["return_reason"] == "AC04"
    assert len({one["entry_key"] for one in found}) == 3


def test_a_reversed_entry_says_so(tmp_path: Path) -> None:
    first, second = bank_rows(tmp_path, "a.xml", bank.CAMT["052.001.06"])
    assert (first["returned"], first["signed_amount"]) == (True, Decimal("-1234.56"))
    assert (second["returned"], second["signed_amount"]) == (False, Decimal("10.00"))


def test_entries_without_references_keep_apart_and_keep_their_keys(tmp_path: Path) -> None:
    found = bank_rows(tmp_path, "a.xml", bank.CAMT["no references"])
    assert len({one["entry_key"] for one in found}) == 2
    (tmp_path / "a.xml").unlink()
    again = bank_rows(tmp_path, "b.xml", bank.CAMT["no references"])
    assert [one["entry_key"] for one in again] == [one["entry_key"] for one in found]


@pytest.mark.parametrize(
    ("name", "old", "new", "words"),
    [
        ("053.001.02", '<Amt Ccy="CLP">1130000</Amt>', '<Amt Ccy="CLP">1130001</Amt>', "1130001 is stated"),
        ("053.001.08", "NbOfNtries>2<", "NbOfNtries>3<", "3 entries are stated, 2 are there"),
        ("053.001.08", "Sum>350.75<", "Sum>350.76<", "a sum of 350.76"),
        ("no references", '<Amt Ccy="PEN">50.00</Amt>', '<Amt Ccy="PEN">5.00</Amt>', "does not add up"),
    ],
)  # fmt: skip
def test_a_statement_that_does_not_add_up_is_refused_as_a_whole(
    tmp_path: Path, name: str, old: str, new: str, words: str
) -> None:
    (tmp_path / "a.xml").write_text(bank.CAMT[name].replace(old, new, 1), "utf-8")
    with pytest.raises(RunMustStop, match=words):
        pages(tmp_path, BANK)


@pytest.mark.parametrize("cut", range(100, 1478, 106))
def test_a_statement_that_was_cut_anywhere_is_refused(tmp_path: Path, cut: int) -> None:
    (tmp_path / "a.xml").write_bytes(bank.CAMT["053.001.02"].encode()[:cut])
    with pytest.raises(ConciliaError):
        pages(tmp_path, BANK)


@pytest.mark.parametrize("amount", ["", "abc", "NaN", "-5", "1,5", "1e999999999", "1_000", "Infinity"])
def test_an_amount_that_is_none_is_a_bad_row_and_the_others_land(tmp_path: Path, amount: str) -> None:
    text = bank.CAMT["052.001.06"].replace(">1234.56<", f">{amount}<", 1)
    (tmp_path / "a.xml").write_text(text, "utf-8")
    good, bad = rows(tmp_path, BANK)
    assert (len(good), len(bad)) == (1, 1), bad
    assert "entry 1" in bad[0].position


def test_a_batch_that_does_not_add_up_is_a_bad_row(tmp_path: Path) -> None:
    text = bank.CAMT["054.001.04"].replace('<Amt Ccy="EUR">100.00</Amt>', '<Amt Ccy="EUR">101.00</Amt>')
    (tmp_path / "a.xml").write_text(text, "utf-8")
    good, bad = rows(tmp_path, BANK)
    assert (good, len(bad)) == ([], 1)
    assert "add up to 301.00" in bad[0].reason


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE Document SYSTEM "http://127.0.0.1:9/x.dtd">',
        '<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE Document [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>',
    ],
)  # fmt: skip
def test_document_types_and_entities_are_refused(tmp_path: Path, head: str) -> None:
    (tmp_path / "a.xml").write_text(head + bank.CAMT["052.001.06"].replace(">R1<", ">&a;<"), "utf-8")
    with pytest.raises((ConfigurationInvalid, RunMustStop)):
        pages(tmp_path, BANK)


def test_xml_that_is_no_statement_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text("<html><body>hola</body></html>", "utf-8")
    with pytest.raises(ConfigurationInvalid, match=r"no statement of camt\.052"):
        pages(tmp_path, BANK)


# --- MT940


def test_mt940_plain(tmp_path: Path) -> None:
    paid, fee = bank_rows(tmp_path, "a.sta", bank.MT940["plain"], encoding="cp1252")
    assert (paid["amount"], paid["bank_reference"], paid["customer_reference"]) == (
        Decimal("150000.00"),
        "B123456",
        "F-123",
    )
    assert paid["remittance"] == "ABONO POR TRANSFERENCIA FACTURA F-123 JOSE NUÑEZ PEÑA"
    assert fee["signed_amount"] == Decimal("-20000.00")


def test_mt940_with_numbered_sub_fields(tmp_path: Path) -> None:
    (paid,) = bank_rows(tmp_path, "a.sta", bank.MT940["numbered"])
    assert "FACTURA F-200" in paid["remittance"]
    assert paid["debtor_name"] == "MARIA IBAÑEZ"


def test_mt940_with_words(tmp_path: Path) -> None:
    paid, returned = bank_rows(tmp_path, "a.sta", bank.MT940["words"])
    assert (paid["remittance"], paid["debtor_name"], paid["end_to_end_id"]) == ("FACTURA F-124", "J PEÑA", "E2E-124")
    assert (returned["returned"], returned["return_reason"]) == (True, "AC04")


def test_mt940_in_swift_blocks_with_several_statements(tmp_path: Path) -> None:
    found = bank_rows(tmp_path, "a.mt940", bank.MT940["swift blocks"])
    assert [(one["statement"], one["signed_amount"]) for one in found] == [("A", Decimal(100)), ("B", Decimal(-50))]


def test_mt940_reversals_take_back_what_they_reverse(tmp_path: Path) -> None:
    found = bank_rows(tmp_path, "a.sta", bank.MT940["reversals"])
    assert [one["signed_amount"] for one in found] == [Decimal("30.00"), Decimal("-30.00"), Decimal("5.00")]
    assert [one["returned"] for one in found] == [False, True, True]


@pytest.mark.parametrize("name", bank.MT940)
def test_mt940_with_windows_line_ends_is_the_same(tmp_path: Path, name: str) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    plain = bank_rows(tmp_path / "one", "a.sta", bank.MT940[name])
    (tmp_path / "two" / "a.sta").write_bytes(bank.MT940[name].replace("\n", "\r\n").encode())
    good, _ = rows(tmp_path / "two", BANK)
    assert [dict(one.fields) for one in good] == plain


@pytest.mark.parametrize("name", bank.MT940)
def test_an_mt940_that_lost_a_line_is_refused(tmp_path: Path, name: str) -> None:
    lines = bank.MT940[name].splitlines()
    last = max(n for n, line in enumerate(lines) if line.startswith((":61:", ":62")))
    (tmp_path / "a.sta").write_text("\n".join(lines[:last]), "utf-8")
    with pytest.raises(RunMustStop):
        pages(tmp_path, BANK)


def test_an_mt940_in_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "a.sta").write_bytes(bank.MT940["plain"].encode("cp1252"))
    with pytest.raises(ConfigurationInvalid, match="line 7"):
        pages(tmp_path, BANK)


# --- fixed width

FIXED = {
    "width": 40, "prefix": "D", "footer": "T",
    "fields": [
        {"name": "doc", "start": 2, "length": 6}, {"name": "nombre", "start": 8, "length": 20},
        {"name": "saldo", "start": 28, "length": 12, "decimals": 2},
    ],
    "totals": {"rows": {"start": 2, "length": 6}, "sum": {"start": 28, "length": 12, "decimals": 2}},
}  # fmt: skip


def fixed(name: str = "cobranza.txt", **changes: Any) -> StreamRequest:
    return StreamRequest("cobranza", key=("doc",), options={"file": name, "fixed": {**FIXED, **changes}})


def line(doc: str, name: str, cents: int) -> str:
    return f"D{doc:<6}{name:<20}{cents:012d}".ljust(40)


def fixed_text(*lines: str, total: int, count: int | None = None) -> str:
    number = len(lines) if count is None else count
    return "\n".join(("H20261122".ljust(40), *lines, f"T{number:06d}".ljust(27) + f"{total:012d}".ljust(13))) + "\n"


# `sum` is the column that is summed when a footer of fixed width states one
SUMMED = [{"name": "doc", "start": 2, "length": 6}, {"name": "nombre", "start": 8, "length": 20}, {"name": "sum", "start": 28, "length": 12, "decimals": 2}]  # fmt: skip


def test_fields_of_fixed_width_are_cut_by_characters_and_amounts_get_their_point(tmp_path: Path) -> None:
    text = fixed_text(line("F-1", "Íñigo Peña", 1500050), line("F-2", "Ana", 99), total=1500149)
    (tmp_path / "cobranza.txt").write_bytes(text.encode("cp1252"))
    good, bad = rows(tmp_path, fixed(fields=SUMMED), encoding="cp1252")
    assert bad == []
    assert [(r.key, r.fields["nombre"], r.fields["sum"]) for r in good] == [
        (("F-1",), "Íñigo Peña", "15000.50"), (("F-2",), "Ana", "0.99"),
    ]  # fmt: skip


@pytest.mark.parametrize(("total", "count", "words"), [(1, None, "a sum of 0.01"), (1500149, 3, "3 rows are stated")])
def test_a_file_whose_totals_are_wrong_lands_nothing(tmp_path: Path, total: int, count: int | None, words: str) -> None:
    text = fixed_text(line("F-1", "Íñigo", 1500050), line("F-2", "Ana", 99), total=total, count=count)
    (tmp_path / "cobranza.txt").write_text(text, "utf-8")
    with pytest.raises(RunMustStop, match=words):
        pages(tmp_path, fixed(fields=SUMMED))


def test_a_file_without_its_footer_was_cut(tmp_path: Path) -> None:
    text = fixed_text(line("F-1", "Íñigo", 1), total=1).rsplit("T", 1)[0]
    (tmp_path / "cobranza.txt").write_text(text, "utf-8")
    with pytest.raises(RunMustStop, match="it was cut"):
        pages(tmp_path, fixed(fields=SUMMED))


def test_a_shifted_line_is_bad_and_its_amount_is_never_read(tmp_path: Path) -> None:
    whole = line("F-1", "Íñigo", 100)
    lines = [
        whole[:10] + whole[11:],
        line("F-2", "Ana", 200),
        line("F-3", "Bea", 300)[:30],
        line("F-4", "Cai", 400).replace("4", "X", 2),
    ]
    (tmp_path / "cobranza.txt").write_text("\n".join(lines), "utf-8")
    good, bad = rows(tmp_path, fixed(footer="", totals={}))
    assert [r.fields["doc"] for r in good] == ["F-2"]
    assert ["39 characters instead of 40" in b.reason or "30 characters instead" in b.reason for b in bad] == [
        True, True, False,
    ]  # fmt: skip
    assert "no amount" in bad[2].reason


@pytest.mark.parametrize(
    ("sign", "cell", "amount"),
    [
        ("none", "0000012345", "123.45"), ("leading", "-000012345", "-123.45"), ("trailing", "000012345-", "-123.45"),
        ("trailing", "000012345D", "-123.45"), ("trailing", "000012345C", "123.45"), ("overpunch", "000001234N", "-123.45"),
        ("overpunch", "000001234E", "123.45"), ("overpunch", "000001234}", "-123.40"), ("none", "          ", ""),
        ("none", "00001234A5", None), ("none", "-000012345", None), ("none", "00000123,4", None),
    ],
)  # fmt: skip
def test_signs_are_read_as_declared(sign: str, cell: str, amount: str | None) -> None:
    from connectors.files.fixed_layout import FixedField
    from connectors.files.fixed_width import amount_of

    assert amount_of(cell, FixedField("saldo", 1, 10, decimals=2, sign=sign)) == amount


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"fields": []}, "names no fields"), ({"fields": [{"start": 1, "length": 2}]}, "has no name"),
        ({"fields": [{"name": "a", "start": 0, "length": 2}]}, "start is 0"),
        ({"fields": [{"name": "a", "start": 1, "length": 5}, {"name": "b", "start": 3, "length": 2}]}, "overlap at place 3"),
        ({"fields": [{"name": "doc", "start": 1, "length": 2, "sign": "minus"}]}, "sign is 'minus'"),
        ({"totals": {"suma": {"start": 1, "length": 2}}}, "called rows and sum"), ({"widht": 3}, "unknown setting 'widht'"),
    ],
)  # fmt: skip
def test_a_layout_that_cannot_be_is_refused(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=words):
        pages(tmp_path, fixed(**change))


# --- JSON Lines


def test_json_lines_keep_types_and_exact_numbers(tmp_path: Path) -> None:
    text = '{"doc": "001", "saldo": 15000.10, "n": 12345678901234567890, "ok": true, "lista": [1], "nada": null}\n\n[1]\n{"doc": ""}\n{"doc": "2"'
    (tmp_path / "a.jsonl").write_text(text, "utf-8")
    good, bad = rows(tmp_path, StreamRequest("d", key=("doc",), options={"file": "*.jsonl"}))
    assert [dict(r.fields) for r in good] == [
        {"doc": "001", "saldo": Decimal("15000.10"), "n": 12345678901234567890, "ok": True, "lista": [1], "nada": None}
    ]
    assert [b.position for b in bad] == ["a.jsonl line 3", "a.jsonl line 4", "a.jsonl line 5"]


@pytest.mark.parametrize(
    "bad", ["NaN", '{"doc": NaN}', "[" * 5000, '{"doc": "x", "y": "' + "z" * 70000 + '"}', "\x00", '"doc"']
)
def test_a_line_that_is_no_object_is_bad_and_the_next_one_is_read(tmp_path: Path, bad: str) -> None:
    (tmp_path / "a.jsonl").write_text(bad + '\n{"doc": "1"}\n', "utf-8")
    good, refused = rows(tmp_path, StreamRequest("d", key=("doc",), options={"file": "*.jsonl"}))
    assert ([r.key for r in good], len(refused)) == ([("1",)], 1)


# --- compressed files

CSV = "doc;saldo\n" + "".join(f"F-{n};{n}\n" for n in range(1, 2501))
TABLE = StreamRequest("t", key=("doc",), options={"file": "*"})


def test_gzip_and_zip_are_read_as_what_is_in_them(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(CSV.encode()) + gzip.compress(b"F-X;7\n"))
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("enero.csv", CSV)
        archive.writestr("sub/febrero.csv", "doc;saldo\nG-1;9\n")
        archive.writestr("__MACOSX/._enero.csv", "x")
    good, bad = rows(tmp_path, TABLE, delimiter=";")
    assert bad == []
    assert len(good) == 2501 + 2500 + 1
    assert {r.position.rsplit(" line", 1)[0] for r in good} == {"a.csv.gz", "b.zip/enero.csv", "b.zip/sub/febrero.csv"}


def test_reading_goes_on_in_the_middle_of_a_compressed_file(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(CSV.encode()))
    first = pages(tmp_path, TABLE, delimiter=";")[0]
    assert first.bookmark is not None
    rest = pages(tmp_path, TABLE, delimiter=";", bookmarks={first.bookmark.partition: first.bookmark})
    assert len(first.records) + sum(len(page.records) for page in rest) == 2500


@pytest.mark.parametrize("cut", [10, 200, 3000, -5, -1])
def test_a_gzip_that_was_cut_is_refused(tmp_path: Path, cut: int) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(CSV.encode())[:cut])
    with pytest.raises(RunMustStop, match="damaged or was cut"):
        pages(tmp_path, TABLE, delimiter=";")


def bomb() -> bytes:
    out = io.BytesIO()
    with gzip.GzipFile(fileobj=out, mode="wb") as packed:
        for _ in range(64):
            packed.write(b"0" * 1024 * 1024)
    return out.getvalue()


def test_bombs_are_refused_before_they_grow(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(bomb())
    with pytest.raises(ConfigurationInvalid, match="grows more than 200 times"):
        pages(tmp_path, TABLE, delimiter=";")
    (tmp_path / "a.csv.gz").unlink()
    with zipfile.ZipFile(tmp_path / "b.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.csv", b"0" * 64 * 1024 * 1024)
    with pytest.raises(ConfigurationInvalid, match="grows more than 200 times"):
        pages(tmp_path, TABLE, delimiter=";")


def test_archives_in_archives_and_things_that_are_none_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as archive:
        archive.writestr("c.zip", "x")
    with pytest.raises(ConfigurationInvalid, match="another archive"):
        pages(tmp_path, TABLE)
    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04 no")
    with pytest.raises(RunMustStop, match="no readable ZIP"):
        pages(tmp_path, TABLE)


# --- totals of tables


def footed(*lines: str) -> str:
    return "\n".join(("DOC;NOMBRE;SALDO", *lines)) + "\n"


FOOTED = StreamRequest(
    "f", key=("DOC",), options={"file": "*.csv", "footer": {"starts": "TOTAL", "rows": 2, "sum": 3, "of": "SALDO"}}
)


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (("F-1;Ana;1.500,50", "F-2;Bea;-0,50", "TOTAL;2;1.500,00"), ""),
        (("F-1;Ana;1.500,50", "TOTAL;2;1.500,50"), "2 rows are stated, 1"),
        (("F-1;Ana;1.500,50", "TOTAL;1;1.500,05"), "a sum of 1500.05"),
        (("F-1;Ana;1.500,50", "TOTAL;uno;1.500,50"), "rows are stated"),
        (("F-1;Ana;1.500,50",), "it was cut"),
        (("F-1;Ana;1.500,50", "TOTAL"), "rows are stated"),
    ],
)  # fmt: skip
def test_a_table_is_held_to_the_totals_at_its_end(tmp_path: Path, lines: tuple[str, ...], words: str) -> None:
    (tmp_path / "a.csv").write_text(footed(*lines), "utf-8")
    given = {"delimiter": ";", "decimal": ",", "thousands": "."}
    if words:
        with pytest.raises(RunMustStop, match=words):
            pages(tmp_path, FOOTED, **given)
    else:
        good, bad = rows(tmp_path, FOOTED, **given)
        assert ([r.key for r in good], bad) == ([("F-1",), ("F-2",)], [])


# --- old workbooks


def test_an_old_workbook_gives_what_a_new_one_gives(tmp_path: Path) -> None:
    xlwt = pytest.importorskip("xlwt")
    import datetime as dt

    book = xlwt.Workbook()
    sheet = book.add_sheet("Hoja1")
    dated = xlwt.easyxf(num_format_str="DD-MM-YYYY")
    for at, name in enumerate(("DOC", "NOMBRE", "SALDO", "VENCE", "OK")):
        sheet.write(0, at, name)
    sheet.write(1, 0, "F-1")
    sheet.write(1, 1, "Íñigo Peña")
    sheet.write(1, 2, 1500.25)
    sheet.write(1, 3, dt.date(2026, 11, 22), dated)
    sheet.write(1, 4, True)
    sheet.write(2, 0, 42)
    book.save(str(tmp_path / "a.xls"))
    good, bad = rows(tmp_path, StreamRequest("x", key=("DOC",), options={"file": "*.xls"}))
    assert bad == []
    assert dict(good[0].fields) == {
        "DOC": "F-1", "NOMBRE": "Íñigo Peña", "SALDO": Decimal("1500.25"), "VENCE": dt.date(2026, 11, 22), "OK": True,
    }  # fmt: skip
    assert good[1].key == ("42",)


def test_an_old_workbook_that_was_cut_is_refused(tmp_path: Path) -> None:
    xlwt = pytest.importorskip("xlwt")
    book = xlwt.Workbook()
    book.add_sheet("Hoja1").write(0, 0, "DOC")
    book.save(str(tmp_path / "a.xls"))
    whole = (tmp_path / "a.xls").read_bytes()
    (tmp_path / "a.xls").write_bytes(whole[: len(whole) // 3])
    with pytest.raises(ConfigurationInvalid, match="no readable"):
        pages(tmp_path, StreamRequest("x", key=("DOC",), options={"file": "*.xls"}))


def test_discover_knows_the_columns_of_every_format(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(bank.CAMT["052.001.06"], "utf-8")
    (tmp_path / "b.jsonl").write_text(json.dumps({"doc": "1", "x": 2}), "utf-8")
    streams = (
        StreamRequest("banco", options={"file": "a.xml"}), StreamRequest("lineas", key=("doc",), options={"file": "b.jsonl"}),
    )  # fmt: skip
    made = connect(ConnectionSettings("c", {"path": "."}, folder=str(tmp_path), streams=streams))
    found = {one.name: one for one in made.discover()}
    assert found["banco"].key == ("entry_key",)
    assert "remittance" in found["banco"].columns
    assert list(found["lineas"].columns) == ["doc", "x"]
    assert all(one.ok for one in made.check()), made.check()
