"""The files connector: settings, bookmarks, pages, cursors, changing files, check and discover."""

from __future__ import annotations

import csv
import io
import os
import tracemalloc
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from concilia.errors import ConfigurationInvalid, PermissionMissing, RunMustStop
from concilia.records import BadRow, Bookmark, Page, Record
from concilia.workspace import load
from connectors import files
from connectors.contract import ConnectionSettings, Connector, Operation, StreamRequest
from connectors.files import connect

DEBTS = StreamRequest("deudas", key=("doc",), options={"file": "*.csv"})


def connection(folder: Path, *streams: StreamRequest, now: datetime | None = None, **given_settings: Any) -> Connector:
    written = {"path": ".", "delimiter": ";", **given_settings}
    return connect(ConnectionSettings("erp", written, str(folder), streams=streams, now=now))


def pages(
    folder: Path,
    request: StreamRequest = DEBTS,
    *,
    bookmarks: Mapping[str, Bookmark] | None = None,
    full: bool = False,
    **given_settings: Any,
) -> list[Page]:
    return list(connection(folder, **given_settings).read(request, bookmarks=bookmarks or {}, full=full))


def records(found: list[Page]) -> list[Record]:
    return [record for page in found for record in page.records]


def bad_rows(found: list[Page]) -> list[BadRow]:
    return [row for page in found for row in page.bad_rows]


def marks(found: list[Page]) -> dict[str, Bookmark]:
    return {page.bookmark.partition: page.bookmark for page in found if page.bookmark}


def write_rows(path: Path, count: int) -> None:
    path.write_text("doc;monto\n" + "".join(f"F-{n};{n}\n" for n in range(count)), encoding="utf-8")


# settings


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"encodng": "utf-8"}, "Did you mean 'encoding'?"),
        ({"encoding": "ascii"}, "encoding is 'ascii'"),
        ({"encoding": None}, "encoding is None"),
        ({"delimiter": "-"}, "delimiter is '-'"),
        ({"quote": "ab"}, "quote is 'ab'"),
        ({"skip_rows": -1}, "skip_rows is -1"),
        ({"skip_rows": True}, "skip_rows is True"),
        ({"header": False}, "header is False"),
        ({"header": ["a", "a"]}, "header is"),
        ({"largest_cell": 0}, "largest_cell is 0"),
        ({"time_zone": "America/Santiagoo"}, "time_zone is"),
        ({"settle_seconds": "5"}, "settle_seconds is '5'"),
        ({"path": ""}, "names no folder"),
    ],
)
def test_a_wrong_setting_is_refused_before_any_file_is_opened(
    wrong: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationInvalid) as refusal:
        connection(tmp_path / "absent", DEBTS, **wrong)
    assert words in str(refusal.value)
    assert "erp" in str(refusal.value)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"file": "*.csv", "delimeter": ";"}, "Did you mean 'delimiter'?"),
        ({}, "which files"),
        ({"file": "../*.csv"}, "inside the folder"),
        ({"file": "/etc/*"}, "inside the folder"),
    ],
)
def test_a_wrong_stream_option_is_refused_with_the_streams_name(
    options: dict[str, Any], words: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationInvalid) as refusal:
        connection(tmp_path, replace(DEBTS, options=options))
    assert words in str(refusal.value)
    assert "stream deudas" in str(refusal.value)


def test_a_stream_without_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match="names no key column"):
        connection(tmp_path, replace(DEBTS, key=()))


def test_settings_of_the_mapping_are_accepted_here_too(tmp_path: Path) -> None:
    connection(tmp_path, DEBTS, decimal=",", thousands=".")


# records


def test_a_row_becomes_a_record_with_key_text_cells_and_position(tmp_path: Path) -> None:
    (tmp_path / "cartera.csv").write_text("rut;doc;monto\n1-9; F 1;1.234,50\n", encoding="utf-8")
    request = replace(DEBTS, key=("rut", "doc"))
    assert records(pages(tmp_path, request)) == [
        Record(("1-9", " F 1"), {"rut": "1-9", "doc": " F 1", "monto": "1.234,50"}, "cartera.csv line 2")
    ]


def test_options_of_a_stream_override_the_connection(tmp_path: Path) -> None:
    (tmp_path / "cartera.csv").write_bytes("doc|n\n1|Ñ\n".encode("cp1252"))
    request = replace(DEBTS, options={"file": "*.csv", "encoding": "cp1252", "delimiter": "|"})
    assert records(pages(tmp_path, request))[0].fields == {"doc": "1", "n": "Ñ"}


