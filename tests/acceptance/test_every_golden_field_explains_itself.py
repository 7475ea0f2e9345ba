"""Every field of every golden record says who won, over whom, when each was said, and by which rule.

The winners are computed here a second time, from the rules as they are documented and not with the product's code,
over a random portfolio of three systems that contradict each other. `CONCILIA_TEST_SEED` replays a failure.
"""

from __future__ import annotations

import csv
import os
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from admin_api.bootstrap import open_hub
from concilia.clock import fixed_clock
from concilia.settings import Settings
from sync import actions
from sync.hub import Hub
from tests import worlds
from tests.conftest import OpenHub
from tests.worlds import dotted, rut

SEED = int(os.environ.get("CONCILIA_TEST_SEED", "20261122"))
TRUST = {"erp": 90, "crm": 60, "old": 30}
DAYS = (datetime(2026, 11, 21, 9, 30, tzinfo=UTC), datetime(2026, 11, 22, 18, 0, 0, 250, tzinfo=UTC))
MOMENTS = (
    "",
    "",
    "2026-03-01T10:00:00Z",
    "2026-03-01T10:00:00Z",
    "2026-07-15T00:00:00-04:00",
    "2026-10-31T23:59:59.5Z",
)
AFTER_ALL, BEFORE_ALL = "2026-11-20T08:00:00Z", "2020-01-01T00:00:00Z"
PLACEHOLDERS = ("66.666.666-6", "11111111-1", "55555555-5", "0", "")

# The rules of docs and workspace: what each field is decided by, unless the workspace says otherwise.
RULES = {
    "kind": "most_trusted", "full_name": "weighted", "given_names": "weighted", "surname_1": "weighted",
    "surname_2": "weighted", "legal_name": "weighted", "trade_name": "weighted",
    "birth_date": "most_frequent", "deceased_at": "most_recent", "language": "weighted",
    "residence_country": "weighted", "residence_subdivision": "weighted", "consumer": "most_trusted",
    "active": "most_recent",
}  # fmt: skip
HALF_LIVES = {
    "full_name": 1825, "given_names": 1825, "surname_1": 1825, "surname_2": 1825, "legal_name": 1825,
    "trade_name": 1095, "language": 1825, "residence_country": 730, "residence_subdivision": 365,
}  # fmt: skip
DECLARED = {
    "full_name": "most_recent", "birth_date": "most_trusted", "kind": "most_frequent", "active": "most_frequent",
    "trade_name": "most_recent_verified", "given_names": "most_trusted",
}  # fmt: skip
QUICK = {"surname_1": 60}  # half-lives declared beside them
COLUMNS = ("id", "code", "rut", *RULES, "phone", "phone_verified_at", "email", "email_verified_at", "updated_at")
CHOICES = {
    "kind": ("person", "person", "organization"),
    "given_names": ("Ana", "José", "Íñigo", "Begoña", ""),
    "surname_1": ("Muñoz", "Peña", "Soto", ""),
    "surname_2": ("Núñez", "Rojas", ""),
    "legal_name": ("", "", "Comercial Ñandú", "Transportes del Sur"),
    "trade_name": ("", "", "El Ñandú", "Donde Ana"),
    "birth_date": ("", "1980-02-29", "1980-02-28", "1975-12-01"),
    "deceased_at": ("", "", "", "2026-01-05", "2026-01-06"),
    "language": ("", "es", "arn", "qu"),
    "residence_country": ("", "CL", "AR", "PE"),
    "residence_subdivision": ("", "RM", "Ñuble", "Biobío"),
    "consumer": ("", "consumer", "business", "unknown"),
    "active": ("", "true", "false"),
}
NAMES = ("Ana Muñoz Núñez", "ANA MUÑOZ", "Ana María Muñoz", "José Peña Rojas", "Comercial Ñandú SpA", "Íñigo Soto", "")

Cells = dict[str, str]
Source = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Said:
    """One value as one row states it: the value, who says it and when, and how it was written."""

    value: str
    source: Source
    updated_at: str | None
    received_at: str
    verified_at: str | None = None
    raw: str = ""

    @property
    def trust(self) -> int:
        return TRUST[self.source[0]]


@dataclass(frozen=True, slots=True)
class Row:
    """One row as the hub holds it, and when it received it."""

    connection: str
    cells: Cells
    received: datetime

    @property
    def source(self) -> Source:
        return (self.connection, "people", self.cells["code"])

    def said(self, value: str, *, raw: str = "", verified: str = "") -> Said:
        moment = instant(self.cells["updated_at"])
        return Said(
            value, self.source, moment, self.received.isoformat(timespec="microseconds"), instant(verified), raw
        )


