"""The generator of portfolios: the same for the same seed, true to its declared shares, with numbers that hold."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from itertools import islice
from pathlib import Path

import pytest

from benchmarks.evaluate_pairs import Truth, read_truth
from benchmarks.portfolios import ids, ids_written, names_portuguese, names_spanish
from benchmarks.portfolios.dice import Dice, by_rank
from benchmarks.portfolios.groups import father_and_son, holding, representative, twins
from benchmarks.portfolios.parties import HardKind, Party, draw_company, draw_person
from benchmarks.portfolios.portfolio import Written, draw_portfolio
from benchmarks.portfolios.systems import KNOWN_IN, SYSTEMS, System
from benchmarks.portfolios.writer import write_portfolio
from benchmarks.portfolios.writing import COLUMNS
from concilia.normalize.emails import normalize_email
from concilia.normalize.phones import normalize_phone
from concilia.normalize.tax_ids import normalize_tax_id
from concilia.normalize.verdict import Verdict

RECORDS = 6000
COUNTRIES = ("CL", "MX", "CO", "PE", "AR", "BR", "EC")
CHECKED = {"CL", "MX", "BR", "EC"}  # persons' numbers there carry a check digit; CO, PE and AR also use bare numbers


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("portfolio")
    write_portfolio(found, records=RECORDS, seed=11)
    return found


@pytest.fixture(scope="module")
def records(folder: Path) -> list[dict[str, str]]:
    with (folder / "records.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[str, Truth]:
    return read_truth(folder / "truth.csv")


@pytest.fixture(scope="module")
def parties() -> list[tuple[Party, list[Written]]]:
    return [(party, rows) for party, _, _, rows in islice(draw_portfolio(5), 4000)]


def test_the_same_seed_writes_the_same_portfolio_and_another_seed_another(folder: Path, tmp_path: Path) -> None:
    write_portfolio(tmp_path / "again", records=RECORDS, seed=11)
    write_portfolio(tmp_path / "other", records=RECORDS, seed=12)
    for name in ("records.csv", "truth.csv", "golden.csv"):
        written = (folder / name).read_bytes()
        assert (tmp_path / "again" / name).read_bytes() == written
        assert (tmp_path / "other" / name).read_bytes() != written


def test_every_record_has_one_truth_and_its_place_tells_nothing(
    records: list[dict[str, str]], truth: dict[str, Truth]
) -> None:
    assert len(records) == RECORDS
    assert [row["record_id"] for row in records] == list(truth)
    neighbours = sum(
        one.entity == other.entity for one, other in zip(truth.values(), list(truth.values())[1:], strict=False)
    )
    assert neighbours < 20


def test_every_kind_of_look_alike_is_there_and_its_groups_hold_several_parties(truth: dict[str, Truth]) -> None:
    groups: dict[str, set[str]] = defaultdict(set)
    for known in truth.values():
        assert bool(known.hard_kind) == bool(known.group)
        if known.group:
            groups[known.group].add(known.entity)
    counts = Counter(known.hard_kind for known in truth.values())
    assert set(counts) == {kind.value for kind in HardKind}
    assert all(count >= 50 for count in counts.values())
    assert sum(len(found) > 1 for found in groups.values()) > 0.9 * len(groups)


def test_all_countries_systems_and_both_kinds_of_party_are_there(records: list[dict[str, str]]) -> None:
    assert {row["country"] for row in records} == set(COUNTRIES)
    assert {row["system"] for row in records} == {system.name for system in SYSTEMS}
    assert {row["kind"] for row in records} == {"person", "company", ""}


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_a_system_misses_what_it_declares_to_miss(parties: list[tuple[Party, list[Written]]], system: System) -> None:
    rows = [
        dict(zip(COLUMNS, row.cells, strict=True)) for _, found in parties for row in found if row.system == system.name
    ]
    fakes = {fake for found in ids_written.PLACEHOLDERS.values() for fake in found}
    persons = [
        row.cells[COLUMNS.index("birth_date")]
        for party, found in parties if party.person for row in found if row.system == system.name
    ]  # fmt: skip

    def share(found: list[bool]) -> float:
        return sum(found) / len(found)

    assert share([not row["tax_id"] for row in rows]) == pytest.approx(system.id_missing, abs=0.04)
    assert share([row["tax_id"] in fakes for row in rows]) == pytest.approx(system.id_placeholder, abs=0.015)
    assert share([not row["city"] for row in rows]) == pytest.approx(system.city_missing, abs=0.04)
    assert share([not row["street"] for row in rows]) == pytest.approx(system.street_missing, abs=0.04)
    assert share([not row["kind"] for row in rows]) == pytest.approx(1 - system.kind, abs=0.04)
    assert share([bool(born) for born in persons]) == pytest.approx(system.birth_date, abs=0.05)


@pytest.mark.parametrize("system", SYSTEMS, ids=lambda system: system.name)
def test_as_many_numbers_are_mistyped_as_a_system_declares(
    parties: list[tuple[Party, list[Written]]], system: System
) -> None:
    wrong = seen = 0
    for party, found in parties:
        for row in found:
            number = dict(zip(COLUMNS, row.cells, strict=True))["tax_id"]
            if row.system != system.name or not number or number in ids_written.PLACEHOLDERS[party.country]:
                continue
            seen += 1
            wrong += "".join(filter(str.isalnum, number)).upper() not in known_spellings(party)
    assert wrong / seen == pytest.approx(system.id_mistyped, abs=0.025)


def known_spellings(party: Party) -> set[str]:
    full, short = party.number
    return {full, short, short.lstrip("0")} if party.country == "AR" else {full, short}


def test_parties_are_known_in_one_to_six_systems_and_sometimes_twice_in_one(
    parties: list[tuple[Party, list[Written]]],
) -> None:
    sizes = Counter(len({row.system for row in rows}) for _, rows in parties)
    assert {size: count / len(parties) for size, count in sizes.items()} == pytest.approx(KNOWN_IN, abs=0.04)
    assert any(len(rows) > len({row.system for row in rows}) for _, rows in parties)


@pytest.mark.parametrize("country", COUNTRIES)
def test_numbers_hold_before_the_product(country: str) -> None:
    dice = Dice(3)
    for _ in range(150):
        for party in (draw_person(dice, country), draw_company(dice, country)):
            found = normalize_tax_id(party.number.full, country)
            assert found.verdict.usable, (party.number, found.reason)
            if country in CHECKED or party.company:
                assert found.verdict is Verdict.VALID_CHECKSUM, (party.number, found.reason)
            if party.number.short != party.number.full and party.person:
                assert [inner.value for inner in found.derived] == [party.number.short.lstrip("0")] or country != "AR"
                assert normalize_tax_id(party.number.short, country).verdict.usable


@pytest.mark.parametrize(
    ("made", "known"),
    [
        (ids.rut_digit("12531909"), "2"), (ids.nit_digit("900373115"), "3"), (ids.cpf("111444777"), "11144477735"),
        (ids.cnpj("112223330001"), "11222333000181"), (ids.cnpj("12ABC34501DE"), "12ABC34501DE35"),
        (ids.peru_digit("2010007097"), "0"), (ids.cuit("20", "05536168"), "20055361682"),
        (ids.ecuador_card_digit("171003406"), "5"), (ids.rfc_digit("GODE561231GR"), "8"),
    ],
)  # fmt: skip
def test_check_digits_agree_with_published_examples(made: str, known: str) -> None:
    assert made == known


@pytest.mark.parametrize("country", COUNTRIES)
def test_nearly_every_phone_and_mailbox_can_be_read(parties: list[tuple[Party, list[Written]]], country: str) -> None:
    rows = [dict(zip(COLUMNS, row.cells, strict=True)) for _, found in parties for row in found]
    phones = [
        normalize_phone(row["phone_1"], country)
        for row in rows
        if row["country"] == country and len(row["phone_1"]) > 8
    ]
    emails = [normalize_email(row["email"]) for row in rows if row["country"] == country and row["email"]]
    assert sum(found.verdict.usable for found in phones) > 0.97 * len(phones)
    assert sum(found.verdict.usable for found in emails) > 0.9 * len(emails)


def test_twins_share_birthday_and_house_and_have_different_numbers() -> None:
    for country in COUNTRIES:
        one, other = twins(Dice(8), country)
        assert one.born == other.born
        assert one.reach.place == other.reach.place
        assert one.number.short != other.number.short
        assert one.person
        assert other.person
        assert one.person.surnames == other.person.surnames
        assert one.person.given != other.person.given


def test_a_father_and_his_son_bear_one_given_name_and_are_told_apart_by_number() -> None:
    father, son = father_and_son(Dice(8), "CL")
    assert father.person
    assert son.person
    assert father.person.given == son.person.given
    assert father.number != son.number
    assert father.born[:4] < son.born[:4]


def test_companies_of_a_holding_differ_in_name_and_number() -> None:
    for seed in range(40):
        members = holding(Dice(seed), "MX")
        assert len({member.number for member in members}) == len(members)
        assert len({member.company[:3] for member in members if member.company}) == len(members)


def test_a_representative_lends_line_and_name_to_several_companies() -> None:
    members = representative(Dice(2), "PE")
    companies = [member for member in members if member.company]
    assert len(companies) > 1
    assert len({member.reach.mobile for member in members}) == 1
    assert len({member.contact for member in companies}) == 1
    assert len({member.company for member in companies}) == len(companies)


def test_names_are_many_and_frequent_ones_are_frequent() -> None:
    spanish_given = {*names_spanish.MEN, *names_spanish.WOMEN}
    portuguese_given = {*names_portuguese.MEN, *names_portuguese.WOMEN}
    assert len(spanish_given) >= 150
    assert len(set(names_spanish.SURNAMES)) >= 250
    assert len(portuguese_given) >= 100
    assert len(set(names_portuguese.SURNAMES)) >= 150
    table = Counter(by_rank(names_spanish.SURNAMES, head=9))
    assert table["González"] > 10 * table["Cardona"]
