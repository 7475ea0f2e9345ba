"""Read debtors: search, the golden record as channels see it, its provenance, and who an identifier belongs to."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from concilia.normalize.emails import normalize_email
from concilia.normalize.phones import normalize_phone
from concilia.normalize.tax_ids import normalize_tax_id
from concilia.portfolio import debt as debt_rules
from concilia.servicing import agreement_reading
from concilia.servicing.contact_points import without_disowned
from concilia.store import crosswalk, debts, golden, roles
from concilia.store.debts import DebtView
from concilia.store.golden import MERGED, GoldenRow
from concilia.store.unit_of_work import Tx

MOST_SHARED = 20  # how many other debtors with the same contact point are named


@dataclass(frozen=True, slots=True)
class Profile:
    """A golden debtor with everything joined to it now."""

    row: GoldenRow
    asked_for: str  # the id asked for, which may have been merged into this one
    body: Mapping[str, Any]


def standing_id(tx: Tx, golden_id: str) -> str | None:
    """Where a golden id stands now: itself, or what it was merged into, however often. None: never heard of."""
    seen: set[str] = set()
    while golden_id not in seen:
        seen.add(golden_id)
        row = golden.load(tx, [golden_id]).get(golden_id)
        if row is None:
            return None
        if row.status != MERGED or row.merged_into is None:
            return row.id
        golden_id = row.merged_into
    return golden_id


def profile(tx: Tx, golden_id: str) -> Profile | None:
    """The golden debtor with its sources, debts and roles; a merged id answers with where it went."""
    now = standing_id(tx, golden_id)
    row = golden.load(tx, [now]).get(now) if now else None
    if row is None:
        return None
    found = json.loads(row.body)
    body = {
        "id": row.id,
        "status": row.status,
        "version": row.version,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
        **({"merged_from": golden_id} if golden_id != row.id else {}),
        **found["fields"],
        "identifiers": [_without_sources(i) for i in found["identifiers"]],
        "contact_points": _contact_points(tx, row.id, found["contact_points"]),
        "sources": [
            {"connection": s.connection, "stream": s.stream, "external_id": s.external_id}
            for s in crosswalk.sources_of(tx, row.id)
        ],
        "debts": debts_json(tx, debts.of_golden(tx, row.id)),
        "roles": [{"debt": r.debt_id, "role": r.role, "liability": r.liability} for r in roles.of_golden(tx, row.id)],
    }
    return Profile(row, golden_id, body)


def summary(row: GoldenRow) -> dict[str, Any]:
    """A golden debtor in a list."""
    found = json.loads(row.body)
    return {
        "id": row.id,
        "version": row.version,
        "updated_at": row.updated_at,
        **{n: found["fields"].get(n) for n in ("kind", "full_name", "tax_id")},
        "identifiers": [
            {n: i[n] for n in ("country", "type", "value")} for i in found["identifiers"] if "retired" not in i
        ],
    }


def provenance(tx: Tx, golden_id: str) -> dict[str, Any] | None:
    """Why each value stands: winner, losers, sources, times and rule; the id's history and its earlier versions."""
    now = standing_id(tx, golden_id)
    row = golden.load(tx, [now]).get(now) if now else None
    if row is None:
        return None
    found = json.loads(row.body)
    return {
        "id": row.id,
        "version": row.version,
        "fields": json.loads(row.provenance),
        "identifiers": found["identifiers"],
        "contact_points": found["contact_points"],
        "ledger": golden.ledger_of(tx, row.id),
        "versions": golden.versions_of(tx, row.id),
    }


@dataclass(frozen=True, slots=True)
class Identifiers:
    """What somebody asks by. Without a country, numbers are read by the rules of every country we know."""

    tax_id: str = ""
    phone: str = ""
    email: str = ""
    debt: str = ""  # the hub's id of a debt, or its document number
    country: str = ""


def find(tx: Tx, asked: Identifiers) -> list[str]:
    """The golden ids that hold one of the identifiers asked for."""
    if asked.debt:
        return _holders_of_debt(tx, asked.debt)
    held = without_disowned(tx, crosswalk.holders(tx, match_keys_for(asked)))
    goldens = {d.golden_id for d in crosswalk.load(tx, {n for group in held.values() for n in group}).values()}
    return sorted(g for g in goldens if g)


def match_keys_for(asked: Identifiers) -> list[str]:
    """The match keys under which a debtor with these identifiers would be found."""
    countries = [asked.country] if asked.country else list(COUNTRIES)
    found: list[str] = []
    if asked.tax_id:
        ids = [normalize_tax_id(asked.tax_id, c) for c in countries]
        found += [f"id:{i.country}:{i.kind}:{i.value}" for i in ids if i.verdict.usable]
    if asked.phone:
        phones = [normalize_phone(asked.phone, c) for c in countries]
        found += [f"phone:{p.match_key}" for p in phones if p.match_key]
    if asked.email:
        read = normalize_email(asked.email)
        found += [f"email:{read.match_key}"] if read.match_key else []
    return list(dict.fromkeys(found))


def _holders_of_debt(tx: Tx, named: str) -> list[str]:
    view = debts.view(tx, named)
    rows = [view.row] if view else debts.of_document(tx, named)
    goldens = debts.goldens_of(tx, [r.debtor_id for r in rows if r.debtor_id is not None])
    return sorted(set(goldens.values()))


def debts_json(tx: Tx, views: Sequence[DebtView]) -> list[dict[str, Any]]:
    """Debts as every reader sees them, each with the agreement that holds it."""
    held = agreement_reading.standing_on(tx, [view.row.id for view in views])
    return [{**debt_json(view), "agreement": held.get(view.row.id)} for view in views]


def debt_json(view: DebtView) -> dict[str, Any]:
    """A debt without the agreement that may hold it."""
    row = view.row
    claim = debt_rules.claim_from_json((), json.loads(row.body))
    names = (
        "debt_type",
        "document_type",
        "principal_original",
        "interest",
        "fees",
        "issue_date",
        "stage",
        "description",
    )
    return {
        "id": row.id,
        "debtor": view.golden_id,
        "creditor": row.creditor,
        "document": claim.fields.get("document"),
        **{n: claim.fields[n] for n in names if n in claim.fields},
        "unit": row.unit,
        "balance": row.balance,
        "stated_balance": row.stated_balance,
        "due_date": row.due_date,
        "status": row.status,
        "owner": row.owner,
        "instalments": debt_rules.claim_to_json(claim)["instalments"],
        "sources": [{"connection": c, "stream": s, "external_id": e} for c, s, e in view.sources],
        "version": row.version,
        "updated_at": row.updated_at,
    }


COUNTRIES = ("CL", "MX", "CO", "PE", "AR", "BR", "EC")


def _contact_points(tx: Tx, golden_id: str, points: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    keys = {f"{p['type']}:{p['match_key']}" for p in points if p.get("match_key")}
    held = crosswalk.holders(tx, keys)
    goldens = {d.id: d.golden_id for d in crosswalk.load(tx, {n for group in held.values() for n in group}).values()}
    shown = []
    for point in points:
        group = held.get(f"{point['type']}:{point.get('match_key', '')}", [])
        others = sorted({g for n in group if (g := goldens.get(n)) and g != golden_id})
        shared = {"shared": bool(others), "shared_with": others[:MOST_SHARED]}
        shown.append({**_without_sources(point), **shared})
    return shown


def _without_sources(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name not in ("sources", "match_key")}
