"""Every ending of a command: its exit code, its sentence, and what is kept out of both."""

from __future__ import annotations

import json

import pytest
import typer

from admin_api.cli.endings import exit_code_of
from admin_api.cli.screen import Screen, printable
from concilia import errors
from concilia.money import parse_amount


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (errors.ConfigurationInvalid("a.", file="concilia.yaml", line=3), 2),
        (errors.RequestInvalid("a."), 2),
        (errors.NotFound("a."), 2),
        (errors.Conflict("a."), 2),
        (errors.SystemUnreachable("a."), 3),
        (errors.CredentialsRefused("a."), 3),
        (errors.AskSteward("a."), 4),
        (errors.RunMustStop("a."), 5),
        (typer.BadParameter("a."), 2),
        (typer.Exit(5), 5),
        (OSError(28, "No space left on device", "hub.db"), 3),
        (KeyboardInterrupt(), 130),
        (RuntimeError("a."), 1),
    ],
)
def test_each_ending_has_its_exit_code(fault: BaseException, code: int) -> None:
    assert exit_code_of(fault, screen=Screen()) == code


def test_a_deliberate_error_is_one_sentence_and_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    fault = errors.ConfigurationInvalid(
        "there is no setting x.", mend="Did you mean y?", file="concilia.yaml", line=7, path="connections.erp"
    )
    exit_code_of(fault, screen=Screen(as_json=True))
    told = capsys.readouterr()
    assert told.err == "concilia.yaml:7 at connections.erp: there is no setting x. Did you mean y?\n"
    assert json.loads(told.out)["error"] == {
        "type": "ConfigurationInvalid",
        "message": "there is no setting x.",
        "mend": "Did you mean y?",
        "file": "concilia.yaml",
        "line": 7,
        "path": "connections.erp",
        "exit_code": 2,
    }


def test_a_fault_of_the_program_shows_its_place_and_none_of_what_it_held(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CONCILIA_DEBUG", raising=False)
    with pytest.raises(ValueError, match="José") as caught:
        parse_amount("12.531.909-2 José")
    exit_code_of(caught.value, screen=Screen(as_json=True))
    told = capsys.readouterr()
    assert "12.531.909-2" not in told.out + told.err
    assert "ValueError in concilia/money.py:" in told.err
    assert "report" in told.err
    assert told.err.count("\n") == 1


def test_the_details_of_a_fault_are_there_for_whoever_asks(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CONCILIA_DEBUG", "1")
    exit_code_of(KeyError("the cell"), screen=Screen())
    assert "KeyError: 'the cell'" in capsys.readouterr().err


def test_what_a_source_wrote_does_not_command_the_terminal() -> None:
    assert printable("José\x1b[2J\tÑ\x00\nx") == "José\ufffd[2J Ñ\ufffd\nx"


def test_json_owns_standard_output_and_people_read_the_other(capsys: pytest.CaptureFixture[str]) -> None:
    screen = Screen(as_json=True)
    screen.say("for people")
    screen.table(("a", "b"), [("x", 1)])
    screen.document({"n": 1})
    told = capsys.readouterr()
    assert told.out == '{"n": 1}\n'
    assert "for people" in told.err
    assert "x" in told.err
