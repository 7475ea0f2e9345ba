"""The pure parts of the Odoo connector: XML-RPC without trust, values, faults, settings; and answers as Odoo sends them."""

from __future__ import annotations

import datetime as dt
import http.server
import json
import threading
import xmlrpc.client
from collections.abc import Callable, Iterator
from decimal import Decimal
from importlib import resources
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concilia.documents import read_document, validate
from concilia.errors import (
    ConciliaError,
    ConfigurationInvalid,
    CredentialsRefused,
    OutcomeUnknown,
    PermissionMissing,
    RecordRejected,
    RetryLater,
    RunMustStop,
)
from concilia.vault import Secret
from connectors.contract import ConnectionSettings
from connectors.exact_json import Number
from connectors.odoo import MAPS, STREAMS, connect, default_streams, describe, xmlwire
from connectors.odoo.client import OdooClient
from connectors.odoo.faults import Refusal, of_json2, of_json_rpc, of_xml_rpc, translated
from connectors.odoo.settings import KNOWN, settings_of
from connectors.odoo.shapes import Currency, OfInvoice, Tables, invoice
from connectors.odoo.streams import SOURCES
from connectors.odoo.values import Malformed, amount, last_stamp, moment, odoo_moment, subdivision, text
from connectors.rest import Patience

SETTINGS = {"url": "https://erp.example.com", "database": "erp", "username": "u", "api_key": "k"}


def answered(value: Any) -> bytes:
    return xmlrpc.client.dumps((value,), methodresponse=True, allow_none=True).encode()


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**31), 2**31 - 1)
    | st.text(st.characters(min_codepoint=32, max_codepoint=0x2FFF)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abc_", min_size=1), inner, max_size=4),
    max_leaves=12,
)


@given(values)
def test_values_survive_xml_rpc(value: Any) -> None:
    assert xmlwire.answer(answered(value)) == value


@given(st.decimals("-1e12", "1e12", places=2))
def test_amounts_leave_and_arrive_exactly(value: Decimal) -> None:
    sent = xmlwire.request("m", (Number(value),)).decode()
    written = sent.partition("<double>")[2].partition("</double>")[0]
    assert Decimal(written) == value
    back = f"<methodResponse><params><param><value><double>{written}</double></value></param></params></methodResponse>"
    assert xmlwire.answer(back.encode()) == value


BOMB = """<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;&x;&x;&x;&x;">]>
<methodResponse><params><param><value><string>&y;</string></value></param></params></methodResponse>"""
OUTSIDE = """<?xml version="1.0"?><!DOCTYPE a SYSTEM "http://127.0.0.1:9/x.dtd">
<methodResponse><params><param><value><string>a</string></value></param></params></methodResponse>"""


@pytest.mark.parametrize(
    "raw",
    [
        BOMB.encode(),
        OUTSIDE.encode(),
        b"<html><body>Estamos en mantenimiento</body></html>",
        b"",
        b"<methodResponse><params><param><value><double>NaN</double></value></param></params></methodResponse>",
        b"<methodResponse><params><param><value><double>1e999</double></value></param></params></methodResponse>",
        b"<methodResponse><params><param><value><int>x</int></value></param></params></methodResponse>",
        b"<methodResponse><params></params></methodResponse>",
        b"<methodResponse><params><param><value>",
        b"<methodResponse><params><param>" + b"<value><array><data>" * 80 + b"</data></array></value>" * 80,
    ],
    ids=["entities", "outside dtd", "html", "empty", "nan", "huge", "no int", "no value", "cut", "deep"],
)
def test_xml_that_is_not_to_be_trusted_is_refused(raw: bytes) -> None:
    with pytest.raises(xmlwire.NotXmlRpc):
        xmlwire.answer(raw)


def test_a_fault_of_xml_rpc_is_told_with_its_number() -> None:
    raw = xmlrpc.client.dumps(xmlrpc.client.Fault(4, "You are not allowed"), methodresponse=True).encode()
    with pytest.raises(xmlwire.Fault) as fault:
        xmlwire.answer(raw)
    assert (fault.value.code, fault.value.text) == (4, "You are not allowed")


# --- values ---------------------------------------------------------------------------------------------------------


