"""A portfolio in Colombia with guarantors and references, behind its HTTP door, with a clock that tests move."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sync import actions
from tests.conftest import OpenHub
from tests.door import Door, opened_door

WORKSPACE = """\
version: 1
connections:
  erp:
    connector: files
    settings: {{path: erp, encoding: utf-8, delimiter: ";", decimal: ","}}
    country: {country}
    creditor: acme
    streams:
      cartera: {{file: "*.csv", key: [DOC], map: cartera.yaml}}
creditors:
  acme: {{owner: erp}}
"""
CARTERA = """\
entities:
- {entity: debtor, key: [CC], fields: {full_name: NOMBRE}, contact_points: [{type: phone, from: FONO},
   {type: email, from: CORREO}]}
- {entity: debtor, key: [CC_AVAL], when: {column: CC_AVAL, present: true}, fields: {full_name: AVAL},
   contact_points: [{type: phone, from: FONO_AVAL}]}
- {entity: debtor, key: [CC_REF], when: {column: CC_REF, present: true}, fields: {full_name: REFERENCIA},
   contact_points: [{type: phone, from: FONO_REF}]}
- {entity: debt, key: [DOC], debtor: [CC], fields: {balance: SALDO, document: DOC, due_date: VENCE}}
- {entity: party_role, debtor: [CC_AVAL], debt: [DOC], when: {column: CC_AVAL, present: true},
   fields: {role: {constant: aval}}}
- {entity: party_role, debtor: [CC_REF], debt: [DOC], when: {column: CC_REF, present: true},
   fields: {role: {constant: referencia}}}
"""
COLUMNS = "DOC;CC;NOMBRE;FONO;CORREO;CC_AVAL;AVAL;FONO_AVAL;CC_REF;REFERENCIA;FONO_REF;SALDO;VENCE"


@dataclass
class Counter:
    """The door, and the moment it takes for now."""

    door: Door
    now: datetime
    nightly: Callable[[], object] = lambda: None

    def at(self, text: str) -> Counter:
        """It is then, and the systems were read that morning."""
        self.now = datetime.fromisoformat(text).astimezone(UTC)
        self.nightly()
        return self

    def ask(self, channel: str, **debtor: str) -> Any:
        """The answer for the debtor of the first debt, or for whoever is named."""
        body = {"debtor": debtor or {"debt": "F-1"}, "channel": channel}
        return self.door.call("POST", "/v1/contact-decisions", json=body).json()

    def make(self, channel: str, **debtor: str) -> None:
        """A contact that is allowed and made."""
        found = self.ask(channel, **debtor)
        assert found["answer"] == "allow", rules(found)
        assert self.door.call("POST", f"/v1/contact-decisions/{found['id']}/confirm", json={}).status_code == 200

    def debt(self, document: str = "F-1") -> Any:
        """A debt of the first debtor, as it is read."""
        (match,) = self.door.get("/v1/resolve", params={"debt": document}).json()["matches"]
        debts = self.door.get(f"/v1/debtors/{match['id']}").json()["debts"]
        return next(debt for debt in debts if debt["document"] == document)

    def pay(self, amount: str, *, document: str = "F-1", unit: str = "CLP") -> Any:
        """A payment that the hub is told of now."""
        body = {"debt": {"document": document}, "amount": amount, "unit": unit, "value_date": str(self.now.date())}
        answer = self.door.pay({**body, "reference": f"T-{self.now.isoformat()}"})
        assert answer.status_code == 201, answer.text
        return answer.json()

    def consent(self, state: str = "granted", **debtor: str) -> None:
        """The debtor says yes to every channel."""
        named = debtor or {"debt": "F-1"}
        (match,) = self.door.get("/v1/resolve", params=named).json()["matches"]
        told = {"state": state, "captured_at": "2026-01-02T10:00:00Z"}
        assert self.door.call("POST", f"/v1/debtors/{match['id']}/consents", json=told).status_code == 201


def rules(answer: Any) -> set[str]:
    return {reason["rule"] for reason in answer["reasons"]}


@contextmanager
def counter(
    folder: Path, open_hub: OpenHub, *, country: str, line: str, database_url: str | None = None, **more: str
) -> Iterator[Counter]:
    """The world over the lines of a portfolio; `contact` is that section of the workspace, `unit` that of the debts."""
    (folder / "erp").mkdir()
    (folder / "concilia.yaml").write_text(WORKSPACE.format(country=country) + more.get("contact", ""), encoding="utf-8")
    stated = "balance: SALDO" + (f", unit: {{constant: {more['unit']}}}" if "unit" in more else "")
    (folder / "cartera.yaml").write_text(CARTERA.replace("balance: SALDO", stated), encoding="utf-8")
    (folder / "erp" / "cartera.csv").write_text(f"{COLUMNS}\n{line}\n", encoding="utf-8")
    found = Counter(None, datetime(2026, 11, 22, tzinfo=UTC))  # type: ignore[arg-type]
    hub = replace(open_hub(folder, database_url=database_url), clock=lambda: found.now)
    actions.apply(hub)
    assert actions.run(hub, []).exit_code == 0
    actions.run(hub, [])
    with opened_door(hub) as door:
        found.door = door
        found.nightly = lambda: actions.run(hub, [])
        yield found
