"""Names of persons and companies: raw text to display form, comparison tokens and verdict. No scores, no matching.

`compatible` (in `name_comparison`) says whether two of them can be one party's.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from concilia.normalize import name_comparison
from concilia.normalize.folding import clean, fold, fold_keeping_enye, folded_words
from concilia.normalize.name_tables import (
    ABBREVIATIONS,
    DOUBTFUL_FORMS,
    GIVEN_NAMES,
    LEGAL_FORMS,
    LONGEST_LEGAL_FORM,
    ORGANIZATION_WORDS,
    PARTICLES,
    STATUS_TAILS,
    TITLES,
)
from concilia.normalize.placeholders import name_says_nothing, why_fake_name
from concilia.normalize.verdict import Verdict

LONGEST = 512
compatible = name_comparison.compatible
_APOSTROPHES = re.compile(r"(?<=\w)['’´`](?=\w)")
_MARIA = re.compile(r"\b[Mm]\.?\s?ª")
_ORDINALS = str.maketrans({"ª": "", "º": "", "°": ""})
_MARKS = re.compile(r"[ªº°'’´`]")  # of which the three above consist
_WORD = re.compile(r"[^\W_]+")
_ENDS_IN_SA = re.compile(r"(?:^|\s)s[áã]\W*$", re.IGNORECASE)  # the surname Sá, not S.A.


@dataclass(frozen=True, slots=True)
class Name:
    """A name. `value` is for display; the rest is for comparison only.

    `tokens` are folded upper-case words without particles, titles and legal form, abbreviations written out;
    `tokens_n` the same with Ñ kept. `legal_form` is canonical ("SA DE CV"), "" when none was written. `match_key` is
    the sorted tokens, empty when the name must not match anything. `married_name` is a last word behind "de".
    """

    value: str
    raw: str
    verdict: Verdict
    reason: str
    tokens: tuple[str, ...] = ()
    tokens_n: tuple[str, ...] = ()
    legal_form: str = ""
    party_kind: str | None = None
    match_key: str = ""
    married_name: str = ""


def normalize_name(raw: str) -> Name:
    """The name on one line as given, and what of it can be compared. Never raises; any script has tokens."""
    if len(raw) > LONGEST:
        return Name("", raw, Verdict.INVALID, f"longer than {LONGEST} characters")
    display = clean(raw, form="NFC")
    if name_says_nothing(display):
        return Name("", raw, Verdict.EMPTY, "says nothing")
    plain = _without_marks(display)
    words = folded_words(fold(plain))
    fake = why_fake_name(" ".join(words))
    if fake:
        return Name(display, raw, Verdict.PLACEHOLDER, fake)
    core, legal_form = _without_legal_form(
        words, ends_in_surname=words[-1:] == ["SA"] and bool(_ENDS_IN_SA.search(display))
    )
    kind = _party_kind(core, legal_form)
    tokens = _tokens(core, organization=kind == "organization") or _last_resort(display)
    tokens_n = tokens
    if "ñ" in display or "Ñ" in display:
        with_enye = _WORD.findall(fold_keeping_enye(plain))[: len(core)]
        tokens_n = _tokens(with_enye, organization=kind == "organization") or tokens
    return Name(
        display, raw, Verdict.VALID_FORMAT, "a name", tokens, tokens_n, legal_form, kind,
        " ".join(sorted(tokens)), "" if kind == "organization" else _married_name(words),
    )  # fmt: skip


def _without_marks(display: str) -> str:
    """The text without ordinal signs (Mª is MA) and without apostrophes inside words."""
    if not _MARKS.search(display):
        return display
    return _APOSTROPHES.sub("", _MARIA.sub("MA ", display).translate(_ORDINALS))


def _without_legal_form(words: list[str], *, ends_in_surname: bool) -> tuple[list[str], str]:
    """The words before the legal form, and the form; forms written twice ("LTDA - ME") count as the first."""
    core, form = words, ""
    for _ in range(3):
        core = _without_status(core)
        size, found = _form_at_end(core)
        if not found or (ends_in_surname and found == "SA" and not form):
            break
        if found in DOUBTFUL_FORMS and _reads_as_person(core[:-size]):
            break
        core, form = core[:-size], found
    return core, form


def _form_at_end(words: list[str]) -> tuple[int, str]:
    if len(words) < 2 or words[-1] not in _FORM_ENDINGS:
        return 0, ""
    for size in range(min(LONGEST_LEGAL_FORM, len(words) - 1), 0, -1):
        found = LEGAL_FORMS.get("".join(words[-size:]))
        if found:
            return size, found
    return 0, ""


def _without_status(words: list[str]) -> list[str]:
    if not words or words[-1] not in _STATUS_ENDINGS:
        return words
    for tail in STATUS_TAILS:
        if len(words) > len(tail) and tuple(words[-len(tail) :]) == tail:
            return words[: -len(tail)]
    return words


def _reads_as_person(words: list[str]) -> bool:
    return words[0] in GIVEN_NAMES and len(words) <= 4 and ORGANIZATION_WORDS.isdisjoint(words)


def _party_kind(words: list[str], legal_form: str) -> str | None:
    if legal_form:
        return "organization"
    whole = words if ABBREVIATIONS.keys().isdisjoint(words) else [ABBREVIATIONS.get(word, word) for word in words]
    if not ORGANIZATION_WORDS.isdisjoint(whole):
        return "organization"
    if not GIVEN_NAMES.isdisjoint(whole):
        return "person"
    if any(char.isdigit() for word in words for char in word):
        return "organization"
    return None


def _tokens(words: list[str], *, organization: bool) -> tuple[str, ...]:
    if organization:
        words = _joined_letters(words)
    elif len(words) > 2 and words[0] in TITLES:
        words = words[1:]
    kept = [word for word in words if word not in PARTICLES] or words
    return tuple([ABBREVIATIONS.get(word, word) for word in kept])


def _joined_letters(words: list[str]) -> list[str]:
    """Letters that stand alone side by side make one word: I. B. M. is IBM."""
    joined: list[str] = []
    letters = ""
    for word in [*words, ""]:
        if len(word) == 1:
            letters += word
            continue
        if letters:
            joined.append(letters)
        letters = ""
        if word:
            joined.append(word)
    return joined


def _married_name(words: list[str]) -> str:
    if len(words) >= 4 and words[-2] == "DE" and words[0].endswith("A"):
        return ABBREVIATIONS.get(words[-1], words[-1])
    return ""


def _last_resort(display: str) -> tuple[str, ...]:
    """Words of a script that folding leaves without letters, as they are."""
    return tuple(_WORD.findall(display.upper())) or (display.upper(),)


_STATUS_ENDINGS = frozenset(tail[-1] for tail in STATUS_TAILS)
# The last letters or words a legal form can end with, so that most names skip the search.
_FORM_ENDINGS = frozenset(
    ending for form in LEGAL_FORMS for ending in (form, form[-1], form[-2:], form[-3:], form[-4:])
) | {"LIMITADA", "ANONIMA", "ACCIONES", "SIMPLIFICADA", "SIMPLIFICADAS", "VARIABLE", "CERRADA", "CIVIL", "SOFOM", "ENR"}
