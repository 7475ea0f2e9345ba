"""concilia.yaml: what it says, what it refuses, and that secrets stay out of it."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from concilia.errors import ConfigurationInvalid
from concilia.vault import Secret
from concilia.workspace import Workspace, load
from concilia.write_policy import ConflictPolicy, FieldPolicy

TEXT = """\
version: 1
connections:
  erp:
    connector: files
    settings: {path: in, decimal: ",", password: "${env:ERP_PW}"}
    country: CL
    creditor: acme
    trust: 80
    time_zone: America/Santiago
    push: {payments: true}
    streams:
      cartera: {file: "*.csv", key: [DOC], cursor: {column: MOD, format: "%d-%m-%Y %H:%M"}, map: cartera.yaml}
      pagos: {file: "p*.csv", key: ID, cursor: MOD}
  crm:
    connector: sandbox
    settings: {token: "${file:crm.token}", options: {deep: ["${env:CRM_X}"]}}
    country: MX
    creditor: acme
creditors:
  acme: {owner: erp, name: "Acme S.A."}
survivorship:
  full_name: most_trusted
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "concilia.yaml").write_text(TEXT, encoding="utf-8")
    (tmp_path / "cartera.yaml").write_text("entities: []\n", encoding="utf-8")
    (tmp_path / "crm.token").write_text("t0ken\n", encoding="utf-8")
    return tmp_path


def changed(folder: Path, old: str, new: str) -> Workspace:
    assert old in TEXT
    (folder / "concilia.yaml").write_text(TEXT.replace(old, new, 1), encoding="utf-8")
    return load(folder)


def test_a_workspace_says_what_its_file_says(folder: Path) -> None:
    workspace = load(folder)
    erp, crm = workspace.connections["erp"], workspace.connections["crm"]
    assert (erp.connector, erp.country, erp.creditor, erp.trust, erp.time_zone) == (
        "files",
        "CL",
        "acme",
        80,
        "America/Santiago",
    )
    assert erp.push == {"payments"}
    assert (crm.trust, crm.push, crm.streams) == (50, frozenset(), ())
    assert workspace.creditors["acme"].owner == "erp"
    assert workspace.creditors["acme"].name == "Acme S.A."
    assert workspace.survivorship == {"full_name": "most_trusted"}


def test_survivorship_takes_a_rule_or_a_rule_with_a_half_life_and_half_lives_of_contact_points(folder: Path) -> None:
    declared = "{rule: weighted, half_life: 730}\n  surname_1: {half_life: 900}\n  phone: {half_life: 90}"
    assert changed(folder, "most_trusted", declared).survivorship == {
        "full_name": {"rule": "weighted", "half_life": 730},
        "surname_1": {"half_life": 900},
        "phone": {"half_life": 90},
    }


def test_a_unit_left_out_is_the_currency_of_the_country(folder: Path) -> None:
    workspace = load(folder)
    assert (workspace.connections["erp"].unit, workspace.connections["crm"].unit) == ("CLP", "MXN")
    assert changed(folder, "trust: 80", "unit: CLF").connections["erp"].unit == "CLF"


def test_a_stream_keeps_the_options_of_its_connector(folder: Path) -> None:
    cartera, pagos = load(folder).connections["erp"].streams
    assert (cartera.name, cartera.key, cartera.cursor, cartera.cursor_format) == (
        "cartera",
        ("DOC",),
        "MOD",
        "%d-%m-%Y %H:%M",
    )
    assert cartera.options == {"file": "*.csv"}
    assert (pagos.key, pagos.cursor, pagos.cursor_format, pagos.map) == (("ID",), "MOD", None, None)


def test_a_mapping_may_be_a_file_or_stand_in_the_workspace_itself(folder: Path) -> None:
    cartera = load(folder).connections["erp"].stream("cartera")
    assert cartera is not None
    assert cartera.map is not None
    assert (cartera.map.file, cartera.map.content) == ("cartera.yaml", {"entities": []})
    inline = (
        changed(folder, "map: cartera.yaml", "map: {entities: [{entity: debt}]}").connections["erp"].stream("cartera")
    )
    assert inline is not None
    assert inline.map is not None
    assert str(inline.map.error("wrong.", at=("entities", 0))).startswith(
        "concilia.yaml:12 at connections.erp.streams.cartera.map.entities[0]: wrong."
    )


