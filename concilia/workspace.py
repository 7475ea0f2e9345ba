"""Read `concilia.yaml`: connections, creditors, survivorship, schedules. No connector, no mapping, no secret."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from concilia import schema, vault
from concilia.documents import Document, Place, did_you_mean, parse_document, read_document, validate
from concilia.errors import ConfigurationInvalid
from concilia.money import COUNTRY_UNIT, DECIMALS
from concilia.plain_secrets import refuse_plain_secrets, texts
from concilia.timetable import Schedule, schedules_of
from concilia.write_policy import FACTS, WritePolicy, write_policy_of

FILE = "concilia.yaml"
STORED = "stored:"  # how a stream names a mapping that was stored over the API
DEFAULT_TRUST = 50

_STREAM_KEYS = ("key", "cursor", "map", "sweep")


@dataclass(frozen=True, slots=True)
class Stream:
    """What to read of a connection. `options` are the connector's own; `map` is not interpreted here."""

    name: str
    key: tuple[str, ...] = ()
    cursor: str | None = None
    cursor_format: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    map: Document | None = None
    sweep: str = "all"  # what its keys prove about records that are gone: "all" | "newest" | "off"


@dataclass(frozen=True, slots=True)
class Connection:
    """One configured account at one system. `settings` holds secret references, never secrets."""

    name: str
    connector: str
    country: str
    unit: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    creditor: str | None = None
    trust: int = DEFAULT_TRUST
    time_zone: str | None = None
    push: frozenset[str] = frozenset()  # payments, agreements; contact data is in `writes`
    writes: WritePolicy = field(default_factory=WritePolicy)
    budget: Mapping[str, Any] = field(default_factory=dict)  # how often the credential may call; no limit if empty
    streams: tuple[Stream, ...] = ()
    fingerprint: str = ""  # changes with anything said of the connection, mapping documents included
    source: Document | None = field(default=None, repr=False, compare=False)
    folder: Path = field(default=Path(), compare=False)  # the workspace, for files that the settings name

    def stream(self, name: str) -> Stream | None:
        """The configured stream of that name."""
        return next((stream for stream in self.streams if stream.name == name), None)

    def resolved_settings(self, sources: vault.Sources) -> dict[str, Any]:
        """The settings with every reference to a secret as vault.Secret.

        Raises ConfigurationInvalid, with the place of the reference, when a variable or file is missing.
        """
        return {name: self._resolved(value, (name,), sources) for name, value in sorted(self.settings.items())}

    def _resolved(self, value: Any, place: Place, sources: vault.Sources) -> Any:
        match value:
            case str() if vault.is_reference(value):
                try:
                    return vault.resolve(value, sources)
                except ConfigurationInvalid as fault:
                    if self.source is None:
                        raise
                    raise self.source.error(fault.message, at=("settings", *place), mend=fault.mend) from fault
            case dict():
                return {k: self._resolved(v, (*place, k), sources) for k, v in value.items()}
            case list():
                return [self._resolved(v, (*place, i), sources) for i, v in enumerate(value)]
            case _:
                return value


@dataclass(frozen=True, slots=True)
class Creditor:
    """Whose debts these are; `owner` is the connection whose balance wins."""

    key: str
    owner: str | None = None
    name: str = ""


def _nothing_kept(name: str) -> vault.Secret | None:  # noqa: ARG001
    return None


@dataclass(frozen=True, slots=True)
class Declared:
    """What was declared over the API beside the file: connections as the file would hold them, mappings as text.

    `number` grows with every change; `kept` opens the secrets that the hub keeps itself.
    """

    connections: Mapping[str, Any] = field(default_factory=dict)
    mappings: Mapping[str, str] = field(default_factory=dict)
    number: int = 0
    kept: Callable[[str], vault.Secret | None] = _nothing_kept


@dataclass(frozen=True, slots=True)
class _Shelf:
    """Where mapping documents are found."""

    folder: Path
    stored: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Workspace:
    """Everything `concilia.yaml` says, checked, with what was declared beside it."""

    folder: Path
    connections: Mapping[str, Connection]
    creditors: Mapping[str, Creditor]
    survivorship: Mapping[str, Any]  # a rule, or a group with `rule` and `half_life`, by name
    fingerprint: str
    environment: Mapping[str, str] | None = field(default=None, repr=False, compare=False)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    calendars: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # by country; see sync.agreements
    agreements: Mapping[str, Any] = field(default_factory=dict)
    events: Mapping[str, Any] = field(default_factory=dict)  # see sync.event_retry
    contact: Document | None = field(default=None, repr=False, compare=False)  # see portfolio.contact_rules.policy
    declared: Declared = field(default_factory=Declared, repr=False, compare=False)

    def settings_of(self, connection: str) -> dict[str, Any]:
        """The settings of one connection with its secrets, and of no other."""
        return self.connections[connection].resolved_settings(
            vault.Sources(self.folder, self.environment, self.declared.kept)
        )


