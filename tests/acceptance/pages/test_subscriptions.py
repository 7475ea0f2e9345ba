"""The page of subscriptions in a real browser: how each stands, pause, resume, tell again."""

from __future__ import annotations

from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from sync import actions, subscriptions
from sync.hub import Hub
from sync.subscriptions import Wanted
from tests.acceptance.pages.conftest import KEY_NAME, SCRIPT


@pytest.fixture
def subscription(hub: Hub) -> str:
    local = replace(hub, workspace=replace(hub.workspace, events={"allow_hosts": ["127.0.0.1"]}))
    wanted = Wanted("http://127.0.0.1:9/hook", ("debt", "payment.applied"), after=2, description=f"Marcador {SCRIPT}")
    return subscriptions.subscribe(local, wanted, by="tests")[0].row.id


def test_a_subscription_is_seen_paused_resumed_and_told_again(steward: Page, hub: Hub, subscription: str) -> None:
    latest = len(list(actions.events_after(hub, 0, limit=1000)))
    steward.click("nav >> text=Suscripciones")
    row = steward.locator(f"tr[data-subscription={subscription}]")
    expect(row).to_contain_text("http://127.0.0.1:9/hook")
    expect(row).to_contain_text("debt, payment.applied")
    expect(row).to_contain_text(f"Marcador {SCRIPT}")
    expect(row.locator("td.number").nth(1)).to_have_text(str(latest - 2))
    expect(row.locator(".mark")).to_have_text("al día")

    row.locator("text=Pausar").click()
    expect(steward.locator(".note")).to_contain_text("está en pausa")
    expect(row.locator(".mark")).to_have_text("en pausa")
    expect(row).to_contain_text(f"En pausa por {KEY_NAME}.")
    assert subscriptions.one(hub, subscription).row.state == "paused"
    row.locator("text=Reanudar").click()
    expect(row.locator(".mark")).to_have_text("al día")

    row.locator("summary").click()
    row.locator("input[name=after]").fill("0")
    row.locator("details button").click()
    expect(steward.locator(".note")).to_contain_text("se enviarán otra vez")
    assert subscriptions.one(hub, subscription).row.delivered == 0
    row.locator("summary").click()
    row.locator("input[name=after]").fill("999999")
    row.locator("details button").click()
    expect(steward.locator(".note.bad")).to_contain_text("no existe")
    assert subscriptions.one(hub, subscription).row.delivered == 0

    steward.click("text=http://127.0.0.1:9/hook")
    expect(steward.locator("h1")).to_have_text("Suscripción")
    expect(steward.locator("main")).to_contain_text("Sin entregar")


def test_without_subscriptions_the_page_says_how_to_make_one(steward: Page) -> None:
    steward.goto("/subscriptions")
    expect(steward.locator(".empty")).to_contain_text("concilia events subscribe URL")
