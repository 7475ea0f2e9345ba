"""Commands about contact: why somebody may or may not be contacted, the whole portfolio, the packs. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from admin_api.cli.options import AsJson, Folder, opened
from admin_api.cli.screen import Screen, counted

app = typer.Typer(no_args_is_help=True)

Channel = Annotated[
    str, typer.Option("--channel", metavar="CHANNEL", help="voice_agent, voice_auto, sms, whatsapp, email, letter, …")
]
Purpose = Annotated[
    str, typer.Option("--purpose", metavar="PURPOSE", help="collection, reminder, offer, agreement_follow_up, …")
]
NO_ADVICE = "This is no legal advice: the rules are data with their sources, for a lawyer to check."
IN_SPANISH = {
    "voice_agent": "llamada", "voice_auto": "llamada automática", "sms": "SMS", "whatsapp": "WhatsApp",
    "email": "correo", "webchat": "chat web", "app_push": "aviso en la app", "letter": "carta", "visit": "visita",
}  # fmt: skip


@app.callback()
def group(folder: Folder = None, as_json: AsJson = False) -> None:
    """May a debtor be contacted now, and why not?"""


@app.command()
def why(
    debtor: Annotated[str, typer.Argument(metavar="DEBTOR", help="A golden id, tax id, phone, e-mail or document.")],
    *,
    channel: Channel,
    purpose: Purpose = "collection",
    at: Annotated[
        str, typer.Option(metavar="MOMENT", show_default=False, help="2026-11-23T10:00:00-03:00; now when left out.")
    ] = "",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Say whether a debtor may be contacted, with every reason and its source. Nothing is held ready or kept.

    Example: concilia contact why 12.531.909-2 --channel voice_agent
    """
    from sync import contacts

    screen = Screen(as_json)
    _known(channel, purpose)
    body = {"debtor": {"any": debtor}, "channel": channel, "purpose": purpose, **({"at": at} if at else {})}
    with opened(folder) as hub:
        found = contacts.why(hub, body)
    screen.document(found)
    screen.say(
        f"{found['answer'].upper()}: {channel} ({IN_SPANISH[channel]}) for {purpose}, {found['local_times'][0]}."
    )
    _reasons(screen, found["reasons"])
    if found["answer"] == "deny":
        screen.say(f"Next allowed: {found['next_allowed_at'] or 'not by itself'}.")
    else:
        points = ", ".join(point["value"] for point in found["contact_points"])
        screen.say(
            f"By {points or channel}, until {found['expires_at']}, about {counted(len(found['debts']), 'debt')}."
        )
    if found["left_out"]:
        screen.say("Left out:")
        _reasons(screen, found["left_out"])
    screen.say(f"Rules: {found['rules']['version']}; calendar: {found['rules']['calendar']}. {NO_ADVICE}")


