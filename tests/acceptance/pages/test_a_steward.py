"""The story of a steward in a real browser: log in, search, look, rule, undo."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from sync import actions, stewardship
from sync.hub import Hub
from tests.acceptance.pages.conftest import ANA, IMAGE, JOSE, KEY_NAME, PEDRO, SCRIPT
from tests.worlds import dotted


def golden_of(hub: Hub, name: str) -> str:
    return {f"{r['connection']}/{r['external_id']}": r["golden_id"] for r in actions.export(hub, "crosswalk")}[name]


def number_of(hub: Hub, name: str) -> int:
    return stewardship.source_debtor(hub, name)


def test_a_steward_finds_a_debtor_joins_two_records_and_takes_it_back(steward: Page, hub: Hub) -> None:
    ana, other = golden_of(hub, f"erp/{dotted(ANA)}"), golden_of(hub, "crm/c2")
    assert ana != other

    steward.click("nav >> text=Deudores")
    steward.locator("input[type=search]").press_sequentially("muñoz", delay=20)
    expect(steward.locator("#results tbody tr")).to_have_count(2)
    assert steward.url.endswith("/debtors?q=mu%C3%B1oz")
    assert steward.locator("input[type=search]").evaluate("box => box === document.activeElement")
    steward.click("text=Ana Muñoz Ñuñez")
    name = steward.locator("[data-field=full_name]")
    expect(name.locator(".winner")).to_have_text("Ana Muñoz Ñuñez")
    expect(name.locator(".losers .lost")).to_have_text("MUNOZ NUNEZ ANA")
    expect(name.locator(".rule")).to_have_text("Gana el valor de la fuente de mayor confianza.")
    expect(name.locator(".by")).to_contain_text(f"erp/cartera/{dotted(ANA)}")
    expect(steward.locator("#debts")).to_contain_text("CLP 1.250.000")
    expect(steward.locator("#contacts .shared")).to_contain_text("Ana Muñoz")

    steward.click("nav >> text=Candidatos")
    first = steward.locator("tbody tr").first
    expect(first.locator(".money")).to_have_text("CLP 1.300.000")
    first.locator("text=Comparar").click()
    expect(steward.locator("tr.is-equal")).to_contain_text(["Teléfono"])
    expect(steward.locator("tr.is-alike")).to_contain_text(["Nombre completo"])
    steward.click("a.say-same")
    expect(steward.locator(".confirm .note")).to_contain_text("se unirán en uno solo")
    expect(steward.locator(".confirm .note")).to_contain_text(ana)
    assert golden_of(hub, "crm/c2") == other, "foreseeing changes nothing"
    steward.fill("input[name=reason]", "mismo teléfono y nombre")
    steward.click("text=Confirmar: el mismo")
    expect(steward.locator("#decision")).to_contain_text("Hoy son un solo deudor")
    expect(steward.locator("#decision")).to_contain_text(f"{KEY_NAME} dijo «el mismo»")
    expect(steward.locator("#decision")).to_contain_text("mismo teléfono y nombre")
    assert golden_of(hub, "crm/c2") == golden_of(hub, f"erp/{dotted(ANA)}") == ana

    steward.goto(f"/debtors/{other}")
    expect(steward.locator(".note")).to_contain_text(f"El deudor {other} se unió a este")
    assert re.search(rf"/debtors/{ana}\?", steward.url)
    expect(steward.locator("#sources tbody tr")).to_have_count(3)
    expect(steward.locator("#history")).to_contain_text("se unió a")

    steward.locator("#sources tr", has_text="c2").locator("text=Comparar").click()
    if steward.locator("a.say-withdrawn").count() == 0:  # the first record of the debtor is not the one ruled about
        steward.goto(f"/candidates/{number_of(hub, 'crm/contactos/c2')}/{number_of(hub, f'erp/cartera/{dotted(ANA)}')}")
    steward.click("a.say-withdrawn")
    expect(steward.locator(".confirm .note")).to_contain_text("se separará")
    steward.click("text=Confirmar: deshacer")
    expect(steward.locator("#decision")).to_contain_text("Hoy son dos deudores")
    assert golden_of(hub, "crm/c2") == other, "the old id answers for the same record again"
    steward.goto(f"/debtors/{ana}")
    expect(steward.locator("#history")).to_contain_text("se separó")


def test_joining_two_valid_ids_is_refused_with_the_reason_before_and_after(steward: Page, hub: Hub) -> None:
    left, right = (number_of(hub, f"erp/cartera/{dotted(one)}") for one in (JOSE, PEDRO))
    steward.goto(f"/candidates/{left}/{right}/same")
    refusal = steward.locator(".confirm .note.bad")
    expect(refusal).to_contain_text("no se unirán: tienen CL:RUT válidos distintos")
    steward.click("text=Confirmar: el mismo")
    expect(steward.locator("#decision .note.bad")).to_contain_text("no se unieron: tienen CL:RUT válidos distintos")
    expect(steward.locator("#decision")).to_contain_text("Hoy son dos deudores")
    steward.click("nav >> text=Candidatos")
    expect(steward.locator("main")).to_contain_text(f"decisión de {KEY_NAME}")


def test_a_pair_ruled_different_is_not_asked_about_again(steward: Page, hub: Hub) -> None:
    steward.goto("/candidates")
    before = steward.locator("tbody tr").count()
    steward.locator("text=Comparar").first.click()
    steward.click("a.say-different")
    expect(steward.locator(".confirm .note")).to_contain_text("no se volverá a preguntar")
    steward.click("text=Confirmar: distintos")
    expect(steward.locator("#decision")).to_contain_text("dijo «distintos»")
    expect(steward.locator(".evidence")).to_contain_text("a ambos se los ubica en el teléfono")
    steward.goto("/candidates")
    expect(steward.locator("tbody tr")).to_have_count(before - 1)


def test_names_with_markup_are_shown_as_text_everywhere(steward: Page, hub: Hub) -> None:
    shown = IMAGE.replace('"', "'")
    for name, text in (("erp/", SCRIPT), ("crm/c3", shown)):
        golden = next(r["id"] for r in actions.search_debtors(hub, "") if r["full_name"] == text)
        steward.goto(f"/debtors/{golden}")
        expect(steward.locator("h1")).to_have_text(text)
        expect(steward.locator("[data-field=full_name] .winner")).to_have_text(text)
        assert steward.locator("main script, main img").count() == 0, name
    for typed in (SCRIPT, IMAGE):
        steward.goto("/debtors")
        steward.fill("input[type=search]", typed)
        expect(steward.locator("#results .empty, #results tbody tr").first).to_be_visible()
        assert steward.locator("main script, main img").count() == 0
        assert steward.input_value("input[type=search]") == typed
    steward.goto("/quarantine")
    expect(steward.locator("tbody tr")).to_contain_text(["mil"])


def test_the_lists_say_what_happened_to_every_row(steward: Page) -> None:
    steward.goto("/")
    expect(steward.locator(".tile-quarantined dd")).to_have_text("1")
    widths = (
        steward.locator("table.runs svg.bar")
        .first.locator("rect")
        .evaluate_all("parts => parts.map(part => Number(part.getAttribute('width')))")
    )
    assert sum(widths) == 1000
    steward.click("table.runs a >> nth=0")
    expect(steward.locator("main")).to_contain_text("Los seis destinos suman lo leído.")
    steward.goto("/quarantine")
    row = steward.locator("tbody tr")
    expect(row).to_have_count(1)
    for text in ("erp/cartera", "cartera.csv line 7", "SALDO", "mil", "monto ilegible"):
        expect(row).to_contain_text(text)
    steward.goto("/discrepancies")
    expect(steward.locator("main")).to_contain_text("Todos los sistemas dicen lo mismo.")
