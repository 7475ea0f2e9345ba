"""The conformance suite every connector passes, shipped so that others can write connectors. See docs/how-to.

`Harness` says what the suite must know of a connector and its peer; `CLAIMS` are the sentences it is held to;
`conform` tries them. `python -m connectors.testing harness.py` prints them one by one.
"""

from __future__ import annotations

from connectors.testing import (
    breaking,
    checking,
    cursors,
    discovering,
    discretion,
    faults,
    limits,
    lost_answers,
    reading,
    renewing,
    writing,
)
from connectors.testing.claims import Claim, Standing, Verdict, conform, judge
from connectors.testing.harness import (
    DoesNotApply,
    Harness,
    HarnessIncomplete,
    Network,
    Reading,
    Signing,
    Tokens,
    Writing,
)
from connectors.testing.line import HostileLine
from connectors.testing.server import Answer, Call, Cut, Fault, HostileServer, Silence

__all__ = [
    "CLAIMS",
    "Answer",
    "Call",
    "Claim",
    "Cut",
    "DoesNotApply",
    "Fault",
    "Harness",
    "HarnessIncomplete",
    "HostileLine",
    "HostileServer",
    "Network",
    "Reading",
    "Signing",
    "Silence",
    "Standing",
    "Tokens",
    "Verdict",
    "Writing",
    "conform",
    "judge",
]

CLAIMS: tuple[Claim, ...] = (
    *checking.CLAIMS,
    *discovering.CLAIMS,
    *reading.CLAIMS,
    *cursors.CLAIMS,
    *faults.CLAIMS,
    *breaking.CLAIMS,
    *limits.CLAIMS,
    *renewing.CLAIMS,
    *writing.CLAIMS,
    *lost_answers.CLAIMS,
    *discretion.CLAIMS,
)
