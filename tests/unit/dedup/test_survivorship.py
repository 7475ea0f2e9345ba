"""Which value survives, and what is said about those that do not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concilia.normalize.verdict import Verdict
from concilia.schema import CONTACT_TYPES, DEBTOR
from dedup.policy import DEFAULT_POLICY, Policy, check_policy, declared_policy
from dedup.survivorship import (
    OVERRULED,
    Pin,
    SourceStamp,
    Statement,
    Strategy,
    most_frequent,
    most_recent,
    most_recent_verified,
    most_trusted,
    pinned,
    survive,
    union,
    weighted,
)


def said(
    value: str, source: str = "erp", trust: int = 1, updated: str | None = None, verified: str | None = None
) -> Statement:
    return Statement(value, SourceStamp(source, "customers", "1", trust, updated, "2026-03-01"), verified)


def test_the_most_trusted_source_wins_over_newer_and_verified_ones() -> None:
    found = most_trusted([said("Ana", "crm", 1, "2026-02-02", "2026-02-02"), said("Anna", "erp", 9)])
    assert found is not None
    assert (found.value, found.losers[0].why) == ("Anna", "its source is trusted less")


def test_the_newest_value_wins_and_one_without_business_time_is_oldest() -> None:
    found = most_recent([said("a", "crm", 9), said("b", "erp", 1, "2020-01-01")])
    assert found is not None
    assert (found.value, found.losers[0].why) == ("b", "its source changed it earlier")


def test_verified_beats_new() -> None:
    found = most_recent_verified([said("new", updated="2026-03-01"), said("known", "crm", verified="2025-01-01")])
    assert found is not None
    assert found.value == "known"


def test_votes_are_counted_by_source_debtor_and_not_by_row() -> None:
    rows = [said("1980-01-01", "erp"), said("1980-01-01", "erp"), said("1980-01-10", "crm"), said("1980-01-10", "web")]
    found = most_frequent(rows)
    assert found is not None
    assert found.value == "1980-01-10"
    assert {loser.why for loser in found.losers} == {"it says the same", "fewer source debtors state it"}


def test_trust_counts_half_after_each_half_life_of_age() -> None:
    """80 of three years ago, at a half-life of one, is worth 10; 50 of today wins. At ten years it is worth 65."""
    old, new = said("Old", "erp", 80, "2023-03-01"), said("New", "crm", 50, "2026-03-01")
    short, long = weighted([old, new], half_life=365), weighted([old, new], half_life=3650)
    assert short is not None
    assert long is not None
    assert (short.value, short.losers[0].why) == ("New", "trusted 80 against 50 of crm, but 3 years older")
    assert (long.value, long.losers[0].why) == ("Old", "3 years newer than the word of erp, but trusted 50 against 80")


@pytest.mark.parametrize(
    ("loser", "winner", "why"),
    [
        (said("a", "erp", 60, "2026-01-01"), said("b", "crm", 70, "2026-01-01"), "its source is trusted less"),
        (
            said("a", "erp", 60, "2026-01-01"),
            said("b", "crm", 60, "2026-02-20"),
            "trusted as crm is, but 50 days older",
        ),
        (
            said("a", "erp", 60, "2025-01-01"),
            said("b", "crm", 70, "2026-02-20"),
            "trusted 60 against 70 of crm, and 13 months older",
        ),
        (said("a", "erp", 60, "2026-02-19"), said("b", "crm", 60, "2026-02-20"), "trusted as crm is, but 1 day older"),
        (said("a", "erp", 90, "2026-02-19"), said("b", "crm", 1, "2019-02-20", "2019-02-20"), "it is not verified"),
        (
            said("a", "erp", 60, "2026-02-20T08:00"),
            said("b", "crm", 60, "2026-02-20T09:00"),
            "its source changed it earlier",
        ),
    ],
)
def test_a_loser_of_the_weighing_is_told_in_words_what_it_lacked(loser: Statement, winner: Statement, why: str) -> None:
    found = weighted([loser, winner], half_life=365)
    assert found is not None
    assert (found.value, found.losers[0].why) == ("b", why)


def test_verified_beats_unverified_whatever_its_age_and_trust() -> None:
    found = weighted([said("known", "crm", 1, "2001-01-01", "2001-02-01"), said("new", "erp", 100, "2026-03-01")])
    assert found is not None
    assert found.value == "known"


def test_of_two_verified_values_the_later_verification_keeps_trust_fresh() -> None:
    stale = said("stale", "erp", 80, "2026-01-01", "2020-01-01")
    fresh = said("fresh", "crm", 80, "2019-01-01", "2026-02-01")
    found = weighted([stale, fresh], half_life=365)
    assert found is not None
    assert found.value == "fresh"


def test_a_word_without_a_date_is_as_old_as_the_oldest_that_has_one() -> None:
    undated, dated = said("undated", "erp", 80), said("dated", "crm", 60, "2026-03-01")
    first = weighted([undated, dated], half_life=365)
    assert first is not None
    assert first.value == "undated", "one date says nothing about the age of the other word"
    second = weighted([undated, dated, said("old", "web", 10, "2023-03-01")], half_life=365)
    assert second is not None
    assert (second.value, second.losers[0].why) == (
        "dated",
        "trusted 80 against 60 of crm, and nothing says how old it is",
    )


def test_what_validation_says_of_a_value_weighs_too() -> None:
    doubtful = said("a", "erp", 80)._replace(verdict=Verdict.CHECK_WARNING)
    found = weighted([doubtful, said("b", "crm", 50)._replace(verdict=Verdict.VALID_CHECKSUM)])
    assert found is not None
    assert (found.value, found.losers[0].why) == ("b", "trusted 80 against 50 of crm, but validation doubts it")


def test_a_pin_stands_before_every_strategy_and_names_the_steward() -> None:
    pin = Pin("full_name", "Ana Soto", "carla", "cédula a la vista", "2026-03-02", ("erp", "customers", "1"))
    found = pinned(pin, [said("Ana", "crm", 9), said("Ana Soto", "erp", 1)], rule=Strategy.WEIGHTED)
    assert (found.value, found.rule_name, found.winner.source[:3]) == (
        "Ana Soto",
        "pinned",
        ("steward", "pin", "carla"),
    )
    assert {loser.why for loser in found.losers} == {OVERRULED, "it says the same"}


def test_ties_go_to_verified_then_trusted_then_recent_then_the_first_source() -> None:
    plain = [said("b", "web"), said("a", "crm")]
    recent = said("c", "web", updated="2026-01-01")
    trusted = said("d", "web", 5)
    verified = said("e", "web", verified="2026-01-01")
    for winner, rivals in (
        ("a", plain),
        ("c", [*plain, recent]),
        ("d", [*plain, recent, trusted]),
        ("e", [*plain, recent, trusted, verified]),
    ):
        found = most_frequent(rivals)
        assert found is not None
        assert found.value == winner


def test_a_union_keeps_every_value_once_with_its_best_statement() -> None:
    found = union([said("b", "web"), said("a", "web"), said("a", "erp", 7)])
    assert [(s.value, s.winner.source.connection, len(s.losers)) for s in found] == [("a", "erp", 1), ("b", "web", 0)]


@pytest.mark.parametrize(
    ("name", "bad", "good"),
    [("birth_date", "31/12/1980", "1980-12-31"), ("kind", "empresa", "person"), ("active", "si", "false")],
)
def test_a_value_that_is_not_valid_for_the_field_never_survives(name: str, bad: str, good: str) -> None:
    field = DEBTOR.field(name)
    found = survive([said(bad, "crm", 9), said(good)], rule=Strategy.MOST_TRUSTED, field=field)
    assert found is not None
    assert (found.value, found.losers[0].why) == (good, "the value is not valid for the field")
    assert survive([said(bad)], rule=Strategy.MOST_TRUSTED, field=field) is None


def test_the_default_policy_covers_every_field_of_a_debtor_and_is_sound() -> None:
    names = {field.name for field in DEBTOR.fields}
    assert names <= DEFAULT_POLICY.rules.keys()
    assert (names - {"tax_id"}) | set(CONTACT_TYPES) == DEFAULT_POLICY.half_lives.keys()
    assert check_policy(DEFAULT_POLICY) == ()


def test_a_workspace_declares_a_rule_a_half_life_or_both() -> None:
    found = declared_policy(
        {"full_name": "most_recent", "trade_name": {"half_life": 30}, "kind": {"rule": "weighted", "half_life": 9}}
    )
    assert (found.rule("full_name"), found.rule("trade_name"), found.rule("kind")) == (
        Strategy.MOST_RECENT,
        Strategy.WEIGHTED,
        Strategy.WEIGHTED,
    )
    assert (found.half_life("trade_name"), found.half_life("kind"), found.half_life("phone")) == (30, 9, 365)


def test_a_policy_with_an_unknown_field_or_an_impossible_rule_is_told_in_a_sentence() -> None:
    wrong = check_policy(Policy({"nombre": Strategy.MOST_RECENT, "full_name": Strategy.UNION}, {"phone": 0}))
    assert len(wrong) == 3
    assert "'nombre'" in wrong[0]


times = st.sampled_from([None, "2022-07-01", "2026-01-01", "2026-02-01"])
statements = st.lists(
    st.builds(said, st.sampled_from("abc"), st.sampled_from(["erp", "crm", "web"]), st.integers(1, 2), times, times),
    min_size=1,
    max_size=6,
)


@given(statements, st.sampled_from(list(Strategy)), st.randoms())
def test_the_order_of_the_statements_decides_nothing(found: list[Statement], rule: Strategy, random: object) -> None:
    shuffled = list(found)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert survive(shuffled, rule=rule) == survive(found, rule=rule)


@given(statements, st.integers(0, 4000))
def test_waiting_changes_nobodys_weight(found: list[Statement], days: int) -> None:
    """The same words, all of them as many days later, have the same winner: no clock takes part."""

    def later(text: str | None) -> str | None:
        return text and (date.fromisoformat(text) + timedelta(days)).isoformat()

    moved = [
        s._replace(source=s.source._replace(source_updated_at=later(s.source.source_updated_at)),
                   verified_at=later(s.verified_at))
        for s in found
    ]  # fmt: skip
    before, after = weighted(found), weighted(moved)
    assert before is not None
    assert after is not None
    assert (after.value, after.winner.source[:4]) == (before.value, before.winner.source[:4])
    assert [loser.why for loser in after.losers] == [loser.why for loser in before.losers]


@given(statements, st.sampled_from(list(Strategy)))
def test_every_statement_either_wins_or_loses_with_a_reason(found: list[Statement], rule: Strategy) -> None:
    result = survive(found, rule=rule)
    assert result is not None
    assert sorted(map(repr, [result.winner, *(loser.statement for loser in result.losers)])) == sorted(map(repr, found))
    assert all(loser.why for loser in result.losers)
