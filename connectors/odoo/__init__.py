"""Odoo as a connector: `connect` is its entry point, `STREAMS` and `MAPS` its defaults."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from connectors.contract import ConnectionSettings, Connector, StreamRequest
from connectors.odoo.connector import OdooConnector
from connectors.odoo.description import describe
from connectors.odoo.streams import SOURCES

__all__ = ["MAPS", "STREAMS", "connect", "default_streams", "describe"]

STREAMS: tuple[StreamRequest, ...] = tuple(
    StreamRequest(source.schema.name, key=source.schema.key, cursor=source.schema.cursor) for source in SOURCES.values()
)
MAPS: Path = Path(__file__).parent / "mapping"  # one mapping document per stream, named after it


def default_streams(settings: Mapping[str, Any] | None = None) -> tuple[StreamRequest, ...]:  # noqa: ARG001
    """The streams to read when a connection names none; they are the same whatever its settings."""
    return STREAMS


def connect(configured: ConnectionSettings) -> Connector:
    """A connector over the configured account; ConfigurationInvalid when a setting is wrong. No network yet."""
    return OdooConnector(configured)
