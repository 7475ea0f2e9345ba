"""Folders of CSV files and Excel workbooks as a connector: `connect` is its entry point."""

from __future__ import annotations

from connectors.contract import ConnectionSettings, Connector
from connectors.files.connector import FilesConnector
from connectors.files.description import describe

__all__ = ["connect", "describe"]


def connect(configured: ConnectionSettings) -> Connector:
    """A connector over the configured folder; ConfigurationInvalid when a setting is wrong. Opens no file."""
    return FilesConnector(configured)
