"""Notes on records of Odoo (`mail.message`), found again by our reference in them. No knowledge of what they say.

A note's first line is the word `Concilia` and our reference, alone; the rest is for people. Its subtype makes it an
internal one: followers are not written to.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from typing import Final

from connectors.contract import Found
from connectors.odoo.client import OdooClient
from connectors.odoo.shapes import OURS
from connectors.odoo.values import Domain, any_of

MESSAGES: Final = "mail.message"
_FIRST_ESCAPING: Final = 17  # from here on a text is escaped unless it is said to be HTML
_TAGS: Final = re.compile(r"<[^>]*>")


def add_note(client: OdooClient, model: str, number: int, *, reference: str, text: str) -> None:
    """Put a note on a record. The call is made once; who needs to know what became of it looks it up."""
    arguments = {"body": as_html(reference, text), "message_type": "comment", "subtype_xmlid": "mail.mt_note"}
    if client.session.series >= _FIRST_ESCAPING:
        client.write(model, "message_post", ids=[number], **arguments, body_is_html=True)
    else:
        client.write(model, "message_post", ids=[number], **arguments)


def notes_by_reference(client: OdooClient, references: Sequence[str], *, models: Sequence[str]) -> Mapping[str, Found]:
    """The oldest note under each of our references, by reference; its fields are `model`, `record` and `text`."""
    wanted = sorted({reference for reference in references if reference and reference.strip() == reference})
    if not wanted:
        return {}
    # `_` and `%` are wildcards of `ilike`; our references hold neither.
    domain: Domain = [["model", "in", list(models)], *any_of(*(["body", "ilike", OURS + one] for one in wanted))]
    patterns = {reference: re.compile(rf"{OURS}{re.escape(reference)}(?![\w.-])") for reference in wanted}
    found: dict[str, Found] = {}
    for row in client.all_rows(MESSAGES, domain, fields=["body", "model", "res_id", "date"]):
        said = html.unescape(_TAGS.sub("\n", str(row["body"] or "")))
        for reference, pattern in patterns.items():
            if pattern.search(said):
                fields = {"model": row["model"], "record": row["res_id"], "text": said.strip()}
                found.setdefault(reference, Found(str(row["id"]), fields, str(row["date"])))
    return found


def as_html(reference: str, text: str) -> str:
    """The note as Odoo keeps it: each line a paragraph, nothing in it that acts."""
    lines = [OURS + reference, *text.splitlines()]
    return "".join(f"<p>{html.escape(line)}</p>" for line in lines if line.strip())
