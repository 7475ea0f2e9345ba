"""A real Tryton as a peer of the conformance suite, edited by the RPC client of tests/peers."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from concilia.vault import Secret
from connectors.contract import (
    AgreementOrder,
    ContactOrder,
    Operation,
    Order,
    PaymentOrder,
    ReversalOrder,
    StreamRequest,
)
from connectors.testing import Call, Harness, Network, Reading, Signing, Writing
from connectors.tryton import STREAMS, connect

Key = tuple[str, ...]
PARTY, MECHANISM = "party.party", "party.contact_mechanism"
_PAGE = 8


@dataclass
class Desk:
    """What people do at the ERP."""

    peer: Any
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    seeded: int = 0  # the last party that has invoices, and cannot be deleted

    def keys(self) -> set[Key]:
        """All parties."""
        return {(str(number),) for number in self.peer.rpc.model(f"{PARTY}.search", [], 0, None, None)}

    def insert(self, count: int, _: dt.datetime | None) -> list[Key]:
        """New parties, in one transaction: all of one stamp."""
        made = self.peer.rpc.model(f"{PARTY}.create", [{"name": f"Nueva {next(self.numbers)}"} for _ in range(count)])
        return [(str(number),) for number in made]

    def insert_text(self, text: str) -> tuple[Key, str]:
        """A party of that name."""
        [number] = self.peer.rpc.model(f"{PARTY}.create", [{"name": text}])
        return (str(number),), "name"

    def update(self, key: Key) -> None:
        """Another name."""
        self.peer.rpc.model(f"{PARTY}.write", [int(key[0])], {"name": f"Cambiada {next(self.numbers)}"})

    def delete(self, key: Key) -> None:
        """A party goes; those with invoices cannot."""
        self.peer.rpc.model(f"{PARTY}.delete", [int(key[0])])

    # writes

    def debt(self) -> Mapping[str, Any]:
        """An invoice with much left to pay; payments of one peso are told apart by their references."""
        rows: list[dict[str, Any]] = self.peer.truth
        return rows[next(self.numbers) % len(rows)]

    def payment(self, reference: str, amount: str = "1") -> PaymentOrder:
        """One peso."""
        return PaymentOrder(
            key=f"key-{reference}", debt=str(self.debt()["invoice"]), amount=amount, unit="CLP",
            value_date=_today(), method="transfer", reference=reference,
        )  # fmt: skip

    def overpayment(self, reference: str) -> PaymentOrder:
        """More than anybody owes."""
        return self.payment(reference, amount="999999999999")

    def paid(self, order: Order) -> int:
        """How many moves of an invoice carry the reference."""
        return self._moves(order.reference, origin="account.invoice,%")

    def _moves(self, reference: str, *, origin: str) -> int:
        domain = [["description", "=", f"Concilia {reference}"], ["origin", "like", origin]]
        return int(self.peer.rpc.model("account.move.search_count", domain, 0, None))

    def reversal(self, reference: str) -> ReversalOrder:
        """Of a payment somebody made under our reference."""
        invoice = self.debt()["invoice"]
        self.peer.rpc.pay(invoice, "1", f"Concilia {reference}-paid")
        return ReversalOrder(
            key=f"key-{reference}", debt=str(invoice), amount="1", unit="CLP", value_date=_today(),
            reference=reference, payment=f"{reference}-paid",
        )  # fmt: skip

    def bad_reversal(self, reference: str) -> ReversalOrder:
        """Of a payment that nobody made."""
        return ReversalOrder("k", "1", "1", "CLP", _today(), reference=reference, payment="nobody")

    def reversed(self, order: Order) -> int:
        """How many counter moves carry the reference."""
        return self._moves(order.reference, origin="account.move,%")

    def agreement(self, reference: str) -> AgreementOrder:
        """A note on an invoice."""
        debt = self.debt()
        return AgreementOrder(
            key=f"key-{reference}", reference=reference, agreement="a1", happening="recorded",
            debt=str(debt["invoice"]), debtor=str(debt["party"]), kind="promise", state="active", amount="1",
            unit="CLP", agreed_on="2026-11-23", schedule=(("2026-12-04", "1"),), text="Promesa de pago",
        )  # fmt: skip

    def bad_agreement(self, reference: str) -> AgreementOrder:
        """On an invoice that does not exist."""
        return AgreementOrder(
            "k", reference, "a1", "recorded", "999999", "", "promise", "active", "1", "CLP", "2026-11-23"
        )

    def agreed(self, order: Order) -> int:
        """How many notes begin with the reference."""
        domain = [["message", "like", f"Concilia {order.reference}%"]]
        return int(self.peer.rpc.model("ir.note.search_count", domain, 0, None))

    def contact(self, reference: str) -> ContactOrder:
        """Another address of a party made for it."""
        held = f"antes{next(self.numbers)}@correo.example"
        [party] = self.peer.rpc.model(f"{PARTY}.create", [{"name": f"Persona {reference}"}])
        [item] = self.peer.rpc.model(f"{MECHANISM}.create", [{"party": party, "type": "email", "value": held}])
        return ContactOrder(
            key=f"key-{reference}", reference=reference, stream="parties", record=str(party), field="email",
            cells={"value": f"despues{next(self.numbers)}@correo.example"}, expected={"value": held},
            member="contact_mechanisms", item=str(item),
        )  # fmt: skip

    def changed(self, order: Order) -> int:
        """Whether the mechanism holds what was ordered."""
        assert isinstance(order, ContactOrder)
        if order.item == "999999":
            return 0
        return int(self.peer.rpc.read(MECHANISM, int(order.item), "value")["value"] == order.cells["value"])

    def missing_contact(self, reference: str) -> ContactOrder:
        """Of a party that does not exist."""
        return ContactOrder(
            "k", reference, "parties", "999999", "email", {"value": "a@correo.example"}, {"value": None},
            member="contact_mechanisms", item="999999",
        )  # fmt: skip

    def edit_contact(self, order: Order) -> None:
        """Somebody else writes another address."""
        assert isinstance(order, ContactOrder)
        self.peer.rpc.model(f"{MECHANISM}.write", [int(order.item)], {"value": f"otra{order.item}@correo.example"})


def _takes_effect(call: Call) -> bool:
    """Whether it pays, frees a line, makes a counter move, adds a note or changes a mechanism."""
    said = json.loads(call.body) if call.body else {}
    method, params = str(said.get("method")), said.get("params")
    if method.endswith((".note.create", ".contact_mechanism.write", ".contact_mechanism.create")):
        return True
    return method.endswith(".execute") and params[2] not in {"start", "default"}


def _today() -> str:
    return dt.datetime.now(dt.UTC).date().isoformat()


@contextmanager
def harness(peer: Any) -> Iterator[Harness]:
    """A running Tryton."""
    parties, *others = STREAMS
    desk = Desk(peer)
    desk.seeded = max(int(key[0]) for key in list(desk.keys()))
    yield Harness(
        name="erp",
        connect=connect,
        settings={
            "url": peer.url,
            "database": peer.database,
            "username": peer.user,
            "password": Secret(peer.password),
        },
        reading=Reading(
            stream=StreamRequest(parties.name, key=parties.key, cursor=parties.cursor),
            keys=desk.keys,
            insert=desk.insert,
            update=desk.update,
            delete=desk.delete,
            deletable=lambda key: int(key[0]) > desk.seeded,
            insert_text=desk.insert_text,
            stamped="Tryton stamps records itself",
            page_size=_PAGE,
            small_pages={"page_size": _PAGE},
            drifts="the columns of Tryton change with its modules only",
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
            wrong={"password": Secret("clave-equivocada")},
            unreachable={"url": "http://127.0.0.1:9"},
            forbidden="a user without rights is in the integration tests",
        ),
        network=Network(
            address=peer.url,
            through=lambda url: {"url": url},
            takes_effect=_takes_effect,
            errors_inside=(
                b'{"id": 1, "error": ["UserError", ["No se puede", ""]]}',
                b'{"id": 0, "error": ["boom", "Traceback"]}',
                b'{"result": []}',
            ),
        ),
        streams=tuple(others),
        country="CL",
        sample=8,
        tested_against="Tryton 8.0",
    )
