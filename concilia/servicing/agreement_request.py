"""Read an agreement as told into terms: find its debts and its debtor, read amounts and days. Stores nothing.

What cannot be read or agreed is a RequestInvalid with a code of its own; `refused` makes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from concilia.errors import NotFound, RequestInvalid
from concilia.money import DECIMALS, parse_amount
from concilia.portfolio import agreement as rules
from concilia.portfolio.agreement import Due, Every, Kind, Terms
from concilia.portfolio.agreement_terms import MOST_DEBTS, MOST_PARTS, Objection, OwedDebt, Situation, cover
from concilia.portfolio.business_days import BusinessDays
from concilia.portfolio.debt import LedgerPolicy
from concilia.servicing.debtors import standing_id
from concilia.servicing.register import find_debt
from concilia.store import agreements, debts
from concilia.store.debts import DebtRow
from concilia.store.unit_of_work import Tx

_EARLIEST, _LATEST = date(1990, 1, 1), date(2150, 12, 31)
SAID: Final = ("channel", "agent", "role", "interaction", "evidence", "authority", "conditions")


@dataclass(frozen=True, slots=True)
class AgreementPolicy:
    """What agreements are governed by. `tells` are the connections that are told of them, each approved apart.

    `calendars` gives each connection its business days; `tolerance_days` is what an agreement has that names none.
    """

    ledger: LedgerPolicy
    calendars: Mapping[str, BusinessDays]
    tells: frozenset[str] = frozenset()
    tolerance_days: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """An agreement as read: its terms, what to look at them against, and the debtor it is made with."""

    terms: Terms
    situation: Situation
    golden_id: str
    proposed: bool


def refused(found: Objection) -> RequestInvalid:
    """The error of an objection."""
    return RequestInvalid(found.message, mend=found.mend, field=found.field, code=found.code)


def calendar_of(rows: Sequence[DebtRow], policy: AgreementPolicy) -> BusinessDays:
    """The business days of whoever owns the first debt; weekends alone for an owner that is configured no more."""
    return policy.calendars.get(rows[0].owner) or BusinessDays("")


def owed(tx: Tx, rows: Sequence[DebtRow]) -> list[OwedDebt]:
    """Debts as the rules look at them, with the agreements that hold them."""
    held = agreements.standing_on(tx, [row.id for row in rows])
    return [OwedDebt(row.id, row.unit, Decimal(row.balance), row.status, held.get(row.id)) for row in rows]


def read(tx: Tx, body: Mapping[str, Any], *, policy: AgreementPolicy, moment: datetime) -> Request:
    """The request that a body makes; RequestInvalid with its code when it cannot be read."""
    kind = _kind(body)
    wanted = _debts(tx, body)
    rows = [row for row, _ in wanted]
    golden_id = _debtor(tx, rows, str(body.get("debtor") or ""))
    today = calendar_of(rows, policy).day_of(moment)
    unit = _unit(body, rows[0])
    asked = [(debt, said) for debt, (_, said) in zip(owed(tx, rows), wanted, strict=True)]
    said_amounts = [(debt, None if said is None else _amount(said, unit, "debts")) for debt, said in asked]
    draft = Terms(
        kind=kind,
        unit=unit,
        debts=cover(kind, said_amounts, promised=Decimal(0)),
        schedule=(),
        agreed_on=_day(body, "agreed_on") or today,
        tolerance_days=_days_tolerated(body, policy),
        tolerance_amount=_amount(str(body.get("tolerance_amount") or "0"), unit, "tolerance_amount"),
        expires_on=_day(body, "expires_on"),
        after_application=agreements.last_application(tx),
        said={name: str(body[name]) for name in SAID if body.get(name)},
    )
    draft = replace(draft, discount=_discount(body, draft))
    draft = replace(draft, schedule=_schedule(body, draft))
    terms = replace(draft, debts=cover(kind, said_amounts, promised=draft.promised))
    situation = Situation([debt for debt, _ in asked], today, str(body.get("replaces") or "") or None)
    return Request(terms, situation, golden_id, proposed=bool(body.get("proposed")))


def _kind(body: Mapping[str, Any]) -> Kind:
    try:
        return Kind(str(body.get("kind")))
    except ValueError as fault:
        known = ", ".join(Kind)
        raise refused(
            Objection("agreement-unknown-kind", "That is no kind of agreement.", f"Use one of: {known}.", "kind")
        ) from fault


def _debts(tx: Tx, body: Mapping[str, Any]) -> list[tuple[DebtRow, str | None]]:
    told = body.get("debts") or []
    if not 1 <= len(told) <= MOST_DEBTS:
        raise refused(
            Objection("agreement-no-debts", f"It names {len(told)} debts.", f"Name 1 to {MOST_DEBTS} debts.", "debts")
        )
    found = [(_debt(tx, one["debt"]), one.get("amount")) for one in told]
    if len({row.id for row, _ in found}) < len(found):
        raise refused(Objection("agreement-debt-twice", "It names a debt twice.", "Name each debt once.", "debts"))
    return found


def _debt(tx: Tx, named: Mapping[str, Any]) -> DebtRow:
    try:
        return find_debt(tx, named)
    except NotFound as fault:
        raise refused(Objection("agreement-unknown-debt", fault.message, fault.mend, "debts")) from fault
    except RequestInvalid as fault:
        mend = "Name it by connection and external_id, or by its id."
        raise refused(Objection("agreement-ambiguous-debt", fault.message, mend, "debts")) from fault


def _debtor(tx: Tx, rows: Sequence[DebtRow], named: str) -> str:
    """The golden debtor of all these debts; it must be the one named, if one is."""
    goldens = debts.goldens_of(tx, [row.debtor_id for row in rows if row.debtor_id is not None])
    holders = {goldens.get(row.debtor_id or -1, "") for row in rows}
    if named:
        _check_debtor(tx, named)
    if "" in holders:
        raise refused(
            Objection(
                "agreement-unknown-debtor", "Nobody is known to owe that debt.", "Sync its system first.", "debts"
            )
        )
    if len(holders) > 1 or (named and holders != {named}):
        raise refused(
            Objection(
                "agreement-other-debtor",
                "The debts do not all belong to that debtor." if named else "The debts belong to several debtors.",
                "Make one agreement for each debtor.",
                "debts",
            )
        )
    return holders.pop()


def _check_debtor(tx: Tx, named: str) -> None:
    standing = standing_id(tx, named)
    if standing is None:
        raise refused(
            Objection("agreement-unknown-debtor", "There is no such debtor.", "Look it up by tax id.", "debtor")
        )
    if standing != named:
        raise refused(
            Objection(
                "agreement-merged-debtor",
                f"Debtor {named} was merged into {standing}.",
                f"See who that is, and name {standing} if the agreement was made with them.",
                "debtor",
            )
        )


def _unit(body: Mapping[str, Any], debt: DebtRow) -> str:
    unit = str(body.get("unit") or debt.unit)
    if unit not in DECIMALS:
        raise refused(
            Objection("agreement-unknown-unit", "That is no known unit.", "Use a code such as CLP or CLF.", "unit")
        )
    return unit


def _amount(text: str, unit: str, member: str) -> Decimal:
    """An amount as told. `15.000` is fifteen thousand to whoever writes it so: too many decimals are refused."""
    try:
        amount = parse_amount(text)
    except ValueError as fault:
        mend = 'Write digits with a point and no thousands, such as "15000" or "15000.50".'
        raise refused(Objection("agreement-bad-amount", "That is no amount.", mend, member)) from fault
    if abs(amount) >= 10**15 or len(text.strip().partition(".")[2]) > max(2, DECIMALS[unit]):
        mend = f"{unit} has {DECIMALS[unit]} decimals; write no thousands."
        raise refused(Objection("agreement-bad-amount", f"That is no amount in {unit}.", mend, member))
    return amount


def _day(body: Mapping[str, Any], member: str) -> date | None:
    text = body.get(member)
    if not text:
        return None
    try:
        found = date.fromisoformat(str(text))
    except ValueError as fault:
        raise refused(Objection("agreement-bad-date", "That is no date.", "Write it as 2026-11-22.", member)) from fault
    if not _EARLIEST <= found <= _LATEST:
        raise refused(Objection("agreement-bad-date", f"Nobody agrees on {found}.", "Check the year.", member))
    return found


def _days_tolerated(body: Mapping[str, Any], policy: AgreementPolicy) -> int:
    said = body.get("tolerance_days")
    return policy.tolerance_days if said is None else int(said)


def _discount(body: Mapping[str, Any], draft: Terms) -> Decimal:
    said, percent = body.get("discount"), body.get("discount_percent")
    if said and percent:
        raise refused(
            Objection("agreement-bad-discount", "It names a discount twice.", "As an amount or in percent.", "discount")
        )
    if percent:
        share = _amount(str(percent), "UYI", "discount_percent")  # percent with up to four decimals
        if not 0 < share < 100:
            raise refused(
                Objection("agreement-bad-discount", "That is no share.", "More than 0, less than 100.", "discount")
            )
        return rules.discounted(draft.covered, percent=share, unit=draft.unit)
    return _amount(str(said), draft.unit, "discount") if said else Decimal(0)


def _schedule(body: Mapping[str, Any], draft: Terms) -> tuple[Due, ...]:
    told, spread = body.get("schedule") or [], body.get("spread")
    if bool(told) == bool(spread) or len(told) > MOST_PARTS:
        raise _bad_schedule("Give either its parts or how to spread it.", f"schedule has 1 to {MOST_PARTS} parts.")
    if not spread:
        parts = [(_day(one, "due_date"), _amount(str(one["amount"]), draft.unit, "schedule")) for one in told]
        return rules.scheduled([(day, amount) for day, amount in parts if day is not None])
    return _spread(spread, draft)


def _spread(spread: Mapping[str, Any], draft: Terms) -> tuple[Due, ...]:
    """Equal parts of all that is to be paid, after a down payment if there is one."""
    if draft.kind is Kind.PROMISE:
        raise _bad_schedule("A promise names its amounts.", "Give schedule, or make it a plan.")
    count, first = int(spread["count"]), _day(spread, "first_due")
    if not 1 <= count <= MOST_PARTS or first is None:
        raise _bad_schedule("That is no number of instalments.", f"count is 1 to {MOST_PARTS}, with a first_due.")
    every = Every(str(spread.get("every") or Every.MONTH))
    total = draft.covered - draft.discount
    down, down_day = _down_payment(spread, draft)
    amounts = rules.equal_parts(total - down, unit=draft.unit, count=count)
    days = rules.due_days(first, count=count, every=every)
    return rules.scheduled([*([(down_day, down)] if down else []), *zip(days, amounts, strict=True)])


def _down_payment(spread: Mapping[str, Any], draft: Terms) -> tuple[Decimal, date]:
    said = spread.get("down_payment")
    if not said:
        return Decimal(0), draft.agreed_on
    return _amount(str(said), draft.unit, "spread"), _day(spread, "down_payment_due") or draft.agreed_on


def _bad_schedule(message: str, mend: str) -> RequestInvalid:
    return refused(Objection("agreement-bad-schedule", message, mend, "schedule"))
