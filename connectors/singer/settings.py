"""The settings of a Singer program, checked once. Starts nothing.

Whoever may declare a connection over the API must not be able to run any program there is: a program is one that was
installed for the workspace, or a file in its folder, and it takes no arguments of the user's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path, PurePosixPath
from typing import Any, Final
from zoneinfo import ZoneInfo

from concilia.errors import ConfigurationInvalid
from concilia.vault import Secret
from connectors.contract import ConnectionSettings
from connectors.given import Given
from connectors.programs import Terms
from connectors.singer.environments import executable_of

PROGRAM: Final = frozenset({"package", "executable", "config", "environment", "stall_seconds", "longest_line"})
READING: Final = PROGRAM | {"catalog", "catalog_flag", "discover"}
_VARIABLE: Final = re.compile(r"[A-Z][A-Z0-9_]{0,99}")
_NOT_TO_BE_SET: Final = ("LD_", "DYLD_", "PYTHON", "PATH", "CONCILIA_")  # they decide what is run
_LARGEST_LINE: Final = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class ProgramSettings:
    """One program with its configuration: where it is, and under what it is run."""

    executable: Path
    config: Mapping[str, Any] = field(repr=False)  # plain values, secrets among them
    terms: Terms


@dataclass(frozen=True, slots=True)
class TapSettings:
    """A tap, and how it is told what to read."""

    program: ProgramSettings
    zone: ZoneInfo
    discovers: bool = True
    catalog: Path | None = None
    catalog_flag: str = "catalog"  # "properties" for taps of before 2018


def program_of(configured: ConnectionSettings, *, what: str) -> ProgramSettings:
    """The program that these settings name; `what` it is (tap, target) is for people."""
    given = Given(configured)
    config = configured.settings.get("config") or {}
    if not isinstance(config, Mapping):
        raise ConfigurationInvalid(
            f"The setting `config` of {given.system} is no group.", mend="Write it as the program's documentation says."
        )
    environment = _environment(configured)
    stall = given.number("stall_seconds", default=600, lowest=1, highest=86400)
    longest = given.number("longest_line", default=16 * 1024 * 1024, lowest=1024, highest=_LARGEST_LINE)
    secrets = (*secrets_in(config), *secrets_in(configured.settings.get("environment") or {}))
    return ProgramSettings(
        executable=_executable(given, what=what),
        config=_plain(config),
        terms=Terms(
            called=f"The {what} of {given.system}",
            environment=environment,
            secrets=tuple(secrets),
            folder=Path(configured.folder).absolute(),
            longest_line=longest,
            stall=timedelta(seconds=stall),
        ),
    )


def tap_of(configured: ConnectionSettings) -> TapSettings:
    """The tap that these settings name."""
    given = Given(configured)
    discovers = configured.settings.get("discover", True)
    if not isinstance(discovers, bool):
        raise ConfigurationInvalid(f"The setting `discover` of {given.system} is true or false.")
    catalog = given.optional("catalog")
    return TapSettings(
        program=program_of(configured, what="tap"),
        zone=given.zone(),
        discovers=discovers,
        catalog=None if catalog is None else _inside(configured, catalog, setting="catalog"),
        catalog_flag=given.choice("catalog_flag", ("catalog", "properties"), default="catalog"),
    )


def secrets_in(value: Any) -> Iterator[str]:
    """Every secret in a configuration, however deep."""
    match value:
        case Secret():
            yield value.reveal()
        case Mapping():
            for each in value.values():
                yield from secrets_in(each)
        case list() | tuple():
            for each in value:
                yield from secrets_in(each)


def _plain(value: Any) -> Any:
    match value:
        case Secret():
            return value.reveal()
        case Mapping():
            return {str(name): _plain(each) for name, each in value.items()}
        case list() | tuple():
            return [_plain(each) for each in value]
        case _:
            return value


def _executable(given: Given, *, what: str) -> Path:
    package, executable = given.optional("package"), given.optional("executable")
    if (package is None) == (executable is None):
        raise ConfigurationInvalid(
            f"Connection {given.system} has to name its {what} in one way.",
            mend=f"Write `package: {what}-…`, installed with `concilia connector install`, or `executable: FILE`.",
        )
    if executable is not None:
        return _inside(given.configured, executable, setting="executable")
    return executable_of(Path(given.configured.folder).absolute(), package or "")


def _inside(configured: ConnectionSettings, named: str, *, setting: str) -> Path:
    """A file in the workspace's folder."""
    path = PurePosixPath(named)
    if path.is_absolute() or ".." in path.parts:
        raise ConfigurationInvalid(
            f"The setting `{setting}` of {configured.name} leads out of the workspace.",
            mend="Put the file into the workspace's folder, or a link to it, and name it from there.",
        )
    found = Path(configured.folder).absolute() / path
    if not found.is_file():
        raise ConfigurationInvalid(
            f"{configured.name}: there is no file {named} in the workspace.", mend=f"Correct the setting `{setting}`."
        )
    return found


def _environment(configured: ConnectionSettings) -> dict[str, str]:
    said = configured.settings.get("environment") or {}
    if not isinstance(said, Mapping):
        raise ConfigurationInvalid(f"The setting `environment` of {configured.name} is no group of variables.")
    for name in said:
        if not _VARIABLE.fullmatch(str(name)) or str(name).startswith(_NOT_TO_BE_SET):
            raise ConfigurationInvalid(
                f"The setting `environment` of {configured.name} may not set {str(name)[:50]!r}.",
                mend="Give capitals, digits and _; what decides which programs run is not to be set.",
            )
    return {str(name): str(_plain(value)) for name, value in said.items()}
