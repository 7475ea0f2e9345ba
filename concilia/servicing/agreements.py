"""Record agreements once, move them by a person's word, and judge the ones in force by what was paid. No outside call.

Each verb works inside a transaction of its caller's. What may not be is a RequestInvalid whose code names the rule.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from concilia import keys
from concilia.clock import from_text
from concilia.errors import Conflict, NotFound, RequestInvalid
from concilia.portfolio import agreement as rules
from concilia.portfolio.agreement import (
    IN_FORCE,
    WAYS,
    Happening,
    State,
    Terms,
    may_become,
)
from concilia.portfolio.agreement_evaluation import Evaluation, evaluate
from concilia.portfolio.agreement_terms import Objection, Situation, cover, objection
from concilia.servicing import agreement_evidence
from concilia.servicing.agreement_request import AgreementPolicy, Request, calendar_of, owed, read, refused
from concilia.servicing.agreement_telling import Befallen, Books, befall
from concilia.servicing.register import LONGEST_KEY, Answer, Call
from concilia.store import access, agreements, debts, locks
from concilia.store.access import StoredAnswer
from concilia.store.agreements import AgreementRow, RefusalRow
from concilia.store.unit_of_work import Tx

BY_THE_HUB: Final = "hub"
LONGEST_REASON: Final = 500
# What a person may say of an agreement; the rest follows from payments and days.
SPOKEN: Final = (
    Happening.ACCEPTED,
    Happening.REJECTED,
    Happening.CANCELLED,
    Happening.WITHDRAWN,
    Happening.REINSTATED,
)


@dataclass(frozen=True, slots=True)
class Word:
    """What a person says of an agreement: who, why, and until when what is missed may be paid (reinstated)."""

    happening: Happening
    by: str
    reason: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Judged:
    """An agreement with what payments and days say of it now."""

    row: AgreementRow
    happening: Happening
    reason: str
    found: Evaluation | None = None


def record(tx: Tx, body: Mapping[str, Any], *, call: Call, policy: AgreementPolicy, by: str) -> Answer:
    """201 for a new agreement, 200 for one that stands already; the same key and body get the stored answer again.

    The answer's body is `{"id": …}`. Raises RequestInvalid with a code, and Conflict when the key was used otherwise.
    """
    _check_key(call.idempotency_key)
    locks.in_turn(tx, "money")
    mark = body_hash(body)
    before = access.answer(tx, call.key_id, idempotency_key=call.idempotency_key)
    if before is not None:
        if before.body_hash != mark:
            raise Conflict("This Idempotency-Key was used for another request.", mend="Use a fresh key for each.")
        return Answer(before.status, json.loads(before.answer), repeated=True)
    request = read(tx, body, policy=policy, moment=from_text(call.at))
    known = _same_standing(tx, request)
    answer = Answer(200, {"id": known}) if known else Answer(201, {"id": _born(tx, request, call, policy, by=by)})
    stored = StoredAnswer(mark, answer.status, json.dumps(answer.body))
    access.store_answer(tx, call.key_id, idempotency_key=call.idempotency_key, stored=stored, at=call.at)
    agreement_id = str(answer.body["id"])
    agreements.settle_refusals(tx, call.key_id, idempotency_key=call.idempotency_key, agreement_id=agreement_id)
    return answer


def keep_refusal(tx: Tx, body: Mapping[str, Any], fault: RequestInvalid, *, call: Call) -> int:
    """Keep what was refused, whole, so that it can be mended and told again; its number."""
    row = RefusalRow(
        id=0,
        key_id=call.key_id,
        idempotency_key=call.idempotency_key,
        body_hash=body_hash(body),
        code=fault.code,
        field=fault.field,
        message=fault.message,
        mend=fault.mend,
        body=json.dumps(body, ensure_ascii=False, sort_keys=True, default=str),
        at=call.at,
        status=agreements.OPEN,
        agreement_id=None,
    )
    return agreements.keep_refusal(tx, row)


def body_hash(body: Mapping[str, Any]) -> str:
    """Equal for equal bodies, whatever the order of their members."""
    return hashlib.sha256(json.dumps(body, sort_keys=True, default=str).encode()).hexdigest()


def move(tx: Tx, agreement_id: str, word: Word, *, policy: AgreementPolicy, at: str) -> AgreementRow:
    """Do as a person says; saying again what was said last changes nothing.

    Raises NotFound, and RequestInvalid when the state machine has no such arrow or the debts are held by another.
    """
    locks.in_turn(tx, "money")
    row = agreements.load(tx, [agreement_id]).get(agreement_id)
    if row is None:
        raise NotFound("There is no such agreement.", mend="List the agreements of its debtor.")
    last = agreements.events_of(tx, [row.id])[row.id][-1]
    if last.happening == word.happening and last.state == row.state:
        return row
    _check_move(row, word)
    if word.happening in (Happening.ACCEPTED, Happening.REINSTATED):
        row = _renewed(tx, row, word, policy=policy, at=at)
    books = Books(tx, policy, at, word.by)
    return befall(books, row, Befallen(word.happening, word.reason))


def judge(tx: Tx, rows: Sequence[AgreementRow], *, policy: AgreementPolicy, at: str) -> list[Judged]:
    """Those of the agreements whose state payments and days change; nothing is written."""
    every = {row.id: rules.from_json(json.loads(row.terms)) for row in rows}
    loaded = agreement_evidence.load(tx, sorted({d for terms in every.values() for d in terms.debt_ids}))
    found: list[Judged] = []
    for row in rows:
        terms = every[row.id]
        calendar = calendar_of([loaded.rows[terms.debt_ids[0]]], policy)
        today = calendar.day_of(from_text(at))
        state = State(row.state)
        if state is State.PROPOSED:
            if terms.expires_on is not None and today > terms.expires_on:
                found.append(Judged(row, Happening.EXPIRED, f"Nobody accepted it until {terms.expires_on}."))
        elif state in IN_FORCE:
            evidence = agreement_evidence.evidence_of(terms, loaded)
            seen = evaluate(terms, evidence, now=state, on=today, calendar=calendar)
            if seen.state is not state and may_become(state, seen.state):
                found.append(Judged(row, Happening(seen.state.value), seen.reason, seen))
    return found


def carry_out(tx: Tx, judged: Judged, *, policy: AgreementPolicy, at: str) -> AgreementRow:
    """Let happen what was judged, with the evaluation as its reason."""
    books = Books(tx, policy, at, BY_THE_HUB)
    return befall(books, judged.row, Befallen(judged.happening, judged.reason, judged.found))


def _born(tx: Tx, request: Request, call: Call, policy: AgreementPolicy, *, by: str) -> str:
    terms, situation = request.terms, request.situation
    found = objection(terms, situation)
    if found is not None:
        raise refused(found)
    agreement_id = keys.agreement_id(str(call.key_id), call.idempotency_key)
    books = Books(tx, policy, call.at, by)
    if situation.replaces is not None:
        _give_way(books, situation, successor=agreement_id)
    row = AgreementRow(
        id=agreement_id,
        kind=terms.kind.value,
        state=State.PROPOSED.value,
        unit=terms.unit,
        terms=json.dumps(rules.to_json(terms), ensure_ascii=False, sort_keys=True),
        agreed_on=terms.agreed_on.isoformat(),
        origin=by,
        replaced_by=None,
        version=0,
        recorded_at=call.at,
        changed_at=call.at,
    )
    agreements.store(tx, row)
    agreements.hold(tx, row.id, terms.debt_ids)
    way = (State.PROPOSED,) if request.proposed else WAYS[Happening.RECORDED]
    befall(books, row, Befallen(Happening.RECORDED, way=way))
    return row.id


def _give_way(books: Books, situation: Situation, *, successor: str) -> None:
    """The agreement that is replaced ends as renegotiated; it must hold one of the debts and be in force."""
    old = agreements.load(books.tx, [str(situation.replaces)]).get(str(situation.replaces))
    holds = {debt.under for debt in situation.debts}
    if old is None or old.id not in holds or not may_become(State(old.state), State.RENEGOTIATED):
        raise refused(
            Objection(
                "agreement-not-replaceable",
                "What it is to replace is no agreement in force on one of its debts.",
                "Leave `replaces` out, or name the agreement that the debt shows.",
                "replaces",
            )
        )
    reason = f"Replaced by {successor}."
    befall(books, replace(old, replaced_by=successor), Befallen(Happening.RENEGOTIATED, reason))


def _same_standing(tx: Tx, request: Request) -> str | None:
    """The agreement that stands already with these very terms, whoever told it under whichever key."""
    held = {debt.under for debt in request.situation.debts}
    if request.proposed or len(held) != 1 or None in held:
        return None
    row = agreements.load(tx, [str(next(iter(held)))])[str(next(iter(held)))]
    return row.id if _agreed(rules.from_json(json.loads(row.terms))) == _agreed(request.terms) else None


def _agreed(terms: Terms) -> tuple[object, ...]:
    parts = tuple((part.day, part.amount) for part in terms.schedule)
    return terms.kind, terms.unit, frozenset(terms.debt_ids), parts, terms.discount, terms.agreed_on


def _check_move(row: AgreementRow, word: Word) -> None:
    first = WAYS[word.happening][0]
    if word.happening not in SPOKEN or not may_become(State(row.state), first):
        raise refused(
            Objection(
                "agreement-wrong-state",
                f"An agreement that is {row.state} cannot become {first}.",
                "See its history: it may have been kept, broken or replaced meanwhile.",
                "state",
            )
        )
    if len(word.reason) > LONGEST_REASON:
        raise RequestInvalid(f"A reason has at most {LONGEST_REASON} characters.", field="reason")


def _renewed(tx: Tx, row: AgreementRow, word: Word, *, policy: AgreementPolicy, at: str) -> AgreementRow:
    """The agreement with terms for standing again: its debts are looked at anew, what is missed gets a new last day."""
    terms = rules.from_json(json.loads(row.terms))
    rows = debts.load(tx, terms.debt_ids)
    ordered = [rows[debt_id] for debt_id in terms.debt_ids]
    today = calendar_of(ordered, policy).day_of(from_text(at))
    situation = Situation(owed(tx, ordered), today)
    if word.happening is Happening.REINSTATED:
        held = next((debt for debt in situation.debts if debt.under is not None), None)
        if word.until is None or word.until < today or held is not None:
            raise refused(_why_not_again(held.under if held else None))
        terms = replace(terms, extended_to=word.until)
    else:
        said = [(debt, covered.amount) for debt, covered in zip(situation.debts, terms.debts, strict=True)]
        opened = cover(terms.kind, said, promised=terms.promised)
        terms = replace(terms, debts=opened, after_application=agreements.last_application(tx))
        if (found := objection(terms, situation)) is not None:
            raise refused(found)
    return replace(row, terms=json.dumps(rules.to_json(terms), ensure_ascii=False, sort_keys=True))


def _why_not_again(under: str | None) -> Objection:
    if under is not None:
        return Objection("agreement-already-active", f"Its debt is under agreement {under} now.", "", "state")
    mend = "Give `until`: the day until which what was missed may be paid."
    return Objection("agreement-past-date", "It needs a day to come.", mend, "until")


def _check_key(key: str) -> None:
    if not key or len(key) > LONGEST_KEY or not key.isprintable():
        raise RequestInvalid(
            "An agreement needs an idempotency key: 1 to 255 printable characters.",
            mend="One fresh key for each agreement, and the same key when repeating it.",
            field="Idempotency-Key",
        )
