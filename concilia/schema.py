"""The entities the hub knows, their fields, kinds and which are required. No table definitions.

This is the vocabulary of mapping documents: a field not listed here cannot be mapped. The source of each
entity is the collections data model in docs/reference/entities.md.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Kind(enum.StrEnum):
    """How a raw value becomes canonical when a mapping says nothing else."""

    TEXT = "text"
    NAME = "name"
    TAX_ID = "tax_id"
    DATE = "date"
    DATETIME = "datetime"
    AMOUNT = "amount"
    UNIT = "unit"
    CHOICE = "choice"
    BOOLEAN = "boolean"
    COUNTRY = "country"


@dataclass(frozen=True, slots=True)
class Field:
    """One canonical field. A bad value of a `required` field quarantines its record; of another, only the cell."""

    name: str
    kind: Kind = Kind.TEXT
    required: bool = False
    choices: tuple[str, ...] = ()
    personal: bool = False
    may_be_unmapped: bool = False  # required of the value, but some systems have no such column at all


@dataclass(frozen=True, slots=True)
class Entity:
    """A named set of fields."""

    name: str
    fields: tuple[Field, ...]

    def field(self, name: str) -> Field | None:
        """The field of that name, if the entity has it."""
        return next((f for f in self.fields if f.name == name), None)


PARTY_KINDS = ("person", "organization")
ROLES = (
    "titular", "codeudor", "aval", "fiador", "deudor_solidario", "representante_legal", "apoderado",
    "contacto_cobranza", "heredero", "referencia",
)  # fmt: skip
CONTACT_TYPES = ("phone", "email", "postal_address", "whatsapp_id")
RELATIONS = ("own", "work", "family", "third_party", "unknown")
DEBT_TYPES = (
    "invoice", "loan", "credit_card", "utility", "rent", "tuition", "fee", "cheque", "promissory_note", "other",
)  # fmt: skip
STAGES = ("preventive", "early", "mid", "late", "pre_legal", "legal", "written_off", "sold")
DEBT_STATUSES = (
    "draft", "open", "partially_paid", "settled", "disputed", "under_agreement", "in_legal", "written_off",
    "cancelled",
)  # fmt: skip
METHODS = (
    "transfer", "cash", "card", "direct_debit", "pix", "boleto", "pse", "webpay", "cheque", "compensation", "other",
)  # fmt: skip
PAYMENT_STATUSES = ("announced", "pending", "confirmed", "rejected", "reversed", "charged_back", "refunded")

DEBTOR = Entity(
    "debtor",
    (
        Field("kind", Kind.CHOICE, choices=PARTY_KINDS),
        Field("full_name", Kind.NAME, personal=True),
        Field("given_names", Kind.NAME, personal=True),
        Field("surname_1", Kind.NAME, personal=True),
        Field("surname_2", Kind.NAME, personal=True),
        Field("legal_name", Kind.NAME),
        Field("trade_name", Kind.NAME),
        Field("tax_id", Kind.TAX_ID, personal=True),
        Field("birth_date", Kind.DATE, personal=True),
        Field("deceased_at", Kind.DATE, personal=True),
        Field("language"),
        Field("residence_country", Kind.COUNTRY),
        Field("residence_subdivision"),
        Field("consumer", Kind.CHOICE, choices=("consumer", "business", "unknown")),
        Field("active", Kind.BOOLEAN),
    ),
)
DEBT = Entity(
    "debt",
    (
        Field("document"),
        Field("document_type"),
        Field("debt_type", Kind.CHOICE, choices=DEBT_TYPES),
        Field("unit", Kind.UNIT),
        Field("balance", Kind.AMOUNT, required=True),
        Field("principal_original", Kind.AMOUNT),
        Field("interest", Kind.AMOUNT),
        Field("fees", Kind.AMOUNT),
        Field("issue_date", Kind.DATE),
        Field("due_date", Kind.DATE, required=True, may_be_unmapped=True),
        Field("stage", Kind.CHOICE, choices=STAGES),
        Field("status", Kind.CHOICE, choices=DEBT_STATUSES),
        Field("creditor"),
        Field("description"),
    ),
)
INSTALMENT = Entity(
    "instalment",
    (
        Field("number"),
        Field("due_date", Kind.DATE, required=True),
        Field("amount", Kind.AMOUNT, required=True),
        Field("balance", Kind.AMOUNT),
    ),
)
PAYMENT = Entity(
    "payment",
    (
        Field("amount", Kind.AMOUNT, required=True),
        Field("unit", Kind.UNIT),
        Field("value_date", Kind.DATE, required=True),
        Field("method", Kind.CHOICE, choices=METHODS),
        Field("reference"),
        Field("gateway_id"),
        Field("hub_reference"),
        Field("bank"),
        Field("payer"),
        Field("status", Kind.CHOICE, choices=PAYMENT_STATUSES),
        Field("remittance_text"),
        Field("reverses"),
    ),
)
PARTY_ROLE = Entity(
    "party_role",
    (
        Field("role", Kind.CHOICE, required=True, choices=ROLES),
        Field("liability", Kind.CHOICE, choices=("joint_several", "subsidiary", "none")),
    ),
)
ENTITIES = {entity.name: entity for entity in (DEBTOR, DEBT, PAYMENT, PARTY_ROLE)}