@given(st.decimals("-1e11", "1e11", places=2))
def test_an_amount_that_was_a_float_is_exact_again(value: Decimal) -> None:
    assert amount({"a": float(value)}, "a", digits=2) == value


def test_a_sum_of_floats_is_quantised_and_what_is_no_rounding_is_refused() -> None:
    assert amount({"a": Decimal("0.30000000000000004")}, "a", digits=2) == Decimal("0.30")
    assert amount({"a": Decimal("123456789.99999999")}, "a", digits=2) == Decimal("123456790.00")
    assert amount({"a": False}, "a", digits=0) == 0
    for wrong in (Decimal("10.5"), "1.500", True, [1]):
        with pytest.raises(Malformed):
            amount({"a": wrong}, "a", digits=0)


def test_false_is_empty_and_a_number_is_no_text() -> None:
    assert text({"a": False}, "a") is text({}, "a") is text({"a": ""}, "a") is None
    with pytest.raises(Malformed, match="a holds '7'"):
        text({"a": 7}, "a")


def test_moments_are_utc_and_states_lose_their_country() -> None:
    when = dt.datetime(2026, 11, 22, 12, 0, 0, tzinfo=dt.UTC)
    assert moment("2026-11-22 12:00:00") == moment("2026-11-22T12:00:00") == when
    assert moment("mañana") is moment(False) is None
    assert odoo_moment(when.astimezone(dt.timezone(dt.timedelta(hours=-3)))) == "2026-11-22 12:00:00"
    assert subdivision([7, "Metropolitana (CL)"]) == "Metropolitana"
    assert last_stamp({"write_date": False, "create_date": "2026-11-22 12:00:00"}, {}) == when


@given(
    st.lists(st.integers(1, 10**9), min_size=1, max_size=6),
    st.lists(st.integers(0, 10**9), max_size=3),
)
def test_what_is_on_its_way_is_taken_from_the_oldest_and_never_below_zero(dues: list[int], paid: list[int]) -> None:
    lines = [
        {"id": n, "date_maturity": f"2026-01-{n + 1:02}", "currency_id": [1, "CLP"], "amount_currency": due,
         "amount_residual_currency": due}
        for n, due in enumerate(dues)
    ]  # fmt: skip
    row = {"id": 1, "name": "F 1", "state": "posted", "move_type": "out_invoice", "currency_id": [1, "CLP"],
           "amount_total": sum(dues), "amount_residual": sum(dues)}  # fmt: skip
    unposted = [{"amount": each, "currency_id": [1, "CLP"]} for each in paid]
    shown = invoice(row, OfInvoice(lines, unposted), tables=Tables(currencies={1: Currency("CLP", 0)}))
    assert shown["balance"] == max(sum(dues) - sum(paid), 0) == sum(line["balance"] for line in shown["lines"])
    still_open = [line["balance"] > 0 for line in shown["lines"]]
    assert still_open == sorted(still_open)


def test_a_part_that_is_on_its_way_leaves_the_invoice_partly_paid() -> None:
    row = {"id": 1, "name": "F 1", "state": "posted", "move_type": "out_invoice", "currency_id": [1, "CLP"],
           "amount_total": 1000, "amount_residual": 1000, "payment_state": "in_payment"}  # fmt: skip
    known = Tables(currencies={1: Currency("CLP", 0)})
    part = {"amount": 400, "currency_id": [1, "CLP"], "state": "paid"}
    assert invoice(row, OfInvoice(unposted=[part]), tables=known)["standing"] == "partial"
    assert invoice(row, OfInvoice(unposted=[{**part, "amount": 1000}]), tables=known)["standing"] == "in_payment"
    matched = {**row, "amount_residual": 600, "payment_state": "partial"}
    assert invoice(matched, OfInvoice(unposted=[part]), tables=known)["balance"] == 600, "a statement has brought it"


