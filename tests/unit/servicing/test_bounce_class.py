"""How a channel's word about a bounce is read: lasting, or passing by itself."""

from __future__ import annotations

import pytest

from concilia.servicing.interaction_effects import bounce_class


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("5.1.1", "hard"), ("5.2.1 mailbox disabled", "hard"), ("Hard bounce", "hard"), ("rebote hard", "hard"),
        ("4.2.2 mailbox full", ""), ("soft", ""), ("", ""), ("15.1.1", ""), ("5", ""),
    ],
)  # fmt: skip
def test_a_bounce_is_lasting_only_when_the_channel_says_so(said: str, found: str) -> None:
    assert bounce_class(said) == found
