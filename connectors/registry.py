"""Finds connectors by entry point and name. No vendor is imported before it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, cast

from concilia.errors import ConfigurationInvalid
from connectors.contract import ConnectionSettings, Connector, Factory, StreamRequest
from connectors.description import Description

GROUP = "concilia.connectors"
# Where a connector's package keeps its default mappings, unless its `MAPS` says another place.
MAP_FOLDERS = ("maps", "mapping")


def available() -> Mapping[str, EntryPoint]:
    """Installed connectors by name."""
    return {point.name: point for point in entry_points(group=GROUP)}


def connect(connector: str, configured: ConnectionSettings) -> Connector:
    """A connector of that name for one configured connection; ConfigurationInvalid when there is none."""
    point = available().get(connector)
    if point is None:
        names = ", ".join(sorted(available()))
        raise ConfigurationInvalid(
            f"Connection {configured.name} uses the unknown connector {connector!r}.",
            mend=f"Use one of: {names}.",
        )
    factory = cast("Factory", point.load())
    return factory(configured)


def describe(connector: str) -> Description | None:
    """What the connector says of itself; None when it says nothing, or is not installed whole.

    ConfigurationInvalid for a name that no connector has.
    """
    point = available().get(connector)
    if point is None:
        raise ConfigurationInvalid(
            f"There is no connector {connector!r}.", mend=f"There are: {', '.join(sorted(available()))}."
        )
    try:
        package = import_module(point.module)
    except ImportError:
        return None  # a library it needs is not there: `connect` says which
    ask = getattr(package, "describe", None)
    found: Description | None = ask() if ask else None
    return found


def described() -> Mapping[str, Description]:
    """What all connectors say of themselves, by name."""
    found = {name: describe(name) for name in available()}
    return {name: said for name, said in found.items() if said is not None}


@dataclass(frozen=True, slots=True)
class Shipped:
    """What a connection needs not say, because its connector does: the streams to read, and where their maps are."""

    streams: tuple[StreamRequest, ...] = ()
    maps: tuple[Path, ...] = ()

    def map_of(self, stream: str) -> Path | None:
        """The file of the stream's mapping, if one is shipped."""
        files = (folder / f"{stream}.yaml" for folder in self.maps)
        return next((file for file in files if file.is_file()), None)


def shipped(connector: str, settings: Mapping[str, Any], *, folder: Path = Path()) -> Shipped:
    """What the connector ships for a connection with these settings, secrets still references.

    A package says its streams with `default_streams(settings)`, and where its maps are with `MAPS`; otherwise they are
    looked for in its folders `maps` and `mapping`. One whose streams stand in files of the workspace says both with
    `shipped(settings, folder)`.
    """
    package = _package(connector)
    if package is None:
        return Shipped()
    ask = getattr(package, "shipped", None)
    if ask is not None:
        found: Shipped = ask(settings, folder)
        return found
    streams = getattr(package, "default_streams", None)
    return Shipped(tuple(streams(settings)) if streams else (), _maps_of(package))


def default_mapping(connector: str, stream: str) -> str | None:
    """The text of the mapping that a connector's package ships for a stream, None when it ships none."""
    package = _package(connector)
    path = None if package is None else Shipped(maps=_maps_of(package)).map_of(stream)
    return None if path is None else path.read_text("utf-8")


def _maps_of(package: Any) -> tuple[Path, ...]:
    said: Path | None = getattr(package, "MAPS", None)
    home = getattr(package, "__file__", None)
    return (said,) if said else tuple(Path(home).parent / name for name in MAP_FOLDERS) if home else ()


def _package(connector: str) -> Any:
    point = available().get(connector)
    return None if point is None else import_module(point.module)
