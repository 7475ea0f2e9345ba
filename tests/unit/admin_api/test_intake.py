"""Bodies are read in one way only, or not at all."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from admin_api.intake import read_json
from admin_api.problems import BodyUnreadable

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
    max_leaves=20,
)  # fmt: skip


@given(JSON)
def test_json_keeps_its_meaning(value: Any) -> None:
    for raw in (json.dumps(value), json.dumps(value, ensure_ascii=False, indent=2)):
        assert json.loads(read_json(raw.encode("utf-8", "surrogatepass"))) == value


@given(st.binary(max_size=100))
def test_bytes_are_json_or_unreadable(raw: bytes) -> None:
    with suppress(BodyUnreadable):
        json.loads(read_json(raw))


@pytest.mark.parametrize(
    "raw", [b'{"a": 1, "a": 1}', b'[{"b": {"a": 1, "a": 2}}]', b"[NaN]", b"[Infinity]", b"[-Infinity]", b"[" * 9999]
)
def test_what_two_readers_may_understand_differently_is_unreadable(raw: bytes) -> None:
    with pytest.raises(BodyUnreadable, match="cannot be read in one way"):
        read_json(raw)
