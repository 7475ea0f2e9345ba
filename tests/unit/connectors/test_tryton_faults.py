"""The Tryton client and connector against a small hostile server: refusals, rubbish, lost answers, lost sessions."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

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
from concilia.records import Bookmark
from connectors.contract import ConnectionSettings, Operation, PaymentOrder
from connectors.rest import Patience
from connectors.tryton import STREAMS
from connectors.tryton.connector import TrytonConnector
from connectors.tryton.faults import translated

PARTIES, INVOICES, _ = STREAMS
NOW = {
    "__class__": "datetime",
    "year": 2026,
    "month": 3,
    "day": 4,
    "hour": 5,
    "minute": 6,
    "second": 7,
    "microsecond": 8,
}


@dataclass
class Result:
    """An answer of JSON-RPC."""

    value: Any


@dataclass
class Error:
    """An error of JSON-RPC, inside an answer of status 200."""

    error: Any


@dataclass
class Raw:
    """Any other answer; no status: the connection is closed without one."""

    status: int | None
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


Answer = Result | Error | Raw
Script = dict[str, Callable[[list[Any]], Answer]]


@dataclass
class Hostile:
    """A server that answers each method as scripted and remembers the calls."""

    script: Script
    calls: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str, method: str, params: list[Any]) -> Answer:
        self.calls.append(method)
        self.paths.append(path)
        return self.script[method](params)


@pytest.fixture
def hostile() -> Iterator[Hostile]:
    """A signed-in server with no rows; tests replace the methods they are about."""
    state = Hostile(
        {
            "common.db.login": lambda _: Result([1, "key", None]),
            "common.db.list": lambda _: Result(["erp", "pruebas"]),
            "model.res.user.get_preferences": lambda _: Result(
                {"company": 1, "language": "es", "company.rec_name": "x"}
            ),
            "model.party.party.default_get": lambda _: Result({"create_date": NOW}),
            "model.party.contact_mechanism.search_count": lambda _: Result(0),
            "model.party.address.search_count": lambda _: Result(0),
            "model.party.identifier.search_count": lambda _: Result(0),
            "model.party.party.search_read": lambda _: Result([]),
            "model.account.move.line.search_read": lambda _: Result([]),
            "model.account.invoice.search_read": lambda _: Result([INVOICE]),
            "model.account.invoice.payment.method.search_read": lambda _: Result([{"id": 3, "name": "Banco"}]),
            "wizard.account.invoice.pay.create": lambda _: Result([8, "start", "end"]),
            "wizard.account.invoice.pay.execute": lambda p: Result(VIEW if p[2] == "start" else {}),
            "wizard.account.invoice.pay.delete": lambda _: Result(None),
        }
    )

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            call = json.loads(self.rfile.read(int(self.headers["content-length"])))
            match state.answer(self.path, call["method"], call["params"]):
                case Result(value):
                    self._send(200, json.dumps({"id": call["id"], "result": value}).encode())
                case Error(error):
                    self._send(200, json.dumps({"id": call["id"], "error": error}).encode())
                case Raw(None):
                    self.close_connection = True
                case Raw(status, body, headers):
                    assert status is not None
                    self._send(status, body, **headers)

        def _send(self, status: int, body: bytes, **headers: str) -> None:
            self.send_response(status)
            for name, value in {"content-type": "application/json", **headers}.items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    yield state
    server.shutdown()
    server.server_close()
    thread.join()


DECIMAL = {"__class__": "Decimal", "decimal": "5000"}
INVOICE = {
    "id": 7, "number": "7", "state": "posted", "amount_to_pay": DECIMAL, "currency.": {"code": "CLP", "digits": 0},
}  # fmt: skip
VIEW = {"view": {"defaults": {"payee": 2, "payee.": {"rec_name": "x"}}}}
ORDER = PaymentOrder("k", "7", "5000", "CLP", "2026-03-04", "transfer", "p1")


@pytest.fixture
def connector(hostile: Hostile) -> Iterator[TrytonConnector]:
    settings = {"url": hostile.url, "database": "erp", "username": "admin", "password": "secreta", "page_size": 2}
    made = TrytonConnector(ConnectionSettings("erp", settings, "."), patience=Patience(timeout=5, sleep=lambda _: None))
    yield made
    made.close()


def read(connector: TrytonConnector, bookmark: Bookmark | None = None) -> list[Any]:
    return list(connector.read(PARTIES, bookmarks={"": bookmark} if bookmark else {}))


def write(connector: TrytonConnector) -> Any:
    [answer] = connector.write(Operation.REGISTER_PAYMENT, [ORDER])
    return answer


@pytest.mark.parametrize(
    ("answer", "error", "sentence"),
    [
        (Error(["UserError", ['You are not allowed to access "Party".', "", None]]), PermissionMissing, '"Party"'),
        (Error(["UserError", ["No such luck.", "", None]]), RunMustStop, "No such luck."),
        (Error(["ConcurrencyException", "x"]), RetryLater, "somebody changed"),
        (
            Error(["'no.such.model'", ""]),
            RunMustStop,
            "failed inside at model.party.party.search_read: 'no.such.model'",
        ),
        (Error({"code": 1}), RunMustStop, "unknown shape"),
        (Result("rubbish"), RunMustStop, "no list"),
        (Result([{"__class__": "Decimal", "decimal": "x"}]), RunMustStop, "broken Decimal"),
        (Raw(200, b"<html>Mantenimiento</html>", {"content-type": "text/html"}), RunMustStop, "text/html where JSON"),
        (Raw(200, b'{"id": 99999, "result": []}'), RunMustStop, "no JSON-RPC answer to this call"),
        (Raw(200, b"[]"), RunMustStop, "no JSON-RPC answer"),
        (Raw(403), PermissionMissing, "does not allow"),
        (Raw(429, headers={"retry-after": "90"}), RetryLater, "429"),
        (Raw(503), RetryLater, "503"),
        (Raw(400), RunMustStop, "answered 400"),
        (Raw(None), RetryLater, "connection broke"),
    ],
)
def test_a_bad_answer_while_reading_is_one_sentence(
    answer: Answer, error: type[ConciliaError], sentence: str, hostile: Hostile, connector: TrytonConnector
) -> None:
    hostile.script["model.party.party.search_read"] = lambda _: answer
    with pytest.raises(error) as caught:
        read(connector)
    assert sentence in str(caught.value)
    assert "secreta" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "error", "sentence"),
    [
        (Error(["UserError", ["You must reopen the period.", "", None]]), RecordRejected, "reopen the period"),
        (
            Error(["UserWarning", ["w.1", "Due date gone by.", "Sure?"]]),
            RecordRejected,
            "asks to confirm: Due date gone",
        ),
        (Error(["ConcurrencyException", "x"]), RetryLater, "somebody changed"),
        (Raw(None), OutcomeUnknown, "unknown whether"),
        (Raw(502), OutcomeUnknown, "502"),
        (Raw(200, b"<html>", {"content-type": "text/html"}), OutcomeUnknown, "cannot be read"),
        (Raw(200, b'{"id": 99999, "result": []}'), OutcomeUnknown, "no JSON-RPC answer"),
        (Raw(429), RetryLater, "429"),
    ],
)
def test_a_bad_answer_while_paying_says_whether_the_payment_may_be_there(
    answer: Answer, error: type[ConciliaError], sentence: str, hostile: Hostile, connector: TrytonConnector
) -> None:
    hostile.script["wizard.account.invoice.pay.execute"] = lambda p: Result(VIEW) if p[2] == "start" else answer
    fault = write(connector)
    assert type(fault) is error
    assert sentence in str(fault)
    assert hostile.calls.count("wizard.account.invoice.pay.execute") == 2  # never repeated
    assert hostile.calls[-1] == "wizard.account.invoice.pay.delete"


def test_a_lost_answer_before_anything_is_written_is_simply_asked_again(
    hostile: Hostile, connector: TrytonConnector
) -> None:
    answers = iter([Raw(None), Raw(503), Result([8, "start", "end"])])
    hostile.script["wizard.account.invoice.pay.create"] = lambda _: next(answers)
    fault = write(connector)
    assert isinstance(fault, OutcomeUnknown)  # this server shows no payment afterwards, so nobody may claim success
    assert "does not show it" in str(fault)


def test_an_expired_session_is_opened_again_once(hostile: Hostile, connector: TrytonConnector) -> None:
    keys = iter(["old", "new"])
    hostile.script["common.db.login"] = lambda _: Result([1, next(keys), None])
    answers = iter([Raw(401), Result({"create_date": NOW})])
    hostile.script["model.party.party.default_get"] = lambda _: next(answers)
    assert len(read(connector)) == 1
    assert hostile.calls.count("common.db.login") == 2


def test_a_session_that_never_lasts_is_not_asked_for_without_end(hostile: Hostile, connector: TrytonConnector) -> None:
    hostile.script["model.party.party.default_get"] = lambda _: Raw(401)
    with pytest.raises(RetryLater, match="session it has just opened"):
        read(connector)
    assert hostile.calls.count("common.db.login") == 2


def test_a_wrong_password_is_tried_once(hostile: Hostile, connector: TrytonConnector) -> None:
    hostile.script["common.db.login"] = lambda _: Raw(401)
    with pytest.raises(CredentialsRefused, match="refused the user 'admin'"):
        read(connector)
    assert hostile.calls == ["common.db.login"]


def test_a_second_factor_is_named(hostile: Hostile, connector: TrytonConnector) -> None:
    hostile.script["common.db.login"] = lambda _: Error(["LoginException", ["sms_code", "Code", "char"]])
    with pytest.raises(CredentialsRefused, match="sms_code"):
        read(connector)


def test_an_older_series_is_found_at_its_older_path(hostile: Hostile, connector: TrytonConnector) -> None:
    answers = iter([Raw(404), Result([1, "key", None])])
    hostile.script["common.db.login"] = lambda _: next(answers)
    read(connector)
    assert hostile.paths[:3] == ["/erp/rpc/", "/erp/", "/erp/"]


@pytest.mark.parametrize("status", [404, 405, 503])
def test_an_unknown_database_is_named_with_those_there_are(
    status: int, hostile: Hostile, connector: TrytonConnector
) -> None:
    hostile.script["common.db.login"] = lambda _: Raw(status)
    hostile.script["common.db.list"] = lambda _: Result(["otra", "pruebas"])
    with pytest.raises(ConfigurationInvalid, match=r"called 'erp'\. It has: otra, pruebas"):
        read(connector)


def test_a_busy_server_that_hides_its_databases_is_only_busy(hostile: Hostile, connector: TrytonConnector) -> None:
    hostile.script["common.db.login"] = lambda _: Raw(503)
    hostile.script["common.db.list"] = lambda _: Raw(403)
    with pytest.raises(RetryLater, match="503"):
        read(connector)


@pytest.mark.parametrize("bookmark", [Bookmark(cursor="ayer"), Bookmark(cursor="2026-01-01"), Bookmark(tie="x|y|z"),
                                      Bookmark(cursor="2026-01-01T00:00:00+00:00", tie="||1,x")])  # fmt: skip
def test_a_foreign_bookmark_stops_the_stream(bookmark: Bookmark, connector: TrytonConnector) -> None:
    with pytest.raises(RunMustStop, match="not written by this connector"):
        read(connector, bookmark)


def test_the_window_ends_at_the_clock_of_the_server(hostile: Hostile, connector: TrytonConnector) -> None:
    asked: list[Any] = []
    hostile.script["model.party.party.search_read"] = lambda p: asked.append(p[0]) or Result([])  # type: ignore[func-returns-value]
    [page] = read(connector, Bookmark(cursor="2026-03-04T05:00:00.000000+00:00"))
    assert page.bookmark == Bookmark(cursor="2026-03-04T05:06:07.000008+00:00", tie="||0,0,0")
    since = datetime(2026, 3, 4, 5, tzinfo=UTC) - timedelta(seconds=300)
    assert asked[0][0][1] == [
        "write_date",
        ">=",
        {**NOW, "hour": since.hour, "minute": 55, "second": 0, "microsecond": 0},
    ]


def test_every_call_says_which_language_and_company(hostile: Hostile, connector: TrytonConnector) -> None:
    contexts: list[Any] = []
    hostile.script["model.party.party.search_read"] = lambda p: contexts.append(p[-1]) or Result([])  # type: ignore[func-returns-value]
    read(connector)
    assert contexts == [{"company": 1, "language": "en", "active_test": False}]


def test_several_payment_methods_have_to_be_chosen_from(hostile: Hostile, connector: TrytonConnector) -> None:
    rows = [{"id": 3, "name": "Banco"}, {"id": 4, "name": "Caja"}]
    hostile.script["model.account.invoice.payment.method.search_read"] = lambda _: Result(rows)
    fault = write(connector)
    assert isinstance(fault, ConfigurationInvalid)
    assert "several payment methods" in str(fault)
    assert "Banco (3), Caja (4)" in str(fault)


def test_a_warning_names_itself_for_the_steward() -> None:
    fault = translated(["UserWarning", ["sale.42", "Sure?", ""]], system="erp", method="x")
    assert isinstance(fault, RecordRejected)
    assert (fault.field, fault.value) == ("warning", "sale.42")
