"""Taps and targets behind the hub: what lands, what is kept apart, what a killed sync leaves, what is written back."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from connectors.contract import ConnectionSettings, Operation, PaymentOrder, Receipt
from connectors.singer_target import connect
from sync import actions
from sync.hub import Hub
from tests.conftest import OpenHub, load_peer
from tests.unit.connectors.singer_programs import python, written_by
from tests.worlds import rut

ROOT = Path(__file__).resolve().parents[2]
WORKSPACE = """\
version: 1
connections:
  crm:
    connector: {connector}
    settings: {settings}
    country: CL
    creditor: acme
    push: {{payments: {pays}}}
    streams:
      facturas: {{key: [id], sweep: "off", map: facturas.yaml}}
creditors:
  acme: {{owner: crm, name: Acme S.A.}}
"""
FACTURAS = """\
entities:
- {entity: debtor, key: [rut], fields: {tax_id: rut, full_name: nombre}}
- {entity: debt, key: [id], debtor: [rut], fields: {balance: saldo, document: id, due_date: vence}}
"""
COLUMNS = {
    "id": {"type": "integer"}, "rut": {"type": "string"}, "nombre": {"type": "string"},
    "saldo": {"type": ["number", "null"]}, "vence": {"type": "string", "format": "date"},
}  # fmt: skip
SCHEMA = {"type": "SCHEMA", "stream": "facturas", "schema": {"properties": COLUMNS}, "key_properties": ["id"]}
CATALOG = {"streams": [{"tap_stream_id": "facturas", "stream": "facturas", "schema": {"properties": COLUMNS},
                        "key_properties": ["id"], "metadata": []}]}  # fmt: skip


def invoice(number: int, **given: Any) -> dict[str, Any]:
    fields = {"id": number, "rut": rut(10_000_000 + number * 13), "nombre": f"Begoña Ñúñez {number}",
              "saldo": 1000 + number, "vence": "2026-12-01"}  # fmt: skip
    return {**fields, **given}


def told(number: int, **given: Any) -> dict[str, Any]:
    return {"type": "RECORD", "stream": "facturas", "record": invoice(number, **given)}


def state(number: int) -> dict[str, Any]:
    return {"type": "STATE", "value": {"bookmarks": {"facturas": {"seen": number}}}}


def workspace(folder: Path, settings: dict[str, Any], *, connector: str = "singer_tap", pays: bool = False) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    written = WORKSPACE.format(connector=connector, settings=json.dumps(settings), pays=str(pays).lower())
    (folder / "concilia.yaml").write_text(written, encoding="utf-8")
    (folder / "facturas.yaml").write_text(FACTURAS, encoding="utf-8")
    return folder


def landed(hub: Hub) -> set[str]:
    with hub.store.read() as tx:
        return {row[0] for row in tx.execute(text("SELECT key FROM source_record"))}


def bookmark(hub: Hub) -> int:
    """How many records the bookmark says are done."""
    with hub.store.read() as tx:
        found = tx.execute(text("SELECT cursor FROM bookmark")).scalar()
    return 0 if found is None else int(json.loads(found)["bookmarks"]["facturas"]["seen"])


def test_ninety_nine_land_and_one_waits_with_its_reason(
    tmp_path: Path, database_url: str | None, opened: OpenHub
) -> None:
    records = [told(n) for n in range(1, 101)]
    records[36] = told(37, saldo="treinta y siete")
    written_by(workspace(tmp_path, {"executable": "tap"}), [SCHEMA, *records, state(100)], catalog=CATALOG)
    hub = opened(tmp_path, database_url=database_url)
    actions.apply(hub)
    report = actions.run(hub, [], push=False)
    assert report.exit_code == 0, report.failures
    (run,) = actions.latest_runs(hub, limit=1)
    (stream,) = run.streams
    assert (stream.read, stream.applied, stream.quarantined) == (100, 99, 1)
    (waiting,) = actions.quarantined(hub)
    assert (waiting["key"], waiting["column"], waiting["reason"]) == ("37", "saldo", "It should be a number.")
    assert waiting["fields"]["saldo"] == "treinta y siete"
    assert bookmark(hub) == 100
    written_by(tmp_path, [SCHEMA, told(37), state(101)], catalog=CATALOG)
    actions.run(hub, [], push=False)
    assert not actions.quarantined(hub)
    assert len(landed(hub)) == 100
    assert len(list(actions.export(hub, "debts"))) == 100


def test_the_same_records_again_write_nothing(tmp_path: Path, opened: OpenHub) -> None:
    written_by(workspace(tmp_path, {"executable": "tap"}), [SCHEMA, *map(told, range(50)), state(50)], catalog=CATALOG)
    hub = opened(tmp_path)
    actions.apply(hub)
    actions.run(hub, [], push=False)
    actions.run(hub, [], push=False)
    (stream,) = actions.latest_runs(hub, limit=1)[0].streams
    assert (stream.read, stream.unchanged) == (50, 50)


def test_a_failed_tap_keeps_what_it_gave_and_the_next_run_goes_on(tmp_path: Path, opened: OpenHub) -> None:
    folder = workspace(tmp_path, {"executable": "tap"})
    written_by(folder, [SCHEMA, told(1), state(1), told(2)], catalog=CATALOG, code=1, more="echo 'sin red' >&2")
    hub = opened(folder)
    actions.apply(hub)
    report = actions.run(hub, [], push=False)
    assert report.exit_code == 5
    assert "sin red" in str(report.failures)
    assert landed(hub) == {"1", "2"}
    assert bookmark(hub) == 1


@pytest.mark.parametrize("seed", [11])
def test_a_sync_killed_at_any_moment_loses_nothing(tmp_path: Path, opened: OpenHub, seed: int) -> None:
    """The tap goes on from its state, and says how far it has written."""
    folder = workspace(tmp_path, {"executable": "tap", "discover": False})
    python(
        folder,
        "import json, sys\n"
        "given = dict(zip(sys.argv[1::2], sys.argv[2::2]))\n"
        "seen = json.load(open(given['--state']))['bookmarks']['facturas']['seen'] if '--state' in given else 0\n"
        f"print({json.dumps(json.dumps(SCHEMA))})\n"
        f"records = json.loads({json.dumps(json.dumps([told(n) for n in range(1, 4001)]))})\n"
        "for number in range(seen + 1, 4001):\n"
        "    print(json.dumps(records[number - 1]))\n"
        "    if number % 250 == 0:\n"
        "        print(json.dumps({'type': 'STATE', 'value': {'bookmarks': {'facturas': {'seen': number}}}}), flush=True)\n"
        "    if number % 50 == 0: open('written', 'w').write(str(number))\n",
    )
    chance = random.Random(seed)
    reached = 0
    for _ in range(4):
        killed_behind(folder, reached + chance.randint(100, 1100))
        hub = opened(folder)
        assert set(range(1, bookmark(hub) + 1)) <= {int(key) for key in landed(hub)}
        assert bookmark(hub) >= reached
        reached = bookmark(hub)
    assert subprocess.run(command(folder), cwd=ROOT, env=clean(), capture_output=True, check=False).returncode == 0
    hub = opened(folder)
    assert {int(key) for key in landed(hub)} == set(range(1, 4001))
    assert bookmark(hub) == 4000


def command(folder: Path) -> list[str]:
    return [sys.executable, "-m", "admin_api", "-w", str(folder), "sync", "--no-push"]


def clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CONCILIA_")}


def killed_behind(folder: Path, number: int) -> None:
    """Start a sync, and kill it without a word when its tap has written that record, or when it has ended."""
    written = folder / "written"
    written.write_text("0", encoding="utf-8")
    process = subprocess.Popen(
        command(folder), cwd=ROOT, env=clean(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    while process.poll() is None and int(written.read_text("utf-8") or 0) < number:
        time.sleep(0.005)
    process.kill()
    process.wait()


@contextmanager
def served(rows: Callable[[], list[dict[str, Any]]]) -> Iterator[str]:
    """A web service that answers with rows."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"facturas": rows()}).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_given: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join(10)
        server.server_close()


