"""The sandbox connector against the sandbox server: every way of misbehaving, seen through the five methods."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from concilia.errors import (
    ConfigurationInvalid,
    CredentialsRefused,
    OutcomeUnknown,
    RecordRejected,
    RetryLater,
    RunMustStop,
    SystemUnreachable,
)
from concilia.records import Bookmark, Page, Record
from concilia.vault import Secret
from connectors.contract import ConnectionSettings, Operation, PaymentOrder, Receipt, Rung, StreamRequest
from connectors.rest import Patience
from connectors.sandbox import MAPS, STREAMS, Sandbox, SandboxSettings, connect, default_streams
from connectors.sandbox.client import Listed
from connectors.sandbox.ledger import Ledger
from connectors.sandbox.portfolio import Row
from connectors.sandbox.server import SandboxServer, Setup
from connectors.sandbox.streams import SCHEMAS, Span, pages
from mapping.context import MapContext
from mapping.documents import parse_map_text
from mapping.entity_map import map_record

CUSTOMERS = StreamRequest("customers", key=("id",), cursor="updated_at")


class Ticking:
    """A clock that moves one second with every look at it."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 20, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.moment += timedelta(seconds=1)
        return self.moment


@pytest.fixture(scope="module")
def running() -> Iterator[SandboxServer]:
    with SandboxServer(Setup(customers=60, now=Ticking())) as server:
        yield server


@pytest.fixture
def server(running: SandboxServer) -> SandboxServer:
    renew(running)
    return running


def renew(server: SandboxServer) -> None:
    server.misbehave()
    server.world.ledger = Ledger(server.world.portfolio, now=Ticking())
    server.world.calls.clear()


def connected(server: SandboxServer, system: str = "erp", **changes: Any) -> Sandbox:
    found = SandboxSettings(url=server.url, api_key=Secret("sandbox-key"), system=system, page_size=7)
    chosen = {name: changes.get(name, getattr(found, name)) for name in SandboxSettings.__dataclass_fields__}
    patience = Patience(timeout=chosen["timeout_seconds"], sleep=lambda _: None)
    return Sandbox("erp", SandboxSettings(**chosen), patience=patience)


@pytest.fixture
def erp(server: SandboxServer) -> Iterator[Sandbox]:
    connector = connected(server)
    yield connector
    connector.close()


@pytest.fixture
def impatient(server: SandboxServer) -> Iterator[Sandbox]:
    connector = connected(server, timeout_seconds=0.3)
    yield connector
    connector.close()


def ids(read: Iterator[Page]) -> list[str]:
    return [record.key[0] for page in read for record in page.records]


def open_invoices(server: SandboxServer) -> list[Row]:
    return [row for row in server.world.ledger.rows("invoices") if row["status"] == "open"]


def order_for(invoice: Row, number: int = 1, amount: str = "1.00", **changes: str) -> PaymentOrder:
    plain = {
        "key": f"key-{number}",
        "debt": invoice["id"],
        "amount": amount,
        "unit": invoice["currency"],
        "value_date": "2026-11-19",
        "method": "transfer",
        "reference": f"pay-{number}",
        "remittance": "Pago cuota",
        "payer": "Begoña Peña",
    }
    return PaymentOrder(**{**plain, **changes})


def written(connector: Sandbox, *orders: PaymentOrder) -> list[Receipt | Exception]:
    return list(connector.write(Operation.REGISTER_PAYMENT, orders))


# Reading


@pytest.mark.parametrize(("system", "stream"), [(s, r.name) for s, rs in STREAMS.items() for r in rs])
@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_stream_is_read_whole_and_once_whatever_the_page_size(
    server: SandboxServer, system: str, stream: str, size: int
) -> None:
    connector = connected(server, system, page_size=size)
    read = list(connector.read(StreamRequest(stream), bookmarks={}))
    connector.close()
    assert ids(iter(read)) == [row["id"] for row in server.world.ledger.rows(stream)]
    assert all(page.read <= size for page in read)


