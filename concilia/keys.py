"""Hub identifiers and idempotency keys as distinct types. No tax numbers: those are in normalize."""

from __future__ import annotations

import base64
import hashlib
from typing import NewType

GoldenId = NewType("GoldenId", str)
DebtId = NewType("DebtId", str)
PaymentId = NewType("PaymentId", str)
AgreementId = NewType("AgreementId", str)
ContactDecisionId = NewType("ContactDecisionId", str)
InteractionId = NewType("InteractionId", str)
SubscriptionId = NewType("SubscriptionId", str)
IdempotencyKey = NewType("IdempotencyKey", str)

SEPARATOR = "\x1f"  # cannot occur in a field: connectors and the API refuse control characters in keys


def _digest(prefix: str, *parts: str) -> str:
    raw = hashlib.sha256(SEPARATOR.join(parts).encode()).digest()[:12]
    return prefix + base64.b32encode(raw).decode().rstrip("=").lower()


def golden_id(connection: str, stream: str, external_id: str, founding: int) -> GoldenId:
    """The id of the golden record founded by a source debtor for the `founding`-th time.

    It depends only on who founded it and how often, so replaying the same history gives the same ids,
    and an id that was ever used is never given to another cluster.
    """
    return GoldenId(_digest("g", connection, stream, external_id, str(founding)))


def debt_id(creditor: str, *identity: str) -> DebtId:
    """The id of a debt: one creditor and one fiscal document (or declared key) are one debt everywhere."""
    return DebtId(_digest("d", creditor, *identity))


def payment_id(*identity: str) -> PaymentId:
    """The id of a payment, from what identifies it (see `portfolio.payment.identity_of`)."""
    return PaymentId(_digest("p", *identity))


def agreement_id(*identity: str) -> AgreementId:
    """The id of an agreement, from who told it under which key."""
    return AgreementId(_digest("a", *identity))


def contact_decision_id(golden_id: str, nonce: str) -> ContactDecisionId:
    """The id of a contact decision, from whom it is about and a number that nobody used before."""
    return ContactDecisionId(_digest("c", golden_id, nonce))


def interaction_id(*identity: str) -> InteractionId:
    """The id of an interaction, from what identifies it: the decision it was made under, or who told it how."""
    return InteractionId(_digest("i", *identity))


def contact_point_id(type_: str, match_value: str) -> str:
    """The name of a contact point where its value is nobody's business: equal for two notations of one value."""
    return _digest("k", type_, match_value)


def contact_evidence_id(*identity: str) -> str:
    """The id of something heard of a contact point, so that hearing it again is the same."""
    return _digest("e", *identity)


def subscription_id(nonce: str) -> SubscriptionId:
    """The id of a subscription, from a number that nobody used before."""
    return SubscriptionId(_digest("s", nonce))


def idempotency_key(connection: str, operation: str, subject_id: str) -> IdempotencyKey:
    """The key under which one business fact is written to one system, fixed when the fact is born."""
    text = SEPARATOR.join((connection, operation, subject_id))
    return IdempotencyKey(hashlib.sha256(text.encode()).hexdigest()[:32])


def external_id(parts: tuple[str, ...]) -> str:
    """A source system's key as one text, parts joined by `|`; a `|` or `\\` inside one of several parts gets a `\\`."""
    if len(parts) == 1:
        return parts[0]
    return "|".join(part.replace("\\", "\\\\").replace("|", "\\|") for part in parts)
