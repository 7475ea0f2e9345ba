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

COLLECTIONS = {"erp": ("customers", "invoices", "payments"), "crm": ("contacts",)}
_CLOSED = frozenset({"settled", "cancelled", "written_off"})


class Refused(Exception):
    """A call the system's own rules do not allow: HTTP status, code and sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True, slots=True)
class Effect:
    """One change for good: the objects as they are after it (None: gone), by collection and id."""

    sequence: int
    kind: str  # "payment" | "patch" | "edit"
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
            name: {row["id"]: dict(row) for row in getattr(portfolio, name)}
            for names in COLLECTIONS.values()
            for name in names
        }
        self.effects: list[Effect] = []
        self._by_key: dict[str, tuple[Row, Row]] = {}
        self._registered = len(portfolio.payments)
        self.honours_keys = False
        if journal is not None:
            self._restore(journal, {"seed": portfolio.seed, "customers": len(portfolio.customers)})

    def rows(self, collection: str) -> list[Row]:
        """All objects of a collection, by (updated_at, id)."""
        return sorted(self._held[collection].values(), key=lambda row: (row["updated_at"], row["id"]))

    def get(self, collection: str, key: str) -> Row:
        """One object; Refused 404 when there is none."""
        found = self._held[collection].get(key)
        if found is None:
            raise Refused(404, "not_found", f"No existe {collection} {key}.")
        return found

    def pay(self, order: Mapping[str, Any], *, idempotency_key: str | None = None) -> tuple[Row, bool]:
        """Register a payment: the answer, and whether it is new (an honoured key was seen before otherwise)."""
        if self.honours_keys and idempotency_key in self._by_key:
            known, answer = self._by_key[idempotency_key]
            if known != dict(order):
                raise Refused(422, "key_reused", "La clave de idempotencia ya se usó para otro pago.")
            return answer, False
        invoice = self._payable(order)
        amount = _amount_of(order)
        balance = Decimal(invoice["balance"])
        if not fits_unit(amount, invoice["currency"]):
            raise Refused(422, "bad_amount", f"El monto {amount} tiene más decimales que {invoice['currency']}.")
        if amount > balance:
            raise Refused(422, "overpaid", f"El pago de {amount} excede el saldo de {balance}.")
        after = _paid(invoice, amount) | self._touched(invoice)
        stamp = to_text(self._now())
        payment = {
            "id": f"P-{self._registered + 1:05d}",
            **{name: str(order.get(name) or "") for name in ("invoice", "currency", "method", "reference", "memo")},
            "amount": format(amount, "f"),
            "value_date": _date_of(order),
            "status": "confirmed",
            "channel": "api",
            "updated_at": stamp,
            "version": 1,
        }
        answer = {"payment": payment, "invoice": {"id": invoice["id"], "balance": after["balance"]}}
        changes = {"payments": {payment["id"]: payment}, "invoices": {invoice["id"]: after}}
        self._commit("payment", changes, answer=answer, idempotency_key=idempotency_key, order=order)
        return answer, True

    def patch(self, collection: str, key: str, fields: Mapping[str, Any], *, version: str | None) -> Row:
        """Change fields of an object; Refused 412 when `version` is given and no longer the current one."""
        row = self.get(collection, key)
        if version is not None and version.strip('"') != str(row["version"]):
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
                if row is None:
                    self._held[collection].pop(key, None)
                else:
                    self._held[collection][key] = row
        if effect.idempotency_key is not None and order is not None:
            self._by_key.setdefault(effect.idempotency_key, (dict(order), effect.answer))
        self._registered += effect.kind == "payment"
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
    """The invoice after a payment: the oldest instalment is paid first."""
    balance = Decimal(invoice["balance"]) - amount
    parts = []
    for part in invoice["instalments"]:
        covered = min(amount, Decimal(part["balance"]))
        amount -= covered
        parts.append({**part, "balance": format(Decimal(part["balance"]) - covered, "f")})
    status = "settled" if balance == 0 else "partially_paid"
    return {**invoice, "balance": format(balance, "f"), "status": status, "instalments": parts}
