"""The target's sinks: a record becomes what the hub is told, a refusal is kept, and the run goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol, cast

from singer_sdk.sinks import BatchSink, RecordSink, Sink

from admin_api.singer.bodies import Entity, idempotency_key, refuse_deleted
from admin_api.singer.hub_client import HubClient, Refusal
from admin_api.singer.rejects import Rejects
from concilia.errors import RecordRejected

MOST_AT_ONCE: Final = 500
LARGEST_CALL: Final = 512 * 1024  # bytes; the hub takes twice as much

Told = tuple[dict[str, Any], dict[str, Any]]  # the record, and what is told of it


class Teller(Protocol):
    """What a sink needs of the target."""

    hub: HubClient
    rejects: Rejects

    def entity_of(self, stream: str) -> Entity:
        """What the stream holds."""
        ...


class AsItCame(Sink):
    """Leaves records as they came: what does not fit its schema is refused by the hub, and ends no run."""

    @property
    def teller(self) -> Teller:
        """The target."""
        return self._teller

    def __init__(self, target: Any, **given: Any) -> None:
        super().__init__(target=target, **given)
        self._teller = cast("Teller", target)
        self._entity = self._teller.entity_of(self.stream_name)

    def made(self, record: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | Refusal:
        """The record's own key and what is told of it, or why nothing can be."""
        try:
            refuse_deleted(record)
            body = self._entity.body(record, str(self.config.get("connection") or ""))
            return idempotency_key(self.stream_name, record, key_properties=self.key_properties, body=body), body
        except RecordRejected as fault:
            return Refusal(fault.code, fault.message, fault.mend)

    def note(self, record: Mapping[str, Any], refusal: Refusal | None) -> None:
        """Count it, and keep it when it was refused."""
        if refusal is None:
            self.teller.rejects.taken[self.stream_name] += 1
        else:
            self.teller.rejects.add(self.stream_name, record, refusal)

    def _validate_and_parse(self, record: dict[str, Any]) -> dict[str, Any]:
        """The record as it came."""
        return record

    def _remove_sdc_metadata_from_record(self, record: dict[str, Any]) -> None:
        """Nothing: whether it was deleted at its source has to be seen."""

    def _singer_validate_message(self, record: dict[str, Any]) -> None:
        """Nothing: a record without its key is refused like any other that cannot be taken."""


class OneByOneSink(AsItCame, RecordSink):
    """Tells one record after the other under a key of its own: a repeated run tells the same, and writes nothing."""

    def process_record(self, record: dict[str, Any], context: dict[str, Any]) -> None:  # noqa: ARG002
        """Tell it now."""
        made = self.made(record)
        if isinstance(made, Refusal):
            self.note(record, made)
            return
        key, body = made
        self.note(record, self.teller.hub.tell(self._entity.path, body, key=key))


class ManySink(AsItCame, BatchSink):
    """Tells many records in one call, each known by a reference of its own."""

    max_size = MOST_AT_ONCE

    def process_batch(self, context: dict[str, Any]) -> None:
        """Tell what has come, in calls as large as the hub takes."""
        told: list[Told] = []
        for record in context["records"]:
            made = self.made(record)
            if isinstance(made, Refusal):
                self.note(record, made)
            else:
                key, body = made
                told.append((record, {"external_ref": key, **body}))
        for part in _parts(told):
            refusals = self.teller.hub.tell_many(self._entity.path, [body for _, body in part])
            for (record, _), refusal in zip(part, refusals, strict=True):
                self.note(record, refusal)


def _parts(told: Sequence[Told]) -> list[list[Told]]:
    """The same in calls of bounded size; what is too large alone is refused alone."""
    parts: list[list[Told]] = []
    size = LARGEST_CALL + 1
    for one in told:
        length = len(json.dumps(one[1], default=str))
        if size + length > LARGEST_CALL:
            parts.append([])
            size = 0
        parts[-1].append(one)
        size += length
    return parts
