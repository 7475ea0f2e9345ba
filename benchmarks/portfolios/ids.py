"""Numbers that authorities give, with check digits by our own arithmetic. Nothing about how a system writes them.

The product's check digits are deliberately not used here: tests compare the two.
"""

from __future__ import annotations

from typing import NamedTuple

from benchmarks.portfolios.dice import Dice
from benchmarks.portfolios.text import plain

_RFC_WORTH = {char: worth for worth, char in enumerate("0123456789ABCDEFGHIJKLMN&OPQRSTUVWXYZ Ñ")}
_HOMOCLAVE_1, _HOMOCLAVE_2 = "123456789ABCDEFGHIJKLMNPQRSTUV", "123456789ABCDEFGHIJKLMNPQRSTUVWXYZ"
_VOWELS = "AEIOU"


class TaxNumber(NamedTuple):
    """A party's number without separators. `short` is the personal number inside it, where there is one."""

    full: str
    short: str


def person_number(dice: Dice, country: str, born: str, words: tuple[str, str, str]) -> TaxNumber:
    """A number for somebody born on that day (YYYY-MM-DD); `words` are first surname, second surname, given name."""
    year = int(born[:4])
    match country:
        case "MX":
            number = _rfc(dice, _rfc_letters(words) + born[2:4] + born[5:7] + born[8:])
            return TaxNumber(number, number)
        case "BR":
            number = cpf(dice.digits(9))
            return TaxNumber(number, number)
        case "CO":
            number = str(1_000_000_000 + dice.between(0, 190_000_000) if year >= 1986 else dice.between(4, 98) * 10**6)
            return _same(number[:-6] + dice.digits(6) if year < 1986 else number)
    return number_of_body(country, _body(dice, country, year))


def number_of_body(country: str, body: str) -> TaxNumber:
    """The number of a person whose serial number is given (CL, PE, AR, EC, BR, CO)."""
    match country:
        case "CL":
            return _same(body + rut_digit(body))
        case "PE":
            ruc = "10" + body
            return TaxNumber(ruc + peru_digit(ruc), body)
        case "AR":
            return TaxNumber(cuit("20", body), body)
        case "EC":
            card = body + ecuador_card_digit(body)
            return TaxNumber(card + "001", card)
        case "BR":
            return _same(cpf(body))
    return _same(body)


def next_number(dice: Dice, country: str, number: TaxNumber) -> TaxNumber:
    """The number issued right after this one, as twins get it; in Mexico only the homoclave differs."""
    match country:
        case "MX":
            return _same(_rfc(dice, number.full[:10]))
        case "CL":
            body = number.full[:-1]
        case "BR" | "EC":
            body = number.short[:9]
        case _:
            body = number.short
    return number_of_body(country, str(int(body) + 1).zfill(len(body)))


def company_number(dice: Dice, country: str, *, near: int | None = None, initials: str = "") -> TaxNumber:
    """A company's number; `near` is the serial number to stay close to, as companies founded together have."""
    serial = near + dice.between(1, 40) if near is not None else company_serial(dice)
    match country:
        case "CL":
            body = str(76_000_000 + serial)
            return _same(body + rut_digit(body))
        case "MX":
            founded = f"{serial % 35 + 85:03d}"[-2:] + f"{serial % 12 + 1:02d}{serial % 28 + 1:02d}"
            return _same(_rfc(dice, (initials + "XXX")[:3] + founded))
        case "CO":
            body = str(800_500_000 + serial * 40)
            return TaxNumber(body + nit_digit(body), body)
        case "PE":
            body = "20" + str(10_000_000 + serial * 17).zfill(8)
            return _same(body + peru_digit(body))
        case "AR":
            return _same(cuit("30", str(50_000_000 + serial * 8)))
        case "EC":
            return _same(_ecuador_company(serial))
        case _:
            return _same(cnpj(str(10_000_000 + serial * 25).zfill(8) + "0001"))


def company_serial(dice: Dice) -> int:
    """Where a company stands in its register."""
    return dice.between(1000, 2_390_000)


