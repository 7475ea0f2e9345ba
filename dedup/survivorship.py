"""Which of several stated values survives, and why. One strategy per field kind; no clock, no I/O.

Every strategy is a total order over statements that does not depend on the order in which they are given. Where a
strategy's own measure is equal, the tie is broken by: verified, trust of the source, source_updated_at, and last the
source's connection, stream and external id. Times are `clock.to_text` texts and compare as texts; a statement
without business time is older than any with one.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import NamedTuple

from concilia.schema import DEBTOR, Field, Kind


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


class Loser(NamedTuple):
    """A statement that did not survive, and why."""

    statement: Statement
    why: str


class Strategy(enum.StrEnum):
    """The rules a workspace may name for a field."""

    MOST_TRUSTED = "most_trusted"
    MOST_RECENT = "most_recent"
    MOST_RECENT_VERIFIED = "most_recent_verified"
    MOST_FREQUENT = "most_frequent"
    UNION = "union"


SENTENCES: Mapping[Strategy, str] = {
    Strategy.MOST_TRUSTED: "The value of the most trusted source survives.",
    Strategy.MOST_RECENT: "The value the source changed last survives.",
    Strategy.MOST_RECENT_VERIFIED: "The value verified last survives; without any verified, the one changed last.",
    Strategy.MOST_FREQUENT: "The value stated by most source debtors survives.",
    Strategy.UNION: "Every distinct usable value is kept.",
}

Policy = Mapping[str, Strategy]
DEFAULT_POLICY: Policy = {
    "kind": Strategy.MOST_TRUSTED,
    "full_name": Strategy.MOST_TRUSTED,
    "given_names": Strategy.MOST_TRUSTED,
    "surname_1": Strategy.MOST_TRUSTED,
    "surname_2": Strategy.MOST_TRUSTED,
    "legal_name": Strategy.MOST_TRUSTED,
    "trade_name": Strategy.MOST_TRUSTED,
    "tax_id": Strategy.UNION,
    "birth_date": Strategy.MOST_FREQUENT,
    "deceased_at": Strategy.MOST_RECENT,
    "language": Strategy.MOST_RECENT_VERIFIED,
    "residence_country": Strategy.MOST_RECENT,
    "residence_subdivision": Strategy.MOST_RECENT,
    "consumer": Strategy.MOST_TRUSTED,
    "active": Strategy.MOST_RECENT,
    "identifiers": Strategy.UNION,
    "contact_points": Strategy.UNION,
}


class Survived(NamedTuple):
    """The value that won, who said it, who lost and why, and the rule that decided."""

    value: str
    winner: Statement
    losers: tuple[Loser, ...]
    rule: Strategy

    @property
    def sentence(self) -> str:
        """The rule in words."""
        return SENTENCES[self.rule]


def survive(statements: Sequence[Statement], *, rule: Strategy, field: Field | None = None) -> Survived | None:
    """The survivor among statements of one field; none when no value is acceptable for it. Unacceptable ones lose."""
    running = [s for s in statements if acceptable(s.value, field=field)]
    if not running:
        return None
    losers = [] if len(running) == len(statements) else _refused(statements, field)
    if len(running) > 1:
        winner, *rest = _ranked(running, rule)
        votes = _votes(running) if rule is Strategy.MOST_FREQUENT else {}
        losers = [_lost(s, winner, votes, rule) for s in rest] + losers
    else:
        winner = running[0]
    return Survived(winner.value, winner, tuple(losers), rule)


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


def check_policy(policy: Policy) -> tuple[str, ...]:
    """One sentence for every entry of a policy that cannot work."""
    fields = {field.name for field in DEBTOR.fields}
    known = (*sorted(fields), "identifiers", "contact_points")
    wrong = [
        f"survivorship names a field {name!r} that a debtor does not have: use one of {', '.join(known)}"
        for name in policy
        if name not in known
    ]
    for name, rule in policy.items():
        if (rule is Strategy.UNION) is not (name in ("identifiers", "contact_points", "tax_id")) and name in known:
            wrong.append(
                f"survivorship of {name!r} cannot be {rule.value!r}: union is for lists of values, and only it"
            )
    return tuple(wrong)


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True


def _refused(statements: Sequence[Statement], field: Field | None) -> list[Loser]:
    refused = (s for s in sorted(statements, key=_identity) if not acceptable(s.value, field=field))
    return [Loser(statement, "the value is not valid for the field") for statement in refused]


def _lost(loser: Statement, winner: Statement, votes: Votes, rule: Strategy) -> Loser:
    if loser.value == winner.value:
        return Loser(loser, "it says the same")
    for reason, measure in (*_OWN[rule], *_TIES):
        if measure(loser, votes) != measure(winner, votes):
            return Loser(loser, reason)
    return Loser(loser, "equal in everything: the first source by connection, stream and external id wins")


def _ranked(statements: Sequence[Statement], rule: Strategy) -> list[Statement]:
    votes = _votes(statements) if rule is Strategy.MOST_FREQUENT else {}
    key = _KEYS[rule]
    keys = [key(statement, votes) for statement in statements]
    if len(set(keys)) < len(keys):  # a tie: of equals, the first source stays first in the stable sort below
        statements = sorted(statements, key=_identity)
        keys = [key(statement, votes) for statement in statements]
    order = sorted(range(len(keys)), key=keys.__getitem__, reverse=True)
    return [statements[index] for index in order]


Votes = Mapping[str, int]


def _identity(statement: Statement) -> tuple[str, ...]:
    value, source, verified_at, method = statement
    return (*source[:3], value, source[5], verified_at or "", method or "")


def _votes(statements: Sequence[Statement]) -> Votes:
    voters: dict[str, set[tuple[str, str, str]]] = {}
    for value, source, _, _ in statements:
        voters.setdefault(value, set()).add(source[:3])
    return {value: len(sources) for value, sources in voters.items()}


def _vote(statement: Statement, votes: Votes) -> int | str:
    return votes[statement.value]


def _verified(statement: Statement, _: Votes) -> int | str:
    return 1 if statement.verified_at else 0


def _verified_at(statement: Statement, _: Votes) -> int | str:
    return statement.verified_at or ""


def _trust(statement: Statement, _: Votes) -> int | str:
    return statement.source.trust


def _updated_at(statement: Statement, _: Votes) -> int | str:
    return statement.source.source_updated_at or ""


Criterion = tuple[str, Callable[[Statement, Votes], int | str]]
_TIES: tuple[Criterion, ...] = (
    ("it is not verified", _verified),
    ("its source is trusted less", _trust),
    ("its source changed it earlier", _updated_at),
)
_OWN: Mapping[Strategy, tuple[Criterion, ...]] = {
    Strategy.MOST_TRUSTED: (("its source is trusted less", _trust),),
    Strategy.MOST_RECENT: (("its source changed it earlier", _updated_at),),
    Strategy.MOST_RECENT_VERIFIED: (
        ("it is not verified, or was earlier", _verified_at),
        ("its source changed it earlier", _updated_at),
    ),
    Strategy.MOST_FREQUENT: (("fewer source debtors state it", _vote),),
    Strategy.UNION: (),
}


def _key(rule: Strategy) -> Callable[[Statement, Votes], tuple[int | str, ...]]:
    match _OWN[rule]:
        case ():
            return _tie_break
        case ((_, measure),):
            return lambda statement, votes: (measure(statement, votes), *_tie_break(statement, votes))
        case own:
            measures = [measure for _, measure in own]
            return lambda statement, votes: (
                *[measure(statement, votes) for measure in measures],
                *_tie_break(statement, votes),
            )


def _tie_break(statement: Statement, _: Votes) -> tuple[int | str, ...]:
    source = statement[1]
    return (1 if statement[2] else 0, source[3], source[4] or "")  # the criteria of _TIES, in one go


_KEYS = {rule: _key(rule) for rule in Strategy}
