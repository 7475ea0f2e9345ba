"""Any Singer tap as a connector: `connect` is its entry point, `describe` what it says of itself."""

from __future__ import annotations

from connectors.contract import Capabilities, ConnectionSettings, Connector
from connectors.description import ZONE, Description, schema_of
from connectors.given import Given
from connectors.singer.client import TapClient
from connectors.singer.connector import SingerConnector
from connectors.singer.members import PROGRAM, TAP
from connectors.singer.settings import READING, tap_of

__all__ = ["connect", "describe"]


def connect(configured: ConnectionSettings) -> Connector:
    """A connector over the configured tap; ConfigurationInvalid when a setting is wrong. Starts nothing."""
    Given(configured).only(READING)
    return SingerConnector(configured.name, streams=configured.streams, tap=TapClient(tap_of(configured)))


def describe() -> Description:
    """The connector as it is shown to who chooses one."""
    return Description(
        title="Singer tap",
        settings_schema=schema_of(PROGRAM, TAP, ZONE),
        capabilities=Capabilities(streams=("as the tap discovers",), incremental="content"),
        tested_against=("tap-rest-api-msdk 1.4.2", "taps of our own that break the protocol in 100 ways"),
        note="Which streams there are, and which are read incrementally, is the tap's own. Deletes are not seen.",
    )
