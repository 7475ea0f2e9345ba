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
    expect(name.locator(".rule")).to_contain_text("Primero lo verificado; después decide la confianza")
    expect(name.locator(".by")).to_contain_text(f"erp/cartera/{dotted(ANA)}")
    expect(steward.locator("#debts")).to_contain_text("CLP 1.250.000")
    expect(steward.locator("#contacts .shared")).to_contain_text("A. Muñoz")

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
    phone = steward.locator(".evidence tr", has_text="Contacto")
    expect(phone).to_contain_text("+56961234567 ↔ +56961234567")
    expect(phone.locator("svg.bits rect.lean-for")).to_have_count(1)
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


def test_a_mistyped_tax_id_is_retired_from_the_page_and_comes_back_with_the_undo(steward: Page, hub: Hub) -> None:
    left, right = (number_of(hub, f"erp/cartera/{dotted(one)}") for one in (JOSE, PEDRO))
    before = golden_of(hub, f"erp/{dotted(JOSE)}"), golden_of(hub, f"erp/{dotted(PEDRO)}")
    wrong = PEDRO.replace("-", "")
    steward.goto(f"/candidates/{left}/{right}/same")
    steward.check(f"input[name=retire_id][value='CL:RUT:{wrong}']")
    steward.click("text=Ver qué pasaría")
    expect(steward.locator(".confirm .note").first).to_contain_text("se unirán en uno solo")
    expect(steward.locator(".confirm")).to_contain_text(f"Se retirará CL RUT {wrong} en el lado que lo declara")
    assert golden_of(hub, f"erp/{dotted(PEDRO)}") == before[1], "foreseeing changes nothing"
    steward.fill("input[name=reason]", "carta del deudor")
    steward.click("text=Confirmar: el mismo")
    expect(steward.locator("#decision")).to_contain_text("Hoy son un solo deudor")
    expect(steward.locator("#decision")).to_contain_text(f"Retiró CL RUT {wrong} por mal digitado.")
    steward.goto(f"/debtors/{golden_of(hub, f'erp/{dotted(PEDRO)}')}")
    retired = steward.locator("#identifiers .held", has_text=wrong)
    expect(retired).to_contain_text(f"retirado por {KEY_NAME}")
    expect(retired).to_contain_text("carta del deudor")
    expect(steward.locator(".facts")).to_contain_text(dotted(JOSE))
    steward.goto(f"/candidates/{left}/{right}/withdrawn")
    steward.click("text=Confirmar: deshacer")
    expect(steward.locator("#decision")).to_contain_text("Hoy son dos deudores")
    assert before == (golden_of(hub, f"erp/{dotted(JOSE)}"), golden_of(hub, f"erp/{dotted(PEDRO)}"))


def test_a_same_that_was_refused_still_offers_the_numbers_to_retire(steward: Page, hub: Hub) -> None:
    left, right = (number_of(hub, f"erp/cartera/{dotted(one)}") for one in (JOSE, PEDRO))
    stewardship.rule(hub, (left, right), judgement="same", by="eva")
    steward.goto(f"/candidates/{left}/{right}")
    expect(steward.locator("form.retire input[name=retire_id]")).to_have_count(2)
    steward.locator("form.retire input[name=retire_id]").first.check()
    steward.check("input[name=superseded][value='1']")
    steward.click("text=Ver qué pasaría")
    expect(steward.locator(".confirm")).to_contain_text("en todas partes, por reemplazado")


def test_a_field_is_pinned_shown_with_its_steward_and_let_go(steward: Page, hub: Hub) -> None:
    ana = golden_of(hub, f"erp/{dotted(ANA)}")
    steward.goto(f"/debtors/{ana}")
    name = steward.locator("[data-field=full_name]")
    name.locator("summary", has_text="Fijar otro valor").click()
    name.locator("input[name=value]").fill("Ana Muñoz Núñez")
    name.locator("input[name=reason]").fill("cédula a la vista")
    name.locator("text=Fijar >> visible=true").last.click()
    expect(name.locator(".winner")).to_have_text("Ana Muñoz Núñez")
    expect(name.locator(".pinned")).to_contain_text(f"Fijado por {KEY_NAME}")
    expect(name.locator(".pinned")).to_contain_text("cédula a la vista")
    expect(name.locator(".rule")).to_have_text("Una persona fijó este valor; vale digan lo que digan las fuentes.")
    expect(name.locator(".losers")).to_contain_text("una persona fijó otro valor")
    steward.goto("/idioma/en?volver=/debtors/" + ana)
    expect(name.locator(".pinned")).to_contain_text(f"Pinned by {KEY_NAME}")
    steward.goto("/idioma/es?volver=/debtors/" + ana)
    name.locator("text=Soltar").click()
    expect(name.locator(".winner")).to_have_text("Ana Muñoz Ñuñez")
    expect(name.locator(".pinned")).to_have_count(0)


def test_a_missing_field_is_pinned_by_its_choices_and_a_value_that_cannot_stand_is_refused(
    steward: Page, hub: Hub
) -> None:
    ana = golden_of(hub, f"erp/{dotted(ANA)}")
    steward.goto(f"/debtors/{ana}")
    steward.locator("summary", has_text="Fijar un dato que falta").click()
    steward.locator(".others summary", has_text="País de residencia").click()
    form = steward.locator(".others form.pin", has=steward.locator("input[value=residence_country]"))
    form.locator("input[name=value]").fill("Chile")
    form.locator("button").click()
    expect(steward.locator(".note.bad")).to_contain_text(
        "No se fijó: Este valor no puede quedar en «País de residencia»"
    )
    expect(steward.locator(".note.bad")).to_contain_text("no es un código de país de dos letras")
    steward.locator("summary", has_text="Fijar un dato que falta").click()
    steward.locator(".others summary", has_text=re.compile("^Activo$")).click()
    form = steward.locator(".others form.pin", has=steward.locator("input[value=active]"))
    form.locator("select").select_option("false")
    form.locator("button").click()
    expect(steward.locator("[data-field=active] .winner")).to_have_text("no")
