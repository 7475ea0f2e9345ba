"""Reading debtors: found by any of their words, whole in one call, an old id included, and not sent twice."""

from __future__ import annotations

from typing import Any

import pytest

from sync import actions
from sync.hub import Hub
from tests.acceptance.api.conftest import ANA, EMPRESA, JOSE
from tests.door import Door
from tests.worlds import dotted


@pytest.mark.parametrize(
    "words", ["hernández", "HERNANDEZ garcia", dotted(JOSE), JOSE.replace("-", ""), "961234567 jose", "jl@clientes.cl"]
)
def test_a_debtor_is_found_by_name_tax_id_phone_or_mail_as_people_write_them(door: Door, words: str) -> None:
    (found,) = door.get("/v1/debtors", params={"q": words}).json()["items"]
    assert found["full_name"] == "José Luis Hernández García"
    assert found["tax_id"] == JOSE.replace("-", "")


def test_without_words_all_debtors_are_listed_and_unknown_words_find_nobody(door: Door) -> None:
    assert len(door.every("/v1/debtors")) == 4
    for words in ("hernández pérez", "%", "_"):
        assert door.get("/v1/debtors", params={"q": words}).json() == {"items": [], "next": None}


def test_a_debtor_comes_with_everything_joined_to_it(door: Door) -> None:
    found = door.debtor_of(JOSE)
    assert {s["connection"] for s in found["sources"]} == {"erp", "crm"}
    assert {(d["document"], d["balance"], d["unit"]) for d in found["debts"]} == {
        ("F-1", "150000", "CLP"),
        ("F-2", "20000", "CLP"),
    }
    assert {p["type"]: p["value"] for p in found["contact_points"]} == {
        "phone": "+56961234567",
        "email": "jl@clientes.cl",
    }
    for debt in found["debts"]:
        assert door.get(f"/v1/debts/{debt['id']}").json() == debt


def test_provenance_says_which_source_won_and_why(door: Door) -> None:
    found = door.get(f"/v1/debtors/{door.debtor_of(JOSE)['id']}/provenance").json()
    name = found["fields"]["full_name"]
    assert name["winner"]["connection"] == "erp"
    assert "crm" in {loser["connection"] for loser in name["losers"]}
    assert found["ledger"][0]["kind"] == "founded"


@pytest.mark.parametrize("path", ["/v1/debtors/{}", "/v1/debtors/{}/provenance", "/v1/debts/{}"])
@pytest.mark.parametrize("unknown", ["gaaaaaaaaaaaaaaaaaaaa", "12.531.909-2", "%00", "ñ", "g" * 500, "..%2f..%2fetc"])
def test_an_unknown_id_is_not_found_and_is_not_repeated(door: Door, path: str, unknown: str) -> None:
    answer = door.get(path.format(unknown))
    assert answer.status_code == 404
    assert unknown not in answer.text
    assert answer.json()["type"] == "urn:concilia:problem:not-found"


def test_an_unchanged_debtor_is_not_sent_again(door: Door) -> None:
    path = f"/v1/debtors/{door.debtor_of(JOSE)['id']}"
    tag = door.get(path).headers["etag"]
    for told in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = door.get(path, headers={"If-None-Match": told})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert door.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_payment_to_one_of_its_debts_changes_the_etag_and_nobody_elses(door: Door) -> None:
    mine, others = (f"/v1/debtors/{door.debtor_of(who)['id']}" for who in (JOSE, EMPRESA))
    tags = [door.get(path).headers["etag"] for path in (mine, others)]
    paid = {"debt": {"document": "F-1"}, "amount": "1", "unit": "CLP", "value_date": "2026-11-22", "reference": "T"}
    assert door.pay(paid).status_code == 201
    assert [
        door.get(p, headers={"If-None-Match": t}).status_code for p, t in zip((mine, others), tags, strict=True)
    ] == [200, 304]


def test_a_merged_id_answers_with_its_data_and_says_where_it_went(hub: Hub, door: Door) -> None:
    before = {d["id"] for d in door.every("/v1/debtors")}
    into, _ = actions.rule(hub, f"erp/cartera/{dotted(ANA)}", "crm/contactos/c2", judgement="same", by="ana")
    (gone,) = before - {d["id"] for d in door.every("/v1/debtors")}
    answer = door.get(f"/v1/debtors/{gone}")
    assert answer.status_code == 200
    assert answer.headers["content-location"] == f"/v1/debtors/{into}"
    assert (answer.json()["id"], answer.json()["merged_from"]) == (into, gone)
    now = door.get(answer.headers["content-location"])
    assert "content-location" not in now.headers
    assert now.json() == {name: value for name, value in answer.json().items() if name != "merged_from"}
    assert door.get(f"/v1/debtors/{gone}/provenance").json()["id"] == into
    assert door.get(f"/v1/debtors/{gone}", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def matches(door: Door, **given: str) -> list[dict[str, Any]]:
    answer = door.get("/v1/resolve", params=given)
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["matches"]
    assert answer.json()["total"] == len(found)
    return found


def test_an_identifier_says_whose_it_is_however_it_is_written(door: Door) -> None:
    debts = {d["document"]: d["id"] for d in door.debtor_of(JOSE)["debts"]}
    ways = [
        {"tax_id": dotted(JOSE)},
        {"tax_id": JOSE, "country": "CL"},
        {"email": "JL@Clientes.CL"},
        {"debt": "f-1"},
        {"debt": debts["F-2"]},
    ]
    found = [matches(door, **way) for way in ways]
    assert [[m["full_name"] for m in one] for one in found] == [["José Luis Hernández García"]] * len(ways)
    assert found[0][0] in door.every("/v1/debtors")


def test_a_shared_phone_has_several_matches(door: Door) -> None:
    assert {m["tax_id"] for m in matches(door, phone="+56 9 6123 4567")} == {
        who.replace("-", "") for who in (JOSE, ANA)
    }


@pytest.mark.parametrize(
    "nobody",
    [
        {"tax_id": "66.666.666-6"},
        {"phone": "1"},
        {"email": "no@tiene.com"},
        {"debt": "F-99"},
        {"tax_id": "x"},
        {"tax_id": JOSE, "country": "XX"},
    ],
)
def test_nobody_is_an_answer(door: Door, nobody: dict[str, str]) -> None:
    assert matches(door, **nobody) == []


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"tax_id": ""},
        {"tax_id": JOSE, "phone": "1"},
        {"country": "CL"},
        {"taxid": JOSE},
        {"phone": "1\x00"},
        {"phone": "1", "country": "chile"},
        {"email": "x" * 201},
    ],
)
def test_a_question_that_is_not_one_identifier_is_refused_without_repeating_it(
    door: Door, given: dict[str, str]
) -> None:
    answer = door.get("/v1/resolve", params=given)
    assert answer.status_code == 422
    assert JOSE not in answer.text
    assert answer.json()["errors"]
