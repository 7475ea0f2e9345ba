"""Systems described in YAML as connectors: `connect` is the entry point of `connector: manifest`.

A connector whose system is described by a manifest of its own package uses `connect_shipped`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from concilia.errors import ConfigurationInvalid
from connectors.contract import Capabilities, ConnectionSettings, Connector, StreamRequest
from connectors.description import Description, schema_of, text
from connectors.manifest.abilities import described, settings_schema
from connectors.manifest.account import open_account
from connectors.manifest.connector import Described
from connectors.manifest.document import Manifest, StreamSpec, json_schema, parse_manifest, read_manifest
from connectors.manifest.settings import MANIFEST
from connectors.registry import Shipped

__all__ = [
    "Described",
    "Manifest",
    "connect",
    "connect_shipped",
    "describe",
    "described",
    "json_schema",
    "parse_manifest",
    "read_manifest",
    "settings_schema",
    "shipped",
    "shipped_manifest",
    "streams_of",
]


def connect(configured: ConnectionSettings) -> Connector:
    """A connector over the system that the file in the setting `manifest` describes. No network yet."""
    manifest = _manifest_of(configured.settings, Path(configured.folder))
    return Described(open_account(manifest, configured))


def describe() -> Description:
    """Any system that a manifest describes; its other settings are those of the manifest's `spec`."""
    schema = schema_of({MANIFEST: text("The file that describes the system, in the workspace.")}, required=(MANIFEST,))
    return Description(
        title="A system of your own, described in YAML",
        settings_schema={**schema, "additionalProperties": True},
        capabilities=Capabilities(),
        tested_against=(
            "local servers written from the RFCs", "OData: npm @sap-ux/fe-mockserver-core 1.7", "SOAP: npm soap 1.13",
        ),
        note="REST, OData V2 and V4, SOAP. It reads and writes what the manifest says.",
    )  # fmt: skip


def connect_shipped(folder: Path, configured: ConnectionSettings) -> Connector:
    """A connector over the system that `manifest.yaml` in a connector's own package describes."""
    return Described(open_account(shipped_manifest(folder), configured))


@cache
def shipped_manifest(folder: Path) -> Manifest:
    """The manifest of a connector's own package."""
    return read_manifest(folder / "manifest.yaml", shown_as=f"{folder.name}/manifest.yaml")


def shipped(settings: Mapping[str, Any], folder: Path) -> Shipped:
    """The streams of the manifest that the settings name, and the maps in the folder `maps` beside it."""
    manifest = _manifest_of(settings, folder)
    return Shipped(streams_of(manifest, settings), (manifest.folder / "maps",))


def streams_of(manifest: Manifest, settings: Mapping[str, Any]) -> tuple[StreamRequest, ...]:
    """The streams a connection with these settings has, as they are read when it says nothing of them."""
    return tuple(_request(spec) for spec in manifest.offered(settings))


def _request(spec: StreamSpec) -> StreamRequest:
    return StreamRequest(spec.name, key=spec.key, cursor=spec.cursor)


def _manifest_of(settings: Mapping[str, Any], folder: Path) -> Manifest:
    named = settings.get(MANIFEST)
    if not isinstance(named, str) or not named:
        raise ConfigurationInvalid(
            "The setting `manifest` is missing.", mend="Name the file that describes the system: manifest: acme.yaml."
        )
    path = folder / named
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ConfigurationInvalid(f"{named} is outside the workspace.", mend="Move it into the folder.")
    try:
        stamp = path.stat().st_mtime_ns
    except OSError:
        stamp = 0  # reading it says what is wrong
    return _read_once(path, named, stamp)


@lru_cache(maxsize=32)
def _read_once(path: Path, named: str, _stamp: int) -> Manifest:
    return read_manifest(path, shown_as=named)
