"""Contact data changed in a real Tryton: mechanisms, new ones, names; read back by a client of its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from concilia.clock import fixed_clock
from concilia.errors import RecordRejected, RemoteMoved
from concilia.vault import Secret
from connectors.contract import ConnectionSettings, ContactOrder, Operation, Receipt, Rung
from connectors.tryton import connect, contacts
from connectors.tryton.connector import TrytonConnector
from sync import actions, disputes, write_plans
from tests.conftest import OpenHub
from tests.remotes import Remote, memory

__all__ = ["memory"]
pytestmark = pytest.mark.peer

MECHANISM = "party.contact_mechanism"


@pytest.fixture
def connector(tryton: Any) -> Iterator[TrytonConnector]:
    given = {"url": tryton.url, "database": tryton.database, "username": tryton.user}
    settings = {**given, "password": Secret(tryton.password), "overlap_seconds": 0}
    made = connect(ConnectionSettings("erp", settings, folder="."))
    assert isinstance(made, TrytonConnector)
    yield made
    made.close()


def mechanisms(
    tryton: Any, party: int, *, kinds: tuple[str, ...] = ("phone", "mobile", "email")
) -> list[dict[str, Any]]:
    """What the ERP holds of a party, by its own API."""
    domain = [["party", "=", party], ["type", "in", list(kinds)]]
    found: list[dict[str, Any]] = tryton.rpc.model(
        f"{MECHANISM}.search_read", domain, 0, None, [["id", "ASC"]], ["type", "value"]
    )
    return found


def order(party: int, item: dict[str, Any] | None, value: str, **changes: Any) -> ContactOrder:
    """Change a mechanism, or add one."""
    made = ContactOrder(
        key="k", reference="k", stream="parties", record=str(party), field="phone", member="contact_mechanisms",
        item=str(item["id"]) if item else "", cells={"value": value}, expected={"value": item["value"] if item else None},
    )  # fmt: skip
    return replace(made, **changes)


def write(connector: TrytonConnector, *orders: ContactOrder) -> list[Any]:
    return list(connector.write(Operation.UPDATE_CONTACT, orders))


def with_phone(tryton: Any, first: int) -> tuple[int, dict[str, Any]]:
    """A party from that place on with a phone, and the phone."""
    for row in tryton.truth[first:]:
        found = mechanisms(tryton, row["party"], kinds=("phone", "mobile"))
        if found:
            return row["party"], found[0]
    raise AssertionError("nobody has a phone")


def test_a_phone_is_changed_once(tryton: Any, connector: TrytonConnector) -> None:
    party, phone = with_phone(tryton, 50)
    first, again = write(connector, order(party, phone, "+56951000007"), order(party, phone, "+56951000007"))
    assert isinstance(first, Receipt), first
    assert (first.found_before, again.found_before) == (False, True)
    assert first.external_id == str(phone["id"])
    held = mechanisms(tryton, party, kinds=("phone", "mobile"))
    assert [one["value"].replace(" ", "") for one in held if one["id"] == phone["id"]] == ["+56951000007"]


def test_what_a_person_typed_there_is_not_written_over(tryton: Any, connector: TrytonConnector) -> None:
    party, phone = with_phone(tryton, 60)
    tryton.rpc.model(f"{MECHANISM}.write", [phone["id"]], {"value": "+56951000021"})
    (answer,) = write(connector, order(party, phone, "+56951000028"))
    assert isinstance(answer, RemoteMoved)
    assert answer.now is not None
    held = {str(one["id"]): one["value"] for one in answer.now["contact_mechanisms"]}
    assert held[str(phone["id"])].replace(" ", "") == "+56951000021"


def test_an_edit_between_look_and_write_is_noticed_by_the_stamp(
    tryton: Any, connector: TrytonConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    party, phone = with_phone(tryton, 70)
    real = contacts._write

    def typed_before(*args: Any, **named: Any) -> None:
        tryton.rpc.model(f"{MECHANISM}.write", [phone["id"]], {"value": "+56951000035"})
        real(*args, **named)

    monkeypatch.setattr(contacts, "_write", typed_before)
    (answer,) = write(connector, order(party, phone, "+56951000042"))
    assert not isinstance(answer, Receipt), answer
    monkeypatch.setattr(contacts, "_write", real)
    held = mechanisms(tryton, party, kinds=("phone", "mobile"))
    assert next(one["value"] for one in held if one["id"] == phone["id"]).replace(" ", "") == "+56951000035"
    (again,) = write(connector, order(party, phone, "+56951000042"))
    assert isinstance(again, RemoteMoved)


def test_a_new_mechanism_is_added_once(tryton: Any, connector: TrytonConnector) -> None:
    party = tryton.rpc.model("party.party.create", [{"name": "Íñigo Sin Teléfono"}])[0]
    new = order(party, None, "nuevo@correo.example", cells={"value": "nuevo@correo.example", "type": "email"})
    first, again = write(connector, new, new)
    assert isinstance(first, Receipt), first
    assert (first.found_before, again.found_before) == (False, True)
    (held,) = mechanisms(tryton, party)
    assert (str(held["id"]), held["type"], held["value"]) == (first.external_id, "email", "nuevo@correo.example")
    (other,) = write(connector, replace(new, cells={"value": "otro@correo.example", "type": "email"}))
    assert isinstance(other, RemoteMoved)  # somebody else put one there, as far as this order knows


def test_a_name_is_corrected(tryton: Any, connector: TrytonConnector) -> None:
    party = tryton.rpc.model("party.party.create", [{"name": "Jose Munoz"}])[0]
    new = order(
        party, None, "", field="full_name", member="", cells={"name": "José Muñoz"}, expected={"name": "Jose Munoz"}
    )
    (answer,) = write(connector, new)
    assert isinstance(answer, Receipt), answer
    assert tryton.rpc.model("party.party.read", [party], ["name"])[0]["name"] == "José Muñoz"


def test_what_tryton_does_not_have_is_refused_and_the_others_go_on(tryton: Any, connector: TrytonConnector) -> None:
    party, phone = with_phone(tryton, 80)
    gone = order(999_999, phone, "+56951000049")
    text = order(party, phone, "+56951000049", record="F-1")
    answers = write(connector, gone, text, order(party, phone, "+56951000049"))
    assert [type(a) for a in answers] == [RemoteMoved, RecordRejected, Receipt]


def test_the_connector_declares_and_checks_what_it_can(connector: TrytonConnector) -> None:
    assert connector.capabilities.writes[Operation.UPDATE_CONTACT] is Rung.PRECONDITION
    assert {f.what: f.ok for f in connector.check()}["write contact data (party.contact_mechanism)"]


WORKSPACE = """\
version: 1
connections:
  erp:
    connector: tryton
    country: CL
    push: {{contacts: {{phone: newest_within_skew, email: newest_within_skew}}}}
    settings: {{url: "{url}", database: {database}, username: {user}, password: "${{env:ERP}}", overlap_seconds: 0}}
  crm:
    connector: memory
    country: CL
    settings: {{world: "{world}"}}
    push: {{contacts: {{phone: newest_within_skew, email: newest_within_skew}}}}
    streams: {{people: {{key: [id], cursor: updated_at, map: people.yaml}}}}
