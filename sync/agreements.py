"""The verbs of agreements: record, move, judge what is due, and read. Each opens its own transactions.

A refused agreement is kept with everything that was told, in a transaction of its own: it can be mended and told again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from concilia.clock import from_text, to_text
from concilia.errors import ConfigurationInvalid, NotFound, RequestInvalid
from concilia.portfolio import agreement as rules
from concilia.portfolio import agreement_evaluation
from concilia.portfolio.agreement import IN_FORCE, Happening, State
from concilia.portfolio.business_days import BusinessDays, is_known, subdivisions
from concilia.servicing import agreement_evidence, agreement_reading, agreement_telling
from concilia.servicing import agreements as servicing
from concilia.servicing.agreement_request import AgreementPolicy, calendar_of
from concilia.servicing.agreements import Judged, Word
from concilia.servicing.debtors import standing_id
from concilia.servicing.register import Answer, Call
from concilia.store import agreements, locks
from concilia.store.agreements import AgreementRow
from concilia.store.unit_of_work import Tx
from concilia.workspace import FILE, Workspace
from sync.hub import Hub
from sync.streams import ledger_policy

CHUNK: Final = 100
LOCAL: Final = 0  # the key of whoever sits at the hub itself; API keys count from 1
_JUDGED: Final = tuple(sorted([*(s.value for s in IN_FORCE), State.PROPOSED.value]))


@dataclass(frozen=True, slots=True)
class Change:
    """An agreement that payments or days moved, from which state to which, and why."""

    agreement_id: str
    kind: str
    before: str
    happening: str
    reason: str


@dataclass(frozen=True, slots=True)
class Telling:
    """Who tells an agreement, with which API key, and under which idempotency key (empty: that of the body itself)."""

    by: str
    key_id: int = LOCAL
    idempotency_key: str = ""


class _Rehearsed(Exception):
    """Carries what a rehearsal came to out of the transaction that it undoes."""


def policy_of(workspace: Workspace) -> AgreementPolicy:
    """What the workspace says of agreements; ConfigurationInvalid for a subdivision that has no calendar."""
    return AgreementPolicy(
        ledger=ledger_policy(workspace),
        calendars={
            name: _calendar(workspace, connection.country, zone=connection.time_zone or "")
            for name, connection in workspace.connections.items()
        },
        tells=frozenset(name for name, c in workspace.connections.items() if "agreements" in c.push),
        tolerance_days=int(workspace.agreements.get("tolerance_days", 0)),
    )


def record(hub: Hub, body: Mapping[str, Any], *, told: Telling, dry_run: bool = False) -> Answer:
    """Record an agreement once, its answer the agreement in full.

    Without a key of the caller's, equal bodies are one agreement. A dry run stores nothing, not even a refusal.
    """
    at = to_text(hub.clock())
    call = Call(told.key_id, told.idempotency_key or servicing.body_hash(body), at)
    try:
        with _written(hub, dry_run=dry_run) as tx:
            policy = policy_of(hub.workspace)
            answer = servicing.record(tx, body, call=call, policy=policy, by=told.by)
            full = _full(tx, agreements.load(tx, [answer.body["id"]])[answer.body["id"]], policy=policy, at=at)
    except RequestInvalid as fault:
        if fault.code and not dry_run:
            with hub.store.begin() as tx:
                locks.in_turn(tx, "money")
                servicing.keep_refusal(tx, body, fault, call=call)
        raise
    return Answer(answer.status, full, answer.repeated)


def move(hub: Hub, agreement_id: str, word: Word, *, dry_run: bool = False) -> dict[str, Any]:
    """Accept, reject, cancel, withdraw or reinstate an agreement; it in full afterwards."""
    policy, at = policy_of(hub.workspace), to_text(hub.clock())
    with _written(hub, dry_run=dry_run) as tx:
        row = servicing.move(tx, agreement_id, word, policy=policy, at=at)
        return _full(tx, row, policy=policy, at=at)


def evaluate(hub: Hub, *, dry_run: bool = False) -> list[Change]:
    """Judge every agreement in force by what was paid and by today, and let expire what nobody accepted.

    Chunk by chunk, one transaction each: a process killed in between has lost nothing and repeats nothing.
    """
    policy = policy_of(hub.workspace)
    changes: list[Change] = []
    after = ""
    while True:
        with _written(hub, dry_run=dry_run) as tx:
            locks.in_turn(tx, "money")
            at = to_text(hub.clock())
            rows = agreements.in_states(tx, _JUDGED, after=after, limit=CHUNK)
            judged = servicing.judge(tx, rows, policy=policy, at=at)
            for one in judged:
                servicing.carry_out(tx, one, policy=policy, at=at)
        changes += [_change(one) for one in judged]
        if len(rows) < CHUNK:
            return changes
        after = rows[-1].id


def one(hub: Hub, agreement_id: str) -> dict[str, Any]:
    """An agreement with its progress, its history, and which systems were told; NotFound for an unknown id."""
    policy, at = policy_of(hub.workspace), to_text(hub.clock())
    with hub.store.read() as tx:
        row = agreements.load(tx, [agreement_id]).get(agreement_id)
        if row is None:
            raise NotFound("There is no such agreement.", mend="List the agreements of its debtor.")
        return _full(tx, row, policy=policy, at=at)


def of_debtor(hub: Hub, golden_id: str, *, after: str = "", limit: int = 50) -> list[dict[str, Any]]:
    """The agreements on a golden debtor's debts, in order of id; a merged id answers with where it went."""
    with hub.store.read() as tx:
        now = standing_id(tx, golden_id)
        if now is None:
            raise NotFound("There is no such debtor.", mend="Search by name, tax id, phone or e-mail.")
        rows = agreements.of_golden(tx, now, after=after, limit=limit)
        return [agreement_reading.in_full(row, debtor=now) for row in rows]


