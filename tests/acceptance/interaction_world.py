"""A portfolio behind its HTTP door, to which channels tell what they did; systems and the clock are moved by tests."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx

from sync import actions
from sync.hub import Hub
from tests.conftest import OpenHub
from tests.door import Door, opened_door
from tests.worlds import rut, workspace, write_cartera, write_contacts, write_payments

MONDAY = datetime(2026, 11, 23, 13, tzinfo=UTC)  # 10:00 in Santiago
ANA, JOSE = rut(9876543), rut(12531909)
ANA_PHONE, JOSE_PHONE = "+56961119999", "+56961234567"
SEEN, LATER = "2026-11-01T10:00:00", "2026-11-02T10:00:00Z"
ANA_OWES = ("F-1", ANA, "Ana Muñoz Ñuñez", "961119999", "", "150.000", "01-10-2026", SEEN)
JOSE_OWES = ("F-2", JOSE, "José Hernández García", "961234567", "", "20.000", "01-10-2026", SEEN)
ANA_IN_CRM = ("c1", ANA, "Ana Muñoz Ñuñez", "", "", "ana@correo.cl", LATER)
PORTFOLIO = "1029384756"
BSUID = "CL.13491208655302741918"


@dataclass
class Channels:
    """Those who tell the hub what happened, and the systems it reads."""

    hub: Hub
    folder: Path
    now: datetime = MONDAY
    door: Door = None  # type: ignore[assignment]
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def at(self, text: str) -> Channels:
        self.now = datetime.fromisoformat(text).astimezone(UTC)
        return self

    def load(self, *owes: tuple[str, ...], crm: tuple[tuple[str, ...], ...] = (), paid: tuple[Any, ...] = ()) -> None:
        """The systems hold this now, and the hub reads them."""
        if owes:
            write_cartera(self.folder, owes)
        if crm:
            write_contacts(self.folder, crm)
        if paid:
            write_payments(self.folder, paid)
        actions.run(self.hub, [])

    def told(self, **members: Any) -> dict[str, Any]:
        """A WhatsApp message from the debtor, unless the members say otherwise."""
        usual = {
            "direction": "inbound",
            "channel": "whatsapp",
            "started_at": "2026-11-23T09:55:00-03:00",
            "external_ref": f"wamid.{next(self.numbers)}",
        }
        return {name: value for name, value in {**usual, **members}.items() if value is not None}

    def tell(self, *, key: str = "", status: int = 201, **members: Any) -> Any:
        answer = self.post(self.told(**members), key=key)
        assert answer.status_code == status, answer.text
        return answer.json()

    def post(self, body: Any, *, key: str = "") -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return self.door.call("POST", "/v1/interactions", json=body, headers=headers)

    def by_bsuid(self, bsuid: str = BSUID, **more: Any) -> dict[str, Any]:
        return {"bsuid": bsuid, "business_portfolio": PORTFOLIO, **more}

    def interaction(self, number: str) -> Any:
        return self.door.get(f"/v1/interactions/{number}").json()

    def waiting(self) -> list[Any]:
        return self.door.get("/v1/interactions", params={"waiting": "true"}).json()["items"]  # type: ignore[no-any-return]

    def timeline(self, debtor: str, **asked: Any) -> list[Any]:
        """The whole timeline, page by page."""
        found: list[Any] = []
        params = {"limit": 7, "order": "oldest", **asked}
        while True:
            page = self.door.get(f"/v1/debtors/{debtor}/timeline", params=params).json()
            found += page["items"]
            if page["next"] is None:
                return found
            params = {**params, "after": page["next"]}

    def owner(self, tax_id: str = ANA) -> str:
        return str(self.door.debtor_of(tax_id)["id"])


@contextmanager
def channels(folder: Path, open_hub: OpenHub, url: str | None = None) -> Iterator[Channels]:
    """Three systems without rows so far, and a door."""
    hub = open_hub(workspace(folder), database_url=url)
    found = Channels(hub, folder)
    found.hub = replace(hub, clock=lambda: found.now)
    write_cartera(folder, [])
    actions.apply(found.hub)
    with opened_door(found.hub) as door:
        found.door = door
        yield found
