"""A small Odoo as a peer of the conformance suite: what people do there is done to its books."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from concilia.vault import Secret
from connectors.contract import AgreementOrder, ContactOrder, Operation, Order, PaymentOrder, ReversalOrder
from connectors.odoo import STREAMS, connect
from connectors.testing import Harness, Network, Reading, Signing, Writing
from connectors.testing.server import Call
from tests.fake_odoo.books import Books
from tests.fake_odoo.server import KEY, TRAINEE, TRAINEE_KEY, FakeOdoo, serving

_WRITES = ("action_create_payments", "action_draft", "action_cancel", "message_post", "activity_schedule",
           "action_feedback", "<string>write</string>", '"write"', "res.partner/write")  # fmt: skip
_ERROR = {"code": 200, "message": "Odoo Server Error", "data": {"name": "odoo.exceptions.UserError", "message": "No."}}


class Desk:
    """What a person does in Odoo."""

    def __init__(self, odoo: FakeOdoo) -> None:
        self.odoo = odoo
        self.books = odoo.books
        self._numbers = itertools.count(1)

    def now(self) -> datetime:
        """The clock that stamps."""
        return self.books.db.now.replace(tzinfo=UTC)

    def keys(self) -> set[tuple[str, ...]]:
        """All partners that owe for themselves."""
        rows = self.books.db.known("res.partner").rows.values()
        return {(str(row["id"]),) for row in rows if not row.get("parent_id")}

    def insert(self, count: int, at: datetime | None) -> list[tuple[str, ...]]:
        """New partners."""
        made = [self.books.partner(f"Persona {next(self._numbers)}") for _ in range(count)]
        for number in made if at is not None else ():
            stamp = at.astimezone(UTC).replace(tzinfo=None) if at else None
            self.books.db.row("res.partner", number).update(create_date=stamp, write_date=stamp)
        return [(str(number),) for number in made]

    def insert_text(self, text: str) -> tuple[tuple[str, ...], str]:
        """A partner with that text as its name."""
        return (str(self.books.partner(text)),), "name"

    def update(self, key: tuple[str, ...]) -> None:
        """Another reference."""
        self.books.tick()
        self.books.db.put("res.partner", int(key[0]), ref=f"R{next(self._numbers)}")

    def delete(self, key: tuple[str, ...]) -> None:
        """Gone."""
        del self.books.db.known("res.partner").rows[int(key[0])]

    @contextmanager
    def late(self) -> Iterator[tuple[str, ...]]:
        """A partner in a transaction that commits when the context is left."""
        rows = self.books.db.known("res.partner").rows
        number = self.books.partner("Tardía")
        row = rows.pop(number)
        self.books.tick(30)
        yield (str(number),)
        rows[number] = row

    @contextmanager
    def vanished(self) -> Iterator[str]:
        """Odoo shows the name of partners no more."""
        fields = self.books.db.known("res.partner").fields
        name = fields.pop("name")
        yield "name"
        fields["name"] = name

    @contextmanager
    def retyped(self) -> Iterator[str]:
        """References are numbers now."""
        for row in self.books.db.known("res.partner").rows.values():
            row["ref"] = 7
        yield "ref"
        for row in self.books.db.known("res.partner").rows.values():
            row["ref"] = None

    # writes

    def debt(self) -> int:
        """An invoice that nothing else is about."""
        return self.books.invoice(self.books.partner("Ana Soto"), "50000")

    def payment(self, reference: str) -> PaymentOrder:
        """Part of a debt of its own."""
        key = f"key-{reference}"
        return PaymentOrder(key, str(self.debt()), "1000", "CLP", "2026-11-02", "transfer", reference)

    def overpayment(self, reference: str) -> PaymentOrder:
        """More than is owed."""
        return replace(self.payment(reference), amount="999999999")

    def paid(self, order: Order) -> int:
        """How often it stands on its invoice."""
        assert isinstance(order, PaymentOrder)
        return [memo for memo, _ in self.books.ledger(int(order.debt))].count(f"Concilia {order.reference}")

    def reversal(self, reference: str) -> ReversalOrder:
        """Of a payment made for it."""
        debt = self.debt()
        self.books.pay(debt, "1000", memo=f"Concilia {reference}-paid")
        key = f"key-{reference}"
        return ReversalOrder(key, str(debt), "1000", "CLP", "2026-11-03", reference, f"{reference}-paid")

    def bad_reversal(self, reference: str) -> ReversalOrder:
        """Of a payment nobody made."""
        return ReversalOrder("k", str(self.debt()), "1", "CLP", "2026-11-03", reference, "nobody")

    def reversed(self, order: Order) -> int:
        """Whether the invoice owes everything again, under a single note of ours."""
        assert isinstance(order, ReversalOrder)
        notes = [row for row in self.books.db.known("mail.message").rows.values()
                 if f"<p>Concilia {order.reference}</p>" in row["body"]]  # fmt: skip
        return len(notes) if self.books.owed(int(order.debt)) == 50000 else 0

    def agreement(self, reference: str) -> AgreementOrder:
        """On a debt of its own."""
        return AgreementOrder(
            f"key-{reference}", reference, "a1", "recorded", str(self.debt()), "", "promise", "active",
            "1000", "CLP", "2026-11-02", (("2026-12-01", "1000"),), "Promesa de pago",
        )  # fmt: skip

    def bad_agreement(self, reference: str) -> AgreementOrder:
        """On a debt that does not exist."""
        return replace(self.agreement(reference), debt="424242")

    def agreed(self, order: Order) -> int:
        """How often it stands there."""
        known = self.books.db.known("mail.activity").rows.values()
        return sum(row["summary"] == f"Concilia {order.reference}" for row in known)

    def contact(self, reference: str) -> ContactOrder:
        """Another phone for a partner of its own."""
        number = self.books.partner("Beto Soto", phone="981215279")
        cells = {"phone": f"+569{60000000 + next(self._numbers)}"}
        return ContactOrder(
            f"key-{reference}", reference, "partners", str(number), "phone", cells, {"phone": "981215279"}
        )

    def missing_contact(self, reference: str) -> ContactOrder:
        """Of a partner that does not exist."""
        return ContactOrder("k", reference, "partners", "424242", "phone", {"phone": "1"}, {"phone": None})

    def changed(self, order: Order) -> int:
        """Whether the partner holds what was ordered."""
        assert isinstance(order, ContactOrder)
        held = self.books.db.known("res.partner").rows.get(int(order.record), {})
        return int(all(held.get(name) == value for name, value in order.cells.items()))

    def edit_contact(self, order: Order) -> None:
        """Somebody else writes another phone."""
        assert isinstance(order, ContactOrder)
        self.books.db.put("res.partner", int(order.record), phone=f"+568{next(self._numbers):08d}")


def writes(call: Call) -> bool:
    """Whether a call changes the books: all of them are POSTs."""
    text = call.body.decode("utf-8", "replace")
    return any(one in text or one in call.path for one in _WRITES)


@contextmanager
def harness(series: int, **settings: Any) -> Iterator[Harness]:
    """An Odoo of that series with its own books."""
    partners, *others = STREAMS
    with serving(Books(series)) as odoo:
        desk = Desk(odoo)
        given = {**odoo.settings(overlap_seconds=300), "api_key": Secret(KEY), "late_seconds": 0, **settings}
        yield Harness(
            name="odoo",
            connect=connect,
            settings=given,
            reading=Reading(
                stream=partners,
                keys=desk.keys,
                insert=desk.insert,
                update=desk.update,
                delete=desk.delete,
                insert_text=desk.insert_text,
                late=desk.late,
                now=desk.now,
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
                wrong={"api_key": Secret("clave-equivocada")},
                unreachable={"url": "http://127.0.0.1:9"},
                forbidden={"username": TRAINEE, "api_key": Secret(TRAINEE_KEY)},
                permission="account.payment",
            ),
            network=Network(
                address=odoo.url,
                through=lambda url: {"url": url},
                takes_effect=writes,
                impatient={"timeout_seconds": 0.2},
                errors_inside=(
                    json.dumps({"jsonrpc": "2.0", "id": 1, "error": _ERROR}).encode(),
                    b"[]",
                    b"<html>espere",
                ),
            ),
            streams=tuple(others),
            country="CL",
            tested_against=f"a local server written from Odoo's documentation, series {series}",
        )
