"""Connecting a system over the API: connections with their credentials, what they offer, rows as mapped, mappings.

Credentials go in and never come out: answers show references to them. With the wire shapes of all of it.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import Field, SecretStr

from admin_api import paging, wire
from admin_api.answers import Listing
from admin_api.auth import caller
from admin_api.intake import JsonRoute
from admin_api.routes import TheHubNow
from admin_api.said import Said
from concilia.store.access import KeyRow
from concilia.vault import Secret
from sync import connecting, declaring

router = APIRouter(tags=["connecting"])
_told = APIRouter(route_class=JsonRoute)

NAME = "^[a-z][a-z0-9_]{0,62}$"
Name = Annotated[str, Path(pattern=NAME, examples=["erp"])]
Version = Annotated[int, Query(ge=1, description="The number of a version.", examples=[1])]
Caller = Annotated[KeyRow, Depends(caller)]


class Connecting(wire.Told):
    """A connection as concilia.yaml would hold it. A secret may be written out: it is sealed, and shown to nobody."""

    name: Annotated[str, Field(pattern=NAME, examples=["erp"])]
    connector: Annotated[wire.Line, Field(examples=["odoo"])]
    country: Annotated[str | None, Field(description="Two letters; needed where connections differ.")] = None
    creditor: str | None = None
    unit: str | None = None
    trust: int | None = None
    time_zone: str | None = None
    settings: Annotated[dict[str, Any], Field(default_factory=dict)]
    streams: dict[str, Any] | None = None
    push: dict[str, Any] | None = None
    budget: dict[str, Any] | None = None
    dry_run: Annotated[bool, Field(description="Say how it would be understood, and keep nothing.")] = False


class Credentials(wire.Told):
    """Secret settings by name, write only."""

    values: Annotated[dict[str, SecretStr], Field(min_length=1, examples=[{"password": "…"}])]


class Looking(wire.Told):
    """Which rows are wanted."""

    stream: wire.Line
    limit: Annotated[int, Field(ge=1, le=500)] = 10


class MappingText(wire.Told):
    """A mapping document as YAML or JSON text, under a name that streams can use: `map: stored:NAME`."""

    name: Annotated[str, Field(pattern=NAME)]
    document: Annotated[str, Field(min_length=1, max_length=200_000)]
    dry_run: Annotated[bool, Field(description="Only check it.")] = False


class ConnectorSaid(Said):
    """A connector; its settings are a JSON Schema in which secrets are `writeOnly`."""

    name: str
    title: str
    installed: bool = Field(description="Whether all it needs is installed.")
    settings_schema: dict[str, Any]
    streams: list[str]
    incremental: str = Field(description="timestamp, content or none.")
    writes: dict[str, str] = Field(description="What it writes, each with how it is done once in effect.")
    updates: dict[str, list[str]] = Field(description="Columns of contact data it may change, by stream.")
    tested_against: list[str]
    note: str
    needs: list[str]


class Connectors(Said):
    """What can be connected to."""

    items: list[ConnectorSaid]


class ConnectionSaid(Said):
    """A connection; secrets in its settings are references."""

    name: str
    connector: str
    declared_in: str = Field(description="file or api.")
    country: str
    creditor: str | None
    settings: dict[str, Any]
    streams: list[str]
    push: list[str]


class ConnectionPage(Listing):
    """Connections, by name."""

    items: list[ConnectionSaid]


class KeptCredential(Said):
    """That a secret is kept."""

    connection: str
    setting: str
    changed_at: str
    changed_by: str


class KeptCredentials(Said):
    """Which secrets are kept."""

    items: list[KeptCredential]


class Tried(Said):
    """One thing that was tried."""

    what: str
    ok: bool
    detail: str


class Fault(Said):
    """What went wrong as a whole, and what to do."""

    message: str
    mend: str


class CheckSaid(Said):
    """How trying a connection went."""

    connection: str
    ok: bool
    findings: list[Tried]
    fault: Fault | None


class StreamSaid(Said):
    """A stream that the system offers."""

    name: str
    key: list[str]
    cursor: str | None
    columns: dict[str, str]


class Streams(Said):
    """What the system offers."""

    items: list[StreamSaid]


class MappedLine(Said):
    """A value as it would be stored, with what was noted of it."""

    entity: str
    key: str
    field: str
    value: str
    note: str


class PreviewedRow(Said):
    """A row as it came and as it would be mapped; `refusal` when it would be quarantined."""

    position: str
    before: dict[str, Any]
    after: list[MappedLine]
    refusal: str | None


class Preview(Said):
    """The first rows of a stream; nothing was stored."""

    items: list[PreviewedRow]


class MappingVersion(Said):
    """One version of a stored mapping; `document` is null when it was withdrawn."""

    name: str
    version: int
    document: str | None
    at: str
    by: str


class MappingVersions(Said):
    """Versions of mappings."""

    items: list[MappingVersion]


class MappingCheck(Said):
    """A mapping was found valid; `version` is that in force, null after a dry run of a new one."""

    name: str
    valid: bool
    version: int | None


class MappingDiff(Said):
    """Two versions of a mapping compared."""

    name: str
    before: int
    after: int
    lines: list[str] = Field(description="As in a unified diff: removed lines begin with -, added ones with +.")


class Withdrawn(Said):
    """A connection is not used any more."""

    name: str
    withdrawn: bool


@router.get("/connectors", response_model=Connectors, summary="What can be connected to")
def connectors() -> Response:
    """Every installed connector with its settings, what it reads and writes, and what it was tested against."""
    return JSONResponse({"items": connecting.connectors()})


@router.get("/connectors/{name}", response_model=ConnectorSaid, summary="One connector")
def connector(name: Name) -> Response:
    """Its settings as a JSON Schema; a form can be made of it."""
    return JSONResponse(connecting.connector_json(name))


@router.get("/connections", response_model=ConnectionPage, summary="Connections, by name")
def connections(asked: Annotated[wire.Page, Query()], hub: TheHubNow) -> Response:
    """Those of concilia.yaml and those declared here. No secret is ever shown."""
    after = paging.name_of("connections", asked.after)
    found = [one for one in connecting.connections(hub) if one["name"] > after]
    return JSONResponse(paging.page("connections", found, limit=asked.limit, place=lambda one: str(one["name"])))


@router.get("/connections/{name}", response_model=ConnectionSaid, summary="One connection")
def connection(name: Name, hub: TheHubNow) -> Response:
    """A connection with its settings; secrets are references."""
    return JSONResponse(connecting.connection_json(hub, name))


@_told.post(
    "/connections", response_model=ConnectionSaid, status_code=201, summary="Declare or change a connection",
    responses={200: {"description": "How it would be understood; nothing was kept.", "model": ConnectionSaid}},
)  # fmt: skip
def declare(request: Request, told: Connecting, hub: TheHubNow, key: Caller) -> Response:
    """Secrets written out in `settings` are sealed at once. One that concilia.yaml holds can be changed only there."""
    body = told.model_dump(exclude={"dry_run"}, exclude_none=True)
    after, found = connecting.declare(hub, body, by=key.name, dry_run=told.dry_run)
    if not told.dry_run:
        request.app.state.hub = after  # the other routes know it from now on
    return JSONResponse(found, status_code=200 if told.dry_run else 201)


@router.delete("/connections/{name}", response_model=Withdrawn, summary="Stop using a declared connection")
def withdraw(request: Request, name: Name, hub: TheHubNow, key: Caller) -> Response:
    """Its secrets are forgotten; what was read from it stays."""
    request.app.state.hub = declaring.withdraw_connection(hub, name, by=key.name)
    return JSONResponse({"name": name, "withdrawn": True})


@_told.put("/connections/{name}/credentials", response_model=KeptCredentials, summary="Give secrets of a connection")
def keep(name: Name, told: Credentials, hub: TheHubNow, key: Caller) -> Response:
    """Each is sealed under the master key and bound to its connection and setting. None can be read back."""
    kept = [
        declaring.keep_secret(hub, name, setting, Secret(value.get_secret_value()), by=key.name)
        for setting, value in told.values.items()
    ]
    return JSONResponse({"items": [{n: getattr(one, n) for n in KeptCredential.model_fields} for one in kept]})


@router.post("/connections/{name}/check", response_model=CheckSaid, summary="Try a connection")
def check(name: Name, hub: TheHubNow) -> Response:
    """Address, credentials and each stream; writes nothing anywhere. A missing permission is named."""
    return JSONResponse(connecting.check(hub, name))


@router.post("/connections/{name}/discover", response_model=Streams, summary="What a system offers")
def discover(name: Name, hub: TheHubNow) -> Response:
    """Its streams, with key, cursor and typed columns."""
    return JSONResponse({"items": connecting.discover(hub, name)})


@_told.post("/connections/{name}/preview", response_model=Preview, summary="Rows as they would be mapped")
def preview(name: Name, told: Looking, hub: TheHubNow) -> Response:
    """The first rows of a stream before and after mapping, with what would be refused. Nothing is stored."""
    return JSONResponse({"items": connecting.preview(hub, name, told.stream, limit=told.limit)})


@_told.post("/mappings", response_model=MappingCheck, summary="Check a mapping, and store it")
def store_mapping(told: MappingText, hub: TheHubNow, key: Caller) -> Response:
    """422 with line and path when it is wrong. Storing the text in force again makes no new version."""
    if told.dry_run:
        connecting.validated(told.document, name=told.name)
        return JSONResponse({"name": told.name, "valid": True, "version": None})
    _, row = connecting.store_mapping(hub, told.name, told.document, by=key.name)
    return JSONResponse({"name": row.name, "valid": True, "version": row.version})


@router.get("/mappings", response_model=MappingVersions, summary="Stored mappings in force")
def mappings(hub: TheHubNow) -> Response:
    """The latest version of each; streams name one as `stored:NAME`."""
    return JSONResponse({"items": [_version(row) for row in declaring.declared_mappings(hub).values()]})


@router.get("/mappings/{name}/versions", response_model=MappingVersions, summary="Versions of a mapping")
def mapping_versions(name: Name, hub: TheHubNow) -> Response:
    """All of them, oldest first; one that was withdrawn has no document."""
    return JSONResponse({"items": [_version(row) for row in declaring.mapping_versions(hub, name)]})


@router.get("/mappings/{name}/diff", response_model=MappingDiff, summary="Compare two versions of a mapping")
def mapping_diff(name: Name, before: Version, after: Version, hub: TheHubNow) -> Response:
    """The lines that differ, as in a unified diff."""
    lines = connecting.mapping_diff(hub, name, before=before, after=after)
    return JSONResponse({"name": name, "before": before, "after": after, "lines": lines})


router.include_router(_told)


def _version(row: Any) -> dict[str, Any]:
    return {"name": row.name, "version": row.version, "document": row.body, "at": row.at, "by": row.by}
