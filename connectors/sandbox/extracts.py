"""The portfolio as old programs and banks export it: cp1252, semicolons, decimal commas, days first."""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from connectors.sandbox import names

_SAMPLE_DAY = date(2026, 11, 2)
_KNOWN_PAYMENTS = 8


def write(path: Path | str, rows: Sequence[dict[str, Any]]) -> None:
    """Write the rows with the columns of the first one."""
    with Path(path).open("w", encoding="cp1252", newline="") as file:
        table = csv.DictWriter(file, fieldnames=list(rows[0]), delimiter=";", lineterminator="\r\n")
        table.writeheader()
        table.writerows(rows)


def legacy_row(number: int, told: dict[str, Any], rng: random.Random) -> dict[str, Any]:
    """One debt of the system that went before, in the spelling of its clerks."""
    low, high = names.AMOUNTS[told["unit"]]
    cents = 10 ** names.DECIMALS.get(told["unit"], 2)
    amount = Decimal(rng.randint(low * cents, high * cents)) / cents
    due = _SAMPLE_DAY - timedelta(days=rng.randint(60, 900))
    return {
        "ID": f"L{number + 1:05d}",
        "IDENTIFICACIÓN": told["tax_id"] if rng.random() < 0.9 else "",
        "NOMBRE O RAZÓN SOCIAL": told["name"],
        "TELÉFONO": told["mobile"] if rng.random() < 0.6 else "",
        "CORREO": told["email"] if rng.random() < 0.5 else "",
        "DIRECCIÓN": told["street"],
        "CIUDAD": told["city"],
        "PAÍS": told["country"],
        "FOLIO": str(50_000 + number),
        "SALDO": _comma(amount),
        "MONEDA": told["unit"],
        "VENCIMIENTO": due.strftime("%d-%m-%Y"),
    }


def bank_rows(invoices: Sequence[dict[str, Any]], rng: random.Random) -> list[dict[str, Any]]:
    """Payments for some open invoices, then one for a document nobody has, then one whose amount is no number."""
    payable = [row for row in invoices if row["status"] == "open"]
    chosen = rng.sample(payable, min(_KNOWN_PAYMENTS, len(payable)))
    rows = [
        _bank_row(number, row["document"], _comma(_part(row, whole=number % 2 == 0)), row["currency"])
        for number, row in enumerate(chosen)
    ]
    rows.append(_bank_row(len(rows), "999999", "125000", "CLP"))
    rows.append(_bank_row(len(rows), chosen[0]["document"] if chosen else "1", "12.O00,5O", "CLP"))
    return rows


def _part(invoice: dict[str, Any], *, whole: bool) -> Decimal:
    balance = Decimal(invoice["balance"])
    cents = Decimal(1).scaleb(-names.DECIMALS.get(invoice["currency"], 2))
    return balance if whole else (balance / 4).quantize(cents)


def _bank_row(number: int, document: str, amount: str, unit: str) -> dict[str, Any]:
    return {
        "FECHA": (_SAMPLE_DAY - timedelta(days=number % 5)).strftime("%d/%m/%Y"),
        "REFERENCIA": f"TEF{880_000 + number}",
        "DOCUMENTO": document,
        "MONTO": amount,
        "MONEDA": unit,
        "ORDENANTE": f"Pagador N° {number + 1}",
        "GLOSA": f"Pago cuota factura {document}",
    }


def _comma(amount: Decimal) -> str:
    return format(amount, "f").replace(".", ",")
