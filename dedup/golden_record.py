"""Assembles the golden record of one cluster and its provenance. Writes nothing; which value wins is survivorship's.

Only usable values enter, an inactive party's too. Everything in the record is ordered by its content, never by
arrival. Wrong-party and erased values are not known here: the caller says which are left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar

from concilia.normalize.verdict import Verdict
from concilia.portfolio.party import ContactPoint, Identifier, contact_point_to_json, identifier_to_json
from concilia.schema import DEBTOR
from dedup.party import LOCAL_TYPES, OTHERS, RetiredIdentifier, SourceParty
from dedup.policy import DEFAULT_POLICY, Policy
from dedup.survivorship import Pin, SourceStamp, Statement, Strategy, Survived, acceptable, pinned, survive
from dedup.weighing import day_of, span_of, worth

T = TypeVar("T", Identifier, ContactPoint)
VERDICT_RANK = {
    Verdict.VERIFIED: 5,
    Verdict.VALID_CHECKSUM: 4,
    Verdict.VALID_FORMAT: 3,
    Verdict.CHECK_WARNING: 2,
    Verdict.SUSPICIOUS: 1,
}  # what is not here is not usable
TAX_FIRST = ("RUT", "RUN", "RFC", "NIT", "RUC", "CUIT", "CUIL", "CNPJ", "CPF", "RNC", "RIF")  # before personal numbers
NEVER_TAX = LOCAL_TYPES | {"PASSPORT"}
FIELDS = {field.name: field for field in DEBTOR.fields if field.name != "tax_id"}


class Said(NamedTuple):
    """One source's notation of a value that several may state."""

    source: SourceStamp
    raw: str
    verdict: Verdict
    verified_at: str | None
    verification_method: str | None


class GoldenIdentifier(NamedTuple):
    """An identifier in its best statement, and everybody who states it."""

    best: Identifier
    sources: tuple[Said, ...]


class GoldenContactPoint(NamedTuple):
    """A contact point in its best statement, when anybody verified it last, and everybody who states it."""

    best: ContactPoint
    verified_at: str | None
    verification_method: str | None
    sources: tuple[Said, ...]


class ContactWords(NamedTuple):
    """What the hub knows of contact points beside what sources state, by type and match value.

    `own` it states itself; `left_out` do not enter, whoever states them; `verified` says when and how; `behind` come
    after the others of their kind.
    """

    own: Sequence[tuple[ContactPoint, SourceStamp]] = ()
    left_out: Collection[PointKey] = frozenset()
    verified: Mapping[PointKey, tuple[str, str]] = MappingProxyType({})
    behind: Collection[PointKey] = frozenset()


NO_WORDS = ContactWords()


class GoldenRetired(NamedTuple):
    """An identifier that a steward retired wherever this party states it: the latest word on it, and who states it."""

    word: RetiredIdentifier
    sources: tuple[Said, ...]


@dataclass(slots=True)
class _Stated:
    """What the members state, sorted by what it is about."""

    fields: dict[str, list[Statement]] = field(default_factory=dict)
    identifiers: dict[IdentifierKey, list[tuple[Identifier, SourceStamp]]] = field(default_factory=dict)
    points: dict[PointKey, list[tuple[ContactPoint, SourceStamp]]] = field(default_factory=dict)
    retired: dict[IdentifierKey, list[tuple[RetiredIdentifier, SourceStamp]]] = field(default_factory=dict)


IdentifierKey = tuple[str, str, str]  # country, type, value
PointKey = tuple[str, str]  # type, match value