# --- faults ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "said", "kind"),
    [
        ("odoo.exceptions.AccessDenied", "Access Denied", CredentialsRefused),
        ("odoo.exceptions.AccessError", "You are not allowed to access", PermissionMissing),
        ("odoo.exceptions.UserError", "The amount is wrong", RecordRejected),
        ("odoo.exceptions.ValidationError", "The VAT number does not seem to be valid.", RecordRejected),
        ("odoo.exceptions.MissingError", "Record does not exist or has been deleted.", RecordRejected),
        ("odoo.exceptions.RedirectWarning", "Please define a journal", RecordRejected),
        ("odoo.exceptions.LockError", "Cannot grab a lock", RetryLater),
        ("psycopg2.errors.SerializationFailure", "could not serialize access", RetryLater),
        ("psycopg2.OperationalError", "server closed the connection unexpectedly", RetryLater),
        ("psycopg2.OperationalError", 'FATAL: database "x" does not exist', ConfigurationInvalid),
        ("odoo.http.SessionExpiredException", "Session expired", RetryLater),
        ("builtins.KeyError", "'account.move'", RunMustStop),
        ("werkzeug.exceptions.NotFound", "the model 'account.move' does not exist", RunMustStop),
        ("builtins.TypeError", "cannot marshal None unless allow_none is enabled", OutcomeUnknown),
        ("builtins.ValueError", "Invalid field 'x' on model 'y'", RunMustStop),
        ("", "what", RunMustStop),
    ],
)
def test_each_exception_of_odoo_is_an_error_of_ours(name: str, said: str, kind: type[ConciliaError]) -> None:
    fault = translated(Refusal(name, said), system="erp", called="account.move.search_read")
    assert type(fault) is kind
    assert "erp" in str(fault)


@pytest.mark.parametrize(
    "said",
    [
        "You cannot add/modify entries prior to and inclusive of the lock date 31-12-2025.",
        "You cannot add/modify entries for Acreedora prior to and inclusive of: Hard Lock Date (12/31/2025).",
    ],
)
def test_a_locked_period_has_its_code(said: str) -> None:
    fault = translated(Refusal("odoo.exceptions.UserError", said), system="erp", called="x.y")
    assert isinstance(fault, RecordRejected)
    assert fault.code == "period_closed"


def test_the_three_envelopes_tell_the_same_refusal() -> None:
    wanted = Refusal("odoo.exceptions.UserError", "No.")
    data = {"name": "odoo.exceptions.UserError", "message": "No.", "arguments": ["No."], "context": {}, "debug": "…"}
    assert of_json_rpc({"code": 200, "message": "Odoo Server Error", "data": data}) == wanted
    assert of_json2(data) == wanted
    assert of_json2(["no"]) is None
    assert of_xml_rpc(2, "No.") == wanted
    trace = 'Traceback (most recent call last):\n  File "x.py", line 1\npsycopg2.errors.LockNotAvailable: could not obtain lock\n'
    assert of_xml_rpc(1, trace).kind == "LockNotAvailable"
    assert of_json_rpc({"code": 100, "message": "Odoo Session Expired"}).kind == "SessionExpiredException"


# --- settings, defaults ---------------------------------------------------------------------------------------------


def test_settings_are_checked_and_named() -> None:
    def checked(**changes: Any) -> Any:
        given = {name: value for name, value in {**SETTINGS, **changes}.items() if value is not None}
        return settings_of(ConnectionSettings("odoo", given, folder="."))

    assert checked().proof == Secret("k")
    assert checked(api_key=None, password="p").proof == Secret("p")
    for changes, said in (
        ({"api_key": None}, "lacks the setting `api_key`"),
        ({"api_key": None, "password": "p", "transport": "json2"}, "takes an API key only"),
        ({"transport": "soap"}, "transport"),
        ({"urll": "x"}, "urll"),
        ({"url": "http://erp.example.com"}, "plain http"),
        ({"page_size": 5000}, "page_size"),
        ({"timeout_seconds": "pronto"}, "timeout_seconds"),
    ):
        with pytest.raises(ConfigurationInvalid, match=said):
            checked(**changes)


def test_the_schema_of_settings_names_them_all_and_hides_the_secrets() -> None:
    members = describe().settings_schema["properties"]
    assert set(members) == {*KNOWN, "time_zone", "decimal"}
    assert {name for name, member in members.items() if member.get("writeOnly")} == {"password", "api_key"}
    made = connect(ConnectionSettings("odoo", SETTINGS, folder="."))
    assert made.capabilities == describe().capabilities
    made.close()


