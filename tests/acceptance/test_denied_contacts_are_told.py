"""Every contact that was asked for and denied is an event: which channel, by which rule, and when it may be made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.acceptance.contact_world import Counter, counter
from tests.conftest import OpenHub

DEBT = "F-1;12531909;Ana Muñoz Ñuñez;961119999;ana@correo.cl;;;;;;;150000;2026-10-01"
SUNDAY = "2026-11-22T10:00:00-03:00"


def denials(desk: Counter) -> list[Any]:
    return [event for event in desk.door.every("/v1/events") if event["type"] == "contact.denied"]


def test_a_denial_is_told_once_with_its_rule_and_the_next_moment(
    tmp_path: Path, opened: OpenHub, database_url: str | None
) -> None:
    with counter(tmp_path, opened, country="CL", line=DEBT, database_url=database_url) as desk:
        desk.at(SUNDAY)
        body, headers = {"debtor": {"debt": "F-1"}, "channel": "voice_agent"}, {"Idempotency-Key": "q-1"}
        first = desk.door.call("POST", "/v1/contact-decisions", json=body, headers=headers).json()
        again = desk.door.call("POST", "/v1/contact-decisions", json=body, headers=headers).json()
        assert first == again
        (event,) = denials(desk)
        assert (event["subject"], event["debtor"]) == (first["id"], first["debtor"])
        assert event["data"] == {
            "decision": first["id"],
            "channel": "voice_agent",
            "purpose": "collection",
            "at": first["at"],
            "rule": "cl.hours",
            "rules": ["cl.hours"],
            "next_allowed_at": "2026-11-23T11:00:00.000000+00:00",
            "asked_by": "tests",
        }


def test_what_is_allowed_or_only_looked_at_is_no_denial(
    tmp_path: Path, opened: OpenHub, database_url: str | None
) -> None:
    with counter(tmp_path, opened, country="CL", line=DEBT, database_url=database_url) as desk:
        desk.at(SUNDAY)
        assert desk.debt()["contact"]["allowed_now"]["email"]["allowed_now"] is False
        assert desk.at("2026-11-23T10:00:00-03:00").ask("email")["answer"] == "allow"
        assert denials(desk) == []
        assert desk.ask("sms")["answer"] == "deny"
        assert [event["data"]["channel"] for event in denials(desk)] == ["sms"]