@pytest.mark.parametrize(
    ("cell", "written", "zone", "expected"),
    [
        ("2024-05-01T10:00:00", None, "UTC", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("2024-05-01 10:00:00-04:00", None, "UTC", datetime(2024, 5, 1, 14, tzinfo=UTC)),
        ("2024-05-01", None, "UTC", datetime(2024, 5, 1, tzinfo=UTC)),
        ("2024-05-01 10:00:00", None, "America/Bogota", datetime(2024, 5, 1, 15, tzinfo=UTC)),
        ("01/05/2024 10:00", "%d/%m/%Y %H:%M", "UTC", datetime(2024, 5, 1, 10, tzinfo=UTC)),
        ("ayer", None, "UTC", None),
        ("", None, "UTC", None),
        ("31/02/2024 10:00", "%d/%m/%Y %H:%M", "UTC", None),
    ],
)
def test_the_cursor_cell_is_kept_as_text_and_read_as_a_moment(
    cell: str, written: str | None, zone: str, expected: datetime | None, tmp_path: Path
) -> None:
    (tmp_path / "cartera.csv").write_text(f"doc;upd\n1;{cell}\n", encoding="utf-8")
    request = replace(DEBTS, cursor="upd", cursor_format=written)
    record = records(pages(tmp_path, request, time_zone=zone))[0]
    assert record.cursor == cell
    assert record.source_updated_at == expected


def test_a_bad_row_tells_key_fields_surplus_and_the_line_as_written(tmp_path: Path) -> None:
    (tmp_path / "cartera.csv").write_text("doc;monto\nF-1;10;x;y\n", encoding="utf-8")
    assert bad_rows(pages(tmp_path)) == [
        BadRow(
            position="cartera.csv line 2",
            reason="The row has 4 cells, the header only 2: too many columns.",
            column="+1",
            key=("F-1",),
            fields={"doc": "F-1", "monto": "10", "+1": "x", "+2": "y"},
            raw="F-1;10;x;y",
        )
    ]


def test_the_key_of_a_shifted_row_is_not_believed_when_it_stands_behind_other_columns(tmp_path: Path) -> None:
    (tmp_path / "cartera.csv").write_text("monto;doc\n1,5;0;F-1\n", encoding="utf-8")
    assert bad_rows(pages(tmp_path))[0].key == ()


def test_the_raw_text_of_a_giant_row_is_cut_visibly_at_64_kib(tmp_path: Path) -> None:
    (tmp_path / "cartera.csv").write_text(f"doc;n\n1;{'ñ' * 200_000}\n", encoding="utf-8")
    row = bad_rows(pages(tmp_path))[0]
    assert len(row.raw.encode()) <= 64 * 1024
    assert row.raw.endswith("[cut here, 200002 characters in all]")
    assert len(row.fields["n"]) < 2000


def test_a_line_of_nothing_but_delimiters_does_not_flood_the_quarantine(tmp_path: Path) -> None:
    (tmp_path / "cartera.csv").write_text("doc;n\n1" + ";" * 60_000 + "\n", encoding="utf-8")
    assert len(bad_rows(pages(tmp_path))[0].fields) == 102


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rows=st.lists(st.tuples(*[st.text(st.characters(codec="utf-8", exclude_characters="\0\ufffd"), max_size=12)] * 2))
)
def test_what_a_csv_writer_writes_is_read_back_exactly(rows: list[tuple[str, str]], tmp_path: Path) -> None:
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";", quoting=csv.QUOTE_ALL).writerows(
        [("doc", "a", "b"), *((str(n), *row) for n, row in enumerate(rows))]
    )
    (tmp_path / "cartera.csv").write_bytes(out.getvalue().encode())
    found = pages(tmp_path)
    right = {int(each.fields["doc"]): (each.fields["a"], each.fields["b"]) for each in records(found)}
    refused = {each.key for each in bad_rows(found)}
    for number, row in enumerate(rows):
        assert right.get(number) == row or (str(number),) in refused


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    body=st.lists(
        st.sampled_from([b"a", b";", b'"', b"\n", b"\r", b"\0", b"\xf1", b"\xc3\xb1", b"\xff", b"1;2\n"])
    ).map(b"".join)
)
def test_no_bytes_at_all_make_it_fail_in_another_way_than_bad_rows(body: bytes, tmp_path: Path) -> None:
    (tmp_path / "cartera.csv").write_bytes(b"doc;n\n" + body)
    for page in pages(tmp_path):
        for row in page.bad_rows:
            assert row.position.startswith("cartera.csv line ")
            assert row.reason.endswith(".")


# pages and bookmarks