@pytest.mark.peer
def test_a_third_partys_tap_is_discovered_and_read(tmp_path: Path, opened: OpenHub) -> None:
    rows = [invoice(n) for n in range(1, 61)]
    with served(lambda: rows) as url:
        stream = {"name": "facturas", "path": "/", "records_path": "$.facturas[*]", "primary_keys": ["id"],
                  "num_inference_records": 20}  # fmt: skip
        config = {"api_url": url, "streams": [stream]}
        workspace(tmp_path, {"executable": "tap-rest", "config": config})
        (tmp_path / "tap-rest").symlink_to(load_peer("singer_peers").program("tap-rest-api-msdk"))
        hub = opened(tmp_path)
        actions.apply(hub)
        (checked,) = actions.check(hub, [])
        assert all(finding.ok for finding in checked.findings), checked
        (schema,) = [one for one in actions.discover(hub, "crm") if one.name == "facturas"]
        assert (schema.key, schema.columns["saldo"], schema.columns["nombre"]) == (("id",), "integer", "text")
        assert actions.run(hub, [], push=False).exit_code == 0
        rows[4] = invoice(5, saldo=77)
        actions.run(hub, [], push=False)
    debts = {row["document"]: row["balance"] for row in actions.export(hub, "debts")}
    assert len(debts) == 60
    assert debts["5"] == "77"


