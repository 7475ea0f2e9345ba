"""Manifests that are wrong: one sentence with file, line and path, and how to mend it."""

from __future__ import annotations

from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from concilia.errors import ConfigurationInvalid
from connectors.manifest import json_schema, parse_manifest

GOOD = """\
version: 1
spec:
  url: {type: address, required: true}
  api_key: {secret: true}
requester:
  url_base: "{{ config.url }}"
  authenticator: {type: ApiKeyAuthenticator, header: X-Key, api_token: "{{ config.api_key }}"}
streams:
  clientes:
    primary_key: id
    path: /clientes
    paginator: {type: OffsetIncrement, offset_parameter: offset, page_size: 50}
    by_key: {path: "/clientes/{{ key.id }}"}
    schema: {id: text, saldo: decimal}
writes:
  register_payment:
    type: create
    rung: look_up
    look_up: {path: /pagos, reference: ref}
    request: {path: /pagos, request_body_json: {ref: "{{ order.reference }}"}}
    external_id: [id]
"""


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(json_schema())


def test_a_good_manifest_is_read() -> None:
    manifest = parse_manifest(GOOD)
    assert list(manifest.streams) == ["clientes"]
    assert manifest.streams["clientes"].schema.columns["saldo"] == "decimal"


@pytest.mark.parametrize(
    ("old", "new", "line", "path", "said"),
    [
        ("primary_key: id", "primarykey: id", 10, "streams.clientes", 'Did you mean "primary_key"?'),
        ("type: OffsetIncrement", "type: OffsetIncrements", 12, "streams.clientes.paginator.type", "OffsetIncrement"),
        ("offset_parameter: offset, ", "", 12, "streams.clientes.paginator", 'needs "offset_parameter"'),
        ("config.url", "config.ulr", 6, "requester.url_base", 'Did you mean "url"?'),
        ("order.reference", "order.referense", 20, "writes.register_payment.request", 'Did you mean "reference"?'),
        ("path: /clientes\n", 'path: "/{{ order.debt }}"\n', 11, "streams.clientes.path", "only under writes"),
        ("{{ key.id }}", "{{ 1 + 1 }}", 13, "streams.clientes.by_key.path", "no calculations"),
        ("{{ key.id }}", "{{ key.id | exec('x') }}", 13, "streams.clientes.by_key.path", "no filter"),
        ("{{ key.id }}", "{{ llave.id }}", 13, "streams.clientes.by_key.path", "nothing called"),
        ("{{ key.id }}", "{% if x %}", 13, "streams.clientes.by_key.path", "{%"),
        ("{{ key.id }}", "{{ key.id | shorten('x') }}", 13, "streams.clientes.by_key.path", "whole number"),
        ("schema: {id: text", "schema: {ident: text", 14, "streams.clientes.schema", '"id" is no column'),
        ("rung: look_up\n    look_up: {path: /pagos, reference: ref}", "rung: look_up", 18,
         "writes.register_payment.rung", "found by our reference"),
        ("rung: look_up\n", "rung: server_key\n", 18, "writes.register_payment.rung", "order.key"),
        ("rung: look_up\n", "rung: precondition\n", 18, "writes.register_payment.rung", "contact data"),
        ("version: 1", "version: 2", 1, "version", "1"),
        ("  clientes:", "  Clientes:", 9, "streams", "small letters"),
        ("paginator: {", "partition_router: {type: SubstreamPartitionRouter, parent_stream: cliente}\n    paginator: {",
         12, "streams.clientes.partition_router", 'Did you mean "clientes"?'),
        ("primary_key: id\n", "primary_key: id\n    primary_key: id\n", 11, "streams.clientes", "twice"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line_and_path(old: str, new: str, line: int, path: str, said: str) -> None:
    assert old in GOOD
    with pytest.raises(ConfigurationInvalid) as fault:
        parse_manifest(GOOD.replace(old, new, 1), file="acme.yaml")
    assert fault.value.file == "acme.yaml"
    assert fault.value.line == line
    assert fault.value.path.startswith(path)
    assert said in str(fault.value)


def test_an_update_needs_a_way_to_read_the_record_again() -> None:
    text = GOOD.replace('    by_key: {path: "/clientes/{{ key.id }}"}\n', "").partition("writes:")[0]
    update = "{columns: [saldo], request: {path: /x}}"
    with pytest.raises(ConfigurationInvalid, match="by_key"):
        parse_manifest(f"{text}writes:\n  update_contact: {{type: update, streams: {{clientes: {update}}}}}\n")


@pytest.mark.parametrize("text", ["", "streams: [", "- 1\n- 2\n", "version: 1\n", "\t- x"])
def test_a_file_that_is_no_manifest_is_one_sentence(text: str) -> None:
    with pytest.raises(ConfigurationInvalid) as fault:
        parse_manifest(text)
    assert "Traceback" not in str(fault.value)
    assert len(str(fault.value).splitlines()) == 1


@pytest.mark.parametrize("name", ["dolibarr", "espocrm", "erpnext"])
def test_the_shipped_manifests_are_valid(name: str) -> None:
    path = Path(__file__).resolve().parents[4] / "connectors" / name / "manifest.yaml"
    assert parse_manifest(path.read_text("utf-8"), file=name).streams
