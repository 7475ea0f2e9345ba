"""Whether two names can be one party's, with the reason. No scores and no other evidence than the names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rapidfuzz.distance import OSA, JaroWinkler

from concilia.normalize.name_tables import DOUBLE_NICKNAMES, GENERIC_WORDS, GIVEN_NAMES, NAME_ENDINGS, NICKNAMES

if TYPE_CHECKING:
    from concilia.normalize.names import Name

_VOWELS = frozenset("AEIOU")
_NO = False
_YES = True


def compatible(left: Name, right: Name) -> tuple[bool, str]:
    """Whether both can name one party: any order, missing parts, initials, nicknames, a slip in a long word.

    Father and son of one name are compatible: other evidence has to tell them apart.
    """
    if not (left.match_key and right.match_key):
        return _NO, "one of the names is empty or a placeholder"
    if left.match_key == right.match_key:
        return _YES, "the same words" if left.tokens == right.tokens else "the same words in another order"
    if _joined(left) == _joined(right):
        return _YES, "the same letters with other spaces"
    if "organization" in (left.party_kind, right.party_kind):
        return _companies(left, right)
    return _persons(left, right)


def _companies(left: Name, right: Name) -> tuple[bool, str]:
    ours, theirs = _core(left), _core(right)
    pairs, only_ours, only_theirs = _pair(ours, theirs)
    if only_ours or only_theirs:
        words = ", ".join((*only_ours, *only_theirs))
        return _NO, f"companies that differ in {words}"
    return _YES, f"the same company words ({_remarks(pairs) or 'general words apart'})"


def _persons(left: Name, right: Name) -> tuple[bool, str]:
    ours, theirs = _without_endings(left.tokens), _without_endings(right.tokens)
    ours, theirs = _doubles_written_out(ours, theirs), _doubles_written_out(theirs, ours)
    pairs, only_ours, only_theirs = _pair(ours, theirs)
    whole = [pair for pair in pairs if len(pair[0]) > 1 and len(pair[1]) > 1]
    if not whole:
        return _NO, "no word in common"
    if only_ours and only_theirs:
        return _both_differ(left, right, pairs=pairs, only=(only_ours, only_theirs))
    missing = (*only_ours, *only_theirs)
    if missing:
        if len(whole) < 2 and min(len(ours), len(theirs)) > 1 and not _remarks(pairs):
            return _NO, "too little in common"
        return _YES, f"one leaves out {', '.join(missing)}" + _behind(pairs)
    return _YES, _remarks(pairs) or "the same words"


def _both_differ(
    left: Name, right: Name, *, pairs: list[tuple[str, str, str]], only: tuple[tuple[str, ...], tuple[str, ...]]
) -> tuple[bool, str]:
    """Each name has words the other lacks: a second given name here and a second surname there may be one person."""
    only_left, only_right = only
    difference = f"{' '.join(only_left)} against {' '.join(only_right)}"
    paired = [word for ours, theirs, _ in pairs for word in (ours, theirs)]
    enough = any(_is_given(word) for word in paired) and any(not _is_given(word) and len(word) > 1 for word in paired)
    if enough and len(pairs) >= 2:
        if _all_given(only_left) and _none_given(only_right):
            return _YES, f"{difference}: a given name here, a surname there"
        if _none_given(only_left) and _all_given(only_right):
            return _YES, f"{difference}: a surname here, a given name there"
        if only_left == (left.married_name,) or only_right == (right.married_name,):
            return _YES, f"{difference}: a married name"
    return _NO, f"different names: {difference}"


def _pair(
    ours: tuple[str, ...], theirs: tuple[str, ...]
) -> tuple[list[tuple[str, str, str]], tuple[str, ...], tuple[str, ...]]:
    """Words that agree, surest first, with a remark each; and the words left over on either side."""
    left, right = list(ours), list(theirs)
    pairs: list[tuple[str, str, str]] = []
    for agrees in (_equal, _nickname, _initial, _slip):
        for word in tuple(left):
            found = next((other for other in right if agrees(word, other)), None)
            if found is not None:
                left.remove(word)
                right.remove(found)
                remark = "" if agrees is _equal else f"{word} and {found}: {_REMARKS[agrees.__name__]}"
                pairs.append((word, found, remark))
    return pairs, tuple(left), tuple(right)


_REMARKS = {"_nickname": "a short form", "_initial": "an initial", "_slip": "a slip in one letter"}


def _equal(left: str, right: str) -> bool:
    return left == right


def _nickname(left: str, right: str) -> bool:
    return right in NICKNAMES.get(left, ()) or left in NICKNAMES.get(right, ())


def _initial(left: str, right: str) -> bool:
    return left != right and 1 in (len(left), len(right)) and left[0] == right[0]


def _slip(left: str, right: str) -> bool:
    """One letter wrong in a long word; never between two given names, nor an A for an O at the end (Mario, Maria)."""
    if min(len(left), len(right)) < 5 or (left in GIVEN_NAMES and right in GIVEN_NAMES) or _other_gender(left, right):
        return False
    if any(char.isdigit() for char in left + right):
        return False
    return OSA.distance(left, right, score_cutoff=1) <= 1 or (
        min(len(left), len(right)) >= 8 and JaroWinkler.similarity(left, right) >= 0.96
    )


def _other_gender(left: str, right: str) -> bool:
    short, long = sorted((left, right), key=len)
    if len(short) == len(long):
        return short[:-1] == long[:-1] and short[-1] in _VOWELS and long[-1] in _VOWELS
    return long in (f"{short}A", f"{short}O")


def _core(name: Name) -> tuple[str, ...]:
    return tuple(token for token in name.tokens if token not in GENERIC_WORDS) or name.tokens


def _joined(name: Name) -> str:
    return "".join(name.tokens)


def _without_endings(tokens: tuple[str, ...]) -> tuple[str, ...]:
    kept = tuple(token for token in tokens if token not in NAME_ENDINGS)
    return kept if len(kept) >= 2 else tokens


def _doubles_written_out(tokens: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    """CHEMA as JOSE MARIA, when the other name has both."""
    return tuple(
        part
        for token in tokens
        for part in (DOUBLE_NICKNAMES[token] if set(DOUBLE_NICKNAMES.get(token, "?")) <= set(others) else (token,))
    )


def _is_given(word: str) -> bool:
    return word in GIVEN_NAMES or word in NICKNAMES


def _all_given(words: Iterable[str]) -> bool:
    return all(_is_given(word) or len(word) == 1 for word in words)


def _none_given(words: Iterable[str]) -> bool:
    return not any(_is_given(word) for word in words)


def _remarks(pairs: list[tuple[str, str, str]]) -> str:
    return "; ".join(remark for _, _, remark in pairs if remark)


def _behind(pairs: list[tuple[str, str, str]]) -> str:
    remarks = _remarks(pairs)
    return f"; {remarks}" if remarks else ""
