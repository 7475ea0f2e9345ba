"""Tax numbers of seven countries with right check digits, made up for the demo. Nothing is validated here."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence

_RFC_ALPHABET = "0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ"  # SAT, Anexo 1 of the RFC check digit
_NIT_WEIGHTS = (3, 7, 13, 17, 19, 23, 29, 37, 41, 43, 47, 53, 59, 67, 71)  # DIAN, from the right
_LATIN_WEIGHTS = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)  # shared by the RUC of SUNAT and the CUIT of AFIP

_EC_WEIGHTS = (4, 3, 2, 7, 6, 5, 4, 3, 2)  # SRI, private companies


def _weighed(digits: Sequence[int], weights: Sequence[int]) -> int:
    return sum(digit * weight for digit, weight in zip(digits, weights, strict=True))


def _digits(text: str) -> list[int]:
    return [int(sign) for sign in text]


def rut(number: int) -> str:
    """A Chilean RUT with dots: modulus 11, weights 2 to 7 from the right, K for ten."""
    total = sum(int(sign) * (2 + place % 6) for place, sign in enumerate(reversed(str(number))))
    check = "0K987654321"[total % 11]
    return f"{number:,}".replace(",", ".") + f"-{check}"


def rfc(letters: str, date: str, homoclave: str) -> str:
    """A Mexican RFC of a person (four letters) or company (three): yymmdd, homoclave of two, check character."""
    body = (letters + date + homoclave).rjust(12)
    total = sum(_RFC_ALPHABET.index(sign) * (13 - place) for place, sign in enumerate(body))
    return body.strip() + _RFC_ALPHABET[-total % 11]


def nit(number: int) -> str:
    """A Colombian NIT with its check digit after a hyphen."""
    total = sum(int(sign) * weight for sign, weight in zip(reversed(str(number)), _NIT_WEIGHTS, strict=False))
    return f"{number}-{'01987654321'[total % 11]}"


def ruc_pe(body: str) -> str:
    """A Peruvian RUC from its first ten digits (10 + DNI for persons, 20 for companies)."""
    return f"{body}{(11 - _weighed(_digits(body), _LATIN_WEIGHTS) % 11) % 10}"


def cuit(prefix: str, number: int) -> str:
    """An Argentine CUIT with hyphens; `number` holds the DNI of a person."""
    total = _weighed(_digits(f"{prefix}{number:08d}"), _LATIN_WEIGHTS)
    return f"{prefix}-{number:08d}-{'09987654321'[total % 11]}"


def cpf(number: int) -> str:
    """A Brazilian CPF with dots and hyphen."""
    digits = _digits(f"{number:09d}")
    for _ in range(2):
        total = _weighed(digits, range(len(digits) + 1, 1, -1))
        digits.append((11 - total % 11) % 11 % 10)
    text = "".join(map(str, digits))
    return f"{text[:3]}.{text[3:6]}.{text[6:9]}-{text[9:]}"


def cnpj(body: str) -> str:
    """A Brazilian CNPJ from twelve signs, letters allowed (IN RFB 2.229/2024: a sign counts its ASCII code less 48)."""
    signs = body.upper()
    for _ in range(2):
        total = sum((ord(sign) - 48) * (2 + place % 8) for place, sign in enumerate(reversed(signs)))
        signs += str((11 - total % 11) % 11 % 10)
    return f"{signs[:2]}.{signs[2:5]}.{signs[5:8]}/{signs[8:12]}-{signs[12:]}"


def cedula_ec(body: str) -> str:
    """An Ecuadorian cédula from nine digits (province first, third digit under six), modulus 10."""
    doubled = [digit * (2 - place % 2) for place, digit in enumerate(_digits(body))]
    total = sum(digit - 9 if digit > 9 else digit for digit in doubled)
    return f"{body}{-total % 10}"


def ruc_ec(body: str) -> str:
    """The RUC of an Ecuadorian private company from nine digits (third digit nine), modulus 11, establishment 001."""
    check = -_weighed(_digits(body), _EC_WEIGHTS) % 11
    return f"{body}{check % 10}001"


def of_person(country: str, rng: random.Random) -> tuple[str, str]:
    """Type and number of a made-up natural person of that country."""
    kind, make = _PERSONS[country]
    return kind, make(rng)


def of_company(country: str, rng: random.Random) -> tuple[str, str]:
    """Type and number of a made-up company of that country."""
    kind, make = _COMPANIES[country]
    return kind, make(rng)


def _date(rng: random.Random, *, first: int, last: int) -> str:
    return f"{rng.randint(first, last):02d}{rng.randint(1, 12):02d}{rng.randint(1, 28):02d}"


def _homoclave(rng: random.Random) -> str:
    return rng.choice("ABCDEFGHJKLMNPQRSTUV123456789") + rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ123456789")


def _person_of_mexico(rng: random.Random) -> str:
    letters = "".join(rng.choice(pool) for pool in ("GLMRST", "AEIO", "CDFGLMPR", "BDJLMRT"))
    return rfc(letters, _date(rng, first=50, last=99), _homoclave(rng))


def _company_of_mexico(rng: random.Random) -> str:
    letters = "".join(rng.choice("BCDFGHLMNPRST") for _ in range(3))
    return rfc(letters, _date(rng, first=10, last=25), _homoclave(rng))


def _person_of_ecuador(rng: random.Random) -> str:
    return cedula_ec(f"{rng.randint(1, 24):02d}{rng.randint(0, 5)}{rng.randint(0, 999_999):06d}")


def _company_of_ecuador(rng: random.Random) -> str:
    while True:
        body = f"{rng.randint(1, 24):02d}9{rng.randint(0, 999_999):06d}"
        if _weighed(_digits(body), _EC_WEIGHTS) % 11 != 1:  # a check digit of ten is never issued
            return ruc_ec(body)


_PERSONS: Mapping[str, tuple[str, Callable[[random.Random], str]]] = {
    "CL": ("RUT", lambda rng: rut(rng.randint(5_000_000, 24_999_999))),
    "MX": ("RFC", _person_of_mexico),
    "CO": ("CC", lambda rng: str(rng.randint(1_000_000_000, 1_150_000_000))),
    "PE": ("DNI", lambda rng: f"{rng.randint(6_000_000, 79_999_999):08d}"),
    "AR": ("CUIT", lambda rng: cuit(rng.choice(("20", "27")), rng.randint(10_000_000, 45_999_999))),
    "BR": ("CPF", lambda rng: cpf(rng.randint(100_000_000, 899_999_999))),
    "EC": ("CI", _person_of_ecuador),
}
_COMPANIES: Mapping[str, tuple[str, Callable[[random.Random], str]]] = {
    "CL": ("RUT", lambda rng: rut(rng.randint(76_000_000, 78_999_999))),
    "MX": ("RFC", _company_of_mexico),
    "CO": ("NIT", lambda rng: nit(rng.randint(800_000_000, 901_999_999))),
    "PE": ("RUC", lambda rng: ruc_pe(f"20{rng.randint(10_000_000, 61_999_999)}")),
    "AR": ("CUIT", lambda rng: cuit("30", rng.randint(50_000_000, 71_999_999))),
    "BR": ("CNPJ", lambda rng: cnpj(f"{rng.randint(10_000_000, 59_999_999)}0001")),
    "EC": ("RUC", _company_of_ecuador),
}
