"""The short ways of normalising say what the long ones say: phones as the phone library, keys as the whole values.

The strings are drawn by a seeded generator, tens of thousands at each run, so that a failure can be repeated.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberType

from concilia.normalize import phone_plans
from concilia.normalize.addresses import building_key, normalize_address
from concilia.normalize.phone_parsing import kind_of_line, national_number, plan_of
from concilia.normalize.phones import match_keys, normalize_phone
from concilia.normalize.tax_ids import normalize_tax_id, read_tax_id

COUNTRIES = tuple(phone_plans.CALLING_CODES)
EACH_COUNTRY = 5_000
LENGTHS = {
    "CL": (9, 8, 10),
    "MX": (10,),
    "CO": (10, 8, 11, 7),
    "PE": (8, 9, 7),
    "AR": (10, 11, 8),
    "BR": (10, 11, 9, 8),
}
STARTS = {
    "CL": ("9", "2", "22", "32", "44", "600", "800", "12300"),
    "MX": ("55", "33", "222", "656", "800", "900", "300", "5"),
    "CO": ("3", "30", "31", "32", "333", "601", "604", "46", "1800", "19", "2", "4"),
    "PE": ("9", "1", "19", "44", "54", "51", "80", "7"),
    "AR": ("11", "351", "9", "911", "9351", "3888", "2966", "800", "810", "15", "1115", "35115", "388815", "60"),
    "BR": ("11", "119", "113", "55", "559", "21", "90", "800", "300", "4004", "40"),
    "EC": ("9", "99", "2", "3", "593", "2890", "1800", "7"),
}
DIALLED_BEFORE = ("", "", "", "0", "0", "00", "09", "01", "03", "044", "045", "1", "15", "9", "021", "60", "0015", "19")
ABROAD = (
    "+{}",
    "+{} ",
    "00{}",
    "0056",
    "+{}9",
    "+{} 9 ",
    "+{}1",
    "+{}0",
    "(+{})",
    "{}",
    "{} 9",
    "+00{}",
    "+34",
    "+598",
)
BETWEEN = (" ", "-", ".", "  ", ") ", " (", " - ", "/")
BEHIND = ("", "", " anexo 12", " ext. 3", "x5", ".0", ".00", ",0", " / 222333444", " 961234567", " y 961234567", " ")
STRANGE = ("\u00a0", "\t", "\u0663", "\uff19", "\u00b2", "A", "ñ", "'", "+", "#")
PLACEHOLDERS = ("99999999", "999999999", "11111111", "00000000", "912345678", "123456789", "987654321", "3012345678")


def national_digits(dice: random.Random, country: str) -> str:
    """Digits of about the length that a number has there, most of them beginning as some number does."""
    if dice.random() < 0.03:
        return dice.choice(PLACEHOLDERS)
    start = dice.choice(STARTS[country]) if dice.random() < 0.9 else ""
    size = dice.choice(LENGTHS.get(country, (8, 9, 10))) + (dice.choice((-1, 1, 2)) if dice.random() < 0.1 else 0)
    return start + "".join(dice.choices("0123456789", k=max(size - len(start), 0)))


def dialled(dice: random.Random, country: str) -> str:
    """Digits as somebody there may dial them: bare, behind a prefix, behind the calling code."""
    code = phone_plans.CALLING_CODES[country]
    before = (
        "" if dice.random() < 0.3 else dice.choice((*DIALLED_BEFORE, code, code, code + "1", code + "9", code + "0"))
    )
    return before + national_digits(dice, country)


def written(dice: random.Random, country: str) -> str:
    """A cell of a phone column."""
    code = phone_plans.CALLING_CODES[dice.choice(COUNTRIES) if dice.random() < 0.1 else country]
    before = dice.choice((dice.choice(ABROAD).format(code), dice.choice(DIALLED_BEFORE), "", f"+{code}"))
    text = before + national_digits(dice, country)
    for _ in range(dice.choice((0, 0, 1, 2, 3))):
        text = inserted(dice, text, dice.choice(BETWEEN))
    if dice.random() < 0.08:
        text = inserted(dice, text, dice.choice(STRANGE))
    return dice.choice(("", "", "", "", "Cel. ", " ")) + text + dice.choice(BEHIND if dice.random() < 0.3 else ("",))


def inserted(dice: random.Random, text: str, what: str) -> str:
    at = dice.randrange(len(text) + 1)
    return text[:at] + what + text[at:]


def cells(seed: int) -> Iterator[tuple[str, str]]:
    dice = random.Random(seed)
    for country in COUNTRIES:
        for _ in range(EACH_COUNTRY):
            elsewhere = dice.choice(("", "US", "UY", *COUNTRIES)) if dice.random() < 0.05 else country
            yield written(dice, country), elsewhere


def by_library(digits: str, country: str) -> tuple[str, int] | None:
    """National number and kind of line as the phone library reads bare digits; None for no assigned number."""
    try:
        number = phonenumbers.parse(digits, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) or phonenumbers.region_code_for_number(number) != country:
        return None
    return phonenumbers.national_significant_number(number), phonenumbers.number_type(number)


@pytest.mark.parametrize("country", COUNTRIES)
def test_bare_digits_are_read_as_the_phone_library_reads_them(country: str) -> None:
    dice = random.Random(f"digits of {country}")
    plan, assigned = plan_of(country), 0
    for _ in range(EACH_COUNTRY):
        digits = dialled(dice, country)
        national = national_number(digits, plan)
        if national is None:
            continue
        kind = kind_of_line(national, plan)
        expected = by_library(digits, country)
        found = (national, getattr(PhoneNumberType, kind.upper())) if kind else None
        assert found == expected, digits
        assigned += kind is not None
    assert assigned > EACH_COUNTRY / 20  # enough of them were numbers at all


@pytest.mark.parametrize("country", COUNTRIES)
def test_numbers_of_the_short_way_stand_for_themselves(country: str) -> None:
    dice = random.Random(f"numbers of {country}")
    for _ in range(EACH_COUNTRY):
        digits = national_digits(dice, country)
        if phone_plans.short_way(digits, country):
            read = by_library(digits, country)
            assert (phone_plans.sure(country).match(digits) is not None) == (read is not None), digits
            assert read is None or read[0] == digits


@pytest.mark.parametrize("seed", [1, 2])
def test_the_match_keys_of_a_cell_are_those_of_the_whole_phone(seed: int) -> None:
    usable = 0
    for raw, country in cells(seed):
        phone = normalize_phone(raw, country)
        key = (phone.match_key,) if phone.match_key else phone.candidates if not phone.value else ()
        assert match_keys(raw, country) == key, (raw, country)
        usable += bool(phone.match_key)
    assert usable > EACH_COUNTRY


@pytest.mark.parametrize("raw", ["", " ", "+", "++", "-+56961234567", "9" * 10_000, "+" * 65, "٩٦١٢٣٤٥٦٧"])
def test_a_cell_that_is_hardly_a_phone_takes_the_long_way(raw: str) -> None:
    phone = normalize_phone(raw, "CL")
    assert match_keys(raw, "CL") == ((phone.match_key,) if phone.match_key else ())


# fmt: off
STREET_WORDS = [
    "Av.", "Calle", "Falsa", "123", "Cra", "KR15", "7", "#", "71-21", "Nº", "n°", "No. 5", "12a", "bis", "sur", "Depto",
    "piso", "3er PISO", ",", "-", "º", "s/n", "São", "Ñuñoa", "conocido", "X", "'", "\u01c0", "0",
]
# fmt: on
STREETS = st.lists(st.sampled_from(STREET_WORDS), max_size=8).map(" ".join)
PARTS = st.fixed_dictionaries(
    {"street": STREETS | st.text(max_size=12)},
    optional={
        "number": st.sampled_from(["12", "12-B", "0", "s/n", "1²3", ""]),
        "unit": st.sampled_from(["Depto 5", "of. 12", "-"]),
        "city": st.sampled_from(["Ñuñoa", "CDMX", "s/d", "123"]) | st.text(max_size=6),
        "country": st.sampled_from(["", "CO", "Chile"]),
    },
)


@settings(max_examples=600, deadline=None)
@given(PARTS, st.sampled_from([*COUNTRIES, "", "UY"]))
def test_the_key_of_a_building_begins_the_key_of_its_address(parts: dict[str, str], country: str) -> None:
    whole = normalize_address(parts, country).match_key
    key = building_key(parts, country)
    assert bool(key) == bool(whole)
    assert not key or whole.startswith(f"{key}|")


@settings(max_examples=600, deadline=None)
@given(st.text(alphabet="0123456789.-/ KkXABÑ&٣９:RUTFC", max_size=20), st.sampled_from([*COUNTRIES, "", "UY", "XX"]))
def test_a_number_read_for_matching_is_the_whole_number(raw: str, country: str) -> None:
    whole, read = normalize_tax_id(raw, country), read_tax_id(raw, country)
    assert (read.kind, read.value, read.verdict, read.reason) == (whole.kind, whole.value, whole.verdict, whole.reason)
    assert [(inner.kind, inner.value) for inner in read.derived] == [(i.kind, i.value) for i in whole.derived]


@pytest.mark.parametrize(
    ("raw", "country"), [("CACX62٠103AB6", "MX"), ("CACX62٠103HDFABC01", "MX"), ("1234567٣-1", "PE")]
)
def test_digits_of_other_scripts_are_refused_without_a_fault(raw: str, country: str) -> None:
    assert not normalize_tax_id(raw, country).verdict.usable
