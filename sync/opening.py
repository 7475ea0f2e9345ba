"""Open the connector of a connection as the hub runs it: through its budget, with its tokens. Calls nothing."""

from __future__ import annotations

from concilia.budget import Lane
from connectors.contract import Connector
from sync.budgets import gate_of
from sync.hub import Hub
from sync.streams import open_connector
from sync.tokens import tokens_of


def opened(hub: Hub, name: str, *, lane: Lane) -> Connector:
    """The connector of one connection; ConfigurationInvalid when a setting is wrong."""
    return open_connector(
        hub.workspace, name, clock=hub.clock, gate=gate_of(hub, name, lane=lane), tokens=tokens_of(hub)
    )
