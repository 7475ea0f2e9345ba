"""What a steward reads of a debtor's timeline: the latest first, in Spanish, page by page."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from sync import actions, contacts, interactions
from sync.contacts import Caller
from sync.hub import Hub
from tests.acceptance.pages.conftest import JOSE
from tests.worlds import dotted

EARLY = "2020-01-0{day}T10:00:00-03:00"


def golden_of(hub: Hub, tax_id: str) -> str:
    return next(r["golden_id"] for r in actions.export(hub, "crosswalk") if r["external_id"] == dotted(tax_id))


def tell(hub: Hub, number: int, **members: object) -> None:
    usual = {"party": {"tax_id": JOSE}, "direction": "outbound", "channel": "voice_agent", "external_ref": str(number)}
    told = {**usual, "started_at": EARLY.format(day=number), **members}
    assert interactions.record(hub, told, caller=Caller("dialer")).status == 201


def test_the_golden_record_shows_what_happened_in_one_order(steward: Page, hub: Hub) -> None:
    golden = golden_of(hub, JOSE)
    tell(hub, 1, outcome="no_answer")
    tell(hub, 2, direction="inbound", channel="whatsapp", result="payment_announced", agency="Cobranzas <b>del Sur</b>")
    contacts.hold(hub, {"reason": "insolvency", "debtor": {"id": golden}}, by="ana")
    steward.goto(f"/debtors/{golden}")
    section = steward.locator("#timeline")
    expect(section.locator("h2")).to_have_text("Línea de tiempo")
    calls = section.locator("tr[data-kind=interaction]")
    expect(calls.first).to_contain_text("WhatsApp · dice que pagó")
    expect(calls.first).to_contain_text("Cobranzas <b>del Sur</b>")
    expect(calls.last).to_contain_text("llamada · no contesta")
    expect(calls.last).to_contain_text("sin consultar")
    expect(section.locator("tr[data-kind=hold]").first).to_contain_text("insolvencia")
    expect(section.locator("tr[data-kind=data]").first).to_contain_text("creado")


def test_what_came_before_is_a_page_away(steward: Page, hub: Hub) -> None:
    golden = golden_of(hub, JOSE)
    for number in range(1, 10):
        tell(hub, number)
    for number in range(10, 30):
        tell(hub, number, started_at=f"2020-02-{number}T10:00:00-03:00" if number < 29 else "2020-03-01T10:00:00-03:00")
    steward.goto(f"/debtors/{golden}")
    expect(steward.locator("#timeline tbody tr")).to_have_count(25)
    steward.click("#timeline a:has-text('Ver lo anterior')")
    expect(steward.locator("#timeline tbody tr").last).to_contain_text("01-01-2020")