def instant(text: str) -> str | None:
    """A moment as the hub writes moments: UTC with microseconds."""
    return datetime.fromisoformat(text).astimezone(UTC).isoformat(timespec="microseconds") if text else None


# The portfolio.


def first_day(chance: random.Random) -> dict[str, list[Cells]]:
    """Three systems that know some of 300 parties, the ERP by several rows each."""
    found: dict[str, list[Cells]] = {name: [] for name in TRUST}
    for party in range(300):
        for connection, share in (("erp", 0.7), ("crm", 0.6), ("old", 0.5)):
            for _ in range(chance.choice((1, 1, 2)) if chance.random() < share else 0):
                code = f"{connection}-{len(found[connection]):04d}"
                tax_id = written(chance, party)
                for _ in range(chance.choice((1, 1, 2, 3)) if connection == "erp" else 1):
                    found[connection].append(
                        _row(chance, party, code=code, number=len(found[connection]), tax_id=tax_id)
                    )
    return found


def second_day(chance: random.Random, first: dict[str, list[Cells]]) -> dict[str, list[Cells]]:
    """Some rows again: with a newer moment they count, with an older one they do not. And some rows nobody had."""
    found: dict[str, list[Cells]] = {}
    for connection, rows in first.items():
        again = chance.sample(rows, 25)
        found[connection] = [
            {**_row(chance, chance.randrange(300), code=r["code"], number=0, tax_id=r["rut"]), "id": r["id"],
             "updated_at": AFTER_ALL if n % 3 else BEFORE_ALL if r["updated_at"] else AFTER_ALL}
            for n, r in enumerate(again)
        ]  # fmt: skip
        for number in range(10):
            party = chance.randrange(300)
            row = _row(chance, party, code=f"{connection}-new{number}", number=number, tax_id=written(chance, party))
            found[connection].append({**row, "id": f"new{number}"})
    return found


def body_of(party: int) -> int:
    return 5_000_000 + 271_003 * party  # some of them in the range of organizations


def written(chance: random.Random, party: int) -> str:
    """The party's RUT in one of its notations, or with a wrong check digit, or a stand-in for none."""
    valid = rut(body_of(party))
    wrong = valid[:-1] + ("1" if valid[-1] != "1" else "2")
    return chance.choice(
        (valid, dotted(valid), valid.replace("-", ""), valid, dotted(valid), wrong, *PLACEHOLDERS[:3], "")
    )


def _row(chance: random.Random, party: int, *, code: str, number: int, tax_id: str) -> Cells:
    mobile = 961_000_000 + 7 * (party if chance.random() < 0.8 else chance.randrange(60))
    local = str(mobile)
    phone = chance.choice((local, f"+56 {local[0]} {local[1:5]} {local[5:]}", f"56{local}", "", "999999999"))
    domain = chance.choice(("clientes.cl", "Clientes.CL"))
    email = chance.choice((f"persona{party}@{domain}", f"casa{party % 50}@{domain}", "", "no@tiene.com"))
    cells = {name: chance.choice(choices) for name, choices in CHOICES.items()}
    return {
        "id": f"r{number}", "code": code, "rut": tax_id, "full_name": chance.choice(NAMES), **cells,
        "phone": phone, "phone_verified_at": chance.choice(("", "", "2026-05-05T12:00:00Z", "2026-06-06T12:00:00Z")),
        "email": email, "email_verified_at": chance.choice(("", "", "2026-05-05T12:00:00Z")),
        "updated_at": chance.choice(MOMENTS),
    }  # fmt: skip


def held(first: dict[str, list[Cells]], second: dict[str, list[Cells]]) -> list[Row]:
    """What the hub must hold after both days: of each row its newest version, since the day that one came."""
    found: dict[tuple[str, str], Row] = {}
    for day, files in zip(DAYS, (first, second), strict=True):
        for connection, rows in files.items():
            for cells in rows:
                if cells["updated_at"] != BEFORE_ALL:
                    found[connection, cells["id"]] = Row(connection, cells, day)
    return list(found.values())


# The workspace.


