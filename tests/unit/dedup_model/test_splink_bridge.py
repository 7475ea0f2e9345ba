"""Our weights as Splink settings and back, and a model that Splink itself trained and saved."""

from __future__ import annotations

import copy
import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dedup.evidence_levels import FIELDS
from dedup.model import Bands, ForeignModel, Model, Weights, load, to_json
from dedup.splink_bridge import from_splink, naming_from_json, to_splink, usual_naming
from dedup.splink_sql import ELSE, NEVER

TRAINED = Path(__file__).resolve().parents[2] / "fixtures/splink/trained_by_splink_5.json"
OURS = load()


def trained() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(TRAINED.read_text("utf-8"))
    return found


def by_level(model: Model, field: str) -> dict[str, float]:
    return dict(zip(FIELDS[field], model.person.fields[field].tolist(), strict=True))


def test_our_own_export_comes_back_exactly() -> None:
    written = json.loads(json.dumps(to_splink(OURS)))
    assert to_json(from_splink(written, base=OURS)) == to_json(OURS)


weights = st.floats(-60, 60).map(lambda bits: round(bits, 6))


@st.composite
def models(draw: st.DrawFn) -> Model:
    def kind() -> Weights:
        fields = {
            name: np.array(draw(st.lists(weights, min_size=len(levels), max_size=len(levels))))
            for name, levels in FIELDS.items()
        }
        return Weights(draw(weights.filter(lambda bits: abs(bits) < 40)), fields, {"given": draw(weights)})

    bands = Bands(draw(weights), draw(weights))
    return replace(OURS, person=kind(), company=kind(), bands=bands, source="tests «ñ»", counts={"pairs": 7})


@given(models())
@settings(max_examples=20, deadline=None)
def test_any_weights_come_back_exactly_to_the_sixth_decimal(model: Model) -> None:
    back = from_splink(json.loads(json.dumps(to_splink(model))), base=model)
    found, wanted = to_json(back), to_json(model)
    for kind in ("person", "company"):
        # A prior near certainty is a probability that floats hold with few digits.
        assert found["weights"][kind].pop("prior") == pytest.approx(wanted["weights"][kind].pop("prior"), abs=1e-3)
    assert found == wanted


def test_every_level_says_our_bits_as_m_and_u_and_splink_gets_what_it_asks_for() -> None:
    written = to_splink(OURS)
    chance = written["probability_two_random_records_match"]
    assert math.log2(chance / (1 - chance)) == pytest.approx(OURS.person.prior)
    named = {one["output_column_name"]: one["comparison_levels"] for one in written["comparisons"]}
    assert set(named) == {"party", *(f"{kind}_{field}" for kind in ("person", "company") for field in FIELDS)}
    for field, levels in FIELDS.items():
        found = named[f"company_{field}"]
        assert [one["sql_condition"] for one in found].count(ELSE) == 1
        assert found[-1]["sql_condition"] == ELSE
        assert found[0]["is_null_level"], "a pair of persons says nothing here"
        for one in found[1:]:
            level = one["label_for_charts"].partition(" (no SQL")[0]
            assert ("no SQL" in one["label_for_charts"]) is (one["sql_condition"] == NEVER)
            bits = OURS.company.fields[field][levels.index(level)]
            if not one.get("is_null_level"):
                assert math.log2(one["m_probability"] / one["u_probability"]) == pytest.approx(bits)
                assert 0 < one["m_probability"] <= 1
                assert 0 < one["u_probability"] <= 1


