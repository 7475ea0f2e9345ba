"""Tables in memory that are asked as Odoo is asked: domains in prefix notation, dotted paths, False for empty.

Knows nothing of accounting; `books.py` gives it models and methods.
"""

from __future__ import annotations

import datetime as dt
import fnmatch
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]


class Refused(Exception):
    """An exception of Odoo: the path of its class, and what it says."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.message = message


def user_error(message: str) -> Refused:
    return Refused("odoo.exceptions.UserError", message)


@dataclass
class Field:
    """One field of a model: `kind` as fields_get tells it; links know their model and, to many, their inverse."""

    kind: str
    to: str = ""
    inverse: str = ""
    compute: Callable[[Row], Any] | None = None


@dataclass
class Model:
    name: str
    fields: dict[str, Field]
    rows: dict[int, Row] = field(default_factory=dict)
    label: str = "name"


STAMPS = {"create_date": Field("datetime"), "write_date": Field("datetime"), "id": Field("integer")}


class Database:
    """All models of one database, and the clock that stamps."""

    def __init__(self) -> None:
        self.models: dict[str, Model] = {}
        self.now = dt.datetime(2026, 11, 22, 12, 0, 0, 250_000)  # noqa: DTZ001  Odoo keeps UTC without saying so
        self.serial = 0

    def model(self, name: str, /, **fields: Field) -> Model:
        made = Model(name, {**STAMPS, "display_name": Field("char"), **fields})
        self.models[name] = made
        return made

    def add(self, name: str, /, **values: Any) -> int:
        model = self.known(name)
        self.serial += 1
        for cell in values:
            if cell not in model.fields:
                raise Refused("builtins.ValueError", f"Invalid field '{cell}' on model '{name}'")
        row = {"id": self.serial, "create_date": self.now, "write_date": self.now, **values}
        model.rows[self.serial] = row
        return self.serial

    def put(self, name: str, number: int, **values: Any) -> None:
        row = self.row(name, number)
        for cell in values:
            if cell not in self.known(name).fields:
                raise Refused("builtins.ValueError", f"Invalid field '{cell}' on model '{name}'")
        row.update(values, write_date=self.now)

    def known(self, name: str) -> Model:
        if name not in self.models:
            raise Refused("builtins.KeyError", f"'{name}'")
        return self.models[name]

    def row(self, name: str, number: int) -> Row:
        rows = self.known(name).rows
        if number not in rows:
            message = f"Record does not exist or has been deleted.\n(Record: {name}({number},), User: 2)"
            raise Refused("odoo.exceptions.MissingError", message)
        return rows[number]

    def cell(self, name: str, row: Row, cell: str) -> Any:
        """The value of a field as the ORM has it: ids for links, None for empty."""
        model = self.known(name)
        if cell not in model.fields:
            raise Refused("builtins.ValueError", f"Invalid field '{cell}' on model '{name}'")
        known = model.fields[cell]
        if known.compute is not None:
            return known.compute(row)
        if known.kind == "one2many":
            other = self.known(known.to)
            return [n for n, r in other.rows.items() if self.cell(known.to, r, known.inverse) == row["id"]]
        if cell == "display_name":
            return row.get(model.label)
        return row.get(cell)

    def search(self, name: str, domain: list[Any], *, active_test: bool = True) -> list[int]:
        terms = [*domain]
        model = self.known(name)
        if active_test and "active" in model.fields and "active" not in str(domain):
            terms = [["active", "=", True], *terms]
        clauses = sorted(clauses_of(terms), key=cost)
        return sorted(n for n, row in model.rows.items() if self.holds(name, row, clauses))

    def holds(self, name: str, row: Row, clauses: list[list[Any]]) -> bool:
        return all(self._term(name, row, list(clause)) for clause in clauses)

    def _term(self, name: str, row: Row, left: list[Any]) -> bool:
        term = left.pop(0)
        if term in ("|", "&"):
            one, other = self._term(name, row, left), self._term(name, row, left)
            return one or other if term == "|" else one and other
        if term == "!":
            return not self._term(name, row, left)
        path, operator, value = term
        return any(compare(found, operator, value) for found in self.at(name, row, path.split(".")))

    def at(self, name: str, row: Row, path: list[str]) -> list[Any]:
        """The values at the end of a path; a list of links that is empty has one value, nothing."""
        first, *rest = path
        value = self.cell(name, row, first)
        known = self.known(name).fields[first]
        if not rest:
            return (value or [None]) if known.kind in ("one2many", "many2many") else [value]
        targets = value if isinstance(value, list) else [value] if value else []
        found: list[Any] = []
        for number in targets:
            if number in self.known(known.to).rows:
                found += self.at(known.to, self.row(known.to, number), rest)
        return found

    def read(self, name: str, numbers: Iterable[int], fields: list[str]) -> list[Row]:
        model = self.known(name)
        found = []
        for number in numbers:
            row = self.row(name, number)
            cells = {cell: self._wire(model, row, cell) for cell in fields or model.fields}
            found.append({"id": number, **cells})
        return found

    def _wire(self, model: Model, row: Row, cell: str) -> Any:
        value = self.cell(model.name, row, cell)
        known = model.fields[cell]
        if known.kind == "boolean":
            return bool(value)
        if known.kind in ("float", "monetary"):
            return float(value or 0)
        if known.kind == "integer":
            return value or 0
        if known.kind in ("one2many", "many2many"):
            return list(value or [])
        if value is None or value == "" or value is False:
            return False
        if known.kind == "many2one":
            return [value, str(self.cell(known.to, self.row(known.to, value), "display_name") or "")]
        if isinstance(value, dt.datetime):
            return value.strftime("%Y-%m-%d %H:%M:%S")
        return value.isoformat() if isinstance(value, dt.date) else value


def clauses_of(terms: list[Any]) -> list[list[Any]]:
    """The conditions that must all hold, each with the signs before it."""
    left, found = list(terms), []
    while left:
        clause, wanted = [], 1
        while wanted:
            term = left.pop(0)
            clause.append(term)
            wanted += 1 if term in ("|", "&") else 0 if term == "!" else -1
        found.append(clause)
    return found


def cost(clause: list[Any]) -> int:
    """Ids first, then plain fields, then paths and alternatives."""
    first = clause[0]
    if len(clause) > 1:
        return 9
    return 0 if first[0] == "id" else 1 + first[0].count(".")


def compare(found: Any, operator: str, value: Any) -> bool:  # noqa: C901  a table of operators
    if isinstance(found, dt.datetime):
        found = found.strftime("%Y-%m-%d %H:%M:%S.%f")
    elif isinstance(found, dt.date):
        found = found.isoformat()
    empty = found is None or found is False or found == ""
    match operator:
        case "=":
            return empty if value is False or value is None else (not empty and found == value) or found is value
        case "!=":
            return not compare(found, "=", value)
        case "in":
            return any(compare(found, "=", one) for one in value)
        case "not in":
            return not any(compare(found, "=", one) for one in value)
        case "ilike":
            return not empty and str(value).lower() in str(found).lower()
        case "=like":
            return not empty and fnmatch.fnmatchcase(str(found), str(value).replace("%", "*").replace("_", "?"))
        case ">=":
            return not empty and found >= value
        case ">":
            return not empty and found > value
        case "<=":
            return not empty and (found <= value or str(found).startswith(str(value)))
        case "<":
            return not empty and found < value
        case _:
            raise Refused("builtins.ValueError", f"Invalid operator {operator!r}")
