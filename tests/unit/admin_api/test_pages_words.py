"""What the pages say: the same texts in both languages, and every name and sentence of the rules in both."""

from __future__ import annotations

import re
from importlib import resources
from string import Formatter
from typing import Any

import pytest

from admin_api.pages import words
from admin_api.pages.words import LANGUAGES
from concilia import schema
from concilia.normalize.verdict import Verdict
from concilia.portfolio.agreement import Kind
from concilia.portfolio.contact_point_state import Status
from concilia.portfolio.contact_rules.rules import CHANNELS
from concilia.servicing import contact_terms
from concilia.store.runs import DISPOSITIONS
from dedup import evidence_levels, scoring, survivorship
from mapping.issues import Code
from sync import comparing, contact_stewardship, stewardship

ES, EN = (words.words_of(language) for language in LANGUAGES)


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_both_catalogues_have_the_same_texts_with_the_same_places() -> None:
    assert ES.texts.keys() == EN.texts.keys()
    assert [key for key in ES.texts if places(ES.texts[key]) != places(EN.texts[key])] == []
    assert [key for key, text in [*ES.texts.items(), *EN.texts.items()] if not text.strip()] == []


def test_both_catalogues_have_the_same_phrases_with_the_same_places() -> None:
    spanish, english = (words.catalogue(language)["phrase"] for language in LANGUAGES)
    assert [p["said"] for p in spanish] == [p["said"] for p in english]
    assert [p["said"] for p in [*spanish, *english] if places(p["said"]) != places(p["shown"])] == []


def test_every_text_a_template_asks_for_is_there() -> None:
    folder = resources.files("admin_api.pages").joinpath("templates")
    text = "".join(page.read_text("utf-8") for page in folder.iterdir())
    asked = set(re.findall(r'\bt\("([a-z_]+\.[a-z0-9_]+)"', text)) | set(re.findall(r"\bt\('([a-z_.]+)'", text))
    assert asked - ES.texts.keys() == set()
    areas = set(re.findall(r'\b(?:named|status)\("([a-z_]+)"', text))
    assert areas - {key.partition(".")[0] for key in ES.texts} == set()


@pytest.mark.parametrize("spoken", [ES, EN], ids=LANGUAGES)
def test_every_name_of_the_hub_has_a_name_for_people(spoken: words.Words) -> None:
    wanted = {
        "field": [field.name for field in schema.DEBTOR.fields],
        "contact": schema.CONTACT_TYPES,
        "verdict": list(Verdict),
        "debt_status": schema.DEBT_STATUSES,
        "role": schema.ROLES,
        "disposition": ("read", *DISPOSITIONS),
        "code": list(Code),
        "value": ["true", "false", *schema.PARTY_KINDS],
        "judgement": stewardship.JUDGEMENTS,
        "channel": CHANNELS,
        "agreement_kind": list(Kind),
        "hold_reason": contact_terms.HELD_FOR,
        "point_status": list(Status),
        "contact_change_status": contact_stewardship.STATUSES,
        "dispute_kind": contact_terms.DISPUTE_KINDS,
        "judgement_button": stewardship.JUDGEMENTS,
        "agreement": [comparing.EQUAL, comparing.ALIKE, comparing.DIFFERENT, comparing.ONE_SIDE],
        "language": LANGUAGES,
        "feature": [*evidence_levels.NAMES, "prior", "caution"],
        "scored": sorted(
            {part for levels in evidence_levels.FIELDS.values() for level in levels for part in level.split("+")}
        ),
    }
    missing = [
        f"{area}.{name}" for area, names in wanted.items() for name in names if f"{area}.{name}" not in spoken.texts
    ]
    assert missing == []


def test_why_a_value_stands_is_said_in_spanish() -> None:
    criteria: list[tuple[str, Any]] = [*survivorship._TIES, *(c for own in survivorship._OWN.values() for c in own)]
    said = [*survivorship.SENTENCES.values(), *(reason for reason, _ in criteria)]
    assert [sentence for sentence in said if words.phrase(ES, sentence) == sentence] == []


@pytest.mark.parametrize(
    ("said", "spanish"),
    [
        (survivorship.PINNED_SENTENCE, "Una persona fijó este valor; vale digan lo que digan las fuentes."),
        (survivorship.OVERRULED, "una persona fijó otro valor"),
        (
            "trusted 80 against 50 of crm, but 3 years older",
            "con confianza 80 contra 50 de crm, pero 3 años más antiguo",
        ),
        ("trusted 40 against 50 of crm, and 1 day older", "con confianza 40 contra 50 de crm, y 1 día más antiguo"),
        ("trusted as crm is, but 13 months older", "con la misma confianza que crm, pero 13 meses más antiguo"),
        (
            "12 days newer than the word of erp, but trusted 50 against 80",
            "12 días más nuevo que lo que dice erp, pero con confianza 50 contra 80",
        ),
        (
            "trusted 80 against 60 of crm, and nothing says how old it is",
            "con confianza 80 contra 60 de crm, y nada dice de cuándo es",
        ),
        ("2.2 bits; 2.5 merge without asking", "2.2 bits; con 2.5 se unen sin preguntar"),
        (
            "This value cannot stand as birth_date: it says nothing.",
            "Este valor no puede quedar en «Fecha de nacimiento»: no dice nada.",
        ),
    ],
)
def test_weights_and_pins_are_said_in_spanish_with_their_numbers(said: str, spanish: str) -> None:
    assert words.phrase(ES, said) == spanish


def test_a_sentence_with_values_keeps_them_and_an_unknown_one_is_shown_as_said() -> None:
    refused = "they hold different valid CL:RUT: 1-9 and 2-7"
    assert words.phrase(ES, refused) == "tienen CL:RUT válidos distintos: 1-9 y 2-7"
    assert words.phrase(EN, refused) == refused
    assert words.phrase(ES, "something quite new") == "something quite new"
    assert words.phrase(ES, "both state {0} {value.__class__} x") == "ambos declaran {0} {value.__class__} x"


@pytest.mark.parametrize(
    ("value", "spanish", "english"),
    [
        ("1250000", "1.250.000", "1,250,000"),
        ("4499868.30", "4.499.868,30", "4,499,868.30"),
        ("-0.5", "-0,5", "-0.5"),
        ("0", "0", "0"),
        ("mil", "mil", "mil"),
    ],
)
def test_amounts_are_written_as_people_there_write_them(value: str, spanish: str, english: str) -> None:
    assert (words.amount(ES, value), words.amount(EN, value)) == (spanish, english)


def test_times_are_written_to_the_minute() -> None:
    assert words.instant(ES, "2026-11-22T11:40:05.686451+00:00") == "22-11-2026 11:40"
    assert words.instant(EN, "2026-11-22T11:40:05.686451+00:00") == "2026-11-22 11:40"
    assert words.day(ES, "2026-03-09") == "09-03-2026"
    assert words.day(ES, "soon") == words.instant(ES, "soon") == "soon"


def test_every_caution_of_the_scorer_is_said_in_spanish() -> None:
    for level, why in scoring.CAUTIONS[1:]:
        assert words.phrase(ES, why) != why, level
        assert f"scored.{level}" in ES.texts
