"""Interactions as readers see them: how they stand, whom they were with now, and all that was told. Read only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Final

from concilia.servicing.interaction_effects import is_bypass
from concilia.store import debts, interactions
from concilia.store.contacts import InteractionRow
from concilia.store.interactions import OutcomeRow
from concilia.store.unit_of_work import Tx

_NAMES: Final = (
    "direction", "channel", "purpose", "agency", "started_at", "ended_at", "outcome", "party_outcome", "result",
    "content_ref", "content_hash", "external_ref", "recorded_at",
)  # fmt: skip
_TOLD: Final = ("cost", "thread", "language", "disposition")


def as_json(tx: Tx, rows: Sequence[InteractionRow]) -> list[dict[str, Any]]:
    """Interactions with their debts, their outcomes, and why they wait, if they do; instants in UTC and as told."""
    ids = [row.id for row in rows]
    goldens = debts.goldens_of(tx, {row.debtor_id for row in rows if row.debtor_id is not None})
    about, words, waits = (
        interactions.debts_of(tx, ids),
        interactions.outcomes_of(tx, ids),
        interactions.waiting(tx, ids),
    )
    found = []
    for row in rows:
        waiting = waits.get(row.id)
        found.append(
            {
                "id": row.id,
                "debtor": goldens.get(row.debtor_id) if row.debtor_id is not None else None,
                "waiting": waiting and {"reason": waiting.reason, "says": waiting.detail, "since": waiting.since},
                **in_short(row),
                "party": json.loads(row.named),
                "debts": about.get(row.id, []),
                "outcomes": [_word(word) for word in words.get(row.id, [])],
            }
        )
    return found


def in_short(row: InteractionRow) -> dict[str, Any]:
    """An interaction by itself."""
    body = json.loads(row.body)
    return {
        **{name: getattr(row, name) for name in _NAMES},
        "told": {"started_at": row.told_start, "ended_at": row.told_end},
        "actor": {"type": row.actor_type, "id": row.actor_id},
        "contact_point": {"type": row.contact_type, "value": row.contact_value} if row.contact_value else None,
        "decision": row.decision_id,
        "bypass": is_bypass(row),
        "campaign_id": row.campaign,
        "experiment_id": row.experiment,
        "told_by": row.origin,
        **{name: body[name] for name in _TOLD if name in body},
    }


def _word(row: OutcomeRow) -> dict[str, Any]:
    names = ("outcome", "party_outcome", "result", "ended_at", "at", "told_at", "by", "note", "recorded_at")
    return {name: getattr(row, name) for name in names}
