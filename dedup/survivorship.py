"""Which of several stated values survives, and why. One strategy per field kind; no clock, no I/O.

Every strategy is a total order over statements that does not depend on the order in which they are given. Where a
strategy's own measure is equal, the tie is broken by: verified, trust of the source, source_updated_at, and last the
source's connection, stream and external id. Times are `clock.to_text` texts and compare as texts; a statement
without business time is older than any with one (to `weighted` it is as old as the oldest that has one).

A steward's pin comes before every strategy.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from concilia.normalize.verdict import Verdict
from concilia.schema import Field, Kind
from dedup.weighing import Span, day_of, in_words, span_of, worth


class SourceStamp(NamedTuple):
    """Who said it and when. A tuple, not a dataclass: one is made for every row of every golden record."""

    connection: str
    stream: str
    external_id: str
    trust: int
    source_updated_at: str | None
    received_at: str


class Statement(NamedTuple):
    """One value as one source row states it; a tuple for the same reason."""

    value: str
    source: SourceStamp
    verified_at: str | None = None
    verification_method: str | None = None
    verdict: Verdict | None = None  # of fields that validation judges


class Loser(NamedTuple):
    """A statement that did not survive, and why."""

    statement: Statement
    why: str


class Pin(NamedTuple):
    """A value that a steward fixed for a field, whatever sources say; `anchor` is the source debtor it hangs on."""

    field: str
    value: str
    by: str
    reason: str
    at: str
    anchor: tuple[str, str, str]


class Strategy(enum.StrEnum):
    """The rules a workspace may name for a field."""

    WEIGHTED = "weighted"
    MOST_TRUSTED = "most_trusted"
    MOST_RECENT = "most_recent"
    MOST_RECENT_VERIFIED = "most_recent_verified"
    MOST_FREQUENT = "most_frequent"
    UNION = "union"


SENTENCES: Mapping[Strategy, str] = {
    Strategy.WEIGHTED: "Verified values first; then trust of the source, halved with each half-life of age, decides.",
    Strategy.MOST_TRUSTED: "The value of the most trusted source survives.",
    Strategy.MOST_RECENT: "The value the source changed last survives.",
    Strategy.MOST_RECENT_VERIFIED: "The value verified last survives; without any verified, the one changed last.",
    Strategy.MOST_FREQUENT: "The value stated by most source debtors survives.",
    Strategy.UNION: "Every distinct usable value is kept.",
}
PINNED = "pinned"  # the rule of a value that a steward fixed
PINNED_SENTENCE = "A steward fixed this value; it stands whatever the sources say."
OVERRULED = "a steward fixed another value"
STEWARD = "steward"  # the connection of a pin's own statement
HALF_LIFE = 365  # days, where a policy says nothing


class Survived(NamedTuple):
    """The value that won, who said it, who lost and why, and the rule that decided."""

    value: str
    winner: Statement
    losers: tuple[Loser, ...]
    rule: Strategy  # of a pinned value: what would decide without the pin
    pin: Pin | None = None

    @property
    def rule_name(self) -> str:
        """The rule that decided."""
        return PINNED if self.pin else self.rule.value

    @property
    def sentence(self) -> str:
        """That rule in words."""
        return PINNED_SENTENCE if self.pin else SENTENCES[self.rule]


def survive(
    statements: Sequence[Statement], *, rule: Strategy, field: Field | None = None, half_life: int = HALF_LIFE
) -> Survived | None:
    """The survivor among statements of one field; none when no value is acceptable for it. Unacceptable ones lose.

    `half_life` in days is what `weighted` counts with.
    """
    running = [s for s in statements if acceptable(s.value, field=field)]
    if not running:
        return None
    losers = [] if len(running) == len(statements) else _refused(statements, field)
    if len(running) > 1:
        whole = _whole(running, rule, half_life)
        winner, *rest = _ranked(running, rule, whole)
        losers = [_lost(s, winner, whole, rule) for s in rest] + losers
    else:
        winner = running[0]
    return Survived(winner.value, winner, tuple(losers), rule)


def pinned(pin: Pin, statements: Sequence[Statement], *, rule: Strategy) -> Survived:
    """The pin's value, and every statement as a loser against it."""
    stamp = SourceStamp(STEWARD, "pin", pin.by, 100, pin.at, pin.at)
    losers = [Loser(s, _AGREES if s.value == pin.value else OVERRULED) for s in sorted(statements, key=_identity)]
    return Survived(pin.value, Statement(pin.value, stamp), tuple(losers), rule, pin)


