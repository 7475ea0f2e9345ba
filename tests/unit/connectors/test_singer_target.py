"""A target as a connector: what it is told, and that only what it acknowledged counts as written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from concilia.errors import (
    ConciliaError,
    ConfigurationInvalid,
    OutcomeUndecidable,
    OutcomeUnknown,
    PermissionMissing,
    SystemUnreachable,
)
from connectors.contract import (
    AgreementOrder,
    ConnectionSettings,
    Connector,
    ContactOrder,
    Operation,
    Order,
    PaymentOrder,
    Receipt,
    ReversalOrder,
    Rung,
    StreamRequest,
)
from connectors.singer_target import connect
from tests.unit.connectors.singer_programs import SCHEMA, python, record, script, state, written_by

# A target that keeps every message it hears in `heard`, one file line each, and echoes states as targets do.
HONEST = """
import json, os, sys
here = os.path.dirname(os.path.abspath(__file__))
with open(os.path.join(here, "started"), "a") as file:
    file.write("x")
for line in sys.stdin:
    message = json.loads(line)
    {before}
    with open(os.path.join(here, "heard"), "a", encoding="utf-8") as file:
        file.write(line)
    if message["type"] == "STATE":
        {echo}
        sys.stdout.flush()
"""
VALUE = "print(json.dumps(message['value']))"
WHOLE = "print(json.dumps(message))"


def target(folder: Path, *, before: str = "pass", echo: str = VALUE) -> None:
    python(folder, HONEST.format(before=before, echo=echo), name="target")


def connected(folder: Path, *streams: StreamRequest, **settings: Any) -> Connector:
    given = {"executable": "target", **settings}
    return connect(ConnectionSettings("crm", given, str(folder), streams=streams))


def payment(number: int, **given: Any) -> PaymentOrder:
    fields = {"key": f"k{number}", "debt": f"D-{number}", "amount": "1000.50", "unit": "CLP", "value_date": "2026-11-20",
              "method": "transfer", "reference": f"p{number}.1", "remittance": "factura Ñ", "payer": ""}  # fmt: skip
    return PaymentOrder(**{**fields, **given})


def heard(folder: Path, kind: str = "RECORD") -> list[dict[str, Any]]:
    path = folder / "heard"
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    return [one for one in map(json.loads, lines) if one["type"] == kind]


def write(
    connector: Connector, orders: Sequence[Order], operation: Operation = Operation.REGISTER_PAYMENT
) -> list[Any]:
    return list(connector.write(operation, orders))


def test_a_payment_is_told_with_its_schema_and_acknowledged(tmp_path: Path) -> None:
    target(tmp_path)
    (receipt,) = write(connected(tmp_path), [payment(1)])
    assert receipt == Receipt("p1.1")
    (schema,) = heard(tmp_path, "SCHEMA")
    assert (schema["stream"], schema["key_properties"]) == ("payments", ["reference"])
    assert schema["schema"]["properties"]["amount"]["format"] == "x-singer.decimal"
    (told,) = heard(tmp_path)
    assert told["record"] == {
        "reference": "p1.1", "idempotency_key": "k1", "debt": "D-1", "amount": "1000.50", "unit": "CLP",
        "value_date": "2026-11-20", "method": "transfer", "remittance": "factura Ñ", "payer": "",
    }  # fmt: skip


def test_amounts_can_be_told_as_numbers_with_all_their_digits(tmp_path: Path) -> None:
    target(tmp_path)
    write(connected(tmp_path, amounts="number"), [payment(1, amount="12345678901234567890.10")])
    assert '"amount": 12345678901234567890.10' in (tmp_path / "heard").read_text("utf-8")


def test_streams_are_called_as_the_workspace_says(tmp_path: Path) -> None:
    target(tmp_path)
    write(connected(tmp_path, stream_names={"payments": "hub_payments"}), [payment(1)])
    assert [one["stream"] for one in heard(tmp_path)] == ["hub_payments"]


def test_reversals_and_agreements_have_streams_of_their_own(tmp_path: Path) -> None:
    target(tmp_path)
    connector = connected(tmp_path)
    reversal = ReversalOrder(key="k", debt="D", amount="5", unit="CLP", value_date="2026-11-20", reference="p1.1.r",
                             payment="p1.1", kind="charged_back", reason="fraude")  # fmt: skip
    agreement = AgreementOrder(key="k", reference="a1.1", agreement="a1", happening="recorded", debt="D", debtor="5",
                               kind="plan", state="active", amount="10", unit="CLP", agreed_on="2026-11-20",
                               schedule=[["2026-12-05", "10"]], text="Convenio en cuotas: registrado.")  # fmt: skip
    assert write(connector, [reversal], Operation.REGISTER_REVERSAL) == [Receipt("p1.1.r")]
    assert write(connector, [agreement], Operation.RECORD_AGREEMENT) == [Receipt("a1.1")]
    first, second = heard(tmp_path)
    assert (first["stream"], first["record"]["payment"], first["record"]["kind"]) == (
        "reversals",
        "p1.1",
        "charged_back",
    )
    assert second["stream"] == "agreements"
    assert second["record"]["schedule"] == [{"due_date": "2026-12-05", "amount": "10"}]


def test_a_target_that_appends_is_told_one_order_at_a_time(tmp_path: Path) -> None:
    target(tmp_path)
    assert write(connected(tmp_path), [payment(n) for n in range(3)]) == [Receipt(f"p{n}.1") for n in range(3)]
    assert len((tmp_path / "started").read_text()) == 4  # and once with nothing, to see that it starts


def test_a_target_that_upserts_is_told_many_at_once(tmp_path: Path) -> None:
    target(tmp_path)
    connector = connected(tmp_path, upserts=True)
    assert write(connector, [payment(n) for n in range(30)]) == [Receipt(f"p{n}.1") for n in range(30)]
    assert len((tmp_path / "started").read_text()) == 2
    assert len(heard(tmp_path, "SCHEMA")) == 1
    assert set(connector.capabilities.writes.values()) == {Rung.UPSERT}


def test_one_order_that_breaks_the_target_leaves_only_itself_in_doubt(tmp_path: Path) -> None:
    target(tmp_path, before="if message.get('record', {}).get('debt') == 'D-2': sys.exit('no such debt')")
    answers = write(connected(tmp_path, upserts=True), [payment(n) for n in range(5)])
    assert [type(one) for one in answers] == [Receipt, Receipt, OutcomeUnknown, Receipt, Receipt]
    assert "no such debt" in str(answers[2])
    references = [one["record"]["reference"] for one in heard(tmp_path)]
    assert references == ["p0.1", "p1.1", "p3.1", "p4.1"]


@pytest.mark.parametrize(
    ("before", "echo"),
    [
        ("pass", "pass"),  # says nothing
        ("pass", "print('ok')"),
        ("pass", "print('{}')"),
        ("pass", "print(5)"),
        ("pass", "print('{\"bookmarks\": null}')"),
        ("pass", 'print(\'{"bookmarks": {"concilia": {"batch": "other", "told": 1}}}\')'),
        ("pass", "print(json.dumps(message['value'])[:-1])"),
        ("pass", "sys.stdout.write('x' * 100_000)"),
        ("message['type'] == 'RECORD' and os._exit(9)", VALUE),
        ("message['type'] == 'RECORD' and os.kill(os.getpid(), 9)", VALUE),
        ("message['type'] == 'STATE' and sys.exit(1)", VALUE),
    ],
)
def test_what_was_not_acknowledged_is_in_doubt(tmp_path: Path, before: str, echo: str) -> None:
    target(tmp_path, before=before, echo=echo)
    (answer,) = write(connected(tmp_path, longest_line=1024), [payment(1)])
    assert isinstance(answer, OutcomeUndecidable)
    assert "did not acknowledge it" in str(answer)


def test_money_in_doubt_waits_for_a_person_unless_it_may_be_told_again(tmp_path: Path) -> None:
    target(tmp_path)
    doubtful = payment(1, in_doubt=True)
    (answer,) = write(connected(tmp_path), [doubtful])
    assert isinstance(answer, OutcomeUndecidable)
    assert heard(tmp_path) == []
    assert write(connected(tmp_path, repeats=True), [doubtful]) == [Receipt("p1.1")]
    assert write(connected(tmp_path, upserts=True), [doubtful]) == [Receipt("p1.1")]
    target(tmp_path, echo="pass")
    (lost,) = write(connected(tmp_path, repeats=True), [payment(2)])
    assert type(lost) is OutcomeUnknown


@pytest.mark.parametrize("after", ["sys.exit(3)", "import time; time.sleep(600)"])
def test_what_was_acknowledged_before_a_failure_is_written(tmp_path: Path, after: str) -> None:
    target(tmp_path, echo=f"{VALUE}; sys.stdout.flush(); {after}")
    (answer,) = write(connected(tmp_path, stall_seconds=1), [payment(1)])
    assert answer == Receipt("p1.1")


def test_a_state_that_is_echoed_as_a_message_counts_too(tmp_path: Path) -> None:
    target(tmp_path, echo=WHOLE)
    assert write(connected(tmp_path), [payment(1)]) == [Receipt("p1.1")]


def test_a_target_that_does_not_start_is_told_nothing(tmp_path: Path) -> None:
    script(tmp_path, "echo 'wrong password' >&2; exit 1\n", name="target")
    connector = connected(tmp_path)
    (answer,) = write(connector, [payment(1), payment(2)])
    assert isinstance(answer, SystemUnreachable)
    assert "wrong password" in str(answer)
    (finding,) = connector.check()
    assert not finding.ok


def test_a_target_that_does_not_read_is_no_deadlock(tmp_path: Path) -> None:
    script(tmp_path, "exec 0<&-\nexit 0\n", name="target")
    answers = write(connected(tmp_path, upserts=True), [payment(n, remittance="x" * 100_000) for n in range(5)])
    assert all(isinstance(one, OutcomeUnknown) for one in answers)


def test_a_contact_is_changed_by_the_cells_of_a_record_under_its_key(tmp_path: Path) -> None:
    target(tmp_path)
    clientes = StreamRequest("clientes", key=("id",), options={"types": {"id": "integer"}})
    connector = connected(tmp_path, clientes, takes=["contacts"], updates={"clientes": ["telefono"]})
    order = ContactOrder(key="k", reference="c1", stream="clientes", record="57", field="phone",
                         cells={"telefono": "+56961234567"}, expected={"telefono": "1"})  # fmt: skip
    assert write(connector, [order], Operation.UPDATE_CONTACT) == [Receipt("c1")]
    (schema,), (told,) = heard(tmp_path, "SCHEMA"), heard(tmp_path)
    assert (schema["stream"], schema["key_properties"]) == ("clientes", ["id"])
    assert told["record"] == {"id": 57, "telefono": "+56961234567"}
    assert dict(connector.capabilities.updates) == {"clientes": ("telefono",)}
    item = ContactOrder(key="k", reference="c2", stream="clientes", record="57", field="phone", cells={"value": "1"},
                        expected={}, member="phones")  # fmt: skip
    (refused,) = write(connector, [item], Operation.UPDATE_CONTACT)
    assert getattr(refused, "code", "") == "not_offered"


def test_a_system_is_read_by_its_tap_and_written_by_its_target(tmp_path: Path) -> None:
    target(tmp_path)
    written_by(tmp_path, [SCHEMA, record(1), state(1)])
    connector = connected(tmp_path, StreamRequest("clientes"), tap={"executable": "tap"})
    (page,) = connector.read(StreamRequest("clientes"), bookmarks={})
    assert len(page.records) == 1
    assert connector.capabilities.streams == ("clientes",)
    assert [finding.ok for finding in connector.check()] == [True, True, True]
    assert write(connector, [payment(1)]) == [Receipt("p1.1")]


def test_a_target_alone_cannot_be_read(tmp_path: Path) -> None:
    target(tmp_path)
    connector = connected(tmp_path)
    with pytest.raises(ConfigurationInvalid):
        list(connector.read(StreamRequest("clientes"), bookmarks={}))
    assert connector.discover() == ()
    assert connector.look_up("payments", ["p1.1"]) == {}


def test_only_what_it_is_said_to_take_is_offered(tmp_path: Path) -> None:
    target(tmp_path)
    connector = connected(tmp_path, takes=["payments"])
    assert dict(connector.capabilities.writes) == {Operation.REGISTER_PAYMENT: Rung.NONE}
    with pytest.raises(PermissionMissing):
        write(connector, [], Operation.RECORD_AGREEMENT)


@pytest.mark.parametrize(
    "settings",
    [
        {"takes": ["pagos"]},
        {"takes": "payment"},
        {"upserts": "yes"},
        {"repeats": 1},
        {"amounts": "float"},
        {"stream_names": {"pagos": "x"}},
        {"stream_names": {"payments": 5}},
        {"stream_names": "x"},
        {"takes": ["contacts"]},
        {"takes": ["contacts"], "updates": {"nobody": ["phone"]}},
        {"tap": "tap-x"},
        {"tap": {"executable": "tap", "comand": 5}},
        {"url": "x"},
    ],
)
def test_settings_that_cannot_be_used_are_refused(tmp_path: Path, settings: dict[str, Any]) -> None:
    target(tmp_path)
    written_by(tmp_path, [])
    with pytest.raises(ConciliaError) as fault:
        connected(tmp_path, **settings)
    assert "Traceback" not in str(fault.value)
