"""Packs of contact rules: the shipped ones tell everything they owe, and whatever cannot be one is refused in a sentence."""

from __future__ import annotations

from datetime import date

import pytest

from concilia.documents import Document, parse_document
from concilia.errors import ConfigurationInvalid
from concilia.portfolio.contact_rules.loading import pack_of, packs_of, shipped
from concilia.portfolio.contact_rules.rules import CONFIDENCE

RULE = """\
- id: uy.hours
  kind: hours
  windows: [{days: mon-fri, from: "09:00", to: "18:00"}]
  says: Nobody is contacted outside office hours.
  in_spanish: No se contacta fuera del horario de oficina.
  source: {law: Ley 1, article: art. 2, confidence: memory}
"""
PACK = f"""\
country: UY
version: "1"
effective_from: 2026-01-01
reviewed_on: 2026-11-22
review_due: 2027-05-22
rules:
{RULE}"""


def document(text: str, *, file: str = "uy.yaml") -> Document:
    return parse_document(text, file=file)


def test_every_shipped_rule_names_its_source_its_confidence_and_its_review() -> None:
    for pack in shipped():
        for rule in pack.rules:
            assert rule.source.law
            assert rule.source.article
            assert rule.source.confidence in CONFIDENCE
            assert rule.review_due > pack.reviewed_on
            assert rule.in_spanish != rule.says


def test_there_is_a_pack_for_every_country_of_the_domain() -> None:
    places = {pack.place for pack in shipped()}
    assert places == {"everywhere", "CL", "MX", "CO", "PE", "BR", "BR-SP", "BR-AL", "AR", "AR-C", "EC"}


def test_a_pack_reads_as_it_is_written() -> None:
    pack = pack_of(document(PACK))
    (rule,) = pack.rules
    assert (pack.place, rule.id, rule.review_due) == ("UY", "uy.hours", date(2027, 5, 22))
    assert not pack.in_force(date(2025, 12, 31))
    assert pack.in_force(date(2040, 1, 1))


@pytest.mark.parametrize(
    ("before", "after", "sentence"),
    [
        (
            "  source: {law: Ley 1, article: art. 2, confidence: memory}\n",
            "",
            'uy.yaml:7 at rules[0]: the rule "uy.hours" names no source.',
        ),
        ("law: Ley 1, ", "", '"law" is missing'),
        ("confidence: memory", "confidence: sure", '"sure" is not known here'),
        ("windows:", "window:", 'there is no setting "window". Did you mean "windows"?'),
        ("kind: hours", "kind: cap", 'a rule of the kind cap needs "max"'),
        ("kind: hours", "kind: consent", 'a rule of the kind consent has no "windows"'),
        ('"09:00"', '"19:00"', "ends before it begins"),
        ('"09:00"', '"9"', "a time is written as"),
        ("mon-fri", "fri-mon", "goes backwards"),
        ("mon-fri", "lun-vie", "days are written as"),
        ("2026-01-01", "2026-02-30", "that is no date"),
        ("country: UY", "country: uruguay", "a country is two capital letters"),
        ("id: uy.hours", "id: Hours", "an id is small letters"),
        ("review_due: 2027-05-22", "", '"review_due" is missing'),
        ('version: "1"\n', 'version: "1"\neffective_until: 2025-01-01\n', "the pack ends before it begins"),
    ],
)
def test_what_cannot_be_a_pack_is_refused_in_one_sentence(before: str, after: str, sentence: str) -> None:
    assert before in PACK
    with pytest.raises(ConfigurationInvalid) as refused:
        pack_of(document(PACK.replace(before, after)))
    assert sentence in str(refused.value)
    assert refused.value.file == "uy.yaml"


def test_two_packs_of_one_place_may_not_be_in_force_on_one_day() -> None:
    later = PACK.replace('"1"', '"2"').replace("2026-01-01", "2026-06-01")
    with pytest.raises(ConfigurationInvalid) as refused:
        packs_of([document(PACK, file="uy-1.yaml"), document(later, file="uy-2.yaml")])
    assert "are in force on one day" in str(refused.value)
    assert "uy-1.yaml" in str(refused.value)
    ended = PACK.replace('"1"\n', '"1"\neffective_until: 2026-05-31\n')
    assert len(packs_of([document(ended), document(later)])) == 2


def test_a_rule_given_twice_is_refused() -> None:
    with pytest.raises(ConfigurationInvalid) as refused:
        pack_of(document(PACK + RULE))
    assert 'the rule "uy.hours" is given twice' in str(refused.value)
    other = PACK.replace("country: UY", "country: PY")
    with pytest.raises(ConfigurationInvalid):
        packs_of([document(PACK), document(other)])