def weighted(statements: Sequence[Statement], *, half_life: int = HALF_LIFE) -> Survived | None:
    """The value whose source's trust, halved with each half-life of age, weighs most; verified ones first."""
    return survive(statements, rule=Strategy.WEIGHTED, half_life=half_life)


def most_trusted(statements: Sequence[Statement]) -> Survived | None:
    """The value of the most trusted source."""
    return survive(statements, rule=Strategy.MOST_TRUSTED)


def most_recent(statements: Sequence[Statement]) -> Survived | None:
    """The value the source changed last."""
    return survive(statements, rule=Strategy.MOST_RECENT)


def most_recent_verified(statements: Sequence[Statement]) -> Survived | None:
    """The value verified last; without any verified, the one changed last."""
    return survive(statements, rule=Strategy.MOST_RECENT_VERIFIED)


def most_frequent(statements: Sequence[Statement]) -> Survived | None:
    """The value stated by most source debtors; a debtor's several rows count once."""
    return survive(statements, rule=Strategy.MOST_FREQUENT)


def union(statements: Sequence[Statement]) -> tuple[Survived, ...]:
    """Every distinct acceptable value with the best statement of it, in the order of the values."""
    by_value: dict[str, list[Statement]] = {}
    for statement in statements:
        by_value.setdefault(statement.value, []).append(statement)
    found = (survive(by_value[value], rule=Strategy.UNION) for value in sorted(by_value))
    return tuple(survived for survived in found if survived is not None)


def acceptable(value: str, *, field: Field | None) -> bool:
    """Whether a value may stand in that field of a golden record."""
    if not value or field is None:
        return bool(value)
    if field.choices:
        return value in field.choices
    match field.kind:
        case Kind.BOOLEAN:
            return value in ("true", "false")
        case Kind.DATE:
            return _is_date(value)
        case _:
            return True


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _refused(statements: Sequence[Statement], field: Field | None) -> list[Loser]:
    refused = (s for s in sorted(statements, key=_identity) if not acceptable(s.value, field=field))
    return [Loser(statement, "the value is not valid for the field") for statement in refused]


class _Whole(NamedTuple):
    """What a measure has to know of all statements together."""

    votes: Mapping[str, int]
    span: Span
    half_life: int


def _whole(statements: Sequence[Statement], rule: Strategy, half_life: int) -> _Whole:
    match rule:
        case Strategy.MOST_FREQUENT:
            return _Whole(_votes(statements), Span(), half_life)
        case Strategy.WEIGHTED:
            return _Whole({}, span_of(map(_day, statements)), half_life)
        case _:
            return _Whole({}, Span(), half_life)


def _lost(loser: Statement, winner: Statement, whole: _Whole, rule: Strategy) -> Loser:
    if loser.value == winner.value:
        return Loser(loser, _AGREES)
    for reason, measure in (*_OWN[rule], *_TIES):
        if measure(loser, whole) != measure(winner, whole):
            return Loser(loser, _weighed(loser, winner, whole.span) if measure is _worth else reason)
    return Loser(loser, "equal in everything: the first source by connection, stream and external id wins")


def _weighed(loser: Statement, winner: Statement, span: Span) -> str:
    """Why it weighs less, from trust and age."""
    mine, other, source = loser.source.trust, winner.source.trust, winner.source.connection
    older = span.age(_day(loser)) - span.age(_day(winner))
    if older < 0:
        return f"{in_words(-older)} newer than the word of {source}, but trusted {mine} against {other}"
    if older == 0:
        return (
            _LESS_TRUSTED if mine < other else f"trusted {mine} against {other} of {source}, but validation doubts it"
        )
    if not _day(loser):
        return f"trusted {mine} against {other} of {source}, and nothing says how old it is"
    if mine == other:
        return f"trusted as {source} is, but {in_words(older)} older"
    but = "but" if mine > other else "and"
    return f"trusted {mine} against {other} of {source}, {but} {in_words(older)} older"


