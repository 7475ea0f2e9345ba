"""Short names of verdicts, so that the tables of cases read as tables."""

from __future__ import annotations

from concilia.normalize.verdict import Verdict

CHECKED, FORMAT, WARNING = Verdict.VALID_CHECKSUM, Verdict.VALID_FORMAT, Verdict.CHECK_WARNING
INVALID, PLACEHOLDER, EMPTY, SUSPICIOUS = Verdict.INVALID, Verdict.PLACEHOLDER, Verdict.EMPTY, Verdict.SUSPICIOUS
