"""A made-up portfolio seen by two systems and two files, the same for the same seed. No server, no clock."""

from __future__ import annotations

import random
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from concilia.clock import to_text
from connectors.sandbox import check_digits, extracts, names

SAMPLE_DAY = date(2026, 11, 2)  # due dates lie on both sides of it
_IMPORTED = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
_BATCH = 25  # records of one import share their time stamp, as they do in real systems
_TWICE = 40  # every so many ERP customers one was opened a second time
_HOMONYM = 50  # every so many parties one has the full name of another and a tax id of its own
_STAND_IN = 63  # every so many customers seven in a row, one of each country, have a number that stands for none
_ENTITY_OF = {"customers": "C", "invoices": "F", "payments": "P", "contacts": "K"}

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Party:
    """Who really stands behind some rows. `tax_id` is the true number; rows may hold another or none."""

    country: str
    kind: str  # "person" | "organization"
    given: str
    surname_1: str
    surname_2: str
    tax_id_type: str
    tax_id: str
    mobile: str  # E.164
    email: str
    street: str
    city: str

    @property
    def name(self) -> str:
        """The name as its owner writes it."""
        return " ".join(part for part in (self.given, self.surname_1, self.surname_2) if part)


@dataclass(frozen=True, slots=True)
class Portfolio:
    """What each system holds, and the truth: `behind` gives the party of a row by "customers:C-00001"."""

    seed: int
    customers: tuple[Row, ...]
    invoices: tuple[Row, ...]
    payments: tuple[Row, ...]
    contacts: tuple[Row, ...]
    legacy: tuple[Row, ...]
    bank: tuple[Row, ...]
    behind: Mapping[str, int] = field(default_factory=dict)

    def write_legacy_csv(self, path: Path | str) -> None:
        """The third view: cp1252, `;`, decimal comma, day first."""
        extracts.write(path, self.legacy)

    def write_bank_csv(self, path: Path | str) -> None:
        """Payments as a bank reports them, one of them for nobody's invoice and one row broken."""
        extracts.write(path, self.bank)


