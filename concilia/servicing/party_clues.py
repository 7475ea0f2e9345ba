"""The ways in which a channel named its party, as keys, and whom each names now. Decides nothing, stores nothing."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from concilia.errors import RequestInvalid
from concilia.normalize.emails import normalize_email
from concilia.normalize.phones import Phone, normalize_phone
from concilia.portfolio.debt import document_key
from concilia.portfolio.interaction import CHANNEL_ID, Clue
from concilia.servicing.debtors import COUNTRIES, Identifiers, match_keys_for
from concilia.store import contacts, crosswalk, debts, golden, interactions
from concilia.store.debts import DebtRow, SourceDebt
from concilia.store.interactions import RULED, LearntRow
from concilia.store.unit_of_work import Tx

Named = Mapping[str, Any]
DEBT_AT: Final = "debt_at"
_MOST: Final = 500  # source debtors under one key; what more than that share names nobody


def clues_of(named: Named) -> list[Clue]:
    """The clues of what was told, without those that can be nobody's; RequestInvalid when none is left."""
    found = [Clue(kind, keys) for kind, read in _READERS.items() if (keys := read(named))]
    if not found:
        raise RequestInvalid(
            "Nothing in party can be anybody's: numbers that are none, or stand-ins.",
            mend="Write phones with + and their country, or say the country the numbers are of.",
            field="party",
            code="interaction-party-unusable",
        )
    return found


def looked_up(tx: Tx, clues: Sequence[Clue]) -> list[Clue]:
    """The clues with whom they name now."""
    return [replace(clue, holders=_holders(tx, clue)) for clue in clues]


def debt_keys(rows: Sequence[SourceDebt]) -> list[str]:
    """The keys under which somebody may wait for one of these debts."""
    found = [f"{DEBT_AT}:{row.connection}:{row.external_id}" for row in rows]
    found += [f"document:{row.document}" for row in rows if row.document]
    return [*found, *(f"debt:{row.debt_id}" for row in rows if row.debt_id)]


def debts_meant(tx: Tx, named: Named) -> list[DebtRow]:
    """The debts that a reference may mean: by hub id, by a connection's own key, or by document number."""
    return _under(tx, keys_of_debt(named))


def keys_of_debt(named: Named) -> tuple[str, ...]:
    """The key under which a debt would be found."""
    if named.get("id"):
        return (f"debt:{named['id']}",)
    if named.get("document"):
        key = document_key(named["document"])
        return (f"document:{key}",) if key else ()
    return (f"{DEBT_AT}:{named['connection']}:{named['external_id']}",) if named else ()


