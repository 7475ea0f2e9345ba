"""What a steward reads of contact on the golden record: each channel with its reason, in Spanish, and what stands."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from sync import actions, agreements, contacts
from sync.hub import Hub
from tests.acceptance.pages.conftest import JOSE, PEDRO
from tests.worlds import dotted


def golden_of(hub: Hub, tax_id: str) -> str:
    return next(r["golden_id"] for r in actions.export(hub, "crosswalk") if r["external_id"] == dotted(tax_id))


def test_the_golden_record_says_by_each_channel_why_not(steward: Page, hub: Hub) -> None:
    contacts.dispute(hub, {"kind": "not_my_debt", "debts": [{"document": "F-3"}]}, by="ana")
    contacts.hold(hub, {"reason": "insolvency", "debtor": {"tax_id": JOSE}}, by="ana")
    steward.goto(f"/debtors/{golden_of(hub, JOSE)}")
    section = steward.locator("#contact-now")
    expect(section.locator("h2")).to_have_text("¿Se puede contactar ahora?")
    expect(section.locator("tbody tr")).to_have_count(9)
    call = section.locator("tbody tr", has_text="llamada").first
    expect(call.locator(".mark")).to_have_text("no")
    expect(call).to_contain_text("Hay una retención sobre el deudor.")
    expect(call).to_contain_text("no por sí solo")
    expect(section).to_contain_text("insolvencia")
    expect(section).to_contain_text("no es su deuda")


def test_the_golden_record_names_the_agreement_that_holds_its_debts(steward: Page, hub: Hub) -> None:
    body = {
        "kind": "promise",
        "debts": [{"debt": {"document": "F-4"}}],
        "unit": "CLP",
        "schedule": [{"due_date": "2030-01-04", "amount": "10000"}],
    }
    agreements.record(hub, body, told=agreements.Telling("bot"))
    steward.goto(f"/debtors/{golden_of(hub, PEDRO)}")
    section = steward.locator("#contact-now")
    expect(section.locator("tbody tr", has_text="correo")).to_contain_text("Hay un acuerdo vigente sobre la deuda")
    expect(section).to_contain_text("promesa de pago del")
    expect(section).to_contain_text("CLP 10.000")
