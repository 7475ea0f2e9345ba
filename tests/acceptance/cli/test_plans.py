"""Plans and conflicts at the terminal: planned, shown, approved, applied, decided, in words and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from admin_api.cli import main
from connectors.sandbox.server import SandboxServer, Setup

YAML = """\
version: 1
connections:
  erp:
    connector: sandbox
    country: CL
    trust: 80
    settings: {{url: "{url}", api_key: "${{file:key}}", system: erp, overlap_seconds: 0}}
    push:
      contacts: {{phone: ask, email: newest_within_skew}}
      approval: {{changes: 1}}
  crm:
    connector: sandbox
    country: CL
    settings: {{url: "{url}", api_key: "${{file:key}}", system: crm, overlap_seconds: 0}}
    push: {{contacts: {{phone: ask}}}}
"""


@pytest.fixture
def server() -> Iterator[SandboxServer]:
    with SandboxServer(Setup(customers=70)) as running:
        yield running


@pytest.fixture
def folder(tmp_path: Path, server: SandboxServer) -> Path:
    (tmp_path / "concilia.yaml").write_text(YAML.format(url=server.url), "utf-8")
    (tmp_path / "key").write_text("sandbox-key", "utf-8")
    return tmp_path


def run(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """One command; its exit code, and what people read."""
    code = main(["-w", str(folder), *words])
    said = capsys.readouterr()
    return code, said.out + said.err


def told(folder: Path, capsys: pytest.CaptureFixture[str], *words: str) -> Any:
    """One command, and its last JSON document."""
    main(["-w", str(folder), "--json", *words])
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def same_person(server: SandboxServer) -> tuple[str, str]:
    """A customer and the contact of one and the same party, nothing of it verified: verified points are asked about."""
    behind = server.world.portfolio.behind
    contacts = {party: key.partition(":")[2] for key, party in behind.items() if key.startswith("contacts:")}
    for row in server.world.ledger.rows("customers"):
        party = behind[f"customers:{row['id']}"]
        contact = contacts.get(party)
        held = server.world.ledger.get("contacts", contact) if contact else {}
        same = held and held["email"] == row["email"] and str(held["phone"]).endswith(row["mobile"])
        if same and held["tax_id"] and row["country"] == "CL" and row["kind"] == "person":
            server.world.ledger.edit("contacts", str(contact), {"phone_verified_at": None, "email_verified_at": None})
            return row["id"], str(contact)
    raise AssertionError("no such party")


def test_a_plan_is_shown_approved_and_applied(
    folder: Path, server: SandboxServer, capsys: pytest.CaptureFixture[str]
) -> None:
    customer, contact = same_person(server)
    code, _ = run(folder, capsys, "sync", "--no-push")
    assert code == 0
    run(folder, capsys, "push", "--plan")
    server.world.ledger.edit("contacts", contact, {"phone": "+56951234567", "email": "otra@correo.example"})
    made = told(folder, capsys, "sync", "--plan")
    rows = {(row["external_id"], row["field"]): row for row in made["rows"]}
    row = rows[(customer, "email")]
    assert (row["ours"], row["writes"]) == ("otra@correo.example", {"email": "otra@correo.example"})
    number = str(made["id"])
    code, text = run(folder, capsys, "push", "--apply", number)
    assert (code, "concilia approve erp" in text) == (4, True)
    run(folder, capsys, "approve", "erp", "--by", "carla")
    code, text = run(folder, capsys, "push", "--apply", number)
    assert (code, "changes are more than 1" in text) == (4, True)
    run(folder, capsys, "approve", "erp", "--plan", number, "--by", "carla")
    run(folder, capsys, "approve", "crm", "--by", "carla")
    code, text = run(folder, capsys, "push", "--apply", number)
    assert code == 0, text
    assert server.world.ledger.get("customers", customer)["email"] == "otra@correo.example"
    patched = [e for e in server.world.ledger.effects if e.kind == "patch"]
    assert len(patched) == len(made["rows"])
    code, text = run(folder, capsys, "plans", "show", number)
    assert (code, "written" in text, "base" in text) == (0, True, True)
    code, text = run(folder, capsys, "plans")
    assert (code, "carla" in text or "erp" in text) == (0, True)
    code, text = run(folder, capsys, "push", "--apply", number)
    assert (code, "applied already" in text) == (2, True)


def test_a_conflict_is_listed_shown_and_decided(
    folder: Path, server: SandboxServer, capsys: pytest.CaptureFixture[str]
) -> None:
    customer, contact = same_person(server)
    run(folder, capsys, "sync", "--no-push")
    run(folder, capsys, "push", "--plan")
    for name in ("erp", "crm"):
        run(folder, capsys, "approve", name, "--by", "carla")
    server.world.ledger.edit("contacts", contact, {"phone": "+56951234567"})
    server.world.ledger.edit("customers", customer, {"mobile": "+56957654321"})
    run(folder, capsys, "sync")
    code, text = run(folder, capsys, "conflicts", "list")
    assert (code, "concurrent_edits" in text) == (0, True)
    found = told(folder, capsys, "conflicts", "list")
    code, text = run(folder, capsys, "conflicts", "show", str(found["id"]))
    assert (code, "+56951234567" in text, "+56957654321" in text) == (0, True, True)
    # the customer's, so that the CRM is written: more than one change for the ERP waits for an approval
    side = "ours" if found["ours"] == "+56957654321" else "theirs"
    code, text = run(folder, capsys, "conflicts", "resolve", str(found["id"]), "--take", "nada")
    assert (code, "no phone" in text) == (2, True)
    code, text = run(folder, capsys, "conflicts", "resolve", str(found["id"]), "--take", side, "--by", "ana")
    assert (code, "says ana" in text) == (0, True)
    run(folder, capsys, "sync")
    phones = {
        server.world.ledger.get("contacts", contact)["phone"],
        server.world.ledger.get("customers", customer)["mobile"],
    }
    assert phones == {found[side]}
    run(folder, capsys, "sync")
    code, text = run(folder, capsys, "conflicts", "list")
    assert (code, "0 conflicts" in text) == (0, True)
