"""Ugly CSV files, one per line of a table: every row is read right, or refused with its line and column."""

from __future__ import annotations

import codecs
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from concilia.errors import ConfigurationInvalid
from concilia.records import BadRow, Record
from connectors.contract import ConnectionSettings, StreamRequest
from connectors.files import connect

HEADER = "doc;nombre;monto"
GOOD = [{"doc": "1", "nombre": "Ana", "monto": "10"}]


@dataclass(frozen=True)
class Ugly:
    """A file, how it is declared, and what must come of it: (line, column, words of the reason) for bad rows."""

    name: str
    content: bytes
    right: list[dict[str, str]] = field(default_factory=list)
    bad: list[tuple[int, str, str]] = field(default_factory=list)
    settings: dict[str, Any] = field(default_factory=dict)
    refused: str = ""  # words of the ConfigurationInvalid for the whole file


def row(doc: str, nombre: str, monto: str) -> dict[str, str]:
    return {"doc": doc, "nombre": nombre, "monto": monto}


def text(*lines: str, encoding: str = "utf-8", newline: str = "\n", header: str = HEADER) -> bytes:
    return (newline.join((header, *lines)) + newline).encode(encoding)


CP = {"encoding": "cp1252"}
L1 = {"encoding": "latin-1"}
U16 = {"encoding": "utf-16"}
NUNEZ = "Begoña Ibáñez Ñúñez"

