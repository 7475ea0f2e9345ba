"""A small ERPNext: customers, sales invoices, payment entries and comments as Frappe's REST API gives them.

From Frappe's documentation of its API (first version) and of its errors: `data` around everything, filters and fields as
JSON in the address, child tables only in the whole document, `modified` in the site's own time, 417 for what validation
refuses, documents submitted by docstatus 1 and cancelled by 2.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from tests.fake_rest.serving import Asked, Said

KEY, SECRET, WEAK_KEY = "llave-frappe", "secreto-frappe", "llave-debil"
_DOCTYPES = ("Customer", "Sales Invoice", "Payment Entry", "Comment")


def fault(status: int, kind: str, text: str = "") -> Said:
    return Said(status, {"exc_type": kind, "exception": f"frappe.exceptions.{kind}: {text}", "exc": "[...]"})


@dataclass
class ErpNext:
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("America/Bogota"))
    tables: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: {name: {} for name in _DOCTYPES})
    numbers: int = 0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def stamp(self, at: datetime | None = None) -> str:
        return (at or self.now()).astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S.%f")

    def put(self, doctype: str, row: dict[str, Any], *, name: str = "", at: datetime | None = None) -> str:
        self.numbers += 1
        named = name or f"{doctype[:3].upper()}-2026-{self.numbers:05d}"
        stamp = self.stamp(at)
        self.tables[doctype][named] = {"docstatus": 0, **row, "name": named, "creation": stamp, "modified": stamp}
        return named

    def touch(self, doctype: str, name: str, **cells: Any) -> None:
        self.tables[doctype][name] |= {**cells, "modified": self.stamp()}

    def customer(self, called: str, *, at: datetime | None = None) -> str:
        self.numbers += 1
        row = {"customer_name": called, "customer_type": "Company", "tax_id": None, "mobile_no": None, "email_id": None,
               "territory": "Chile", "disabled": 0}  # fmt: skip
        return self.put("Customer", row, name=f"C/{self.numbers:05d} Ñ", at=at)

    def invoice(self, customer: str, total: str, *, docstatus: int = 1) -> str:
        row = {"customer": customer, "company": "Acreedora SpA", "posting_date": "2026-11-01", "due_date": "2026-12-01",
               "currency": "CLP", "party_account_currency": "CLP", "grand_total": float(total), "is_return": 0,
               "outstanding_amount": float(total), "docstatus": docstatus, "debit_to": "Deudores - AC",
               "status": "Unpaid", "remarks": "No Remarks"}  # fmt: skip
        return self.put("Sales Invoice", row)

    def answer(self, asked: Asked) -> Said:
        who = asked.headers.get("authorization")
        if who not in (f"token {KEY}:{SECRET}", f"token {WEAK_KEY}:{SECRET}"):
            return fault(401, "AuthenticationError")
        match = re.fullmatch(r"/api/resource/([^/]+)(?:/(.+))?", asked.path)
        if match is None or match[1] not in self.tables:
            return fault(404, "DoesNotExistError")
        doctype, name = match[1], unquote(match[2] or "")
        if WEAK_KEY in who and doctype == "Sales Invoice":
            return fault(403, "PermissionError", "No permission for Sales Invoice")
        if asked.method == "POST":
            return self._created(doctype, asked.json)
        if not name:
            return self._listed(doctype, asked.query)
        row = self.tables[doctype].get(name)
        if row is None:
            return fault(404, "DoesNotExistError", f"{doctype} {name} not found")
        return self._changed(doctype, name, asked.json) if asked.method == "PUT" else Said(body={"data": row})

    def _created(self, doctype: str, told: dict[str, Any]) -> Said:
        if doctype == "Payment Entry":
            for line in told["references"]:
                invoice = self.tables["Sales Invoice"].get(line["reference_name"])
                if invoice is None or Decimal(str(invoice["outstanding_amount"])) < Decimal(
                    str(line["allocated_amount"])
                ):
                    return fault(417, "ValidationError", "Allocated Amount cannot be greater than outstanding amount.")
        return Said(body={"data": self.tables[doctype][self.put(doctype, {**told, "docstatus": 0})]})

    def _changed(self, doctype: str, name: str, told: dict[str, Any]) -> Said:
        row = self.tables[doctype][name]
        if "modified" in told and told.pop("modified") != row["modified"]:
            return fault(409, "TimestampMismatchError", "Document has been modified after you have opened it")
        before = row["docstatus"]
        self.touch(doctype, name, **told)
        after = row["docstatus"]
        if doctype == "Payment Entry" and before != after:
            sign = -1 if after == 1 else 1
            for line in row["references"]:
                invoice = self.tables["Sales Invoice"][line["reference_name"]]
                left = invoice["outstanding_amount"] + sign * line["allocated_amount"]
                self.touch("Sales Invoice", line["reference_name"], outstanding_amount=left)
        return Said(body={"data": row})

    def _listed(self, doctype: str, query: dict[str, str]) -> Said:
        rows = [row for row in self.tables[doctype].values() if row.get("visible", True)]
        for column, sign, wanted in json.loads(query.get("filters", "[]")):
            rows = [row for row in rows if _fits(row.get(column), sign, wanted)]
        for part in reversed(query.get("order_by", "modified desc").split(",")):
            column, _, way = part.strip().partition(" ")
            rows.sort(key=lambda row, c=column: str(row.get(c)), reverse=way == "desc")  # type: ignore[misc]
        start, size = int(query.get("limit_start", 0)), int(query.get("limit_page_length", 20))
        fields = json.loads(query.get("fields", '["name"]'))
        page = rows[start : start + size]
        return Said(body={"data": [self._shown(row, fields) for row in page]})

    @staticmethod
    def _shown(row: dict[str, Any], fields: list[str]) -> dict[str, Any]:
        shown = {name: value for name, value in row.items() if not isinstance(value, list) and name != "visible"}
        return shown if fields == ["*"] else {name: shown.get(name) for name in fields}


def _fits(value: Any, sign: str, wanted: Any) -> bool:
    match sign:
        case "in":
            return value in wanted
        case "=":
            return bool(value == wanted)
        case "!=":
            return bool(value != wanted)
        case "<":
            return bool(value < wanted)
        case _:
            return bool(value >= wanted)
