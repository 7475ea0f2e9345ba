"""Claims about lines that break under a protocol other than HTTP: a read that was cut off never looks like its end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from concilia.errors import RetryLater, RunMustStop, SystemRefused
from connectors.testing.claims import claims_of
from connectors.testing.harness import DoesNotApply, Harness, given
from connectors.testing.line import HostileLine
from connectors.testing.opening import Pass, Way, opened, read, read_until_fault, reading_of
from connectors.testing.reading import filled, listed_until_fault

_SHARES: Final = (0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.98)  # of the bytes of a whole read, behind which the line is cut
_OURS: Final = (RetryLater, RunMustStop, SystemRefused)


def _line(harness: Harness) -> HostileLine:
    network = given(harness.network, called="network")
    if network.speaks_http:
        raise DoesNotApply("It speaks HTTP: the claims about faults spoil its calls one by one.")
    return HostileLine(network.address)


def a_broken_line_is_no_end(harness: Harness) -> Iterator[str]:
    """A line that is cut anywhere in a read ends it with one of our errors, and the next read gives what is missing."""
    reading, network = reading_of(harness), given(harness.network, called="network")
    filled(reading)
    with _line(harness) as line:
        way = Way(settings={**reading.small_pages, **network.through(line.url)})
        with opened(harness, way) as connector:
            whole = read(connector, reading.stream)
        for count in sorted({int(line.passed * share) for share in _SHARES}):
            line.cut_after(count)
            with opened(harness, way) as connector:
                found = read_until_fault(connector, reading.stream)
            line.cut_after(None)
            yield from _judged(found, whole=whole, what=f"cut behind {count} bytes")
            with opened(harness, way) as connector:
                rest = read(connector, reading.stream, since=found.bookmarks)
            if missing := whole.keys - found.keys - rest.keys:
                yield f"Cut behind {count} bytes: {len(missing)} records were lost although the line was well again."


def _judged(found: Pass, *, whole: Pass, what: str) -> Iterator[str]:
    if found.fault is None:
        if missing := whole.keys - found.keys:
            yield f"{what}: the read ended as if whole, without {len(missing)} of {len(whole.keys)} records."
    elif not isinstance(found.fault, _OURS):
        yield f"{what}: {type(found.fault).__name__} got out: {str(found.fault)[:200]}"


def a_broken_line_ends_no_list_of_keys(harness: Harness) -> Iterator[str]:
    """A line that is cut while keys are listed ends the list with an error: nothing is taken for deleted."""
    reading, network = reading_of(harness), given(harness.network, called="network")
    held = filled(reading)
    with _line(harness) as line:
        way = Way(settings={**reading.small_pages, **network.through(line.url)})
        listed_until_fault(harness, way)
        for count in sorted({int(line.passed * share) for share in _SHARES}):
            line.cut_after(count)
            keys, ended = listed_until_fault(harness, way)
            if ended and (missing := held - keys):
                yield f"Cut behind {count} bytes: {len(missing)} would be taken for deleted."


CLAIMS = claims_of("lines", (a_broken_line_is_no_end, a_broken_line_ends_no_list_of_keys))
