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
from concilia.store.runs import DISPOSITIONS
from dedup import survivorship
from mapping.issues import Code
from sync import comparing, stewardship

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
        "judgement_button": stewardship.JUDGEMENTS,
        "agreement": [comparing.EQUAL, comparing.ALIKE, comparing.DIFFERENT, comparing.ONE_SIDE],
        "language": LANGUAGES,
    }
    missing = [
        f"{area}.{name}" for area, names in wanted.items() for name in names if f"{area}.{name}" not in spoken.texts
    ]
    assert missing == []


def test_why_a_value_stands_is_said_in_spanish() -> None:
    criteria: list[tuple[str, Any]] = [*survivorship._TIES, *(c for own in survivorship._OWN.values() for c in own)]
    said = [*survivorship.SENTENCES.values(), *(reason for reason, _ in criteria)]
    assert [sentence for sentence in said if words.phrase(ES, sentence) == sentence] == []


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
