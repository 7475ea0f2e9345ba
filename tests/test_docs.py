"""What the documentation owes the reader, checked against the program: commands, connectors, decisions, and no traces.

Each test looks at what exists, so a page or command is held to the rule from the moment it appears.
"""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import typer

ROOT = Path(__file__).resolve().parents[1]

DECISION_PARTS = ("context", "choice", "cost", "what would change our mind")

# Whoever installs decides where packages and assets come from, so the repository names no such host.
# Written in two halves, for this file is read too.
HOSTS = tuple(
    ".".join(halves)
    for halves in [
        ("pypi", "org"),
        ("pythonhosted", "org"),
        ("npmjs", "org"),
        ("npmjs", "com"),
        ("anaconda", "org"),
        ("jsdelivr", "net"),
        ("unpkg", "com"),
        ("cdnjs", "cloudflare"),
        ("fonts", "googleapis"),
    ]
)
# Folders of one machine, at the start of a path: not the end of a longer one, and not a word that only begins alike.
MACHINE_PATH = re.compile(r"(?<![\w.}$~-])/(?:" + "|".join(("work", "tmp", "root")) + r")(?![\w.-])")

COPIED_WITHOUT_GIT = {".venv", ".git", ".cache", "__pycache__", "dist"}


def listing(offenders: list[str]) -> str:
    """One offender a line, as the whole message of a failure."""
    return "\n".join(["", *offenders])


def repository_files() -> list[Path]:
    """The files git knows or would take up; in a copy without git, all but the ones nobody would commit."""
    command = ["git", "-C", str(ROOT), "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
        paths = [ROOT / name for name in listed if name]
    except (FileNotFoundError, subprocess.CalledProcessError):
        paths = [path for path in ROOT.rglob("*") if not COPIED_WITHOUT_GIT & set(path.relative_to(ROOT).parts)]
    return [path for path in paths if path.is_file()]


def lines_of_text() -> Iterator[tuple[str, str]]:
    """Every line of every text file, with the place it stands at."""
    for path in repository_files():
        content = path.read_bytes()
        if b"\0" not in content:
            for number, line in enumerate(content.decode("utf-8", errors="replace").splitlines(), start=1):
                yield f"{path.relative_to(ROOT)}:{number}", line


def commands(group: Any, *, path: str) -> Iterator[tuple[str, str]]:
    """The words and the help of every command a user can see."""
    for name, command in getattr(group, "commands", {}).items():
        if command.hidden:
            continue
        if hasattr(command, "commands"):
            yield from commands(command, path=f"{path} {name}")
        else:
            yield f"{path} {name}", command.help or ""


def cli_commands() -> list[tuple[str, str]]:
    if find_spec("admin_api.cli") is None:
        return []
    return list(commands(typer.main.get_command(import_module("admin_api.cli").app), path="concilia"))


def says(text: str, command: str) -> bool:
    """Whether the command stands there in full: `concilia run` is not said by `concilia runs`."""
    return re.search(rf"\b{re.escape(command)}(?![\w-])", text) is not None


def sections(page: str) -> dict[str, str]:
    """The text under each heading of the second level, by its lower-case title."""
    _, *parts = re.split(r"^## +", page, flags=re.MULTILINE)
    return {title.strip().lower(): text.strip() for title, _, text in (part.partition("\n") for part in parts)}


def test_every_command_shows_an_example_of_itself() -> None:
    bare = [command for command, text in cli_commands() if not says(text, command)]
    assert not bare, listing(bare)


def test_every_command_is_in_the_reference_or_the_readme() -> None:
    pages = [page for page in (ROOT / "docs/reference/cli.md", ROOT / "README.md") if page.exists()]
    text = "\n".join(page.read_text("utf-8") for page in pages)
    unnamed = [command for command, _ in cli_commands() if not says(text, command)]
    assert not unnamed, listing(unnamed)


def test_every_connector_has_a_page() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    modules = [target.partition(":")[0] for target in project["entry-points"]["concilia.connectors"].values()]
    folders = [ROOT / module.replace(".", "/") for module in modules]
    silent = [folder.name for folder in folders if folder.is_dir() and not (folder / "README.md").is_file()]
    assert not silent, listing(silent)


def test_every_decision_has_its_four_parts() -> None:
    missing = [
        f"{page.name}: {part}"
        for page in sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
        for part in DECISION_PARTS
        if not sections(page.read_text("utf-8")).get(part)
    ]
    assert not missing, listing(missing)


def test_links_between_pages_lead_somewhere() -> None:
    pages = [path for path in repository_files() if path.suffix == ".md"]
    dead = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if not re.match(r"[a-z]+:", target) and not (page.parent / target).exists()
    ]
    assert not dead, listing(dead)


def test_no_file_names_a_package_host() -> None:
    found = [place for place, line in lines_of_text() if any(host in line.lower() for host in HOSTS)]
    assert not found, listing(found)


def test_no_file_names_a_folder_of_one_machine() -> None:
    found = [f"{place} {line.strip()[:80]}" for place, line in lines_of_text() if MACHINE_PATH.search(line)]
    assert not found, listing(found)


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("see {}/notes.md", True),
        ("--folder={}", True),
        ("sqlite:///{}/hub.db", True),
        ("'{}'", True),
        ("GET {}space", False),
        ("docs{}/page", False),
        ("${{HOME}}{}/x", False),
        ("{}-orders", False),
    ],
)
def test_a_folder_of_one_machine_is_recognised(line: str, is_one: bool) -> None:
    folder = "/" + "work"
    assert bool(MACHINE_PATH.search(line.format(folder))) is is_one


def test_a_command_is_not_said_by_a_longer_one() -> None:
    assert says("Example: concilia run", "concilia run")
    assert not says("concilia runs, concilia run-all", "concilia run")
