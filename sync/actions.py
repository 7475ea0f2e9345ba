"""The verbs offered upward; the only door from admin_api. Each opens its own transactions."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from concilia.clock import to_text
from concilia.errors import AskSteward, ConciliaError, NotFound, RequestInvalid
from concilia.servicing import debtors, register
from concilia.servicing.debtors import Identifiers
from concilia.servicing.register import Answer, Call
from concilia.store import (
    access,
    connections,
    crosswalk,
    debts,
    events,
    golden,
    migrate,
    outbox,
    quarantine,
    rulings,
    runs,
    sources,
)
from concilia.store.access import KeyRow
from concilia.store.connections import AppliedConnection
from concilia.store.events import RecordedFact
from concilia.store.runs import RunRow
from concilia.store.unit_of_work import Tx
from connectors.contract import Finding, StreamSchema
from mapping.entity_map import Mapped, map_record
from sync import exports, golden_records, resolve
from sync.hub import Hub
from sync.push import Delivery
from sync.runs import RunReport, Watch, chosen, held, push_all, run
from sync.streams import StreamPlan, open_connector, plans_of

__all__ = ["RunReport", "Watch", "run"]  # `sync` itself is sync.runs.run

KEY_PREFIX = "ck_"


@dataclass(frozen=True, slots=True)
class ConfigurationChange:
    """How one connection of the workspace differs from what was applied last."""

    name: str
    change: str  # "new" | "changed" | "same" | "removed"


@dataclass(frozen=True, slots=True)
class CheckedConnection:
    """What trying a connection found; `fault` when it could not even be opened."""

    name: str
    findings: tuple[Finding, ...] = ()
    fault: ConciliaError | None = None

    @property
    def ok(self) -> bool:
        """Whether everything tried went well."""
        return self.fault is None and all(f.ok for f in self.findings)


@dataclass(frozen=True, slots=True)
class PreviewRow:
    """One source row before and after its mapping; `refusal` when it would be quarantined."""

    position: str
    before: Mapping[str, Any]
    after: Mapped | None
    refusal: str = ""


def apply(hub: Hub, *, dry_run: bool = False) -> list[ConfigurationChange]:
    """Take over the workspace's connections; repeating it changes nothing. Mappings are checked first."""
    wanted = hub.workspace.connections
    for connection in wanted.values():
        plans_of(connection)
    with hub.store.begin() as tx:
        known = connections.every(tx)
        changes = [ConfigurationChange(name, "removed") for name in known if name not in wanted]
        for name, connection in wanted.items():
            before = known.get(name)
            same = before is not None and before.fingerprint == connection.fingerprint
            changes.append(ConfigurationChange(name, "same" if same else "changed" if before else "new"))
            if not same and not dry_run:
                at = to_text(hub.clock())
                connections.store(tx, AppliedConnection(name, connection.connector, connection.fingerprint, "{}", at))
        if not dry_run:
            _apply_policies(hub, tx)
    return sorted(changes, key=lambda c: c.name)


def _apply_policies(hub: Hub, tx: Tx) -> None:
    """When trust, survivorship or the owners of balances changed, everything decided by them is decided again."""
    declared = {
        "trust": {name: c.trust for name, c in hub.workspace.connections.items()},
        "survivorship": dict(hub.workspace.survivorship),
        "owners": {name: c.owner for name, c in hub.workspace.creditors.items() if c.owner},
    }
    text = json.dumps(declared, sort_keys=True)
    if connections.policies(tx) != text:
        crosswalk.mark_all_pending(tx)
        debts.mark_all_pending(tx)
        connections.store_policies(tx, text, at=to_text(hub.clock()))


def check(hub: Hub, names: Sequence[str]) -> list[CheckedConnection]:
    """Try each connection without changing anything; a fault of one never hides the others."""
    return [_checked(hub, name) for name in chosen(hub, names)]


def discover(hub: Hub, name: str) -> Sequence[StreamSchema]:
    """The streams a connection's system offers."""
    chosen(hub, [name])
    connector = open_connector(hub.workspace, name, clock=hub.clock)
    try:
        return connector.discover()
    finally:
        connector.close()


def preview(hub: Hub, name: str, stream: str, *, limit: int = 10) -> list[PreviewRow]:
    """The first rows of a stream before and after mapping; nothing is stored."""
    chosen(hub, [name])
    plan = next((p for p in plans_of(hub.workspace.connections[name]) if p.stream == stream), None)
    if plan is None:
        known = ", ".join(p.stream for p in plans_of(hub.workspace.connections[name]))
        raise RequestInvalid(f"{name} has no stream {stream!r}.", mend=f"It has: {known}.", field="stream")
    connector = open_connector(hub.workspace, name, clock=hub.clock)
    try:
        return list(islice(_previewed(connector.read(plan.request, bookmarks={}, full=True), plan), limit))
    finally:
        connector.close()


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


