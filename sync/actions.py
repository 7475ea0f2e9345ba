"""The verbs offered upward; the only door from admin_api. Each opens its own transactions.

What only reads is in `reading`, what concerns the workspace in `configuring`, keys in `access_keys`; pages and the
steward's commands call `stewardship` and `overview` the same way.
"""

from __future__ import annotations

from collections.abc import Sequence

from concilia.errors import AskSteward, ConciliaError
from concilia.store import (
    connections,
    crosswalk,
    outbox,
)
from sync import stewardship
from sync.access_keys import create_key, key_for, keys, revoke_key
from sync.breaker import allow as allow_run
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
from sync.firings import pause as pause_schedule
from sync.firings import resume as resume_schedule
from sync.firings import run_now as run_schedule
from sync.hub import Hub
from sync.intents import abandon as abandon_intent
from sync.intents import done as intent_done
from sync.intents import listed as intents
from sync.intents import one as intent
from sync.intents import retry as retry_intent
from sync.payments import refused_payments, register_payment, retry_refused, reverse_payment
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
from sync.reconcile import listed as listed_discrepancies
from sync.reconcile import one as one_discrepancy
from sync.reconcile import reconcile_as_run as reconcile
from sync.reconcile import resolve as resolve_discrepancy
from sync.runs import RunOrder, RunReport, Watch, chosen, held, push_all, run, run_order
from sync.schedule_views import as_json as schedule_json
from sync.schedule_views import coming
from sync.schedule_views import history as firing_history
from sync.schedule_views import view as one_schedule
from sync.schedule_views import views as schedules

__all__ = [
    "CheckedConnection",
    "ConfigurationChange",
    "PreviewRow",
    "RunOrder",
    "RunReport",
    "Watch",
    "abandon_intent",
    "allow_run",
    "apply",
    "approve",
    "check",
    "coming",
    "create_key",
    "debt",
    "debtor",
    "discover",
    "discrepancies",
    "events_after",
    "export",
    "firing_history",
    "health",
    "intent",
    "intent_done",
    "intents",
    "key_for",
    "keys",
    "latest_runs",
    "listed_discrepancies",
    "one_discrepancy",
    "one_run",
    "one_schedule",
    "pause_schedule",
    "preview",
    "provenance",
    "push",
    "quality",
    "quarantined",
    "reconcile",
    "refused_payments",
    "register_payment",
    "resolve_discrepancy",
    "resolve_identifier",
    "resume_schedule",
    "retry_intent",
    "retry_refused",
    "reverse_payment",
    "revoke_key",
    "rule",
    "run",
    "run_order",
    "run_schedule",
    "schedule_json",
    "schedules",
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
    # Contact data waits in no outbox: what is to be written is found when it is pushed.
    waiting |= {n for n in approved if n in wanted and hub.workspace.connections[n].writes.contacts}
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


def rule(hub: Hub, left: str, right: str, *, judgement: str, by: str) -> list[str]:
    """A steward's word on two source debtors, named `connection/stream/external id`: same, different or withdrawn.

    It is appended, the clusters are derived anew; answers the golden ids both stand under now.
    """
    ids = (stewardship.source_debtor(hub, left), stewardship.source_debtor(hub, right))
    stewardship.rule(hub, ids, judgement=judgement, by=by)
    with hub.store.read() as tx:
        found = crosswalk.load(tx, ids)
    return [found[n].golden_id or "" for n in ids]
