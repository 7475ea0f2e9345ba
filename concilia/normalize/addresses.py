"""Postal addresses: raw text or parts to structured parts, one line and a comparison key. No geocoding, no look-ups.

The key holds street, number, unit and place (the city; in Mexico and Brazil the postal code when there is one). It
is empty when street and number do not tell one building.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from concilia.normalize.address_lines import StreetLine, colombian_line, is_unit, street_line, unit_key
from concilia.normalize.address_tables import (
    CITIES,
    COUNTRY_WORDS,
    NEIGHBOURHOODS,
    ONLY_IN,
    POSTAL_CODES,
    STATES_BR,
    STREETS,
)
from concilia.normalize.folding import clean, fold, fold_dashes
from concilia.normalize.placeholders import says_nothing, tells_a_place, why_fake_address
from concilia.normalize.verdict import Verdict

LONGEST = 512
_SMALL_WORDS = frozenset({"DE", "DEL", "LA", "LAS", "LOS", "EL", "DA", "DO", "DOS"})
_PARTS = ("street", "number", "unit", "neighborhood", "city", "subdivision", "postal_code")
_OF_THE_STREET, _BEHIND_THE_STREET = _PARTS[:3], _PARTS[3:]
_WORDS = re.compile(r"[A-Z0-9]+")
_ANY_WORD = re.compile(r"[^\W_]+")
_PIECES = re.compile(r"\s*[,;\n|]\s*|\s+-\s+")
_POSTAL_LABEL = re.compile(r"\b(?:C\.?\s?P\.?|CEP|COD(?:IGO)?\.?\s*POSTAL|CPA)[\s.:]*(?=[A-Z]?\d)", re.IGNORECASE)
_SLASHED_STATE = re.compile(r"\s*/\s*([A-Za-z]{2})\b")
_SPACED_PLATE = re.compile(r"(?<=\w)\s+-\s+(?=\d)")
_BY_POSTAL_CODE = ("MX", "BR")


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address. `value` is one line for display; empty parts were not found."""

    value: str
    raw: str
    country: str
    verdict: Verdict
    reason: str
    street: str = ""
    number: str = ""
    unit: str = ""
    neighborhood: str = ""
    city: str = ""
    subdivision: str = ""
    postal_code: str = ""
    match_key: str = ""


def normalize_address(parts_or_text: str | Mapping[str, str], country: str) -> Address:
    """The address behind a line of text or a mapping of the parts of `Address`. Never raises."""
    country = country.strip().upper()[:2] if len(country) < 8 else ""
    if isinstance(parts_or_text, str):
        return _from_text(parts_or_text, country)
    return _from_parts(parts_or_text, country)


def _from_text(raw: str, country: str) -> Address:
    if len(raw) > LONGEST:
        return Address("", raw, country, Verdict.INVALID, f"longer than {LONGEST} characters")
    display = clean(raw.replace("\n", ", ").replace("\r", ""), form="NFC")
    refused = _refused(display, raw, country)
    if refused:
        return refused
    parts, line = _places(display, country)
    return _finished(display, raw, country=country, parts=parts, line=line)


def building_key(given: Mapping[str, str], country: str) -> str:
    """The match key of an address in parts up to its house number: country|street|number, without unit and place.

    Empty exactly where `normalize_address` has no match key.
    """
    country = country.strip().upper()[:2] if len(country) < 8 else ""
    country = _stated_country(given) or country
    parts = _cleaned(given, _OF_THE_STREET)
    first = _street_line_of(parts, country)
    if not _surely_a_place(first) and _why_refused(_one_line(first, _cleaned(given, _PARTS))):
        return ""
    line = _line(first, country)
    street = _street_key(line.street, country)
    return f"{country}|{street}|{_number_key(line.number, country)}" if street and line.number else ""


def _from_parts(given: Mapping[str, str], country: str) -> Address:
    country = _stated_country(given) or country
    parts = _cleaned(given, _PARTS)
    first = _street_line_of(parts, country)
    display = _one_line(first, parts)
    refused = _refused(display, display, country)
    if refused:
        return refused
    line = _line(first, country)
    if not parts["number"]:
        parts |= {"street": line.street, "number": line.number, "unit": parts["unit"] or line.unit}
    return _finished(display, display, country=country, parts=parts, line=line)


def _stated_country(given: Mapping[str, str]) -> str:
    stated = given.get("country")
    return clean(str(stated))[:2].upper() if stated else ""


def _surely_a_place(first: str) -> bool:
    """Whether an address that begins so is refused in no case: it has a letter, and digits that no stand-in has."""
    return first[:1].isalpha() and first[0].isascii() and tells_a_place(fold(first[:LONGEST]))


def _cleaned(given: Mapping[str, str], names: tuple[str, ...]) -> dict[str, str]:
    """The parts on one line each; empty where one was not given or says nothing."""
    parts = dict.fromkeys(names, "")
    for name in names:
        value = given.get(name)
        if value:
            text = str(value)[:LONGEST]
            parts[name] = _said(text) if name == "street" else _said_again(text)
    return parts


def _said(text: str) -> str:
    text = clean(text, form="NFC")
    return "" if says_nothing(text) and text != "0" else text


_said_again = lru_cache(maxsize=20_000)(_said)  # for cities, regions, units: the same few in many records


def _street_line_of(parts: Mapping[str, str], country: str) -> str:
    number, unit = parts["number"], parts["unit"]
    if not (number or unit):
        return parts["street"]
    return " ".join(part for part in (parts["street"], _number_as_written(number, country), unit) if part)


