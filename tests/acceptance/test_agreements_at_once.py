"""Many who agree about one debt at once: one agreement holds it, and the others are told so by name."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from concilia.clock import fixed_clock
from concilia.errors import ConfigurationInvalid, RequestInvalid
from sync import actions, agreements
from sync.hub import Hub
from tests.conftest import OpenHub
from tests.worlds import rut, workspace, write_cartera

NOW = datetime(2026, 11, 23, 15, tzinfo=UTC)


@pytest.fixture
def hub(tmp_path: Path, database_url: str | None, opened: OpenHub) -> Hub:
    folder = workspace(tmp_path)
    rows = [("F-1", rut(12531909), "Ana Muñoz", "", "", "150.000", "01-10-2026", "2026-11-01T10:00:00")]
    write_cartera(folder, rows)
    found = replace(opened(folder, database_url=database_url), clock=fixed_clock(NOW))
    actions.apply(found)
    assert actions.run(found, ["erp"]).exit_code == 0
    return found


def agree(hub: Hub, amount: int) -> str:
    body = {
        "kind": "promise",
        "debts": [{"debt": {"document": "F-1"}}],
        "schedule": [{"due_date": "2026-12-04", "amount": str(amount)}],
    }
    try:
        return str(agreements.record(hub, body, told=agreements.Telling(f"bot-{amount}")).status)
    except RequestInvalid as fault:
        return fault.code


def test_one_of_many_agreements_holds_the_debt(hub: Hub) -> None:
    with ThreadPoolExecutor(8) as many:
        told = Counter(many.map(lambda n: agree(hub, 1000 + n % 8), range(16)))
    assert told["agreement-already-active"] == 14
    assert sum(told.values()) == 16
    assert set(told) == {"201", "agreement-already-active"}, "the same bot's second call got its stored answer"
    assert len(agreements.listed(hub, state="active")) == 1
    assert len(agreements.refused(hub)) == 7, "a refusal told again is one refusal"


def test_the_database_itself_lets_one_agreement_hold_a_debt(hub: Hub) -> None:
    assert agree(hub, 1000) == "201"
    debt_id = agreements.listed(hub)[0]["debts"][0]["debt"]
    with pytest.raises(IntegrityError), hub.store.begin() as tx:
        tx.execute(text("INSERT INTO agreement_debt VALUES ('a9', :debt, 1, 1)"), {"debt": debt_id})


def test_a_workspace_says_its_business_days(hub: Hub) -> None:
    calendars = {"CL": {"subdivision": "AP", "closed": ["2026-12-07"]}}
    here = replace(hub, workspace=replace(hub.workspace, calendars=calendars, agreements={"tolerance_days": 1}))
    assert agree(here, 1000) == "201"
    (part,) = agreements.one(here, agreements.listed(here)[0]["id"])["evaluation"]["parts"]
    assert part["last_day"] == "2026-12-09"  # Friday 4, Monday 7 closed here, Tuesday 8 a holiday


@pytest.mark.parametrize(
    "calendars", [{"CL": {"subdivision": "XX"}}, {"CL": {"closed": ["2026-02-30"]}}, {"ZZ": {"subdivision": "A"}}]
)
def test_a_calendar_that_cannot_be_is_refused_with_its_place(
    calendars: dict[str, dict[str, object]], tmp_path: Path, opened: OpenHub
) -> None:
    folder = workspace(tmp_path)
    text_ = (folder / "concilia.yaml").read_text("utf-8").replace("country: CL", f"country: {next(iter(calendars))}")
    (folder / "concilia.yaml").write_text(text_.replace("country: ZZ", "country: ZZ\n    unit: CLP"), "utf-8")
    hub = opened(folder)
    here = replace(hub, workspace=replace(hub.workspace, calendars=calendars))
    with pytest.raises(ConfigurationInvalid) as refused:
        agreements.policy_of(here.workspace)
    assert refused.value.path.startswith("calendars.")
