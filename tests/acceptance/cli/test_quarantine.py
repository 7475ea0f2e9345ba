"""A row that cannot be used is kept, shown, corrected and used."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def broken(concilia: Any, tmp_path: Path) -> Any:
    """A workspace whose file has one date that is none."""
    concilia("init")
    file = tmp_path / "in/cartera.csv"
    file.write_text(file.read_text("utf-8").replace("15-09-2026", "99-09-2026"), "utf-8")
    return concilia


def test_a_row_with_a_bad_date_is_repaired_and_replayed(broken: Any) -> None:
    synced = broken("sync")
    assert synced.code == 0
    assert "1 row in quarantine" in synced.out
    (row,) = broken("quarantine", "list", "--json").lines
    assert (row["column"], row["fields"]["VENCE"], row["position"]) == ("VENCE", "99-09-2026", "cartera.csv line 4")
    assert "VENCE" in broken("quarantine", "list").out

    refused = broken("quarantine", "replay", row["id"], "--json").lines
    assert [one["landed"] for one in refused] == [False]
    fixed = broken("quarantine", "fix", row["id"], "--set", "VENCE=15-09-2026", "--json").document
    assert fixed["status"] == "fixed"
    assert [one["landed"] for one in broken("quarantine", "replay", "--all", "--json").lines] == [True]

    assert broken("quarantine", "list", "--json").out == ""
    assert "1250000" in broken("export", "debts").out
    assert broken("quarantine", "fix", row["id"], "--set", "VENCE=x").code == 2


def test_a_preview_says_what_would_be_refused(broken: Any) -> None:
    rows = broken("map", "preview", "erp", "cartera", "--json").lines
    assert [bool(row["refusal"]) for row in rows] == [False, False, True]
    assert "1 would be refused" in broken("map", "preview", "erp", "cartera").out


@pytest.mark.parametrize(
    "words",
    [
        ("fix", "1"),
        ("fix", "1", "--set", "VENCE"),
        ("fix", "99", "--set", "A=b"),
        ("replay",),
        ("replay", "1", "--all"),
        ("replay", "99"),
        ("list", "--connection", "nope"),
    ],
)
def test_what_cannot_be_meant_is_said_in_a_sentence(broken: Any, words: tuple[str, ...]) -> None:
    ended = broken("quarantine", *words)
    assert ended.code == 2
    assert len(ended.err.strip().splitlines()) == 1
