"""The rules, one pair at a time."""

from __future__ import annotations

import pytest

from concilia.normalize.verdict import Verdict
from dedup.judgement import Judgement
from dedup.party import SourceParty
from dedup.score import RULES, score
from tests.unit.dedup.parties import claim, identifier, party, phone, rut

VERIFIED = "2026-02-01T00:00:00.000000+00:00"
PHONE = "+56961234567"


def judged(left: SourceParty, right: SourceParty) -> tuple[Judgement, str]:
    found, mirrored = score(left, right), score(right, left)
    assert (found.judgement, found.rule) == (mirrored.judgement, mirrored.rule)
    return found.judgement, found.rule


def test_one_valid_tax_id_is_the_same_debtor_whatever_the_names() -> None:
    left, right = party(1, "Ana Rojas", ids=[rut("125319092")]), party(2, "Comercial Sur", ids=[rut("125319092")])
    assert judged(left, right) == (Judgement.SAME, "shared valid tax id")


def test_two_different_valid_tax_ids_are_two_debtors_even_with_one_name_and_one_phone() -> None:
    left = party(1, "Ana Rojas", ids=[rut("1")], contacts=[phone(PHONE, VERIFIED)])
    right = party(2, "Ana Rojas", ids=[rut("2")], contacts=[phone(PHONE, VERIFIED)])
    assert judged(left, right) == (Judgement.DIFFERENT, "different valid tax ids")


def test_the_same_value_in_another_country_or_type_is_not_the_same_id() -> None:
    left = party(1, "Ana Rojas", ids=[identifier("RUT", "125319092", country="CL")])
    assert judged(left, party(2, "Ana Rojas", ids=[identifier("RUT", "125319092", country="UY")]))[0] != Judgement.SAME
    assert judged(left, party(2, "Ana Rojas", ids=[identifier("RUN", "125319092")]))[0] != Judgement.SAME


def test_a_person_is_never_an_organization() -> None:
    left = party(1, "Ana Rojas", kind="person", contacts=[phone(PHONE, VERIFIED)])
    right = party(2, "Ana Rojas", kind="organization", contacts=[phone(PHONE)])
    assert judged(left, right) == (Judgement.DIFFERENT, "person against organization")


def test_one_valid_tax_id_outweighs_what_is_stated_of_the_kind() -> None:
    left = party(1, kind="person", ids=[rut("125319092")])
    right = party(2, kind="organization", ids=[rut("125319092")])
    assert judged(left, right) == (Judgement.SAME, "shared valid tax id")


@pytest.mark.parametrize("verdict", [Verdict.VALID_FORMAT, Verdict.CHECK_WARNING])
def test_a_well_formed_tax_id_joins_compatible_names_only(verdict: Verdict) -> None:
    left = party(1, "José Luis Hernández García", ids=[identifier("CC", "79123456", verdict, "CO")])
    right = party(2, "HERNANDEZ GARCIA JOSE LUIS", ids=[identifier("CC", "79123456", verdict, "CO")])
    other = party(3, "Marta Peña Soto", ids=[identifier("CC", "79123456", verdict, "CO")])
    assert judged(left, right)[0] == Judgement.SAME
    assert judged(left, other) == (Judgement.UNSURE, "same tax id without checksum, particulars unlike")


def test_a_suspicious_verdict_joins_nothing() -> None:
    left, right = (party(n, "Ana Rojas", ids=[rut("125319092", Verdict.SUSPICIOUS)]) for n in (1, 2))
    assert judged(left, right)[0] == Judgement.DIFFERENT


def test_a_contact_point_verified_on_one_side_joins_compatible_names() -> None:
    left = party(1, "Ana Rojas Soto", contacts=[phone(PHONE, VERIFIED)])
    right = party(2, "Ana Rojas Soto", contacts=[phone(PHONE)])
    assert judged(left, right) == (Judgement.SAME, "shared verified contact point and compatible names")


def test_a_contact_point_nobody_verified_is_for_the_steward() -> None:
    left, right = (party(n, "Ana Rojas Soto", contacts=[phone(PHONE)]) for n in (1, 2))
    assert judged(left, right) == (Judgement.UNSURE, "shared contact point and compatible names")


def test_father_and_son_of_one_name_and_one_verified_phone_are_not_joined() -> None:
    born = [
        claim({"full_name": "Juan Pérez", "birth_date": b}, contacts=[phone(PHONE, VERIFIED)])
        for b in ("1950-01-01", "1980-01-01")
    ]
    assert judged(party(1, "", born[0]), party(2, "", born[1]))[0] == Judgement.UNSURE


def test_unlike_numbers_without_checksum_speak_against_a_shared_phone() -> None:
    left, right = (
        party(
            n,
            "Juan Pérez",
            ids=[identifier("CC", f"7912345{n}", Verdict.VALID_FORMAT, "CO")],
            contacts=[phone(PHONE, VERIFIED)],
        )
        for n in (1, 2)
    )
    assert judged(left, right)[0] == Judgement.UNSURE


def test_relatives_with_one_phone_and_unlike_names_are_two_debtors() -> None:
    left, right = (
        party(1, "Ana Rojas", contacts=[phone(PHONE, VERIFIED)]),
        party(2, "Pedro Soto", contacts=[phone(PHONE)]),
    )
    assert judged(left, right)[0] == Judgement.DIFFERENT


def test_a_judgement_carries_the_values_it_looked_at() -> None:
    left, right = party(1, "Ana Rojas", ids=[rut("1")]), party(2, "Ana Rojas", ids=[rut("2")])
    found = {e.feature: (e.level, e.left, e.right) for e in score(left, right).because}
    assert found["tax_id_conflict"] == ("different", "1", "2")


def test_a_tax_id_declared_suspicious_joins_nothing_by_itself() -> None:
    left, right = (party(n, "Ana Rojas", ids=[rut("125319092")]) for n in (1, 2))
    found = score(left, right, suspicious={"id:CL:RUT:125319092"})
    assert (found.judgement, found.rule) == (Judgement.UNSURE, "tax id carried by too many names")


def test_the_rules_end_with_one_that_always_holds_and_joining_rules_differ_in_strength() -> None:
    assert not RULES[-1].when
    strengths = [rule.strength for rule in RULES if rule.judgement is Judgement.SAME]
    assert strengths == sorted(set(strengths), reverse=True)
