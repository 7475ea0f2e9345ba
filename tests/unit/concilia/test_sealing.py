"""What is sealed opens only under its key and for its row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concilia.errors import ConfigurationInvalid
from concilia.sealing import Keyring, key_id_of, keyring_of, new_key
from concilia.vault import Secret

RING = keyring_of(new_key("a"))


@given(st.text(min_size=1), st.text(min_size=1, max_size=30))
def test_a_secret_opens_for_its_row(text: str, row: str) -> None:
    text = text.encode("utf-8", "replace").decode()
    row = row.encode("utf-8", "replace").decode()
    assert RING.unseal(RING.seal(Secret(text), bound_to=row), bound_to=row).reveal() == text


def test_an_envelope_that_was_moved_to_another_row_does_not_open() -> None:
    envelope = RING.seal(Secret("clave"), bound_to="erp/password")
    with pytest.raises(ConfigurationInvalid, match="does not open"):
        RING.unseal(envelope, bound_to="crm/password")


def test_every_altered_character_is_noticed() -> None:
    envelope = RING.seal(Secret("clave"), bound_to="erp/password")
    start = len("v1.a.")
    for place in range(start, len(envelope) - 1):
        altered = envelope[:place] + ("A" if envelope[place] != "A" else "B") + envelope[place + 1 :]
        with pytest.raises(ConfigurationInvalid):
            RING.unseal(altered, bound_to="erp/password")


def test_one_secret_sealed_twice_looks_different() -> None:
    assert RING.seal(Secret("x"), bound_to="r") != RING.seal(Secret("x"), bound_to="r")


def test_an_older_key_still_opens_and_new_secrets_take_the_current_one() -> None:
    old, new = new_key("2026"), new_key("2027")
    envelope = keyring_of(old).seal(Secret("clave"), bound_to="r")
    both = keyring_of(f"{new}, {old}")
    assert both.unseal(envelope, bound_to="r").reveal() == "clave"
    assert key_id_of(both.seal(Secret("clave"), bound_to="r")) == "2027"
    with pytest.raises(ConfigurationInvalid, match="'2026', which is not given"):
        keyring_of(new).unseal(envelope, bound_to="r")


@pytest.mark.parametrize(
    "text", ["", "k1", "k1:short", "k1:" + "A" * 50, "K:" + "A" * 43, "k1:" + "A" * 43 + ",k1:" + "B" * 43]
)
def test_a_master_key_of_another_form_is_refused_with_what_to_do(text: str) -> None:
    with pytest.raises(ConfigurationInvalid) as told:
        keyring_of(text)
    assert "vault new-key" in told.value.mend
    assert "AAAA" not in str(told.value)


def test_a_keyring_does_not_print_its_keys() -> None:
    assert "keys=" not in repr(Keyring("a", {"a": b"0" * 32}))
