"""Listing all keys: the same keys as reading gives, an end that only the system can say, and errors instead of ends."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest

from concilia.errors import ConciliaError, ConfigurationInvalid, RunMustStop
from concilia.records import Bookmark
from concilia.vault import Secret
from connectors import database, files
from connectors.contract import ConnectionSettings, KeyListing, KeyPage, ListsKeys, StreamRequest
from connectors.rest import Patience
from connectors.sandbox import STREAMS, Sandbox, SandboxSettings
from connectors.sandbox.server import SandboxServer, Setup

DEBTS = StreamRequest("deudas", key=("doc",), options={"file": "*.csv"})
NOTHING: Mapping[str, Bookmark] = {}


def keys(pages: Iterator[KeyPage]) -> list[str]:
    """Every key of a list that is complete, and says so once, at its end."""
    found = list(pages)
    assert [page.last for page in found] == [False] * (len(found) - 1) + [True]
    return [key[0] for page in found for key in page.keys]


def folder_of(tmp_path: Path, **contents: str) -> ListsKeys:
    for name, content in contents.items():
        (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
    settings = {"path": ".", "delimiter": ";", "encoding": "utf-8"}
    return files.connect(ConnectionSettings("erp", settings, str(tmp_path), streams=(DEBTS,)))  # type: ignore[return-value]


def listed(connector: ListsKeys, request: StreamRequest = DEBTS, *, read: tuple[str, ...] = ()) -> KeyListing:
    return connector.list_keys(request, bookmarks={name: Bookmark(name, "x", "done") for name in read})


def test_all_files_of_a_stream_are_one_list(tmp_path: Path) -> None:
    connector = folder_of(tmp_path, a="doc;x\nF-1;1\nF-2;1\n", b="doc;x\nF-3;1\n")
    assert keys(listed(connector, read=("a.csv", "b.csv")).pages) == ["F-1", "F-2", "F-3"]


def test_a_file_that_was_read_and_is_gone_ends_the_list_with_an_error(tmp_path: Path) -> None:
    connector = folder_of(tmp_path, b="doc;x\nF-3;1\n")
    with pytest.raises(RunMustStop, match=r"a\.csv was read before and is not there now"):
        list(listed(connector, read=("a.csv", "b.csv")).pages)


def test_the_newest_file_alone_is_the_list_where_that_is_said(tmp_path: Path) -> None:
    connector = folder_of(tmp_path, c20261121="doc;x\nF-1;1\nF-2;1\n", c20261122="doc;x\nF-2;1\n")
    newest = StreamRequest("deudas", key=("doc",), options={"file": "*.csv"}, sweep="newest")
    assert keys(listed(connector, newest, read=("c20261101.csv",)).pages) == ["F-2"]


def test_a_row_whose_key_cannot_be_read_may_be_any(tmp_path: Path) -> None:
    connector = folder_of(tmp_path, a="doc;x\nF-1;1\n;1\nF-2;1;1;1\n")
    pages = list(listed(connector).pages)
    assert [key for page in pages for key in page.keys] == [("F-1",), ("F-2",)]
    assert sum(page.unknown for page in pages) == 1


def test_the_same_files_are_the_same_evidence_until_one_is_written_again(tmp_path: Path) -> None:
    connector = folder_of(tmp_path, a="doc;x\nF-1;1\n")
    before = listed(connector).evidence
    assert listed(connector).evidence == before
    os.utime(tmp_path / "a.csv", ns=(1, 1))
    assert listed(connector).evidence != before


def test_no_file_is_no_list(tmp_path: Path) -> None:
    assert [page.keys for page in listed(folder_of(tmp_path)).pages] == [()]


def test_a_file_that_changes_while_it_is_listed_ends_it_with_an_error(tmp_path: Path) -> None:
    rows = "".join(f"F-{n};1\n" for n in range(2500))
    pages = listed(folder_of(tmp_path, a=f"doc;x\n{rows}")).pages
    next(pages)
    (tmp_path / "a.csv").write_text("doc;x\n", encoding="utf-8")
    with pytest.raises(RunMustStop, match="changed while it was being read"):
        list(pages)


def test_a_table_lists_the_keys_that_reading_gives(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "erp.db", isolation_level=None)) as source:
        source.execute("CREATE TABLE debts (company INTEGER, id TEXT, amount NUMERIC, upd TEXT)")
        rows = [(n % 3, f"F-{n}", 10, f"2024-01-01 00:{n % 60:02d}") for n in range(2100)]
        source.executemany("INSERT INTO debts VALUES (?, ?, ?, ?)", [*rows, (1, None, 10, None)])
    options = {"table": "debts", "where": "id IS NULL OR id <> 'F-7'"}
    request = StreamRequest("deudas", key=("company", "id"), cursor="upd", options=options)
    settings = ConnectionSettings("erp", {"url": "sqlite:///erp.db"}, str(tmp_path), streams=(request,))
    connector = database.connect(settings)
    assert connector.capabilities.lists_keys == ("deudas",)
    pages = list(connector.list_keys(request, bookmarks=NOTHING).pages)  # type: ignore[attr-defined]
    read = {record.key for page in connector.read(request, bookmarks={}) for record in page.records}
    assert {key for page in pages for key in page.keys} == read
    assert len(read) == 2099
    assert (sum(page.unknown for page in pages), pages[-1].last) == (1, True)


@pytest.fixture(scope="module")
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Setup(customers=40)) as running:
        yield running


def sandbox(server: SandboxServer, system: str) -> Sandbox:
    settings = SandboxSettings(url=server.url, api_key=Secret("sandbox-key"), system=system, page_size=7)
    return Sandbox(system, settings, patience=Patience(sleep=lambda _: None))


@pytest.mark.parametrize(("system", "stream"), [(s, r.name) for s, streams in STREAMS.items() for r in streams])
def test_every_stream_of_the_sandbox_lists_the_keys_that_reading_gives(
    server: SandboxServer, system: str, stream: str
) -> None:
    server.misbehave()
    connector = sandbox(server, system)
    request = next(r for r in STREAMS[system] if r.name == stream)
    assert stream in connector.capabilities.lists_keys
    read = [record.key[0] for page in connector.read(request, bookmarks={}) for record in page.records]
    assert sorted(keys(connector.list_keys(request, bookmarks=NOTHING).pages)) == sorted(read)


@pytest.mark.parametrize("kind", ["error_before_commit", "html", "half_body"])
def test_a_list_that_breaks_ends_with_an_error_and_never_with_an_end(server: SandboxServer, kind: str) -> None:
    server.misbehave({"kind": kind, "path": "*/customers", "every": 1})
    request = STREAMS["erp"][0]
    with pytest.raises(ConciliaError):
        list(sandbox(server, "erp").list_keys(request, bookmarks=NOTHING).pages)
    server.misbehave()


def test_a_stream_that_does_not_exist_has_no_list(server: SandboxServer) -> None:
    with pytest.raises(ConfigurationInvalid):
        sandbox(server, "erp").list_keys(StreamRequest("nothing"), bookmarks=NOTHING)
