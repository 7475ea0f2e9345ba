"""Bring golden records up to date after identities were resolved: survive, version, and say what happened."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from concilia.normalize.names import normalize_name
from concilia.store import events, golden, pins
from concilia.store.events import Fact
from concilia.store.golden import ACTIVE, MERGED, RETIRED, GoldenRow
from concilia.store.unit_of_work import Tx
from dedup.cluster import Cluster
from dedup.golden_record import GoldenRecord, assemble
from dedup.ledger import Founded, Inherited, Merged, Revived, Split
from dedup.policy import Policy
from dedup.survivorship import Pin
from sync import contact_heeding
from sync.identity import Resolved


@dataclass(frozen=True, slots=True)
class GoldenChanges:
    """How many golden records were created, changed and merged away."""

    created: int = 0
    updated: int = 0
    merged: int = 0


def bring_up_to_date(tx: Tx, resolved: Resolved, *, policy: Policy, at: str) -> GoldenChanges:
    """Store the golden records of a resolved batch where they differ, keeping the versions they replace."""
    merged = {e.golden: e.into for e in resolved.assignment.entries if isinstance(e, Merged)}
    known = golden.load(tx, {*resolved.assignment.goldens, *merged, *resolved.vacated})
    positions = {
        e.golden: (type(e), resolved.first_line + n, getattr(e, "founder", None))
        for n, e in enumerate(resolved.assignment.entries)
        if isinstance(e, Founded | Revived | Inherited)
    }
    retired_at = {
        e.golden: resolved.first_line + n for n, e in enumerate(resolved.assignment.entries) if isinstance(e, Merged)
    }
    pinned = _pins(tx, resolved)
    heeding = contact_heeding.heed(tx, resolved, known=known, at=at)
    rows: list[GoldenRow] = []
    for cluster, golden_id in zip(resolved.clusters, resolved.assignment.goldens, strict=True):
        members = [resolved.parties[m] for m in cluster.members]
        fixed = [pin for n, pin in pinned if n in cluster.members] if pinned else ()
        record = assemble(members, policy, pins=fixed, contacts=heeding.of(members, golden_id))
        rows.append(_row(golden_id, cluster, record, before=known.get(golden_id), position=positions.get(golden_id)))
    rows += [_merged_row(known[g], into=into, seq=retired_at[g]) for g, into in merged.items() if g in known]
    rows += [
        _retired_row(known[g], seq=resolved.first_line) for g in resolved.vacated if g in known and g not in merged
    ]
    changed = [(known.get(row.id), row) for row in rows if not _same(known.get(row.id), row)]
    stamped = [(before, _stamped(before, row, at=at)) for before, row in changed]
    golden.store(tx, [row for _, row in stamped], superseded=[before for before, _ in stamped if before is not None])
    facts = [_fact(before, row) for before, row in stamped] + _splits(resolved) + _of_points(stamped)
    events.append(tx, facts, at=at)
    kinds = [f.type for f in facts]
    return GoldenChanges(kinds.count("debtor.created"), kinds.count("debtor.updated"), kinds.count("debtor.merged"))


def _pins(tx: Tx, resolved: Resolved) -> list[tuple[int, Pin]]:
    """The pins that hang on the debtors of the batch, oldest first."""
    return [
        (p.debtor_id, Pin(p.field, p.value or "", p.by, p.reason, p.at, resolved.parties[p.debtor_id].key))
        for p in pins.standing(tx, resolved.parties)
    ]


def _row(
    golden_id: str,
    cluster: Cluster,
    record: GoldenRecord,
    *,
    before: GoldenRow | None,
    position: tuple[type, int, Any] | None,
) -> GoldenRow:
    found = record.to_json()
    founder = before.founder_id if before else cluster.members[0]
    founded_seq = before.founded_seq if before else 0
    if position is not None:
        kind, line, who = position
        founder = founder if who is None else who
        founded_seq = line if kind is Founded else founded_seq
    provenance = found.pop("provenance")
    return GoldenRow(
        id=golden_id,
        status=ACTIVE,
        merged_into=None,
        founder_id=founder,
        founded_seq=founded_seq,
        retired_seq=None,
        version=0,
        body=_text(found),
        provenance=_text(provenance),
        search=search_text(found),
        created_at="",
        updated_at="",
    )


def _merged_row(before: GoldenRow, *, into: str, seq: int) -> GoldenRow:
    return replace(before, status=MERGED, merged_into=into, retired_seq=seq)


def _retired_row(before: GoldenRow, *, seq: int) -> GoldenRow:
    return replace(before, status=RETIRED, merged_into=None, retired_seq=seq)


def _same(before: GoldenRow | None, after: GoldenRow) -> bool:
    if before is None:
        return False
    blank: dict[str, Any] = {"version": 0, "created_at": "", "updated_at": ""}
    return replace(before, **blank) == replace(after, **blank)


def _stamped(before: GoldenRow | None, row: GoldenRow, *, at: str) -> GoldenRow:
    version = (before.version if before else 0) + 1
    return replace(row, version=version, created_at=before.created_at if before else at, updated_at=at)


def _fact(before: GoldenRow | None, row: GoldenRow) -> Fact:
    if row.status == MERGED:
        told = {"gone": [row.id], "into": row.merged_into, "version": row.version}
        return Fact("debtor.merged", row.id, row.merged_into, told)
    if row.status == RETIRED:
        return Fact("debtor.retired", row.id, row.id, {"version": row.version})
    if before is None:
        return Fact("debtor.created", row.id, row.id, {"version": row.version})
    if before.status != ACTIVE:
        return Fact("debtor.restored", row.id, row.id, {"version": row.version})
    return Fact("debtor.updated", row.id, row.id, {"version": row.version, "changed": _changed(before, row)})


def _of_points(stamped: Sequence[tuple[GoldenRow | None, GoldenRow]]) -> list[Fact]:
    """Contact points that came into golden records that stood before; those of a new one it tells itself."""
    stood = [(b, row) for b, row in stamped if b is not None and b.status == ACTIVE and row.status == ACTIVE]
    return [fact for before, row in stood for fact in contact_heeding.point_facts(before, row)]


def _changed(before: GoldenRow, after: GoldenRow) -> list[str]:
    old, new = json.loads(before.body), json.loads(after.body)
    fields = {n for n in {*old["fields"], *new["fields"]} if old["fields"].get(n) != new["fields"].get(n)}
    lists = {n for n in ("identifiers", "contact_points") if _values(old[n]) != _values(new[n])}
    return sorted(fields | lists)


def _values(items: Iterable[Mapping[str, Any]]) -> list[str]:
    return [f"{item['value']} retired" if "retired" in item else str(item["value"]) for item in items]


def _splits(resolved: Resolved) -> list[Fact]:
    return [
        Fact("debtor.split", e.golden, e.golden, {"into": e.into})
        for e in resolved.assignment.entries
        if isinstance(e, Split)
    ]


def _text(found: Mapping[str, Any]) -> str:
    return json.dumps(found, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def search_text(found: Mapping[str, Any]) -> str:
    """What a golden record can be found by: folded names, identifiers, phones, e-mails; upper case, space apart."""
    names = [found["fields"].get(n, "") for n in ("full_name", "legal_name", "trade_name")]
    words = [word for name in names if name for word in normalize_name(name).tokens or search_words(name)]
    words += [i["value"] for i in found["identifiers"]]
    words += [p["value"].upper() for p in found["contact_points"] if p["type"] in ("phone", "email")]
    return " ".join(dict.fromkeys(words))


def search_words(text: str) -> Sequence[str]:
    """A name or a query as the words by which it is searched: folded, upper case.

    What holds a digit or an @ is no name: punctuation is dropped from numbers (12.531.909-2), e-mails stay whole.
    """
    found: list[str] = []
    for word in text.split():
        if "@" in word:
            found.append(word.upper())
        elif any(c.isdigit() for c in word):
            found.append("".join(c for c in word if c.isalnum()).upper())
        else:
            found += normalize_name(word).tokens or (word.upper(),)
    return found
