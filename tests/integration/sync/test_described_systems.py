"""Connect, preview and sync without mapping work: shipped maps, manifests of the workspace, tokens kept for everybody."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from concilia.budget import Lane
from concilia.errors import ConfigurationInvalid
from concilia.sealing import new_key
from concilia.vault import Secret
from connectors import registry
from connectors.tokens import Renewal, Token, credential_name
from sync.configuring import apply, check, preview
from sync.opening import opened as open_connection
from sync.runs import run
from sync.tokens import tokens_of
from tests.conftest import OpenHub
from tests.fake_rest.acreedora import CLIENT, SECRET, acreedora
from tests.fake_rest.dolibarr import KEY, Dolibarr
from tests.fake_rest.serving import serving

MANIFESTS = Path(__file__).resolve().parents[2] / "fixtures" / "manifests"


@pytest.fixture
def dolibarr() -> Iterator[tuple[Dolibarr, str]]:
    books = Dolibarr()
    with serving(books.answer) as served:
        yield books, served.url


def workspace(folder: Path, text: str) -> Path:
    (folder / "concilia.yaml").write_text("version: 1\nconnections:\n" + text, encoding="utf-8")
    return folder


def test_a_shipped_system_needs_no_mapping_work(
    tmp_path: Path, opened: OpenHub, database_url: str | None, dolibarr: tuple[Dolibarr, str]
) -> None:
    books, url = dolibarr
    debtor = books.third_party("Ana Núñez", idprof1="12.345.678-5", phone="+56 9 8121 5279")
    books.invoice(debtor, "50000")
    folder = workspace(
        tmp_path,
        f"""
  erp:
    connector: dolibarr
    country: CL
    time_zone: America/Santiago
    settings: {{url: "{url}", api_key: "${{env:ERP_KEY}}"}}
""",
    )
    hub = opened(folder, database_url=database_url, environment={"ERP_KEY": KEY})
    apply(hub)
    [checked] = check(hub, ["erp"])
    assert checked.ok, checked
    [row] = preview(hub, "erp", "thirdparties")
    assert row.refusal == ""
    assert row.after is not None
    assert "Ana Núñez" in str(list(row.after.as_rows()))
    report = run(hub, ["erp"])
    assert not report.failures, report
    [debt] = preview(hub, "erp", "invoices")
    assert debt.after is not None
    assert debt.refusal == ""


def test_a_manifest_of_the_workspace_brings_its_streams_and_maps(tmp_path: Path, opened: OpenHub) -> None:
    shutil.copytree(MANIFESTS / "acreedora", tmp_path / "acreedora")
    with acreedora() as (system, served):
        system.cliente("Ana Núñez", cuotas=3)
        folder = workspace(
            tmp_path,
            f"""
  facturacion:
    connector: manifest
    country: CL
    unit: USD
    settings:
      manifest: acreedora/manifest.yaml
      url: "{served.url}"
      client_id: {CLIENT}
      client_secret: "${{env:SECRET}}"
""",
        )
        hub = opened(folder, environment={"SECRET": SECRET})
        apply(hub)
        report = run(hub, ["facturacion"])
        assert not report.failures, report
        rows = preview(hub, "facturacion", "cuotas")
        assert len(rows) == 3
        assert all(row.refusal == "" for row in rows)
        assert system.given == 1, "one token for check, run and preview: it is kept in the hub"


def test_a_stream_that_has_no_map_anywhere_is_named(tmp_path: Path, opened: OpenHub) -> None:
    shutil.copytree(MANIFESTS / "acreedora", tmp_path / "acreedora")
    (tmp_path / "acreedora" / "maps" / "cuotas.yaml").unlink()
    folder = workspace(
        tmp_path,
        """
  facturacion:
    connector: manifest
    country: CL
    settings: {manifest: acreedora/manifest.yaml, url: "http://127.0.0.1:9", client_id: x, client_secret: "${env:S}"}
""",
    )
    with pytest.raises(ConfigurationInvalid, match="cuotas of connection facturacion has no mapping"):
        apply(opened(folder, environment={"S": "x"}))


@pytest.mark.parametrize("named", ["../outside.yaml", "missing.yaml"])
def test_a_manifest_that_is_not_in_the_workspace_is_one_sentence(tmp_path: Path, opened: OpenHub, named: str) -> None:
    folder = workspace(
        tmp_path,
        f"""
  facturacion:
    connector: manifest
    country: CL
    settings: {{manifest: {named}}}
""",
    )
    with pytest.raises(ConfigurationInvalid):
        apply(opened(folder))


def test_every_shipped_stream_has_a_map() -> None:
    for name in ("dolibarr", "espocrm", "erpnext"):
        found = registry.describe(name)
        assert found is not None
        for stream in found.capabilities.streams:
            assert registry.default_mapping(name, stream), f"{name} {stream}"
    assert registry.default_mapping("dolibarr", "no_such_stream") is None
    assert registry.default_mapping("tryton", "parties")


def test_connectors_of_two_runs_share_a_token_and_a_rotated_seed_is_another_credential(
    tmp_path: Path, opened: OpenHub, database_url: str | None
) -> None:
    folder = workspace(tmp_path, "  erp: {connector: files, country: CL, streams: {x: {}}}\n")
    hub = opened(folder, database_url=database_url, environment={"CONCILIA_MASTER_KEY": new_key("tests")})
    asked: list[str] = []

    def renew(refresh: Secret) -> Token:
        asked.append(refresh.reveal())
        return Token(Secret(f"a{len(asked)}"), Secret(f"r{len(asked)}"), datetime(2099, 1, 1, tzinfo=UTC))

    def source(seed: str, renewal: Renewal = renew) -> str:
        named = credential_name("erp", seed)
        return tokens_of(hub)(named, renewal, seed=Secret(seed)).token().access.reveal()

    threads = [threading.Thread(target=source, args=("semilla",)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert source("semilla") == "a1"
    assert asked == ["semilla"]
    assert source("otra semilla") == "a2"


def test_opening_a_connection_reads_nothing_and_stores_nothing(tmp_path: Path, opened: OpenHub) -> None:
    folder = workspace(
        tmp_path,
        """
  erp:
    connector: dolibarr
    country: CL
    settings: {url: "http://127.0.0.1:9", api_key: "${env:K}"}
""",
    )
    hub = opened(folder, environment={"K": "x"})
    connector = open_connection(hub, "erp", lane=Lane.BULK)
    assert "thirdparties" in connector.capabilities.streams
    connector.close()