def _one_line(first: str, parts: Mapping[str, str]) -> str:
    behind = [parts[name] for name in _BEHIND_THE_STREET]
    return ", ".join([part for part in (first, *behind) if part])[:LONGEST]


def _refused(display: str, raw: str, country: str) -> Address | None:
    why = _why_refused(display)
    if why is None:
        return None
    verdict, reason = why
    return Address(display if verdict is Verdict.PLACEHOLDER else "", raw, country, verdict, reason)


def _why_refused(display: str) -> tuple[Verdict, str] | None:
    if says_nothing(display):
        return Verdict.EMPTY, "says nothing"
    folded = fold(display)
    fake = "" if tells_a_place(folded) else why_fake_address(" ".join(_WORDS.findall(folded)))
    if fake:
        return Verdict.PLACEHOLDER, fake
    if not (display[0].isalpha() or any(char.isalpha() for char in display)):
        return Verdict.INVALID, "an address without a word"
    return None


def _places(display: str, country: str) -> tuple[dict[str, str], StreetLine]:
    """The parts of a line: street first, then unit, neighbourhood, city and region as far as they are told."""
    display, postal_code = _postal_code(display, country)
    pieces = [piece for piece in _PIECES.split(_without_false_cuts(display, country)) if piece]
    pieces = [piece for piece in pieces if fold(piece) not in COUNTRY_WORDS] or pieces
    street, *rest = pieces or [""]
    units, neighborhoods, places = [], [], []
    for index, piece in enumerate(rest):
        words = _WORDS.findall(fold(piece))
        if index == 0 and words and words[0][0].isdigit() and not _line(street, country).number:
            street = f"{street} {piece}"
        elif is_unit(words):
            units.append(piece)
        elif words and words[0] in NEIGHBOURHOODS:
            neighborhoods.append(piece)
        else:
            places.append(piece)
    if _begins_with_neighborhood(places, country, known=bool(neighborhoods)):
        neighborhoods.append(places.pop(0))
    line = _line(" ".join([street, *units]), country)
    parts = {
        "street": line.street, "number": line.number, "unit": line.unit, "neighborhood": ", ".join(neighborhoods),
        "city": places[0] if places else "", "subdivision": ", ".join(places[1:]), "postal_code": postal_code,
    }  # fmt: skip
    return parts, line


def _begins_with_neighborhood(places: list[str], country: str, *, known: bool) -> bool:
    """In Brazil and Mexico the neighbourhood comes before the city, often without a word that says so."""
    if country == "BR":
        return len(places) > 1 and not (len(places) == 2 and fold(places[-1]) in STATES_BR)
    return country == "MX" and len(places) > 1 and not known


def _postal_code(display: str, country: str) -> tuple[str, str]:
    """The line without its postal code, and the code; a bare one counts only behind the street."""
    pattern = POSTAL_CODES.get(country)
    if not pattern:
        return display, ""
    label = _POSTAL_LABEL.search(display)
    start = label.end() if label else display.find(",") + 1 or len(display)
    found = re.compile(pattern, re.IGNORECASE).search(display, start)
    if found is None:
        return display, ""
    before = display[: label.start() if label else found.start()]
    code = found.group(0).upper().replace("-", "")
    return f"{before} {display[found.end() :]}".strip(" ,-"), code


def _without_false_cuts(display: str, country: str) -> str:
    """São Paulo/SP is a city and a state; 71 - 21 is one Colombian number."""
    if country == "BR":
        return _SLASHED_STATE.sub(r", \1", display)
    return _SPACED_PLATE.sub("-", display) if country == "CO" else display


def _line(text: str, country: str) -> StreetLine:
    return colombian_line(text) if country == "CO" else street_line(text)


def _number_as_written(number: str, country: str) -> str:
    return f"# {number}" if number and country == "CO" and "#" not in number else number


def _finished(display: str, raw: str, *, country: str, parts: dict[str, str], line: StreetLine) -> Address:
    """The address of these parts, with its key and its reason."""
    street = _street_key(line.street, country)
    if not (street and line.number):
        reason = "no house number was found; it matches nothing"
        return Address(display, raw, country, Verdict.VALID_FORMAT, reason, **parts)
    code = _WORDS.findall(fold(parts["postal_code"])) if country in _BY_POSTAL_CODE else []
    place = "".join(code) or _city_key(parts["city"])
    number = _number_key(line.number, country)
    key = "|".join((country, street, number, unit_key(line.unit), place))
    return Address(display, raw, country, Verdict.VALID_FORMAT, "street and number found", **parts, match_key=key)


def _number_key(number: str, country: str) -> str:
    if country == "CO" or (number.isascii() and number.isdigit()):
        return number
    return "".join(_WORDS.findall(fold(fold_dashes(number))))


@lru_cache(maxsize=20_000)
def _street_key(street: str, country: str) -> str:
    if country == "CO":
        return fold(street)
    words = _WORDS.findall(fold(street)) or [word.upper() for word in _ANY_WORD.findall(street)]
    kept = [STREETS[word] if _is_street_word(word, index, country) else word for index, word in enumerate(words)]
    if len(kept) > 1 and kept[0] == "CALLE" and not kept[1][0].isdigit():
        kept = kept[1:]
    return " ".join([word for word in kept if word not in _SMALL_WORDS]) or " ".join(kept)


def _is_street_word(word: str, index: int, country: str) -> bool:
    """Whether a word is a kind of street here; two letters inside a name are not."""
    return word in STREETS and country in ONLY_IN.get(word, (country,)) and (index == 0 or len(word) > 2)


def _city_key(city: str) -> str:
    words = " ".join(_WORDS.findall(fold(city)))
    return CITIES.get(words, words)
