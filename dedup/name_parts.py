"""Words of a name as matching compares them, and which of them are given names and which surnames. No scores."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from concilia.normalize.folding import clean, fold
from concilia.normalize.name_tables import ABBREVIATIONS, DOUBLE_NICKNAMES, GIVEN_NAMES, NICKNAMES, PARTICLES, TITLES
from concilia.normalize.placeholders import name_says_nothing, why_fake_name
from dedup.surname_table import SURNAMES

Words = tuple[str, ...]
Split = tuple[Words, Words]  # given names, surnames

_KNOWN_GIVEN = GIVEN_NAMES | NICKNAMES.keys() | DOUBLE_NICKNAMES.keys()
_CUT_GIVEN = frozenset(name[:size] for name in GIVEN_NAMES for size in range(2, len(name)))
_WORD = re.compile(r"[^\W_]+")
_APOSTROPHES = re.compile(r"(?<=\w)['’´`](?=\w)")
_LONGEST = 512
_MOST_GIVEN = 3
# How much likelier the usual number of given names is; one of three words, two of four or more.
_ORDER_COST = 0.5  # surnames first is the rarer way to write a name on one line
_COUNT_COST = 0.4
_GENERATIONS = {"JR": "JUNIOR", "JUNIOR": "JUNIOR", "FILHO": "JUNIOR", "NETO": "NETO", "SOBRINHO": "SOBRINHO"}


@lru_cache(maxsize=40_000)
def name_words(text: str) -> Words:
    """The folded words of one part of a person's name, particles and titles left out, abbreviations written out.

    Empty when the part says nothing or stands for nobody.
    """
    if len(text) > _LONGEST:
        return ()
    display = clean(text, form="NFC")
    if name_says_nothing(display):
        return ()
    found = _WORD.findall(fold(_APOSTROPHES.sub("", display)))
    if not found or why_fake_name(" ".join(found)):
        return ()
    if len(found) > 2 and found[0] in TITLES:
        found = found[1:]
    kept = [word for word in found if word not in PARTICLES] or found
    return tuple([ABBREVIATIONS.get(word, word) for word in kept])


def split_words(words: Sequence[str]) -> Split:
    """Given names and surnames of a person's name on one line, by the words known as given names and by position."""
    size = len(words)
    if size == 0:
        return (), ()
    if size == 1:
        return (tuple(words), ()) if words[0] in _KNOWN_GIVEN else ((), tuple(words))
    return _split(tuple(words))


@lru_cache(maxsize=40_000)
def _split(words: Words) -> Split:
    size = len(words)
    if size == 2 and all(word in SURNAMES and word not in _KNOWN_GIVEN for word in words):
        return (), words
    known = [_given_ness(word, last=at == size - 1) for at, word in enumerate(words)]
    usual = 1 if size < 4 else 2
    best, found = float("-inf"), (words[:1], words[1:])
    for count in range(1, min(_MOST_GIVEN, size - 1) + 1):
        cost = _COUNT_COST * abs(count - usual)
        leading = sum(known[:count]) - 0.5 * sum(known[count:]) - cost
        trailing = sum(known[-count:]) - 0.5 * sum(known[:-count]) - cost - _ORDER_COST
        if leading > best:
            best, found = leading, (words[:count], words[count:])
        if trailing > best:
            best, found = trailing, (words[-count:], words[:-count])
    return found


def _given_ness(word: str, *, last: bool) -> float:
    """How much a word reads as a given name; the last one may have been cut by a narrow column."""
    if word in _KNOWN_GIVEN:
        return 0.3 if word in SURNAMES else 1.0
    if word in SURNAMES:
        return -1.0
    if len(word) == 1:
        return 0.1
    return 0.2 if last and word in _CUT_GIVEN else -0.3


def without_ending(words: Words) -> tuple[Words, str]:
    """The words without the one that tells a son or a grandson from his father of one name, and that word."""
    if len(words) > 2:
        for at in range(1, len(words)):
            ending = _GENERATIONS.get(words[at])
            if ending:
                return (*words[:at], *words[at + 1 :]), ending
    return words, ""


def split_at_comma(text: str) -> Split | None:
    """Given names and surnames of "PEREZ SOTO, Juan"; None when no comma parts the name in two."""
    before, comma, after = text.partition(",")
    if not comma or "," in after:
        return None
    surnames, given = name_words(before), name_words(after)
    return (given, surnames) if given and surnames else None
