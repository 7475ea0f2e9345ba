"""Search debtors as one types, and the golden record with the reasons for each of its values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Annotated, Any, Final, NamedTuple

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import RedirectResponse

from admin_api import paging
from admin_api.pages.rendering import HEADERS, page
from admin_api.pages.visitors import Form, TheHub, Visitor
from admin_api.wire import Asked, HubId
from concilia.errors import NotFound, RequestInvalid
from concilia.schema import DEBTOR, Kind
from sync import actions, overview, pinning, stewardship, timelines
from sync.hub import Hub
from sync.pinning import Wish

router = APIRouter()

LINES: Final = 25
MOST_VERSIONS: Final = 20
CHOICES: Final = {
    **{name: field.choices for name, field in pinning.FIELDS.items() if field.choices},
    **{name: ("true", "false") for name, field in pinning.FIELDS.items() if field.kind is Kind.BOOLEAN},
}
DATES: Final = frozenset(name for name, field in pinning.FIELDS.items() if field.kind is Kind.DATE)


@router.get("/debtors")
def search(
    request: Request,
    hub: TheHub,
    _visitor: Visitor,
    q: Annotated[Asked, Query()] = "",
    after: Annotated[str, Query(max_length=500)] = "",
) -> Response:
    """Debtors whose names, identifiers, phones or e-mails hold every word."""
    start = paging.name_of("debtors", after)
    found = actions.search_debtors(hub, q, after=start, limit=LINES + 1)
    listed = paging.page("debtors", found, limit=LINES, place=lambda row: row["id"])
    return page(request, "debtors.html", listed=listed, q=q, first=not after)


class _Arrival(NamedTuple):
    """From where one comes to a debtor: the id that was merged away, or a pin just made; and what was refused."""

    came_from: str = ""
    done: bool = False
    wrong: str = ""
    line: str = ""  # behind which entry of the timeline the shown ones begin


def _arrival(
    de: Annotated[str, Query(pattern="^[a-z0-9]{0,40}$")] = "",
    hecho: Annotated[str, Query(max_length=1)] = "",
    linea: Annotated[str, Query(max_length=500)] = "",
) -> _Arrival:
    return _Arrival(de, bool(hecho), line=paging.name_of("timeline", linea))


@router.get("/debtors/{debtor_id}")
def debtor(
    request: Request,
    hub: TheHub,
    _visitor: Visitor,
    debtor_id: HubId,
    arrival: Annotated[_Arrival, Depends(_arrival)],
) -> Response:
    """The golden record. An id that was merged away leads to where it went, and `de` says from where."""
    if (now := actions.debtor(hub, debtor_id).row.id) != debtor_id:
        return RedirectResponse(f"/debtors/{now}?de={debtor_id}", status_code=303, headers=HEADERS)
    return _shown(request, hub, debtor_id, arrival)


@router.post("/debtors/{debtor_id}/pins")
def pin(request: Request, hub: TheHub, visitor: Visitor, form: Form, debtor_id: HubId) -> Response:
    """Fix a field, and show the record as it stands then; or say why the value cannot stand."""
    wish = Wish(form.get("field", ""), form.get("value", ""), visitor.name, form.get("reason", ""))
    try:
        found = pinning.pin(hub, debtor_id, wish)
    except RequestInvalid as refused:
        return _shown(request, hub, actions.debtor(hub, debtor_id).row.id, _Arrival(wrong=refused.message))
    return _back_to(found.golden_id)


@router.post("/debtors/{debtor_id}/pins/{field}/soltar")
def unpin(hub: TheHub, visitor: Visitor, _form: Form, debtor_id: HubId, field: str) -> Response:
    """Let a pinned field go; what is not pinned any more stays so."""
    try:
        debtor_id = pinning.pin(hub, debtor_id, Wish(field, None, visitor.name)).golden_id
    except NotFound:
        debtor_id = actions.debtor(hub, debtor_id).row.id  # somebody else was quicker, or there is no such debtor
    return _back_to(debtor_id)


def _back_to(debtor_id: str) -> Response:
    return RedirectResponse(f"/debtors/{debtor_id}?hecho=1#fields", status_code=303, headers=HEADERS)


def _shown(request: Request, hub: Hub, debtor_id: str, arrival: _Arrival) -> Response:
    found = actions.debtor(hub, debtor_id)
    why = actions.provenance(hub, debtor_id)
    happened = timelines.page(hub, debtor_id, timelines.Asked(), after=arrival.line, limit=LINES)
    shared = {g for point in found.body["contact_points"] for g in point["shared_with"]}
    lines = {line[name] for line in why["ledger"] for name in ("golden_id", "other_id") if line[name]}
    return page(
        request,
        "debtor.html",
        status=422 if arrival.wrong else 200,
        debtor=found.body,
        why=why,
        fields=_in_order(why["fields"]),
        totals=_totals(found.body["debts"]),
        points=_with_sources(found.body["contact_points"], why["contact_points"]),
        members=stewardship.members(hub, debtor_id),
        names=overview.names_of(hub, sorted(shared | lines | {arrival.came_from})),
        changes=list(_changes(why["versions"], found.body, why))[:MOST_VERSIONS],
        timeline=happened,
        older=paging.cursor_of("timeline", happened.next) if happened.next else "",
        **arrival._asdict(),
        pinnable=list(pinning.FIELDS),
        choices=CHOICES,
        dates=DATES,
    )


def _in_order(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The name first, then as the schema has them."""
    places = ["full_name", *(field.name for field in DEBTOR.fields)]
    return {name: fields[name] for name in dict.fromkeys([*places, *fields]) if name in fields}


def _totals(debts: Sequence[Mapping[str, Any]]) -> dict[str, Decimal]:
    """What is owed, by unit."""
    found: dict[str, Decimal] = {}
    for debt in debts:
        found[debt["unit"]] = found.get(debt["unit"], Decimal(0)) + Decimal(debt["balance"])
    return {unit: total for unit, total in found.items() if total}


def _with_sources(shown: Sequence[Mapping[str, Any]], why: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Contact points with everybody who states them, and what each said."""
    said = {(told["type"], told["value"]): told["sources"] for told in why}
    return [{**point, "sources": said.get((point["type"], point["value"]), [])} for point in shown]


def _changes(
    versions: Sequence[Mapping[str, Any]], now: Mapping[str, Any], why: Mapping[str, Any]
) -> Iterator[dict[str, Any]]:
    """Earlier versions, newest first, each with the fields that the next one said otherwise."""
    fields = {name: found["winner"]["value"] for name, found in why["fields"].items()}
    later, ended = {"status": now["status"], "fields": fields}, now["updated_at"]
    for version in reversed(versions):
        before = {"status": version["status"], "fields": version["body"]["fields"]}
        names = sorted(before["fields"].keys() | later["fields"].keys())
        pairs = [(name, before["fields"].get(name), later["fields"].get(name)) for name in names]
        changed = [pair for pair in pairs if pair[1] != pair[2]]
        yield {**version, "ended": ended, "changed": changed, "became": later["status"]}
        later, ended = before, version["recorded_at"]
