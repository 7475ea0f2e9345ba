"""Unicode folding shared by the normalisers: clean text for display, ASCII text for comparison. No rules of a field."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

from anyascii import anyascii

_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—―−﹣－", "-"))
_ACCENTED = "ÁÀÂÄÃÅÉÈÊËÍÌÎÏÓÒÔÖÕÚÙÛÜÑÇÝ"
_PLAIN = "AAAAAAEEEEIIIIOOOOOUUUUNCY"
# The marks of ordinals and degrees fold to the letters that transliteration gives them.
_LATIN = str.maketrans(dict(zip(_ACCENTED, _PLAIN, strict=True)) | {"ª": "A", "º": "O", "°": "DEG"})
_LATIN_BYTES = bytes.maketrans(f"{_ACCENTED}ªº".encode("latin-1"), f"{_PLAIN}AO".encode())
_WORD = re.compile(r"[^\W_]+")
_NOT_ALNUM = re.compile(r"[^A-Z0-9]+")
_SPREADSHEET_WHOLE = re.compile(r"^(\d+)[.,]0{1,2}$")
_SPREADSHEET_POWER = re.compile(r"^\d(?:[.,]\d+)?E\+\d+$|^\d[.,]\d+E\d+$")


def words(text: str) -> frozenset[str]:
    """A table of single words, written as one text."""
    return frozenset(text.split())


def phrases(text: str) -> frozenset[str]:
    """A table of phrases, written as one text with | between them."""
    return frozenset(text.split("|"))


def clean(text: str, *, form: Literal["NFC", "NFKC"] = "NFKC") -> str:
    """The text on one line: no control or invisible characters, single spaces, Unicode normal form."""
    if text.isprintable() and "  " not in text and (text.isascii() or unicodedata.is_normalized(form, text)):
        return text.strip()
    found = " ".join(text.split())
    if found.isascii():
        return found if found.isprintable() else _printable(found)
    for _ in range(3):  # dropping a character or a space may bring two others together
        before, found = found, _printable(unicodedata.normalize(form, found))
        if found == before:
            break
    return found


def fold_dashes(text: str) -> str:
    """Every kind of dash as the hyphen of the keyboard."""
    return text if text.isascii() else text.translate(_DASHES)


def fold(text: str) -> str:
    """Upper-case ASCII for comparison: accents off, Ñ as N, other scripts transliterated."""
    upper = text.upper()
    if upper.isascii():
        return upper
    try:  # bytes are translated four times faster than text; all our letters have one in Latin-1
        found = upper.encode("latin-1").translate(_LATIN_BYTES)
    except UnicodeEncodeError:
        return _fold_any(upper)
    return found.decode("ascii") if found.isascii() else _fold_any(upper)


def _fold_any(upper: str) -> str:
    upper = upper.translate(_LATIN)
    if upper.isascii():
        return upper
    decomposed = unicodedata.normalize("NFKD", upper)
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return bare.upper() if bare.isascii() else str(anyascii(bare)).upper()


def folded_words(folded: str) -> list[str]:
    """The runs of letters and digits of a folded text."""
    return folded.split() if folded.replace(" ", "").isalnum() else _WORD.findall(folded)


def fold_keeping_enye(text: str) -> str:
    """As `fold`, but Ñ stays a letter of its own."""
    upper = unicodedata.normalize("NFC", text.upper())
    return "Ñ".join(fold(part) for part in upper.split("Ñ"))


def squeeze(text: str) -> str:
    """The folded letters and digits of the text, nothing between them."""
    folded = fold(text)
    return folded if folded.isascii() and folded.isalnum() else _NOT_ALNUM.sub("", folded)


def repair_spreadsheet(text: str) -> tuple[str, str]:
    """The upper-case text without what a spreadsheet added, and what it destroyed ("" when nothing).

    "12531909.0" loses nothing and becomes "12531909"; "1.25319E+07" has lost its last digits for good.
    """
    if text.isalnum():
        return text, ""
    text = text.removeprefix("'")
    whole = _SPREADSHEET_WHOLE.match(text)
    if whole:
        return whole.group(1), ""
    if _SPREADSHEET_POWER.match(text):
        return text, f"a spreadsheet turned the number into {text} and lost digits; read it again as text"
    if text.startswith("##") or text in ("#REF!", "#VALUE!", "#NAME?", "#DIV/0!", "#NUM!"):
        return text, f"a spreadsheet wrote {text[:8]} in place of the value; read it again as text"
    return text, ""


def _printable(text: str) -> str:
    kept = text if text.isprintable() else "".join(c if c.isprintable() or c.isspace() else "" for c in text)
    return " ".join(kept.split())
