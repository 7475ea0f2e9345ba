"""What both sides did to one field since they last agreed, and who wins by which policy. Pure: values in, values out.

Every record that states a field has one voice. A voice moved when it no longer says what it said when hub and record
last agreed, or agreed to differ. The moved voices choose the value that the hub stands for; then each record is judged
by itself: leave it, write it, write it and record that an edit was overruled, or park it for a person.
"""

from __future__ import annotations

import enum
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import assert_never

from concilia.clock import from_text
from concilia.records import RecordRef
from concilia.write_policy import ConflictPolicy, FieldPolicy


class Kind(enum.StrEnum):
    """How two sides came to differ."""

    CONCURRENT = "concurrent_edits"  # both were edited since they agreed
    AGAINST_OWNER = "edited_against_owner"  # edited where it is not owned
    DELETED = "delete_versus_edit"  # removed on one side, edited on the other
    DIFFERED = "standing_difference"  # they differed before, and now one was edited
    NEVER_AGREED = "never_agreed"  # they differed when the hub first saw both
    MOVED = "moved_since"  # it was edited between the plan and the write


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the hub and a record said when they last agreed, or agreed to differ; equal texts are equal values."""

    ours: str
    theirs: str


@dataclass(frozen=True, slots=True)
class Voice:
    """What one record says of a field now; an empty `key` says nothing. `agreed` is None when it was never compared."""

    at: RecordRef
    key: str  # equal for two notations of one value
    value: str
    since: str  # since when it says so, as `clock.to_text`; "" when nobody knows
    trust: int = 50
    agreed: Agreed | None = None
    trail: frozenset[str] = frozenset()  # what it is known to have replaced since then

    @property
    def replaced(self) -> frozenset[str]:
        """The values whose place its present one took."""
        before = () if self.agreed is None or not self.moved else (self.agreed.theirs,)
        return (self.trail | frozenset(before)) - {self.key, ""}

    @property
    def moved(self) -> bool:
        """Whether it was edited or removed since it was last compared."""
        return self.agreed is not None and self.key != self.agreed.theirs


@dataclass(frozen=True, slots=True)
class Ruling:
    """A person's word on a conflict: this value stands against some of what was said, which the person saw whole."""

    key: str
    value: str
    by: str
    at: str
    against: frozenset[tuple[RecordRef, str]]
    seen: frozenset[tuple[RecordRef, str]]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The value the hub stands for, since when, what decided, and the values it took the place of."""

    key: str
    value: str
    since: str
    trust: int
    why: str
    replaces: frozenset[str] = frozenset()
    against: frozenset[tuple[RecordRef, str]] = frozenset()  # overruled by a person, who saw them


@dataclass(frozen=True, slots=True)
class Disputed:
    """Several values, and the policy does not say which: a person is asked."""

    contenders: tuple[Voice, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Silent:
    """Nothing is to be carried anywhere. `key` is what the hub stands for all the same."""

    key: str
    why: str


Choice = Chosen | Disputed | Silent


@dataclass(frozen=True, slots=True)
class Leave:
    """The record stays as it is; hub and record agree, or agree to differ, from now on."""

    why: str


@dataclass(frozen=True, slots=True)
class Write:
    """The record gets the chosen value. `overrules` names the conflict that this decides, if it is one."""

    key: str
    value: str
    why: str
    overrules: Kind | None = None


@dataclass(frozen=True, slots=True)
class Park:
    """Nothing is written until a person decides."""

    kind: Kind
    why: str


Judgement = Leave | Write | Park


def choose(
    voices: Sequence[Voice], policy: FieldPolicy, *, preferred: Sequence[str] = (), ruling: Ruling | None = None
) -> Choice:
    """The value the hub stands for. `preferred` are keys by the golden record's own order, best first."""
    if ruling is not None and _stands(ruling, voices):
        ours = [voice for voice in voices if voice.key == ruling.key]
        replaces = frozenset[str]().union(*(voice.replaced for voice in ours))
        return Chosen(ruling.key, ruling.value, ruling.at, 101, f"{ruling.by} decided it", replaces, ruling.against)
    if policy.policy is ConflictPolicy.OWNER_WINS:
        return _owned(voices, policy, preferred)
    contenders = _contenders(voices, preferred)
    if not contenders:
        return Silent(_standing(voices, preferred), "nobody edited it")
    if len({voice.key for voice in contenders}) == 1:
        first = max(contenders, key=lambda voice: (voice.since, voice.trust))
        why = f"edited in {first.at.connection}" if first.moved else f"{first.at.connection} says so"
        return _chosen(first, why, among=contenders)
    return _picked(contenders, policy)