def test_secrets_are_resolved_only_for_the_connection_that_is_asked_for(folder: Path) -> None:
    workspace = load(folder, environment={"CRM_X": "x"})
    assert workspace.settings_of("crm") == {"token": Secret("t0ken"), "options": {"deep": [Secret("x")]}}
    with pytest.raises(ConfigurationInvalid) as caught:
        workspace.settings_of("erp")
    assert "concilia.yaml:5 at connections.erp.settings.password: The environment variable ERP_PW" in str(caught.value)


def test_a_resolved_secret_does_not_print_itself(folder: Path) -> None:
    workspace = load(folder, environment={"ERP_PW": "hunter2"})
    settings = workspace.settings_of("erp")
    assert settings["password"].reveal() == "hunter2"
    assert "hunter2" not in f"{settings} {workspace!r}"


@pytest.mark.parametrize(
    "setting",
    [
        'db_password: "hunter2"',
        "api_key: hunter2",
        "apikey: hunter2",
        "auth: {client_secret: hunter2}",
        "private_key: hunter2",
        "token: 1234",
        "access-token: hunter2",
        'url: "postgresql://me:hunter2@db/erp"',
        'auth: "Bearer ${env:TOKEN}"',
    ],
)
def test_a_secret_in_plain_text_is_refused_and_not_repeated(folder: Path, setting: str) -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        changed(folder, "path: in", setting)
    assert caught.value.mend
    assert caught.value.line == 5
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("setting", ["token_url: https://x.cl/token", "private_key_file: k.pem", "password: ''"])
def test_a_setting_that_only_sounds_like_a_secret_is_kept(folder: Path, setting: str) -> None:
    text = TEXT.replace('password: "${env:ERP_PW}"', setting)
    (folder / "concilia.yaml").write_text(text, encoding="utf-8")
    assert load(folder).connections["erp"].settings


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "key: [DOC]",
            "kye: [DOC]",
            'concilia.yaml:12 at connections.erp.streams.cartera: there is no setting "kye". Did you mean "key"?',
        ),
        (
            "trust: 80",
            "trsut: 80",
            'concilia.yaml:8 at connections.erp: there is no setting "trsut". Did you mean "trust"?',
        ),
        ("trust: 80", "trust: 101", "trust is a whole number from 0 to 100"),
        ("trust: 80", "unit: UFF", '"UFF" is no known unit.'),
        ("country: CL", "country: Chile", "two capital letters"),
        ("country: CL", "country: NO", "the currency of NO is not known here. Add a unit"),
        ("  erp:\n", "  ERP:\n", "a name is small letters, digits and _"),
        ("      pagos:", "      Pagos:", "concilia.yaml:13 at connections.erp.streams.Pagos"),
        ("creditor: acme", "creditor: acne", 'there is no creditor "acne". Did you mean "acme"?'),
        ("owner: erp", "owner: erb", 'at creditors.acme.owner: there is no connection "erb". Did you mean "erp"?'),
        ("full_name:", "ful_name:", 'a debtor has no field "ful_name". Did you mean "full_name"?'),
        ("most_trusted", "most_trusty", 'Did you mean "most_trusted"?'),
        ("most_trusted", "{rule: waighted}", 'Did you mean "weighted"?'),
        ("most_trusted", "{half_live: 30}", 'there is no setting "half_live". Did you mean "half_life"?'),
        ("most_trusted", "{half_life: 0}", "half_life is a whole number of days, from 1 to 36500"),
        ("full_name: most_trusted", "phone: most_recent", "every phone is kept; no rule chooses. Say only how fast"),
        ("full_name:", "tax_id:", "the tax id is the best proven identifier; no rule chooses it."),
        ("America/Santiago", "America/Santiagoo", "is no known time zone"),
        ("America/Santiago", "../../etc/passwd", "is no known time zone"),
        (
            "map: cartera.yaml",
            "map: carters.yaml",
            'no file carters.yaml in the workspace. Did you mean "cartera.yaml"?',
        ),
        ("map: cartera.yaml", "map: ../other.yaml", "outside the workspace"),
        ("payments: true", "payment: true", 'Did you mean "payments"?'),
        ("payments: true", "contacts: {fax: ask}", "concilia.yaml:10 at connections.erp.push.contacts.fax"),
        ("payments: true", "contacts: {phone: asc}", 'Did you mean "ask"?'),
        ("payments: true", "contacts: {phone: owner_wins}", "owner_wins needs to know who owns the field."),
        (
            "payments: true",
            "contacts: {phone: {policy: owner_wins, owner: erb}}",
            'at connections.erp.push.contacts.phone.owner: there is no connection "erb". Did you mean "erp"?',
        ),
        ("payments: true", "contacts: {phone: {policy: ask, owner: erp}}", "ask asks no owner."),
        ("payments: true", "contacts: {phone: {policy: ask, skew: 5m}}", "only newest_within_skew has a skew."),
        ("payments: true", "contacts: {phone: {policy: newest_within_skew, skew: 5x}}", '"5x" is no length of time.'),
        ("payments: true", "contacts: {phone: {policy: ask, clear: true}}", "only what has an owner can be cleared"),
        ("payments: true", "approval: {money: {CLPP: 5}}", '"CLPP" is no known unit. Did you mean "CLP"?'),
        ("payments: true", "approval: {changes: -1}", "changes is a whole number"),
        ('file: "*.csv"', 'login: "${env:X}"', "a stream cannot hold a secret"),
        ("version: 1", "version: 2", 'at version: "2" is not known here. Use one of: 1.'),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_its_mend(folder: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        changed(folder, old, new)
    assert said in str(caught.value)
    assert caught.value.line


def test_what_may_be_written_is_read_with_its_policies(folder: Path) -> None:
    said = (
        "contacts: {phone: {policy: newest_within_skew, skew: 10m}, email: {policy: owner_wins, owner: crm}, "
        "full_name: ask}, approval: {changes: 9, money: {CLP: 1000, CLF: '2.5'}}"
    )
    writes = changed(folder, "payments: true", said).connections["erp"].writes
    assert writes.facts == frozenset()
    assert writes.contacts["phone"] == FieldPolicy(ConflictPolicy.NEWEST, skew=timedelta(minutes=10))
    assert writes.contacts["email"] == FieldPolicy(ConflictPolicy.OWNER_WINS, owner="crm")
    assert writes.contacts["full_name"].policy is ConflictPolicy.ASK
    assert (writes.approval.changes, writes.approval.money) == (9, {"CLP": Decimal(1000), "CLF": Decimal("2.5")})


def test_a_folder_without_a_workspace_says_how_to_start_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match="concilia init"):
        load(tmp_path)
    (tmp_path / "concilia.yaml").write_text("# nothing yet\n", encoding="utf-8")
    with pytest.raises(ConfigurationInvalid, match="concilia init"):
        load(tmp_path)


