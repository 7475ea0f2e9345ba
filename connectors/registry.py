"""Finds connectors by entry point and name. No vendor is imported before it is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import cast

from concilia.errors import ConfigurationInvalid
from connectors.contract import ConnectionSettings, Connector, Factory

GROUP = "concilia.connectors"


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