def judge(target: Voice, choice: Chosen, policy: FieldPolicy) -> Judgement:
    """What becomes of one record: the three-way comparison of what was agreed, what the hub says, what it says."""
    write = Write(choice.key, choice.value, choice.why)
    verdict: Judgement
    if target.key == choice.key:
        verdict = Leave("it says the same")
    elif target.at.connection == policy.owner:
        verdict = Leave("it owns the field")
    elif (target.at, target.key) in choice.against or (target.key and target.key in choice.replaces):
        verdict = write
    elif target.agreed is None:
        verdict = _first_seen(target, write, policy)
    elif not target.key:
        verdict = _removed(target.agreed, target.moved, write, policy)
    elif not target.moved and choice.key == target.agreed.ours:
        verdict = Leave("they agreed to differ")
    else:
        verdict = _contested(target, choice, policy)
    return verdict


def superseded(voices: Iterable[Voice]) -> frozenset[str]:
    """Values that another voice replaced: whoever still says them has not seen the newer edit yet."""
    moved = [voice for voice in voices if voice.moved and voice.key]
    gone = frozenset[str]().union(*(voice.replaced for voice in moved)) & {voice.key for voice in moved}
    return gone if any(voice.key not in gone for voice in moved) else frozenset()


def fingerprint(kind: Kind, field: str, *sides: Voice | Chosen) -> str:
    """Equal for one and the same conflict, however often it is met."""
    parts = [str(kind), field]
    for side in sides:
        at = side.at if isinstance(side, Voice) else None
        parts += [*((at.connection, at.stream, at.external_id) if at else ("",)), side.key, side.since]
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]


def _stands(ruling: Ruling, voices: Sequence[Voice]) -> bool:
    """Whether every edit that is still open was seen by whoever ruled, or says what was ruled."""
    open_ = [voice for voice in voices if voice.moved and voice.key]
    return all(voice.key == ruling.key or (voice.at, voice.key) in ruling.seen for voice in open_)


def _contenders(voices: Sequence[Voice], preferred: Sequence[str]) -> list[Voice]:
    gone = superseded(voices)
    moved = [voice for voice in voices if voice.moved and voice.key and voice.key not in gone]
    if moved:
        return moved
    if not any(voice.agreed is None and not voice.key for voice in voices):
        return []
    # Nobody edited it, but a record that the hub sees for the first time has nothing there yet.
    standing = _standing(voices, preferred)
    return [voice for voice in voices if voice.key and voice.key == standing]


def _standing(voices: Sequence[Voice], preferred: Sequence[str]) -> str:
    """What the hub stands for when nothing was edited: what it stood for, else the golden record's own choice."""
    said = {voice.key for voice in voices if voice.key}
    before = [voice.agreed.ours for voice in voices if voice.agreed is not None and voice.agreed.ours]
    if before:
        return max(set(before), key=lambda key: (before.count(key), key))
    return next((key for key in preferred if key in said), min(said, default=""))


def _owned(voices: Sequence[Voice], policy: FieldPolicy, preferred: Sequence[str]) -> Choice:
    own = [voice for voice in voices if voice.at.connection == policy.owner]
    said = [voice for voice in own if voice.key]
    if said:
        order = {key: place for place, key in enumerate(preferred)}
        best = min(said, key=lambda voice: (not voice.moved, order.get(voice.key, len(order)), voice.at.external_id))
        return _chosen(best, f"{policy.owner} owns the field", among=[best])
    removed = [voice for voice in own if voice.moved]
    if policy.clear and removed:
        one, why = removed[0], f"{policy.owner} owns the field and removed it"
        return Chosen("", "", one.since, one.trust, why, one.replaced)
    return Silent(_standing(voices, preferred), f"{policy.owner} owns the field and says nothing")


