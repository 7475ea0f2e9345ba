"""The hostile server and the line that breaks: what they pass on, how they misbehave, and that they count."""

from __future__ import annotations

import http.client
import json
import socket
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

from connectors.testing import Answer, Call, Cut, Fault, HostileLine, HostileServer
from connectors.testing.mischief import OF_READS, OF_WRITES, at_call, failing_after, half_body, lost, silent, throttled


class Peer:
    """Keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[bytes] = []
        self.headers: list[dict[str, str]] = []

    def answer(self, call: Call) -> Answer:
        self.told.append(call.body)
        self.headers.append(dict(call.headers))
        return Answer(200, json.dumps({"n": len(self.told), "path": call.path}).encode(), {"x-peer": "yes"})


def asked(
    server: HostileServer, *, body: bytes | None = None, timeout: float = 10
) -> tuple[int, bytes, dict[str, str]]:
    at = urlsplit(server.url)
    line = http.client.HTTPConnection(str(at.hostname), at.port, timeout=timeout)
    try:
        line.request("GET" if body is None else "POST", "/a?b=c", body=body)
        answer = line.getresponse()
        return answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()}
    finally:
        line.close()


def test_a_server_in_front_passes_calls_on_as_they_are() -> None:
    peer = Peer()
    with HostileServer(peer.answer) as behind, HostileServer(upstream=behind.url) as front:
        status, body, headers = asked(front, body=b"Pe\xc3\xb1a")
    assert (status, json.loads(body)["path"], headers["x-peer"]) == (200, "/a?b=c", "yes")
    assert peer.told == [b"Pe\xc3\xb1a"]
    assert peer.headers[0]["host"] == urlsplit(behind.url).netloc


def test_the_address_of_the_peer_in_its_answers_becomes_that_of_the_server_in_front() -> None:
    links: list[str] = []
    with HostileServer(lambda _: Answer(200, links[0].encode(), {"location": links[0]})) as behind:
        links.append(f"{behind.url}/next")
        with HostileServer(upstream=behind.url) as front:
            _, body, headers = asked(front)
            assert body.decode() == headers["location"] == f"{front.url}/next"


def test_a_fault_befalls_the_calls_it_is_for_and_no_others() -> None:
    with HostileServer(Peer().answer) as server:
        server.befall(at_call(throttled(7), 2, times=1))
        assert [asked(server)[0] for _ in range(3)] == [200, 429, 200]
        server.befall(replace(throttled(7), when=lambda call: call.method == "POST"))
        assert [asked(server)[0], asked(server, body=b"x")[0]] == [200, 429]
        server.befall()
        assert asked(server, body=b"x")[0] == 200
        assert [call.number for call in server.calls] == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize("fault", [lost(), half_body(), failing_after()], ids=lambda fault: fault.called)
def test_a_fault_behind_the_effect_lets_the_peer_do_its_work(fault: Fault) -> None:
    peer = Peer()
    with HostileServer(peer.answer) as server:
        server.befall(fault)
        if isinstance(fault.says, Cut):
            with pytest.raises((OSError, http.client.HTTPException)):
                asked(server, body=b"x")
        else:
            assert asked(server, body=b"x")[0] == 500
    assert peer.told == [b"x"]


def test_silence_lasts_until_the_caller_gives_up() -> None:
    peer = Peer()
    with HostileServer(peer.answer) as server:
        server.befall(silent())
        with pytest.raises(TimeoutError):
            asked(server, timeout=0.1)
        server.befall()
        assert asked(server)[0] == 200
    assert len(peer.told) == 1


def test_each_fault_of_the_tables_is_served() -> None:
    faults = {**OF_READS, **OF_WRITES}
    with HostileServer(Peer().answer) as server:
        for fault in faults.values():
            server.befall(fault)
            if isinstance(fault.says, Cut):
                with pytest.raises((OSError, http.client.HTTPException)):
                    asked(server)
            else:
                assert asked(server)[0] in {200, 302, 429, 500, 502, 503}


def test_a_peer_that_is_gone_is_502() -> None:
    with HostileServer(upstream="http://127.0.0.1:9") as server:
        assert asked(server)[0] == 502


def test_a_line_is_reset_behind_so_many_bytes() -> None:
    with HostileServer(lambda _: Answer(200, b"x" * 100_000)) as peer, HostileLine(f"tcp://{peer.url[7:]}") as line:
        assert len(_through(line)) > 100_000
        assert line.passed > 100_000
        line.cut_after(50_000)
        with pytest.raises(ConnectionResetError):
            _through(line)
        line.cut_after(None)
        assert len(_through(line)) > 100_000


def _through(line: HostileLine) -> bytes:
    with socket.create_connection(("127.0.0.1", line.port), timeout=10) as caller:
        caller.sendall(b"GET / HTTP/1.0\r\nconnection: close\r\n\r\n")
        parts = []
        while block := caller.recv(65536):
            parts.append(block)
        return b"".join(parts)
