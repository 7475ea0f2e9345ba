"""One post to one subscriber over real sockets: deadlines, bounds, kept connections, certificates, no redirects."""

from __future__ import annotations

import datetime as dt
import itertools
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from concilia.clock import fixed_clock
from connectors.webhook_sender import Answered, NoAnswer, NotReached, Sender
from connectors.webhook_targets import Guard, parsed

ALLOWED = frozenset({"127.0.0.1", "localhost", "hooks.test"})
NOW = dt.datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


@dataclass
class Peer:
    """A server of a few lines: what it was sent, and how many connections it had."""

    port: int
    requests: list[bytes] = field(default_factory=list)
    connections: int = 0


Behaviour = Callable[[socket.socket, bytes], bool]  # whether the connection stays open


def answers(*texts: bytes) -> Behaviour:
    told = itertools.chain(texts, itertools.repeat(texts[-1]))

    def behave(line: socket.socket, _request: bytes) -> bool:
        line.sendall(next(told))
        return True

    return behave


@contextmanager
def peer(behave: Behaviour, *, context: ssl.SSLContext | None = None) -> Iterator[Peer]:
    listening = socket.create_server(("127.0.0.1", 0))
    found = Peer(listening.getsockname()[1])
    threads: list[threading.Thread] = []

    def talk(plain: socket.socket) -> None:
        try:
            with context.wrap_socket(plain, server_side=True) if context else plain as line:
                while request := read_request(line):
                    found.requests.append(request)
                    if not behave(line, request):
                        return
        except OSError:
            pass

    def accept() -> None:
        while True:
            try:
                line, _ = listening.accept()
            except OSError:
                return
            found.connections += 1
            threads.append(threading.Thread(target=talk, args=(line,), daemon=True))
            threads[-1].start()

    waiting = threading.Thread(target=accept, daemon=True)
    waiting.start()
    try:
        yield found
    finally:
        listening.shutdown(socket.SHUT_RDWR)
        listening.close()


def read_request(line: socket.socket) -> bytes:
    found = b""
    while b"\r\n\r\n" not in found:
        part = line.recv(4096)
        if not part:
            return b""
        found += part
    head, _, body = found.partition(b"\r\n\r\n")
    length = next(int(x.split(b":")[1]) for x in head.split(b"\r\n") if x.lower().startswith(b"content-length:"))
    while len(body) < length:
        body += line.recv(4096)
    return head + b"\r\n\r\n" + body


def sender(port: int, **given: object) -> Sender:
    resolve = given.pop("resolve", lambda _host, _port: ["127.0.0.1"])
    host = given.pop("host", "127.0.0.1")
    scheme = given.pop("scheme", "http")
    guard = Guard(ALLOWED, resolve)  # type: ignore[arg-type]
    return Sender(parsed(f"{scheme}://{host}:{port}/hook?a=1"), guard, now=fixed_clock(NOW), **given)  # type: ignore[arg-type]


def test_a_post_carries_its_headers_and_body_and_the_connection_is_kept() -> None:
    with peer(answers(OK)) as found:
        one = sender(found.port)
        assert [one.post(b'{"a":1}', {"webhook-id": "7"}) for _ in range(3)] == [Answered(200)] * 3
        one.close()
    head, _, body = found.requests[0].partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"POST /hook?a=1 HTTP/1.1"
    assert f"Host: 127.0.0.1:{found.port}".encode() in head
    assert b"webhook-id: 7" in head
    assert body == b'{"a":1}'
    assert found.connections == 1


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.0 401 x\r\n\r\nno", b"HTTP/1.0 401 x\r\n\r\n", b"HTTP/1.1 401 x\r\n\r\nno"]
)
def test_an_answer_may_end_with_its_connection(answer: bytes) -> None:
    def once(line: socket.socket, _request: bytes) -> bool:
        line.sendall(answer)
        return False

    with peer(once) as found:
        one = sender(found.port)
        assert [one.post(b"{}", {}), one.post(b"{}", {})] == [Answered(401)] * 2
    assert found.connections == 2


