"""ERPNext as a connector, described by `manifest.yaml`: `connect` is its entry point. What it does is in README.md."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from connectors.contract import ConnectionSettings, Connector, StreamRequest
from connectors.description import Description
from connectors.manifest import connect_shipped, described, shipped_manifest, streams_of

__all__ = ["connect", "default_streams", "describe"]

_HOME: Final = Path(__file__).parent


def connect(configured: ConnectionSettings) -> Connector:
    """A connector over the configured account; ConfigurationInvalid when a setting is wrong. No network yet."""
    return connect_shipped(_HOME, configured)


def default_streams(settings: Mapping[str, Any]) -> tuple[StreamRequest, ...]:
    """The streams that are read when a connection names none."""
    return streams_of(shipped_manifest(_HOME), settings)


def describe() -> Description:
    """What it is, and what it was tested against."""
    return described(
        shipped_manifest(_HOME),
        tested_against=("a small server written from Frappe's documentation",),
        note="Agreements are comments. Of contact data only the customer's name is written.",
    )
