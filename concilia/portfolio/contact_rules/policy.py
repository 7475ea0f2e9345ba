"""What a workspace says of contact: stricter numbers, rules of its own, and readings it has decided for. Never looser.

Packs stay plain documents until here, so that what a decision held can be stored and opened again as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final

from concilia.documents import Document, did_you_mean, validate
from concilia.portfolio.contact_rules.loading import (
    pack_of,
    refuse_sourceless,
    rules_of,
    schema,
    shipped_documents,
    terms_of,
)
from concilia.portfolio.contact_rules.places import CAPITAL
from concilia.portfolio.contact_rules.rulebook import Rulebook, rulebook
from concilia.portfolio.contact_rules.rules import EVERYWHERE, Cap, Hours, OneMedium, Rule, Terms, When, Window

DEFAULT_HOLD: Final = 15  # minutes
_MEND = "A workspace may only be stricter: tighten it, or leave it out."
_WHEN_ADDED = "2000-01-01"


@dataclass(frozen=True, slots=True)
class ContactPolicy:
    """The packs as this workspace holds them, how long a contact is held ready, and the days it closes."""

    contents: tuple[Mapping[str, Any], ...]
    hold: timedelta = timedelta(minutes=DEFAULT_HOLD)
    unknown_place: str = CAPITAL
    closed: Mapping[str, frozenset[date]] = field(default_factory=dict)
    _books: dict[tuple[str, str], Rulebook] = field(default_factory=dict, repr=False, compare=False)

    def knows(self, country: str) -> bool:
        """Whether there are rules for that country."""
        return country != EVERYWHERE and any(one["country"] == country for one in self.contents)

    def rulebook(self, country: str, subdivision: str) -> Rulebook:
        """The rules for a debtor there: those of everywhere first. Put together once: a policy never changes."""
        if (country, subdivision) not in self._books:
            self._books[country, subdivision] = self._put_together(country, subdivision)
        return self._books[country, subdivision]

    def _put_together(self, country: str, subdivision: str) -> Rulebook:
        wanted = ((EVERYWHERE, ""), (country, ""), (country, subdivision))
        found = {
            index: one
            for place in wanted
            for index, one in enumerate(self.contents)
            if (one["country"], one.get("subdivision", "")) == place
        }
        return rulebook(tuple(found.values()))


def shipped_contents() -> tuple[Mapping[str, Any], ...]:
    """The packs that come with the program, as their documents say them."""
    return tuple(document.content for document in shipped_documents())


def policy_of(section: Document | None, *, closed: Mapping[str, frozenset[date]] | None = None) -> ContactPolicy:
    """The policy of a workspace's section `contact`; ConfigurationInvalid with its place for whatever is looser."""
    if section is None or not section.content:
        return ContactPolicy(shipped_contents(), closed=closed or {})
    said = section.content
    for country, rules in (said.get("rules") or {}).items() if isinstance(said.get("rules"), dict) else ():
        for index, one in enumerate(rules if isinstance(rules, list) else ()):
            refuse_sourceless(section, one, at=("rules", country, index))
    validate(section, {**schema()["$defs"]["section"], "$defs": schema()["$defs"]})
    contents = [_changed(section, document) for document in shipped_documents()]
    _refuse_unknown(section)
    return ContactPolicy(
        tuple(_with_own(section, contents)),
        hold=timedelta(minutes=said.get("hold_minutes", DEFAULT_HOLD)),
        unknown_place=said.get("unknown_place", CAPITAL),
        closed=closed or {},
    )


def _changed(section: Document, document: Document) -> Mapping[str, Any]:
    """A pack with the workspace's numbers and readings."""
    tighten, readings = section.content.get("tighten", {}), section.content.get("readings", {})
    pack = pack_of(document)
    rules = []
    for rule, said in zip(pack.rules, document.content["rules"], strict=True):
        now = {**said}
        if rule.id in readings:
            now = _read_otherwise(section, rule, said)
        if rule.id in tighten and now:
            now = _tightened(section, rule, now)
        rules += [now] if now else []
    if rules == document.content["rules"]:
        found: Mapping[str, Any] = document.content
        return found
    return {**document.content, "version": f"{pack.version} as the workspace has it", "rules": rules}


def _read_otherwise(section: Document, rule: Rule, said: Mapping[str, Any]) -> dict[str, Any]:
    if not rule.has_other_reading:
        raise section.error(
            f"{rule.id} has no other reading ({rule.source.law}, {rule.source.article}).",
            at=("readings", rule.id),
            mend=_MEND,
        )
    other = said["other"]
    return {**said, **other, "note": section.content["readings"][rule.id]["because"]} if other != "off" else {}


