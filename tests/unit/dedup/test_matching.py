"""From source debtors to clusters and candidates, whole and one component at a time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from hypothesis import given
from hypothesis import strategies as st

from concilia.normalize.verdict import Verdict
from dedup.blocking import holders_by_key, match_keys
from dedup.judgement import Judgement, Ruling
from dedup.matching import Limits, affected, match
from dedup.party import MatchKey, SourceParty
from tests.unit.dedup.parties import identifier, party, phone, rut

PHONE = "+56961234567"
VERIFIED = "2026-02-01T00:00:00.000000+00:00"


def groups(parties: Sequence[SourceParty], rulings: Iterable[Ruling] = ()) -> list[tuple[int, ...]]:
    return [c.members for c in match(parties, rulings=rulings).clusters]


def test_one_rut_in_two_notations_and_names_in_another_order_merge_by_themselves() -> None:
    """Acceptance item 3: the canonical value is equal whatever the notation."""
    erp = party(1, "José Luis Hernández García", ids=[rut("125319092")], connection="erp")
    crm = party(2, "HERNANDEZ GARCIA JOSE LUIS", ids=[rut("125319092")], connection="crm")
    found = match([erp, crm])
    assert [c.members for c in found.clusters] == [(2, 1)]
    assert found.candidates == ()


def test_the_stand_in_rut_merges_nothing() -> None:
    """Acceptance item 3, second half: 66.666.666-6 passes its check digit and is still nobody's."""
    parties = [party(n, "Ana Rojas", ids=[rut("666666666", Verdict.PLACEHOLDER)]) for n in (1, 2)]
    assert groups(parties) == [(1,), (2,)]
    assert match(parties).candidates == ()


def test_homonyms_with_different_runs_never_merge_and_their_common_phone_is_seen() -> None:
    """Acceptance item 4."""
    left = party(1, "María Soto Rojas", ids=[rut("1")], contacts=[phone(PHONE, VERIFIED)])
    right = party(2, "María Soto Rojas", ids=[rut("2")], contacts=[phone(PHONE, VERIFIED)])
    found = match([left, right])
    assert [c.members for c in found.clusters] == [(1,), (2,)]
    assert found.matches[1, 2].judgement is Judgement.DIFFERENT
    assert set(match_keys(left)) & set(match_keys(right)) == {f"phone:{PHONE}"}


def test_homonyms_stay_apart_even_when_a_third_record_without_id_shares_the_phone() -> None:
    parties = [
        party(1, "María Soto Rojas", ids=[rut("1")], contacts=[phone(PHONE, VERIFIED)]),
        party(2, "María Soto Rojas", ids=[rut("2")], contacts=[phone(PHONE, VERIFIED)]),
        party(3, "María Soto Rojas", contacts=[phone(PHONE)]),
    ]
    found = match(parties)
    assert [c.members for c in found.clusters] == [(1, 3), (2,)]
    assert [(c.left, c.right, c.reason) for c in found.candidates] == [
        (2, 3, "they hold different valid CL:RUT: 1 and 2")
    ]


def test_an_unsure_pair_is_a_candidate_until_a_steward_rules() -> None:
    parties = [party(n, "Ana Rojas Soto", contacts=[phone(PHONE)]) for n in (1, 2)]
    assert [c.pair for c in match(parties).candidates] == [(1, 2)]
    for word, expected in ((Judgement.SAME, [(1, 2)]), (Judgement.DIFFERENT, [(1,), (2,)])):
        rulings = [Ruling(1, 2, word, "steward:ana", "2026-01-01")]
        assert groups(parties, rulings) == expected
        assert match(parties, rulings=rulings).candidates == ()


def test_a_stewards_different_outlives_a_new_load_and_its_withdrawal_lets_the_rule_speak_again() -> None:
    parties = [party(n, "Ana Rojas", ids=[rut("1")]) for n in (1, 2)]
    different = Ruling(1, 2, Judgement.DIFFERENT, "steward:ana", "2026-01-01")
    assert groups(parties, [different]) == [(1,), (2,)]
    assert groups(parties, [different, Ruling(1, 2, Judgement.WITHDRAWN, "steward:ana", "2026-01-02")]) == [(1, 2)]


