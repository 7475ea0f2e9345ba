"""Singer programs installed for a workspace, each in a virtual environment of its own. Imports none of them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from concilia.errors import ConfigurationInvalid, RequestInvalid, SystemUnreachable

_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")
_LISTING: Final = "installed.json"  # its presence says that the environment is whole


@dataclass(frozen=True, slots=True)
class Installed:
    """What an environment holds: the program, and every package with its version."""

    name: str
    executable: Path
    packages: tuple[str, ...]


def place_of(workspace: Path, name: str) -> Path:
    """Where the program of that name is installed; RequestInvalid for a name that is none."""
    if not _NAME.fullmatch(name):
        raise RequestInvalid(
            f"{name!r} is no name of a program.", mend="Use the package's name, such as tap-github.", field="name"
        )
    return workspace / ".concilia" / "singer" / name


def install(workspace: Path, name: str, *, requirement: str = "", again: bool = False) -> Installed:
    """Install a package, from the registry unless `requirement` says otherwise, unless it is there already.

    An environment that was begun and not finished is made anew. SystemUnreachable when pip fails, with its last words.
    """
    place = place_of(workspace, name)
    if again or not (place / _LISTING).is_file():
        shutil.rmtree(place, ignore_errors=True)
        place.parent.mkdir(parents=True, exist_ok=True)
        _run([sys.executable, "-m", "venv", str(place)], doing="make an environment")
        python = str(_programs(place) / "python")
        _run(
            [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--", requirement or name],
            doing=f"install {requirement or name}",
        )
        listed = _run([python, "-m", "pip", "freeze", "--disable-pip-version-check"], doing="list the packages")
        executable = _executable(place, name)
        told = {"name": name, "executable": executable.name, "packages": listed.split("\n")}
        (place / _LISTING).write_text(json.dumps(told), encoding="utf-8")
    return _read(place, name)


def executable_of(workspace: Path, name: str) -> Path:
    """The program of an installed package; ConfigurationInvalid when it is not installed."""
    place = place_of(workspace, name)
    if not (place / _LISTING).is_file():
        raise ConfigurationInvalid(
            f"{name} is not installed in this workspace.", mend=f"Install it: concilia connector install {name}."
        )
    return _read(place, name).executable


def _read(place: Path, name: str) -> Installed:
    found = json.loads((place / _LISTING).read_text("utf-8"))
    packages = tuple(line for line in found["packages"] if line)
    return Installed(name, _programs(place) / found["executable"], packages)


def _executable(place: Path, name: str) -> Path:
    """The program: of the package's name, or the only one that is a tap or a target."""
    offered = sorted(path.name for path in _programs(place).iterdir() if path.name.startswith(("tap-", "target-")))
    if name in offered:
        return _programs(place) / name
    if len(offered) == 1:
        return _programs(place) / offered[0]
    shutil.rmtree(place, ignore_errors=True)
    raise RequestInvalid(
        f"{name} brings no program of its name, but: {', '.join(offered) or 'none'}.",
        mend="Give the name of its program, and the package with --pip-url." if offered else "Is it a tap or a target?",
        field="name",
    )


def _programs(place: Path) -> Path:
    return place / ("Scripts" if sys.platform == "win32" else "bin")


def _run(command: Sequence[str], *, doing: str) -> str:
    """Run one of Python's own programs; what it wrote."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  no shell, our own words
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()] or ["it said nothing"]
        raise SystemUnreachable(
            f"pip could not {doing}: {said[-1].strip()[:300]}",
            mend="Check the name, and that the package registry can be reached.",
            system="package registry",
        )
    return done.stdout
