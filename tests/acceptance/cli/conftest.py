"""The command line as users start it: a process of its own, in a folder of its own, with a bare environment."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

KEPT = ("PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "SYSTEMROOT")


@dataclass
class Ended:
    """How one command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass
class Terminal:
    """Somebody who types commands."""

    folder: Path
    environment: dict[str, str] = field(default_factory=dict)

    def begin(self, *words: object, more: Mapping[str, str] | None = None) -> subprocess.Popen[str]:
        kept = {name: os.environ[name] for name in KEPT if name in os.environ}
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "admin_api", *map(str, words)],
            cwd=self.folder,
            env={**kept, **self.environment, **(more or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            # A shell that runs the suite in the background makes its children ignore Ctrl-C, and that is inherited.
            preexec_fn=partial(signal.signal, signal.SIGINT, signal.default_int_handler),
            errors="replace",  # what people read may be in any encoding
        )

    def __call__(self, *words: object, more: Mapping[str, str] | None = None) -> Ended:
        with self.begin(*words, more=more) as process:
            out, err = process.communicate(timeout=120)
        assert "Traceback" not in err
        return Ended(process.returncode, out, err)


@pytest.fixture
def concilia(tmp_path: Path) -> Terminal:
    return Terminal(tmp_path)


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace as `concilia init` makes it, its example read once."""
    terminal = Terminal(tmp_path_factory.mktemp("example"))
    assert terminal("init").code == 0
    assert terminal("sync").code == 0
    return terminal.folder


@pytest.fixture
def read(concilia: Terminal, example: Path) -> Terminal:
    """Somebody in a copy of that workspace."""
    shutil.copytree(example, concilia.folder, dirs_exist_ok=True)
    return concilia
