"""What an org holds: objects with typed fields, records with system stamps, soft deletes, External Ids, a SOQL of its own.

Written from the REST API and SOQL guides: 18-character Ids, SystemModstamp, IsDeleted, queryAll, COUNT(), LIKE, IN, AND, OR.
"""

from __future__ import annotations

import itertools
import re
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

PREFIXES = {
    "Account": "001",
    "Contact": "003",
    "Task": "00T",
    "Invoice__c": "a01",
    "Payment__c": "a02",
    "Promise__c": "a03",
}
SYSTEM = {
    "Id": "id",
    "IsDeleted": "boolean",
    "CreatedDate": "datetime",
    "LastModifiedDate": "datetime",
    "SystemModstamp": "datetime",
}
OBJECTS: dict[str, dict[str, str]] = {
    "Account": {
        "Name": "string", "Phone": "phone", "AccountNumber": "string", "PersonEmail": "email", "PersonMobilePhone": "phone",
        "BillingStreet": "textarea", "BillingCity": "string", "BillingState": "string", "BillingPostalCode": "string",
        "BillingCountry": "string", "BillingAddress": "address", "RUT__c": "string", "AnnualRevenue": "currency",
    },
    "Contact": {
        "FirstName": "string", "LastName": "string", "Name": "string", "Email": "email", "Phone": "phone",
        "MobilePhone": "phone", "AccountId": "reference",
    },
    "Task": {
        "Subject": "string", "Description": "textarea", "Status": "picklist", "ActivityDate": "date", "WhatId": "reference",
        "WhoId": "reference",
    },
    "Invoice__c": {
        "Name": "string", "Account__c": "reference", "Balance__c": "currency", "Due__c": "date", "CurrencyIsoCode": "picklist",
    },
    "Payment__c": {
        "Concilia_Key__c": "string", "Invoice__c": "reference", "Amount__c": "currency", "Date__c": "date",
        "CurrencyIsoCode": "picklist", "Kind__c": "string",
    },
}  # fmt: skip
EXTERNAL = {("Payment__c", "Concilia_Key__c")}
RELATIONS = {("Payment__c", "Invoice__r"): ("Invoice__c", "Invoice__c")}


class Refused(Exception):
    """What the org answers instead: status, errorCode, message, fields."""

    def __init__(self, status: int, code: str, message: str = "", fields: tuple[str, ...] = ()) -> None:
        super().__init__(code)
        self.status = status
        self.body = [{"message": message or code, "errorCode": code, "fields": list(fields)}]


