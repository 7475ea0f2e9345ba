"""What debtors and people say of contact: consents, prohibitions, disputes, holds. Recorded, ended, listed.

Nothing is deleted: what ended says when, by whom and why. A no concerns everybody behind the golden record, so that
it outlives a split; a yes only those who state the contact point it was given for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any, Final, TypeVar

from concilia.clock import from_text, to_text
from concilia.errors import NotFound, RequestInvalid
from concilia.normalize.emails import normalize_email
from concilia.normalize.phones import normalize_phone
from concilia.portfolio.contact_rules.policy import ContactPolicy
from concilia.servicing import contact_evidence, contact_gathering
from concilia.servicing.contact_evidence import Allowed
from concilia.servicing.contact_gathering import Party
from concilia.store import contact_terms, golden, locks
from concilia.store.contact_terms import ConsentRow, DisputeRow, HoldRow, ProhibitionRow
from concilia.store.unit_of_work import Tx

CONSENT_STATES: Final = ("granted", "denied", "revoked")
OPT_OUT: Final = "opt_out"
PROHIBITED_FOR: Final = (
    OPT_OUT, "wrong_party", "deceased", "minor", "legal_representation", "insolvency", "dispute", "agreement",
    "authority_order", "regulator_register", "data_block", "fraud_victim",
)  # fmt: skip
DISPUTE_KINDS: Final = (
    "billing_error", "already_paid", "not_my_debt", "goods_or_service", "amount", "fraud", "harassment_complaint",
    "data_rights",
)  # fmt: skip
RESOLUTIONS: Final = ("upheld", "partially_upheld", "rejected", "withdrawn")
HELD_FOR: Final = (
    "payment_announced", "paid_unposted", "legal", "insolvency", "fraud", "data_subject_block", "authority_order",
    "other",
)  # fmt: skip
_WHOLE: Final = ("channel", "purpose", "evidence")

Row = TypeVar("Row", ProhibitionRow, HoldRow)


@dataclass(frozen=True, slots=True)
class Word:
    """Something said by whom and when it reached us; `told` are its plain members, instants read already."""

    told: Mapping[str, Any]
    by: str
    now: datetime

    def text(self, name: str) -> str:
        """A member as text, empty when it was left out."""
        return str(self.told.get(name) or "")

    def moment(self, name: str) -> str | None:
        """A member that is an instant, as stored."""
        found = self.told.get(name)
        return to_text(found) if isinstance(found, datetime) else None

    @property
    def at(self) -> str:
        """When it reached us, as stored."""
        return to_text(self.now)


def consent(tx: Tx, golden_id: str, word: Word, *, policy: ContactPolicy) -> dict[str, Any]:
    """Record what the debtor said of a channel, a contact point or a purpose."""
    locks.in_turn(tx, f"contact:{golden_id}")
    party = party_of(tx, golden_id, policy=policy, now=word.now)
    kind, value = contact_point(party, word.told)
    captured = word.moment("captured_at") or word.at
    if captured > word.at:
        raise RequestInvalid("Nobody consents in the future.", mend="Correct the day.", field="captured_at")
    granted = word.text("state") == "granted"
    number = contact_terms.next_id(tx, ConsentRow)
    rows = [
        ConsentRow(
            id=number,
            debtor_id=debtor,
            state=word.text("state"),
            contact_type=kind,
            contact_value=value,
            captured_at=captured,
            expires_at=word.moment("expires_at"),
            legal_basis=word.text("legal_basis"),
            text_version=word.text("text_version"),
            by=word.by,
            recorded_at=word.at,
            **{name: word.text(name) for name in _WHOLE},
        )
        for debtor in (party.stating(value) if granted and value else party.debtor_ids)
    ]
    contact_terms.add(tx, rows)
    if granted:
        yes = Allowed(captured, word.by, word.at, word.text("channel"), kind, value)
        contact_evidence.allow(tx, [row.debtor_id for row in rows], yes)
    return told(rows)


def prohibit(tx: Tx, golden_id: str, word: Word, *, policy: ContactPolicy, debt_id: str = "") -> dict[str, Any]:
    """Record a contact that must not be made: of the whole debtor, or of a point, channel, debt or purpose."""
    locks.in_turn(tx, f"contact:{golden_id}")
    party = party_of(tx, golden_id, policy=policy, now=word.now)
    kind, value = contact_point(party, word.told)
    number = contact_terms.next_id(tx, ProhibitionRow)
    rows = [
        ProhibitionRow(
            id=number,
            debtor_id=debtor,
            reason=word.text("reason"),
            contact_type=kind,
            contact_value=value,
            debt_id=debt_id,
            since=word.moment("since") or word.at,
            until=word.moment("until"),
            by=word.by,
            recorded_at=word.at,
            **{name: word.text(name) for name in _WHOLE},
        )
        for debtor in party.debtor_ids
    ]
    contact_terms.add(tx, rows)
    return told(rows)


def hold(tx: Tx, subjects: Sequence[str], word: Word) -> dict[str, Any]:
    """Let debts or a party alone for now; `subjects` are `debt:…` and `debtor:…`."""
    number = contact_terms.next_id(tx, HoldRow)
    rows = [
        HoldRow(
            id=number,
            subject=subject,
            reason=word.text("reason"),
            since=word.moment("since") or word.at,
            until=word.moment("until"),
            evidence=word.text("evidence"),
            by=word.by,
            recorded_at=word.at,
        )
        for subject in subjects
    ]
    contact_terms.add(tx, rows)
    return told(rows)


def announce(tx: Tx, debt_ids: Sequence[str], *, by: str, at: str) -> None:
    """Somebody said that these debts are paid: they are let alone for as long as the rules believe it."""
    if debt_ids:
        word = Word({"reason": contact_gathering.ANNOUNCED}, by, from_text(at))
        hold(tx, [f"debt:{one}" for one in debt_ids], word)


def lift(tx: Tx, kind: type[Row], number: int, word: Word) -> dict[str, Any]:
    """End a prohibition or a hold, saying why; repeating it changes nothing. NotFound for an unknown number."""
    rows = contact_terms.numbered(tx, kind, number)
    if not rows:
        raise NotFound("There is nothing under that number.", mend="List what stands on the debtor.")
    if rows[0].lifted_at is None:
        ended: dict[str, Any] = {"lifted_at": word.at, "lifted_by": word.by, "lifted_because": word.text("because")}
        rows = [replace(row, **ended) for row in rows]
        contact_terms.replaced(tx, rows)
        _allow_again(tx, rows, word)
    return told(rows)


def _allow_again(tx: Tx, rows: Sequence[ProhibitionRow | HoldRow], word: Word) -> None:
    """An opt-out that is lifted is one no more where it was heard of a contact point."""
    found = [row for row in rows if isinstance(row, ProhibitionRow) and row.reason == OPT_OUT]
    for row in found:
        yes = Allowed(word.at, word.by, word.at, row.channel, row.contact_type, row.contact_value)
        contact_evidence.allow(tx, [row.debtor_id], yes)


def dispute(tx: Tx, debt_ids: Sequence[str], word: Word) -> dict[str, Any]:
    """Open a dispute about debts; they are not asked for until it is resolved, unless its effect is `none`."""
    due = word.text("response_due")
    try:
        date.fromisoformat(due or "2026-01-01")
    except ValueError as fault:
        raise RequestInvalid("That is no date.", mend="Write it as 2026-11-22.", field="response_due") from fault
    number = contact_terms.next_id(tx, DisputeRow)
    rows = [
        DisputeRow(
            id=number,
            debt_id=debt_id,
            kind=word.text("kind"),
            effect=word.text("effect") or "hold",
            status="open",
            amount=word.told.get("amount"),
            opened_at=word.moment("opened_at") or word.at,
            opened_via=word.text("opened_via"),
            authority=word.text("authority"),
            case_id=word.text("case_id"),
            response_due=due or None,
            evidence=word.text("evidence"),
            by=word.by,
            recorded_at=word.at,
        )
        for debt_id in debt_ids
    ]
    contact_terms.add(tx, rows)
    return told(rows)


def resolve(tx: Tx, number: int, word: Word) -> dict[str, Any]:
    """End a dispute; repeating it with the same resolution changes nothing, with another one it is refused."""
    rows = contact_terms.numbered(tx, DisputeRow, number)
    if not rows:
        raise NotFound("There is no such dispute.", mend="List them: GET /v1/disputes.")
    resolution = word.text("resolution")
    if rows[0].resolution not in (None, resolution):
        raise RequestInvalid(
            f"This dispute ended as {rows[0].resolution}.", mend="Open another one.", field="resolution",
            code="dispute-resolved",
        )  # fmt: skip
    if rows[0].resolution is None:
        ended: dict[str, Any] = {
            "resolved_at": word.at,
            "resolved_by": word.by,
            "note": word.text("note"),
            "resolution": resolution,
        }
        rows = [replace(row, status="closed", **ended) for row in rows]
        contact_terms.replaced(tx, rows)
    return told(rows)


def standing(tx: Tx, golden_id: str, *, policy: ContactPolicy, now: datetime) -> dict[str, Any]:
    """Everything said of contact with a debtor: what stands, and what has ended."""
    return said_of(tx, party_of(tx, golden_id, policy=policy, now=now))


def said_of(tx: Tx, party: Party) -> dict[str, Any]:
    """Everything said of contact with a party that was gathered already."""
    debt_ids = [debt.id for debt in party.facts.debts]
    subjects = [*(f"debt:{one}" for one in debt_ids), *(f"debtor:{one}" for one in party.debtor_ids)]
    return {
        "debtor": party.golden_id,
        "consents": _each(contact_terms.consents_of(tx, party.debtor_ids)),
        "prohibitions": _each(contact_terms.prohibitions_of(tx, party.debtor_ids)),
        "disputes": _each(contact_terms.disputes_of(tx, debt_ids)),
        "holds": _each(contact_terms.holds_on(tx, subjects)),
    }


def disputes(tx: Tx, *, status: str, after: int, limit: int) -> list[dict[str, Any]]:
    """Disputes of one status or of all, in order of number."""
    return _each(contact_terms.listed_disputes(tx, status=status, after=after, limit=limit))


def party_of(tx: Tx, golden_id: str, *, policy: ContactPolicy, now: datetime) -> Party:
    """A golden debtor as contact looks at it; NotFound for an unknown one."""
    row = golden.load(tx, [golden_id]).get(golden_id)
    if row is None:
        raise NotFound("There is no such debtor.", mend="Search by name, tax id, phone or e-mail.")
    return contact_gathering.gather(tx, [row], policy=policy, at=now, now=now)[golden_id]


def contact_point(party: Party, said: Mapping[str, Any]) -> tuple[str, str]:
    """Type and canonical value of the contact point meant; two empty texts when none is."""
    named = said.get("contact_point")
    if not named:
        return "", ""
    kind, value = str(named["type"]), str(named["value"])
    match kind:
        case "phone":
            read = normalize_phone(value, party.country).value
        case "email":
            read = normalize_email(value).value
        case _:
            read = value
    if not read:
        raise RequestInvalid(f"That is no {kind}.", mend="Write it as the debtor shows it.", field="contact_point")
    return kind, read


def told(rows: Sequence[Any]) -> dict[str, Any]:
    """What was recorded under one number: its members once, and whom or what it concerns."""
    found = asdict(rows[0])
    if "debt_id" in found and isinstance(rows[0], DisputeRow):
        found = {**found, "debts": [row.debt_id for row in rows]}
        del found["debt_id"]
    if isinstance(rows[0], HoldRow):
        found = {**found, "debts": _named("debt:", rows), "whole_debtor": bool(_named("debtor:", rows))}
        del found["subject"]
    found.pop("debtor_id", None)
    return found


def _named(prefix: str, rows: Iterable[HoldRow]) -> list[str]:
    return [row.subject.removeprefix(prefix) for row in rows if row.subject.startswith(prefix)]


def _each(rows: Sequence[Any]) -> list[dict[str, Any]]:
    """Each number once."""
    by_number: dict[int, list[Any]] = {}
    for row in rows:
        by_number.setdefault(row.id, []).append(row)
    return [told(group) for group in by_number.values()]
