"""What is to be read: the workspace's streams with their mapping made ready, connector defaults filled in."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from concilia.clock import Clock
from concilia.documents import Document, read_document
from concilia.errors import ConfigurationInvalid
from concilia.portfolio.debt import LedgerPolicy
from concilia.records import Record, from_wire
from concilia.store.sources import StoredPayload
from concilia.workspace import Connection, Stream, Workspace
from connectors import registry
from connectors.contract import ConnectionSettings, Connector, StreamRequest
from connectors.gate import OPEN, Gate
from connectors.registry import Shipped
from connectors.tokens import IN_MEMORY, TokenSources
from mapping.context import MapContext
from mapping.documents import parse_map
from mapping.entity_map import MapDocument


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """One stream to read: what to ask the connector for, and how its records become entities.

    `debtor_stream` and `debt_stream` are where a reference without a stream points to.
    """

    connection: str
    stream: str
    creditor: str
    request: StreamRequest
    document: MapDocument
    context: MapContext
    map_hash: str
    debtor_stream: str
    debt_stream: str | None

    def record_of(self, stored: StoredPayload) -> Record:
        """A stored record as it was read."""
        moment = None if stored.source_updated_at is None else datetime.fromisoformat(stored.source_updated_at)
        fields = from_wire(stored.payload)
        return Record(key=(stored.key,), fields=fields, position=stored.position, source_updated_at=moment)


def plans_of(connection: Connection) -> tuple[StreamPlan, ...]:
    """The streams of a connection in the order of the file; ConfigurationInvalid when a mapping is wrong."""
    streams = connection.streams or _default_streams(connection)
    parsed = [(s, _request(connection, s), _document(connection, s)) for s in streams]
    makers = {kind: [s.name for s, _, d in parsed if kind in _kinds(d)] for kind in ("debtor", "debt")}
    return tuple(
        StreamPlan(
            connection=connection.name,
            stream=stream.name,
            creditor=connection.creditor or connection.name,
            request=request,
            document=document,
            context=MapContext.of(connection),
            map_hash=_map_hash(connection, document),
            debtor_stream=_target(stream.name, makers["debtor"]) or stream.name,
            debt_stream=_target(stream.name, makers["debt"]),
        )
        for stream, request, document in parsed
    )


def open_connector(
    workspace: Workspace, name: str, *, clock: Clock, gate: Gate = OPEN, tokens: TokenSources = IN_MEMORY
) -> Connector:
    """The connector of one connection, its secrets resolved; nothing is called yet. Its calls pass the gate."""
    connection = workspace.connections[name]
    streams = connection.streams or _default_streams(connection)
    settings = ConnectionSettings(
        name=name,
        settings=_with_zone(connection, workspace.settings_of(name)),
        folder=str(workspace.folder),
        country=connection.country,
        streams=tuple(_request(connection, s) for s in streams),
        now=clock(),
        gate=gate,
        tokens=tokens,
    )
    return registry.connect(connection.connector, settings)


def ledger_policy(workspace: Workspace) -> LedgerPolicy:
    """Whose word counts for money in this workspace."""
    return LedgerPolicy(
        owners={name: c.owner for name, c in workspace.creditors.items() if c.owner},
        trust={name: c.trust for name, c in workspace.connections.items()},
        accept_payments=frozenset(name for name, c in workspace.connections.items() if _takes_payments(c)),
    )


def _kinds(document: MapDocument) -> set[str]:
    return {e.entity.name for e in document.entities}


def _takes_payments(connection: Connection) -> bool:
    return "payments" in connection.push


def _target(own: str, makers: list[str]) -> str | None:
    if own in makers:
        return own
    return makers[0] if len(makers) == 1 else None


def _with_zone(connection: Connection, settings: Mapping[str, Any]) -> dict[str, Any]:
    return {**({"time_zone": connection.time_zone} if connection.time_zone else {}), **settings}


def _request(connection: Connection, stream: Stream) -> StreamRequest:
    shipped = next((r for r in _shipped(connection).streams if r.name == stream.name), StreamRequest(stream.name))
    return replace(
        shipped,
        key=stream.key or shipped.key,
        cursor=stream.cursor or shipped.cursor,
        cursor_format=stream.cursor_format or shipped.cursor_format,
        options={**shipped.options, **stream.options},
        sweep=stream.sweep,
    )


def _default_streams(connection: Connection) -> tuple[Stream, ...]:
    found = tuple(Stream(name=r.name, key=r.key, cursor=r.cursor) for r in _shipped(connection).streams)
    if not found:
        raise ConfigurationInvalid(
            f"Connection {connection.name} names no streams, and the connector {connection.connector} ships none.",
            mend="Add a section `streams` with at least one stream.",
            file="concilia.yaml",
            path=f"connections.{connection.name}",
        )
    return found


def _shipped(connection: Connection) -> Shipped:
    return registry.shipped(connection.connector, connection.settings, folder=connection.folder)


def _document(connection: Connection, stream: Stream) -> MapDocument:
    if stream.map is not None:
        return parse_map(stream.map)
    shipped = _shipped(connection).map_of(stream.name)
    if shipped is None:
        raise ConfigurationInvalid(
            f"Stream {stream.name} of connection {connection.name} has no mapping.",
            mend="Give it one: `map: FILE.yaml`.",
            file="concilia.yaml",
            path=f"connections.{connection.name}.streams.{stream.name}",
        )
    return parse_map(_shipped_document(shipped))


def _shipped_document(path: Path) -> Document:
    return read_document(path, shown_as=f"{path.parent.parent.name}/{path.name}")


def _map_hash(connection: Connection, document: MapDocument) -> str:
    said = (document.fingerprint, connection.country, connection.unit, connection.time_zone, connection.creditor,
            connection.settings.get("decimal"))  # fmt: skip
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:16]
