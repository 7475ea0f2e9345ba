"""The people and companies of the seeded ERP: invented, Chilean, and the same on every machine. Standard library only."""

from __future__ import annotations

import unicodedata
from dataclasses import asdict, dataclass

_GIVEN = (
    "María José", "José Miguel", "Ana Belén", "Ñusta", "Ángel", "Óscar", "Inés", "Cristóbal", "Sofía", "Martín",
    "Verónica", "Raúl", "Begoña", "Sebastián", "Tomás", "Úrsula", "Juan Pablo", "Rocío", "Germán", "Lucía",
    "Andrés", "Fernanda", "Matías",
)  # fmt: skip
_SURNAMES = (
    "Muñoz", "Núñez", "Peña", "Ibáñez", "González", "Ñancupil", "Vásquez", "Rodríguez", "Sepúlveda", "Araya",
    "Zúñiga", "Cáceres", "Fuentes", "Huenchumán", "Riquelme", "Cortés", "Órdenes", "Pérez", "De la Fuente",
    "Contreras", "Bustamante", "Ávila", "Saavedra", "Yáñez", "San Martín", "Lagos", "O'Higgins", "Farías", "Quiñones",
)  # fmt: skip
_TRADES = (
    "Comercial", "Transportes", "Panadería", "Constructora", "Ferretería", "Agrícola", "Clínica", "Librería",
    "Servicios Eléctricos", "Importadora", "Viña",
)  # fmt: skip
_PLACES = ("Ñuble", "Los Ángeles", "San José", "Aconcagua", "Peñuelas", "Maipú", "Andes del Sur")
_FORMS = ("SpA", "Limitada", "S.A.", "E.I.R.L.", "y Compañía Ltda.")
_STREETS = (
    "Av. Irarrázaval", "Calle Ñuble", "Av. Libertador Bernardo O'Higgins", "Pasaje Los Aromos", "Av. Pajaritos",
    "Calle Prat", "Av. Los Carrera", "Calle Á. Barros Luco", "Camino a Peñaflor",
)  # fmt: skip
COMMUNES = (
    ("Ñuñoa", "CL-RM"), ("Peñalolén", "CL-RM"), ("Maipú", "CL-RM"), ("Viña del Mar", "CL-VS"),
    ("Valparaíso", "CL-VS"), ("Concepción", "CL-BI"), ("Los Ángeles", "CL-BI"), ("Chillán", "CL-NB"),
)  # fmt: skip
REGIONS = {
    "CL-RM": "Región Metropolitana de Santiago",
    "CL-VS": "Valparaíso",
    "CL-BI": "Biobío",
    "CL-NB": "Ñuble",
}


@dataclass(frozen=True)
class Debtor:
    """One party to seed. `rut` is None when the ERP holds none; `rut_valid` tells whether its check digit agrees."""

    name: str
    company: bool
    rut: str | None
    rut_valid: bool
    mobile: str
    landline: str | None
    email: str
    street: str
    commune: str
    region: str
    postal_code: str
    amount: int
    days_old: int
    instalments: int

    def as_json(self) -> dict[str, object]:
        """The plain object for the file of what was seeded."""
        return asdict(self)


def check_digit(body: int) -> str:
    """The modulo 11 check digit of a Chilean RUT: weights 2 to 7 from the right, repeated."""
    total = sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(str(body))))
    rest = 11 - total % 11
    return {11: "0", 10: "K"}.get(rest, str(rest))


def formatted_rut(body: int, digit: str) -> str:
    """The RUT as people write it: 12.345.678-5."""
    return f"{body:,}".replace(",", ".") + f"-{digit}"


def debtor(number: int) -> Debtor:
    """The `number`-th debtor, from 0. Every fifth is a company; every 40th has no RUT, every 25th a wrong one."""
    company = number % 5 == 4
    name = _company_name(number) if company else _person_name(number)
    body = (76_000_000 if company else 7_000_000) + number * 48_611 % (900_000 if company else 17_000_000)
    right = check_digit(body)
    valid = number % 25 != 7
    digit = right if valid else next(d for d in "0123456789K" if d != right)
    commune, region = COMMUNES[number % len(COMMUNES)]
    return Debtor(
        name=name,
        company=company,
        rut=None if number % 40 == 33 else formatted_rut(body, digit),
        rut_valid=valid,
        mobile=f"+569{4 + number % 5}{(2_345_678 + number * 7_919) % 9_000_000 + 1_000_000:07d}",
        landline=f"+5622{(3_456_789 + number * 6_133) % 7_000_000 + 2_000_000:07d}" if company else None,
        email=f"{_plain(name)}.{number}@correo.example",
        street=f"{_STREETS[number % len(_STREETS)]} {100 + number * 37 % 9000}",
        commune=commune,
        region=region,
        postal_code=f"{8_000_000 + number * 113}",
        amount=15_000 + number * 7_351 % 2_000_000,
        days_old=20 + number * 11 % 150,
        instalments=2 if number % 4 == 1 else 1,
    )


def _person_name(number: int) -> str:
    first = _SURNAMES[number % len(_SURNAMES)]
    second = _SURNAMES[(number * 7 + 3) % len(_SURNAMES)]
    return f"{_GIVEN[number % len(_GIVEN)]} {first} {second}"


def _company_name(number: int) -> str:
    trade = _TRADES[number // 5 % len(_TRADES)]
    place = _PLACES[number // 5 % len(_PLACES)]
    return f"{trade} {place} {number} {_FORMS[number // 5 % len(_FORMS)]}"


def _plain(name: str) -> str:
    bare = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return ".".join(part for part in "".join(c if c.isalnum() else " " for c in bare).split())[:30].strip(".")
