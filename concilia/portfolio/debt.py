"""Debts as sources state them, their identity across systems, and their balance. Absence is a state, not a payment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from concilia.portfolio.party import DebtorReference


@dataclass(frozen=True, slots=True)
class Instalment:
    """A part of a debt with its own due date; `balance` is what is still open of it."""

    number: str
    due_date: str
    amount: Decimal
    balance: Decimal | None = None


@dataclass(frozen=True, slots=True)
class DebtClaim:
    """What one source record says of one debt.

    `fields` are canonical texts by schema.DEBT name; amounts are plain decimals in the debt's own `unit`.
    """

    key: tuple[str, ...]
    debtor: DebtorReference | None
    fields: Mapping[str, str]
    instalments: tuple[Instalment, ...] = ()


@dataclass(frozen=True, slots=True)
class LedgerPolicy:
    """Whose word counts for money: declared owners by creditor, trust by connection, who takes payments."""

    owners: Mapping[str, str]
    trust: Mapping[str, int]
    accept_payments: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Statement:
    """What one system says of one debt now. `number` orders statements by arrival."""

    number: int
    connection: str
    stream: str
    external_id: str
    debtor_id: int | None
    claim: DebtClaim
    stated_at: str

    @property
    def unit(self) -> str:
        """The debt's own unit as this system names it."""
        return self.claim.fields["unit"]

    @property
    def balance(self) -> Decimal:
        """What this system says is still owed."""
        return Decimal(self.claim.fields["balance"])


@dataclass(frozen=True, slots=True)
class Applied:
    """A part of a payment applied to the debt; `posted_at` is when the owner's statements began to include it."""

    amount: Decimal
    posted_at: str | None


def claim_to_json(claim: DebtClaim) -> dict[str, Any]:
    """The claim without key and debtor, which its row holds."""
    parts = [
        {
            "number": i.number,
            "due_date": i.due_date,
            "amount": format(i.amount, "f"),
            "balance": None if i.balance is None else format(i.balance, "f"),
        }
        for i in claim.instalments
    ]
    return {"fields": dict(claim.fields), "instalments": parts}


def claim_from_json(key: tuple[str, ...], found: Mapping[str, Any]) -> DebtClaim:
    """The claim written by `claim_to_json`."""
    parts = tuple(
        Instalment(
            number=i["number"],
            due_date=i["due_date"],
            amount=Decimal(i["amount"]),
            balance=None if i["balance"] is None else Decimal(i["balance"]),
        )
        for i in found["instalments"]
    )
    return DebtClaim(key=key, debtor=None, fields=found["fields"], instalments=parts)


def document_key(number: str | None) -> str | None:
    """A fiscal document number for comparison: upper case, without spaces. Leading zeros are kept: they matter."""
    folded = "".join((number or "").split()).upper()
    return folded or None


def identity(creditor: str, claim: DebtClaim, *, source: tuple[str, str, str]) -> tuple[str, ...]:
    """What makes two statements one debt: creditor and fiscal document; without a document only the source itself.

    A key of a system is never compared with the key of another: both may number from one.
    """
    number = document_key(claim.fields.get("document"))
    if number is None:
        return (creditor, "key", *source)
    return (creditor, "document", claim.fields.get("document_type", "").upper(), number)


def owner_of(statements: Sequence[Statement], *, creditor: str, policy: LedgerPolicy) -> Statement:
    """The statement whose balance wins: the declared owner's, else the most trusted, else the first to speak."""
    declared = policy.owners.get(creditor)
    return min(
        statements,
        key=lambda s: (s.connection != declared, -policy.trust.get(s.connection, 50), s.number),
    )


def balance_of(owner: Statement, applied: Sequence[Applied]) -> Decimal:
    """The owner's balance less the hub's payments that its statement does not include yet."""
    missing = [a.amount for a in applied if a.posted_at is None or a.posted_at > owner.stated_at]
    return owner.balance - sum(missing, Decimal(0))


def status_of(owner: Statement, *, balance: Decimal) -> str:
    """The debt's state from its balance and from what the owner says of it."""
    stated = owner.claim.fields.get("status")
    if stated in ("draft", "cancelled", "written_off"):
        return stated
    if balance <= 0:
        return "settled"
    if stated in ("disputed", "under_agreement", "in_legal"):
        return stated
    original = owner.claim.fields.get("principal_original")
    return "partially_paid" if original is not None and balance < Decimal(original) else "open"
