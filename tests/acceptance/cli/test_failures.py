"""What goes wrong outside the program: one sentence, the right exit code, and nothing that should not be shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from concilia.store import locks
from concilia.store.engine import sqlite_url
from concilia.store.unit_of_work import Store

SANDBOX = """version: 1
connections:
  erp:
    connector: sandbox
    settings: {url: "http://127.0.0.1:9", api_key: "${env:ERP_KEY}", system: erp, timeout_seconds: 0.2}
    country: CL
"""


def test_a_setting_that_does_not_exist_is_named_with_file_line_path_and_mend(read: Any, tmp_path: Path) -> None:
    file = tmp_path / "concilia.yaml"
    file.write_text(file.read_text("utf-8").replace("connector: files", "conector: files"), "utf-8")
    ended = read("sync", "--json")
    assert ended.code == 2
    error = ended.document["error"]
    line = file.read_text("utf-8").splitlines().index("    conector: files") + 1
    assert (error["file"], error["line"], error["path"]) == ("concilia.yaml", line, "connections.erp")
    assert "connector" in error["mend"]
    assert f"concilia.yaml:{line}" in ended.err


def test_an_unknown_connection_is_told_the_known_ones(read: Any) -> None:
    for words in (("sync", "nope"), ("check", "nope"), ("discover", "nope"), ("push", "nope"), ("approve", "nope")):
        ended = read(*words)
        assert (ended.code, "erp" in ended.err) == (2, True), words


def test_a_folder_that_is_no_workspace_is_said(concilia: Any, tmp_path: Path) -> None:
    ended = concilia("sync", "-w", "nowhere", "--json")
    assert ended.code == 2
    assert "nowhere" in ended.document["error"]["message"]
    assert not (tmp_path / "nowhere").exists()


def test_a_folder_of_files_that_is_missing_is_said(read: Any, tmp_path: Path) -> None:
    file = tmp_path / "concilia.yaml"
    file.write_text(file.read_text("utf-8").replace("path: in", "path: nowhere"), "utf-8")
    ended = read("sync")
    assert ended.code == 2
    assert "nowhere" in ended.err


def test_a_missing_secret_is_named_and_a_present_one_never_shown(concilia: Any, tmp_path: Path) -> None:
    (tmp_path / "concilia.yaml").write_text(SANDBOX)
    without = concilia("sync")
    assert without.code == 2
    assert "ERP_KEY" in without.err
    assert concilia("check").code == 2
    with_it = concilia("check", "--json", more={"ERP_KEY": "very-secret"})
    assert with_it.code == 3
    assert "very-secret" not in with_it.out + with_it.err


def test_a_system_that_does_not_answer_ends_with_three(concilia: Any, tmp_path: Path) -> None:
    (tmp_path / "concilia.yaml").write_text(SANDBOX)
    ended = concilia("sync", "--json", more={"ERP_KEY": "very-secret"})
    assert ended.code == 3
    assert len(ended.document["failures"]) == 3
    assert "very-secret" not in ended.out + ended.err


def test_one_system_that_does_not_answer_leaves_the_others_done(read: Any, tmp_path: Path) -> None:
    file = tmp_path / "concilia.yaml"
    other = SANDBOX.split("connections:\n")[1].replace("  erp:", "  second:").rstrip() + "\n    creditor: acme\n"
    file.write_text(file.read_text("utf-8").replace("connections:\n", f"connections:\n{other}", 1), "utf-8")
    ended = read("sync", "--json", more={"ERP_KEY": "x"})
    assert ended.code == 5
    assert {s["connection"]: s["status"] for s in ended.document["streams"]} == {"erp": "done", "second": "failed"}


def test_a_database_that_cannot_be_reached_ends_with_three_and_hides_its_password(read: Any) -> None:
    more = {"CONCILIA_DATABASE_URL": "postgresql://hub:very-secret@127.0.0.1:9/hub"}
    ended = read("sync", "--json", more=more)
    assert ended.code == 3
    assert ended.document["error"]["type"] == "SystemUnreachable"
    assert "very-secret" not in ended.out + ended.err


def test_a_second_run_of_the_same_connection_says_that_another_one_works(read: Any, tmp_path: Path) -> None:
    store = Store(sqlite_url(tmp_path))
    with locks.hold(store, "connection-erp") as mine:
        assert mine
        ended = read("sync", "--json")
    store.close()
    assert ended.code == 5
    assert "Another run" in ended.document["failures"]["erp"]
    assert read("sync").code == 0


BANK = """  bank:
    connector: files
    settings: {path: bank}
    country: CL
    creditor: acme
    streams:
      bank:
        file: bank.csv
        key: [REF]
        map:
          entities:
            - entity: payment
              key: [REF]
              debt: {document: DOC}
              fields: {amount: AMOUNT, value_date: DATE, reference: REF}
"""


def test_two_processes_never_deliver_one_outbox_at_once(read: Any, tmp_path: Path) -> None:
    file = tmp_path / "concilia.yaml"
    text = file.read_text("utf-8").replace("    trust: 80", "    push: {payments: true}\n    trust: 80")
    file.write_text(text.replace("connections:\n", f"connections:\n{BANK}", 1), "utf-8")
    (tmp_path / "bank").mkdir()
    (tmp_path / "bank/bank.csv").write_text("REF,DOC,AMOUNT,DATE\nT-1,1001,50000,2026-11-02\n")
    assert read("sync", "--json").document["awaiting_approval"] == 1
    read("approve", "erp")
    store = Store(sqlite_url(tmp_path))
    with locks.hold(store, "connection-erp"):
        ended = read("push", "--json")
    store.close()
    assert ended.code == 5
    assert "Another run" in ended.document["deliveries"][0]["error"]


def test_what_is_not_approved_waits_for_a_person(read: Any) -> None:
    assert read("push").code == 0
    assert read("push", "erp").code == 4
    assert read("approve", "erp", "--by", "carla", "--json").document["approved_by"] == "carla"
    assert read("push", "erp").code == 0
    assert read("approve", "erp", "--revoke", "--json").document["approved_at"] is None
    assert read("push", "erp").code == 4
