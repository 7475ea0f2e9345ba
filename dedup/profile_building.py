"""From claims, or from the columns of a table, to a `Profile`: every value through its normaliser. Compares nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar

from concilia.normalize.address_tables import CITIES
from concilia.normalize.folding import fold, squeeze
from concilia.normalize.name_tables import ABBREVIATIONS, GENERIC_WORDS, LEGAL_FORMS
from concilia.normalize.names import Name, normalize_name
from concilia.normalize.tax_id_rules import ALIASES
from concilia.normalize.verdict import Verdict
from concilia.portfolio.party import ContactPoint, Identifier
from dedup.name_parts import Split, name_words, split_at_comma, split_words, without_ending
from dedup.party import LOCAL_TYPES, OTHERS, SourceParty
from dedup.party_profile import MISTYPED, ORGANIZATION, PERSON, VALID, WELL_FORMED, Place, Profile, ProfileId

T = TypeVar("T")
_WORD = re.compile(r"[A-Z0-9]+")
_SHORT_LAST = frozenset(whole for short, whole in ABBREVIATIONS.items() if len(short) <= 3)
_CUT_FORMS = frozenset(
    form[:size] for form in ("SOCIEDAD", *LEGAL_FORMS) for size in range(2, len(form)) if len(form) > 3
)
_NARROW = 18  # characters; a shorter name was hardly cut
_SECOND = re.compile(
    r"\bdos(?=\s*(?:$|\b(?:s\W?[apr]|ltda|sociedad|limitada|eirl|e\W?i\W?r\W?l|ci?a\b)))", re.IGNORECASE
)
_PROOF = {
    Verdict.VALID_CHECKSUM: VALID, Verdict.VERIFIED: VALID, Verdict.VALID_FORMAT: WELL_FORMED,
    Verdict.CHECK_WARNING: WELL_FORMED, Verdict.INVALID: MISTYPED,
}  # fmt: skip
_PERSONS_ID = frozenset(
    {"MX:CURP", "CO:CC", "CO:CE", "CO:TI", "CO:PPT", "PE:DNI", "PE:CE", "AR:DNI", "BR:CPF", "EC:CI"}
)
_RULED = frozenset(f"{country}:{kind}" for country, kinds in ALIASES.items() for kind in kinds.values())
_RUC_KIND = {"10": PERSON, "15": PERSON, "16": PERSON, "17": PERSON, "20": ORGANIZATION}
_KIND_RULES: dict[str, Callable[[str], str | None]] = {
    "CL:RUT": lambda text: ORGANIZATION if len(text) == 9 and text >= "5" else PERSON,
    "MX:RFC": lambda text: ORGANIZATION if len(text) == 12 else PERSON,
    "BR:CNPJ": lambda _: ORGANIZATION,
    "PE:RUC": lambda text: _RUC_KIND.get(text[:2]),
    "AR:CUIT": lambda text: ORGANIZATION if text >= "3" else PERSON,
    "EC:RUC": lambda text: ORGANIZATION if text[2:3] in ("6", "9") else PERSON,
    "CO:NIT": lambda text: ORGANIZATION if len(text) == 9 and text[0] in "89" else None,
}


class NameParts(NamedTuple):
    """One name read for matching; `kind` is what the name itself tells."""

    given: tuple[str, ...] = ()
    surnames: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    legal_form: str = ""
    kind: str | None = None
    ending: str = ""

    @property
    def weight(self) -> tuple[int, tuple[str, ...]]:
        """What puts the fullest of several names first, whatever order they came in."""
        return len(self.given) + len(self.surnames) + len(self.words), self.names


NO_NAME = NameParts()


def profile_of(party: SourceParty) -> Profile:
    """The profile of a source debtor in the words of all its claims, whatever their order."""
    claims = [stamped.claim for stamped in party.claims]
    ids = [found for claim in claims for i in claim.identifiers if (found := id_of(i)) is not None]
    points = [point for claim in claims for point in claim.contact_points if _reaches_the_party(point)]
    stated = party.stated("kind")
    kind = stated[0] if len(stated) == 1 else None
    return assemble(
        Readings(
            country=next((i.space.partition(":")[0] for i in sorted(ids, key=_id_order)), _country(points)),
            kind=kind,
            ids=ids,
            names=[name for claim in claims for name in names_of(claim.fields, kind)],
            phones=[p.match_key for p in points if p.type == "phone" and p.match_key],
            emails=[p.match_key for p in points if p.type == "email" and p.match_key],
            places=[place for p in points if p.type == "postal_address" for place in _place_of(p)],
            birth_dates=party.stated("birth_date"),
            postal_code=_postal_code(points),
        )
    )


class Readings(NamedTuple):
    """Everything normalised that is stated of one record, in any order and number."""

    country: str
    kind: str | None
    ids: Sequence[ProfileId]
    names: Sequence[NameParts]
    phones: Sequence[str] = ()
    emails: Sequence[str] = ()
    places: Sequence[Place] = ()
    birth_dates: Sequence[str] = ()
    postal_code: str = ""


def assemble(found: Readings) -> Profile:
    """A profile whose parts are in an order of their own, so that it does not depend on the order they came in."""
    held = _in_order_of(found.ids, _id_order)
    main = found.names[0] if len(found.names) == 1 else max(found.names, key=_fullest, default=NO_NAME)
    return Profile(
        country=found.country,
        kind=_kind(held, found.kind, found.names),
        ids=held,
        given=main.given,
        surnames=main.surnames,
        words=main.words,
        names=main.names if len(found.names) < 2 else _spellings(main, found.names),
        legal_form=main.legal_form,
        phones=_in_order(found.phones)[:64],
        emails=_in_order(found.emails)[:64],
        places=_in_order_of(found.places, _place_order)[:16],
        birth_date=found.birth_dates[0] if len(found.birth_dates) == 1 else "",
        ending=main.ending,
        postal_code=found.postal_code,
    )


def _in_order(found: Sequence[str]) -> tuple[str, ...]:
    """Each once, sorted; most records hold none or one."""
    return tuple(found) if len(found) < 2 else tuple(sorted(set(found)))


def _in_order_of(found: Sequence[T], key: Callable[[T], Any]) -> tuple[T, ...]:
    return tuple(found) if len(found) < 2 else tuple(sorted(set(found), key=key))


def _fullest(name: NameParts) -> tuple[int, tuple[str, ...]]:
    return name.weight


def _spellings(main: NameParts, names: Sequence[NameParts]) -> tuple[str, ...]:
    spelled = dict.fromkeys((*main.names, *sorted({text for name in names for text in name.names})))
    return tuple(spelled)[:8]


def names_of(fields: Mapping[str, str], kind: str | None) -> list[NameParts]:
    """Every name the fields of a debtor state, read as a person's or a company's."""
    found: list[NameParts] = []
    given, whole = fields.get("given_names", ""), fields.get("full_name", "")
    legal = fields.get("legal_name", "")
    if given or fields.get("surname_1") or fields.get("surnames"):
        surnames = " ".join(fields.get(name, "") for name in ("surname_1", "surname_2", "surnames"))
        if kind == ORGANIZATION and not (legal or whole):
            whole = f"{given} {surnames}".strip()
        else:
            found.append(_stated_person(given, surnames))
    if whole and not found:
        found.append(whole_name(whole, kind))
    if legal:
        found.append(whole_name(legal, kind or ORGANIZATION))
    if fields.get("trade_name"):
        found.append(whole_name(fields["trade_name"], ORGANIZATION))
    return [name for name in found if name.names]


def whole_name(text: str, kind: str | None) -> NameParts:
    """A name on one line: a company's when stated or when it reads as one, a person's otherwise."""
    name = normalize_name(text)
    if not name.match_key:
        return NO_NAME
    if kind == ORGANIZATION or (kind is None and name.party_kind == ORGANIZATION):
        return _company(name, text)
    words, ending = without_ending(_last_as_written(name.tokens, text))
    split = split_at_comma(text) if "," in text else None
    return _person(split or split_words(words), kind=name.party_kind, ending=ending)


def _last_as_written(tokens: tuple[str, ...], text: str) -> tuple[str, ...]:
    """The words of a name, the last one as written: there MA may be MARIA, or MARIO cut by a narrow column."""
    if len(tokens) > 2 and tokens[-1] in _SHORT_LAST:
        last = _WORD.findall(fold(text[-8:]))[-1:]
        if last and ABBREVIATIONS.get(last[0]) == tokens[-1] and len(last[0]) <= 3:
            return (*tokens[:-1], last[0])
    return tokens


def id_of(identifier: Identifier) -> ProfileId | None:
    """An identifier that says something about identity, mistyped ones included; none for placeholders."""
    if identifier.type in LOCAL_TYPES:
        return None
    return proven_id(identifier.name, value=identifier.value, raw=identifier.raw, verdict=identifier.verdict)


def proven_id(space: str, *, value: str, raw: str, verdict: Verdict) -> ProfileId | None:
    """As `id_of`, for a number of the space `country:type`; `value` is empty when it could not be read."""
    proof = _PROOF.get(verdict)
    if proof is None:
        return None
    if proof == WELL_FORMED and space not in _RULED:
        proof = MISTYPED  # no rule tells what this kind of number looks like
    text = value or squeeze(raw)
    return ProfileId(space, text, proof) if proof != MISTYPED or _could_be_mistyped(text) else None


def place_of(key: str, city: str) -> tuple[Place, ...]:
    """The place behind the match key of an address and the name of its city."""
    _, street, number, *_ = (*key.split("|"), "", "", "")
    found = Place(street, number, city_key(city))
    return (found,) if found.city or found.number else ()


@lru_cache(maxsize=20_000)
def city_key(city: str) -> str:
    """A city's folded name, abbreviations written out."""
    words = " ".join(_WORD.findall(fold(city)))
    return CITIES.get(words, words)


