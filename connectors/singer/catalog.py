"""What a tap says it has (its `--discover`), as typed streams, and what of it is asked for. No process."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from concilia.documents import did_you_mean
from concilia.errors import ConfigurationInvalid, RunMustStop
from connectors.contract import StreamRequest, StreamSchema
from connectors.singer.decoding import compiled

OPTIONS: Final = frozenset({"columns", "types", "replication_method", "replication_key"})
METHODS: Final = ("FULL_TABLE", "INCREMENTAL", "LOG_BASED")


@dataclass(frozen=True, slots=True)
class Entry:
    """One stream of a tap, as its catalog describes it."""

    content: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What it is asked for by."""
        return str(self.content.get("tap_stream_id") or self.content.get("stream") or "")

    @property
    def called(self) -> frozenset[str]:
        """The names its records may come under."""
        return frozenset(str(self.content[member]) for member in _NAMES if self.content.get(member))

    @property
    def schema(self) -> Mapping[str, Any]:
        """The JSON schema of its records."""
        found = self.content.get("schema")
        return found if isinstance(found, dict) else {}

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of its key; none when the tap does not say."""
        said = self.content.get("key_properties") or self._metadata.get("table-key-properties") or ()
        return tuple(str(name) for name in said) if isinstance(said, list | tuple) else ()

    @property
    def cursor(self) -> str | None:
        """The column it is read on by."""
        valid = self._metadata.get("valid-replication-keys") or [None]
        said = self.content.get("replication_key") or self._metadata.get("replication-key") or valid[0]
        return str(said) if said else None

    @property
    def _metadata(self) -> Mapping[str, Any]:
        return next((metadata for crumb, metadata in _metadata_of(self.content) if not crumb), {})

    def as_schema(self) -> StreamSchema:
        """The stream typed. Columns of several types count as text."""
        columns = compiled(self.schema, kinds={})
        kinds = {name: "text" if column.kind == "any" else column.kind for name, column in columns.items()}
        key = tuple(name for name in self.key if name in kinds)
        return StreamSchema(self.name, kinds, key, self.cursor if self.cursor in kinds else None)


_NAMES: Final = ("tap_stream_id", "stream", "stream_alias")


def entries_of(text: str, *, called: str) -> tuple[Entry, ...]:
    """The streams of a catalog by name; RunMustStop when the text is no catalog."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise RunMustStop(f"{called} did not answer --discover with a catalog.", mend=_UNDISCOVERED) from fault
    streams = found.get("streams") if isinstance(found, dict) else None
    if not isinstance(streams, list):
        raise RunMustStop(f"{called} answered --discover with something else than a catalog.", mend=_UNDISCOVERED)
    entries = [Entry(stream) for stream in streams if isinstance(stream, dict)]
    return tuple(sorted((entry for entry in entries if entry.name), key=lambda entry: entry.name))


_UNDISCOVERED: Final = "If it knows no --discover, write `discover: false`, or name a `catalog` file."


def entry_of(entries: tuple[Entry, ...], name: str, *, called: str) -> Entry:
    """The stream of that name; ConfigurationInvalid when the tap has none."""
    found = next((e for e in entries if e.name == name), None) or next((e for e in entries if name in e.called), None)
    if found is None:
        names = [entry.name for entry in entries]
        mend = did_you_mean(name, names) or f"It has: {', '.join(names[:20]) or 'none'}."
        raise ConfigurationInvalid(f"{called} has no stream {name}.", mend=mend)
    return found


def selection(entries: tuple[Entry, ...], chosen: Entry, request: StreamRequest) -> dict[str, Any]:
    """A catalog in which only that stream is selected, with the columns that are asked for, or all."""
    columns = request.options.get("columns")
    needed = {*request.key, *chosen.key, *([chosen.cursor] if chosen.cursor else [])}
    wanted = None if columns is None else {*map(str, columns), *needed}
    return {"streams": [_selected(entry, request if entry is chosen else None, wanted) for entry in entries]}


def _selected(entry: Entry, request: StreamRequest | None, columns: set[str] | None) -> dict[str, Any]:
    """The entry marked in both ways taps look for: in its metadata, and (before 2018) in its schema."""
    content: dict[str, Any] = copy.deepcopy(dict(entry.content))
    content["selected"] = request is not None
    if isinstance(content.get("schema"), dict):
        content["schema"]["selected"] = request is not None
    metadata = dict(_metadata_of(content))
    root = {**metadata.get((), {}), "selected": request is not None}
    if request is not None:
        root |= _replication(request, content)
        for name in entry.schema.get("properties") or {}:
            crumb = ("properties", str(name))
            if metadata.get(crumb, {}).get("inclusion") != "automatic" and columns is not None:
                metadata[crumb] = {**metadata.get(crumb, {}), "selected": name in columns}
    metadata[()] = root
    content["metadata"] = [{"breadcrumb": list(crumb), "metadata": said} for crumb, said in metadata.items()]
    return content


def _replication(request: StreamRequest, content: dict[str, Any]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    if method := request.options.get("replication_method"):
        root["forced-replication-method"] = root["replication-method"] = content["replication_method"] = method
    if key := request.options.get("replication_key"):
        root["replication-key"] = content["replication_key"] = key
    return root


def _metadata_of(content: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], dict[str, Any]]]:
    said = content.get("metadata")
    for one in said if isinstance(said, list) else []:
        if isinstance(one, dict) and isinstance(one.get("metadata"), dict):
            yield tuple(str(step) for step in one.get("breadcrumb") or ()), one["metadata"]
