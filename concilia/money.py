"""Decimal amount + unit, indexed units, rounding per unit. No float, no exchange look-up."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

# Decimals of each unit we meet. ISO 4217 minor units for currencies; CLF has four (ISO 4217); the other
# indexed units (UVR, UDI = MXV, UVA, UTM, UIT) are quoted by their central banks with the digits given here.
DECIMALS = {
    "ARS": 2, "BOB": 2, "BRL": 2, "CAD": 2, "CHF": 2, "CLP": 0, "COP": 2, "CRC": 2, "DOP": 2, "EUR": 2, "GBP": 2,
    "GTQ": 2, "HNL": 2, "JPY": 0, "MXN": 2, "NIO": 2, "PAB": 2, "PEN": 2, "PYG": 0, "SVC": 2, "USD": 2, "UYU": 2,
    "VES": 2, "CLF": 4, "COU": 4, "MXV": 6, "UYI": 4, "UVA": 2, "UTM": 2, "UIT": 2,
}  # fmt: skip

COUNTRY_UNIT = {
    "AR": "ARS", "BO": "BOB", "BR": "BRL", "CL": "CLP", "CO": "COP", "CR": "CRC", "DO": "DOP", "EC": "USD",
    "GT": "GTQ", "HN": "HNL", "MX": "MXN", "NI": "NIO", "PA": "PAB", "PE": "PEN", "PY": "PYG", "SV": "USD",
    "UY": "UYU", "VE": "VES",
}  # fmt: skip

LARGEST = Decimal(10) ** 15


@dataclass(frozen=True, slots=True)
class Money:
    """An amount in its own unit; arithmetic between units is refused, never converted."""

    amount: Decimal
    unit: str  # ISO 4217, or an indexed unit such as CLF

    def __post_init__(self) -> None:
        if not self.amount.is_finite() or abs(self.amount) >= LARGEST:
            raise ValueError(f"{self.amount} is no amount of money")
        if self.unit not in DECIMALS:
            raise ValueError(f"{self.unit!r} is no known unit")

    def __add__(self, other: Money) -> Money:
        self._same_unit(other)
        return replace(self, amount=self.amount + other.amount)

    def __sub__(self, other: Money) -> Money:
        self._same_unit(other)
        return replace(self, amount=self.amount - other.amount)

    def __neg__(self) -> Money:
        return replace(self, amount=-self.amount)

    def rounded(self) -> Money:
        """The amount at its unit's decimals, halves away from zero as ledgers do."""
        return replace(self, amount=self.amount.quantize(_quantum(self.unit), rounding=ROUND_HALF_UP))

    def text(self) -> str:
        """The amount as plain text without exponent, at its unit's decimals at least."""
        shown = self.rounded().amount
        return format(shown if shown == self.amount else self.amount.normalize(), "f")

    def _same_unit(self, other: Money) -> None:
        if other.unit != self.unit:
            raise ValueError(f"cannot add or subtract {other.unit} and {self.unit}")


def parse_amount(text: str) -> Decimal:
    """A decimal written with a point and no thousands, as the API and JSON take it.

    Raises ValueError with a sentence for anything else (exponents, spaces, commas, NaN).
    """
    stripped = text.strip()
    body = stripped[1:] if stripped[:1] in "+-" else stripped
    if not body or not body.replace(".", "", 1).isascii() or not body.replace(".", "", 1).isdigit():
        raise ValueError(f"{text!r} is no amount: write digits with a point, such as 15000 or 15000.50")
    try:
        return Decimal(stripped)
    except InvalidOperation as fault:
        raise ValueError(f"{text!r} is no amount") from fault


def fits_unit(amount: Decimal, unit: str) -> bool:
    """Whether the amount has no more decimals than its unit."""
    return amount == amount.quantize(_quantum(unit), rounding=ROUND_HALF_UP)


def _quantum(unit: str) -> Decimal:
    return Decimal(1).scaleb(-DECIMALS[unit])
