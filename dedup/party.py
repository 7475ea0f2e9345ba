"""A source debtor as matching sees it: its claims, and the features read from them once. No decisions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NewType

from concilia.normalize.names import Name, normalize_name
from concilia.normalize.verdict import Verdict
from concilia.portfolio.party import ContactPoint, DebtorClaim, Identifier
from concilia.records import RecordRef

RecordKey = tuple[
    str, str, str
]  # connection, stream, external id: the order of everything that must not depend on arrival
MatchKey = NewType("MatchKey", str)  # "id:CL:RUT:125319092", "phone:+56961234567", "email:ana@example.cl"
Contact = tuple[str, str]  # type, match_key
Ids = Mapping[str, tuple[str, ...]]  # distinct sorted values by country:type

KEYED_CONTACTS = frozenset({"phone", "email"})
OTHERS = frozenset({"family", "third_party"})  # reach somebody else: say nothing about who the debtor is
LOCAL_TYPES = frozenset({"INTERNAL"})  # numbers that mean something only inside the system that gave them
WELL_FORMED = frozenset({Verdict.VALID_FORMAT, Verdict.CHECK_WARNING})


@dataclass(frozen=True, slots=True)
class StampedClaim:
    """One source row's claim with its business time and the time the hub received it (`clock.to_text` texts).

    `of_hub`: the hub states it itself, on behalf of the source debtor; the golden record takes it from elsewhere.
    """

    claim: DebtorClaim
    source_updated_at: str | None
    received_at: str
    of_hub: bool = False


@dataclass(frozen=True, slots=True)
class RetiredIdentifier:
    """A number a record states and a steward took out of use: it neither matches nor is the tax id."""

    identifier: Identifier
    source_updated_at: str | None
    received_at: str
    by: str
    reason: str
    at: str
    everywhere: bool  # superseded for whoever states it; else mistyped by this source debtor


@dataclass(frozen=True, eq=False)  # not slotted: the cached features live in the instance
class SourceParty:
    """One debtor of one source, in the words of all its rows. `trust` is the connection's, higher is better.

    `claims` are without the identifiers in `retired`.
    """

    id: int
    ref: RecordRef
    trust: int
    claims: tuple[StampedClaim, ...]
    retired: tuple[RetiredIdentifier, ...] = ()

    @cached_property
    def key(self) -> RecordKey:
        """What orders this party among others, whenever and in whatever order they arrived."""
        return (self.ref.connection, self.ref.stream, self.ref.external_id)

    @property
    def valid_ids(self) -> Ids:
        """Values that prove identity by `country:type`; more than one value means the source contradicts itself."""
        return self._ids[0]

    @property
    def well_formed_ids(self) -> Ids:
        """Values without a computable or agreeing check digit, by `country:type`."""
        return self._ids[1]

    @cached_property
    def stated_ids(self) -> Ids:
        """Valid and well-formed values together, by `country:type`."""
        valid, rest = self.valid_ids, self.well_formed_ids
        if not rest or not valid:
            return valid or rest
        return {name: (*valid.get(name, ()), *rest.get(name, ())) for name in {**valid, **rest}}

    @cached_property
    def contacts(self) -> Mapping[Contact, bool]:
        """Own, keyed contact points, and whether one is verified and of a kind that is not shared by design."""
        found: dict[Contact, bool] = {}
        for stamped in self.claims:
            for point in stamped.claim.contact_points:
                if _is_keyed(point):
                    key = (point.type, point.match_key)
                    found[key] = found.get(key, False) or _is_proof(point)
        return found

    @cached_property
    def kind(self) -> str | None:
        """Person or organization; none when nothing is stated or the claims disagree."""
        stated = self.stated("kind")
        return stated[0] if len(stated) == 1 else None

    @cached_property
    def names(self) -> tuple[Name, ...]:
        """Every distinct name the party goes by that says something, normalised for comparison."""
        texts = {text for stamped in self.claims for text in _names(stamped.claim.fields)}
        found = (normalize_name(text) for text in sorted(texts))
        return tuple({(name.match_key, name.legal_form): name for name in found if name.match_key}.values())

    def stated(self, field: str) -> tuple[str, ...]:
        """The distinct non-empty values of a field, sorted."""
        return tuple(sorted({s.claim.fields.get(field, "") for s in self.claims} - {""}))

    @cached_property
    def _ids(self) -> tuple[Ids, Ids]:
        valid: dict[str, tuple[str, ...]] = {}
        well_formed: dict[str, tuple[str, ...]] = {}
        for stamped in self.claims:
            for identifier in stamped.claim.identifiers:
                if identifier.type in LOCAL_TYPES or not identifier.value:
                    continue
                if identifier.proves_identity:
                    _hold(valid, identifier)
                elif identifier.verdict in WELL_FORMED:
                    _hold(well_formed, identifier)
        return valid, well_formed


def id_key(name: str, value: str) -> MatchKey:
    """The match key of an identifier; `name` is its `country:type`."""
    return MatchKey(f"id:{name}:{value}")


def _hold(held: dict[str, tuple[str, ...]], identifier: Identifier) -> None:
    name = identifier.name
    values = held.get(name, ())
    if identifier.value not in values:
        held[name] = tuple(sorted((*values, identifier.value))) if values else (identifier.value,)


def _is_keyed(point: ContactPoint) -> bool:
    return bool(
        point.match_key and point.type in KEYED_CONTACTS and point.relation not in OTHERS and point.verdict.usable
    )


def _is_proof(point: ContactPoint) -> bool:
    return point.verified_at is not None and point.relation == "own" and point.verdict is not Verdict.SUSPICIOUS


def _names(fields: Mapping[str, str]) -> Iterable[str]:
    parts = (fields.get("given_names", ""), fields.get("surname_1", ""), fields.get("surname_2", ""))
    whole = fields.get("full_name") or " ".join(part for part in parts if part)
    return (name for name in (whole, fields.get("legal_name"), fields.get("trade_name")) if name)
