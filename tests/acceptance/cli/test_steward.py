"""The steward at a terminal: a number retired so that two become one, a value pinned, and both taken back."""

from __future__ import annotations

from typing import Any

import pytest


@pytest.fixture
def two(concilia: Any) -> list[str]:
    """The two source debtors of the example; they state different valid numbers."""
    assert concilia("init").code == 0
    assert concilia("sync").code == 0
    return ["/".join(row.split(",")[:3]) for row in concilia("export", "crosswalk").out.splitlines()[1:]]


def number_of(concilia: Any, named: str) -> str:
    rows = {row["external_id"]: row["golden_id"] for row in concilia("--json", "export", "crosswalk").lines}
    golden = rows[named.split("/", 2)[2]]
    found = {row["golden_id"]: row["identifiers"][0] for row in concilia("--json", "export", "golden").lines}
    number: str = found[golden]
    return number


def test_a_refused_same_names_the_numbers_and_one_of_them_is_retired_and_put_back(
    concilia: Any, two: list[str]
) -> None:
    before = concilia("export", "crosswalk").out
    wrong = number_of(concilia, two[1])
    refused = concilia("steward", "same", *two, "--by", "carla")
    assert "they hold different valid CL:RUT" in refused.err + refused.out
    assert "--retire-id CL:RUT:" in refused.err + refused.out
    joined = concilia("steward", "same", *two, "--retire-id", wrong, "--reason", "carta", "--json").document
    assert len(set(joined["golden_ids"])) == 1
    assert (joined["retired"], joined["refusal"]) == ([wrong], "")
    undone = concilia("steward", "undo", *two, "--json").document
    assert (undone["retired"], concilia("export", "crosswalk").out) == ([], before)


def test_a_pin_is_shown_first_then_made_and_taken_back(concilia: Any, two: list[str]) -> None:
    words = ("steward", "pin", two[0], "full_name", "Ana  Soto", "--by", "carla", "--json")
    foreseen = concilia(*words, "--dry-run").document
    assert (foreseen["after"], foreseen["dry_run"]) == ({"value": "Ana Soto", "rule": "pinned"}, True)
    made = concilia(*words).document
    assert {**made, "dry_run": True} == foreseen
    assert "Ana Soto" in concilia("export", "golden").out
    undone = concilia("steward", "unpin", made["golden_id"], "full_name", "--json").document
    assert undone["after"] == foreseen["before"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("pin", "{}", "tax_id", "1-9"), "The tax id cannot be pinned"),
        (("pin", "{}", "ful_name", "Ana"), 'Did you mean "full_name"?'),
        (("pin", "{}", "birth_date", "pronto"), "This value cannot stand as birth_date"),
        (("unpin", "{}", "full_name"), "full_name of this debtor is not pinned"),
        (("pin", "erp/cartera/nobody", "full_name", "Ana"), "There is no source debtor"),
        (("same", "{}", "{}", "--superseded"), "name it with --retire-id"),
        (("same", "{}", "{1}", "--retire-id", "CL:RUT:1-9"), "Neither side states that number"),
    ],
)
def test_what_a_steward_cannot_do_is_one_sentence_and_exit_code_2(
    concilia: Any, two: list[str], words: tuple[str, ...], said: str
) -> None:
    ended = concilia("steward", *(two[0] if w == "{}" else two[1] if w == "{1}" else w for w in words))
    assert (ended.code, ended.out) == (2, "")
    assert said in ended.err
    assert len(ended.err.strip().splitlines()) == 1
