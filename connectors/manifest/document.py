"""Read and check a manifest, and make it ready. Errors carry file, line, path and mend. No network."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from concilia.documents import Document, Place, did_you_mean, parse_document, read_document, validate
from connectors.contract import AgreementOrder, ContactOrder, Operation, PaymentOrder, ReversalOrder, StreamSchema
from connectors.manifest.templates import compiled, filled, named_in, template

# Settings that every described system has.
COMMON: Final[Mapping[str, Mapping[str, Any]]] = {
    "page_size": {
        "type": "integer", "default": 100, "minimum": 1, "maximum": 10_000, "description": "Records in a page.",
    },
    "overlap_seconds": {
        "type": "integer", "default": 300, "minimum": 0, "maximum": 30 * 86400,
        "description": "How late a change may become visible.",
    },
    "late_seconds": {
        "type": "integer", "default": 20, "minimum": 0, "maximum": 86400,
        "description": "How long a lost write may still take effect.",
    },
    "timeout_seconds": {
        "type": "integer", "default": 60, "minimum": 1, "maximum": 600,
        "description": "For each of connect, read and write.",
    },
    "ca_file": {"description": "The authority that signed the system's certificate, a PEM file in the workspace."},
}  # fmt: skip
_ORDERS: Final = {
    Operation.REGISTER_PAYMENT: PaymentOrder,
    Operation.REGISTER_REVERSAL: ReversalOrder,
    Operation.RECORD_AGREEMENT: AgreementOrder,
    Operation.UPDATE_CONTACT: ContactOrder,
}
# What a rung needs, and how it is said to people.
_NEEDS: Final = {
    "look_up": ("look_up", "look up needs `look_up`: how a write is found by our reference."),
    "upsert": ("", "upsert needs {{ order.reference }} or {{ order.key }} in its request."),
    "read_compare": ("", "read_compare is for closing what `look_up` finds closed already."),
    "precondition": ("", "Use look_up, upsert, server_key or none; a precondition is for contact data."),
    "server_key": ("", "a server key needs {{ order.key }} in its request."),
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a stream: its type, how it is written there, and where it comes from."""

    name: str
    type: str
    formats: tuple[str, ...] = ()
    source: str = ""


@dataclass(frozen=True, slots=True)
class StreamSpec:
    """One stream; `said` is its part of the manifest with its templates read."""

    name: str
    key: tuple[str, ...]
    said: Mapping[str, Any]
    columns: Mapping[str, Column] = field(default_factory=dict)

    @property
    def cursor(self) -> str | None:
        """The column of its cursor, of its parent's where it has none itself."""
        found = self.said.get("incremental_sync")
        return str(found["cursor_field"]) if found else None

    @property
    def parent(self) -> str | None:
        """The stream whose records are its partitions."""
        router = self.said.get("partition_router") or {}
        return router.get("parent_stream") if router.get("type") == "SubstreamPartitionRouter" else None

    @property
    def schema(self) -> StreamSchema:
        """Its columns as far as the manifest says them: at least key and cursor."""
        known = {name: column.type for name, column in self.columns.items()}
        least = {**dict.fromkeys(self.key, "text"), **({self.cursor: "datetime"} if self.cursor else {})}
        return StreamSchema(self.name, {**least, **known}, key=self.key, cursor=self.cursor)


@dataclass(frozen=True, slots=True)
class Manifest:
    """One described system. `folder` is where its file stands, and a folder `maps` beside it."""

    title: str
    kind: str
    folder: Path
    spec: Mapping[str, Mapping[str, Any]]
    requester: Mapping[str, Any]
    streams: Mapping[str, StreamSpec]
    writes: Mapping[Operation, Mapping[str, Any]]
    odata_version: int = 4
    budget: Mapping[str, Any] = field(default_factory=dict)

    def offered(self, settings: Mapping[str, Any]) -> tuple[StreamSpec, ...]:
        """The streams there are with these settings; columns that a setting names are found under that name."""
        return tuple(_named(spec, settings) for spec in self.streams.values() if _is_there(spec.said, settings))

    def written(self, settings: Mapping[str, Any]) -> Mapping[Operation, Mapping[str, Any]]:
        """The writes that are offered with these settings."""
        return {name: said for name, said in self.writes.items() if _is_there(said, settings)}


