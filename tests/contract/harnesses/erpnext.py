"""A small ERPNext as a peer of the conformance suite: what people do there is done to its documents."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime

from concilia.vault import Secret
from connectors.contract import AgreementOrder, ContactOrder, Operation, Order, PaymentOrder, ReversalOrder
from connectors.erpnext import connect, default_streams
from connectors.testing import Harness, Network, Reading, Signing, Writing
from tests.fake_rest.erpnext import KEY, SECRET, WEAK_KEY, ErpNext
from tests.fake_rest.serving import serving

MISSING = "C/99999"


class Desk:
    """What a person does in ERPNext."""

    def __init__(self, erp: ErpNext) -> None:
        self.erp = erp
        self._numbers = itertools.count(1)

    def keys(self) -> set[tuple[str, ...]]:
        return {(name,) for name in self.erp.tables["Customer"]}

    def insert(self, count: int, at: datetime | None) -> list[tuple[str, ...]]:
        return [(self.erp.customer(f"Comercial {next(self._numbers)}", at=at),) for _ in range(count)]

    def insert_text(self, text: str) -> tuple[tuple[str, ...], str]:
        return (self.erp.customer(text),), "customer_name"

    def update(self, key: tuple[str, ...]) -> None:
        self.erp.touch("Customer", key[0], territory=f"Comuna {next(self._numbers)}")

    def delete(self, key: tuple[str, ...]) -> None:
        del self.erp.tables["Customer"][key[0]]

    @contextmanager
    def late(self) -> Iterator[tuple[str, ...]]:
        name = self.erp.customer("Tardía")
        self.erp.tables["Customer"][name]["visible"] = False
        yield (name,)
        self.erp.tables["Customer"][name]["visible"] = True

    @contextmanager
    def vanished(self) -> Iterator[str]:
        rows = self.erp.tables["Customer"].values()
        kept = {row["name"]: row.pop("territory") for row in rows}
        yield "territory"
        for row in rows:
            row["territory"] = kept.get(row["name"], "")

    @contextmanager
    def retyped(self) -> Iterator[str]:
        rows = self.erp.tables["Customer"].values()
        for row in rows:
            row["territory"] = 7
        yield "territory"
        for row in rows:
            row["territory"] = "Chile"

    def debt(self) -> str:
        return self.erp.invoice(self.erp.customer("Ana Soto"), "50000")

    def payment(self, reference: str) -> PaymentOrder:
        return PaymentOrder(f"key-{reference}", self.debt(), "1000", "CLP", "2026-11-02", "transfer", reference)

    def overpayment(self, reference: str) -> PaymentOrder:
        return replace(self.payment(reference), amount="999999999")

    def paid(self, order: Order) -> int:
        entries = self.erp.tables["Payment Entry"].values()
        return sum(row["reference_no"] == f"Concilia {order.reference}" for row in entries if row["docstatus"] == 1)

    def reversal(self, reference: str) -> ReversalOrder:
        debt = self.debt()
        line = {"reference_doctype": "Sales Invoice", "reference_name": debt, "allocated_amount": 1000.0}
        self.erp.put("Payment Entry", {"reference_no": f"Concilia {reference}-paid", "docstatus": 1,
                                       "payment_type": "Receive", "references": [line]})  # fmt: skip
        self.erp.touch("Sales Invoice", debt, outstanding_amount=49000.0)
        key = f"key-{reference}"
        return ReversalOrder(key, debt, "1000", "CLP", "2026-11-03", reference, f"{reference}-paid")

    def bad_reversal(self, reference: str) -> ReversalOrder:
        return ReversalOrder("k", self.debt(), "1", "CLP", "2026-11-03", reference, "nobody")

    def reversed(self, order: Order) -> int:
        assert isinstance(order, ReversalOrder)
        entries = self.erp.tables["Payment Entry"].values()
        cancelled = [
            row for row in entries if row["reference_no"] == f"Concilia {order.payment}" and row["docstatus"] == 2
        ]
        return len(cancelled) if self.erp.tables["Sales Invoice"][order.debt]["outstanding_amount"] == 50000 else 0

    def agreement(self, reference: str) -> AgreementOrder:
        return AgreementOrder(
            f"key-{reference}", reference, "a1", "recorded", self.debt(), "", "promise", "active",
            "1000", "CLP", "2026-11-02", (("2026-12-01", "1000"),), "Promesa de pago",
        )  # fmt: skip

    def bad_agreement(self, reference: str) -> AgreementOrder:
        return replace(self.agreement(reference), debt=MISSING)

    def agreed(self, order: Order) -> int:
        return sum(row["subject"] == f"Concilia {order.reference}" for row in self.erp.tables["Comment"].values())

    def contact(self, reference: str) -> ContactOrder:
        name = self.erp.customer("Beto Sotto")
        cells = {"customer_name": f"Beto Soto {next(self._numbers)}"}
        return ContactOrder(
            f"key-{reference}", reference, "customers", name, "full_name", cells, {"customer_name": "Beto Sotto"}
        )

    def missing_contact(self, reference: str) -> ContactOrder:
        cells = {"customer_name": "Beto"}
        return ContactOrder("k", reference, "customers", MISSING, "full_name", cells, {"customer_name": None})

    def changed(self, order: Order) -> int:
        assert isinstance(order, ContactOrder)
        held = self.erp.tables["Customer"].get(order.record, {})
        return int(all(held.get(name) == value for name, value in order.cells.items()))

    def edit_contact(self, order: Order) -> None:
        assert isinstance(order, ContactOrder)
        self.erp.touch("Customer", order.record, customer_name=f"Otro {next(self._numbers)}")


@contextmanager
def harness() -> Iterator[Harness]:
    """An ERPNext with its own documents, on a site in Bogotá."""
    erp = ErpNext()
    desk = Desk(erp)
    with serving(erp.answer) as served:
        settings = {
            "url": served.url, "api_key": Secret(KEY), "api_secret": Secret(SECRET), "bank_account": "Banco - AC",
            "time_zone": "America/Bogota", "late_seconds": 0,
        }  # fmt: skip
        first, *others = default_streams(settings)
        yield Harness(
            name="erpnext",
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
                now=erp.now,
                drifts={"vanished": desk.vanished, "retyped": desk.retyped},
            ),
            writing={
                Operation.REGISTER_PAYMENT: Writing(desk.payment, desk.paid, bad=desk.overpayment),
                Operation.REGISTER_REVERSAL: Writing(desk.reversal, desk.reversed, bad=desk.bad_reversal),
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
                address=served.url, through=lambda address: {"url": address}, impatient={"timeout_seconds": 1}
            ),
            streams=tuple(others),
            country="CL",
            tested_against="a small server written from Frappe's documentation",
        )
