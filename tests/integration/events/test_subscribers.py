"""What becomes of events that a subscriber does not take, and of subscribers that take none: by rows, not by waiting."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from concilia.clock import to_text
from concilia.errors import NotFound, RequestInvalid
from concilia.store import events
from concilia.store.events import Fact
from sync import subscriptions
from sync.event_retry import Patience
from sync.hub import Hub
from sync.postman import deliver_once
from sync.subscription_rows import HOLD
from sync.subscriptions import Standing, Wanted
from tests.eventful import all_events, event_world, happen, missing_and_disordered
from tests.receivers import Receiver, receiver, wait_until

START = datetime(2026, 11, 22, 12, tzinfo=UTC)
PATIENCE = Patience(attempts=4, allowed=frozenset({"127.0.0.1"}), least_failures=5)


@dataclass
class Told:
    """A hub under a clock of our own, with a subscriber."""

    hub: Hub
    peer: Receiver
    moment: datetime = START

    def subscribe(self, **wanted: Any) -> str:
        found, secret = subscriptions.subscribe(self.hub, Wanted(self.peer.url, **{"after": 0, **wanted}), by="tests")
        self.secret = secret.reveal()
        return found.row.id

    def happen(self, *told: tuple[str, str]) -> None:
        """Facts as type and debtor; the subject is that of the type and the debtor."""
        facts = [Fact(type_, f"{type_.partition('.')[0]}-{debtor}", debtor, {}) for type_, debtor in told]
        with self.hub.store.begin() as tx:
            events.append(tx, facts, at=to_text(self.moment))

    def deliver(self, **passed: float) -> None:
        self.moment += timedelta(**passed)
        deliver_once(self.hub, patience=PATIENCE)

    def again(self, **manners: Any) -> None:
        """The subscriber with other manners."""
        self.peer.kill()
        self.peer.start(**manners)

    def standing(self, subscription: str) -> Standing:
        return subscriptions.one(self.hub, subscription)

    @property
    def taken(self) -> list[int]:
        return [int(event["id"]) for event in self.peer.taken() if event["id"].isdecimal()]


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    with event_world(tmp_path / "w", None).opened() as hub, receiver(tmp_path / "r") as peer:
        found = Told(hub, peer)
        found.hub = replace(hub, clock=lambda: found.moment)
        yield found


def test_a_poison_event_holds_its_debtor_until_it_is_a_dead_letter_and_nobody_else(told: Told) -> None:
    told.again(poison=["debt-bad"])
    one = told.subscribe()
    told.happen(("debt.changed", "bad"), ("debtor.updated", "bad"), ("debt.changed", "good"))
    told.deliver()
    assert told.taken == [3]
    assert (told.standing(one).waiting, told.standing(one).row.delivered) == (2, 3)
    held = subscriptions.held(told.hub, one, state="waiting")
    assert [(h["sequence"], h["attempts"], h["reason"]) for h in held] == [
        (1, 1, "It answered 422."), (2, 0, "It waits for event 1."),
    ]  # fmt: skip
    for _ in range(6):
        told.happen(("debt.changed", "good"))
        told.deliver(hours=1)
    assert told.standing(one).dead == 1
    assert told.standing(one).waiting == 0
    assert set(told.taken) == {2, *range(3, 10)}, "its debtor goes on behind the dead letter"
    [letter] = subscriptions.held(told.hub, one, state="dead")
    assert (letter["sequence"], letter["attempts"], letter["next_attempt_at"]) == (1, 4, None)

    told.again()
    assert subscriptions.replay_dead(told.hub, one, by="tests") == 1
    told.deliver()
    assert told.taken[-1] == 1
    assert (told.standing(one).dead, told.standing(one).waiting) == (0, 0)
    with pytest.raises(NotFound):
        subscriptions.replay_dead(told.hub, one, [1], by="tests")


def test_a_dead_letter_may_hold_its_debtor_if_the_subscriber_wants_that(told: Told) -> None:
    told.again(poison=["debt-bad"])
    one = told.subscribe(after_dead=HOLD)
    told.happen(("debt.changed", "bad"), ("debtor.updated", "bad"))
    for _ in range(6):
        told.happen(("debt.changed", "good"), ("debtor.updated", "bad"))
        told.deliver(hours=1)
    assert told.standing(one).dead == 1
    assert told.standing(one).waiting == 7
    told.again()
    subscriptions.replay_dead(told.hub, one, [1], by="tests")
    told.deliver()
    assert (told.standing(one).dead, told.standing(one).waiting) == (0, 0)
    assert missing_and_disordered(all_events(told.hub.store), told.peer.firsts()) == []


def test_a_subscriber_that_is_away_costs_one_row_and_hears_everything_when_it_is_back(told: Told) -> None:
    one = told.subscribe()
    told.peer.kill()
    told.peer.listening.shutdown(2)  # refused at once, instead of waiting for somebody to accept
    happen(told.hub.store, 500, chance=random.Random(1))
    for minutes in (0, 1, 2, 3):
        told.deliver(minutes=minutes)
    now = told.standing(one)
    assert (now.waiting, now.dead, now.row.delivered, now.row.failures) == (0, 0, 0, 4)
    assert "was not reached" in now.row.last_error
    assert now.as_json()["lag"] == 500


def test_nothing_is_sent_before_the_time_a_subscriber_asked_for(told: Told) -> None:
    for status in (429, 503):
        told.again(status=status, retry_after="120")
        one = told.subscribe()
        told.happen(("debt.changed", "a"), ("debt.changed", "b"))
        told.deliver()
        assert told.standing(one).row.next_attempt_at == to_text(told.moment + timedelta(seconds=120))
        told.again()
        before = len(told.taken)
        told.deliver(seconds=119)
        assert len(told.taken) == before
        told.deliver(seconds=2)
        assert told.standing(one).as_json()["lag"] == 0
        assert told.standing(one).row.last_error == ""
        subscriptions.remove(told.hub, one, by="tests")


def test_gone_pauses_at_once_and_resuming_misses_nothing(told: Told) -> None:
    told.again(status=410)
    one = told.subscribe()
    told.happen(("debt.changed", "a"), ("debt.changed", "b"))
    told.deliver()
    assert (told.standing(one).row.state, told.standing(one).row.reason) == ("paused", "It answered 410 Gone.")
    told.again()
    told.deliver(days=2)
    assert told.taken == []
    subscriptions.resume(told.hub, one, by="tests")
    told.deliver()
    assert sorted(told.taken) == [1, 2]


def test_a_subscriber_that_nothing_reaches_for_long_is_paused_visibly_and_others_are_not(
    told: Told, tmp_path: Path
) -> None:
    told.again(status=500)
    failing = told.subscribe()
    with receiver(tmp_path / "well") as well:
        other = subscriptions.subscribe(told.hub, Wanted(well.url, after=0), by="tests")[0].row.id
        for _ in range(30):
            told.happen(("debt.changed", "a"), ("debt.changed", "b"))
            told.deliver(hours=1)
        row = told.standing(failing).row
        assert row.state == "paused"
        assert row.reason.startswith("Nothing got through since 2026-11-22")
        assert row.changed_by == "hub"
        assert told.standing(other).as_json()["lag"] == 0
        assert told.standing(other).row.state == "active"
    assert told.standing(failing).dead == 0, "the subscriber is to blame, not its events"
    told.again()
    subscriptions.resume(told.hub, failing, by="tests")
    told.deliver()
    assert missing_and_disordered(all_events(told.hub.store), told.peer.firsts()) == []


def test_replay_tells_everything_behind_a_number_again(told: Told) -> None:
    one = told.subscribe()
    told.happen(*[("debt.changed", name) for name in "abcabc"])
    told.deliver()
    subscriptions.replay(told.hub, one, after=4, by="tests")
    told.deliver()
    assert sorted(told.taken) == [1, 2, 3, 4, 5, 5, 6, 6]
    for after in (7, -1):
        with pytest.raises(RequestInvalid, match="numbered from 1 to 6"):
            subscriptions.replay(told.hub, one, after=after, by="tests")


def test_a_pause_keeps_what_happens_meanwhile_and_types_are_chosen(told: Told) -> None:
    one = told.subscribe(types=("debt", "payment.applied"), after=None)
    subscriptions.pause(told.hub, one, by="ana")
    told.happen(("debt.changed", "a"), ("debtor.updated", "a"), ("payment.received", "a"), ("payment.applied", "a"))
    told.deliver()
    assert told.taken == []
    assert told.standing(one).row.reason == "Paused by ana."
    subscriptions.resume(told.hub, one, by="ana")
    told.deliver()
    assert told.taken == [1, 4]
    subscriptions.change(told.hub, one, {"types": ["debtor.updated"]}, by="ana")
    told.happen(("debt.changed", "a"), ("debtor.updated", "a"))
    told.deliver()
    assert told.taken == [1, 4, 6]


def test_while_a_secret_is_replaced_events_are_signed_with_both(tmp_path: Path) -> None:
    with event_world(tmp_path / "w", None).opened() as hub, receiver(tmp_path / "r") as peer:
        standing, first = subscriptions.subscribe(hub, Wanted(peer.url), by="tests")
        one = standing.row.id

        def takes_only(secret: str) -> bool:
            peer.trust(secret)
            return subscriptions.try_out(hub, one).taken

        assert takes_only(first.reveal())
        _, second = subscriptions.rotate_secret(hub, one, by="tests")
        assert takes_only(first.reveal())
        assert takes_only(second.reveal())
        _, third = subscriptions.rotate_secret(hub, one, by="tests", overlap=timedelta())
        assert takes_only(third.reveal())
        assert not takes_only(second.reveal())
        assert not takes_only(first.reveal())
        with pytest.raises(RequestInvalid, match="30 days"):
            subscriptions.rotate_secret(hub, one, by="tests", overlap=timedelta(days=31))


def test_the_signature_is_the_one_of_the_public_library_and_of_its_arithmetic(tmp_path: Path) -> None:
    """The receiver checks by its own HMAC; here the library looks at the same bytes."""
    from sync.cloud_events import as_bytes, trial_envelope
    from sync.event_signing import Signer, new_secret

    secret = new_secret()
    body = as_bytes(trial_envelope("s1", number="é1", at="2026-11-22T12:00:00+00:00"))
    now = datetime.now(UTC)
    headers = Signer([new_secret(), secret]).headers("42", body, at=now)
    told = Webhook(secret.reveal()).verify(body, dict(headers))
    assert told["subject"] == "s1"
    for changed in (body + b" ", body.replace(b"s1", b"s2")):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret.reveal()).verify(changed, dict(headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(new_secret().reveal()).verify(body, dict(headers))
    with pytest.raises(WebhookVerificationError):
        Webhook(secret.reveal()).verify(body, {**headers, "webhook-id": "43"})
    stale = Signer([secret]).headers("42", body, at=now - timedelta(minutes=6))
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(secret.reveal()).verify(body, dict(stale))


def test_the_secret_is_kept_sealed_and_goes_with_its_subscription(tmp_path: Path, database_url: str | None) -> None:
    from tests.worlds import dump

    with event_world(tmp_path / "w", database_url).opened() as hub, receiver(tmp_path / "r") as peer:
        standing, secret = subscriptions.subscribe(hub, Wanted(peer.url), by="tests")
        subscriptions.rotate_secret(hub, standing.row.id, by="tests")
        assert secret.reveal().removeprefix("whsec_") not in str(dump(hub))
        assert secret.reveal() not in str(standing) + repr(secret)
        subscriptions.remove(hub, standing.row.id, by="tests")
        assert dump(hub)["credential"] == []
        with pytest.raises(NotFound):
            subscriptions.one(hub, standing.row.id)


def test_a_change_made_while_a_round_is_under_way_is_not_written_over(tmp_path: Path, database_url: str | None) -> None:
    from sync.postman import telling

    chance = random.Random(3)
    with event_world(tmp_path / "w", database_url).opened() as hub, receiver(tmp_path / "r", slow=0.01) as peer:
        standing, _ = subscriptions.subscribe(hub, Wanted(peer.url, after=0), by="tests")
        happen(hub.store, 400, chance=chance)
        with telling(hub, patience=PATIENCE):
            wait_until(lambda: len(peer.taken()) > 20)
            subscriptions.replay(hub, standing.row.id, after=0, by="tests")
            wait_until(lambda: subscriptions.one(hub, standing.row.id).row.delivered == 400)
        again = peer.taken()
        assert len(again) > 400
        assert [e["id"] for e in again].count("1") == 2
        assert missing_and_disordered(all_events(hub.store), peer.firsts()) == []


@pytest.mark.parametrize("types", [("debts",), ("debt.settled", "nothing.at_all"), ("",)])
def test_a_type_that_there_is_not_is_refused(tmp_path: Path, types: tuple[str, ...]) -> None:
    with (
        event_world(tmp_path / "w", None).opened() as hub,
        pytest.raises(RequestInvalid, match="no such type"),
    ):
        subscriptions.subscribe(hub, Wanted("http://127.0.0.1:9/", types), by="tests")
