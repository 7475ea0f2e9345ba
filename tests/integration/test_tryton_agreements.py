"""Agreements noted in a real Tryton: on the invoice or the party, once each, read back by a client of its own."""

from __future__ import annotations

import http.server
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from concilia.clock import fixed_clock
from concilia.errors import OutcomeUnknown, RecordRejected
from concilia.portfolio.agreement import Covered, Happening, Kind, Terms, scheduled
from concilia.portfolio.agreement_text import note
from concilia.vault import Secret
from connectors.contract import AgreementOrder, ConnectionSettings, Operation, Receipt, Rung
from connectors.tryton import STREAMS, connect
from connectors.tryton.connector import TrytonConnector
from sync import actions, agreements
from tests.conftest import OpenHub

pytestmark = pytest.mark.peer

TERMS = Terms(
    kind=Kind.PROMISE,
    unit="CLP",
    debts=(Covered("d1", Decimal(50000), Decimal(50000)),),
    schedule=scheduled([(date(2026, 12, 4), Decimal(50000))]),
    agreed_on=date(2026, 11, 23),
)


def connected(tryton: Any, url: str = "") -> TrytonConnector:
    given = {"url": url or tryton.url, "database": tryton.database, "username": tryton.user}
    settings = {**given, "password": Secret(tryton.password), "overlap_seconds": 0}
    made = connect(ConnectionSettings("erp", settings, folder="."))
    assert isinstance(made, TrytonConnector)
    return made


@pytest.fixture
def connector(tryton: Any) -> Iterator[TrytonConnector]:
    made = connected(tryton)
    yield made
    made.close()


def order(debtor: dict[str, Any], reference: str, **changes: Any) -> AgreementOrder:
    made = AgreementOrder(
        key=reference, reference=reference, agreement=reference.partition(".")[0], happening="recorded",
        debt=str(debtor["invoice"]), debtor=str(debtor["party"]), kind="promise", state="active", amount="50000",
        unit="CLP", agreed_on="2026-11-23", schedule=(("2026-12-04", "50000"),), text=note(TERMS, Happening.RECORDED),
    )  # fmt: skip
    return replace(made, **changes)


def write(connector: TrytonConnector, *orders: AgreementOrder) -> list[Receipt | Exception]:
    return list(connector.write(Operation.RECORD_AGREEMENT, orders))


def notes(tryton: Any, resource: str) -> list[str]:
    """The notes on a record, oldest first, as the ERP holds them."""
    rows = tryton.rpc.model("ir.note.search_read", [["resource", "=", resource]], 0, None, [["id", "ASC"]], ["message"])
    return [row["message"] for row in rows]


def test_an_agreement_becomes_a_note_on_its_invoice_once(tryton: Any, connector: TrytonConnector) -> None:
    debtor = tryton.truth[30]
    (first,) = write(connector, order(debtor, "anote1.1.1"))
    assert isinstance(first, Receipt)
    assert not first.found_before
    (again,) = write(connector, order(debtor, "anote1.1.1"))
    assert isinstance(again, Receipt)
    assert (again.external_id, again.found_before) == (first.external_id, True)
    (kept,) = notes(tryton, f"account.invoice,{debtor['invoice']}")
    assert kept.split("\n") == [
        "Concilia anote1.1.1",
        "Promesa de pago: registrada.",
        "Total a pagar: 50000 CLP. Acordado el 2026-11-23.",
        "Cuota 1/1: 50000 CLP hasta el 2026-12-04.",
    ]
    found = connector.look_up("agreements", ["anote1.1.1", "anote1.1.2", " ", "anote1.1"])
    assert {reference: one.external_id for reference, one in found.items()} == {"anote1.1.1": first.external_id}


def test_without_an_invoice_it_is_noted_on_the_party(tryton: Any, connector: TrytonConnector) -> None:
    debtor = tryton.truth[31]
    write(connector, order(debtor, "anote2.1.0", debt=""))
    assert len(notes(tryton, f"party.party,{debtor['party']}")) == 1


def test_what_tryton_does_not_have_is_refused_and_the_others_go_on(tryton: Any, connector: TrytonConnector) -> None:
    debtor = tryton.truth[32]
    gone = order(debtor, "anote3.1.1", debt="999999")
    text = order(debtor, "anote3.1.2", debt="F-1")
    good = order(debtor, "anote3.1.3")
    answers = write(connector, gone, text, good)
    assert [type(a) for a in answers] == [RecordRejected, RecordRejected, Receipt]
    assert "no invoice 999999" in str(answers[0])
    assert len(notes(tryton, f"account.invoice,{debtor['invoice']}")) == 1