def listed(hub: Hub, *, state: str = "", after: str = "", limit: int = 50) -> list[dict[str, Any]]:
    """Agreements of one state or of all, in order of id."""
    states = [state] if state else [s.value for s in State]
    with hub.store.read() as tx:
        rows = agreements.in_states(tx, states, after=after, limit=limit)
        return [agreement_reading.in_full(row, debtor=_debtor(tx, row)) for row in rows]


def refused(hub: Hub, *, after: int = 0, limit: int = 100) -> list[dict[str, Any]]:
    """Agreements that were told and refused, and have not been taken since, oldest first."""
    with hub.store.read() as tx:
        return [agreement_reading.refusal(row) for row in agreements.refusals(tx, after=after, limit=limit)]


def told_before(hub: Hub, number: int, *, by: str) -> tuple[dict[str, Any], Telling]:
    """What was told and refused, and how to tell it again under its own key; NotFound when it is settled."""
    with hub.store.read() as tx:
        row = agreements.refusal(tx, number)
    if row is None or row.status != agreements.OPEN:
        raise NotFound(f"There is no refused agreement {number}.", mend="See them: concilia agreements refused.")
    return json.loads(row.body), Telling(by, row.key_id, row.idempotency_key)


@contextmanager
def _written(hub: Hub, *, dry_run: bool) -> Iterator[Tx]:
    """A writing transaction, undone at its end when it was only a rehearsal."""
    with suppress(_Rehearsed), hub.store.begin() as tx:
        yield tx
        _undo(dry_run)


def _undo(dry_run: bool) -> None:
    if dry_run:
        raise _Rehearsed


def _full(tx: Tx, row: AgreementRow, *, policy: AgreementPolicy, at: str) -> dict[str, Any]:
    history = agreements.events_of(tx, [row.id])[row.id]
    terms = rules.from_json(json.loads(row.terms))
    told = agreement_telling.references(row, events_known=len(history), debts_known=len(terms.debts))
    written = agreements.writings(tx, told, operation=agreement_telling.RECORD_AGREEMENT)
    names = ("connection", "reference", "state", "external_id", "changed_at")
    return {
        **agreement_reading.in_full(row, debtor=agreement_telling.golden_of(tx, terms)),
        "evaluation": _evaluation(tx, row, policy=policy, at=at),
        "history": [
            {name: getattr(line, name) for name in ("state", "happening", "at", "by", "reason")} for line in history
        ],
        "written_back": [{name: getattr(one, name) for name in names} for one in written],
    }


def _evaluation(tx: Tx, row: AgreementRow, *, policy: AgreementPolicy, at: str) -> dict[str, Any] | None:
    """How an agreement in force stands now; what ended one is in its history."""
    if State(row.state) not in IN_FORCE:
        return _last_evaluation(tx, row)
    terms = rules.from_json(json.loads(row.terms))
    loaded = agreement_evidence.load(tx, terms.debt_ids)
    calendar = calendar_of([loaded.rows[terms.debt_ids[0]]], policy)
    found = agreement_evaluation.evaluate(
        terms,
        agreement_evidence.evidence_of(terms, loaded),
        now=State(row.state),
        on=calendar.day_of(from_text(at)),
        calendar=calendar,
    )
    return agreement_evaluation.to_json(found)


def _last_evaluation(tx: Tx, row: AgreementRow) -> dict[str, Any] | None:
    history = agreements.events_of(tx, [row.id])[row.id]
    found = [json.loads(line.body) for line in history if line.body != "{}"]
    last: dict[str, Any] | None = found[-1] if found else None
    return last


def _debtor(tx: Tx, row: AgreementRow) -> str | None:
    return agreement_telling.golden_of(tx, rules.from_json(json.loads(row.terms)))


def _change(found: Judged) -> Change:
    return Change(found.row.id, found.row.kind, found.row.state, found.happening.value, found.reason)


def _calendar(workspace: Workspace, country: str, *, zone: str) -> BusinessDays:
    said = workspace.calendars.get(country, {})
    subdivision = str(said.get("subdivision", ""))
    if subdivision and (not is_known(country) or subdivision not in subdivisions(country)):
        known = ", ".join(subdivisions(country)) or "none"
        raise ConfigurationInvalid(
            f"{country} has no subdivision {subdivision!r} with holidays of its own.",
            mend=f"It has: {known}.",
            file=FILE,
            path=f"calendars.{country}.subdivision",
        )
    closed, opened = (_days(said.get(name, ()), f"calendars.{country}.{name}") for name in ("closed", "open"))
    return BusinessDays(country, subdivision, closed=closed, opened=opened, zone=zone)


def _days(texts: Sequence[str], path: str) -> frozenset[date]:
    try:
        return frozenset(date.fromisoformat(text) for text in texts)
    except ValueError as fault:
        raise ConfigurationInvalid(
            "a day is no date.", mend="Write days as 2026-12-07.", file=FILE, path=path
        ) from fault


def word(happening: Happening, *, by: str, reason: str = "", until: str = "") -> Word:
    """A person's word on an agreement; RequestInvalid when `until` is no date."""
    try:
        day = date.fromisoformat(until) if until else None
    except ValueError as fault:
        raise RequestInvalid("That is no date.", mend="Write it as 2026-11-22.", field="until") from fault
    return Word(happening, by, reason, day)
