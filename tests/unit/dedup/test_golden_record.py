"""The golden record of a cluster and where each value comes from."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import permutations

from concilia.normalize.verdict import Verdict
from dedup.golden_record import assemble
from dedup.party import RetiredIdentifier
from dedup.policy import declared_policy
from dedup.survivorship import Pin
from tests.unit.dedup.parties import claim, email, identifier, party, phone, rut

PHONE = "+56961234567"


def test_the_record_does_not_depend_on_the_order_of_its_members() -> None:
    members = [
        party(
            1,
            "",
            claim(
                {"full_name": "José Hernández", "active": "true"},
                ids=[rut("1")],
                contacts=[phone(PHONE)],
                updated="2026-01-01",
            ),
        ),
        party(
            2,
            "HERNANDEZ JOSE",
            ids=[rut("1", Verdict.VALID_FORMAT)],
            contacts=[phone(PHONE, "2026-01-05")],
            connection="crm",
            trust=3,
        ),
        party(3, "J. Hernández", ids=[identifier("RFC", "X", country="MX")], contacts=[email("A@x.cl", "a@X.CL")]),
    ]
    texts = {json.dumps(assemble(list(order)).to_json()) for order in permutations(members)}
    assert len(texts) == 1


def test_one_contact_point_in_two_systems_is_one_with_both_sources_and_its_verification() -> None:
    members = [
        party(1, contacts=[phone(PHONE)], trust=9),
        party(2, contacts=[phone(PHONE, "2026-01-05")], connection="crm"),
    ]
    (found,) = assemble(members).contact_points
    assert [said.source.connection for said in found.sources] == ["crm", "erp"]
    assert found.verified_at == "2026-01-05"
    assert assemble(members).to_json()["contact_points"][0]["verified_at"] == "2026-01-05"


def test_an_identifier_is_kept_once_in_its_best_verdict() -> None:
    members = [party(1, ids=[rut("1", Verdict.CHECK_WARNING)], trust=9), party(2, ids=[rut("1")])]
    (found,) = assemble(members).identifiers
    assert (found.best.verdict, len(found.sources)) == (Verdict.VALID_CHECKSUM, 2)


def test_only_usable_values_enter() -> None:
    members = [
        party(1, ids=[rut("666666666", Verdict.PLACEHOLDER), rut("1", Verdict.INVALID)], contacts=[phone("")]),
        party(2, "", claim({"birth_date": "1980-13-45", "kind": "empresa", "language": ""})),
    ]
    found = assemble(members)
    assert (found.identifiers, found.contact_points) == ((), ())
    assert found.fields == {}


def test_the_tax_id_is_the_best_proven_tax_number_and_never_a_passport_or_an_internal_code() -> None:
    ids = [
        identifier("PASSPORT", "P1", Verdict.VERIFIED),
        identifier("INTERNAL", "17", Verdict.VALID_FORMAT),
        identifier("CC", "79123456", Verdict.VALID_FORMAT, "CO"),
        rut("125319092"),
    ]
    found = assemble([party(1, ids=ids)])
    assert found.fields["tax_id"] == "125319092"
    assert [i.best.type for i in found.identifiers] == ["RUT", "CC", "PASSPORT", "INTERNAL"]
    assert "tax_id" not in assemble([party(1, ids=ids[:2])]).fields


def test_an_inactive_party_still_contributes() -> None:
    gone = party(1, "", claim({"active": "false", "birth_date": "1980-01-01"}, updated="2026-02-01"))
    here = party(2, "", claim({"active": "true"}, updated="2026-01-01"), connection="crm")
    found = assemble([gone, here])
    assert found.fields == {"birth_date": "1980-01-01", "active": "false"}


def test_several_rows_of_one_source_debtor_carry_their_own_times() -> None:
    rows = [
        claim({"residence_country": "CL"}, updated="2026-01-01"),
        claim({"residence_country": "PE"}, updated="2026-02-01"),
    ]
    assert assemble([party(1, "", *rows)]).fields["residence_country"] == "PE"


def test_provenance_names_winner_losers_rule_and_reason_in_plain_json() -> None:
    members = [party(1, "Ana Rojas", trust=9), party(2, "Ana Roja", connection="crm")]
    found = json.loads(json.dumps(assemble(members).to_json()))["provenance"]["full_name"]
    assert (found["rule"], found["winner"]["value"], found["winner"]["connection"]) == ("weighted", "Ana Rojas", "erp")
    assert found["sentence"].startswith("Verified values first; then trust of the source")
    loser = found["losers"][0]
    assert (loser["value"], loser["why"]) == ("Ana Roja", "its source is trusted less")
    assert {"source_updated_at", "received_at", "verified_at"} <= loser.keys()


def test_a_workspace_may_choose_another_rule_for_a_field() -> None:
    policy = declared_policy({"full_name": "most_recent"})
    old = party(1, "", claim({"full_name": "Ana Rojas"}, updated="2025-01-01"), trust=9)
    new = party(2, "", claim({"full_name": "Ana Rojas Soto"}, updated="2026-01-01"))
    assert assemble([old, new], policy).fields["full_name"] == "Ana Rojas Soto"


def test_contact_points_come_verified_first_then_by_weight_and_those_of_others_last() -> None:
    day = "2026-03-01T00:00:00.000000+00:00"
    old, new = (
        party(1, "", claim(contacts=[phone("+561")], updated="2020-03-01"), trust=90),
        party(2, "", claim(contacts=[phone("+569")], updated=day), trust=50, connection="crm"),
    )
    verified = party(3, "", claim(contacts=[phone("+565", "2019-01-01")]), trust=1, connection="web")
    aunt = party(4, "", claim(contacts=[phone("+560", day, relation="family")], updated=day), trust=99)
    members = [old, new, verified, aunt]
    for order in permutations(members):
        assert [p.best.value for p in assemble(list(order)).contact_points] == ["+565", "+569", "+561", "+560"]
    patient = declared_policy({"phone": {"half_life": 36500}})
    assert [p.best.value for p in assemble(members, patient).contact_points][1:3] == ["+561", "+569"]


def test_contact_points_stay_together_by_type() -> None:
    both = party(1, contacts=[phone("+569"), email("a@x.cl"), phone("+561")])
    assert [p.best.type for p in assemble([both]).contact_points] == ["email", "phone", "phone"]


def test_a_pinned_field_wins_even_where_no_source_states_it_and_the_last_pin_counts() -> None:
    pins = [
        Pin("full_name", "Ana Rojas Soto", "eva", "", "2026-03-01", ("erp", "customers", "c001")),
        Pin("full_name", "Ana Rojas S.", "carla", "lo dijo ella", "2026-03-02", ("crm", "customers", "c002")),
        Pin("language", "es", "eva", "", "2026-03-02", ("erp", "customers", "c001")),
        Pin("kind", "ghost", "eva", "", "2026-03-02", ("erp", "customers", "c001")),
    ]
    members = [party(1, "Ana Rojas", trust=99), party(2, "Ana Rojas", connection="crm")]
    found = assemble(members, pins=pins)
    assert found.fields == {"full_name": "Ana Rojas S.", "language": "es"}, "what the field does not take never enters"
    told = found.to_json()["provenance"]["full_name"]
    assert told["rule"] == "pinned"
    assert told["pin"] == {"by": "carla", "reason": "lo dijo ella", "at": "2026-03-02"}
    assert [loser["why"] for loser in told["losers"]] == ["a steward fixed another value"] * 2


def test_a_retired_identifier_is_shown_last_with_who_when_and_why_and_is_not_the_tax_id() -> None:
    ruling = ("eva", "mal digitado", "2026-03-02")
    wrong = RetiredIdentifier(rut("99"), "2026-01-01", "2026-02-01", *ruling, everywhere=False)
    clerk = replace(party(1, ids=[identifier("PASSPORT", "P1")]), retired=(wrong,))
    alone = assemble([clerk])
    assert "tax_id" not in alone.fields
    found = assemble([clerk, party(2, ids=[rut("125319092")], connection="crm")])
    assert found.fields["tax_id"] == "125319092"
    shown = found.to_json()["identifiers"]
    assert [i["value"] for i in shown] == ["125319092", "P1", "99"]
    assert shown[-1]["retired"] == {"by": "eva", "reason": "mal digitado", "at": "2026-03-02", "everywhere": False}
    assert [s["external_id"] for s in shown[-1]["sources"]] == ["c001"]
