"""Interactions and timelines on the command line: files of dialers with a result for each line, and evidence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.cli.conftest import Terminal

HEAD = "party.phone,party.country,started_at,ended_at,outcome,party_outcome,external_ref,debts\n"
SET = ("--set", "channel=voice_agent", "--set", "direction=outbound", "--set", "agency=Cobranzas del Sur")


@pytest.fixture
def phone(read: Terminal) -> str:
    """The phone of some debtor of the example."""
    lines = read("export", "golden", "--format", "jsonl").lines
    found = [value for line in lines for value in line["phones"]]
    assert found
    return next(value for value in found if found.count(value) == 1)  # type: ignore[no-any-return]


def dialled(folder: Path, *rows: str, name: str = "llamadas.csv") -> Path:
    path = folder / name
    path.write_text(HEAD + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def test_a_dialers_file_is_rehearsed_recorded_and_known_again(read: Terminal, phone: str) -> None:
    file = dialled(
        read.folder,
        f"{phone},CL,2020-03-02T10:00:00,2020-03-02T10:01:00,answered,right_party,c-1,",
        f"{phone},CL,2020-03-03T10:00:00,,no_answer,,,",
        f"{phone},CL,2020-03-03T10:00:00,,no_answer,,,",
        "+56961110000,,2020-03-03T10:00:00,,busy,,c-4,F-1;F-2",
        f"{phone},CL,ayer,,busy,,c-5,",
        f"{phone},CL,2020-03-03T10:00:00,2020-03-03T09:00:00,busy,,c-6,",
        f"{phone},CL,2020-03-03T10:00:00,,llamado,,c-7,",
    )
    words = ("interactions", "record", file, *SET, "--zone", "America/Santiago")
    rehearsed = read(*words, "--dry-run", "--json")
    assert (rehearsed.code, [line["status"] for line in rehearsed.lines]) == (5, ["recorded"] * 4 + ["refused"] * 3)
    assert read("interactions", "list", "--json").lines == []
    done = read(*words)
    assert done.code == 5
    assert "4 recorded (1 waiting), 0 known already, 3 refused." in done.out
    assert "started_at" in done.out
    again = read(*words, "--json")
    assert [line["status"] for line in again.lines] == ["known"] * 4 + ["refused"] * 3
    assert [line["line"] for line in again.lines] == [2, 3, 4, 5, 6, 7, 8]
    (waits,) = read("interactions", "list", "--waiting", "--json").lines
    assert (waits["external_ref"], waits["waiting"]["reason"]) == ("c-4", "unknown")
    assert waits["told"]["started_at"] == "2020-03-03T10:00:00-03:00"
    shown = read("interactions", "show", waits["id"])
    assert "Nobody is known by the phone." in shown.out


def test_json_lines_are_recorded_too_and_a_person_says_who_it_was(read: Terminal, phone: str) -> None:
    file = read.folder / "bot.jsonl"
    told: dict[str, Any] = {
        "party": {"bsuid": "CL.1", "business_portfolio": "9"},
        "direction": "inbound",
        "channel": "whatsapp",
        "started_at": "2020-03-02T10:00:00-03:00",
        "external_ref": "wamid.1",
    }
    file.write_text(f"{json.dumps(told)}\n\nno json\n", encoding="utf-8")
    first, second = read("interactions", "record", file, "--json").lines
    assert (first["status"], first["waiting"]["reason"]) == ("recorded", "unknown")
    assert (second["status"], second["line"]) == ("refused", 3)
    settled = read("interactions", "settle", first["id"], "--debtor", phone, "--because", "she said so", "--json")
    assert settled.document["waiting"] is None
    read("interactions", "outcome", first["id"], "--party", "right_party")
    debtor = settled.document["debtor"]
    entries = read("timeline", debtor, "--kind", "interaction", "--kind", "outcome", "--json").lines
    assert [entry["kind"] for entry in entries] == ["outcome", "interaction"]
    assert "right_party" in read("timeline", phone).out


def test_a_timeline_is_written_as_evidence_that_can_be_checked(read: Terminal, phone: str) -> None:
    written = read("timeline", phone, "--export", "evidencia.jsonl", "--json").document
    file = read.folder / "evidencia.jsonl"
    assert written["entries"] == len(file.read_text("utf-8").splitlines()) - 2
    assert "is as it was written" in read("timeline", "--check", "evidencia.jsonl").out
    text = file.read_text("utf-8").replace('"kind": "data"', '"kind": "debt"', 1)
    file.write_text(text, encoding="utf-8")
    broken = read("timeline", "--check", "evidencia.jsonl")
    assert (broken.code, "is not what was written" in broken.err) == (2, True)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("interactions", "record", "none.csv"), "There is no file none.csv."),
        (("interactions", "show", "inone"), "There is no such interaction."),
        (("timeline", "nobody"), "Nobody is known by that."),
        (("timeline",), "Name a debtor"),
    ],
)
def test_what_cannot_be_done_is_one_sentence(read: Terminal, words: tuple[str, ...], sentence: str) -> None:
    ended = read(*words)
    assert ended.code == 2
    assert sentence in ended.err
