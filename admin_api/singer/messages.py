"""Reads what a tap writes, line by line, and stops at the first line that is no Singer message. Keeps no content.

The SDK's own reader would write such a line, which may hold personal data, to the log.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import IO, Any, Final

from singer_sdk.singerlib.encoding.simple import SimpleSingerReader

from concilia.errors import RequestInvalid

LONGEST_LINE: Final = 16 * 1024 * 1024  # characters; more than the hub takes in one call
_MEMBERS: Final[Mapping[str, Mapping[str, type]]] = {
    "SCHEMA": {"stream": str, "schema": dict},
    "RECORD": {"stream": str, "record": dict},
    "STATE": {"value": dict},
    "ACTIVATE_VERSION": {"stream": str},
}


class CheckedReader(SimpleSingerReader):
    """Hands well-formed messages on; RequestInvalid, with the number of the line, for anything else."""

    def process_lines(self, file_input: IO[str] | None, callbacks: Mapping[Any, Any]) -> Counter[str]:
        """Read to the end; how many messages there were of each kind."""
        counted: Counter[str] = Counter()
        for number, line in self._lines(file_input or self.default_input):
            message = _message(number, line)
            callbacks[message["type"]](message)
            counted[message["type"]] += 1
        return counted

    def _lines(self, source: IO[str]) -> Iterator[tuple[int, str]]:
        number = 0
        try:
            while line := source.readline(LONGEST_LINE + 1):
                number += 1
                if len(line) > LONGEST_LINE:
                    raise _refused(number, f"has more than {LONGEST_LINE:,} characters")
                if line.strip():
                    yield number, line
        except UnicodeDecodeError as fault:
            raise _refused(number + 1, "is not UTF-8") from fault


def _message(number: int, line: str) -> dict[str, Any]:
    try:
        found = json.loads(line, parse_float=Decimal, parse_constant=_no_number)
    except (ValueError, RecursionError, ArithmeticError) as fault:
        raise _refused(number, "is no JSON") from fault
    message: dict[str, Any] = found if isinstance(found, dict) else {}
    members = _MEMBERS.get(str(message.get("type")))
    if members is None:
        raise _refused(number, "is no Singer message that can be taken")
    for name, kind in members.items():
        if not isinstance(message.get(name), kind):
            raise _refused(number, f"is a {message['type']} without a usable `{name}`")
    if message["type"] == "SCHEMA" and not isinstance(message["schema"].get("properties"), dict):
        raise _refused(number, "is a SCHEMA without `properties`")
    return message


def _no_number(name: str) -> Any:
    raise ValueError(f"{name} is no number")


def _refused(number: int, why: str) -> RequestInvalid:
    return RequestInvalid(
        f"Line {number} of the input {why}.", mend="Everything before it was told; repeat the run with a whole pipe."
    )