def load(folder: Path, *, environment: Mapping[str, str] | None = None, declared: Declared | None = None) -> Workspace:
    """The workspace in `folder`; ConfigurationInvalid with file, line and mend when something is wrong.

    Secrets are not looked at here; `environment` is kept for `Workspace.settings_of` (None: the process's own).
    A connection that the file names as well is taken from the file.
    """
    beside = declared or Declared()
    if not (folder / FILE).is_file():
        raise ConfigurationInvalid(
            f"There is no {FILE} in {folder}.", mend='Run "concilia init" to start one, or name its folder.'
        )
    document = read_document(folder / FILE)
    if document.content is None:
        raise document.error("this file is empty.", mend='Run "concilia init" to start one.')
    validate(document, _json_schema())
    content = document.content
    creditors = _creditors(document)
    parts = {name: document.part("connections", name) for name in content.get("connections") or {}}
    parts = {**_declared_parts(beside), **parts}
    countries = {part.content["country"] for part in parts.values() if "country" in part.content}
    common = next(iter(countries)) if len(countries) == 1 else None
    shelf = _Shelf(folder, beside.mappings)
    connections = {
        name: _connection(part, shelf=shelf, creditors=creditors, common=common) for name, part in parts.items()
    }
    connections = {name: _with_policy(one, among=connections) for name, one in connections.items()}
    _check_owners(document, connections)
    _check_survivorship(document)
    for connection in connections.values():
        if connection.creditor is not None:
            creditors.setdefault(connection.creditor, Creditor(connection.creditor))
    return Workspace(
        folder=folder,
        connections=connections,
        creditors=creditors,
        survivorship=content.get("survivorship") or {},
        fingerprint=_fingerprint(content, [c.fingerprint for c in connections.values()]),
        environment=environment,
        schedules=schedules_of(document, connections=connections),
        calendars=content.get("calendars") or {},
        agreements=content.get("agreements") or {},
        events=content.get("events") or {},
        contact=document.part("contact") if content.get("contact") else None,
        declared=beside,
    )


def _declared_parts(declared: Declared) -> dict[str, Document]:
    """What was declared over the API as parts of a document like the file."""
    if not declared.connections:
        return {}
    whole = Document("the API", {"version": 1, "connections": dict(declared.connections)})
    validate(whole, _json_schema())
    return {name: whole.part("connections", name) for name in declared.connections}


@cache
def _json_schema() -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads(
        resources.files("concilia").joinpath("schemas/workspace.schema.json").read_text("utf-8")
    )
    return found


def _connection(
    document: Document, *, shelf: _Shelf, creditors: Mapping[str, Creditor], common: str | None
) -> Connection:
    content = document.content
    country = content.get("country", common)
    if country is None:
        mend = "Add country: CL, or that of this system; it may be left out where all connections share one."
        raise document.error('the setting "country" is missing.', mend=mend)
    settings = content.get("settings") or {}
    refuse_plain_secrets(document, settings, ("settings",))
    streams = tuple(
        _stream(document.part("streams", name), name=name, shelf=shelf) for name in content.get("streams") or {}
    )
    return Connection(
        name=str(document.root[-1]),
        connector=content["connector"],
        country=country,
        unit=_unit(document, country),
        settings=settings,
        creditor=_creditor(document, creditors),
        trust=content.get("trust", DEFAULT_TRUST),
        time_zone=_time_zone(document),
        push=frozenset(fact for fact in FACTS if (content.get("push") or {}).get(fact)),
        budget=content.get("budget") or {},
        streams=streams,
        fingerprint=_fingerprint(content, [stream.map.content if stream.map else None for stream in streams]),
        source=document,
        folder=shelf.folder,
    )


def _with_policy(connection: Connection, *, among: Mapping[str, Connection]) -> Connection:
    """The connection with what may be written to it: owners are looked for among all connections."""
    if connection.source is None:
        return connection
    return replace(connection, writes=write_policy_of(connection.source, connections=among))


def _unit(document: Document, country: str) -> str:
    unit = document.content.get("unit")
    if unit is None:
        if country not in COUNTRY_UNIT:
            raise document.error(f"the currency of {country} is not known here.", mend="Add a unit, such as USD.")
        return COUNTRY_UNIT[country]
    if unit not in DECIMALS:
        mend = did_you_mean(unit, DECIMALS) or f"Known units are: {', '.join(DECIMALS)}."
        raise document.error(f'"{unit}" is no known unit.', at=("unit",), mend=mend)
    return str(unit)


def _time_zone(document: Document) -> str | None:
    name: str | None = document.content.get("time_zone")
    if name is None:
        return None
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
        raise document.error(
            f'"{name}" is no known time zone.', at=("time_zone",), mend="Use a name such as America/Santiago."
        ) from fault


