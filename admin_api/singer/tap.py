"""`tap-concilia`: the hub's golden records, debts, payments, agreements and events for any Singer target."""

from __future__ import annotations

import sys
from typing import Any, ClassVar

from singer_sdk import Stream, Tap
from singer_sdk import typing as th

from admin_api.singer.endings import ended
from admin_api.singer.hub_client import HubClient
from admin_api.singer.schemas import RECORDS
from admin_api.singer.streams import EventStream, FeedStream


class ConciliaTap(Tap):
    """A running hub as a Singer tap."""

    name = "tap-concilia"
    package_name = "concilia"
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("url", th.StringType, required=True, description="The hub, such as http://127.0.0.1:8765."),
        th.Property("api_key", th.StringType, required=True, secret=True, description="From `concilia keys create`."),
        th.Property("ca_file", th.StringType, description="A PEM file of the authority of the hub's certificate."),
        th.Property(
            "page_size", th.IntegerType(minimum=1, maximum=500), default=500, description="Records in one call."
        ),
    ).to_dict()
    _opened: HubClient | None = None

    def discover_streams(self) -> list[Stream]:
        """The hub's feeds. Nothing is called: what they hold is the same for every hub of this version."""
        streams = [FeedStream(self, hub=self._hub, name=name, schema=schema) for name, schema in RECORDS.items()]
        return [*streams, EventStream(self, hub=self._hub)]

    def _hub(self) -> HubClient:
        """The hub, once a record is asked for: discovery needs no configuration."""
        if self._opened is None:
            self._opened = HubClient(self.config)
        return self._opened


def main() -> int:
    """Run the tap's command line; its exit code."""
    return ended(ConciliaTap.cli)


if __name__ == "__main__":
    sys.exit(main())
