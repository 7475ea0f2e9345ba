"""The hub as a Singer target: payments and agreements told once, refusals kept with their reason, STATE only behind."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from sync import actions
from sync.hub import Hub
from tests.acceptance.singer.singer_world import OUR_TARGET, Ended, configured, lines, run, synced
from tests.conftest import OpenHub, load_peer

COLUMNS = {
    "id": {"type": "integer"}, "debt_external_id": {"type": "string"}, "amount": {"type": "number"},
    "unit": {"type": "string"}, "value_date": {"type": "string", "format": "date-time"},
    "reference": {"type": "string"}, "comment": {"type": ["null", "string"]},
}  # fmt: skip


def schema(stream: str = "payments", **given: Any) -> dict[str, Any]:
    return {"type": "SCHEMA", "stream": stream, "schema": {"properties": COLUMNS}, "key_properties": ["id"], **given}


def payment(number: int, *, stream: str = "payments", **given: Any) -> dict[str, Any]:
    record = {"id": number, "debt_external_id": f"F-{number}", "amount": 1000.5 + number, "unit": "CLP",
              "value_date": "2026-11-20T23:30:00-03:00", "reference": f"TRX-{number}", "comment": "gracias"}  # fmt: skip
    return {"type": "RECORD", "stream": stream, "record": {**record, "amount": 1000 + number, **given}}


def state(number: int) -> dict[str, Any]:
    return {"type": "STATE", "value": {"bookmarks": {"payments": {"number": number}}}}


def payments(hub: Hub) -> dict[str, str]:
    return {row["reference"]: row["amount"] for row in actions.export(hub, "payments")}


def rejects(folder: Path) -> list[dict[str, Any]]:
    path = folder / "rejects.jsonl"
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


@contextmanager
def told(folder: Path, hub: Hub, **settings: Any) -> Iterator[Any]:
    """How messages are told to the hub in this test."""
    given = {"connection": "erp", "rejects_path": str(folder / "rejects.jsonl"), **settings}
    with configured(hub, folder, **given) as (_, config):
        yield lambda *messages: run(*OUR_TARGET, "--config", config, given=lines(messages))


def test_it_describes_itself_without_a_hub() -> None:
    about = json.loads("".join(run(*OUR_TARGET, "--about", "--format", "json").lines))
    assert about["name"] == "target-concilia"
    assert "rejects_path" in json.dumps(about["settings"])


def test_payments_are_told_once_however_often_they_come(tmp_path: Path, opened: OpenHub) -> None:
    hub = synced(tmp_path, opened)
    messages = [schema(), payment(1), payment(2), state(2)]
    with told(tmp_path, hub) as tell:
        first, again = tell(*messages), tell(*messages)
    assert (first.code, again.code) == (0, 0), first.said
    assert payments(hub) == {"TRX-1": "1001", "TRX-2": "1002"}
    assert [json.loads(line) for line in first.lines][-1] == state(2)["value"]
    assert not rejects(tmp_path)


def test_the_day_of_a_payment_is_the_one_its_own_clock_shows(tmp_path: Path, opened: OpenHub) -> None:
    hub = synced(tmp_path, opened)
    with told(tmp_path, hub) as tell:
        tell(schema(), payment(1))
    assert [row["value_date"] for row in actions.export(hub, "payments")] == ["2026-11-20"]


def test_a_refused_record_is_kept_with_its_reason_and_the_others_go_on(tmp_path: Path, opened: OpenHub) -> None:
    hub = synced(tmp_path, opened)
    messages = [
        schema(),
        payment(1),
        payment(2, debt_external_id="F-404"),
        payment(3, unit="USD"),
        payment(4, amount="mucho"),
        payment(5, _sdc_deleted_at="2026-11-21T00:00:00Z"),
        {**payment(6), "record": {**payment(6)["record"], "id": None}},
        payment(7, debt_external_id="F-5", amount=1500),
        state(7),
    ]
    with told(tmp_path, hub) as tell:
        ended = tell(*messages)
    assert ended.code == 0, ended.said
    assert payments(hub) == {"TRX-1": "1001", "TRX-7": "1500"}
    kept = rejects(tmp_path)
    assert [one["record"]["reference"] for one in kept] == ["TRX-2", "TRX-3", "TRX-4", "TRX-5", "TRX-6"]
    assert all(one["reason"] and one["code"] for one in kept)
    assert (kept[3]["code"], kept[4]["code"]) == ("deleted-at-source", "key-missing")
    assert (tmp_path / "rejects.jsonl").stat().st_mode & 0o077 == 0
    assert "2 taken, 5 refused" in ended.said
    assert json.loads(ended.lines[-1]) == state(7)["value"]


def test_a_record_that_says_otherwise_under_the_same_key_is_refused(tmp_path: Path, opened: OpenHub) -> None:
    hub = synced(tmp_path, opened)
    with told(tmp_path, hub) as tell:
        tell(schema(), payment(1), payment(1, amount=7))
    assert payments(hub) == {"TRX-1": "1001"}
    assert [one["code"] for one in rejects(tmp_path)] == ["key-reused"]


def test_a_run_can_be_asked_to_fail_when_anything_was_refused(tmp_path: Path, opened: OpenHub) -> None:
    hub = synced(tmp_path, opened)
    with told(tmp_path, hub, fail_on_rejects=True) as tell:
        assert tell(schema(), payment(1), state(1)).code == 0
        ended = tell(schema(), payment(2, unit="XXX"), state(2))
    assert ended.code == 5
    assert json.loads(ended.lines[-1]) == state(2)["value"]
    assert "Traceback" not in ended.said


def test_agreements_are_told_too(tmp_path: Path, opened: OpenHub) -> None:
    hub = synced(tmp_path, opened)
    promise = {"id": "p-1", "kind": "promise", "debt_external_id": "F-1", "unit": "CLP", "agreed_on": "2026-11-20",
               "schedule": [{"due_date": "2027-01-05", "amount": 50000.0}], "channel": "whatsapp"}  # fmt: skip
    messages = [schema("crm-agreements"), {"type": "RECORD", "stream": "crm-agreements", "record": promise}]
    with told(tmp_path, hub) as tell:
        ended = tell(*messages), tell(*messages)
    assert [one.code for one in ended] == [0, 0], ended[0].said
    assert not rejects(tmp_path), rejects(tmp_path)
    from sync import agreements

    (found,) = agreements.listed(hub)
    assert (found["kind"], found["promised"]) == ("promise", "50000.0")


def test_the_name_of_a_stream_says_what_it_holds_or_the_configuration_does(tmp_path: Path, opened: OpenHub) -> None:
    hub = synced(tmp_path, opened)
    with told(tmp_path, hub, entities={"abonos": "payments"}) as tell:
        assert tell(schema("public-payments"), payment(1, stream="public-payments")).code == 0
        assert tell(schema("abonos"), payment(2, stream="abonos")).code == 0
        unknown = tell(schema("facturas"), payment(3, stream="facturas"))
    assert unknown.code == 2
    assert "The stream facturas is none the hub can take." in unknown.said
    assert set(payments(hub)) == {"TRX-1", "TRX-2"}


def test_nothing_is_acknowledged_that_the_hub_did_not_hear(tmp_path: Path, opened: OpenHub) -> None:
    hub = synced(tmp_path, opened)
    with told(tmp_path, hub, url="http://127.0.0.1:9") as tell:
        ended = tell(schema(), payment(1), state(1))
    assert ended.code == 3
    assert not ended.lines


def test_a_line_that_is_no_message_ends_the_run_behind_what_was_told(tmp_path: Path, opened: OpenHub) -> None:
    hub = synced(tmp_path, opened)
    with told(tmp_path, hub) as tell:
        ended = tell(schema(), payment(1), state(1), '{"type": "RECORD", "stream": ', payment(2), state(2))
    assert ended.code == 2
    assert "Traceback" not in ended.said
    assert payments(hub) == {"TRX-1": "1001"}
    assert [json.loads(line) for line in ended.lines] == [state(1)["value"]]


@contextmanager
def served(rows: list[dict[str, Any]]) -> Iterator[str]:
    """A web service with payments, as a bank has one."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps({"abonos": rows}).encode()
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
def test_a_third_partys_tap_pays_in_the_hub(tmp_path: Path, opened: OpenHub) -> None:
    tap = load_peer("singer_peers").program("tap-rest-api-msdk")
    hub = synced(tmp_path, opened)
    rows = [payment(n)["record"] for n in range(1, 6)] + [payment(9, debt_external_id="nadie")["record"]]
    with served(rows) as url, told(tmp_path, hub) as tell:
        stream = {"name": "payments", "path": "/abonos", "records_path": "$.abonos[*]", "primary_keys": ["id"]}
        config = tmp_path / "rest.json"
        config.write_text(json.dumps({"api_url": url, "streams": [stream]}), encoding="utf-8")
        tapped = [run(tap, "--config", config) for _ in range(2)]
        assert [one.code for one in tapped] == [0, 0], tapped[0].said
        loaded: list[Ended] = [tell(*one.lines) for one in tapped]
    assert [one.code for one in loaded] == [0, 0], loaded[0].said
    assert payments(hub) == {f"TRX-{n}": str(1000 + n) for n in range(1, 6)}
    assert [one["record"]["reference"] for one in rejects(tmp_path)] == ["TRX-9", "TRX-9"]
    assert json.loads(loaded[0].lines[-1]) == tapped[0].messages("STATE")[-1]["value"]


