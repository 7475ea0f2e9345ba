"""A small Dolibarr as a peer of the conformance suite: what people do there is done to its tables."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from concilia.vault import Secret
from connectors.contract import AgreementOrder, ContactOrder, Operation, Order, PaymentOrder
from connectors.dolibarr import connect, default_streams
from connectors.testing import Harness, Network, Reading, Signing, Writing
from tests.fake_rest.dolibarr import KEY, WEAK_KEY, Dolibarr
from tests.fake_rest.serving import serving


class Desk:
    """What a person does in Dolibarr."""

    def __init__(self, dolibarr: Dolibarr) -> None:
        self.books = dolibarr
        self._numbers = itertools.count(1)

    def keys(self) -> set[tuple[str, ...]]:
        return {(str(number),) for number in self.books.tables["thirdparties"]}

    def insert(self, count: int, at: datetime | None) -> list[tuple[str, ...]]:
        return [(str(self.books.third_party(f"Persona {next(self._numbers)}", at=at)),) for _ in range(count)]

    def insert_text(self, text: str) -> tuple[tuple[str, ...], str]:
        return (str(self.books.third_party(text)),), "name"

    def update(self, key: tuple[str, ...]) -> None:
        self.books.touch("thirdparties", int(key[0]), town=f"Comuna {next(self._numbers)}")

    def delete(self, key: tuple[str, ...]) -> None:
        del self.books.tables["thirdparties"][int(key[0])]

    @contextmanager
    def late(self) -> Iterator[tuple[str, ...]]:
        number = self.books.third_party("Tardía")
        row = self.books.tables["thirdparties"][number]
        row["visible"] = False
        yield (str(number),)
        row["visible"] = True

    @contextmanager
    def vanished(self) -> Iterator[str]:
        rows = self.books.tables["thirdparties"].values()
        kept = {row["id"]: row.pop("name") for row in rows}
        yield "name"
        for row in rows:
            row["name"] = kept.get(row["id"], "")

    @contextmanager
    def retyped(self) -> Iterator[str]:
        rows = self.books.tables["thirdparties"].values()
        for row in rows:
            row["town"] = 7
        yield "town"
        for row in rows:
            row["town"] = ""

    # writes

    def debt(self) -> int:
        return self.books.invoice(self.books.third_party("Ana Soto"), "50000")

    def payment(self, reference: str) -> PaymentOrder:
        return PaymentOrder(
            f"key-{reference}", str(self.debt()), "1000", "CLP", "2026-11-02", "transfer", reference, payer="Ana Soto"
        )

    def overpayment(self, reference: str) -> PaymentOrder:
        return replace(self.payment(reference), amount="999999999")

    def paid(self, order: Order) -> int:
        return sum(one["num"] == f"Concilia {order.reference}" for one in self.books.tables["payments"].values())

    def agreement(self, reference: str) -> AgreementOrder:
        return AgreementOrder(
            f"key-{reference}", reference, "a1", "recorded", str(self.debt()), "", "promise", "active",
            "1000", "CLP", "2026-11-02", (("2026-12-01", "1000"),), "Promesa de pago",
        )  # fmt: skip

    def bad_agreement(self, reference: str) -> AgreementOrder:
        return replace(self.agreement(reference), debt="424242")

    def agreed(self, order: Order) -> int:
        rows = self.books.tables["agendaevents"].values()
        return sum(row["label"] == f"Concilia {order.reference}" for row in rows)

    def contact(self, reference: str) -> ContactOrder:
        number = self.books.third_party("Beto Soto", phone="981215279")
        cells = {"phone": f"+569{60000000 + next(self._numbers)}"}
        return ContactOrder(
            f"key-{reference}", reference, "thirdparties", str(number), "phone", cells, {"phone": "981215279"}
        )

    def missing_contact(self, reference: str) -> ContactOrder:
        return ContactOrder("k", reference, "thirdparties", "424242", "phone", {"phone": "1"}, {"phone": None})

    def changed(self, order: Order) -> int:
        assert isinstance(order, ContactOrder)
        held = self.books.tables["thirdparties"].get(int(order.record), {})
        return int(all(held.get(name) == value for name, value in order.cells.items()))

    def edit_contact(self, order: Order) -> None:
        assert isinstance(order, ContactOrder)
        self.books.touch("thirdparties", int(order.record), phone=f"+568{next(self._numbers):08d}")


@contextmanager
def harness() -> Iterator[Harness]:
    """A Dolibarr with its own tables, on a server in Santiago."""
    dolibarr = Dolibarr()
    desk = Desk(dolibarr)
    with serving(dolibarr.answer) as served:
        settings = {
            "url": served.url, "api_key": Secret(KEY), "bank_account": 1, "late_seconds": 0,
            "time_zone": "America/Santiago",
        }  # fmt: skip
        first, *others = default_streams(settings)
        yield Harness(
            name="dolibarr",
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
                now=dolibarr.now,
                drifts={"vanished": desk.vanished, "retyped": desk.retyped},
            ),
            writing={
                Operation.REGISTER_PAYMENT: Writing(desk.payment, desk.paid, bad=desk.overpayment),
                Operation.RECORD_AGREEMENT: Writing(desk.agreement, desk.agreed, bad=desk.bad_agreement),
                Operation.UPDATE_CONTACT: Writing(
                    desk.contact, desk.changed, bad=desk.missing_contact, edit=desk.edit_contact
                ),
            },
            signing=Signing(
                wrong={"api_key": Secret("otra")},
                unreachable={"url": "http://127.0.0.1:9"},
                forbidden={"api_key": Secret(WEAK_KEY)},
                permission="invoices",
            ),
            network=Network(
                address=served.url,
                through=lambda address: {"url": address},
                impatient={"timeout_seconds": 1},
            ),
            streams=tuple(others),
            country="CL",
            tested_against="a small server written from Dolibarr's documentation and API source",
        )
