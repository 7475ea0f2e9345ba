"""Words of a name as matching compares them, and which of them are given names and which surnames. No scores."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from concilia.normalize.folding import clean, fold, folded_words
from concilia.normalize.name_tables import ABBREVIATIONS, DOUBLE_NICKNAMES, GIVEN_NAMES, NICKNAMES, PARTICLES, TITLES
from concilia.normalize.placeholders import name_says_nothing, why_fake_name
from dedup.surname_table import SURNAMES

Words = tuple[str, ...]
Split = tuple[Words, Words]  # given names, surnames

_KNOWN_GIVEN = GIVEN_NAMES | NICKNAMES.keys() | DOUBLE_NICKNAMES.keys()
# How much a known word reads as a given name. Of the others a letter alone may be one, and the last word one that a
# narrow column cut off.
_GIVEN_NESS = dict.fromkeys(SURNAMES, -1.0) | {word: 0.3 if word in SURNAMES else 1.0 for word in _KNOWN_GIVEN}
_TWO_SURNAMES = [-1.0, -1.0]
_CUT_GIVEN = frozenset(name[:size] for name in GIVEN_NAMES for size in range(2, len(name)))
_APOSTROPHES = re.compile(r"(?<=\w)['’´`](?=\w)")
_LONGEST = 512
_MOST_GIVEN = 3
# How much likelier the usual number of given names is; one of three words, two of four or more.
_ORDER_COST = 0.5  # surnames first is the rarer way to write a name on one line
_COUNT_COST = 0.4
_BEHIND_GIVEN = 0.6
_INITIAL = 0.1  # how much one letter reads as a given name
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
    found = folded_words(fold(_APOSTROPHES.sub("", display)))
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
    last = words[-1]
    known = [_GIVEN_NESS.get(word) or (_INITIAL if len(word) == 1 else -0.3) for word in words]
    if last not in _GIVEN_NESS and last in _CUT_GIVEN:
        known[-1] = 0.2
    if size == 2 and known == _TWO_SURNAMES:
        return (), tuple(words)
    count, leads = _cut(tuple(known))
    return _parted(tuple(words), count=count, leads=leads)


def _parted(words: Words, *, count: int, leads: bool) -> Split:
    return (words[:count], words[count:]) if leads else (words[-count:], words[:-count])


@lru_cache(maxsize=40_000)
def _cut(known: tuple[float, ...]) -> tuple[int, bool]:
    """How many words are given names, and whether they lead; `known` says how much each reads as one."""
    size = len(known)
    usual = 1 if size < 4 else 2
    best, found = float("-inf"), (1, True)
    for count in range(1, min(_MOST_GIVEN, size - 1) + 1):
        cost = _COUNT_COST * abs(count - usual)
        leading = sum(known[:count]) - 0.5 * sum(known[count:]) - cost
        if count > 1 and known[count - 1] == _INITIAL and known[count - 2] > _INITIAL:
            leading += _BEHIND_GIVEN  # Ana C. Soto: behind a given name an initial is of another one
        trailing = sum(known[-count:]) - 0.5 * sum(known[:-count]) - cost - _ORDER_COST
        if leading > best:
            best, found = leading, (count, True)
        if trailing > best:
            best, found = trailing, (count, False)
    return found


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
