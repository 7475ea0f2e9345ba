"""Read `concilia.yaml`: connections, creditors, survivorship, schedules. No connector, no mapping, no secret."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from concilia import schema, vault
from concilia.documents import Document, Place, did_you_mean, read_document, validate
from concilia.errors import ConfigurationInvalid
from concilia.money import COUNTRY_UNIT, DECIMALS
from concilia.timetable import Schedule, schedules_of
from concilia.write_policy import FACTS, WritePolicy, write_policy_of

FILE = "concilia.yaml"
DEFAULT_TRUST = 50

_STREAM_KEYS = ("key", "cursor", "map", "sweep")
# The end of a setting's name that says it is a secret; `token_url` or `private_key_file` do not end so.
_SECRET_NAME = re.compile(
    r"(^|_)(password|passwd|passphrase|secret|api_?key|private_key|token|contrasena|credentials?)$"
)
_PASSWORD_IN_ADDRESS = re.compile(r"://[^/\s:@]*:[^/\s@]+@")


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

    def stream(self, name: str) -> Stream | None:
        """The configured stream of that name."""
        return next((stream for stream in self.streams if stream.name == name), None)

    def resolved_settings(self, folder: Path, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
        """The settings with `${env:NAME}` and `${file:PATH}` as vault.Secret.

        Raises ConfigurationInvalid, with the place of the reference, when a variable or file is missing.
        """
        return {
            name: self._resolved(value, (name,), folder, environment) for name, value in sorted(self.settings.items())
        }

    def _resolved(self, value: Any, place: Place, folder: Path, environment: Mapping[str, str] | None) -> Any:
        match value:
            case str() if vault.is_reference(value):
                try:
                    return vault.resolve(value, folder=folder, environment=environment)
                except ConfigurationInvalid as fault:
                    if self.source is None:
                        raise
                    raise self.source.error(fault.message, at=("settings", *place), mend=fault.mend) from fault
            case dict():
                return {k: self._resolved(v, (*place, k), folder, environment) for k, v in value.items()}
            case list():
                return [self._resolved(v, (*place, i), folder, environment) for i, v in enumerate(value)]
            case _:
                return value


@dataclass(frozen=True, slots=True)
class Creditor:
    """Whose debts these are; `owner` is the connection whose balance wins."""

    key: str
    owner: str | None = None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Workspace:
    """Everything `concilia.yaml` says, checked."""

    folder: Path
    connections: Mapping[str, Connection]
    creditors: Mapping[str, Creditor]
    survivorship: Mapping[str, Any]  # a rule, or a group with `rule` and `half_life`, by name
    fingerprint: str
    environment: Mapping[str, str] | None = field(default=None, repr=False, compare=False)
    schedules: Mapping[str, Schedule] = field(default_factory=dict)
    calendars: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # by country; see sync.agreements
    agreements: Mapping[str, Any] = field(default_factory=dict)
    contact: Document | None = field(default=None, repr=False, compare=False)  # see portfolio.contact_rules.policy

    def settings_of(self, connection: str) -> dict[str, Any]:
        """The settings of one connection with its secrets, and of no other."""
        return self.connections[connection].resolved_settings(self.folder, self.environment)


def load(folder: Path, *, environment: Mapping[str, str] | None = None) -> Workspace:
    """The workspace in `folder`; ConfigurationInvalid with file, line and mend when something is wrong.

    Secrets are not looked at here; `environment` is kept for `Workspace.settings_of` (None: the process's own).
    """
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
    countries = {said["country"] for said in (content.get("connections") or {}).values() if "country" in said}
    common = next(iter(countries)) if len(countries) == 1 else None
    connections = {
        name: _connection(document.part("connections", name), folder=folder, creditors=creditors, common=common)
        for name in content.get("connections") or {}
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
        contact=document.part("contact") if content.get("contact") else None,
    )


@cache
def _json_schema() -> Mapping[str, Any]:
    found: dict[str, Any] = json.loads(
        resources.files("concilia").joinpath("schemas/workspace.schema.json").read_text("utf-8")
    )
    return found


def _connection(
    document: Document, *, folder: Path, creditors: Mapping[str, Creditor], common: str | None
) -> Connection:
    content = document.content
    country = content.get("country", common)
    if country is None:
        mend = "Add country: CL, or that of this system; it may be left out where all connections share one."
        raise document.error('the setting "country" is missing.', mend=mend)
    settings = content.get("settings") or {}
    _refuse_plain_secrets(document, settings, ("settings",))
    streams = tuple(
        _stream(document.part("streams", name), name=name, folder=folder) for name in content.get("streams") or {}
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


def _stream(document: Document, *, name: str, folder: Path) -> Stream:
    content = document.content or {}
    options = {key: value for key, value in content.items() if key not in _STREAM_KEYS}
    _refuse_misspelled(document, options)
    _refuse_plain_secrets(document, options, ())
    for place, text in _texts(options, ()):
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
        map=_map(document, folder) if "map" in content else None,
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


def _map(document: Document, folder: Path) -> Document:
    named = document.content["map"]
    if not isinstance(named, str):
        return document.part("map")
    path = folder / named
    if not path.resolve().is_relative_to(folder.resolve()):
        raise document.error(f"{named} is outside the workspace.", at=("map",), mend="Move it into the folder.")
    if not path.is_file():
        files = sorted(found.relative_to(folder).as_posix() for found in folder.rglob("*.y*ml"))
        mend = did_you_mean(named, files) or "Create it, or correct its name."
        raise document.error(f"there is no file {named} in the workspace.", at=("map",), mend=mend)
    return read_document(path, shown_as=named)


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


def _refuse_plain_secrets(document: Document, settings: Mapping[str, Any], within: Place) -> None:
    for place, text in _texts(settings, within):
        named = next((str(step) for step in reversed(place) if isinstance(step, str)), "")
        if vault.is_reference(text):
            continue
        if "${env:" in text or "${file:" in text:
            mend = "Let the whole value be one reference."
            raise document.error("a reference to a secret cannot be a part of a text.", at=place, mend=mend)
        if _SECRET_NAME.search(named.casefold().replace("-", "_")) or _PASSWORD_IN_ADDRESS.search(text):
            variable = f"{document.root[1]}_{named}".upper().replace("-", "_")
            mend = f"Write ${{env:{variable}}} or ${{file:PATH}}, and keep the value there."
            raise document.error("a secret may not stand in this file.", at=place, mend=mend)


def _texts(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    match value:
        case str():
            if value:
                yield place, value
        case dict():
            for key, inner in value.items():
                yield from _texts(inner, (*place, key))
        case list():
            for index, inner in enumerate(value):
                yield from _texts(inner, (*place, index))
        case _:
            if place and isinstance(value, int) and not isinstance(value, bool):
                yield place, str(value)  # a PIN is a secret too


def _fingerprint(*content: Any) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
