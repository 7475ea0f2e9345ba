"""The HTTP client against real servers on this machine that answer byte by byte what each test says."""

from __future__ import annotations

import gzip
import json
import logging
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concilia.clock import fixed_clock
from concilia.errors import (
    ConciliaError,
    ConfigurationInvalid,
    CredentialsRefused,
    OutcomeUnknown,
    PermissionMissing,
    RetryLater,
    RunMustStop,
    SystemUnreachable,
)
from connectors.rest import Patience, Response, RestClient, _retry_after, with_query

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
OK = b'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: 11\r\n\r\n{"ok":true}'


def answer(status: int, body: bytes = b"{}", *headers: str, kind: str = "application/json") -> bytes:
    lines = [
        f"HTTP/1.1 {status} Status",
        "connection: close",
        f"content-type: {kind}",
        f"content-length: {len(body)}",
        *headers,
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Script:
    """A server that gives each connection the next bytes (the last ones for ever), then hangs up."""

    def __init__(self, *answers: bytes | None) -> None:
        self.answers = list(answers)  # None: read the request, answer nothing, keep the line open
        self.requests: list[bytes] = []
        self.endless: bytes | None = None  # sent again and again after the answer, until the client has gone
        self._silent: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            self._one(line)

    def _one(self, line: socket.socket) -> None:
        request = line.recv(65536)
        while b"\r\n\r\n" not in request and request[:1].isalpha():
            request += line.recv(65536)
        head, _, body = request.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head.lower())
        while length and len(body) < int(length[1]):
            body += line.recv(65536)
        self.requests.append(head + b"\r\n\r\n" + body)
        said = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if said is None:
            self._silent.append(line)
            return
        with line:
            try:
                line.sendall(said)
                while self.endless is not None:
                    line.sendall(self.endless)
                line.shutdown(socket.SHUT_WR)
                while line.recv(65536):
                    pass
            except OSError:
                return

    def stop(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)
        for line in self._silent:
            line.close()


@contextmanager
def scripted(*answers: bytes | None) -> Iterator[Script]:
    server = Script(*answers)
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def client_of(server: Script, **patience: object) -> Iterator[tuple[RestClient, list[float]]]:
    slept: list[float] = []
    settings = {"timeout": 5.0, "sleep": slept.append, "now": fixed_clock(NOON), **patience}
    client = RestClient(f"http://127.0.0.1:{server.port}/api/", system="the ledger", patience=Patience(**settings))  # type: ignore[arg-type]
    try:
        yield client, slept
    finally:
        client.close()


def first_line(request: bytes) -> str:
    return request.split(b"\r\n", 1)[0].decode()


def test_a_get_is_repeated_until_the_system_answers() -> None:
    with scripted(answer(503), b"", answer(500), OK) as server, client_of(server) as (client, slept):
        assert client.call("GET", "/customers").json() == {"ok": True}
    assert len(server.requests) == 4
    assert slept == [0.4, 0.8, 1.6]


def test_a_get_that_fails_on_every_try_may_be_made_later() -> None:
    with (
        scripted(answer(502)) as server,
        client_of(server) as (client, slept),
        pytest.raises(RetryLater, match="the ledger answered 502"),
    ):
        client.call("GET", "/customers")
    assert (len(server.requests), len(slept)) == (4, 3)


@pytest.mark.parametrize("status", [500, 501, 502, 503, 504, 507, 520, 408])
def test_a_post_answered_with_a_server_fault_is_sent_once_and_its_outcome_is_unknown(status: int) -> None:
    with (
        scripted(answer(status, b"{}", "retry-after: 0")) as server,
        client_of(server) as (client, slept),
        pytest.raises(OutcomeUnknown, match="POST /payments"),
    ):
        client.call("POST", "/payments", body={})
    assert (len(server.requests), slept) == (1, [])


@pytest.mark.parametrize("status", [501, 507, 520, 408])
def test_an_unusual_server_fault_of_a_read_is_never_an_unknown_outcome(status: int) -> None:
    with scripted(answer(status)) as server, client_of(server) as (client, _), pytest.raises(RetryLater):
        client.call("GET", "/customers")


