"""What a run did, as a table that adds up and a sentence for each thing a person may have to do. Decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from admin_api.cli.screen import Screen, counted

if TYPE_CHECKING:
    from concilia.store.runs import StreamCounts
    from sync.push import Delivery
    from sync.runs import RunReport

DISPOSITIONS = ("applied", "unchanged", "rejected", "quarantined", "blocked", "conflict")
_COUNTS = ("read", *DISPOSITIONS)


def adds_up(streams: Sequence[StreamCounts]) -> bool:
    """Whether every record read in these streams has exactly one disposition."""
    return all(stream.adds_up for stream in streams)


def as_json(report: RunReport, *, totals: Mapping[str, int]) -> dict[str, Any]:
    """The report and the totals of the hub as one document."""
    return {**report.as_json(), "adds_up": adds_up(report.run.streams), "totals": dict(totals)}


def show(report: RunReport, *, totals: Mapping[str, int], screen: Screen) -> None:
    """The report for people."""
    show_streams(report.run.streams, screen)
    screen.say(f"{counted(totals['source_debtors'], 'source debtor')} -> {counted(totals['debtors'], 'debtor')}.")
    if report.tally.note:
        screen.say(f"Matching: {report.tally.note}.")
    if report.tally.alarms:
        shared = counted(report.tally.alarms, "tax id")
        screen.complain(f"{shared} under too many unlike names merge nobody: see concilia match model.")
    if totals["discrepancies"]:
        screen.say(f"{counted(totals['discrepancies'], 'discrepancy', 'discrepancies')} between systems.")
    if totals["quarantined"]:
        screen.say(f"{counted(totals['quarantined'], 'row')} in quarantine: see concilia quarantine list.")
    show_deliveries(report.deliveries, screen)
    if report.awaiting_approval:
        waiting = counted(report.awaiting_approval, "payment")
        screen.say(f"Writing is off: {waiting} wait for concilia approve CONNECTION, then concilia push.")
    for told in report.drift:
        screen.complain(f"Looks otherwise than before: {told}")
    for name, fault in sorted(report.failures.items()):
        screen.complain(f"{name} failed: {fault}")


def show_streams(streams: Sequence[StreamCounts], screen: Screen) -> None:
    """Read and the six dispositions of each stream, and their sums."""
    rows = [_row(stream) for stream in streams]
    sums = [sum(int(getattr(stream, name)) for stream in streams) for name in _COUNTS]
    screen.table(("stream", *_COUNTS), rows, totals=("total", *sums))
    if adds_up(streams):
        screen.say("Every record read is accounted for: the six dispositions add up.")
    else:
        screen.complain("The dispositions do NOT add up to the records read. Please report this.")


def show_deliveries(deliveries: Sequence[Delivery], screen: Screen) -> None:
    """What was written where; nothing for a connection that had nothing to write."""
    for done in deliveries:
        told = [
            f"{counted(done.delivered, 'payment')} written",
            *([f"{done.found_before} found there already"] if done.found_before else []),
            *([f"{done.postponed} postponed"] if done.postponed else []),
            *([f"{done.dead} refused for good (concilia intents list)"] if done.dead else []),
            *([f"{done.parked} waiting for a person (concilia intents list --state parked)"] if done.parked else []),
            *([f"{done.conflicts} stopped: edited there since (concilia conflicts list)"] if done.conflicts else []),
        ]
        screen.say(f"Pushed to {done.connection}: {', '.join(told)}.")
        if done.error:
            screen.complain(f"Pushing to {done.connection} stopped: {done.error}")


def _row(stream: StreamCounts) -> tuple[Any, ...]:
    counts = (int(getattr(stream, name)) for name in _COUNTS)
    return (f"{stream.connection}.{stream.stream}", *counts)
