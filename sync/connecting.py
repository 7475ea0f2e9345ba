"""Connecting a system step by step: declare it, try it, look at its streams and at rows as they would be mapped.

For people who have just typed an address: every fault is told in the system's own words, and nothing is stored of it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

from concilia.documents import Document, parse_document
from concilia.errors import ConciliaError, ConfigurationInvalid, MustBeMended, NotFound, RequestInvalid, SystemRefused
from concilia.store.declarations import DeclarationRow
from concilia.workspace import Connection
from connectors import registry
from mapping.documents import parse_map
from sync import configuring, declaring
from sync.hub import Hub
from sync.streams import plans_of


def connections(hub: Hub) -> list[dict[str, Any]]:
    """All connections by name, those of the file and those declared over the API; secrets as references."""
    return [connection_json(hub, name) for name in sorted(hub.workspace.connections)]


def connection_json(hub: Hub, name: str) -> dict[str, Any]:
    """One connection; NotFound when there is none of that name."""
    found = hub.workspace.connections.get(name)
    if found is None:
        raise NotFound(f"There is no connection {name}.", mend="GET /v1/connections lists them.")
    return {
        "name": name,
        "connector": found.connector,
        "declared_in": "api" if _of_the_api(found) else "file",
        "country": found.country,
        "creditor": found.creditor,
        "settings": dict(found.settings),
        "streams": [plan.stream for plan in plans_of(found)],
        "push": sorted(found.push),
    }


def declare(hub: Hub, told: Mapping[str, Any], *, by: str, dry_run: bool = False) -> tuple[Hub, dict[str, Any]]:
    """Declare or change the connection `told["name"]`; RequestInvalid names the setting that cannot be used."""
    name = str(told["name"])
    body = {member: value for member, value in told.items() if member != "name" and value is not None}
    with _as_request():
        after = declaring.declare_connection(hub, name, body, by=by, dry_run=dry_run)
        if not dry_run:
            configuring.apply(after)
        return after, connection_json(after, name)


def check(hub: Hub, name: str) -> dict[str, Any]:
    """What trying the connection found: each thing tried, with how it went, and what went wrong as a whole."""
    connection_json(hub, name)
    [found] = configuring.check(hub, [name])
    return {
        "connection": name,
        "ok": found.ok,
        "findings": [asdict(one) for one in found.findings],
        "fault": None if found.fault is None else {"message": found.fault.message, "mend": found.fault.mend},
    }


def discover(hub: Hub, name: str) -> list[dict[str, Any]]:
    """The streams the system offers, typed."""
    connection_json(hub, name)
    with _as_request():
        found = configuring.discover(hub, name)
    return [
        {"name": one.name, "key": list(one.key), "cursor": one.cursor, "columns": dict(one.columns)} for one in found
    ]


def preview(hub: Hub, name: str, stream: str, *, limit: int) -> list[dict[str, Any]]:
    """The first rows of a stream as they come and as they would be mapped, with problems; nothing is stored."""
    connection_json(hub, name)
    with _as_request():
        rows = configuring.preview(hub, name, stream, limit=limit)
    return [
        {
            "position": row.position,
            "before": {column: _shown(value) for column, value in row.before.items()},
            "after": [] if row.after is None else [_line(line) for line in row.after.as_rows()],
            "refusal": row.refusal or None,
        }
        for row in rows
    ]


def validated(text: str, *, name: str) -> Document:
    """A mapping document that can be used; RequestInvalid with the line and path of what cannot."""
    with _as_request():
        document = parse_document(text, file=name)
        parse_map(document)
    return document


def store_mapping(hub: Hub, name: str, text: str, *, by: str) -> tuple[Hub, DeclarationRow]:
    """Store a version of a mapping once it is found valid; streams name it as `map: stored:NAME`."""
    validated(text, name=name)
    return declaring.store_mapping(hub, name, text, by=by)


def mapping_diff(hub: Hub, name: str, *, before: int, after: int) -> list[str]:
    """The lines that differ between two versions, as a unified diff without its heading."""
    texts = {row.version: row.body or "" for row in declaring.mapping_versions(hub, name)}
    for version in (before, after):
        if version not in texts:
            known = ", ".join(str(one) for one in texts)
            raise RequestInvalid(
                f"The mapping {name} has no version {version}.", mend=f"It has: {known}.", field="version"
            )
    lines = difflib.unified_diff(texts[before].splitlines(), texts[after].splitlines(), lineterm="", n=2)
    return list(lines)[2:]


@contextmanager
def _as_request() -> Iterator[None]:
    """What is wrong with a configuration, or with a system, is here the caller's to mend."""
    try:
        yield
    except RequestInvalid:
        raise
    except ConfigurationInvalid as fault:
        raise RequestInvalid(
            _placed(fault), mend=fault.mend, field=fault.path or "settings", code="connection-invalid"
        ) from fault
    except SystemRefused as fault:
        raise RequestInvalid(fault.message, mend=fault.mend, field="connection", code="system-refused") from fault
    except MustBeMended:
        raise
    except ConciliaError as fault:
        raise RequestInvalid(fault.message, mend=fault.mend, field="connection", code="system-fault") from fault


def _placed(fault: ConfigurationInvalid) -> str:
    line = f" (line {fault.line})" if fault.line else ""
    return f"{fault.path}{line}: {fault.message}" if fault.path else fault.message


def _of_the_api(connection: Connection) -> bool:
    return connection.source is not None and connection.source.file == "the API"


def _line(line: Any) -> dict[str, Any]:
    return {name: _shown(value) for name, value in line._asdict().items()}


def _shown(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int) else str(value)


def connectors() -> list[dict[str, Any]]:
    """What can be connected to: each installed connector with its settings as a JSON Schema and what it can do."""
    return [connector_json(name) for name in sorted(registry.available())]


def connector_json(name: str) -> dict[str, Any]:
    """One connector; NotFound for a name that none has. Secrets are marked `writeOnly` in its schema."""
    if name not in registry.available():
        raise NotFound(f"There is no connector {name}.", mend="GET /v1/connectors lists them.")
    found = registry.describe(name)
    if found is None:
        nothing: dict[str, Any] = {"streams": [], "writes": {}, "updates": {}, "tested_against": [], "needs": []}
        told = {"name": name, "title": name, "installed": False, "settings_schema": {}, "incremental": "none"}
        return {**told, **nothing, "note": "Something that it needs is not installed."}
    can = found.capabilities
    return {
        "name": name,
        "title": found.title,
        "installed": True,
        "settings_schema": dict(found.settings_schema),
        "streams": list(can.streams),
        "incremental": can.incremental,
        "writes": {str(operation): str(rung) for operation, rung in can.writes.items()},
        "updates": {stream: list(columns) for stream, columns in can.updates.items()},
        "tested_against": list(found.tested_against),
        "note": found.note,
        "needs": list(found.needs),
    }
