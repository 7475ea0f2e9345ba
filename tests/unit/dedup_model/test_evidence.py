from __future__ import annotations

import numpy as np
import pytest

from dedup.linkage import Edges, agglomerate
from dedup.model import Bands, load
from dedup.name_parts import split_words
from dedup.number_age import measure
from dedup.party_profile import Profile
from dedup.prior_odds import shift_of
from dedup.rows import columns_of_profiles
from dedup.scoring import explain, total
from tests.unit.dedup_model.portfolios import profile, rut

MODEL = load()
MOBILE, OTHER, HOME = "961234567", "976123458", "222345678"


def levels(left: Profile, right: Profile) -> dict[str, str]:
    return {item.field: item.level for item in explain(left, right, MODEL)}


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ({"phone_1": MOBILE}, {"phone_1": OTHER}, "phone differs"),
        ({"phone_1": MOBILE}, {"phone_1": HOME}, None),
        ({"phone_1": HOME}, {"phone_1": "222345679"}, "fixed line differs"),
        ({"phone_1": HOME, "phone_2": MOBILE}, {"phone_1": HOME, "phone_2": OTHER}, "fixed line, mobile differs"),
        ({"phone_1": HOME, "phone_2": MOBILE}, {"phone_1": HOME, "phone_2": MOBILE}, "two phones"),
    ],
)
def test_a_mobile_is_compared_with_a_mobile_and_a_fixed_line_with_a_fixed_line(
    left: dict[str, str], right: dict[str, str], level: str | None
) -> None:
    found = levels(profile(full_name="Ana Soto", **left), profile(full_name="Ana Soto", **right))
    assert found.get("contact") == level


def test_another_house_of_one_street_is_no_address_in_common() -> None:
    here, there = (profile(full_name="Ana Soto", street=f"Los Aromos {n}", city="Temuco") for n in (12, 980))
    assert levels(here, there)["contact"] == "other number of the street"


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("Inversiones Andes SpA", "Inversiones Andes Dos SpA", "a number apart"),
        ("Transportes Chapultepec", "Transportes Chapultepec - Cristian Martínez", "a person's name beside"),
        ("Comercializadora Los Alamos Andinos", "COMERCIALIZADORA LOS ALA", "cut short"),
    ],
)
def test_what_one_company_name_has_more_is_read(left: str, right: str, level: str) -> None:
    assert levels(profile(legal_name=left), profile(legal_name=right))["company"] == level


@pytest.mark.parametrize(("short", "whole"), [("Fdo.", "Fernando"), ("Gpe.", "Guadalupe"), ("Hdez", "Hernández")])
def test_an_abbreviated_word_is_the_word(short: str, whole: str) -> None:
    found = levels(profile(full_name=f"{short} Soto Díaz"), profile(full_name=f"{whole} Soto Díaz"))
    assert "different" not in found.values()


def test_a_name_that_only_looks_like_an_abbreviation_is_none() -> None:
    assert levels(profile(full_name="Aldo Soto Díaz"), profile(full_name="Alfredo Soto Díaz"))["given"] == "different"


def test_an_initial_behind_a_given_name_is_another_given_name() -> None:
    assert split_words(("ROBERTO", "A", "GOMEZ")) == (("ROBERTO", "A"), ("GOMEZ",))
    assert split_words(("JUAN", "SOTO", "D")) == (("JUAN",), ("SOTO", "D"))


@pytest.mark.parametrize(
    ("born", "level"),
    [("2002-11-25", "as the tax id tells"), ("2002-11-26", "nearly as the tax id tells"),
     ("1975-03-02", "not as the tax id tells")],
)  # fmt: skip
def test_a_mexican_number_tells_the_date_of_birth(born: str, level: str) -> None:
    numbered = profile(full_name="Ernesto Vásquez", country="MX", tax_id="VACE021125KX6")
    dated = profile(full_name="Ernesto Vásquez", country="MX", birth_date=born)
    assert levels(numbered, dated)["birth_date"] == level


def test_a_register_that_numbers_people_by_age_is_found_and_one_that_does_not_is_not() -> None:
    years = [1940 + n % 66 for n in range(600)]
    by_age = [profile(tax_id=rut((y - 1920) * 290_000), birth_date=f"{y}-05-05", full_name="A B") for y in years]
    by_lot = [
        profile(tax_id=rut(5_000_000 + n * 7_919 % 17_000_000), birth_date=f"{y}-05-05", full_name="A B")
        for n, y in enumerate(years)
    ]
    assert [series.tolerance < 3 for series in measure(columns_of_profiles(by_age))] == [True]
    assert measure(columns_of_profiles(by_lot)) == ()


@pytest.mark.parametrize(
    ("left", "right", "reason"),
    [
        ({"full_name": "Ana Soto Díaz"}, {"full_name": "Ana Soto Díaz"}, "names alone"),
        ({"full_name": ""}, {"full_name": "Ana Soto Díaz"}, "contacts alone"),
        ({"full_name": "Ana Soto Rojas"}, {"full_name": "Ana Soto Díaz"}, "another surname"),
    ],
)
def test_what_is_held_back_stays_below_a_merge_and_the_explanation_still_adds_up(
    left: dict[str, str], right: dict[str, str], reason: str
) -> None:
    many = {} if reason == "names alone" else {"phone_1": MOBILE, "phone_2": HOME, "email": "soto.familia@uno.cl"}
    evidence = explain(profile(**left, **many), profile(**right, **many), MODEL)
    assert total(evidence) < MODEL.bands.automatic
    held = [item.level for item in evidence if item.field == "caution"]
    assert held in ([], [reason])


def test_the_odds_of_a_portfolio_move_scores_only_when_they_are_other_than_those_learnt_from() -> None:
    scores = np.concatenate([np.full(500, 12.0), np.full(500, -12.0)])
    assert shift_of(scores, share=0.0) == pytest.approx(0.0, abs=0.01)
    assert shift_of(np.full(1000, -3.0), share=0.0) < -1
    assert shift_of(np.zeros(0), share=1.0) == 0.0


def test_who_fits_two_unmerged_groups_alike_waits_for_a_person() -> None:
    pairs = np.stack(np.triu_indices(4, 1), 1)
    bits = {(0, 1): 9.0, (2, 3): 9.0, (0, 2): -9.0, (0, 3): 5.0, (1, 2): -9.0, (1, 3): 5.0}
    scored = np.array([bits[a, b] for a, b in pairs.tolist()])
    edges = Edges(pairs, scored, np.zeros(6), np.zeros(6, dtype=bool))
    sure = Bands(automatic=4.5, review=-1.0)
    groups, waiting = agglomerate(4, edges, sure)
    assert sorted(groups) == [[0, 1], [2], [3]]
    assert {3} <= {n for a, b, _ in waiting for n in (a, b)}
