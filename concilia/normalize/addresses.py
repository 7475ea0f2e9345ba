"""Postal addresses: raw text or parts to structured parts, one line and a comparison key. No geocoding, no look-ups.

The key holds street, number, unit and place (the city; in Mexico and Brazil the postal code when there is one). It
is empty when street and number do not tell one building.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

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
from concilia.normalize.placeholders import says_nothing, why_fake_address
from concilia.normalize.verdict import Verdict

LONGEST = 512
_SMALL_WORDS = frozenset({"DE", "DEL", "LA", "LAS", "LOS", "EL", "DA", "DO", "DOS"})
_PARTS = ("street", "number", "unit", "neighborhood", "city", "subdivision", "postal_code")
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


def _from_parts(given: Mapping[str, str], country: str) -> Address:
    country = clean(str(given.get("country") or ""))[:2].upper() or country
    parts = {name: clean(str(given.get(name) or "")[:LONGEST], form="NFC") for name in _PARTS}
    parts = {name: "" if says_nothing(text) and text != "0" else text for name, text in parts.items()}
    street_and_unit = (parts["street"], _number_as_written(parts["number"], country), parts["unit"])
    first = " ".join(part for part in street_and_unit if part)
    display = ", ".join(part for part in (first, *(parts[name] for name in _PARTS[3:])) if part)[:LONGEST]
    refused = _refused(display, display, country)
    if refused:
        return refused
    line = _line(first, country)
    if not parts["number"]:
        parts |= {"street": line.street, "number": line.number, "unit": parts["unit"] or line.unit}
    return _finished(display, display, country=country, parts=parts, line=line)


def _refused(display: str, raw: str, country: str) -> Address | None:
    if says_nothing(display):
        return Address("", raw, country, Verdict.EMPTY, "says nothing")
    fake = why_fake_address(" ".join(_WORDS.findall(fold(display))))
    if fake:
        return Address(display, raw, country, Verdict.PLACEHOLDER, fake)
    if not any(char.isalpha() for char in display):
        return Address("", raw, country, Verdict.INVALID, "an address without a word")
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
    number = line.number if country == "CO" else "".join(_WORDS.findall(fold(fold_dashes(line.number))))
    key = "|".join((country, street, number, unit_key(line.unit), place))
    return Address(display, raw, country, Verdict.VALID_FORMAT, "street and number found", **parts, match_key=key)


def _street_key(street: str, country: str) -> str:
    if country == "CO":
        return fold(street)
    words = _WORDS.findall(fold(street)) or [word.upper() for word in _ANY_WORD.findall(street)]
    kept = [STREETS[word] if _is_street_word(word, index, country) else word for index, word in enumerate(words)]
    if len(kept) > 1 and kept[0] == "CALLE" and not kept[1][0].isdigit():
        kept = kept[1:]
    return " ".join(word for word in kept if word not in _SMALL_WORDS) or " ".join(kept)


def _is_street_word(word: str, index: int, country: str) -> bool:
    """Whether a word is a kind of street here; two letters inside a name are not."""
    return word in STREETS and country in ONLY_IN.get(word, (country,)) and (index == 0 or len(word) > 2)


def _city_key(city: str) -> str:
    words = " ".join(_WORDS.findall(fold(city)))
    return CITIES.get(words, words)