def test_a_record_tells_where_it_is_and_when_it_changed(erp: Sandbox) -> None:
    first = next(erp.read(CUSTOMERS, bookmarks={})).records[0]
    assert first.position == "customers C-00001"
    assert first.cursor == "2026-01-05T08:00:00.000000+00:00"
    assert first.source_updated_at == datetime(2026, 1, 5, 8, tzinfo=UTC)
    assert first.fields["country"] == "CL"


def test_a_second_run_reads_the_overlap_and_what_changed(server: SandboxServer, erp: Sandbox) -> None:
    last = [page.bookmark for page in erp.read(CUSTOMERS, bookmarks={})][-1]
    assert last == Bookmark(cursor="2026-01-05T08:02:00.000000+00:00", tie="C-00060")
    server.world.ledger.edit("customers", "C-00003", {"name": "Íñigo"})
    narrow = connected(server, overlap_seconds=0)
    assert ids(narrow.read(CUSTOMERS, bookmarks={"": last})) == [*(f"C-000{n}" for n in range(51, 61)), "C-00003"]
    assert len(ids(erp.read(CUSTOMERS, bookmarks={"": last}))) == 60
    assert len(ids(narrow.read(CUSTOMERS, bookmarks={"": last}, full=True))) == 60
    narrow.close()


READS: dict[str, dict[str, Any]] = {
    "throttled": {"kind": "throttle", "every": 3, "retry_after": 0},
    "server faults": {"kind": "error_before_commit", "every": 2, "status": 503},
    "lines that are cut": {"kind": "drop_after_commit", "every": 3},
    "half bodies": {"kind": "half_body", "every": 3},
    "silence": {"kind": "timeout_after_commit", "first": 1},
    "slow answers": {"kind": "slow", "first": 2, "seconds": 0.05},
    "pages given twice": {"kind": "duplicate_page", "every": 2},
    "every first page twice": {"kind": "duplicate_page", "first": 4},
    "pages shuffled": {"kind": "shuffle_page"},
    "faults by chance": {"kind": "error_after_commit", "probability": 0.3, "status": 500},
}


@pytest.mark.parametrize("rule", READS.values(), ids=READS)
def test_a_read_loses_and_repeats_nothing_when_the_system_misbehaves(
    server: SandboxServer, impatient: Sandbox, rule: Mapping[str, Any]
) -> None:
    server.misbehave({"path": "/erp/customers", **rule}, seed=3)
    assert ids(impatient.read(CUSTOMERS, bookmarks={})) == [f"C-{n:05d}" for n in range(1, 61)]


def test_a_maintenance_page_stops_the_stream_and_keeps_what_was_read(server: SandboxServer, erp: Sandbox) -> None:
    read = erp.read(CUSTOMERS, bookmarks={})
    assert len(next(read).records) == 7
    server.misbehave({"kind": "html"})
    with pytest.raises(RunMustStop, match="text/html"):
        next(read)


def test_a_read_whose_faults_outlive_its_patience_may_be_made_later(server: SandboxServer, erp: Sandbox) -> None:
    server.misbehave({"kind": "throttle", "retry_after": 120})
    with pytest.raises(RetryLater) as caught:
        next(erp.read(CUSTOMERS, bookmarks={}))
    assert caught.value.after == timedelta(seconds=120)


def test_a_system_stuck_on_one_page_is_not_asked_for_ever(server: SandboxServer, erp: Sandbox) -> None:
    read = erp.read(CUSTOMERS, bookmarks={})
    next(read)
    server.misbehave({"kind": "duplicate_page"})
    with pytest.raises(RunMustStop, match="again and again"):
        list(read)


def test_an_object_that_cannot_be_placed_is_a_bad_row_beside_the_others() -> None:
    class Port:
        def page(self, stream: str, *, since: str | None, after_id: str = "", limit: int) -> Listed:
            good = {"id": "1", "updated_at": "2026-01-01T00:00:00+00:00"}
            bad = ["text", {"id": "2"}, {"updated_at": good["updated_at"]}, {"id": "3", "updated_at": "2026-01-01"}]
            return Listed((good, *bad), more=False)

    span = Span(None, size=10, until="2026-12-31")
    (page,) = pages(Port(), CUSTOMERS, span=span)  # type: ignore[arg-type]
    assert [record.key for record in page.records] == [("1",)]
    assert [row.reason.split(":")[0] for row in page.bad_rows] == [
        "It is no object.", "updated_at is no instant", "The key id is empty.", "updated_at has no zone",
    ]  # fmt: skip


