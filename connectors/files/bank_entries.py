"""Entries of a bank statement as rows, whichever format states them, and the arithmetic a statement has to fulfil."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any, Final

from concilia.errors import RunMustStop
from concilia.records import BadRow, Record
from connectors.contract import StreamRequest

KEY: Final = "entry_key"
COLUMNS: Final[Mapping[str, str]] = {
    KEY: "text", "account": "text", "statement": "text", "amount": "decimal", "currency": "text", "direction": "text",
    "signed_amount": "decimal", "status": "text", "returned": "boolean", "return_reason": "text",
    "booking_date": "date", "value_date": "date", "bank_reference": "text", "end_to_end_id": "text",
    "transaction_id": "text", "customer_reference": "text", "creditor_reference": "text", "remittance": "text",
    "debtor_name": "text", "debtor_account": "text", "debtor_id": "text", "creditor_name": "text",
    "creditor_account": "text", "bank_code": "text", "details": "integer",
}  # fmt: skip
CREDIT, DEBIT = "credit", "debit"


@dataclass(slots=True)
class Keys:
    """Gives each entry a key that is the same in every file that holds it, as far as the bank allows.

    That is the bank's own reference on the account; where there is none, everything that is known of the entry, with a
    number when several are alike.
    """

    _alike: Counter[str] = field(default_factory=Counter)

    def of(self, entry: Mapping[str, Any]) -> str:
        """The key of an entry."""
        account, reference = entry.get("account") or "", entry.get("bank_reference") or ""
        if not reference or reference.upper() in ("NONREF", "NOTPROVIDED", "NOREF"):
            names = ("booking_date", "signed_amount", "currency", "end_to_end_id", "customer_reference", "remittance")
            said = "\x1f".join(str(entry.get(name) or "") for name in names)
            reference = hashlib.sha256(said.encode()).hexdigest()[:24]
        base = f"{account}:{reference}"
        self._alike[base] += 1
        return base if self._alike[base] == 1 else f"{base}:{self._alike[base]}"


def row_of(entry: Mapping[str, Any], *, place: str, request: StreamRequest, fault: str = "") -> Record | BadRow:
    """An entry as a record, or as a bad row with its reason."""
    fields = {name: entry.get(name) for name in COLUMNS}
    names = request.key or (KEY,)
    key = tuple(str(fields.get(name) or "") for name in names)
    if not fault and not all(part.strip() for part in key):
        fault = "The key is empty."
    if fault:
        return BadRow(position=place, reason=fault, column="amount", key=() if not key[0] else key, fields=fields)
    booked = fields["booking_date"] or fields["value_date"]
    moment = datetime.combine(booked, time(), UTC) if isinstance(booked, date) else None
    cursor = None if request.cursor is None else str(fields.get(request.cursor) or "")
    return Record(key, fields, place, cursor, moment)


@dataclass(slots=True)
class Arithmetic:
    """What a statement says of itself against what is in it. `unread`: an entry whose amount could not be read."""

    name: str
    opening: Decimal | None = None
    closing: Decimal | None = None
    entries: int | None = None
    total: Decimal | None = None  # of all entries without their sign
    _count: int = 0
    _sum: Decimal = Decimal(0)
    _absolute: Decimal = Decimal(0)

    def add(self, amount: Decimal, *, booked: bool) -> None:
        """One entry with its sign; only booked ones move the balance."""
        self._count += 1
        self._absolute += abs(amount)
        if booked:
            self._sum += amount

    def check(self) -> None:
        """RunMustStop when it does not add up: the file was cut or changed."""
        if self.entries is not None and self.entries != self._count:
            raise self._wrong(f"{self.entries} entries are stated, {self._count} are there")
        if self.total is not None and self.total != self._absolute:
            raise self._wrong(f"a sum of {self.total} is stated, the entries add up to {self._absolute}")
        if self.opening is None or self.closing is None:
            return
        if self.opening + self._sum != self.closing:
            raise self._wrong(
                f"{self.opening} at the opening and entries of {self._sum} make {self.opening + self._sum}, "
                f"but {self.closing} is stated at the closing"
            )

    def _wrong(self, what: str) -> RunMustStop:
        return RunMustStop(
            f"{self.name} does not add up: {what}.", mend="Ask the bank for it again; nothing of it was stored."
        )