def _stated_person(given: str, surnames: str) -> NameParts:
    ours, theirs = name_words(given), name_words(surnames)
    whole, ending = without_ending((*ours, *theirs))
    if ending:
        ours = tuple(word for word in ours if word in whole)
        theirs = tuple(word for word in theirs if word in whole)
    if ours and not theirs and len(ours) > 1:
        return _person(split_words(ours), ending=ending)
    if theirs and not ours and len(theirs) > 2:
        return _person(split_words(theirs), ending=ending)
    return _person((ours, theirs), ending=ending)


def _person(split: Split, *, kind: str | None = PERSON, ending: str = "") -> NameParts:
    given, surnames = split
    whole = " ".join(sorted((*given, *surnames)))
    return NameParts(given, surnames, (), (whole,) if whole else (), "", kind, ending)


def _company(name: Name, text: str) -> NameParts:
    core = tuple(token for token in name.tokens if token not in GENERIC_WORDS) or name.tokens
    if not name.legal_form and len(text) >= _NARROW and len(core) > 2 and core[-1] in _CUT_FORMS:
        core = core[:-1]
    if "dos" in text.casefold() and _SECOND.search(text):  # the number two, which reads like a particle
        core = (*core, "DOS")
    joined = "".join(core)
    whole = " ".join(sorted(core))
    return NameParts((), (), core, (whole, joined) if joined != whole else (whole,), name.legal_form, ORGANIZATION)


