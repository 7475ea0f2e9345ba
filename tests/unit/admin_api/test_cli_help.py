"""What the command line says of itself, and that its options may stand where people put them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from admin_api.cli import app, main


def commands(group: Any, *words: str) -> Iterator[tuple[str, ...]]:
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, *words, name)
        elif not command.hidden:
            yield (*words, name)


COMMANDS = list(commands(typer.main.get_command(app)))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_the_help_of_a_command_shows_an_example_and_the_options_of_all(words: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(app, [*words, "--help"])
    assert shown.exit_code == 0
    assert f"Example: concilia {' '.join(words)}" in re.sub(r"\s+", " ", shown.output)
    assert "--json" in shown.output
    assert "-w" in shown.output


def test_the_first_help_fits_a_terminal() -> None:
    shown = CliRunner().invoke(app, ["--help"])
    assert all(len(line) <= 80 for line in shown.output.splitlines())
    assert "..." not in shown.output.partition("Commands:")[2]


def test_tests_are_said_to_live_in_a_checkout() -> None:
    assert "bin/concilia test" in CliRunner().invoke(app, ["test", "--help"]).output
    assert main(["test", "-k", "anything"]) == 2


def test_the_version_is_told_both_ways(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == main(["version"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == second
    assert re.fullmatch(r"concilia \d+\.\d+\.\d+", first)


@pytest.mark.parametrize(
    "line",
    [
        "-w {} --json quarantine list",
        "quarantine -w {} --json list",
        "quarantine list -w {} --json",
        "--json quarantine -w {} list",
        "quarantine --json list --workspace {}",
    ],
)
def test_workspace_and_json_may_stand_anywhere(line: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "concilia.yaml").write_text("version: 1\n")
    assert main(line.format(tmp_path).split()) == 0
    assert capsys.readouterr().out == ""
    assert (tmp_path / ".concilia").is_dir()


def test_the_nearer_workspace_counts(tmp_path: Path) -> None:
    (tmp_path / "concilia.yaml").write_text("version: 1\n")
    assert main(["-w", str(tmp_path / "nowhere"), "runs", "-w", str(tmp_path)]) == 0


@pytest.mark.parametrize("line", ["nonsense", "sync --nonsense", "keys", "", "export nonsense", "runs --limit 0"])
def test_what_is_not_a_command_is_a_fault_of_usage(line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(line.split()) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "concilia" in told.err