def test_a_tax_id_under_too_many_unlike_names_merges_nothing_and_raises_an_alarm() -> None:
    names = [
        f"{first} {last}"
        for last in ("Rojas", "Soto", "Muñoz")
        for first in ("Ana", "Eva", "Luz", "Sol", "Paz", "Rut", "Ema", "Noa")
    ]
    parties = [party(n, name, ids=[rut("1")]) for n, name in enumerate(names)]
    found = match(parties)
    assert len(found.clusters) == len(names)
    assert len(found.alarms) == 1
    assert len(match(parties, limits=Limits(id_name_groups=30)).clusters) == 1


def test_a_key_known_to_be_generic_elsewhere_joins_nobody_here() -> None:
    parties = [party(n, "Ana Rojas", contacts=[phone(PHONE, VERIFIED)]) for n in (1, 2)]
    assert groups(parties) == [(1, 2)]
    assert len(match(parties, generic=frozenset({MatchKey(f"phone:{PHONE}")})).clusters) == 2


def test_parties_beside_the_component_are_compared_and_never_joined() -> None:
    core, other = (party(n, "Ana Rojas", contacts=[phone(PHONE)]) for n in (1, 2))
    found = match([core], beside=[other])
    assert [c.members for c in found.clusters] == [(1,)]
    assert [c.pair for c in found.candidates] == [(1, 2)]


LIMITS = Limits(contact_holders=3, id_name_groups=2)


@st.composite
def portfolios(draw: st.DrawFn) -> list[SourceParty]:
    def one(n: int) -> SourceParty:
        ids = [rut(v) for v in draw(st.lists(st.sampled_from("12"), max_size=1))]
        ids += [
            identifier("CC", v, Verdict.VALID_FORMAT, "CO") for v in draw(st.lists(st.sampled_from("12"), max_size=1))
        ]
        number = st.tuples(st.sampled_from(["+561", "+562"]), st.sampled_from([None, VERIFIED]))
        contacts = [phone(*found) for found in draw(st.lists(number, max_size=2))]
        name = draw(st.sampled_from(["Ana Rojas", "Rojas Ana", "Pedro Soto", "Luz Vera", ""]))
        return party(n, name, ids=ids, contacts=contacts, kind=draw(st.sampled_from(["", "person", "organization"])))

    return [one(n) for n in range(draw(st.integers(2, 10)))]


def whole(parties: Sequence[SourceParty]) -> set[tuple[int, ...]]:
    return {c.members for c in match(parties, limits=LIMITS).clusters}


def nearby(
    changed: Sequence[SourceParty],
    now: Sequence[SourceParty],
    before: set[tuple[int, ...]],
    formerly: Collection[MatchKey],
) -> tuple[set[int], set[tuple[int, ...]]]:
    """What the hub would do: ask its index, read the component, cluster it."""
    by_id, home = {p.id: p for p in now}, {m: group for group in before for m in group}

    def holders(keys: Collection[MatchKey]) -> Mapping[MatchKey, Sequence[SourceParty]]:
        found = holders_by_key(now)
        return {key: found.get(key, ()) for key in keys}

    def companions(parties: Sequence[SourceParty]) -> Iterable[SourceParty]:
        return [by_id[m] for p in parties for m in home.get(p.id, ()) if m in by_id]

    found = affected(changed, formerly=formerly, holders=holders, companions=companions, limits=LIMITS)
    result = match(found.core, beside=found.beside, generic=found.generic, limits=LIMITS)
    return {p.id for p in found.core}, {c.members for c in result.clusters}


@given(portfolios())
def test_one_record_more_gives_what_the_whole_portfolio_gives(parties: list[SourceParty]) -> None:
    before = whole(parties[:-1])
    core, clusters = nearby(parties[-1:], parties, before, ())
    assert {group for group in before if core.isdisjoint(group)} | clusters == whole(parties)


@given(portfolios(), st.data())
def test_one_record_changed_gives_what_the_whole_portfolio_gives(
    parties: list[SourceParty], data: st.DataObject
) -> None:
    before = whole(parties)
    old, like = data.draw(st.tuples(st.sampled_from(parties), st.sampled_from(parties)))
    new = SourceParty(old.id, old.ref, old.trust, like.claims)
    now = [new if p is old else p for p in parties]
    core, clusters = nearby([new], now, before, set(match_keys(old)) - set(match_keys(new)))
    assert {group for group in before if core.isdisjoint(group)} | clusters == whole(now)
