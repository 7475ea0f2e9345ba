"""The workspace taken over: applied, checked, discovered, previewed, approved. Reads systems, writes to none."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from concilia.budget import Lane
from concilia.clock import to_text
from concilia.errors import ConciliaError, RequestInvalid
from concilia.portfolio.contact_point_policy import point_policy_of
from concilia.servicing import contact_points
from concilia.store import (
    connections,
    crosswalk,
    debts,
)
from concilia.store.connections import AppliedConnection
from concilia.store.unit_of_work import Tx
from connectors.contract import Finding, StreamSchema
from mapping.entity_map import Mapped, map_record
from sync import firings
from sync.contacts import policy_of as contact_policy_of
from sync.hub import Hub
from sync.opening import opened
from sync.runs import chosen
from sync.streams import StreamPlan, plans_of


@dataclass(frozen=True, slots=True)
class ConfigurationChange:
    """How one connection or schedule of the workspace differs from what was applied last."""

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
    contact_policy_of(hub.workspace)
    point_policy_of(hub.workspace.contact)
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
        scheduled = firings.take_over(tx, hub, dry_run=dry_run)
        changes += [ConfigurationChange(f"schedule {one.name}", one.change) for one in scheduled]
        if not dry_run:
            _apply_policies(hub, tx)
    return sorted(changes, key=lambda c: c.name)


def check(hub: Hub, names: Sequence[str]) -> list[CheckedConnection]:
    """Try each connection without changing anything; a fault of one never hides the others."""
    contact_policy_of(hub.workspace)
    return [_checked(hub, name) for name in chosen(hub, names)]


def discover(hub: Hub, name: str) -> Sequence[StreamSchema]:
    """The streams a connection's system offers."""
    chosen(hub, [name])
    connector = opened(hub, name, lane=Lane.URGENT)
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
    connector = opened(hub, name, lane=Lane.URGENT)
    try:
        return list(islice(_previewed(connector.read(plan.request, bookmarks={}, full=True), plan), limit))
    finally:
        connector.close()


def approve(hub: Hub, name: str, *, by: str, revoke: bool = False) -> AppliedConnection:
    """Allow writing to a connection, or take the permission back."""
    chosen(hub, [name])
    apply(hub)
    with hub.store.begin() as tx:
        connections.approve(tx, name, by=None if revoke else by, at=None if revoke else to_text(hub.clock()))
        return connections.every(tx)[name]


def _apply_policies(hub: Hub, tx: Tx) -> None:
    """When trust, survivorship or the owners of balances changed, everything decided by them is decided again."""
    contact_points.take_over(tx, point_policy_of(hub.workspace.contact), at=to_text(hub.clock()))
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


def _checked(hub: Hub, name: str) -> CheckedConnection:
    try:
        connector = opened(hub, name, lane=Lane.URGENT)
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
