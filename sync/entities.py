"""Store what mapping made of records: claims of debtors, debts, payments and roles. Everything becomes pending."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from concilia import keys
from concilia.clock import to_text
from concilia.normalize.verdict import Verdict
from concilia.portfolio import debt, party, payment
from concilia.portfolio.debt import LedgerPolicy
from concilia.portfolio.party import DebtorReference, DebtReference
from concilia.records import Record, content_hash, to_wire
from concilia.servicing.debts import bring_up_to_date
from concilia.store import bulk, crosswalk, debts, ledger, roles, sources
from concilia.store.crosswalk import StoredClaim
from concilia.store.debts import SourceDebt
from concilia.store.ledger import SourcePayment
from concilia.store.roles import RoleRow
from concilia.store.unit_of_work import Tx
from mapping.entity_map import Mapped
from sync.streams import StreamPlan

_NAMES_NOBODY = (Verdict.PLACEHOLDER, Verdict.EMPTY)


@dataclass(frozen=True, slots=True)
class Landing:
    """Where a page is being stored: the stream, the run, the moment, and whose word counts for money."""

    plan: StreamPlan
    run_id: int
    at: str
    policy: LedgerPolicy
    reading: frozenset[int] = frozenset()  # this run, and the killed ones it goes on with
    guard: Callable[[Tx, Sequence[MappedRecord]], None] | None = None  # may stop the reading before a page is stored


@dataclass(frozen=True, slots=True)
class Incoming:
    """A record with its stored form."""

    record: Record
    key: str
    wire: str
    hash: str


@dataclass(frozen=True, slots=True)
class MappedRecord:
    """A record under its id, with what its mapping made of it."""

    id: int
    incoming: Incoming
    mapped: Mapped
    received_at: str
    is_new: bool


def store_entities(tx: Tx, accepted: Sequence[MappedRecord], *, landing: Landing) -> None:
    """Swap what these records said before for what they say now."""
    changed = [one.id for one in accepted if not one.is_new]
    issues = [
        (one.id, n, landing.plan.connection, i.entity, i.field, i.column, i.value, i.code, i.reason)
        for one in accepted
        for n, i in enumerate(one.mapped.issues)
    ]
    sources.replace_issues(tx, changed, issues)
    _store_debtors(tx, accepted, changed=changed, landing=landing)
    _store_debts(tx, accepted, changed=changed, landing=landing)
    _store_payments(tx, accepted, landing=landing)


def _store_debtors(tx: Tx, accepted: Sequence[MappedRecord], *, changed: Sequence[int], landing: Landing) -> None:
    plan = landing.plan
    wanted = [(plan.stream, _debtor_name(one, c.key)) for one in accepted for c in one.mapped.debtors]
    beside = [_address(one, role.debtor, plan) for one in accepted for role in one.mapped.roles]
    ids = crosswalk.debtor_ids(tx, plan.connection, [*wanted, *beside])
    claims = [
        StoredClaim(
            record_id=one.id,
            ordinal=n,
            debtor_id=ids[(plan.stream, _debtor_name(one, claim.key))],
            body=_text(party.claim_to_json(claim)),
            source_updated_at=moment_of(one.incoming.record),
            received_at=one.received_at,
        )
        for one in accepted
        for n, claim in enumerate(one.mapped.debtors)
    ]
    crosswalk.replace_claims(tx, changed, claims)
    rows = [
        RoleRow(
            record_id=one.id,
            ordinal=n,
            debtor_id=ids[_address(one, role.debtor, plan)],
            debt_connection=role.debt.connection or plan.connection,
            debt_stream=role.debt.stream or plan.debt_stream,
            debt_key=keys.external_id(role.debt.key) if role.debt.key else None,
            document=debt.document_key(role.debt.document),
            role=role.role,
            liability=role.liability,
        )
        for one in accepted
        for n, role in enumerate(one.mapped.roles)
    ]
    roles.replace(tx, changed, rows)


def _store_debts(tx: Tx, accepted: Sequence[MappedRecord], *, changed: Sequence[int], landing: Landing) -> None:
    plan = landing.plan
    stated = {keys.external_id(c.key): (one, c) for one in accepted for c in one.mapped.debts}
    known = debts.find_sources(tx, plan.connection, stream=plan.stream, external_ids=stated)
    fresh = [external for external in stated if external not in known]
    first = bulk.reserve(tx, "source_debt", len(fresh)) if fresh else 0
    numbers = {external: first + n for n, external in enumerate(fresh)}
    rows = []
    for external, (one, claim) in stated.items():
        before = known.get(external)
        stream, key = (None, None) if claim.debtor is None else _address(one, claim.debtor, plan)
        rows.append(
            SourceDebt(
                id=before.id if before else numbers[external],
                record_id=one.id,
                connection=plan.connection,
                stream=plan.stream,
                external_id=external,
                body=_text(debt.claim_to_json(claim)),
                creditor=claim.fields.get("creditor") or plan.creditor,
                debtor_stream=stream,
                debtor_key=key,
                debtor_id=None,
                debt_id=before.debt_id if before else None,
                pending=1,
                waiting=None,
                document=debt.document_key(claim.fields.get("document")),
                stated_at=one.received_at,
                # Read just now, it is there; mapped again, it is where it was.
                missing_since=before.missing_since if before and not landing.reading else None,
            )
        )
    debts.store_sources(tx, rows)
    _forget_unstated(tx, changed, kept={row.id for row in rows}, landing=landing)


def _address(one: MappedRecord, named: DebtorReference, plan: StreamPlan) -> tuple[str, str]:
    """Stream and external id of a debtor that a record refers to."""
    if named.stream in (None, plan.stream) and plan.debtor_stream == plan.stream:
        return plan.stream, _debtor_name(one, named.key)
    return named.stream or plan.debtor_stream, keys.external_id(named.key)


def _debtor_name(one: MappedRecord, key: tuple[str, ...]) -> str:
    """The external id of a debtor: its key, with the record's own added where the key is a placeholder.

    Everybody without a tax id is written under the same 66.666.666-6: as a key it would make them one debtor.
    """
    stand_ins = {i.raw.strip() for c in one.mapped.debtors for i in c.identifiers if i.verdict in _NAMES_NOBODY}
    return keys.external_id((*key, *one.incoming.record.key) if stand_ins.intersection(key) else key)


def _forget_unstated(tx: Tx, changed: Sequence[int], *, kept: set[int], landing: Landing) -> None:
    gone = [row for row in debts.of_records(tx, changed) if row.id not in kept]
    if gone:
        debts.remove_sources(tx, [row.id for row in gone])
        affected = [row.debt_id for row in gone if row.debt_id]
        bring_up_to_date(tx, affected, policy=landing.policy, at=landing.at)


def _store_payments(tx: Tx, accepted: Sequence[MappedRecord], *, landing: Landing) -> None:
    plan = landing.plan
    stated = {keys.external_id(c.key): (one, c) for one in accepted for c in one.mapped.payments}
    known = ledger.find_sources(tx, plan.connection, stream=plan.stream, external_ids=stated)
    fresh = [external for external in stated if external not in known]
    first = bulk.reserve(tx, "source_payment", len(fresh)) if fresh else 0
    numbers = {external: first + n for n, external in enumerate(fresh)}
    rows = [
        SourcePayment(
            id=known[external].id if external in known else numbers[external],
            record_id=one.id,
            connection=plan.connection,
            stream=plan.stream,
            external_id=external,
            body=_text(payment.claim_to_json(_addressed(claim, plan))),
            payment_id=known[external].payment_id if external in known else None,
            pending=1,
            waiting=None,
        )
        for external, (one, claim) in stated.items()
    ]
    ledger.store_sources(tx, rows)


def _addressed(claim: payment.PaymentClaim, plan: StreamPlan) -> payment.PaymentClaim:
    """The claim with every debt reference naming its connection and stream."""
    parts = tuple(
        payment.Allocation(
            DebtReference(
                key=a.debt.key,
                connection=a.debt.connection or plan.connection,
                stream=a.debt.stream or plan.debt_stream,
                document=a.debt.document,
            ),
            a.amount,
        )
        for a in claim.allocations
    )
    return payment.PaymentClaim(claim.key, claim.fields, parts)


def _text(found: Mapping[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def incoming_of(record: Record) -> Incoming:
    """The record with its key, stored form and content hash."""
    wire = to_wire(record.fields)
    return Incoming(record, keys.external_id(record.key), wire, content_hash(wire))


def moment_of(record: Record) -> str | None:
    """When the source says that the record changed, as stored."""
    return None if record.source_updated_at is None else to_text(record.source_updated_at)