@pytest.mark.parametrize("status", [425, 429])
def test_a_throttled_post_was_not_carried_out_and_says_when_to_come_back(status: int) -> None:
    with (
        scripted(answer(status, b"{}", "Retry-After: 7")) as server,
        client_of(server) as (client, slept),
        pytest.raises(RetryLater) as caught,
    ):
        client.call("POST", "/payments", body={})
    assert caught.value.after == timedelta(seconds=7)
    assert (len(server.requests), slept) == (1, [])


def test_a_throttled_get_waits_as_long_as_it_was_told() -> None:
    throttled = answer(429, b"{}", "Retry-After: 2.5")
    with scripted(throttled, OK) as server, client_of(server) as (client, slept):
        client.call("GET", "/customers")
    assert slept == [2.5]


def test_a_wait_longer_than_our_patience_is_left_to_the_caller() -> None:
    with (
        scripted(answer(429, b"{}", "Retry-After: 3600")) as server,
        client_of(server) as (client, slept),
        pytest.raises(RetryLater) as caught,
    ):
        client.call("GET", "/customers")
    assert caught.value.after == timedelta(hours=1)
    assert (len(server.requests), slept) == (1, [])


def test_a_post_said_to_be_idempotent_is_repeated() -> None:
    with scripted(b"", OK) as server, client_of(server) as (client, _):
        assert client.call("POST", "/search", body={}, idempotent=True).status == 200
    assert len(server.requests) == 2


@pytest.mark.parametrize(
    ("stated", "seconds"),
    [
        ("0", 0.0),
        (" 12 ", 12.0),
        ("1.5", 1.5),
        ("Fri, 20 Nov 2026 12:00:30 GMT", 30.0),
        ("Fri, 20 Nov 2026 12:00:30 -0000", 30.0),
        ("Fri, 20 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", 0.0),
        ("-5", 0.0),
        ("²", 0.0),
        ("", 0.0),
        ("99999999999999999999", 0.0),
        ("999999999", 7 * 86400.0),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_nonsense_counts_as_nothing_said(stated: str, seconds: float) -> None:
    assert _retry_after(stated, now=fixed_clock(NOON)).total_seconds() == seconds


@given(st.text())
def test_no_retry_after_breaks_the_client(stated: str) -> None:
    assert timedelta() <= _retry_after(stated, now=fixed_clock(NOON)) <= timedelta(days=7)


LOST_ANSWERS = {
    "hung up without a word": b"",
    "hung up inside the headers": b"HTTP/1.1 201 Crea",
    "hung up inside the body": b"HTTP/1.1 201 Created\r\ncontent-length: 500\r\n\r\n{",
    "no HTTP at all": b"+OK ready\r\n\r\n",
    "gzip that is none": answer(201, b"not gzip", "content-encoding: gzip"),
}


@pytest.mark.parametrize("said", LOST_ANSWERS.values(), ids=LOST_ANSWERS)
def test_a_lost_answer_leaves_a_post_unknown_and_a_get_repeatable(said: bytes) -> None:
    with scripted(said) as server, client_of(server, tries=2) as (client, _):
        with pytest.raises(OutcomeUnknown):
            client.call("POST", "/payments", body={})
        with pytest.raises(RetryLater):
            client.call("GET", "/payments")
    assert [first_line(r).split()[0] for r in server.requests] == ["POST", "GET", "GET"]


def test_a_silent_system_times_out_as_lost() -> None:
    with scripted(None) as server, client_of(server, timeout=0.2, tries=1) as (client, _):
        with pytest.raises(OutcomeUnknown):
            client.call("POST", "/payments", body={})
        with pytest.raises(RetryLater):
            client.call("GET", "/payments")


def test_nobody_listening_means_never_sent_for_reads_and_writes_alike() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    client = RestClient(f"http://127.0.0.1:{port}", system="the ledger")
    for method in ("GET", "POST"):
        with pytest.raises(SystemUnreachable, match=f"at 127.0.0.1:{port}") as caught:
            client.call(method, "/payments")
        assert caught.value.system == "the ledger"
    client.close()


def test_refused_credentials_and_missing_permission_stop_at_once() -> None:
    with scripted(answer(401), answer(403)) as server, client_of(server) as (client, _):
        with pytest.raises(CredentialsRefused):
            client.call("GET", "/customers")
        with pytest.raises(PermissionMissing, match="GET /customers"):
            client.call("GET", "/customers")
    assert len(server.requests) == 2


def test_a_4xx_is_the_callers_to_judge() -> None:
    with scripted(answer(422, b'{"message":"Saldo insuficiente"}')) as server, client_of(server) as (client, _):
        found = client.call("POST", "/payments", body={})
    assert (found.status, found.json()) == (422, {"message": "Saldo insuficiente"})


def test_a_redirect_is_not_followed_so_that_no_key_goes_elsewhere() -> None:
    moved = answer(302, b"", "location: https://elsewhere.example/login")
    with scripted(moved) as server, client_of(server) as (client, _):
        with pytest.raises(RunMustStop, match="another address"):
            client.call("GET", "/customers")
        with pytest.raises(OutcomeUnknown):
            client.call("POST", "/payments", body={})
    assert len(server.requests) == 2


def test_a_body_over_the_limit_is_given_up_while_it_is_read() -> None:
    with scripted(b"HTTP/1.1 200 OK\r\n\r\n") as server, client_of(server, largest_body=100_000) as (client, _):
        server.endless = b"x" * 50_000
        with pytest.raises(RunMustStop, match="more than 100,000 bytes"):
            client.call("GET", "/customers")
        with pytest.raises(OutcomeUnknown):
            client.call("POST", "/payments", body={})


def test_the_limit_counts_bytes_after_decompression() -> None:
    bomb = answer(200, gzip.compress(b" " * 1_000_000), "content-encoding: gzip")
    with (
        scripted(bomb) as server,
        client_of(server, largest_body=100_000) as (client, _),
        pytest.raises(RunMustStop),
    ):
        client.call("GET", "/customers")


def test_an_answer_that_drips_is_given_up_at_its_deadline() -> None:
    ticks = iter(range(0, 10_000, 100))
    with scripted(b"HTTP/1.1 200 OK\r\n\r\n") as server:
        server.endless = b"x"
        with (
            client_of(server, deadline=250.0, stopwatch=lambda: next(ticks), tries=1) as (client, _),
            pytest.raises(RetryLater, match="longer than 250 s"),
        ):
            client.call("GET", "/customers")


def test_paths_and_parameters_cannot_leave_the_base_address() -> None:
    with scripted(OK) as server, client_of(server) as (client, _):
        client.call("GET", with_query("@elsewhere.example/x", {"q": "Ñuñoa & más"}))
        with pytest.raises(RunMustStop):
            client.call("GET", "/line\nbreak?rut=12.531.909-2")
    assert first_line(server.requests[0]).startswith("GET /api/@elsewhere.example/x?q=%C3%91u%C3%B1oa+%26+m%C3%A1s ")


def test_a_proxy_of_the_environment_is_not_used_on_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    with scripted(OK) as server, client_of(server) as (client, _):
        assert client.call("GET", "/customers").status == 200


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8000",
        "http://127.8.9.1/api",
        "http://localhost/",
        "http://[::1]:9/x",
        "https://erp.example.com",
    ],
)
def test_https_goes_anywhere_and_plain_http_to_this_machine(url: str) -> None:
    RestClient(url, system="the ledger").close()


