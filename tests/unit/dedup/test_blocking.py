"""Match keys and the pairs they propose."""

from __future__ import annotations

from concilia.normalize.verdict import Verdict
from dedup.blocking import Limits, holders_by_key, match_keys, propose
from tests.unit.dedup.parties import email, identifier, party, phone, rut

FIRST = (
    "Ana", "Beatriz", "Camila", "Domingo", "Esteban", "Fernando", "Gonzalo", "Ignacio", "Leonor", "Marcelo",
    "Patricio", "Rodrigo",
)  # fmt: skip


def test_keys_are_short_sorted_texts_of_ids_phones_and_emails() -> None:
    ana = party(1, ids=[rut("125319092")], contacts=[phone("+56961234567"), email("Ana@example.cl")])
    assert match_keys(ana) == ("email:ana@example.cl", "id:CL:RUT:125319092", "phone:+56961234567")


def test_placeholders_invalid_values_and_numbers_of_one_system_have_no_key() -> None:
    nobody = party(
        1,
        ids=[
            rut("666666666", Verdict.PLACEHOLDER),
            rut("1", Verdict.INVALID),
            rut("2", Verdict.SUSPICIOUS),
            identifier("INTERNAL", "17", Verdict.VALID_FORMAT),
        ],
    )
    assert match_keys(nobody) == ()


def test_a_contact_point_of_somebody_else_has_no_key() -> None:
    assert match_keys(party(1, contacts=[phone("+56961234567", relation="third_party")])) == ()


def test_a_phone_of_more_than_twelve_debtors_proposes_nothing_and_is_no_alarm() -> None:
    crowd = [party(n, contacts=[phone("+56961234567")]) for n in range(13)]
    assert propose(holders_by_key(crowd), limits=Limits()).pairs == ()
    assert propose(holders_by_key(crowd), limits=Limits()).alarms == ()
    assert len(propose(holders_by_key(crowd[:12]), limits=Limits()).pairs) == 66


def test_a_tax_id_under_more_than_twenty_unlike_names_is_an_alarm_and_proposes_nothing() -> None:
    crowd = [party(n, f"{first} {last}", ids=[rut("125319092")]) for n, (first, last) in enumerate(unlike(21))]
    found = propose(holders_by_key(crowd), limits=Limits())
    assert found.pairs == ()
    assert [alarm.key for alarm in found.alarms] == ["id:CL:RUT:125319092"]
    assert "21 source debtors" in found.alarms[0].reason
    assert propose(holders_by_key(crowd[:20]), limits=Limits()).alarms == ()


def test_a_tax_id_of_many_records_with_one_name_is_no_alarm() -> None:
    crowd = [party(n, "Ana Rojas", ids=[rut("125319092")]) for n in range(40)]
    found = propose(holders_by_key(crowd), limits=Limits())
    assert found.alarms == ()
    assert len(found.pairs) == 780


def test_the_pairs_of_a_crowded_tax_id_stay_below_two_a_holder() -> None:
    crowd = [party(n, "Ana Rojas", ids=[rut("125319092")]) for n in range(300)]
    assert len(propose(holders_by_key(crowd), limits=Limits()).pairs) < 600


def unlike(count: int) -> list[tuple[str, str]]:
    last = ("Rojas", "Soto", "Muñoz")
    return [(first, surname) for surname in last for first in FIRST][:count]
