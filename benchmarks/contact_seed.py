"""A portfolio with its history of contacts, written straight into PostgreSQL by COPY. For measuring only.

Nothing here goes through the product's own doors: ten million interactions could not in any sensible time. Rows are
those the product would have written, bodies of golden records and debts among them; indexes are dropped before and made
again after. What nothing in a decision reads (provenance, payloads, claims) is short or left out.
"""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.schema import CreateIndex, DropIndex

from concilia import keys
from concilia.clock import to_text
from concilia.store import tables
from concilia.store.unit_of_work import Store

NOW: Final = datetime(2026, 11, 25, 15, tzinfo=UTC)  # a Wednesday, business hours from Mexico City to São Paulo
HISTORY_DAYS: Final = 90
SEEN: Final = to_text(NOW - timedelta(hours=6))
NOBODY: Final = "\\N"
BLOCK: Final = 20_000
FILLED: Final = (
    "run", "run_stream", "golden_debtor", "source_debtor", "match_key", "source_debt", "debt", "party_role",
    "agreement_debt", "interaction", "interaction_debt", "consent", "prohibition", "dispute", "hold",
)  # fmt: skip
# Of twenty debtors; the calling code and the first digit of a mobile there.
COUNTRIES: Final = ("CL",) * 6 + ("MX",) * 4 + ("CO",) * 4 + ("PE",) * 2 + ("BR",) * 2 + ("AR", "EC")
MOBILES: Final = {
    "CL": "+569{:08d}", "MX": "+5255{:08d}", "CO": "+5730{:08d}", "PE": "+519{:08d}", "BR": "+55119{:08d}",
    "AR": "+54911{:08d}", "EC": "+5939{:08d}",
}  # fmt: skip
TAX_IDS: Final = {"CL": "RUT", "MX": "RFC", "CO": "CC", "PE": "DNI", "BR": "CPF", "AR": "CUIT", "EC": "CEDULA"}
CHANNELS: Final = ("voice_agent", "voice_auto", "sms", "whatsapp", "email", "letter")
OUTCOMES: Final = ("delivered", "read", "answered", "no_answer", "busy", "voicemail")
_SCRAMBLE: Final = 0x9E3779B97F4A7C15
_HOURS: Final = tuple(range(12, 22))


@dataclass(frozen=True, slots=True)
class Person:
    """The n-th debtor: everything about it follows from the number."""

    n: int

    @property
    def country(self) -> str:
        """Where it lives."""
        return COUNTRIES[self.n % 20]

    @property
    def golden_id(self) -> str:
        """Its golden record."""
        return keys.golden_id("erp", "cartera", f"K{self.n}", 1)

    @property
    def phone(self) -> str:
        """Its mobile."""
        return MOBILES[self.country].format(self.n)

    @property
    def email(self) -> str:
        """Its mailbox."""
        return f"persona{self.n}@correo.example"

    @property
    def debts(self) -> int:
        """How many debts it has: one to three."""
        return 1 + (self.n % 4 == 0) + (self.n % 20 == 0)

    @property
    def sources(self) -> tuple[tuple[int, str], ...]:
        """Its source debtors: of the ERP, and of the CRM for every third."""
        return ((2 * self.n + 1, "erp"), *(((2 * self.n + 2, "crm"),) if self.n % 3 == 0 else ()))


def debt_id(n: int, k: int = 0) -> str:
    """The k-th debt of the n-th debtor."""
    return keys.debt_id("acme", f"F-{n}-{k}")


def seed(store: Store, *, debtors: int, interactions: int, say: Callable[[str], None] = print) -> None:
    """Fill an empty, migrated database."""
    with store.begin() as tx:
        indexes = [index for name in FILLED for index in tables.metadata.tables[name].indexes]
        for index in indexes:
            tx.execute(DropIndex(index))
        keys_ = list(_primary_keys(tx))
        for name, constraint, _ in keys_:
            tx.execute(text(f"ALTER TABLE {name} DROP CONSTRAINT {constraint}"))
    for name, rows in _everything(debtors, interactions):
        began = time.perf_counter()
        count = _copy(store, name, rows)
        say(f"{name}: {count} rows in {time.perf_counter() - began:.0f} s")
    began = time.perf_counter()
    with store.begin() as tx:
        tx.execute(text("SET LOCAL maintenance_work_mem = '512MB'"))
        for name, constraint, columns in keys_:
            tx.execute(text(f"ALTER TABLE {name} ADD CONSTRAINT {constraint} PRIMARY KEY ({columns})"))
        for index in indexes:
            tx.execute(CreateIndex(index))
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as plain:
        plain.execute(text("VACUUM ANALYZE"))
    say(f"indexes and statistics in {time.perf_counter() - began:.0f} s")