def _ranked(statements: Sequence[Statement], rule: Strategy, whole: _Whole) -> list[Statement]:
    key = _KEYS[rule]
    keys = [key(statement, whole) for statement in statements]
    if len(set(keys)) < len(keys):  # a tie: of equals, the first source stays first in the stable sort below
        statements = sorted(statements, key=_identity)
        keys = [key(statement, whole) for statement in statements]
    order = sorted(range(len(keys)), key=keys.__getitem__, reverse=True)
    return [statements[index] for index in order]


def _identity(statement: Statement) -> tuple[str, ...]:
    value, source, verified_at, method, verdict = statement
    return (*source[:3], value, source[5], verified_at or "", method or "", verdict or "")


def _votes(statements: Sequence[Statement]) -> Mapping[str, int]:
    voters: dict[str, set[tuple[str, str, str]]] = {}
    for statement in statements:
        voters.setdefault(statement.value, set()).add(statement.source[:3])
    return {value: len(sources) for value, sources in voters.items()}


def _day(statement: Statement) -> int:
    """The last day on which the value is known to have been right."""
    return day_of(max(statement.source.source_updated_at or "", statement.verified_at or ""))


def _worth(statement: Statement, whole: _Whole) -> float:
    age = whole.span.age(_day(statement))
    return worth(statement.source.trust, age=age, half_life=whole.half_life, verdict=statement.verdict)


def _vote(statement: Statement, whole: _Whole) -> int:
    return whole.votes[statement.value]


def _verified(statement: Statement, _: _Whole) -> int:
    return 1 if statement.verified_at or statement.verdict is Verdict.VERIFIED else 0


def _verified_at(statement: Statement, _: _Whole) -> str:
    return statement.verified_at or ""


def _trust(statement: Statement, _: _Whole) -> int:
    return statement.source.trust


def _updated_at(statement: Statement, _: _Whole) -> str:
    return statement.source.source_updated_at or ""


Measured = int | float | str
Criterion = tuple[str, Callable[[Statement, _Whole], Measured]]
_AGREES, _LESS_TRUSTED, _NOT_VERIFIED = "it says the same", "its source is trusted less", "it is not verified"
_TIES: tuple[Criterion, ...] = (
    (_NOT_VERIFIED, _verified),
    (_LESS_TRUSTED, _trust),
    ("its source changed it earlier", _updated_at),
)
_OWN: Mapping[Strategy, tuple[Criterion, ...]] = {
    Strategy.WEIGHTED: ((_NOT_VERIFIED, _verified), ("trust and age together weigh less", _worth)),
    Strategy.MOST_TRUSTED: ((_LESS_TRUSTED, _trust),),
    Strategy.MOST_RECENT: (("its source changed it earlier", _updated_at),),
    Strategy.MOST_RECENT_VERIFIED: (
        ("it is not verified, or was earlier", _verified_at),
        ("its source changed it earlier", _updated_at),
    ),
    Strategy.MOST_FREQUENT: (("fewer source debtors state it", _vote),),
    Strategy.UNION: (),
}


def _key(rule: Strategy) -> Callable[[Statement, _Whole], tuple[Measured, ...]]:
    match _OWN[rule]:
        case ():
            return _tie_break
        case ((_, measure),):
            return lambda statement, whole: (measure(statement, whole), *_tie_break(statement, whole))
        case own:
            measures = [measure for _, measure in own]
            return lambda statement, whole: (
                *[measure(statement, whole) for measure in measures],
                *_tie_break(statement, whole),
            )


def _tie_break(statement: Statement, whole: _Whole) -> tuple[Measured, ...]:
    source = statement[1]
    return (_verified(statement, whole), source[3], source[4] or "")  # the criteria of _TIES, in one go


_KEYS = {rule: _key(rule) for rule in Strategy}