def test_pages_hold_a_thousand_rows_and_the_last_one_says_done(tmp_path: Path) -> None:
    write_rows(tmp_path / "a.csv", 2500)
    found = pages(tmp_path)
    assert [page.read for page in found] == [1000, 1000, 500]
    assert [page.bookmark.tie for page in found if page.bookmark] == ["1001", "2001", "done"]
    assert {page.bookmark.partition for page in found if page.bookmark} == {"a.csv"}


def test_a_file_read_to_its_end_is_not_read_again_unless_in_full(tmp_path: Path) -> None:
    write_rows(tmp_path / "a.csv", 10)
    done = marks(pages(tmp_path))
    assert pages(tmp_path, bookmarks=done) == []
    assert len(records(pages(tmp_path, bookmarks=done, full=True))) == 10


@pytest.mark.parametrize("stop", [0, 1])
def test_after_a_kill_reading_goes_on_behind_the_stored_page(stop: int, tmp_path: Path) -> None:
    body = "".join(f'F-{n};"uno\ndos {n}"\n' if n % 3 else f"F-{n};\n" for n in range(2500))
    (tmp_path / "a.csv").write_text("doc;nota\n" + body, encoding="utf-8")
    found = pages(tmp_path)
    later = pages(tmp_path, bookmarks=marks(found[: stop + 1]))
    assert records(later) == records(found[stop + 1 :])


