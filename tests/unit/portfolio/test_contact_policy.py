"""What a workspace may say of contact: stricter, or by a reading its sources bear, never looser; and where people are."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from concilia.documents import parse_document
from concilia.errors import ConfigurationInvalid
from concilia.portfolio.contact_decision import decide
from concilia.portfolio.contact_facts import Attempt, DebtFacts, Facts, PointFacts, Question
from concilia.portfolio.contact_rules.places import Clues, every_zone, place_of
from concilia.portfolio.contact_rules.policy import ContactPolicy, policy_of

PHONE = PointFacts("phone", "+56961234567")


def policy(text: str) -> ContactPolicy:
    return policy_of(parse_document(f"contact:\n{text}", file="concilia.yaml").part("contact"))


def facts(country: str = "CL", zone: str = "America/Santiago", **more: Any) -> Facts:
    debts = (DebtFacts("d1", "acme", "titular", "open"),)
    return Facts(country, "", (zone,), "country", "", {}, debts=debts, points=(PHONE,), **more)


def rules(found: ContactPolicy, at: str, known: Facts, channel: str = "voice_agent") -> list[str]:
    question = Question(channel, "collection", datetime.fromisoformat(at).astimezone(UTC))
    return [reason.rule for reason in decide(question, known, found.rulebook(known.country, "")).reasons]


def test_hours_may_be_shorter() -> None:
    found = policy('  tighten: {cl.hours: {windows: [{days: mon-fri, from: "09:00", to: "18:00"}]}}')
    assert rules(found, "2026-11-23T08:30-03:00", facts()) == ["cl.hours"]
    assert rules(policy_of(None), "2026-11-23T08:30-03:00", facts()) == []
    assert rules(found, "2026-11-28T10:00-03:00", facts()) == ["cl.hours"], "Saturday was left out"


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ("tighten: {cl.calls_a_week: {max: 2}}", "max 2 instead of 1, which is looser than Ley 19.496"),
        ("tighten: {cl.messages_a_week: {gap_days: 1}}", "gap_days 1 instead of 2"),
        ("tighten: {cl.calls_a_week: {per: [iso_week]}}", "it leaves out the period 7_days"),
        ("tighten: {cl.calls_a_week: {counting: answered}}", "answered instead of attempt"),
        ("tighten: {co.once_a_day: {scope: party}}", "party instead of everybody_of_the_debt"),
        ("tighten: {cl.hours: {holidays: open}}", "it opens holidays"),
        (
            'tighten: {cl.hours: {windows: [{days: mon-sun, from: "09:00", to: "10:00"}]}}',
            "longer than the pack's hours",
        ),
        ('tighten: {cl.hours: {windows: [{days: mon, from: "07:00", to: "20:00"}]}}', "07:00 to 20:00 is longer"),
        ("tighten: {hub.announced_payment: {grace_days: 1}}", "1 days of grace instead of 3"),
        ("tighten: {hub.reopened: {grace_days: 1}}", "1 days of grace instead of 2"),
        ("tighten: {hub.stale_data: {stale_after_hours: 169}}", "stale after 169 hours instead of 168"),
        ("tighten: {hub.stale_data: {stale_after_hours: 0}}", "stale_after_hours is a whole number from 1"),
        (
            (
                "rules: {CL: [{id: acme.old, kind: when, state: stale, says: Old data in our house., "
                "in_spanish: Datos viejos en casa., source: {law: Manual, article: cap. 1, confidence: own}}]}"
            ),
            "stale data need a limit",
        ),
        ("tighten: {cl.hours: {max: 1}}", 'cl.hours has no "max"'),
        ("tighten: {cl.hour: {holidays: closed}}", 'there is no rule "cl.hour". Did you mean "cl.hours"?'),
        ("readings: {cl.hours: {reading: other, because: our lawyer says so}}", "cl.hours has no other reading"),
        ("readings: {mx.no_sundays: {reading: other}}", '"because" is missing'),
        ("hold_minutes: 600", "hold_minutes is a whole number"),
        ("hold_minuts: 6", 'there is no setting "hold_minuts"'),
        (
            "rules: {CL: [{id: acme.x, kind: never, says: Never in our house., in_spanish: Nunca jamás aquí.}]}",
            "names no source",
        ),
    ],
)
def test_whatever_is_looser_or_wrong_is_refused_with_the_reason(section: str, sentence: str) -> None:
    with pytest.raises(ConfigurationInvalid) as refused:
        policy(f"  {section}")
    assert sentence in str(refused.value)
    assert str(refused.value).startswith("concilia.yaml:2 at contact")


def test_a_reading_that_the_sources_bear_may_be_chosen_with_a_reason() -> None:
    sunday = "2026-11-29T10:00-06:00"
    here = facts("MX", "America/Mexico_City")
    assert rules(policy_of(None), sunday, here) == ["mx.no_sundays"]
    assert (
        rules(policy("  readings: {mx.no_sundays: {reading: other, because: our lawyer says so}}"), sunday, here) == []
    )


def test_the_looser_reading_of_the_gap_lets_the_second_day_pass() -> None:
    made = datetime(2026, 11, 23, 13, tzinfo=UTC)
    known = facts(attempts=(Attempt("i1", made, made, "email", "collection"),))
    found = policy("  readings: {cl.messages_a_week: {reading: other, because: our lawyer says so}}")
    assert rules(policy_of(None), "2026-11-25T10:00-03:00", known, "sms") == ["cl.messages_a_week"]
    assert rules(found, "2026-11-25T10:00-03:00", known, "sms") == []
    assert rules(found, "2026-11-24T10:00-03:00", known, "sms") == ["cl.messages_a_week"]


OWN = """\
  rules:
    {country}:
    - id: acme.lunch
      kind: hours
      windows: [{{days: mon-sun, from: "00:00", to: "13:00"}}, {{days: mon-sun, from: "15:00", to: "24:00"}}]
      holidays: open
      says: Nobody is called at lunch time.
      in_spanish: Nadie llama a la hora de almuerzo.
      source: {{law: Manual de cobranza de Acme, article: cap. 3, confidence: own}}
