"""A tap as a connector: typed records, states as bookmarks, bad records apart, and programs that misbehave."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import psutil
import pytest

from concilia.errors import ConciliaError, ConfigurationInvalid, RunMustStop
from concilia.records import BadRow, Bookmark, Page, Record
from concilia.vault import Secret
from connectors.contract import ConnectionSettings, Connector, Operation, StreamRequest
from connectors.singer.reading import PAGE_ROWS
from connectors.singer_tap import connect
from tests.unit.connectors.singer_programs import (
    CATALOG,
    COLUMNS,
    SCHEMA,
    Lines,
    python,
    record,
    script,
    state,
    tap,
    written_by,
)

CLIENTES = StreamRequest("clientes")


@dataclass
class Seen:
    """What a read gave, and the error it ended with, if any."""

    pages: list[Page] = field(default_factory=list)
    fault: ConciliaError | None = None

    @property
    def records(self) -> list[Record]:
        return [one for page in self.pages for one in page.records]

    @property
    def bad(self) -> list[BadRow]:
        return [one for page in self.pages for one in page.bad_rows]

    @property
    def state(self) -> Any:
        found = [json.loads(page.bookmark.cursor) for page in self.pages if page.bookmark]
        return found[-1] if found else None


def read(connector: Connector, request: StreamRequest = CLIENTES, **given: Any) -> Seen:
    seen = Seen()
    try:
        for page in connector.read(request, **{"bookmarks": {}, **given}):
            seen.pages.append(page)
    except ConciliaError as fault:
        seen.fault = fault
    return seen


def test_records_come_typed_and_exact(tmp_path: Path) -> None:
    exact = b'{"type":"RECORD","stream":"clientes","record":{"id":7,"saldo":1234567890123456789.10,"nombre":"0012"}}\n'
    written_by(tmp_path, [SCHEMA, record(1), exact, record(3, saldo=3, vence="2026-11-22T00:00:00Z"), state(3)])
    seen = read(tap(tmp_path))
    first, second, third = seen.records
    assert first.key == ("1",)
    assert first.fields == {
        "id": 1, "nombre": "Ñandú 1", "saldo": Decimal("10.1"), "vence": "2026-11-22",
        "visto": "2026-11-22T10:00:01Z", "activo": True,
    }  # fmt: skip
    assert first.source_updated_at == datetime(2026, 11, 22, 10, 0, 1, tzinfo=UTC)
    assert second.fields["saldo"] == Decimal("1234567890123456789.10")
    assert second.fields["nombre"] == "0012"
    assert (third.fields["saldo"], third.fields["vence"]) == (3, "2026-11-22")
    assert seen.state == state(3)["value"]
    assert not seen.bad
    assert seen.fault is None


def test_moments_without_a_zone_are_in_that_of_the_connection(tmp_path: Path) -> None:
    written_by(tmp_path, [SCHEMA, record(1, visto="2026-11-22 10:00:00")])
    (only,) = read(tap(tmp_path, time_zone="America/Santiago")).records
    assert only.fields["visto"] == "2026-11-22 10:00:00"
    assert only.source_updated_at is not None
    assert only.source_updated_at.isoformat() == "2026-11-22T10:00:00-03:00"


@pytest.mark.parametrize(
    ("member", "value", "kept"),
    [
        ({"type": ["string", "null"], "format": "singer.decimal"}, "10.50", Decimal("10.50")),
        ({"type": ["string"], "format": "x-singer.decimal"}, "-3", Decimal(-3)),
        ({"type": "integer"}, 3.0, 3),
        ({"type": ["integer", "string"]}, "tres", "tres"),
        ({"type": ["number", "string"]}, 3, 3),
        ({"anyOf": [{"type": "string", "format": "date-time"}, {"type": ["string", "null"]}]}, "ayer", "ayer"),
        ({"anyOf": [{"type": "string", "format": "date"}, {"type": "null"}]}, "2026-01-02", "2026-01-02"),
        ({"type": ["object", "null"]}, {"a": 1.5}, {"a": Decimal("1.5")}),
        ({"type": "array"}, [1.5], [Decimal("1.5")]),
        ({}, "x", "x"),
        ({"type": "number"}, None, None),
        ({"type": "nonsense"}, 5, 5),
        (True, 5, 5),
    ],
)
def test_a_value_is_read_as_its_schema_says(tmp_path: Path, member: Any, value: Any, kept: Any) -> None:
    schema = {**SCHEMA, "schema": {"properties": {**COLUMNS, "x": member}}}
    written_by(tmp_path, [schema, record(1, x=value)])
    seen = read(tap(tmp_path))
    assert [one.fields["x"] for one in seen.records] == [kept], seen.bad
    assert [type(one.fields["x"]) for one in seen.records] == [type(kept)]


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        ("saldo", "mil", "It should be a number."),
        ("saldo", True, "It should be a number."),
        ("saldo", {}, "It should be a number."),
        ("nombre", 5, "It should be text."),
        ("vence", "31-11-2026", "It should be a day such as 2026-11-22."),
        ("vence", "2026-11-22T10:00:00Z", "It should be a day such as 2026-11-22."),
        ("vence", 20261122, "It should be a day such as 2026-11-22."),
        ("visto", "0000-00-00T00:00:00Z", "It should be a moment such as 2026-11-22T10:00:00Z."),
        ("activo", "sí", "It should be true or false."),
        ("activo", 1, "It should be true or false."),
        ("id", None, "The key is empty."),
        ("id", 1.5, "It should be a whole number."),
    ],
)
def test_one_bad_record_among_a_hundred_lands_ninety_nine_and_explains_one(
    tmp_path: Path, column: str, value: Any, sentence: str
) -> None:
    records = [record(n) for n in range(1, 100)]
    written_by(tmp_path, [SCHEMA, *records[:50], record(50_000, **{column: value}), *records[50:], state(100)])
    seen = read(tap(tmp_path))
    assert [one.key for one in seen.records] == [(str(n),) for n in range(1, 100)]
    (bad,) = seen.bad
    assert (bad.column, bad.reason, bad.position) == (column, sentence, "clientes line 52")
    assert bad.fields[column] in (value, Decimal(str(value)) if isinstance(value, float) else value)
    assert seen.state == state(100)["value"]


def test_a_column_whose_schema_is_not_to_be_believed_can_be_called_otherwise(tmp_path: Path) -> None:
    written_by(tmp_path, [SCHEMA, record(1, visto="ayer", saldo="12.5")])
    request = StreamRequest("clientes", options={"types": {"visto": "text", "saldo": "decimal"}})
    (only,) = read(tap(tmp_path, request), request).records
    assert (only.fields["visto"], only.fields["saldo"]) == ("ayer", Decimal("12.5"))


def test_pages_are_bounded_and_each_carries_the_last_state_before_its_end(tmp_path: Path) -> None:
    lines: list[Any] = [SCHEMA]
    for n in range(1, 2501):
        lines.append(record(n))
        lines += [state(n)] if n % 400 == 0 else []
    written_by(tmp_path, lines)
    seen = read(tap(tmp_path))
    assert [len(page.records) for page in seen.pages] == [PAGE_ROWS, PAGE_ROWS, 500]
    told = [
        json.loads(page.bookmark.cursor)["bookmarks"]["clientes"]["records"] for page in seen.pages if page.bookmark
    ]
    assert told == [800, 1600, 2400]  # the state behind record 2000 came when that page was cut already


def test_the_state_goes_back_to_the_tap_exactly_unless_everything_is_wanted(tmp_path: Path) -> None:
    python(
        tmp_path,
        "import sys, json, shutil\n"
        "given = dict(zip(sys.argv[1::2], sys.argv[2::2]))\n"
        f"if '--discover' in sys.argv: print({json.dumps(json.dumps(CATALOG))}); sys.exit()\n"
        "text = open(given['--state']).read() if '--state' in given else 'none'\n"
        f"print({json.dumps(json.dumps(SCHEMA))})\n"
        "print(json.dumps({'type': 'RECORD', 'stream': 'clientes', 'record': {'id': 1, 'nombre': text}}))\n",
    )
    connector = tap(tmp_path)
    text = '{"bookmarks": {"clientes": {"at": 1.10, "name": "Ñ"}}}'
    kept = {"": Bookmark(cursor=text)}
    assert read(connector, bookmarks=kept).records[0].fields["nombre"] == text
    assert read(connector, bookmarks=kept, full=True).records[0].fields["nombre"] == "none"


def test_a_states_numbers_keep_their_digits(tmp_path: Path) -> None:
    written_by(tmp_path, [SCHEMA, b'{"type":"STATE","value":{"at":1.10,"big":12345678901234567890.123456789}}\n'])
    (page,) = read(tap(tmp_path)).pages
    assert page.bookmark is not None
    assert page.bookmark.cursor == '{"at": 1.10, "big": 12345678901234567890.123456789}'


def test_only_the_stream_that_is_asked_for_is_selected_in_both_ways_taps_look(tmp_path: Path) -> None:
    python(
        tmp_path,
        "import sys, json\n"
        f"if '--discover' in sys.argv: print({json.dumps(json.dumps(CATALOG))}); sys.exit()\n"
        "given = dict(zip(sys.argv[1::2], sys.argv[2::2]))\n"
        "text = open(given['--properties']).read()\n"
        f"print({json.dumps(json.dumps(SCHEMA))})\n"
        "print(json.dumps({'type': 'RECORD', 'stream': 'clientes', 'record': {'id': 1, 'nombre': text}}))\n",
    )
    request = StreamRequest(
        "clientes", options={"columns": ["nombre"], "replication_method": "INCREMENTAL", "replication_key": "visto"}
    )
    (only,) = read(tap(tmp_path, request, catalog_flag="properties"), request).records
    chosen, other = json.loads(only.fields["nombre"])["streams"]
    root = {tuple(one["breadcrumb"]): one["metadata"] for one in chosen["metadata"]}
    assert (chosen["selected"], chosen["schema"]["selected"], root[()]["selected"]) == (True, True, True)
    assert root[()]["replication-method"] == "INCREMENTAL"
    assert {crumb[1] for crumb, said in root.items() if crumb and said["selected"]} == {"id", "nombre", "visto"}
    assert (other["selected"], other["schema"]["selected"], other["metadata"][0]["metadata"]["selected"]) == (
        False,
    ) * 3


def test_discovery_gives_typed_streams_by_name(tmp_path: Path) -> None:
    written_by(tmp_path, [])
    first, second = tap(tmp_path).discover()
    assert (first.name, first.key, first.cursor) == ("clientes", ("id",), "visto")
    assert dict(first.columns) == {
        "id": "integer", "nombre": "text", "saldo": "decimal", "vence": "date", "visto": "datetime", "activo": "boolean",
    }  # fmt: skip
    assert (second.name, second.key, second.cursor) == ("otros", (), None)


def test_a_tap_that_cannot_discover_is_read_by_the_names_of_its_records(tmp_path: Path) -> None:
    script(tmp_path, 'case "$*" in *--discover*|*--catalog*) exit 9;; esac\ncat out\n')
    (tmp_path / "out").write_text(json.dumps(SCHEMA) + "\n" + json.dumps(record(1)) + "\n", encoding="utf-8")
    assert len(read(tap(tmp_path, discover=False)).records) == 1
    assert isinstance(read(tap(tmp_path)).fault, RunMustStop)


def test_the_hubs_own_secrets_are_not_handed_to_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ERP_PASSWORD", "hub-only")
    script(tmp_path, "env >&2; exit 1\n")
    seen = read(tap(tmp_path, discover=False, environment={"TAP_TOKEN": Secret("tap-only")}))
    assert "hub-only" not in str(seen.fault)
    written_by(tmp_path, [], more="env | grep -q '^TAP_TOKEN=tap-only$' || exit 4; env | grep -q ERP_ && exit 5")
    assert read(tap(tmp_path, environment={"TAP_TOKEN": Secret("tap-only")})).fault is None


def test_secrets_are_in_a_private_file_and_never_in_what_is_shown(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    secret = 'pa"ss wörd/1'
    script(
        tmp_path,
        'while [ $# -gt 0 ]; do [ "$1" = --config ] && file="$2"; shift; done\n'
        'ls -l "$file" >&2; ls -ld "$(dirname "$file")" >&2; cat "$file" >&2; exit 3\n',
    )
    connector = tap(tmp_path, discover=False, config={"login": {"password": Secret(secret)}})
    seen = read(connector)
    told = f"{seen.fault}{connector!r}{vars(connector)!r}{caplog.text}"
    assert "exit code 3" in told
    assert "***" in str(seen.fault)
    for shape in (secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], "pa%22ss"):
        assert shape not in told
    assert "-rw-------" in str(seen.fault) or "drwx------" in str(seen.fault)


def test_whatever_a_program_started_is_gone_when_the_reader_stops(tmp_path: Path) -> None:
    """The tap, a child, and a grandchild that left the group; the reader stops after one page."""
    python(
        tmp_path,
        "import os, sys, time, json\n"
        "here = os.path.dirname(os.path.abspath(__file__))\n"
        "def note(): open(os.path.join(here, f'pid-{os.getpid()}'), 'w').close()\n"
        "if os.fork() == 0:\n"
        "    if os.fork() == 0:\n        os.setsid()\n"
        "    note(); time.sleep(600)\n"
        "note()\n"
        f"print({json.dumps(json.dumps(SCHEMA))})\n"
        "while len([n for n in os.listdir(here) if n.startswith('pid-')]) < 3: time.sleep(0.01)\n"
        "n = 0\n"
        "while True:\n"
        "    n += 1\n"
        "    print(json.dumps({'type': 'RECORD', 'stream': 'clientes', 'record': {'id': n}}))\n",
    )
    pages = iter(tap(tmp_path, discover=False).read(CLIENTES, bookmarks={}))
    assert len(next(pages).records) == PAGE_ROWS
    pids = [int(path.name.removeprefix("pid-")) for path in tmp_path.glob("pid-*")]
    assert len(pids) == 3
    assert all(psutil.pid_exists(pid) for pid in pids)
    pages.close()  # type: ignore[attr-defined]
    _, alive = psutil.wait_procs([psutil.Process(pid) for pid in pids if psutil.pid_exists(pid)], timeout=10)
    assert not [one for one in alive if one.status() != psutil.STATUS_ZOMBIE]


def test_no_files_stay_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    written_by(tmp_path, [SCHEMA, record(1)], code=7)
    read(tap(tmp_path))
    assert list(place.iterdir()) == []


def test_a_line_of_a_gigabyte_costs_no_memory_and_one_record(tmp_path: Path) -> None:
    python(
        tmp_path,
        "import sys, json\n"
        f"print({json.dumps(json.dumps(SCHEMA))})\n"
        f"print({json.dumps(json.dumps(record(1)))}, flush=True)\n"
        "part = b'x' * (1 << 20)\n"
        'sys.stdout.buffer.write(b\'{"type": "RECORD", "stream": "clientes", "record": {"id": 2, "nombre": "\')\n'
        "for _ in range(1024): sys.stdout.buffer.write(part)\n"
        "sys.stdout.buffer.write(b'\"}}\\n')\n"
        f"print({json.dumps(json.dumps(record(3)))})\n"
        f"print({json.dumps(json.dumps(state(3)))})\n",
    )
    before = psutil.Process().memory_info().rss
    seen = read(tap(tmp_path, discover=False))
    assert [one.key for one in seen.records] == [("1",), ("3",)]
    assert "longer than" in seen.bad[0].reason
    assert len(seen.bad[0].raw) <= 64 * 1024
    assert psutil.Process().memory_info().rss - before < 200 * 2**20


def test_a_program_that_never_stops_talking_to_people_is_still_read(tmp_path: Path) -> None:
    python(
        tmp_path,
        "import os, sys, threading\n"
        "def talk():\n    while True: os.write(2, b'trabajando ' * 1000)\n"
        "threading.Thread(target=talk, daemon=True).start()\n"
        f"print({json.dumps(json.dumps(SCHEMA))})\n"
        f"for _ in range(3000): print({json.dumps(json.dumps(record(1)))})\n"
        "sys.stdout.flush(); os._exit(0)\n",
    )
    seen = read(tap(tmp_path, discover=False))
    assert len(seen.records) == 3000
    assert seen.fault is None


def test_a_program_that_says_nothing_any_more_is_stopped(tmp_path: Path) -> None:
    written_by(tmp_path, [SCHEMA, record(1), state(1)], more="sleep 600")
    seen = read(tap(tmp_path, stall_seconds=1))
    assert "said nothing for 1 seconds" in str(seen.fault)


@pytest.mark.parametrize(("code", "told"), [(1, "exit code 1"), (137, "exit code 137")])
def test_what_came_before_a_failure_is_kept_with_the_state_before_it(tmp_path: Path, code: int, told: str) -> None:
    lines = [SCHEMA, record(1), state(1), record(2)]
    written_by(tmp_path, lines, code=code, more="echo 'clave vencida' >&2")
    seen = read(tap(tmp_path))
    assert [one.key for one in seen.records] == [("1",), ("2",)]
    assert seen.state == state(1)["value"]
    assert told in str(seen.fault)
    assert "clave vencida" in str(seen.fault)


# ---------------------------------------------------------------- a hundred ways to break the protocol

_TWIN = b'"id": 5, "id": 6'
BROKEN: dict[str, Lines] = {
    "empty line": [b"\n"],
    "blanks": [b"   \t \n"],
    "text": ["INFO starting sync"],
    "number": ["5"],
    "text as JSON": ['"RECORD"'],
    "null": ["null"],
    "list": ["[1, 2]"],
    "empty group": ["{}"],
    "no type": [{"stream": "clientes", "record": {"id": 5}}],
    "type null": [{"type": None, "record": {}}],
    "type number": [{"type": 5}],
    "type list": [{"type": ["RECORD"]}],
    "unknown type": [{"type": "REKORD", "stream": "clientes"}],
    "small letters": [{"type": "record", "stream": "clientes", "record": {"id": 5}}],
    "half a line": ['{"type": "RECORD", "stream": "clien'],
    "two on a line": [json.dumps(record(50)) + json.dumps(record(51))],
    "trailing comma": ['{"type": "RECORD", "stream": "clientes", "record": {"id": 5,}}'],
    "single quotes": ["{'type': 'RECORD'}"],
    "NaN": ['{"type": "RECORD", "stream": "clientes", "record": {"id": 5, "saldo": NaN}}'],
    "Infinity": ['{"type": "RECORD", "stream": "clientes", "record": {"id": 5, "saldo": -Infinity}}'],
    "huge exponent": ['{"type": "RECORD", "stream": "clientes", "record": {"id": 5, "saldo": 1e999999999}}'],
    "huge integer": ['{"type": "RECORD", "stream": "clientes", "record": {"id": ' + "9" * 5000 + "}}"],
    "deep": ['{"type": "RECORD", "stream": "clientes", "record": ' + "[" * 100_000 + "]" * 100_000 + "}"],
    "not UTF-8": [b'{"type": "RECORD", "stream": "clientes", "record": {"id": 5, "nombre": "\xd1and\xfa"}}\n'],
    "UTF-16": [json.dumps(record(5)).encode("utf-16") + b"\n"],
    "byte-order mark": [b"\xef\xbb\xbf" + json.dumps(record(5)).encode() + b"\n"],
    "NUL bytes": [b"\0\0\0\n"],
    "NUL in a text": [record(5, nombre="a\0b")],
    "half a character": ['{"type": "RECORD", "stream": "clientes", "record": {"id": 5, "nombre": "\\ud800"}}'],
    "NUL in a name": ['{"type": "RECORD", "stream": "clientes", "record": {"id": 5, "no\\u0000mbre": 1}}'],
    "raw control sign": [b'{"type": "RECORD", "stream": "clientes", "record": {"id": 5, "nombre": "a\x01b"}}\n'],
    "carriage returns": [json.dumps(record(50)).encode() + b"\r\n"],
    "record missing": [{"type": "RECORD", "stream": "clientes"}],
    "record null": [{"type": "RECORD", "stream": "clientes", "record": None}],
    "record list": [{"type": "RECORD", "stream": "clientes", "record": [1]}],
    "record text": [{"type": "RECORD", "stream": "clientes", "record": "id=5"}],
    "record empty": [{"type": "RECORD", "stream": "clientes", "record": {}}],
    "stream missing": [{"type": "RECORD", "record": {"id": 5}}],
    "stream null": [{"type": "RECORD", "stream": None, "record": {"id": 5}}],
    "stream unknown": [{"type": "RECORD", "stream": "fantasmas", "record": {"id": 5}}],
    "key missing": [{"type": "RECORD", "stream": "clientes", "record": {"nombre": "x"}}],
    "key empty text": [record(5, id="")],
    "key list": [record(5, id=[1])],
    "key group": [record(5, id={"a": 1})],
    "key true": [record(5, id=True)],
    "key fraction": [record(5, id=0.5)],
    "column twice": [b'{"type": "RECORD", "stream": "clientes", "record": {' + _TWIN + b"}}\n"],
    "unknown column": [record(50, sorpresa={"a": [1, {"b": None}]})],
    "unknown column with a fraction": [record(50, sorpresa=[0.1])],
    "wrong types everywhere": [record(5, nombre=1, saldo="x", vence=2, visto=3, activo="no")],
    "state without value": [{"type": "STATE"}],
    "state null": [{"type": "STATE", "value": None}],
    "state text": [{"type": "STATE", "value": "2026"}],
    "state list": [{"type": "STATE", "value": [1]}],
    "state with a NUL": ['{"type": "STATE", "value": {"a": "\\u0000"}}'],
    "schema without stream": [{"type": "SCHEMA", "schema": {"properties": {}}, "key_properties": []}],
    "schema null": [{"type": "SCHEMA", "stream": "clientes", "schema": None, "key_properties": ["id"]}],
    "schema text": [{"type": "SCHEMA", "stream": "clientes", "schema": "x", "key_properties": ["id"]}],
    "properties list": [{"type": "SCHEMA", "stream": "clientes", "schema": {"properties": []}, "key_properties": ["id"]}],
    "key properties number": [{**SCHEMA, "key_properties": 5}],
    "key properties of numbers": [{**SCHEMA, "key_properties": [5]}],
    "schema of nothing": [{**SCHEMA, "schema": {}}],
    "schema with null members": [{**SCHEMA, "schema": {"properties": dict.fromkeys(COLUMNS)}}],
    "schema with a list as type": [{**SCHEMA, "schema": {"properties": {"id": {"type": [None, 5, "integer"]}}}}],
    "schema of itself": [{**SCHEMA, "schema": {"properties": {"id": {"anyOf": [{"anyOf": [{"anyOf": []}]}]}}}}],
    "schema of another stream": [{**SCHEMA, "stream": "otros"}],
    "schema again": [SCHEMA],
    "other key": [{**SCHEMA, "key_properties": ["nombre"]}],
    "no key": [{**SCHEMA, "key_properties": []}],
    "other types": [{**SCHEMA, "schema": {"properties": {**COLUMNS, "saldo": {"type": "string"}}}}],
    "activate version": [{"type": "ACTIVATE_VERSION", "stream": "clientes", "version": 5}],
    "activate nothing": [{"type": "ACTIVATE_VERSION"}],
    "batch": [{"type": "BATCH", "stream": "clientes", "encoding": {}, "manifest": ["file:///x"]}],
    "batch of nothing": [{"type": "BATCH"}],
    "a line too long": ['{"type": "RECORD", "stream": "clientes", "record": {"id": 5, "nombre": "' + "x" * 70_000 + '"}}'],
    "noise without end": ["x" * 200_000],
}  # fmt: skip
_WHERE = {
    "first": lambda broken: [*broken, SCHEMA, *_some(1), state(3), *_some(4), state(6)],
    "in the middle": lambda broken: [SCHEMA, *_some(1), state(3), *broken, *_some(4), state(6)],
    "last": lambda broken: [SCHEMA, *_some(1), state(3), *_some(4), state(6), *broken],
    "instead of the schema": lambda broken: [*broken, *_some(1), state(3), *_some(4), state(6)],
}
SHAPES = [(name, where) for name in BROKEN for where in _WHERE]


def _some(first: int) -> list[dict[str, Any]]:
    return [record(n) for n in range(first, first + 3)]


def test_there_are_more_than_a_hundred_malformed_shapes() -> None:
    assert len(SHAPES) > 100


@pytest.mark.parametrize(("name", "where"), SHAPES)
def test_a_malformed_tap_crashes_nothing_and_its_bookmark_passes_nothing(tmp_path: Path, name: str, where: str) -> None:
    written_by(tmp_path, _WHERE[where](BROKEN[name]))
    connector = tap(tmp_path, longest_line=64 * 1024)
    seen = Seen()
    try:
        for page in connector.read(CLIENTES, bookmarks={}):
            seen.pages.append(page)
            told = seen.state["bookmarks"]["clientes"]["records"] if page.bookmark else 0
            assert set(range(1, told + 1)) <= _accounted_for(seen), "a bookmark passed a record that was not given"
    except ConciliaError as fault:
        seen.fault = fault
    assert set(range(1, 7)) <= _accounted_for(seen) or seen.fault is not None
    assert "Traceback" not in str(seen.fault)
    assert len(str(seen.fault)) < 600
    assert all(bad.reason and bad.position for bad in seen.bad)


def _accounted_for(seen: Seen) -> set[Any]:
    """The ids of the records that are there, among the good or the bad."""
    rows = [*seen.records, *seen.bad]
    return {row.fields.get("id") for row in rows if isinstance(row.fields.get("id"), int)}


@pytest.mark.parametrize("cut", [1, 40, 150, 400, 700, 1000, 1300])
def test_a_tap_cut_off_anywhere_keeps_what_came_and_goes_on_behind_it(tmp_path: Path, cut: int) -> None:
    """It ends with 0 in the middle of its output, as a tap does whose own reader gave up."""
    whole = [SCHEMA, *_some(1), state(3), *_some(4), state(6)]
    written_by(tmp_path, whole)
    out = tmp_path / "out"
    out.write_bytes(out.read_bytes()[:cut])
    seen = read(tap(tmp_path))
    told = seen.state["bookmarks"]["clientes"]["records"] if seen.state else 0
    assert len(seen.records) >= told
    assert not seen.bad
    whole_line = out.read_bytes().endswith(b"}")
    assert whole_line or isinstance(seen.fault, RunMustStop)


def test_many_lines_of_noise_end_the_run(tmp_path: Path) -> None:
    written_by(tmp_path, ["INFO: working"] * 5000)
    seen = read(tap(tmp_path))
    assert "lines that are no Singer messages" in str(seen.fault)


# ---------------------------------------------------------------- settings, and the rest of the contract


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"executable": None}, "has to name its tap in one way"),
        ({"package": "tap-x"}, "has to name its tap in one way"),
        ({"executable": None, "package": "tap-x"}, "tap-x is not installed in this workspace."),
        ({"executable": "/bin/sh"}, "leads out of the workspace"),
        ({"executable": "../tap"}, "leads out of the workspace"),
        ({"executable": "nada"}, "there is no file nada in the workspace"),
        ({"catalog": "/etc/passwd"}, "leads out of the workspace"),
        ({"environment": {"LD_PRELOAD": "x.so"}}, "may not set 'LD_PRELOAD'"),
        ({"environment": {"PYTHONPATH": "."}}, "may not set 'PYTHONPATH'"),
        ({"environment": {"a b": "."}}, "may not set 'a b'"),
        ({"environment": 5}, "is no group of variables"),
        ({"config": "x"}, "`config` of crm is no group"),
        ({"stall_seconds": 0}, "`stall_seconds`"),
        ({"longest_line": 5}, "`longest_line`"),
        ({"discover": "no"}, "true or false"),
        ({"catalog_flag": "katalog"}, "`catalog_flag`"),
        ({"time_zone": "Chile"}, "time zone"),
        ({"comand": "x"}, "unknown setting `comand`"),
    ],
)
def test_settings_that_cannot_be_used_are_told_in_one_sentence(
    tmp_path: Path, settings: dict[str, Any], sentence: str
) -> None:
    written_by(tmp_path, [])
    given = {name: value for name, value in {"executable": "tap", **settings}.items() if value is not None}
    with pytest.raises(ConciliaError) as fault:
        connect(ConnectionSettings("crm", given, str(tmp_path)))
    assert sentence in str(fault.value)


@pytest.mark.parametrize(
    "options", [{"colums": []}, {"columns": "id"}, {"replication_method": "SOMETIMES"}, {"types": {"id": "int"}}]
)
def test_options_of_a_stream_that_cannot_be_used_are_refused(tmp_path: Path, options: dict[str, Any]) -> None:
    written_by(tmp_path, [])
    with pytest.raises(ConfigurationInvalid):
        tap(tmp_path, StreamRequest("clientes", options=options))


def test_check_reads_the_first_page_of_each_stream_and_no_more(tmp_path: Path) -> None:
    written_by(tmp_path, [SCHEMA, record(1)])
    good = tap(tmp_path).check()
    assert [finding.ok for finding in good] == [True, True]
    unknown = tap(tmp_path, StreamRequest("clients")).check()
    assert [finding.ok for finding in unknown] == [True, False]
    assert "clientes" in unknown[1].detail
    script(tmp_path, "echo 'no such token' >&2; exit 1\n")
    (broken,) = tap(tmp_path).check()
    assert not broken.ok
    assert "no such token" in broken.detail


@pytest.mark.parametrize("catalog", ["", "[]", "{}", '{"streams": 5}', "hola", '{"streams": [5, {"stream": null}]}'])
def test_a_catalog_that_is_none_is_told(tmp_path: Path, catalog: str) -> None:
    written_by(tmp_path, [SCHEMA, record(1)], catalog=catalog)
    connector = tap(tmp_path)
    if catalog.startswith('{"streams": [5'):
        assert len(read(connector).records) == 1  # nothing to choose from: everything is read
    else:
        with pytest.raises(RunMustStop):
            connector.discover()


def test_nothing_is_looked_up_and_nothing_written(tmp_path: Path) -> None:
    written_by(tmp_path, [])
    connector = tap(tmp_path)
    assert connector.look_up("clientes", ["1"]) == {}
    assert dict(connector.capabilities.writes) == {}
    with pytest.raises(ConciliaError):
        connector.write(Operation.REGISTER_PAYMENT, [])
    connector.close()


@pytest.fixture(autouse=True)
def _nobody_is_left_behind() -> Iterator[None]:
    """Whatever a test starts has ended when it ends."""
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    yield
    end = time.monotonic() + 10
    while time.monotonic() < end:
        left = [c for c in psutil.Process().children(recursive=True) if c.pid not in before and _alive(c)]
        if not left:
            return
        time.sleep(0.02)
    raise AssertionError(f"still there: {left}")


def _alive(child: psutil.Process) -> bool:
    try:
        return child.status() != psutil.STATUS_ZOMBIE and child.pid != os.getpid()
    except psutil.NoSuchProcess:
        return False
