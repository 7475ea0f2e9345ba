"""A steward's pin: it stands before every source, outlives new reads, follows merges and splits, and is taken back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from concilia.errors import NotFound, RequestInvalid
from sync import actions, pinning, stewardship
from sync.hub import Hub
from sync.pinning import FieldNow, Wish
from tests.conftest import OpenHub
from tests.worlds import dotted, dump, rut, workspace, write_cartera, write_contacts

ANA, EVA = rut(12531909), rut(9876543)
ERP, CRM, ALONE = f"erp/cartera/{dotted(ANA)}", "crm/contactos/c1", "crm/contactos/c2"
SEEN, LATER = "2026-11-01T10:00:00", "2026-11-10T10:00:00Z"


def world(folder: Path) -> Path:
    """Ana in two systems, and Eva in one, who may be told to be the same."""
    found = workspace(folder)
    write_cartera(found, [("F-1", dotted(ANA), "Ana Muñoz Ñuñez", "961234567", "", "1.000", "01-10-2026", SEEN)])
    rows = [("c1", ANA, "MUNOZ NUNEZ ANA", "", "", "", LATER), ("c2", "", "Eva Díaz", "", "", "eva@clientes.cl", LATER)]
    write_contacts(found, rows)
    return found


@pytest.fixture
def hub(tmp_path: Path, database_url: str | None, opened: OpenHub) -> Hub:
    found = opened(world(tmp_path), database_url=database_url)
    actions.apply(found)
    actions.run(found, [])
    return found


def golden_of(hub: Hub, named: str) -> str:
    connection, _, external = named.split("/", 2)
    rows = actions.export(hub, "crosswalk")
    return next(r["golden_id"] for r in rows if (r["connection"], r["external_id"]) == (connection, external))


def body(hub: Hub, named: str) -> dict[str, Any]:
    return dict(actions.debtor(hub, golden_of(hub, named)).body)


def why(hub: Hub, named: str, field: str) -> dict[str, Any]:
    found: dict[str, Any] = actions.provenance(hub, golden_of(hub, named))["fields"].get(field, {})
    return found


def test_a_rehearsed_pin_says_what_changes_and_changes_nothing(hub: Hub) -> None:
    blank = dump(hub)
    wish = Wish("full_name", "  Ana  Muñoz Núñez ", "carla")
    foreseen = pinning.foresee(hub, golden_of(hub, ERP), wish)
    assert dump(hub) == blank
    assert (foreseen.before, foreseen.after) == (
        FieldNow("Ana Muñoz Ñuñez", "weighted"),
        FieldNow("Ana Muñoz Núñez", "pinned"),
    )
    assert pinning.pin(hub, golden_of(hub, ERP), wish) == foreseen


def test_a_pin_beats_every_source_names_its_steward_and_survives_new_reads(hub: Hub) -> None:
    pinning.pin(hub, CRM, Wish("full_name", "Ana Muñoz Núñez", "carla", "cédula a la vista"))
    write_cartera(
        Path(hub.workspace.folder),
        [("F-1", dotted(ANA), "ANITA MUÑOZ", "961234567", "", "900", "01-10-2026", "2027-11-01T10:00:00")],
    )
    actions.run(hub, [], full=True)
    assert body(hub, ERP)["full_name"] == "Ana Muñoz Núñez"
    told = why(hub, ERP, "full_name")
    assert (told["rule"], told["pin"]["by"], told["pin"]["reason"]) == ("pinned", "carla", "cédula a la vista")
    assert {loser["value"] for loser in told["losers"]} == {"ANITA MUÑOZ", "MUNOZ NUNEZ ANA"}
    assert [r["id"] for r in actions.search_debtors(hub, "ana munoz nunez")] == [golden_of(hub, ERP)]


def test_a_field_that_no_source_states_can_be_pinned(hub: Hub) -> None:
    pinning.pin(hub, ERP, Wish("birth_date", "1980-02-29", "carla"))
    pinning.pin(hub, ERP, Wish("consumer", "Consumer", "carla"))
    assert (body(hub, ERP)["birth_date"], body(hub, ERP)["consumer"]) == ("1980-02-29", "consumer")


def test_unpinning_lets_the_sources_decide_again(hub: Hub) -> None:
    before = why(hub, ERP, "full_name")
    pinning.pin(hub, ERP, Wish("full_name", "Otra Ana", "carla"))
    pinning.pin(hub, CRM, Wish("full_name", "Una Ana", "eva"))
    assert body(hub, ERP)["full_name"] == "Una Ana", "of several pins the latest counts"
    undone = pinning.pin(hub, golden_of(hub, ERP), Wish("full_name", None, "carla"))
    assert undone.after == FieldNow("Ana Muñoz Ñuñez", "weighted"), "all pins of the field are gone"
    assert why(hub, ERP, "full_name") == before
    with pytest.raises(NotFound, match="is not pinned"):
        pinning.pin(hub, ERP, Wish("full_name", None, "carla"))


def test_a_pin_follows_its_source_debtor_through_a_merge_and_a_split(hub: Hub) -> None:
    pinning.pin(hub, ALONE, Wish("language", "arn", "carla"))
    pair = (stewardship.source_debtor(hub, ERP), stewardship.source_debtor(hub, ALONE))
    stewardship.rule(hub, pair, judgement="same", by="carla")
    assert body(hub, ERP)["language"] == "arn"
    stewardship.rule(hub, pair, judgement="withdrawn", by="carla")
    assert "language" not in body(hub, ERP)
    assert body(hub, ALONE)["language"] == "arn"


def test_a_pin_on_a_golden_id_hangs_on_its_founder_and_a_merged_id_still_leads_there(hub: Hub) -> None:
    alone = golden_of(hub, ALONE)
    pair = (stewardship.source_debtor(hub, ERP), stewardship.source_debtor(hub, ALONE))
    stewardship.rule(hub, pair, judgement="same", by="carla")
    merged = golden_of(hub, ERP)
    found = pinning.pin(hub, alone if alone != merged else merged, Wish("language", "es", "carla"))
    assert found.golden_id == merged


def test_saying_the_same_again_appends_nothing(hub: Hub) -> None:
    pinning.pin(hub, ERP, Wish("language", "es", "carla", "lo dijo"))
    once = dump(hub)
    pinning.pin(hub, ERP, Wish("language", " es ", "eva"))
    assert dump(hub) == once


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("full_nam", "x", 'Did you mean "full_name"'),
        ("tax_id", rut(7654321), "The tax id cannot be pinned"),
        ("phone", "961234567", "A debtor has no field of that name"),
        ("full_name", "   ", "This value cannot stand as full_name: it says nothing"),
        ("full_name", "SIN NOMBRE", "This value cannot stand as full_name"),
        ("birth_date", "31-02-1980", "This value cannot stand as birth_date"),
        ("kind", "empresa", "none of person, organization"),
        ("active", "quizás", "neither yes nor no"),
        ("residence_country", "Chile", "no country code of two letters"),
        ("legal_name", "x" * 1001, "1001 characters"),
    ],
)
def test_what_cannot_be_pinned_is_refused_in_one_sentence(hub: Hub, field: str, value: str, said: str) -> None:
    blank = dump(hub)
    with pytest.raises(RequestInvalid) as caught:
        pinning.pin(hub, ERP, Wish(field, value, "carla"))
    assert said in str(caught.value)
    assert dump(hub) == blank


@pytest.mark.parametrize("named", ["g000", "999", "erp/cartera/nobody", "erp", ""])
def test_nobody_can_be_pinned_only_by_a_name_that_somebody_has(hub: Hub, named: str) -> None:
    with pytest.raises(NotFound):
        pinning.pin(hub, named, Wish("language", "es", "carla"))
