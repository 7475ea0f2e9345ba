"""Lines to Singer messages and back. Numbers stay exact; a line that is no message says why. Knows no stream."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple

from connectors.exact_json import Number, dumps
from connectors.programs import CutLine

_LARGEST_EXPONENT: Final = 400  # beyond doubles: writing such a number out fills memory
_UNSTORABLE: Final = re.compile("[\0\ud800-\udfff]")
_SUSPECT: Final = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")


@dataclass(frozen=True, slots=True)
class Schema:
    """What the records of a stream look like from here on."""

    stream: str
    schema: Mapping[str, Any]
    key: tuple[str, ...]
    cursor: str | None = None


class RecordMessage(NamedTuple):
    """One record of a stream; a tuple, as there are very many."""

    stream: str
    record: dict[str, Any]


@dataclass(frozen=True, slots=True)
class State:
    """Everything before is done; handed back, the program goes on behind it."""

    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Other:
    """A message that changes nothing here: ACTIVATE_VERSION, or one of a kind that came later."""

    kind: str


@dataclass(frozen=True, slots=True)
class Broken:
    """A line that is no message, and why; with its stream and record where those can be told."""

    reason: str
    stream: str = ""
    record: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Batch:
    """Records that are in files instead of in the pipe. They cannot be skipped, so this ends a run."""

    stream: str


Message = Schema | RecordMessage | State | Other | Batch | Broken


def read(line: bytes) -> Message:
    """The message on a line; Broken for anything else, never an error."""
    if isinstance(line, CutLine):
        return Broken(f"The line is longer than {len(line):,} bytes.")
    try:
        found = _load(line.decode("utf-8"))
    except UnicodeDecodeError as fault:
        return Broken(f"The line is not UTF-8: byte 0x{line[fault.start]:02X} has no meaning there.")
    except (ValueError, ArithmeticError, RecursionError):
        return Broken("The line is no JSON.")
    if not isinstance(found, dict) or not isinstance(found.get("type"), str):
        return Broken("The line is no Singer message.")
    reader = _READERS.get(found["type"])
    return Other(found["type"][:100]) if reader is None else reader(found, line)


def _record(found: Mapping[str, Any], line: bytes) -> Message:
    stream, record = found.get("stream"), found.get("record")
    if not isinstance(stream, str) or not isinstance(record, dict):
        return Broken("The RECORD lacks its stream or its record.", stream if isinstance(stream, str) else "")
    if _SUSPECT.search(line) and _unstorable(record):
        return Broken("A text holds a NUL or half a character.", stream, record)
    return RecordMessage(stream, record)


def _state(found: Mapping[str, Any], line: bytes) -> Message:
    value = found.get("value")
    if not isinstance(value, dict) or (_SUSPECT.search(line) and _unstorable(value)):
        return Broken("The STATE has no value that can be kept.")
    return State(value)


def _batch(found: Mapping[str, Any], _line: bytes) -> Message:
    return Batch(str(found.get("stream")))


def state_text(state: Mapping[str, Any]) -> str:
    """A state as it is kept, exact and in one form."""
    return dumps(_written_out(state)).decode()


def line_of(message: Mapping[str, Any]) -> bytes:
    """A message as a line; amounts are text unless they are an exact_json.Number."""
    return dumps(message) + b"\n"


def _schema(found: Mapping[str, Any], _line: bytes) -> Message:
    stream = found.get("stream")
    if not isinstance(stream, str):
        return Broken("The SCHEMA lacks its stream.")
    schema, key, cursors = found.get("schema"), found.get("key_properties"), found.get("bookmark_properties")
    if not isinstance(schema, dict) or not isinstance(schema.get("properties", {}), dict):
        return Broken("The SCHEMA has no `properties`.", stream)
    key = [] if key is None else [key] if isinstance(key, str) else key
    cursors = [cursors] if isinstance(cursors, str) else cursors if isinstance(cursors, list) else []
    if not isinstance(key, list) or not all(isinstance(name, str) for name in key):
        return Broken("The SCHEMA's `key_properties` are no list of names.", stream)
    return Schema(stream, schema, tuple(key), next((name for name in cursors if isinstance(name, str)), None))


def _unstorable(value: Any) -> bool:
    match value:
        case str():
            return _UNSTORABLE.search(value) is not None
        case dict():
            return any(_unstorable(name) or _unstorable(each) for name, each in value.items())
        case list():
            return any(_unstorable(each) for each in value)
        case _:
            return False


def _exact(text: str) -> Decimal:
    number = Decimal(text)
    if ("e" in text or "E" in text) and abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise ValueError("a number out of range")
    return number


def _no_constant(text: str) -> Any:
    raise ValueError(f"{text} is no number")


def _written_out(value: Any) -> Any:
    """The same with its decimals as JSON numbers, digit by digit as they came."""
    match value:
        case Decimal():
            return Number(value)
        case dict():
            return {name: _written_out(each) for name, each in value.items()}
        case list():
            return [_written_out(each) for each in value]
        case _:
            return value


_READERS: Final[Mapping[str, Callable[[Mapping[str, Any], bytes], Message]]] = {
    "RECORD": _record,
    "STATE": _state,
    "SCHEMA": _schema,
    "BATCH": _batch,
}
_DECODER: Final = json.JSONDecoder(parse_float=_exact, parse_constant=_no_constant)


def _load(text: str) -> Any:
    try:
        found, end = _DECODER.raw_decode(text)
    except json.JSONDecodeError:
        return _DECODER.decode(text)  # with the space around it that the quick way does not take
    if end != len(text) and not text[end:].isspace():
        raise ValueError("more than one value")
    return found
