"""Claims about secrets: whatever happens, none is in a log at DEBUG, in an error, in a finding or in a repr."""

from __future__ import annotations

import base64
import logging
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

from concilia.vault import Secret
from connectors.contract import Connector
from connectors.testing.claims import claims_of
from connectors.testing.harness import Harness, Network
from connectors.testing.mischief import OF_READS, at_call, refused
from connectors.testing.opening import Way, made, reading_of, requests_of, sampled
from connectors.testing.server import HostileServer

_SHORTEST = 6  # characters: a shorter secret is found in anything


class _Ear(logging.Handler):
    """Hears every log line, with what an exception in it would print."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.heard: list[str] = []
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line as a handler would print it."""
        self.heard.append(self.format(record))


@contextmanager
def _listening() -> Iterator[list[str]]:
    root, ear = logging.getLogger(), _Ear()
    level = root.level
    root.addHandler(ear)
    root.setLevel(logging.DEBUG)
    try:
        yield ear.heard
    finally:
        root.setLevel(level)
        root.removeHandler(ear)


def nothing_secret_is_shown(harness: Harness) -> Iterator[str]:
    """No secret is in a log at DEBUG level, an error with its causes, a finding or a repr, whatever goes wrong."""
    wrong = harness.signing.wrong if isinstance(harness.signing.wrong, Mapping) else {}
    secrets = [*_secrets(harness.settings), *_secrets(wrong), *harness.signing.secrets]
    shapes = {shape: secret for secret in secrets if len(secret) >= _SHORTEST for shape in _shapes(secret)}
    said: list[str] = []
    with _listening() as heard:
        for changes in ({}, wrong, *_misfortunes(harness)):
            said += _tour(harness, changes)
        if isinstance(harness.network, Network):
            said += _stormy_tour(harness, harness.network)
    for text in (*said, *heard):
        for shape, secret in shapes.items():
            if shape in text:
                at = text.index(shape)
                yield f"A secret of {len(secret)} characters is shown: …{text[max(0, at - 60) : at]}***"


def _secrets(settings: Mapping[str, Any]) -> list[str]:
    return [value.reveal() for value in settings.values() if isinstance(value, Secret)]


def _shapes(secret: str) -> set[str]:
    """How a secret may appear: as it is, in an address, and in base64 wherever it begins in a group of three."""
    raw = secret.encode()
    coded = {base64.b64encode(b"\0" * lead + raw).decode()[4 if lead else 0 : -4] for lead in range(3)}
    return {secret, quote(secret), quote(secret, safe=""), *(shape for shape in coded if len(shape) >= _SHORTEST)}


def _misfortunes(harness: Harness) -> Iterator[Mapping[str, Any]]:
    for changes in (harness.signing.unreachable, harness.signing.forbidden):
        if isinstance(changes, Mapping):
            yield changes
    yield {"no_such_setting": "x"}
    for name, value in harness.settings.items():
        if isinstance(value, Secret):
            yield {name: Secret(value.reveal() + "\r\nX-Injected: 1")}


def _tour(harness: Harness, changes: Mapping[str, Any]) -> list[str]:
    """Everything the connector says of itself, and of what befalls it under those settings."""
    said: list[str] = []
    connector: Connector | None = None
    steps: tuple[Callable[[Connector], list[str]], ...] = (
        lambda it: [f"{finding!r} {finding.what} {finding.detail}" for finding in it.check()],
        lambda it: [repr(it.discover())],
        lambda it: [repr(page) for request in requests_of(harness) for page in it.read(request, bookmarks={})],
        lambda it: [repr(it), str(it), repr(it.capabilities)],
    )
    for step in (lambda _: [], *steps):
        try:
            connector = connector or made(harness, Way(settings=changes))
            said += step(connector)
        except Exception as fault:  # noqa: BLE001  whatever it raises is read for secrets, and judged by other claims
            said += [str(fault), repr(fault), *traceback.format_exception(fault)]
    if connector is not None:
        connector.close()
    return said


def _stormy_tour(harness: Harness, network: Network) -> list[str]:
    """The same while the network misbehaves at the first call and at a later one."""
    if not network.speaks_http:
        return []
    said: list[str] = []
    with HostileServer(upstream=network.address) as server:
        faults = (*OF_READS.values(), refused(401), refused(403))
        for fault in sampled(harness, [at_call(fault, number) for fault in faults for number in (1, 3)]):
            server.befall(fault)
            said += _tour(harness, {**reading_of(harness).small_pages, **network.through(server.url)})
    return said


CLAIMS = claims_of("secrets", (nothing_secret_is_shown,))