def approve(hub: Hub, name: str, *, by: str, revoke: bool = False) -> AppliedConnection:
    """Allow writing to a connection, or take the permission back."""
    chosen(hub, [name])
    apply(hub)
    with hub.store.begin() as tx:
        connections.approve(tx, name, by=None if revoke else by, at=None if revoke else to_text(hub.clock()))
        return connections.every(tx)[name]


def waiting_intents(hub: Hub) -> list[dict[str, Any]]:
    """What the outbox holds and has not delivered, oldest first."""
    with hub.store.read() as tx:
        rows = [i for state in (outbox.NEW, outbox.SENT_UNKNOWN, outbox.DEAD) for i in outbox.listed(tx, state=state)]
    names = ("id", "connection", "operation", "state", "attempts", "reason", "created_at")
    return [
        {**{n: getattr(i, n) for n in names}, "order": json.loads(i.body)} for i in sorted(rows, key=lambda i: i.id)
    ]


def quarantined(hub: Hub, *, connection: str = "", after: int = 0, limit: int = 100) -> list[dict[str, Any]]:
    """Rows that wait for repair."""
    with hub.store.read() as tx:
        return [quarantine.as_json(r) for r in quarantine.listed(tx, connection=connection, after=after, limit=limit)]


def latest_runs(hub: Hub, *, before: int | None = None, limit: int = 20) -> list[RunRow]:
    """Runs, newest first."""
    with hub.store.read() as tx:
        return runs.latest(tx, before=before, limit=limit)


def one_run(hub: Hub, number: int) -> RunRow:
    """One run; NotFound for an unknown number."""
    with hub.store.read() as tx:
        found = runs.latest(tx, before=number + 1, limit=1)
    if not found or found[0].id != number:
        raise NotFound(f"There is no run {number}.", mend="List the runs to see their numbers.")
    return found[0]


def quality(hub: Hub) -> list[dict[str, Any]]:
    """How many records of each connection carry an issue of each kind, with the rate among its records."""
    with hub.store.read() as tx:
        records = sources.record_counts(tx)
        found = sources.quality(tx)
    return [
        {
            "connection": name,
            "issue": code,
            "records": n,
            "of": records.get(name, 0),
            "rate": _rate(n, records.get(name, 0)),
        }
        for name, code, n in found
    ]


def totals(hub: Hub) -> dict[str, int]:
    """Source records, source debtors, golden debtors, open discrepancies, rows in quarantine."""
    with hub.store.read() as tx:
        return {
            "source_records": sum(sources.record_counts(tx).values()),
            "source_debtors": crosswalk.count_claimed(tx),
            "debtors": golden.count_active(tx),
            "discrepancies": len(debts.discrepancies(tx, limit=1_000_000)),
            "quarantined": quarantine.waiting(tx),
        }


def health(hub: Hub) -> dict[str, Any]:
    """That the database answers, its schema version, and how much waits to be resolved, repaired or delivered."""
    with hub.store.read() as tx:
        waiting = outbox.counts(tx)
        return {
            "schema": migrate.current(tx),
            "pending": {
                "debtors": crosswalk.count_pending(tx),
                "quarantined": quarantine.waiting(tx),
                "intents": sum(n for (_, state), n in waiting.items() if state in (outbox.NEW, outbox.SENT_UNKNOWN)),
            },
        }


def export(hub: Hub, what: str) -> Iterator[dict[str, Any]]:
    """The rows of an export, in a stable order."""
    with hub.store.read() as tx:
        yield from exports.ROWS[what](tx)


def events_after(hub: Hub, seq: int, *, limit: int) -> list[RecordedFact]:
    """Events with a greater number."""
    with hub.store.read() as tx:
        return list(events.after(tx, seq, limit=limit))


def discrepancies(hub: Hub, *, after: int = 0, limit: int = 100) -> list[dict[str, Any]]:
    """Debts that two systems state differently."""
    with hub.store.read() as tx:
        return debts.discrepancies(tx, after=after, limit=limit)


def search_debtors(hub: Hub, query: str, *, after: str = "", limit: int = 50) -> list[dict[str, Any]]:
    """Golden debtors whose names, identifiers or contact points hold every word of the query."""
    with hub.store.read() as tx:
        found = golden.search(tx, golden_records.search_words(query), after=after, limit=limit)
        return [debtors.summary(row) for row in found]


def debtor(hub: Hub, golden_id: str) -> debtors.Profile:
    """A golden debtor with its debts; a merged id answers with where it went. NotFound for unknown ids."""
    with hub.store.read() as tx:
        found = debtors.profile(tx, golden_id)
    if found is None:
        raise NotFound(f"There is no debtor {golden_id}.", mend="Search by name, tax id, phone or e-mail.")
    return found


