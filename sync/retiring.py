"""Numbers a ruling takes out of use so that two records can be one: which, where, and back again by its undo.

What a ruling retired stands in its evidence, and only there: what is retired follows from the rulings that count.
Source debtors that stood together under the number must not fall apart when it goes: they are ruled the same in the
same breath, and let go again when the number comes back.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from concilia.errors import RequestInvalid
from concilia.normalize.tax_ids import normalize_tax_id
from concilia.portfolio.party import Identifier
from concilia.store import crosswalk, golden, retired_ids, rulings
from concilia.store.retired_ids import EVERYWHERE
from concilia.store.rulings import StoredRuling
from concilia.store.unit_of_work import Tx
from dedup.party import SourceParty

RETIRES: Final = "retired_id"  # the evidence under which a ruling keeps what it retires
KEEPS: Final = "kept_together"  # and the one of a ruling that only replaces a shared number
MISTYPED, SUPERSEDED = "mistyped", "superseded"
_MOST_HOLDERS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Retiring:
    """What a steward asks for: a number as country:type:value, out of use on its side or everywhere."""

    number: str
    superseded: bool = False


@dataclass(frozen=True, slots=True, order=True)
class Retirement:
    """A number out of use at some source debtors; with no debtors, wherever it is stated."""

    name: str  # country:type
    value: str  # canonical
    debtors: tuple[int, ...] = ()

    @property
    def superseded(self) -> bool:
        """Whether it is out of use everywhere."""
        return not self.debtors

    @property
    def keys(self) -> frozenset[retired_ids.Key]:
        """What the store is told."""
        return frozenset((whose, self.name, self.value) for whose in (self.debtors or (EVERYWHERE,)))


@dataclass(frozen=True, slots=True)
class IdConflict:
    """Different valid numbers of one kind on two sides, which keep them apart."""

    name: str
    left: tuple[str, ...]
    right: tuple[str, ...]


def conflicts(left: Sequence[SourceParty], right: Sequence[SourceParty]) -> tuple[IdConflict, ...]:
    """Which valid numbers keep two groups of source debtors from being one."""
    ours, theirs = _valid(left), _valid(right)
    nobody: set[str] = set()
    found = ((name, ours.get(name, nobody), theirs.get(name, nobody)) for name in sorted(ours.keys() | theirs.keys()))
    return tuple(IdConflict(name, tuple(sorted(a)), tuple(sorted(b))) for name, a, b in found if len(a | b) > 1)


def retirement_of(asked: Retiring, parties: Iterable[SourceParty]) -> Retirement:
    """The number among those these parties state; RequestInvalid when none of them does."""
    country, _, rest = asked.number.strip().partition(":")
    kind, _, written = rest.partition(":")
    name = f"{country}:{kind}".upper()
    if not written:
        raise RequestInvalid(
            "A number to retire is written country:type:value.", mend="Such as CL:RUT:12345678-5.", field="retire_id"
        )
    wanted = {_folded(written), normalize_tax_id(written, country, kind).value} - {""}
    found: dict[str, set[int]] = {}
    for party in parties:
        for number in _stated(party):
            if number.name == name and not wanted.isdisjoint((number.value, _folded(number.raw))):
                found.setdefault(number.value, set()).add(party.id)
    if not found:
        raise RequestInvalid(
            "Neither side states that number.", mend="Compare the two: it shows what each states.", field="retire_id"
        )
    value = min(found)
    return Retirement(name, value, () if asked.superseded else tuple(sorted(found[value])))


def as_evidence(found: Iterable[Retirement]) -> list[dict[str, str]]:
    """Retirements as a ruling keeps them."""
    return [
        {
            "feature": RETIRES,
            "level": SUPERSEDED if one.superseded else MISTYPED,
            "left": f"{one.name}:{one.value}",
            "right": " ".join(map(str, one.debtors)),
            "why": "",
        }
        for one in found
    ]


def from_evidence(because: Iterable[Mapping[str, Any]]) -> tuple[Retirement, ...]:
    """The retirements that a ruling keeps."""
    found = []
    for one in because:
        if one["feature"] == RETIRES:
            country, kind, value = one["left"].split(":", 2)
            found.append(Retirement(f"{country}:{kind}", value, tuple(map(int, one["right"].split()))))
    return tuple(found)


def bring_in_line(tx: Tx, about: Iterable[Retirement], *, by: str, reason: str, at: str) -> set[int]:
    """Retire, or put back into use, what these retirements are about as the rulings that count now say.

    Answers the source debtors that state something else now than before.
    """
    keys = {key for one in about for key in one.keys}
    held = _upheld(rulings.of_stewards(tx)) & keys
    changed = sorted(held ^ (retired_ids.standing(tx, [whose or 0 for whose, _, _ in keys]).keys() & keys), key=repr)
    groups: dict[tuple[str, str, bool], set[int]] = {}
    for key in changed:
        whose, name, value = key
        group = groups.setdefault((name, value, key in held), set())
        group.update([whose] if whose else _holders(tx, name, value))
    retired_ids.append(tx, [(*key, int(key in held), by, reason) for key in changed], at=at)
    words = [row for number, group in groups.items() for row in _replacing(tx, number, group)]
    rulings.append(tx, [(left, right, word, f"steward:{by}", because) for left, right, word, because in words], at=at)
    return {n for group in groups.values() for n in group}


def _replacing(tx: Tx, number: tuple[str, str, bool], group: set[int]) -> list[tuple[int, int, str, str]]:
    """The rulings that stand in for a shared number while it is retired, or the end of those."""
    name, value, retired = number
    spoken = {(r.left_id, r.right_id): r for r in rulings.about(tx, group, by_stewards=True)}
    shown = f"{name}:{value}"
    why = f"they stood together under {shown} when it was retired"
    because = json.dumps([{"feature": KEEPS, "level": "same", "left": shown, "right": "", "why": why}])
    if not retired:
        ours = [p for p, r in spoken.items() if r.judgement == "same" and r.because == because and group.issuperset(p)]
        return [(*pair, "withdrawn", "[]") for pair in ours]
    homes: dict[str, list[int]] = {}
    for n, debtor in sorted(crosswalk.load(tx, group).items()):
        homes.setdefault(debtor.golden_id or "", []).append(n)
    pairs = [(mates[0], other) for golden_id, mates in homes.items() if golden_id for other in mates[1:]]
    free = [pair for pair in pairs if pair not in spoken or spoken[pair].judgement == "withdrawn"]
    return [(*pair, "same", because) for pair in free]


def _upheld(spoken: Sequence[StoredRuling]) -> set[retired_ids.Key]:
    """What the rulings that count keep retired; a number that two of them retired stays so until both are undone."""
    latest = {(r.left_id, r.right_id): r for r in spoken}
    words = (r for r in latest.values() if r.judgement == "same" and RETIRES in r.because)
    return {key for r in words for one in from_evidence(json.loads(r.because)) for key in one.keys}


def _holders(tx: Tx, name: str, value: str) -> set[int]:
    """The source debtors that state a number, wherever they stand now; golden records show retired ones too."""
    rows = golden.search(tx, [value], after="", limit=_MOST_HOLDERS)
    country, _, kind = name.partition(":")
    shown = [
        row.id
        for row in rows
        for one in json.loads(row.body)["identifiers"]
        if (one["country"], one["type"], one["value"]) == (country, kind, value)
    ]
    members = [n for group in crosswalk.members(tx, shown).values() for n in group]
    claims = crosswalk.claims_of(tx, members)
    return {n for n, said in claims.items() if any(json.dumps(value) in claim.body for claim in said)}


def _stated(party: SourceParty) -> Iterable[Identifier]:
    yield from (i for stamped in party.claims for i in stamped.claim.identifiers if i.value)
    yield from (word.identifier for word in party.retired)


def _valid(parties: Iterable[SourceParty]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for party in parties:
        for name, values in party.valid_ids.items():
            found.setdefault(name, set()).update(values)
    return found


def _folded(written: str) -> str:
    return "".join(sign for sign in written if sign.isalnum()).upper()
