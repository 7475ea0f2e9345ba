"""The sandbox server by itself: its rules, its journal, its faults, its levers."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import connectors.sandbox
from concilia.errors import CredentialsRefused, OutcomeUnknown
from connectors.rest import Patience, Response, RestClient, with_query
from connectors.sandbox.misbehave import Fault, Faults, FaultsInvalid, Kind, parse
from connectors.sandbox.portfolio import Row
from connectors.sandbox.server import SandboxServer, Setup

ROOT = Path(connectors.sandbox.__file__).parents[2]


@contextmanager
def calls_to(url: str, *, key: str = "sandbox-key", timeout: float = 10) -> Iterator[RestClient]:
    patience = Patience(timeout=timeout, tries=1)
    client = RestClient(url, system="sandbox", headers={"X-Api-Key": key}, patience=patience)
    try:
        yield client
    finally:
        client.close()


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Setup(customers=63)) as running:
        yield running


@pytest.fixture
def client(server: SandboxServer) -> Iterator[RestClient]:
    with calls_to(server.url) as found:
        yield found


def open_invoice(server: SandboxServer, unit: str = "CLP") -> Row:
    rows = server.world.portfolio.invoices
    return next(row for row in rows if row["status"] == "open" and row["currency"] == unit)


def payment(invoice: Row, amount: str = "1000", **changes: str) -> dict[str, str]:
    order = {"invoice": invoice["id"], "amount": amount, "currency": invoice["currency"], "value_date": "2026-11-02"}
    return {**order, "method": "transfer", "reference": "p1", "memo": ""} | changes


def pay(client: RestClient, order: dict[str, str], **headers: str) -> Response:
    return client.call("POST", "/erp/payments", body=order, headers=headers)


def test_a_payment_lowers_the_balance_and_is_found_by_its_reference(server: SandboxServer, client: RestClient) -> None:
    invoice = open_invoice(server)
    answer = pay(client, payment(invoice))
    assert answer.status == 201
    assert int(answer.json()["invoice"]["balance"]) == int(invoice["balance"]) - 1000
    found = client.call("GET", with_query("/erp/payments", {"reference": "p1"})).json()["items"]
    assert found == [answer.json()["payment"]]
    after = client.call("GET", f"/erp/invoices/{invoice['id']}").json()
    assert (after["status"], after["version"]) == ("partially_paid", 2)
    assert after["updated_at"] > invoice["updated_at"]


def test_an_indexed_invoice_is_paid_from_its_oldest_instalment(server: SandboxServer, client: RestClient) -> None:
    invoice = open_invoice(server, "CLF")
    first = invoice["instalments"][0]
    pay(client, payment(invoice, first["balance"]))
    after = client.call("GET", f"/erp/invoices/{invoice['id']}").json()["instalments"]
    assert [part["balance"] for part in after] == ["0.0000", invoice["instalments"][1]["balance"]]


REFUSED: dict[str, tuple[dict[str, str], int, str]] = {
    "unknown invoice": ({"invoice": "F-99999"}, 404, "not_found"),
    "more than is open": ({"amount": "999999999"}, 422, "overpaid"),
    "other currency": ({"currency": "USD"}, 422, "wrong_currency"),
    "no number": ({"amount": "1.000,50"}, 422, "bad_amount"),
    "nothing": ({"amount": "0"}, 422, "bad_amount"),
    "less than nothing": ({"amount": "-5"}, 422, "bad_amount"),
    "too many decimals": ({"amount": "10.5"}, 422, "bad_amount"),
    "no date": ({"value_date": "02-11-2026"}, 422, "bad_date"),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_the_rules_of_the_erp_refuse_with_code_and_sentence(
    server: SandboxServer, client: RestClient, case: tuple[dict[str, str], int, str]
) -> None:
    changes, status, code = case
    answer = pay(client, payment(open_invoice(server)) | changes)
    assert (answer.status, answer.json()["code"]) == (status, code)
    assert answer.json()["message"]
    assert server.world.ledger.effects == []


def test_a_settled_invoice_is_closed(server: SandboxServer, client: RestClient) -> None:
    invoice = open_invoice(server)
    pay(client, payment(invoice, invoice["balance"]))
    assert pay(client, payment(invoice, reference="p2")).status == 409


def test_without_the_key_nothing_is_answered(server: SandboxServer) -> None:
    with calls_to(server.url, key="wrong") as stranger:
        for method, path in (("GET", "/erp/customers"), ("GET", "/crm/contacts/K-00001"), ("POST", "/erp/payments")):
            with pytest.raises(CredentialsRefused):
                stranger.call(method, path)


def test_an_idempotency_key_is_honoured_only_in_that_mode(server: SandboxServer, client: RestClient) -> None:
    order = payment(open_invoice(server))
    headers = {"Idempotency-Key": "k1"}
    assert [pay(client, order, **headers).status for _ in range(2)] == [201, 201]
    client.call("POST", "/_control/mode", body={"honour_idempotency_key": True})
    answer = pay(client, order, **headers)
    assert answer.status == 200
    assert pay(client, {**order, "amount": "5"}, **headers).json()["code"] == "key_reused"
    assert len(server.world.ledger.effects) == 2


def test_a_contact_is_changed_only_in_the_version_that_was_read(server: SandboxServer, client: RestClient) -> None:
    body = {"email": "nuevo@correo.example"}
    path = "/crm/contacts/K-00001"
    first = client.call("PATCH", path, body=body, headers={"If-Match": '"1"'})
    second = client.call("PATCH", path, body=body, headers={"If-Match": '"1"'})
    assert (first.status, first.headers["etag"], second.status) == (200, '"2"', 412)
    assert client.call("PATCH", path, body={"version": 9}).status == 422


def test_a_person_edits_creates_and_deletes(server: SandboxServer, client: RestClient) -> None:
    def edit(key: str, fields: Row | None) -> Response:
        return client.call("POST", "/_control/edit", body={"collection": "customers", "id": key, "fields": fields})

    assert edit("C-00001", {"name": "Otra Peña"}).json()["object"]["version"] == 2
    assert edit("C-90000", {"name": "Nueva", "updated_at": "2026-01-01T00:00:00Z"}).status == 200
    edit("C-00002", None)
    assert client.call("GET", "/erp/customers/C-00002").status == 404
    listed = client.call("GET", with_query("/erp/customers", {"limit": "1000"})).json()["items"]
    assert (listed[0]["id"], listed[-1]["id"]) == ("C-90000", "C-00001")
    assert edit("C-00001", {"updated_at": "ayer"}).status == 400
    assert client.call("POST", "/_control/edit", body={"collection": "nothing", "id": "1"}).status == 422


def test_lists_go_by_offset_by_time_and_after_an_id(client: RestClient) -> None:
    def ids(**params: str) -> list[str]:
        return [row["id"] for row in client.call("GET", with_query("/erp/customers", params)).json()["items"]]

    every = client.call("GET", "/erp/customers").json()["items"]
    stamp = every[0]["updated_at"]
    assert ids(limit="3", offset="2") == ["C-00003", "C-00004", "C-00005"]
    assert ids(updated_since=stamp, after_id="C-00005", limit="2") == ["C-00006", "C-00007"]
    assert ids(updated_since="2027-01-01T00:00:00+00:00") == []
    assert client.call("GET", with_query("/erp/customers", {"updated_since": "ayer"})).status == 400
    assert client.call("GET", with_query("/erp/customers", {"limit": "mucho"})).status == 400


def test_calls_are_counted_also_when_they_go_wrong(server: SandboxServer, client: RestClient) -> None:
    server.misbehave({"kind": "error_before_commit", "method": "POST"})
    with pytest.raises(OutcomeUnknown):
        pay(client, payment(open_invoice(server)))
    client.call("GET", "/erp/ping")
    assert client.call("GET", "/_control/calls").json() == {"POST /erp/payments": 1, "GET /erp/ping": 1}


def test_the_ledger_tells_every_effect_and_the_payments_of_each_invoice(
    server: SandboxServer, client: RestClient
) -> None:
    invoice = open_invoice(server)
    for number in range(3):
        pay(client, payment(invoice, "1", reference=f"p{number}"))
    told = client.call("GET", "/_control/ledger").json()
    assert [effect["sequence"] for effect in told["effects"]] == [1, 2, 3]
    assert [row["reference"] for row in told["payments_by_invoice"][invoice["id"]]] == ["p0", "p1", "p2"]


@pytest.mark.parametrize(
    "document",
    [
        {"rules": {}},
        {"rules": ["throttle"]},
        {"rules": [{"kind": "explode"}]},
        {"rules": [{"kind": "throttle", "evry": 3}]},
        {"rules": [{"kind": "throttle", "every": 0}]},
        {"rules": [{"kind": "throttle", "every": True}]},
        {"rules": [{"kind": "throttle", "probability": "half"}]},
        {"rules": [], "seed": "x"},
    ],
)
def test_a_document_of_faults_is_checked(client: RestClient, document: dict[str, Any]) -> None:
    with pytest.raises(FaultsInvalid):
        parse(document)
    answer = client.call("POST", "/_control/faults", body=document)
    assert (answer.status, answer.json()["code"]) == (422, "bad_faults")


def test_faults_strike_every_nth_the_first_n_or_by_a_seeded_chance() -> None:
    def struck(fault: Fault, seed: int = 0) -> list[int]:
        faults = Faults([fault], seed=seed)
        return [n for n in range(1, 13) if faults.strike("GET", "/erp/customers")]

    assert struck(Fault(Kind.THROTTLE, every=4)) == [4, 8, 12]
    assert struck(Fault(Kind.THROTTLE, first=2)) == [1, 2]
    assert struck(Fault(Kind.THROTTLE)) == list(range(1, 13))
    assert struck(Fault(Kind.THROTTLE, method="POST")) == struck(Fault(Kind.THROTTLE, path="/crm/*")) == []
    by_chance = struck(Fault(Kind.THROTTLE, probability=0.5), seed=1)
    assert by_chance == struck(Fault(Kind.THROTTLE, probability=0.5), seed=1)
    assert 0 < len(by_chance) < 12


def start(journal: Path, *arguments: str) -> tuple[subprocess.Popen[str], str]:
    command = [sys.executable, "-m", "connectors.sandbox", "--customers", "21", "--print-url"]
    process = subprocess.Popen(
        [*command, "--journal", str(journal), *arguments], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    return process, process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait(10)
    if process.stdout is not None:
        process.stdout.close()


def test_the_journal_survives_a_kill_and_equals_the_answers_given(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    process, url = start(journal, "--files", str(tmp_path))
    answered = []
    try:
        with calls_to(url) as client:
            invoice = client.call("GET", "/erp/invoices/F-00001").json()
            for number in range(30):
                answer = pay(client, payment(invoice, "1", reference=f"p{number}"), **{"Idempotency-Key": f"k{number}"})
                answered.append(answer.json()["payment"])
            hang = {"rules": [{"kind": "timeout_after_commit", "method": "POST"}]}
            client.call("POST", "/_control/faults", body=hang)
        with calls_to(url, timeout=0.3) as impatient, pytest.raises(OutcomeUnknown):
            pay(impatient, payment(invoice, "1", reference="unanswered"))
    finally:
        end(process)
    with journal.open("ab") as file:
        file.write(b'{"sequence": 32, "kind": "pay')  # a line cut short by the kill was never answered
    written = [json.loads(line) for line in journal.read_bytes().splitlines()[1:32]]
    made = [row for effect in written for row in effect["changes"]["payments"].values()]
    assert [row["reference"] for row in made] == [*(row["reference"] for row in answered), "unanswered"]
    assert made[:30] == answered
    again, url = start(journal)
    try:
        with calls_to(url) as client:
            effects = client.call("GET", "/_control/ledger").json()["effects"]
            balance = client.call("GET", "/erp/invoices/F-00001").json()["balance"]
            client.call("POST", "/_control/mode", body={"honour_idempotency_key": True})
            repeated = pay(client, payment(invoice, "1", reference="p0"), **{"Idempotency-Key": "k0"})
            fresh = pay(client, payment(invoice, "1", reference="new")).json()["payment"]
    finally:
        end(again)
    assert [effect["changes"] for effect in effects] == [effect["changes"] for effect in written]
    assert float(balance) == float(invoice["balance"]) - 31
    assert (repeated.status, repeated.json()["payment"]) == (200, answered[0])
    assert fresh["id"] not in {row["id"] for row in made}
    assert {file.name for file in tmp_path.glob("*.csv")} == {"legacy.csv", "bank.csv"}


def test_a_journal_of_another_portfolio_is_not_mixed_in(tmp_path: Path) -> None:
    journal = tmp_path / "journal.jsonl"
    process, url = start(journal)
    end(process)
    assert url
    done = subprocess.run(
        [sys.executable, "-m", "connectors.sandbox", "--seed", "8", "--journal", str(journal)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "belongs to another portfolio" in done.stderr
    assert "Traceback" not in done.stderr