def test_a_note_moves_no_stream(tryton: Any, connector: TrytonConnector) -> None:
    def read() -> dict[str, Any]:
        marks = {}
        for request in STREAMS:
            pages = list(connector.read(request, bookmarks=bookmarks.get(request.name, {})))
            marks[request.name] = {"": pages[-1].bookmark}
            seen[request.name] = sum(len(page.records) for page in pages)
        return marks

    bookmarks: dict[str, Any] = {}
    seen: dict[str, int] = {}
    bookmarks = read()
    write(connector, order(tryton.truth[33], "anote4.1.1"))
    read()
    assert seen == {"parties": 0, "invoices": 0, "payments": 0}


def test_the_connector_declares_and_checks_what_it_can(connector: TrytonConnector) -> None:
    assert connector.capabilities.writes[Operation.RECORD_AGREEMENT] is Rung.LOOK_UP
    assert {f.what: f.ok for f in connector.check()}["note agreements (ir.note)"]


class Forgetful(http.server.BaseHTTPRequestHandler):
    """Hands calls on to Tryton; the answer to the creation of a note is lost once it was made."""

    upstream = ""
    lost = 0

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {n: self.headers[n] for n in ("content-type", "authorization") if n in self.headers}
        try:
            with urllib.request.urlopen(urllib.request.Request(self.upstream + self.path, body, headers)) as answer:
                status, said = answer.status, answer.read()
        except urllib.error.HTTPError as fault:
            status, said = fault.code, fault.read()
        if b"ir.note.create" in body:
            type(self).lost += 1
            self.connection.close()
            return
        self.send_response(status)
        self.send_header("content-length", str(len(said)))
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_: object) -> None:
        """Quiet."""


@pytest.fixture
def forgetful(tryton: Any) -> Iterator[str]:
    handler = type("Handler", (Forgetful,), {"upstream": tryton.url})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_lost_answer_is_unknown_and_the_look_up_settles_it(
    tryton: Any, forgetful: str, connector: TrytonConnector
) -> None:
    debtor = tryton.truth[34]
    through = connected(tryton, forgetful)
    (answer,) = write(through, order(debtor, "anote5.1.1"))
    assert isinstance(answer, OutcomeUnknown)
    assert list(through.look_up("agreements", ["anote5.1.1"])) == ["anote5.1.1"]
    (settled,) = write(through, order(debtor, "anote5.1.1"))
    assert isinstance(settled, Receipt)
    assert settled.found_before
    assert len(notes(tryton, f"account.invoice,{debtor['invoice']}")) == 1
    through.close()


def still_owing(tryton: Any, amount: int) -> dict[str, Any]:
    """A debtor of the ERP whose invoice nobody has paid yet: other tests pay in the same one."""
    for row in tryton.truth[40:]:
        owed = tryton.rpc.read("account.invoice", row["invoice"], "amount_to_pay")["amount_to_pay"]
        if Decimal(owed["decimal"]) > amount:
            return row
    raise AssertionError("Everything was paid in this ERP.")


WORKSPACE = """\
version: 1
connections:
  erp:
    connector: tryton
    country: CL
    creditor: acme
    push: {{agreements: true}}
    settings: {{url: "{url}", database: {database}, username: {user}, password: "${{env:ERP}}"}}
creditors:
  acme: {{owner: erp}}
"""


def test_the_hub_notes_a_promise_and_that_it_was_broken(tryton: Any, tmp_path: Any, opened: OpenHub) -> None:
    given = {"url": tryton.url, "database": tryton.database, "user": tryton.user}
    (tmp_path / "concilia.yaml").write_text(WORKSPACE.format(**given), "utf-8")
    now = fixed_clock(datetime(2026, 11, 23, 15, tzinfo=UTC))
    hub = replace(opened(tmp_path, environment={"ERP": tryton.password}), clock=now)
    actions.apply(hub)
    assert actions.run(hub, []).exit_code == 0
    debtor = still_owing(tryton, 5000)
    body = {
        "kind": "promise",
        "debts": [{"debt": {"connection": "erp", "external_id": str(debtor["invoice"])}}],
        "schedule": [{"due_date": "2026-12-04", "amount": "5000"}],
    }
    agreements.record(hub, body, told=agreements.Telling("ana"))
    actions.approve(hub, "erp", by="ana")
    actions.push(hub, [])
    later = replace(hub, clock=fixed_clock(datetime(2026, 12, 9, 15, tzinfo=UTC)))
    assert [c.happening for c in agreements.evaluate(later)] == ["broken"]
    for _ in range(3):
        agreements.evaluate(later)
        actions.push(later, [])
    told = [text.split("\n")[1] for text in notes(tryton, f"account.invoice,{debtor['invoice']}")]
    assert told == ["Promesa de pago: registrada.", "Promesa de pago: incumplida."]
