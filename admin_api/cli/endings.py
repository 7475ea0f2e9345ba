"""How a command ends: every error becomes one sentence and an exit code. No secrets, no personal data, no traceback."""

from __future__ import annotations

import os
import sys
import traceback
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

import typer

from admin_api.cli.screen import Screen
from concilia.errors import ConciliaError

BUG, USAGE, SYSTEM, INTERRUPTED, PIPE_CLOSED = 1, 2, 3, 130, 141
_PLACE = ("file", "line", "path", "field", "system", "code")
_HOME = Path(__file__).resolve().parents[2]
_OURS = ("admin_api", "sync", "connectors", "mapping", "dedup", "concilia")


def exit_code_of(fault: BaseException, *, screen: Screen) -> int:
    """Tell people and programs what happened, and answer the exit code."""
    match fault:
        case typer.Exit():
            code = fault.exit_code
        case ConciliaError():
            code = _told(fault, screen)
        case typer.TyperException():
            code = _misused(fault, screen)
        case KeyboardInterrupt() | typer.Abort():
            screen.complain("Interrupted. What was stored stays, and the next run goes on from there.")
            code = INTERRUPTED
        case BrokenPipeError():
            _let_go_of_output()
            code = PIPE_CLOSED
        case OSError():
            code = _refused_by_this_machine(fault, screen)
        case _:
            code = _bug(fault, screen)
    return code


def as_json(fault: ConciliaError) -> dict[str, Any]:
    """The error for programs: what, where and how to mend it."""
    place = {name: found for name in _PLACE if (found := getattr(fault, name, None))}
    return {"type": type(fault).__name__, "message": fault.message, "mend": fault.mend, **place}


def _told(fault: ConciliaError, screen: Screen) -> int:
    screen.complain(str(fault))
    screen.document({"error": {**as_json(fault), "exit_code": fault.exit_code}})
    return fault.exit_code


def _misused(fault: typer.TyperException, screen: Screen) -> int:
    context = getattr(fault, "ctx", None)
    message = fault.format_message() or "A command is missing."
    mend = f"See {context.command_path} --help." if context else ""
    # Without any word the whole help is the message; it needs no hint to itself.
    shown = message if "\n" in message else f"{message} {mend}".strip()
    screen.complain(shown)
    said = {"type": "UsageError", "message": message, "mend": mend, "exit_code": USAGE}
    screen.document({"error": said})
    return USAGE


def _refused_by_this_machine(fault: OSError, screen: Screen) -> int:
    what = f"{fault.filename}: {fault.strerror}" if fault.filename else fault.strerror or type(fault).__name__
    message = f"This machine refuses: {what}."
    screen.complain(message)
    said = {"type": type(fault).__name__, "message": message, "mend": "", "exit_code": SYSTEM}
    screen.document({"error": said})
    return SYSTEM


def _bug(fault: BaseException, screen: Screen) -> int:
    """The text of an unforeseen error may hold anything, so only its kind and its place are shown."""
    message = f"Concilia has a fault ({type(fault).__name__}{_place_of(fault.__traceback__)})."
    mend = "Please report this; CONCILIA_DEBUG=1 shows the details, which may hold personal data."
    if os.environ.get("CONCILIA_DEBUG") == "1":
        traceback.print_exception(fault, file=sys.stderr)
    screen.complain(f"{message} {mend}")
    screen.document({"error": {"type": "Bug", "message": message, "mend": mend, "exit_code": BUG}})
    return BUG


def _place_of(trace: TracebackType | None) -> str:
    """The last line of ours that was reached."""
    found = ""
    for frame, line in traceback.walk_tb(trace):
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(_HOME) and path.relative_to(_HOME).parts[0] in _OURS:
            found = f" in {path.relative_to(_HOME).as_posix()}:{line}"
    return found


def _let_go_of_output() -> None:
    """Whoever read us has gone; what is still buffered goes nowhere, without another complaint at the very end."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
