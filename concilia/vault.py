"""Secrets that cannot print themselves, and where they come from. Never a log line."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from concilia.errors import ConfigurationInvalid

_REFERENCE = re.compile(r"\$\{(env|file):([^}]*)\}")


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


def is_reference(text: str) -> bool:
    """Whether the text is `${env:NAME}` or `${file:PATH}`."""
    return _REFERENCE.fullmatch(text) is not None


def resolve(text: str, *, folder: Path, environment: Mapping[str, str] | None = None) -> Secret:
    """The secret behind `${env:NAME}` or `${file:PATH}` (relative paths start at the workspace).

    Raises ConfigurationInvalid with a sentence when the variable or the file is missing.
    """
    found = _REFERENCE.fullmatch(text)
    if found is None:
        raise ValueError(f"not a secret reference: {text!r}")
    kind, name = found.groups()
    if kind == "env":
        value = (os.environ if environment is None else environment).get(name)
        if not value:
            raise ConfigurationInvalid(
                f"The environment variable {name} is not set.",
                mend=f"Set it before starting: export {name}=…",
            )
        return Secret(value)
    path = folder / Path(name).expanduser()
    try:
        return Secret(path.read_text(encoding="utf-8").strip("\r\n"))
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigurationInvalid(
            f"The secret file {path} cannot be read.", mend="Create it with only the secret inside."
        ) from fault