def _tightened(section: Document, rule: Rule, said: Mapping[str, Any]) -> dict[str, Any]:
    place = ("tighten", rule.id)
    wanted = section.content["tighten"][rule.id]
    before = terms_of(section, said["kind"], said)
    strange = [name for name in wanted if name not in _settings(said["kind"])]
    if strange:
        known = ", ".join(sorted(_settings(said["kind"])))
        raise section.error(
            f'{rule.id} has no "{strange[0]}".', at=(*place, strange[0]), mend=f"It has: {known}." if known else ""
        )
    after = terms_of(section, said["kind"], {**said, **wanted})
    if fault := looser(before, after):
        raise section.error(
            f"{rule.id}: {fault}, which is looser than {rule.source.law}, {rule.source.article}.", at=place, mend=_MEND
        )
    return {**said, **wanted}


def looser(before: Terms, after: Terms) -> str:
    """In what the second would allow more than the first; empty when in nothing."""
    match before, after:
        case Hours(), Hours():
            return _looser_hours(before, after)
        case Cap(), Cap():
            return _looser_cap(before, after)
        case OneMedium(), OneMedium():
            return _looser_count(before, after)
        case When(), When():
            return _looser_when(before, after)
        case _:
            return ""


def _looser_when(before: When, after: When) -> str:
    if after.grace < before.grace:
        return f"{after.grace} days of grace instead of {before.grace}"
    return f"stale after {after.hours} hours instead of {before.hours}" if after.hours > before.hours else ""


def _looser_hours(before: Hours, after: Hours) -> str:
    if before.holidays_close and not after.holidays_close:
        return "it opens holidays"
    for window in after.windows:
        for day in sorted(window.days):
            if not _covered(window, [one for one in before.windows if day in one.days]):
                return f"{window.start:%H:%M} to {window.end:%H:%M} is longer than the pack's hours of that day"
    return ""


def _covered(window: Window, among: Sequence[Window]) -> bool:
    """Whether the windows of one day hold all of it, several that touch together."""
    reached = window.start
    for one in sorted(among, key=lambda w: w.start):
        if one.start <= reached < one.end:
            reached = one.end
    return reached >= window.end


def _looser_cap(before: Cap, after: Cap) -> str:
    if after.most > before.most:
        return f"max {after.most} instead of {before.most}"
    if after.gap < before.gap:
        return f"gap_days {after.gap} instead of {before.gap}"
    return _looser_count(before, after)


_STRICTER_COUNTING: Final = ("attempt", "delivered", "answered", "right_party")
_STRICTER_SCOPE: Final = ("everybody_of_the_debt", "party", "creditor")


def _looser_count(before: Cap | OneMedium, after: Cap | OneMedium) -> str:
    left_out = [period.name for period in before.per if period not in after.per]
    if left_out:
        return f"it leaves out the period {left_out[0]}"
    ranks: tuple[tuple[Sequence[str], Callable[[Cap | OneMedium], str]], ...] = (
        (_STRICTER_COUNTING, lambda terms: terms.counting.value),
        (_STRICTER_SCOPE, lambda terms: terms.scope.value),
    )
    for order, of in ranks:
        if order.index(of(after)) > order.index(of(before)):
            return f"{of(after)} instead of {of(before)}"
    return ""


def _settings(kind: str) -> frozenset[str]:
    """What may be tightened in a rule of that kind."""
    counted = {"per", "counting", "scope"}
    return frozenset(
        {"hours": {"windows", "holidays"}, "cap": {"max", "gap_days", *counted}, "one_medium": counted}.get(
            kind, {"grace_days", "stale_after_hours"} if kind == "when" else ()
        )
    )


def _refuse_unknown(section: Document) -> None:
    known = [rule["id"] for document in shipped_documents() for rule in document.content["rules"]]
    for part in ("tighten", "readings"):
        for name in section.content.get(part) or {}:
            if name not in known:
                mend = did_you_mean(name, known) or "See them: concilia contact packs --rules."
                raise section.error(f'there is no rule "{name}".', at=(part, name), mend=mend)


def _with_own(section: Document, contents: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The packs with rules of the workspace's own, each beside the rules of its country."""
    own = section.content.get("rules") or {}
    taken = {rule["id"] for content in contents for rule in content["rules"]}
    found = []
    for content in contents:
        more = own.get(content["country"], ()) if not content.get("subdivision") else ()
        found.append({**content, "rules": [*content["rules"], *more]} if more else content)
    for country, rules in own.items():
        for index, rule in enumerate(rules):
            if rule["id"] in taken:
                mend = "Name a rule of your own after yourselves, or change the pack's number under tighten."
                raise section.error(f"{rule['id']} is a rule of a pack.", at=("rules", country, index, "id"), mend=mend)
        rules_of(section.part("rules", country), review_due=date.max)  # whatever is wrong in them is said here
        if all(content["country"] != country for content in contents):
            found.append(_own_pack(country, rules))
    return found


def _own_pack(country: str, rules: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    days = dict.fromkeys(("effective_from", "reviewed_on", "review_due"), _WHEN_ADDED)
    return {"country": country, "version": "of the workspace", **days, "rules": list(rules)}
