"""Who wins when two sides changed one field: each policy, each kind of conflict, and no edit lost in silence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concilia.records import RecordRef
from concilia.write_policy import ConflictPolicy, FieldPolicy
from sync.conflicts import (
    Agreed,
    Chosen,
    Disputed,
    Leave,
    Park,
    Ruling,
    Silent,
    Voice,
    Write,
    choose,
    judge,
    superseded,
)

NEWEST = FieldPolicy(ConflictPolicy.NEWEST, skew=timedelta(minutes=5))
TRUSTED = FieldPolicy(ConflictPolicy.MOST_TRUSTED)
ASK = FieldPolicy(ConflictPolicy.ASK)
OWNED = FieldPolicy(ConflictPolicy.OWNER_WINS, owner="crm")
POLICIES = (NEWEST, TRUSTED, ASK, OWNED)


def at(minute: int) -> str:
    return f"2026-11-20T09:{minute:02d}:00.000000+00:00"


def voice(
    name: str, key: str, *, base: str | None = "A", minute: int = 0, trust: int = 50, trail: tuple[str, ...] = ()
) -> Voice:
    """One system's word; `base` is what both sides agreed on, None when they never did."""
    agreed = None if base is None else Agreed(base, base)
    return Voice(RecordRef(name, "people", "1"), key, key, at(minute), trust, agreed, frozenset(trail))


def decide(voices: list[Voice], policy: FieldPolicy) -> dict[str, object]:
    """What becomes of each system that may be written."""
    choice = choose(voices, policy)
    if not isinstance(choice, Chosen):
        return {v.at.connection: choice for v in voices}
    return {v.at.connection: judge(v, choice, policy) for v in voices}


def verdict(found: object) -> str:
    match found:
        case Write(key, overrules=None):
            return f"write {key}"
        case Write(key, overrules=kind):
            return f"write {key} over {kind}"
        case Park(kind):
            return f"park {kind}"
        case Leave():
            return "leave"
        case Disputed():
            return "ask"
        case _:
            return "silent"


@pytest.mark.parametrize("policy", [NEWEST, TRUSTED, ASK])
def test_one_edit_travels_to_all_who_still_say_what_was_agreed(policy: FieldPolicy) -> None:
    found = decide([voice("crm", "B", minute=9), voice("erp", "A"), voice("bot", "A")], policy)
    assert [verdict(v) for v in found.values()] == ["leave", "write B", "write B"]


def test_without_an_edit_nothing_is_written() -> None:
    differ = replace(voice("erp", "C"), agreed=Agreed("A", "C"))
    assert isinstance(choose([voice("crm", "A"), differ], ASK), Silent)
    found = decide([voice("crm", "A"), differ], OWNED)
    assert [verdict(v) for v in found.values()] == ["leave", "leave"]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (NEWEST, ["write C over concurrent_edits", "leave", "write C"]),
        (TRUSTED, ["leave", "write B over concurrent_edits", "write B"]),
        (ASK, ["ask", "ask", "ask"]),
        (OWNED, ["leave", "write B over edited_against_owner", "write B"]),
    ],
)
def test_two_edits_are_decided_by_the_policy_and_the_one_that_lost_is_named(
    policy: FieldPolicy, expected: list[str]
) -> None:
    voices = [voice("crm", "B", minute=1, trust=80), voice("erp", "C", minute=30), voice("bot", "A")]
    assert [verdict(v) for v in decide(voices, policy).values()] == expected


def test_edits_nearer_than_the_skew_are_nobodys_to_decide() -> None:
    near = [voice("crm", "B", minute=1), voice("erp", "C", minute=6)]
    assert verdict(choose(near, NEWEST)) == "ask"
    apart = [voice("crm", "B", minute=1), voice("erp", "C", minute=7)]
    assert isinstance(choose(apart, NEWEST), Chosen)


def test_equal_trust_is_asked() -> None:
    assert isinstance(choose([voice("crm", "B"), voice("erp", "C")], TRUSTED), Disputed)


def test_an_edit_of_an_edit_is_no_conflict() -> None:
    """crm wrote B, which came to erp; there somebody made it C, and crm was not written to yet."""
    voices = [voice("crm", "B", base="A"), voice("erp", "C", base="B"), voice("bot", "A")]
    assert superseded(voices) == {"B"}
    trailing = [voices[0], replace(voices[1], trail=frozenset({"A"})), voices[2]]
    found = decide(trailing, ASK)
    assert [verdict(v) for v in found.values()] == ["write C", "leave", "write C"]