def test_a_workspace_without_connections_is_fine(tmp_path: Path) -> None:
    (tmp_path / "concilia.yaml").write_text("version: 1\n", encoding="utf-8")
    assert load(tmp_path).connections == {}


def test_the_only_creditor_needs_no_name_in_connections_and_a_named_one_no_entry(folder: Path) -> None:
    assert changed(folder, "    creditor: acme\n", "").connections["erp"].creditor == "acme"
    (folder / "concilia.yaml").write_text(TEXT.split("creditors:", maxsplit=1)[0], encoding="utf-8")
    assert load(folder).creditors["acme"].owner is None


def test_the_fingerprint_changes_with_the_meaning_and_not_with_the_writing(folder: Path) -> None:
    before = load(folder)
    assert changed(folder, "trust: 80", "trust:   80   # high").fingerprint == before.fingerprint
    after = changed(folder, "trust: 80", "trust: 81")
    assert after.fingerprint != before.fingerprint
    assert after.connections["erp"].fingerprint != before.connections["erp"].fingerprint
    assert after.connections["crm"].fingerprint == before.connections["crm"].fingerprint


def test_the_fingerprint_changes_with_a_mapping_document(folder: Path) -> None:
    before = load(folder)
    (folder / "cartera.yaml").write_text("entities: [{entity: debt}]\n", encoding="utf-8")
    after = load(folder)
    assert after.fingerprint != before.fingerprint
    assert after.connections["erp"].fingerprint != before.connections["erp"].fingerprint
