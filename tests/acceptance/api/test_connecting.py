"""Connect, check, preview, sync: all over the API, with secrets that never come out again."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from sqlalchemy import text

from concilia.errors import ConfigurationInvalid
from concilia.store import credentials
from sync import actions, declaring
from sync.hub import Hub
from tests.door import Door
from tests.worlds import rut

MAP = """\
entities:
- {entity: debtor, key: [RUT], fields: {tax_id: RUT, full_name: NOMBRE}}
- {entity: debt, key: [DOC], debtor: [RUT], fields: {balance: SALDO, document: DOC}}
"""


def connection(folder: Path, **more: object) -> dict[str, object]:
    settings = {"path": str(folder), "encoding": "utf-8", "delimiter": ",", **dict(more.pop("settings", {}))}  # type: ignore[call-overload]
    streams = {"deudas": {"file": "*.csv", "key": ["DOC"], "map": "stored:deudas"}}
    return {"name": "nueva", "connector": "files", "country": "CL", "creditor": "acme", "settings": settings,
            "streams": streams, **more}  # fmt: skip


def tryton(password: str, name: str = "nueva") -> dict[str, object]:
    """A connection with a password; nobody answers at its address."""
    settings = {"url": "http://127.0.0.1:9", "database": "erp", "username": "hub", "password": password}
    return {"name": name, "connector": "tryton", "country": "CL", "creditor": "acme", "settings": settings}


@pytest.fixture
def rows(hub: Hub) -> Path:
    folder = Path(hub.workspace.folder) / "nuevos"
    folder.mkdir()
    with (folder / "deudas.csv").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(
            [("RUT", "NOMBRE", "DOC", "SALDO"), (rut(15444555), "Íñigo Peña", "N-1", "7000"),
             (rut(15444555), "Íñigo Peña", "N-2", "siete")]
        )  # fmt: skip
    return folder


def test_connect_preview_and_sync_without_touching_the_file(door: Door, hub: Hub, rows: Path) -> None:
    stored = door.call("POST", "/v1/mappings", json={"name": "deudas", "document": MAP})
    assert (stored.status_code, stored.json()["version"]) == (200, 1)
    tried = door.call("POST", "/v1/connections", json={**connection(rows), "dry_run": True})
    assert (tried.status_code, tried.json()["streams"]) == (200, ["deudas"])
    assert door.get("/v1/connections/nueva").status_code == 404, "a dry run keeps nothing"
    made = door.call("POST", "/v1/connections", json=connection(rows))
    assert (made.status_code, made.json()["declared_in"]) == (201, "api")
    checked = door.call("POST", "/v1/connections/nueva/check").json()
    assert checked["ok"], checked
    seen = door.call("POST", "/v1/connections/nueva/preview", json={"stream": "deudas", "limit": 5}).json()["items"]
    assert [row["before"]["DOC"] for row in seen] == ["N-1", "N-2"]
    assert "Íñigo Peña" in [line["value"] for line in seen[0]["after"]]
    assert seen[1]["refusal"], "an amount in words would be refused, and is shown before anything is stored"
    report = actions.run(declaring.current(hub), ["nueva"])
    assert report.exit_code in (0, 5)
    found = door.get("/v1/resolve", params={"tax_id": rut(15444555), "country": "CL"}).json()
    assert found
    listed = {one["name"]: one["declared_in"] for one in door.every("/v1/connections")}
    assert listed["nueva"] == "api"
    assert listed["erp"] == "file"


def test_every_connector_shows_its_settings_with_secrets_marked(door: Door) -> None:
    found = {one["name"]: one for one in door.get("/v1/connectors").json()["items"]}
    assert {"files", "database", "tryton", "salesforce"} <= set(found)
    one = door.get("/v1/connectors/tryton").json()
    assert one["settings_schema"]["properties"]["password"]["writeOnly"] is True
    assert one["writes"]["register_payment"] == "look_up"
    assert one["tested_against"]
    assert door.get("/v1/connectors/nadie").status_code == 404


def test_a_secret_goes_in_sealed_and_comes_out_nowhere(door: Door, hub: Hub) -> None:
    canary = "canario-ñ-8842"
    made = door.call("POST", "/v1/connections", json=tryton(canary))
    assert made.json()["settings"]["password"] == "${vault:nueva/password}"
    shown = made.text + door.get("/v1/connections").text + door.get("/v1/connections/nueva").text
    with hub.store.read() as tx:
        dump = str(
            [
                tuple(row)
                for table in ("declaration", "credential")
                for row in tx.execute(text(f"SELECT * FROM {table}"))
            ]
        )
    assert canary not in shown + dump
    assert declaring.current(hub).workspace.settings_of("nueva")["password"].reveal() == canary
    kept = door.call("PUT", "/v1/connections/nueva/credentials", json={"values": {"password": "otra"}})
    assert [one["setting"] for one in kept.json()["items"]] == ["password"]
    assert "otra" not in kept.text
    assert declaring.current(hub).workspace.settings_of("nueva")["password"].reveal() == "otra"


def test_a_ciphertext_copied_to_another_row_does_not_open(door: Door, hub: Hub) -> None:
    door.call("POST", "/v1/connections", json=tryton("una"))
    door.call("POST", "/v1/connections", json=tryton("otra", name="segunda"))
    with hub.store.begin() as tx:
        first = credentials.load(tx, "nueva", "password")
        assert first is not None
        tx.execute(text("UPDATE credential SET envelope = :e WHERE connection = 'segunda'"), {"e": first.envelope})
    with pytest.raises(ConfigurationInvalid, match="does not open"):
        declaring.current(hub).workspace.settings_of("segunda")


def test_rotation_seals_everything_again_and_the_old_key_is_of_no_use(door: Door, hub: Hub) -> None:
    door.call("POST", "/v1/connections", json=tryton("una"))
    assert declaring.seal_again(hub, by="ana") == 1
    assert declaring.current(hub).workspace.settings_of("nueva")["password"].reveal() == "una"


def test_a_connection_of_the_file_is_changed_in_the_file(door: Door, rows: Path) -> None:
    refused = door.call("POST", "/v1/connections", json={**connection(rows), "name": "erp"})
    assert (refused.status_code, refused.json()["type"]) == (422, "urn:concilia:problem:connection-in-file")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"connector": "odo"}, "connector"),
        ({"streams": {"deudas": {"file": "*.csv", "key": ["DOC"], "map": "stored:otra"}}}, "stored mapping"),
        ({"country": "Chile"}, "country"),
        ({"trust": 1000}, "trust"),
        ({"settings": {"path": "una${env:X}dos"}}, "part of a text"),
        ({"settings": {"delimitador": ";"}}, "delimitador"),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_named_and_nothing_is_stored(
    door: Door, rows: Path, change: dict[str, object], words: str
) -> None:
    door.call("POST", "/v1/mappings", json={"name": "deudas", "document": MAP})
    refused = door.call("POST", "/v1/connections", json=connection(rows, **change))
    assert refused.status_code == 422, refused.text
    assert words in refused.text
    assert door.get("/v1/connections/nueva").status_code == 404


def test_a_wrong_mapping_is_refused_with_its_line(door: Door) -> None:
    wrong = MAP.replace("full_name", "fullname")
    refused = door.call("POST", "/v1/mappings", json={"name": "deudas", "document": wrong})
    assert refused.status_code == 422
    assert "line 2" in refused.json()["detail"]
    assert "full_name" in refused.text
    assert door.get("/v1/mappings").json()["items"] == []


def test_versions_of_a_mapping_are_kept_and_compared(door: Door) -> None:
    door.call("POST", "/v1/mappings", json={"name": "deudas", "document": MAP})
    again = door.call("POST", "/v1/mappings", json={"name": "deudas", "document": MAP})
    assert again.json()["version"] == 1, "the same text makes no version"
    door.call("POST", "/v1/mappings", json={"name": "deudas", "document": MAP.replace("SALDO", "MONTO")})
    found = door.get("/v1/mappings/deudas/versions").json()["items"]
    assert [one["version"] for one in found] == [1, 2]
    lines = door.get("/v1/mappings/deudas/diff", params={"before": 1, "after": 2}).json()["lines"]
    assert [line[0] for line in lines if "balance" in line] == ["-", "+"]
    assert door.get("/v1/mappings/deudas/diff", params={"before": 1, "after": 9}).status_code == 422


def test_a_withdrawn_connection_is_gone_with_its_secrets(door: Door, hub: Hub) -> None:
    door.call("POST", "/v1/connections", json=tryton("una"))
    assert door.call("DELETE", "/v1/connections/nueva").json() == {"name": "nueva", "withdrawn": True}
    assert door.get("/v1/connections/nueva").status_code == 404
    assert door.call("DELETE", "/v1/connections/nueva").status_code == 404
    assert declaring.kept_secrets(hub) == []


def test_a_check_of_a_folder_that_is_not_there_says_so(door: Door, rows: Path) -> None:
    door.call("POST", "/v1/mappings", json={"name": "deudas", "document": MAP})
    door.call("POST", "/v1/connections", json=connection(rows / "nowhere"))
    found = door.call("POST", "/v1/connections/nueva/check").json()
    assert not found["ok"]
    assert "nowhere" in str(found)
    assert door.call("POST", "/v1/connections/nueva/preview", json={"stream": "deudas"}).status_code == 422
