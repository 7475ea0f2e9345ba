"""What the sandbox refuses, as our errors, in one table. The only place with its codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from concilia.errors import ConciliaError, RecordRejected, RunMustStop
from connectors.rest import Response

# Code of the system -> the field of the payment it is about.
_FIELDS = {
    "not_found": "invoice",
    "closed": "invoice",
    "overpaid": "amount",
    "bad_amount": "amount",
    "wrong_currency": "currency",
    "bad_date": "value_date",
    "key_reused": "reference",
}


def refusal(answer: Response, order: Mapping[str, Any]) -> RecordRejected:
    """A write answered with 4xx: the system's own sentence, kept word for word."""
    code, sentence = _said(answer)
    field = _FIELDS.get(code, "")
    return RecordRejected(
        sentence or f"The sandbox answered {answer.status} without a reason.",
        field=field,
        value=str(order.get(field, "")),
    )


def unreadable(answer: Response) -> ConciliaError:
    """A read answered with 4xx: this stream stops."""
    _, sentence = _said(answer)
    return RunMustStop(f"{answer.url} answered {answer.status}: {sentence}", mend="Check the stream and the address.")


def _said(answer: Response) -> tuple[str, str]:
    """Code and sentence of an error answer; a proxy's page has neither."""
    try:
        found = answer.json()
    except ConciliaError:
        return "", ""
    if not isinstance(found, dict):
        return "", ""
    return str(found.get("code", "")), str(found.get("message", ""))
