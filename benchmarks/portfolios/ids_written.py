"""The ways tax numbers are typed: separators, slips, lost digits, and what stands for none. No drawing of numbers."""

from __future__ import annotations

from benchmarks.portfolios.dice import Dice
from benchmarks.portfolios.text import slip_digits

PLACEHOLDERS = {
    "CL": ("66666666-6", "11111111-1", "1-9", "55555555-5"), "MX": ("XAXX010101000", "XEXX010101000"),
    "CO": ("222222222222", "222222222", "123456789"), "PE": ("00000000", "99999999", "12345678"),
    "AR": ("20-00000000-1", "99999999", "11111111"), "BR": ("111.111.111-11", "00000000000", "99999999999"),
    "EC": ("9999999999999", "9999999999", "0000000000"),
}  # fmt: skip


def write_number(dice: Dice, number: str, country: str, *, company: bool) -> str:
    """The number, bare or with the separators of its country. What it says does not change."""
    draw = dice.random()
    match country:
        case "CL":
            body, digit = number[:-1], number[-1]
            if draw < 0.4:
                return f"{int(body):,}".replace(",", ".") + f"-{digit}"
            return f"{body}-{digit}" if draw < 0.75 else number.lower() if draw < 0.8 else number
        case "CO":
            if company and len(number) == 10:
                return f"{number[:-1]}-{number[-1]}" if draw < 0.6 else number if draw < 0.8 else number[:-1]
            return f"{int(number):,}".replace(",", ".") if draw < 0.25 else number
        case "AR" if len(number) == 11:
            return f"{number[:2]}-{number[2:10]}-{number[10]}" if draw < 0.5 else number
        case "AR" | "PE" if len(number) < 9:
            return f"{int(number):,}".replace(",", ".") if draw < 0.2 and country == "AR" else number
        case "BR" if len(number) == 11:
            return f"{number[:3]}.{number[3:6]}.{number[6:9]}-{number[9:]}" if draw < 0.5 else number
        case "BR":
            dotted = f"{number[:2]}.{number[2:5]}.{number[5:8]}/{number[8:12]}-{number[12:]}"
            return dotted if draw < 0.5 else number
        case "EC" if len(number) == 10:
            return f"{number[:9]}-{number[9]}" if draw < 0.2 else number
        case "MX":
            cut = len(number) - 9
            return f"{number[:cut]}-{number[cut:-3]}-{number[-3:]}" if draw < 0.15 else number
    return number


def mistype_number(dice: Dice, number: str, country: str) -> str:
    """One mistake: a digit wrong, two swapped, or the end or a leading zero lost."""
    draw = dice.random()
    if draw < 0.3 and country != "PE":
        return number[:-1]
    if draw < 0.4:
        return number.lstrip("0") if number.startswith("0") else number[1:]
    return slip_digits(dice, number)
