"""A debtor's contact points as readers see them: where each stands, who says so, and what is set aside. Reads only."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from concilia.portfolio.contact_point_state import RANK, SET_ASIDE
from concilia.servicing import contact_changes as changes
from concilia.servicing.contact_points import Heard, PointKey, key_of, state_json, stated_in, states_of
from concilia.store import contact_changes, crosswalk
from concilia.store.contact_changes import OPEN
from concilia.store.golden import GoldenRow
from concilia.store.unit_of_work import Tx

_SAID: Final = (
    "connection", "stream", "external_id", "source_updated_at", "received_at", "verified_at", "verification_method",
)  # fmt: skip
_HIDDEN: Final = ("sources", "match_key")


@dataclass(frozen=True, slots=True)
class Shown:
    """The contact points that may stand in the golden record, those set aside, and the changes that wait.

    Each has its `key`, which is not for readers.
    """

    points: tuple[dict[str, Any], ...]
    set_aside: tuple[dict[str, Any], ...]
    changes: tuple[dict[str, Any], ...]


def of_debtor(tx: Tx, row: GoldenRow, *, now: str) -> Shown:
    """The contact points of one golden record as they stand at this moment, best first within each type."""
    ids = crosswalk.members(tx, [row.id]).get(row.id, [])
    heard = states_of(tx, ids)
    evidence = heard.of(ids)
    points, aside = [], {}
    for point in json.loads(row.body)["contact_points"]:
        key = key_of(point)
        state = heard.state(key, evidence.get(key, ()), stated=stated_in(point), now=now)
        told = {**_plain(point), **state_json(key, state), "key": key, "sources": [_said(s) for s in point["sources"]]}
        if state.status in SET_ASIDE:  # heard of after the record was made
            aside[key] = told
        else:
            points.append(told)
    aside |= _set_aside(tx, heard, ids, known={one["key"] for one in points} | aside.keys(), now=now)
    waiting = [change for change in contact_changes.changes_of(tx, ids) if change.status == OPEN]
    shown = [changes.change_json(change, golden_id=row.id) for change in waiting]
    ranked = sorted(points, key=lambda one: (one["type"], RANK.get(one["status"], len(RANK))))
    return Shown(tuple(ranked), tuple(aside[key] for key in sorted(aside)), tuple(shown))


def told(shown: Shown, body: Mapping[str, Any]) -> dict[str, Any]:
    """What a read of a debtor says of its contact points; `body` is the rest of that, with who shares them."""
    shared = {(one["type"], one["value"]): one for one in body["contact_points"]}
    points = [{**shared.get((one["type"], one["value"]), {}), **without_key(one)} for one in shown.points]
    return {
        "contact_points": points,
        "contact_points_set_aside": [without_key(one) for one in shown.set_aside],
        "contact_changes": list(shown.changes),
    }


def without_key(point: Mapping[str, Any]) -> dict[str, Any]:
    """A contact point as readers see it."""
    return {name: value for name, value in point.items() if name != "key"}


def _set_aside(
    tx: Tx, heard: Heard, ids: list[int], *, known: Iterable[PointKey], now: str
) -> dict[PointKey, dict[str, Any]]:
    """Values that somebody states, or once stated, and that stay out of the golden record."""
    shown = set(known)
    states = {
        key: heard.state(key, found, stated=stated_in(None), now=now)
        for key, found in heard.of(ids).items()
        if key not in shown
    }
    out = {key: state for key, state in states.items() if state.status in SET_ASIDE}
    if not out:
        return {}
    stated = _stated(tx, ids)
    found = {}
    for key, state in out.items():
        point, sources = stated.get(key, ({"type": key[0], "value": key[1], "raw": key[1]}, []))
        found[key] = {**_plain(point), **state_json(key, state), "key": key, "sources": sources}
    return found


def _stated(tx: Tx, ids: list[int]) -> dict[PointKey, tuple[Mapping[str, Any], list[dict[str, Any]]]]:
    """Every contact point that records and the hub itself state of these source debtors, and who does."""
    places = crosswalk.load(tx, ids)
    found: dict[PointKey, tuple[Mapping[str, Any], list[dict[str, Any]]]] = {}
    for debtor_id, claims in crosswalk.claims_of(tx, ids).items():
        place = places[debtor_id]
        for claim in claims:
            for point in json.loads(claim.body)["contact_points"]:
                said = {
                    **{n: getattr(place, n) for n in ("connection", "stream", "external_id")},
                    **{n: getattr(claim, n) for n in ("source_updated_at", "received_at")},
                    **{n: point.get(n) for n in ("verified_at", "verification_method")},
                }
                found.setdefault(key_of(point), (point, []))[1].append(said)
    for row in contact_changes.statements_of(tx, ids):
        own = {"connection": "hub", "stream": row.kind, "external_id": row.origin, "source_updated_at": row.told_at}
        said = {**own, "received_at": row.received_at, "verified_at": None, "verification_method": None}
        found.setdefault((row.contact_type, row.match_value), (json.loads(row.body), []))[1].append(said)
    return found


def _plain(point: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in point.items() if name not in _HIDDEN}


def _said(said: Mapping[str, Any]) -> dict[str, Any]:
    return {name: said.get(name) for name in _SAID}
