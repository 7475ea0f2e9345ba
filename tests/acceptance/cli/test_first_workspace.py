"""The first five minutes: start a workspace, read the example, look at what came out."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

DISPOSITIONS = ("applied", "unchanged", "rejected", "quarantined", "blocked", "conflict")


def test_a_new_workspace_reads_its_example_at_once(concilia: Any) -> None:
    assert concilia("init", "cartera").code == 0
    ended = concilia("-w", "cartera", "sync", "--json")
    assert ended.code == 0, ended.err
    (stream,) = ended.document["streams"]
    assert stream["read"] == 3 == sum(stream[name] for name in DISPOSITIONS)
    assert ended.document["totals"] | {"source_records": 0} == {
        "source_records": 0,
        "source_debtors": 2,
        "debtors": 2,
        "discrepancies": 0,
        "quarantined": 0,
    }


def test_the_table_of_a_run_shows_each_disposition_and_adds_up(concilia: Any) -> None:
    concilia("init", "cartera")
    ended = concilia("sync", "-w", "cartera")
    assert all(name in ended.out for name in DISPOSITIONS)
    assert ["erp.cartera", "3", "3", "0", "0", "0", "0", "0"] in [line.split() for line in ended.out.splitlines()]
    assert "add up" in ended.out
    assert "2 source debtors -> 2 debtors." in ended.out


def test_a_second_sync_changes_nothing(read: Any) -> None:
    before = [read("export", what).out for what in ("golden", "debts", "events")]
    again = read("sync", "--full", "--json")
    assert again.code == 0
    assert [(stream["read"], stream["unchanged"]) for stream in again.document["streams"]] == [(3, 3)]
    assert [read("export", what).out for what in ("golden", "debts", "events")] == before
    assert [run["status"] for run in read("runs", "--json").lines] == ["done"] * 2


def test_an_export_parses_back_and_replaces_its_file_whole(read: Any, tmp_path: Path) -> None:
    target = tmp_path / "debtors.csv"
    target.write_text("an older one")
    assert read("export", "golden", "--out", "debtors.csv", "--json").document["rows"] == 2
    with target.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    told = read("export", "golden", "--format", "jsonl").lines
    assert [row["golden_id"] for row in rows] == [row["golden_id"] for row in told]
    assert {row["full_name"] for row in rows} == {"José Luis Hernández García", "María Ñancupil Muñoz"}
    assert {row["phones"] for row in rows} == {"+56961234567", "+56962348817"}
    assert [path.name for path in tmp_path.glob(".debtors*")] == []


def test_nothing_that_exists_is_overwritten(concilia: Any, tmp_path: Path) -> None:
    (tmp_path / "concilia.yaml").write_text("mine")
    ended = concilia("init")
    assert ended.code == 2
    assert "concilia.yaml" in ended.err
    assert (tmp_path / "concilia.yaml").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["concilia.yaml"]


def test_the_workspace_is_the_current_folder_then_the_one_of_the_environment(concilia: Any, tmp_path: Path) -> None:
    concilia("init", "here")
    concilia("init", "there")
    named = {"CONCILIA_WORKSPACE": "there"}
    assert concilia("apply", "--json", more=named).code == 0
    assert (tmp_path / "there/.concilia/hub.db").exists()
    concilia.folder = tmp_path / "here"
    assert concilia("apply", "--json", more=named).code == 0
    assert (tmp_path / "here/.concilia/hub.db").exists()


def test_checking_discovering_and_previewing_store_nothing(concilia: Any) -> None:
    concilia("init")
    assert [(c["connection"], c["ok"]) for c in concilia("check", "--json").lines] == [("erp", True)]
    (stream,) = concilia("discover", "erp", "--json").lines
    assert stream["key"] == ["DOC"]
    assert "NOMBRE" in stream["columns"]
    first, *_ = concilia("map", "preview", "erp", "cartera", "--limit", "2", "--json").lines
    assert first["before"]["NOMBRE"] == "José Luis Hernández García"
    assert {"entity": "debt", "key": "1001", "field": "balance", "value": "150000", "note": ""} in first["after"]
    assert concilia("runs", "--json").out == ""
    assert concilia("export", "crosswalk").out == "connection,stream,external_id,golden_id\n"


def test_two_source_debtors_are_ruled_the_same_and_the_word_is_taken_back(concilia: Any, tmp_path: Path) -> None:
    concilia("init")
    file = tmp_path / "in/cartera.csv"
    file.write_text(file.read_text("utf-8").replace("9.876.543-3", "66.666.666-6"), "utf-8")  # nobody's number
    concilia("sync")
    pair = ["/".join(row.split(",")[:3]) for row in concilia("export", "crosswalk").out.splitlines()[1:]]
    together = concilia("steward", "same", *pair, "--by", "carla", "--json").document
    assert len(set(together["golden_ids"])) == 1
    apart = concilia("steward", "undo", *pair, "--by", "carla", "--json").document
    assert len(set(apart["golden_ids"])) == 2
    nobody = concilia("steward", "different", pair[0], "erp/cartera/nobody")
    assert nobody.code == 2
    assert "erp/cartera/nobody" in nobody.err


def test_pairs_for_a_person_are_shown_with_what_is_at_stake(concilia: Any, tmp_path: Path) -> None:
    concilia("init")
    file = tmp_path / "in/cartera.csv"
    header = file.read_text("utf-8").splitlines()[0]
    columns = header.split(";")
    rows = [
        dict.fromkeys(columns, "") | {"DOC": f"F-{n}", "RUT": tax_id, "NOMBRE": name, "SALDO": "1.500"}
        | {c: "961234567" for c in columns if c.startswith("FONO")} | {c: "01-10-2026" for c in columns if c == "VENCE"}
        for n, (tax_id, name) in enumerate([("12.531.909-2", "Ana Muñoz Peña"), ("66.666.666-6", "A. MUÑOZ")])
    ]  # fmt: skip
    file.write_text("\n".join([header, *(";".join(row[c] for c in columns) for row in rows)]) + "\n", "utf-8")
    concilia("sync")
    (pair,) = [json.loads(line) for line in concilia("steward", "candidates", "--json").out.splitlines()]
    assert sorted(pair["names"]) == ["A. MUÑOZ", "Ana Muñoz Peña"]
    assert pair["value"] == {"CLP": "3000"}
    assert "1 pair waits for a person." in concilia("steward", "candidates").out
