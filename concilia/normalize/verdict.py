"""What validation can find out about one value. No rules: those are beside each kind of value."""

from __future__ import annotations

import enum


class Verdict(enum.StrEnum):
    """What validation found out about one value."""

    VALID_CHECKSUM = "valid_checksum"  # check digits agree (or syntax is complete, where no checksum exists)
    VALID_FORMAT = "valid_format_only"  # well formed, nothing more can be computed
    CHECK_WARNING = "check_warning"  # well formed, check digit differs where authorities issue such numbers
    SUSPICIOUS = "suspicious"  # usable, but of a kind shared or temporary by design
    VERIFIED = "verified_registry"  # an official registry answered
    INVALID = "invalid"
    PLACEHOLDER = "placeholder"  # a known stand-in for "we have none": matches nothing
    EMPTY = "empty"  # said nothing, or a sentinel for nothing

    @property
    def usable(self) -> bool:
        """Whether the value may be kept in a golden record."""
        return self not in (Verdict.INVALID, Verdict.PLACEHOLDER, Verdict.EMPTY)
