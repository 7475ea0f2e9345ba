"""Salesforce as a connector: `connect` is its entry point, `default_streams` what is read where nothing is said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.contract import ConnectionSettings, Connector, StreamRequest
from connectors.salesforce.description import describe
from connectors.salesforce.streams import SHIPPED

__all__ = ["connect", "default_streams", "describe"]


def connect(configured: ConnectionSettings) -> Connector:
    """A connector for the configured org; ConfigurationInvalid when a setting is wrong. Calls nothing."""
    from connectors.salesforce.connector import SalesforceConnector

    return SalesforceConnector(configured)


def default_streams(_settings: Mapping[str, Any]) -> Sequence[StreamRequest]:
    """Accounts and contacts. Debts and payments are custom objects of each org, so they are declared."""
    return tuple(StreamRequest(name, key=("Id",), cursor="SystemModstamp") for name in SHIPPED)
