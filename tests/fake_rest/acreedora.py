"""The billing system of an imaginary creditor: OAuth, cursors, a stream under another, ETags, an idempotency key."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.fake_rest.serving import Asked, Said, Served, serving

CLIENT, SECRET = "concilia", "secreto-de-acreedora"
START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@dataclass
class Acreedora:
    tokens: set[str] = field(default_factory=set)
    given: int = 0
    moment: datetime = START
    clientes: dict[str, dict[str, Any]] = field(default_factory=dict)
    cuotas: dict[str, dict[str, Any]] = field(default_factory=dict)
    pagos: dict[str, dict[str, Any]] = field(default_factory=dict)
    page: int = 2  # instalments on a page
    next_host: str = ""  # where links to the next page lead, its own host unless told

    def tick(self, seconds: int = 60) -> str:
        self.moment += timedelta(seconds=seconds)
        return self.moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def cliente(self, nombre: str, *, cuotas: int = 1, stamp: str = "") -> str:
        number = f"c{len(self.clientes) + 1}"
        self.clientes[number] = {
            "id": number, "contrato": f"k{number}", "nombre": nombre, "rut": "76.086.428-5", "telefono": None,
            "correo": None, "version": "1", "modificado": stamp or self.tick(),
        }  # fmt: skip
        for n in range(1, cuotas + 1):
            one = {
                "id": f"k{number}-{n}",
                "contrato": f"k{number}",
                "numero": str(n),
                "saldo": Decimal("1500.50"),
                "vence": "2026-12-01",
            }
            self.cuotas[one["id"]] = one
        return number

    def answer(self, asked: Asked) -> Said:
        if asked.path == "/oauth/token":
            return self._token(asked)
        if asked.headers.get("authorization", "").removeprefix("Bearer ") not in self.tokens:
            return Said(401, {"message": "token vencido"})
        match = re.fullmatch(r"/v2/(\w+)(?:/([\w-]+))?(?:/(\w+))?", asked.path)
        if match is None:
            return Said(404, {"message": "no existe"})
        kind, key, rest = match.groups()
        if kind == "pagos":
            return self._pay(asked) if asked.method == "POST" else self._paid(asked.query["referencia"])
        if kind == "contratos" and rest == "cuotas":
            return self._instalments(key, asked)
        if kind == "cuotas":
            return Said(body=_shown(self.cuotas[key])) if key in self.cuotas else Said(404, {"message": "no existe"})
        return self._one(key, asked) if key else self._listed(asked.query)

    def _token(self, asked: Asked) -> Said:
        form = asked.form
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT, SECRET):
            return Said(401, {"error": "invalid_client", "error_description": "cliente desconocido"})
        self.given += 1
        token = f"t{self.given}"
        self.tokens.add(token)
        return Said(body={"access_token": token, "token_type": "Bearer", "expires_in": 3600})

    def _listed(self, query: dict[str, str]) -> Said:
        rows = sorted(self.clientes.values(), key=lambda row: (row["modificado"], row["id"]))
        rows = [row for row in rows if row["modificado"] >= query.get("desde", "")]
        start, size = int(query["salto"]), int(query["limite"])
        return Said(body={"ok": True, "datos": rows[start : start + size]})

    def _one(self, key: str, asked: Asked) -> Said:
        row = self.clientes.get(key)
        if row is None:
            return Said(404, {"message": "no existe"})
        if asked.method == "PATCH":
            if asked.headers.get("if-match") != row["version"]:
                return Said(412, {"message": "otra versión"})
            row |= {**asked.json, "version": str(int(row["version"]) + 1), "modificado": self.tick()}
        return Said(body=row)

    def _instalments(self, contract: str, asked: Asked) -> Said:
        rows = [_shown(row) for row in self.cuotas.values() if row["contrato"] == contract]
        start = int(asked.query.get("salto", 0))
        more = f"{self.next_host}{asked.path}?salto={start + self.page}" if start + self.page < len(rows) else None
        return Said(body={"datos": rows[start : start + self.page], "siguiente": more})

    def _paid(self, reference: str) -> Said:
        return Said(body={"datos": [_shown(row) for row in self.pagos.values() if row["referencia"] == reference]})

    def _pay(self, asked: Asked) -> Said:
        key, told = asked.headers.get("idempotency-key", ""), asked.json
        if key not in self.pagos:
            owed = self.cuotas[told["cuota"]]
            if not isinstance(told["monto"], int | float):
                return Said(400, {"message": "monto no es un número"})
            if told["monto"] == 666:
                return Said(body={"ok": False, "message": "período cerrado"})
            owed["saldo"] -= Decimal(str(told["monto"]))
            self.pagos[key] = {"id": f"p{len(self.pagos) + 1}", **told}
        return Said(201, _shown(self.pagos[key]))


def _shown(row: dict[str, Any]) -> dict[str, Any]:
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in row.items()}


@contextmanager
def acreedora() -> Iterator[tuple[Acreedora, Served]]:
    system = Acreedora()
    with serving(system.answer) as served:
        yield system, served
