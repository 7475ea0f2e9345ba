"""The HTTP door under test: a real server on a free port, and a caller that holds each answer to its description."""

from __future__ import annotations

import itertools
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn
from jsonschema import Draft202012Validator

from admin_api.app import create_app
from sync import actions
from sync.hub import Hub

_payments = itertools.count(1)


class Door:
    """Calls one hub with one key. Every answer must be described in the hub's own OpenAPI document."""

    def __init__(self, url: str, key: str, document: dict[str, Any]) -> None:
        self.url = url
        self.key = key
        self.document = document
        self.client = httpx.Client(base_url=url, headers={"X-Api-Key": key}, timeout=60)

    def get(self, path: str, **given: Any) -> httpx.Response:
        return self.call("GET", path, **given)

    def call(self, method: str, path: str, **given: Any) -> httpx.Response:
        answer = self.client.request(method, path, **given)
        check(self.document, answer)
        return answer

    def pay(self, payment: Any, *, key: str | None = None) -> httpx.Response:
        headers = {"Idempotency-Key": key or f"fresh-{next(_payments)}"}
        return self.call("POST", "/v1/payments", json=payment, headers=headers)

    def pages(self, path: str, *, limit: int) -> list[list[dict[str, Any]]]:
        """All pages of a list from the first to the one without `next`."""
        found, cursor = [], ""
        while True:
            page = self.get(path, params={"limit": limit, "after": cursor}).json()
            found.append(page["items"])
            if page["next"] is None:
                return found
            cursor = page["next"]
            assert len(found) < 1000, "the list never ends"

    def every(self, path: str) -> list[dict[str, Any]]:
        return [item for page in self.pages(path, limit=500) for item in page]

    def debtor_of(self, tax_id: str) -> dict[str, Any]:
        """The one debtor with that number."""
        (match,) = self.get("/v1/resolve", params={"tax_id": tax_id}).json()["matches"]
        found: dict[str, Any] = self.get(f"/v1/debtors/{match['id']}").json()
        return found


@contextmanager
def opened_door(hub: Hub) -> Iterator[Door]:
    """Serve a hub, and call it with a fresh key."""
    _, key = actions.create_key(hub, "tests")
    with served(hub) as url:
        document = httpx.get(f"{url}/openapi.json", timeout=60).json()
        door = Door(url, key, document)
        with door.client:
            yield door


@contextmanager
def served(hub: Hub) -> Iterator[str]:
    """The address of a running server."""
    listening = socket.create_server(("127.0.0.1", 0))
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    settings = uvicorn.Config(create_app(hub), log_level="critical", access_log=False, lifespan="off", ws="none")
    server = uvicorn.Server(settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="door", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(30)
        listening.close()


def check(document: dict[str, Any], answer: httpx.Response) -> None:
    """Headers for every answer; for those of described operations also status, media type and shape."""
    request = answer.request
    assert answer.headers["x-content-type-options"] == "nosniff"
    cached = "private, no-cache" if "etag" in answer.headers else "no-store"
    assert answer.headers["cache-control"] == cached
    problem = answer.status_code >= 400
    if problem:
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["status"] == answer.status_code
        assert answer.json()["instance"] == f"urn:uuid:{answer.headers['x-request-id']}"
        assert "Traceback" not in answer.text
        _valid(document, {"$ref": "#/components/schemas/Problem"}, answer.json())
    told = operation(document, request.method, request.url.path)
    if told is not None:
        described = told["responses"].get(str(answer.status_code))
        assert described is not None, f"{request.method} {request.url.path} does not describe {answer.status_code}"
        if not problem and answer.status_code != 304:
            _valid(document, described["content"]["application/json"]["schema"], answer.json())


def operation(document: dict[str, Any], method: str, path: str) -> dict[str, Any] | None:
    """The description of what answers there, if any."""
    for template, methods in document["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            found: dict[str, Any] | None = methods.get(method.lower())
            return found
    return None


def _valid(document: dict[str, Any], schema: dict[str, Any], body: Any) -> None:
    faults = list(Draft202012Validator({**schema, "components": document["components"]}).iter_errors(body))
    assert not faults, [f"{fault.json_path}: {fault.message}" for fault in faults]
