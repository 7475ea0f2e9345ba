"""A small EspoCRM as a peer of the conformance suite: what people do there is done to its tables."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from concilia.vault import Secret
from connectors.contract import AgreementOrder, ContactOrder, Operation, Order
from connectors.espocrm import connect, default_streams
from connectors.testing import Harness, Network, Reading, Signing, Writing
from tests.fake_rest.espocrm import KEY, WEAK_KEY, EspoCrm
from tests.fake_rest.serving import serving


class Desk:
    """What a person does in EspoCRM."""

    def __init__(self, crm: EspoCrm) -> None:
        self.crm = crm
        self._numbers = itertools.count(1)

    def keys(self) -> set[tuple[str, ...]]:
        return {(number,) for number in self.crm.tables["Account"]}

    def insert(self, count: int, at: datetime | None) -> list[tuple[str, ...]]:
        return [(self.crm.account(f"Comercial {next(self._numbers)}", at=at),) for _ in range(count)]

    def insert_text(self, text: str) -> tuple[tuple[str, ...], str]:
        return (self.crm.account(text),), "name"

    def update(self, key: tuple[str, ...]) -> None:
        self.crm.touch("Account", key[0], billingAddressCity=f"Comuna {next(self._numbers)}")

    def delete(self, key: tuple[str, ...]) -> None:
        del self.crm.tables["Account"][key[0]]

    @contextmanager
    def late(self) -> Iterator[tuple[str, ...]]:
        number = self.crm.account("Tardía")
        self.crm.tables["Account"][number]["visible"] = False
        yield (number,)
        self.crm.tables["Account"][number]["visible"] = True

    @contextmanager
    def vanished(self) -> Iterator[str]:
        rows = self.crm.tables["Account"].values()
        kept = {row["id"]: row.pop("name") for row in rows}
        yield "name"
        for row in rows:
            row["name"] = kept.get(row["id"], "")

    @contextmanager
    def retyped(self) -> Iterator[str]:
        rows = self.crm.tables["Account"].values()
        for row in rows:
            row["billingAddressCity"] = 7
        yield "billingAddressCity"
        for row in rows:
            row["billingAddressCity"] = None

    def agreement(self, reference: str) -> AgreementOrder:
        return AgreementOrder(
            f"key-{reference}", reference, "a1", "recorded", "", self.crm.account("Ana Soto"), "promise", "active",
            "1000", "CLP", "2026-11-02", (("2026-12-01", "1000"),), "Promesa de pago",
        )  # fmt: skip

    def bad_agreement(self, reference: str) -> AgreementOrder:
        return replace(self.agreement(reference), debtor="0123456789abcdef0")

    def agreed(self, order: Order) -> int:
        return sum(row["name"] == f"Concilia {order.reference}" for row in self.crm.tables["Task"].values())

    def contact(self, reference: str) -> ContactOrder:
        number = self.crm.account("Beto Soto", phoneNumber="+56981215279")
        cells = {"phoneNumber": f"+569{60000000 + next(self._numbers)}"}
        expected = {"phoneNumber": "+56981215279"}
        return ContactOrder(f"key-{reference}", reference, "accounts", number, "phone", cells, expected)

    def missing_contact(self, reference: str) -> ContactOrder:
        cells = {"phoneNumber": "+56981215270"}
        return ContactOrder("k", reference, "accounts", "0123456789abcdef0", "phone", cells, {"phoneNumber": None})

    def changed(self, order: Order) -> int:
        assert isinstance(order, ContactOrder)
        held = self.crm.tables["Account"].get(order.record, {})
        return int(all(held.get(name) == value for name, value in order.cells.items()))

    def edit_contact(self, order: Order) -> None:
        assert isinstance(order, ContactOrder)
        self.crm.touch("Account", order.record, phoneNumber=f"+568{next(self._numbers):08d}")


@contextmanager
def harness() -> Iterator[Harness]:
    """An EspoCRM with its own tables."""
    crm = EspoCrm()
    desk = Desk(crm)
    with serving(crm.answer) as served:
        settings = {"url": served.url, "api_key": Secret(KEY), "tax_id_field": "cRut", "late_seconds": 0}
        first, *others = default_streams(settings)
        yield Harness(
            name="espocrm",
            connect=connect,
            settings=settings,
            reading=Reading(
                stream=first,
                keys=desk.keys,
                insert=desk.insert,
                update=desk.update,
                delete=desk.delete,
                insert_text=desk.insert_text,
                late=desk.late,
                now=crm.now,
                drifts={"vanished": desk.vanished, "retyped": desk.retyped},
            ),
            writing={
                Operation.RECORD_AGREEMENT: Writing(desk.agreement, desk.agreed, bad=desk.bad_agreement),
                Operation.UPDATE_CONTACT: Writing(
                    desk.contact, desk.changed, bad=desk.missing_contact, edit=desk.edit_contact
                ),
            },
            signing=Signing(
                wrong={"api_key": Secret("otra")},
                unreachable={"url": "http://127.0.0.1:9"},
                forbidden={"api_key": Secret(WEAK_KEY)},
                permission="contacts",
            ),
            network=Network(
                address=served.url, through=lambda address: {"url": address}, impatient={"timeout_seconds": 1}
            ),
            streams=tuple(others),
            country="CL",
            tested_against="a small server written from EspoCRM's documentation",
        )
