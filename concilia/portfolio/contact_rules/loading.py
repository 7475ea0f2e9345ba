"""Read packs of contact rules from YAML, and refuse what cannot be one. Decides about nobody.

Whatever is wrong is one ConfigurationInvalid with file, line, path and how to mend it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, time
from functools import cache
from importlib import resources
from typing import Any, Final

from concilia.documents import Document, parse_document, validate
from concilia.portfolio.contact_rules.rules import (
    BUSINESSES,
    CHANNELS,
    CONSUMERS,
    OUTREACH,
    Cap,
    Consent,
    Counting,
    Hours,
    Never,
    OneMedium,
    Pack,
    Period,
    Rule,
    Scope,
    Source,
    State,
    Terms,
    When,
    Window,
)

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_LAST_MINUTE: Final = time(23, 59, 59, 999999)
# Which settings say what a rule of each kind means: those it needs, and those it may have.
_MEANING: Final[Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]] = {
    "hours": (("windows",), ("holidays",)),
    "cap": (("max", "per"), ("counting", "scope", "gap_days")),
    "one_medium": (("per",), ("counting", "scope")),
    "never": ((), ("roles", "relations")),
    "consent": ((), ()),
    "when": (("state",), ("grace_days", "stale_after_hours")),
}
_EVERY_MEANING: Final = frozenset(name for needed, more in _MEANING.values() for name in (*needed, *more))


@cache
def shipped() -> tuple[Pack, ...]:
    """The packs that come with the program."""
    return packs_of(shipped_documents())


@cache
def shipped_documents() -> tuple[Document, ...]:
    """Their documents, in order of file name."""
    folder = resources.files("concilia.portfolio.contact_rules").joinpath("packs")
    files = sorted((found for found in folder.iterdir() if found.name.endswith(".yaml")), key=lambda found: found.name)
    return tuple(parse_document(file.read_text("utf-8"), file=file.name) for file in files)


def packs_of(documents: Iterable[Document]) -> tuple[Pack, ...]:
    """The packs of these documents; two of one place may not be in force on one day, and ids are unique."""
    found: list[tuple[Pack, Document]] = []
    for document in documents:
        pack = pack_of(document)
        for other, _ in found:
            _refuse_overlap(pack, other, document)
            _refuse_same_ids(pack, other, document)
        found.append((pack, document))
    return tuple(pack for pack, _ in found)


def pack_of(document: Document) -> Pack:
    """One pack; ConfigurationInvalid with the place of what is wrong."""
    _refuse_without_source(document)
    validate(document, schema())
    said = document.content
    pack = Pack(
        country=said["country"],
        subdivision=said.get("subdivision", ""),
        version=said["version"],
        effective_from=_day(document, "effective_from"),
        effective_until=_day(document, "effective_until") if "effective_until" in said else None,
        reviewed_on=_day(document, "reviewed_on"),
        review_due=_day(document, "review_due"),
        rules=rules_of(document.part("rules"), review_due=_day(document, "review_due")),
        open_points=tuple(said.get("open_points", ())),
        file=document.file,
    )
    if pack.effective_until is not None and pack.effective_until < pack.effective_from:
        raise document.error(
            "the pack ends before it begins.", at=("effective_until",), mend="Correct one of the days."
        )
    return pack


def rules_of(document: Document, *, review_due: date) -> tuple[Rule, ...]:
    """The rules of a list that fits the schema; an id given twice is refused."""
    found: dict[str, Rule] = {}
    for index, said in enumerate(document.content):
        if said["id"] in found:
            raise document.error(f'the rule "{said["id"]}" is given twice.', at=(index, "id"), mend="Rename one.")
        found[said["id"]] = _rule(document.part(index), review_due=review_due)
    return tuple(found.values())


def terms_of(document: Document, kind: str, said: Mapping[str, Any]) -> Terms:
    """What a rule of that kind means; `said` holds its settings, `document` only tells where they stand."""
    match kind:
        case "hours":
            windows = tuple(_window(document, one) for one in said["windows"])
            return Hours(windows, holidays_close=said.get("holidays", "closed") == "closed")
        case "cap":
            counting, scope = _counted(said)
            return Cap(said["max"], _periods(said), counting, scope, said.get("gap_days", 0))
        case "one_medium":
            return OneMedium(_periods(said), *_counted(said))
        case "never":
            return Never(frozenset(said.get("roles", ())), frozenset(said.get("relations", ())))
        case "consent":
            return Consent()
        case _:
            return When(State(said["state"]), said.get("grace_days", 0), said.get("stale_after_hours", 0))


@cache
def schema() -> Mapping[str, Any]:
    """The JSON Schema of a pack; the workspace's section is its `$defs/section`."""
    found: dict[str, Any] = json.loads(
        resources.files("concilia").joinpath("schemas/contact-rules.schema.json").read_text("utf-8")
    )
    return found