@pytest.mark.parametrize("cursor", ["yesterday", "0001-01-01T00:00:00+00:00"])
def test_a_bookmark_that_is_no_instant_stops_with_its_remedy(erp: Sandbox, cursor: str) -> None:
    with pytest.raises(RunMustStop, match="Reset the bookmark"):
        erp.read(CUSTOMERS, bookmarks={"": Bookmark(cursor=cursor)})


EDITS = st.lists(
    st.tuples(st.sampled_from(["edit", "insert", "delete", "late"]), st.integers(1, 60)), max_size=4
)  # fmt: skip
RULES = st.lists(
    st.fixed_dictionaries(
        {"kind": st.sampled_from(["duplicate_page", "shuffle_page", "half_body"]), "every": st.integers(2, 5)}
    ),
    max_size=2,
)


def disturb(ledger: Ledger, what: str, number: int, clock: Ticking, serial: Iterator[int]) -> None:
    """One change by somebody else; a late one carries a time stamp of three minutes before."""
    key = f"C-{number:05d}"
    match what:
        case "delete":
            ledger.edit("customers", key, None)
        case "insert":
            ledger.edit("customers", f"C-9{next(serial):04d}", {"name": "Nueva"})
        case "late":
            stamp = (clock() - timedelta(seconds=180)).isoformat(timespec="microseconds")
            ledger.edit("customers", f"C-8{next(serial):04d}", {"name": "Tardía", "updated_at": stamp})
        case _:
            ledger.edit("customers", key, {"name": f"Cambiada {next(serial)}"})


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(size=st.integers(1, 30), stop=st.integers(1, 6), edits=st.lists(EDITS, max_size=8), rules=RULES)
def test_a_restart_from_the_bookmark_of_any_page_loses_nothing(
    running: SandboxServer, size: int, stop: int, edits: list[list[tuple[str, int]]], rules: list[dict[str, Any]]
) -> None:
    renew(running)
    clock = Ticking()
    ledger = running.world.ledger = Ledger(running.world.portfolio, now=clock)
    running.misbehave(*({"path": "/erp/customers", **rule} for rule in rules))
    connector = connected(running, page_size=size)
    held: dict[str, Record] = {}
    bookmarks: dict[str, Bookmark] = {}
    turns, serial = iter(edits), itertools.count()

    def run(most: int | None) -> None:
        for page in itertools.islice(connector.read(CUSTOMERS, bookmarks=bookmarks), most):
            held.update((record.key[0], record) for record in page.records)
            assert page.bookmark is not None
            bookmarks[""] = page.bookmark
            for what, number in next(turns, []):
                disturb(ledger, what, number, clock, serial)

    run(stop)  # killed after that page
    run(None)
    turns = iter([])
    run(None)  # a change behind the last page of a run is seen by the next
    connector.close()
    current = {row["id"]: row for row in ledger.rows("customers")}
    assert {key: held[key].fields for key in current} == current


# Writing


def test_a_payment_is_registered_with_the_balance_read_back(server: SandboxServer, erp: Sandbox) -> None:
    invoice = open_invoices(server)[0]
    (receipt,) = written(erp, order_for(invoice))
    assert isinstance(receipt, Receipt)
    after = server.world.ledger.get("invoices", invoice["id"])
    assert receipt.balance == after["balance"] != invoice["balance"]
    (effect,) = server.world.ledger.effects
    assert effect.idempotency_key == "key-1"
    assert receipt.fields["memo"] == "Pago cuota / Begoña Peña"


def test_an_order_given_twice_is_registered_once(server: SandboxServer, erp: Sandbox) -> None:
    order = order_for(open_invoices(server)[0])
    first, second = written(erp, order, order)
    assert isinstance(first, Receipt)
    assert isinstance(second, Receipt)
    assert (first.found_before, second.found_before) == (False, True)
    assert (first.external_id, first.balance) == (second.external_id, second.balance)
    assert len(server.world.ledger.effects) == 1


