"""A small Salesforce as a peer of the conformance suite: what people do there is done to its records."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
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
from connectors.salesforce import connect
from connectors.testing import Harness, Network, Reading, Signing, Tokens, Writing
from connectors.testing.server import Call
from tests.fake_salesforce.server import CLIENT, PEM, SECRET, USER, FakeSalesforce, serving

ACCOUNTS = StreamRequest("accounts", key=("Id",), cursor="SystemModstamp")
INVOICES = StreamRequest("invoices", key=("Id",), cursor="SystemModstamp", options={"object": "Invoice__c"})
PAYMENTS = {
    "object": "Payment__c", "external_id": "Concilia_Key__c", "balance": "Invoice__r.Balance__c",
    "fields": {"Invoice__c": "debt", "Amount__c": "amount", "Date__c": "value_date", "CurrencyIsoCode": "unit", "Kind__c": "=pago"},
}  # fmt: skip
# A reversal is a record of its own with the same objects; the org here takes any amount below the balance.
REVERSALS = {**PAYMENTS, "fields": {**PAYMENTS["fields"], "Kind__c": "=reverso"}}  # type: ignore[dict-item]


class Desk:
    """What a person does in Salesforce."""

    def __init__(self, fake: FakeSalesforce) -> None:
        self.fake = fake
        self.org = fake.org
        self._numbers = itertools.count(1)

    def now(self) -> datetime:
        """The clock that stamps."""
        return self.org.now

    def keys(self) -> set[tuple[str, ...]]:
        """All accounts that are not deleted."""
        return {(key,) for key, row in self.org.rows["Account"].items() if not row["IsDeleted"]}

    def insert(self, count: int, at: datetime | None) -> list[tuple[str, ...]]:
        """New accounts."""
        stamp = None if at is None else at.astimezone(UTC)
        return [(self.org.insert("Account", Name=f"Cliente {next(self._numbers)}", at=stamp),) for _ in range(count)]

    def insert_text(self, text: str) -> tuple[tuple[str, ...], str]:
        """An account of that name."""
        return (self.org.insert("Account", Name=text),), "Name"

    def update(self, key: tuple[str, ...]) -> None:
        """Another number."""
        self.org.tick()
        self.org.update("Account", key[0], AccountNumber=f"N{next(self._numbers)}")

    def delete(self, key: tuple[str, ...]) -> None:
        """Into the bin, and out of it."""
        del self.org.rows["Account"][key[0]]

    @contextmanager
    def late(self) -> Iterator[tuple[str, ...]]:
        """An account in a transaction that commits when the context is left."""
        number = self.org.insert("Account", Name="Tardía")
        row = self.org.rows["Account"].pop(number)
        self.org.tick(seconds=30)
        yield (number,)
        self.org.rows["Account"][number] = row

    @contextmanager
    def vanished(self) -> Iterator[str]:
        """The running user may not see the phone any more."""
        self.org.hidden.add(("Account", "Phone"))
        yield "Phone"
        self.org.hidden.discard(("Account", "Phone"))

    @contextmanager
    def retyped(self) -> Iterator[str]:
        """Numbers of accounts are numbers now."""
        self.org.retyped["Account", "AccountNumber"] = "double"
        for row in self.org.rows["Account"].values():
            row["AccountNumber"] = 7
        yield "AccountNumber"
        del self.org.retyped["Account", "AccountNumber"]

    # writes

    def debt(self) -> str:
        """An invoice that nothing else is about."""
        account = self.org.insert("Account", Name="Ana Ñuñoa")
        return self.org.insert("Invoice__c", Name="F-1", Account__c=account, Balance__c=50000, CurrencyIsoCode="CLP")

    def payment(self, reference: str) -> PaymentOrder:
        """Part of a debt of its own."""
        return PaymentOrder(f"k-{reference}", self.debt(), "1000.50", "CLP", "2026-11-02", "transfer", reference)

    def overpayment(self, reference: str) -> PaymentOrder:
        """More than is owed."""
        return replace(self.payment(reference), amount="999999")

    def reversal(self, reference: str) -> ReversalOrder:
        """Of a debt of its own."""
        return ReversalOrder(f"k-{reference}", self.debt(), "1000", "CLP", "2026-11-03", reference, "p1")

    def bad_reversal(self, reference: str) -> ReversalOrder:
        """On a debt that does not exist."""
        return replace(self.reversal(reference), debt="a01000000000424AAA")

    def under(self, order: Order) -> int:
        """How often it stands there."""
        return sum(row["Concilia_Key__c"] == order.reference for row in self.org.rows["Payment__c"].values())

    def agreement(self, reference: str) -> AgreementOrder:
        """On a debt of its own."""
        return AgreementOrder(
            f"k-{reference}", reference, "a1", "recorded", self.debt(), "", "promise", "active", "1000", "CLP",
            "2026-11-02", (("2026-12-01", "1000"),), "Promesa de pago",
        )  # fmt: skip

    def agreed(self, order: Order) -> int:
        """How often it stands there."""
        return sum(str(row["Subject"]).endswith(f"[{order.reference}]") for row in self.org.rows["Task"].values())

    def contact(self, reference: str) -> ContactOrder:
        """Another phone for an account of its own."""
        number = self.org.insert("Account", Name="Beto", Phone="981215279")
        self.org.tick()
        cells = {"Phone": f"+5696{next(self._numbers):07d}"}
        return ContactOrder(f"k-{reference}", reference, "accounts", number, "phone", cells, {"Phone": "981215279"})

    def missing_contact(self, reference: str) -> ContactOrder:
        """Of an account that does not exist."""
        return replace(self.contact(reference), record="001000000000424AAA")

    def changed(self, order: Order) -> int:
        """Whether the account holds what was ordered."""
        assert isinstance(order, ContactOrder)
        held = self.org.rows["Account"].get(order.record, {})
        return int(all(held.get(name) == value for name, value in order.cells.items()))

    def edit_contact(self, order: Order) -> None:
        """Somebody else writes another phone."""
        assert isinstance(order, ContactOrder)
        self.org.tick()
        self.org.update("Account", order.record, Phone=f"+5622{next(self._numbers):07d}")


def _writes(call: Call) -> bool:
    return call.method in ("POST", "PATCH") and "/oauth2/" not in call.path and "/jobs/" not in call.path


@contextmanager
def harness(*, jwt: bool = True, **settings: Any) -> Iterator[Harness]:
    """An org, signed in to by JWT bearer or by client credentials."""
    with serving() as fake:
        desk = Desk(fake)
        sign = {"username": USER, "private_key": Secret(PEM)} if jwt else {"client_secret": Secret(SECRET)}
        yield Harness(
            name="salesforce",
            connect=connect,
            settings={
                "url": fake.url, "client_id": CLIENT, **sign, "page_size": 200, "overlap_seconds": 300, "late_seconds": 0,
                "payments": PAYMENTS, "reversals": REVERSALS, **settings,
            },
            reading=Reading(
                stream=ACCOUNTS,
                keys=desk.keys,
                insert=desk.insert,
                update=desk.update,
                delete=desk.delete,
                insert_text=desk.insert_text,
                late=desk.late,
                now=desk.now,
                small_pages={"page_size": 200},
                drifts={"vanished": desk.vanished, "retyped": desk.retyped},
            ),
            writing={
                Operation.REGISTER_PAYMENT: Writing(desk.payment, desk.under, bad=desk.overpayment),
                Operation.REGISTER_REVERSAL: Writing(desk.reversal, desk.under, bad=desk.bad_reversal),
                Operation.RECORD_AGREEMENT: Writing(desk.agreement, desk.agreed, bad="the org takes a Task on anything"),
                Operation.UPDATE_CONTACT: Writing(
                    desk.contact, desk.changed, bad=desk.missing_contact, edit=desk.edit_contact
                ),
            },
            signing=Signing(
                wrong={"client_id": "otro"},
                unreachable={"url": "http://127.0.0.1:9", "token_url": "http://127.0.0.1:9/x"},
                forbidden="permissions are by field here: see the claim about columns that vanish",
            ),
            network=Network(
                address=fake.url,
                through=lambda url: {"url": url, "token_url": f"{fake.url}/services/oauth2/token"},
                takes_effect=_writes,
                impatient={"timeout_seconds": 0.2},
                errors_inside=(json.dumps({"totalSize": 1}).encode(),),
            ),
            tokens=Tokens(fake.expire, lambda: fake.given),
            streams=(INVOICES,),
            tested_against="a small Salesforce of ours",
        )  # fmt: skip
