"""One account at a described system: its client, its settings, and the parts that reading and writing are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from concilia.budget import Allowance
from concilia.clock import Clock, fixed_clock, system_clock
from concilia.documents import did_you_mean
from concilia.errors import ConfigurationInvalid
from concilia.records import Record
from connectors.auth import Auth, Several
from connectors.contract import ConnectionSettings, StreamSchema
from connectors.given import Given
from connectors.manifest.authentication import Signing
from connectors.manifest.calls import Calls, Operated
from connectors.manifest.document import Manifest, StreamSpec
from connectors.manifest.faults import ErrorHandler
from connectors.manifest.moments import ISO, Moments, span
from connectors.manifest.reading import Reading
from connectors.manifest.records import Shaping
from connectors.manifest.settings import config_of
from connectors.manifest.templates import as_text, filled
from connectors.manifest.walking import OdataRows, RestRows, Rows
from connectors.odata import CsrfToken, OdataClient, csrf_judge
from connectors.rest import Judge, Patience, RestClient
from connectors.throttle import PacedGate, Throttle

_ODATA_WORDS: Final = {2: ["error", "message", "value"], 4: ["error", "message"]}


@dataclass(slots=True)
class Account:
    """Its streams by name; `calls` is the way to it."""

    manifest: Manifest
    calls: Calls
    specs: Mapping[str, StreamSpec]
    now: Clock = system_clock
    _service: list[OdataClient] = field(default_factory=list)  # an OData service, once its metadata was asked

    def spec(self, stream: str) -> StreamSpec:
        """A stream; ConfigurationInvalid when there is none of that name."""
        found = self.specs.get(stream)
        if found is None:
            mend = did_you_mean(stream, self.specs) or f"Use one of: {', '.join(self.specs)}."
            raise ConfigurationInvalid(f"{self.calls.system} has no stream {stream!r}.", mend=mend)
        return found

    def reading(self, stream: str) -> Reading:
        """How a stream is read."""
        spec = self.spec(stream)
        moments = self._moments(spec)
        return Reading(
            spec=spec,
            rows=self._rows(spec, moments),
            shaping=self._shaping(spec, moments),
            overlap=self._overlap(spec),
            scope=self.calls.scope(),
            now=self.now(),
            detail=partial(self._whole, spec) if "detail" in spec.said else None,
            parent=self.reading(spec.parent) if spec.parent else None,
        )

    def one(self, stream: str, key: str) -> Mapping[str, Any] | None:
        """The record of that key in the shape of its stream, None when it is not there."""
        spec = self.spec(stream)
        item = self._found(spec, key)
        if not isinstance(item, Mapping):
            return None
        shaped = self._shaping(spec, self._moments(spec)).record(item, position=stream)
        if not isinstance(shaped, Record) or shaped.key != (key,):
            return None
        return {**shaped.fields, **({"$etag": item["$etag"]} if "$etag" in item else {})}

    def schema(self, spec: StreamSpec) -> StreamSchema:
        """The stream's columns: an OData service says them itself."""
        if self.manifest.kind != "odata" or spec.columns:
            return spec.schema
        found = self._client().sets.get(self._path(spec).strip("/"))
        return spec.schema if found is None else replace(found.schema(cursor=spec.cursor), name=spec.name, key=spec.key)

    def _found(self, spec: StreamSpec, key: str) -> Any:
        if "by_key" in spec.said:
            found = self.calls.found(spec.said["by_key"], self.calls.scope(key={"value": key, spec.key[0]: key}))
            return found[0] if isinstance(found, list) and found else found
        if self.manifest.kind == "odata" and len(spec.key) == 1:
            entity = self._client().one(self._path(spec), key)
            return None if entity is None else {**entity.fields, "$etag": entity.etag}
        return None

    def _whole(self, spec: StreamSpec, row: Mapping[str, Any]) -> Any:
        return self.calls.found(spec.said["detail"], self.calls.scope(record=row))

    def _rows(self, spec: StreamSpec, moments: Moments) -> Rows:
        if self.manifest.kind == "odata":
            return OdataRows(self._client(), self.calls, spec)
        return RestRows(self.calls, spec, moments)

    def _client(self) -> OdataClient:
        if not self._service:
            bare = OdataClient(
                self.calls.rest,
                self.calls.system,
                version=self.manifest.odata_version,
                page_size=int(self.calls.config["page_size"]),
            )
            self._service.append(replace(bare, sets=bare.metadata()))
        return self._service[0]

    def _path(self, spec: StreamSpec) -> str:
        return as_text(filled([spec.said["path"]], self.calls.scope())[0])

    def _shaping(self, spec: StreamSpec, moments: Moments) -> Shaping:
        return Shaping(spec, moments, moments.zone)

    def _moments(self, spec: StreamSpec) -> Moments:
        said = spec.said.get("incremental_sync") or {}
        writes = said.get("datetime_format", ISO)
        return Moments(
            writes, tuple(said.get("cursor_datetime_formats") or (writes,)), self._zone(said.get("time_zone"))
        )

    def _zone(self, said: Any) -> ZoneInfo:
        named = filled([said], self.calls.scope()) if said is not None else [self.calls.config.get("time_zone")]
        name = as_text(named[0]) if named and named[0] else "UTC"
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as fault:
            raise ConfigurationInvalid(f"{name!r} is no known time zone.", mend="Use America/Santiago.") from fault

    def _overlap(self, spec: StreamSpec) -> timedelta:
        """How far back is read; further where moments have no zone and nobody said theirs."""
        said = spec.said.get("incremental_sync") or {}
        margin = timedelta()
        if "zone_margin" in said and "time_zone" not in self.calls.config:
            margin = self._span(said["zone_margin"])
        if "lookback_window" in said:
            return self._span(said["lookback_window"]) + margin
        return timedelta(seconds=int(self.calls.config["overlap_seconds"])) + margin

    def _span(self, said: Any) -> timedelta:
        try:
            return span(as_text(filled([said], self.calls.scope())[0]))
        except ValueError as fault:
            raise ConfigurationInvalid(str(fault)) from fault


