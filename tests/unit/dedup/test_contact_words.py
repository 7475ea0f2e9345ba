"""What the hub itself knows of contact points enters the golden record beside what sources state."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations

from dedup.golden_record import ContactWords, GoldenRecord, assemble
from dedup.survivorship import SourceStamp
from tests.unit.dedup.parties import RECEIVED, claim, party, phone

OLD, NEW, OTHER = "+56961234567", "+56961234568", "+56961234569"
BY_HUB = SourceStamp("hub", "told", "dialer", 50, "2026-01-01", RECEIVED)


def values(record: GoldenRecord) -> list[str]:
    return [found.best.value for found in record.contact_points]


def test_what_is_left_out_does_not_enter_whoever_states_it() -> None:
    members = [party(1, contacts=[phone(OLD), phone(NEW)]), party(2, contacts=[phone(OLD, "2026-01-05")])]
    words = ContactWords(own=[(phone(OLD), BY_HUB)], left_out={("phone", OLD)})
    assert values(assemble(members, contacts=words)) == [NEW]


def test_the_hubs_own_statement_stands_with_its_origin_and_adds_to_those_of_sources() -> None:
    words = ContactWords(own=[(phone(OLD), BY_HUB), (phone(NEW), BY_HUB)])
    record = assemble([party(1, contacts=[phone(OLD)])], contacts=words)
    said = {found.best.value: [s.source.connection for s in found.sources] for found in record.contact_points}
    assert said == {OLD: ["hub", "erp"], NEW: ["hub"]}


def test_a_claim_of_the_hubs_own_is_for_matching_and_not_taken_twice() -> None:
    own = replace(claim(contacts=[phone(NEW)]), of_hub=True)
    members = [party(1, "", claim(contacts=[phone(OLD)]), own)]
    assert values(assemble(members)) == [OLD]
    assert ("phone", NEW) in members[0].contacts


def test_evidence_marks_a_value_verified_and_puts_it_first() -> None:
    members = [party(1, contacts=[phone(OLD), phone(NEW)])]
    words = ContactWords(verified={("phone", NEW): ("2026-02-01", "right_party")})
    record = assemble(members, contacts=words)
    assert values(record) == [NEW, OLD]
    first = record.contact_points[0]
    assert (first.verified_at, first.verification_method) == ("2026-02-01", "right_party")


def test_the_later_of_a_source_s_verification_and_ours_is_told() -> None:
    members = [party(1, contacts=[phone(OLD, "2026-03-01")])]
    words = ContactWords(verified={("phone", OLD): ("2026-02-01", "otp")})
    assert assemble(members, contacts=words).contact_points[0].verified_at == "2026-03-01"


def test_what_fails_comes_after_the_others_even_if_it_was_verified() -> None:
    members = [party(1, contacts=[phone(OLD, "2026-03-01"), phone(NEW), phone(OTHER, relation="family")])]
    words = ContactWords(behind={("phone", OLD)})
    assert values(assemble(members, contacts=words)) == [NEW, OLD, OTHER], "those of others come last all the same"


def test_words_do_not_depend_on_the_order_of_the_members() -> None:
    members = [party(n, contacts=[phone(one)], connection=f"c{n}") for n, one in enumerate((OLD, NEW, OTHER))]
    words = ContactWords(own=[(phone(OLD), BY_HUB)], behind={("phone", NEW)})
    assert len({str(assemble(list(order), contacts=words).to_json()) for order in permutations(members)}) == 1
