"""Commands about agreements: record, list, show, say a word on one, evaluate, and refused ones. Decides nothing."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from admin_api.cli.options import AsJson, Folder, opened
from admin_api.cli.refusals import After, Changes, HowMany, changed_members, pair_of, show_refused
from admin_api.cli.running import By, login_name
from admin_api.cli.screen import Screen, counted

if TYPE_CHECKING:
    from concilia.portfolio.agreement import Happening

app = typer.Typer(no_args_is_help=True)

AgreementId = Annotated[str, typer.Argument(metavar="ID", help="The id that `concilia agreements list` shows.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show what would happen, and store nothing.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", show_default=False, help="Why; it is kept.")]
_COLUMNS = ("id", "kind", "state", "promised", "until", "debts", "debtor")


@app.callback()
def group(folder: Folder = None, as_json: AsJson = False) -> None:
    """Promises to pay, instalment plans and settlements."""


@app.command()
def record(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", show_default=False, help="The agreement as JSON, as the API takes it."),
    ] = None,
    *,
    kind: Annotated[str, typer.Option(metavar="KIND", help="promise, plan or settlement_discount.")] = "promise",
    debts: Annotated[
        list[str] | None, typer.Option("--debt", metavar="CONNECTION/ID", help="A debt, or the number of its document.")
    ] = None,
    parts: Annotated[
        list[str] | None, typer.Option("--pay", metavar="DAY=AMOUNT", help="A part: 2026-12-05=50000. May be repeated.")
    ] = None,
    spread: Annotated[
        str, typer.Option(metavar="COUNTxEVERY@DAY", show_default=False, help="Equal parts: 6xmonth@2026-12-05.")
    ] = "",
    unit: Annotated[str, typer.Option(metavar="UNIT", show_default=False, help="The debts' own unit.")] = "",
    discount: Annotated[str, typer.Option(metavar="AMOUNT", show_default=False, help="Or a share: 30%.")] = "",
    tolerance_days: Annotated[int, typer.Option(metavar="DAYS", show_default=False, help="Business days.")] = -1,
    replaces: Annotated[str, typer.Option(metavar="ID", show_default=False, help="The one that gives way.")] = "",
    key: Annotated[
        str, typer.Option(metavar="KEY", show_default=False, help="The same key is the same agreement.")
    ] = "",
    by: By = "",
    dry_run: DryRun = False,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Record an agreement, from a JSON file or from options. Told twice, it is recorded once.

    \b
    Example: concilia agreements record --debt erp/F-1 --pay 2026-12-05=50000
    Example: concilia agreements record --kind plan --debt erp/F-1 --spread 6xmonth@2026-12-05 --dry-run
    """
    from admin_api.told_agreements import checked
    from sync import agreements

    screen = Screen(as_json)
    body = _read(file) if file else _body(kind, debts or [], parts or [])
    given = {"unit": unit, "replaces": replaces, **_discount(discount), **_spread(spread)}
    body |= {name: value for name, value in given.items() if value}
    body |= {"tolerance_days": tolerance_days} if tolerance_days >= 0 else {}
    with opened(folder) as hub:
        told = agreements.Telling(by or login_name(), idempotency_key=key)
        answer = agreements.record(hub, checked(body), told=told, dry_run=dry_run)
    _show(screen, answer.body)
    known = answer.repeated or answer.status == 200
    what = f"is known already and {answer.body['state']}; another --key makes another one" if known else "is recorded"
    screen.say("Nothing was stored: this was a dry run." if dry_run else f"Agreement {answer.body['id']} {what}.")


