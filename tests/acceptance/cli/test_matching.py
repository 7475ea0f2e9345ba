"""`concilia match`: a table in, clusters out, their quality, and why two records are one."""

from __future__ import annotations

import csv
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="module")
def portfolio(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("portfolio")
    words = ["-m", "benchmarks.portfolios", "--records", "3000", "--seed", "41", "--out", str(folder)]
    subprocess.run([sys.executable, *words], check=True, cwd=ROOT, stdout=subprocess.DEVNULL)
    return folder


def test_a_table_is_clustered_and_measured(concilia: Any, portfolio: Path, tmp_path: Path) -> None:
    out = tmp_path / "clusters.csv"
    found = concilia("match", "batch", portfolio / "records.csv", "--out", out, "--json").document
    assert found["records"] == 3000
    assert found["auto"] + found["review"] + found["single"] == 3000
    with out.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert list(rows[0]) == ["record_id", "cluster_id", "band"]
    quality = concilia("match", "evaluate", out, portfolio / "truth.csv", "--json").document
    assert quality["precision"] > 0.95
    assert quality["f1"] > 0.85


def test_columns_are_declared_and_a_rut_written_twice_is_one_debtor(concilia: Any, tmp_path: Path) -> None:
    table = tmp_path / "deudores.csv"
    table.write_text(
        "DOC,RUT,NOMBRE,FONO\n1,12.531.909-2,José Luis Hernández García,961234567\n"
        "2,125319092,HERNANDEZ GARCIA JOSE LUIS,\n3,66.666.666-6,Pedro Soto,\n4,66.666.666-6,Ana Díaz,\n",
        encoding="utf-8",
    )
    declared = ["--id", "DOC", "--country", "CL", "--column", "tax_id=RUT", "--column", "full_name=NOMBRE"]
    out = tmp_path / "c.csv"
    assert concilia("match", "batch", table, "--out", out, *declared).code == 0
    with out.open(newline="", encoding="utf-8") as stream:
        cluster = {row["record_id"]: row["cluster_id"] for row in csv.DictReader(stream)}
    assert cluster["1"] == cluster["2"]
    assert len({cluster["1"], cluster["3"], cluster["4"]}) == 3


def test_the_evidence_of_a_pair_adds_up_to_its_score(concilia: Any, portfolio: Path) -> None:
    with (portfolio / "truth.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    entity = rows[0]["entity_id"]
    other = next((r["record_id"] for r in rows[1:] if r["entity_id"] == entity), rows[1]["record_id"])
    found = concilia("match", "explain", portfolio / "records.csv", rows[0]["record_id"], other, "--json").document
    assert sum(float(line["bits"]) for line in found["evidence"]) == pytest.approx(found["score"], abs=0.05)


def test_a_trained_model_is_used_and_another_version_is_refused(concilia: Any, portfolio: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.json"
    assert "trained on" in concilia("match", "train", portfolio / "records.csv", "--out", model).out
    out = tmp_path / "c.csv"
    assert concilia("match", "batch", portfolio / "records.csv", "--out", out, "--model", model).code == 0
    model.write_text(model.read_text("utf-8").replace('"format": 2', '"format": 99'), "utf-8")
    refused = concilia("match", "batch", portfolio / "records.csv", "--out", out, "--model", model)
    assert refused.code == 2
    assert "format 99" in refused.err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"record_id,full_name\n1,Jos\xe9\n", "not UTF-8"),
        (b"id,full_name\n1,Ana\n", "record_id"),
        (b"record_id,full_name\n1,Ana\n1,Ana\n", "twice"),
        (b"", "empty"),
    ],
)
def test_a_table_that_cannot_be_matched_gets_a_sentence(
    concilia: Any, tmp_path: Path, content: bytes, said: str
) -> None:
    table = tmp_path / "t.csv"
    table.write_bytes(content)
    found = concilia("match", "batch", table, "--out", tmp_path / "c.csv")
    assert found.code == 2
    assert said in found.err
