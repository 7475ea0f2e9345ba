"""An agreement as a note that people read in an ERP or a CRM: Spanish, plain text, the same for every system."""

from __future__ import annotations

from typing import Final

from concilia.portfolio.agreement import Due, Happening, Kind, Terms
from concilia.portfolio.agreement_evaluation import Evaluation, Standing

MOST_LISTED: Final = 24  # parts; the hub has the others
_KINDS: Final = {
    Kind.PROMISE: "Promesa de pago",
    Kind.PLAN: "Convenio en cuotas",
    Kind.SETTLEMENT_DISCOUNT: "Acuerdo con descuento",
}
# Masculine and feminine, for a promise is feminine in Spanish.
_HAPPENED: Final = {
    Happening.RECORDED: ("registrado", "registrada"),
    Happening.ACCEPTED: ("aceptado", "aceptada"),
    Happening.KEPT: ("cumplido", "cumplida"),
    Happening.BROKEN: ("incumplido", "incumplida"),
    Happening.REINSTATED: ("rehabilitado", "rehabilitada"),
    Happening.RENEGOTIATED: ("reemplazado por otro acuerdo", "reemplazada por otro acuerdo"),
    Happening.CANCELLED: ("anulado", "anulada"),
    Happening.WITHDRAWN: ("desistido por el deudor", "desistida por el deudor"),
}


def note(terms: Terms, happening: Happening, *, found: Evaluation | None = None) -> str:
    """What happened to an agreement, in a few lines: kind and event, amounts and days, and what was missing."""
    word = _HAPPENED[happening][terms.kind is Kind.PROMISE]
    lines = [
        f"{_KINDS[terms.kind]}: {word}.",
        f"Total a pagar: {terms.promised:f} {terms.unit}. Acordado el {terms.agreed_on}.",
    ]
    if terms.discount:
        lines.append(f"Descuento si se cumple: {terms.discount:f} {terms.unit}.")
    lines += [_part(part, terms.unit, of=len(terms.schedule)) for part in terms.schedule[:MOST_LISTED]]
    if len(terms.schedule) > MOST_LISTED:
        lines.append(f"… y {len(terms.schedule) - MOST_LISTED} cuotas más.")
    if terms.extended_to:
        lines.append(f"Lo vencido se puede pagar hasta el {terms.extended_to}.")
    return "\n".join([*lines, *_missed(found, terms.unit)])


def _part(part: Due, unit: str, *, of: int) -> str:
    return f"Cuota {part.number}/{of}: {part.amount:f} {unit} hasta el {part.day}."


def _missed(found: Evaluation | None, unit: str) -> list[str]:
    missed = [] if found is None else [part for part in found.parts if part.standing is Standing.MISSED]
    if not missed:
        return []
    part = missed[0]
    return [f"Al {part.last_day} faltaban {part.missing:f} {unit} de lo acordado hasta la cuota {part.number}."]
