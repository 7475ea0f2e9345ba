"""The sandbox as a peer of the conformance suite: what people do there is done through its control levers."""

from __future__ import annotations

import itertools
import json
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from concilia.clock import to_text
from concilia.vault import Secret
from connectors.contract import (
    AgreementOrder,
    ContactOrder,
    Operation,
    Order,
    PaymentOrder,
    ReversalOrder,
)
from connectors.sandbox import STREAMS, connect
from connectors.sandbox.server import SandboxServer, Setup
from connectors.testing import Harness, Network, Reading, Signing, Writing

KEY = "clave-de-prueba-canario"


class Desk:
    """What a person does at the sandbox."""

    def __init__(self, server: SandboxServer) -> None:
        self._url = server.url
        self._numbers = itertools.count(1)
        self._server = server
        self._pattern = {name: value for name, value in server.world.portfolio.invoices[0].items() if name != "id"}

    def control(self, path: str, document: Mapping[str, Any] | None = None) -> Any:
        """A call of the control levers."""
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(
            f"{self._url}/_control/{path}", data=body, headers={"content-type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)

    def rows(self, collection: str) -> dict[str, Mapping[str, Any]]:
        """What the ledger holds."""
        return {row["id"]: row for row in self._server.world.ledger.rows(collection)}

    def keys(self) -> set[tuple[str, ...]]:
        """All customers."""
        return {(key,) for key in self.rows("customers")}

    def insert(self, count: int, at: datetime | None) -> list[tuple[str, ...]]:
        """New customers."""
        return [self._put(at=at) for _ in range(count)]

    def insert_text(self, text: str) -> tuple[tuple[str, ...], str]:
        """A customer with that text as its name."""
        return self._put(name=text), "name"

    def _put(self, *, at: datetime | None = None, **fields: str) -> tuple[str, ...]:
        key = f"N{next(self._numbers):06d}"
        stamp = {} if at is None else {"updated_at": to_text(at)}
        self.control("edit", {"collection": "customers", "id": key, "fields": {"name": "Nuevo", **fields, **stamp}})
        return (key,)

    def update(self, key: tuple[str, ...]) -> None:
        """Another name."""
        fields = {"name": f"Cambiado {next(self._numbers)}"}
        self.control("edit", {"collection": "customers", "id": key[0], "fields": fields})

    def delete(self, key: tuple[str, ...]) -> None:
        """Gone."""
        self.control("edit", {"collection": "customers", "id": key[0], "fields": None})

    # writes

    def debt(self) -> Mapping[str, Any]:
        """An invoice that nothing else is about."""
        key = f"F-N{next(self._numbers):06d}"
        fields = {**self._pattern, "document": key, "total": "50000", "balance": "50000", "status": "open"}
        del fields["updated_at"]
        return {**self.control("edit", {"collection": "invoices", "id": key, "fields": fields})["object"], "id": key}

    def payment(self, reference: str) -> PaymentOrder:
        """Part of a debt of its own."""
        debt = self.debt()
        return PaymentOrder(
            key=f"key-{reference}",
            debt=debt["id"],
            amount="1000",
            unit=debt["currency"],
            value_date="2026-11-02",
            method="transfer",
            reference=reference,
            remittance="Pago Peñaloza",
        )

    def overpayment(self, reference: str) -> PaymentOrder:
        """More than is owed."""
        order = self.payment(reference)
        return PaymentOrder(
            key=order.key, debt=order.debt, amount="999999999999", unit=order.unit, value_date=order.value_date,
            method=order.method, reference=reference,
        )  # fmt: skip

    def paid(self, order: Order) -> int:
        """How often it is paid on an invoice nothing else is about; some systems forget the reference."""
        assert isinstance(order, PaymentOrder)
        mine = (order.reference, "")
        rows = [row for row in self.rows("payments").values() if row["invoice"] == order.debt]
        return sum(row["reference"] in mine and row.get("status") != "draft" for row in rows)

    def reversal(self, reference: str) -> ReversalOrder:
        """Of a payment made for it."""
        paid = self.payment(f"{reference}-paid")
        self._server.world.ledger.pay(
            {
                "invoice": paid.debt, "amount": paid.amount, "currency": paid.unit, "value_date": paid.value_date,
                "method": "transfer", "reference": paid.reference, "memo": "",
            }
        )  # fmt: skip
        return ReversalOrder(
            key=f"key-{reference}",
            debt=paid.debt,
            amount=paid.amount,
            unit=paid.unit,
            value_date="2026-11-03",
            reference=reference,
            payment=paid.reference,
        )

    def bad_reversal(self, reference: str) -> ReversalOrder:
        """Of a payment nobody made."""
        return ReversalOrder(
            key="k", debt="1", amount="1", unit="CLP", value_date="2026-11-03", reference=reference, payment="nobody"
        )

    def reversed(self, order: Order) -> int:
        """How often it was taken back under that reference."""
        return sum(row["reference"] == order.reference for row in self.rows("reversals").values())

    def agreement(self, reference: str) -> AgreementOrder:
        """On a debt of its own."""
        debt = self.debt()
        return AgreementOrder(
            key=f"key-{reference}", reference=reference, agreement="a1", happening="recorded", debt=debt["id"],
            debtor=debt["customer"], kind="promise", state="active", amount="1000", unit=debt["currency"],
            agreed_on="2026-11-02", schedule=(("2026-12-01", "1000"),), text="Promesa de pago",
        )  # fmt: skip

    def bad_agreement(self, reference: str) -> AgreementOrder:
        """On a debt that does not exist."""
        return AgreementOrder(
            "k", reference, "a1", "recorded", "no-debt", "", "promise", "active", "1", "CLP", "2026-11-02"
        )

    def agreed(self, order: Order) -> int:
        """How often it is noted under that reference."""
        return sum(row["reference"] == order.reference for row in self.rows("agreements").values())

    def contact(self, reference: str) -> ContactOrder:
        """Another phone for a customer of its own."""
        (person,) = self._put(mobile="981215279")
        return ContactOrder(
            key=f"key-{reference}", reference=reference, stream="customers", record=person, field="phone",
            cells={"mobile": f"+569{next(self._numbers):08d}"}, expected={"mobile": "981215279"},
        )  # fmt: skip

    def missing_contact(self, reference: str) -> ContactOrder:
        """Of a customer that does not exist."""
        return ContactOrder("k", reference, "customers", "nobody", "phone", {"mobile": "1"}, {"mobile": None})

    def changed(self, order: Order) -> int:
        """Whether the record holds what was ordered."""
        assert isinstance(order, ContactOrder)
        held = self.rows("customers").get(order.record, {})
        return int(all(held.get(name) == value for name, value in order.cells.items()))

    def edit_contact(self, order: Order) -> None:
        """Somebody else writes another phone."""
        assert isinstance(order, ContactOrder)
        fields = {"mobile": f"+568{next(self._numbers):08d}"}
        self.control("edit", {"collection": "customers", "id": order.record, "fields": fields})


def writing_at(desk: Desk) -> dict[Operation, Writing]:
    """All four operations of the ERP."""
    return {
        Operation.REGISTER_PAYMENT: Writing(desk.payment, desk.paid, bad=desk.overpayment),
        Operation.REGISTER_REVERSAL: Writing(desk.reversal, desk.reversed, bad=desk.bad_reversal),
        Operation.RECORD_AGREEMENT: Writing(desk.agreement, desk.agreed, bad=desk.bad_agreement),
        Operation.UPDATE_CONTACT: Writing(desk.contact, desk.changed, bad=desk.missing_contact, edit=desk.edit_contact),
    }


@contextmanager
def harness(*, mode: Mapping[str, Any] | None = None, **settings: Any) -> Iterator[Harness]:
    """The ERP of a sandbox of its own, able to do what the mode says."""
    customers, *others = STREAMS["erp"]
    with SandboxServer(Setup(customers=8, api_key=KEY)) as server:
        desk = Desk(server)
        desk.control("mode", mode or {})
        yield Harness(
            name="erp",
            connect=connect,
            settings={"url": server.url, "api_key": Secret(KEY), "system": "erp", **settings},
            reading=Reading(
                stream=customers,
                keys=desk.keys,
                insert=desk.insert,
                update=desk.update,
                delete=desk.delete,
                insert_text=desk.insert_text,
                late="the sandbox has no transactions; late commits are records with an earlier stamp",
                now=lambda: datetime.now(UTC),
                page_size=6,
                small_pages={"page_size": 6},
                drifts="the sandbox is its own contract: its columns do not change",
            ),
            writing=writing_at(desk),
            signing=Signing(
                wrong={"api_key": Secret("clave-equivocada")},
                unreachable={"url": "http://127.0.0.1:9"},
                forbidden="the sandbox has one key that may do everything",
            ),
            network=Network(
                address=server.url,
                through=lambda url: {"url": url},
                impatient={"timeout_seconds": 0.2},
                errors_inside=(b'{"error": "interno"}', b"[]", b'{"items": null}'),
            ),
            streams=tuple(others),
            country="CL",
            tested_against="the sandbox itself",
        )
