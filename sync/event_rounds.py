"""One round for one subscriber: read on, tell in order by debtor and otherwise at once, keep how far one came.

Whoever holds the lock of a subscriber tells it. What he stores checks his fence in the same transaction: a process
that was overtaken, or that tells a subscription which a person changed meanwhile, moves nothing. What was told and
not yet stored when a process dies is told again: subscribers know an event by its id.
"""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from queue import SimpleQueue
from typing import Final, assert_never

from concilia.clock import from_text, to_text
from concilia.errors import RunMustStop
from concilia.store import events, fences, locks, subscriptions
from concilia.store.events import RecordedFact
from concilia.store.subscriptions import ACTIVE, DEAD, PAUSED, WAITING, Progress, SubscriptionRow
from concilia.store.unit_of_work import Tx
from connectors.webhook_sender import Outcome
from sync import event_retry, event_signing
from sync.cloud_events import as_bytes, envelope
from sync.event_book import Book
from sync.event_retry import Delivered, LetRest, Patience, Stop, TryAgain, Verdict
from sync.event_signing import Signer
from sync.hub import Hub
from sync.subscription_rows import fence_of, terms_of

log = logging.getLogger(__name__)

PARALLEL: Final = 8  # events told to one subscriber at once
WINDOW: Final = 256  # events read ahead of what is told
PAGE: Final = 200
MOST_HELD: Final = 2_000  # events apart from the rest, before nothing new is read
FULL: Final = timedelta(seconds=10)  # before it is looked whether there are fewer
KEPT_EVERY: Final = 500  # events told, or
KEPT_AFTER: Final = timedelta(seconds=1)  # since it was stored how far one came
SLICE: Final = timedelta(seconds=5)  # for one subscriber, before another one's turn

Post = Callable[[bytes, Mapping[str, str]], Outcome]


@dataclass(frozen=True, slots=True)
class Desk:
    """What rounds work with: the hub, how long is tried, threads to call from, and the way to a subscriber.

    `leaving` says that the process is about to end: rounds come to an end then.
    """

    hub: Hub
    patience: Patience
    threads: Executor
    post_to: Callable[[SubscriptionRow], Post]
    leaving: Callable[[], bool] = lambda: False


@dataclass(slots=True)
class Round:
    """What a round did: events told, events that were not taken, and why it ended early, if it did."""

    subscription_id: str
    told: int = 0
    failed: int = 0
    ended: str = ""


@dataclass(slots=True)
class _State:
    """A round under way."""

    row: SubscriptionRow
    token: int
    book: Book
    signer: Signer
    post: Post
    done: Round
    began: datetime
    kept_at: datetime
    held: int
    answers: SimpleQueue[tuple[RecordedFact, Verdict]] = field(default_factory=SimpleQueue)
    flying: int = 0
    in_a_row: int = 0  # failures since something was told
    told_at: str | None = None
    trouble: str = ""  # why the latest failure failed
    unkept: int = 0
    rest: LetRest | Stop | None = None  # why nothing more is told in this round
    dry: bool = False  # there is nothing more to be read


def run_round(desk: Desk, subscription_id: str) -> Round | None:
    """Tell one subscriber what is owed to it now; None when it rests, or another process is telling it."""
    with locks.hold(desk.hub.store, f"events-{subscription_id}") as mine:
        state = _begun(desk, subscription_id) if mine else None
        if state is None:
            return None
        try:
            _carried_out(desk, state)
        except RunMustStop as fault:
            state.done.ended = str(fault)
        finally:
            while state.flying:  # nobody else begins before the last call of this round is over
                state.answers.get()
                state.flying -= 1
        return state.done


def _begun(desk: Desk, subscription_id: str) -> _State | None:
    hub = desk.hub
    now = hub.clock()
    with hub.store.begin() as tx:
        row = subscriptions.load(tx, subscription_id)
        if row is None or row.state != ACTIVE or row.next_attempt_at > to_text(now):
            return None
        holder = f"{socket.gethostname()}:{os.getpid()}"
        token = fences.take(tx, fence_of(subscription_id), holder=holder, at=to_text(now))
        signer = Signer(event_signing.in_force(tx, hub.keys(), row, at=to_text(now)))
        terms = terms_of(row, desk.patience)
        held = subscriptions.held(tx, row.id, state=WAITING)
        if terms.holds:
            held += subscriptions.held(tx, row.id, state=DEAD)
        book = Book(terms, row.delivered)
        facts = events.numbered(tx, [h.seq for h in held if h.seq <= row.delivered])
        book.open(held, {fact.seq: fact for fact in facts})
    return _State(row, token, book, signer, desk.post_to(row), Round(row.id), now, now, len(held))


def _carried_out(desk: Desk, state: _State) -> None:
    while True:
        now = desk.hub.clock()
        _read_on(desk, state, now=now)
        while _may_tell(desk, state) and (fact := state.book.take(now=now)) is not None:
            state.flying += 1
            desk.threads.submit(_attempt, desk, state, fact)
        if not state.flying:
            break
        fact, verdict = state.answers.get()
        state.flying -= 1
        _judge(state, fact, verdict, now=desk.hub.clock())
        if state.unkept >= KEPT_EVERY or now - state.kept_at > KEPT_AFTER:
            _keep(desk, state)
    if state.held >= MOST_HELD and not state.done.told + state.done.failed:
        state.rest = LetRest(f"{state.held} events are tried again: nothing new is told before.", FULL)
    _keep(desk, state)