def workspace(folder: Path, declared: dict[str, str]) -> Path:
    connections = "".join(
        f"  {name}:\n    connector: files\n    settings: {{path: {name}, encoding: utf-8, delimiter: ','}}\n"
        f"    country: CL\n    trust: {trust}\n    streams:\n"
        '      people: {file: "*.csv", key: [id], cursor: updated_at, map: people.yaml}\n'
        for name, trust in TRUST.items()
    )
    quick = "".join(f"  {name}: {{half_life: {days}}}\n" for name, days in QUICK.items())
    survivorship = "".join(f"  {name}: {rule}\n" for name, rule in declared.items()) + quick
    text = f"version: 1\nconnections:\n{connections}" + (f"survivorship:\n{survivorship}" if declared else "")
    (folder / "concilia.yaml").write_text(text, encoding="utf-8")
    fields = "".join(f"    {name}: {name}\n" for name in RULES)
    (folder / "people.yaml").write_text(
        f"entities:\n- entity: debtor\n  key: [code]\n  fields:\n    tax_id: rut\n{fields}  contact_points:\n"
        "  - {type: phone, from: phone, verified_at: {from: phone_verified_at}}\n"
        "  - {type: email, from: email, verified_at: {from: email_verified_at}}\n",
        encoding="utf-8",
    )
    for name in TRUST:
        (folder / name).mkdir()
    return folder


def write(folder: Path, name: str, files: dict[str, list[Cells]]) -> None:
    for connection, rows in files.items():
        with (folder / connection / name).open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(rows)


@dataclass(frozen=True, slots=True)
class Synced:
    """A hub after two days, what its systems said, and the golden id of every source debtor."""

    hub: Hub
    rows: list[Row]
    golden_of: dict[Source, str]
    rules: dict[str, str]
    half_lives: dict[str, int]

    def clusters(self) -> Iterator[tuple[str, list[Row]]]:
        """Each golden id with the rows of its source debtors."""
        found: dict[str, list[Row]] = defaultdict(list)
        for row in self.rows:
            found[self.golden_of[row.source]].append(row)
        yield from found.items()


@pytest.fixture(
    scope="module",
    params=[(dialect, declared) for dialect in ("sqlite", "postgresql") for declared in ({}, DECLARED)],
    ids=lambda made: f"{made[0]}, {'declared' if made[1] else 'default'} rules",
)
def synced(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synced]:
    """The same portfolio for all tests here, on both databases, under the default rules and under declared ones."""
    dialect, declared = request.param
    database_url = None
    if dialect == "postgresql":
        server, name = request.getfixturevalue("postgres_server"), f"explained{len(declared)}"
        server.psql(f"CREATE DATABASE {name}")
        database_url = str(server.get_uri(name))
    chance = random.Random(SEED)
    first = first_day(chance)
    second = second_day(chance, first)
    folder = workspace(tmp_path_factory.mktemp("explained"), declared)
    for day, name, files in ((DAYS[0], "day1.csv", first), (DAYS[1], "day2.csv", second)):
        write(folder, name, files)
        hub = open_hub(Settings(folder, database_url, {}), clock=fixed_clock(day))
        report = actions.run(hub, [])
        assert report.exit_code == 0
        assert not actions.quarantined(hub), "every row of this portfolio can be used"
        if day is DAYS[0]:
            hub.store.close()
    golden_of = {
        (r["connection"], r["stream"], r["external_id"]): r["golden_id"] for r in actions.export(hub, "crosswalk")
    }
    half_lives = {**HALF_LIVES, **(QUICK if declared else {})}
    yield Synced(hub, held(first, second), golden_of, {**RULES, **declared}, half_lives)
    hub.store.close()


# The rules, a second time.

Measure = Callable[[Said], Any]


def best(statements: Sequence[Said], rule: str, half_life: int = 0) -> Said:
    """The survivor: the rule's own measure first, then verified, trust, time of change, and the source's name.

    Two rows of one source debtor that are equal in all of this are told apart by the value itself.
    """
    votes = Counter(value for value, _ in {(s.value, s.source) for s in statements})
    days = {s: datetime.fromisoformat(s.updated_at).toordinal() for s in statements if s.updated_at}
    ages = {s: max(days.values()) - days.get(s, min(days.values())) if days else 0 for s in statements}
    own: dict[str, list[Measure]] = {
        "most_trusted": [lambda s: s.trust],
        "most_recent": [lambda s: s.updated_at or ""],
        "most_recent_verified": [lambda s: s.verified_at or "", lambda s: s.updated_at or ""],
        "most_frequent": [lambda s: votes[s.value]],
        "weighted": [lambda s: bool(s.verified_at), lambda s: s.trust * 0.5 ** (ages[s] / half_life)],
        "union": [],
    }
    ties: list[Measure] = [lambda s: bool(s.verified_at), lambda s: s.trust, lambda s: s.updated_at or ""]
    running = list(statements)
    for measure in (*own[rule], *ties):
        most = max(map(measure, running))
        running = [s for s in running if measure(s) == most]
    return min(running, key=lambda s: (s.source, s.value, s.received_at))