def test_a_model_that_splink_trained_becomes_ours_level_by_level() -> None:
    found = from_splink(trained(), base=OURS, name=TRAINED.name)
    exact = trained()["comparisons"][2]["comparison_levels"][1]
    bits = math.log2(exact["m_probability"] / exact["u_probability"])
    assert by_level(found, "tax_id")["same valid"] == pytest.approx(bits, abs=1e-6)
    surname = by_level(found, "surname")
    assert surname["both"] == surname["one"] > surname["one left out"] > 0 > surname["different"]
    assert by_level(found, "tax_id")["different valid"] == by_level(OURS, "tax_id")["different valid"]
    assert by_level(found, "birth_date") == by_level(OURS, "birth_date"), "it compares no dates of birth"
    assert found.company.fields["company"].tolist() == OURS.company.fields["company"].tolist()
    assert found.person.prior == pytest.approx(math.log2(0.0011 / 0.9989), abs=2)
    assert found.person.slopes == {}, "Splink's weights hold for names of any rarity"
    assert found.bands == OURS.bands
    assert TRAINED.name in found.source


def test_another_naming_leads_other_names_to_our_levels_and_null_leaves_out() -> None:
    foreign = trained()
    foreign["comparisons"][1]["output_column_name"] = "apellidos"
    naming = naming_from_json(
        {
            "apellidos": {
                "field": "surname",
                "kinds": ["person"],
                "levels": {
                    "Exact match on sur_s": "both",
                    "one is a subset": None,
                    "All other comparisons": ["different", "crossed"],
                },
            },
            "city": None,
        },
        name="naming.json",
    )
    found = from_splink(foreign, base=OURS, naming={**usual_naming(), **naming})
    surname, before = by_level(found, "surname"), by_level(OURS, "surname")
    assert surname["different"] == surname["crossed"] < 0
    assert (surname["one"], surname["one left out"]) == (before["one"], before["one left out"])
    assert by_level(found, "place") == by_level(OURS, "place")


def altered(**of_first: Any) -> dict[str, Any]:
    found = copy.deepcopy(trained())
    found["comparisons"][0].update(of_first)
    return found


def with_level(**said: Any) -> dict[str, Any]:
    found = copy.deepcopy(trained())
    found["comparisons"][0]["comparison_levels"][1].update(said)
    return found


@pytest.mark.parametrize(
    ("found", "said"),
    [
        ([], "is no Splink model: it has no list of comparisons"),
        ({"comparisons": [1]}, "is no Splink model"),
        ({"comparisons": []}, "has no probability_two_random_records_match between 0 and 1"),
        (
            {"comparisons": [], "probability_two_random_records_match": 1},
            "no probability_two_random_records_match between",
        ),
        (altered(output_column_name="hobby"), 'compares "hobby", which is mapped to no field of ours'),
        (
            with_level(label_for_charts="sounds like"),
            'The level "sounds like" of "given" in x.json is mapped to no level',
        ),
        (with_level(m_probability=None), 'The level "Exact match on given_s" of "given" in x.json has no m and u'),
        (with_level(u_probability=0), "has no m and u above zero: train it fully"),
        (with_level(m_probability="level not observed in training dataset"), "has no m and u above zero"),
        (with_level(label_for_charts="initial"), 'Two levels of "given" in x.json are "initial"'),
    ],
)
def test_what_cannot_be_mapped_is_refused_in_one_sentence(found: Any, said: str) -> None:
    with pytest.raises(ForeignModel) as caught:
        from_splink(found, base=OURS, name="x.json")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("naming", "said"),
    [
        ({"x": {"field": "hobby", "levels": {}}}, 'maps "x" to "hobby", which is no field'),
        (
            {"x": {"field": "given", "levels": {"a": "sounds like"}}},
            'maps "a" of "x" to "sounds like"; levels of given are',
        ),
        ({"x": {"levels": {}}}, "n.json is no naming"),
        ([1], "n.json is no naming"),
        ({"x": 3}, "n.json is no naming"),
    ],
)
def test_a_naming_that_names_what_we_do_not_have_is_refused(naming: Any, said: str) -> None:
    with pytest.raises(ForeignModel, match=r"^n\.json") as caught:
        naming_from_json(naming, name="n.json")
    assert said in str(caught.value)
