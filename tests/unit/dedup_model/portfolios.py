"""Small portfolios for the matcher's tests: seeded, with look-alikes, missing ids and slips."""

from __future__ import annotations

import random
from collections.abc import Iterator

from concilia.normalize.check_digits import rut_digit
from dedup.party_profile import Profile
from dedup.table_reading import layout_of, profile_of_row

HEADER = (
    "record_id",
    "country",
    "kind",
    "tax_id",
    "full_name",
    "legal_name",
    "phone_1",
    "phone_2",
    "email",
    "street",
    "city",
    "birth_date",
)
LAYOUT = layout_of(HEADER)
GIVEN = ["José", "Juan", "María", "Ana", "Luis", "Carlos", "Pedro", "Rosa", "Elena", "Pablo", "Tomás", "Lucía"]
SURNAMES = ["González", "Muñoz", "Pérez", "Soto", "Díaz", "Rojas", "Torres", "Herrera", "Contreras", "Valdés"]
TRADES = ["Transportes", "Comercial", "Inversiones", "Constructora"]
CITIES = ("Santiago", "Temuco", "Arica")


def profile(**cells: str) -> Profile:
    """The profile of one row; `country` is Chile unless said."""
    row = {"country": "CL", **cells}
    return profile_of_row([row.get(name, "") for name in HEADER], LAYOUT)


def rut(body: int) -> str:
    return f"{body}-{rut_digit(str(body))}"


def rows(count: int, *, seed: int = 1) -> list[dict[str, str]]:
    """Records in families and holdings: each party in one to four records of unequal quality."""
    dice = random.Random(seed)
    found: list[dict[str, str]] = []
    while len(found) < count:
        found += _family(dice) if dice.random() < 0.7 else _company(dice)
    return [{**row, "record_id": f"r{at:05}"} for at, row in enumerate(found[:count])]


def profiles(count: int, *, seed: int = 1) -> list[Profile]:
    return [profile(**row) for row in rows(count, seed=seed)]


def _family(dice: random.Random) -> list[dict[str, str]]:
    father, mother = dice.choice(SURNAMES), dice.choice(SURNAMES)
    street, city = f"Los Aromos {dice.randint(1, 40)}", dice.choice(CITIES)
    home = f"22{dice.randint(3000000, 3000060)}"
    given = dice.choice(GIVEN)
    found = []
    for _ in range(dice.randint(1, 3)):
        second = dice.choice(GIVEN)
        given = given if dice.random() < 0.4 else dice.choice(GIVEN)
        body, mobile = dice.randint(5_000_000, 24_000_000), f"9{dice.randint(60000000, 99999999)}"
        email = f"{given}.{father}{dice.randint(1, 99)}@gmail.com".lower().replace("é", "e").replace("ñ", "n")
        found += [
            {
                "kind": "person",
                "tax_id": rut(body) if dice.random() < 0.6 else "",
                "full_name": dice.choice(
                    (f"{given} {second} {father} {mother}", f"{father} {mother} {given}", f"{given} {father}")
                ),
                "phone_1": mobile if dice.random() < 0.7 else "",
                "phone_2": home if dice.random() < 0.5 else "",
                "email": email if dice.random() < 0.5 else "",
                "street": street if dice.random() < 0.5 else "",
                "city": city if dice.random() < 0.7 else "",
                "birth_date": "",
            }
            for _ in range(dice.randint(1, 4))
        ]
    return found


def _company(dice: random.Random) -> list[dict[str, str]]:
    name, owner = dice.choice(TRADES), dice.choice(SURNAMES)
    phone = f"22{dice.randint(3000000, 3000060)}"
    found = []
    for branch in ("", " Norte", " Dos")[: dice.randint(1, 3)]:
        body = dice.randint(76_000_000, 78_000_000)
        found += [
            {
                "kind": "company",
                "tax_id": rut(body) if dice.random() < 0.6 else "",
                "legal_name": f"{name} {owner}{branch} {dice.choice(('SpA', 'Ltda.', ''))}",
                "phone_1": phone if dice.random() < 0.8 else "",
                "email": f"contabilidad@{owner.lower()}.cl".replace("ñ", "n").replace("é", "e").replace("í", "i"),
                "city": dice.choice(CITIES),
            }
            for _ in range(dice.randint(1, 3))
        ]
    return found


def shuffled(count: int, *, seed: int) -> Iterator[int]:
    numbers = list(range(count))
    random.Random(seed).shuffle(numbers)
    yield from numbers