def statements_of(rows: Iterable[Row], field: str) -> list[Said]:
    return [row.said(text) for row in rows if (text := stated(row.cells, field))]


def stated(cells: Cells, field: str) -> str:
    """What a row says of a field: a full name that is missing is made of its parts, or is the legal name."""
    if field == "full_name" and not cells["full_name"]:
        parts = [cells[name] for name in ("given_names", "surname_1", "surname_2") if cells[name]]
        return " ".join(parts) or cells["legal_name"]
    return cells[field]


def valid_rut(cells: Cells) -> str | None:
    """The canonical RUT when its check digit agrees and it is nobody's stand-in; computed from the digits alone."""
    plain = cells["rut"].replace(".", "").replace("-", "").upper()
    if len(plain) < 8 or len(set(plain[:-1])) == 1:
        return None
    return plain if rut(int(plain[:-1])).replace("-", "") == plain else None


def reached_by(cells: Cells) -> Iterator[tuple[str, str, str, str]]:
    """Type, canonical value, as written, verified at, of each usable contact point of a row."""
    digits = cells["phone"].replace("+", "").replace(" ", "").removeprefix("56")
    if digits and digits != "999999999":
        yield "phone", f"+56{digits}", cells["phone"], cells["phone_verified_at"]
    if cells["email"] and cells["email"] != "no@tiene.com":
        yield "email", cells["email"].lower(), cells["email"], cells["email_verified_at"]


# What the product says, in the same words.


def told(found: dict[str, Any], *, raw: bool = False) -> Said:
    assert found["trust"] == TRUST[found["connection"]]
    return Said(
        found.get("value", ""),
        (found["connection"], found["stream"], found["external_id"]),
        found["source_updated_at"],
        found["received_at"],
        found["verified_at"],
        found["raw"] if raw else "",
    )


def test_every_field_has_the_winner_the_losers_and_the_rule_that_its_sources_imply(synced: Synced) -> None:
    compared = 0
    for golden_id, rows in synced.clusters():
        fields = actions.provenance(synced.hub, golden_id)["fields"]
        body = actions.debtor(synced.hub, golden_id).body
        for name, rule in synced.rules.items():
            expected = statements_of(rows, name)
            where = f"{name} of {golden_id}, seed {SEED}"
            if not expected:
                assert name not in fields, where
                assert body.get(name) is None, where
                continue
            entry, winner = fields[name], best(expected, rule, synced.half_lives.get(name, 0))
            assert told(entry["winner"]) == winner, where
            assert body[name] == winner.value, where
            losers = Counter(expected) - Counter([winner])
            assert Counter(map(told, entry["losers"])) == losers, where
            assert all(loser["why"] for loser in entry["losers"]), where
            assert (entry["rule"], bool(entry["sentence"])) == (rule, True), where
            compared += 1
        assert set(fields) - {"tax_id"} <= set(RULES)
    assert compared > 2500


def test_identifiers_are_all_kept_with_everybody_who_states_them(synced: Synced) -> None:
    for golden_id, rows in synced.clusters():
        found = actions.provenance(synced.hub, golden_id)
        expected: dict[str, list[Said]] = defaultdict(list)
        for row in rows:
            if value := valid_rut(row.cells):
                expected[value].append(row.said("", raw=row.cells["rut"]))
        said = {i["value"]: Counter(told(s, raw=True) for s in i["sources"]) for i in found["identifiers"]}
        assert said == {value: Counter(group) for value, group in expected.items()}, f"{golden_id}, seed {SEED}"
        entry = found["fields"].get("tax_id")
        assert (entry is None) is (not expected)
        if entry is not None:
            (value, group), *others = expected.items()
            assert not others
            winner = best(group, "union")
            assert told(entry["winner"]) == Said(value, winner.source, winner.updated_at, winner.received_at)
            assert entry["rule"] == "union"


