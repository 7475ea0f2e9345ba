"""Code lists of a source ("Z3" is written_off), with a stated answer for the unknown. No defaults in silence."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field


class Unknown(enum.StrEnum):
    """What happens to a code that the list does not have."""

    ISSUE = "issue"  # the field stays empty and an issue says so
    KEEP = "keep"  # the code itself is used
    NULL = "null"  # the field stays empty, expected
    REJECT = "reject"  # the whole record is refused


@dataclass(frozen=True, slots=True)
class ValueMap:
    """Codes of the source and what they mean here. Codes compare exactly, after trimming."""

    codes: Mapping[str, str]
    unknown: Unknown = Unknown.ISSUE
    _back: Mapping[str, str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        back: dict[str, str] = {}
        for code, meaning in self.codes.items():
            back.setdefault(meaning, code)
        object.__setattr__(self, "_back", back)

    def meaning(self, code: str) -> str | None:
        """What the code means; None when the list does not have it."""
        return self.codes.get(code)

    def code_for(self, meaning: str) -> str | None:
        """The first code listed with that meaning, for writing back; None when there is none."""
        found = self._back.get(meaning)
        return meaning if found is None and self.unknown is Unknown.KEEP else found