def generate(seed: int, *, customers: int = 200) -> Portfolio:
    """The portfolio of that seed: at least seven ERP customers, one for each country."""
    rng = random.Random(seed)  # noqa: S311 - reproducible on purpose; guards no secret
    parties = _parties(customers + customers // 5, rng)
    in_erp = [number - 7 if number % _TWICE == _TWICE - 1 else number for number in range(customers)]
    behind: dict[str, int] = {}
    erp = [_customer(place, parties[number], rng) for place, number in enumerate(in_erp)]
    behind |= {f"customers:{row['id']}": number for row, number in zip(erp, in_erp, strict=True)}
    invoices = [invoice for row in erp for invoice in _invoices(row, rng)]
    for number, invoice in enumerate(invoices):
        invoice |= {"id": _id("invoices", number), "document": str(100_000 + number)}
    _stamp(erp, first=_IMPORTED)
    _stamp(invoices, first=_IMPORTED + timedelta(days=1))
    held = {*in_erp, *range(customers, len(parties))}
    in_crm = [number for number in sorted(held) if number >= customers or rng.random() < 0.7]
    crm = [_contact(place, parties[number], rng) for place, number in enumerate(in_crm)]
    behind |= {f"contacts:{row['id']}": number for row, number in zip(crm, in_crm, strict=True)}
    _stamp(crm, first=_IMPORTED + timedelta(days=30))
    in_legacy = [number for number in range(len(parties)) if rng.random() < 0.4] or [0]
    legacy = [extracts.legacy_row(place, _retold(parties[number], rng), rng) for place, number in enumerate(in_legacy)]
    behind |= {f"legacy:{row['ID']}": number for row, number in zip(legacy, in_legacy, strict=True)}
    return Portfolio(
        seed=seed,
        customers=tuple(erp),
        invoices=tuple(invoices),
        payments=tuple(_paid_before(invoices)),
        contacts=tuple(crm),
        legacy=tuple(legacy),
        bank=tuple(extracts.bank_rows(invoices, rng)),
        behind=behind,
    )


def _id(collection: str, number: int) -> str:
    return f"{_ENTITY_OF[collection]}-{number + 1:05d}"


def _stamp(rows: list[Row], *, first: datetime) -> None:
    for number, row in enumerate(rows):
        row |= {"updated_at": to_text(first + timedelta(minutes=number // _BATCH)), "version": 1}


def _parties(count: int, rng: random.Random) -> list[Party]:
    found = [_party(number, rng) for number in range(count)]
    for number in range(21, count, _HOMONYM):
        one, other = found[number], found[number - 7]
        if one.kind == other.kind == "person":
            found[number] = replace(one, given=other.given, surname_1=other.surname_1, surname_2=other.surname_2)
    return found


def _party(number: int, rng: random.Random) -> Party:
    country = names.COUNTRIES[number % len(names.COUNTRIES)]
    company = number % 4 == 1
    brazilian = country == "BR"
    surnames = names.SURNAMES_BR if brazilian else names.SURNAMES
    if company:
        given = f"{rng.choice(names.TRADES)} {rng.choice(names.PLACES)}"
        surname_1, surname_2 = names.LEGAL_FORMS[country], ""
        tax_id_type, tax_id = check_digits.of_company(country, rng)
    else:
        given = rng.choice(names.GIVEN_BR if brazilian else names.GIVEN)
        surname_1, surname_2 = rng.choice(surnames), rng.choice(surnames)
        tax_id_type, tax_id = check_digits.of_person(country, rng)
    if number == 5:  # the first Brazilian company: a number with letters, as issued from July 2026
        tax_id = names.ALPHANUMERIC_CNPJ
    code, start, free = names.MOBILES[country]
    mailbox = ".".join(re.findall(r"\w+", unaccented(f"{given} {surname_1}").lower()))
    return Party(
        country=country,
        kind="organization" if company else "person",
        given=given,
        surname_1=surname_1,
        surname_2=surname_2,
        tax_id_type=tax_id_type,
        tax_id=tax_id,
        mobile=f"+{code}{start}{rng.randrange(10**free):0{free}d}",
        email=f"{mailbox}{number}@correo.example",
        street=f"{rng.choice(names.STREETS)} {rng.randint(10, 4999)}",
        city=rng.choice(names.CITIES[country]),
    )


def _customer(number: int, party: Party, rng: random.Random) -> Row:
    code = names.MOBILES[party.country][0]
    stand_in = number % _STAND_IN >= _STAND_IN - 7
    return {
        "id": _id("customers", number),
        "name": party.name,
        "kind": party.kind,
        "tax_id_type": party.tax_id_type,
        "tax_id": names.STAND_INS[party.country] if stand_in else party.tax_id,
        "country": party.country,
        "phone": "999999999" if rng.random() < 0.04 else None,
        "mobile": party.mobile.removeprefix(f"+{code}"),
        "email": party.email if rng.random() < 0.8 else "no@tiene.com",
        "street": party.street,
        "city": party.city,
        "active": True,
    }


def _invoices(customer: Row, rng: random.Random) -> list[Row]:
    return [_invoice(customer, rng) for _ in range(rng.choice((1, 1, 2, 3)))]


def _invoice(customer: Row, rng: random.Random) -> Row:
    indexed = customer["country"] == "CL" and rng.random() < 0.4
    unit = "CLF" if indexed else names.UNITS[customer["country"]]
    low, high = names.AMOUNTS[unit]
    cents = 10 ** names.DECIMALS.get(unit, 2)
    total = Decimal(rng.randint(low * cents, high * cents)) / cents
    due = SAMPLE_DAY + timedelta(days=rng.randint(-400, 45))
    status = rng.choices(("open", "partially_paid", "settled"), weights=(80, 12, 8))[0]
    balance = {"open": total, "settled": Decimal()}.get(status, (total / 2).quantize(Decimal(1) / cents))
    return {
        "customer": customer["id"],
        "company": names.CREDITOR,
        "type": "invoice",
        "issue_date": (due - timedelta(days=30)).isoformat(),
        "due_date": due.isoformat(),
        "currency": unit,
        "total": format(total, "f"),
        "balance": format(balance, "f"),
        "status": status,
        "instalments": _instalments(total, total - balance, due) if indexed else [],
    }


def _instalments(total: Decimal, paid: Decimal, due: date) -> list[Row]:
    """Two parts, the older one paid first."""
    half = (total / 2).quantize(Decimal("0.0001"))
    found = []
    for number, amount in enumerate((half, total - half)):
        covered = min(paid, amount)
        paid -= covered
        found.append(
            {
                "number": str(number + 1),
                "due_date": (due + timedelta(days=30 * number)).isoformat(),
                "amount": format(amount, "f"),
                "balance": format(amount - covered, "f"),
            }
        )
    return found


def _paid_before(invoices: list[Row]) -> list[Row]:
    paid = [row for row in invoices if row["status"] != "open"]
    found = [
        {
            "id": _id("payments", number),
            "invoice": row["id"],
            "amount": format(Decimal(row["total"]) - Decimal(row["balance"]), "f"),
            "currency": row["currency"],
            "value_date": (SAMPLE_DAY - timedelta(days=number % 60 + 1)).isoformat(),
            "method": "transfer",
            "reference": f"TRX{700_000 + number}",
            "memo": f"Abono factura {row['document']}",
            "status": "confirmed",
            "channel": "counter",
        }
        for number, row in enumerate(paid)
    ]
    _stamp(found, first=_IMPORTED + timedelta(days=2))
    return found


def _contact(number: int, party: Party, rng: random.Random) -> Row:
    told = _retold(party, rng)
    verified = rng.random() < 0.5
    other = rng.random() < 0.35
    code, start, free = names.MOBILES[party.country]
    seen = to_text(datetime.combine(SAMPLE_DAY, datetime.min.time(), UTC) - timedelta(days=rng.randint(5, 300)))
    return {
        "id": _id("contacts", number),
        "full_name": told["name"],
        "kind": party.kind,
        "tax_id_type": party.tax_id_type,
        "tax_id": told["tax_id"] if rng.random() < 0.75 else None,
        "country": party.country,
        "phone": f"+{code}{start}{rng.randrange(10**free):0{free}d}" if other else party.mobile,
        "phone_verified_at": seen if verified else None,
        "email": party.email if rng.random() < 0.7 else None,
        "email_verified_at": seen if verified and not other else None,
        "street": party.street if rng.random() < 0.5 else None,
        "city": party.city,
        "notes": [{"at": seen, "text": "Pide llamar después de las 18:00."}] if rng.random() < 0.2 else [],
    }


def _retold(party: Party, rng: random.Random) -> Row:
    """The party as another clerk typed it: order, accents and punctuation differ."""
    if party.kind == "organization":
        spelled = rng.choice((party.name, party.name.upper(), unaccented(party.name).upper().replace(".", "")))
    else:
        turned = f"{party.surname_1} {party.surname_2}, {party.given}"
        first = f"{party.given.split()[0]} {party.surname_1}"
        spelled = rng.choice((turned, unaccented(turned).upper(), unaccented(party.name), first))
    bare = "".join(sign for sign in party.tax_id if sign.isalnum())
    return {
        "name": spelled,
        "tax_id": rng.choice((party.tax_id, bare)),
        "mobile": party.mobile,
        "email": party.email,
        "street": party.street,
        "city": party.city,
        "country": party.country,
        "unit": names.UNITS[party.country],
    }


def unaccented(text: str) -> str:
    """The text without accents, Ñ as N, as old systems store it."""
    return "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign))