def _rule(document: Document, *, review_due: date) -> Rule:
    said, kind = document.content, document.content["kind"]
    _refuse_other_meaning(document, said, kind)
    meaning = {name: said[name] for name in said if name in _EVERY_MEANING}
    other = said.get("other")
    if isinstance(other, dict):
        _refuse_other_meaning(document.part("other"), other, kind, complete=False)
    due = _day(document, "review_due") if "review_due" in said else review_due
    return Rule(
        id=said["id"],
        terms=terms_of(document, kind, meaning),
        says=said["says"],
        in_spanish=said["in_spanish"],
        source=Source(**said["source"]),
        review_due=due,
        purposes=frozenset(said.get("purposes", OUTREACH)),
        channels=frozenset(said.get("channels", CHANNELS)),
        applies_to=frozenset(said.get("applies_to", (CONSUMERS, BUSINESSES))),
        note=said.get("note", ""),
        other=terms_of(document, kind, {**meaning, **other}) if isinstance(other, dict) else None,
        may_be_off=other == "off",
    )


def _refuse_without_source(document: Document) -> None:
    """Said before anything else: a number without a source is no rule."""
    rules = document.content.get("rules") if isinstance(document.content, dict) else None
    for index, said in enumerate(rules if isinstance(rules, list) else ()):
        refuse_sourceless(document, said, at=("rules", index))


def refuse_sourceless(document: Document, said: Any, *, at: tuple[str | int, ...]) -> None:
    """Refuse a rule that does not say where it comes from."""
    if isinstance(said, dict) and not said.get("source"):
        mend = "Add source: {law: …, article: …, confidence: …}; for a rule of your own, law: the name of your policy."
        raise document.error(f'the rule "{said.get("id", "")}" names no source.', at=at, mend=mend)


def _refuse_other_meaning(document: Document, said: Mapping[str, Any], kind: str, *, complete: bool = True) -> None:
    needed, more = _MEANING[kind]
    missing = [name for name in needed if name not in said] if complete else []
    if missing:
        raise document.error(f'a rule of the kind {kind} needs "{missing[0]}".', mend=f"Add {missing[0]}.")
    if complete and said.get("state") == "stale" and "stale_after_hours" not in said:
        raise document.error("stale data need a limit.", mend="Add stale_after_hours.")
    strange = [name for name in said if name in _EVERY_MEANING and name not in (*needed, *more)]
    if strange:
        known = ", ".join((*needed, *more)) or "nothing more"
        raise document.error(
            f'a rule of the kind {kind} has no "{strange[0]}".', at=(strange[0],), mend=f"It has: {known}."
        )


def _refuse_overlap(pack: Pack, other: Pack, document: Document) -> None:
    ends = [p.effective_until or date.max for p in (pack, other)]
    together = pack.place == other.place and max(pack.effective_from, other.effective_from) <= min(ends)
    if together:
        raise document.error(
            f"the packs {other.version} ({other.file}) and {pack.version} of {pack.place} are in force on one day.",
            at=("effective_from",),
            mend=f"End the earlier one with effective_until, or begin after {other.effective_until or 'it ends'}.",
        )


def _refuse_same_ids(pack: Pack, other: Pack, document: Document) -> None:
    """Editions of one place keep the ids of their rules; anybody else's would be taken for them."""
    taken = {rule.id for rule in other.rules} if pack.place != other.place else set()
    for index, rule in enumerate(pack.rules):
        if rule.id in taken:
            raise document.error(
                f'the rule "{rule.id}" is one of {other.place} ({other.file}).', at=("rules", index), mend="Rename it."
            )


def _window(document: Document, said: Mapping[str, Any]) -> Window:
    start, end = _clock(said["from"]), _clock(said["to"])
    if end <= start:
        raise document.error(
            f"the window from {said['from']} to {said['to']} ends before it begins.",
            at=("windows",),
            mend="Write a window over midnight as two.",
        )
    return Window(_weekdays(document, said["days"]), start, end)


def _weekdays(document: Document, said: str | Sequence[str]) -> frozenset[int]:
    found: set[int] = set()
    for text in [said] if isinstance(said, str) else said:
        first, _, last = text.partition("-")
        start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        if end < start:
            raise document.error(
                f"{text} goes backwards.", at=("windows",), mend="Write days from Monday on: [sat, sun]."
            )
        found.update(range(start, end + 1))
    return frozenset(found)


def _clock(text: str) -> time:
    return _LAST_MINUTE if text == "24:00" else time.fromisoformat(text)


def _periods(said: Mapping[str, Any]) -> tuple[Period, ...]:
    return tuple(
        Period("days", int(name.removesuffix("_days"))) if name.endswith("_days") else Period(name)
        for name in said["per"]
    )


def _counted(said: Mapping[str, Any]) -> tuple[Counting, Scope]:
    return Counting(said.get("counting", "attempt")), Scope(said.get("scope", "party"))


def _day(document: Document, name: str) -> date:
    try:
        return date.fromisoformat(document.content[name])
    except ValueError as fault:
        raise document.error("that is no date.", at=(name,), mend="Write it as 2026-12-07.") from fault