def test_interactions_are_told_many_at_a_time_and_once(tmp_path: Path, opened: OpenHub) -> None:
    hub = synced(tmp_path, opened)
    columns = {"id": {"type": "string"}, "started_at": {"type": "string", "format": "date-time"}}
    head = {
        "type": "SCHEMA",
        "stream": "dialer-interactions",
        "schema": {"properties": columns},
        "key_properties": ["id"],
    }

    def call(number: int, **given: Any) -> dict[str, Any]:
        fields = {"id": f"c{number}", "direction": "outbound", "channel": "voice_agent", "document": "F-1", "debt_external_id": None,
                  "phone": "+56961234567", "started_at": "2026-11-20T10:00:00-03:00", "outcome": "no_answer"}  # fmt: skip
        return {"type": "RECORD", "stream": "dialer-interactions", "record": {**fields, **given}}

    messages = [head, *(call(n) for n in range(7)), call(50, channel="paloma"), call(51, started_at="ayer"), state(9)]
    with told(tmp_path, hub) as tell:
        first, again = tell(*messages), tell(*messages)
    assert (first.code, again.code) == (0, 0), first.said
    assert json.loads(first.lines[-1]) == state(9)["value"]
    assert [one["record"]["id"] for one in rejects(tmp_path)] == ["c50", "c51"] * 2
    assert all(one["reason"] for one in rejects(tmp_path))
    with configured(hub, tmp_path) as (door, _):
        assert len(door.every("/v1/interactions")) == 7
