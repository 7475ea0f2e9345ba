"""Short ways to say what a source states, for the tests of this folder. No assertions."""

from __future__ import annotations

from collections.abc import Sequence

from concilia.normalize.verdict import Verdict
from concilia.portfolio.party import ContactPoint, DebtorClaim, Identifier
from concilia.records import RecordRef
from dedup.party import SourceParty, StampedClaim

RECEIVED = "2026-03-01T00:00:00.000000+00:00"


def rut(value: str, verdict: Verdict = Verdict.VALID_CHECKSUM) -> Identifier:
    return Identifier("CL", "RUT", value, value, verdict)


def identifier(type_: str, value: str, verdict: Verdict = Verdict.VALID_CHECKSUM, country: str = "CL") -> Identifier:
    return Identifier(country, type_, value, value, verdict)


def phone(value: str, verified_at: str | None = None, relation: str = "own") -> ContactPoint:
    return ContactPoint(
        "phone", value, value, Verdict.VALID_FORMAT, relation=relation, match_key=value, verified_at=verified_at
    )


def email(value: str, raw: str | None = None) -> ContactPoint:
    return ContactPoint("email", value, raw or value, Verdict.VALID_FORMAT, match_key=value.lower())


def claim(
    fields: dict[str, str] | None = None,
    *,
    ids: Sequence[Identifier] = (),
    contacts: Sequence[ContactPoint] = (),
    updated: str | None = None,
    received: str = RECEIVED,
) -> StampedClaim:
    return StampedClaim(DebtorClaim(("k",), fields or {}, tuple(ids), tuple(contacts)), updated, received)


def party(
    id_: int, name: str = "", *claims: StampedClaim, ids: Sequence[Identifier] = (), contacts: Sequence[ContactPoint] = (), kind: str = "", trust: int = 1, connection: str = "erp"
) -> SourceParty:  # fmt: skip
    fields = {k: v for k, v in {"full_name": name, "kind": kind}.items() if v}
    own = claims or (claim(fields, ids=ids, contacts=contacts),)
    return SourceParty(id_, RecordRef(connection, "customers", f"c{id_:03}"), trust, tuple(own))