@app.command("list")
def show_all(
    *,
    debtor: Annotated[str, typer.Option(metavar="ID", show_default=False, help="Of this golden debtor only.")] = "",
    state: Annotated[str, typer.Option(metavar="STATE", show_default=False, help="Such as active or broken.")] = "",
    after: Annotated[str, typer.Option(metavar="ID", show_default=False, help="Begin behind this one.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many.")] = 50,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """List agreements.

    Example: concilia agreements list --state broken
    """
    from sync import agreements

    screen = Screen(as_json)
    with opened(folder) as hub:
        if debtor:
            found = agreements.of_debtor(hub, debtor, after=after, limit=limit)
            found = [one for one in found if not state or one["state"] == state]
        else:
            found = agreements.listed(hub, state=state, after=after, limit=limit)
    for one in found:
        screen.document(one)
    screen.table(_COLUMNS, [_line(one) for one in found])
    screen.say(f"{counted(len(found), 'agreement')}.")


@app.command()
def show(agreement: AgreementId, folder: Folder = None, as_json: AsJson = False) -> None:
    """Show an agreement: how each part stands today, its history, and which systems were told.

    Example: concilia agreements show a4kq2m7vhx3t5nq6pzrw
    """
    from sync import agreements

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = agreements.one(hub, agreement)
    _show(screen, found)


@app.command()
def cancel(
    agreement: AgreementId, *, reason: Reason = "", by: By = "", dry_run: DryRun = False, folder: Folder = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Cancel an agreement: the creditor takes it back. Its debts are free for another one.

    Example: concilia agreements cancel a4kq2m7vhx3t5nq6pzrw --reason "made with the wrong person"
    """
    from concilia.portfolio.agreement import Happening

    _say(agreement, Happening.CANCELLED, {"reason": reason, "by": by}, folder=folder, shown=(dry_run, as_json))


@app.command()
def withdraw(
    agreement: AgreementId, *, reason: Reason = "", by: By = "", dry_run: DryRun = False, folder: Folder = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """End an agreement that the debtor stands to no more.

    Example: concilia agreements withdraw a4kq2m7vhx3t5nq6pzrw --reason "disputes the debt"
    """
    from concilia.portfolio.agreement import Happening

    _say(agreement, Happening.WITHDRAWN, {"reason": reason, "by": by}, folder=folder, shown=(dry_run, as_json))


@app.command()
def accept(
    agreement: AgreementId, *, reason: Reason = "", by: By = "", dry_run: DryRun = False, folder: Folder = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Accept a proposal: from now on it holds its debts, and the systems are told.

    Example: concilia agreements accept a4kq2m7vhx3t5nq6pzrw
    """
    from concilia.portfolio.agreement import Happening

    _say(agreement, Happening.ACCEPTED, {"reason": reason, "by": by}, folder=folder, shown=(dry_run, as_json))


@app.command()
def reject(
    agreement: AgreementId, *, reason: Reason = "", by: By = "", dry_run: DryRun = False, folder: Folder = None,
    as_json: AsJson = False,
) -> None:  # fmt: skip
    """Reject a proposal.

    Example: concilia agreements reject a4kq2m7vhx3t5nq6pzrw --reason "asks for a longer term"
    """
    from concilia.portfolio.agreement import Happening

    _say(agreement, Happening.REJECTED, {"reason": reason, "by": by}, folder=folder, shown=(dry_run, as_json))


@app.command()
def reinstate(
    agreement: AgreementId,
    *,
    until: Annotated[str, typer.Option(metavar="DAY", help="Until when what was missed may be paid.")],
    reason: Reason = "", by: By = "", dry_run: DryRun = False, folder: Folder = None, as_json: AsJson = False,
) -> None:  # fmt: skip
    """Give a broken agreement another chance.

    Example: concilia agreements reinstate a4kq2m7vhx3t5nq6pzrw --until 2026-12-20
    """
    from concilia.portfolio.agreement import Happening

    said = {"reason": reason, "by": by, "until": until}
    _say(agreement, Happening.REINSTATED, said, folder=folder, shown=(dry_run, as_json))


@app.command()
def evaluate(dry_run: DryRun = False, folder: Folder = None, as_json: AsJson = False) -> None:
    """Judge every agreement in force by what was paid and by today's date.

    Kept and broken ones become events, and the systems with `push: {agreements: true}` are told at the next push.

    Example: concilia agreements evaluate
    """
    from sync import agreements

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = agreements.evaluate(hub, dry_run=dry_run)
    for change in found:
        screen.document(asdict(change))
    columns = ("agreement", "kind", "was", "is", "why")
    screen.table(columns, [(c.agreement_id, c.kind, c.before, c.happening, c.reason) for c in found])
    done = "would change" if dry_run else "changed"
    screen.say(f"{counted(len(found), 'agreement')} {done}.")


@app.command()
def refused(after: After = 0, limit: HowMany = 50, folder: Folder = None, as_json: AsJson = False) -> None:
    """List agreements that were told and refused, with the reason. Nothing of them is lost.

    Example: concilia agreements refused
    """
    from sync import agreements

    screen = Screen(as_json)
    with opened(folder) as hub:
        found = agreements.refused(hub, after=after, limit=limit)
    show_refused(found, what="agreement", screen=screen)


@app.command()
def retry(
    number: Annotated[int, typer.Argument(metavar="N", help="The number that `concilia agreements refused` shows.")],
    *,
    changes: Changes = None,
    by: By = "",
    dry_run: DryRun = False,
    folder: Folder = None,
    as_json: AsJson = False,
) -> None:
    """Tell a refused agreement again, as it is or with members changed.

    Example: concilia agreements retry 3 --set unit=CLF
    """
    from admin_api.told_agreements import checked
    from sync import agreements

    screen = Screen(as_json)
    wanted = changed_members(changes, numbers_are_text=False)
    with opened(folder) as hub:
        body, told = agreements.told_before(hub, number, by=by or login_name())
        answer = agreements.record(hub, checked({**body, **wanted}), told=told, dry_run=dry_run)
    _show(screen, answer.body)
    screen.say("Nothing was stored: this was a dry run." if dry_run else f"Agreement {answer.body['id']} is recorded.")


def _say(
    agreement: str, happening: Happening, said: dict[str, str], *, folder: Folder, shown: tuple[bool, bool]
) -> None:
    from sync import agreements

    dry_run, as_json = shown
    screen = Screen(as_json)
    word = agreements.word(happening, **{**said, "by": said["by"] or login_name()})
    with opened(folder) as hub:
        found = agreements.move(hub, agreement, word, dry_run=dry_run)
    _show(screen, found)
    screen.say("Nothing was stored: this was a dry run." if dry_run else f"Agreement {agreement} is {found['state']}.")


def _show(screen: Screen, found: Any) -> None:
    screen.document(found)
    screen.table(_COLUMNS, [_line(found)])
    seen = found["evaluation"]
    if seen:
        columns = ("part", "due", "until", "amount", "standing", "missing")
        lines = [
            (p["number"], p["due_date"], p["last_day"], p["amount"], p["standing"], p["missing"]) for p in seen["parts"]
        ]
        screen.table(columns, lines)
        screen.say(f"On {seen['on']} ({seen['calendar']}): {seen['reason']}")
    told = [(w["connection"], w["reference"], w["state"], w["external_id"]) for w in found["written_back"]]
    if told:
        screen.table(("told", "reference", "state", "id there"), told)


def _line(one: Any) -> tuple[object, ...]:
    promised = f"{one['promised']} {one['unit']}"
    until = one["schedule"][-1]["due_date"] if one["schedule"] else ""
    debts = ", ".join(debt["debt"] for debt in one["debts"])
    return (one["id"], one["kind"], one["state"], promised, until, debts, one["debtor"])


def _read(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text("utf-8"))
    except (ValueError, UnicodeDecodeError) as fault:
        raise typer.BadParameter(f"{file} is no JSON in UTF-8.") from fault
    if not isinstance(found, dict):
        raise typer.BadParameter(f"{file} holds no JSON object.")
    return found


def _body(kind: str, debts: list[str], parts: list[str]) -> dict[str, Any]:
    if not debts:
        raise typer.BadParameter("Name a debt: --debt CONNECTION/ID, or give a FILE.")
    schedule = [pair_of(text, "--pay", shape="DAY=AMOUNT") for text in parts]
    return {
        "kind": kind,
        "debts": [{"debt": _named(text)} for text in debts],
        **({"schedule": [{"due_date": day, "amount": amount} for day, amount in schedule]} if schedule else {}),
    }


def _named(text: str) -> dict[str, str]:
    connection, slash, external = text.partition("/")
    return {"connection": connection, "external_id": external} if slash else {"document": text}


def _discount(text: str) -> dict[str, str]:
    return {"discount_percent": text.removesuffix("%")} if text.endswith("%") else {"discount": text}


def _spread(text: str) -> dict[str, Any]:
    if not text:
        return {}
    how, _, first = text.partition("@")
    count, _, every = how.partition("x")
    if not count.isdigit() or every not in ("week", "fortnight", "month") or not first:
        raise typer.BadParameter(f"--spread {text!r} is not COUNTxEVERY@DAY, such as 6xmonth@2026-12-05.")
    return {"spread": {"count": int(count), "every": every, "first_due": first}}