LOST: dict[str, tuple[dict[str, Any], type[Exception], int]] = {
    "fault before": ({"kind": "error_before_commit"}, OutcomeUnknown, 0),
    "fault after": ({"kind": "error_after_commit", "status": 502}, OutcomeUnknown, 1),
    "silence after": ({"kind": "timeout_after_commit"}, OutcomeUnknown, 1),
    "line cut after": ({"kind": "drop_after_commit"}, OutcomeUnknown, 1),
    "half an answer": ({"kind": "half_body"}, OutcomeUnknown, 1),
    "a page instead of an answer": ({"kind": "html"}, OutcomeUnknown, 0),
    "too slow": ({"kind": "slow", "seconds": 5}, OutcomeUnknown, 0),
    "throttled": ({"kind": "throttle", "retry_after": 9}, RetryLater, 0),
}


@pytest.mark.parametrize("case", LOST.values(), ids=LOST)
def test_a_lost_answer_is_unknown_and_the_next_look_up_settles_it_with_one_effect(
    server: SandboxServer, impatient: Sandbox, case: tuple[dict[str, Any], type[Exception], int]
) -> None:
    rule, expected, effects = case
    order = order_for(open_invoices(server)[0])
    server.misbehave({"path": "/erp/payments", "method": "POST", **rule})
    (fault,) = written(impatient, order)
    assert isinstance(fault, expected)
    assert server.world.calls["POST /erp/payments"] == 1
    assert len(server.world.ledger.effects) == effects
    assert len(impatient.look_up("payments", [order.reference])) == effects
    server.misbehave()
    (receipt,) = written(impatient, order)
    assert isinstance(receipt, Receipt)
    assert receipt.found_before is (effects == 1)
    assert len(server.world.ledger.effects) == 1


def test_once_throttled_the_rest_of_the_batch_is_handed_back_without_a_call(
    server: SandboxServer, erp: Sandbox
) -> None:
    invoice = open_invoices(server)[0]
    server.misbehave({"kind": "throttle", "method": "POST", "every": 2, "retry_after": 9})
    found = written(erp, *(order_for(invoice, number) for number in range(1, 5)))
    assert [type(one) for one in found] == [Receipt, RetryLater, RetryLater, RetryLater]
    assert [one.after.total_seconds() for one in found if isinstance(one, RetryLater)] == [9, 9, 9]
    assert server.world.calls["POST /erp/payments"] == 2


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"debt": "F-99999"}, "invoice"),
        ({"amount": "99999999999"}, "amount"),
        ({"unit": "EUR"}, "currency"),
        ({"reference": ""}, "reference"),
    ],
)
def test_a_refused_order_carries_the_systems_sentence_and_the_others_go_on(
    server: SandboxServer, erp: Sandbox, changes: dict[str, str], field: str
) -> None:
    invoice = open_invoices(server)[0]
    refused, receipt = written(erp, order_for(invoice, 1, **changes), order_for(invoice, 2))
    assert isinstance(refused, RecordRejected)
    assert refused.field == field
    assert refused.message
    assert isinstance(receipt, Receipt)


def test_a_closed_invoice_is_refused_in_the_words_of_the_system(server: SandboxServer, erp: Sandbox) -> None:
    closed = next(row for row in server.world.ledger.rows("invoices") if row["status"] == "settled")
    (refused,) = written(erp, order_for(closed))
    assert str(refused) == f"La factura {closed['id']} está cerrada (settled)."


def test_a_reference_that_stands_for_another_payment_is_not_taken_for_ours(server: SandboxServer, erp: Sandbox) -> None:
    one, other = open_invoices(server)[:2]
    written(erp, order_for(one))
    for order in (order_for(other), order_for(one, amount="2.00")):
        (refused,) = written(erp, order)
        assert isinstance(refused, RecordRejected)
        assert refused.field == "reference"
    assert len(server.world.ledger.effects) == 1


