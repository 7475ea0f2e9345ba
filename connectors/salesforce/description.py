"""What the Salesforce connector says of itself: title, settings as a JSON Schema, what it was tested against."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from connectors.contract import Capabilities, Operation, Rung
from connectors.description import DECIMAL, ZONE, Description, flag, number, schema_of, secret, text, whole
from connectors.salesforce.streams import SHIPPED
from connectors.salesforce.writer import UPDATES


def _shape(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "type": "object",
        "additionalProperties": False,
        "required": ["object", "external_id", "fields"],
        "properties": {
            "object": {"type": "string"},
            "external_id": {"type": "string"},
            "fields": {"type": "object", "additionalProperties": {"type": "string"}},
            "balance": {"type": "string"},
        },
    }


SETTINGS_SCHEMA: Final = schema_of(
    ZONE,
    DECIMAL,
    {
        "url": text("The address of the org: https://acme.my.salesforce.com", format="uri"),
        "token_url": text("Where tokens are asked for; below `url` when left out.", format="uri"),
        "client_id": text("The consumer key of the External Client App.", minLength=1),
        "client_secret": secret("Its secret, for client credentials; or `private_key`."),
        "private_key": secret("An RSA key as PEM, for JWT bearer, with `username`."),
        "username": text("The user that JWT bearer signs in."),
        "audience": text("The audience of the JWT: login or test.salesforce.com."),
        "api_version": text("The version of the REST API.", default="64.0", pattern="^[3-9][0-9]\\.0$"),
        "page_size": whole("Records in a page.", default=2000, least=200, most=2000),
        "bulk_from": whole("From how many records on a full read goes by Bulk API 2.0; 0: never.", default=50_000),
        "api_share": whole("Percent of the org's requests a day after which the hub stops.", default=80, most=100),
        "overlap_seconds": whole("How late a change may become visible.", default=300),
        "late_seconds": whole("How long a lost write may still take effect.", default=30),
        "timeout_seconds": number("How long a call may take.", default=120, most=3600),
        "ca_file": text("The authority that signed the certificate, a PEM file in the workspace."),
        "allow_duplicates": flag("Save although a duplicate rule warns.", default=False),
        "payments": _shape("Which object takes payments, under which External Id."),
        "reversals": _shape("Which object takes reversals."),
        "agreements": _shape("Which object takes agreements; a Task when left out."),
    },
    required=("url", "client_id"),
)


def describe() -> Description:
    """Salesforce with whatever objects the org holds debts in."""
    money = (Operation.REGISTER_PAYMENT, Operation.REGISTER_REVERSAL, Operation.RECORD_AGREEMENT)
    names = tuple(SHIPPED)
    return Description(
        title="Salesforce",
        settings_schema=SETTINGS_SCHEMA,
        capabilities=Capabilities(
            streams=(*names, "any object"),
            incremental="timestamp",
            writes={**dict.fromkeys(money, Rung.UPSERT), Operation.UPDATE_CONTACT: Rung.PRECONDITION},
            lists_keys=names,
            updates=UPDATES,
            late=timedelta(seconds=30),
            overlap=timedelta(seconds=300),
        ),
        tested_against=("a server of ours written from the vendor's documentation; no real org",),
        note="Payments, reversals and agreements need an object with an External Id; without it, agreements are Tasks.",
    )
