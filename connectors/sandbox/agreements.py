"""Records what befalls agreements: on an invoice of the ERP, or as a task on a contact of the CRM, once each.

Look up by our reference, create once, one receipt or error for each order, as for payments.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, Final

from concilia.errors import OutcomeUnknown, RecordRejected
from connectors.contract import AgreementOrder, Found, Receipt
from connectors.sandbox.client import SandboxClient
from connectors.sandbox.faults import refusal
from connectors.sandbox.writer import in_turn

KEPT_AS: Final = {"erp": "agreements", "crm": "tasks"}


def record_agreements(
    client: SandboxClient, system: str, orders: Sequence[AgreementOrder]
) -> Iterator[Receipt | Exception]:
    """Record the happenings in turn, where the system keeps such things."""
    return in_turn(orders, partial(_record, client, system))


def agreements_by_reference(client: SandboxClient, system: str, references: Sequence[str]) -> Mapping[str, Found]:
    """What the system holds under each of our references."""
    found = {reference: _held(client, system, reference) for reference in references}
    return {
        reference: Found(str(item["id"]), item, version=str(item.get("version")))
        for reference, item in found.items()
        if item is not None
    }


def _record(client: SandboxClient, system: str, order: AgreementOrder) -> Receipt:
    held = _held(client, system, order.reference)
    if held is not None:
        return Receipt(str(held["id"]), found_before=True, fields=held)
    told = _shape(system, order)
    answer = client.note(KEPT_AS[system], told, key=order.key)
    if answer.status not in (200, 201):
        raise refusal(answer, told)
    said = answer.json()
    if not isinstance(said, dict) or not said.get("id"):
        raise OutcomeUnknown(f"{answer.url} answered {answer.status} without what it made.")
    return Receipt(str(said["id"]), fields=said)


def _held(client: SandboxClient, system: str, reference: str) -> Mapping[str, Any] | None:
    return next(iter(client.by_reference(reference, stream=KEPT_AS[system])), None)


def _shape(system: str, order: AgreementOrder) -> dict[str, Any]:
    """The order as that system keeps it; RecordRejected when it names nothing the system could keep it on."""
    aim = order.debt if system == "erp" else order.debtor
    if not aim:
        raise RecordRejected(
            f"The {system} of the sandbox knows nothing that agreement {order.agreement} is about.", field="debt"
        )
    if system == "crm":
        subject = order.text.partition("\n")[0]
        return {"contact": aim, "reference": order.reference, "subject": subject, "body": order.text}
    names = ("reference", "agreement", "happening", "kind", "state", "amount", "agreed_on", "text")
    schedule = [{"due_date": day, "amount": amount} for day, amount in order.schedule]
    kept = {name: getattr(order, name) for name in names}
    return {"invoice": aim, "currency": order.unit, "schedule": schedule, **kept}
