"""Conflicts and plans through the API: listed, shown, decided by a key's holder, refused when nobody is asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sync import actions, write_plans
from tests.conftest import OpenHub
from tests.door import Door, opened_door
from tests.remotes import Remote, memory
from tests.worlds import rut

__all__ = ["memory"]

YAML = """\
version: 1
connections:
  erp: {{connector: memory, country: CL, settings: {{world: "{world}"}}, push: {{contacts: {{phone: ask}}}},
         streams: {{people: {{key: [id], cursor: updated_at, map: people.yaml}}}}}}
  crm: {{connector: memory, country: CL, settings: {{world: "{world}"}}, push: {{contacts: {{phone: ask}}}},
         streams: {{people: {{key: [id], cursor: updated_at, map: people.yaml}}}}}}
"""
PEOPLE = """\
entities:
- {entity: debtor, key: [id], fields: {full_name: name, tax_id: tax_id}, contact_points: [{type: phone, from: phone}]}
"""


@pytest.fixture
def contested(tmp_path: Path, opened: OpenHub, memory: dict[str, Any]) -> Iterator[Door]:
    """One person whose phone was edited in both systems since they agreed."""
    moment = [datetime(2026, 11, 20, 9, tzinfo=UTC)]
    remotes = {name: Remote(lambda: moment[0]) for name in ("erp", "crm")}
    memory[str(tmp_path)] = remotes
    (tmp_path / "people.yaml").write_text(PEOPLE, "utf-8")
    (tmp_path / "concilia.yaml").write_text(YAML.format(world=tmp_path), "utf-8")
    hub = replace(opened(tmp_path), clock=lambda: moment[0])
    for name, remote in remotes.items():
        remote.put(f"{name}-1", name="Ana Muñoz", tax_id=rut(9_000_001), phone="+56951000007")
    actions.apply(hub)
    actions.run(hub, [], push=False)
    write_plans.make(hub, [], made_by="ana")
    moment[0] += timedelta(hours=1)
    for number, (name, remote) in enumerate(remotes.items()):
        remote.edit(f"{name}-1", "phone", f"+5695100010{number}")
    actions.run(hub, [], push=False)
    write_plans.make(hub, [], made_by="ana")
    with opened_door(hub) as door:
        yield door


def test_a_conflict_is_listed_shown_and_decided(contested: Door) -> None:
    (found,) = contested.get("/v1/conflicts").json()["items"]
    assert (found["kind"], found["status"], found["field"]) == ("concurrent_edits", "open", "phone")
    assert {voice["base"] for voice in found["voices"]} == {"+56951000007"}
    number = found["id"]
    assert contested.get(f"/v1/conflicts/{number}").json() == found
    decided = contested.call("POST", f"/v1/conflicts/{number}/resolution", json={"take": "theirs"})
    assert decided.status_code == 200
    assert (decided.json()["status"], decided.json()["taken"]) == ("resolved", found["theirs"])
    again = contested.call("POST", f"/v1/conflicts/{number}/resolution", json={"take": "ours"})
    assert again.status_code == 422
    assert contested.get("/v1/conflicts").json()["items"] == []
    assert len(contested.get("/v1/conflicts?status=all&connection=" + found["connection"]).json()["items"]) == 1


def test_plans_are_listed_and_shown(contested: Door) -> None:
    plans = contested.get("/v1/plans?limit=1").json()["items"]
    assert [plan["status"] for plan in plans] == ["made"]
    shown = contested.get(f"/v1/plans/{plans[0]['id']}").json()
    assert [target["connection"] for target in shown["targets"]] == ["erp", "crm"] or len(shown["targets"]) == 2
    assert shown["rows"] == []  # it is parked, so nothing is to be written


def test_what_is_unknown_is_answered_with_404(contested: Door) -> None:
    assert contested.get("/v1/conflicts/999").status_code == 404
    assert contested.get("/v1/plans/999").status_code == 404