@dataclass(frozen=True, slots=True)
class GoldenRecord:
    """What the hub holds of one party. `fields["tax_id"]` is the first of `identifiers` when that can be a tax id.

    `contact_points` come by type, those that reach the party itself first; then verified ones, then the weightiest.
    """

    fields: Mapping[str, str]
    identifiers: tuple[GoldenIdentifier, ...]
    contact_points: tuple[GoldenContactPoint, ...]
    provenance: Mapping[str, Survived]
    retired: tuple[GoldenRetired, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON with keys and lists in an order that depends on the content alone; retired identifiers last."""
        return {
            "fields": dict(self.fields),
            "identifiers": [
                {**identifier_to_json(found.best), "sources": [_said_json(s) for s in found.sources]}
                for found in self.identifiers
            ]
            + [_retired_json(found) for found in self.retired],
            "contact_points": [_contact_json(found) for found in self.contact_points],
            "provenance": {name: _survived_json(found) for name, found in self.provenance.items()},
        }


def assemble(
    members: Sequence[SourceParty],
    policy: Policy = DEFAULT_POLICY,
    *,
    pins: Sequence[Pin] = (),
    contacts: ContactWords = NO_WORDS,
) -> GoldenRecord:
    """The golden record of these source debtors, whatever their order; of several pins of a field the last counts."""
    stated = _stated_by(members)
    for point, source in contacts.own:
        stated.points.setdefault(_point_key(point), []).append((point, source))
    ids = _golden_identifiers(stated.identifiers)
    provenance = _survivors(stated.fields, policy, ids, pins)
    fields = {name: found.value for name, found in provenance.items()}
    points = _golden_points(stated.points, policy, contacts)
    return GoldenRecord(fields, ids, points, provenance, _golden_retired(stated.retired))


def _stated_by(members: Sequence[SourceParty]) -> _Stated:
    found = _Stated()
    for party in members:
        for stamped in party.claims:
            if stamped.of_hub:
                continue
            source = SourceStamp(*party.key, party.trust, stamped.source_updated_at, stamped.received_at)
            claim = stamped.claim
            for name, value in claim.fields.items():
                if value:
                    found.fields.setdefault(name, []).append(Statement(value, source))
            for identifier in claim.identifiers:
                if identifier.value and identifier.verdict in VERDICT_RANK:
                    found.identifiers.setdefault(_key_of(identifier), []).append((identifier, source))
            for point in claim.contact_points:
                if point.value and point.verdict in VERDICT_RANK:
                    found.points.setdefault(_point_key(point), []).append((point, source))
        for word in party.retired:
            source = SourceStamp(*party.key, party.trust, word.source_updated_at, word.received_at)
            found.retired.setdefault(_key_of(word.identifier), []).append((word, source))
    return found


def _point_key(point: ContactPoint) -> PointKey:
    return (point.type, point.match_key or point.value)


def _key_of(identifier: Identifier) -> IdentifierKey:
    return (identifier.country, identifier.type, identifier.value)


def _survivors(
    statements: Mapping[str, Sequence[Statement]],
    policy: Policy,
    ids: Sequence[GoldenIdentifier],
    pins: Sequence[Pin],
) -> dict[str, Survived]:
    fixed = {pin.field: pin for pin in pins}
    found: dict[str, Survived] = {}
    for name, about in FIELDS.items():
        pin = fixed.get(name)
        if pin is not None and acceptable(pin.value, field=about):
            found[name] = pinned(pin, statements.get(name, ()), rule=policy.rule(name))
        elif name in statements:
            rule = policy.rule(name)
            survived = survive(statements[name], rule=rule, field=about, half_life=policy.half_life(name))
            if survived is not None:
                found[name] = survived
    if ids and ids[0].best.type not in NEVER_TAX:
        best, sources = ids[0].best, ids[0].sources
        first = sources[0]
        winner = Statement(best.value, first.source, first.verified_at, first.verification_method)
        found["tax_id"] = Survived(best.value, winner, (), Strategy.UNION)
    return found


def _golden_identifiers(
    stated: Mapping[IdentifierKey, list[tuple[Identifier, SourceStamp]]],
) -> tuple[GoldenIdentifier, ...]:
    found = []
    for statements in stated.values():
        ranked = _best_first(statements)
        found.append(GoldenIdentifier(ranked[0][0], _sources(ranked)))
    if len(found) > 1:
        found.sort(key=_primary_first)
    return tuple(found)


def _golden_retired(
    stated: Mapping[IdentifierKey, list[tuple[RetiredIdentifier, SourceStamp]]],
) -> tuple[GoldenRetired, ...]:
    found = []
    for key in sorted(stated):
        words = sorted(stated[key], key=lambda said: (said[0].at, said[1][:3]), reverse=True)
        ranked = _best_first([(word.identifier, source) for word, source in stated[key]])
        found.append(GoldenRetired(words[0][0], _sources(ranked)))
    return tuple(found)


def _golden_points(
    stated: Mapping[PointKey, list[tuple[ContactPoint, SourceStamp]]], policy: Policy, contacts: ContactWords
) -> tuple[GoldenContactPoint, ...]:
    found = []
    for key in sorted(stated.keys() - set(contacts.left_out)):
        ranked = _best_first(stated[key])
        best = ranked[0][0]
        words = [(p.verified_at or "", p.verification_method or "") for p, _ in ranked]
        verified_at, method = max([*words, contacts.verified.get(key, ("", ""))])
        found.append(GoldenContactPoint(best, verified_at or None, method or None, _sources(ranked)))
    if len(found) > 1:
        span = span_of(_day(said) for point in found for said in point.sources)

        def place(point: GoldenContactPoint) -> tuple[str, bool, bool, bool, float]:
            half_life = policy.half_life(point.best.type)
            weights = (
                worth(said.source.trust, age=span.age(_day(said)), half_life=half_life, verdict=said.verdict)
                for said in point.sources
            )
            verified = bool(point.verified_at) or point.best.verdict is Verdict.VERIFIED
            behind = _point_key(point.best) in contacts.behind
            return (point.best.type, point.best.relation in OTHERS, behind, not verified, -max(weights))

        found.sort(key=place)
    return tuple(found)


def _day(said: Said) -> int:
    """The last day on which a contact point is known to have been right."""
    return day_of(max(said.source.source_updated_at or "", said.verified_at or ""))


def _best_first(statements: list[tuple[T, SourceStamp]]) -> list[tuple[T, SourceStamp]]:
    """Best verdict first, then verified, stated rather than derived, trusted, recent; ties by source and notation."""
    if len(statements) == 1:
        return statements
    ordered = sorted(statements, key=_place)
    ordered.sort(key=_worth, reverse=True)
    return ordered


def _worth(stated: tuple[Identifier | ContactPoint, SourceStamp]) -> tuple[int, str, int, str]:
    value, source = stated
    verdict = 2 * VERDICT_RANK[value.verdict] - (isinstance(value, Identifier) and value.derived)
    return (verdict, value.verified_at or "", source.trust, source.source_updated_at or "")


def _place(stated: tuple[Identifier | ContactPoint, SourceStamp]) -> tuple[str, ...]:
    value, source = stated
    return (*source[:3], value.raw, value.value, source.received_at)


def _primary_first(found: GoldenIdentifier) -> tuple[object, ...]:
    best = found.best
    return (
        best.type in NEVER_TAX,
        -VERDICT_RANK[best.verdict],
        best.derived,
        best.type not in TAX_FIRST,
        -len({said.source[:3] for said in found.sources}),
        best.country,
        best.type,
        best.value,
    )


def _sources(ranked: Iterable[tuple[Identifier | ContactPoint, SourceStamp]]) -> tuple[Said, ...]:
    return tuple([Said(source, v.raw, v.verdict, v.verified_at, v.verification_method) for v, source in ranked])


def _survived_json(found: Survived) -> dict[str, Any]:
    losers = [{**_statement_json(loser.statement), "why": loser.why} for loser in found.losers]
    return {
        "winner": _statement_json(found.winner),
        "losers": losers,
        "rule": found.rule_name,
        "sentence": found.sentence,
        **({"pin": {n: getattr(found.pin, n) for n in ("by", "reason", "at")}} if found.pin else {}),
    }


def _statement_json(statement: Statement) -> dict[str, Any]:
    verified = {"verified_at": statement.verified_at, "verification_method": statement.verification_method}
    return {"value": statement.value, **_stamp_json(statement.source), **verified}


def _retired_json(found: GoldenRetired) -> dict[str, Any]:
    word = found.word
    how = {"by": word.by, "reason": word.reason, "at": word.at, "everywhere": word.everywhere}
    said = [_said_json(s) for s in found.sources]
    return {**identifier_to_json(word.identifier), "retired": how, "sources": said}


def _said_json(said: Said) -> dict[str, Any]:
    verified = {"verified_at": said.verified_at, "verification_method": said.verification_method}
    return {**_stamp_json(said.source), "raw": said.raw, "verdict": said.verdict.value, **verified}


def _stamp_json(source: SourceStamp) -> dict[str, Any]:
    return source._asdict()


def _contact_json(found: GoldenContactPoint) -> dict[str, Any]:
    verified = {"verified_at": found.verified_at, "verification_method": found.verification_method}
    return {
        **contact_point_to_json(found.best),
        **{name: value for name, value in verified.items() if value is not None},
        "sources": [_said_json(said) for said in found.sources],
    }
