"""Where a contact point of one party stands, derived from everything that was heard of it. No sending, no storage.

The history is appended and never changed; what was said by mistake is taken back by one more word. Instants are
`clock.to_text` texts. A wrong party stays one whatever is loaded or heard later: only taking that word back ends it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final, assert_never

from concilia.clock import to_text
from concilia.normalize.verdict import Verdict
from concilia.portfolio.contact_point_policy import PointPolicy


class Status(enum.StrEnum):
    """Where a contact point stands."""

    UNVERIFIED = "unverified"  # usable, but of a kind that validation doubts
    VALID_SYNTAX = "valid_syntax"
    VERIFIED = "verified"
    STALE = "stale"  # verified too long ago, or replaced by another: to be verified again
    PENDING = "changed_pending_confirmation"
    SOFT_FAILED = "soft_failed"
    HARD_FAILED = "hard_failed"
    INVALID = "invalid"
    WRONG_PARTY = "wrong_party"
    REJECTED = "rejected"
    OPTED_OUT = "opted_out"  # of one channel
    SUPPRESSED = "suppressed"


class What(enum.StrEnum):
    """What was heard of a contact point."""

    DELIVERED = "delivered"
    READ = "read"
    ANSWERED = "answered"
    RIGHT_PARTY = "right_party"
    THIRD_PARTY = "third_party"
    WRONG_PARTY = "wrong_party"
    BOUNCED = "bounced"  # its code says hard or soft
    BLOCKED = "blocked"
    INVALID = "invalid"
    OPTED_OUT = "opted_out"
    OPTED_IN = "opted_in"
    VERIFIED = "verified"  # its method says how
    PENDING = "pending"
    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    REPLACED = "replaced"
    SUPPRESSED = "suppressed"
    WITHDRAWN = "withdrawn"  # takes back the evidence that it is about
    FOUND_STALE = "found_stale"  # somebody was told; changes nothing


HARD, SOFT = "hard", "soft"
SET_ASIDE: Final = frozenset({Status.PENDING, Status.WRONG_PARTY, Status.REJECTED, Status.SUPPRESSED})
UNUSABLE: Final = SET_ASIDE | {Status.HARD_FAILED, Status.INVALID}
NOES: Final = frozenset({What.WRONG_PARTY, What.OPTED_OUT, What.SUPPRESSED})  # these concern everybody of the record
FAILED: Final = (Status.SOFT_FAILED, Status.HARD_FAILED, Status.INVALID)
RANK: Final[Mapping[str, int]] = {
    Status.VERIFIED: 0, Status.VALID_SYNTAX: 1, Status.UNVERIFIED: 2, Status.STALE: 3, Status.SOFT_FAILED: 4,
}  # fmt: skip
_BARS: Final[Mapping[What, Status]] = {
    What.WRONG_PARTY: Status.WRONG_PARTY, What.SUPPRESSED: Status.SUPPRESSED, What.PENDING: Status.PENDING,
    What.REJECTED: Status.REJECTED,
}  # fmt: skip
_PARTIES: Final = frozenset({What.RIGHT_PARTY, What.THIRD_PARTY, What.WRONG_PARTY})
_APPS: Final = frozenset({"whatsapp"})  # a number without an account there is a phone all the same
_DOUBTED: Final = frozenset({Verdict.SUSPICIOUS, Verdict.CHECK_WARNING})


@dataclass(frozen=True, slots=True)
class Evidence:
    """One thing heard: `at` when it happened, `received_at` when the hub heard of it."""

    id: str
    what: What
    at: str
    code: str = ""
    channel: str = ""
    by: str = ""
    method: str = ""
    about: str = ""
    interaction_id: str | None = None
    received_at: str = ""


@dataclass(frozen=True, slots=True)
class Stated:
    """What sources and validation say of the value: the verdict, and when and how somebody verified it last."""

    verdict: Verdict = Verdict.VALID_FORMAT
    verified_at: str | None = None
    method: str | None = None


@dataclass(frozen=True, slots=True)
class OptOut:
    """A channel that cannot be used at this contact point, since when: the debtor refused it, or it fails there."""

    channel: str
    since: str


@dataclass(frozen=True, slots=True)
class State:
    """The status with the evidence that made it; `since` is empty where nothing was heard."""

    status: Status
    since: str = ""
    because: tuple[Evidence, ...] = ()
    verified_at: str | None = None
    verification_method: str | None = None
    last_success_at: str | None = None
    hard_failures: int = 0
    soft_failures: int = 0
    last_failure_at: str | None = None
    last_failure_code: str = ""
    opted_out: tuple[OptOut, ...] = ()
    unreachable: tuple[OptOut, ...] = ()  # channels that do not reach a phone which is one all the same
    change: str = ""  # the pending change, or the one that was decided
    replaced: bool = False  # another value took its place
    found_stale: bool = False  # somebody was told already that it is stale

    @property
    def usable(self) -> bool:
        """Whether it may be used at all; a channel may be opted out all the same."""
        return self.status not in UNUSABLE

    @property
    def set_aside(self) -> bool:
        """Whether it does not stand in the golden record."""
        return self.status in SET_ASIDE

    def on(self, channel: str) -> Status:
        """The status for one channel."""
        out = any(one.channel in ("", channel) for one in self.opted_out)
        return Status.OPTED_OUT if out and self.usable else self.status


@dataclass(slots=True)
class _Walk:
    """The state while the evidence is gone through."""

    status: Status
    type_: str
    since: str = ""
    because: list[Evidence] = field(default_factory=list)
    verified: tuple[str, str] | None = None  # when and how
    last_success: str = ""
    strikes: list[Evidence] = field(default_factory=list)
    hard: list[Evidence] = field(default_factory=list)
    last_failure: Evidence | None = None
    opted_out: dict[str, Evidence] = field(default_factory=dict)
    unreachable: dict[str, Evidence] = field(default_factory=dict)
    barred: Evidence | None = None  # a wrong party, or suppressed
    decided: Evidence | None = None  # pending, rejected, or replaced
    change: str = ""
    found_stale: str = ""

    def becomes(self, status: Status, one: Evidence) -> None:
        """Take on a status, and remember why; evidence for the status that it has already is one more reason."""
        if status is not self.status or not self.because:
            self.status, self.since, self.because = status, one.at, [one]
        else:
            self.because.append(one)


def evidence_of(outcome: str | None, party_outcome: str | None) -> tuple[What, ...]:
    """What the outcome of a contact says of the contact point used; no answer, busy and voicemail say nothing."""
    said = {What(party_outcome)} if party_outcome in _PARTIES else set()
    if outcome in ("delivered", "read", "answered"):
        # That somebody else answers is no success in reaching the debtor.
        said |= set() if said & {What.WRONG_PARTY, What.THIRD_PARTY} else {What(outcome)}
    elif outcome in ("bounced", "blocked", "invalid", "opted_out"):
        said.add(What(outcome))
    return tuple(sorted(said))


def counted(evidence: Iterable[Evidence]) -> list[Evidence]:
    """The evidence that counts, oldest first: nothing taken back, and of one interaction the last word on the party."""
    told = set(evidence)
    takers: dict[str, list[Evidence]] = {}
    for one in told:
        if one.what is What.WITHDRAWN:
            takers.setdefault(one.about, []).append(one)
    found = [one for one in told if one.what is not What.WITHDRAWN and not (takers and _taken_back(one, takers))]
    last: dict[str, Evidence] = {}
    for one in found:
        if one.what in _PARTIES and one.interaction_id:
            last[one.interaction_id] = max(one, last.get(one.interaction_id, one), key=_told_last)
    spoken = [one for one in found if one.what not in _PARTIES or last.get(one.interaction_id or "", one) == one]
    return sorted(spoken, key=_happened)


def _taken_back(one: Evidence, takers: Mapping[str, Sequence[Evidence]]) -> bool:
    """Whether a word takes it back that was not taken back itself."""
    return any(not _taken_back(taker, takers) for taker in takers.get(one.id, ()))


def _told_last(one: Evidence) -> tuple[str, str, str]:
    return one.received_at, one.at, one.id


def _happened(one: Evidence) -> tuple[str, bool, str, str]:
    """The order of what happened; what opens a change comes before what decides it at the same instant."""
    return one.at, one.what is not What.PENDING, one.received_at, one.id


def state_of(evidence: Iterable[Evidence], stated: Stated, *, type_: str, policy: PointPolicy, now: str) -> State:
    """Where the contact point stands at `now`, whatever the order in which its evidence is given."""
    heard = counted(evidence)
    if stated.verified_at:
        word = Evidence("", What.VERIFIED, stated.verified_at, method=stated.method or "source", by="source")
        heard = sorted([word, *heard], key=lambda one: one.at)
    walk = _Walk(Status.UNVERIFIED if stated.verdict in _DOUBTED else Status.VALID_SYNTAX, type_)
    for one in heard:
        _step(walk, one, policy)
    return _settled(walk, policy, now=now)


def _step(walk: _Walk, one: Evidence, policy: PointPolicy) -> None:
    match one.what:
        case What.RIGHT_PARTY | What.VERIFIED | What.CONFIRMED:
            _verify(walk, one)
        case What.DELIVERED | What.READ | What.ANSWERED:
            _reached(walk, one, policy)
        case What.BOUNCED | What.BLOCKED | What.INVALID:
            _failed(walk, one, policy)
        case What.WRONG_PARTY | What.SUPPRESSED:
            if walk.barred is None or one.what is What.SUPPRESSED:
                walk.barred = one
        case What.OPTED_OUT:
            walk.opted_out.setdefault(one.channel, one)
        case What.OPTED_IN:
            walk.opted_out = {name: no for name, no in walk.opted_out.items() if one.channel not in ("", name)}
        case What.PENDING | What.REJECTED | What.REPLACED:
            _decide(walk, one)
        case What.FOUND_STALE:
            walk.found_stale = one.at
        case What.THIRD_PARTY | What.WITHDRAWN:
            pass  # somebody who knows the debtor; taken back already
        case _:
            assert_never(one.what)


def _verify(walk: _Walk, one: Evidence) -> None:
    walk.becomes(Status.VERIFIED, one)
    walk.verified = (one.at, one.method or one.what.value)
    walk.strikes, walk.hard, walk.decided = [], [], None
    walk.change = one.about or walk.change
    walk.unreachable.pop(one.channel, None)
    if one.what is What.RIGHT_PARTY:
        walk.last_success = one.at


def _reached(walk: _Walk, one: Evidence, policy: PointPolicy) -> None:
    walk.last_success, walk.strikes = one.at, []
    walk.unreachable.pop(one.channel, None)
    if one.what in policy.verified_by:
        _verify(walk, one)
    elif walk.status in (Status.HARD_FAILED, Status.INVALID):
        walk.verified, walk.hard = None, []
        walk.becomes(Status.VALID_SYNTAX, one)


def _failed(walk: _Walk, one: Evidence, policy: PointPolicy) -> None:
    walk.last_failure = one
    if walk.type_ == "phone" and one.channel in _APPS:
        walk.unreachable.setdefault(one.channel, one)
    elif one.what is What.INVALID or (one.what is What.BOUNCED and one.code == HARD):
        walk.hard.append(one)
        walk.becomes(Status.INVALID if one.what is What.INVALID else Status.HARD_FAILED, one)
    else:
        _strike(walk, one, policy)


def _strike(walk: _Walk, one: Evidence, policy: PointPolicy) -> None:
    walk.strikes = [*_within(walk.strikes, policy.window_days, until=one.at), one]
    if len(walk.strikes) >= policy.hard_strikes and walk.status not in (Status.HARD_FAILED, Status.INVALID):
        walk.status, walk.since, walk.because = Status.HARD_FAILED, one.at, list(walk.strikes)


def _decide(walk: _Walk, one: Evidence) -> None:
    if one.what is What.PENDING and walk.status is Status.VERIFIED:
        return  # it was verified before anybody heard that it is new
    walk.decided, walk.change = one, one.about
    if walk.status is Status.VERIFIED:
        walk.verified = None
        walk.status, walk.since, walk.because = Status.VALID_SYNTAX, one.at, [one]


def _settled(walk: _Walk, policy: PointPolicy, *, now: str) -> State:
    status, since, because = _standing(walk, policy, now=now)
    known = max(walk.verified[0] if walk.verified else "", walk.last_success)
    return State(
        status=status,
        since=since,
        because=tuple(because),
        verified_at=walk.verified[0] if walk.verified else None,
        verification_method=walk.verified[1] if walk.verified else None,
        last_success_at=walk.last_success or None,
        hard_failures=len(walk.hard),
        soft_failures=len(_within(walk.strikes, policy.window_days, until=now)),
        last_failure_at=walk.last_failure.at if walk.last_failure else None,
        last_failure_code=_code(walk.last_failure),
        opted_out=_channels(walk.opted_out),
        unreachable=_channels(walk.unreachable),
        change=walk.change,
        replaced=walk.decided is not None and walk.decided.what is What.REPLACED,
        found_stale=bool(walk.found_stale) and walk.found_stale > known,
    )


def _channels(found: Mapping[str, Evidence]) -> tuple[OptOut, ...]:
    return tuple(OptOut(name, one.at) for name, one in sorted(found.items()))


def _standing(walk: _Walk, policy: PointPolicy, *, now: str) -> tuple[Status, str, Sequence[Evidence]]:
    """What counts in the end: who is barred, what was decided, what failed, and what is too old."""
    one = walk.barred or walk.decided
    if one is not None and one.what in _BARS:
        return _BARS[one.what], one.at, [one]
    strikes = _within(walk.strikes, policy.window_days, until=now)
    if walk.status not in (Status.HARD_FAILED, Status.INVALID) and len(strikes) >= policy.soft_strikes:
        return Status.SOFT_FAILED, strikes[policy.soft_strikes - 1].at, strikes
    if walk.status in (Status.HARD_FAILED, Status.INVALID) or one is None:
        due = _due(walk, policy.stale_after(walk.type_))
        stale = bool(due) and due < now
        return (Status.STALE, due, walk.because) if stale else (walk.status, walk.since, walk.because)
    return Status.STALE, one.at, [one]


def _due(walk: _Walk, days: int) -> str:
    """When a verified contact point is to be verified again; empty for one that is not verified."""
    if walk.status is not Status.VERIFIED or walk.verified is None:
        return ""
    return to_text(_moment(max(walk.verified[0], walk.last_success)) + timedelta(days=days))


def _within(strikes: Iterable[Evidence], days: int, *, until: str) -> list[Evidence]:
    first = _moment(until) - timedelta(days=days)
    return [one for one in strikes if first <= _moment(one.at) and one.at <= until]


def _code(failure: Evidence | None) -> str:
    if failure is None:
        return ""
    return failure.code or failure.what.value


def _moment(text: str) -> datetime:
    """The instant of a text; sources may state a day alone, which begins in UTC then."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
