"""What the names of two companies say: one level for each of many pairs. Arrays of pairs; no weights."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from concilia.normalize.folding import words
from concilia.normalize.name_tables import GIVEN_NAMES
from dedup.rows import Array, Columns, hash_words
from dedup.word_relations import CLOSE, EQUAL, sides

_GENERAL = 64  # eighths of a bit: words more usual than one company in 256 are general ones
_LONG = 14  # letters from which a name may have been cut by a narrow column
_LARGE = np.uint8(255)


def _hashes(found: Iterable[str]) -> Array:
    return np.sort(hash_words(np.array(sorted(found), dtype="S16")))


_NUMERALS = _hashes(
    words("UNO DOS TRES CUATRO CINCO SEIS SIETE OCHO NUEVE DIEZ UM DOIS QUATRO SETE OITO NOVE DEZ")
    | words("PRIMERO SEGUNDO TERCERO PRIMEIRO TERCEIRO I II III IV V VI VII VIII IX X 1 2 3 4 5 6 7 8 9 10")
)
_TELLING = np.union1d(
    _NUMERALS, _hashes(words("NORTE SUR ESTE OESTE SUL LESTE CENTRO NUEVO NUEVA NOVO NOVA"))
)  # fmt: skip
_GIVEN_NAMES = _hashes(GIVEN_NAMES)
# What is left of a legal form that a column cut or that somebody wrote in the middle of a name.
_FORM_PARTS = _hashes(words("S SA SAS SAC SP SPA SR SRL L LT LTD LTDA LIMITADA E EI EIRL EIRELI ME EPP CV RL SOC CIA"))


def company_level(
    left: Columns, right: Columns, relations: tuple[Array, Array], rarity: tuple[Array, Array], same_name: Array
) -> Array:
    of_ours, of_theirs = relations
    count_l, count_r, shorter, both, best, missing = sides(left, right, of_ours, of_theirs, slice(None))
    rest_l, rest_r = _left_over(left, of_ours), _left_over(right, of_theirs)
    full = (both == EQUAL) | same_name
    other_form = full & (left.form != 0) & (right.form != 0) & (left.form != right.form)
    general = np.maximum(_rarest(left, rest_l, rarity[0]), _rarest(right, rest_r, rarity[1])) < _GENERAL
    part = (shorter >= CLOSE) | ~rest_l.any(1) | ~rest_r.any(1)
    agree = np.minimum((of_ours >= CLOSE).sum(1), (of_theirs >= CLOSE).sum(1))
    half = (best >= CLOSE) & (2 * agree >= np.maximum(count_l, count_r))
    cut, inside_word = _cut_short(left, right, count_l, count_r)
    numbered = (
        part
        & ~inside_word
        & (np.isin(left.word_hash, _NUMERALS) & rest_l | np.isin(right.word_hash, _NUMERALS) & rest_r).any(1)
    )
    person = part & (agree >= 2) & (_holds_a_person(left, rest_l) | _holds_a_person(right, rest_r))
    form_only = part & ~rest_l.any(1) & ~rest_r.any(1) & (best >= CLOSE)
    return np.select(
        [
            missing & ~same_name, other_form, full, (both >= CLOSE), form_only, numbered, cut & ~person, person,
            part & general, part, half, best >= CLOSE,
        ],
        [0, 2, 1, 3, 3, 10, 9, 11, 4, 5, 6, 7],
        default=8,
    ).astype(np.uint8)  # fmt: skip


def _left_over(side: Columns, relation: Array) -> Array:
    """The words of a side that the other lacks, parts of legal forms apart."""
    found: Array = (relation < CLOSE) & (side.word_hash != 0) & ~np.isin(side.word_hash, _FORM_PARTS)
    return found


def _holds_a_person(side: Columns, rest: Array) -> Array:
    """Whether what the other side lacks is a given name and a word or two more: whom to ask for, typed in."""
    count = rest.sum(1)
    found: Array = (count >= 2) & (count <= 3) & (rest & np.isin(side.word_hash, _GIVEN_NAMES)).any(1)
    return found


def _cut_short(left: Columns, right: Columns, count_l: Array, count_r: Array) -> tuple[Array, Array]:
    """Whether the name with fewer words is how the other begins: a column too narrow; and whether a word is cut."""
    found, inside_word = np.zeros(len(left), dtype=bool), np.zeros(len(left), dtype=bool)
    fewer = np.minimum(count_l, count_r)
    first = (left.word_hash[:, 0] == right.word_hash[:, 0]) & (left.word_hash[:, 0] != 0)
    at = np.flatnonzero(first & (fewer >= 2))
    if len(at) == 0:
        return found, inside_word
    ours = left.words[at].view(np.uint8).reshape(len(at), -1, 16)
    theirs = right.words[at].view(np.uint8).reshape(len(at), -1, 16)
    shorter = np.minimum((ours != 0).sum(2), (theirs != 0).sum(2))
    equal = left.word_hash[at] == right.word_hash[at]
    begins = ((ours == theirs) | (np.arange(16)[None, None, :] >= shorter[:, :, None])).all(2)
    place = np.arange(ours.shape[1])[None, :]
    last = fewer[at, None] - 1
    letters = np.where(place <= last, shorter, 0).sum(1)
    found[at] = (equal | (place >= last)).all(1) & (begins | (place != last)).all(1) & (letters >= _LONG)
    inside_word[at] = found[at] & (~equal & (place == last)).any(1)
    return found, inside_word


def _rarest(side: Columns, rest: Array, rarity: Array) -> Array:
    """The rarity of the rarest word left over; a number or a direction tells companies apart, however usual."""
    telling = np.where(np.isin(side.word_hash, _TELLING), _LARGE, rarity)
    found: Array = np.where(rest, telling, 0).max(1)
    return found
