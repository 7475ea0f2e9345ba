"""The steward's verbs and their twins in the API, on both databases: order, foresight, ruling, refusal, undo."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from concilia.errors import NotFound, RequestInvalid
from sync import actions, overview, stewardship
from sync.hub import Hub
from tests.acceptance.pages.conftest import ANA, JOSE, PEDRO, write_world
from tests.conftest import OpenHub
from tests.door import Door, opened_door
from tests.worlds import dotted, dump


@pytest.fixture
def read_hub(tmp_path: Path, database_url: str | None, opened: OpenHub) -> Hub:
    hub = opened(write_world(tmp_path), database_url=database_url)
    actions.apply(hub)
    actions.run(hub, [])
    return hub


@pytest.fixture
def door(hub: Hub) -> Iterator[Door]:
    with opened_door(hub) as found:
        yield found


def numbers(hub: Hub, *names: str) -> tuple[int, int]:
    left, right = (stewardship.source_debtor(hub, name) for name in names)
    return left, right


def test_pairs_come_by_value_at_stake_once_for_each_two_debtors(read_hub: Hub) -> None:
    found = stewardship.candidates(read_hub)
    assert [pair.place for pair in found] == list(range(1, len(found) + 1))
    assert found[0].value == {"CLP": Decimal(1_300_000)}
    assert {found[0].left.name, found[0].right.name} == {"Ana Muñoz Ñuñez", "A. Muñoz"}
    stakes = [max(pair.value.values(), default=Decimal(0)) for pair in found]
    assert stakes == sorted(stakes, reverse=True)
    between = [frozenset((pair.left.golden_id, pair.right.golden_id)) for pair in found]
    assert len(between) == len(set(between)) == stewardship.count(read_hub)
    assert [pair.place for pair in stewardship.candidates(read_hub, after=1, limit=1)] == [2][: len(found) - 1]


def test_foresight_says_what_happens_and_changes_nothing(read_hub: Hub) -> None:
    pair = numbers(read_hub, f"erp/cartera/{dotted(ANA)}", "crm/contactos/c2")
    before = dump(read_hub)
    foreseen = stewardship.foresee(read_hub, *pair, judgement="same")
    assert dump(read_hub) == before
    assert foreseen.together
    assert stewardship.rule(read_hub, pair, judgement="same", by="ana") == foreseen


def test_a_ruling_keeps_its_reasons_and_its_undo_restores_both_debtors(read_hub: Hub) -> None:
    pair = numbers(read_hub, f"erp/cartera/{dotted(ANA)}", "crm/contactos/c2")
    before = stewardship.pair(read_hub, *pair)
    records = [actions.debtor(read_hub, side.golden_id).body for side in (before.left, before.right)]
    stewardship.rule(read_hub, pair, judgement="same", by="ana", reason="  la misma voz  ")
    ruled = stewardship.pair(read_hub, *pair)
    assert ruled.together
    assert ruled.ruling is not None
    assert (ruled.ruling.judgement, ruled.ruling.by, ruled.ruling.reason) == ("same", "ana", "la misma voz")
    assert ruled.evidence == before.evidence, "what the steward looked at stays with the ruling"
    stewardship.rule(read_hub, pair, judgement="withdrawn", by="eva")
    after = stewardship.pair(read_hub, *pair)
    assert (after.left, after.right, after.ruling) == (before.left, before.right, None)
    for record in records:
        now = dict(actions.debtor(read_hub, record["id"]).body)
        changing = ("version", "updated_at")
        assert {n: v for n, v in now.items() if n not in changing} == {
            n: v for n, v in record.items() if n not in changing
        }


def test_saying_the_same_again_or_undoing_nothing_appends_nothing(read_hub: Hub) -> None:
    pair = numbers(read_hub, f"erp/cartera/{dotted(ANA)}", "crm/contactos/c2")
    blank = dump(read_hub)
    stewardship.rule(read_hub, pair, judgement="withdrawn", by="ana")
    assert dump(read_hub) == blank
    stewardship.rule(read_hub, pair, judgement="same", by="ana")
    once = dump(read_hub)
    stewardship.rule(read_hub, (pair[1], pair[0]), judgement="same", by="ana")
    assert dump(read_hub) == once


def test_same_across_two_valid_ids_is_kept_refused_and_explained(read_hub: Hub) -> None:
    pair = numbers(read_hub, f"erp/cartera/{dotted(JOSE)}", f"erp/cartera/{dotted(PEDRO)}")
    outcome = stewardship.rule(read_hub, pair, judgement="same", by="ana")
    assert not outcome.together
    assert outcome.refusal.startswith("they hold different valid CL:RUT")
    assert stewardship.pair(read_hub, *pair).refusal == outcome.refusal
    assert any(found.rule == "steward:ana" for found in stewardship.candidates(read_hub))


def test_what_is_ruled_different_is_not_asked_about_until_it_is_undone(read_hub: Hub) -> None:
    before = stewardship.candidates(read_hub)
    pair = (before[0].left.id, before[0].right.id)
    stewardship.rule(read_hub, pair, judgement="different", by="ana")
    assert [p.left.golden_id for p in stewardship.candidates(read_hub)] == [p.left.golden_id for p in before[1:]]
    stewardship.rule(read_hub, pair, judgement="withdrawn", by="ana")
    assert stewardship.candidates(read_hub) == before


def test_a_pair_nobody_can_rule_on_is_refused_in_words(read_hub: Hub) -> None:
    left, right = numbers(read_hub, f"erp/cartera/{dotted(ANA)}", "crm/contactos/c2")
    with pytest.raises(RequestInvalid):
        stewardship.pair(read_hub, left, left)
    with pytest.raises(RequestInvalid):
        stewardship.rule(read_hub, (left, right), judgement="maybe", by="ana")
    with pytest.raises(NotFound):
        stewardship.rule(read_hub, (left, 999), judgement="same", by="ana")
    for name in ("", "erp", "erp/cartera/nobody", "nobody/at/all", "²"):
        with pytest.raises(NotFound):
            stewardship.source_debtor(read_hub, name)


def test_freshness_names_the_last_run_that_read_a_connection_well(read_hub: Hub) -> None:
    found = {one.name: one for one in overview.freshness_of_connections(read_hub)}
    assert found["erp"].run_id == 1
    assert found["erp"].read_at is not None
    assert (found["erp"].failing, found["erp"].records > 0) == (False, True)
    (Path(read_hub.workspace.folder) / "erp" / "cartera.csv").write_bytes(b"nothing;of;this\n1;2;3\n")
    actions.run(read_hub, [])
    again = {one.name: one for one in overview.freshness_of_connections(read_hub)}
    assert (again["erp"].run_id, again["erp"].failing) == (1, True)
    assert (again["crm"].run_id, again["crm"].failing) == (2, False)


def test_the_api_lists_compares_and_rules(door: Door) -> None:
    listed = door.pages("/v1/candidates", limit=1)
    assert [len(page) for page in listed[:-1]] == [1] * (len(listed) - 1)
    first = listed[0][0]
    assert first["value"] == {"CLP": "1300000"}
    left, right = first["left"], first["right"]
    seen = door.get(f"/v1/candidates/{left['id']}/{right['id']}").json()
    assert {one["name"]: one["agreement"] for one in seen["fields"]}["phone"] == "equal"
    assert [one["feature"] for one in seen["evidence"]]
    named = "/".join(right[name] for name in ("connection", "stream", "external_id"))
    told = {"left": left["id"], "right": named, "judgement": "same", "reason": "misma voz"}
    ruled = door.call("POST", "/v1/rulings", json=told).json()
    assert ruled["together"]
    assert ruled["before"] == [left["debtor"], right["debtor"]]
    assert door.get(f"/v1/candidates/{left['id']}/{right['id']}").json()["ruling"]["by"] == "tests"
    undone = door.call("POST", "/v1/rulings", json={**told, "judgement": "withdrawn"}).json()
    assert undone["after"] == ruled["before"]


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"left": "1", "right": "1", "judgement": "same"}, 422),
        ({"left": "1", "right": "erp/cartera/nobody", "judgement": "same"}, 404),
        ({"left": 1, "right": 999, "judgement": "same"}, 404),
        ({"left": 1, "right": 2, "judgement": "maybe"}, 422),
        ({"left": 1, "right": 2}, 422),
        ({"left": None, "right": 2, "judgement": "same"}, 422),
        ({"left": 1, "right": 2, "judgement": "same", "why": "x"}, 422),
    ],
)
def test_a_ruling_that_cannot_be_used_is_a_problem(door: Door, told: dict[str, object], status: int) -> None:
    assert door.call("POST", "/v1/rulings", json=told).status_code == status


@pytest.mark.parametrize("path", ["/v1/candidates/1/999", "/v1/candidates/0/1", "/v1/candidates/x/1"])
def test_a_pair_that_is_not_known_is_a_problem(door: Door, path: str) -> None:
    assert door.get(path).status_code == 404


def found(door: Door, number: str) -> dict[str, Any]:
    """The one debtor that a search for this number lists."""
    (line,) = door.get("/v1/debtors", params={"q": number.replace("-", "")}).json()["items"]
    debtor: dict[str, Any] = door.get(f"/v1/debtors/{line['id']}").json()
    return debtor


def test_the_api_offers_the_conflicting_numbers_retires_one_and_puts_it_back(door: Door) -> None:
    pair = {"left": f"erp/cartera/{dotted(JOSE)}", "right": f"erp/cartera/{dotted(PEDRO)}", "judgement": "same"}
    refused = door.call("POST", "/v1/rulings", json=pair).json()
    assert refused["refusal"].startswith("they hold different valid CL:RUT")
    joined = door.call("POST", "/v1/rulings", json={**pair, "retire_id": f"CL:RUT:{PEDRO}", "reason": "carta"}).json()
    assert joined["together"]
    shown = door.get(f"/v1/debtors/{joined['after'][0]}").json()["identifiers"]
    assert [i.get("retired", {}).get("by") for i in shown] == [None, "tests"]
    summary = door.get("/v1/debtors", params={"q": JOSE.replace("-", "")}).json()["items"][0]
    assert [i["value"] for i in summary["identifiers"]] == [JOSE.replace("-", "")]
    undone = door.call("POST", "/v1/rulings", json={**pair, "judgement": "withdrawn"}).json()
    assert undone["after"] == refused["before"]


def test_the_api_names_conflicts_and_what_a_ruling_retired(door: Door, hub: Hub) -> None:
    left, right = numbers(hub, f"erp/cartera/{dotted(JOSE)}", f"erp/cartera/{dotted(PEDRO)}")
    seen = door.get(f"/v1/candidates/{left}/{right}").json()
    conflict = {"name": "CL:RUT", "left": [JOSE.replace("-", "")], "right": [PEDRO.replace("-", "")]}
    assert (seen["conflicts"], bool(seen["evidence"])) == ([conflict], True)
    told = {"left": left, "right": right, "judgement": "same", "retire_id": f"CL:RUT:{PEDRO}", "superseded": True}
    door.call("POST", "/v1/rulings", json=told)
    seen = door.get(f"/v1/candidates/{left}/{right}").json()
    retired = [{"name": "CL:RUT", "value": PEDRO.replace("-", ""), "superseded": True}]
    assert (seen["conflicts"], seen["ruling"]["retired"]) == ([], retired)


def test_the_api_pins_a_field_foresees_it_and_lets_it_go(door: Door) -> None:
    ana = found(door, ANA)
    place = f"/v1/debtors/{ana['id']}/pins"
    told = {"field": "full_name", "value": "Ana Muñoz Núñez", "reason": "cédula"}
    foreseen = door.call("POST", place, json={**told, "dry_run": True}).json()
    assert door.get(f"/v1/debtors/{ana['id']}").json() == ana
    assert door.call("POST", place, json=told).json() == foreseen
    assert foreseen["after"] == {"value": "Ana Muñoz Núñez", "rule": "pinned"}
    assert foreseen["anchor"] in ana["sources"]
    why = door.get(f"/v1/debtors/{ana['id']}/provenance").json()["fields"]["full_name"]
    assert (why["pin"]["by"], why["pin"]["reason"]) == ("tests", "cédula")
    undone = door.call("DELETE", f"{place}/full_name", params={"reason": "era otra"}).json()
    assert undone["after"]["value"] == ana["full_name"]
    assert door.call("DELETE", f"{place}/full_name").status_code == 404


@pytest.mark.parametrize(
    ("told", "status"),
    [
        ({"field": "full_name"}, 422),
        ({"field": "full_name", "value": ""}, 422),
        ({"field": "tax_id", "value": "77.777.777-7"}, 422),
        ({"field": "nombre", "value": "Ana"}, 422),
        ({"field": "birth_date", "value": "pronto"}, 422),
        ({"field": "full_name", "value": "Ana", "by": "eva"}, 422),
    ],
)
def test_a_pin_that_cannot_be_used_is_a_problem_that_repeats_no_value(
    door: Door, told: dict[str, str], status: int
) -> None:
    ana = found(door, ANA)["id"]
    answer = door.call("POST", f"/v1/debtors/{ana}/pins", json=told)
    assert answer.status_code == status
    assert told.get("value", "") not in answer.text or not told.get("value")
    assert door.call("POST", "/v1/debtors/gnobody/pins", json={"field": "language", "value": "es"}).status_code == 404
