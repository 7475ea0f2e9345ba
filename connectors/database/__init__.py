"""PostgreSQL, MySQL, MariaDB, SQL Server and SQLite as sources: `connect` is the entry point of the connector."""

from __future__ import annotations

from connectors.contract import ConnectionSettings, Connector
from connectors.database.connector import DatabaseConnector
from connectors.database.description import describe

__all__ = ["connect", "describe"]


def connect(configured: ConnectionSettings) -> Connector:
    """A read-only connector for the configured database; ConfigurationInvalid when a setting is wrong. No network."""
    return DatabaseConnector(configured)
