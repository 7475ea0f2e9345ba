from __future__ import annotations

import numpy as np
import pytest

from dedup.evidence_levels import FIELDS, compare
from dedup.model import Model, bits_of, load
from dedup.party_profile import Profile
from dedup.rows import columns_of_profiles
from dedup.scoring import explain, score, total
from tests.unit.dedup_model.portfolios import profile, profiles, rut

MODEL = load()


def levels(left: Profile, right: Profile, model: Model = MODEL) -> dict[str, str]:
    return {item.field: item.level for item in explain(left, right, model)}


def bits(left: Profile, right: Profile) -> float:
    return total(explain(left, right, MODEL))


def test_batch_and_single_agree_on_every_pair_bit_for_bit() -> None:
    records = profiles(90)
    columns = columns_of_profiles(records)
    words = MODEL.rarity.of(columns)
    pairs = np.stack(np.triu_indices(90, 1), 1)
    together = compare(columns.take(pairs[:, 0]), columns.take(pairs[:, 1]), (words[pairs[:, 0]], words[pairs[:, 1]]))
    bits_together = bits_of(together, MODEL)
    for at in range(0, len(pairs), 7):
        a, b = pairs[at : at + 1, 0], pairs[at : at + 1, 1]
        single = compare(columns.take(a), columns.take(b), (words[a], words[b]))
        assert (single.levels[0] == together.levels[at]).all()
        assert abs(bits_of(single, MODEL)[0].sum() - bits_together[at].sum()) < 1e-9


def test_a_pair_scores_the_same_whichever_side_is_left() -> None:
    columns = columns_of_profiles(profiles(60))
    words = MODEL.rarity.of(columns)
    pairs = np.stack(np.triu_indices(60, 1), 1)
    assert (score(columns, words, pairs, MODEL).bits == score(columns, words, pairs[:, ::-1], MODEL).bits).all()


def test_the_explanation_is_the_score() -> None:
    records = profiles(40)
    columns = columns_of_profiles(records)
    pairs = np.stack(np.triu_indices(40, 1), 1)
    found = score(columns, MODEL.rarity.of(columns), pairs, MODEL).bits
    for at in range(0, len(pairs), 11):
        evidence = explain(records[pairs[at, 0]], records[pairs[at, 1]], MODEL)
        assert total(evidence) == pytest.approx(float(found[at]), abs=1e-4)


@pytest.mark.parametrize(
    ("left", "right", "given", "surname"),
    [
        ("José Luis Hernández García", "HERNANDEZ GARCIA JOSE LUIS", "same", "both"),
        ("Juan Carlos Soto Díaz", "Juan Soto", "one left out", "one left out"),
        ("Juan Carlos Soto Díaz", "Soto Díaz, Carlos Juan", "same", "both"),
        ("J. Soto Díaz", "Juan Soto Díaz", "initial", "both"),
        ("Pancho Soto Díaz", "Francisco Soto Díaz", "nickname", "both"),
        ("Mario Soto Díaz", "María Soto Díaz", "different", "both"),
        ("Juan Carlos Soto Díaz", "Juan Pedro Soto Díaz", "partly", "both"),
        ("Pedro Soto Díaz", "Pedro Soto Rojas", "same", "partly"),
        ("Pedro Soto Díaz", "Pedro Díaz Soto", "same", "other order"),
        ("Rogério Leal Neto", "Rogério Leal", "same", "other generation"),
        ("CISTERNAS HERRERA MA", "Mario Cisternas Herrera", "initial", "both"),
    ],
)
def test_names_are_compared_by_role(left: str, right: str, given: str, surname: str) -> None:
    found = levels(profile(full_name=left), profile(full_name=right))
    assert (found["given"], found["surname"]) == (given, surname)


@pytest.mark.parametrize(
    ("left", "right", "level"),
    [
        ("Transportes Andes SpA", "TRANSPORTES ANDES S.P.A.", "same"),
        ("Transportes Andes SpA", "Transportes Andes Ltda.", "other legal form"),
        ("Importadora Delgado Ramos Dos SA", "Importadora Delgado Ramos Tres SA", "half"),
        ("Ferretería Oriente Salas S.A.", "FERRETERIA ORIENTE S", "cut short"),
        ("Soluciones Solís Villalobos", "Soluciones Soís Villalobos", "close"),
    ],
)
def test_companies_are_compared_by_their_core(left: str, right: str, level: str) -> None:
    assert levels(profile(legal_name=left), profile(legal_name=right))["company"] == level


@pytest.mark.parametrize(
    ("left", "right", "country", "level"),
    [
        (rut(12_531_909), rut(12_531_909), "CL", "same valid"),
        (rut(12_531_909), rut(15_600_300), "CL", "different valid"),
        (rut(12_531_909), "12.531.990-" + rut(12_531_909)[-1], "CL", "one slip"),
        ("41018950", "41018950", "PE", "same well-formed"),
        ("41018950", "41018951", "PE", "next number"),
        ("41018950", "14018950", "PE", "one slip"),
        ("41018950", "77239910", "PE", "different"),
        ("66.666.666-6", "66.666.666-6", "CL", "missing"),
    ],
)
def test_tax_ids_are_compared_by_what_is_proven(left: str, right: str, country: str, level: str) -> None:
    ana = profile(full_name="Ana Soto", tax_id=left, country=country)
    found = levels(ana, profile(full_name="Ana Soto", tax_id=right, country=country))
    assert found.get("tax_id", "missing") == level


def test_what_a_family_shares_counts_once() -> None:
    levels_of = MODEL.person.fields["contact"]
    worth = dict(zip(FIELDS["contact"], levels_of.tolist(), strict=True))
    assert worth["phone"] < worth["phone+e-mail+address"] < worth["phone"] + worth["e-mail"] + worth["address"]


def test_a_household_line_is_told_from_a_personal_one() -> None:
    fixed, mobile = (profile(full_name="Ana Soto", phone_1=number) for number in ("222345678", "961234567"))
    assert levels(fixed, fixed)["contact"] == "fixed line"
    assert levels(mobile, mobile)["contact"] == "phone"


@pytest.mark.parametrize("name", ["", "李小龍", "Иван Петров", "Ñuñez Ñandú", "😀", "a" * 5000, "محمد علي"])
def test_names_in_any_script_are_scored(name: str) -> None:
    assert np.isfinite(bits(profile(full_name=name), profile(full_name=f"{name} Soto")))
