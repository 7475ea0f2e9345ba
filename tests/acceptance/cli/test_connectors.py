"""Choosing a connector on the command line: which there are, what one needs, and whether it conforms."""

from __future__ import annotations

from pathlib import Path

from tests.acceptance.cli.conftest import Terminal

ROOT = Path(__file__).resolve().parents[3]
HARNESS = ROOT / "tests/contract/harnesses/sandbox.py"


def test_the_connectors_are_listed_with_what_they_were_tested_against(concilia: Terminal) -> None:
    shown = concilia("connectors", "list", "--json")
    assert shown.code == 0, shown.err
    told = {line["name"]: line for line in shown.lines}
    assert {"sandbox", "database", "files", "tryton"} <= set(told)
    assert told["tryton"]["tested_against"] == ["Tryton 8.0, a real server"]
    assert "Tryton 8.0" in concilia("connectors", "list").out


def test_a_connector_is_shown_with_its_settings_and_its_secrets(concilia: Terminal) -> None:
    shown = concilia("connectors", "show", "tryton", "--json")
    assert shown.code == 0, shown.err
    settings = shown.document["settings"]
    assert settings["required"] == ["url", "database", "username", "password"]
    assert [name for name, one in settings["properties"].items() if one.get("writeOnly")] == ["password"]
    assert shown.document["abilities"]["payment"] == "yes"
    page = concilia("connectors", "show", "tryton").out
    assert "needed, secret" in page
    assert "default 300" in page


def test_a_connector_that_does_not_exist_is_a_sentence(concilia: Terminal) -> None:
    shown = concilia("connectors", "show", "sap")
    assert shown.code == 2
    assert "There is no connector 'sap'" in shown.err


def test_the_table_is_the_page_of_the_documentation(concilia: Terminal) -> None:
    shown = concilia("connectors", "table")
    assert shown.out.startswith("# What each connector can do")
    assert "| sandbox | customers, invoices, payments, contacts | time stamp, 5 min overlap |" in shown.out


def test_a_connector_is_held_to_claims_sentence_by_sentence(concilia: Terminal) -> None:
    command = ("connectors", "conform", "sandbox", "--harness", HARNESS, "--only", "limits", "--only", "catalog")
    shown = concilia(*command)
    assert shown.code == 0, shown.out + shown.err
    assert "  pass  The gate is entered before each call" in shown.out
    assert "  n/a   A column that vanished" in shown.out
    assert shown.out.rstrip().endswith("7 pass, 0 fail, 2 not applicable")


def test_a_broken_claim_ends_with_5_and_says_what_speaks_against_it(concilia: Terminal) -> None:
    broken = concilia.folder / "broken.py"
    text = HARNESS.read_text("utf-8").replace("keys=desk.keys,", "keys=lambda: desk.keys() | {('nobody',)},")
    broken.write_text(text, encoding="utf-8")
    command = ("connectors", "conform", "sandbox", "--harness", "broken.py", "--only", "everything_is_read", "--json")
    shown = concilia(*command)
    assert shown.code == 5
    (verdict,) = shown.lines
    assert verdict["verdict"] == "fail"
    assert "records were not read: nobody" in verdict["remarks"][0]


def test_a_harness_that_is_none_or_for_another_connector_is_a_sentence(concilia: Terminal) -> None:
    (concilia.folder / "empty.py").write_text("", encoding="utf-8")
    for words, sentence in (
        (("sandbox", "--harness", "nowhere.py"), "There is no file nowhere.py"),
        (("sandbox", "--harness", "empty.py"), "empty.py has no function `harness`"),
        (("tryton", "--harness", HARNESS), "The harness is for another connector than tryton"),
    ):
        shown = concilia("connectors", "conform", *words)
        assert shown.code == 2, shown.out
        assert sentence in shown.err
