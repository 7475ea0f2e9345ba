"""Chile: one call a week; two messages a week with two whole days between them."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.contact_world import counter, rules
from tests.conftest import OpenHub

DEBT = "F-1;12531909;Ana Muñoz Ñuñez;961119999;ana@correo.cl;;;;;;;150000;2026-10-01"


def test_calls_and_messages_are_counted_apart_and_by_the_week(
    tmp_path: Path, opened: OpenHub, database_url: str | None
) -> None:
    with counter(tmp_path, opened, country="CL", line=DEBT, database_url=database_url) as desk:
        desk.at("2026-11-23T10:00:00-03:00").make("voice_agent")
        assert rules(desk.at("2026-11-27T10:00:00-03:00").ask("voice_agent")) == {"cl.calls_a_week"}
        desk.at("2026-11-30T11:00:00-03:00").make("email")
        for day in ("2026-12-01", "2026-12-02"):
            denied = desk.at(f"{day}T10:00:00-03:00").ask("sms")
            assert rules(denied) == {"cl.messages_a_week"}
            assert denied["next_allowed_at"] == "2026-12-03T11:00:00.000000+00:00"
        desk.at("2026-12-03T10:00:00-03:00").make("sms")
        third = desk.at("2026-12-05T10:00:00-03:00").ask("whatsapp")
        assert rules(third) == {"cl.messages_a_week"}
        assert third["next_allowed_at"] == "2026-12-07T14:00:00.000000+00:00"
