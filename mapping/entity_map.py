"""Apply a mapping document to a record, and back. No file, no evaluation of code in strings, never an exception."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass, replace
from dataclasses import fields as members
from typing import Any, NamedTuple, assert_never

from concilia.portfolio.debt import DebtClaim
from concilia.portfolio.party import DebtorClaim, DebtReference, RoleClaim
from concilia.portfolio.payment import PaymentClaim
from concilia.schema import Entity
from mapping.context import MapContext
from mapping.debt_map import DebtMap, RoleMap
from mapping.debtor_map import DebtorMap
from mapping.issues import Issue, Refused
from mapping.payment_map import PaymentMap
from mapping.rules import Condition, FieldRule, ListRule, Row, Source, all_hold

Claim = DebtorClaim | DebtClaim | PaymentClaim | RoleClaim


@dataclass(frozen=True, slots=True)
class EntityMap:
    """One entity that records of a stream state, under a condition or always."""

    entity: Entity
    reader: DebtorMap | DebtMap | PaymentMap | RoleMap
    rules: tuple[FieldRule, ...]  # of all fields, for the way back
    when: tuple[Condition, ...] = ()

    def apply(self, fields: Mapping[str, Any], *, context: MapContext, issues: list[Issue]) -> Claim | None:
        """The claim a record makes, or None. Issues are added to `issues`; Refused when it cannot be used."""
        if not all_hold(self.when, fields):
            return None
        return self.reader.read(Row(self.entity.name, fields, context, issues))

    def columns_for(self, fields: Mapping[str, str], *, context: MapContext) -> dict[str, str]:
        """Columns and cells that `apply` would read as these canonical fields; rules with no way back are left out."""
        unit = fields.get("unit")
        context = replace(context, unit=unit) if unit else context
        found = (rule.write(fields[rule.field.name], context) for rule in self.rules if rule.field.name in fields)
        return dict(pair for pair in found if pair is not None)


@dataclass(frozen=True, slots=True)
class MapDocument:
    """The entities of one stream. `fingerprint` changes with the content."""

    entities: tuple[EntityMap, ...]
    file: str = ""
    fingerprint: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it reads, to compare with what a stream has; those inside lists are not among them."""
        return tuple(sorted(set(_columns(self.entities))))


class Line(NamedTuple):
    """One line of a display: what the record says of one field, or what is wrong with it."""

    entity: str
    key: str
    field: str
    value: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Mapped:
    """What one record says. With a `refusal` it says nothing: the record waits for repair."""

    debtors: tuple[DebtorClaim, ...] = ()
    debts: tuple[DebtClaim, ...] = ()
    payments: tuple[PaymentClaim, ...] = ()
    roles: tuple[RoleClaim, ...] = ()
    issues: tuple[Issue, ...] = ()
    refusal: Issue | None = None

    def as_rows(self) -> tuple[Line, ...]:
        """All of it line by line, for people."""
        claims: tuple[Claim, ...] = (*self.debtors, *self.debts, *self.payments, *self.roles)
        lines = [line for claim in claims for line in _lines(claim)]
        faults = (*self.issues, *((self.refusal,) if self.refusal else ()))
        for issue in faults:
            word = "refused" if issue is self.refusal else "issue"
            note = f"{word} {issue.code}: {issue.reason}"
            lines.append(Line(issue.entity, "", issue.column or issue.field, issue.value, note))
        return tuple(lines)


def map_record(document: MapDocument, fields: Mapping[str, Any], *, context: MapContext) -> Mapped:
    """What the record says by this mapping. Never raises for the content of a record."""
    issues: list[Issue] = []
    claims: list[Claim] = []
    try:
        for entity in document.entities:
            claim = entity.apply(fields, context=context, issues=issues)
            if claim is not None:
                claims.append(claim)
    except Refused as refused:
        return Mapped(issues=tuple(issues), refusal=refused.issue)
    return Mapped(
        debtors=tuple(claim for claim in claims if isinstance(claim, DebtorClaim)),
        debts=tuple(claim for claim in claims if isinstance(claim, DebtClaim)),
        payments=tuple(claim for claim in claims if isinstance(claim, PaymentClaim)),
        roles=tuple(claim for claim in claims if isinstance(claim, RoleClaim)),
        issues=tuple(issues),
    )


def _columns(part: Any) -> Iterator[str]:
    if isinstance(part, tuple | frozenset):
        for inner in part:
            yield from _columns(inner)
    elif isinstance(part, Mapping):
        yield from _columns(tuple(part.values()))
    elif isinstance(part, Source):
        yield from part.columns
    elif isinstance(part, Condition | ListRule):
        yield part.column
    elif is_dataclass(part):
        values = tuple(getattr(part, member.name) for member in members(part))
        lists = tuple(value for value in values if isinstance(value, ListRule))
        yield from _columns(lists or values)


def _lines(claim: Claim) -> Iterator[Line]:
    match claim:
        case DebtorClaim():
            yield from _of_debtor(claim)
        case DebtClaim():
            yield from _of_debt(claim)
        case PaymentClaim():
            yield from _of_payment(claim)
        case RoleClaim():
            named = "|".join(claim.debtor.key)
            yield Line("party_role", named, claim.role, _debt_text(claim.debt), claim.liability)
        case _:
            assert_never(claim)


def _of_debtor(claim: DebtorClaim) -> Iterator[Line]:
    key = "|".join(claim.key)
    for name, text in claim.fields.items():
        yield Line("debtor", key, name, text)
    for number in claim.identifiers:
        note = f"{number.verdict}, contained in another" if number.derived else str(number.verdict)
        yield Line("debtor", key, number.name, number.value or number.raw, note)
    for point in claim.contact_points:
        yield Line("debtor", key, point.type, point.value, f"{point.verdict}, {point.relation}")


def _of_debt(claim: DebtClaim) -> Iterator[Line]:
    key = "|".join(claim.key)
    if claim.debtor:
        yield Line("debt", key, "debtor", "|".join(claim.debtor.key), claim.debtor.stream or "")
    for name, text in claim.fields.items():
        yield Line("debt", key, name, text)
    for part in claim.instalments:
        open_ = "" if part.balance is None else f"{part.balance} open"
        yield Line("debt", key, f"instalment {part.number}", f"{part.amount} on {part.due_date}", open_)


def _of_payment(claim: PaymentClaim) -> Iterator[Line]:
    key = "|".join(claim.key)
    for name, text in claim.fields.items():
        yield Line("payment", key, name, text)
    for part in claim.allocations:
        amount = "as much as is open" if part.amount is None else str(part.amount)
        yield Line("payment", key, "for debt", _debt_text(part.debt), amount)


def _debt_text(debt: DebtReference) -> str:
    named = f"document {debt.document}" if debt.document else "|".join(debt.key)
    return f"{debt.connection}: {named}" if debt.connection else named
