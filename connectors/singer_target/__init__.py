"""Any Singer target as a connector: `connect` is its entry point, `describe` what it says of itself."""

from __future__ import annotations

from connectors.contract import Capabilities, ConnectionSettings, Connector, Operation, Rung
from connectors.description import ZONE, Description, schema_of
from connectors.singer.members import PROGRAM, TARGET
from connectors.singer_target.settings import connector_of

__all__ = ["connect", "describe"]


def connect(configured: ConnectionSettings) -> Connector:
    """A connector over the configured target; ConfigurationInvalid when a setting is wrong. Starts nothing."""
    return connector_of(configured)


def describe() -> Description:
    """The connector as it is shown to who chooses one."""
    return Description(
        title="Singer target",
        settings_schema=schema_of(PROGRAM, TARGET, ZONE),
        capabilities=Capabilities(writes=dict.fromkeys(Operation, Rung.UPSERT)),
        tested_against=("target-jsonl 0.1.4", "meltanolabs-target-postgres 0.8.1"),
        note="The rung is the user's word: upsert with `upserts: true`; otherwise a lost answer waits for a person.",
    )