@pytest.mark.parametrize(
    ("policy", "expected"), [(NEWEST, "park delete_versus_edit"), (TRUSTED, "park delete_versus_edit"),
                             (ASK, "park delete_versus_edit"), (OWNED, "write B over delete_versus_edit")]
)  # fmt: skip
def test_removed_on_one_side_and_edited_on_the_other_is_a_conflict_of_its_own(
    policy: FieldPolicy, expected: str
) -> None:
    found = decide([voice("crm", "B", minute=9), voice("erp", "", minute=30), voice("bot", "A")], policy)
    assert [verdict(v) for v in found.values()] == ["leave", expected, "write B"]


def test_a_removal_alone_is_left_as_it_is() -> None:
    assert isinstance(choose([voice("crm", "A"), voice("erp", "")], NEWEST), Silent)


def test_what_differed_from_the_start_is_not_written_over_but_by_its_owner() -> None:
    fresh = [voice("crm", "B", base=None), voice("erp", "C", base=None), voice("bot", "", base=None)]
    choice = choose(fresh, NEWEST, preferred=("C", "B"))
    assert isinstance(choice, Chosen)
    assert [verdict(judge(v, choice, NEWEST)) for v in fresh] == ["leave", "leave", "write C"]
    found = decide(fresh, OWNED)
    assert [verdict(v) for v in found.values()] == ["leave", "write B over never_agreed", "write B"]


@pytest.mark.parametrize(("policy", "expected"), [(NEWEST, "write D over"), (TRUSTED, "park"), (ASK, "park")])
def test_an_edit_meets_a_value_that_always_differed(policy: FieldPolicy, expected: str) -> None:
    standing = replace(voice("erp", "C"), agreed=Agreed("A", "C"))
    found = decide([voice("crm", "D", minute=9), standing], policy)
    assert verdict(found["erp"]).startswith(expected)
    assert verdict(found["erp"]).endswith("standing_difference")


def test_an_owner_that_removed_a_value_removes_it_elsewhere_only_where_that_was_said() -> None:
    voices = [voice("crm", "", minute=9), voice("erp", "A")]
    assert isinstance(choose(voices, OWNED), Silent)
    assert [verdict(v) for v in decide(voices, replace(OWNED, clear=True)).values()] == ["leave", "write "]


def test_a_persons_word_stands_until_somebody_edits_again() -> None:
    voices = [voice("crm", "B"), voice("erp", "C"), voice("bot", "A")]
    heard = frozenset((v.at, v.key) for v in voices)
    ruling = Ruling("C", "C", "ana", at(40), heard - {(voices[2].at, "A")}, heard)
    choice = choose(voices, ASK, ruling=ruling)
    assert isinstance(choice, Chosen)
    assert [verdict(judge(v, choice, ASK)) for v in voices] == ["write C", "leave", "write C"]
    again = [voice("crm", "D"), *voices[1:]]
    assert isinstance(choose(again, ASK, ruling=ruling), Disputed)


NAMES = ("crm", "erp", "bot", "shop")
VALUES = st.sampled_from(["", "A", "B", "C", "D"])
AGREED = st.none() | st.builds(Agreed, ours=VALUES, theirs=VALUES)
HEARD = st.builds(
    lambda key, minute, trust, agreed: Voice(RecordRef("", "", ""), key, key, at(minute), trust, agreed),
    VALUES, st.integers(0, 59), st.sampled_from([20, 50, 80]), AGREED,
)  # fmt: skip


@given(st.lists(HEARD, min_size=1, max_size=4), st.sampled_from(POLICIES))
def test_nothing_but_what_was_agreed_or_replaced_is_written_over_without_a_conflict(
    heard: list[Voice], policy: FieldPolicy
) -> None:
    voices = [replace(v, at=RecordRef(n, "people", "1")) for n, v in zip(NAMES, heard, strict=False)]
    choice = choose(voices, policy, preferred=("A", "B"))
    if not isinstance(choice, Chosen):
        return
    for target in voices:
        found = judge(target, choice, policy)
        if isinstance(found, Write):
            assert found.key == choice.key != target.key
            known = target.key in choice.replaces or not target.key
            assert known or found.overrules is not None
            assert target.at.connection != policy.owner


@given(st.lists(HEARD, min_size=1, max_size=4), st.sampled_from(POLICIES), st.randoms())
def test_the_order_in_which_systems_are_heard_does_not_matter(
    heard: list[Voice], policy: FieldPolicy, rng: object
) -> None:
    voices = [replace(v, at=RecordRef(n, "people", "1")) for n, v in zip(NAMES, heard, strict=False)]
    shuffled = list(voices)
    rng.shuffle(shuffled)  # type: ignore[attr-defined]
    one, other = (choose(some, policy, preferred=("A", "B")) for some in (voices, shuffled))
    assert (type(one), getattr(one, "key", "")) == (type(other), getattr(other, "key", ""))
