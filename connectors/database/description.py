"""What the database connector says of itself: title, settings as a JSON Schema, what it was tested against."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from connectors.contract import Capabilities
from connectors.database.dialects import NAMES
from connectors.database.settings import LARGEST_PAGE
from connectors.description import ZONE, Description, number, schema_of, secret, text, whole

_YEAR: Final = 366 * 86_400

SETTINGS_SCHEMA: Final = {
    **schema_of(
        ZONE,
        {
            "url": text("postgresql://host:port/database, mysql://, sqlserver://, or sqlite:///file.db.", minLength=1),
            "dialect": text("The kind of database, when there is no url.", enum=sorted(NAMES), default="postgresql"),
            "host": text("The server, when there is no url."),
            "port": whole("Its port, when it is not the usual one.", default=5432, least=1, most=65535),
            "database": text("The name of the database, when there is no url."),
            "username": text("An account that can only read."),
            "password": secret("Its password."),
            "schema": text("Where tables are looked for, and what is discovered."),
            "statement_timeout_seconds": number("For each page.", default=300, least=0.001, most=_YEAR),
            "overlap_seconds": number("How late a transaction may commit behind its stamp.", default=300, most=_YEAR),
            "overlap_numbers": whole("The same for a cursor of whole numbers.", default=1000, most=_YEAR),
            "page_size": whole("Rows in a page.", default=1000, least=1, most=LARGEST_PAGE),
            "ca_file": text("The authority that signed the server's certificate, a PEM file in the workspace."),
        },
    ),
    "anyOf": [{"required": ["url"]}, {"required": ["database"]}],
}


def describe() -> Description:
    """Any of the four kinds of database."""
    return Description(
        title="Database: PostgreSQL, MySQL, MariaDB, SQL Server, SQLite",
        settings_schema=SETTINGS_SCHEMA,
        capabilities=Capabilities(
            streams=("one for each table, view or query",),
            incremental="timestamp",
            lists_keys=("all",),
            overlap=timedelta(seconds=300),
        ),
        tested_against=("PostgreSQL 18", "MariaDB 10.11", "SQLite"),
        note="Also by row version (PostgreSQL xmin, SQL Server rowversion), or by comparing snapshots. "
        "SQL Server from its documentation only.",
        needs=("mysql", "sqlserver"),
    )
