"""The golden record of a cluster and where each value comes from."""

from __future__ import annotations

import json
from itertools import permutations

from concilia.normalize.verdict import Verdict
from dedup.golden_record import assemble
from dedup.survivorship import DEFAULT_POLICY, Strategy
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
    assert (found["rule"], found["winner"]["value"], found["winner"]["connection"]) == (
        "most_trusted",
        "Ana Rojas",
        "erp",
    )
    assert found["sentence"] == "The value of the most trusted source survives."
    loser = found["losers"][0]
    assert (loser["value"], loser["why"]) == ("Ana Roja", "its source is trusted less")
    assert {"source_updated_at", "received_at", "verified_at"} <= loser.keys()


def test_a_workspace_may_choose_another_rule_for_a_field() -> None:
    policy = {**DEFAULT_POLICY, "full_name": Strategy.MOST_RECENT}
    old = party(1, "", claim({"full_name": "Ana Rojas"}, updated="2025-01-01"), trust=9)
    new = party(2, "", claim({"full_name": "Ana Rojas Soto"}, updated="2026-01-01"))
    assert assemble([old, new], policy).fields["full_name"] == "Ana Rojas Soto"
