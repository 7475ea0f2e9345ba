"""What befalls an agreement: its state, its history, the event, and the intents for every system that must know.

All in the transaction of the change. One intent for each system and debt, or one for the debtor where a system knows
no debt of it; its key is made of the connection and our own reference, so it is one intent however often it is told.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, Final

from concilia import keys
from concilia.portfolio import agreement as rules
from concilia.portfolio import agreement_evaluation
from concilia.portfolio.agreement import STANDING, TOLD, WAYS, Happening, State, Terms
from concilia.portfolio.agreement_evaluation import Evaluation
from concilia.portfolio.agreement_text import note
from concilia.servicing.agreement_request import AgreementPolicy
from concilia.servicing.debts import bring_up_to_date
from concilia.store import agreements, crosswalk, debts, events, outbox
from concilia.store.agreements import AgreementEventRow, AgreementRow
from concilia.store.events import Fact
from concilia.store.outbox import IntentRow
from concilia.store.unit_of_work import Tx

RECORD_AGREEMENT: Final = "record_agreement"


@dataclass(frozen=True, slots=True)
class Books:
    """The hub's books during one transaction, and who writes in them."""

    tx: Tx
    policy: AgreementPolicy
    at: str
    by: str


@dataclass(frozen=True, slots=True)
class Befallen:
    """One happening with its reason in a sentence, the evaluation behind it, and the states it goes through."""

    happening: Happening
    reason: str = ""
    found: Evaluation | None = None
    way: tuple[State, ...] = ()

    @property
    def states(self) -> tuple[State, ...]:
        """The states it goes through."""
        return self.way or WAYS[self.happening]


def befall(books: Books, row: AgreementRow, what: Befallen) -> AgreementRow:
    """Carry one happening through: history, state, which debts are held, the event, and who is told.

    The caller has checked that the state machine allows it.
    """
    tx = books.tx
    first = len(agreements.events_of(tx, [row.id]).get(row.id, [])) + 1
    for ordinal, state in enumerate(what.states, start=first):
        agreements.append_event(tx, _history(books, row.id, what, (ordinal, state)))
    state = what.states[-1]
    after = replace(row, state=state.value, version=row.version + 1, changed_at=books.at)
    agreements.store(tx, after)
    agreements.set_standing(tx, row.id, standing=state in STANDING)
    terms = rules.from_json(json.loads(after.terms))
    golden = golden_of(tx, terms)
    events.append(tx, [Fact(f"agreement.{what.happening}", row.id, golden, _fact(after, terms, what))], at=books.at)
    bring_up_to_date(tx, terms.debt_ids, policy=books.policy.ledger, at=books.at)
    if what.happening in TOLD and State.PROPOSED is not state:
        ordinal = first + len(what.states) - 1
        outbox.add(tx, _intents(books, after, what, golden=golden, ordinal=ordinal))
    return after


def golden_of(tx: Tx, terms: Terms) -> str | None:
    """The golden debtor of the agreement's debts now; after a split, that of the first debt."""
    rows = debts.load(tx, terms.debt_ids)
    owing = [rows[d].debtor_id for d in terms.debt_ids if d in rows]
    goldens = debts.goldens_of(tx, [n for n in owing if n is not None])
    return next((goldens[n] for n in owing if n in goldens), None)


def references(row: AgreementRow, *, events_known: int, debts_known: int) -> list[str]:
    """Every reference under which other systems may hold something of an agreement."""
    return [
        _reference(row.id, ordinal, place) for ordinal in range(1, events_known + 1) for place in range(debts_known + 1)
    ]


def _history(books: Books, agreement_id: str, what: Befallen, place: tuple[int, State]) -> AgreementEventRow:
    ordinal, state = place
    found = {} if what.found is None else agreement_evaluation.to_json(what.found)
    return AgreementEventRow(
        agreement_id=agreement_id,
        ordinal=ordinal,
        state=state.value,
        happening=what.happening.value,
        at=books.at,
        by=books.by,
        reason=what.reason,
        body=json.dumps(found, ensure_ascii=False, sort_keys=True),
    )


def _fact(row: AgreementRow, terms: Terms, what: Befallen) -> dict[str, Any]:
    told = rules.to_json(terms)
    return {
        "kind": row.kind,
        "state": row.state,
        "unit": row.unit,
        "promised": format(terms.promised, "f"),
        **{name: told[name] for name in ("debts", "schedule", "discount", "agreed_on")},
        "reason": what.reason,
        "version": row.version,
        **({"replaced_by": row.replaced_by} if row.replaced_by else {}),
        **({"evaluation": agreement_evaluation.to_json(what.found)} if what.found else {}),
    }


def _intents(books: Books, row: AgreementRow, what: Befallen, *, golden: str | None, ordinal: int) -> list[IntentRow]:
    terms = rules.from_json(json.loads(row.terms))
    found: list[IntentRow] = []
    for connection in sorted(books.policy.tells):
        for place, aim in _aims(books.tx, connection, terms, golden=golden):
            order = _order(row, terms, what, reference=_reference(row.id, ordinal, place))
            found.append(_intent(books, connection, {**order, **aim}))
    return found


def _aims(tx: Tx, connection: str, terms: Terms, *, golden: str | None) -> list[tuple[int, dict[str, str]]]:
    """What of the agreement a system knows: its debts by their place, else the debtor at place 0, else nothing."""
    stated = debts.of_debts(tx, terms.debt_ids)
    known = [
        (place, next((s for s in stated.get(debt_id, []) if s.connection == connection), None))
        for place, debt_id in enumerate(terms.debt_ids, start=1)
    ]
    aims = [(place, {"debt": s.external_id, "debtor": s.debtor_key or ""}) for place, s in known if s is not None]
    if aims or golden is None:
        return aims
    there = [s for s in crosswalk.sources_of(tx, golden) if s.connection == connection]
    return [(0, {"debt": "", "debtor": min(there, key=lambda s: s.id).external_id})] if there else []


def _order(row: AgreementRow, terms: Terms, what: Befallen, *, reference: str) -> dict[str, Any]:
    return {
        "reference": reference,
        "agreement": row.id,
        "happening": what.happening.value,
        "kind": row.kind,
        "state": row.state,
        "amount": format(terms.promised, "f"),
        "unit": terms.unit,
        "agreed_on": terms.agreed_on.isoformat(),
        "schedule": [[part.day.isoformat(), format(part.amount, "f")] for part in terms.schedule],
        "text": note(terms, what.happening, found=what.found),
    }


def _intent(books: Books, connection: str, order: dict[str, Any]) -> IntentRow:
    reference = order["reference"]
    key = keys.idempotency_key(connection, RECORD_AGREEMENT, reference)
    return IntentRow(
        id=0,
        idempotency_key=key,
        connection=connection,
        operation=RECORD_AGREEMENT,
        subject_id=reference,
        entity_key=order["agreement"],
        body=json.dumps({"key": key, **order}, ensure_ascii=False, sort_keys=True),
        state=outbox.NEW,
        attempts=0,
        next_attempt_at=books.at,
        reason=f"agreement {order['agreement']}: {order['happening']}",
        created_at=books.at,
        changed_at=books.at,
    )


def _reference(agreement_id: str, ordinal: int, place: int) -> str:
    """Our reference in other systems: the agreement, the place of the happening, that of the debt (0: the debtor)."""
    return f"{agreement_id}.{ordinal}.{place}"
