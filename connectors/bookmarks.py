"""Bookmarks read back: the moment in one, and the one sentence for what this connector never wrote. No vendor."""

from __future__ import annotations

from datetime import datetime

from concilia.clock import from_text
from concilia.errors import RunMustStop


def moment_in(text: str) -> datetime:
    """The moment a bookmark holds, with its zone; RunMustStop for anything else."""
    try:
        moment = from_text(text)
    except ValueError as fault:
        raise foreign(text) from fault
    if moment.tzinfo is None:
        raise foreign(text)
    return moment


def foreign(text: str) -> RunMustStop:
    """The error for a bookmark that another connector, or a person, wrote."""
    return RunMustStop(
        f"The bookmark {text[:60]!r} was not written by this connector.", mend="Read the stream in full once."
    )
