"""What the two systems hold, the rules they keep, and every effect ever made, on disk before it is answered."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from concilia.clock import Clock, to_text
from concilia.money import fits_unit, parse_amount
from connectors.sandbox.portfolio import Portfolio, Row

COLLECTIONS = {"erp": ("customers", "invoices", "payments", "reversals", "agreements"), "crm": ("contacts", "tasks")}
# What may be noted on something: the collection, the member that names it, its collection, and how ids begin.
NOTES = {"agreements": ("invoice", "invoices", "AG"), "tasks": ("contact", "contacts", "T")}
_MADE = ("payment", "draft")  # kinds of effect in which a payment is born
_CLOSED = frozenset({"settled", "cancelled", "written_off"})


class Refused(Exception):
    """A call the system's own rules do not allow: HTTP status, code and sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Mode:
    """What this ERP is able to do; systems differ."""

    honour_idempotency_key: bool = False
    keep_reference: bool = True  # otherwise our reference is thrown away, as systems without such a field do
    closed_until: str = ""  # ISO date: nothing may be registered on or before it
    versions: bool = True  # otherwise If-Match is not looked at, as systems without versions do


@dataclass(frozen=True, slots=True)
class Effect:
    """One change for good: the objects as they are after it (None: gone), by collection and id."""

    sequence: int
    kind: str  # "payment" | "draft" | "reversal" | "note" | "patch" | "edit"
    at: str
    changes: Mapping[str, Mapping[str, Row | None]]
    answer: Row
    idempotency_key: str | None = None


