"""Colombia: a guarantor is contacted under the same counters as the debtor; a reference never is."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.contact_world import counter, rules
from tests.conftest import OpenHub

DEBT = (
    "F-1;79123456;Ana Muñoz Ñuñez;3001234567;ana@correo.co;52123456;Beto Rojas Paz;3007654321;"
    "80123456;Carla Soto Ruiz;3009876543;150000;2026-10-01"
)
GUARANTOR, REFERENCE = {"phone": "+573007654321"}, {"phone": "+573009876543"}


def test_debtor_and_guarantor_count_together(tmp_path: Path, opened: OpenHub, database_url: str | None) -> None:
    with counter(tmp_path, opened, country="CO", line=DEBT, database_url=database_url) as desk:
        desk.consent()
        desk.consent(**GUARANTOR)
        desk.at("2026-11-23T10:00:00-05:00").make("voice_agent")
        asked = desk.at("2026-11-23T12:00:00-05:00").ask("voice_agent", **GUARANTOR)
        assert rules(asked) == {"co.once_a_day"}
        asked = desk.at("2026-11-24T10:00:00-05:00").ask("whatsapp", **GUARANTOR)
        assert rules(asked) == {"co.one_channel_a_week"}
        desk.make("voice_agent", **GUARANTOR)
        assert rules(desk.at("2026-11-24T15:00:00-05:00").ask("voice_agent")) == {"co.once_a_day"}


def test_a_reference_is_always_denied(tmp_path: Path, opened: OpenHub, database_url: str | None) -> None:
    with counter(tmp_path, opened, country="CO", line=DEBT, database_url=database_url) as desk:
        desk.consent(**REFERENCE)
        asked = desk.at("2026-11-23T10:00:00-05:00").ask("voice_agent", **REFERENCE)
        assert rules(asked) == {"co.references", "hub.references"}
        assert asked["next_allowed_at"] is None
