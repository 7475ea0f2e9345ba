"""How the words of two names relate: equal, a slip, a nickname, an initial. Arrays of pairs; no weights."""

from __future__ import annotations

from functools import lru_cache
from itertools import product

import numpy as np
from rapidfuzz.distance import OSA, JaroWinkler
from rapidfuzz.process import cpdist

from concilia.normalize.name_tables import GIVEN_NAMES, NICKNAMES
from dedup.rows import Array, Columns, combine, hash_words
from dedup.surname_table import SURNAMES

NONE, INITIAL, NICKNAME, CLOSE, EQUAL = 0, 1, 2, 3, 4
_CLOSE_ENOUGH = 0.9
_SLIP_FROM = 5  # letters from which one wrong letter is likelier a slip than another word
_RARER = 16  # eighths of a bit: a slip is at least this much rarer than the word it was meant to be
_RARE = 80  # eighths of a bit: rarer than one name in 1,024 may be a slip of anything
_NO_WORD = np.uint8(255)
_WIDTH = 16  # bytes of a word
_VOWELS = np.zeros(256, dtype=bool)
_VOWELS[[ord(c) for c in "AEIOU"]] = True


def relate(left: Columns, right: Columns, rarity: tuple[Array, Array]) -> tuple[Array, Array]:
    """The best relation of each word of the left names to any word of the right ones, and the other way round.

    `rarity` are the words' rarities on both sides, in eighths of a bit.
    """
    ours, theirs = left.word_hash, right.word_hash
    equal = (ours[:, :, None] == theirs[:, None, :]) & (ours != 0)[:, :, None]
    of_ours = equal.any(2).astype(np.uint8) * EQUAL
    of_theirs = equal.any(1).astype(np.uint8) * EQUAL
    pair, i, j = np.nonzero(((of_ours == 0) & (ours != 0))[:, :, None] & ((of_theirs == 0) & (theirs != 0))[:, None, :])
    if len(pair):
        apart = np.bitwise_count(left.letters[pair, i] ^ right.letters[pair, j])
        same_start = left.words[pair, i].view("S1")[::_WIDTH] == right.words[pair, j].view("S1")[::_WIDTH]
        kept = np.flatnonzero((apart <= 3) | same_start | _maybe_short(left, right, pair, i, j))
        pair, i, j = pair[kept], i[kept], j[kept]
        found = _relations(left, right, (pair, i, j), rarity)
        for code in (INITIAL, NICKNAME, CLOSE):
            at = found == code
            of_ours[pair[at], i[at]] = code
            of_theirs[pair[at], j[at]] = code
    return of_ours, of_theirs


def sides(left: Columns, right: Columns, of_ours: Array, of_theirs: Array, slots: slice) -> tuple[Array, ...]:
    """Counts of words, the worst relation of the side with fewer words, and of both sides; 255 where none."""
    have_l, have_r = left.word_hash[:, slots] != 0, right.word_hash[:, slots] != 0
    count_l, count_r = have_l.sum(1), have_r.sum(1)
    worst_l = np.where(have_l, of_ours[:, slots], _NO_WORD).min(1)
    worst_r = np.where(have_r, of_theirs[:, slots], _NO_WORD).min(1)
    shorter = np.where(count_l < count_r, worst_l, np.where(count_r < count_l, worst_r, np.maximum(worst_l, worst_r)))
    best = np.maximum(
        np.where(have_l, of_ours[:, slots], 0).max(1), np.where(have_r, of_theirs[:, slots], 0).max(1)
    )  # fmt: skip
    missing = (count_l == 0) | (count_r == 0)
    return count_l, count_r, shorter, np.minimum(worst_l, worst_r), best, missing


def _maybe_short(left: Columns, right: Columns, pair: Array, i: Array, j: Array) -> Array:
    """Whether one is a known short form."""
    ours, theirs = left.word_hash[pair, i], right.word_hash[pair, j]
    short = _short_forms()[0]
    return np.isin(ours, short) | np.isin(theirs, short)


def _relations(left: Columns, right: Columns, at: tuple[Array, Array, Array], rarity: tuple[Array, Array]) -> Array:
    pair, i, j = at
    ours, theirs = left.words[pair, i], right.words[pair, j]
    found = np.zeros(len(pair), dtype=np.uint8)
    if len(pair) == 0:
        return found
    a, b = ours.view(np.uint8).reshape(-1, _WIDTH), theirs.view(np.uint8).reshape(-1, _WIDTH)
    size_a, size_b = (a != 0).sum(1), (b != 0).sum(1)
    shorter = np.minimum(size_a, size_b)
    person = ~(left.company[pair] | right.company[pair])
    nickname = np.isin(_both(left.word_hash[pair, i], right.word_hash[pair, j]), _short_forms()[1])
    slip = _one_is_a_slip(rarity[0][pair, i], rarity[1][pair, j])
    may_be_close = (shorter >= 3) & (np.abs(size_a - size_b) <= 2)
    may_be_close &= ~(_other_gender(a, b, size_a, size_b) & person)
    may_be_close &= slip
    may_be_close &= ~(_has_digit(a) | _has_digit(b)) | person
    tried = np.flatnonzero(may_be_close)
    short = np.where(size_a < size_b, left.word_hash[pair, i], right.word_hash[pair, j])
    may_be_short = person & (shorter >= 3) & (shorter <= 5) & (np.abs(size_a - size_b) >= 2)
    tried_short = np.flatnonzero(may_be_short & ~np.isin(short, _whole_names()))
    found[tried[_close(ours[tried], theirs[tried], shorter[tried])]] = CLOSE
    found[tried_short[_abbreviated(a[tried_short], b[tried_short])]] = CLOSE
    found[nickname & person] = NICKNAME
    cut = _is_start(a, b, shorter) & (size_a != size_b)
    found[cut & slip & (shorter >= np.where(person, 3, 2))] = CLOSE
    found[cut & (shorter <= np.where(slip, 2, 1)) & person] = INITIAL
    return found


