"""The six systems and how good each one is, as declared shares. Data only: `writing` obeys them, tests measure them."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from benchmarks.portfolios.dice import weighted


class Style(enum.Enum):
    """How a system keeps the name of a person."""

    FULL = "one field, given names first"
    SPLIT = "two fields"
    SHOUTED = "one field of 30, capitals without accents, surnames first"
    SPOKEN = "one field, what the debtor is called on the phone"
    TYPED = "one field, any order"
    CUT = "one field of 20, surnames first"


@dataclass(frozen=True, slots=True)
class System:
    """One source system. Shares are of its own records unless said otherwise."""

    name: str
    style: Style
    presence: float  # relative chance that it knows a party
    id_missing: float
    id_mistyped: float  # of the ids that are there
    id_placeholder: float
    phones: tuple[float, float, float]  # weights of mobile, home and work line as the first phone
    second_phone: float
    phone_missing: float
    email_missing: float
    email_mistyped: float  # of the addresses that are there
    street_missing: float
    city_missing: float
    birth_date: float
    kind: float
    stale: float  # records that show the old mobile or the old address
    name_slips: float
    one_surname: float
    one_given: float
    nickname: float
    abbreviated: float


SYSTEMS = (
    System(
        "erp", Style.FULL, 0.80, id_missing=0.03, id_mistyped=0.015, id_placeholder=0.01, phones=(0.62, 0.35, 0.03),
        second_phone=0.5, phone_missing=0.04, email_missing=0.15, email_mistyped=0.02, street_missing=0.05,
        city_missing=0.02, birth_date=0.05, kind=0.95, stale=0.09, name_slips=0.02, one_surname=0.05, one_given=0.08,
        nickname=0.0, abbreviated=0.05,
    ),
    System(
        "crm", Style.SPLIT, 0.75, id_missing=0.60, id_mistyped=0.03, id_placeholder=0.01, phones=(0.76, 0.14, 0.1),
        second_phone=0.45, phone_missing=0.05, email_missing=0.1, email_mistyped=0.04, street_missing=0.4,
        city_missing=0.06, birth_date=0.15, kind=0.7, stale=0.06, name_slips=0.04, one_surname=0.28, one_given=0.25,
        nickname=0.04, abbreviated=0.02,
    ),
    System(
        "legacy", Style.SHOUTED, 0.55, id_missing=0.40, id_mistyped=0.05, id_placeholder=0.04,
        phones=(0.45, 0.52, 0.03),
        second_phone=0.4, phone_missing=0.06, email_missing=0.7, email_mistyped=0.05, street_missing=0.06,
        city_missing=0.03, birth_date=0.5, kind=0.8, stale=0.15, name_slips=0.04, one_surname=0.08, one_given=0.15,
        nickname=0.0, abbreviated=0.2,
    ),
    System(
        "dialler", Style.SPOKEN, 0.50, id_missing=0.50, id_mistyped=0.04, id_placeholder=0.02, phones=(0.8, 0.17, 0.03),
        second_phone=0.15, phone_missing=0.01, email_missing=0.5, email_mistyped=0.06, street_missing=1.0,
        city_missing=0.12, birth_date=0.08, kind=0.2, stale=0.06, name_slips=0.06, one_surname=0.4, one_given=0.45,
        nickname=0.15, abbreviated=0.02,
    ),
    System(
        "sheet", Style.TYPED, 0.35, id_missing=0.45, id_mistyped=0.08, id_placeholder=0.03, phones=(0.65, 0.32, 0.03),
        second_phone=0.35, phone_missing=0.06, email_missing=0.3, email_mistyped=0.08, street_missing=0.3,
        city_missing=0.08, birth_date=0.15, kind=0.3, stale=0.08, name_slips=0.12, one_surname=0.18, one_given=0.22,
        nickname=0.03, abbreviated=0.08,
    ),
    System(
        "bank", Style.CUT, 0.45, id_missing=0.30, id_mistyped=0.01, id_placeholder=0.01, phones=(0.8, 0.17, 0.03),
        second_phone=0.3, phone_missing=0.04, email_missing=0.25, email_mistyped=0.02, street_missing=0.8,
        city_missing=0.12, birth_date=0.85, kind=0.9, stale=0.06, name_slips=0.01, one_surname=0.05, one_given=0.15,
        nickname=0.0, abbreviated=0.05,
    ),
)  # fmt: skip

# How many systems know a party, and the share of its records a system holds twice.
KNOWN_IN = {1: 0.30, 2: 0.27, 3: 0.20, 4: 0.13, 5: 0.07, 6: 0.03}
TWICE = 0.05


def _subsets() -> tuple[tuple[System, ...], ...]:
    """Every set of systems as often as the sizes and presences ask."""
    chances: dict[tuple[System, ...], float] = {}
    totals: dict[int, float] = {}
    for bits in range(1, 2 ** len(SYSTEMS)):
        chosen = tuple(system for place, system in enumerate(SYSTEMS) if bits >> place & 1)
        chance = 1.0
        for system in chosen:
            chance *= system.presence / (1 - system.presence)
        chances[chosen] = chance
        totals[len(chosen)] = totals.get(len(chosen), 0) + chance
    return weighted(
        {chosen: KNOWN_IN[len(chosen)] * chance / totals[len(chosen)] for chosen, chance in chances.items()}
    )


SUBSETS = _subsets()