"""


def test_rules_of_one_s_own_stand_beside_those_of_the_country() -> None:
    found = policy(OWN.format(country="CL"))
    assert rules(found, "2026-11-23T14:00-03:00", facts()) == ["acme.lunch"]
    assert rules(found, "2026-11-23T21:00-03:00", facts()) == ["cl.hours"]


def test_rules_of_one_s_own_make_a_country_known() -> None:
    assert not policy_of(None).knows("UY")
    found = policy(OWN.format(country="UY"))
    assert found.knows("UY")
    assert rules(found, "2026-11-23T14:00-03:00", facts("UY", "America/Montevideo")) == ["acme.lunch"]


def test_rules_for_everywhere_stand_in_every_country() -> None:
    found = policy(OWN.format(country='"**"'))
    assert rules(found, "2026-11-23T14:00-06:00", facts("MX", "America/Mexico_City")) == ["acme.lunch"]


def test_a_rule_of_a_pack_is_not_replaced_by_one_of_the_same_name() -> None:
    with pytest.raises(ConfigurationInvalid) as refused:
        policy(OWN.format(country="CL").replace("acme.lunch", "cl.hours"))
    assert "cl.hours is a rule of a pack" in str(refused.value)


def test_who_lives_nobody_knows_where_has_the_capital_s_hour_or_that_of_every_zone() -> None:
    assert place_of("CL", Clues()).zones == ("America/Santiago",)
    strict = place_of("CL", Clues(), unknown="every_zone")
    assert strict.zones == every_zone("CL")
    known = facts("CL")
    winter = "2026-07-01T08:30-04:00"
    assert rules(policy_of(None), winter, known) == []
    everywhere = Facts("CL", "", strict.zones, "country", "", {}, debts=known.debts, points=known.points)
    assert rules(policy_of(None), winter, everywhere) == ["cl.hours"], "it is half past six on Easter Island"


def test_an_address_outweighs_a_phone() -> None:
    clues = Clues(addresses=[{"city": "Punta Arenas", "subdivision": "Magallanes"}], phones=["+56322100123"])
    assert place_of("CL", clues).told_by == "address"
    assert place_of("CL", clues).subdivision == "MA"
    assert place_of("CL", Clues(addresses=[{"city": "Nowhere"}], phones=["+56322100123"])).told_by == "phone"


def test_data_are_stale_by_the_limit_that_the_workspace_sets_and_never_where_it_decided_otherwise() -> None:
    read_at = datetime(2026, 11, 21, 6, tzinfo=UTC)
    seen_at = datetime(2026, 11, 23, 13, tzinfo=UTC)
    debts = (DebtFacts("d1", "acme", "titular", "open", system="erp", read_at=read_at),)
    known = replace(facts(seen_at=seen_at), debts=debts)
    nightly = policy("  tighten: {hub.stale_data: {stale_after_hours: 36}}")
    monthly = policy("  readings: {hub.stale_data: {reading: other, because: el mayor llega una vez al mes}}")
    never = replace(known, debts=(replace(debts[0], read_at=None),))
    at = "2026-11-23T10:00-03:00"
    assert rules(nightly, at, known) == ["hub.stale_data"]
    assert rules(policy_of(None), at, known) == []
    assert rules(policy_of(None), at, never) == ["hub.stale_data"]
    assert rules(monthly, at, never) == []
