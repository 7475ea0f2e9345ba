"""What a connector says of itself before there is a connection: title, settings, abilities, what it was tested against.

A package offers it as `describe()`. The settings are a JSON Schema (2020-12) with secrets marked `writeOnly`; forms,
`concilia connectors show` and the API are made from it. The connector's own checks stay the last word.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from concilia.errors import ConfigurationInvalid
from concilia.vault import Secret
from connectors.contract import Capabilities

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


@dataclass(frozen=True, slots=True)
class Description:
    """A connector as it is shown to who chooses one. `capabilities` are those of its most capable connection."""

    title: str
    settings_schema: Mapping[str, Any]
    capabilities: Capabilities
    tested_against: tuple[str, ...]  # peers and versions the conformance suite was run on, in words; never more
    note: str = ""  # what the table of abilities cannot say
    needs: tuple[str, ...] = field(default=())  # optional parts to be installed, such as concilia[mysql]


# For mapping, which most connections may have besides what the connector itself reads.
ZONE: Final = {"time_zone": {"type": "string", "description": "The zone of moments without one.", "default": "UTC"}}
DECIMAL: Final = {"decimal": {"type": "string", "description": "The decimal sign of amounts that come as text."}}


def schema_of(*properties: Mapping[str, Mapping[str, Any]], required: tuple[str, ...] = ()) -> dict[str, Any]:
    """A schema of settings: an object with these members and no others."""
    members = {name: member for part in properties for name, member in part.items()}
    return {
        "$schema": DIALECT,
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": members,
    }


def text(description: str, **more: Any) -> dict[str, Any]:
    """A member that is a text."""
    return {"type": "string", "description": description, **more}


def secret(description: str, **more: Any) -> dict[str, Any]:
    """A member that is kept sealed and never shown again; written as ${env:NAME} or ${file:PATH} in concilia.yaml."""
    return {"type": "string", "description": description, "writeOnly": True, "minLength": 1, **more}


def number(description: str, *, default: float, least: float = 0, most: float | None = None) -> dict[str, Any]:
    """A member that is a number of any kind."""
    limits = {"minimum": least} if most is None else {"minimum": least, "maximum": most}
    return {"type": "number", "description": description, "default": default, **limits}


def whole(description: str, *, default: int, least: int = 0, most: int | None = None) -> dict[str, Any]:
    """A member that is a whole number."""
    return {**number(description, default=default, least=least, most=most), "type": "integer"}


def flag(description: str, *, default: bool) -> dict[str, Any]:
    """A member that is true or false."""
    return {"type": "boolean", "description": description, "default": default}


def secrets_in(schema: Mapping[str, Any]) -> frozenset[str]:
    """The members that are secrets."""
    return frozenset(name for name, member in schema.get("properties", {}).items() if member.get("writeOnly"))


def objections(schema: Mapping[str, Any], settings: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What is wrong with settings by their schema: the member ("" for all) and a sentence. Secrets stay unseen."""
    from jsonschema import Draft202012Validator

    plain = {name: value.reveal() if isinstance(value, Secret) else value for name, value in settings.items()}
    hidden = secrets_in(schema)
    for fault in sorted(Draft202012Validator(dict(schema)).iter_errors(plain), key=lambda each: list(each.path)):
        name = ".".join(str(part) for part in fault.path)
        yield name, f"It is no {fault.validator_value}." if name in hidden else f"{fault.message}."


def refuse_unless_valid(description: Description, settings: Mapping[str, Any], *, connection: str) -> None:
    """ConfigurationInvalid for the first thing that is wrong with the settings of a connection."""
    for name, sentence in objections(description.settings_schema, settings):
        what = f"setting {name} of connection {connection}" if name else f"settings of connection {connection}"
        raise ConfigurationInvalid(f"The {what} cannot be used: {sentence}", path=name)
