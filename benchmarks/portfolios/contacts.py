"""Phones and mail addresses, and the ways they are written. No persons beyond the name a mailbox is made of."""

from __future__ import annotations

import re

from benchmarks.portfolios.dice import Dice, weighted
from benchmarks.portfolios.text import plain, slip

CALLING_CODES = {"CL": "56", "MX": "52", "CO": "57", "PE": "51", "AR": "54", "BR": "55", "EC": "593"}
_MOBILE_START = {
    "CL": ("93", "94", "95", "98", "990", "961", "962", "967", "973", "976"),
    "CO": ("300", "301", "304", "310", "311", "312", "313", "314", "315", "316", "317", "318", "320", "321", "350"),
    "PE": ("90", "91", "92", "93", "94", "95", "96", "97", "98"), "EC": ("98", "99", "981", "987"),
}  # fmt: skip
_MOBILE_SIZE = {"CL": 9, "CO": 10, "PE": 9, "EC": 9}
_DOMAIN_ENDS = {"CL": "cl", "MX": "com.mx", "CO": "com.co", "PE": "pe", "AR": "com.ar", "BR": "com.br", "EC": "ec"}
_PROVIDERS = {
    country: weighted({
        "gmail.com": 6, "hotmail.com": 2.5, "outlook.com": 1, f"yahoo.{end}": 1, "live.com": 0.4, "icloud.com": 0.3,
    })
    for country, end in _DOMAIN_ENDS.items()
}  # fmt: skip
_WRONG_DOMAINS = {
    "gmail.com": ("gmial.com", "gmai.com", "gmail.con", "gamil.com"),
    "hotmail.com": ("hotmial.com", "hotmail.con", "hotmal.com"),
    "outlook.com": ("outlok.com", "outlook.con"),
}  # fmt: skip
_ROLES = ("contacto", "pagos", "finanzas", "administracion", "ventas", "cobranzas", "tesoreria", "info")
_NOT_WORD = re.compile(r"[^a-z0-9]+")


def draw_mobile(dice: Dice, country: str, area: str) -> str:
    """The national digits of a mobile line; in Mexico, Argentina and Brazil they begin with the area."""
    match country:
        case "MX":
            return area + dice.one("12345678") + dice.digits(9 - len(area))
        case "AR":
            return "9" + area + dice.one("45") + dice.digits(9 - len(area))
        case "BR":
            return f"{area}9{dice.between(6, 9)}{dice.digits(7)}"
    start = dice.one(_MOBILE_START[country])
    return start + dice.digits(_MOBILE_SIZE[country] - len(start))


def draw_landline(dice: Dice, country: str, area: str) -> str:
    """The national digits of a fixed line."""
    match country:
        case "CL":
            return area + "2" + dice.digits(8 - len(area))
        case "CO":
            return area + dice.one("2345678") + dice.digits(6)
        case "PE":
            return area + dice.one("234567") + dice.digits(7 - len(area))
        case "EC":
            return area + dice.one("234567") + dice.digits(6)
        case "BR":
            return f"{area}3{dice.digits(7)}"
        case "AR":
            return area + dice.one("45") + dice.digits(9 - len(area))
    return draw_mobile(dice, country, area)


def write_phone(dice: Dice, national: str, country: str) -> str:
    """The number in one of the ways it is written at home: plain, international, with old prefixes, in groups."""
    style = dice.random()
    if style < 0.35:
        return _at_home(national, country)
    code = CALLING_CODES[country]
    if style < 0.6:
        return f"+{code}{national}"
    if style < 0.7:
        return f"{code}{national}" if country != "EC" else f"+{code} {national}"
    if style < 0.85:
        return f"+{code} {_grouped(national)}"
    return _old_fashioned(dice, national, country)


def _at_home(national: str, country: str) -> str:
    if country == "EC":
        return "0" + national
    if country == "AR" and national.startswith("9"):
        return national[1:]
    return "0" + national if country == "PE" and not national.startswith("9") else national


def _grouped(national: str) -> str:
    return (
        f"{national[:-8]} {national[-8:-4]} {national[-4:]}".strip()
        if len(national) > 8
        else f"{national[:-4]} {national[-4:]}"
    )


def _old_fashioned(dice: Dice, national: str, country: str) -> str:
    match country:
        case "MX":
            return dice.one(("044 ", "01 ", "+52 1 ", "045")) + national
        case "AR" if national.startswith("9"):
            size = 2 if national.startswith("911") else 3
            return f"0{national[1 : 1 + size]} 15-{national[1 + size :]}"
        case "BR":
            return f"({national[:2]}) {national[2:-4]}-{national[-4:]}"
        case "CL" if national.startswith("9"):
            return "0" + national
        case "CO" if national.startswith("60"):
            return f"({national[2]}) {national[3:]}"
        case "AR" | "EC" | "PE":
            return _at_home(national, country).replace(national[-4:], "-" + national[-4:])
    return _grouped(national)


def draw_email(dice: Dice, country: str, given: tuple[str, ...], surnames: tuple[str, ...]) -> str:
    """A private address made of the name and a number that keeps two persons of one name apart."""
    first = _mailbox(given[0])
    last = _mailbox(surnames[-1 if country == "BR" else 0])
    number = dice.digits(dice.between(2, 4))
    match dice.between(0, 5):
        case 0:
            local = f"{first}.{last}{number}"
        case 1:
            local = f"{first[0]}{last}{number}"
        case 2:
            local = f"{first}{last[:1]}{number}{dice.digits(2)}"
        case 3:
            local = f"{last}.{first}{number}"
        case 4:
            local = f"{first}_{last}{number}"
        case _:
            local = f"{first[:3]}{last[:4]}{number}{dice.digits(1)}"
    return f"{local}@{dice.one(_PROVIDERS[country])}"


def company_email(dice: Dice, country: str, brand: str) -> str:
    """A role's mailbox at the company's own domain."""
    return f"{dice.one(_ROLES)}@{_mailbox(brand)}{dice.digits(3)}.{_DOMAIN_ENDS[country]}"


def mistyped_email(dice: Dice, email: str) -> str:
    """The address with one slip, before the @ or behind it."""
    local, _, domain = email.partition("@")
    wrong = _WRONG_DOMAINS.get(domain)
    if wrong and dice.chance(0.5):
        return f"{local}@{dice.one(wrong)}"
    return f"{slip(dice, local)}@{domain}"


def _mailbox(words: str) -> str:
    return _NOT_WORD.sub("", plain(words).lower())