def test_a_failed_reading_back_does_not_hide_the_payment(server: SandboxServer, erp: Sandbox) -> None:
    server.misbehave({"path": "/erp/invoices/*", "kind": "error_before_commit"})
    (receipt,) = written(erp, order_for(open_invoices(server)[0]))
    assert isinstance(receipt, Receipt)
    assert receipt.balance is not None


@pytest.mark.parametrize("seed", range(4))
def test_a_thousand_mishaps_end_with_one_payment_for_each_order(server: SandboxServer, seed: int) -> None:
    kinds = ["error_before_commit", "error_after_commit", "drop_after_commit", "half_body", "html", "throttle"]
    post = {"path": "/erp/payments", "method": "POST", "retry_after": 0}
    server.misbehave(*({**post, "kind": kind, "probability": 0.15} for kind in kinds), seed=seed)
    connector = connected(server)
    waiting = {number: order_for(row, number) for number, row in enumerate(open_invoices(server)[:30])}
    while waiting:
        answers = zip(list(waiting), written(connector, *waiting.values()), strict=True)
        for number in [number for number, answer in answers if isinstance(answer, Receipt)]:
            del waiting[number]
    connector.close()
    paid = server.world.ledger.payments_by_invoice()
    assert sorted(len(rows) for rows in paid.values()) == [1] * 30


def test_a_system_that_refuses_us_ends_the_batch(server: SandboxServer) -> None:
    stranger = connected(server, api_key=Secret("wrong"))
    with pytest.raises(CredentialsRefused):
        written(stranger, order_for(open_invoices(server)[0]))
    stranger.close()


# Looking up, checking, describing


def test_a_look_up_tells_state_and_version_and_leaves_out_what_is_absent(server: SandboxServer, erp: Sandbox) -> None:
    server.world.ledger.edit("customers", "C-00002", {"name": "Otra"})
    found = erp.look_up("customers", ["C-00002", "C-77777", "no/such?thing"])
    assert list(found) == ["C-00002"]
    assert (found["C-00002"].version, found["C-00002"].fields["name"]) == ("2", "Otra")
    (receipt,) = written(erp, order_for(open_invoices(server)[0]))
    assert isinstance(receipt, Receipt)
    (payment,) = erp.look_up("payments", ["pay-1", "pay-2"]).values()
    assert payment.external_id == receipt.external_id


def test_check_finds_a_wrong_address_a_wrong_key_and_an_unreadable_stream(server: SandboxServer) -> None:
    good = connected(server)
    keyless = connected(server, api_key=Secret("wrong"))
    nowhere = connected(server, url="http://127.0.0.1:9")
    assert [(f.what, f.ok) for f in good.check()] == [
        ("reach the sandbox", True), ("key", True), ("read customers", True), ("read invoices", True),
        ("read payments", True),
    ]  # fmt: skip
    assert [(f.what, f.ok) for f in keyless.check()] == [("reach the sandbox", True), ("key", False)]
    assert [(f.what, f.ok) for f in nowhere.check()] == [("reach the sandbox", False)]
    server.misbehave({"path": "/erp/invoices", "kind": "html"})
    assert [f.what for f in good.check() if not f.ok] == ["read invoices"]
    assert "POST /erp/payments" not in server.world.calls
    with pytest.raises(SystemUnreachable):
        nowhere.look_up("customers", ["C-00001"])
    for connector in (good, keyless, nowhere):
        connector.close()


@pytest.mark.parametrize("system", ["erp", "crm"])
def test_the_schemas_name_the_columns_that_come(server: SandboxServer, system: str) -> None:
    connector = connected(server, system)
    for schema in connector.discover():
        record = next(connector.read(StreamRequest(schema.name), bookmarks={})).records[0]
        assert set(schema.columns) == set(record.fields)
    assert connector.capabilities.streams == tuple(schema.name for schema in SCHEMAS[system])
    money = {Operation.REGISTER_PAYMENT: Rung.LOOK_UP, Operation.REGISTER_REVERSAL: Rung.LOOK_UP}
    payments = money if system == "erp" else {}
    others = {Operation.RECORD_AGREEMENT: Rung.LOOK_UP, Operation.UPDATE_CONTACT: Rung.PRECONDITION}
    assert connector.capabilities.writes == {**payments, **others}
    connector.close()