def read_manifest(path: Path, *, shown_as: str = "") -> Manifest:
    """The manifest at that path; ConfigurationInvalid says where what is wrong with it."""
    return _manifest(read_document(path, shown_as=shown_as or path.name), folder=path.parent)


def parse_manifest(text: str, *, file: str = "manifest.yaml") -> Manifest:
    """The manifest in a text."""
    return _manifest(parse_document(text, file=file), folder=Path())


@cache
def json_schema() -> Mapping[str, Any]:
    """The JSON Schema of manifests, as shipped for editors."""
    found: dict[str, Any] = json.loads(
        resources.files("connectors.manifest").joinpath("schema.json").read_text("utf-8")
    )
    return found


def _manifest(document: Document, *, folder: Path) -> Manifest:
    if document.content is None:
        raise document.error("this file is empty.", mend="Start with version: 1.")
    validate(document, json_schema())
    content = document.content
    _read_templates(document, content, ())
    if (content.get("kind") == "soap") != ("soap" in content["requester"]):
        raise document.error('kind: soap and the section "soap" go together.', at=("requester",), mend="Name the wsdl.")
    spec = {name: {**COMMON.get(name, {}), **said} for name, said in {**COMMON, **(content.get("spec") or {})}.items()}
    _check_names(document, spec)
    return Manifest(
        title=content.get("title") or "The system",
        kind=content.get("kind", "rest"),
        folder=folder,
        spec=spec,
        requester=compiled(content["requester"]),
        streams={name: _stream(document.part("streams", name), name) for name in _checked_streams(document)},
        writes={Operation(name): _write(document, name) for name in content.get("writes") or {}},
        odata_version=content.get("odata_version", 4),
        budget=content.get("api_budget") or {},
    )


def _read_templates(document: Document, value: Any, place: Place) -> None:
    """Every text once, to say where one is wrong."""
    match value:
        case str():
            try:
                template(value)
            except ValueError as fault:
                raise document.error(str(fault), at=place) from fault
        case dict():
            for name, inner in value.items():
                _read_templates(document, name, place)
                _read_templates(document, inner, (*place, name))
        case list():
            for index, inner in enumerate(value):
                _read_templates(document, inner, (*place, index))


def _check_names(document: Document, spec: Mapping[str, Any]) -> None:
    settings = {*spec, "time_zone"}
    for place, path in _expressions(document.content, ()):
        if path[0] == "config" and (len(path) < 2 or path[1] not in settings):
            name = path[1] if len(path) > 1 else ""
            mend = did_you_mean(name, settings) or f"Add {name} under spec."
            raise document.error(f'there is no setting "{name}" in spec.', at=place, mend=mend)
        if path[0] == "order":
            _check_order(document, place, path)


def _check_order(document: Document, place: Place, path: tuple[str, ...]) -> None:
    if place[:1] != ("writes",):
        raise document.error("there is an order only under writes.", at=place)
    known = [one.name for one in fields(_ORDERS[Operation(str(place[1]))])]
    if len(path) < 2 or path[1] not in known:
        name = path[1] if len(path) > 1 else ""
        mend = did_you_mean(name, known) or f"It has: {', '.join(known)}."
        raise document.error(f'the order of {place[1]} has no "{name}".', at=place, mend=mend)


def _expressions(value: Any, place: Place) -> Iterator[tuple[Place, tuple[str, ...]]]:
    match value:
        case str():
            yield from ((place, path) for path in named_in(template(value)))
        case dict():
            for name, inner in value.items():
                yield from ((place, path) for path in named_in(template(name)))
                yield from _expressions(inner, (*place, name))
        case list():
            for index, inner in enumerate(value):
                yield from _expressions(inner, (*place, index))


def _checked_streams(document: Document) -> Mapping[str, Any]:
    streams: Mapping[str, Any] = document.content["streams"]
    for name, said in streams.items():
        router = said.get("partition_router") or {}
        parent = router.get("parent_stream")
        if router.get("type") == "SubstreamPartitionRouter" and parent not in streams:
            at = ("streams", name, "partition_router")
            raise document.error(f'there is no stream "{parent}".', at=at, mend=did_you_mean(str(parent), streams))
        if parent and streams[parent].get("partition_router"):
            raise document.error("a parent stream has no partitions of its own.", at=("streams", name))
        if "path" not in said:
            raise document.error('"path" is missing.', at=("streams", name), mend="Add path: /….")
    return streams


