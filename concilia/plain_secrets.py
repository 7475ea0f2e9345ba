"""Finds secrets that stand written out where only references to them may stand. No meaning of any setting."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from concilia import vault
from concilia.documents import Document, Place

# The end of a setting's name that says it is a secret; `token_url` or `private_key_file` do not end so.
_SECRET_NAME = re.compile(
    r"(^|_)(password|passwd|passphrase|secret|api_?key|private_key|token|contrasena|credentials?)$"
)
_PASSWORD_IN_ADDRESS = re.compile(r"://[^/\s:@]*:[^/\s@]+@")


def is_secret_name(name: str) -> bool:
    """Whether a setting of that name holds a secret."""
    return _SECRET_NAME.search(name.casefold().replace("-", "_")) is not None


def refuse_plain_secrets(document: Document, settings: Mapping[str, Any], within: Place) -> None:
    """ConfigurationInvalid when a secret stands where a reference to it should."""
    for place, text in texts(settings, within):
        named = next((str(step) for step in reversed(place) if isinstance(step, str)), "")
        if vault.is_reference(text):
            continue
        if any(start in text for start in ("${env:", "${file:", "${vault:")):
            mend = "Let the whole value be one reference."
            raise document.error("a reference to a secret cannot be a part of a text.", at=place, mend=mend)
        if is_secret_name(named) or _PASSWORD_IN_ADDRESS.search(text):
            variable = f"{document.root[1]}_{named}".upper().replace("-", "_")
            mend = f"Write ${{env:{variable}}} or ${{file:PATH}}, and keep the value there."
            raise document.error("a secret may not stand in this file.", at=place, mend=mend)


def texts(value: Any, place: Place) -> Iterator[tuple[Place, str]]:
    """Every text in a value with its place; whole numbers as texts."""
    match value:
        case str():
            if value:
                yield place, value
        case dict():
            for key, inner in value.items():
                yield from texts(inner, (*place, key))
        case list():
            for index, inner in enumerate(value):
                yield from texts(inner, (*place, index))
        case _:
            if place and isinstance(value, int) and not isinstance(value, bool):
                yield place, str(value)  # a PIN is a secret too
