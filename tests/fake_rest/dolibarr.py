"""A small Dolibarr: third parties, invoices, payments and agenda events as its REST API gives them.

From Dolibarr's own documentation of its API and the source of its API classes: ids and amounts as texts, moments as
Unix times, filters on the server's local time, 404 for an empty list, 404 without a reason where there is no such API.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tests.fake_rest.serving import Asked, Said

KEY, WEAK_KEY = "llave-de-dolibarr", "llave-sin-permisos"
_CRITERION = re.compile(r"\(t\.(\w+):(>=|>|=|<|like):('[^']*'|\d+)\)")
_COLUMNS = {"rowid": "id", "id": "id", "label": "label", "ref": "ref"}


def fault(code: int, text: str = "") -> Said:
    names = {400: "Bad Request", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found", 500: "Internal Server Error"}
    message = f"{names[code]}: {text}" if text else names[code]
    return Said(code, {"error": {"code": code, "message": message}})


@dataclass
class Dolibarr:
    zone: ZoneInfo = field(default_factory=lambda: ZoneInfo("America/Santiago"))
    lists_empty: bool = False  # newer ones answer [] instead of 404
    tables: dict[str, dict[int, dict[str, Any]]] = field(
        default_factory=lambda: {"thirdparties": {}, "invoices": {}, "agendaevents": {}, "payments": {}}
    )
    numbers: int = 0
    skew: timedelta = timedelta()
    stamped_payments: bool = False  # whether a partial payment moves the stamp of its invoice

    def now(self) -> datetime:
        return datetime.now(UTC) + self.skew

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def put(self, table: str, row: dict[str, Any], *, at: datetime | None = None) -> int:
        number = self.number()
        self.tables[table][number] = {"id": str(number), **row, "tms": (at or self.now()).replace(microsecond=0)}
        return number

    def touch(self, table: str, number: int, **cells: Any) -> None:
        self.tables[table][number] |= {**cells, "tms": self.now().replace(microsecond=0)}

    def third_party(self, name: str, *, at: datetime | None = None, **cells: Any) -> int:
        row = {"name": name, "client": "1", "status": "1", "email": None, "phone": None, "idprof1": "", "town": "",
               "array_options": [], "country_code": "CL"}  # fmt: skip
        return self.put("thirdparties", {**row, **cells}, at=at)

    def invoice(self, socid: int, total: str, *, type_: str = "0", statut: str = "1") -> int:
        day = self.now().astimezone(self.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        number = self.put(
            "invoices",
            {"socid": str(socid), "type": type_, "statut": statut, "status": statut, "paye": "0",
             "total_ttc": f"{Decimal(total):.8f}", "date": int(day.timestamp()),
             "date_lim_reglement": int((day + timedelta(days=30)).timestamp()), "multicurrency_code": "CLP"},
        )  # fmt: skip
        self.tables["invoices"][number]["ref"] = f"FA2611-{number:04d}"
        return number

    def paid(self, invoice: int) -> Decimal:
        return sum((p["amounts"].get(invoice, Decimal(0)) for p in self.tables["payments"].values()), Decimal(0))

    def remains(self, invoice: int) -> Decimal:
        return Decimal(self.tables["invoices"][invoice]["total_ttc"]) - self.paid(invoice)

    # the API

    def answer(self, asked: Asked) -> Said:
        key = asked.headers.get("dolapikey")
        if key not in (KEY, WEAK_KEY):
            return fault(401, "Failed to login to API. No user found for this token")
        line = re.fullmatch(r"/api/index\.php/bankaccounts/1/lines", asked.path)
        if line is not None:
            wanted = re.fullmatch(r"\(num_chq:=:'(.*)'\)", asked.query.get("sqlfilters", ""))
            return Said(body=[one for one in self._lines() if wanted is None or one["num_chq"] == wanted[1]])
        match = re.fullmatch(r"/api/index\.php/(\w+)(?:/(\w+))?(?:/(\w+))?", asked.path)
        if match is None or match[1] not in ("thirdparties", "invoices", "agendaevents"):
            return fault(404)
        table, number, rest = match.groups()
        if key == WEAK_KEY and table == "invoices":
            return fault(403, "Access to invoices is not allowed")
        if asked.method == "POST":
            return self._posted(table, number, asked)
        if number is None:
            return self._listed(table, asked.query)
        row = self.tables[table].get(int(number) if number.isdigit() else 0)
        if row is None:
            return fault(404, f"{table} not found")
        if rest == "payments":
            return Said(body=self._payments(int(number)))
        if asked.method == "PUT":
            self.touch(table, int(number), **asked.json)
        return Said(body=self._shown(table, self.tables[table][int(number)]))

    def _listed(self, table: str, query: dict[str, str]) -> Said:
        rows = [row for row in self.tables[table].values() if row.get("visible", True)]
        if query.get("status") == "unpaid":
            rows = [row for row in rows if row["statut"] == "1"]
        for column, sign, value in _CRITERION.findall(query.get("sqlfilters", "")):
            rows = [row for row in rows if self._fits(row, column, sign, value.strip("'"))]
        rows.sort(key=lambda row: int(row["id"]))
        limit, page = int(query.get("limit", 100)), int(query.get("page", 0))
        rows = rows[limit * page : limit * (page + 1)]
        if not rows and not self.lists_empty:
            return fault(404, f"No {table} found")
        return Said(body=[self._shown(table, row) for row in rows])

    def _fits(self, row: dict[str, Any], column: str, sign: str, value: str) -> bool:
        if column == "tms":
            local = row["tms"].astimezone(self.zone).strftime("%Y-%m-%d %H:%M:%S")
            return local >= value
        found = str(row.get(_COLUMNS[column], ""))
        return int(found) > int(value) if sign == ">" else found == value

    def _shown(self, table: str, row: dict[str, Any]) -> dict[str, Any]:
        shown = {name: value for name, value in row.items() if name not in ("tms", "visible")}
        shown["date_modification"] = int(row["tms"].timestamp())
        if table == "invoices":
            number = int(row["id"])
            paid = self.paid(number)
            shown |= {"totalpaid": float(paid) or 0, "remaintopay": f"{self.remains(number).normalize():f}"}
        return shown

    def _lines(self) -> list[dict[str, Any]]:
        return [
            {"id": str(1000 + number), "amount": f"{sum(p['amounts'].values()):.8f}", "num_chq": p["num"]}
            for number, p in self.tables["payments"].items()
        ]

    def _payments(self, invoice: int) -> list[dict[str, Any]]:
        return [
            {"amount": f"{p['amounts'][invoice]:.8f}", "type": "VIR", "num": p["num"], "ref": p["ref"],
             "ref_ext": p["ref_ext"],
             "date": datetime.fromtimestamp(p["at"], self.zone).strftime("%Y-%m-%d %H:%M:%S")}
            for p in self.tables["payments"].values()
            if invoice in p["amounts"]
        ]  # fmt: skip

    def _posted(self, table: str, number: str | None, asked: Asked) -> Said:
        told = asked.json
        if table == "agendaevents":
            if not told.get("type_code") or not told.get("userownerid"):
                return fault(500, "Error creating event")
            return Said(body=self.put("agendaevents", told))
        if number == "paymentsdistributed":
            return self._pay(told)
        if number and asked.path.endswith("/payments"):  # pays everything that remains, whatever is sent
            amounts = {number: {"amount": str(self.remains(int(number))), "multicurrency_amount": ""}}
            return self._pay({**told, "arrayofamounts": amounts})
        return fault(400)

    def _pay(self, told: dict[str, Any]) -> Said:
        for member in ("arrayofamounts", "datepaye", "paymentid", "closepaidinvoices", "accountid"):
            if told.get(member) in (None, ""):
                return fault(400, f"{member} is required")
        if not isinstance(told["datepaye"], str) or not isinstance(told["paymentid"], int):
            return fault(400, "datepaye: expecting alpha numeric value")
        amounts: dict[int, Decimal] = {}
        for number, one in told["arrayofamounts"].items():
            if int(number) not in self.tables["invoices"]:
                return fault(404, f"Invoice ID {number} not found")
            amount = Decimal(one["amount"])
            if amount > self.remains(int(number)):
                return fault(400, f"Payment amount on invoice ID {number} ({amount}) is higher than remain to pay")
            amounts[int(number)] = amount
        at = int(told["datepaye"]) if told["datepaye"].isdigit() else 0
        payment = self.number()
        self.tables["payments"][payment] = {
            "amounts": amounts, "at": at, "num": told.get("num_payment", "")[:50], "ref_ext": told.get("ref_ext", ""),
            "ref": f"PAY2611-{payment:04d}",
        }  # fmt: skip
        for number in amounts:
            if not self.remains(number):
                self.touch("invoices", number, statut="2", status="2", paye="1")
        return Said(body=payment)
