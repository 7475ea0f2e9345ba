"""Whom somebody means: a debtor by its golden id or by any identifier, and debts of a decision. Stores nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from concilia.errors import NotFound, RequestInvalid
from concilia.portfolio.debt import document_key
from concilia.servicing.debtors import Identifiers, find, match_keys_for, standing_id
from concilia.servicing.register import find_debt
from concilia.store import contact_parties, debts
from concilia.store.unit_of_work import Tx

_SEARCH = "Search by name, tax id, phone or e-mail."


def debtor_named(tx: Tx, named: Mapping[str, Any]) -> str:
    """The golden id of the debtor named in one way: `id`, `tax_id`, `phone`, `email`, `debt`, or a system's own key.

    A merged id stands for where it went. NotFound when nobody is meant, RequestInvalid when several are.
    """
    if named.get("any"):
        return _called(tx, str(named["any"]))
    if named.get("id"):
        found = standing_id(tx, str(named["id"]))
        if found is None:
            raise NotFound("There is no such debtor.", mend=_SEARCH)
        return found
    return _one(_named(tx, named))


def asked_about(tx: Tx, named: Mapping[str, Any]) -> str:
    """The same for a decision, which follows merges itself: an id is not looked up here."""
    return str(named["id"]) if named.get("id") else debtor_named(tx, named)


def debts_named(tx: Tx, told: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The ids of debts named by hub id, by a system's own key, or by document."""
    return tuple(dict.fromkeys(find_debt(tx, one).id for one in told))


def _called(tx: Tx, text: str) -> str:
    """The debtor a person means by golden id, e-mail, tax id, document or phone: by the first of these that fits."""
    standing = standing_id(tx, text)
    if standing is not None:
        return standing
    ways = ("email",) if "@" in text else ("tax_id", "debt", "phone")
    found: list[str] = next((golden for way in ways if (golden := find(tx, Identifiers(**{way: text})))), [])
    return _one(found)


def _named(tx: Tx, named: Mapping[str, Any]) -> list[str]:
    if named.get("connection"):
        row = find_debt(tx, named)
        return sorted(set(debts.goldens_of(tx, [row.debtor_id] if row.debtor_id is not None else []).values()))
    if named.get("debt"):
        return contact_parties.owing(tx, str(named["debt"]), document=document_key(str(named["debt"])) or "")
    asked = {name: str(named.get(name) or "") for name in ("tax_id", "phone", "email", "country")}
    return contact_parties.holding(tx, match_keys_for(Identifiers(**asked)))


def _one(found: Sequence[str]) -> str:
    if not found:
        raise NotFound("Nobody is known by that.", mend=_SEARCH)
    if len(found) > 1:
        raise RequestInvalid(
            f"That names {len(found)} debtors.",
            mend="Name the debtor by its id or its tax id.",
            field="debtor",
            code="contact-several-debtors",
        )
    return found[0]
