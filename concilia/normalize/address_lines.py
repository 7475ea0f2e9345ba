"""The first line of an address: street, number and unit out of one text. No places, no verdicts."""

from __future__ import annotations

import re
from typing import NamedTuple

from concilia.normalize.address_tables import NEEDS_NUMBER, NUMBER_WORDS, STREETS, STREETS_CO, UNITS
from concilia.normalize.folding import fold, fold_dashes

_TOKEN = re.compile(r"#|[^\W_]+(?:[-/](?=\d)[^\W_]+)*", re.UNICODE)
_HOUSE = re.compile(r"\d+[A-Z]?(?:[-/]\d+[A-Z]?)?|\d+(?:BIS)?|(?:OE|SE|NE|SO|NO|[NSEO])\d+[A-Z]?-\d+")
_FLOOR = re.compile(r"\b(\d{1,2})\s?(?:ER|RO|DO|TO|MO|VO|NO|[°º])?\.?\s+PISO\b", re.IGNORECASE)
_ORDINAL = re.compile(r"\b(\d{1,2})\s?[°º]\s?([A-Za-z])?\b")
_NUMBER_SIGN = re.compile(r"\b[Nn][°º]|[Nn]º|\bNo\.\s*(?=\d)|#|\b[Nn]r?o?\.\s*(?=\d)")
_CO_PARTS = re.compile(
    r"(?P<way>\d+\s?[A-Z]{0,2}(?:\s?BIS(?:\s?[A-Z]\b)?)?(?:\s(?:SUR|ESTE|NORTE|OESTE))?|[A-Z][A-Z ]*?\d*)"
    r"\s*(?:#|\bN[O0]?\b\.?|\bNRO\b\.?|\bNUM\b\.?|\bNUMERO\b)\s*"
    r"(?P<cross>\d+\s?[A-Z]{0,2}(?:\s?BIS(?:\s?[A-Z]\b)?)?(?:\s(?:SUR|ESTE|NORTE|OESTE))?)\s*-?\s*"
    r"(?P<plate>\d+)(?P<rest>.*)"
)
_CO_BARE = re.compile(
    r"(?P<way>\d+\s?[A-Z]?(?:\s?BIS)?(?:\s(?:SUR|ESTE|NORTE|OESTE))?)\s+"
    r"(?P<cross>\d+\s?[A-Z]?(?:\s?BIS)?(?:\s(?:SUR|ESTE|NORTE|OESTE))?)\s*[- ]\s*(?P<plate>\d+)(?P<rest>.*)"
)
_CO_QUADRANT = re.compile(r"\b(?:SUR|ESTE|NORTE|OESTE)\b")
_NO_NUMBER = re.compile(r"\bs\s?/\s?n\b\.?", re.IGNORECASE)
_DIGIT = re.compile(r"[0-9]")
_MAY_BE_NUMBER_SIGN = re.compile(r"[#°º]|\.\s*\d")  # what every notation that `_NUMBER_SIGN` finds has in it
_CO_PUNCTUATION = re.compile(r"[.,°º]")
_CO_GLUED = re.compile(r"([A-Z]+)(\d.*)")
_CO_LOOSE_LETTER = re.compile(r"(\d)\s+(?=[A-Z]\b|BIS)")
_NUMBER_MARKS = NUMBER_WORDS | {"#"}
_CORNER = frozenset({"Y", "ENTRE", "ESQ", "ESQUINA", "E", "CON"})
_WORDS = re.compile(r"[A-Z0-9]+")


class StreetLine(NamedTuple):
    """Street, number and unit as written (in Colombia in one notation); empty when not found."""

    street: str
    number: str
    unit: str


def street_line(text: str) -> StreetLine:
    """A line of words and numbers: the unit begins at its word, the number is the last one before it."""
    text = _with_plain_signs(text)
    written = _TOKEN.findall(text)
    folded = [word.upper() if word.isascii() else fold(word) for word in written]
    cut = _unit_start(folded)
    index = _number_index(folded[:cut])
    unit = [word for word in written[cut:] if word != "#"]
    if index is None:
        return StreetLine(" ".join(word for word in written[:cut] if word != "#"), "", " ".join(unit))
    street = [word for word, key in zip(written[:index], folded, strict=False) if key not in _NUMBER_MARKS]
    behind = [word for word in written[index + 1 : cut] if word != "#"]
    if behind and fold(behind[0]) in _CORNER:  # the corner it stands at is no part of the unit
        behind = []
    return StreetLine(" ".join(street), written[index], " ".join([*behind, *unit]))


