"""What people and programs say of subscriptions: make, change, pause, resume, replay, try, remove; and how each stands.

Whatever changes what is told takes the subscriber's fence: a round under way stores nothing more and comes to its end.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from concilia import keys
from concilia.clock import to_text
from concilia.documents import did_you_mean
from concilia.errors import NotFound, RequestInvalid
from concilia.portfolio.event_catalogue import CATALOGUE, is_pattern
from concilia.store import credentials, events, fences, subscriptions
from concilia.store.subscriptions import ACTIVE, DEAD, PAUSED, WAITING, HeldRow, SubscriptionRow
from concilia.store.unit_of_work import Tx
from concilia.vault import Secret
from connectors.webhook_sender import Outcome, Sender
from connectors.webhook_targets import Guard, Resolve
from sync import event_retry, event_signing
from sync.cloud_events import as_bytes, trial_envelope
from sync.event_book import NEVER
from sync.event_retry import Delivered, Patience
from sync.event_signing import Signer
from sync.hub import Hub
from sync.subscription_rows import AFTER_DEAD, GO_ON, fence_of

MOST: Final = 100
OVERLAP: Final = timedelta(hours=24)
LONGEST_OVERLAP: Final = timedelta(days=30)

Random = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a subscriber asks for. `after` is the number behind which it begins; None: with what happens from now on."""

    url: str
    types: tuple[str, ...] = ()
    after: int | None = None
    after_dead: str = GO_ON
    description: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a subscription stands: its row, how many events behind the last one it is, and what is apart."""

    row: SubscriptionRow
    latest: int
    waiting: int
    dead: int

    def as_json(self) -> dict[str, Any]:
        """As callers see it; never the secret."""
        row = self.row
        names = (
            "id", "url", "after_dead", "description", "state", "reason", "created_by", "created_at", "changed_by",
            "changed_at", "failures", "failing_since", "last_success_at", "last_error", "old_secret_until",
        )  # fmt: skip
        return {
            **{name: getattr(row, name) for name in names},
            "types": json.loads(row.types),
            "delivered": row.delivered,
            "latest": self.latest,
            "lag": max(self.latest - row.delivered, 0),
            "waiting": self.waiting,
            "dead": self.dead,
            "next_attempt_at": row.next_attempt_at or None,
        }


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of a test: whether the receiver took it, and why not."""

    taken: bool
    reason: str
    event_id: str


def guard_of(hub: Hub, resolve: Resolve | None = None) -> Guard:
    """Which targets this workspace lets in."""
    return Guard(Patience.declared(hub.workspace.events).allowed, resolve)


def subscribe(
    hub: Hub, wanted: Wanted, *, by: str, resolve: Resolve | None = None, random: Random = secrets.token_bytes
) -> tuple[Standing, Secret]:
    """A new subscription and its secret, which is shown this once. RequestInvalid for what cannot be told."""
    _check_types(wanted.types)
    _check_after_dead(wanted.after_dead)
    guard_of(hub, resolve).checked(wanted.url)
    at, secret = to_text(hub.clock()), event_signing.new_secret(random)
    with hub.store.begin() as tx:
        if len(subscriptions.every(tx)) >= MOST:
            raise RequestInvalid(f"There are {MOST} subscriptions already.", mend="Remove one that nobody needs.")
        latest = events.latest(tx)
        row = SubscriptionRow(
            id=keys.subscription_id(random(16).hex()),
            url=wanted.url,
            types=json.dumps(wanted.types),
            after_dead=wanted.after_dead,
            description=wanted.description,
            state=ACTIVE,
            reason="",
            created_by=by,
            created_at=at,
            changed_by=by,
            changed_at=at,
            delivered=latest if wanted.after is None else _place(wanted.after, latest),
            failures=0,
            failing_since=None,
            next_attempt_at="",
            last_success_at=None,
            last_error="",
        )
        event_signing.keep(tx, hub.keys(), row, secret)
        subscriptions.add(tx, row)
        return Standing(row, latest, 0, 0), secret