@dataclass
class Org:
    """The records of one org and who may see what."""

    # that of this machine at the start, because answers carry its clock too; it moves by `tick`
    now: datetime = field(default_factory=lambda: datetime.now(UTC).replace(microsecond=0))
    rows: dict[str, dict[str, dict[str, Any]]] = field(default_factory=lambda: {name: {} for name in OBJECTS})
    hidden: set[tuple[str, str]] = field(default_factory=set)  # field-level security
    retyped: dict[tuple[str, str], str] = field(default_factory=dict)
    locked: set[str] = field(default_factory=set)  # records that are locked by somebody
    lock: Any = field(default_factory=threading.RLock)
    _numbers: Any = field(default_factory=lambda: itertools.count(1))

    def tick(self, **given: float) -> None:
        """Let time pass."""
        self.now += timedelta(**(given or {"seconds": 1}))

    def fields(self, name: str) -> dict[str, str]:
        """The fields of an object that the running user may see."""
        if name not in OBJECTS:
            raise Refused(404, "NOT_FOUND", "The requested resource does not exist")
        found = {**SYSTEM, **OBJECTS[name]}
        return {f: self.retyped.get((name, f), kind) for f, kind in found.items() if (name, f) not in self.hidden}

    def insert(self, name: str, *, at: datetime | None = None, **values: Any) -> str:
        """A new record."""
        with self.lock:
            if name == "Payment__c":
                self._check_payment(values)
            for column in values:
                if column not in self.fields(name):
                    raise Refused(
                        400, "INVALID_FIELD", f"No such column '{column}' on sobject of type {name}", (column,)
                    )
            if name in ("Account", "Contact") and not (values.get("Name") or values.get("LastName")):
                raise Refused(400, "REQUIRED_FIELD_MISSING", "Required fields are missing: [Name]", ("Name",))
            number = f"{PREFIXES[name]}{next(self._numbers):012d}AAA"
            stamp = at or self.now
            row = dict.fromkeys(OBJECTS[name])
            if name == "Contact":
                values.setdefault("Name", f"{values.get('FirstName') or ''} {values.get('LastName') or ''}".strip())
            row |= {**values, "Id": number, "IsDeleted": False}
            row |= dict.fromkeys(("CreatedDate", "LastModifiedDate", "SystemModstamp"), stamp)
            self.rows[name][number] = row
            return number

    def update(self, name: str, number: str, *, since: datetime | None = None, **values: Any) -> None:
        """Change a record, if it was not changed since then."""
        with self.lock:
            row = self.live(name, number)
            if number in self.locked:
                raise Refused(400, "UNABLE_TO_LOCK_ROW", "unable to obtain exclusive access to this record")
            if since is not None and row["LastModifiedDate"].replace(microsecond=0) > since:
                raise Refused(412, "PRECONDITION_FAILED", "The record was changed")
            for column in values:
                if column not in self.fields(name):
                    raise Refused(400, "INVALID_FIELD", f"No such column '{column}'", (column,))
            row |= values
            if name == "Contact":
                row["Name"] = f"{row.get('FirstName') or ''} {row.get('LastName') or ''}".strip()
            row |= {"LastModifiedDate": self.now, "SystemModstamp": self.now}

    def delete(self, name: str, number: str) -> None:
        """Into the recycle bin."""
        with self.lock:
            self.live(name, number).update(IsDeleted=True, LastModifiedDate=self.now, SystemModstamp=self.now)

    def live(self, name: str, number: str) -> dict[str, Any]:
        """A record that is not deleted."""
        row = self.rows[name].get(number)
        if row is None or row["IsDeleted"]:
            raise Refused(404, "ENTITY_IS_DELETED" if row else "NOT_FOUND", "entity is deleted")
        return row

    def upsert(self, name: str, column: str, key: str, values: dict[str, Any]) -> tuple[bool, str]:
        """Whether a record was made, and its Id."""
        with self.lock:
            if (name, column) not in EXTERNAL:
                raise Refused(400, "INVALID_FIELD", f"{column} is no external id", (column,))
            if column in values:
                raise Refused(400, "INVALID_FIELD", "The external id may not be in the body", (column,))
            found = [n for n, row in self.rows[name].items() if row[column] == key and not row["IsDeleted"]]
            if len(found) > 1:
                raise Refused(300, "DUPLICATE_EXTERNAL_ID")
            if found:
                self.update(name, found[0], **values)
                return False, found[0]
            return True, self.insert(name, **{column: key, **values})

    def _check_payment(self, values: dict[str, Any]) -> None:
        invoice = self.rows["Invoice__c"].get(str(values.get("Invoice__c")))
        if invoice is None:
            raise Refused(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", ("Invoice__c",))
        amount = values.get("Amount__c")
        if not isinstance(amount, (int, float)) or isinstance(amount, bool):
            raise Refused(400, "JSON_PARSER_ERROR", "Cannot deserialize instance of currency", ("Amount__c",))
        if amount > (invoice["Balance__c"] or 0):
            raise Refused(400, "FIELD_CUSTOM_VALIDATION_EXCEPTION", "El monto supera el saldo", ("Amount__c",))
        invoice["Balance__c"] -= amount
        invoice |= {"SystemModstamp": self.now, "LastModifiedDate": self.now}

    # SOQL

    def query(self, soql: str, *, deleted: bool) -> tuple[str, list[dict[str, Any]], int]:
        """The object, the rows with the columns asked for, and how many there are."""
        match = re.fullmatch(
            r"SELECT (.+?) FROM (\w+)(?: WHERE (.+?))?(?: ORDER BY ([\w, ]+?))?(?: LIMIT (\d+))?",
            soql.strip(),
            re.DOTALL,
        )
        if match is None:
            raise Refused(400, "MALFORMED_QUERY", "unexpected token")
        columns, name, where, order, limit = match.groups()
        with self.lock:
            known = self.fields(name)
            rows = [row for row in self.rows[name].values() if deleted or not row["IsDeleted"]]
            if where:
                rows = [row for row in rows if self._holds(row, where, known)]
            for column in reversed([one.strip() for one in (order or "").split(",") if one.strip()]):
                rows.sort(key=lambda row, c=column: (row[c] is not None, row[c]))
            rows = rows[: int(limit)] if limit else rows
            if columns == "COUNT()":
                return name, [], len(rows)
            asked = [one.strip() for one in columns.split(",")]
            for column in asked:
                if "." not in column and column not in known:
                    raise Refused(400, "INVALID_FIELD", f"No such column '{column}' on entity '{name}'", (column,))
            return name, [self._shown(name, row, asked) for row in rows], len(rows)

    def _shown(self, name: str, row: dict[str, Any], asked: list[str]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for column in asked:
            if "." not in column:
                found[column] = row[column]
                continue
            relation, inner = column.split(".", 1)
            target, through = RELATIONS[name, relation]
            other = self.rows[target].get(str(row[through]))
            found[relation] = None if other is None else {**(found.get(relation) or {}), inner: other[inner]}
        return found

    def _holds(self, row: dict[str, Any], where: str, known: dict[str, str]) -> bool:
        return any(all(self._term(row, term, known) for term in _split(one, "AND")) for one in _split(where, "OR"))

    def _term(self, row: dict[str, Any], term: str, known: dict[str, str]) -> bool:
        term = term.strip()
        while term.startswith("(") and term.endswith(")") and _closes(term):
            term = term[1:-1].strip()
            if len(_split(term, "OR")) > 1 or len(_split(term, "AND")) > 1:
                return self._holds(row, term, known)
        match = re.fullmatch(r"(\w+) ?(>=|<=|!=|=|>|<|LIKE|IN) ?(.+)", term, re.DOTALL)
        if match is None or match[1] not in known:
            raise Refused(400, "MALFORMED_QUERY", f"unexpected: {term[:40]}")
        column, sign, literal = match.groups()
        held = row[column]
        if sign == "IN":
            return held in [_literal(one) for one in _split(literal.strip()[1:-1], ",")]
        value = _literal(literal)
        if sign == "LIKE":
            pattern = "".join(".*" if c == "%" else "." if c == "_" else re.escape(c) for c in str(value))
            return re.fullmatch(pattern, str(held or ""), re.DOTALL | re.IGNORECASE) is not None
        if held is None or value is None:
            return (held == value) if sign == "=" else held != value if sign == "!=" else False
        return {
            "=": held == value, "!=": held != value, ">=": held >= value, "<=": held <= value, ">": held > value,
            "<": held < value,
        }[sign]  # fmt: skip


def _split(text: str, word: str) -> list[str]:
    """At the word outside quotes and parentheses."""
    parts, depth, quoted, start, at = [], 0, False, 0, 0
    mark = word if word == "," else f" {word} "
    while at < len(text):
        sign = text[at]
        if quoted:
            at += 2 if sign == "\\" else 1
            quoted = sign != "'"
            continue
        if sign == "'":
            quoted = True
        elif sign in "()":
            depth += 1 if sign == "(" else -1
        elif depth == 0 and text.startswith(mark, at):
            parts.append(text[start:at])
            at += len(mark)
            start = at
            continue
        at += 1
    return [*parts, text[start:]]


def _closes(text: str) -> bool:
    depth = 0
    for at, sign in enumerate(text):
        depth += {"(": 1, ")": -1}.get(sign, 0)
        if depth == 0:
            return at == len(text) - 1
    return False


def _literal(text: str) -> Any:
    text = text.strip()
    if text.startswith("'"):
        return re.sub(r"\\(.)", r"\1", text[1:-1])
    if text in ("true", "false", "null"):
        return {"true": True, "false": False, "null": None}[text]
    if re.fullmatch(r"\d{4}-\d\d-\d\dT.+", text):
        return datetime.fromisoformat(text)
    return float(text) if re.fullmatch(r"-?[\d.]+", text) else text
