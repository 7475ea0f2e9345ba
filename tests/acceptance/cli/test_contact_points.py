"""Contact points on the command line: tell, decide, take back, list what is stale, and who is reached when."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest

from admin_api.cli import main
from tests.worlds import rut, workspace, write_cartera

ANA = rut(9876543)
OLD, NEW, OTHER = "+56961119999", "+56961112222", "+56961113333"


def load(folder: Path, phone: str, moment: str) -> None:
    write_cartera(folder, [("F-1", ANA, "Ana Muñoz", phone, "", "150.000", "01-10-2026", moment)])
    assert main(["-w", str(folder), "sync"]) == 0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = workspace(tmp_path)
    load(found, OLD, "2026-11-01T10:00:00")
    return found


@pytest.fixture
def told(folder: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: str, code: int = 0) -> list[Any]:
        capsys.readouterr()
        assert main(["-w", str(folder), "--json", "contacts", *words]) == code
        return [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    return run


ADD = ("--type", "phone", "--how", "call", "--evidence", "call 7")


def test_a_change_is_listed_foreseen_decided_and_taken_back(folder: Path, told: Any) -> None:
    (verified,) = told("add", ANA, OLD, *ADD, "--verified", "right_party")
    assert verified["contact_point"]["status"] == "verified"
    load(folder, NEW, "2026-11-02T10:00:00")
    (change,) = told("pending")
    assert (change["old"]["value"], change["new"]["value"], change["name"]) == (OLD, NEW, "Ana Muñoz")
    number = str(change["id"])
    assert told("confirm", number, "--dry-run")[0]["status"] == "confirmed"
    assert len(told("pending")) == 1
    assert told("reject", number, "--by", "marta", "--reason", "she said no")[0]["decided_by"] == "marta"
    assert told("pending") == []
    assert told("pending", "--status", "rejected")[0]["because"] == "she said no"
    told("confirm", number, code=2)
    assert told("undo", number)[0]["status"] == "open"
    assert told("confirm", number)[0]["status"] == "confirmed"


def test_a_correction_is_foreseen_told_and_its_old_value_is_to_be_verified_again(
    folder: Path, told: Any, tmp_path: Path
) -> None:
    words = ("add", ANA, "9 6111 2222", *ADD, "--replaces", OLD)
    (foreseen,) = told(*words, "--dry-run")
    assert foreseen["contact_point"]["value"] == NEW
    assert told("stale") == []
    told(*words)
    (stale,) = told("stale", "--type", "phone")
    assert (stale["value"], stale["amount"], stale["unit"]) == (OLD, "150000", "CLP")
    out = tmp_path / "verificar.csv"
    assert told("stale", "--export", str(out))[0]["rows"] == 1
    with out.open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["value"], row["name"], row["amount"]) == (OLD, "Ana Muñoz", "150000")
    assert told("refresh")[0]["stale"] == 1
    assert told("refresh")[0]["stale"] == 0


def test_a_change_wanted_by_a_channel_waits_too(told: Any) -> None:
    told("add", ANA, OLD, *ADD, "--verified", "otp")
    (answer,) = told("add", ANA, OTHER, *ADD, "--replaces", OLD)
    assert answer["contact_point"]["status"] == "changed_pending_confirmation"
    assert [one["id"] for one in told("pending")] == [answer["change"]["id"]]


def test_preferences_show_both_kinds_apart(told: Any) -> None:
    made, found = told("preferences", ANA, "--refresh")
    assert made["attempts"] == 0
    assert (found["declared"], found["inferred"]["channels"]) == ([], [])
    assert found["inferred"]["time_zone"] == "America/Santiago"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", ANA, NEW, "--type", "fax", "--how", "call", "--evidence", "x"), "'fax' is not known here"),
        (("add", ANA, NEW, "--type", "phone", "--how", "rumour", "--evidence", "x"), "'rumour' is not known here"),
        (("add", ANA, "12", *ADD), "That cannot be used as phone"),
        (("add", "11111111-1", NEW, *ADD), "Nobody is known by that"),
        (("confirm", "77"), "There is no change of that number"),
        (("pending", "--status", "perhaps"), "There is no status"),
        (("stale", "--type", "fone"), "'fone' is not known here"),
        (("preferences",), "Name a debtor, or use --refresh"),
        (("withdraw", "gnobody", "e1"), "There is no such debtor"),
    ],
)
def test_bad_words_give_one_sentence(
    folder: Path, words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["-w", str(folder), "contacts", *words]) == 2
    shown = capsys.readouterr()
    assert said in " ".join((shown.out + shown.err).split())
    assert "Traceback" not in shown.err


def test_a_workspace_says_when_they_fail_and_nonsense_is_refused_with_its_place(
    folder: Path, told: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "concilia.yaml"
    before = path.read_text("utf-8")
    path.write_text(before + "contact:\n  points: {stale_days: {phone: 1}, verified_by: [answered]}\n", "utf-8")
    assert main(["-w", str(folder), "apply"]) == 0
    for wrong, said in (
        ("soft_strikes: 0", "soft_strikes is a whole number from 1 to 100"),
        ("soft_strikes: 5, hard_strikes: 2", "before it fails for now"),
        ("verified_by: [rumour]", "verified_by"),
        ("stale_days: {fax: 3}", "fax"),
        ("strikes: 3", "strikes"),
    ):
        path.write_text(before + f"contact:\n  points: {{{wrong}}}\n", "utf-8")
        capsys.readouterr()
        assert main(["-w", str(folder), "apply"]) == 2
        shown = " ".join(capsys.readouterr().err.split())
        assert said in shown
        assert "concilia.yaml" in shown