"""
PEOPLE = """\
entities:
- entity: debtor
  key: [id]
  fields: {full_name: name, tax_id: tax_id}
  contact_points: [{type: phone, from: phone}, {type: email, from: email}]
"""


def test_the_hub_carries_an_edit_from_the_crm_into_tryton_and_converges(
    tryton: Any, tmp_path: Path, opened: OpenHub, memory: dict[str, Any]
) -> None:
    rows = [
        row
        for row in tryton.truth[100:]
        if row.get("rut") and mechanisms(tryton, row["party"], kinds=("phone", "mobile"))
    ]
    people = rows[:5]
    assert len(people) == 5
    moment = datetime(2026, 11, 23, 15, tzinfo=UTC)
    remote = Remote(lambda: moment)
    memory[str(tmp_path)] = {"crm": remote}
    for row in people:
        phone = mechanisms(tryton, row["party"], kinds=("phone", "mobile"))[0]["value"]
        remote.put(f"c{row['party']}", name=row["name"], tax_id=row["rut"], phone=phone)
    given = {"url": tryton.url, "database": tryton.database, "user": tryton.user, "world": tmp_path}
    (tmp_path / "concilia.yaml").write_text(WORKSPACE.format(**given), "utf-8")
    (tmp_path / "people.yaml").write_text(PEOPLE, "utf-8")
    hub = replace(opened(tmp_path, environment={"ERP": tryton.password}), clock=fixed_clock(moment))
    actions.apply(hub)
    assert actions.run(hub, [], push=False).exit_code == 0
    write_plans.make(hub, [], made_by="ana")
    for name in ("erp", "crm"):
        actions.approve(hub, name, by="ana")
    actions.run(hub, [])
    quiet = len(remote.ledger)
    for n, row in enumerate(people):
        remote.edit(f"c{row['party']}", "phone", f"+5695400000{n}")
    actions.run(hub, [])
    for n, row in enumerate(people):
        held = mechanisms(tryton, row["party"], kinds=("phone", "mobile"))
        assert f"+5695400000{n}" in {one["value"].replace(" ", "") for one in held}
    for _ in range(2):
        report = actions.run(hub, [])
    assert [d.delivered for d in report.deliveries] == []
    assert len(remote.ledger) == quiet + len(people)
    assert disputes.listed(hub) == []


def test_an_address_is_corrected_and_emptied_as_a_whole_it_is_deactivated(
    tryton: Any, connector: TrytonConnector
) -> None:
    party = tryton.truth[90]["party"]
    found = connector.look_up("parties", [str(party)])[str(party)].fields["addresses"][0]

    def change(cells: dict[str, Any], expected: dict[str, Any]) -> Any:
        made = ContactOrder(
            "k", "k", "parties", str(party), "postal_address", cells, expected, "addresses", str(found["id"])
        )
        [answer] = write(connector, made)
        return answer

    new = {"street": "Pasaje Las Ñipas 4321", "city": "Ñuñoa"}
    old = {name: found[name] for name in new}
    assert (change(new, old).found_before, change(new, old).found_before) == (False, True)
    row = tryton.rpc.read("party.address", found["id"], "street", "city", "active")
    assert (row["street"], row["city"], row["active"]) == ("Pasaje Las Ñipas 4321", "Ñuñoa", True)
    assert isinstance(change({"city": "Maipú"}, {"city": found["city"]}), RemoteMoved)
    nothing = {"street": None, "city": None, "postal_code": None}
    change(nothing, {**new, "postal_code": found["postal_code"]})
    assert not tryton.rpc.read("party.address", found["id"], "active")["active"]
