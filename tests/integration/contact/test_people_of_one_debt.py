"""Debtor and guarantor of one debt, asked about at once where the law counts them together: one contact, both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from concilia.clock import fixed_clock
from sync import actions, contacts
from sync.contacts import Caller
from sync.hub import Hub
from tests.acceptance.contact_world import CARTERA, COLUMNS, WORKSPACE
from tests.conftest import OpenHub

MONDAY = datetime(2026, 11, 23, 15, tzinfo=UTC)  # 10:00 in Bogotá
LINE = "F-1;79123456;Ana Muñoz Ñuñez;3001234567;;52123456;Beto Rojas Paz;3007654321;;;;150000;2026-10-01"
ANA, BETO = {"phone": "+573001234567"}, {"phone": "+573007654321"}


@pytest.fixture
def hub(tmp_path: Path, opened: OpenHub, database_url: str | None) -> Hub:
    (tmp_path / "erp").mkdir()
    (tmp_path / "concilia.yaml").write_text(WORKSPACE.format(country="CO"), encoding="utf-8")
    (tmp_path / "cartera.yaml").write_text(CARTERA, encoding="utf-8")
    (tmp_path / "erp" / "cartera.csv").write_text(f"{COLUMNS}\n{LINE}\n", encoding="utf-8")
    found = replace(opened(tmp_path, database_url=database_url), clock=fixed_clock(MONDAY))
    actions.apply(found)
    assert actions.run(found, []).exit_code == 0
    actions.run(found, [])
    for named in (ANA, BETO):
        body = {"debtor": named, "channel": "sms"}
        golden = contacts.why(found, body)["debtor"]
        contacts.consent(found, golden, {"state": "granted"}, by="web")
    return found


def test_of_those_who_count_together_one_is_contacted(hub: Hub) -> None:
    def ask(n: int) -> str:
        body = {"debtor": (ANA, BETO)[n % 2], "channel": ("sms", "voice_agent")[n % 3 == 0]}
        return str(contacts.decide(hub, body, caller=Caller(f"tool-{n}")).body["answer"])

    with ThreadPoolExecutor(24) as many:
        answers = list(many.map(ask, range(24)))
    assert answers.count("allow") == 1
