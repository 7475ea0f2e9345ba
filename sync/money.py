"""Resolve what sources say of debts and payments: find whose they are, bind or make them, or let them wait."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from concilia import keys
from concilia.portfolio import debt as debt_rules
from concilia.portfolio import payment as payment_rules
from concilia.portfolio.debt import LedgerPolicy
from concilia.portfolio.payment import Allocation
from concilia.servicing import debts as servicing_debts
from concilia.servicing import payments as servicing_payments
from concilia.servicing.payments import Incoming
from concilia.store import crosswalk, debts, ledger, sources
from concilia.store.debts import SourceDebt
from concilia.store.ledger import SourcePayment
from concilia.store.unit_of_work import Tx


@dataclass(frozen=True, slots=True)
class MoneyChanges:
    """What one batch did: source rows resolved, and how many of them wait."""

    resolved: int = 0
    waiting: int = 0
    opened: int = 0


def resolve_debts(tx: Tx, rows: Sequence[SourceDebt], *, policy: LedgerPolicy, at: str) -> MoneyChanges:
    """Give these source debts their debt; one whose debtor is unknown waits."""
    owed_by = _debtors(tx, rows)
    placed = [_placed(row, owed_by) for row in rows]
    known = debts.load(tx, {_identity(row) for row in placed})
    done = [row if row.waiting else replace(row, debt_id=_debt_of(row, known)) for row in placed]
    debts.store_sources(tx, [replace(row, pending=0) for row in done])
    sources.set_state(tx, [r.record_id for r in done if r.waiting], state=sources.BLOCKED)
    sources.set_state(tx, [r.record_id for r in done if not r.waiting], state=sources.APPLIED)
    left = {before.debt_id for before in rows if before.debt_id}
    outcome = servicing_debts.bring_up_to_date(tx, left | {r.debt_id for r in done if r.debt_id}, policy=policy, at=at)
    return MoneyChanges(len(rows), sum(1 for r in done if r.waiting), outcome.opened)


def resolve_payments(tx: Tx, rows: Sequence[SourcePayment], *, policy: LedgerPolicy, at: str) -> MoneyChanges:
    """Take in these source payments; one whose debt is unknown waits."""
    done = [_taken_in(tx, row, policy=policy, at=at) for row in rows]
    ledger.store_sources(tx, done)
    sources.set_state(tx, [r.record_id for r in done if r.waiting], state=sources.BLOCKED)
    sources.set_state(tx, [r.record_id for r in done if not r.waiting], state=sources.APPLIED)
    return MoneyChanges(len(rows), sum(1 for r in done if r.waiting))


def _debtors(tx: Tx, rows: Sequence[SourceDebt]) -> dict[tuple[str, str, str], int]:
    wanted: dict[str, list[tuple[str, str]]] = {}
    for row in rows:
        if row.debtor_stream is not None and row.debtor_key is not None:
            wanted.setdefault(row.connection, []).append((row.debtor_stream, row.debtor_key))
    return {
        (connection, *key): debtor
        for connection, found in wanted.items()
        for key, debtor in crosswalk.find_debtors(tx, connection, found).items()
    }


def _placed(row: SourceDebt, owed_by: Mapping[tuple[str, str, str], int]) -> SourceDebt:
    if row.debtor_key is None or row.debtor_stream is None:
        return replace(row, waiting=None)
    debtor = owed_by.get((row.connection, row.debtor_stream, row.debtor_key))
    if debtor is None and row.debtor_id is None:
        return replace(row, waiting=f"debtor {row.debtor_key} of stream {row.debtor_stream} is not known yet")
    return replace(row, debtor_id=debtor if debtor is not None else row.debtor_id, waiting=None)


def _identity(row: SourceDebt) -> str:
    claim = debt_rules.claim_from_json((), json.loads(row.body))
    source = (row.connection, row.stream, row.external_id)
    return keys.debt_id(*debt_rules.identity(row.creditor, claim, source=source))


def _debt_of(row: SourceDebt, known: Mapping[str, object]) -> str:
    """Its identity's debt; a debt keeps its id when only its document number is corrected."""
    mine = _identity(row)
    return mine if row.debt_id is None or mine in known else row.debt_id


def _taken_in(tx: Tx, row: SourcePayment, *, policy: LedgerPolicy, at: str) -> SourcePayment:
    claim = payment_rules.claim_from_json((), json.loads(row.body))
    meant_for, problem = _meant_for(tx, claim.allocations, unit=claim.fields["unit"])
    if problem:
        return replace(row, waiting=problem, pending=0)
    incoming = Incoming(
        fields=claim.fields,
        meant_for=tuple(meant_for),
        told_by=row.connection,
        source=(row.stream, row.external_id),
    )
    taken = servicing_payments.take_in(tx, incoming, policy=policy, at=at)
    return replace(row, payment_id=taken.payment.id, waiting=None, pending=0)


def _meant_for(tx: Tx, allocations: Iterable[Allocation], *, unit: str) -> tuple[list[tuple[str, Decimal | None]], str]:
    found: list[tuple[str, Decimal | None]] = []
    for allocation in allocations:
        debt_id, problem = find_debt(tx, allocation)
        if problem:
            return [], problem
        row = debts.load(tx, [debt_id])[debt_id]
        if row.unit != unit:
            return [], f"the payment is in {unit} and the debt in {row.unit}"
        found.append((debt_id, allocation.amount))
    return (found, "") if found else ([], "nothing says which debt it pays")


def find_debt(tx: Tx, allocation: Allocation) -> tuple[str, str]:
    """The debt an allocation names, or the reason why there is none to be named."""
    named = allocation.debt
    if named.document is not None:
        held = debts.of_document(tx, named.document)
        if len(held) > 1:
            return "", f"document {named.document} is the number of {len(held)} debts"
        return (held[0].id, "") if held else ("", f"no debt has the document {named.document}")
    external = keys.external_id(named.key)
    connection = named.connection or ""
    if not named.stream and not debts.streams_of(tx, connection):
        return _elsewhere(tx, external)
    found = debts.stated_as(tx, connection, external, stream=named.stream)
    return (found, "") if found else ("", f"debt {external} of connection {connection} is not known yet")


def _elsewhere(tx: Tx, external: str) -> tuple[str, str]:
    """The debt that a system without debts of its own means, such as a bank: by document, else by the only key."""
    held = {row.id for row in debts.of_document(tx, external)} or debts.by_external_id(tx, external)
    if len(held) > 1:
        return "", f"{external} is the number of {len(held)} debts: say which by `debt: {{connection: …, key: […]}}`"
    return (held.pop(), "") if held else ("", f"no debt has the document or the key {external}")
