"""The reference of manifests and the guide to one: every key is there, every example is good, the guide really works."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from concilia.documents import parse_document
from concilia.errors import ConfigurationInvalid
from connectors.manifest import json_schema, parse_manifest
from connectors.manifest.templates import FILTERS, SCOPES
from sync.configuring import apply, check, preview
from sync.runs import run
from tests.conftest import OpenHub
from tests.fake_rest.serving import Asked, Said, serving

ROOT = Path(__file__).resolve().parents[4]
REFERENCE = (ROOT / "docs/reference/manifests.md").read_text("utf-8")
GUIDE = (ROOT / "docs/how-to/describe-a-rest-system.md").read_text("utf-8")
SKELETON: Mapping[str, str] = {
    "spec": "spec: {url: {}, api_key: {secret: true}}\n",
    "requester": "requester: {url_base: https://x.example}\n",
    "streams": "streams: {clientes: {primary_key: id, path: /clientes, by_key: {path: /c}}}\n",
}


def examples(page: str) -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", page, flags=re.MULTILINE | re.DOTALL)


def schema_keys(schema: Any) -> Iterator[str]:
    if isinstance(schema, dict):
        yield from (key for key in schema.get("properties", {}) if isinstance(schema["properties"], dict))
        for inner in schema.values():
            yield from schema_keys(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from schema_keys(inner)


def values_of(schema: Any, member: str) -> Iterator[str]:
    if isinstance(schema, dict):
        for name, inner in schema.get("properties", {}).items():
            if name == member and isinstance(inner, dict):
                yield from (str(one) for one in inner.get("enum", ()))
        for inner in schema.values():
            yield from values_of(inner, member)


@pytest.mark.parametrize("key", sorted(set(schema_keys(json_schema()))))
def test_every_key_is_in_the_reference(key: str) -> None:
    assert re.search(rf"\b{re.escape(key)}\b", REFERENCE), key


@pytest.mark.parametrize(
    "word",
    sorted({*values_of(json_schema(), "type"), *values_of(json_schema(), "action"), *FILTERS, *SCOPES}),
)
def test_every_word_a_key_may_have_is_in_the_reference(word: str) -> None:
    assert re.search(rf"\b{re.escape(word)}\b", REFERENCE), word


@pytest.mark.parametrize("text", examples(REFERENCE))
def test_every_example_of_the_reference_is_valid(text: str) -> None:
    if text.startswith("connections:"):
        assert parse_document(text, file="x").content
        return
    if text.startswith("error_handler:"):
        text = "requester:\n  url_base: https://x.example\n" + "".join(f"  {line}\n" for line in text.splitlines())
    if not text.startswith("version:"):
        top = text.partition(":")[0]
        text = "version: 1\n" + "".join(part for name, part in SKELETON.items() if name != top) + text
    assert parse_manifest(text).streams


class Acme:
    """What the guide describes."""

    def __init__(self) -> None:
        stamp = "2026-11-20T12:00:00.000Z"
        self.rows = [{"id": "c1", "nombre": "Ana Núñez", "rut": "12.345.678-5", "saldo": 50000, "vence": "2026-12-01",
                      "modificado": stamp}]  # fmt: skip

    def answer(self, asked: Asked) -> Said:
        if asked.headers.get("x-api-key") != "llave":
            return Said(401, {"message": "sin llave"})
        if asked.path == "/v2/pagos":
            return Said(body={"datos": []})
        rows = [row for row in self.rows if str(row["modificado"]) >= asked.query.get("desde", "")]
        start = int(asked.query["salto"])
        return Said(body={"datos": rows[start : start + int(asked.query["limite"])]})


def test_the_guide_leads_to_debts_in_the_hub(tmp_path: Path, opened: OpenHub) -> None:
    manifest, mapping, workspace = examples(GUIDE)
    (tmp_path / "acme" / "maps").mkdir(parents=True)
    (tmp_path / "acme" / "manifest.yaml").write_text(manifest, "utf-8")
    (tmp_path / "acme" / "maps" / "clientes.yaml").write_text(mapping, "utf-8")
    with serving(Acme().answer) as served:
        (tmp_path / "concilia.yaml").write_text(workspace.replace("https://api.acme.example", served.url), "utf-8")
        hub = opened(tmp_path, environment={"ACME_KEY": "llave"})
        apply(hub)
        [checked] = check(hub, ["acme"])
        assert [(f.what, f.ok) for f in checked.findings] == [
            ("read clientes", True), ("look up for register_payment", True),
        ]  # fmt: skip
        [row] = preview(hub, "acme", "clientes")
        assert row.refusal == ""
        assert not run(hub, ["acme"]).failures


def test_the_mistake_that_the_guide_shows_is_told_so() -> None:
    manifest, *_ = examples(GUIDE)
    shown = re.search(r"^acme/manifest\.yaml:.*$", GUIDE, flags=re.MULTILINE)
    with pytest.raises(ConfigurationInvalid) as fault:
        parse_manifest(manifest.replace("primary_key", "primarykey"), file="acme/manifest.yaml")
    assert shown is not None
    assert str(fault.value) == shown[0]