TABLE = [
    # encodings that are right
    Ugly("utf-8 with accents", text(f"1;{NUNEZ};10"), [row("1", NUNEZ, "10")]),
    Ugly("utf-8 with a mark", codecs.BOM_UTF8 + text("1;Ana;10"), GOOD),
    Ugly("utf-8-sig with a mark", codecs.BOM_UTF8 + text("1;Ana;10"), GOOD, settings={"encoding": "utf-8-sig"}),
    Ugly("utf-8-sig without a mark", text("1;Ana;10"), GOOD, settings={"encoding": "utf-8-sig"}),
    Ugly("cp1252 with accents", text(f"1;{NUNEZ};10", encoding="cp1252"), [row("1", NUNEZ, "10")], settings=CP),
    Ugly("cp1252 euro and dash", text("1;Ana – €;10", encoding="cp1252"), [row("1", "Ana – €", "10")], settings=CP),
    Ugly("cp1252 ordinals", text("1;Piso 3º 2ª;10", encoding="cp1252"), [row("1", "Piso 3º 2ª", "10")], settings=CP),
    Ugly("latin-1 with accents", text(f"1;{NUNEZ};10", encoding="latin-1"), [row("1", NUNEZ, "10")], settings=L1),
    Ugly(
        "latin-1 portuguese", text("1;João Conceição;10", encoding="latin-1"), [row("1", "João Conceição", "10")], settings=L1
    ),
    Ugly("utf-16 little end", codecs.BOM_UTF16_LE + text(f"1;{NUNEZ};10", encoding="utf-16-le"), [row("1", NUNEZ, "10")], settings=U16),
    Ugly("utf-16 big end", codecs.BOM_UTF16_BE + text(f"1;{NUNEZ};10", encoding="utf-16-be"), [row("1", NUNEZ, "10")], settings=U16),
    Ugly("utf-16 beyond the first plane", codecs.BOM_UTF16_LE + text("1;Ana 😀;10", encoding="utf-16-le"), [row("1", "Ana 😀", "10")], settings=U16),
    Ugly("utf-16 line separator in a cell", codecs.BOM_UTF16_LE + text("1;A\u2028B\x85C;10", encoding="utf-16-le"), [row("1", "A\u2028B\x85C", "10")], settings=U16),
    # encodings that are wrong
    Ugly("a cp1252 line in utf-8", text("1;Ana;10") + "2;Peña;20\n".encode("cp1252") + b"3;Eva;30\n", [row("1", "Ana", "10"), row("3", "Eva", "30")], [(3, "nombre", "0xF1")]),
    Ugly("a utf-8 line in cp1252", text("1;Ana;10", encoding="cp1252") + "2;Peña;20\n".encode(), GOOD, [(3, "nombre", "is UTF-8")], CP),
    Ugly("a utf-8 line in latin-1", text("1;Ana;10", encoding="latin-1") + "2;Ana;20 €\n".encode(), GOOD, [(3, "monto", "is UTF-8")], L1),
    Ugly("utf-8 with bytes cp1252 lacks", text("1;Ana;10", encoding="cp1252") + "2;Íñigo Ávila;20\n".encode(), GOOD, [(3, "nombre", "is UTF-8")], CP),
    Ugly("half utf-8 half cp1252", text("1;Ana;10", encoding="cp1252") + "2;Peña ".encode() + "Muñoz;20\n".encode("cp1252"), GOOD, [(3, "nombre", "part of the line is UTF-8")], CP),
    Ugly("a byte cp1252 lacks", text("1;Ana;10", encoding="cp1252") + b"2;A\x81B;20\n", GOOD, [(3, "nombre", "0x81")], CP),
    Ugly("overlong utf-8", text("1;Ana;10") + b"2;A\xc0\xafB;20\n", GOOD, [(3, "nombre", "0xC0")]),
    Ugly("a surrogate in utf-8", text("1;Ana;10") + b"2;A\xed\xa0\x80B;20\n", GOOD, [(3, "nombre", "0xED")]),
    Ugly("a lone surrogate in utf-16", codecs.BOM_UTF16_LE + text("1;Ana;10", encoding="utf-16-le") + b"2\0;\0\x00\xd8;\x005\0\n\0", GOOD, [(3, "nombre", "utf-16")], U16),
    Ugly("utf-16 cut in half", codecs.BOM_UTF16_LE + text("1;Ana;10", encoding="utf-16-le") + b"2\0;\0B\0;\x005\0\n", GOOD, [(3, "monto", "utf-16")], U16),
    Ugly("the replacement character", text("1;Ana;10", "2;Pe\ufffda;20"), GOOD, [(3, "nombre", "U+FFFD")]),
    Ugly("utf-16 declared utf-8", codecs.BOM_UTF16_LE + text("1;Ana;10", encoding="utf-16-le"), refused="encoding: utf-16"),
    Ugly("utf-16 without a mark", text("1;Ana;10", encoding="utf-16-le"), settings=U16, refused="no byte-order mark"),
    Ugly("utf-8 mark declared cp1252", codecs.BOM_UTF8 + text("1;Ana;10"), settings=CP, refused="encoding: utf-8"),
    Ugly("a workbook called csv", b"PK\x03\x04....", refused="Excel workbook"),
    Ugly("an undecodable header", "doc;nómina\n1;2\n".encode("cp1252"), refused="header"),
    Ugly("a utf-8 header in cp1252", "doc;año;monto\n1;2;3\n".encode(), settings=CP, refused="is UTF-8"),
    # NUL and control characters
    Ugly("a NUL in a cell", text("1;Ana;10", "2;A\0B;20", "3;Eva;30"), [row("1", "Ana", "10"), row("3", "Eva", "30")], [(3, "nombre", "NUL")]),
    Ugly("a line of NULs", text("1;Ana;10", "\0" * 40), GOOD, [(3, "doc", "NUL")]),
    Ugly("a NUL in the header", b"doc;no\0mbre;monto\n1;2;3\n", refused="NUL"),
    Ugly("a tab in the key", text("1\t;Ana;10"), bad=[(2, "doc", "control character")]),
    Ugly("a unit separator in the key", text("1\x1f2;Ana;10"), bad=[(2, "doc", "control character")]),
    Ugly("a newline in the key", text('"1\n2";Ana;10'), bad=[(2, "doc", "control character")]),
    Ugly("a tab in a name is kept", text("1;A\tB;10"), [row("1", "A\tB", "10")]),
    Ugly("the end mark of DOS", text("1;Ana;10") + b"\x1a", GOOD, [(3, "nombre", "too few")]),
    # line ends
    Ugly("CRLF", text("1;Ana;10", newline="\r\n"), GOOD),
    Ugly("CR alone", text("1;Ana;10", newline="\r"), GOOD),
    Ugly("CR CR LF", text("1;Ana;10", newline="\r\r\n"), GOOD),
    Ugly("no newline at the end", text("1;Ana;10")[:-1], GOOD),
    Ugly("empty lines", text("", "1;Ana;10", "", "2;;", ""), [*GOOD, row("2", "", "")]),
    Ugly("mixed ends keep counting", b"doc;nombre;monto\r\n1;Ana;10\n2;Eva\r3;Eva;30\n", [row("1", "Ana", "10"), row("3", "Eva", "30")], [(3, "monto", "too few")]),
    Ugly("vertical tab and form feed are no line ends", text("1;A\x0bB\x0cC;10"), [row("1", "A\x0bB\x0cC", "10")]),
    # columns
    Ugly("too few columns", text("1;Ana;10", "2;Eva"), GOOD, [(3, "monto", "too few")]),
    Ugly("too many columns", text("1;Ana;10", "2;Eva;20;x;y"), GOOD, [(3, "+1", "too many")]),
    Ugly("a decimal comma splits a cell", b"doc,nombre,monto\n1,Ana,10\n2,Eva,20,50\n", GOOD, [(3, "+1", "too many")], {"delimiter": ","}),
    Ugly("an empty key", text(";Ana;10", "1;Ana;10"), GOOD, [(2, "doc", "empty")]),
    Ugly("a key of blanks", text("  ;Ana;10", "1;Ana;10"), GOOD, [(2, "doc", "empty")]),
    Ugly("blanks are kept", text(" 1 ; Ana ;10"), [row(" 1 ", " Ana ", "10")]),
    Ugly("only delimiters", text(";;", "1;Ana;10"), GOOD, [(2, "doc", "empty")]),
    Ugly("a trailing delimiter everywhere", b"doc;nombre;\n1;Ana;\n", [{"doc": "1", "nombre": "Ana", "": ""}]),
    Ugly("a trailing delimiter in one row", text("1;Ana;10;"), bad=[(2, "+1", "too many")]),
    # delimiters
    Ugly("comma", b"doc,nombre,monto\n1,Ana,10\n", GOOD, settings={"delimiter": ","}),
    Ugly("tab", b"doc\tnombre\tmonto\n1\tAna\t10\n", GOOD, settings={"delimiter": "tab"}),
    Ugly("pipe", b"doc|nombre|monto\n1|Ana|10\n", GOOD, settings={"delimiter": "|"}),
    Ugly("comma declared, semicolon written", text("1;Ana;10"), settings={"delimiter": ","}, refused="delimiter: ';'"),
    Ugly("wrong delimiter under a listed header", b"1;Ana;10\n", settings={"delimiter": ",", "header": ["doc", "nombre", "monto"]}, refused="delimiter: ';'"),
    # quotes
    Ugly("a delimiter in quotes", text('1;"Ana; Eva";10'), [row("1", "Ana; Eva", "10")]),
    Ugly("a newline in quotes", text('1;"Av. Uno\nDepto 2";10', "2;Eva;20"), [row("1", "Av. Uno\nDepto 2", "10"), row("2", "Eva", "20")]),
    Ugly("CRLF in quotes is kept", text('1;"A\r\nB";10', newline="\r\n"), [row("1", "A\r\nB", "10")]),
    Ugly("doubled quotes", text('1;"Ana ""la Flaca"" Ruiz";10'), [row("1", 'Ana "la Flaca" Ruiz', "10")]),
    Ugly("all cells quoted", b'"doc";"nombre";"monto"\n"1";"Ana";"10"\n', GOOD),
    Ugly("quoted delimiters all over", text('"1";"a"";""b";"10"'), [row("1", 'a";"b', "10")]),
    Ugly("empty quotes", text('1;"";10'), [row("1", "", "10")]),
    Ugly("a quote inside an unquoted cell", text('1;Tubo 12" PVC;10'), [row("1", 'Tubo 12" PVC', "10")]),
    Ugly("text after the closing quote", text('1;"Ana" Ruiz;10', "2;Eva;20"), [row("2", "Eva", "20")], [(2, "nombre", "follows the closing quote")]),
    Ugly("a quote never closed", text('1;"Ana;10', "2;Eva;20", "3;Luz;30"), [row("2", "Eva", "20"), row("3", "Luz", "30")], [(2, "nombre", "never closed")]),
    Ugly("a quote closed by the next one's opening", text('1;"Ana;10', '2;"Eva";20'), [row("2", "Eva", "20")], [(2, "nombre", "quote")]),
    Ugly("a quote that swallows rows", text('1;"Ana;10', "2;Eva;20", '3;Luz";30'), [row("2", "Eva", "20"), row("3", 'Luz"', "30")], [(2, "nombre", "never closed")]),
    Ugly("an open quote at the end", text("1;Ana;10", '2;Eva;"20'), GOOD, [(3, "monto", "never closed")]),
    Ugly("quotes switched off", text('1;"Ana;10'), [row("1", '"Ana', "10")], settings={"quote": ""}),
    Ugly("single quotes declared", text("1;'Ana;Eva';10"), [row("1", "Ana;Eva", "10")], settings={"quote": "'"}),
    Ugly("damage inside a quoted newline", text('1;"A\nB') + b'\xff";10\n2;Eva;20\n', [row("2", "Eva", "20")], [(2, "nombre", "0xFF")]),
    # sizes
    Ugly("a cell of 64 KiB", text(f"1;{'x' * 65536};10"), [row("1", "x" * 65536, "10")]),
    Ugly("a cell of 64 KiB and one", text(f"1;{'x' * 65537};10", "2;Eva;20"), [row("2", "Eva", "20")], [(2, "nombre", "larger than 65536")]),
    Ugly("a larger cell when allowed", text(f"1;{'x' * 70000};10"), [row("1", "x" * 70000, "10")], settings={"largest_cell": 70000}),
    Ugly("a cell of 3 MB", text(f"1;Ana;{'9' * 3_000_000}", "2;Eva;20"), [row("2", "Eva", "20")], [(2, "monto", "larger than 65536")]),
    Ugly("a quoted cell of 3 MB in lines", text('1;"' + ("x" * 999 + "\n") * 1100, "2;Eva;20"), [row("2", "Eva", "20")], [(2, "nombre", "never closed"), *((n, "nombre", "too few") for n in range(3, 1102))]),
    # headers
    Ugly("an empty file", b""),
    Ugly("only a mark", codecs.BOM_UTF8),
    Ugly("only empty lines", b"\r\n\r\n"),
    Ugly("only a header", text()),
    Ugly("a title to skip", b"Cartera al 31/05\n\n" + text("1;Ana;10"), GOOD, settings={"skip_rows": 2}),
    Ugly("bad line numbers count skipped rows", b"Cartera al 31/05\n\n" + text("2;Eva"), bad=[(4, "monto", "too few")], settings={"skip_rows": 2}),
    Ugly("too much to skip", text("1;Ana;10"), settings={"skip_rows": 9}, refused="no header"),
    Ugly("no header, names given", b"1;Ana;10\n", GOOD, settings={"header": ["doc", "nombre", "monto"]}),
    Ugly("no header", b"1;Ana;10\n2;Eva;20\n", refused="no column 'doc'"),
    Ugly("the key in capitals", b"DOC;nombre;monto\n1;Ana;10\n", refused="Did you mean 'DOC'?"),
    Ugly("two columns of one name", b"doc;monto;monto\n1;2;3\n", refused="2 columns called 'monto'"),
    Ugly("a header over two lines", b'doc;"nombre\ncompleto";monto\n1;Ana;10\n', [{"doc": "1", "nombre\ncompleto": "Ana", "monto": "10"}]),
]  # fmt: skip


