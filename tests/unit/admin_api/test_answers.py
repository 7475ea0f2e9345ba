"""How facts and runs are told, and that every golden field is described."""

from __future__ import annotations

from admin_api import answers, wire
from concilia import schema
from concilia.store.events import RecordedFact
from concilia.store.runs import RunRow, StreamCounts


def test_a_fact_is_told_as_a_cloud_event_without_absent_attributes() -> None:
    told = answers.event(RecordedFact(7, "2026-11-22T10:00:00.000000+00:00", "payment.received", "p1", None, {"a": 1}))
    assert told == {
        "specversion": "1.0",
        "id": "7",
        "source": "concilia",
        "type": "payment.received",
        "subject": "p1",
        "time": "2026-11-22T10:00:00.000000+00:00",
        "datacontenttype": "application/json",
        "dataschema": "urn:concilia:event:payment.received:1",
        "partitionkey": "p1",
        "sequence": 7,
        "data": {"a": 1},
    }
    assert answers.event(RecordedFact(8, "t", "debtor.created", "g1", "g1", {}))["debtor"] == "g1"


def test_a_run_is_told_with_its_streams() -> None:
    row = RunRow(3, "sync", "done", "t0", None, {"failures": {}}, (StreamCounts("erp", "cartera", read=2, applied=2),))
    told = answers.run(row)
    assert (told["id"], told["streams"][0]["applied"], told["failures"]) == (3, 2, {})


def test_every_golden_field_is_described() -> None:
    assert {field.name for field in schema.DEBTOR.fields} <= set(answers.Debtor.model_fields)


def test_every_payment_field_a_caller_may_tell_is_known_to_the_schema() -> None:
    assert set(wire.Payment.model_fields) - {"debt", "debtor"} <= {field.name for field in schema.PAYMENT.fields}
