"""Claims about what the peer and the network do wrong while the connector reads: our errors, and no silent end."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from concilia.errors import (
    ConciliaError,
    ConfigurationInvalid,
    CredentialsRefused,
    PermissionMissing,
    RetryLater,
    RunMustStop,
    SystemRefused,
)
from connectors.testing.claims import claims_of
from connectors.testing.harness import DoesNotApply, Harness, Network
from connectors.testing.mischief import OF_READS, at_call, error_inside, huge, refused, silent
from connectors.testing.opening import Pass, Way, fronted, opened, read, read_until_fault, reading_of, sampled
from connectors.testing.reading import filled, listed_until_fault
from connectors.testing.server import Fault, HostileServer

MOST_MEMORY: Final = 512 * 1024 * 1024  # bytes the whole process may grow by
_PLACES: Final = 4  # calls of one read that are spoilt in turn
_OURS: Final = (RetryLater, RunMustStop, SystemRefused, ConfigurationInvalid)


def _way(harness: Harness, network: Network, server: HostileServer) -> Way:
    return Way(settings={**reading_of(harness).small_pages, **network.through(server.url)})


def _quiet(harness: Harness, network: Network, server: HostileServer) -> tuple[Pass, int]:
    """An undisturbed read, and how many calls it takes."""
    before = len(server.calls)
    with opened(harness, _way(harness, network, server)) as connector:
        found = read(connector, reading_of(harness).stream)
    return found, len(server.calls) - before


def _http(network: Network) -> None:
    if not network.speaks_http:
        raise DoesNotApply("It does not speak HTTP.")


def vendor_faults_land_in_our_errors(harness: Harness) -> Iterator[str]:
    """Whatever goes wrong at any call of a read ends in one of our errors or is survived; a read never ends short."""
    reading = reading_of(harness)
    filled(reading)
    with fronted(harness) as (network, server):
        _http(network)
        whole, calls = _quiet(harness, network, server)
        numbers = sorted({1 + place * (calls - 1) // (_PLACES - 1) for place in range(_PLACES)})
        spoilt = [at_call(f, n, times=times) for f in OF_READS.values() for n in numbers for times in (1, None)]
        for fault in sampled(harness, spoilt):
            yield from _befallen(harness, network, server, fault=fault, whole=whole)


def _befallen(harness: Harness, network: Network, server: HostileServer, *, fault: Fault, whole: Pass) -> Iterator[str]:
    stream = reading_of(harness).stream
    what = (
        f"{fault.called} from call {fault.after + 1} on"
        if fault.times is None
        else f"{fault.called} at call {fault.after + 1}"
    )
    server.befall(fault)
    try:
        with opened(harness, _way(harness, network, server)) as connector:
            found = read_until_fault(connector, stream)
    finally:
        server.befall()
    yield from _judged(found, whole=whole, what=what)
    with opened(harness, _way(harness, network, server)) as connector:
        rest = read(connector, stream, since=found.bookmarks)
    if missing := whole.keys - found.keys - rest.keys:
        yield f"{what}: {len(missing)} records were lost although the peer was well again."


def _judged(found: Pass, *, whole: Pass, what: str) -> Iterator[str]:
    fault = found.fault
    if fault is None:
        if missing := whole.keys - found.keys:
            yield f"{what}: the read ended as if whole, without {len(missing)} of {len(whole.keys)} records."
    elif not isinstance(fault, ConciliaError):
        yield f"{what}: {type(fault).__name__} got out: {str(fault)[:200]}"
    elif not isinstance(fault, _OURS):
        yield f"{what}: {type(fault).__name__} is no answer to a read: {fault}"
    elif len(str(fault)) < 10:
        yield f"{what}: the error says nothing: {fault}"


def a_passing_fault_is_no_fault_of_the_user(harness: Harness) -> Iterator[str]:
    """What passes by itself (429, 5xx, a reset) is never told as a wrong setting, credential or permission."""
    reading = reading_of(harness)
    filled(reading)
    with fronted(harness) as (network, server):
        _http(network)
        _, calls = _quiet(harness, network, server)
        passing = [f for f in OF_READS.values() if f.called.startswith(("5", "429", "a reset", "half"))]
        for fault in sampled(harness, [at_call(fault, n) for fault in passing for n in sorted({1, calls})]):
            server.befall(fault)
            with opened(harness, _way(harness, network, server)) as connector:
                found = read_until_fault(connector, reading.stream)
            server.befall()
            if isinstance(found.fault, ConfigurationInvalid | CredentialsRefused | PermissionMissing):
                yield f"{fault.called} from call {fault.after + 1} on is {type(found.fault).__name__}: {found.fault}"


def lost_credentials_and_permissions_are_told_apart(harness: Harness) -> Iterator[str]:
    """401 in the middle of a read is CredentialsRefused or survived by signing in again; 403 is PermissionMissing."""
    reading = reading_of(harness)
    filled(reading)
    with fronted(harness) as (network, server):
        _http(network)
        whole, calls = _quiet(harness, network, server)
        for status, ours in ((401, (CredentialsRefused, RetryLater)), (403, (PermissionMissing, RetryLater))):
            server.befall(at_call(refused(status), calls))
            with opened(harness, _way(harness, network, server)) as connector:
                found = read_until_fault(connector, reading.stream)
            server.befall()
            if found.fault is None and whole.keys - found.keys:
                yield f"{status}: the read ended as if whole."
            elif found.fault is not None and not isinstance(found.fault, ours):
                yield f"{status} is {type(found.fault).__name__}: {found.fault}"


def errors_inside_a_success_are_errors(harness: Harness) -> Iterator[str]:
    """An error of the vendor inside an answer of status 200 is an error, not an empty page."""
    reading = reading_of(harness)
    filled(reading)
    with fronted(harness) as (network, server):
        _http(network)
        if not network.errors_inside:
            raise DoesNotApply("The vendor answers no error with 200, as far as the harness knows.")
        whole, calls = _quiet(harness, network, server)
        for body in network.errors_inside:
            for number in sorted({1, calls}):
                fault = at_call(error_inside(body), number)
                yield from _befallen(harness, network, server, fault=fault, whole=whole)


def a_giant_answer_is_refused_in_bounded_memory(harness: Harness) -> Iterator[str]:
    """A body of 50 MB that is no answer ends in one of our errors, and the process stays within 512 MB."""
    reading = reading_of(harness)
    filled(reading)
    with fronted(harness) as (network, server):
        _http(network)
        _, calls = _quiet(harness, network, server)
        before = _peak()
        server.befall(at_call(huge(), calls))
        with opened(harness, _way(harness, network, server)) as connector:
            found = read_until_fault(connector, reading.stream)
        grown = _peak() - before
    if found.fault is None:
        yield "It was taken for an answer."
    yield from _judged(found, whole=Pass(), what="a body of 50 MB")
    if grown > MOST_MEMORY:
        yield f"The process grew by {grown // (1024 * 1024)} MB."


def _peak() -> int:
    """The most memory this process ever held, in bytes."""
    import resource  # POSIX only

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def a_silent_peer_is_given_up(harness: Harness) -> Iterator[str]:
    """A peer that takes the call and never answers is given up after the time-out of the settings."""
    reading = reading_of(harness)
    filled(reading)
    with fronted(harness) as (network, server):
        if not network.impatient:
            raise DoesNotApply("The harness has no settings with a short time-out.")
        _, calls = _quiet(harness, network, server)
        for number in sorted({1, calls}):
            server.befall(at_call(silent(), number))
            way = _way(harness, network, server)
            with opened(harness, replace(way, settings={**way.settings, **network.impatient})) as connector:
                found = read_until_fault(connector, reading.stream)
            server.befall()
            if found.fault is None:
                yield f"Silence at call {number}: the read ended as if whole."
            yield from _judged(found, whole=Pass(), what=f"silence at call {number}")


def a_list_of_keys_never_ends_by_a_fault(harness: Harness) -> Iterator[str]:
    """Whatever goes wrong while keys are listed, the list is whole or ends in an error."""
    reading = reading_of(harness)
    held = filled(reading)
    with fronted(harness) as (network, server):
        _http(network)
        for fault in sampled(harness, [at_call(fault, n) for fault in OF_READS.values() for n in (1, 2, 3, 4)]):
            server.befall(fault)
            keys, ended = listed_until_fault(harness, _way(harness, network, server))
            server.befall()
            if ended and (missing := held - keys):
                yield f"{fault.called} from call {fault.after + 1} on: {len(missing)} would be taken for deleted."


CLAIMS = claims_of(
    "faults",
    (
        vendor_faults_land_in_our_errors,
        a_passing_fault_is_no_fault_of_the_user,
        lost_credentials_and_permissions_are_told_apart,
        errors_inside_a_success_are_errors,
        a_giant_answer_is_refused_in_bounded_memory,
        a_silent_peer_is_given_up,
        a_list_of_keys_never_ends_by_a_fault,
    ),
)