class Ledger:
    """The state of both systems in memory. Not for several threads: the server calls it from one."""

    def __init__(self, portfolio: Portfolio, *, now: Clock, journal: Path | None = None) -> None:
        self._now = now
        self._journal = journal
        self._held: dict[str, dict[str, Row]] = {
            name: {row["id"]: dict(row) for row in getattr(portfolio, name, ())}
            for names in COLLECTIONS.values()
            for name in names
        }
        self.effects: list[Effect] = []
        self._by_key: dict[str, tuple[Row, Row]] = {}
        self._registered = len(portfolio.payments)
        self._referred: dict[tuple[str, str], dict[str, None]] = {}
        for row in self._held["payments"].values():
            self._referred.setdefault(("payments", row["reference"]), {})[row["id"]] = None
        self.mode = Mode()
        if journal is not None:
            self._restore(journal, {"seed": portfolio.seed, "customers": len(portfolio.customers)})

    def rows(self, collection: str, *, reference: str | None = None, invoice: str | None = None) -> list[Row]:
        """The objects of a collection, or those with that reference or on that invoice, by (updated_at, id)."""
        held = self._held[collection]
        keys = held if reference is None else self._referred.get((collection, reference), {})
        found = (held[key] for key in keys if key in held)
        return sorted(
            (
                row
                for row in found
                if (invoice is None or row.get("invoice") == invoice)
                and (reference is None or row.get("reference") == reference)
            ),
            key=lambda row: (row["updated_at"], row["id"]),
        )

    def get(self, collection: str, key: str) -> Row:
        """One object; Refused 404 when there is none."""
        found = self._held[collection].get(key)
        if found is None:
            raise Refused(404, "not_found", f"No existe {collection} {key}.")
        return found

    def pay(
        self, order: Mapping[str, Any], *, idempotency_key: str | None = None, version: str | None = None
    ) -> tuple[Row, bool]:
        """Register a payment: the answer, and whether it is new (an honoured key was seen before otherwise).

        With `draft` it waits for `post`, and touches no balance. Refused 412 when `version` is given and is no longer
        that of the invoice.
        """
        if self.mode.honour_idempotency_key and idempotency_key in self._by_key:
            known, answer = self._by_key[idempotency_key]
            if known != dict(order):
                raise Refused(422, "key_reused", "La clave de idempotencia ya se usó para otro pago.")
            return answer, False
        invoice = self._payable(order)
        if version is not None and version.strip('"') != str(invoice["version"]):
            raise Refused(412, "version_moved", f"{invoice['id']} está en la versión {invoice['version']}.")
        payment = self._new_payment(order, amount=self._payable_amount(order, invoice))
        if order.get("draft") is True:
            answer = {"payment": payment, "invoice": {"id": invoice["id"], "balance": invoice["balance"]}}
            changes: dict[str, dict[str, Row | None]] = {"payments": {payment["id"]: payment}}
        else:
            answer, changes = self._posting(payment, invoice)
        kind = "draft" if payment["status"] == "draft" else "payment"
        self._commit(kind, changes, answer=answer, idempotency_key=idempotency_key, order=order)
        return answer, True

    def put_payment(self, reference: str, order: Mapping[str, Any]) -> tuple[Row, bool]:
        """Register a payment under an id of the caller's; told again, it is the one there is."""
        known = next(iter(self.rows("payments", reference=reference)), None)
        if known is None:
            return self.pay({**order, "reference": reference})
        if known["invoice"] != order.get("invoice") or Decimal(known["amount"]) != _amount_of(order):
            raise Refused(422, "key_reused", f"La referencia {reference} ya se usó para otro pago.")
        invoice = self.get("invoices", known["invoice"])
        return {"payment": known, "invoice": {"id": invoice["id"], "balance": invoice["balance"]}}, False

    def post(self, key: str) -> Row:
        """Make a draft count; a posted payment stays as it is."""
        payment = self.get("payments", key)
        invoice = self.get("invoices", payment["invoice"])
        if payment["status"] != "draft":
            return {"payment": payment, "invoice": {"id": invoice["id"], "balance": invoice["balance"]}}
        self._payable_amount(payment, self._payable(payment))
        posted = {**payment, **self._touched(payment), "status": "confirmed"}
        answer, changes = self._posting(posted, invoice)
        self._commit("payment", changes, answer=answer)
        return answer

    def reverse(self, order: Mapping[str, Any]) -> Row:
        """Take back a payment: a document of its own, the payment's status, and the invoice owes it again."""
        payment = self.get("payments", str(order.get("payment")))
        if payment["status"] != "confirmed":
            raise Refused(409, "not_applied", f"El pago {payment['id']} no está vigente ({payment['status']}).")
        self._open_period(order)
        invoice = self.get("invoices", payment["invoice"])
        after = _paid(invoice, -Decimal(payment["amount"])) | self._touched(invoice)
        key = f"R-{len(self._held['reversals']) + 1:05d}"
        said = {name: str(order.get(name) or "") for name in ("reference", "reason", "kind")}
        reversal = {"id": key, **said, "payment": payment["id"], "invoice": invoice["id"], "amount": payment["amount"],
                    "value_date": _date_of(order), **self._touched({})}  # fmt: skip
        status = said["kind"] or "reversed"
        changes: dict[str, dict[str, Row | None]] = {
            "reversals": {key: reversal},
            "payments": {payment["id"]: {**payment, **self._touched(payment), "status": status}},
            "invoices": {invoice["id"]: after},
        }
        answer = {"reversal": reversal, "invoice": {"id": invoice["id"], "balance": after["balance"]}}
        self._commit("reversal", changes, answer=answer)
        return answer

    def _payable_amount(self, order: Mapping[str, Any], invoice: Row) -> Decimal:
        amount, balance = _amount_of(order), Decimal(invoice["balance"])
        if not fits_unit(amount, invoice["currency"]):
            raise Refused(422, "bad_amount", f"El monto {amount} tiene más decimales que {invoice['currency']}.")
        if amount > balance:
            raise Refused(422, "overpaid", f"El pago de {amount} excede el saldo de {balance}.")
        self._open_period(order)
        return amount

    def _open_period(self, order: Mapping[str, Any]) -> None:
        day, closed = _date_of(order), self.mode.closed_until
        if closed and day <= closed:
            raise Refused(409, "period_closed", f"El período del {day} está cerrado hasta el {closed}.")

    def _new_payment(self, order: Mapping[str, Any], *, amount: Decimal) -> Row:
        said = {name: str(order.get(name) or "") for name in ("invoice", "currency", "method", "reference", "memo")}
        return {
            "id": f"P-{self._registered + 1:05d}",
            **said,
            **({} if self.mode.keep_reference else {"reference": ""}),
            "amount": format(amount, "f"),
            "value_date": _date_of(order),
            "status": "draft" if order.get("draft") is True else "confirmed",
            "channel": "api",
            "updated_at": to_text(self._now()),
            "version": 1,
        }

    def _posting(self, payment: Row, invoice: Row) -> tuple[Row, dict[str, dict[str, Row | None]]]:
        after = _paid(invoice, Decimal(payment["amount"])) | self._touched(invoice)
        answer = {"payment": payment, "invoice": {"id": invoice["id"], "balance": after["balance"]}}
        return answer, {"payments": {payment["id"]: payment}, "invoices": {invoice["id"]: after}}

    def note(self, collection: str, told: Mapping[str, Any], *, idempotency_key: str | None = None) -> tuple[Row, bool]:
        """Add an agreement to an invoice, or a task to a contact: it, and whether it is new."""
        if self.mode.honour_idempotency_key and idempotency_key in self._by_key:
            known, answer = self._by_key[idempotency_key]
            if known != dict(told):
                raise Refused(422, "key_reused", "La clave de idempotencia ya se usó para otra nota.")
            return answer, False
        member, parents, begins = NOTES[collection]
        self.get(parents, str(told.get(member)))
        key = f"{begins}-{len(self._held[collection]) + 1:05d}"
        row = {**told, "id": key, **self._touched({})}
        self._commit("note", {collection: {key: row}}, answer=row, idempotency_key=idempotency_key, order=told)
        return row, True

    def patch(self, collection: str, key: str, fields: Mapping[str, Any], *, version: str | None) -> Row:
        """Change fields of an object; Refused 412 when `version` is given and no longer the current one."""
        row = self.get(collection, key)
        if self.mode.versions and version is not None and version.strip('"') != str(row["version"]):
            raise Refused(412, "version_moved", f"{key} está en la versión {row['version']}, no en {version}.")
        unknown = sorted(set(fields) - set(row) | set(fields) & {"id", "updated_at", "version"})
        if unknown:
            raise Refused(422, "unknown_field", f"{key} no tiene un campo {unknown[0]} que se pueda cambiar.")
        after = {**row, **fields, **self._touched(row)}
        self._commit("patch", {collection: {key: after}}, answer=after)
        return after

    def edit(self, collection: str, key: str, fields: Mapping[str, Any] | None) -> Row | None:
        """What a person does at the screen: create, change any field, or delete (None). Bumps the version.

        `updated_at` among the fields back-dates the edit, as a transaction that commits late does.
        """
        row = self._held[collection].get(key, {})
        after = None if fields is None else {**row, "id": key, **self._touched(row), **fields}
        self._commit("edit", {collection: {key: after}}, answer=after or {})
        return after

    def payments_by_invoice(self) -> dict[str, list[Row]]:
        """The payments that came in as effects, in order, for each invoice."""
        found: dict[str, list[Row]] = {}
        for effect in self.effects:
            for payment in effect.changes.get("payments", {}).values():
                if effect.kind == "payment" and payment is not None:
                    found.setdefault(payment["invoice"], []).append(payment)
        return found

    def _payable(self, order: Mapping[str, Any]) -> Row:
        invoice = self.get("invoices", str(order.get("invoice")))
        if invoice["status"] in _CLOSED:
            raise Refused(409, "closed", f"La factura {invoice['id']} está cerrada ({invoice['status']}).")
        if order.get("currency") != invoice["currency"]:
            said = f"La factura {invoice['id']} es en {invoice['currency']}, no en {order.get('currency')}."
            raise Refused(422, "wrong_currency", said)
        return invoice

    def _touched(self, row: Mapping[str, Any]) -> Row:
        return {"updated_at": to_text(self._now()), "version": int(row.get("version", 0)) + 1}

    def _commit(
        self,
        kind: str,
        changes: Mapping[str, Mapping[str, Row | None]],
        *,
        answer: Row,
        idempotency_key: str | None = None,
        order: Mapping[str, Any] | None = None,
    ) -> None:
        effect = Effect(len(self.effects) + 1, kind, to_text(self._now()), changes, answer, idempotency_key)
        if self._journal is not None:
            _append(self._journal, {**asdict(effect), "order": order})
        self._apply(effect, order)

    def _apply(self, effect: Effect, order: Mapping[str, Any] | None) -> None:
        for collection, changed in effect.changes.items():
            for key, row in changed.items():
                self._registered += (
                    collection == "payments" and effect.kind in _MADE and key not in self._held[collection]
                )
                if row is not None and row.get("reference"):
                    self._referred.setdefault((collection, row["reference"]), {})[key] = None
                if row is None:
                    self._held[collection].pop(key, None)
                else:
                    self._held[collection][key] = row
        if effect.idempotency_key is not None and order is not None:
            self._by_key.setdefault(effect.idempotency_key, (dict(order), effect.answer))
        self.effects.append(effect)

    def _restore(self, journal: Path, portfolio: Mapping[str, int]) -> None:
        lines = _whole_lines(journal)
        if not lines:
            _append(journal, {"portfolio": portfolio})
            return
        if lines[0].get("portfolio") != portfolio:
            raise ValueError(f"{journal} belongs to another portfolio: {lines[0].get('portfolio')}. Use another file.")
        for line in lines[1:]:
            order = line.pop("order")
            self._apply(Effect(**line), order)


