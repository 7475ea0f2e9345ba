"""Agreements from the terminal: rehearsed, recorded, shown, judged, cancelled, and mended when refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

DAY = (datetime.now(UTC).date() + timedelta(days=40)).isoformat()
DEBT = ("--debt", "erp/1001")


def test_a_promise_is_rehearsed_recorded_once_shown_and_cancelled(read: Any) -> None:
    words = ("agreements", "record", *DEBT, "--pay", f"{DAY}=1000")
    rehearsed = read(*words, "--dry-run")
    assert rehearsed.code == 0
    assert "Nothing was stored" in rehearsed.out
    assert read("agreements", "list", "--json").out == ""
    first = read(*words, "--by", "ana", "--json").document
    assert (first["state"], first["promised"], first["history"][0]["by"]) == ("active", "1000", "ana")
    again = read(*words)
    assert f"Agreement {first['id']} is known already and active" in again.out
    (listed,) = read("agreements", "list", "--json").lines
    assert listed["id"] == first["id"]
    assert read("agreements", "list", "--debtor", first["debtor"], "--state", "broken", "--json").out == ""
    shown = read("agreements", "show", first["id"])
    assert "Nothing was paid so far" in shown.out
    assert read("agreements", "evaluate", "--dry-run").out.strip().endswith("0 agreements would change.")
    assert read("agreements", "cancel", first["id"], "--dry-run").code == 0
    assert read("agreements", "show", first["id"], "--json").document["state"] == "active"
    assert read("agreements", "cancel", first["id"], "--reason", "error").code == 0
    assert read("agreements", "show", first["id"], "--json").document["history"][-1]["reason"] == "error"


def test_a_plan_from_a_file_and_a_settlement_from_options(read: Any) -> None:
    told = {"kind": "plan", "debts": [{"debt": {"document": "1001"}}], "spread": {"count": 3, "first_due": DAY}}
    (read.folder / "plan.json").write_text(json.dumps(told), "utf-8")
    plan = read("agreements", "record", "plan.json", "--json")
    assert plan.code == 0, plan.err
    assert len(plan.document["schedule"]) == 3
    words = ("--kind", "settlement_discount", "--discount", "30%", "--spread", f"1xmonth@{DAY}")
    settled = read("agreements", "record", *DEBT, *words, "--replaces", plan.document["id"], "--json")
    assert settled.code == 0, settled.err
    assert settled.document["kind"] == "settlement_discount"
    assert read("agreements", "show", plan.document["id"], "--json").document["state"] == "renegotiated"


def test_what_was_refused_waits_and_is_told_again(read: Any) -> None:
    refused = read("agreements", "record", *DEBT, "--pay", f"{DAY}=1000", "--unit", "CLF", "--json")
    assert refused.code == 2
    assert refused.document["error"]["field"] == "unit"
    assert refused.document["error"]["code"] == "agreement-wrong-unit"
    (kept,) = read("agreements", "refused", "--json").lines
    assert kept["code"] == "agreement-wrong-unit"
    assert "agreement-wrong-unit" in read("agreements", "refused").out
    assert read("agreements", "retry", kept["id"], "--set", "unit=CLP", "--dry-run").code == 0
    assert read("agreements", "retry", kept["id"], "--set", "unit=CLP").code == 0
    assert read("agreements", "refused", "--json").out == ""
    assert read("agreements", "retry", kept["id"]).code == 2


@pytest.mark.parametrize(
    "words",
    [
        ("record",),
        ("record", "nowhere.json"),
        ("record", "odd.json"),
        ("record", *DEBT, "--pay", "tomorrow"),
        ("record", *DEBT, "--spread", "three"),
        ("record", "--debt", "erp/nobody", "--pay", f"{DAY}=1"),
        ("show", "a1"),
        ("cancel", "a1"),
        ("reinstate", "a1", "--until", "soon"),
        ("retry", "7"),
    ],
)
def test_what_cannot_be_meant_is_said_in_a_sentence(read: Any, words: tuple[str, ...]) -> None:
    (read.folder / "odd.json").write_text('{"kind": "promise", "debts": [{"document": "1001"}]}', "utf-8")
    ended = read("agreements", *words)
    assert ended.code in (2, 3)
    assert len(ended.err.strip().splitlines()) == 1