def listed(hub: Hub) -> list[Standing]:
    """All subscriptions, oldest first."""
    with hub.store.read() as tx:
        latest, counts = events.latest(tx), subscriptions.counts(tx)
        rows = subscriptions.every(tx)
    return [Standing(r, latest, counts.get((r.id, WAITING), 0), counts.get((r.id, DEAD), 0)) for r in rows]


def one(hub: Hub, subscription_id: str) -> Standing:
    """One subscription; NotFound for an unknown id."""
    with hub.store.read() as tx:
        return _standing(tx, subscription_id)


def change(
    hub: Hub, subscription_id: str, told: dict[str, Any], *, by: str, resolve: Resolve | None = None
) -> Standing:
    """Change url, types, after_dead or description: what is named in `told`."""
    if "types" in told:
        _check_types(told["types"])
    if "after_dead" in told:
        _check_after_dead(told["after_dead"])
    if "url" in told:
        guard_of(hub, resolve).checked(told["url"])
    values = {**told, **({"types": json.dumps(list(told["types"]))} if "types" in told else {})}
    with _changing(hub, subscription_id, by=by) as (tx, row):
        subscriptions.change(tx, replace(row, **values))
        if "url" in told:
            _afresh(tx, row, at=row.changed_at)
        return _standing(tx, subscription_id)


def pause(hub: Hub, subscription_id: str, *, by: str, reason: str = "") -> Standing:
    """Let a subscription rest; what happens meanwhile is told when it goes on."""
    with _changing(hub, subscription_id, by=by) as (tx, row):
        subscriptions.change(tx, replace(row, state=PAUSED, reason=reason or f"Paused by {by}."))
        return _standing(tx, subscription_id)


def resume(hub: Hub, subscription_id: str, *, by: str) -> Standing:
    """Go on where it rests, at once."""
    with _changing(hub, subscription_id, by=by) as (tx, row):
        subscriptions.change(tx, replace(row, state=ACTIVE, reason=""))
        _afresh(tx, row, at=row.changed_at)
        return _standing(tx, subscription_id)


def replay(hub: Hub, subscription_id: str, *, after: int, by: str) -> Standing:
    """Tell again everything behind that number, in order; the receiver knows events by their ids."""
    with _changing(hub, subscription_id, by=by) as (tx, row):
        place = _place(after, events.latest(tx))
        subscriptions.release_behind(tx, row.id, place)
        _afresh(tx, replace(row, delivered=place), at=row.changed_at)
        return _standing(tx, subscription_id)


def remove(hub: Hub, subscription_id: str, *, by: str) -> Standing:
    """Forget a subscription with its secret and what is owed to it; how it stood."""
    with _changing(hub, subscription_id, by=by) as (tx, _):
        found = _standing(tx, subscription_id)
        subscriptions.remove(tx, subscription_id)
        credentials.forget(tx, event_signing.place_of(subscription_id))
        return found


def rotate_secret(
    hub: Hub, subscription_id: str, *, by: str, overlap: timedelta = OVERLAP, random: Random = secrets.token_bytes
) -> tuple[Standing, Secret]:
    """A new secret, shown this once. Until the overlap ends, events are signed with the old one too."""
    if not timedelta() <= overlap <= LONGEST_OVERLAP:
        raise RequestInvalid("The overlap is at most 30 days.", field="overlap_hours")
    secret = event_signing.new_secret(random)
    with _changing(hub, subscription_id, by=by) as (tx, row):
        until = to_text(hub.clock() + overlap) if overlap else None
        event_signing.replace(tx, hub.keys(), row, secret)
        subscriptions.change(tx, replace(row, old_secret_until=until))
        return _standing(tx, subscription_id), secret


def held(hub: Hub, subscription_id: str, *, state: str, after: int = 0, limit: int = 100) -> list[dict[str, Any]]:
    """Events that are apart from the rest (`waiting` or `dead`), in order, each with its type and subject."""
    with hub.store.read() as tx:
        _standing(tx, subscription_id)
        rows = subscriptions.held(tx, subscription_id, state=state, after=after, limit=limit)
        facts = {fact.seq: fact for fact in events.numbered(tx, [row.seq for row in rows])}
    return [_held_json(row, facts[row.seq].type, facts[row.seq].subject) for row in rows]