def _abbreviated(a: Array, b: Array) -> Array:
    """FDO for Fernando, MTZ for Martínez: the first letter, some in order, and the last, beginning like no word.

    Three letters begin with two consonants; so do longer ones, unless they have none but consonants inside.
    """
    swapped = (a != 0).sum(1) > (b != 0).sum(1)
    short, whole = np.where(swapped[:, None], b, a), np.where(swapped[:, None], a, b)
    size, long = (short != 0).sum(1), (whole != 0).sum(1)
    at = np.arange(len(short))
    vowel = _VOWELS[short]
    place = np.arange(_WIDTH)[None, :]
    inside = (vowel & (place > 0) & (place < size[:, None] - 1)).any(1)
    skeleton = (~vowel[:, 0] & ~vowel[:, 1]) | ((size > 3) & ~inside)
    found = skeleton & (short[:, 0] == whole[:, 0]) & (short[at, size - 1] == whole[at, long - 1])
    done = np.zeros(len(short), dtype=np.int64)
    for letter in range(_WIDTH):
        done += (done < size) & (short[at, np.minimum(done, _WIDTH - 1)] == whole[:, letter]) & (whole[:, letter] != 0)
    in_order: Array = found & (done >= size)
    return in_order


def _close(ours: Array, theirs: Array, shorter: Array) -> Array:
    if len(ours) == 0:
        return np.zeros(0, dtype=bool)
    a, b = ([word.decode("utf-8", "replace") for word in words.tolist()] for words in (ours, theirs))
    alike = np.asarray(cpdist(a, b, scorer=JaroWinkler.similarity, dtype=np.float32) >= _CLOSE_ENOUGH)
    slip = cpdist(a, b, scorer=OSA.distance, score_cutoff=1, dtype=np.uint8) <= 1
    return np.asarray((alike & (shorter >= _SLIP_FROM)) | slip)


def _one_is_a_slip(ours: Array, theirs: Array) -> Array:
    """Two words that are both usual are two names; a slip is rare, or much rarer than what was meant."""
    a, b = ours.astype(np.int16), theirs.astype(np.int16)
    return np.asarray((np.maximum(a, b) >= _RARE) | (np.abs(a - b) >= _RARER))


def _is_start(a: Array, b: Array, shorter: Array) -> Array:
    """Whether the shorter word is how the longer one begins: an initial, an abbreviation, a column too narrow."""
    found: Array = ((a == b) | (np.arange(_WIDTH)[None, :] >= shorter[:, None])).all(1)
    return found


def _other_gender(a: Array, b: Array, size_a: Array, size_b: Array) -> Array:
    """Mario and Maria, Juan and Juana: one letter apart, and two persons."""
    differ = (a != b).sum(1)
    at = np.arange(len(a))
    last_a: Array = a[at, size_a - 1]
    last_b: Array = b[at, size_b - 1]
    same_size: Array = (size_a == size_b) & (differ == 1) & (last_a != last_b) & _VOWELS[last_a] & _VOWELS[last_b]
    longer = np.where(size_a > size_b, last_a, last_b)
    one_more: Array = (np.abs(size_a - size_b) == 1) & (differ == 1) & ((longer == ord("A")) | (longer == ord("O")))
    return np.asarray(same_size | one_more)


def _has_digit(words: Array) -> Array:
    return np.asarray(((words >= 48) & (words <= 57)).any(1))


def _both(ours: Array, theirs: Array) -> Array:
    return combine(np.minimum(ours, theirs), np.maximum(ours, theirs))


@lru_cache(maxsize=1)
def _whole_names() -> Array:
    """Hashes of the names that abbreviate nothing, however they look: ALDO is not ALFREDO."""
    return np.sort(hash_words(np.array(sorted(GIVEN_NAMES | SURNAMES), dtype="S16")))


@lru_cache(maxsize=1)
def _short_forms() -> tuple[Array, Array]:
    """Hashes of the short forms, and of the pairs of a short form and another name that may be one person's."""
    whole: dict[str, set[str]] = {}
    for short, formals in NICKNAMES.items():
        for formal in formals:
            whole.setdefault(formal, set()).add(short)
    pairs = {(short, formal) for short, formals in NICKNAMES.items() for formal in formals}
    pairs |= {(a, b) for shorts in whole.values() for a, b in product(shorts, shorts) if a != b}
    words = sorted({word for pair in pairs for word in pair})
    hashes = dict(zip(words, hash_words(np.array(words, dtype="S16")), strict=True))
    ours = np.array([hashes[a] for a, _ in sorted(pairs)], dtype=np.uint32)
    theirs = np.array([hashes[b] for _, b in sorted(pairs)], dtype=np.uint32)
    return np.sort(np.array([hashes[w] for w in words if w in NICKNAMES], dtype=np.uint32)), np.sort(
        _both(ours, theirs)
    )