def _append(journal: Path, line: Mapping[str, Any]) -> None:
    with journal.open("ab") as file:
        file.write(json.dumps(line, ensure_ascii=False).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _whole_lines(journal: Path) -> list[dict[str, Any]]:
    """The lines written to their end; a last one cut short was never answered and is removed."""
    if not journal.exists():
        return []
    raw = journal.read_bytes()
    whole = raw[: raw.rfind(b"\n") + 1]
    if whole != raw:
        journal.write_bytes(whole)
    return [json.loads(line) for line in whole.splitlines()]


def _amount_of(order: Mapping[str, Any]) -> Decimal:
    try:
        amount = parse_amount(str(order.get("amount")))
    except ValueError as fault:
        raise Refused(422, "bad_amount", f"El monto {order.get('amount')!r} no es un número.") from fault
    if amount <= 0:
        raise Refused(422, "bad_amount", f"El monto {amount} no es positivo.")
    return amount


def _date_of(order: Mapping[str, Any]) -> str:
    text = str(order.get("value_date"))
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as fault:
        raise Refused(422, "bad_date", f"La fecha {text!r} no es AAAA-MM-DD.") from fault


def _paid(invoice: Row, amount: Decimal) -> Row:
    """The invoice after a payment: the oldest instalment is paid first. What is taken back is owed by the last ones."""
    balance = Decimal(invoice["balance"]) - amount
    parts = []
    left = amount
    for part in invoice["instalments"] if amount > 0 else reversed(invoice["instalments"]):
        open_, whole = Decimal(part["balance"]), Decimal(part.get("amount", part["balance"]))
        covered = min(left, open_) if amount > 0 else max(left, open_ - whole)
        left -= covered
        parts.append({**part, "balance": format(open_ - covered, "f")})
    status = "settled" if balance == 0 else "partially_paid"
    shown = parts if amount > 0 else parts[::-1]
    return {**invoice, "balance": format(balance, "f"), "status": status, "instalments": shown}
