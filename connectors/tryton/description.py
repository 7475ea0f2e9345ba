"""What the Tryton connector says of itself: title, settings as a JSON Schema, what it was tested against. No calls."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from connectors.contract import Capabilities, Operation, Rung
from connectors.description import DECIMAL, ZONE, Description, schema_of, secret, text, whole
from connectors.tryton.contacts import UPDATES
from connectors.tryton.settings import LARGEST_PAGE
from connectors.tryton.streams import SOURCES

_DAY: Final = 86_400

SETTINGS_SCHEMA: Final = schema_of(
    ZONE,
    DECIMAL,
    {
        "url": text("The address of the Tryton server, without the database.", format="uri"),
        "database": text("The name of the database there.", minLength=1),
        "username": text("The user that signs in.", minLength=1),
        "password": secret("Its password."),
        "company": text("The company to read and write, by name or id, when the user has several."),
        "payment_method": text("The invoice payment method to pay with, by name or id, when there are several."),
        "overlap_seconds": whole("How late a change may become visible.", default=300, most=7 * _DAY),
        "late_seconds": whole("How long a lost write may still take effect.", default=20, most=_DAY),
        "page_size": whole("Records in a page.", default=200, most=LARGEST_PAGE),
        "ca_file": text("The authority that signed the server's certificate, a PEM file in the workspace."),
    },
    required=("url", "database", "username", "password"),
)


def describe() -> Description:
    """Tryton with the modules party, account_invoice and what they need."""
    names = tuple(SOURCES)
    writes = {
        Operation.REGISTER_PAYMENT: Rung.LOOK_UP,
        Operation.REGISTER_REVERSAL: Rung.LOOK_UP,
        Operation.RECORD_AGREEMENT: Rung.LOOK_UP,
        Operation.UPDATE_CONTACT: Rung.PRECONDITION,
    }
    return Description(
        title="Tryton ERP",
        settings_schema=SETTINGS_SCHEMA,
        capabilities=Capabilities(
            streams=names,
            incremental="timestamp",
            writes=writes,
            lists_keys=names,
            updates=UPDATES,
            late=timedelta(seconds=20),
            overlap=timedelta(seconds=300),
        ),
        tested_against=("Tryton 8.0, a real server",),
        note="Agreements are notes on the invoice or the party.",
    )