def _chosen(voice: Voice, why: str, *, among: Sequence[Voice]) -> Chosen:
    same = [one for one in among if one.key == voice.key]
    replaces = frozenset[str]().union(*(one.replaced for one in same))
    return Chosen(voice.key, voice.value, voice.since, voice.trust, why, replaces)


def _picked(contenders: Sequence[Voice], policy: FieldPolicy) -> Choice:
    values = tuple(_best_of_each(contenders))
    first, second = values[0], values[1]
    match policy.policy:
        case ConflictPolicy.NEWEST:
            first, second = sorted(values, key=lambda voice: voice.since, reverse=True)[:2]
            if _apart(first.since, second.since, skew=policy.skew):
                return _chosen(first, f"{first.at.connection} was edited last", among=contenders)
            why = "the edits are too near for clocks to tell which was last"
        case ConflictPolicy.MOST_TRUSTED:
            first, second = sorted(values, key=lambda voice: voice.trust, reverse=True)[:2]
            if first.trust > second.trust:
                return _chosen(first, f"{first.at.connection} is trusted most", among=contenders)
            why = f"{first.at.connection} and {second.at.connection} are trusted alike"
        case _:
            why = "the policy is to ask"
    return Disputed(values, why)


def _best_of_each(contenders: Sequence[Voice]) -> list[Voice]:
    """One voice for each value, that with the latest word; in a stable order."""
    best: dict[str, Voice] = {}
    for voice in sorted(contenders, key=lambda one: (one.since, one.trust, one.at.connection, one.at.external_id)):
        best[voice.key] = voice
    return [best[key] for key in sorted(best)]


def _apart(later: str, earlier: str, *, skew: timedelta) -> bool:
    if not later or not earlier:
        return bool(later)
    return from_text(later) - from_text(earlier) > skew


def _first_seen(target: Voice, write: Write, policy: FieldPolicy) -> Judgement:
    if not target.key:
        return replace(write, why=f"it is empty there; {write.why}")
    if policy.policy is ConflictPolicy.OWNER_WINS and write.key:
        return replace(write, overrules=Kind.NEVER_AGREED)
    return Leave("they differed when the hub first saw both")


def _removed(known: Agreed, moved: bool, write: Write, policy: FieldPolicy) -> Judgement:
    """It is empty there: since just now, or since it was last compared."""
    edited = write.key not in (known.ours, known.theirs) if moved else write.key != known.ours
    if not edited and not (moved and policy.policy is ConflictPolicy.OWNER_WINS):
        return Leave("removed there")
    if not moved:
        return replace(write, why=f"it is empty there; {write.why}")
    if policy.policy is ConflictPolicy.OWNER_WINS:
        return replace(write, overrules=Kind.DELETED)
    return Park(Kind.DELETED, "it was removed there and edited elsewhere")


def _contested(target: Voice, choice: Chosen, policy: FieldPolicy) -> Judgement:
    """It says something that the chosen value did not replace: the policy decides, and the decision is recorded."""
    kind = Kind.CONCURRENT if target.moved else Kind.DIFFERED
    match policy.policy:
        case ConflictPolicy.OWNER_WINS:
            wins = True
            kind = Kind.DELETED if not choice.key else Kind.AGAINST_OWNER if target.moved else kind
        case ConflictPolicy.NEWEST:
            wins = _apart(choice.since, target.since, skew=policy.skew)
        case ConflictPolicy.MOST_TRUSTED:
            wins = choice.trust > target.trust
        case ConflictPolicy.ASK:
            wins = False
        case _:
            assert_never(policy.policy)
    if wins:
        return Write(choice.key, choice.value, choice.why, overrules=kind)
    return Park(kind, "the policy does not say who wins")
