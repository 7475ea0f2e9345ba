"""SOAP against a server of another author: a WSDL in parts, choice, nil, several namespaces, WS-Security."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from concilia.errors import CredentialsRefused, RecordRejected
from concilia.vault import Secret
from connectors.rest import RestClient
from connectors.soap import Endpoint, SoapClient, SoapFault, SoapResult, UsernameToken
from tests.conftest import load_peer

WSDL = Path(__file__).resolve().parents[1] / "peers" / "soap" / "wsdl"
PASSWORD = "clave-ñ"

pytestmark = pytest.mark.peer


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    node = load_peer("node_peer")
    if reason := node.missing():
        pytest.skip(reason)
    peer = node.start("soap", str(WSDL))
    yield f"http://127.0.0.1:{peer.port}/servicios/cobranza"
    peer.stop()


def client(address: str, *, password: str = PASSWORD, digest: bool = False) -> SoapClient:
    token = UsernameToken("hub", Secret(password), digest=digest)
    rest = RestClient(address, system="erp")
    return SoapClient(WSDL / "Cobranza.wsdl", rest=rest, system="erp", endpoint=Endpoint(security=token))


def payment(document: str, amount: str, reference: str) -> dict[str, Any]:
    money = {"_value_1": amount, "moneda": "CLP"}
    return {"pago": {"documento": document, "monto": money, "fecha": "2026-11-20", "referencia": reference}}


@pytest.mark.parametrize("digest", [False, True])
def test_types_of_four_documents_are_read_with_choice_nil_and_repetition(address: str, digest: bool) -> None:
    answer = client(address, digest=digest).call("ListarDeudores", {"pagina": 1, "tamano": 7}, idempotent=True)
    assert isinstance(answer, SoapResult), answer
    found = answer.value["deudor"]
    assert found[0]["persona"] == {"nombres": "José Ñandú", "apellidoPaterno": "Núñez 1", "apellidoMaterno": "Peña"}
    assert (found[4]["persona"], found[4]["empresa"]) == (None, {"razonSocial": "Comercial 5 & Cía. <Ltda.>"})
    assert (found[3]["telefono"], found[6]["rut"]) == (None, None), "xsi:nil is nothing, not a text"
    assert (found[0]["correo"], found[2]["correo"]) == (["d1@clientes.cl", "casa1@clientes.cl"], [])
    assert answer.value["hayMas"] is True


def test_amounts_are_exact_and_keep_their_attribute(address: str) -> None:
    answer = client(address).call("ListarDocumentos", {"pagina": 1, "tamano": 1}, idempotent=True)
    assert isinstance(answer, SoapResult)
    [document] = answer.value["documento"]
    assert document["saldo"] == {"_value_1": Decimal("150000.50"), "moneda": "CLP"}
    assert document["vencimiento"] == date(2026, 10, 1)


def test_a_payment_is_made_found_and_refused_with_the_servers_words(address: str) -> None:
    soap = client(address)
    made = soap.call("RegistrarPago", payment("F-1", "100.50", "p-ñ-1"), idempotent=False)
    assert isinstance(made, SoapResult)
    assert (made.value["estado"], made.value["saldo"]) == ("OK", Decimal("149900.00"))
    found = soap.call("BuscarPago", {"referencia": "p-ñ-1"}, idempotent=True)
    assert isinstance(found, SoapResult)
    assert [(one["idPago"], one["monto"]["_value_1"]) for one in found.value] == [
        (made.value["idPago"], Decimal("100.50"))
    ]
    inside = soap.call("RegistrarPago", payment("F-1", "999999999", "p-2"), idempotent=False)
    assert isinstance(inside, SoapResult)
    assert (inside.value["estado"], inside.value["mensaje"]) == ("ERROR", "El monto excede el saldo")
    refused = soap.call("RegistrarPago", payment("F-0", "1", "p-3"), idempotent=False)
    assert refused == SoapFault("soap:Client", "Documento inexistente", {"codigo": "E404", "documento": "F-0"})


def test_what_does_not_fit_the_wsdl_is_refused_before_anything_is_sent(address: str) -> None:
    soap = client(address)
    with pytest.raises(RecordRejected, match="does not fit the WSDL"):
        soap.call("RegistrarPago", {"pago": {"documento": "F-1"}}, idempotent=False)
    with pytest.raises(RecordRejected, match="referenciaa"):
        soap.call("BuscarPago", {"referenciaa": "x"}, idempotent=True)


def test_a_wrong_password_is_named_and_never_shown(address: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    canary = "canario-5521"
    try:
        answer: object = client(address, password=canary).call("BuscarPago", {"referencia": "x"}, idempotent=True)
    except CredentialsRefused as fault:
        answer = fault
    assert isinstance(answer, SoapFault | CredentialsRefused)
    assert canary not in caplog.text + str(answer)


def test_operations_are_listed_with_what_they_take(address: str) -> None:
    found = client(address).operations()
    assert list(found) == ["BuscarPago", "ListarDeudores", "ListarDocumentos", "RegistrarPago"]
    since = found["ListarDeudores"][0]
    assert (since.name, since.type, since.optional) == ("desde", "dateTime", True)
