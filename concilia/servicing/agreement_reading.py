"""Agreements as readers see them: in full, in short beside their debts, and refused ones. Changes nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from concilia.portfolio import agreement as rules
from concilia.portfolio.agreement import Terms
from concilia.store import agreements
from concilia.store.agreements import AgreementRow, RefusalRow
from concilia.store.unit_of_work import Tx


def standing_on(tx: Tx, debt_ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The agreement that holds each of these debts, in short."""
    held = agreements.standing_on(tx, debt_ids)
    rows = agreements.load(tx, set(held.values()))
    return {debt_id: in_short(rows[agreement_id]) for debt_id, agreement_id in held.items()}


def in_short(row: AgreementRow) -> dict[str, Any]:
    """An agreement beside its debt: what was promised and by when."""
    terms = rules.from_json(json.loads(row.terms))
    return {
        "id": row.id,
        "kind": row.kind,
        "state": row.state,
        "unit": row.unit,
        "promised": format(terms.promised, "f"),
        "discount": format(terms.discount, "f"),
        "agreed_on": row.agreed_on,
        "schedule": _schedule(terms),
    }


def in_full(row: AgreementRow, *, debtor: str | None) -> dict[str, Any]:
    """An agreement with everything that was agreed; `evaluation`, `history` and `written_back` are the caller's."""
    told = rules.to_json(rules.from_json(json.loads(row.terms)))
    plain = ("discount", "tolerance_days", "tolerance_amount", "expires_on", "extended_to")
    return {
        **in_short(row),
        "debtor": debtor,
        **{name: told[name] for name in plain},
        "debts": [{"debt": d["debt"], "amount": d["amount"]} for d in told["debts"]],
        **{name: told["said"].get(name) for name in ("channel", "agent", "role", "interaction")},
        **{name: told["said"].get(name) for name in ("evidence", "authority", "conditions")},
        "origin": row.origin,
        "replaced_by": row.replaced_by,
        "version": row.version,
        "recorded_at": row.recorded_at,
        "updated_at": row.changed_at,
    }


def refusal(row: RefusalRow) -> dict[str, Any]:
    """A refused agreement with what was told."""
    names = ("id", "code", "field", "message", "mend", "at", "status", "agreement_id", "idempotency_key")
    return {**{name: getattr(row, name) for name in names}, "body": json.loads(row.body)}


def _schedule(terms: Terms) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = rules.to_json(terms)["schedule"]
    return found
