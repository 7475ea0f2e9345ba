"""What is the matter with a party, a debt or a contact point at one moment, by the rules that care. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from concilia.clock import to_text
from concilia.portfolio.contact_facts import Attempt, ConsentFacts, DebtFacts, Facts, PointFacts, Prohibition, Question
from concilia.portfolio.contact_point_state import UNUSABLE, Status
from concilia.portfolio.contact_rules.caps import medium
from concilia.portfolio.contact_rules.hours import day_of, start_of, wall_later
from concilia.portfolio.contact_rules.rules import NEEDS, Consent, Never, Rule, State, When

REPLY: Final = timedelta(hours=24)  # how long after the debtor wrote an answer is one
_GRANTED: Final = "granted"
_NOT_OWED: Final = frozenset({"draft", "cancelled", "missing_in_source"})


@dataclass(frozen=True, slots=True)
class Found:
    """A rule that stands in the way, about what, and until when (None: not by itself)."""

    rule: Rule
    until: datetime | None = None
    about: str = ""
    detail: str = ""


def of_party(question: Question, facts: Facts, rules: Sequence[Rule], *, at: datetime) -> Iterator[Found]:
    """What is against any contact by this channel."""
    for rule in rules:
        if isinstance(rule.terms, Never) and not rule.terms.roles and not rule.terms.relations:
            yield Found(rule)
        elif isinstance(rule.terms, Consent) and question.channel not in NEEDS:
            if not _allowed(_words(facts, question, None, at=at)):
                yield Found(rule)
        elif isinstance(rule.terms, When):
            yield from _party_state(rule, rule.terms.state, question, facts, at=at)


def of_debt(
    debt: DebtFacts, question: Question, facts: Facts, rules: Sequence[Rule], *, at: datetime
) -> Iterator[Found]:
    """What is against talking about this debt with this party."""
    for rule in rules:
        match rule.terms:
            case Never(roles=roles) if debt.role in roles:
                yield Found(rule, about=debt.id, detail=debt.role)
            case When(state=State.PROHIBITED):
                for word in facts.prohibitions:
                    of_it = word.debt == debt.id and not word.value and _same_medium(word.channel, question)
                    if of_it and _stands(word, question.purpose, at=at):
                        yield Found(rule, word.until, debt.id, word.reason)
            case When(state=state, grace=grace, hours=hours) if state in _DEBT_STATES:
                so = _DEBT_STATES[state](debt, _Moment(at, facts.zones[0], grace, hours, facts.seen_at))
                if so is not None:
                    yield Found(rule, so.until, debt.id, so.detail)


def of_point(
    point: PointFacts, question: Question, facts: Facts, rules: Sequence[Rule], *, at: datetime
) -> Iterator[Found]:
    """What is against using this contact point for this channel."""
    words = _words(facts, question, point, at=at)
    for rule in rules:
        match rule.terms:
            case Never(relations=relations) if point.relation in relations:
                yield Found(rule, about=point.value, detail=point.relation)
            case Consent() if not _allowed(words):
                yield Found(rule, about=point.value)
            case When(state=State.PROHIBITED):
                for word in facts.prohibitions:
                    if _is_of(word, point) and _concerns(word, question) and _stands(word, question.purpose, at=at):
                        yield Found(rule, word.until, point.value, word.reason)
                if words and words[-1].state != _GRANTED:
                    yield Found(rule, about=point.value, detail=f"consent {words[-1].state}")
            case When(state=State.NO_CONTACT_POINT) if why := _unusable(point, question):
                yield Found(rule, about=point.value, detail=why)


def _unusable(point: PointFacts, question: Question) -> str:
    """Why the contact point cannot be used by the channel, by what was heard of it; empty when it can."""
    if point.status in UNUSABLE:
        return point.status
    if question.channel in point.unreachable:
        return f"it is not reached by {question.channel}"
    refused = [channel for channel in point.opted_out if _same_medium(channel, question)]
    return f"{Status.OPTED_OUT.value} of {refused[0] or 'every channel'}" if refused else ""


def standing_debts(found: Mapping[str, Sequence[Found]]) -> tuple[str, ...]:
    """The debts against which nothing was found."""
    return tuple(debt for debt, several in found.items() if not several)


def _party_state(rule: Rule, state: State, question: Question, facts: Facts, *, at: datetime) -> Iterator[Found]:
    match state:
        case State.DECEASED:
            if facts.deceased:
                yield Found(rule)
        case State.PARTY_HOLD:
            if facts.held and (facts.held_until is None or at < facts.held_until):
                yield Found(rule, facts.held_until, detail=facts.held)
        case State.PROHIBITED:
            for word in facts.prohibitions:
                whole = not word.value and not word.debt
                if whole and _concerns(word, question) and _stands(word, question.purpose, at=at):
                    yield Found(rule, word.until, detail=word.reason)
            yield from _refused(rule, question, facts, at=at)
        case State.NOT_ASKED:
            if not any(_asks(one, question, at=at) for one in facts.attempts):
                yield Found(rule)
        case State.BEING_CONTACTED:
            # Two holds that may be used at the same time: who has both may call twice at once.
            late = [a.latest for a in facts.attempts if a.held and a.own and a.earliest < at + question.hold]
            if late and max(late) > at:
                yield Found(rule, max(late))
        case _:
            pass  # the matter of a debt, or of a contact point


def _refused(rule: Rule, question: Question, facts: Facts, *, at: datetime) -> Iterator[Found]:
    """A channel refused as a whole, where no contact point can be asked about."""
    words = _words(facts, question, None, at=at) if question.channel not in NEEDS else []
    if words and words[-1].state != _GRANTED:
        yield Found(rule, detail=f"consent {words[-1].state}")


@dataclass(frozen=True, slots=True)
class _Moment:
    """When and where a debt is looked at, for how long what is believed, and when all that is known was read."""

    at: datetime
    zone: str
    grace: int
    hours: int
    seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class _So:
    """That a debt is in a state, until when, and what more is known of it."""

    until: datetime | None = None
    detail: str = ""


def _not_due(debt: DebtFacts, moment: _Moment) -> _So | None:
    if debt.due is None or day_of(moment.at, moment.zone) > debt.due:
        return None
    return _So(start_of(debt.due + timedelta(days=1), moment.zone), debt.due.isoformat())


def _held(debt: DebtFacts, moment: _Moment) -> _So | None:
    stands = bool(debt.held) and (debt.held_until is None or moment.at < debt.held_until)
    return _So(debt.held_until, debt.held) if stands else None


def _announced(debt: DebtFacts, moment: _Moment) -> _So | None:
    until = None if debt.announced_at is None else wall_later(debt.announced_at, moment.grace, moment.zone)
    return _So(until) if until is not None and moment.at < until else None


def _reopened(debt: DebtFacts, moment: _Moment) -> _So | None:
    until = None if debt.reopened_at is None else wall_later(debt.reopened_at, moment.grace, moment.zone)
    return _So(until) if until is not None and moment.at < until else None


def _stale(debt: DebtFacts, moment: _Moment) -> _So | None:
    """Judged by when it was looked at, not by the moment asked about: by then it will have been read again."""
    if moment.seen_at is None or not debt.system:
        return None
    if debt.read_at is None:
        return _So(detail=f"{debt.system} was never read well")
    old = moment.seen_at - debt.read_at > timedelta(hours=moment.hours)
    return _So(detail=f"{debt.system} was last read well at {to_text(debt.read_at)}") if old else None


def _agreed(debt: DebtFacts) -> bool:
    return bool(debt.agreement) or debt.status == "under_agreement"


def _if(stands: bool, detail: str = "") -> _So | None:
    return _So(detail=detail) if stands else None


_DEBT_STATES: Final[Mapping[State, Callable[[DebtFacts, _Moment], _So | None]]] = {
    State.SETTLED: lambda debt, _: _if(debt.status == "settled"),
    State.NOT_OWED: lambda debt, _: _if(debt.status in _NOT_OWED, debt.status),
    State.NOT_DUE: _not_due,
    State.DISPUTE: lambda debt, _: _if(debt.disputed or debt.status == "disputed"),
    State.HOLD: _held,
    State.AGREEMENT: lambda debt, _: _if(_agreed(debt), debt.agreement),
    State.NO_AGREEMENT: lambda debt, _: _if(not _agreed(debt)),
    State.ANNOUNCED_PAYMENT: _announced,
    State.REOPENED: _reopened,
    State.STALE: _stale,
    State.LEGAL: lambda debt, _: _if(debt.status == "in_legal" or debt.stage == "legal"),
}


def _stands(word: Prohibition, purpose: str, *, at: datetime) -> bool:
    return word.purpose in ("", purpose) and word.since <= at and (word.until is None or at < word.until)


def _concerns(word: Prohibition, question: Question) -> bool:
    """Whether the channel is meant; a debt of its own is not enough to forbid the channel."""
    return not word.debt and _same_medium(word.channel, question)


def _same_medium(channel: str, question: Question) -> bool:
    return not channel or medium(channel) == medium(question.channel)


def _is_of(word: Prohibition, point: PointFacts) -> bool:
    return bool(word.value) and word.value == point.value and word.type in ("", point.type)


def _words(facts: Facts, question: Question, point: PointFacts | None, *, at: datetime) -> list[ConsentFacts]:
    """What the debtor said that concerns the channel and the point, oldest first; of one moment, a no comes last."""
    found = [
        word
        for word in facts.consents
        if word.purpose in ("", question.purpose)
        and _same_medium(word.channel, question)
        and (not word.value or (point is not None and word.value == point.value and word.type in ("", point.type)))
        and word.at <= at
        and (word.until is None or at < word.until)
    ]
    return sorted(found, key=lambda word: (word.at, word.state != _GRANTED))


def _allowed(words: Sequence[ConsentFacts]) -> bool:
    return bool(words) and words[-1].state == _GRANTED


def _asks(one: Attempt, question: Question, *, at: datetime) -> bool:
    """Whether the debtor turned to us by this medium within the time for an answer."""
    recent = one.earliest <= at < one.earliest + REPLY
    return one.inbound and one.own and recent and medium(one.channel) == medium(question.channel)