def _with_plain_signs(text: str) -> str:
    """# before the number, floors and doors as words, and nothing for "without number"."""
    if "/" in text:
        text = _NO_NUMBER.sub(" ", text)
    if _MAY_BE_NUMBER_SIGN.search(text):
        text = _NUMBER_SIGN.sub(" # ", text)
    return _with_floors(text)


def _with_floors(text: str) -> str:
    if not text.isascii():
        return _ORDINAL.sub(_as_floor, _FLOOR.sub(r"PISO \1", text))
    return _FLOOR.sub(r"PISO \1", text) if "PISO" in text.upper() else text


def colombian_line(text: str) -> StreetLine:
    """Colombian nomenclature in one notation: `Cra 7 # 71-21` is street CARRERA 7, number 71-21."""
    plain = text if text.isascii() else fold_dashes(text).replace("º", " ").replace("°", " ")
    folded = _CO_PUNCTUATION.sub(" ", fold(plain))
    words = folded.split()
    kind, size = _co_kind(words)
    rest = " ".join(words[size:])
    match = (_CO_PARTS.match(rest) or _CO_BARE.match(rest)) if kind else None
    if match is None:
        return street_line(text)
    # The quadrant is written behind the way, the crossing or the plate, and always means the same place.
    quadrants = sorted(set(_CO_QUADRANT.findall(match.group(0))))
    way, cross, unit = (" ".join(_CO_QUADRANT.sub(" ", match[name]).split()) for name in ("way", "cross", "rest"))
    number = f"{_tight(cross)}-{match['plate'].lstrip('0') or '0'}"
    return StreetLine(f"{kind} {_tight(way)}", " ".join([number, *quadrants]), unit.strip(" -"))


def is_unit(words: list[str]) -> bool:
    """Whether folded words are a unit of a building ("DEPTO 56", "PISO 3 DTO B")."""
    if not words:
        return False
    if words[0] in UNITS:
        return len(words) > 1 and (words[0] not in NEEDS_NUMBER or _has_digit(words[1]) or len(words[1]) == 1)
    return len(words) > 1 and words[1] == "PISO" and words[0][0].isdigit()


def unit_key(unit: str) -> str:
    """The unit with canonical words and without decoration: "Depto. 056" is "DPTO 56"."""
    words = _WORDS.findall(fold(_with_floors(unit)))
    kept = [UNITS.get(word, word) for word in words if word not in NUMBER_WORDS]
    return " ".join(word.lstrip("0") or "0" for word in kept)


def _as_floor(found: re.Match[str]) -> str:
    door = found.group(2)
    return f" PISO {found.group(1)} DTO {door} " if door else f" PISO {found.group(1)} "


def _unit_start(folded: list[str]) -> int:
    """Where the unit begins: a word for one, behind a number, with something after it."""
    if UNITS.keys().isdisjoint(folded):
        return len(folded)
    numbered = _has_digit(folded[0]) if folded else False
    for index in range(1, len(folded)):
        word = folded[index]
        if numbered and word in UNITS and index + 1 < len(folded):
            following = folded[index + 1]
            if word not in NEEDS_NUMBER or len(following) == 1 or _has_digit(following):
                return index
        numbered = numbered or _has_digit(word)
    return len(folded)


def _number_index(folded: list[str]) -> int | None:
    """Where the house number stands: behind a number sign, or the last number that is not the first word."""
    for index in () if _NUMBER_MARKS.isdisjoint(folded) else range(2, len(folded)):
        if folded[index - 1] in _NUMBER_MARKS and _HOUSE.fullmatch(folded[index]):
            return index
    for index in range(len(folded) - 1, 0, -1):
        if _HOUSE.fullmatch(folded[index]):
            return None if index == 1 and folded[0] in STREETS else index
    return None


def _co_kind(words: list[str]) -> tuple[str, int]:
    if len(words) > 1 and STREETS_CO.get(words[0]) == "AVENIDA" and STREETS_CO.get(words[1]) in ("CALLE", "CARRERA"):
        return f"AVENIDA {STREETS_CO[words[1]]}", 2
    glued = _CO_GLUED.fullmatch(words[0]) if words else None
    if glued and glued.group(1) in STREETS_CO:
        words[0:1] = [glued.group(1), glued.group(2)]
    kind = STREETS_CO.get(words[0], "") if words else ""
    return kind, 1 if kind else 0


def _tight(text: str) -> str:
    """A way number with its letter attached: `7 a bis sur` is 7ABIS SUR."""
    return _CO_LOOSE_LETTER.sub(r"\1", " ".join(text.split())).replace(" BIS", "BIS")


def _has_digit(word: str) -> bool:
    return _DIGIT.search(word) is not None
