"""A steward decides changes of verified contact points in a real browser: two buttons beside each other, and undo."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from sync import actions, contact_corrections, contact_stewardship
from sync.contact_corrections import Correction
from sync.hub import Hub
from tests.acceptance.pages.conftest import ANA, KEY_NAME
from tests.worlds import dotted, write_cartera

OLD, NEW = "+56961234567", "+56967778888"


@pytest.fixture
def changed(hub: Hub) -> int:
    """Ana's phone was verified, and then the ERP changed it; the number of the change that waits."""
    verified = {"type": "phone", "value": OLD, "acquisition_method": "call", "evidence": "call 1"}
    told = Correction({**verified, "verification": {"method": "right_party"}}, "dialer")
    contact_corrections.tell_any(hub, ANA, told)
    moment = "2026-11-20T10:00:00"
    row = (dotted(ANA), "Ana Muñoz Ñuñez", NEW, "", "1.250.000", "01-10-2026", moment)
    rows = [("F-1", *row), ("F-2", *row[:-3], "50.000", "15-10-2026", moment)]
    write_cartera(Path(hub.workspace.folder), rows)
    actions.run(hub, [], push=False)
    (change,) = contact_stewardship.listed(hub)
    return int(change["id"])


def phones(hub: Hub) -> dict[str, str]:
    (match,) = actions.search_debtors(hub, ANA)
    found = actions.debtor(hub, match["id"]).body["contact_points"]
    return {one["value"]: one["status"] for one in found if one["type"] == "phone"}


def test_a_change_is_rejected_taken_back_and_confirmed(steward: Page, hub: Hub, changed: int) -> None:
    steward.click("nav >> text=Contactos")
    row = steward.locator(f"tr[data-change='{changed}']")
    expect(row).to_contain_text("Ana Muñoz Ñuñez")
    expect(row).to_contain_text("Teléfono")
    expect(row.locator("td").nth(1)).to_contain_text(OLD)
    expect(row.locator("td").nth(2)).to_contain_text(NEW)
    expect(row.locator("td").nth(2)).to_contain_text("Cambiado allá: 20-11-2026 10:00")
    expect(row.locator("td").nth(3)).to_contain_text(re.compile("erp/cartera/"))
    confirm, reject = (row.locator(f"button[data-verb={verb}]").bounding_box() for verb in ("confirmar", "rechazar"))
    assert confirm is not None
    assert reject is not None
    assert confirm["y"] == reject["y"], "beside each other"
    assert confirm["x"] < reject["x"]

    row.locator("text=Ana Muñoz Ñuñez").click()
    expect(steward.locator("#contacts")).to_contain_text(f"{OLD} bien formado verificado")
    expect(steward.locator("#contacts .aside")).to_contain_text(f"{NEW} cambio por decidir")
    steward.click("#contacts >> text=Decidir los cambios")

    row.locator("text=Rechazar").click()
    expect(steward.locator(".note.good")).to_contain_text(f"El cambio {changed} quedó rechazado")
    expect(steward.locator("main")).to_contain_text("Ninguno espera decisión")
    assert phones(hub) == {OLD: "verified"}

    steward.locator(".note.good").locator("text=Deshacer").click()
    expect(steward.locator("main")).to_contain_text("Esperan decisión: 1")
    steward.locator(f"tr[data-change='{changed}']").locator("text=Confirmar").click()
    expect(steward.locator(".note.good")).to_contain_text("quedó confirmado")
    assert phones(hub)[NEW] == "verified"

    steward.click("text=Confirmados")
    row = steward.locator(f"tr[data-change='{changed}']")
    expect(row).to_contain_text(KEY_NAME)
    row.locator("text=Deshacer").click()
    expect(steward.locator("main")).to_contain_text("Esperan decisión: 1")
    assert phones(hub)[OLD] == "verified"


def test_a_word_that_comes_too_late_says_what_was_decided(steward: Page, hub: Hub, changed: int) -> None:
    steward.goto("/contact-changes")
    contact_stewardship.say(hub, changed, contact_stewardship.Says.REJECT, by="Pedro")
    steward.locator(f"tr[data-change='{changed}']").locator("text=Confirmar").click()
    expect(steward.locator(".note.bad")).to_contain_text(f"El cambio {changed} ya quedó rechazado por Pedro")
    assert contact_stewardship.listed(hub, status="rejected")


def test_the_page_fits_a_phone_and_speaks_english_too(steward: Page, changed: int) -> None:
    steward.set_viewport_size({"width": 390, "height": 800})
    steward.goto("/contact-changes")
    assert steward.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    expect(steward.locator(f"tr[data-change='{changed}'] button[data-verb=confirmar]")).to_be_visible()
    steward.goto("/idioma/en?volver=/contact-changes")
    expect(steward.locator("h1")).to_have_text("Contact changes")


def test_nobody_decides_without_the_form_of_the_page(steward: Page, hub: Hub, changed: int) -> None:
    answer = steward.request.post(f"/contact-changes/{changed}/confirmar", form={"csrf": "made up"})
    assert answer.status == 403
    assert steward.request.get("/contact-changes/1/otra").status in (404, 405)
    assert len(contact_stewardship.listed(hub)) == 1
