"""A payment confirmed at 10:02 makes a decision at 10:03 deny, with the reason, whatever was decided at 10:01."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.contact_world import counter, rules
from tests.conftest import OpenHub

DEBT = "F-1;12531909;Ana Muñoz Ñuñez;961119999;ana@correo.cl;;;;;;;150000;2026-10-01"


def test_a_payment_at_10_02_denies_at_10_03(tmp_path: Path, opened: OpenHub, database_url: str | None) -> None:
    with counter(tmp_path, opened, country="CL", line=DEBT, database_url=database_url) as desk:
        before = desk.at("2026-11-23T10:01:00-03:00").ask("email")
        assert before["answer"] == "allow"
        desk.door.call("POST", f"/v1/contact-decisions/{before['id']}/release")
        paid = desk.at("2026-11-23T10:02:00-03:00").pay("150000")
        assert (paid["balance"], paid["debt_status"]) == ("0", "settled")
        after = desk.at("2026-11-23T10:03:00-03:00").ask("voice_agent")
        assert (after["answer"], rules(after), after["next_allowed_at"]) == ("deny", {"hub.settled"}, None)
        assert after["reasons"][0]["says"] == "The debt is paid."
        assert after["reasons"][0]["in_spanish"] == "La deuda está pagada."
        assert after["reasons"][0]["about"] == desk.debt()["id"]
        assert after["reservation"] is None
        assert desk.debt()["contact"]["allowed_now"]["voice_agent"]["reason"] == "hub.settled"
        assert desk.ask("email")["answer"] == "deny"
        confirming = {"debtor": {"debt": "F-1"}, "channel": "email", "purpose": "confirmation"}
        thanks = desk.door.call("POST", "/v1/contact-decisions", json=confirming).json()
        assert thanks["answer"] == "allow", "that it arrived may be said"
