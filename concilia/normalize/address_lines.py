"""The first line of an address: street, number and unit out of one text. No places, no verdicts."""

from __future__ import annotations

import re
from dataclasses import dataclass

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
_NUMBER_MARKS = NUMBER_WORDS | {"#"}
_CORNER = frozenset({"Y", "ENTRE", "ESQ", "ESQUINA", "E", "CON"})
_WORDS = re.compile(r"[A-Z0-9]+")


@dataclass(frozen=True, slots=True)
class StreetLine:
    """Street, number and unit as written (in Colombia in one notation); empty when not found."""

    street: str
    number: str
    unit: str


def street_line(text: str) -> StreetLine:
    """A line of words and numbers: the unit begins at its word, the number is the last one before it."""
    text = _ORDINAL.sub(_as_floor, _FLOOR.sub(r"PISO \1", _NUMBER_SIGN.sub(" # ", _NO_NUMBER.sub(" ", text))))
    written = _TOKEN.findall(text)
    folded = [fold(word) for word in written]
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


def colombian_line(text: str) -> StreetLine:
    """Colombian nomenclature in one notation: `Cra 7 # 71-21` is street CARRERA 7, number 71-21."""
    folded = re.sub(r"[.,°º]", " ", fold(fold_dashes(text).replace("º", " ").replace("°", " ")))
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
    words = _WORDS.findall(fold(_ORDINAL.sub(_as_floor, _FLOOR.sub(r"PISO \1", unit))))
    kept = [UNITS.get(word, word) for word in words if word not in NUMBER_WORDS]
    return " ".join(word.lstrip("0") or "0" for word in kept)


def _as_floor(found: re.Match[str]) -> str:
    door = found.group(2)
    return f" PISO {found.group(1)} DTO {door} " if door else f" PISO {found.group(1)} "


def _unit_start(folded: list[str]) -> int:
    """Where the unit begins: a word for one, behind a number, with something after it."""
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
    for index in range(2, len(folded)):
        if folded[index - 1] in _NUMBER_MARKS and _HOUSE.fullmatch(folded[index]):
            return index
    for index in range(len(folded) - 1, 0, -1):
        if _HOUSE.fullmatch(folded[index]):
            return None if index == 1 and folded[0] in STREETS else index
    return None


def _co_kind(words: list[str]) -> tuple[str, int]:
    if len(words) > 1 and STREETS_CO.get(words[0]) == "AVENIDA" and STREETS_CO.get(words[1]) in ("CALLE", "CARRERA"):
        return f"AVENIDA {STREETS_CO[words[1]]}", 2
    glued = re.fullmatch(r"([A-Z]+)(\d.*)", words[0]) if words else None
    if glued and glued.group(1) in STREETS_CO:
        words[0:1] = [glued.group(1), glued.group(2)]
    kind = STREETS_CO.get(words[0], "") if words else ""
    return kind, 1 if kind else 0


def _tight(text: str) -> str:
    """A way number with its letter attached: `7 a bis sur` is 7ABIS SUR."""
    return re.sub(r"(\d)\s+(?=[A-Z]\b|BIS)", r"\1", " ".join(text.split())).replace(" BIS", "BIS")


def _has_digit(word: str) -> bool:
    return _DIGIT.search(word) is not None