def test_each_stream_ships_a_mapping_of_columns_it_has() -> None:
    schema = json.loads(resources.files("mapping").joinpath("schemas/mapping.schema.json").read_text("utf-8"))
    assert default_streams() == STREAMS
    for stream in STREAMS:
        document = read_document(MAPS / f"{stream.name}.yaml", shown_as=f"{stream.name}.yaml")
        validate(document, schema)
        columns = set(SOURCES[stream.name].schema.columns)
        for entity in document.content["entities"]:
            sources = [s if isinstance(s, str) else s.get("from") for s in entity["fields"].values()]
            assert {source for source in sources if source} <= columns


# --- answers as Odoo sends them, recorded in shape ------------------------------------------------------------------


class Scripted:
    """A server that answers each path and method in turn as it was told."""

    def __init__(self, answer: Callable[[str, bytes], tuple[int, str, bytes]]) -> None:
        script = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                script.seen.append((self.path, dict(self.headers), body))
                status, kind, text_ = answer(self.path, body)
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(text_)))
                self.end_headers()
                self.wfile.write(text_)

            do_GET = do_POST  # noqa: N815  the name is the server's

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self.thread.start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def scripted() -> Iterator[Callable[..., tuple[OdooClient, Scripted]]]:
    opened: list[tuple[OdooClient, Scripted]] = []

    def make(answer: Callable[[str, bytes], tuple[int, str, bytes]], **settings: Any) -> tuple[OdooClient, Scripted]:
        server = Scripted(answer)
        given = {**SETTINGS, "url": server.url, **settings}
        checked = settings_of(ConnectionSettings("odoo", given, folder="."))
        client = OdooClient(checked, patience=Patience(sleep=lambda _: None))
        opened.append((client, server))
        return client, server

    yield make
    for client, server in opened:
        client.close()
        server.server.shutdown()
        server.server.server_close()
        server.thread.join()


def json2_answer(path: str, _: bytes) -> tuple[int, str, bytes]:
    """As the documentation of 19.0 shows them."""
    kind = "application/json; charset=utf-8"
    match path:
        case "/web/version":
            return 200, kind, b'{"version_info": [19, 0, 0, "final", 0, ""], "version": "19.0"}'
        case "/json/2/res.users/context_get":
            return 200, kind, b'{"lang": "en_US", "tz": "Europe/Brussels", "uid": 2}'
        case "/json/2/res.users/search_read":
            return 200, kind, b'[{"id": 2, "company_id": [1, "My Company"], "company_ids": [1]}]'
        case "/json/2/res.company/search_read":
            return 200, kind, b'[{"id": 1, "name": "My Company"}]'
        case "/json/2/res.partner/search_read":
            return 200, kind, b'[{"id": 25, "name": "Deco Addict", "credit": 33.3}]'
        case _:
            said = {"name": "werkzeug.exceptions.Unauthorized", "message": "Invalid apikey", "arguments": ["Invalid apikey", 401],
                    "context": {}, "debug": "Traceback"}  # fmt: skip
            return 401, kind, json.dumps(said).encode()


def test_json2_is_called_as_its_documentation_says(scripted: Any) -> None:
    client, server = scripted(json2_answer, transport="json2")
    [row] = client.rows("res.partner", [["is_company", "=", True]], fields=["name", "credit"])
    assert row == {"id": 25, "name": "Deco Addict", "credit": Decimal("33.3")}
    path, headers, body = server.seen[-1]
    assert path == "/json/2/res.partner/search_read"
    assert headers["authorization"] == "bearer k"
    assert headers["x-odoo-database"] == "erp"
    assert json.loads(body) == {
        "domain": [["is_company", "=", True]], "fields": ["name", "credit"], "order": "id",
        "context": {"lang": "en_US", "tz": "UTC", "allowed_company_ids": [1], "active_test": False},
    }  # fmt: skip
    with pytest.raises(CredentialsRefused):
        client.ask("res.partner", "fields_get")


