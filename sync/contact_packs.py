"""Packs of contact rules that somebody writes: would they stand beside those that ship? Stores nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from concilia.documents import Document, parse_document
from concilia.errors import ConfigurationInvalid, RequestInvalid
from concilia.portfolio.contact_rules.loading import pack_of, packs_of, shipped_documents
from concilia.portfolio.contact_rules.rules import Pack


def check(texts: Sequence[str], *, names: Sequence[str] = ()) -> list[dict[str, Any]]:
    """The packs in these YAML texts; ConfigurationInvalid with file, line and mend for one that cannot be, or overlaps.

    One of the same place and version as one that ships stands in for it, so an edition can be ended.
    """
    files = names or [f"packs[{n}]" for n in range(len(texts))]
    documents = [parse_document(text, file=file) for text, file in zip(texts, files, strict=True)]
    told = [pack_of(document) for document in documents]
    replaced = {(pack.place, pack.version) for pack in told}
    packs_of([*(one for one in shipped_documents() if _edition(one) not in replaced), *documents])
    return [_shown(pack) for pack in told]


def check_told(texts: Sequence[str]) -> list[dict[str, Any]]:
    """The same for somebody who sends them: RequestInvalid names the member and says what to change."""
    try:
        return check(texts)
    except ConfigurationInvalid as fault:
        where = f" in line {fault.line}" if fault.line else ""
        at = f" at {fault.path}" if fault.path else ""
        raise RequestInvalid(
            f"{fault.message.rstrip('.')}{at}{where}.", mend=fault.mend, field=fault.file, code="contact-pack-invalid"
        ) from fault


def _edition(document: Document) -> tuple[str, str]:
    pack = pack_of(document)
    return pack.place, pack.version


def _shown(pack: Pack) -> dict[str, Any]:
    return {
        "place": pack.place,
        "version": pack.version,
        "effective_from": pack.effective_from.isoformat(),
        "effective_until": None if pack.effective_until is None else pack.effective_until.isoformat(),
        "review_due": pack.review_due.isoformat(),
        "rules": [rule.id for rule in pack.rules],
    }
