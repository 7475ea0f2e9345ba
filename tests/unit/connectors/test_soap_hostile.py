"""SOAP from hostile hands: bombs, outside references, half answers, pages that are no SOAP. Nothing leaves this machine."""

from __future__ import annotations

import http.server
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from concilia.errors import ConciliaError, ConfigurationInvalid, OutcomeUnknown, RetryLater, RunMustStop
from connectors.rest import Patience, RestClient
from connectors.soap import Endpoint, SoapClient, SoapFault

SHIPPED = Path(__file__).resolve().parents[2] / "peers" / "soap" / "wsdl"
ENVELOPE = (
    '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>{}</soap:Body></soap:Envelope>'
)
BOMB = (
    '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "' + "ha" * 1000 + '">'
    + "".join(f'<!ENTITY {chr(98 + n)} "{("&" + chr(97 + n) + ";") * 10}">' for n in range(9))
    + "]>"
)  # fmt: skip


class Answering(http.server.BaseHTTPRequestHandler):
    """Answers everything with one answer, and counts who asked for what."""

    status, kind, body = 200, "text/xml; charset=utf-8", b""
    asked: list[str]

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        type(self).asked.append(f"{self.command} {self.path}")
        self.send_response(self.status)
        self.send_header("content-type", self.kind)
        self.send_header("content-length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def server() -> Iterator[Any]:
    handler = type("Handler", (Answering,), {"asked": []})
    running = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=running.serve_forever, daemon=True)
    thread.start()
    handler.url = f"http://127.0.0.1:{running.server_port}"
    yield handler
    running.shutdown()
    running.server_close()


@pytest.fixture
def wsdl(tmp_path: Path) -> Path:
    shutil.copytree(SHIPPED, tmp_path / "wsdl")
    return tmp_path / "wsdl" / "Cobranza.wsdl"


def client(wsdl: Path, url: str = "http://127.0.0.1:9", **more: Any) -> SoapClient:
    rest = RestClient(url, system="erp", patience=Patience(tries=1, timeout=10))
    return SoapClient(wsdl, rest=rest, system="erp", endpoint=Endpoint(**more))


def ask(server: Any, wsdl: Path, *, idempotent: bool = True) -> Any:
    return client(wsdl, server.url).call("BuscarPago", {"referencia": "p1"}, idempotent=idempotent)


PLACES = {
    "xsd:import of loopback": ("tipos/mensajes.xsd", 'schemaLocation="tipos.xsd"', 'schemaLocation="{url}/tipos.xsd"'),
    "xsd:include of loopback": ("tipos/tipos.xsd", 'schemaLocation="comunes.xsd"', 'schemaLocation="{url}/comunes.xsd"'),
    "wsdl:import of loopback": ("Cobranza.wsdl", 'location="Interfaz.wsdl"', 'location="{url}/Interfaz.wsdl"'),
    "ftp": ("tipos/tipos.xsd", 'schemaLocation="comunes.xsd"', 'schemaLocation="ftp://127.0.0.1/x.xsd"'),
    "a file above": ("tipos/tipos.xsd", 'schemaLocation="comunes.xsd"', 'schemaLocation="../../../../etc/passwd"'),
    "a file elsewhere": ("tipos/tipos.xsd", 'schemaLocation="comunes.xsd"', 'schemaLocation="/etc/passwd"'),
    "a file address": ("tipos/tipos.xsd", 'schemaLocation="comunes.xsd"', 'schemaLocation="file:///etc/passwd"'),
    "a document type": ("tipos/comunes.xsd", '<?xml version="1.0" encoding="utf-8"?>', '<!DOCTYPE x SYSTEM "{url}/x.dtd">'),
    "an outer entity": (
        "tipos/comunes.xsd", '<?xml version="1.0" encoding="utf-8"?>',
        '<!DOCTYPE x [<!ENTITY x SYSTEM "{url}/secret">]>',
    ),
    "a parameter entity": (
        "tipos/comunes.xsd", '<?xml version="1.0" encoding="utf-8"?>',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "{url}/p"> %p;]>',
    ),
    "billion laughs": ("tipos/comunes.xsd", '<?xml version="1.0" encoding="utf-8"?>', BOMB),
}  # fmt: skip


@pytest.mark.parametrize("what", PLACES)
def test_a_wsdl_that_reaches_outside_its_folder_is_refused_and_nobody_is_called(
    server: Any, wsdl: Path, what: str
) -> None:
    name, old, new = PLACES[what]
    path = wsdl.parent / name
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new.replace("{url}", server.url), 1), "utf-8")
    with pytest.raises(ConfigurationInvalid):
        client(wsdl, server.url)
    assert server.asked == []


ANSWERS = {
    "billion laughs": BOMB + ENVELOPE.format("<x>&j;</x>"),
    "an outer entity": '<!DOCTYPE x [<!ENTITY x SYSTEM "{url}/secret">]>' + ENVELOPE.format("<x>&x;</x>"),
    "a document type": '<!DOCTYPE x SYSTEM "{url}/x.dtd">' + ENVELOPE.format("<x/>"),
    "half an answer": ENVELOPE.format("<x>")[:-30],
    "a maintenance page": "<html><body>En mantención</body></html>",
    "another message": ENVELOPE.format('<y xmlns="urn:other">1</y>'),
    "no XML": "Service unavailable",
    "nothing": "",
    "deep": ENVELOPE.format("<a>" * 3000 + "</a>" * 3000),
}  # fmt: skip


@pytest.mark.parametrize("what", ANSWERS)
def test_an_answer_that_cannot_be_read_is_one_sentence_and_a_write_is_unknown(
    server: Any, wsdl: Path, what: str
) -> None:
    server.body = ANSWERS[what].replace("{url}", server.url).encode()
    with pytest.raises((RunMustStop, RetryLater)) as told:
        ask(server, wsdl)
    assert str(told.value).count("\n") == 0
    with pytest.raises(OutcomeUnknown):
        ask(server, wsdl, idempotent=False)
    assert {line.split()[0] for line in server.asked} == {"POST"}, "no entity was fetched"


def test_a_fault_under_500_is_an_answer_and_a_bare_500_is_not(server: Any, wsdl: Path) -> None:
    server.status = 500
    fault = "<soap:Fault><faultcode>soap:Server</faultcode><faultstring>Período cerrado</faultstring></soap:Fault>"
    server.body = ENVELOPE.format(fault).encode()
    assert ask(server, wsdl, idempotent=False) == SoapFault("soap:Server", "Período cerrado", None)
    server.body, server.kind = b"Internal error", "text/html"
    with pytest.raises(OutcomeUnknown):
        ask(server, wsdl, idempotent=False)


def test_a_wsdl_that_is_missing_or_broken_is_named(tmp_path: Path, wsdl: Path) -> None:
    for text in (None, "", "<html/>", "<<<", "\x00"):
        path = tmp_path / "other" / "x.wsdl"
        path.parent.mkdir(exist_ok=True)
        if text is not None:
            path.write_text(text, "utf-8")
        with pytest.raises(ConfigurationInvalid) as told:
            client(path)
        assert told.value.mend
    with pytest.raises(ConfigurationInvalid, match="no such service and port") as other:
        client(wsdl, service="Otra")
    assert "CobranzaService/CobranzaSoap" in other.value.mend


def test_every_fault_is_one_of_ours(server: Any, wsdl: Path) -> None:
    for status in (301, 400, 401, 403, 404, 408, 429, 500, 502, 503):
        server.status, server.body, server.kind = status, b"<x/>", "text/xml"
        with pytest.raises(ConciliaError):
            ask(server, wsdl)
