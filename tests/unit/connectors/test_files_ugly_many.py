"""More than five hundred ugly files, made from what a file can be and how it can be damaged: right or refused, never both.

Every value of every row carries its own row number, so that a cell that moved to another row or column, or a letter that
became another one, cannot pass for right.
"""

from __future__ import annotations

import codecs
import gzip
import itertools
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from concilia.errors import ConciliaError
from connectors.contract import ConnectionSettings, StreamRequest
from connectors.files import connect

ENCODINGS = {"utf-8": b"", "utf-8-sig": codecs.BOM_UTF8, "cp1252": b"", "latin-1": b"", "utf-16": codecs.BOM_UTF16_LE}
DELIMITERS = {";": ";", ",": ",", "tab": "\t", "|": "|"}
ENDS = {"lf": "\n", "crlf": "\r\n", "cr": "\r"}
DAMAGES = (
    "none", "nul", "cut", "too many cells", "too few cells", "open quote", "other encoding", "replacement", "empty key",
    "control in key", "empty lines", "gzip", "gzip cut",
)  # fmt: skip
ROWS = 12
# Bytes of UTF-8 put into UTF-16 are letters of other scripts there: nothing tells them from a name. The README says so.
UNKNOWABLE = {("utf-16", "other encoding")}
CASES = [
    case for case in itertools.product(ENCODINGS, DELIMITERS, ENDS, DAMAGES) if (case[0], case[3]) not in UNKNOWABLE
]


def truth(number: int, delimiter: str) -> tuple[str, str, str]:
    """Key, name and amount of a row; the name needs quotes in every third one."""
    name = f"Begoña Ñúñez {number}" + (f'{delimiter} "la {number}"' if number % 3 == 0 else "")
    return f"F-{number}", name, f"{number}.{number:03},{number % 100:02}"


def written(cells: tuple[str, str, str], delimiter: str) -> str:
    return delimiter.join(
        '"' + cell.replace('"', '""') + '"' if delimiter in cell or '"' in cell else cell for cell in cells
    )


def encoded(text: str, encoding: str) -> bytes:
    codec = {"utf-8-sig": "utf-8", "utf-16": "utf-16-le"}.get(encoding, encoding)
    return text.encode(codec)


