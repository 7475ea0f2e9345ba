"""Commands of events: list them, follow them, have them posted, see who is behind. Decides nothing."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from admin_api.cli.options import AsJson, Folder, opened
from admin_api.cli.running import By, login_name
from admin_api.cli.screen import Screen, counted

if TYPE_CHECKING:
    from concilia.store.events import RecordedFact
    from sync.subscriptions import Standing

app = typer.Typer(no_args_is_help=True)

GLANCE = 0.2
Id = Annotated[str, typer.Argument(metavar="ID", help="A subscription; `concilia events subscriptions` lists them.")]
Types = Annotated[
    list[str] | None,
    typer.Option("--type", help="Only this type, or those that begin so: debt.settled, debt. Repeatable."),
]
Debtor = Annotated[str, typer.Option("--debtor", help="Only what concerns this golden debtor.")]


@app.callback()
def group(folder: Folder = None, as_json: AsJson = False) -> None:
    """What happened, and who is told of it. `concilia serve` tells subscribers as things happen."""


@app.command("list")
def show(
    after: Annotated[int, typer.Option("--after", min=0, help="Behind this sequence.")] = 0,
    *,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 50,
    types: Types = None,
    debtor: Debtor = "",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """List what happened, oldest first.

    Example: concilia events list --after 1200 --type payment
    """
    from sync import event_following

    screen = Screen(as_json)
    with opened(folder) as hub:
        following = event_following.follow(hub, after=after, types=types or [], debtor=debtor)
        found: list[RecordedFact] = []
        while len(found) < limit and not following.dry:
            found += event_following.next_page(hub, following)
    _show(screen, found[:limit])
    screen.say(f"{counted(min(len(found), limit), 'event')}.")


@app.command()
def tail(
    after: Annotated[int, typer.Option("--after", min=-1, help="Behind this sequence; -1: what happens now.")] = -1,
    types: Types = None,
    debtor: Debtor = "",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Show what happens, as it happens, until interrupted.

    Example: concilia events tail --type debt.settled --json
    """
    from sync import event_following

    screen = Screen(as_json)
    with opened(folder) as hub, suppress(KeyboardInterrupt):
        start = None if after < 0 else after
        following = event_following.follow(hub, after=start, types=types or [], debtor=debtor)
        screen.say("Ctrl-C stops it.")
        while True:
            for fact in event_following.next_page(hub, following):
                screen.document(_event_json(fact))
                screen.say(" ".join(str(cell) for cell in _line(fact)))
            if following.dry:
                time.sleep(GLANCE)