def json_rpc_answer(path: str, body: bytes) -> tuple[int, str, bytes]:
    """As 17.0 sends them: the id repeated, errors inside a 200."""
    if path != "/jsonrpc":
        return 404, "text/html", b"<h1>404</h1>"
    call = json.loads(body)
    params = call["params"]
    result: Any = {
        ("common", "version"): {"server_version": "17.0", "server_version_info": [17, 0, 0, "final", 0, ""],
                                "server_serie": "17.0", "protocol_version": 1},
        ("common", "authenticate"): 2,
    }.get((params["service"], params["method"]))  # fmt: skip
    answer: dict[str, Any] = {"jsonrpc": "2.0", "id": call["id"], "result": result}
    if params["method"] == "execute_kw":
        model, method = params["args"][3:5]
        match model, method:
            case "res.users", "context_get":
                answer["result"] = {"lang": "en_US", "tz": False, "uid": 2}
            case "res.users", _:
                answer["result"] = [{"id": 2, "company_id": [1, "YourCompany"], "company_ids": [1]}]
            case "res.company", _:
                answer["result"] = [{"id": 1, "name": "YourCompany"}]
            case "account.payment", "action_draft":
                del answer["result"]  # None
            case _:
                del answer["result"]
                answer["error"] = {"code": 200, "message": "Odoo Server Error", "data": {
                    "name": "odoo.exceptions.AccessError", "debug": "Traceback (most recent call last):\n…",
                    "message": "You are not allowed to access 'Contact' (res.partner) records.",
                    "arguments": ["You are not allowed to access 'Contact' (res.partner) records."], "context": {}}}  # fmt: skip
    return 200, "application/json; charset=utf-8", json.dumps(answer).encode()


def test_json_rpc_is_called_as_odoo_expects_and_none_has_no_result(scripted: Any) -> None:
    client, server = scripted(json_rpc_answer)
    assert client.write("account.payment", "action_draft", ids=[7]) is None
    sent = json.loads(server.seen[-1][2])
    assert (sent["jsonrpc"], sent["method"], sent["params"]["service"]) == ("2.0", "call", "object")
    assert sent["params"]["args"] == [
        "erp", 2, "k", "account.payment", "action_draft", [[7]],
        {"context": {"lang": "en_US", "tz": "UTC", "allowed_company_ids": [1]}},
    ]  # fmt: skip
    with pytest.raises(PermissionMissing, match=r"res\.partner"):
        client.rows("res.partner", [], fields=["name"])


def test_create_goes_by_place_over_rpc(scripted: Any) -> None:
    client, server = scripted(json_rpc_answer)
    with pytest.raises(PermissionMissing):
        client.ask("account.payment.register", "create", vals_list=[{"amount": Number(Decimal("10.50"))}])
    args = json.loads(server.seen[-1][2])["params"]["args"]
    assert args[5] == [[{"amount": 10.5}]]
    assert b'"amount": 10.50' in server.seen[-1][2]


def xml_rpc_answer(path: str, body: bytes) -> tuple[int, str, bytes]:
    """As 14.0 sends them: None is a fault, after the method has ended."""
    args, method = xmlrpc.client.loads(body)
    value: Any = {"version": {"server_version": "14.0"}, "authenticate": 2}.get(str(method))
    if method == "execute_kw":
        match args[3:5]:
            case "res.users", "context_get":
                value = {"lang": "en_US", "tz": False, "uid": 2}
            case "res.users", _:
                value = [{"id": 2, "company_id": [1, "YourCompany"], "company_ids": [1]}]
            case "res.company", _:
                value = [{"id": 1, "name": "YourCompany"}]
            case _:
                trace = 'Traceback (most recent call last):\n  File "…"\nTypeError: cannot marshal None unless allow_none is enabled\n'
                return 200, "text/xml", xmlrpc.client.dumps(xmlrpc.client.Fault(1, trace), methodresponse=True).encode()
    return 200, "text/xml", xmlrpc.client.dumps((value,), methodresponse=True).encode()


def test_over_xml_rpc_a_method_that_returned_none_has_ended(scripted: Any) -> None:
    client, server = scripted(xml_rpc_answer, transport="xmlrpc")
    assert client.write("account.payment", "action_draft", ids=[7]) is None
    assert server.seen[-1][0] == "/xmlrpc/2/object"