def replay_dead(hub: Hub, subscription_id: str, numbers: Sequence[int] | None = None, *, by: str) -> int:
    """Tell dead letters again, all or these, with fresh attempts; how many. NotFound for one that is not dead."""
    with _changing(hub, subscription_id, by=by) as (tx, row):
        dead = {one.seq: one for one in subscriptions.held(tx, row.id, state=DEAD)}
        wanted = sorted(dead) if numbers is None else list(numbers)
        for number in wanted:
            if number not in dead:
                raise NotFound(f"Event {number} is no dead letter.", mend="List the dead letters.")
        again = (
            replace(dead[n], state=WAITING, attempts=0, first_failed_at=None, changed_at=row.changed_at) for n in wanted
        )
        subscriptions.hold(tx, list(again))
        _afresh(tx, row, at=row.changed_at)
        return len(wanted)


def try_out(
    hub: Hub, subscription_id: str, *, resolve: Resolve | None = None, random: Random = secrets.token_bytes
) -> Tried:
    """Post a `subscription.test` at once, whether the subscription rests or not. It is in no feed."""
    now = hub.clock()
    with hub.store.read() as tx:
        row = _standing(tx, subscription_id).row
        signer = Signer(event_signing.in_force(tx, hub.keys(), row, at=to_text(now)))
    event = trial_envelope(row.id, number=random(8).hex(), at=to_text(now))
    guard = guard_of(hub, resolve)
    sender = Sender(guard.checked(row.url), guard, now=hub.clock)
    try:
        body = as_bytes(event)
        outcome: Outcome = sender.post(body, signer.headers(event["id"], body, at=now))
    finally:
        sender.close()
    verdict = event_retry.judged(outcome)
    taken = isinstance(verdict, Delivered)
    return Tried(taken, "" if isinstance(verdict, Delivered) else verdict.reason, event["id"])


@contextmanager
def _changing(hub: Hub, subscription_id: str, *, by: str) -> Iterator[tuple[Tx, SubscriptionRow]]:
    """A transaction in which nobody else tells or changes the subscription; the row is stamped already."""
    at = to_text(hub.clock())
    with hub.store.begin() as tx:
        fences.take(tx, fence_of(subscription_id), holder=by, at=at)
        yield tx, replace(_standing(tx, subscription_id).row, changed_by=by, changed_at=at)


def _afresh(tx: Tx, row: SubscriptionRow, *, at: str) -> None:
    """Whatever is owed may be tried at once, and earlier failures count no more."""
    progress = subscriptions.Progress(row.delivered, 0, None, "", row.last_success_at, "")
    subscriptions.advance(tx, row.id, progress)
    subscriptions.wake(tx, row.id, at=at)


def _standing(tx: Tx, subscription_id: str) -> Standing:
    row = subscriptions.load(tx, subscription_id)
    if row is None:
        raise NotFound(f"There is no subscription {subscription_id}.", mend="List them: concilia events subscriptions")
    counts = subscriptions.counts(tx)
    waiting, dead = (counts.get((row.id, state), 0) for state in (WAITING, DEAD))
    return Standing(row, events.latest(tx), waiting, dead)


def _place(after: int, latest: int) -> int:
    if not 0 <= after <= latest:
        raise RequestInvalid(f"Events are numbered from 1 to {latest}.", mend="0 begins with the first.", field="after")
    return after


def _check_types(types: Sequence[str]) -> None:
    for place, text in enumerate(types):
        if not is_pattern(text):
            mend = did_you_mean(text, CATALOGUE) or "GET /v1/event-types lists them."
            raise RequestInvalid("There is no such type of events.", mend=mend, field=f"types.{place}")


def _check_after_dead(told: str) -> None:
    if told not in AFTER_DEAD:
        raise RequestInvalid(f"after_dead is one of {', '.join(AFTER_DEAD)}.", field="after_dead")


def _held_json(row: HeldRow, type_: str, subject: str) -> dict[str, Any]:
    names = ("state", "attempts", "first_failed_at", "reason")
    told = {name: getattr(row, name) for name in names}
    again = None if row.next_attempt_at >= NEVER else row.next_attempt_at
    return {"sequence": row.seq, "type": type_, "subject": subject, **told, "next_attempt_at": again}
