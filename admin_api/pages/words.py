"""What the pages say in each language: one catalogue file a language, numbers and times as people there write them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from importlib import resources
from typing import Any, Final

LANGUAGES: Final = ("es", "en")  # in order of preference
_SEPARATORS: Final = {"es": (".", ","), "en": (",", ".")}  # thousands, decimals
_DAYS: Final = {"es": "{d:%d-%m-%Y}", "en": "{d:%Y-%m-%d}"}


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sentence of the rules, with places for values, and how it is said in this language."""

    said: re.Pattern[str]
    shown: str


@dataclass(frozen=True, slots=True)
class Words:
    """One language."""

    language: str
    texts: Mapping[str, str]
    phrases: Sequence[Phrase]


def catalogue(language: str) -> dict[str, Any]:
    """The file of a language as it stands."""
    path = resources.files("admin_api.pages").joinpath("languages", f"{language}.toml")
    return tomllib.loads(path.read_text("utf-8"))


@lru_cache(maxsize=len(LANGUAGES))
def words_of(language: str) -> Words:
    """The words of one of LANGUAGES."""
    found = catalogue(language)
    phrases = found.pop("phrase")
    return Words(language, dict(_flat(found)), tuple(Phrase(_pattern(p["said"]), p["shown"]) for p in phrases))


def say(words: Words, key: str, **values: object) -> str:
    """The text of a key with its places filled. A key that is not in the catalogue is a mistake of ours: KeyError."""
    return words.texts[key].format(**values) if values else words.texts[key]


def named(words: Words, area: str, name: object) -> str:
    """What a status, a field or a verdict is called; its own name when the catalogue has none for it."""
    plain = str(name)
    return words.texts.get(f"{area}.{plain}", plain.replace("_", " "))


def phrase(words: Words, sentence: str) -> str:
    """A sentence of the rules in this language; as it was said when no phrase fits."""
    for one in words.phrases:
        if fits := one.said.fullmatch(sentence):
            return one.shown.format(**{name: _filled(words, name, value) for name, value in fits.groupdict().items()})
    return sentence


def _filled(words: Words, name: str, value: str) -> str:
    """A value in its place: fields and lengths of time are words of ours, and a reason is a sentence of its own."""
    match name:
        case "age" | "why":
            return phrase(words, value)
        case "field":
            return named(words, "field", value)
        case _:
            return value


def choose(told: str, accept_language: str) -> str:
    """The language asked for: by the visitor's own choice, else by the browser, else the first of LANGUAGES."""
    if told in LANGUAGES:
        return told
    wanted: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept_language.split(",")[:20]):
        name, _, rest = part.strip().partition(";")
        weight = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", rest)
        language = name.strip().lower().partition("-")[0]
        if language in LANGUAGES:
            wanted.append((-float(weight[1]) if weight else -1.0, place, language))
    return min(wanted)[2] if wanted else LANGUAGES[0]


def amount(words: Words, value: Decimal | str | int) -> str:
    """A number with thousands, its decimals as they are."""
    try:
        plain = f"{Decimal(value):,f}"
    except InvalidOperation:
        return str(value)
    thousands, point = _SEPARATORS[words.language]
    return plain.translate({ord(","): thousands, ord("."): point})


def day(words: Words, text: str) -> str:
    """An ISO date as people write it."""
    try:
        return _DAYS[words.language].format(d=date.fromisoformat(text[:10]))
    except ValueError:
        return text


def instant(words: Words, text: str) -> str:
    """An instant to the minute, in UTC."""
    try:
        return f"{day(words, text)} {datetime.fromisoformat(text):%H:%M}"
    except ValueError:
        return text


def _flat(found: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    for name, value in found.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _pattern(said: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", said)
    texts = [f"(?P<{part}>.+)" if place % 2 else re.escape(part) for place, part in enumerate(parts)]
    return re.compile("".join(texts), re.DOTALL)