def _primary_keys(tx: Any) -> Iterator[tuple[str, str, str]]:
    for name in FILLED:
        table = tables.metadata.tables[name]
        columns = ", ".join(f'"{column.name}"' for column in table.primary_key)
        sql = "SELECT conname FROM pg_constraint WHERE conrelid = CAST(:t AS regclass) AND contype = 'p'"
        yield name, tx.execute(text(sql), {"t": name}).scalar_one(), columns


def _copy(store: Store, name: str, rows: Iterable[str]) -> int:
    columns = ", ".join(f'"{column.name}"' for column in tables.metadata.tables[name].columns)
    count, block = 0, io.StringIO()
    with store.engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        with raw.cursor() as cursor, cursor.copy(f"COPY {name} ({columns}) FROM STDIN") as copy:
            for row in rows:
                block.write(row)
                block.write("\n")
                count += 1
                if count % BLOCK == 0:
                    copy.write(block.getvalue())
                    block = io.StringIO()
            copy.write(block.getvalue())
        raw.commit()
    return count


def _everything(debtors: int, interactions: int) -> Iterator[tuple[str, Iterator[str]]]:
    people = range(debtors)
    yield "run", iter([_line(1, "sync", "done", SEEN, SEEN, "{}", None, None)])
    yield (
        "run_stream",
        (
            _line(1, connection, stream, 0, 0, 0, 0, 0, 0, 0, "done", None)
            for connection, stream in (("erp", "cartera"), ("crm", "contactos"))
        ),
    )
    yield "golden_debtor", (_golden(Person(n)) for n in people)
    yield (
        "source_debtor",
        (
            _line(number, connection, _stream(connection), f"K{n}", Person(n).golden_id, 0, int(connection == "erp"))
            for n in people
            for number, connection in Person(n).sources
        ),
    )
    yield "match_key", (line for n in people for line in _match_keys(Person(n)))
    yield "source_debt", (_source_debt(n, k) for n in people for k in range(Person(n).debts))
    yield "debt", (_debt(n, k) for n in people for k in range(Person(n).debts))
    # Every twelfth debtor stands beside the debt of the one before it.
    yield (
        "party_role",
        (
            _line(10 * n, 1, 2 * n + 1, "erp", "cartera", f"F-{n - 1}-0", None, "aval", "joint_several")
            for n in range(1, debtors, 12)
        ),
    )
    yield "agreement_debt", (_line(f"a{n}", debt_id(n), 1, 1) for n in range(7, debtors, 40))
    yield "interaction", _interactions(debtors, interactions)
    yield "interaction_debt", (_line(interaction_id(n), debt_id(met(n, debtors))) for n in range(interactions))
    yield "consent", (_consent(n, number) for n in people for number, _ in Person(n).sources if _consents(n))
    yield (
        "prohibition",
        (
            _line(n, 2 * n + 1, "opt_out", "", "", "sms", "", "", SEEN, None, "", "web", SEEN, None, None, None)
            for n in range(3, debtors, 30)
        ),
    )
    yield (
        "dispute",
        (
            _line(n, debt_id(n), "amount", "hold", "open", None, SEEN, "", "", "", None, "", "web", SEEN, *[None] * 4)
            for n in range(11, debtors, 100)
        ),
    )
    yield (
        "hold",
        (
            _line(n, f"debt:{debt_id(n)}", "paid_unposted", SEEN, None, "", "erp", SEEN, None, None, None)
            for n in range(13, debtors, 100)
        ),
    )


def interaction_id(n: int) -> str:
    """The id of the n-th interaction, in no order."""
    return f"i{n * _SCRAMBLE % 2**64:016x}"


def met(n: int, debtors: int) -> int:
    """With whom the n-th interaction was: everybody about as often, in no order."""
    return n * _SCRAMBLE % 2**61 % debtors


def _stream(connection: str) -> str:
    return "cartera" if connection == "erp" else "contactos"


