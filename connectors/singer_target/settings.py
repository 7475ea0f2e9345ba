"""The settings of a Singer target, and of the tap that may belong to it, checked once. Starts nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from concilia.documents import did_you_mean
from concilia.errors import ConfigurationInvalid
from connectors.contract import ConnectionSettings, Operation, StreamRequest
from connectors.given import Given
from connectors.singer.client import TapClient
from connectors.singer.connector import Offer, SingerConnector
from connectors.singer.reading import kinds_of
from connectors.singer.settings import PROGRAM, READING, program_of, tap_of
from connectors.singer.shapes import Shape
from connectors.singer.writing import Writer

TAKES: Final[Mapping[str, Operation]] = {
    "payments": Operation.REGISTER_PAYMENT,
    "reversals": Operation.REGISTER_REVERSAL,
    "agreements": Operation.RECORD_AGREEMENT,
    "contacts": Operation.UPDATE_CONTACT,
}
_USUAL: Final = ("payments", "reversals", "agreements")
KNOWN: Final = PROGRAM | {"takes", "stream_names", "upserts", "repeats", "amounts", "updates", "tap"}


def connector_of(configured: ConnectionSettings) -> SingerConnector:
    """The connector that these settings describe."""
    given = Given(configured).only(KNOWN)
    tap = _tap(configured)
    takes = _words(configured, "takes", default=_USUAL)
    updates = _updates(configured) if "contacts" in takes else {}
    upserts, repeats = _flag(configured, "upserts"), _flag(configured, "repeats")
    shape = Shape(
        streams=_names(configured),
        amounts_as_numbers=given.choice("amounts", ("text", "number"), default="text") == "number",
        keys={
            stream.name: (stream.key[0], kinds_of(stream).get(stream.key[0], "text"))
            for stream in configured.streams
            if len(stream.key) == 1
        },
    )
    writer = Writer(program_of(configured, what="target"), shape, upserts, system=configured.name, repeats=repeats)
    offer = Offer(tuple(TAKES[name] for name in takes), updates)
    return SingerConnector(configured.name, streams=configured.streams, tap=tap, target=writer, offer=offer)


def _tap(configured: ConnectionSettings) -> TapClient | None:
    said = configured.settings.get("tap")
    if said is None:
        return None
    if not isinstance(said, Mapping):
        raise ConfigurationInvalid(
            f"The setting `tap` of {configured.name} is no group.", mend="Write it as the settings of a singer_tap."
        )
    common = {name: configured.settings[name] for name in ("time_zone",) if name in configured.settings}
    part = replace(configured, settings={**common, **said})
    Given(part).only(READING)
    return TapClient(tap_of(part))


def _words(configured: ConnectionSettings, name: str, *, default: tuple[str, ...]) -> tuple[str, ...]:
    said = configured.settings.get(name, list(default))
    words = tuple(said) if isinstance(said, list | tuple) else (said,)
    for word in words:
        if word not in TAKES:
            mend = did_you_mean(str(word), TAKES) or f"Use some of: {', '.join(TAKES)}."
            raise ConfigurationInvalid(f"The setting `{name}` of {configured.name} knows no {word!r}.", mend=mend)
    return words


def _flag(configured: ConnectionSettings, name: str) -> bool:
    value = configured.settings.get(name, False)
    if not isinstance(value, bool):
        raise ConfigurationInvalid(f"The setting `{name}` of {configured.name} is true or false.")
    return value


def _names(configured: ConnectionSettings) -> dict[Operation, str]:
    said: Any = configured.settings.get("stream_names") or {}
    if (
        not isinstance(said, Mapping)
        or not set(said) <= set(TAKES)
        or not all(isinstance(n, str) for n in said.values())
    ):
        raise ConfigurationInvalid(
            f"The setting `stream_names` of {configured.name} cannot be used.",
            mend="Write it as stream_names: {payments: hub_payments}.",
        )
    return {operation: str(said.get(name, name)) for name, operation in TAKES.items()}


def _updates(configured: ConnectionSettings) -> dict[str, tuple[str, ...]]:
    """The columns that may be changed; only of streams that are read, for a change is made to what was read."""
    said = configured.settings.get("updates") or {}
    streams: Mapping[str, StreamRequest] = {stream.name: stream for stream in configured.streams}
    if not isinstance(said, Mapping) or not said:
        raise ConfigurationInvalid(
            f"Connection {configured.name} takes contacts and does not say which columns.",
            mend="Add updates: {contacts: [phone, email]}, or leave contacts out of `takes`.",
        )
    for name, columns in said.items():
        if name not in streams or len(streams[name].key) != 1 or not isinstance(columns, list):
            raise ConfigurationInvalid(
                f"The setting `updates` of {configured.name} names {str(name)!r}, which cannot be changed.",
                mend="Name streams of this connection that have a key of one column, each with a list of columns.",
            )
    return {str(name): tuple(str(column) for column in columns) for name, columns in said.items()}
