"""What the files connector says of itself: title, settings as a JSON Schema, what it was tested against. No files."""

from __future__ import annotations

from typing import Final

from connectors.contract import Capabilities
from connectors.description import DECIMAL, ZONE, Description, number, schema_of, secret, text, whole
from connectors.files.layout import DELIMITERS, ENCODINGS, FORMATS, LARGEST_CELL

SETTINGS_SCHEMA: Final = schema_of(
    ZONE,
    DECIMAL,
    {
        "path": text("The folder, relative to the workspace; or `url`.", minLength=1),
        "url": text("sftp://host[:port]/folder, in place of `path`.", pattern="^sftp://"),
        "username": text("The user at the SFTP server."),
        "password": secret("Its password, or `private_key`."),
        "private_key": secret("Its private key, in OpenSSH or PEM format."),
        "passphrase": secret("Of the private key."),
        "host_key": text("The public host key of the server, or its SHA256 fingerprint. Needed with `url`."),
        "format": text("Of all files; by the end of their names when left out.", enum=list(FORMATS)),
        "settle_seconds": number("Files written more recently wait for the next run.", default=0),
        "encoding": text(
            "How the files are encoded; declared, never guessed.", enum=sorted(ENCODINGS), default="utf-8"
        ),
        "delimiter": text("What stands between two cells.", enum=sorted(DELIMITERS), default=","),
        "quote": text("What cells may be wrapped in; empty when quotes mean nothing.", maxLength=1, default='"'),
        "thousands": text("The thousands separator of amounts, for mapping."),
        "skip_rows": whole("Lines above the header.", default=0),
        "header": {
            "description": "true, or the column names of files without a header.",
            "oneOf": [{"const": True}, {"type": "array", "items": {"type": "string", "minLength": 1}, "minItems": 1}],
            "default": True,
        },
        "sheet": text("The sheet of a workbook with several.", minLength=1),
        "largest_cell": whole("Characters of one cell.", default=LARGEST_CELL, least=1),
    },
)


def describe() -> Description:
    """A folder of this machine."""
    return Description(
        title="Files: tables, workbooks and bank statements in a folder or on SFTP",
        settings_schema=SETTINGS_SCHEMA,
        capabilities=Capabilities(
            streams=("one for each pattern of file names",), incremental="content", lists_keys=("all",)
        ),
        tested_against=("folders of this machine", "an SFTP server of asyncssh"),
        note="Columns are those of the header. It never writes, moves or deletes a file.",
    )
