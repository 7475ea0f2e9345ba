"""The settings of a connection to a described system, checked by the manifest's `spec`. No network."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from concilia.errors import ConfigurationInvalid
from connectors.contract import ConnectionSettings
from connectors.given import Given
from connectors.manifest.document import Manifest

MANIFEST = "manifest"  # the setting that names the file, of connector: manifest


def config_of(configured: ConnectionSettings, manifest: Manifest) -> dict[str, Any]:
    """The settings as templates name them; ConfigurationInvalid when one is missing, unknown or wrong."""
    given = Given(configured).only({*manifest.spec, MANIFEST})
    found = {name: _value(given, name, said) for name, said in manifest.spec.items()}
    zone = given.zone() if given.optional("time_zone") else None
    return {
        name: value for name, value in {**found, "time_zone": zone.key if zone else None}.items() if value is not None
    }


def _value(given: Given, name: str, said: Mapping[str, Any]) -> Any:
    match said.get("type", "text"):
        case "integer":
            return _whole(given, name, said)
        case "boolean":
            return _flag(given, name, default=bool(said.get("default")))
        case "address":
            return _address(given, name, said)
        case _ if said.get("secret"):
            return given.secret(name) if said.get("required") else given.optional_secret(name)
        case _:
            return _text(given, name, said)


def _text(given: Given, name: str, said: Mapping[str, Any]) -> str | None:
    default = str(said["default"]) if "default" in said else None
    if default is None and not said.get("required") and given.optional(name) is None:
        return None
    if "enum" in said:
        return given.choice(name, said["enum"], default=default or "")
    return given.text(name, default=default)


def _whole(given: Given, name: str, said: Mapping[str, Any]) -> int | None:
    if "default" not in said and given.optional(name) is None:
        return None if not said.get("required") else int(given.text(name))
    low, high = said.get("minimum", 0), said.get("maximum", 2**31 - 1)
    return given.number(name, default=said.get("default", low), lowest=low, highest=high)


def _address(given: Given, name: str, said: Mapping[str, Any]) -> str | None:
    if given.optional(name) is None and not said.get("required") and "default" not in said:
        return None
    address = given.address(name, default=said.get("default"))
    end = said.get("ends_with", "").rstrip("/")
    return address if address.endswith(end) else address + end


def _flag(given: Given, name: str, *, default: bool) -> bool:
    value = given.configured.settings.get(name, default)
    if not isinstance(value, bool):
        raise ConfigurationInvalid(f"The setting `{name}` of {given.system} is {value!r}.", mend="Write true or false.")
    return value
