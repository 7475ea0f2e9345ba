"""A claim is one sentence about a connector and the function that tries it; here claims are judged. Holds no claim.

A claim's function yields what speaks against the connector, one sentence each: none, and the claim holds.
"""

from __future__ import annotations

import enum
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from concilia.errors import ConciliaError
from connectors.testing.harness import DoesNotApply, Harness, HarnessIncomplete

Try = Callable[[Harness], Iterator[str]]
MOST_REMARKS = 20


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence every connector is held to, what it is about, and how it is tried."""

    name: str
    sentence: str
    about: str
    attempt: Try


class Standing(enum.StrEnum):
    """What became of a claim."""

    HOLDS = "pass"
    BROKEN = "fail"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Verdict:
    """A claim tried on one connector: what speaks against it, or why it does not apply."""

    claim: Claim
    standing: Standing
    remarks: tuple[str, ...] = ()


def claims_of(about: str, attempts: Iterable[Try]) -> tuple[Claim, ...]:
    """Claims made of functions: the name of each, and as its sentence the first line of its docstring."""
    return tuple(
        Claim(attempt.__name__, (attempt.__doc__ or "").strip().partition("\n")[0], about, attempt)
        for attempt in attempts
    )


def judge(claim: Claim, harness: Harness) -> Verdict:
    """Try one claim. Nothing the connector raises gets out: it speaks against it."""
    reason = harness.waived.get(claim.name)
    if reason:
        return Verdict(claim, Standing.NOT_APPLICABLE, (reason,))
    try:
        remarks = _first(claim.attempt(harness))
    except DoesNotApply as why:
        return Verdict(claim, Standing.NOT_APPLICABLE, (str(why),))
    except HarnessIncomplete as lack:
        remarks = (str(lack),)
    except ConciliaError as fault:
        remarks = (f"It stopped with {type(fault).__name__}: {fault}",)
    except Exception as fault:  # noqa: BLE001  whatever a connector or harness lets out is what has to be reported
        remarks = (f"It let {type(fault).__name__} out at {_place(fault)}: {fault}",)
    return Verdict(claim, Standing.BROKEN if remarks else Standing.HOLDS, remarks)


def conform(harness: Harness, claims: Sequence[Claim]) -> Iterator[Verdict]:
    """The claims tried in turn; ValueError when the harness waives one that does not exist."""
    known = {claim.name for claim in claims}
    for name in harness.waived:
        if name not in known:
            raise ValueError(f"The harness waives {name!r}, and there is no such claim.")
    for claim in claims:
        yield judge(claim, harness)


def _first(remarks: Iterator[str]) -> tuple[str, ...]:
    found: list[str] = []
    for remark in remarks:
        found.append(remark)
        if len(found) == MOST_REMARKS:
            found.append("…")
            break
    return tuple(found)


def _place(fault: BaseException) -> str:
    frames = traceback.extract_tb(fault.__traceback__)
    if not frames:
        return "an unknown place"
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"
