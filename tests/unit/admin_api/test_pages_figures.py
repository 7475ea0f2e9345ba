"""The bars of the pages add up and lean to the right side."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from admin_api.pages.figures import NARROWEST, WIDTH, disposition_bar, evidence_bars, total_bits
from concilia.store.runs import DISPOSITIONS


@given(st.fixed_dictionaries({name: st.integers(0, 10**9) for name in DISPOSITIONS}))
def test_the_parts_of_a_bar_are_as_wide_as_the_bar_and_none_is_too_narrow_to_see(counts: dict[str, int]) -> None:
    parts = disposition_bar(counts)
    assert sum(part.width for part in parts) == (WIDTH if any(counts.values()) else 0)
    assert [part.name for part in parts] == [name for name in DISPOSITIONS if counts[name]]
    assert all(part.width >= NARROWEST for part in parts)
    assert [part.start for part in parts] == [sum(p.width for p in parts[:n]) for n in range(len(parts))]


def test_evidence_with_bits_leans_by_their_sign_strongest_first() -> None:
    bars = evidence_bars(
        [
            {"feature": "kind", "level": "agrees", "bits": 0.5},
            {"feature": "birth_date", "level": "differs", "bits": -20},
            {"feature": "email", "level": "new level", "bits": 0},
        ]
    )
    assert [(b.feature, b.lean, b.width) for b in bars] == [
        ("birth_date", "against", 100), ("kind", "for", 2), ("email", "neither", 0),
    ]  # fmt: skip
    assert total_bits(bars) == -19.5


def test_evidence_without_bits_leans_by_its_level() -> None:
    bars = evidence_bars([{"feature": "a", "level": "none"}, {"feature": "b", "level": "valid", "why": "both"}])
    assert [(b.feature, b.lean, b.bits) for b in bars] == [("b", "for", None), ("a", "neither", None)]
    assert total_bits(bars) is None
