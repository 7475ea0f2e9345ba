"""Bring debts up to date after a statement or a payment changed: owner, balance, status, discrepancies, events."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from concilia.portfolio import debt as rules
from concilia.portfolio.debt import Applied, LedgerPolicy, Statement
from concilia.portfolio.discrepancy import Said
from concilia.servicing import discrepancies
from concilia.store import agreements, debts, events, ledger
from concilia.store.debts import DebtRow, SourceDebt
from concilia.store.events import Fact
from concilia.store.unit_of_work import Tx

MISSING = "missing_in_source"
_AGREED_ABOUT = ("open", "partially_paid")  # a dispute or a lawsuit is said before an agreement


@dataclass(frozen=True, slots=True)
class Outcome:
    """What bringing debts up to date did: how many were opened, changed, settled."""

    opened: int = 0
    changed: int = 0
    settled: int = 0


def bring_up_to_date(tx: Tx, debt_ids: Iterable[str], *, policy: LedgerPolicy, at: str) -> Outcome:
    """Recompute these debts from their statements and applications, storing only what differs."""
    ids = sorted(set(debt_ids))
    stated = debts.of_debts(tx, ids)
    known = debts.load(tx, ids)
    applied = ledger.applications_of_debts(tx, ids)
    held = agreements.standing_on(tx, ids)
    rows: list[DebtRow] = []
    facts: list[Fact] = []
    owing = {s.debtor_id for group in stated.values() for s in group} | {row.debtor_id for row in known.values()}
    goldens = debts.goldens_of(tx, {n for n in owing if n is not None})
    for debt_id in ids:
        before = known.get(debt_id)
        lines = [Applied(Decimal(a.amount), a.posted_at) for a in applied.get(debt_id, [])]
        after = _computed(debt_id, stated.get(debt_id, []), before=before, applied=lines, policy=policy)
        if after is not None and debt_id in held and after.status in _AGREED_ABOUT:
            after = replace(after, status="under_agreement")
        if after is None or (before is not None and _same(before, after)):
            continue
        rows.append(replace(after, version=(before.version if before else 0) + 1, updated_at=at))
        facts += _facts(before, rows[-1], golden_id=goldens.get(after.debtor_id or -1))
    debts.store(tx, rows)
    facts += _discrepancies(tx, {**known, **{r.id: r for r in rows}}, stated=stated, at=at)
    events.append(tx, facts, at=at)
    kinds = [f.type for f in facts]
    return Outcome(kinds.count("debt.opened"), kinds.count("debt.changed"), kinds.count("debt.settled"))


def statement_of(row: SourceDebt) -> Statement:
    """A stored source debt as the rules look at it."""
    claim = rules.claim_from_json((), json.loads(row.body))
    return Statement(row.id, row.connection, row.stream, row.external_id, row.debtor_id, claim, row.stated_at)


def _computed(
    debt_id: str, stated: list[SourceDebt], *, before: DebtRow | None, applied: list[Applied], policy: LedgerPolicy
) -> DebtRow | None:
    if not stated:
        # Absence is not payment: the debt keeps its balance and says that nobody states it any more.
        return None if before is None else replace(before, status=MISSING)
    creditor = stated[0].creditor
    owner = rules.owner_of([statement_of(s) for s in stated], creditor=creditor, policy=policy)
    balance = rules.balance_of(owner, applied)
    fields = owner.claim.fields
    return DebtRow(
        id=debt_id,
        creditor=creditor,
        owner=owner.connection,
        owner_id=owner.number,
        debtor_id=owner.debtor_id,
        document=rules.document_key(fields.get("document")),
        unit=owner.unit,
        stated_balance=format(owner.balance, "f"),
        balance=format(balance, "f"),
        status=MISSING if _is_missing(stated, owner) else rules.status_of(owner, balance=balance),
        due_date=fields.get("due_date"),
        body=json.dumps(rules.claim_to_json(owner.claim), ensure_ascii=False, sort_keys=True),
        version=0,
        updated_at="",
    )


def _is_missing(stated: list[SourceDebt], owner: Statement) -> bool:
    """Whether the system whose word counts does not have it any more. What it said last still stands."""
    return any(row.id == owner.number and row.missing_since is not None for row in stated)


def _same(before: DebtRow, after: DebtRow) -> bool:
    return replace(before, version=0, updated_at="") == replace(after, version=0, updated_at="")


def _facts(before: DebtRow | None, after: DebtRow, *, golden_id: str | None) -> list[Fact]:
    body = {
        "balance": after.balance,
        "unit": after.unit,
        "status": after.status,
        "owner": after.owner,
        "version": after.version,
    }
    found = [Fact("debt.opened" if before is None else "debt.changed", after.id, golden_id, body)]
    was_settled = before is not None and before.status == "settled"
    if after.status == "settled" and not was_settled and before is not None:
        found.append(Fact("debt.settled", after.id, golden_id, body))
    if was_settled and after.status != "settled":
        found.append(Fact("debt.reopened", after.id, golden_id, body))
    if after.status == MISSING and (before is None or before.status != MISSING):
        found.append(Fact("debt.missing_in_source", after.id, golden_id, body))
    return found


def said_of(stated: Mapping[str, list[SourceDebt]]) -> dict[str, list[Said]]:
    """What each system says of each debt, as discrepancies are found by."""
    return {debt_id: [_said(row, statement_of(row)) for row in group] for debt_id, group in stated.items()}


def _said(row: SourceDebt, statement: Statement) -> Said:
    return Said(row.connection, statement.unit, statement.balance, missing=row.missing_since is not None)


def _discrepancies(
    tx: Tx, rows: Mapping[str, DebtRow], *, stated: Mapping[str, list[SourceDebt]], at: str
) -> list[Fact]:
    # Most debts are stated by one system that has them: there is nothing to compare, and nothing to be read again.
    disputed = {n: group for n, group in stated.items() if len(group) > 1 or any(s.missing_since for s in group)}
    settled = discrepancies.compared(tx, rows, said=said_of(disputed), at=at)
    return discrepancies.settle(tx, settled, at=at)
