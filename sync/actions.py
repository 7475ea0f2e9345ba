"""The verbs offered upward; the only door from admin_api. Each opens its own transactions.

What only reads is in `reading`, what concerns the workspace in `configuring`, keys in `access_keys`; pages and the
steward's commands call `stewardship` and `overview` the same way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from concilia.clock import to_text
from concilia.errors import AskSteward, ConciliaError
from concilia.servicing import register
from concilia.servicing.register import Answer, Call
from concilia.store import (
    connections,
    crosswalk,
    outbox,
)
from sync import stewardship
from sync.access_keys import create_key, key_for, keys, revoke_key
from sync.configuring import (
    CheckedConnection,
    ConfigurationChange,
    PreviewRow,
    apply,
    approve,
    check,
    discover,
    preview,
)
from sync.hub import Hub
from sync.push import Delivery
from sync.reading import (
    debt,
    debtor,
    discrepancies,
    events_after,
    export,
    health,
    latest_runs,
    one_run,
    provenance,
    quality,
    quarantined,
    resolve_identifier,
    search_debtors,
    summaries,
    totals,
    waiting_intents,
)
from sync.runs import RunReport, Watch, chosen, held, push_all, run

__all__ = [
    "CheckedConnection",
    "ConfigurationChange",
    "PreviewRow",
    "RunReport",
    "Watch",
    "apply",
    "approve",
    "check",
    "create_key",
    "debt",
    "debtor",
    "discover",
    "discrepancies",
    "events_after",
    "export",
    "health",
    "key_for",
    "keys",
    "latest_runs",
    "one_run",
    "preview",
    "provenance",
    "push",
    "quality",
    "quarantined",
    "register_payment",
    "resolve_identifier",
    "revoke_key",
    "rule",
    "run",
    "search_debtors",
    "summaries",
    "totals",
    "waiting_intents",
]


def push(hub: Hub, names: Sequence[str]) -> list[Delivery]:
    """Deliver approved intents; AskSteward when a connection named is not approved."""
    wanted = chosen(hub, names)
    with hub.store.read() as tx:
        approved = {n for n, c in connections.every(tx).items() if c.approved_at}
        undelivered = (outbox.NEW, outbox.SENT_UNKNOWN)
        waiting = {n for (n, state), count in outbox.counts(tx).items() if state in undelivered and count}
    blocked = [n for n in wanted if n not in approved and (n in names or n in waiting)]
    busy: dict[str, ConciliaError] = {}
    # Two processes that deliver one outbox at once would both write what the other has under way.
    with held(hub, [n for n in wanted if n in approved & waiting], busy) as free:
        deliveries = push_all(hub, free) if free else []
    deliveries += [Delivery(name, error=str(fault)) for name, fault in busy.items()]
    if blocked:
        raise AskSteward(
            f"Writing to {', '.join(blocked)} is not approved.", mend=f"Allow it: concilia approve {blocked[0]}."
        )
    return deliveries


def register_payment(hub: Hub, body: Mapping[str, Any], *, key_id: int, idempotency_key: str) -> Answer:
    """Take in a payment told by the API."""
    with hub.store.begin() as tx:
        call = Call(key_id, idempotency_key, to_text(hub.clock()))
        return register.register(tx, body, call=call, policy=hub.policies.ledger)


def rule(hub: Hub, left: str, right: str, *, judgement: str, by: str) -> list[str]:
    """A steward's word on two source debtors, named `connection/stream/external id`: same, different or withdrawn.

    It is appended, the clusters are derived anew; answers the golden ids both stand under now.
    """
    ids = (stewardship.source_debtor(hub, left), stewardship.source_debtor(hub, right))
    stewardship.rule(hub, ids, judgement=judgement, by=by)
    with hub.store.read() as tx:
        found = crosswalk.load(tx, ids)
    return [found[n].golden_id or "" for n in ids]
