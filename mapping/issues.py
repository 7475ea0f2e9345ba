"""What could not be mapped, per record and field. A bad cell is noted here and never raised out of the package."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

LONGEST_SHOWN = 200


class Code(enum.StrEnum):
    """The kinds of issues, stable for reports and tests."""

    BAD_DATE = "bad_date"
    BAD_AMOUNT = "bad_amount"
    BAD_UNIT = "bad_unit"
    BAD_VALUE = "bad_value"
    TOO_LONG = "too_long"
    EMPTY_KEY = "empty_key"
    EMPTY_REQUIRED = "empty_required"
    UNKNOWN_CODE = "unknown_code"
    UNMAPPED_REFERENCE = "unmapped_reference"
    PLACEHOLDER = "placeholder"
    INVALID_TAX_ID = "invalid_tax_id"
    INVALID_PHONE = "invalid_phone"
    INVALID_EMAIL = "invalid_email"
    INVALID_ADDRESS = "invalid_address"


@dataclass(frozen=True, slots=True)
class Issue:
    """One cell that could not be used: where it was, what it held (shortened) and why."""

    entity: str
    field: str
    column: str
    value: str
    code: str
    reason: str


class BadCell(Exception):
    """A converter or a check refuses one value; caught where the rule is applied, and becomes an Issue.

    A `fatal` one refuses the whole record, whether or not its field is required.
    """

    def __init__(self, code: Code, reason: str, *, fatal: bool = False) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.fatal = fatal


class Refused(Exception):
    """The whole record cannot be used; caught by `map_record` and becomes its refusal."""

    def __init__(self, issue: Issue) -> None:
        super().__init__(issue.reason)
        self.issue = issue


def shown(value: Any) -> str:
    """A cell as people may read it in an issue, at most 200 characters."""
    match value:
        case str():
            text = value[: LONGEST_SHOWN + 1]
        case None:
            return ""
        case bool() | float() | date():
            text = str(value)
        case int():
            text = str(value) if value.bit_length() < 512 else "a number of more than 150 digits"
        case Decimal():
            text = str(value)[: LONGEST_SHOWN + 1]
        case Mapping():
            return "an object"
        case list() | tuple():
            return f"a list of {len(value)}"
        case _:
            return f"a {type(value).__name__}"
    return text if len(text) <= LONGEST_SHOWN else f"{text[: LONGEST_SHOWN - 1]}…"
