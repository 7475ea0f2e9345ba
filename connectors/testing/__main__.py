"""`python -m connectors.testing harness.py [WORD...]`: the report on one harness; words choose claims."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from concilia.errors import ConciliaError
from connectors.testing import CLAIMS, Claim, conform
from connectors.testing.claims import Verdict
from connectors.testing.loading import harness_in
from connectors.testing.report import lines, passed, summary


def chosen(words: Sequence[str]) -> tuple[Claim, ...]:
    """The claims whose name or area holds one of the words; all without words."""
    return tuple(c for c in CLAIMS if not words or any(word in c.name or word == c.about for word in words))


def main(arguments: Sequence[str]) -> int:
    """Print the report; 0 when nothing is broken, 1 when something is, 2 when it cannot be run."""
    if not arguments:
        sys.stderr.write("Usage: python -m connectors.testing harness.py [WORD...]\n")
        return 2
    verdicts: list[Verdict] = []
    try:
        with harness_in(arguments[0]) as harness:
            sys.stdout.write(f"{harness.name}, tested against: {harness.tested_against or 'not said'}\n")
            for verdict in conform(harness, chosen(arguments[1:])):
                verdicts.append(verdict)
                for line in lines([verdict]):
                    sys.stdout.write(f"{line}\n" if line.startswith("  ") else "")
                sys.stdout.flush()
    except ConciliaError as fault:
        sys.stderr.write(f"{fault}\n")
        return 2
    sys.stdout.write(f"\n{summary(verdicts)}\n")
    return 0 if passed(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