def _read_on(desk: Desk, state: _State, *, now: datetime) -> None:
    """Read the next events while there is room for them and time left."""
    if state.dry or state.rest is not None or now - state.began > SLICE:
        return
    if state.book.fresh >= WINDOW - PAGE or state.held >= MOST_HELD:
        return
    with desk.hub.store.read() as tx:
        found = list(events.after(tx, state.book.through, limit=PAGE))
    state.dry = len(found) < PAGE
    state.book.read(found)


def _may_tell(desk: Desk, state: _State) -> bool:
    return state.rest is None and not desk.leaving() and state.flying < (1 if _is_probing(state) else PARALLEL)


def _is_probing(state: _State) -> bool:
    """Whether the subscriber had to be let alone and has taken nothing since: one call at a time then."""
    return state.row.next_attempt_at != "" and state.done.told == 0


def _attempt(desk: Desk, state: _State, fact: RecordedFact) -> None:
    """One call, in a thread of its own. Whatever happens, an answer comes."""
    try:
        body = as_bytes(envelope(fact))
        headers = state.signer.headers(str(fact.seq), body, at=desk.hub.clock())
        verdict = event_retry.judged(state.post(body, headers))
    except Exception:  # a fault of ours must not leave the round waiting for this answer for ever
        log.exception("event %s could not be told", fact.seq)
        verdict = TryAgain("The hub could not tell it; its log says why.")
    state.answers.put((fact, verdict))


def _judge(state: _State, fact: RecordedFact, verdict: Verdict, *, now: datetime) -> None:
    match verdict:
        case Delivered():
            state.book.told(fact.seq)
            state.done.told += 1
            state.unkept += 1
            state.in_a_row = 0
            state.told_at = to_text(now)
        case TryAgain(reason):
            _failed(state, fact, reason, now=now)
        case LetRest(reason, _, tried):
            state.rest = verdict
            if tried:
                _failed(state, fact, reason, now=now)
        case Stop():
            state.rest = verdict
        case _:
            assert_never(verdict)


def _failed(state: _State, fact: RecordedFact, reason: str, *, now: datetime) -> None:
    last = state.told_at or state.row.last_success_at
    state.book.failed(fact.seq, reason, now=now, last_success_at=last)
    state.done.failed += 1
    state.in_a_row += 1
    state.trouble = reason
    limit = 1 if _is_probing(state) else PARALLEL
    if state.in_a_row >= limit and state.rest is None:
        state.rest = LetRest(reason)


def _keep(desk: Desk, state: _State) -> None:
    """Store how far one came. RunMustStop, storing nothing, when somebody else took over or changed it."""
    with desk.hub.store.begin() as tx:
        now = desk.hub.clock()
        fences.keep(tx, fence_of(state.row.id), token=state.token, at=to_text(now))
        kept = state.book.to_keep(now=now)
        subscriptions.hold(tx, kept.hold)
        subscriptions.release(tx, state.row.id, kept.release)
        subscriptions.advance(tx, state.row.id, _progress(desk, state, through=kept.through, now=now))
        if not state.flying:
            _paused(tx, desk, state, now=now)
    state.held += len(kept.hold) - len(kept.release)
    state.kept_at, state.unkept = now, 0


def _progress(desk: Desk, state: _State, *, through: int, now: datetime) -> Progress:
    """A round that told nothing counts against the subscriber; only one that had to end lets it rest."""
    row, at = state.row, to_text(now)
    rest = state.rest if isinstance(state.rest, LetRest) else None
    success = state.told_at or row.last_success_at
    if rest is None and state.done.told:
        return Progress(through, 0, None, "", success, "")
    failures = 1 if state.done.told else row.failures + 1
    since = at if state.done.told else row.failing_since or at
    if rest is not None:
        wait = event_retry.rest(failures, desk.patience) if rest.after is None else rest.after
        return Progress(through, failures, since, to_text(now + wait), success, rest.reason)
    if state.done.failed:
        return Progress(through, failures, since, "", success, state.trouble)
    return Progress(through, row.failures, row.failing_since, row.next_attempt_at, success, row.last_error)


def _paused(tx: Tx, desk: Desk, state: _State, *, now: datetime) -> None:
    """Pause a subscriber that wants nothing any more, or that nothing reached for long."""
    row = subscriptions.load(tx, state.row.id)
    if row is None:
        return
    reason = state.rest.reason if isinstance(state.rest, Stop) else ""
    if row.failing_since is not None:
        failing_for = now - from_text(row.failing_since)
        if event_retry.is_given_up(row.failures, failing_for, desk.patience):
            reason = f"Nothing got through since {row.failing_since}: {row.last_error}"
    if reason:
        at = to_text(now)
        subscriptions.change(tx, replace(row, state=PAUSED, reason=reason, changed_by="hub", changed_at=at))
        state.done.ended = reason
