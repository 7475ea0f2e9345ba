"""A SOAP system described in YAML, against a server of another author: pages, choice, amounts, payments, faults."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from concilia.errors import ConfigurationInvalid, CredentialsRefused, RecordRejected
from concilia.records import Bookmark
from concilia.vault import Secret
from connectors.contract import ConnectionSettings, Connector, Operation, PaymentOrder, Receipt, StreamRequest
from connectors.manifest import connect
from tests.conftest import load_peer

WSDL = Path(__file__).resolve().parents[1] / "peers" / "soap" / "wsdl"
pytestmark = pytest.mark.peer
MANIFEST = """
version: 1
kind: soap
spec:
  url: {type: address, required: true}
  username: {required: true}
  password: {secret: true, required: true}
requester:
  url_base: "{{ config.url }}"
  authenticator:
    {type: WsSecurityAuthenticator, username: "{{ config.username }}", password: "{{ config.password }}", digest: true}
  soap: {wsdl: wsdl/Cobranza.wsdl}
  error_handler:
    response_filters:
      - {predicate: {column: fault.detail.codigo, equals: E404}, action: FAIL}
      - {predicate: {column: fault.code, present: true}, error_message_contains: security, action: REFRESH_TOKEN_THEN_RETRY}
      - {predicate: {column: estado, equals: ERROR}, action: FAIL, error_message: "{{ response.mensaje }}"}
streams:
  deudores:
    primary_key: codigo
    path: ListarDeudores
    request_parameters: {desde: "{{ stream_interval.start_time }}"}
    record_selector: {field_path: [deudor]}
    paginator:
      {type: PageIncrement, page_parameter: pagina, page_size_parameter: tamano, page_size: "{{ config.page_size }}",
       more_path: [hayMas]}
    incremental_sync: {cursor_field: modificado, datetime_format: iso_z}
  documentos:
    primary_key: numero
    path: ListarDocumentos
    record_selector: {field_path: [documento]}
    paginator: {type: PageIncrement, page_parameter: pagina, page_size_parameter: tamano, page_size: 10, more_path: [hayMas]}
    schema:
      {numero: text, deudor: text, saldo: {type: decimal, from: saldo._value_1}, moneda: {type: text, from: saldo.moneda},
       vencimiento: date}
    keep: schema
writes:
  register_payment:
    type: create
    rung: look_up
    look_up: {path: BuscarPago, request_parameters: {referencia: "{{ order.reference }}"}, reference: referencia, id: idPago}
    request:
      path: RegistrarPago
      request_body_json:
        pago: {documento: "{{ order.debt }}", monto: {_value_1: "{{ order.amount }}", moneda: "{{ order.unit }}"},
               fecha: "{{ order.value_date }}", referencia: "{{ order.reference }}"}
    external_id: [idPago]
    read_back: true
"""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    node = load_peer("node_peer")
    if reason := node.missing():
        pytest.skip(reason)
    peer = node.start("soap", str(WSDL))
    yield f"http://127.0.0.1:{peer.port}/servicios/cobranza"
    peer.stop()


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    shutil.copytree(WSDL, tmp_path / "erp" / "wsdl")
    (tmp_path / "erp" / "manifest.yaml").write_text(MANIFEST)
    return tmp_path


def connector(workspace: Path, address: str, **settings: object) -> Connector:
    given = {"manifest": "erp/manifest.yaml", "url": address, "username": "hub", "password": Secret("clave-ñ"),
             "page_size": 7, "overlap_seconds": 0, **settings}  # fmt: skip
    return connect(ConnectionSettings("erp", given, str(workspace)))


def order(reference: str, amount: str = "100.50", debt: str = "F-2") -> PaymentOrder:
    return PaymentOrder(f"key-{reference}", debt, amount, "CLP", "2026-11-20", "transfer", reference)


def test_every_debtor_comes_and_then_those_that_moved(workspace: Path, address: str) -> None:
    erp = connector(workspace, address)
    pages = list(erp.read(StreamRequest("deudores"), bookmarks={}))
    records = {record.key[0]: record for page in pages for record in page.records}
    since = {"": Bookmark("", "2026-11-01T10:00:14.000000+00:00")}
    later = [record.key[0] for page in erp.read(StreamRequest("deudores"), bookmarks=since) for record in page.records]
    erp.close()
    assert set(records) == {f"D{n}" for n in range(1, 46)}
    assert records["D5"].fields["empresa"] == {"razonSocial": "Comercial 5 & Cía. <Ltda.>"}
    assert sorted(later) == ["D42", "D43", "D44", "D45"]
    assert pages[-1].bookmark is not None


def test_an_amount_and_its_attribute_are_columns(workspace: Path, address: str) -> None:
    erp = connector(workspace, address)
    first = next(iter(erp.read(StreamRequest("documentos"), bookmarks={}))).records[0]
    erp.close()
    assert first.fields["moneda"] == "CLP"
    assert isinstance(first.fields["saldo"], Decimal)


def test_a_payment_is_made_once_and_refusals_carry_the_systems_words(workspace: Path, address: str) -> None:
    erp = connector(workspace, address)
    [made] = erp.write(Operation.REGISTER_PAYMENT, [order("p-ñ-9")])
    [again] = erp.write(Operation.REGISTER_PAYMENT, [order("p-ñ-9")])
    [inside, fault] = erp.write(Operation.REGISTER_PAYMENT, [order("p-10", "999999999"), order("p-11", debt="F-0")])
    held = erp.look_up("payments", ["p-ñ-9", "p-10"])
    erp.close()
    assert isinstance(made, Receipt)
    assert isinstance(again, Receipt)
    assert (again.found_before, again.external_id) == (True, made.external_id)
    assert isinstance(inside, RecordRejected)
    assert "El monto excede el saldo" in str(inside)
    assert isinstance(fault, RecordRejected)
    assert "Documento inexistente" in str(fault)
    assert list(held) == ["p-ñ-9"]


def test_a_wrong_password_is_a_finding_and_never_shown(workspace: Path, address: str) -> None:
    erp = connector(workspace, address, password=Secret("canario-771"))
    findings = erp.check()
    with pytest.raises((CredentialsRefused, RecordRejected)):
        list(erp.read(StreamRequest("deudores"), bookmarks={}))
    erp.close()
    assert not any(finding.ok for finding in findings)
    assert "canario" not in str(findings)


def test_a_wsdl_outside_the_manifests_folder_is_refused(workspace: Path) -> None:
    (workspace / "erp" / "manifest.yaml").write_text(MANIFEST.replace("wsdl/Cobranza.wsdl", "../../secret.wsdl"))
    with pytest.raises(ConfigurationInvalid, match="outside"):
        connector(workspace, "http://127.0.0.1:9/x")