def test_contact_points_are_the_union_of_all_with_all_their_sources(synced: Synced) -> None:
    several = 0
    for golden_id, rows in synced.clusters():
        expected: dict[tuple[str, str], list[Said]] = defaultdict(list)
        for row in rows:
            for type_, value, raw, verified in reached_by(row.cells):
                expected[type_, value].append(row.said("", raw=raw, verified=verified))
        points = actions.provenance(synced.hub, golden_id)["contact_points"]
        where = f"{golden_id}, seed {SEED}"
        # A verified value that its source changed or dropped is kept, and what came instead waits for a word.
        changes = actions.debtor(synced.hub, golden_id).body["contact_changes"]
        kept = {(change["type"], change["old"]["value"]) for change in changes}
        waits = {(change["type"], change["new"]["value"]) for change in changes if change["new"]}
        stand = (expected.keys() - waits) | kept
        assert Counter((p["type"], p["value"]) for p in points) == Counter(stand), where
        for point in points:
            group = expected.get((point["type"], point["value"]), [])
            stated = [s for s in point["sources"] if s["connection"] != "hub"]
            assert Counter(told(s, raw=True) for s in stated) == Counter(group), where
            if len(stated) == len(point["sources"]):
                verified_at = max((s.verified_at for s in group if s.verified_at), default=None)
                assert point.get("verified_at") == verified_at, where
            several += len(group) > 1
    assert several > 50


def test_whoever_shares_a_valid_tax_id_is_one_and_placeholders_make_nobody_one(synced: Synced) -> None:
    valid, reached, born = defaultdict(set), defaultdict(set), defaultdict(set)
    by_source: dict[Source, list[Row]] = defaultdict(list)
    for row in synced.rows:
        by_source[row.source].append(row)
        if number := valid_rut(row.cells):
            valid[row.source].add(number)
        reached[row.source] |= {(type_, value) for type_, value, _, _ in reached_by(row.cells)}
        born[row.source] |= {row.cells["birth_date"][:9]} - {""}  # one slip in the last digit is still a word for it
    assert set(by_source) == set(synced.golden_of), "every source debtor has a golden record"
    members: dict[str, list[Source]] = defaultdict(list)
    for source, golden_id in synced.golden_of.items():
        members[golden_id].append(source)
    holders: dict[str, set[str]] = defaultdict(set)
    for source, numbers in valid.items():
        assert len(numbers) == 1
        holders[next(iter(numbers))].add(synced.golden_of[source])
    assert all(len(goldens) == 1 for goldens in holders.values()), f"seed {SEED}"
    assert len(holders) > 150
    for group in members.values():
        assert len({number for source in group for number in valid[source]}) <= 1, f"{group}, seed {SEED}"
        if not any(_of_a_company(row) for source in group for row in by_source[source]):
            assert _connected(group, valid, reached, born), f"{group} have nothing but names in common, seed {SEED}"
    merged = sum(len(group) > 1 for group in members.values())
    assert merged > 80
    nameless = [
        s for s, rows in by_source.items() if not valid[s] and any(r.cells["rut"] in PLACEHOLDERS for r in rows)
    ]
    assert len(nameless) > 100


def _of_a_company(row: Row) -> bool:
    """Whether a row may be about a company, whose name may be enough."""
    return "SpA" in row.cells["full_name"] or bool(row.cells["legal_name"]) or row.cells["kind"] == "organization"


def _connected(
    group: Sequence[Source],
    valid: dict[Source, set[str]],
    reached: dict[Source, set[tuple[str, str]]],
    born: dict[Source, set[str]],
) -> bool:
    """Whether shared valid tax ids, contact points and dates of birth hold the group together."""
    home = {source: source for source in group}

    def root(source: Source) -> Source:
        while home[source] != source:
            source = home[source]
        return source

    for left, right in combinations(group, 2):
        if any(said[left] & said[right] for said in (valid, reached, born)):
            home[root(left)] = root(right)
    return len({root(source) for source in group}) == 1


@pytest.mark.parametrize("stand_in", ["66.666.666-6", "11111111-1", "0", "SIN RUT", "s/n", "-", "no tiene"])
def test_people_written_under_one_stand_in_are_not_one_debtor(
    tmp_path: Path, database_url: str | None, opened: OpenHub, stand_in: str
) -> None:
    folder = worlds.workspace(tmp_path)
    people = (("F-1", "Pedro Soto Rojas"), ("F-2", "María Díaz Peña"))
    worlds.write_cartera(
        folder, [(n, stand_in, name, "", "", "1.000", "15-10-2026", "2026-11-01T10:00:00") for n, name in people]
    )
    hub = opened(folder, database_url=database_url)
    actions.run(hub, [])
    assert sorted(row["full_name"] for row in actions.export(hub, "golden")) == ["María Díaz Peña", "Pedro Soto Rojas"]
    assert len({row["golden_id"] for row in actions.export(hub, "debts")}) == 2