def test_the_crm_takes_no_payments(server: SandboxServer) -> None:
    crm = connected(server, "crm")
    with pytest.raises(ConfigurationInvalid, match="system: erp"):
        written(crm, order_for(open_invoices(server)[0]))
    crm.close()


@pytest.mark.parametrize(
    "request_",
    [
        StreamRequest("contacts"),
        StreamRequest("customers", cursor="name"),
        StreamRequest("customers", options={"a": 1}),
    ],
)
def test_a_stream_is_refused_when_it_cannot_be_read_as_asked(erp: Sandbox, request_: StreamRequest) -> None:
    with pytest.raises(ConfigurationInvalid):
        erp.read(request_, bookmarks={})


SETTINGS = {"url": "http://127.0.0.1:8000", "api_key": Secret("k"), "system": "crm"}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"url": None}, "url"),
        ({"url": "http://erp.example.com"}, "plain http"),
        ({"api_key": ""}, "api_key"),
        ({"system": "hr"}, "system"),
        ({"page_size": 0}, "page_size"),
        ({"page_size": True}, "page_size"),
        ({"timeout_seconds": "10"}, "timeout_seconds"),
        ({"overlap_seconds": -1}, "overlap_seconds"),
        ({"pagesize": 5}, "pagesize"),
    ],
)
def test_a_wrong_setting_is_named_before_any_call(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=named):
        connect(ConnectionSettings("crm", {**SETTINGS, **changes}, folder="."))


def test_a_connection_takes_its_key_as_secret_or_text_and_reads_its_streams_by_default() -> None:
    for key in (Secret("k"), "k"):
        connect(ConnectionSettings("crm", {**SETTINGS, "api_key": key}, folder=".")).close()
    assert [request.name for request in default_streams(SETTINGS)] == ["contacts"]
    assert default_streams({"system": "erp"}) == STREAMS["erp"]


# The default mappings


def test_the_default_maps_read_every_row_of_the_portfolio(server: SandboxServer) -> None:
    portfolio = server.world.portfolio
    claims: dict[str, int] = {}
    for file in sorted(MAPS.glob("*.yaml")):
        document = parse_map_text(file.read_text("utf-8"), file=file.name)
        for row in getattr(portfolio, {"legacy": "legacy", "bank": "bank"}.get(file.stem, file.stem)):
            mapped = map_record(document, row, context=MapContext("CL", "CLP"))
            made = len(mapped.debtors) + len(mapped.debts) + len(mapped.payments)
            claims[file.stem] = claims.get(file.stem, 0) + made
    assert claims == {
        "customers": len(portfolio.customers),
        "contacts": len(portfolio.contacts),
        "invoices": len(portfolio.invoices),
        "payments": len(portfolio.payments),
        "legacy": 2 * len(portfolio.legacy),
        "bank": len(portfolio.bank) - 1,
    }


def test_each_row_is_read_by_the_rules_of_its_own_country(server: SandboxServer) -> None:
    document = parse_map_text((MAPS / "customers.yaml").read_text("utf-8"))
    for row in server.world.portfolio.customers:
        (debtor,) = map_record(document, row, context=MapContext("CL", "CLP")).debtors
        assert debtor.identifiers[0].country == row["country"] == debtor.fields["residence_country"]
        assert [point for point in debtor.contact_points if point.type == "phone"]


def test_a_payment_of_the_hub_is_known_by_its_reference_and_one_of_the_counter_by_that_of_the_bank(
    server: SandboxServer, erp: Sandbox
) -> None:
    document = parse_map_text((MAPS / "payments.yaml").read_text("utf-8"))
    written(erp, order_for(open_invoices(server)[0]))
    rows = server.world.ledger.rows("payments")
    claims = [map_record(document, row, context=MapContext("CL", "CLP")).payments[0].fields for row in rows]
    assert (claims[0]["reference"], claims[0].get("hub_reference")) == ("TRX700000", None)
    assert (claims[-1]["hub_reference"], claims[-1].get("reference")) == ("pay-1", None)