@pytest.mark.parametrize(
    "url",
    [
        "http://erp.example.com",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://localhost.example.com",
        "http://127.0.0.1.example.com",
        "http://[::ffff:10.0.0.1]/",
        "http://[::1",
        "http://127.0.0.1:99999",
        "ftp://127.0.0.1",
        "erp.example.com",
        "",
        "https://",
        "https://a b",
        "https://erp.example.com/?key=1",
        "https://erp.example.com/#top",
    ],
)
def test_other_addresses_are_refused_before_any_call(url: str) -> None:
    with pytest.raises(ConfigurationInvalid, match="The url of the ledger"):
        RestClient(url, system="the ledger")


def test_credentials_in_the_address_are_refused_without_showing_them() -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        RestClient("https://user:t0ps3cret@erp.example.com", system="the ledger")
    assert "t0ps3cret" not in str(caught.value)


@pytest.mark.parametrize("key", ["t0ps3cret\n", "t0ps3cret\u00f1", "a\r\nx: y"])
def test_a_key_that_cannot_be_sent_is_refused_without_showing_it(key: str) -> None:
    with pytest.raises(ConfigurationInvalid, match="X-Api-Key") as caught:
        RestClient("https://erp.example.com", system="the ledger", headers={"X-Api-Key": key})
    assert "t0ps3cret" not in repr(caught.value)