def test_going_on_works_without_a_header_row_too(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("".join(f"F-{n};{n}\n" for n in range(1500)), encoding="utf-8")
    found = pages(tmp_path, header=["doc", "monto"])
    assert len(records(found)) == 1500
    later = pages(tmp_path, header=["doc", "monto"], bookmarks=marks(found[:1]))
    assert records(later) == records(found[1:])


def test_a_changed_file_is_read_from_its_beginning(tmp_path: Path) -> None:
    write_rows(tmp_path / "a.csv", 1500)
    first = pages(tmp_path)
    write_rows(tmp_path / "a.csv", 1600)
    assert len(records(pages(tmp_path, bookmarks=marks(first[:1])))) == 1600
    assert len(records(pages(tmp_path, bookmarks=marks(first)))) == 1600


def test_each_file_has_its_own_bookmark_and_files_come_by_name(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for name in ("b.csv", "a.csv", "sub/c.csv", ".hidden.csv", "~$a.csv"):
        write_rows(tmp_path / name, 1)
    request = replace(DEBTS, options={"file": "**/*.csv"})
    found = pages(tmp_path, request)
    assert list(marks(found)) == ["a.csv", "b.csv", "sub/c.csv"]
    write_rows(tmp_path / "d.csv", 7)
    assert len(records(pages(tmp_path, request, bookmarks=marks(found)))) == 7


def test_a_page_of_giant_rows_ends_before_it_is_large(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("doc;n\n" + "".join(f"{n};{'x' * 60_000}\n" for n in range(200)), encoding="utf-8")
    assert max(page.read for page in pages(tmp_path)) < 100


# files that move


def test_a_file_younger_than_the_settle_time_waits(tmp_path: Path) -> None:
    write_rows(tmp_path / "a.csv", 1)
    written = datetime(2024, 5, 1, tzinfo=UTC)
    os.utime(tmp_path / "a.csv", (written.timestamp(), written.timestamp()))

    def read_at(now: datetime) -> list[Page]:
        return list(connection(tmp_path, now=now, settle_seconds=60).read(DEBTS, bookmarks={}))

    assert read_at(written + timedelta(seconds=59)) == []
    assert len(read_at(written + timedelta(seconds=60))) == 1


def test_a_file_that_grows_while_it_is_read_stops_the_run_before_the_page_is_given(tmp_path: Path) -> None:
    write_rows(tmp_path / "a.csv", 2500)
    reading = connection(tmp_path).read(DEBTS, bookmarks={})
    next(reading)
    with (tmp_path / "a.csv").open("a", encoding="utf-8") as file:
        file.write("F-9999;1\n")
    with pytest.raises(RunMustStop, match=r"a\.csv changed while it was being read"):
        next(reading)


def test_a_file_replaced_under_its_name_stops_the_run(tmp_path: Path) -> None:
    write_rows(tmp_path / "a.csv", 2500)
    reading = connection(tmp_path).read(DEBTS, bookmarks={})
    next(reading)
    write_rows(tmp_path / "new", 2500)
    (tmp_path / "new").rename(tmp_path / "a.csv")
    with pytest.raises(RunMustStop, match="changed while"):
        next(reading)


def test_a_file_that_disappears_stops_the_run_with_a_sentence(tmp_path: Path) -> None:
    write_rows(tmp_path / "a.csv", 2500)
    reading = connection(tmp_path).read(DEBTS, bookmarks={})
    next(reading)
    (tmp_path / "a.csv").unlink()
    with pytest.raises(RunMustStop, match=r"a\.csv disappeared"):
        next(reading)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match="there is no folder"):
        pages(tmp_path / "nowhere")


# memory


@pytest.mark.parametrize("opening", ["1;", '1;"'], ids=["unquoted", "quoted"])
def test_a_line_of_20_mb_costs_a_fraction_of_its_size(opening: str, tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("w", encoding="utf-8") as file:
        file.write("doc;n\n" + opening)
        for _ in range(20):
            file.write("ñ" * 512 * 1024)
        file.write("\n2;Eva\n")
    tracemalloc.start()
    found = pages(tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [record.key for record in records(found)] == [("2",)]
    assert bad_rows(found)[0].position == "a.csv line 2"
    assert bad_rows(found)[0].column == "n"
    assert peak < 12 * 1024 * 1024


def test_memory_does_not_grow_with_the_number_of_rows(tmp_path: Path) -> None:
    peaks = []
    for count in (3_000, 15_000):
        rows = "".join(f"F-{n};{'x' * 300}\n" for n in range(count))
        (tmp_path / "a.csv").write_text("doc;n\n" + rows, encoding="utf-8")
        tracemalloc.start()
        assert sum(page.read for page in connection(tmp_path).read(DEBTS, bookmarks={})) == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.2


# the other methods


def test_check_names_what_is_wrong_and_what_is_right(tmp_path: Path) -> None:
    write_rows(tmp_path / "good.csv", 3)
    (tmp_path / "bad.csv").write_bytes("doc;n\n1;Peña\n".encode("cp1252"))
    (tmp_path / "headless.csv").write_text("1;2\n", encoding="utf-8")
    streams = [
        replace(DEBTS, name=each, options={"file": f"{each}.csv"}) for each in ("good", "bad", "headless", "none")
    ]
    folder, good, bad, headless, none = connection(tmp_path, *streams).check()
    assert folder.ok
    assert good.ok
    assert not bad.ok
    assert "bad.csv line 2, column n" in bad.detail
    assert not headless.ok
    assert "no column 'doc'" in headless.detail
    assert not none.ok
    assert "No file matches" in none.detail


def test_check_of_a_missing_folder_is_a_finding(tmp_path: Path) -> None:
    (finding,) = connection(tmp_path / "nowhere", DEBTS).check()
    assert not finding.ok


def test_discover_lists_streams_by_file_with_their_columns(tmp_path: Path) -> None:
    write_rows(tmp_path / "deudas_01.csv", 1)
    (tmp_path / "pagos.csv").write_text("id;monto\n", encoding="utf-8")
    (tmp_path / "roto.csv").write_text("id;id\n", encoding="utf-8")
    (tmp_path / "leame.md").write_text("x", encoding="utf-8")
    request = replace(DEBTS, options={"file": "deudas_*.csv"}, cursor="monto")
    found = connection(tmp_path, request).discover()
    assert [(each.name, dict(each.columns), each.key, each.cursor) for each in found] == [
        ("deudas", {"doc": "text", "monto": "text"}, ("doc",), "monto"),
        ("pagos", {"id": "text", "monto": "text"}, (), None),
        ("roto", {}, (), None),
    ]


def test_it_reads_only_and_says_so(tmp_path: Path) -> None:
    reader = connection(tmp_path, DEBTS)
    assert reader.capabilities.incremental == "content"
    assert reader.capabilities.streams == ("deudas",)
    assert not reader.capabilities.writes
    assert reader.look_up("deudas", ["1"]) == {}
    with pytest.raises(PermissionMissing, match="writes nothing"):
        reader.write(Operation.REGISTER_PAYMENT, [])
    reader.close()


def test_the_example_of_the_readme_is_a_workspace_that_reads(tmp_path: Path) -> None:
    page = (Path(files.__file__).parent / "README.md").read_text(encoding="utf-8")
    (tmp_path / "concilia.yaml").write_text(page.split("```yaml\n")[1].split("```")[0], encoding="utf-8")
    (tmp_path / "incoming").mkdir()
    (tmp_path / "incoming" / "cartera_mayo.csv").write_bytes(
        "documento;modificado;año\nF-1;01-05-2024 10:00;1\n".encode("cp1252")
    )
    erp = load(tmp_path).connections["erp"]
    asked = tuple(
        StreamRequest(each.name, each.key, each.cursor, each.cursor_format, each.options) for each in erp.streams
    )
    connector = connect(ConnectionSettings("erp", erp.settings, str(tmp_path), streams=asked))
    (page_read,) = connector.read(asked[0], bookmarks={})
    assert page_read.records[0].source_updated_at == datetime(2024, 5, 1, 10, tzinfo=UTC)
