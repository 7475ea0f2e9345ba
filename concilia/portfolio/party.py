"""Debtors as sources state them: identifiers, contact points, roles. No contact rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from concilia.normalize.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Identifier:
    """A number an authority gave the party; `value` is canonical, two notations of one number are equal."""

    country: str
    type: str
    value: str
    raw: str
    verdict: Verdict
    derived: bool = False  # contained in another identifier (a DNI inside a CUIT), not stated by the source
    verified_at: str | None = None
    verification_method: str | None = None

    @property
    def proves_identity(self) -> bool:
        """Whether equality of this identifier alone makes two records the same party."""
        return self.verdict in (Verdict.VALID_CHECKSUM, Verdict.VERIFIED)

    @property
    def name(self) -> str:
        """Country and type, the space in which `value` is unique."""
        return f"{self.country}:{self.type}"


@dataclass(frozen=True, slots=True)
class ContactPoint:
    """A way to reach the party as one source states it."""

    type: str  # schema.CONTACT_TYPES
    value: str  # canonical: E.164, e-mail in lower case domain, address on one line
    raw: str
    verdict: Verdict
    reason: str = ""
    line_type: str | None = None
    relation: str = "own"
    match_key: str = ""  # equal for two notations of one contact point; empty: never matches anything
    parts: Mapping[str, str] | None = None  # structured address
    verified_at: str | None = None
    verification_method: str | None = None
    acquisition_method: str | None = None


@dataclass(frozen=True, slots=True)
class DebtorClaim:
    """What one source record says of one debtor. `fields` are canonical texts by schema.DEBTOR name."""

    key: tuple[str, ...]
    fields: Mapping[str, str]
    identifiers: tuple[Identifier, ...] = ()
    contact_points: tuple[ContactPoint, ...] = ()


@dataclass(frozen=True, slots=True)
class RoleClaim:
    """A party that stands beside a debt: guarantor, co-debtor, representative, reference."""

    debtor: DebtorReference
    debt: DebtReference
    role: str
    liability: str = "none"


@dataclass(frozen=True, slots=True)
class DebtorReference:
    """A debtor by its key in a stream of the same connection; no stream means the record's own."""

    key: tuple[str, ...]
    stream: str | None = None


@dataclass(frozen=True, slots=True)
class DebtReference:
    """A debt by its key in a connection, or by its document number with the creditor."""

    key: tuple[str, ...] = ()
    connection: str | None = None  # None: the record's own
    stream: str | None = None
    document: str | None = None


def identifier_to_json(identifier: Identifier) -> dict[str, Any]:
    """A plain object without empty members."""
    return _compact(identifier)


def identifier_from_json(found: Mapping[str, Any]) -> Identifier:
    """The identifier written by `identifier_to_json`."""
    return Identifier(**{**found, "verdict": Verdict(found["verdict"])})


def contact_point_to_json(point: ContactPoint) -> dict[str, Any]:
    """A plain object without empty members."""
    return _compact(point)


def contact_point_from_json(found: Mapping[str, Any]) -> ContactPoint:
    """The contact point written by `contact_point_to_json`."""
    return ContactPoint(**{**found, "verdict": Verdict(found["verdict"])})


def claim_to_json(claim: DebtorClaim) -> dict[str, Any]:
    """The claim without its key, which its row holds."""
    return {
        "fields": dict(claim.fields),
        "identifiers": [identifier_to_json(i) for i in claim.identifiers],
        "contact_points": [contact_point_to_json(p) for p in claim.contact_points],
    }


def claim_from_json(key: tuple[str, ...], found: Mapping[str, Any]) -> DebtorClaim:
    """The claim written by `claim_to_json`."""
    return DebtorClaim(
        key=key,
        fields=found["fields"],
        identifiers=tuple(identifier_from_json(i) for i in found["identifiers"]),
        contact_points=tuple(contact_point_from_json(p) for p in found["contact_points"]),
    )


def _compact(value: Identifier | ContactPoint) -> dict[str, Any]:
    names = type(value).__dataclass_fields__
    found = {name: getattr(value, name) for name in names}
    return {
        name: (str(item) if isinstance(item, Verdict) else item)
        for name, item in found.items()
        if item is not None and item != names[name].default
    }
