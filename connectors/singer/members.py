"""The settings of Singer programs as forms and references describe them. Tables only; `settings` has the last word."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from connectors.description import flag, text, whole

PROGRAM: Final[Mapping[str, Any]] = {
    "package": text("A package installed with `concilia connector install`."),
    "executable": text("Instead: a program in the workspace's folder, or a link to one."),
    "config": {"type": "object", "description": "The program's own configuration; secrets as ${env:NAME}."},
    "environment": {"type": "object", "description": "Environment variables it is given; secrets as ${env:NAME}."},
    "stall_seconds": whole("How long it may say nothing.", default=600, least=1, most=86400),
    "longest_line": whole("Bytes of its longest line.", default=16777216, least=1024, most=268435456),
}
TAP: Final[Mapping[str, Any]] = {
    "catalog": text("A catalog file in the workspace, instead of --discover."),
    "catalog_flag": {
        "enum": ["catalog", "properties"],
        "default": "catalog",
        "description": "`properties` for taps of before 2018.",
    },
    "discover": flag("Whether it knows --discover.", default=True),
}
TARGET: Final[Mapping[str, Any]] = {
    "takes": {
        "type": "array",
        "items": {"enum": ["payments", "reversals", "agreements", "contacts"]},
        "default": ["payments", "reversals", "agreements"],
        "description": "What it is told.",
    },
    "stream_names": {"type": "object", "description": "What its streams are called: {payments: hub_payments}."},
    "upserts": flag("Whether a record told twice under its key is one record there.", default=False),
    "repeats": flag("Whether a payment whose answer was lost may be told again, and be there twice.", default=False),
    "amounts": {
        "enum": ["text", "number"],
        "default": "text",
        "description": "How amounts are written: text is exact everywhere.",
    },
    "updates": {
        "type": "object",
        "description": "For contacts: the columns that may be changed, by stream of the tap.",
    },
    "tap": {"type": "object", "description": "The tap the same system is read with: settings as of singer_tap."},
}