def test_a_kept_connection_that_was_closed_meanwhile_is_replaced() -> None:
    def once(line: socket.socket, _request: bytes) -> bool:
        line.sendall(OK)
        return False

    with peer(once) as found:
        one = sender(found.port)
        assert [one.post(b"{}", {}) for _ in range(3)] == [Answered(200)] * 3
    assert len(found.requests) == 3


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_follows_a_redirect(status: int) -> None:
    with peer(answers(OK)) as elsewhere:
        to = f"HTTP/1.1 {status} x\r\nLocation: http://127.0.0.1:{elsewhere.port}/\r\nContent-Length: 0\r\n\r\n"
        with peer(answers(to.encode())) as found:
            assert sender(found.port).post(b"{}", {}) == Answered(status)
    assert elsewhere.connections == 0


@pytest.mark.parametrize(
    ("header", "told"),
    [
        ("120", timedelta(seconds=120)),
        ("Sun, 22 Nov 2026 12:05:00 GMT", timedelta(minutes=5)),
        ("Sun, 22 Nov 2020 12:05:00 GMT", timedelta()),
        ("99999999", timedelta(hours=24)),
        ("soon", None),
        ("-5", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_both_forms(header: str, told: timedelta | None) -> None:
    answer = f"HTTP/1.1 503 x\r\nRetry-After: {header}\r\nContent-Length: 0\r\n\r\n"
    with peer(answers(answer.encode())) as found:
        assert sender(found.port).post(b"{}", {}) == Answered(503, told)


def test_an_answer_that_drips_ends_with_the_deadline() -> None:
    going = threading.Event()

    def drip(line: socket.socket, _request: bytes) -> bool:
        line.sendall(b"HTTP/1.1 200 OK\r\n")
        while not going.wait(0.02):
            line.sendall(b"X-Drip: 1\r\n")
        return False

    with peer(drip) as found:
        assert sender(found.port, seconds=0.3).post(b"{}", {}) == NoAnswer("no answer in time")
        going.set()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 50_000 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9\r\n",
        b"\x00" * 100,
    ],
    ids=["many-headers", "long-header", "no-http", "zeros"],
)
def test_what_is_no_answer_in_http_is_none(answer: bytes) -> None:
    def once(line: socket.socket, _request: bytes) -> bool:
        line.sendall(answer)
        return False

    with peer(once) as found:
        assert isinstance(sender(found.port, seconds=5).post(b"{}", {}), NoAnswer)


def test_a_long_body_counts_by_its_status_and_its_connection_is_not_kept() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 30000000\r\n\r\n" + b"x" * 60_000
    with peer(answers(answer)) as found:
        one = sender(found.port, seconds=2)
        assert isinstance(one.post(b"{}", {}), Answered | NoAnswer)
        assert isinstance(one.post(b"{}", {}), Answered | NoAnswer)
    assert found.connections == 2


def test_a_line_cut_before_an_answer_is_no_answer() -> None:
    with peer(lambda _line, _request: False) as found:
        assert sender(found.port).post(b"{}", {}) == NoAnswer("the connection was closed without an answer")


def test_nobody_listening_is_not_reached_and_nothing_was_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert isinstance(sender(port).post(b"{}", {}), NotReached)


def test_each_new_connection_is_judged_by_where_the_name_leads_then() -> None:
    leads = iter([["127.0.0.1"], ["169.254.169.254"]])

    def once(line: socket.socket, _request: bytes) -> bool:
        line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        return False

    with peer(once) as found:
        one = sender(found.port, host="hooks.test", resolve=lambda _host, _port: next(leads))
        assert one.post(b"{}", {}) == Answered(200)
        refused = one.post(b"{}", {})
    assert isinstance(refused, NotReached)
    assert "169.254.169.254" in refused.reason
    assert found.connections == 1


def certified(folder: Path, name: str) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A server's context with a fresh certificate for that name, and a caller's that trusts it."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    today = dt.datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(subject).issuer_name(subject).public_key(key.public_key())
        .serial_number(1).not_valid_before(today - timedelta(days=1)).not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.pem").write_bytes(private + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(folder / "server.pem")
    return server, ssl.create_default_context(cadata=pem.decode())


def test_the_certificate_has_to_be_for_the_name_that_was_told(tmp_path: Path) -> None:
    server, trusting = certified(tmp_path, "hooks.test")
    with peer(answers(OK), context=server) as found:
        right = sender(found.port, host="hooks.test", scheme="https", context=trusting)
        assert [right.post(b"{}", {}), right.post(b"{}", {})] == [Answered(200)] * 2
        right.close()
        for host, context in (("localhost", trusting), ("hooks.test", None)):
            refused = sender(found.port, host=host, scheme="https", context=context).post(b"{}", {})
            assert isinstance(refused, NotReached)
            assert "certificate" in refused.reason