def test_a_missing_or_broken_certificate_file_is_one_sentence(tmp_path) -> None:
    broken = tmp_path / "ca.pem"
    broken.write_text("no certificate")
    for file in (broken, tmp_path / "none.pem"):
        with pytest.raises(ConfigurationInvalid, match="certificate file"):
            RestClient("https://erp.example.com", system="the ledger", verify=str(file))


def test_a_system_that_speaks_no_tls_is_unreachable() -> None:
    with scripted(OK) as server:
        client = RestClient(f"https://127.0.0.1:{server.port}", system="the ledger")
        with pytest.raises(SystemUnreachable):
            client.call("POST", "/payments", body={})
        client.close()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[SSL: CERTIFICATE_VERIFY_FAILED] certificate has expired", "has expired"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] Hostname mismatch, certificate is not valid", "is for another host"),
        ("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate", "is not trusted"),
    ],
)
def test_a_bad_certificate_says_what_is_wrong_with_it(text: str, said: str) -> None:
    client = RestClient("https://erp.example.com:8443", system="the ledger")
    assert str(client._unreachable(ssl.SSLError(text))).startswith(f"The certificate of erp.example.com:8443 {said}.")
    client.close()


def of(body: bytes, *, kind: str = "application/json", repeatable: bool = True) -> Response:
    return Response(200, {"content-type": kind}, body, "https://erp.example.com/x", repeatable=repeatable)


def test_decimals_of_an_answer_stay_exact() -> None:
    assert of(b'{"saldo": 1234567890.10, "n": 3}').json() == {"saldo": Decimal("1234567890.10"), "n": 3}


BROKEN: dict[str, tuple[bytes, str, type[ConciliaError]]] = {
    "html": (b"<html>Mantenci\xc3\xb3n</html>", "text/html", RunMustStop),
    "half": (b'{"items": [{"id', "application/json", RetryLater),
    "nan": (b'{"saldo": NaN}', "application/json", RetryLater),
    "huge exponent": (b'{"saldo": 1E999999999}', "application/json", RetryLater),
    "exponent beyond decimal": (b'{"saldo": 1E99999999999999999999}', "application/json", RetryLater),
    "deep": (b"[" * 100_000, "application/json", RetryLater),
    "wrong text": (b'"\xff\xfe\xfa"', "application/json", RetryLater),
    "empty": (b"", "text/plain", RunMustStop),
}


@pytest.mark.parametrize("case", BROKEN.values(), ids=BROKEN)
def test_a_body_that_is_no_json_is_an_error_by_what_to_do_next(case: tuple[bytes, str, type[ConciliaError]]) -> None:
    body, kind, expected = case
    with pytest.raises(expected):
        of(body, kind=kind).json()
    with pytest.raises(OutcomeUnknown):
        of(body, kind=kind, repeatable=False).json()


def test_what_we_send_is_exact_text_and_never_a_float_that_is_no_number() -> None:
    with scripted(OK) as server, client_of(server) as (client, _):
        sent = {"amount": Decimal("1E+3"), "on": date(2026, 11, 20), "at": NOON, "name": "Peña"}
        client.call("PUT", "/x", body=sent, headers={"Idempotency-Key": "k1"})
        with pytest.raises(ValueError):
            client.call("PUT", "/x", body={"amount": float("nan")})
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    assert json.loads(body) == {"amount": "1000", "on": "2026-11-20", "at": "2026-11-20T12:00:00+00:00", "name": "Peña"}
    assert b"idempotency-key: k1" in head.lower()


def test_addresses_with_references_are_not_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    with scripted(OK) as server, client_of(server) as (client, _):
        client.call("GET", with_query("/payments", {"reference": "12.531.909-2"}))
    assert "12.531.909" not in caplog.text


def test_an_error_does_not_tell_the_parameters_of_its_call() -> None:
    with scripted(answer(403), answer(500)) as server, client_of(server) as (client, _):
        for method, expected in (("GET", PermissionMissing), ("POST", OutcomeUnknown)):
            with pytest.raises(expected, match=f"{method} /p") as caught:
                client.call(method, with_query("/p", {"rut": "12.531.909-2"}))
            assert "12.531" not in str(caught.value)


def test_a_response_names_its_address_without_the_parameters() -> None:
    with scripted(OK) as server, client_of(server) as (client, _):
        assert (
            client.call("GET", with_query("/p", {"reference": "secret"})).url == f"http://127.0.0.1:{server.port}/api/p"
        )
