"""Contact on the command line: why somebody may not be contacted, the whole portfolio, the packs, and bad rules."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from admin_api.cli import main
from tests.worlds import rut, workspace, write_cartera

ANA = rut(9876543)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    found = workspace(tmp_path)
    write_cartera(found, [("F-1", ANA, "Ana Muñoz", "961119999", "", "150.000", "01-10-2026", "2026-11-01T10:00:00")])
    assert main(["-w", str(found), "sync"]) == 0
    return found


def told(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> list[Any]:
    capsys.readouterr()
    assert main(["-w", str(folder), "--json", "contact", *words]) == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_why_names_the_rule_its_source_and_the_next_moment(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("why", ANA, "--channel", "voice_agent", "--at")
    (found,) = told(folder, capsys, *asked, "2026-11-29T10:00:00-03:00")
    assert found["reasons"][0]["rule"] == "cl.hours"
    assert found["next_allowed_at"] == "2026-11-30T11:00:00.000000+00:00"
    (found,) = told(folder, capsys, *asked, "2026-11-30T10:00:00-03:00")
    assert found["answer"] == "allow"
    assert main(["-w", str(folder), "contact", *asked, "2026-11-29T10:00:00-03:00"]) == 0
    shown = capsys.readouterr().out
    for words in ("DENY", "llamada", "Ley 19.496", "Next allowed: 2026-11-30", "no legal advice"):
        assert words in shown


@pytest.mark.parametrize("named", ["9.876.543-3", "+56 9 6111 9999", "F-1"])
def test_a_debtor_is_named_in_any_way(folder: Path, capsys: pytest.CaptureFixture[str], named: str) -> None:
    (found,) = told(folder, capsys, "why", named, "--channel", "sms")
    assert found["debtor"].startswith("g")


def test_the_plan_counts_every_debtor_once_by_each_channel(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = told(folder, capsys, "plan")
    assert len(lines) == 9
    assert all(line["now"] + line["later_today"] + sum(line["not_today"].values()) == 1 for line in lines)
    (letter,) = [line for line in lines if line["channel"] == "letter"]
    assert letter["not_today"] == {"hub.no_contact_point": 1}


def test_packs_show_their_review_dates_and_every_rule_its_source(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = told(folder, capsys, "packs")
    assert {"CL", "MX", "CO", "PE", "BR", "AR", "EC"} <= {pack["place"] for pack in found}
    assert all(pack["review_due"] and rule["law"] for pack in found for rule in pack["rules"])
    assert main(["-w", str(folder), "contact", "packs", "--rules"]) == 0
    assert "Open, CL: " in capsys.readouterr().out


def test_what_nobody_knows_is_refused_with_a_proposal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-w", str(folder), "contact", "why", ANA, "--channel", "emial"]) == 2
    assert 'Did you mean "email"?' in capsys.readouterr().err
    assert main(["-w", str(folder), "contact", "why", "nobody", "--channel", "sms"]) == 2
    assert "Nobody is known by that" in capsys.readouterr().err
    assert main(["-w", str(folder), "contact", "replay", "cnone"]) == 2


def test_a_looser_rule_is_refused_by_check_with_its_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = folder / "concilia.yaml"
    file.write_text(file.read_text("utf-8") + "contact:\n  tighten:\n    cl.calls_a_week: {max: 3}\n", "utf-8")
    assert main(["-w", str(folder), "check"]) == 2
    said = capsys.readouterr().err
    assert "max 3 instead of 1, which is looser than Ley 19.496" in said
    assert "concilia.yaml:" in said
