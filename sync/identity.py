"""Resolve source debtors: find who is who, give golden ids, append rulings and ledger. No scoring of its own."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from concilia.keys import GoldenId
from concilia.store import crosswalk, golden, rulings
from concilia.store.golden import LedgerLine
from concilia.store.unit_of_work import Tx
from dedup.assignment import Assignment, assign
from dedup.blocking import Alarm, Limits, match_keys
from dedup.clusters import Cluster
from dedup.compare import Evidence
from dedup.judgement import Judgement, Ruling, standing
from dedup.ledger import Entry, Founded, Golden, Inherited, Merged, Moved, Revived, Split, Standing
from dedup.matching import Matching, affected, match
from dedup.party import MatchKey, SourceParty
from sync.parties import Memory

LIMITS = Limits()
_CONTACT_CAP = LIMITS.contact_holders + 1
_ID_CAP = 2000


@dataclass(frozen=True, slots=True)
class Resolved:
    """One batch decided: clusters with their golden ids, what the ledger gained, and who dropped out."""

    clusters: tuple[Cluster, ...]
    assignment: Assignment
    parties: Mapping[int, SourceParty]
    first_line: int
    vacated: frozenset[str]  # golden ids that lost their last source debtor
    alarms: tuple[Alarm, ...] = ()


def resolve_batch(tx: Tx, pending: Sequence[int], *, trust: Mapping[str, int], at: str) -> Resolved:
    """Decide who the pending source debtors are, in the given transaction."""
    memory = Memory(tx, trust)
    changed = memory.load(pending)
    gone = [n for n in pending if n not in memory.parties]
    formerly = _swap_match_keys(tx, pending, changed)
    mates = _mates_of_gone(tx, memory, gone)
    found = affected(
        [*changed, *mates],
        formerly=formerly,
        holders=lambda keys: _holders(tx, memory, keys),
        companions=lambda parties: _companions(tx, memory, parties),
        limits=LIMITS,
    )
    spoken = rulings.about(tx, [p.id for p in found.core])
    matching = match(
        found.core,
        rulings=[r for r in map(_ruling, spoken) if r.by_steward],
        beside=found.beside,
        generic=found.generic,
        limits=LIMITS,
    )
    _append_rulings(tx, matching, spoken=[_ruling(r) for r in spoken], core={p.id for p in found.core}, at=at)
    _replace_candidates(tx, matching, core=[p.id for p in found.core], gone=gone, at=at)
    before = _standing(tx, memory, found.core)
    assignment = assign(matching.clusters, standing=before)
    first_line = golden.append_ledger(tx, _lines(assignment.entries, matching), at=at)
    _store_members(tx, memory, matching.clusters, assignment, gone=gone)
    parties = {p.id: p for p in found.core}
    vacated = _vacated(memory, gone, still_held=set(assignment.goldens))
    return Resolved(matching.clusters, assignment, parties, first_line, vacated, matching.alarms)


def _swap_match_keys(tx: Tx, pending: Sequence[int], changed: Sequence[SourceParty]) -> set[MatchKey]:
    before = {MatchKey(key) for key in crosswalk.match_keys_of(tx, pending)}
    rows = [(str(key), party.id) for party in changed for key in match_keys(party)]
    crosswalk.replace_match_keys(tx, pending, rows)
    return before - {MatchKey(key) for key, _ in rows}


def _mates_of_gone(tx: Tx, memory: Memory, gone: Sequence[int]) -> list[SourceParty]:
    goldens = {memory.debtors[n].golden_id for n in gone if n in memory.debtors}
    mates = crosswalk.members(tx, [g for g in goldens if g])
    return memory.load(n for group in mates.values() for n in group)


def _holders(tx: Tx, memory: Memory, keys: Collection[MatchKey]) -> dict[MatchKey, list[SourceParty]]:
    held = crosswalk.holders(tx, keys)
    # A key held by thousands is generic whoever the holders are: a bounded number of them proves it.
    capped = {key: ids[: _ID_CAP if key.startswith("id:") else _CONTACT_CAP] for key, ids in held.items()}
    memory.load(n for ids in capped.values() for n in ids)
    return {MatchKey(key): memory.load(ids) for key, ids in capped.items()}


def _companions(tx: Tx, memory: Memory, parties: Sequence[SourceParty]) -> list[SourceParty]:
    goldens = {memory.debtors[p.id].golden_id for p in parties}
    members = crosswalk.members(tx, [g for g in goldens if g])
    ruled = [r for r in rulings.about(tx, [p.id for p in parties]) if r.by.startswith("steward:")]
    ids = {n for group in members.values() for n in group} | {n for r in ruled for n in (r.left_id, r.right_id)}
    return memory.load(sorted(ids))


def _standing(tx: Tx, memory: Memory, core: Sequence[SourceParty]) -> Standing:
    held = {p.id: GoldenId(g) for p in core if (g := memory.debtors[p.id].golden_id)}
    rows = golden.load(tx, set(held.values())) | golden.founded_by(tx, [p.id for p in core])
    return Standing(
        golden_of=held,
        goldens={
            GoldenId(r.id): Golden(GoldenId(r.id), r.founder_id, r.founded_seq, r.retired_seq) for r in rows.values()
        },
        foundings={p.id: memory.debtors[p.id].founded for p in core},
    )


def _store_members(
    tx: Tx, memory: Memory, clusters: Sequence[Cluster], assignment: Assignment, *, gone: Sequence[int]
) -> None:
    founded = {e.founder for e in assignment.entries if isinstance(e, Founded)}
    rows: list[tuple[int, str | None, int]] = [(n, None, memory.debtors[n].founded) for n in gone]
    for cluster, golden_id in zip(clusters, assignment.goldens, strict=True):
        rows += [(m, golden_id, memory.debtors[m].founded + (m in founded)) for m in cluster.members]
    crosswalk.set_resolved(tx, rows)


def _vacated(memory: Memory, gone: Sequence[int], *, still_held: set[GoldenId]) -> frozenset[str]:
    left = {memory.debtors[n].golden_id for n in gone if n in memory.debtors}
    return frozenset(g for g in left if g and g not in still_held)


def _append_rulings(tx: Tx, matching: Matching, *, spoken: Sequence[Ruling], core: set[int], at: str) -> None:
    stands = {r.pair: r for r in standing([r for r in spoken if not r.by_steward]).values()}
    same = {
        pair: found
        for pair, found in matching.matches.items()
        if found.judgement is Judgement.SAME and core.issuperset(pair)
    }
    rows = [
        (*pair, Judgement.SAME.value, f"rule:{found.rule}", _because(found.because))
        for pair, found in sorted(same.items())
        if pair not in stands or stands[pair].by != f"rule:{found.rule}"
    ]
    rows += [
        (*pair, Judgement.WITHDRAWN.value, ruling.by, "[]")
        for pair, ruling in sorted(stands.items())
        if pair not in same and core.issuperset(pair)
    ]
    rulings.append(tx, rows, at=at)


def _replace_candidates(tx: Tx, matching: Matching, *, core: Sequence[int], gone: Sequence[int], at: str) -> None:
    rows = [(*c.pair, f"{c.rule}: {c.reason}", _because(c.because)) for c in matching.candidates]
    rulings.replace_candidates(tx, [*core, *gone], rows, at=at)


def _lines(entries: Sequence[Entry], matching: Matching) -> list[LedgerLine]:
    joined = {m: c.joined_by for c in matching.clusters for m in c.members}
    return [_line(entry, joined) for entry in entries]


def _line(entry: Entry, joined: Mapping[int, Sequence[object]]) -> LedgerLine:
    match entry:
        case Founded(golden_id, founder):
            return LedgerLine("founded", golden_id, None, founder, "{}")
        case Revived(golden_id):
            return LedgerLine("revived", golden_id, None, None, "{}")
        case Inherited(golden_id, founder):
            return LedgerLine("inherited", golden_id, None, founder, "{}")
        case Merged(golden_id, into):
            return LedgerLine("merged", golden_id, into, None, "{}")
        case Split(golden_id, into):
            return LedgerLine("split", golden_id, into, None, "{}")
        case Moved(member, from_, to):
            edges = [str(getattr(e, "rule", "")) for e in joined.get(member, ())]
            return LedgerLine("moved", to, from_, member, json.dumps({"joined_by": sorted(set(edges))}))


def _ruling(row: rulings.StoredRuling) -> Ruling:
    because = tuple(Evidence(**found) for found in json.loads(row.because))
    return Ruling(row.left_id, row.right_id, Judgement(row.judgement), row.by, row.at, because)


def _because(evidence: Iterable[Evidence]) -> str:
    return json.dumps([_plain(e) for e in evidence], ensure_ascii=False)


def _plain(evidence: Evidence) -> dict[str, object]:
    return {name: getattr(evidence, name) for name in Evidence.__dataclass_fields__}
