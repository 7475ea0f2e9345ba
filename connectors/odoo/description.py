"""What the Odoo connector says of itself: title, settings as a JSON Schema, what it was tested against. No calls."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from connectors.contract import Capabilities, Operation, Rung
from connectors.description import DECIMAL, ZONE, Description, number, schema_of, secret, text, whole
from connectors.odoo.contacts import UPDATES
from connectors.odoo.settings import ACTIVITY, ALL, AUTO, CUSTOMERS, LARGEST_PAGE, NOTE, TRANSPORTS
from connectors.odoo.streams import SOURCES

_DAY: Final = 86_400

SETTINGS_SCHEMA: Final = schema_of(
    ZONE,
    DECIMAL,
    {
        "url": text("The address people open Odoo with, without /web or /odoo.", format="uri"),
        "database": text("The name of the database; needed unless the server has only one."),
        "username": text("The user's login; not needed over JSON-2."),
        "password": secret("The user's password, where no API key is used."),
        "api_key": secret("An API key of the user; JSON-2 takes nothing else."),
        "transport": text("How the server is spoken to; found out by itself.", enum=list(TRANSPORTS), default=AUTO),
        "company": text("The company to read and write, by name or id, or all; the user's own when left out."),
        "journal": text("The bank or cash journal to pay into, by name, code or id, when there are several."),
        "payment_method": text("The payment method of that journal, by name or id; its first one when left out."),
        "partners": text("Which partners are read.", enum=[ALL, CUSTOMERS], default=ALL),
        "agreements": text("What promises become in Odoo.", enum=[ACTIVITY, NOTE], default=ACTIVITY),
        "overlap_seconds": whole("How late a change may become visible.", default=300, most=7 * _DAY),
        "late_seconds": whole("How long a lost write may still take effect.", default=120, most=_DAY),
        "timeout_seconds": number("How long an answer is waited for.", default=60, least=0.01, most=600),
        "page_size": whole("Records in a page.", default=200, least=1, most=LARGEST_PAGE),
        "ca_file": text("The authority that signed the server's certificate, a PEM file in the workspace."),
    },
    required=("url",),
)


def describe() -> Description:
    """Odoo with the module Invoicing (account)."""
    names = tuple(SOURCES)
    looked_up = (Operation.REGISTER_PAYMENT, Operation.REGISTER_REVERSAL, Operation.RECORD_AGREEMENT)
    return Description(
        title="Odoo 14 to 19",
        settings_schema=SETTINGS_SCHEMA,
        capabilities=Capabilities(
            streams=names,
            incremental="timestamp",
            writes={**dict.fromkeys(looked_up, Rung.LOOK_UP), Operation.UPDATE_CONTACT: Rung.READ_COMPARE},
            lists_keys=names,
            updates=UPDATES,
            late=timedelta(seconds=120),
            overlap=timedelta(seconds=300),
        ),
        tested_against=("a local server written from Odoo's documentation, series 14, 16, 17, 18 and 19",),
        note="Promises are activities; what else befalls an agreement is a note.",
    )
