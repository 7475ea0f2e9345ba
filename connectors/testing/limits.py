"""Claims about rate limits: every call passes the gate, and a system that wants quiet gets it."""

from __future__ import annotations

import email.utils
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from concilia.clock import system_clock
from concilia.errors import RetryLater
from connectors.testing.claims import claims_of
from connectors.testing.harness import Harness, given
from connectors.testing.mischief import at_call, throttled
from connectors.testing.opening import CountingGate, Naps, Way, fronted, opened, read_until_fault, reading_of
from connectors.testing.reading import filled
from connectors.testing.server import Answer, Call, Fault, HostileServer, paths

_MOST_CALLS: Final = 12  # to a peer that says no each time


def _way(harness: Harness, server: HostileServer, *, gate: CountingGate, naps: Naps | None = None) -> Way:
    network = given(harness.network, called="network")
    settings = {**reading_of(harness).small_pages, **network.through(server.url)}
    return Way(settings=settings, gate=gate, sleep=naps or Naps())


def every_call_passes_the_gate(harness: Harness) -> Iterator[str]:
    """The gate is entered before each call, also before those that sign in or repeat."""
    reading = reading_of(harness)
    filled(reading)
    with fronted(harness) as (_, server):
        gate = CountingGate()
        unasked: list[Call] = []
        server.watchers.append(lambda call: unasked.append(call) if gate.entered < call.number else None)
        with opened(harness, _way(harness, server, gate=gate)) as connector:
            connector.check()
            found = read_until_fault(connector, reading.stream)
            connector.look_up(reading.stream.name, ["1"])
        if found.fault is not None:
            yield f"It could not be read: {found.fault}"
        if unasked:
            yield f"{len(unasked)} of {len(server.calls)} calls did not pass the gate: {paths(unasked)[:3]}."


def nothing_is_called_past_a_shut_gate(harness: Harness) -> Iterator[str]:
    """When the budget is used up nothing is called, and whoever reads is told RetryLater."""
    reading = reading_of(harness)
    with fronted(harness) as (_, server):
        shut = CountingGate(shut=RetryLater("The budget is used up.", after=timedelta(minutes=5)))
        with opened(harness, _way(harness, server, gate=shut)) as connector:
            found = read_until_fault(connector, reading.stream)
        if server.calls:
            yield f"It called {paths(server.calls)[:3]}."
        if not isinstance(found.fault, RetryLater):
            yield f"Reading ended with {found.fault!r} and not with RetryLater."


def a_wait_that_was_asked_for_is_kept(harness: Harness) -> Iterator[str]:
    """Retry-After, in seconds or as a date, is waited for or handed on in RetryLater, and told to the gate."""
    reading = reading_of(harness)
    filled(reading)
    later = email.utils.format_datetime(system_clock() + timedelta(seconds=90), usegmt=True)
    dated = Fault("429 until a date", Answer(429, b"{}", {"retry-after": later, "content-type": "application/json"}))
    for fault, least in ((throttled(7), 7), (throttled(120), 120), (throttled(9, status=503), 9), (dated, 60)):
        for number in (1, 2):
            with fronted(harness) as (_, server):
                server.befall(at_call(fault, number, times=1))
                gate, naps = CountingGate(), Naps()
                with opened(harness, _way(harness, server, gate=gate, naps=naps)) as connector:
                    found = read_until_fault(connector, reading.stream)
            if len(server.calls) < number:
                continue
            waited = max([0.0, *naps.taken])
            if isinstance(found.fault, RetryLater):
                waited = max(waited, found.fault.after.total_seconds())
            if waited < least:
                yield f"{fault.called} at call {number}: it waited {waited:g} s."
            if not gate.told or max(gate.told).total_seconds() < least:
                yield f"{fault.called} at call {number}: the gate was not told, so others go on calling."


def a_peer_that_says_no_is_not_stormed(harness: Harness) -> Iterator[str]:
    """A peer that is too busy each time is asked a few times and then left alone."""
    reading = reading_of(harness)
    with fronted(harness) as (_, server):
        server.befall(replace(throttled(1), times=None))
        with opened(harness, _way(harness, server, gate=CountingGate())) as connector:
            found = read_until_fault(connector, reading.stream)
        if len(server.calls) > _MOST_CALLS:
            yield f"It called {len(server.calls)} times."
        if not isinstance(found.fault, RetryLater):
            yield f"It ended with {found.fault!r} and not with RetryLater."


CLAIMS = claims_of(
    "limits",
    (
        every_call_passes_the_gate,
        nothing_is_called_past_a_shut_gate,
        a_wait_that_was_asked_for_is_kept,
        a_peer_that_says_no_is_not_stormed,
    ),
)
