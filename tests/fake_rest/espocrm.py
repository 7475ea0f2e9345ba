"""A small EspoCRM: accounts, contacts, tasks and an entity of its own as its REST API gives them.

From EspoCRM's documentation of its API: `where[0][type]` and its like in the address, at most 200 records a page,
totals of -2 where nobody counted, UTC moments to the second, reasons in a header, records without a body where refused.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.fake_rest.serving import Asked, Said

KEY, SECRET, WEAK_KEY = "llave-de-espo", "secreto-de-espo", "llave-sin-permisos"
USER, PASSWORD = "api", "contraseña"
_WHERE = re.compile(r"where\[(\d+)\]\[(type|attribute|value)\]")


def fault(status: int, reason: str = "") -> Said:
    return Said(status, b"", {"X-Status-Reason": reason} if reason else {})


@dataclass
class EspoCrm:
    tables: dict[str, dict[str, dict[str, Any]]] = field(
        default_factory=lambda: {"Account": {}, "Contact": {}, "Task": {}, "CDebt": {}}
    )

    def now(self) -> datetime:
        return datetime.now(UTC)

    def put(self, entity: str, row: dict[str, Any], *, at: datetime | None = None) -> str:
        number = secrets.token_hex(9)[:17]
        stamp = (at or self.now()).strftime("%Y-%m-%d %H:%M:%S")
        self.tables[entity][number] = {"id": number, **row, "deleted": False, "createdAt": stamp, "modifiedAt": stamp}
        return number

    def touch(self, entity: str, number: str, **cells: Any) -> None:
        self.tables[entity][number] |= {**cells, "modifiedAt": self.now().strftime("%Y-%m-%d %H:%M:%S")}

    def account(self, name: str, *, at: datetime | None = None, **cells: Any) -> str:
        row = {"name": name, "emailAddress": None, "phoneNumber": None, "billingAddressCity": None, "cRut": None}
        return self.put("Account", {**row, **cells}, at=at)

    def contact(self, first: str, last: str, **cells: Any) -> str:
        row = {"name": f"{first} {last}", "firstName": first, "lastName": last, "emailAddress": None}
        return self.put("Contact", {**row, **cells})

    def answer(self, asked: Asked) -> Said:
        match = re.fullmatch(r"/api/v1/(\w+)(?:/(\w+))?", asked.path)
        who = self._who(asked)
        if who is None:
            return fault(401)
        if match is None or match[1] not in self.tables:
            return fault(404)
        entity, number = match.groups()
        if who == "weak" and entity == "Contact":
            return fault(403, "No read access to Contact")
        if asked.method == "POST":
            return self._created(entity, asked.json)
        if number is None:
            return self._listed(entity, asked.query)
        row = self.tables[entity].get(number)
        if row is None or not row.get("visible", True):
            return fault(404)
        if asked.method == "PUT":
            if "name" in asked.json and not asked.json["name"]:
                return fault(400, "Field validation failure; entity: name; field: required")
            self.touch(entity, number, **asked.json)
        return Said(body=self._shown(self.tables[entity][number]))

    def _who(self, asked: Asked) -> str | None:
        key = asked.headers.get("x-api-key")
        if key in (KEY, WEAK_KEY):
            return "weak" if key == WEAK_KEY else "good"
        signed = asked.headers.get("x-hmac-authorization")
        if signed:
            path = asked.path.removeprefix("/api/v1/")
            digest = hmac.new(SECRET.encode(), f"{asked.method} /{path}".encode(), hashlib.sha256).digest()
            return "good" if base64.b64decode(signed) == KEY.encode() + b":" + digest else None
        pair = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        return "good" if asked.headers.get("authorization") == f"Basic {pair}" else None

    def _created(self, entity: str, told: dict[str, Any]) -> Said:
        if entity == "Task" and told.get("parentId") not in {**self.tables["Account"], **self.tables["Contact"]}:
            return fault(400, "parent is not found")
        return Said(body=self._shown(self.tables[entity][self.put(entity, told)]))

    def _listed(self, entity: str, query: dict[str, str]) -> Said:
        size, offset = int(query.get("maxSize", 20)), int(query.get("offset", 0))
        if size > 200:
            return fault(403, "Max size should not exceed 200. Use pagination (offset, limit).")
        rows = [row for row in self.tables[entity].values() if row.get("visible", True)]
        for where in self._wheres(query):
            rows = [row for row in rows if _fits(row, where)]
        by = query.get("orderBy", "createdAt")
        rows.sort(key=lambda row: (str(row.get(by)), row["id"]), reverse=query.get("order") == "desc")
        page = rows[offset : offset + size]
        return Said(body={"total": -2 if len(rows) > offset + size else -1, "list": [self._shown(row) for row in page]})

    @staticmethod
    def _wheres(query: dict[str, str]) -> list[dict[str, str]]:
        found: dict[str, dict[str, str]] = {}
        for name, value in query.items():
            match = _WHERE.fullmatch(name)
            if match:
                found.setdefault(match[1], {})[match[2]] = value
        return list(found.values())

    @staticmethod
    def _shown(row: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in row.items() if name != "visible"}


def _fits(row: dict[str, Any], where: dict[str, str]) -> bool:
    found, wanted = str(row.get(where["attribute"])), where["value"]
    return {"equals": found == wanted, "greaterThanOrEquals": found >= wanted}[where["type"]]
