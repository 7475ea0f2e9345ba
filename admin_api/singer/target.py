"""`target-concilia`: payments, agreements and interactions of any tap, told to the hub once however often they come."""

from __future__ import annotations

import sys
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from singer_sdk import Target
from singer_sdk import typing as th
from singer_sdk.helpers.capabilities import PluginCapabilities
from singer_sdk.sinks import Sink

from admin_api.singer.bodies import ENTITIES, Entity
from admin_api.singer.endings import ended
from admin_api.singer.hub_client import HubClient
from admin_api.singer.messages import CheckedReader
from admin_api.singer.rejects import Rejects
from admin_api.singer.sinks import ManySink, OneByOneSink
from concilia.errors import ConfigurationInvalid, RunMustStop


class ConciliaTarget(Target):
    """A running hub as a Singer target.

    A STATE is echoed when everything before it was taken, or refused by name and kept.
    """

    name = "target-concilia"
    package_name = "concilia"
    message_reader_class = CheckedReader
    capabilities: ClassVar[list[Any]] = [
        PluginCapabilities.ABOUT,
        PluginCapabilities.STREAM_MAPS,
        PluginCapabilities.STRUCTURED_LOGGING,
    ]
    config_jsonschema: ClassVar[dict[str, Any]] = th.PropertiesList(
        th.Property("url", th.StringType, required=True, description="The hub, such as http://127.0.0.1:8765."),
        th.Property("api_key", th.StringType, required=True, secret=True, description="From `concilia keys create`."),
        th.Property("ca_file", th.StringType, description="A PEM file of the authority of the hub's certificate."),
        th.Property(
            "entities",
            th.ObjectType(additional_properties=th.StringType(allowed_values=list(ENTITIES))),
            description="What a stream holds, where its name does not say it: {'public-abonos': 'payments'}.",
        ),
        th.Property("connection", th.StringType, description="The connection of debts named by debt_external_id."),
        th.Property(
            "rejects_path",
            th.StringType,
            default="target-concilia-rejects.jsonl",
            description="Where refused records go, with the reason.",
        ),
        th.Property("fail_on_rejects", th.BooleanType, default=False, description="End with 5 when any was refused."),
    ).to_dict()

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.max_parallelism = 1  # in the order in which they came

    @cached_property
    def hub(self) -> HubClient:
        """The hub that is told."""
        return HubClient(self.config)

    @cached_property
    def rejects(self) -> Rejects:
        """What was refused."""
        return Rejects(Path(self.config["rejects_path"]))

    def entity_of(self, stream: str) -> Entity:
        """What the stream holds: as configured, or as the last word of its name says."""
        named = self.config.get("entities", {}).get(stream) or stream.replace(".", "-").rpartition("-")[2].lower()
        found = ENTITIES.get(named) or ENTITIES.get(f"{named}s")
        if found is None:
            raise ConfigurationInvalid(
                f"The stream {stream} is none the hub can take.",
                mend=f"Say in `entities` what it holds ({', '.join(ENTITIES)}), or do not select it.",
            )
        return found

    def get_sink_class(self, stream_name: str) -> type[Sink]:
        """How the stream is told; one that the hub cannot take is refused before its first record."""
        return ManySink if self.entity_of(stream_name).many else OneByOneSink

    def _process_state_message(self, message_dict: dict[str, Any]) -> None:
        """Tell what still waits; then everything before is told, and the STATE may be echoed."""
        super()._process_state_message(message_dict)
        self.drain_all()

    def process_endofpipe(self) -> None:
        """Say what became of everything."""
        super().process_endofpipe()
        self.logger.info(self.rejects.summary())
        if self.config["fail_on_rejects"] and self.rejects.refused:
            raise RunMustStop(f"Records were refused: {self.rejects.summary()}.")


def main() -> int:
    """Run the target's command line; its exit code."""
    return ended(ConciliaTarget.cli)


if __name__ == "__main__":
    sys.exit(main())
