"""Texts with expressions: what is filled in, what is left out, and that nothing is ever run."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concilia.errors import RecordRejected
from concilia.vault import Secret
from connectors.exact_json import Number, dumps
from connectors.manifest.calls import path_of
from connectors.manifest.templates import as_text, compiled, filled, template

SCOPE: dict[str, Any] = {
    "config": {"url": "https://x", "api_key": Secret("k"), "size": 50, "on": True},
    "order": {"amount": "1234567890123456789.01", "value_date": "2026-01-31", "payer": "", "cells": {"a": None, "b": "1"},
              "schedule": [["2026-02-28", "10"]], "method": "cash", "reference": "R/1 ñ"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("plain", "plain"),
        ("{{ config.url }}/v1", "https://x/v1"),
        ("{{ config.size }}", 50),
        ("{{config.api_key}}", "k"),
        ("{{ order.schedule.0.0 }}", "2026-02-28"),
        ("{{ order.nothing }}", None),
        ("{{ order.payer | default('-') }}", "-"),
        ("{{ order.method | values('cash=4', '*=2') }}", "4"),
        ('{{ order.url | default("a|b") }}', "a|b"),
        ("{{ order.value_date | date('%d/%m/%Y') }}", "31/01/2026"),
        ("{{ order.value_date | noon_epoch }}", 1769860800),
        ("{{ order.reference | prefix('Concilia ') | shorten(10) }}", "Concilia R"),
        ("{{ order.amount | number }}", Number(Decimal("1234567890123456789.01"))),
    ],
)
def test_an_expression_is_what_it_names(text: str, found: Any) -> None:
    assert filled(compiled(text), SCOPE) == found


def test_members_that_say_nothing_are_left_out_and_explicit_nulls_stay() -> None:
    said = {"a": "{{ order.nothing }}", "b": None, "c": ["{{ order.nothing }}", 1], "{{ order.method }}": "x"}
    assert filled(compiled(said), SCOPE) == {"b": None, "c": [1], "cash": "x"}


def test_something_missing_within_a_text_is_an_error_and_no_half_filter() -> None:
    with pytest.raises(RecordRejected, match=r"order\.nothing"):
        filled(compiled("(t.rowid:=:{{ order.nothing }})"), SCOPE)


def test_amounts_are_written_as_numbers_without_passing_through_floats() -> None:
    assert dumps(
        {"a": Number(Decimal("1234567890123456789.01")), "b": Number(Decimal("1E+3")), "c": Decimal("1.10")}
    ) == (b'{"a": 1234567890123456789.01, "b": 1000, "c": "1.10"}')


def test_a_text_that_looks_like_a_marked_number_stays_a_text() -> None:
    assert dumps(["number:5", "\x00number:x"]) == b'["number:5", "\\u0000number:x"]'


@pytest.mark.parametrize(
    "text",
    [
        "{{ config.__class__ }}",
        "{{ config.url.__init__.__globals__ }}",
        "{{ order.cells.keys }}",
        "{{ order.amount.real }}",
    ],
)
def test_nothing_of_python_can_be_reached(text: str) -> None:
    assert filled(compiled(text), SCOPE) is None


@pytest.mark.parametrize(
    "text",
    ["{{ config.url() }}", "{{ config['url'] }}", "{{ ''.join(x) }}", "{{ config.url + 'x' }}", "{{ x }}", "{{ }}",
     "{{ config.url", "config.url }}", "{{ config.url | nope }}", "{{ config.url | before }}", "x" * 5000],
)  # fmt: skip
def test_what_is_no_path_is_refused_when_it_is_read(text: str) -> None:
    with pytest.raises(ValueError):
        template(text)


def test_what_is_filled_into_an_address_cannot_lead_elsewhere() -> None:
    scope = {"order": {"record": "../admin?x=1#y ñ", "dots": ".."}}
    assert path_of(compiled("/customers/{{ order.record }}"), scope) == "/customers/..%2Fadmin%3Fx%3D1%23y%20%C3%B1"
    assert path_of("/api/resource/Sales Invoice", scope) == "/api/resource/Sales%20Invoice"
    with pytest.raises(RecordRejected):
        path_of(compiled("/customers/{{ order.dots }}"), scope)
    with pytest.raises(RecordRejected):
        path_of(compiled("/customers/{{ order.none }}"), scope)


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused_with_a_sentence(text: str) -> None:
    said = ""
    try:
        template(text)
    except ValueError as fault:
        said = str(fault)
    assert said or "{{" in text or filled(compiled(text), {}) == text


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (Decimal("1E+2"), "100"), ([1, "ñ"], '[1, "\\u00f1"]'), (5, "5")]
)
def test_values_stand_in_addresses_as_systems_expect(value: Any, text: str) -> None:
    assert as_text(value) == text
