"""The timeline of a debtor: everything that happened, in one order, as readers see it. Reads only."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from concilia.errors import NotFound
from concilia.servicing import interaction_reading
from concilia.servicing.debtors import standing_id
from concilia.servicing.timeline_changes import changes
from concilia.store import agreements, crosswalk, events, golden, interactions, ledger, timelines
from concilia.store.crosswalk import SourceDebtor
from concilia.store.timelines import Place, Span
from concilia.store.unit_of_work import Tx

Entry = dict[str, Any]
Found = Mapping[Place, tuple[str, Mapping[str, Any]]]


def of_debtor(tx: Tx, golden_id: str, span: Span, *, limit: int) -> tuple[str, list[tuple[Place, Entry]]]:
    """Where the debtor stands now, and the next entries with their places; NotFound for an unknown id."""
    now = standing_id(tx, golden_id)
    if now is None:
        raise NotFound("There is no such debtor.", mend="Search by name, tax id, phone or e-mail.")
    found = timelines.places(tx, now, span, limit=limit)
    told: dict[Place, tuple[str, Mapping[str, Any]]] = {}
    for kind in dict.fromkeys(place.kind for place in found):
        told.update(_READERS[kind](tx, [place for place in found if place.kind == kind]))
    return now, [(place, _entry(place, *told[place])) for place in found]


def _entry(place: Place, what: str, details: Mapping[str, Any]) -> Entry:
    number = f"{place.name}:{place.number}" if place.name and place.number else place.name or str(place.number)
    return {"at": place.at, "kind": place.kind, "id": number, "what": what, "details": dict(details)}


def _numbered(places: Sequence[Place]) -> dict[int, list[Place]]:
    found: dict[int, list[Place]] = {}
    for place in places:
        found.setdefault(place.number, []).append(place)
    return found


def _rulings(tx: Tx, places: Sequence[Place]) -> Found:
    columns = 'id, left_id, right_id, judgement, "by", because'
    rows = timelines.rows(tx, columns, source="ruling", key="id", values=[place.number for place in places])
    sources = crosswalk.load(tx, {row[side] for row in rows for side in ("left_id", "right_id")})
    by_number = {row["id"]: row for row in rows}
    found = {}
    for place in places:
        row = by_number[place.number]
        said = [one["why"] for one in json.loads(row["because"]) if one.get("feature") == "steward"]
        sides = {side: _source(sources.get(row[f"{side}_id"])) for side in ("left", "right")}
        found[place] = (row["judgement"], {**sides, "by": row["by"].partition(":")[2], "reason": "".join(said)})
    return found


def _identity(tx: Tx, places: Sequence[Place]) -> Found:
    columns = "id, kind, golden_id, other_id, debtor_id"
    rows = timelines.rows(tx, columns, source="identity_ledger", key="id", values=[place.number for place in places])
    sources = crosswalk.load(tx, {row["debtor_id"] for row in rows if row["debtor_id"] is not None})
    by_number = {row["id"]: row for row in rows}
    found = {}
    for place in places:
        row = by_number[place.number]
        told = {"golden_id": row["golden_id"], "other_id": row["other_id"]}
        found[place] = (row["kind"], {**told, "member": _source(sources.get(row["debtor_id"]))})
    return found


def _data(tx: Tx, places: Sequence[Place]) -> Found:
    """What the golden record said otherwise from this version on, and who said so."""
    names = {place.name for place in places}
    now = {(row.id, row.version): (row.body, row.provenance) for row in golden.load(tx, names).values()}
    wanted = {(place.name, place.number - step) for place in places for step in (0, 1)} - now.keys()
    columns = "golden_id, version, body, provenance"
    before = {
        (row["golden_id"], row["version"]): (row["body"], row["provenance"])
        for row in timelines.versions(tx, columns, wanted)
    }
    every = {**before, **now}
    found = {}
    for place in places:
        body, provenance = every[place.name, place.number]
        earlier = every.get((place.name, place.number - 1))
        told = changes(earlier and json.loads(earlier[0]), json.loads(body), json.loads(provenance))
        what = "created" if earlier is None else "changed"
        found[place] = (what, {"golden_id": place.name, "version": place.number, **told})
    return found


def _events(tx: Tx, places: Sequence[Place]) -> Found:
    facts = {fact.seq: fact for fact in events.numbered(tx, [place.number for place in places])}
    found = {}
    for place in places:
        fact = facts[place.number]
        found[place] = (fact.type.partition(".")[2], {"subject": fact.subject, **fact.body})
    return found


def _money(tx: Tx, places: Sequence[Place]) -> Found:
    columns = "id, payment_id, debt_id, amount, unit, reverses"
    rows = timelines.rows(tx, columns, source="application", key="id", values=[place.number for place in places])
    payments = ledger.load(tx, {row["payment_id"] for row in rows})
    by_number = {row["id"]: row for row in rows}
    found = {}
    for place in places:
        row = by_number[place.number]
        payment = payments[row["payment_id"]]
        names = ("value_date", "method", "reference", "origin", "received_at")
        told = {"payment": payment.id, "debt": row["debt_id"], "amount": row["amount"], "unit": row["unit"]}
        told |= {name: getattr(payment, name) for name in names} | {"payer": json.loads(payment.body).get("payer", "")}
        found[place] = ("applied" if row["reverses"] is None else payment.status, told)
    return found


def _agreements(tx: Tx, places: Sequence[Place]) -> Found:
    rows = agreements.load(tx, {place.name for place in places})
    happened = agreements.events_of(tx, rows)
    by_place = {(one.agreement_id, one.ordinal): one for group in happened.values() for one in group}
    found = {}
    for place in places:
        one = by_place[place.name, place.number]
        told = {"agreement": place.name, "agreement_kind": rows[place.name].kind}
        found[place] = (one.state, {"happening": one.happening, **told, "by": one.by, "reason": one.reason})
    return found


def _terms(table: str, columns: str, said: str) -> Callable[[Tx, Sequence[Place]], Found]:
    """Consents, prohibitions, disputes and holds: what was said (a column, or a word for it), or that it ended."""

    def read(tx: Tx, places: Sequence[Place]) -> Found:
        numbers = _numbered(places)
        rows = timelines.rows(tx, f"id, {columns}", source=table, key="id", values=numbers)
        grouped: dict[int, list[dict[str, Any]]] = {}
        for row in rows:
            grouped.setdefault(row["id"], []).append(row)
        found = {}
        for number, several in numbers.items():
            one = grouped[number][0]
            told = {
                name: value for name, value in one.items() if name not in ("id", "debt_id") and value not in ("", None)
            }
            told |= _debts_of(grouped[number])
            for place in several:
                found[place] = (str(one.get(said, said)) if place.name in ("said", "opened") else place.name, told)
        return found

    return read


def _debts_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    names = [row.get("debt_id") or str(row.get("subject", "")).removeprefix("debt:") for row in rows]
    found = sorted({name for name in names if name and not name.startswith("debtor:")})
    return {"debts": found} if found else {}


def _decisions(tx: Tx, places: Sequence[Place]) -> Found:
    columns = "id, channel, purpose, at, answer, outcome, asked_by, actor"
    rows = timelines.rows(tx, columns, source="contact_decision", key="id", values=[place.name for place in places])
    by_id = {row["id"]: row for row in rows}
    found = {}
    for place in places:
        row = by_id[place.name]
        outcome = json.loads(row["outcome"])
        reasons = [{name: one[name] for name in ("rule", "says", "in_spanish")} for one in outcome["reasons"]]
        told = {name: row[name] for name in ("channel", "purpose", "asked_by")} | {"for": row["at"], "reasons": reasons}
        found[place] = (row["answer"], {**told, "actor": json.loads(row["actor"])})
    return found


def _interactions(tx: Tx, places: Sequence[Place]) -> Found:
    rows = interactions.load(tx, [place.name for place in places])
    about = interactions.debts_of(tx, rows)
    found = {}
    for place in places:
        row = rows[place.name]
        found[place] = (row.direction, {**interaction_reading.in_short(row), "debts": about.get(row.id, [])})
    return found


def _outcomes(tx: Tx, places: Sequence[Place]) -> Found:
    words = interactions.outcomes_of(tx, {place.name for place in places})
    by_place = {(one.interaction_id, one.ordinal): one for group in words.values() for one in group}
    names = ("outcome", "party_outcome", "result", "ended_at", "told_at", "by", "note")
    found = {}
    for place in places:
        one = by_place[place.name, place.number]
        told = {name: getattr(one, name) for name in names}
        what = one.outcome or one.party_outcome or one.result or "ended"
        found[place] = (what, {"interaction": place.name, **told})
    return found


def _points(tx: Tx, places: Sequence[Place]) -> Found:
    """What was heard of a contact point."""
    columns = 'id, contact_type, match_value, what, code, channel, "by", interaction_id, method'
    rows = timelines.rows(tx, columns, source="contact_evidence", key="id", values=[place.name for place in places])
    by_id = {row["id"]: row for row in rows}
    found = {}
    for place in places:
        told = {name: value for name, value in by_id[place.name].items() if value and name not in ("id", "what")}
        found[place] = (str(by_id[place.name]["what"]), told)
    return found


def _pushes(tx: Tx, places: Sequence[Place]) -> Found:
    columns = "r.id, r.outcome, r.external_id, i.connection, i.operation, i.subject_id, i.entity_key, i.reason"
    source = "receipt r JOIN intent i ON i.id = r.intent_id"
    rows = timelines.rows(tx, columns, source=source, key="r.id", values=[place.number for place in places])
    by_number = {row["id"]: row for row in rows}
    return {
        place: (row["outcome"], {name: value for name, value in row.items() if name not in ("id", "outcome")})
        for place in places
        if (row := by_number[place.number])
    }


def _source(debtor: SourceDebtor | None) -> str | None:
    return None if debtor is None else f"{debtor.connection}/{debtor.stream}/{debtor.external_id}"


_ENDED: Final = "lifted_by, lifted_because"
_SCOPE: Final = "contact_type, contact_value, channel, purpose"
_READERS: Final[Mapping[str, Callable[[Tx, Sequence[Place]], Found]]] = {
    "ruling": _rulings,
    "identity": _identity,
    "data": _data,
    "contact_point": _points,
    "debt": _events,
    "payment": _money,
    "reversal": _money,
    "agreement": _agreements,
    "consent": _terms(
        "consent",
        f'state, {_SCOPE}, captured_at, expires_at, legal_basis, evidence, text_version, "by"',
        "state",
    ),
    "prohibition": _terms(
        "prohibition", f'reason, {_SCOPE}, debt_id, since, until, evidence, "by", {_ENDED}', "forbidden"
    ),
    "dispute": _terms(
        "dispute",
        'kind, effect, debt_id, amount, opened_at, opened_via, authority, case_id, evidence, "by", resolution, '
        "resolved_by, note",
        "opened",
    ),
    "hold": _terms("hold", f'subject, reason, since, until, evidence, "by", {_ENDED}', "held"),
    "decision": _decisions,
    "interaction": _interactions,
    "outcome": _outcomes,
    "push": _pushes,
}