def _golden(person: Person) -> str:
    points = [
        _point("phone", person.phone, person.n, line_type="mobile"),
        _point("email", person.email, person.n),
    ]
    if person.n % 5 == 0:
        points.append(_point("phone", MOBILES[person.country].format(person.n + 50_000_000), person.n))
    fields = {"full_name": f"Persona Número {person.n} Muñoz Ñuñez", "kind": "person"}
    fields |= {"residence_country": person.country} if person.n % 2 else {}
    number = {"country": person.country, "type": TAX_IDS[person.country], "value": f"{person.n:09d}"}
    identifiers = [{**number, "verdict": "valid_checksum", "sources": [_said(person.n, f"{person.n:09d}")]}]
    body = json.dumps(
        {"contact_points": points, "fields": fields, "identifiers": identifiers}, ensure_ascii=False, sort_keys=True
    )
    winner = {"rule": "weighted", "winner": _said(person.n, fields["full_name"]), "losers": []}
    provenance = json.dumps({"full_name": winner}, ensure_ascii=False)
    search = f"PERSONA NUMERO {person.n} MUNOZ NUNEZ {person.phone}"
    first = person.sources[0][0]
    return _line(person.golden_id, "active", None, first, person.n + 1, None, 1, body, provenance, search, SEEN, SEEN)


def _point(kind: str, value: str, n: int, **more: str) -> dict[str, Any]:
    plain = {"type": kind, "value": value, "match_key": value, "raw": value, "reason": "well formed", **more}
    return {**plain, "verdict": "valid_format_only", "sources": [_said(n, value)]}


def _said(n: int, raw: str) -> dict[str, Any]:
    place = {"connection": "erp", "stream": "cartera", "external_id": f"K{n}", "received_at": SEEN}
    return {**place, "raw": raw, "source_updated_at": None, "trust": 50, "verified_at": None}


def _match_keys(person: Person) -> Iterator[str]:
    for number, _ in person.sources:
        yield _line(f"phone:{person.phone}", number)
        yield _line(f"email:{person.email}", number)


def _source_debt(n: int, k: int) -> str:
    body = json.dumps({"fields": {"balance": "150000", "document": f"F-{n}-{k}"}, "instalments": []})
    return _line(
        3 * n + k + 1, n, "erp", "cartera", f"F-{n}-{k}", body, "acme", "cartera", f"K{n}", 2 * n + 1, debt_id(n, k),
        0, None, f"F-{n}-{k}", SEEN, None,
    )  # fmt: skip


def _debt(n: int, k: int) -> str:
    status = "settled" if (n + k) % 10 == 0 else "under_agreement" if n % 40 == 7 and k == 0 else "open"
    due = "2026-12-20" if n % 25 == 1 else "2026-10-01"
    fields = {"balance": "150000", "document": f"F-{n}-{k}", "due_date": due, "stage": "early"}
    parts = [{"number": i, "due_date": due, "balance": "50000"} for i in (1, 2, 3)] if n % 6 == 0 else []
    body = json.dumps({"fields": fields, "instalments": parts})
    return _line(
        debt_id(n, k), "acme", "erp", 3 * n + k + 1, 2 * n + 1, f"F-{n}-{k}", "CLP", "150000", "150000", status, due,
        body, 1, SEEN,
    )  # fmt: skip


def _consents(n: int) -> bool:
    return Person(n).country == "CO" or n % 10 == 0


def _consent(n: int, debtor: int) -> str:
    return _line(n, debtor, "granted", "", "", "", "", "2026-01-02T10:00:00.000000+00:00", None, *[""] * 3, "web", SEEN)


def _interactions(debtors: int, count: int) -> Iterator[str]:
    numbers = [str(2 * n + 1) for n in range(debtors)]
    days = [(NOW - timedelta(days=n)).date().isoformat() for n in range(HISTORY_DAYS, -1, -1)]
    last = len(days) - 1
    for n in range(count):
        at = f"{days[n * last // count]}T{_HOURS[n % 10]}:{n % 60:02d}:{n % 59:02d}.{n % 1000:03d}000+00:00"
        inbound = n % 12 == 0
        yield "\t".join(
            (
                interaction_id(n), numbers[met(n, debtors)], "{}", "inbound" if inbound else "outbound",
                CHANNELS[n % 6], "service_reply" if inbound else "collection", "debtor" if inbound else "agent",
                str(n % 400), "acme", at, at, at, at, OUTCOMES[n * 7 % 6], "unknown", NOBODY, "phone",
                NOBODY, NOBODY, "c-11", NOBODY, NOBODY, NOBODY, f"x{n}", "dialer", "{}", at,
            )
        )  # fmt: skip


def _line(*values: object) -> str:
    return "\t".join(NOBODY if value is None else str(value).replace("\\", "\\\\") for value in values)
