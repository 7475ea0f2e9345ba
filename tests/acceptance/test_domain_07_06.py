"""Colombia: WhatsApp on Monday, so no e-mail on Tuesday; the law is named, and the next week is the next moment."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.contact_world import counter, rules
from tests.conftest import OpenHub

DEBT = "F-1;79123456;Ana Muñoz Ñuñez;3001234567;ana@correo.co;;;;;;;150000;2026-10-01"


def test_a_second_channel_in_the_week_is_denied_by_the_law(
    tmp_path: Path, opened: OpenHub, database_url: str | None
) -> None:
    with counter(tmp_path, opened, country="CO", line=DEBT, database_url=database_url) as desk:
        desk.consent()
        desk.at("2026-11-23T10:00:00-05:00").make("whatsapp")
        tuesday = desk.at("2026-11-24T10:00:00-05:00").ask("email")
        assert rules(tuesday) == {"co.one_channel_a_week"}
        assert tuesday["reasons"][0]["source"]["law"] == "Ley 2300 de 2023"
        assert tuesday["reasons"][0]["source"]["article"].startswith("art. 3")
        assert tuesday["next_allowed_at"] == "2026-11-30T15:00:00.000000+00:00"
        assert desk.at("2026-11-30T10:00:00-05:00").ask("email")["answer"] == "allow"


def test_sundays_and_holidays_are_denied(tmp_path: Path, opened: OpenHub, database_url: str | None) -> None:
    with counter(tmp_path, opened, country="CO", line=DEBT, database_url=database_url) as desk:
        desk.consent()
        sunday = desk.at("2026-11-29T10:00:00-05:00").ask("whatsapp")
        assert (rules(sunday), sunday["next_allowed_at"]) == ({"co.hours"}, "2026-11-30T12:00:00.000000+00:00")
        holiday = desk.at("2026-12-08T10:00:00-05:00").ask("whatsapp")
        assert rules(holiday) == {"co.hours"}
        assert holiday["reasons"][0]["detail"] == "La Inmaculada Concepción"
