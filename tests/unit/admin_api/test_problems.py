"""The one table of errors: every deliberate error has a status, and no sentence that may hold a value is repeated."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError

from admin_api import problems, wire
from concilia import errors
from concilia.errors import ConciliaError

DELIBERATE = [e for e in vars(errors).values() if isinstance(e, type) and issubclass(e, ConciliaError)]


def request() -> Request:
    return Request({"type": "http", "state": {"request_id": "n1"}, "headers": []})


def told(fault: ConciliaError) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(bytes(problems.of_error(request(), fault).body))
    return found


@pytest.mark.parametrize("error", DELIBERATE, ids=lambda e: e.__name__)
def test_every_deliberate_error_has_a_row_of_its_own(error: type[ConciliaError]) -> None:
    kind = problems.OF_ERRORS[error]
    assert 400 <= kind.status < 600
    assert kind.title
    assert kind.status < 500 or kind.instead


def test_an_error_added_later_is_told_like_its_parent() -> None:
    class Later(errors.NotFound): ...

    assert told(Later("12.531.909-2 is unknown."))["status"] == 404


@pytest.mark.parametrize(
    "fault",
    [
        errors.NotFound("There is no debtor SECRET."),
        errors.SystemUnreachable("The database postgresql://SECRET cannot be opened."),
        errors.ConfigurationInvalid("SECRET is wrong.", file="SECRET"),
        errors.RecordRejected("SECRET is refused.", field="tax_id", value="SECRET"),
        errors.OutcomeUnknown("https://SECRET did not answer."),
        errors.RetryLater("SECRET", after=timedelta(seconds=3)),
        ConciliaError("SECRET"),
    ],
)
def test_sentences_that_may_hold_values_or_machines_are_replaced(fault: ConciliaError) -> None:
    assert "SECRET" not in json.dumps(told(fault))
    assert told(fault)["detail"]


def test_a_sentence_for_the_caller_is_told_with_its_field_and_its_mend() -> None:
    found = told(errors.RequestInvalid("Too much.", mend="Send less.", field="amount"))
    assert (found["status"], found["detail"], found["mend"]) == (422, "Too much.", "Send less.")
    assert found["errors"] == [{"field": "amount", "message": "Too much."}]
    assert found["instance"] == "urn:uuid:n1"


def test_to_try_again_later_says_when() -> None:
    answer = problems.of_error(request(), errors.RetryLater("busy", after=timedelta(seconds=90)))
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "90")


@pytest.mark.parametrize(
    ("name", "shown"),
    [("amount", "amount"), ("external_id", "external_id"), ("surname_1", "surname_1"), ("12.531.909-2", "(unnamed)"),
     ("ana@correo.cl", "(unnamed)"), ("Ana Muñoz", "(unnamed)"), ("a" * 41, "(unnamed)"), ("", "(unnamed)")],
)  # fmt: skip
def test_an_unknown_member_is_named_only_when_it_looks_like_a_name(name: str, shown: str) -> None:
    with pytest.raises(ValidationError) as caught:
        wire.Payment.model_validate({name: 1})
    faults = [{**one, "loc": ("body", *one["loc"])} for one in caught.value.errors() if one["loc"] == (name,)]
    found = [problems._field_problem(one)["field"] for one in RequestValidationError(faults).errors()]
    assert found == [shown]
