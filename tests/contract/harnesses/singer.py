"""A tap and a target of our own, over one file of rows, as a peer of the conformance suite.

The tap goes on behind the number of the last change it told; the target keeps each record under its key.
"""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from concilia.vault import Secret
from connectors.contract import AgreementOrder, Operation, Order, PaymentOrder, ReversalOrder, StreamRequest
from connectors.singer_target import connect
from connectors.testing import Harness, Reading, Signing, Writing

Key = tuple[str, ...]
COLUMNS = {
    "id": {"type": "string"}, "nombre": {"type": ["null", "string"]}, "saldo": {"type": ["null", "number"]},
    "vence": {"type": ["null", "string"], "format": "date"}, "nota": {"type": ["null", "string"]},
}  # fmt: skip
CATALOG = {"streams": [{"tap_stream_id": "clientes", "stream": "clientes", "schema": {"properties": COLUMNS},
                        "key_properties": ["id"], "metadata": []}]}  # fmt: skip
TAP = f"""#!{sys.executable} -SE
import json, os, sys
here = os.path.dirname(os.path.abspath(__file__))
given = dict(zip(sys.argv[1::2], sys.argv[2::2]))
if json.load(open(given["--config"])).get("token") != "bueno":
    sys.exit("the token is not known")
if "--discover" in sys.argv:
    print(open(os.path.join(here, "catalog.json")).read())
    sys.exit()
seen = json.load(open(given["--state"]))["seen"] if "--state" in given else 0
catalog = json.load(open(given["--catalog"]))["streams"][0]
print(json.dumps({{"type": "SCHEMA", "stream": "clientes", "schema": catalog["schema"], "key_properties": ["id"]}}))
rows = json.load(open(os.path.join(here, "rows.json")))
for number, row in sorted((row.pop("change"), row) for row in rows if row["change"] > seen):
    row = {{name: row[name] for name in row if name in catalog["schema"]["properties"]}}
    print(json.dumps({{"type": "RECORD", "stream": "clientes", "record": row}}))
    print(json.dumps({{"type": "STATE", "value": {{"seen": number}}}}))
"""
TARGET = f"""#!{sys.executable} -SE
import fcntl, json, os, sys
here = os.path.dirname(os.path.abspath(__file__))
for line in sys.stdin:
    message = json.loads(line)
    if message["type"] == "SCHEMA":
        key = message["key_properties"][0]
    elif message["type"] == "RECORD":
        with open(os.path.join(here, "told.json"), "a+") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            told = json.loads(file.read() or "{{}}")
            told.setdefault(message["stream"], {{}})[message["record"][key]] = message["record"]
            file.truncate(0)
            file.write(json.dumps(told))
    elif message["type"] == "STATE":
        print(json.dumps(message["value"]), flush=True)
"""


@dataclass
class Peer:
    """What somebody does to the rows, and what the target was told."""

    folder: Path
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def rows(self) -> list[dict[str, Any]]:
        path = self.folder / "rows.json"
        found: list[dict[str, Any]] = json.loads(path.read_text("utf-8")) if path.exists() else []
        return found

    def save(self, rows: list[dict[str, Any]]) -> None:
        (self.folder / "rows.json").write_text(json.dumps(rows), encoding="utf-8")

    def catalog(self, columns: dict[str, Any]) -> None:
        (entry,) = CATALOG["streams"]
        told = {"streams": [{**entry, "schema": {"properties": columns}}]}
        (self.folder / "catalog.json").write_text(json.dumps(told), encoding="utf-8")

    def keys(self) -> set[Key]:
        return {(row["id"],) for row in self.rows()}

    def insert(self, count: int, _: datetime | None) -> list[Key]:
        made = [self.row(f"C-{next(self.numbers):06d}") for _ in range(count)]
        self.save([*self.rows(), *made])
        return [(row["id"],) for row in made]

    def row(self, key: str, **given: Any) -> dict[str, Any]:
        fields = {"id": key, "nombre": "Peñaloza Ñ", "saldo": 10.5, "vence": "2026-12-01", "nota": "x"}
        return {**fields, "change": next(self.numbers), **given}

    def insert_text(self, text: str) -> tuple[Key, str]:
        made = self.row(f"T-{next(self.numbers):06d}", nombre=text)
        self.save([*self.rows(), made])
        return (made["id"],), "nombre"

    def update(self, key: Key) -> None:
        changed = {"saldo": next(self.numbers), "change": next(self.numbers)}
        self.save([{**row, **changed} if row["id"] == key[0] else row for row in self.rows()])

    def delete(self, key: Key) -> None:
        self.save([row for row in self.rows() if row["id"] != key[0]])

    @contextmanager
    def drifted(self, column: str, schema: dict[str, Any] | None) -> Iterator[str]:
        """Inside, the tap has the column no more, or of another type."""
        others = {name: said for name, said in COLUMNS.items() if name != column}
        self.catalog({**others, **({} if schema is None else {column: schema})})
        try:
            yield column
        finally:
            self.catalog(COLUMNS)

    def told(self, stream: str, reference: str) -> int:
        path = self.folder / "told.json"
        found = json.loads(path.read_text("utf-8")) if path.exists() else {}
        return int(reference in found.get(stream, {}))


