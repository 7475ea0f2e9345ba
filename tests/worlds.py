"""Small worlds for tests: workspaces with CSV systems, valid tax ids by their own arithmetic, and table dumps.

Independent of the product's normalising code on purpose: check digits are computed here from the rule itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import text

from concilia.store.tables import metadata
from sync.hub import Hub

WORKSPACE = """\
version: 1
connections:
  erp:
    connector: files
    settings: {path: erp, encoding: cp1252, delimiter: ";", decimal: ","}
    country: CL
    creditor: acme
    trust: 80
    push: {payments: true}
    streams:
      cartera: {file: "*.csv", key: [DOC], cursor: MOD, map: cartera.yaml}
  crm:
    connector: files
    settings: {path: crm, encoding: utf-8, delimiter: ","}
    country: CL
    trust: 50
    streams:
      contactos: {file: "*.csv", key: [id], cursor: updated_at, map: contactos.yaml}
  bank:
    connector: files
    settings: {path: bank, encoding: utf-8, delimiter: ",", decimal: "."}
    country: CL
    streams:
      abonos: {file: "*.csv", key: [id], map: abonos.yaml}
creditors:
  acme: {owner: erp, name: Acme S.A.}
"""
CARTERA = """\
entities:
- {entity: debtor, key: [RUT], fields: {tax_id: RUT, full_name: NOMBRE},
   contact_points: [{type: phone, from: [FONO1, FONO2]}]}
- {entity: debt, key: [DOC], debtor: [RUT],
   fields: {balance: SALDO, document: DOC, due_date: {from: VENCE, convert: "date(%d-%m-%Y)"}}}
"""
CONTACTOS = """\
entities:
- entity: debtor
  key: [id]
  fields: {tax_id: rut, full_name: name}
  contact_points:
  - {type: phone, from: phone, verified_at: {from: phone_verified_at}}
  - {type: email, from: email}
"""
ABONOS = """\
entities:
- {entity: payment, key: [id], debt: {document: document},
   fields: {amount: amount, value_date: date, reference: reference, method: {constant: transfer}}}
"""
CARTERA_COLUMNS = ("DOC", "RUT", "NOMBRE", "FONO1", "FONO2", "SALDO", "VENCE", "MOD")
CONTACT_COLUMNS = ("id", "rut", "name", "phone", "phone_verified_at", "email", "updated_at")
PAYMENT_COLUMNS = ("id", "document", "amount", "date", "reference")


def rut(body: int) -> str:
    """A Chilean RUT with its check digit: weights 2 to 7 from the right, modulus 11."""
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(str(body))))
    check = 11 - total % 11
    return f"{body}-{'0' if check == 11 else 'K' if check == 10 else check}"


def dotted(written: str) -> str:
    """The same RUT as people write it: 12.531.909-2."""
    body, check = written.split("-")
    return f"{int(body):,}".replace(",", ".") + "-" + check


def workspace(folder: Path) -> Path:
    """A workspace with three CSV systems, empty so far."""
    for name in ("erp", "crm", "bank"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / "concilia.yaml").write_text(WORKSPACE, encoding="utf-8")
    (folder / "cartera.yaml").write_text(CARTERA, encoding="utf-8")
    (folder / "contactos.yaml").write_text(CONTACTOS, encoding="utf-8")
    (folder / "abonos.yaml").write_text(ABONOS, encoding="utf-8")
    return folder


def write_cartera(folder: Path, rows: Iterable[Sequence[str]], *, name: str = "cartera.csv") -> None:
    """The ERP's assignment file, cp1252 with semicolons."""
    _write(folder / "erp" / name, CARTERA_COLUMNS, rows, delimiter=";", encoding="cp1252")


def write_contacts(folder: Path, rows: Iterable[Sequence[str]], *, name: str = "contactos.csv") -> None:
    """The CRM's contacts."""
    _write(folder / "crm" / name, CONTACT_COLUMNS, rows, delimiter=",", encoding="utf-8")


def write_payments(folder: Path, rows: Iterable[Sequence[str]], *, name: str = "abonos.csv") -> None:
    """The bank's payments."""
    _write(folder / "bank" / name, PAYMENT_COLUMNS, rows, delimiter=",", encoding="utf-8")


def dump(hub: Hub, *, without: Sequence[str] = ()) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, sorted, to see whether anything was written."""
    with hub.store.read() as tx:
        return {
            table.name: sorted((tuple(row) for row in tx.execute(text(f"SELECT * FROM {table.name}"))), key=repr)
            for table in metadata.sorted_tables
            if table.name not in without
        }


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]], *, delimiter: str, encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        file.write(delimiter.join(columns) + "\n")
        file.writelines(delimiter.join(row) + "\n" for row in rows)
