"""Addresses of domains that are kept for examples."""

from __future__ import annotations

import pytest

from concilia.normalize.emails import normalize_email
from concilia.normalize.verdict import Verdict


@pytest.mark.parametrize("written", ["ana@example.com", "Ana@EJEMPLO.cl"])
def test_an_address_kept_for_examples_is_doubtful_but_still_the_same_address(written: str) -> None:
    found = normalize_email(written)
    assert found.verdict is Verdict.SUSPICIOUS
    assert found.match_key == written.lower()


@pytest.mark.parametrize("written", ["no@tiene.com", "test@example.com", "noreply@example.com"])
def test_an_address_typed_to_fill_the_field_stays_a_placeholder(written: str) -> None:
    assert normalize_email(written).verdict is Verdict.PLACEHOLDER