def _stream(document: Document, name: str) -> StreamSpec:
    content = document.content
    key = content["primary_key"]
    columns = {column: _column(column, said) for column, said in (content.get("schema") or {}).items()}
    spec = StreamSpec(name, (key,) if isinstance(key, str) else tuple(key), compiled(content), columns)
    for column in (*spec.key, *((spec.cursor,) if spec.cursor else ())):
        if columns and column not in columns:
            mend = did_you_mean(column, columns) or f"Add {column} to schema."
            raise document.error(f'"{column}" is no column of schema.', at=("schema",), mend=mend)
    if content.get("keep") == "schema" and not columns:
        raise document.error("keep: schema needs a schema.", at=("keep",))
    _check_paging(document)
    return spec


def _check_paging(document: Document) -> None:
    content = document.content
    paginator = content.get("paginator") or {"type": "NoPagination"}
    needs = {
        "PageIncrement": ("page_parameter", "page_size"),
        "OffsetIncrement": ("offset_parameter", "page_size"),
        "CursorPagination": ("cursor_parameter",),
        "NextUrl": ("next_path",),
        "Keyset": ("key_field",),
    }
    for name in needs.get(paginator["type"], ()):
        if name not in paginator:
            raise document.error(f'{paginator["type"]} needs "{name}".', at=("paginator",), mend=f"Add {name}: ….")
    sync = content.get("incremental_sync") or {}
    if sync.get("paginate_by") and paginator["type"] not in ("OffsetIncrement", "PageIncrement"):
        mend = "Use OffsetIncrement or PageIncrement, or leave out paginate_by."
        raise document.error("paginate_by: cursor goes on by offset among equal moments.", at=("paginator",), mend=mend)


def _column(name: str, said: Any) -> Column:
    if isinstance(said, str):
        return Column(name, said, source=name)
    form = said.get("format", ())
    # `from` may name the column by a setting: it is filled once the settings are known.
    return Column(name, said["type"], (form,) if isinstance(form, str) else tuple(form), said.get("from", name))


def _write(document: Document, name: str) -> Mapping[str, Any]:
    said: Mapping[str, Any] = document.content["writes"][name]
    read: Mapping[str, Any] = compiled(said)
    if name == Operation.UPDATE_CONTACT:
        _check_updates(document, said)
        return read
    member, mend = _NEEDS.get(said["rung"], ("", ""))
    named = {path for path in named_in(compiled([said["request"], *(said.get("steps") or [])])) if path[0] == "order"}
    lacks = {
        "look_up": member not in said,
        "read_compare": said["type"] != "close" or "look_up" not in said,
        "precondition": True,
        "upsert": not named & {("order", "reference"), ("order", "key")},
        "server_key": ("order", "key") not in named,
    }
    if lacks.get(said["rung"]):
        raise document.error(f"the rung {said['rung']} is not what this does.", at=("writes", name, "rung"), mend=mend)
    return read


def _check_updates(document: Document, said: Mapping[str, Any]) -> None:
    for stream in said["streams"]:
        at = ("writes", "update_contact", "streams", stream)
        known = document.content["streams"]
        if stream not in known:
            raise document.error(f'there is no stream "{stream}".', at=at, mend=did_you_mean(stream, known))
        if "by_key" not in known[stream] and document.content.get("kind") != "odata":
            raise document.error(f"{stream} cannot be read again.", at=at, mend=f"Add by_key to the stream {stream}.")


def _is_there(said: Mapping[str, Any], settings: Mapping[str, Any]) -> bool:
    name = said.get("when")
    return name is None or settings.get(str(name)) not in (None, "", False)


def _named(spec: StreamSpec, settings: Mapping[str, Any]) -> StreamSpec:
    """The stream with the sources of its columns filled; a column whose setting says nothing has none."""
    scope = {"config": settings}
    columns = {}
    for name, column in spec.columns.items():
        source = filled([template(column.source)], scope) if "{{" in column.source else [column.source]
        columns[name] = replace(column, source=str(source[0]) if source else "")
    more = filled([spec.said["more_columns"]], scope) if "more_columns" in spec.said else []
    names = [name.strip() for text in more for name in str(text).split(",") if name.strip()]
    columns |= {name: Column(name, "text", source=name) for name in names if name not in columns}
    return replace(spec, columns=columns)