def _payment(reference: str) -> Order:
    return PaymentOrder(key=reference, debt="D-1", amount="1000", unit="CLP", value_date="2026-11-20",
                        method="transfer", reference=reference)  # fmt: skip


def _reversal(reference: str) -> Order:
    return ReversalOrder(key=reference, debt="D-1", amount="1000", unit="CLP", value_date="2026-11-20",
                         reference=reference, payment="p1.1")  # fmt: skip


def _agreement(reference: str) -> Order:
    return AgreementOrder(key=reference, reference=reference, agreement="a1", happening="recorded", debt="D-1",
                          debtor="5", kind="promise", state="active", amount="10", unit="CLP",
                          agreed_on="2026-11-20")  # fmt: skip


_ENDS = "a target refuses by ending, and what it did before is not known"
_SAYS = "a tap says in its own words why it failed; no program can tell a wrong token from anything else"
_ASKED = "Singer has no question: what a target holds cannot be looked up, nor whether it was there before"


@contextmanager
def harness(folder: Path) -> Iterator[Harness]:
    """A folder of this machine."""
    for name, text in (("tap", TAP), ("target", TARGET)):
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    peer = Peer(folder)
    peer.catalog(COLUMNS)
    peer.insert(3, None)
    yield Harness(
        name="crm",
        connect=connect,
        settings={
            "executable": "target",
            "upserts": True,
            "config": {"token": Secret("bueno")},
            "tap": {"executable": "tap", "config": {"token": Secret("bueno")}},
        },
        folder=str(folder),
        reading=Reading(
            stream=StreamRequest("clientes", key=("id",), sweep="off"),
            keys=peer.keys,
            insert=peer.insert,
            update=peer.update,
            delete=peer.delete,
            insert_text=peer.insert_text,
            late="a tap decides by itself what it tells when; ours tells by the number of the change",
            stamped="it is read by the tap's own state and not by stamps",
            page_size=1000,
            small_pages={},
            drifts={
                "vanished": lambda: peer.drifted("nota", None),
                "retyped": lambda: peer.drifted("nombre", {"type": "integer"}),
            },
        ),
        writing={
            Operation.REGISTER_PAYMENT: Writing(_payment, lambda order: peer.told("payments", order.reference), _ENDS),
            Operation.REGISTER_REVERSAL: Writing(
                _reversal, lambda order: peer.told("reversals", order.reference), _ENDS
            ),
            Operation.RECORD_AGREEMENT: Writing(
                _agreement, lambda order: peer.told("agreements", order.reference), _ENDS
            ),
        },
        signing=Signing(
            wrong=_SAYS,
            unreachable="a program is no address: where there is none, the settings are refused",
            forbidden=_SAYS,
            secrets=("bueno",),
        ),
        network="it speaks no HTTP: the program it runs does",
        tested_against="a tap and a target of this suite",
        waived={
            "an_order_told_twice_has_one_effect": _ASKED,
            "what_was_written_is_found_by_our_reference": _ASKED,
        },
    )