def made(encoding: str, delimiter: str, end: str, damage: str, *, dice: random.Random) -> tuple[bytes, int]:
    """The bytes of a file, and the row that was damaged (0: none)."""
    lines = [written(truth(number, delimiter), delimiter) for number in range(1, ROWS + 1)]
    at = dice.randrange(1, ROWS)
    cells = truth(at, delimiter)
    change = {
        "nul": lambda: lines[at - 1].replace("Ñ", "\0", 1),
        "too many cells": lambda: lines[at - 1] + delimiter + "más",
        "too few cells": lambda: lines[at - 1].rsplit(delimiter, 1)[0],
        "open quote": lambda: delimiter.join((cells[0], '"' + cells[1].split(delimiter)[0], cells[2])),
        "replacement": lambda: lines[at - 1].replace("Ñ", "\ufffd", 1),
        "empty key": lambda: lines[at - 1].replace(cells[0], " ", 1),
        "control in key": lambda: lines[at - 1].replace(cells[0], f"F\x07{at}", 1),
    }.get(damage)
    if damage == "replacement" and encoding in ("cp1252", "latin-1"):
        change, damage = None, "none"
    if change is not None:
        lines[at - 1] = change()
    if damage == "empty lines":
        lines = [line for one in lines for line in ("", one)]
    header = delimiter.join(("doc", "nombre", "monto"))
    raw = ENCODINGS[encoding] + encoded(end.join((header, *lines)) + end, encoding)
    if damage == "other encoding":
        wrong = "latin-1" if encoding.startswith("utf-8") else "utf-8"
        good, bad = encoded("Ñúñez " + str(at), encoding), f"Ñúñez {at}".encode(wrong)
        raw = raw.replace(good, bad, 1)
    if damage == "cut":
        raw = raw[: len(raw) * 2 // 3]
    if damage.startswith("gzip"):
        raw = gzip.compress(raw)
        raw = raw[: len(raw) * 2 // 3] if damage == "gzip cut" else raw
    return raw, at if change is not None or damage == "other encoding" else 0


def read(folder: Path, name: str, **settings: Any) -> tuple[list[dict[str, Any]], int]:
    request = StreamRequest("s", key=("doc",), options={"file": name})
    connector = connect(ConnectionSettings("c", {"path": ".", **settings}, folder=str(folder), streams=(request,)))
    pages = list(connector.read(request, bookmarks={}))
    return [dict(r.fields) for page in pages for r in page.records], sum(len(page.bad_rows) for page in pages)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("damage", DAMAGES)
def test_each_row_is_right_or_refused(tmp_path: Path, encoding: str, damage: str) -> None:
    for delimiter, end in [case[1:3] for case in CASES if (case[0], case[3]) == (encoding, damage)]:
        dice = random.Random(f"{encoding}{delimiter}{end}{damage}")
        raw, hurt = made(encoding, DELIMITERS[delimiter], ENDS[end], damage, dice=dice)
        name = f"a_{delimiter == '|'}_{end}.csv" + (".gz" if damage.startswith("gzip") else "")
        (tmp_path / name).write_bytes(raw)
        try:
            rows, bad = read(tmp_path, name, encoding=encoding, delimiter=delimiter)
        except ConciliaError:
            if damage != "gzip cut":
                raise
            continue
        told = {row["doc"]: (row["doc"], row["nombre"], row["monto"]) for row in rows}
        right = {f"F-{n}": truth(n, DELIMITERS[delimiter]) for n in range(1, ROWS + 1)}
        cut_at = max((int(doc[2:]) for doc in told), default=0) if damage == "cut" else 0
        for doc, row in told.items():
            # a cell that was cut at the very end of a file still has its place; nothing tells that it was longer
            assert row == right[doc] or (int(doc[2:]) == cut_at and right[doc][2].startswith(row[2])), (delimiter, end)
        if damage in ("none", "empty lines", "gzip"):
            assert (told, bad) == (right, 0), (delimiter, end)
        elif hurt:
            assert bad >= 1
            assert len(told) >= ROWS - 2, (delimiter, end, len(told))


def test_there_are_more_than_five_hundred() -> None:
    assert len(CASES) >= 500


MEASURED = """
import resource, sys
from pathlib import Path
sys.path.insert(0, {root!r})
resource.setrlimit(resource.RLIMIT_AS, (2 * 1024**3, 2 * 1024**3))
from connectors.contract import ConnectionSettings, StreamRequest
from connectors.files import connect
request = StreamRequest("s", key=("doc",), options={{"file": {name!r}}})
made = connect(ConnectionSettings("c", {{"path": ".", "delimiter": ";"}}, folder={folder!r}, streams=(request,)))
try:
    pages = list(made.read(request, bookmarks={{}}))
    print("bad", sum(len(p.bad_rows) for p in pages), "good", sum(len(p.records) for p in pages))
except Exception as fault:
    print(type(fault).__name__)
# not ru_maxrss: a program that was forked from a large one begins with what that one had
print(next(int(line.split()[1]) // 1024 for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


@pytest.mark.parametrize("what", ["cell.csv", "bomb.csv.gz", "cell.jsonl", "bomb.xml"])
def test_giants_and_bombs_are_refused_within_512_megabytes(tmp_path: Path, what: str) -> None:
    giant = b"x" * 50 * 1024 * 1024
    content = {
        "cell.csv": b"doc;nombre\n1;" + giant + b"\n2;Ana\n",
        "bomb.csv.gz": gzip.compress(b"doc;nombre\n" + b"1;Ana\n" * 20_000_000, 9),
        "cell.jsonl": b'{"doc": "1", "nombre": "' + giant + b'"}\n{"doc": "2"}\n',
        "bomb.xml": b"<Document><BkToCstmrStmt><Stmt><Id>" + giant + b"</Id></Stmt></BkToCstmrStmt></Document>",
    }[what]
    (tmp_path / what).write_bytes(content)
    root = str(Path(__file__).resolve().parents[3])
    program = MEASURED.format(root=root, name=what, folder=str(tmp_path))
    out = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    ).stdout
    said, peak = out.split("\n")[:2]
    assert said in ("bad 1 good 1", "ConfigurationInvalid", "RunMustStop"), out
    assert int(peak) <= 512, f"{what} took {peak} MB"
