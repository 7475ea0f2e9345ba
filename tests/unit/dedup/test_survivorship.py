"""Which value survives, and what is said about those that do not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concilia.schema import DEBTOR
from dedup.survivorship import (
    DEFAULT_POLICY,
    SourceStamp,
    Statement,
    Strategy,
    check_policy,
    most_frequent,
    most_recent,
    most_recent_verified,
    most_trusted,
    survive,
    union,
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
    assert {field.name for field in DEBTOR.fields} <= DEFAULT_POLICY.keys()
    assert check_policy(DEFAULT_POLICY) == ()


def test_a_policy_with_an_unknown_field_or_an_impossible_rule_is_told_in_a_sentence() -> None:
    wrong = check_policy({"nombre": Strategy.MOST_RECENT, "full_name": Strategy.UNION})
    assert len(wrong) == 2
    assert "'nombre'" in wrong[0]


times = st.sampled_from([None, "2026-01-01", "2026-02-01"])
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


@given(statements, st.sampled_from(list(Strategy)))
def test_every_statement_either_wins_or_loses_with_a_reason(found: list[Statement], rule: Strategy) -> None:
    result = survive(found, rule=rule)
    assert result is not None
    assert sorted(map(repr, [result.winner, *(loser.statement for loser in result.losers)])) == sorted(map(repr, found))
    assert all(loser.why for loser in result.losers)