def open_account(manifest: Manifest, configured: ConnectionSettings, *, patience: Patience | None = None) -> Account:
    """The account that a connection names; ConfigurationInvalid when a setting is wrong. No call yet."""
    config = config_of(configured, manifest)
    url = as_text(filled([manifest.requester["url_base"]], {"config": config})[0])
    handler = _handler(manifest, configured)
    own = patience or _patience(manifest, configured, config)
    verify = Given(configured).verify()
    rest = RestClient(url, system=configured.name, patience=own, verify=verify)
    judge: Judge = handler
    signing = Signing(configured, config, rest.using(judge=judge), own, verify)
    auth: Auth = signing.auth(manifest.requester.get("authenticator"))
    if "csrf_path" in manifest.requester:
        judge = csrf_judge(judge, system=configured.name)
        auth = Several((auth, CsrfToken(rest.using(auth=auth, judge=handler), path=manifest.requester["csrf_path"])))
    calls = Calls(
        rest=rest.using(auth=auth, judge=judge),
        system=configured.name,
        config=config,
        handler=handler,
        headers=manifest.requester.get("request_headers") or {},
        parameters=manifest.requester.get("request_parameters") or {},
        operations=_operations(manifest, rest.using(auth=auth), handler, signing) if manifest.kind == "soap" else None,
    )
    now = fixed_clock(configured.now) if configured.now else system_clock
    return Account(manifest, calls, {spec.name: spec for spec in manifest.offered(config)}, now)


def _operations(manifest: Manifest, rest: RestClient, handler: ErrorHandler, signing: Signing) -> Operated:
    from connectors.manifest.operations import open_operations  # heavy: only where SOAP is spoken

    security = signing.ws_security(manifest.requester.get("authenticator"))
    return open_operations(rest, manifest.requester["soap"], folder=manifest.folder, handler=handler, security=security)


def _handler(manifest: Manifest, configured: ConnectionSettings) -> ErrorHandler:
    said = manifest.requester.get("error_handler") or {}
    words = {"odata": _ODATA_WORDS[manifest.odata_version], "soap": ["fault", "message"]}.get(manifest.kind)
    said = {"error_path": words, **said} if words else said
    return ErrorHandler(configured.name, said, configured.gate)


def _patience(manifest: Manifest, configured: ConnectionSettings, config: Mapping[str, Any]) -> Patience:
    said = manifest.requester
    limits = said.get("throttle") or {}
    gate = configured.gate
    if manifest.budget:
        rate = float(manifest.budget["calls_per_minute"])
        burst = float(manifest.budget.get("burst", max(1.0, rate / 6)))
        gate = PacedGate(Allowance(rate, burst, 0.0), gate, sleep=configured.sleep)
    return Patience(
        timeout=float(config["timeout_seconds"]),
        tries=int((said.get("error_handler") or {}).get("max_retries", 3)) + 1,
        sleep=configured.sleep,
        gate=gate,
        throttle=Throttle(
            remaining=str(limits.get("remaining", "")).lower(),
            reset=str(limits.get("reset", "")).lower(),
            reset_in=limits.get("reset_in", "seconds"),
        ),
    )
