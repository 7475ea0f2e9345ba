"""Claims about `check` and about settings: what is wrong is named, nothing is let out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from concilia.errors import ConciliaError, ConfigurationInvalid, CredentialsRefused, SystemUnreachable
from concilia.vault import Secret
from connectors.contract import Finding
from connectors.testing.claims import claims_of
from connectors.testing.harness import DoesNotApply, Harness, given
from connectors.testing.opening import Way, made, opened, requests_of


def _findings(harness: Harness, changes: Mapping[str, Any]) -> Sequence[Finding]:
    """What `check` finds; settings that are refused at once count as a finding of their own."""
    try:
        with opened(harness, Way(settings=changes)) as connector:
            return tuple(connector.check())
    except ConfigurationInvalid as fault:
        return (Finding("settings", ok=False, detail=str(fault)),)


def _refused(found: Sequence[Finding], *, because: str) -> Iterator[str]:
    bad = [finding for finding in found if not finding.ok]
    if not bad:
        yield f"check() found nothing wrong with {because}."
    for finding in bad:
        if not finding.detail.strip():
            yield f"The finding {finding.what!r} about {because} says nothing."


def check_finds_nothing_wrong_with_a_good_account(harness: Harness) -> Iterator[str]:
    """check() finds nothing wrong with a good account, and looks at every stream."""
    found = _findings(harness, {})
    for finding in found:
        if not finding.ok:
            yield f"{finding.what}: {finding.detail}"
    if not found:
        yield "check() tried nothing."
    if len(found) < len(requests_of(harness)):
        yield f"check() tried {len(found)} things, and there are {len(requests_of(harness))} streams."


def check_names_wrong_credentials(harness: Harness) -> Iterator[str]:
    """Wrong credentials are a finding in words, not an error that gets out."""
    wrong = given(harness.signing.wrong, called="signing.wrong")
    found = _findings(harness, wrong)
    yield from _refused(found, because="wrong credentials")
    if sum(finding.ok for finding in found) > 1:
        yield "check() found several things in order although nobody could sign in."


def reading_with_wrong_credentials_is_credentials_refused(harness: Harness) -> Iterator[str]:
    """Reading with wrong credentials is CredentialsRefused."""
    wrong = given(harness.signing.wrong, called="signing.wrong")
    with opened(harness, Way(settings=wrong)) as connector:
        for request in requests_of(harness)[:1]:
            try:
                count = sum(page.read for page in connector.read(request, bookmarks={}))
            except CredentialsRefused:
                continue
            except ConciliaError as fault:
                yield f"It is {type(fault).__name__}: {fault}"
            else:
                yield f"{count} records were read of {request.name}."


def check_names_a_wrong_address(harness: Harness) -> Iterator[str]:
    """An address where nobody answers is a finding in words, and SystemUnreachable to whoever reads."""
    nowhere = given(harness.signing.unreachable, called="signing.unreachable")
    yield from _refused(_findings(harness, nowhere), because="an address where nobody answers")
    with opened(harness, Way(settings=nowhere)) as connector:
        for request in requests_of(harness)[:1]:
            try:
                list(connector.read(request, bookmarks={}))
            except (SystemUnreachable, ConfigurationInvalid):
                continue
            except ConciliaError as fault:
                yield f"Reading is {type(fault).__name__}: {fault}"
            else:
                yield f"{request.name} was read from nowhere."


def check_names_a_missing_permission(harness: Harness) -> Iterator[str]:
    """A missing permission is a finding that names it."""
    signing = harness.signing
    found = _findings(harness, given(signing.forbidden, called="signing.forbidden"))
    yield from _refused(found, because="a missing permission")
    said = " ".join(f"{finding.what} {finding.detail}" for finding in found if not finding.ok)
    if signing.permission not in said:
        yield f"No finding names {signing.permission!r}: {said}"


def unknown_settings_are_refused(harness: Harness) -> Iterator[str]:
    """A setting that does not exist is refused by name before anything is called."""
    try:
        made(harness, Way(settings={"no_such_setting": "x"})).close()
    except ConfigurationInvalid as fault:
        if "no_such_setting" not in str(fault):
            yield f"The refusal does not name it: {fault}"
    else:
        yield "It was accepted."


def missing_settings_are_refused_by_name(harness: Harness) -> Iterator[str]:
    """A secret that is missing, and an address that is none, are refused in words before anything is called."""
    secrets = [name for name, value in harness.settings.items() if isinstance(value, Secret)]
    for name, value in [(name, None) for name in secrets] + [("url", "no address")] * ("url" in harness.settings):
        try:
            made(harness, Way(settings={name: value})).close()
        except ConfigurationInvalid:
            continue
        except ConciliaError as fault:
            yield f"{name} is {type(fault).__name__}: {fault}"
        else:
            if name == "url":
                yield f"{name}: {value!r} was accepted."


def plain_http_is_refused_beyond_this_machine(harness: Harness) -> Iterator[str]:
    """Plain http to another machine is refused."""
    network = given(harness.network, called="network")
    if not network.speaks_http:
        raise DoesNotApply("It does not speak HTTP.")
    try:
        made(harness, Way(settings=network.through("http://erp.example.com"))).close()
    except ConfigurationInvalid:
        return
    yield "It was accepted."


CLAIMS = claims_of(
    "check",
    (
        check_finds_nothing_wrong_with_a_good_account,
        check_names_wrong_credentials,
        reading_with_wrong_credentials_is_credentials_refused,
        check_names_a_wrong_address,
        check_names_a_missing_permission,
        unknown_settings_are_refused,
        missing_settings_are_refused_by_name,
        plain_http_is_refused_beyond_this_machine,
    ),
)
