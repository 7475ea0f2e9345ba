"""Letters: accents off, a slip of the keyboard. Knows no field."""

from __future__ import annotations

from benchmarks.portfolios.dice import Dice

_PLAIN = str.maketrans("áàâãäéêèëíîïóôõöúûüçñÁÀÂÃÄÉÊÈËÍÎÏÓÔÕÖÚÛÜÇÑ", "aaaaaeeeeiiioooouuucnAAAAAEEEEIIIOOOOUUUCN")
_NEIGHBOURS = {
    "a": "sq", "b": "vn", "c": "xvs", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj", "i": "uoy", "j": "hk",
    "k": "jl", "l": "k", "m": "n", "n": "mb", "o": "ip", "p": "o", "q": "w", "r": "et", "s": "adz", "t": "ry",
    "u": "yi", "v": "bc", "w": "q", "x": "zc", "y": "ti", "z": "xs",
}  # fmt: skip
_SOUNDS = (("z", "s"), ("s", "z"), ("v", "b"), ("b", "v"), ("ll", "y"), ("c", "s"), ("g", "j"), ("h", ""), ("qu", "k"))


def words(text: str) -> tuple[str, ...]:
    """A table of single words, written as one text; _ stands for a space inside one."""
    return tuple(word.replace("_", " ") for word in text.split())


def phrases(text: str) -> tuple[str, ...]:
    """A table of phrases, written as one text with | between them."""
    return tuple(text.split("|"))


def plain(text: str) -> str:
    """Without accents; Ñ becomes N."""
    return text if text.isascii() else text.translate(_PLAIN)


def slip(dice: Dice, text: str) -> str:
    """One mistake as hands and ears make it: two letters swapped, one wrong, missing, doubled or heard otherwise."""
    if len(text) < 4:
        return text
    place = 1 + int(dice.random() * (len(text) - 2))
    before, here, after = text[:place], text[place], text[place + 1 :]
    match int(dice.random() * 5):
        case 0:
            return before + after[:1] + here + after[1:]
        case 1:
            return before + dice.one(_NEIGHBOURS.get(here.lower(), here.lower())) + after
        case 2:
            return before + after
        case 3:
            return before + here + here + after
    wrong, heard = dice.one(_SOUNDS)
    return text.replace(wrong, heard, 1) if wrong in text[1:] else before + after


def slip_digits(dice: Dice, text: str) -> str:
    """One digit wrong, or two neighbours swapped."""
    places = [place for place, char in enumerate(text) if char.isdigit()]
    if len(places) < 4:
        return text
    place = dice.one(places[:-1])
    if text[place] != text[place + 1] and text[place + 1].isdigit() and dice.chance(0.4):
        return text[:place] + text[place + 1] + text[place] + text[place + 2 :]
    return text[:place] + str((int(text[place]) + dice.between(1, 9)) % 10) + text[place + 1 :]
