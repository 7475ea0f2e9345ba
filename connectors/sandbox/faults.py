"""What the sandbox refuses, as our errors, in one table. The only place with its codes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from concilia.errors import ConciliaError, RecordRejected, RunMustStop
from connectors.rest import Response

# Code of the system -> the field it is about, and our name of the rule.
_RULES = {
    "not_found": ("invoice", "unknown_debt"),
    "closed": ("invoice", "debt_closed"),
    "overpaid": ("amount", "above_balance"),
    "bad_amount": ("amount", "bad_amount"),
    "wrong_currency": ("currency", "other_unit"),
    "bad_date": ("value_date", "bad_date"),
    "period_closed": ("value_date", "period_closed"),
    "not_applied": ("payment", "never_applied"),
    "key_reused": ("reference", "reference_taken"),
}
_MENDS = {
    "period_closed": "Give it a day in an open period, and try again.",
    "above_balance": "Reverse it here, or have the invoice corrected there and try again.",
}


def refusal(answer: Response, order: Mapping[str, Any]) -> RecordRejected:
    """A write answered with 4xx: the system's own sentence, kept word for word."""
    code, sentence = _said(answer)
    field, rule = _RULES.get(code, ("", ""))
    return RecordRejected(
        sentence or f"The sandbox answered {answer.status} without a reason.",
        mend=_MENDS.get(rule, ""),
        field=field,
        value=str(order.get(field, "")),
        code=rule,
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
