"""Every country's rules against cases written from its law; see contact_cases/reading.py for how a line is read."""

from __future__ import annotations

from dataclasses import replace
from importlib import import_module

import pytest

from concilia.portfolio.contact_decision import decide, decision_to_json
from concilia.portfolio.contact_facts import facts_from_json, facts_to_json, question_from_json, question_to_json
from concilia.portfolio.contact_rules.policy import policy_of
from concilia.portfolio.contact_rules.rulebook import reopened
from tests.unit.portfolio.contact_cases.reading import Case, cases

COUNTRIES = ("CL", "MX", "CO", "PE", "BR", "AR", "EC")
POLICY = policy_of(None)
TABLES = {
    country: list(cases(country, import_module(f"tests.unit.portfolio.contact_cases.{country.lower()}").CASES))
    for country in COUNTRIES
}
EVERY = [(country, case) for country, found in TABLES.items() for case in found]


@pytest.mark.parametrize(("country", "case"), EVERY, ids=[f"{country} {case.name}" for country, case in EVERY])
def test_the_answer_is_the_law_s(country: str, case: Case) -> None:
    book = POLICY.rulebook(country, case.facts.subdivision)
    found = decide(case.question, case.facts, book)
    assert tuple(sorted({reason.rule for reason in found.reasons})) == case.rules
    assert found.allowed == (not case.rules)
    if case.says_next:
        assert found.next_allowed_at == case.next_at


@pytest.mark.parametrize(("country", "case"), EVERY, ids=[f"{country} {case.name}" for country, case in EVERY])
def test_the_next_moment_is_allowed_and_everything_can_be_decided_again(country: str, case: Case) -> None:
    book = POLICY.rulebook(country, case.facts.subdivision)
    found = decide(case.question, case.facts, book)
    if found.next_allowed_at is not None:
        assert decide(replace(case.question, at=found.next_allowed_at), case.facts, book).allowed
    kept = question_from_json(question_to_json(case.question)), facts_from_json(facts_to_json(case.facts))
    again = decide(*kept, reopened(book.body))
    assert decision_to_json(again) == decision_to_json(found)


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_country_has_forty_cases_and_more(country: str) -> None:
    assert len(TABLES[country]) >= 40


def test_every_rule_of_every_pack_is_shown_by_some_case() -> None:
    shown = {rule for _, case in EVERY for rule in case.rules}
    known = {rule["id"] for content in POLICY.contents for rule in content["rules"]}
    # Held by the hub itself, or on the whole party: shown in the store's own tests.
    assert known - shown <= {"hub.one_at_a_time", "hub.party_hold"}