def rut_digit(body: str) -> str:
    """Chile: weights 2 to 7 from the right, modulus 11."""
    rest = 11 - sum(int(digit) * (2 + place % 6) for place, digit in enumerate(reversed(body))) % 11
    return {11: "0", 10: "K"}.get(rest, str(rest))


def nit_digit(body: str) -> str:
    """Colombia: prime weights from the right, modulus 11."""
    rest = sum(
        int(digit) * prime for digit, prime in zip(reversed(body), (3, 7, 13, 17, 19, 23, 29, 37, 41), strict=False)
    )
    return str(rest % 11 if rest % 11 < 2 else 11 - rest % 11)


def peru_digit(body: str) -> str:
    """Peru, RUC: weights 5432765432, modulus 11."""
    rest = 11 - _weighed(body, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
    return str(rest % 10)


def cuit(prefix: str, body: str) -> str:
    """Argentina: AFIP changes the prefix (23, 33) rather than issue a check digit of 10."""
    for first in (prefix, "23" if prefix == "20" else "33", "24" if prefix == "20" else "34"):
        rest = 11 - _weighed(first + body.zfill(8), (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
        if rest != 10:
            return f"{first}{body.zfill(8)}{rest % 11}"
    raise AssertionError(f"three prefixes gave no check digit for {body}")


def cpf(body: str) -> str:
    """Brazil, persons: two digits, each modulus 11."""
    for size in (10, 11):
        rest = sum(int(digit) * (size - place) for place, digit in enumerate(body)) * 10 % 11
        body += str(rest % 10)
    return body


def cnpj(body: str) -> str:
    """Brazil, companies: as CPF with weights 2 to 9 from the right."""
    for _ in range(2):
        rest = sum((ord(char) - 48) * (2 + place % 8) for place, char in enumerate(reversed(body))) % 11
        body += str(0 if rest < 2 else 11 - rest)
    return body


def ecuador_card_digit(body: str) -> str:
    """Ecuador, cédula: Luhn over nine digits, the odd places doubled."""
    total = 0
    for place, digit in enumerate(body):
        value = int(digit) * (2 - place % 2)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def rfc_digit(body: str) -> str:
    """Mexico: positional weights 13 to 2, modulus 11."""
    rest = sum(_RFC_WORTH[char] * (13 - place) for place, char in enumerate(body.rjust(12))) % 11
    return {0: "0", 1: "A"}.get(rest, str(11 - rest))


def _same(number: str) -> TaxNumber:
    return TaxNumber(number, number)


def _weighed(body: str, weights: tuple[int, ...]) -> int:
    return sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))


def _body(dice: Dice, country: str, year: int) -> str:
    """A serial number that fits the year of birth, as people of one age have neighbouring ones."""
    match country:
        case "CL":
            return str(int((year - 1940) * 290_000 + 5_000_000 + dice.random() * 500_000))
        case "PE":
            return str(int((year - 1940) * 780_000 + 10_100_000 + dice.random() * 9_000_000)).zfill(8)
        case "AR":
            return str(int((year - 1940) * 620_000 + 4_200_000 + dice.random() * 1_500_000))
        case _:
            return f"{dice.between(1, 24):02d}{dice.between(0, 5)}{dice.digits(6)}"


def _ecuador_company(serial: int) -> str:
    while True:
        body = f"{serial % 24 + 1:02d}9{serial % 1_000_000:06d}"
        rest = 11 - _weighed(body, (4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11
        if rest != 10:
            return f"{body}{rest % 11}001"
        serial += 1


def _rfc_letters(words: tuple[str, str, str]) -> str:
    first, second, given = (plain(word).upper().replace(" ", "").replace("Ñ", "X") or "X" for word in words)
    vowel = next((char for char in first[1:] if char in _VOWELS), "X")
    return first[0] + vowel + second[0] + given[0]


def _rfc(dice: Dice, start: str) -> str:
    body = start + dice.one(_HOMOCLAVE_1) + dice.one(_HOMOCLAVE_2)
    return body + rfc_digit(body)