def debt(hub: Hub, debt_id: str) -> dict[str, Any]:
    """One debt with its golden debtor. NotFound for unknown ids."""
    with hub.store.read() as tx:
        found = debts.view(tx, debt_id)
    if found is None:
        raise NotFound(f"There is no debt {debt_id}.", mend="Look it up through its debtor or its document.")
    return debtors.debt_json(found)


def summaries(hub: Hub, golden_ids: Sequence[str]) -> list[dict[str, Any]]:
    """These golden debtors as lists show them, in order of id; unknown ids are left out."""
    with hub.store.read() as tx:
        return [debtors.summary(row) for _, row in sorted(golden.load(tx, golden_ids).items())]


def provenance(hub: Hub, golden_id: str) -> dict[str, Any]:
    """Why each value of a golden debtor stands. NotFound for unknown ids."""
    with hub.store.read() as tx:
        found = debtors.provenance(tx, golden_id)
    if found is None:
        raise NotFound(f"There is no debtor {golden_id}.", mend="Search by name, tax id, phone or e-mail.")
    return found


def resolve_identifier(hub: Hub, asked: Identifiers) -> list[str]:
    """The golden ids an identifier belongs to: none, one, or several when it is shared."""
    with hub.store.read() as tx:
        return debtors.find(tx, asked)


def register_payment(hub: Hub, body: Mapping[str, Any], *, key_id: int, idempotency_key: str) -> Answer:
    """Take in a payment told by the API."""
    with hub.store.begin() as tx:
        call = Call(key_id, idempotency_key, to_text(hub.clock()))
        return register.register(tx, body, call=call, policy=hub.policies.ledger)


def rule(hub: Hub, left: str, right: str, *, judgement: str, by: str) -> list[str]:
    """A steward's word on two source debtors, named `connection/stream/external id`: same, different or withdrawn.

    It is appended, the clusters are derived anew; answers the golden ids both stand under now.
    """
    with hub.store.begin() as tx:
        ids = [_named(tx, name) for name in (left, right)]
        if ids[0] == ids[1]:
            raise RequestInvalid("A ruling needs two different source debtors.", field="right")
        rulings.append(tx, [(min(ids), max(ids), judgement, f"steward:{by}", "[]")], at=to_text(hub.clock()))
        crosswalk.mark_pending(tx, ids)
    resolve.resolve_all(hub.store, hub.policies, clock=hub.clock)
    with hub.store.read() as tx:
        found = crosswalk.load(tx, ids)
    return [found[n].golden_id or "" for n in ids]


def create_key(hub: Hub, name: str) -> tuple[int, str]:
    """A new API key: its number, and the key itself, which is shown this once and never stored."""
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    with hub.store.begin() as tx:
        return access.add_key(tx, name, digest=_digest(key), at=to_text(hub.clock())), key


def keys(hub: Hub) -> list[KeyRow]:
    """All API keys without the keys themselves."""
    with hub.store.read() as tx:
        return access.keys(tx)


def revoke_key(hub: Hub, number: int) -> None:
    """Revoke a key at once; NotFound when there is none in force under that number."""
    with hub.store.begin() as tx:
        if not access.revoke_key(tx, number, at=to_text(hub.clock())):
            raise NotFound(f"There is no API key {number} in force.", mend="`concilia keys list` shows them.")


def key_for(hub: Hub, key: str) -> KeyRow | None:
    """The key in force, if the text is one."""
    with hub.store.read() as tx:
        return access.key_by_digest(tx, _digest(key))


def _checked(hub: Hub, name: str) -> CheckedConnection:
    try:
        connector = open_connector(hub.workspace, name, clock=hub.clock)
    except ConciliaError as fault:
        return CheckedConnection(name, fault=fault)
    try:
        return CheckedConnection(name, tuple(connector.check()))
    except ConciliaError as fault:
        return CheckedConnection(name, fault=fault)
    finally:
        connector.close()


def _previewed(pages: Iterator[Any], plan: StreamPlan) -> Iterator[PreviewRow]:
    for page in pages:
        for bad in page.bad_rows:
            yield PreviewRow(bad.position, bad.fields, None, f"{bad.column}: {bad.reason}")
        for record in page.records:
            mapped = map_record(plan.document, record.fields, context=plan.context)
            refusal = f"{mapped.refusal.column}: {mapped.refusal.reason}" if mapped.refusal else ""
            yield PreviewRow(record.position, record.fields, mapped, refusal)


def _named(tx: Any, name: str) -> int:
    parts = name.split("/", 2)
    if len(parts) == 3:
        found = crosswalk.find_debtors(tx, parts[0], [(parts[1], parts[2])])
        if found:
            return next(iter(found.values()))
    raise NotFound(f"There is no source debtor {name!r}.", mend="Name it connection/stream/external-id.")


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def _rate(part: int, whole: int) -> str:
    return f"{part / whole:.4f}" if whole else ""
