"""Whatever a subscriber refuses and whenever: in order for each debtor, none missing, one poison event stops only its own."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concilia.clock import to_text
from concilia.portfolio.event_types import order_keys
from concilia.store.events import RecordedFact
from concilia.store.subscriptions import DEAD, WAITING, HeldRow
from connectors.webhook_sender import Answered, NoAnswer, NotReached
from sync import event_retry
from sync.cloud_events import keys_of
from sync.event_book import Book, Terms
from sync.event_lanes import Lanes
from sync.event_retry import Delivered, LetRest, Patience, Stop, TryAgain

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PATIENCE = Patience(attempts=3)


def fact(seq: int, debtor: str, *, into: str = "", type_: str = "debt.changed") -> RecordedFact:
    body = {"into": into} if into else {}
    return RecordedFact(seq, to_text(NOW), type_, f"d{seq}", debtor, body)


def terms(*, holds: bool = False, patterns: tuple[str, ...] = ()) -> Terms:
    return Terms("s1", patterns, holds, PATIENCE)


@given(st.lists(st.sets(st.sampled_from("abcd"), min_size=1, max_size=3), max_size=30), st.randoms())
def test_lanes_give_out_everything_once_and_in_order_for_each_key(keys: list[set[str]], chance: random.Random) -> None:
    lanes = Lanes()
    for number, wanted in enumerate(keys):
        lanes.add(number, wanted)
    given_out: list[int] = []
    under_way: list[int] = []
    while len(lanes):
        while (number := lanes.take()) is not None:
            assert not any(keys[number] & keys[other] for other in under_way), "two of one key at once"
            given_out.append(number)
            under_way.append(number)
        lanes.done(under_way.pop(chance.randrange(len(under_way))))
    assert sorted(given_out) == list(range(len(keys)))
    for key in "abcd":
        mine = [n for n in given_out if key in keys[n]]
        assert mine == sorted(mine)


def test_those_behind_an_event_wait_for_it_at_once_or_by_way_of_others() -> None:
    lanes = Lanes()
    for number, keys in enumerate(["a", "b", "ab", "c", "b", "cd", "d"]):
        lanes.add(number, keys)
    assert list(lanes.behind(0)) == [2, 4]
    assert list(lanes.behind(3)) == [5, 6]
    assert list(lanes.behind(6)) == []


class Subscriber:
    """A ledger of what was told and what is stored between rounds; crashes before anything is stored."""

    def __init__(self, facts: list[RecordedFact], *, holds: bool) -> None:
        self.facts = facts
        self.terms = terms(holds=holds)
        self.through = 0
        self.rows: dict[int, HeldRow] = {}
        self.last_success: str | None = None
        self.taken: list[int] = []
        self.now = NOW

    def round(self, refused: set[int], chance: random.Random, *, crash: bool, batch: int) -> None:
        self.now += timedelta(hours=1)
        book = Book(self.terms, self.through)
        held = [r for r in self.rows.values() if r.state == WAITING or self.terms.holds]
        book.open(held, {f.seq: f for f in self.facts})
        book.read([f for f in self.facts if f.seq > self.through][:batch])
        under_way: list[RecordedFact] = []
        success = self.last_success
        while True:
            while len(under_way) < 3 and (one := book.take(now=self.now)) is not None:
                under_way.append(one)
            if not under_way:
                break
            one = under_way.pop(chance.randrange(len(under_way)))
            if one.seq in refused:
                book.failed(one.seq, "no", now=self.now, last_success_at=success)
            else:
                self.taken.append(one.seq)
                book.told(one.seq)
                success = to_text(self.now)
            if crash and chance.random() < 0.2:
                return
        kept = book.to_keep(now=self.now)
        assert kept.through >= self.through or kept.through == self.through
        self.through, self.last_success = kept.through, success
        for row in kept.hold:
            self.rows[row.seq] = row
        for number in kept.release:
            del self.rows[number]


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "", "a", "b"])), min_size=1, max_size=25),
    st.sets(st.integers(1, 25), max_size=6),
    st.randoms(use_true_random=False),
    st.booleans(),
)
def test_nothing_is_missing_and_each_debtor_is_told_in_order(
    told: list[tuple[str, str]], troubled: set[int], chance: random.Random, holds: bool
) -> None:
    facts = [fact(n, debtor, into=into) for n, (debtor, into) in enumerate(told, start=1)]
    one = Subscriber(facts, holds=holds)
    for _ in range(12):
        refused = {n for n in troubled if chance.random() < 0.6}
        one.round(refused, chance, crash=chance.random() < 0.3, batch=chance.randint(1, 30))
    for _ in range(30):  # the trouble is over, and dead letters are told again
        one.rows = {
            n: (HeldRow("s1", n, WAITING, 0, None, to_text(NOW), "", to_text(NOW)) if r.state == DEAD and holds else r)
            for n, r in one.rows.items()
        }
        one.round(set(), chance, crash=False, batch=30)
    dead = {n for n, row in one.rows.items() if row.state == DEAD}
    assert not dead or not holds
    assert set(one.taken) | dead == {f.seq for f in facts}, "none missing"
    firsts = list(dict.fromkeys(one.taken))
    late = set() if holds else dead
    for key in {key for f in facts for key in keys_of(f)}:
        mine = [n for n in firsts if key in keys_of(facts[n - 1]) and n not in late]
        assert mine == sorted(mine), "in order for each debtor"
    assert all(row.state == DEAD for row in one.rows.values()), "nothing apart but what was given up"


def test_one_refused_event_holds_its_debtor_and_nobody_else() -> None:
    book = Book(terms(), 0)
    book.read([fact(1, "a"), fact(2, "b"), fact(3, "a"), fact(4, "c"), fact(5, "b")])
    taken = []
    while (one := book.take(now=NOW)) is not None:
        if one.seq == 1:
            book.failed(1, "It answered 500.", now=NOW, last_success_at=None)
        else:
            taken.append(one.seq)
            book.told(one.seq)
    kept = book.to_keep(now=NOW)
    assert taken == [2, 4, 5]
    assert (kept.through, [r.seq for r in kept.hold], kept.release) == (5, [1, 3], frozenset())
    assert [(r.state, r.attempts) for r in kept.hold] == [(WAITING, 1), (WAITING, 0)]
    assert kept.hold[1].next_attempt_at == kept.hold[0].next_attempt_at


def test_while_all_is_well_nothing_is_kept_but_how_far() -> None:
    book = Book(terms(patterns=("debt",)), 7)
    book.read([fact(n, "ab"[n % 2]) for n in range(8, 500)])
    while (one := book.take(now=NOW)) is not None:
        book.told(one.seq)
    kept = book.to_keep(now=NOW)
    assert (kept.through, kept.hold, kept.release) == (499, (), frozenset())


def test_what_was_never_tried_is_not_counted_as_told() -> None:
    book = Book(terms(), 0)
    book.read([fact(n, "abc"[n % 3]) for n in range(1, 10)])
    first, second = book.take(now=NOW), book.take(now=NOW)
    assert first is not None
    assert second is not None
    book.told(second.seq)
    assert book.to_keep(now=NOW).through == 0
    book.told(first.seq)
    assert book.to_keep(now=NOW).through == 2


def test_an_event_is_given_up_only_while_others_get_through() -> None:
    book = Book(terms(), 0)
    book.read([fact(1, "a"), fact(2, "a")])
    one = book.take(now=NOW)
    assert one is not None
    row = book.failed(1, "no", now=NOW, last_success_at=None)
    for attempt in range(2, 9):
        book = Book(terms(), 2)
        held = HeldRow("s1", 2, WAITING, 0, None, to_text(NOW), "", to_text(NOW))
        book.open([row, held], {1: fact(1, "a"), 2: fact(2, "a")})
        later = NOW + timedelta(hours=attempt)
        assert book.take(now=later) is not None
        success = to_text(later) if attempt == 8 else None
        row = book.failed(1, "no", now=later, last_success_at=success)
        assert row.state == (DEAD if attempt == 8 else WAITING)
    assert book.take(now=NOW) is not None, "its debtor's later event goes on"


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (Answered(200), Delivered()),
        (Answered(204), Delivered()),
        (Answered(302), TryAgain("It answered 302: nobody follows it to another address.")),
        (Answered(400), TryAgain("It answered 400.")),
        (Answered(404), TryAgain("It answered 404.")),
        (Answered(410), Stop("It answered 410 Gone.")),
        (Answered(429, timedelta(seconds=7)), LetRest("It answered 429.", timedelta(seconds=7))),
        (Answered(429), LetRest("It answered 429.")),
        (Answered(500), TryAgain("It answered 500.")),
        (Answered(503), TryAgain("It answered 503.")),
        (Answered(503, timedelta(seconds=7)), LetRest("It answered 503.", timedelta(seconds=7), tried=True)),
        (NoAnswer("no answer in time"), TryAgain("It did not answer: no answer in time.")),
        (NotReached("refused"), LetRest("It was not reached: refused.")),
    ],
)
def test_what_an_attempt_comes_to(outcome: object, verdict: object) -> None:
    assert event_retry.judged(outcome) == verdict  # type: ignore[arg-type]


def test_waits_grow_and_a_subscriber_is_looked_for_within_a_minute() -> None:
    waits = [event_retry.delay(n, Patience()) for n in range(1, 12)]
    assert waits == sorted(waits)
    rests = [event_retry.rest(n, Patience()) for n in range(1, 40)]
    assert rests == sorted(rests)
    assert rests[0] == timedelta(seconds=1)
    assert rests[-1] == timedelta(minutes=1)


def test_a_subscriber_is_given_up_after_many_failures_over_time_and_not_before() -> None:
    long, short, many = timedelta(hours=25), timedelta(hours=1), 50
    assert event_retry.is_given_up(many, long, Patience())
    assert not event_retry.is_given_up(many, short, Patience())
    assert not event_retry.is_given_up(3, long, Patience())


def test_a_merge_a_split_and_a_payment_of_two_are_about_everybody_they_name() -> None:
    merged = order_keys(subject="g1", golden_id="g2", data={"gone": ["g1"], "into": "g2"})
    assert merged == {"g1", "g2"}
    assert order_keys(subject="g2", golden_id="g2", data={"into": "g3"}) == {"g2", "g3"}
    assert order_keys(subject="p1", golden_id="g1", data={"debtors": ["g1", "g9"]}) == {"p1", "g1", "g9"}
    assert order_keys(subject="x", golden_id=None, data={}) == {"x"}
