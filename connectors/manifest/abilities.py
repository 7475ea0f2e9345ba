"""What a described system can do with given settings, and how it describes itself before there are any. No calls."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from connectors.contract import Capabilities, Operation, Rung
from connectors.description import DECIMAL, ZONE, Description, flag, schema_of, secret, text
from connectors.manifest.document import Manifest, StreamSpec

# Paging in which what is deleted between two pages makes no record be skipped.
_STEADY: Final = ("NoPagination", "Keyset")


def capabilities(manifest: Manifest, config: Mapping[str, Any]) -> Capabilities:
    """What the manifest says, with these settings."""
    specs = manifest.offered(config)
    writes = manifest.written(config)
    updates: Mapping[str, Any] = writes.get(Operation.UPDATE_CONTACT, {}).get("streams", {})
    names = tuple(spec.name for spec in specs)
    return Capabilities(
        streams=names,
        incremental="timestamp" if any(spec.cursor for spec in specs) else "none",
        writes={operation: _rung(operation, said) for operation, said in writes.items()},
        lists_keys=tuple(spec.name for spec in specs if lists_keys(manifest, spec)),
        updates={name: tuple(one["columns"]) for name, one in updates.items() if name in names},
        late=timedelta(seconds=int(config["late_seconds"])),
        overlap=timedelta(seconds=int(config["overlap_seconds"])),
    )


def lists_keys(manifest: Manifest, spec: StreamSpec) -> bool:
    """Whether a listing of a stream's keys is proof of what is gone."""
    said: bool | None = spec.said.get("lists_keys")
    if said is not None:
        return said
    paging = (spec.said.get("paginator") or {}).get("type", "NoPagination")
    stepping = (spec.said.get("incremental_sync") or {}).get("paginate_by") == "cursor"
    return spec.parent is None and (stepping or (paging in _STEADY and manifest.kind != "odata"))


def described(manifest: Manifest, *, tested_against: tuple[str, ...], note: str = "") -> Description:
    """The system as it is shown to who chooses one: its settings, and what it can do when all of them are given."""
    defaults = {name: said["default"] for name, said in manifest.spec.items() if "default" in said}
    everything = {**dict.fromkeys(manifest.spec, "given"), **defaults}
    return Description(
        title=manifest.title,
        settings_schema=settings_schema(manifest),
        capabilities=capabilities(manifest, everything),
        tested_against=tested_against,
        note=note,
    )


def settings_schema(manifest: Manifest) -> dict[str, Any]:
    """The settings as a JSON Schema; secrets are `writeOnly`."""
    required = tuple(name for name, said in manifest.spec.items() if said.get("required"))
    return schema_of(ZONE, DECIMAL, {n: _member(s) for n, s in manifest.spec.items()}, required=required)


def _rung(operation: Operation, said: Mapping[str, Any]) -> Rung:
    if operation is not Operation.UPDATE_CONTACT:
        return Rung(said["rung"])
    versioned = all("version" in one for one in said["streams"].values())
    return Rung.PRECONDITION if versioned else Rung.READ_COMPARE


def _member(said: Mapping[str, Any]) -> dict[str, Any]:
    about = str(said.get("description", ""))
    more = {name: said[name] for name in ("default", "enum", "minimum", "maximum") if name in said}
    match said.get("type", "text"):
        case "integer":
            return {"type": "integer", "description": about, **more}
        case "boolean":
            return flag(about, default=bool(said.get("default")))
        case "address":
            return text(about, format="uri", **more)
        case _:
            return secret(about) if said.get("secret") else text(about, **more)