@app.command()
def plan(
    *,
    channels: Annotated[
        list[str] | None, typer.Option("--channel", metavar="CHANNEL", help="Only by this one; may be repeated.")
    ] = None,
    purpose: Purpose = "collection",
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Look at the whole portfolio without asking: how many may be contacted today by each channel, and why not others.

    Example: concilia contact plan --channel whatsapp
    """
    from concilia.portfolio.contact_rules.rules import CHANNELS
    from sync import contact_plan

    screen = Screen(as_json)
    for channel in channels or CHANNELS:
        _known(channel, purpose)
    with opened(folder) as hub:
        lines = contact_plan.plan(
            hub,
            channels=channels or CHANNELS,
            purpose=purpose,
            watch=lambda looked: screen.say(f"{looked} debtors looked at"),
        )
    rows = []
    for line in lines:
        reasons = dict(line.not_today.most_common())
        screen.document(
            {
                "channel": line.channel,
                "en_castellano": IN_SPANISH[line.channel],
                "today": line.today,
                "now": line.now,
                "later_today": line.later_today,
                "not_today": reasons,
            }
        )
        shown = ", ".join(f"{rule} {count}" for rule, count in reasons.items())
        rows.append((line.channel, IN_SPANISH[line.channel], line.today, line.now, line.later_today, shown))
    screen.table(("channel", "canal", "today", "now", "later today", "not today, by the first reason"), rows)
    screen.say(f"A dry run: nothing was held ready, and each contact has to be asked for. {NO_ADVICE}")


@app.command()
def packs(
    *,
    rules: Annotated[bool, typer.Option("--rules", help="Each rule with its source and its review date.")] = False,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """List the packs of rules as this workspace holds them, and by when somebody has to look at them again.

    Example: concilia contact packs --rules
    """
    from sync import contacts

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = contacts.packs(hub)
    for pack in found:
        screen.document(pack)
    if rules:
        names = ("rule", "says", "law", "article", "confidence", "review_due")
        screen.table(names, [tuple(rule[name] for name in names) for pack in found for rule in pack["rules"]])
        for pack in found:
            for point in pack["open_points"]:
                screen.say(f"Open, {pack['place']}: {point}")
    else:
        columns = ("place", "version", "rules", "reviewed", "review due", "open points")
        screen.table(columns, [_pack(pack) for pack in found])
    late = [pack["place"] for pack in found if pack["overdue"]]
    if late:
        screen.complain(f"The review of {', '.join(late)} is overdue.")
    screen.say(NO_ADVICE)


@app.command("check-pack")
def check_pack(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Packs of rules as YAML, in the workspace.")],
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Say whether packs of contact rules would stand beside those that ship. Nothing is stored.

    Example: concilia contact check-pack pe-2027.yaml
    """
    from concilia.errors import RequestInvalid
    from sync import contact_packs

    screen = Screen(as_json)
    try:
        texts = [((folder or Path()) / file).read_text("utf-8") for file in files]
    except (OSError, UnicodeDecodeError) as fault:
        raise RequestInvalid("A pack cannot be read.", mend="Name a file in UTF-8.") from fault
    found = contact_packs.check(texts, names=[file.name for file in files])
    for pack in found:
        screen.document(pack)
        screen.say(
            f"{pack['place']} {pack['version']}: {counted(len(pack['rules']), 'rule')}, can be used. {NO_ADVICE}"
        )


@app.command()
def replay(
    decision: Annotated[str, typer.Argument(metavar="ID", help="The id of a contact decision.")],
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Decide again what was decided, by the facts and the rules that were kept.

    Example: concilia contact replay c4kq2m7vhx3t5nq6pzrw
    """
    from sync import contacts

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = contacts.replay(hub, decision)
    screen.document(found)
    screen.say(f"Then: {found['kept']['answer']}. Again: {found['again']['answer']}.")
    _reasons(screen, found["again"]["reasons"])
    screen.say("The same answer." if found["same"] else "Another answer: this program has other rules of deciding now.")


def _known(channel: str, purpose: str) -> None:
    """Refuse a channel or purpose that nobody knows, before anything is opened."""
    from concilia.documents import did_you_mean
    from concilia.portfolio.contact_rules.rules import CHANNELS, PURPOSES

    for word, known, option in ((channel, CHANNELS, "--channel"), (purpose, PURPOSES, "--purpose")):
        if word not in known:
            mend = did_you_mean(word, known) or f"Known are: {', '.join(known)}."
            raise typer.BadParameter(f"{word!r} is not known here. {mend}", param_hint=option)


def _reasons(screen: Screen, reasons: Sequence[dict[str, Any]]) -> None:
    if reasons:
        screen.table(
            ("rule", "why", "por qué", "source", "about", "until"),
            [
                (
                    one["rule"],
                    " ".join(filter(None, (one["says"], f"({one['detail']})" if one["detail"] else ""))),
                    one["in_spanish"],
                    f"{one['source']['law']}, {one['source']['article']} ({one['source']['confidence']})",
                    one["about"],
                    one["until"] or "",
                )
                for one in reasons
            ],
        )


def _pack(pack: dict[str, Any]) -> tuple[Any, ...]:
    names = ("reviewed_on", "review_due")
    told = [pack[name] for name in names]
    return (pack["place"], pack["version"], len(pack["rules"]), *told, len(pack["open_points"]))