@pytest.mark.peer
def test_a_program_is_installed_by_command_and_takes_payments(tmp_path: Path, opened: OpenHub) -> None:
    """target-jsonl in an environment inside the workspace, told of a payment once."""
    place = tmp_path / "told"
    place.mkdir()
    settings = {"package": "target-jsonl", "config": {"destination_path": str(place), "do_timestamp_file": False},
                "stream_names": {"payments": "pagos"}, "tap": {"executable": "tap"}}  # fmt: skip
    workspace(tmp_path, settings, connector="singer_target", pays=True)
    written_by(tmp_path, [SCHEMA, told(1), state(1)], catalog=CATALOG)
    install = [sys.executable, "-m", "admin_api", "-w", str(tmp_path), "connector", "install", "target-jsonl", "--json"]
    asked = [*install, "--pip-url", "target-jsonl==0.1.4"]
    done = subprocess.run(asked, cwd=ROOT, env=clean(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "target-jsonl==0.1.4" in json.loads(done.stdout)["packages"]
    hub = opened(tmp_path)
    actions.apply(hub)
    assert all(finding.ok for checked in actions.check(hub, []) for finding in checked.findings)
    actions.run(hub, [], push=False)
    actions.approve(hub, "crm", by="tests")
    paid = {"debt": {"connection": "crm", "external_id": "1"}, "amount": "500", "unit": "CLP",
            "value_date": "2026-11-20", "method": "transfer", "reference": "TRX-1"}  # fmt: skip
    actions.register_payment(hub, paid, key_id=1, idempotency_key="k")
    (delivery,) = actions.push(hub, [])
    assert (delivery.delivered, delivery.error) == (1, "")
    assert [one for one in actions.push(hub, []) if one.delivered] == []
    (line,) = (place / "pagos.jsonl").read_text("utf-8").splitlines()
    record = json.loads(line)
    assert (record["debt"], record["amount"], record["unit"]) == ("1", "500", "CLP")


def test_a_name_that_is_no_program_is_refused(tmp_path: Path) -> None:
    workspace(tmp_path, {"executable": "tap"})
    install = [sys.executable, "-m", "admin_api", "-w", str(tmp_path), "connector", "install"]
    for name in ("../tap", "-r", "tap x"):
        done = subprocess.run(
            [*install, "--", name], cwd=ROOT, env=clean(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 2, done.stderr
        assert "is no name of a program" in done.stderr
    assert not (tmp_path / ".concilia" / "singer").exists()


@pytest.mark.peer
def test_a_payment_told_twice_to_a_database_is_one_row_with_an_exact_amount(tmp_path: Path, postgres_url: str) -> None:
    """meltanolabs-target-postgres upserts, so many are told at once, and telling them again changes nothing."""
    (tmp_path / "target").symlink_to(load_peer("singer_peers").program("meltanolabs-target-postgres"))
    address = postgres_url.replace("postgresql://", "postgresql+psycopg://")
    settings = {"executable": "target", "upserts": True, "config": {"sqlalchemy_url": address, "load_method": "upsert"}}
    connector = connect(ConnectionSettings("crm", settings, str(tmp_path)))
    orders = [
        PaymentOrder(key=f"k{n}", debt="D-1", amount="1234567890123456.78", unit="USD", value_date="2026-11-20",
                     method="transfer", reference=f"p{n}.1")
        for n in range(3)
    ]  # fmt: skip
    for _ in range(2):
        answers = list(connector.write(Operation.REGISTER_PAYMENT, orders))
        assert answers == [Receipt(f"p{n}.1") for n in range(3)]
    engine = create_engine(address)
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT table_schema FROM information_schema.tables WHERE table_name = 'payments'")
        )
        rows = connection.execute(
            text(f"SELECT reference, amount FROM {found.scalar_one()}.payments ORDER BY reference")
        )
        assert [(row[0], row[1]) for row in rows] == [(f"p{n}.1", Decimal("1234567890123456.78")) for n in range(3)]
    engine.dispose()