def _kind(ids: Sequence[ProfileId], stated: str | None, names: Sequence[NameParts]) -> str | None:
    """What a proven number says, then what the source says, then what the names say."""
    if ids:
        proven = {kind for i in ids if i.proof == VALID and (kind := _kind_of_id(i)) is not None}
        if len(proven) == 1:
            return proven.pop()
    if stated:
        return stated
    told = {name.kind for name in names if name.kind}
    if len(told) == 1:
        return told.pop()
    return ORGANIZATION if any(name.legal_form for name in names) else None


def _kind_of_id(found: ProfileId) -> str | None:
    rule = _KIND_RULES.get(found.space)
    return PERSON if found.space in _PERSONS_ID else rule(found.text) if rule else None


def _could_be_mistyped(text: str) -> bool:
    return 5 <= len(text) <= 18 and sum(char.isdigit() for char in text) >= 5


def _id_order(found: ProfileId) -> tuple[int, str, str]:
    return -found.proof, found.space, found.text


def _place_order(place: Place) -> tuple[bool, str, str, str]:
    return not place.number, place.street, place.number, place.city


def _reaches_the_party(point: ContactPoint) -> bool:
    return point.relation not in OTHERS and point.verdict.usable


def _place_of(point: ContactPoint) -> tuple[Place, ...]:
    return place_of(point.match_key, (point.parts or {}).get("city", ""))


def _postal_code(points: Sequence[ContactPoint]) -> str:
    found = sorted({squeeze(p.parts["postal_code"]) for p in points if p.parts and p.parts.get("postal_code")})
    return found[0] if found else ""


def _country(points: Sequence[ContactPoint]) -> str:
    found = sorted({p.match_key[:2] for p in points if p.type == "postal_address" and p.match_key})
    return found[0] if len(found) == 1 else ""