def read(folder: Path, content: bytes, settings: dict[str, Any]) -> tuple[list[Record], list[BadRow]]:
    (folder / "cartera.csv").write_bytes(content)
    configured = ConnectionSettings("erp", {"path": ".", "delimiter": ";", **settings}, str(folder))
    request = StreamRequest("deudas", key=("doc",), options={"file": "cartera.csv"})
    pages = list(connect(configured).read(request, bookmarks={}))
    return [each for page in pages for each in page.records], [each for page in pages for each in page.bad_rows]


def test_the_table_of_ugly_files_is_long_enough_and_has_no_double() -> None:
    assert len({each.name for each in TABLE}) == len(TABLE) >= 60


@pytest.mark.parametrize("ugly", TABLE, ids=lambda ugly: ugly.name)
def test_an_ugly_file_is_read_right_or_refused_with_line_and_column(ugly: Ugly, tmp_path: Path) -> None:
    if ugly.refused:
        with pytest.raises(ConfigurationInvalid, match="cartera") as refusal:
            read(tmp_path, ugly.content, ugly.settings)
        assert ugly.refused in str(refusal.value)
        assert refusal.value.mend
        return
    records, bad = read(tmp_path, ugly.content, ugly.settings)
    assert [record.fields for record in records] == ugly.right
    assert [(each.position, each.column) for each in bad] == [
        (f"cartera.csv line {n}", name) for n, name, _ in ugly.bad
    ]
    for each, (_, _, words) in zip(bad, ugly.bad, strict=True):
        assert words in each.reason
        (each.reason + each.raw + "".join(each.fields.values())).encode()  # storable text


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-8", "utf-16"])
@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_encoding_reads_every_delimiter_and_newline(
    encoding: str, delimiter: str, newline: str, tmp_path: Path
) -> None:
    cells = [["doc", "nombre", "nota"], ["1", NUNEZ, "x"], ["2", f'"a{delimiter}b"', f'"dijo ""sí""{newline}y no"']]
    content = newline.join(delimiter.join(each) for each in cells).encode(encoding)
    records, bad = read(tmp_path, content, {"encoding": encoding, "delimiter": delimiter})
    assert not bad
    assert [list(record.fields.values()) for record in records] == [
        ["1", NUNEZ, "x"],
        ["2", f"a{delimiter}b", f'dijo "sí"{newline}y no'],
    ]