def denied(clues: Sequence[Clue], identifiers: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a tax id that nobody has was told of a debtor who has another one of that kind."""
    kinds = {f"id:{one['country']}:{one['type']}" for one in identifiers if "retired" not in one}
    unknown = (clue for clue in clues if clue.kind == "tax_id" and not clue.holders)
    return any(key.rpartition(":")[0] in kinds for clue in unknown for key in clue.keys)


def channel_id(clues: Sequence[Clue]) -> str:
    """The key of the channel's own id, if one was told."""
    return next((clue.keys[0] for clue in clues if clue.kind == CHANNEL_ID), "")


def _holders(tx: Tx, clue: Clue) -> dict[str, tuple[int, ...]]:
    match clue.kind:
        case "id":
            return _standing(tx, clue.keys[0].partition(":")[2])
        case "decision":
            return _decided(tx, clue.keys[0].partition(":")[2])
        case "debt":
            return _by_golden(tx, _owing(tx, clue.keys))
        case "external_id":
            return _by_golden(tx, _known_as(tx, clue.keys[0]))
        case "bsuid":
            return _by_golden(tx, [*_learnt(tx, clue.keys[:1]), *_held(tx, clue.keys[1:])])
        case _:
            return _by_golden(tx, _held(tx, clue.keys))


def _held(tx: Tx, keys: Sequence[str]) -> list[int]:
    held = crosswalk.holders(tx, keys)
    return [debtor for group in held.values() if len(group) <= _MOST for debtor in group]


def _standing(tx: Tx, golden_id: str) -> dict[str, tuple[int, ...]]:
    row = golden.load(tx, [golden_id]).get(golden_id)
    return {golden_id: ()} if row is not None and row.status == golden.ACTIVE else {}


def _decided(tx: Tx, decision_id: str) -> dict[str, tuple[int, ...]]:
    row = contacts.decision(tx, decision_id)
    return {} if row is None else _by_golden(tx, [row.debtor_id])


def _owing(tx: Tx, keys: Sequence[str]) -> list[int]:
    return [row.debtor_id for row in _under(tx, keys) if row.debtor_id is not None]


def _under(tx: Tx, keys: Sequence[str]) -> list[DebtRow]:
    rows: list[DebtRow] = []
    for key in keys:
        kind, _, name = key.partition(":")
        match kind:
            case "debt":
                rows += debts.load(tx, [name]).values()
            case "document":
                rows += debts.by_document(tx, [name]).get(name, [])
            case _:
                connection, _, external = name.partition(":")
                stated = debts.stated_as(tx, connection, external)
                rows += debts.load(tx, [stated] if stated else []).values()
    return rows


def _known_as(tx: Tx, key: str) -> list[int]:
    connection, _, external = key.partition(":")[2].partition(":")
    keys = [(stream, external) for stream in interactions.streams_of_debtors(tx, connection)]
    return sorted(crosswalk.find_debtors(tx, connection, keys).values())


def _learnt(tx: Tx, keys: Sequence[str]) -> list[int]:
    """Whose a channel's id is: by the last word of a person, else by all that channels taught."""
    rows = [row for group in interactions.learnt(tx, keys).values() for row in group]
    ruled = [row for row in rows if row.kind == RULED]
    counting: list[LearntRow] = ruled[-1:] or rows
    return [row.debtor_id for row in counting if row.debtor_id is not None]


def _by_golden(tx: Tx, debtor_ids: Iterable[int]) -> dict[str, tuple[int, ...]]:
    found: dict[str, list[int]] = {}
    for debtor, golden_id in sorted(debts.goldens_of(tx, set(debtor_ids)).items()):
        found.setdefault(golden_id, []).append(debtor)
    return {golden_id: tuple(ids) for golden_id, ids in found.items()}


def _tax_id(named: Named) -> tuple[str, ...]:
    return _match_keys(named, "tax_id")


def _phone(named: Named) -> tuple[str, ...]:
    return _match_keys(named, "phone")


def _email(named: Named) -> tuple[str, ...]:
    return _match_keys(named, "email")


def _match_keys(named: Named, member: str) -> tuple[str, ...]:
    told = str(named.get(member) or "")
    country = str(named.get("country") or "")
    return tuple(match_keys_for(Identifiers(**{member: told}, country=country))) if told else ()


def _whatsapp_id(named: Named) -> tuple[str, ...]:
    """A WhatsApp id is an international number without its plus sign, or an opaque text of the platform."""
    told = str(named.get("whatsapp_id") or "")
    if not re.fullmatch(r"\+?[0-9]+", told):
        return (f"whatsapp_id:{told}",) if told else ()
    keys = (phone.match_key for phone in whatsapp_numbers(told))
    return tuple(dict.fromkeys(f"{kind}:{key}" for key in keys if key for kind in ("phone", "whatsapp_id")))


def whatsapp_numbers(told: str) -> list[Phone]:
    """The numbers that may stand behind a WhatsApp id.

    WhatsApp writes numbers of Mexico with a 1, those of Argentina with a 9, and old ones of Brazil without their
    ninth digit.
    """
    digits = told.removeprefix("+")
    older = re.fullmatch(r"55([1-9][0-9])([6-9][0-9]{7})", digits)
    written = [digits, *([f"55{older[1]}9{older[2]}"] if older else [])]
    return [normalize_phone(f"+{one}", "") for one in written]


def _bsuid(named: Named) -> tuple[str, ...]:
    told = str(named.get("bsuid") or "")
    return (f"bsuid:{named['business_portfolio']}:{told}", f"whatsapp_id:{told}") if told else ()


def _debt(named: Named) -> tuple[str, ...]:
    return keys_of_debt(named.get("debt") or {})


def _one(prefix: str, member: str) -> Callable[[Named], tuple[str, ...]]:
    return lambda named: (f"{prefix}:{named[member]}",) if named.get(member) else ()


def _external(named: Named) -> tuple[str, ...]:
    return (f"external:{named['connection']}:{named['external_id']}",) if named.get("connection") else ()


_READERS: Final[Mapping[str, Callable[[Named], tuple[str, ...]]]] = {
    "id": _one("golden", "id"),
    "decision": _one("decision", "decision"),
    "tax_id": _tax_id,
    "external_id": _external,
    "debt": _debt,
    "email": _email,
    "phone": _phone,
    "whatsapp_id": _whatsapp_id,
    "bsuid": _bsuid,
}


def contact_point_of(channel: str, named: Named, told: Mapping[str, str] | None) -> tuple[str, str]:
    """Type and canonical value of the contact point used: as told, else what the party was reached by.

    RequestInvalid for a number or an address that is none.
    """
    if told:
        value = _canonical(told["type"], told["value"], str(named.get("country") or ""))
        if not value:
            raise RequestInvalid(
                f"That is no {told['type']}.",
                mend="Write it with + and its country, or state party.country.",
                field="contact_point",
                code="interaction-bad-contact-point",
            )
        return told["type"], value
    for kind in _REACHED_BY.get(channel, ()):
        written = str(named.get(kind) or "")
        if written and (value := _canonical(kind, written, str(named.get("country") or ""))):
            return kind, value
    return "", ""


_REACHED_BY: Final[Mapping[str, tuple[str, ...]]] = {
    "voice_agent": ("phone",), "voice_auto": ("phone",), "sms": ("phone",), "whatsapp": ("phone", "whatsapp_id"),
    "email": ("email",),
}  # fmt: skip


def _canonical(kind: str, written: str, country: str) -> str:
    match kind:
        case "phone":
            read = (normalize_phone(written, one).value for one in ([country] if country else COUNTRIES))
            return next((value for value in read if value), "")
        case "email":
            return normalize_email(written).value
        case "whatsapp_id":
            return next((phone.value for phone in whatsapp_numbers(written) if phone.value), written)
        case _:
            return written


def refuse_gone(tx: Tx, golden_id: str) -> None:
    """RequestInvalid for an id that nobody was ever given, and for a merged one, naming the id that stands."""
    seen: set[str] = set()
    row = golden.load(tx, [golden_id]).get(golden_id)
    if row is None:
        raise RequestInvalid(
            "There is no such debtor.",
            mend="Search it, or name it by its tax id, phone, e-mail or debt.",
            field="party.id",
            code="interaction-debtor-unknown",
        )
    while row is not None and row.status == golden.MERGED and row.merged_into and row.id not in seen:
        seen.add(row.id)
        row = golden.load(tx, [row.merged_into]).get(row.merged_into)
    if seen and row is not None:
        raise RequestInvalid(
            f"{golden_id} was merged into {row.id}.",
            mend=f'Tell it again with party.id "{row.id}".',
            field="party.id",
            code="interaction-debtor-merged",
        )