@app.command()
def subscribe(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where events are posted: https, and public.")],
    *,
    types: Types = None,
    after: Annotated[int, typer.Option("--after", min=-1, help="Behind this sequence; -1: what happens now.")] = -1,
    hold: Annotated[bool, typer.Option("--hold", help="A dead letter holds its debtor's later events.")] = False,
    description: Annotated[str, typer.Option(help="For people.")] = "",
    by: By = "",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Have events posted to an address, signed after Standard Webhooks. The secret is shown this once.

    Example: concilia events subscribe https://dialer.example.com/hooks/concilia --type debt --type payment
    """
    from sync import subscriptions
    from sync.subscription_rows import GO_ON, HOLD
    from sync.subscriptions import Wanted

    screen = Screen(as_json)
    start = None if after < 0 else after
    wanted = Wanted(url, tuple(types or ()), start, HOLD if hold else GO_ON, description)
    with opened(folder) as hub:
        standing, secret = subscriptions.subscribe(hub, wanted, by=by or login_name())
    screen.document({**standing.as_json(), "secret": secret.reveal()})
    screen.say(f"Subscription {standing.row.id}: told behind event {standing.row.delivered}.")
    screen.say(f"Its secret, shown this once: {secret.reveal()}")
    screen.say(f"Try the receiver: concilia events test {standing.row.id}")


@app.command("subscriptions")
def all_of_them(folder: Folder = None, as_json: AsJson = False) -> None:
    """List subscriptions: how far each was told, what is tried again, and why one rests.

    Example: concilia events subscriptions
    """
    from sync import subscriptions

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = subscriptions.listed(hub)
    for one in found:
        screen.document(one.as_json())
    columns = ("id", "url", "types", "state", "told", "behind", "tried again", "dead", "why")
    screen.table(columns, [_standing_line(one) for one in found])
    screen.say(f"{counted(len(found), 'subscription')}.")


@app.command()
def pause(subscription: Id, by: By = "", folder: Folder = None, as_json: AsJson = False) -> None:
    """Tell a subscription nothing until it is resumed. What happens meanwhile is not lost.

    Example: concilia events pause sojsqfx7pigq3uiftenbq --by carla
    """
    from sync import subscriptions

    screen = Screen(as_json)
    with opened(folder) as hub:
        _said(screen, subscriptions.pause(hub, subscription, by=by or login_name()))


@app.command()
def resume(subscription: Id, by: By = "", folder: Folder = None, as_json: AsJson = False) -> None:
    """Go on telling a subscription where it rests, at once.

    Example: concilia events resume sojsqfx7pigq3uiftenbq
    """
    from sync import subscriptions

    screen = Screen(as_json)
    with opened(folder) as hub:
        _said(screen, subscriptions.resume(hub, subscription, by=by or login_name()))


@app.command()
def replay(
    subscription: Id,
    after: Annotated[int, typer.Option("--after", min=0, help="Behind this sequence; 0 is everything.")],
    by: By = "",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Tell again everything behind a sequence, in order. Receivers know an event by its id.

    Example: concilia events replay sojsqfx7pigq3uiftenbq --after 1200
    """
    from sync import subscriptions

    screen = Screen(as_json)
    with opened(folder) as hub:
        _said(screen, subscriptions.replay(hub, subscription, after=after, by=by or login_name()))


@app.command("dead-letters")
def dead_letters(
    subscription: Id,
    *,
    replayed: Annotated[
        list[int] | None, typer.Option("--replay", metavar="SEQUENCE", help="Tell this one again. Repeatable.")
    ] = None,
    replay_all: Annotated[bool, typer.Option("--replay-all", help="Tell all of them again.")] = False,
    by: By = "",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """List events that a receiver did not take however often they were told, or tell them again.

    Example: concilia events dead-letters sojsqfx7pigq3uiftenbq --replay 1207
    """
    from sync import subscriptions

    screen = Screen(as_json)
    with opened(folder) as hub:
        if replayed or replay_all:
            count = subscriptions.replay_dead(
                hub, subscription, None if replay_all else replayed, by=by or login_name()
            )
            screen.document({"replayed": count})
            screen.say(f"{counted(count, 'event')} will be told again.")
            return
        found = subscriptions.held(hub, subscription, state="dead", limit=10_000)
    for one in found:
        screen.document(one)
    columns = ("sequence", "type", "subject", "attempts", "why")
    screen.table(columns, [(o["sequence"], o["type"], o["subject"], o["attempts"], o["reason"]) for o in found])
    screen.say(f"{counted(len(found), 'dead letter')}.")


@app.command("test")
def try_out(subscription: Id, folder: Folder = None, as_json: AsJson = False) -> None:
    """Post a `subscription.test` at once, and say what came of it. Ends with 3 when it was not taken.

    Example: concilia events test sojsqfx7pigq3uiftenbq
    """
    from sync import subscriptions

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = subscriptions.try_out(hub, subscription)
    screen.document({"taken": found.taken, "reason": found.reason, "event_id": found.event_id})
    screen.say("It was taken." if found.taken else found.reason)
    raise typer.Exit(0 if found.taken else 3)


@app.command("rotate-secret")
def rotate_secret(
    subscription: Id,
    overlap: Annotated[int, typer.Option("--overlap", min=0, max=720, help="Hours in which both secrets sign.")] = 24,
    by: By = "",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Make a new secret, shown this once; the old one goes on signing beside it for a while.

    Example: concilia events rotate-secret sojsqfx7pigq3uiftenbq --overlap 48
    """
    from sync import subscriptions

    screen = Screen(as_json)
    with opened(folder) as hub:
        standing, secret = subscriptions.rotate_secret(
            hub, subscription, by=by or login_name(), overlap=timedelta(hours=overlap)
        )
    screen.document({**standing.as_json(), "secret": secret.reveal()})
    screen.say(f"Its new secret, shown this once: {secret.reveal()}")


@app.command()
def unsubscribe(subscription: Id, by: By = "", folder: Folder = None, as_json: AsJson = False) -> None:
    """End a subscription: it is forgotten with its secret and its dead letters.

    Example: concilia events unsubscribe sojsqfx7pigq3uiftenbq
    """
    from sync import subscriptions

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = subscriptions.remove(hub, subscription, by=by or login_name())
    screen.document(found.as_json())
    screen.say(f"{subscription} is told nothing any more.")


@app.command()
def deliver(
    once: Annotated[bool, typer.Option("--once", help="Come back when everything due now was told.")] = False,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Tell subscribers what is owed to them, as `concilia serve` does; until interrupted, or once.

    Example: concilia events deliver --once
    """
    from sync.postman import deliver_once, telling

    screen = Screen(as_json)
    with opened(folder) as hub:
        if not once:
            with telling(hub), suppress(KeyboardInterrupt):
                screen.say("Subscribers are told as things happen (Ctrl-C stops it).")
                while True:
                    time.sleep(3600)
            return
        rounds = deliver_once(hub)
    told, failed = sum(one.told for one in rounds), sum(one.failed for one in rounds)
    screen.document({"told": told, "failed": failed})
    screen.say(f"{counted(told, 'event')} told, {failed} not taken.")


def _said(screen: Screen, standing: Standing) -> None:
    screen.document(standing.as_json())
    row = standing.row
    screen.say(f"{row.id} is {row.state}, told up to event {row.delivered} of {standing.latest}.")


def _show(screen: Screen, found: list[RecordedFact]) -> None:
    for fact in found:
        screen.document(_event_json(fact))
    screen.table(("sequence", "at", "type", "subject", "debtor"), [_line(fact) for fact in found])


def _line(fact: RecordedFact) -> tuple[Any, ...]:
    return (fact.seq, fact.at[:19], fact.type, fact.subject, fact.golden_id or "")


def _event_json(fact: RecordedFact) -> dict[str, Any]:
    from sync.cloud_events import envelope

    return envelope(fact)


def _standing_line(one: Standing) -> tuple[Any, ...]:
    told = one.as_json()
    why = told["reason"] or told["last_error"]
    types = " ".join(told["types"]) or "all"
    return (
        told["id"],
        told["url"],
        types,
        told["state"],
        told["delivered"],
        told["lag"],
        told["waiting"],
        told["dead"],
        why,
    )