def _creditor(document: Document, creditors: Mapping[str, Creditor]) -> str | None:
    named: str | None = document.content.get("creditor")
    if named is None:
        return next(iter(creditors)) if len(creditors) == 1 else None
    if creditors and named not in creditors:
        mend = did_you_mean(named, creditors) or f"Add {named} under creditors."
        raise document.error(f'there is no creditor "{named}".', at=("creditor",), mend=mend)
    if re.fullmatch("[a-z][a-z0-9_]{0,62}", named) is None:
        mend = "A name is small letters, digits and _, and starts with a letter."
        raise document.error(f'"{named}" cannot be the name of a creditor.', at=("creditor",), mend=mend)
    return named


def _stream(document: Document, *, name: str, shelf: _Shelf) -> Stream:
    content = document.content or {}
    options = {key: value for key, value in content.items() if key not in _STREAM_KEYS}
    _refuse_misspelled(document, options)
    refuse_plain_secrets(document, options, ())
    for place, text in texts(options, ()):
        if vault.is_reference(text):
            mend = "Put it under settings of the connection."
            raise document.error("a stream cannot hold a secret.", at=place, mend=mend)
    key, cursor = content.get("key", ()), content.get("cursor")
    return Stream(
        name=name,
        key=(key,) if isinstance(key, str) else tuple(key),
        cursor=cursor["column"] if isinstance(cursor, dict) else cursor,
        cursor_format=cursor.get("format") if isinstance(cursor, dict) else None,
        options=options,
        map=_map(document, shelf) if "map" in content else None,
        sweep=content.get("sweep", "all"),
    )


def _refuse_misspelled(document: Document, options: Mapping[str, Any]) -> None:
    """Options are free, so a near miss of one of our own keys is the only sign of a misspelling."""
    # Not `sweep`: the files connector's own `sheet` is too near to it.
    missing = [key for key in ("key", "cursor", "map") if key not in document.content] if document.content else []
    for option in options:
        mend = did_you_mean(option, missing)
        if mend:
            line = document.line_at((option,))
            raise document.error(f'there is no setting "{option}".', mend=mend, line=line)


def _map(document: Document, shelf: _Shelf) -> Document:
    named, folder = document.content["map"], shelf.folder
    if not isinstance(named, str):
        return document.part("map")
    if named.startswith(STORED):
        return _stored_map(document, named.removeprefix(STORED), shelf)
    path = folder / named
    if not path.resolve().is_relative_to(folder.resolve()):
        raise document.error(f"{named} is outside the workspace.", at=("map",), mend="Move it into the folder.")
    if not path.is_file():
        files = sorted(found.relative_to(folder).as_posix() for found in folder.rglob("*.y*ml"))
        mend = did_you_mean(named, files) or "Create it, or correct its name."
        raise document.error(f"there is no file {named} in the workspace.", at=("map",), mend=mend)
    return read_document(path, shown_as=named)


def _stored_map(document: Document, name: str, shelf: _Shelf) -> Document:
    if name not in shelf.stored:
        mend = did_you_mean(name, shelf.stored) or "Store it first: POST /v1/mappings."
        raise document.error(f'there is no stored mapping "{name}".', at=("map",), mend=mend)
    return parse_document(shelf.stored[name], file=f"mapping {name}")


def _creditors(document: Document) -> dict[str, Creditor]:
    return {
        key: Creditor(key, owner=(said or {}).get("owner"), name=(said or {}).get("name", ""))
        for key, said in (document.content.get("creditors") or {}).items()
    }


def _check_owners(document: Document, connections: Mapping[str, Connection]) -> None:
    for key, said in (document.content.get("creditors") or {}).items():
        owner = (said or {}).get("owner")
        if owner is not None and owner not in connections:
            mend = did_you_mean(owner, connections) or "Name one of the connections."
            raise document.error(f'there is no connection "{owner}".', at=("creditors", key, "owner"), mend=mend)


def _check_survivorship(document: Document) -> None:
    """Rules are for fields but the tax id, which is chosen among identifiers; half-lives for contact points as well."""
    fields = [found.name for found in schema.DEBTOR.fields if found.name != "tax_id"]
    known = [*fields, *schema.CONTACT_TYPES]
    for name, said in (document.content.get("survivorship") or {}).items():
        if name == "tax_id":
            mend = "Remove it, or retire the wrong number: concilia steward same --help."
            raise document.error(
                "the tax id is the best proven identifier; no rule chooses it.", at=("survivorship", name), mend=mend
            )
        if name not in known:
            mend = did_you_mean(name, known) or f"Known fields are: {', '.join(known)}."
            raise document.error(f'a debtor has no field "{name}".', at=("survivorship", name), mend=mend)
        if name not in fields and (not isinstance(said, dict) or "rule" in said):
            mend = f"Say only how fast they age: {name}: {{half_life: 365}}."
            raise document.error(f"every {name} is kept; no rule chooses.", at=("survivorship", name), mend=mend)


def _fingerprint(*content: Any) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
