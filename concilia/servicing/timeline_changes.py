"""What one version of a golden record says otherwise than the one before, and whose word each new value is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

LISTS = ("identifiers", "contact_points")


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any], why: Mapping[str, Any]) -> dict[str, Any]:
    """Fields with their value before and after and the source that won, and what came into and left the lists."""
    old = before or {"fields": {}, **{name: [] for name in LISTS}}
    names = sorted({*old["fields"], *after["fields"]})
    changed = [
        {"field": name, "before": old["fields"].get(name), "after": after["fields"].get(name), **_source(why.get(name))}
        for name in names
        if old["fields"].get(name) != after["fields"].get(name)
    ]
    listed = {name: _listed(old.get(name, []), after.get(name, [])) for name in LISTS}
    return {"changed": changed, **{name: found for name, found in listed.items() if found["came"] or found["left"]}}


def _source(survived: Mapping[str, Any] | None) -> dict[str, Any]:
    """Who said the value that stands; a steward when it is pinned."""
    if survived is None:
        return {"source": None}
    winner = survived["winner"]
    source = "/".join(str(winner.get(name, "")) for name in ("connection", "stream", "external_id"))
    pin = survived.get("pin")
    return {"source": source, **({"pinned_by": pin["by"]} if pin else {})}


def _listed(old: list[Mapping[str, Any]], new: list[Mapping[str, Any]]) -> dict[str, Any]:
    was, now = {_key(one): one for one in old}, {_key(one): one for one in new}
    came = [
        {**dict(zip(("type", "value"), key, strict=True)), "sources": _sources(one)}
        for key, one in now.items()
        if key not in was
    ]
    left = [dict(zip(("type", "value"), key, strict=True)) for key in was if key not in now]
    return {"came": came, "left": left}


def _key(one: Mapping[str, Any]) -> tuple[str, str]:
    kind = f"{one['country']}:{one['type']}" if "country" in one else str(one["type"])
    return kind, str(one["value"])


def _sources(one: Mapping[str, Any]) -> list[str]:
    said = one.get("sources", ())
    return sorted({"/".join(str(s.get(name, "")) for name in ("connection", "stream", "external_id")) for s in said})
