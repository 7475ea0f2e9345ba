"""What connectors say of themselves: settings schemas that agree with their checks, and a table that says no more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from concilia.errors import ConfigurationInvalid
from concilia.vault import Secret
from connectors import abilities, registry
from connectors.contract import Capabilities, ConnectionSettings, Operation, Rung, StreamRequest
from connectors.database import settings as database_settings
from connectors.description import (
    Description,
    objections,
    refuse_unless_valid,
    schema_of,
    secret,
    secrets_in,
    text,
    whole,
)
from connectors.sandbox import SandboxSettings
from connectors.tryton import settings as tryton_settings

ROOT = Path(__file__).resolve().parents[3]
DESCRIBED = registry.described()

GOOD: dict[str, dict[str, Any]] = {
    "sandbox": {"url": "http://127.0.0.1:1", "api_key": Secret("clave"), "system": "erp"},
    "database": {"url": "sqlite:///erp.db", "overlap_seconds": 60.5, "page_size": 10},
    "files": {"path": "incoming", "encoding": "cp1252", "delimiter": ";", "decimal": ",", "header": ["a", "b"]},
    "tryton": {"url": "https://erp.example.com", "database": "erp", "username": "u", "password": Secret("clave")},
}
BAD: list[tuple[str, dict[str, Any], str]] = [
    ("sandbox", {"system": "wms"}, "system"),
    ("sandbox", {"page_size": 0}, "page_size"),
    ("sandbox", {"api_key": Secret("")}, "api_key"),
    ("database", {"statement_timeout_seconds": 0}, "statement_timeout_seconds"),
    ("database", {"urll": "x"}, ""),
    ("files", {"encoding": "ebcdic"}, "encoding"),
    ("files", {"path": ""}, "path"),
    ("tryton", {"page_size": 5000}, "page_size"),
    ("tryton", {"password": Secret("")}, "password"),
]


def configured(name: str, settings: dict[str, Any]) -> ConnectionSettings:
    streams = {"files": (StreamRequest("deudas", key=("id",), options={"file": "*.csv"}),)}
    return ConnectionSettings("erp", settings, folder=".", streams=streams.get(name, ()))


@pytest.mark.parametrize("name", DESCRIBED)
def test_a_settings_schema_is_one(name: str) -> None:
    schema = DESCRIBED[name].settings_schema
    Draft202012Validator.check_schema(dict(schema))
    assert schema["type"] == "object"


@pytest.mark.parametrize("name", GOOD)
def test_a_settings_schema_explains_each_member_and_takes_no_other(name: str) -> None:
    schema = DESCRIBED[name].settings_schema
    assert schema["additionalProperties"] is False
    assert not [member for member, said in schema["properties"].items() if not said.get("description")]
    assert set(schema.get("required", ())) <= set(schema["properties"])


@pytest.mark.parametrize("name", DESCRIBED)
def test_whatever_sounds_like_a_secret_is_marked_as_one(name: str) -> None:
    schema = DESCRIBED[name].settings_schema
    words = ("password", "secret", "api_key", "private_key", "refresh_token")
    loud = {m for m in schema["properties"] if m.endswith(words) or m in words}
    assert loud <= secrets_in(schema)


@pytest.mark.parametrize("name", GOOD)
def test_what_the_schema_takes_the_connector_takes(name: str) -> None:
    assert list(objections(DESCRIBED[name].settings_schema, GOOD[name])) == []
    registry.connect(name, configured(name, GOOD[name])).close()


@pytest.mark.parametrize(("name", "wrong", "where"), BAD)
def test_what_the_connector_refuses_the_schema_refuses(name: str, wrong: dict[str, Any], where: str) -> None:
    given = {**GOOD[name], **wrong}
    assert [place for place, _ in objections(DESCRIBED[name].settings_schema, given)] == [where]
    with pytest.raises(ConfigurationInvalid):
        registry.connect(name, configured(name, given))


def test_schema_and_checks_know_the_same_settings() -> None:
    known = {
        "sandbox": set(SandboxSettings.__dataclass_fields__),
        "tryton": set(tryton_settings.KNOWN),
        "database": set(database_settings._SETTINGS),
    }
    assert {name: set(DESCRIBED[name].settings_schema["properties"]) for name in known} == known


def test_an_objection_never_shows_a_secret() -> None:
    schema = schema_of({"api_key": secret("A key.", pattern="^[a-z]+$"), "size": whole("How many.", default=1, most=5)})
    found = dict(objections(schema, {"api_key": Secret("HUNTER2-canario"), "size": 7}))
    assert set(found) == {"api_key", "size"}
    assert "canario" not in " ".join(found.values())
    described = Description("x", schema, Capabilities(), ())
    with pytest.raises(ConfigurationInvalid, match="setting api_key of connection erp"):
        refuse_unless_valid(described, {"api_key": Secret("HUNTER2")}, connection="erp")


def test_an_unknown_connector_is_refused_and_a_silent_one_is_none() -> None:
    with pytest.raises(ConfigurationInvalid, match="There is no connector 'nope'"):
        registry.describe("nope")


def test_a_row_says_what_is_declared_and_nothing_else() -> None:
    can = Capabilities(
        streams=("people",), incremental="timestamp", writes={Operation.REGISTER_PAYMENT: Rung.UPSERT},
    )  # fmt: skip
    row = abilities.abilities_of("x", Description("X", schema_of({"a": text("b")}), can, ()))
    assert row.cells == ("x", "people", "time stamp", "–", "yes", "–", "–", "–", "–", "upsert", "nothing yet")


@pytest.mark.parametrize("name", ["sandbox", "tryton"])
def test_a_description_declares_what_the_connector_declares(name: str) -> None:
    connector = registry.connect(name, configured(name, GOOD[name]))
    real, said = connector.capabilities, DESCRIBED[name].capabilities
    connector.close()
    assert (said.incremental, said.writes, said.overlap) == (real.incremental, real.writes, real.overlap)
    assert set(real.streams) <= set(said.streams)
    assert set(real.lists_keys) <= set(said.lists_keys)


def test_the_page_of_abilities_is_what_the_connectors_declare() -> None:
    page = (ROOT / "docs/reference/connectors.md").read_text("utf-8")
    assert page == abilities.page(DESCRIBED), "run: concilia connectors table > docs/reference/connectors.md"
