"""Starts taps and targets the way Singer prescribes: their configuration in private files, gone when they end."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from concilia.errors import ConfigurationInvalid, RunMustStop
from connectors.exact_json import dumps
from connectors.programs import Program
from connectors.singer.catalog import Entry, entries_of
from connectors.singer.settings import ProgramSettings, TapSettings

_LARGEST_CATALOG = 64 * 1024 * 1024


class TapClient:
    """One tap. Its catalog is asked for once."""

    def __init__(self, settings: TapSettings) -> None:
        self.settings = settings
        self._entries: tuple[Entry, ...] | None = None

    @property
    def called(self) -> str:
        """What errors call it."""
        return self.settings.program.terms.called

    def entries(self) -> tuple[Entry, ...]:
        """The streams it has, from its catalog file or from itself; none when it cannot say."""
        if self._entries is None:
            self._entries = self._read_entries()
        return self._entries

    @contextmanager
    def reading(self, catalog: Mapping[str, Any] | None, state: str | None) -> Iterator[Program]:
        """The tap at work: of that catalog, behind that state."""
        files = {} if catalog is None else {self.settings.catalog_flag: dumps(catalog)}
        if state is not None:
            files["state"] = state.encode()
        with _running(self.settings.program, files=files) as program:
            program.tell(b"")
            yield program

    def _read_entries(self) -> tuple[Entry, ...]:
        if self.settings.catalog is not None:
            try:
                text = self.settings.catalog.read_text("utf-8")
            except (OSError, UnicodeDecodeError) as fault:
                raise ConfigurationInvalid(f"{self.called}: its catalog file cannot be read.") from fault
            return entries_of(text, called=self.called)
        if not self.settings.discovers:
            return ()
        with _running(self.settings.program, "--discover") as program:
            program.tell(b"")
            text = _all_of(program, called=self.called)
            if code := program.exit_code():
                raise ended_badly(self.called, code, program.last_words)
        return entries_of(text, called=self.called)


def ended_badly(called: str, code: int, words: str) -> RunMustStop:
    """The error for a program that did not end with 0."""
    how = f"was ended by signal {-code}" if code < 0 else f"ended with exit code {code}"
    said = f", saying: {words}" if words else ""
    return RunMustStop(f"{called} {how}{said}", mend="Run `concilia check`, and see the program's own documentation.")


@contextmanager
def running(settings: ProgramSettings) -> Iterator[Program]:
    """The program with its configuration, waiting for its input."""
    with _running(settings) as program:
        yield program


@contextmanager
def _running(settings: ProgramSettings, *words: str, files: Mapping[str, bytes] | None = None) -> Iterator[Program]:
    """The program, its files in a folder that only this user can look into."""
    folder = Path(tempfile.mkdtemp(prefix="concilia-singer-"))
    try:
        command: list[str | Path] = [settings.executable]
        for name, content in {"config": dumps(settings.config), **(files or {})}.items():
            file = folder / f"{name}.json"
            file.write_bytes(content)
            command += [f"--{name}", file]
        with Program([*command, *words], terms=settings.terms) as program:
            yield program
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _all_of(program: Program, *, called: str) -> str:
    parts: list[bytes] = []
    size = 0
    for line in program.lines():
        parts.append(line)
        size += len(line)
        if size > _LARGEST_CATALOG:
            raise RunMustStop(f"{called} answered --discover with more than {_LARGEST_CATALOG:,} bytes.")
    return b"\n".join(parts).decode("utf-8", "replace")
