"""May this debtor be contacted now? Rules, facts and a moment in; allow or deny with every reason out. Pure.

Reasons stand in blocks: a block with the clock, the caps, the party, and one block for all debts and one for all
contact points, which deny only when no debt, or no contact point, is left. When every block may pass by itself, the
moment from which all do is the next one allowed.

This is no legal advice: a decision says which rules it held, and their sources.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, assert_never

from concilia.clock import to_text
from concilia.portfolio.contact_facts import Attempt, Facts, PointFacts, Question
from concilia.portfolio.contact_point_state import RANK, Status
from concilia.portfolio.contact_rules.caps import Full, Slot, cap_full, medium_taken
from concilia.portfolio.contact_rules.hours import HORIZON, closes_at, day_of, is_open, opens_at
from concilia.portfolio.contact_rules.matters import Found, of_debt, of_party, of_point, standing_debts
from concilia.portfolio.contact_rules.rulebook import Rulebook
from concilia.portfolio.contact_rules.rules import NEEDS, Cap, Consent, Hours, Never, OneMedium, Rule, State, When

_STEPS: Final = 100  # moments tried for the next one allowed; each is behind the one before


@dataclass(frozen=True, slots=True)
class Reason:
    """Why not, by which rule; `about` names the debt or contact point, `until` when this reason ends by itself."""

    rule: str
    says: str
    in_spanish: str
    law: str
    article: str
    confidence: str
    until: datetime | None = None
    about: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class ContactDecision:
    """The answer. `left_out` are reasons that concern single debts and contact points while others may be used.

    `contact_points` are those to use, in order, `debts` those to talk about; a contact may begin before `expires_at`.
    """

    allowed: bool
    reasons: tuple[Reason, ...]
    next_allowed_at: datetime | None
    expires_at: datetime | None = None
    contact_points: tuple[PointFacts, ...] = ()
    debts: tuple[str, ...] = ()
    left_out: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class _Block:
    """What stands in the way at one moment, and when none of it does any more (None: not by itself)."""

    reasons: tuple[Reason, ...]
    until: datetime | None


@dataclass(frozen=True, slots=True)
class _Looked:
    """Everything found at one moment."""

    blocks: tuple[_Block, ...]
    points: tuple[PointFacts, ...]
    debts: tuple[str, ...]
    left_out: tuple[Reason, ...]


def decide(question: Question, facts: Facts, book: Rulebook) -> ContactDecision:
    """Whether the contact may be made, and if not, when it may; `next_allowed_at` is the moment itself if allowed."""
    looked = _look(question, facts, book, at=question.at)
    if not looked.blocks:
        return ContactDecision(
            allowed=True,
            reasons=(),
            next_allowed_at=question.at,
            expires_at=_expiry(question, facts, book),
            contact_points=looked.points,
            debts=looked.debts,
            left_out=looked.left_out,
        )
    reasons = tuple(reason for block in looked.blocks for reason in block.reasons)
    return ContactDecision(False, reasons, _next_allowed(question, facts, book, looked.blocks))


def decision_to_json(found: ContactDecision) -> dict[str, Any]:
    """The decision as a plain object, for storage and for readers."""
    return {
        "answer": "allow" if found.allowed else "deny",
        "reasons": [_reason_json(reason) for reason in found.reasons],
        "next_allowed_at": _text(found.next_allowed_at),
        "expires_at": _text(found.expires_at),
        "contact_points": [{"type": p.type, "value": p.value} for p in found.contact_points],
        "debts": list(found.debts),
        "left_out": [_reason_json(reason) for reason in found.left_out],
    }


def _next_allowed(question: Question, facts: Facts, book: Rulebook, blocks: Sequence[_Block]) -> datetime | None:
    moment, found = question.at, tuple(blocks)
    for _ in range(_STEPS):
        if not found:
            return moment
        ends = [block.until for block in found]
        known = [end for end in ends if end is not None]
        if len(known) < len(ends) or max(known) <= moment or max(known) > question.at + HORIZON:
            return None
        moment = max(known)
        found = _look(question, facts, book, at=moment).blocks
    return None


def _expiry(question: Question, facts: Facts, book: Rulebook) -> datetime:
    """The end of the hold, or of the hours before that."""
    hours = [rule.terms for rule in _rules(question, facts, book, at=question.at) if isinstance(rule.terms, Hours)]
    ends = [closes_at(terms, question.at, zones=facts.zones, closed=facts.closed) for terms in hours]
    return min([question.at + question.hold, *ends])


def _rules(question: Question, facts: Facts, book: Rulebook, *, at: datetime) -> list[Rule]:
    day = day_of(at, facts.zones[0])
    return book.rules_on(day, channel=question.channel, purpose=question.purpose, consumer=facts.consumer)


def _look(question: Question, facts: Facts, book: Rulebook, *, at: datetime) -> _Looked:
    rules = _rules(question, facts, book, at=at)
    debts, debt_block, debts_out = _debts(question, facts, rules, at=at)
    points, point_block, points_out = _points(question, facts, rules, at=at)
    blocks = [*_clock_blocks(question, facts, rules, at=at, debts=debts), *_party_blocks(question, facts, rules, at=at)]
    blocks += [block for block in (debt_block, point_block) if block is not None]
    # What lasts longest is said first: a paid debt matters more than the hour.
    lasting = sorted(blocks, key=lambda block: (block.until is not None, at - (block.until or at)))
    return _Looked(tuple(lasting), points, debts, (*debts_out, *points_out))


def _clock_blocks(
    question: Question, facts: Facts, rules: Sequence[Rule], *, at: datetime, debts: tuple[str, ...]
) -> Iterator[_Block]:
    """Hours and caps."""
    slot = _slot(question, facts, at=at, debts=debts)
    for rule in rules:
        match rule.terms:
            case Hours():
                if not is_open(rule.terms, at, zones=facts.zones, closed=facts.closed):
                    until = opens_at(rule.terms, at, zones=facts.zones, closed=facts.closed)
                    holiday = facts.closed.get(day_of(at, facts.zones[0]), "")
                    yield _block([_reason(rule, until, detail=holiday if rule.terms.holidays_close else "")], until)
            case Cap():
                made = [a for a in _made(facts, rule) if a.channel in rule.channels]
                if full := cap_full(rule.terms, slot, made, zone=facts.zones[0]):
                    yield _full_block(rule, full)
            case OneMedium():
                if full := medium_taken(rule.terms, slot, _made(facts, rule), zone=facts.zones[0]):
                    yield _full_block(rule, full)
            case Never() | Consent() | When():
                pass  # about the party, its debts or its contact points
            case _:
                assert_never(rule.terms)


def _party_blocks(question: Question, facts: Facts, rules: Sequence[Rule], *, at: datetime) -> Iterator[_Block]:
    for found in of_party(question, facts, rules, at=at):
        yield _block([_reason_of(found)], found.until)


def _debts(
    question: Question, facts: Facts, rules: Sequence[Rule], *, at: datetime
) -> tuple[tuple[str, ...], _Block | None, tuple[Reason, ...]]:
    """The debts to talk about; the block when there is none left; why single ones are left out."""
    asked = [debt for debt in facts.debts if not question.debts or debt.id in question.debts]
    if not asked:
        rule = _rule_of(rules, State.NOT_OWED)
        return (), _block([_reason(rule, None)], None) if rule else None, ()
    found = {debt.id: list(of_debt(debt, question, facts, rules, at=at)) for debt in asked}
    free = standing_debts(found)
    reasons = tuple(_reason_of(one) for several in found.values() for one in several)
    if free:
        return free, None, reasons
    return (), _block(reasons, _first_free(found.values())), ()


def _points(
    question: Question, facts: Facts, rules: Sequence[Rule], *, at: datetime
) -> tuple[tuple[PointFacts, ...], _Block | None, tuple[Reason, ...]]:
    """The contact points to use, verified ones first; the block when there is none; why single ones are left out."""
    needed = NEEDS.get(question.channel)
    if needed is None:
        return (), None, ()
    usable = [p for kind in needed for p in facts.points if p.type == kind and _fits(p, question)]
    if not usable:
        rule = _rule_of(rules, State.NO_CONTACT_POINT)
        return (), _block([_reason(rule, None)], None) if rule else None, ()
    found = {point: list(of_point(point, question, facts, rules, at=at)) for point in usable}
    free = sorted((p for p in usable if not found[p]), key=lambda p: (needed.index(p.type), _place(p)))
    reasons = tuple(_reason_of(one) for several in found.values() for one in several)
    if free:
        return tuple(free), None, reasons
    return (), _block(reasons, _first_free(found.values())), ()


def _place(point: PointFacts) -> tuple[int, bool]:
    """Where a contact point stands among those that may be used: verified ones first, failing and stale ones last."""
    return (RANK.get(point.status, RANK[Status.VALID_SYNTAX] if not point.verified else 0), not point.verified)


def _fits(point: PointFacts, question: Question) -> bool:
    """Whether the channel can reach the point at all, and it is the one asked for, if any is."""
    written = question.channel in ("sms", "whatsapp") and point.line_type in ("fixed", "toll_free", "shared_cost")
    return not written and question.contact_point in ("", point.value)


def _first_free(found: Iterable[Sequence[Found]]) -> datetime | None:
    """When the first of several has nothing against it any more."""
    ends = [
        max(one.until for one in several if one.until is not None)
        for several in found
        if several and all(one.until is not None for one in several)
    ]
    return min(ends, default=None)


def _slot(question: Question, facts: Facts, *, at: datetime, debts: tuple[str, ...]) -> Slot:
    about = set(debts) or {debt.id for debt in facts.debts if not question.debts or debt.id in question.debts}
    creditors = frozenset(debt.creditor for debt in facts.debts if debt.id in about)
    return Slot(at, at + question.hold, question.channel, frozenset(about), creditors)


def _made(facts: Facts, rule: Rule) -> list[Attempt]:
    """What the rule counts: attempts of ours for purposes that it is about."""
    return [a for a in facts.attempts if not a.inbound and a.purpose in rule.purposes]


def _rule_of(rules: Sequence[Rule], state: State) -> Rule | None:
    return next((rule for rule in rules if isinstance(rule.terms, When) and rule.terms.state is state), None)


def _block(reasons: Iterable[Reason], until: datetime | None) -> _Block:
    return _Block(tuple(reasons), until)


def _full_block(rule: Rule, full: Full) -> _Block:
    return _block([_reason(rule, full.until, detail=", ".join(full.by))], full.until)


def _reason_of(found: Found) -> Reason:
    return _reason(found.rule, found.until, about=found.about, detail=found.detail)


def _reason(rule: Rule, until: datetime | None, *, about: str = "", detail: str = "") -> Reason:
    source = rule.source
    told = (rule.id, rule.says, rule.in_spanish, source.law, source.article, source.confidence)
    return Reason(*told, until=until, about=about, detail=detail)


def _reason_json(reason: Reason) -> dict[str, Any]:
    return {
        "rule": reason.rule,
        "says": reason.says,
        "in_spanish": reason.in_spanish,
        "source": {"law": reason.law, "article": reason.article, "confidence": reason.confidence},
        "until": _text(reason.until),
        "about": reason.about,
        "detail": reason.detail,
    }


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else to_text(moment)
