"""The append-only history of golden ids: its entries, and the state they amount to by replay. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from concilia.keys import GoldenId


@dataclass(frozen=True, slots=True)
class Founded:
    """A new golden id, made from its founder's record reference and how often that record has founded."""

    golden: GoldenId
    founder: int


@dataclass(frozen=True, slots=True)
class Revived:
    """A retired golden id stands again for the cluster of its founder: the same party, not a reuse."""

    golden: GoldenId


@dataclass(frozen=True, slots=True)
class Inherited:
    """A golden id whose founder left for another one goes on with a new founder of record."""

    golden: GoldenId
    founder: int


@dataclass(frozen=True, slots=True)
class Merged:
    """No cluster keeps `golden` any more; its founder's cluster is `into`."""

    golden: GoldenId
    into: GoldenId


@dataclass(frozen=True, slots=True)
class Split:
    """Members of `golden`, which goes on, now stand under `into`."""

    golden: GoldenId
    into: GoldenId


@dataclass(frozen=True, slots=True)
class Moved:
    """A source debtor's golden id changed; `from_` is None for its first."""

    member: int
    from_: GoldenId | None
    to: GoldenId


Entry = Founded | Revived | Inherited | Merged | Split | Moved


@dataclass(frozen=True, slots=True)
class Golden:
    """A golden id as the ledger knows it: founder of record, and the ledger positions of founding and retirement."""

    id: GoldenId
    founder: int
    founded: int
    retired: int | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What the ledger amounts to, whole or for one component.

    A part for a component must hold: the golden id of each member, those golden ids, every retired golden id a
    member founded, and how many ids each member has founded (missing: none).
    """

    golden_of: Mapping[int, GoldenId] = field(default_factory=dict)
    goldens: Mapping[GoldenId, Golden] = field(default_factory=dict)
    foundings: Mapping[int, int] = field(default_factory=dict)


def replay(entries: Iterable[Entry], *, after: Standing | None = None, position: int = 0) -> Standing:
    """The standing after these entries, the first of which is at ledger `position`."""
    before = after or Standing()
    golden_of, goldens, foundings = dict(before.golden_of), dict(before.goldens), dict(before.foundings)
    for at, entry in enumerate(entries, position):
        match entry:
            case Founded(golden, founder):
                goldens[golden] = Golden(golden, founder, at)
                foundings[founder] = foundings.get(founder, 0) + 1
            case Revived(golden):
                goldens[golden] = replace(goldens[golden], retired=None)
            case Inherited(golden, founder):
                goldens[golden] = replace(goldens[golden], founder=founder)
            case Merged(golden, _):
                goldens[golden] = replace(goldens[golden], retired=at)
            case Moved(member, _, to):
                golden_of[member] = to
            case Split():
                pass
            case _:
                assert_never(entry)
    return Standing(golden_of, goldens, foundings)
