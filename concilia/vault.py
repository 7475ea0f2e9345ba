"""Secrets that cannot print themselves, and where they come from. Never a log line."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from concilia.errors import ConfigurationInvalid

_REFERENCE = re.compile(r"\$\{(env|file|vault):([^}]*)\}")


class Secret:
    """A text that shows as `***`; `reveal` gives it to the call that needs it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself."""
        return self._text

    def __repr__(self) -> str:
        return "Secret('***')"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(("Secret", self._text))


def _nothing_kept(name: str) -> Secret | None:  # noqa: ARG001
    return None


@dataclass(frozen=True, slots=True)
class Sources:
    """Where references lead: files of a folder, an environment (None: the process's own), and what the hub keeps."""

    folder: Path
    environment: Mapping[str, str] | None = field(default=None, repr=False)
    kept: Callable[[str], Secret | None] = _nothing_kept


def is_reference(text: str) -> bool:
    """Whether the text is `${env:NAME}`, `${file:PATH}` or `${vault:CONNECTION/SETTING}`."""
    return _REFERENCE.fullmatch(text) is not None


def reference_to(connection: str, setting: str) -> str:
    """The reference to a secret that the hub keeps itself."""
    return f"${{vault:{connection}/{setting}}}"


def resolve(text: str, sources: Sources) -> Secret:
    """The secret behind a reference (relative paths start at the folder of the workspace).

    Raises ConfigurationInvalid with a sentence when nothing is there.
    """
    found = _REFERENCE.fullmatch(text)
    if found is None:
        raise ValueError(f"not a secret reference: {text!r}")
    kind, name = found.groups()
    match kind:
        case "env":
            return _of_environment(name, sources.environment)
        case "file":
            return _of_file(sources.folder / Path(name).expanduser())
        case _:
            kept = sources.kept(name)
            if kept is None:
                raise ConfigurationInvalid(
                    f"The hub keeps no secret {name}.", mend="Enter it: concilia vault set CONNECTION SETTING."
                )
            return kept


def _of_environment(name: str, environment: Mapping[str, str] | None) -> Secret:
    value = (os.environ if environment is None else environment).get(name)
    if not value:
        raise ConfigurationInvalid(
            f"The environment variable {name} is not set.",
            mend=f"Set it before starting: export {name}=…",
        )
    return Secret(value)


def _of_file(path: Path) -> Secret:
    try:
        return Secret(path.read_text(encoding="utf-8").strip("\r\n"))
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigurationInvalid(
            f"The secret file {path} cannot be read.", mend="Create it with only the secret inside."
        ) from fault
