"""What the sandbox says of itself: title, settings as a JSON Schema, what it was tested against. No calls."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from connectors.contract import Capabilities, Operation, Rung
from connectors.description import Description, flag, number, schema_of, secret, text, whole
from connectors.sandbox.contacts import UPDATES
from connectors.sandbox.streams import SCHEMAS

LARGEST_PAGE: Final = 1000
_DAY: Final = 86_400

SETTINGS_SCHEMA: Final = schema_of(
    {
        "url": text("The address that the sandbox prints when it starts.", format="uri"),
        "api_key": secret("The key the sandbox was started with."),
        "system": text("Which of the two systems of the sandbox.", enum=["erp", "crm"]),
        "page_size": whole("Objects in a page.", default=200, least=1, most=LARGEST_PAGE),
        "timeout_seconds": number("For each of connect, read and write.", default=10, least=0.01, most=600),
        "overlap_seconds": number("How late a change may become visible.", default=300, most=7 * _DAY),
        "late_seconds": number("How long a lost write may still take effect.", default=0, most=_DAY),
        "rung": text("How payments are written once in effect.", enum=[str(r) for r in Rung], default="look_up"),
        "drafts": flag("Payments are drafted, then posted.", default=False),
        "versions": flag("Contact data is changed only under the version that was read.", default=True),
    },
    required=("url", "api_key", "system"),
)


def describe() -> Description:
    """The ERP of the sandbox by its usual settings."""
    names = tuple(schema.name for schemas in SCHEMAS.values() for schema in schemas)
    writes = {
        Operation.REGISTER_PAYMENT: Rung.LOOK_UP,
        Operation.REGISTER_REVERSAL: Rung.LOOK_UP,
        Operation.RECORD_AGREEMENT: Rung.LOOK_UP,
        Operation.UPDATE_CONTACT: Rung.PRECONDITION,
    }
    return Description(
        title="Sandbox: a small hostile ERP and CRM for tests and the demo",
        settings_schema=SETTINGS_SCHEMA,
        capabilities=Capabilities(
            streams=names,
            incremental="timestamp",
            writes=writes,
            lists_keys=names,
            updates={name: cells for updates in UPDATES.values() for name, cells in updates.items()},
            overlap=timedelta(seconds=300),
        ),
        tested_against=("the sandbox itself",),
        note="No real system. Payments on any rung, by the setting `rung`.",
    )
