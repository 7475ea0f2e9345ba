"""The org over HTTP as the REST API guide has it: tokens, versions, describe, query with locators, upsert, Bulk 2.0, limits."""

from __future__ import annotations

import base64
import csv
import io
import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from connectors.testing.server import Answer, Call, HostileServer
from tests.fake_salesforce.org import EXTERNAL, Org, Refused

CLIENT, SECRET, USER = "3MVG9.cliente", "secreto-de-prueba-canario", "hub@acme.cl"
VERSIONS = ("58.0", "62.0", "64.0", "66.0")
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
).decode()  # fmt: skip


class FakeSalesforce:
    """One org and its door."""

    def __init__(self, *, page: int = 3, quota: int = 100_000) -> None:
        self.org = Org()
        self.page = page
        self.quota = quota
        self.used = 0
        self.tokens: set[str] = set()
        self.given = 0
        self.blind: set[str] = set()  # clients whose user may not use the API
        self._locators: dict[str, tuple[str, list[dict[str, Any]], int]] = {}
        self._jobs: dict[str, dict[str, Any]] = {}
        self._numbers = itertools.count(1)
        self.server = HostileServer(respond=self._respond)

    @property
    def url(self) -> str:
        """Where it answers."""
        return str(self.server.url)

    def expire(self) -> None:
        """No token given so far is good any more."""
        self.tokens.clear()

    def _respond(self, call: Call) -> Answer:
        answer = self._answered(call)
        return replace(answer, headers={"date": format_datetime(self.org.now, usegmt=True), **answer.headers})

    def _answered(self, call: Call) -> Answer:
        parts = urlsplit(call.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        try:
            if parts.path == "/services/oauth2/token":
                return self._token(parse_qs(call.body.decode()))
            if parts.path.rstrip("/") == "/services/data":
                return _json(200, [{"label": "x", "url": f"/services/data/v{v}", "version": v} for v in VERSIONS])
            if call.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
                return _json(401, [{"message": "Session expired or invalid", "errorCode": "INVALID_SESSION_ID"}])
            self._count()
            version, *steps = [
                unquote(step) for step in parts.path.removeprefix("/services/data/v").strip("/").split("/")
            ]
            self._know(version)
            return self._routed(call, steps, asked)
        except Refused as fault:
            return _json(fault.status, fault.body)

    def _count(self) -> None:
        self.used += 1
        if self.used > self.quota:
            raise Refused(403, "REQUEST_LIMIT_EXCEEDED", "TotalRequests Limit exceeded.")

    def _know(self, version: str) -> None:
        if version not in VERSIONS:
            raise Refused(404, "NOT_FOUND", "The requested resource does not exist")

    def _routed(self, call: Call, steps: list[str], asked: dict[str, str]) -> Answer:
        headers = {"sforce-limit-info": f"api-usage={self.used}/{self.quota}"}
        match call.method, steps:
            case "GET", ["limits"]:
                return _json(
                    200, {"DailyApiRequests": {"Max": self.quota, "Remaining": self.quota - self.used}}, headers
                )
            case "GET", ["sobjects", name, "describe"]:
                return _json(200, self._described(name), headers)
            case "GET", ["query" | "queryAll" as kind]:
                return _json(200, self._query(asked["q"], deleted=kind == "queryAll"), headers)
            case "GET", ["query" | "queryAll", locator]:
                return _json(200, self._more(locator), headers)
            case "PATCH", ["sobjects", name, column, key]:
                made, number = self.org.upsert(name, column, key, json.loads(call.body))
                return _json(
                    201 if made else 200, {"id": number, "success": True, "errors": [], "created": made}, headers
                )
            case "POST", ["sobjects", name]:
                number = self.org.insert(name, **json.loads(call.body))
                return _json(201, {"id": number, "success": True, "errors": []}, headers)
            case "PATCH", ["sobjects", name, number]:
                told = call.headers.get("if-unmodified-since")
                since = parsedate_to_datetime(told) if told else None
                self.org.update(name, number, since=since, **json.loads(call.body))
                return Answer(204, b"", headers)
            case "POST", ["jobs", "query"]:
                return self._job(json.loads(call.body))
            case "GET", ["jobs", "query", job]:
                return _json(200, self._job_state(job), headers)
            case "GET", ["jobs", "query", job, "results"]:
                return self._results(job, asked)
        raise Refused(404, "NOT_FOUND", "The requested resource does not exist")

    def _token(self, form: dict[str, list[str]]) -> Answer:
        told = {name: values[0] for name, values in form.items()}
        grant = told.get("grant_type", "")
        if grant == "client_credentials":
            good = (told.get("client_id"), told.get("client_secret")) == (CLIENT, SECRET)
        elif grant == "urn:ietf:params:oauth:grant-type:jwt-bearer":
            good = _signed_well(told.get("assertion", ""), self.url)
        else:
            return _json(400, {"error": "unsupported_grant_type", "error_description": "grant type not supported"})
        if not good:
            return _json(400, {"error": "invalid_grant", "error_description": "user hasn't approved this consumer"})
        self.given += 1
        token = f"00D!token{self.given}"
        self.tokens.add(token)
        return _json(200, {"access_token": token, "instance_url": self.url, "token_type": "Bearer", "scope": "api"})

    def _described(self, name: str) -> dict[str, Any]:
        fields = self.org.fields(name)
        system = ("Id", "IsDeleted", "CreatedDate", "LastModifiedDate", "SystemModstamp")
        return {
            "name": name, "queryable": True,
            "fields": [
                {"name": one, "type": kind, "createable": one not in system, "updateable": one not in system,
                 "filterable": True, "externalId": (name, one) in EXTERNAL, "idLookup": one == "Id"}
                for one, kind in fields.items()
            ],
        }  # fmt: skip

    def _query(self, soql: str, *, deleted: bool) -> dict[str, Any]:
        name, rows, total = self.org.query(soql, deleted=deleted)
        locator = f"01g{next(self._numbers):06d}"
        self._locators[locator] = (name, rows, total)
        return self._more(f"{locator}-0")

    def _more(self, told: str) -> dict[str, Any]:
        locator, _, start = told.partition("-")
        if locator not in self._locators:
            raise Refused(400, "INVALID_QUERY_LOCATOR", "invalid query locator")
        name, rows, total = self._locators[locator]
        part = rows[int(start) : int(start) + self.page]
        after = int(start) + self.page
        records = [{"attributes": {"type": name, "url": "/x"}, **_wire(row)} for row in part]
        found: dict[str, Any] = {"totalSize": total, "done": after >= len(rows), "records": records}
        if after < len(rows):
            found["nextRecordsUrl"] = f"/services/data/v64.0/query/{locator}-{after}"
        return found

    def _job(self, asked: dict[str, Any]) -> Answer:
        name, rows, _ = self.org.query(asked["query"], deleted=asked["operation"] == "queryAll")
        job = f"750{next(self._numbers):012d}AAA"
        self._jobs[job] = {"rows": rows, "looks": 0, "columns": list(rows[0]) if rows else ["Id"]}
        made = {"id": job, "operation": asked["operation"], "object": name, "state": "UploadComplete"}
        return _json(200, {**made, "createdDate": _stamp(self.org.now)})

    def _job_state(self, job: str) -> dict[str, Any]:
        if job not in self._jobs:
            raise Refused(404, "NOT_FOUND")
        self._jobs[job]["looks"] += 1
        return {"id": job, "state": "JobComplete" if self._jobs[job]["looks"] > 2 else "InProgress"}

    def _results(self, job: str, asked: dict[str, str]) -> Answer:
        rows = self._jobs[job]["rows"]
        start = int(asked.get("locator") or 0)
        size = min(int(asked.get("maxRecords", "100")), 4)
        out = io.StringIO()
        writer = csv.DictWriter(out, self._jobs[job]["columns"], quoting=csv.QUOTE_ALL)
        writer.writeheader()
        for row in rows[start : start + size]:
            writer.writerow({name: _cell(value) for name, value in row.items()})
        after = start + size
        return Answer(
            200, out.getvalue().encode(),
            {"content-type": "text/csv", "sforce-locator": str(after) if after < len(rows) else "null"},
        )  # fmt: skip


def _signed_well(assertion: str, url: str) -> bool:
    """By RFC 7523: RS256, the consumer key as issuer, the user as subject, the login host as audience, three minutes."""
    try:
        head, body, signature = assertion.split(".")
        KEY.public_key().verify(_raw(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
        said = json.loads(_raw(body))
    except Exception:  # noqa: BLE001  whatever is wrong with it, it is not good
        return False
    ahead = said["exp"] - datetime.now(UTC).timestamp()
    good = (said["iss"], said["sub"]) == (CLIENT, USER) and said["aud"] in ("https://login.salesforce.com", url)
    return good and 0 < ahead <= 185 and json.loads(_raw(head))["alg"] == "RS256"


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}+0000"


def _wire(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _wire(inner) for name, inner in value.items()}
    return _stamp(value) if isinstance(value, datetime) else value


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case datetime():
            return _stamp(value).replace("+0000", "Z")
        case _:
            return str(value)


def _json(status: int, body: Any, headers: dict[str, str] | None = None) -> Answer:
    return Answer(
        status, json.dumps(body).encode(), {"content-type": "application/json;charset=UTF-8", **(headers or {})}
    )


@contextmanager
def serving(**given: Any) -> Iterator[FakeSalesforce]:
    """A running org."""
    fake = FakeSalesforce(**given)
    with fake.server:
        yield fake
