"""What the shipped model decides of pairs that everybody in collections knows: the least a workspace may rely on."""

from __future__ import annotations

import pytest

from dedup.incremental import keys_of
from dedup.memory_index import MemoryIndex
from dedup.model import load
from dedup.party_profile import Profile
from dedup.scoring import explain, total
from tests.unit.dedup_model.portfolios import profile, rut

MODEL = load()
ANA, EVA = rut(12_531_909), rut(15_600_300)
MOBILE, OTHER, HOME = "961234567", "987654321", "222345678"
Cells = dict[str, str]


def clusters(*records: Cells | Profile) -> set[frozenset[int]]:
    """The clusters of these records, which arrive one by one."""
    index = MemoryIndex(names={n: f"{n:06}" for n in range(len(records))})
    for n, cells in enumerate(records):
        index.put({n: cells if isinstance(cells, Profile) else profile(**cells)}, MODEL)
    return set(map(frozenset, index.cluster_of.values()))


def person(name: str, **cells: str) -> Cells:
    return {"full_name": name, **cells}


ONE_DEBTOR = {
    "one RUT, the words of the name in another order": (
        person("José Luis Hernández García", tax_id=ANA), person("HERNANDEZ GARCIA JOSE LUIS", tax_id=ANA),
    ),
    "one valid tax id, whatever the names": (
        person("Juan Pérez Soto", tax_id=ANA), person("Rosa Tapia Lagos", tax_id=ANA),
    ),
    "one valid tax id, though one system calls it a company": (
        person("Juan Pérez Soto", tax_id=ANA), {"legal_name": "Comercial Andes SpA", "kind": "organization", "tax_id": ANA},
    ),
    "one valid tax id and no name": (person("", tax_id=ANA), person("Rosa Tapia Lagos", tax_id=ANA)),
    "the whole name with both surnames and one mobile": (
        person("Ana María Muñoz Peña", phone_1=MOBILE), person("MUÑOZ PEÑA ANA MARIA", phone_1=MOBILE),
    ),
    "the whole name, a mobile and an e-mail": (
        person("Ana Muñoz Peña", phone_1=MOBILE, email="amunoz@correo.cl"),
        person("Ana Munoz Pena", phone_1=MOBILE, email="amunoz@correo.cl"),
    ),
    "a number without checksum and the same name": (
        person("Juan Pérez Soto", country="CO", tax_id="79123456"), person("Perez Soto Juan", country="CO", tax_id="79123456"),
    ),
    "one slip in the number, the whole name and one mobile": (
        person("Ana María Muñoz Peña", tax_id=ANA, phone_1=MOBILE),
        person("Ana María Muñoz Peña", tax_id="12531990-2", phone_1=MOBILE),
    ),
    "a company in two spellings and one e-mail": (
        {"legal_name": "Transportes Del Sur Ltda.", "email": "pagos@tsur.cl"},
        {"legal_name": "TRANSPORTES DEL SUR LIMITADA", "email": "pagos@tsur.cl"},
    ),
}  # fmt: skip
NOT_BY_ITSELF = {
    "two valid RUT, however alike the rest": (
        person("Ana Muñoz Peña", tax_id=ANA, phone_1=MOBILE, email="a@correo.cl"),
        person("Ana Muñoz Peña", tax_id=EVA, phone_1=MOBILE, email="a@correo.cl"),
    ),
    "a stand-in for a number": (person("Ana Soto Díaz", tax_id="66666666-6"), person("Eva Ríos Paz", tax_id="66666666-6")),
    "nothing but a whole name": (person("Pedro Soto Rojas"), person("Pedro Soto Rojas")),
    "nothing but a whole name and a city": (
        person("Pedro Soto Rojas", city="Santiago"), person("SOTO ROJAS PEDRO", city="Santiago"),
    ),
    "an initial, one usual surname and one mobile": (
        person("María Díaz Peña", phone_1=MOBILE), person("M. Diaz", phone_1=MOBILE),
    ),
    "father and son of one name, told apart by their dates of birth": (
        person("Juan Pérez", phone_1=HOME, birth_date="1950-01-01"), person("Juan Pérez", phone_1=HOME, birth_date="1980-06-14"),
    ),
    "father and son of one name, one of them the younger": (
        person("Juan Pérez Soto", phone_1=HOME), person("Juan Pérez Soto Junior", phone_1=HOME),
    ),
    "father and son with another second surname, phone and e-mail of the family": (
        person("Juan Pérez Soto", phone_1=MOBILE, email="familia@correo.cl"),
        person("Juan Pérez Lagos", phone_1=MOBILE, email="familia@correo.cl"),
    ),
    "sisters at one address with one phone": (
        person("Ana Pérez Soto", phone_1=HOME, street="Los Aromos 12", city="Temuco"),
        person("Rosa Pérez Soto", phone_1=HOME, street="Los Aromos 12", city="Temuco"),
    ),
    "husband and wife with one mobile": (
        person("Ana Rojas Lagos", phone_1=MOBILE), person("Pedro Soto Paz", phone_1=MOBILE),
    ),
    "unlike numbers without checksum and one mobile": (
        person("Juan Pérez", country="CO", tax_id="79123451", phone_1="3001234567"),
        person("Juan Pérez", country="CO", tax_id="80455210", phone_1="3001234567"),
    ),
    "a person and the company that bears the name": (
        person("Juan Pérez Soto", kind="person", phone_1=MOBILE),
        {"legal_name": "Juan Pérez Soto EIRL", "kind": "organization", "phone_1": MOBILE},
    ),
    "two companies of one group with one accountant": (
        {"legal_name": "Inversiones Andes Uno SpA", "email": "contador@andes.cl", "phone_1": HOME},
        {"legal_name": "Inversiones Andes Dos SpA", "email": "contador@andes.cl", "phone_1": HOME},
    ),
    "the same digits in another country": (
        person("Juan Pérez Soto", country="CO", tax_id="79123456"), person("Juan Pérez Soto", country="EC", tax_id="79123456"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", ONE_DEBTOR)
def test_these_are_one_debtor(case: str) -> None:
    left, right = ONE_DEBTOR[case]
    assert clusters(left, right) == {frozenset({0, 1})}, _why(left, right)


@pytest.mark.parametrize("case", NOT_BY_ITSELF)
def test_these_are_never_joined_without_a_person(case: str) -> None:
    left, right = NOT_BY_ITSELF[case]
    assert clusters(left, right) == {frozenset({0}), frozenset({1})}, _why(left, right)


def test_homonyms_stay_apart_when_a_third_record_without_id_shares_their_phone() -> None:
    first, second = (person("José Luis Hernández", tax_id=number, phone_1=MOBILE) for number in (ANA, EVA))
    found = clusters(first, second, person("Jose Luis Hernandez", phone_1=MOBILE))
    assert all(not {0, 1} <= group for group in found)


def test_a_record_with_two_valid_ids_of_its_own_joins_nobody() -> None:
    both = profile(full_name="Ana Muñoz Peña", tax_id=ANA)
    second = profile(full_name="Ana Muñoz Peña", tax_id=EVA)
    twofold = Profile(
        **{name: getattr(both, name) for name in Profile.__dataclass_fields__} | {"ids": both.ids + second.ids}
    )
    assert clusters(both, second, twofold) == {frozenset({0}), frozenset({1}), frozenset({2})}


def test_a_tax_id_under_too_many_unlike_names_merges_nothing_and_raises_an_alarm() -> None:
    names = [
        f"{first} {last}"
        for last in ("Rojas", "Soto", "Muñoz")
        for first in ("Ana", "Eva", "Luz", "Paz", "Ema", "Noa", "Sol", "Rut")
    ]
    index = MemoryIndex(names={n: f"{n:06}" for n in range(len(names))})
    found = [index.put({n: profile(full_name=name, tax_id=ANA)}, MODEL) for n, name in enumerate(names)]
    assert len(set(index.cluster_of.values())) == len(names)
    assert found[-1].alarms
    assert not found[10].alarms


@pytest.mark.parametrize("size", [300, 1_200])
def test_any_number_of_records_with_one_tax_id_and_one_name_are_one_cluster(size: int) -> None:
    index = MemoryIndex(names={n: f"{n:06}" for n in range(size + 1)})
    index.put(
        {
            n: profile(full_name="Municipalidad de Ñuñoa", kind="organization", tax_id=rut(69_070_500))
            for n in range(size)
        },
        MODEL,
    )
    assert len(set(index.cluster_of.values())) == 1
    index.put({size: profile(full_name="Municipalidad de Ñuñoa", tax_id=rut(69_070_500))}, MODEL)
    index.put({0: None}, MODEL)
    assert {frozenset(members) for members in index.cluster_of.values()} == {frozenset(range(1, size + 1))}


def _why(left: Cells, right: Cells) -> str:
    evidence = explain(profile(**left), profile(**right), MODEL)
    told = ", ".join(f"{item.field} {item.level} {item.bits:+.1f}" for item in evidence)
    return f"{total(evidence):.1f} bits: {told}"


@pytest.mark.parametrize(
    "name", ["Ольга Петрова", "王小明", "محمد علي", "Ἑλένη Παππᾶ", "🙂", "  ", "ÑÑÑ", "O'Higgins-Ñuñez", "x" * 5_000]
)
def test_names_of_any_script_and_length_are_compared_and_join_nobody_else(name: str) -> None:
    other = person("Ana Muñoz Peña", phone_1=MOBILE)
    assert clusters(person(name, phone_1=MOBILE), other) == {frozenset({0}), frozenset({1})}
    assert clusters(person(name, tax_id=ANA), person(name, tax_id=ANA)) == {frozenset({0, 1})}


def test_ten_thousand_contact_points_of_one_record_are_bounded() -> None:
    points = tuple(f"+569{n:08}" for n in range(10_000))
    full = profile(full_name="Ana Muñoz Peña", tax_id=ANA)
    crowded = Profile(**{name: getattr(full, name) for name in Profile.__dataclass_fields__} | {"phones": points})
    keys = keys_of([crowded.row()])[0]
    assert len(keys) < 100
    assert clusters(crowded, person("ANA MUNOZ PENA", tax_id=ANA)) == {frozenset({0, 1})}
