"""A REST system in sixty lines of YAML, both ways, against a local server that was written apart from it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from concilia.errors import ConciliaError, CredentialsRefused, OutcomeUnknown, RecordRejected, RemoteMoved, RunMustStop
from concilia.records import Bookmark
from concilia.vault import Secret
from connectors.contract import ConnectionSettings, ContactOrder, Operation, PaymentOrder, Receipt, StreamRequest
from connectors.manifest import Described, connect, shipped
from tests.fake_rest.acreedora import CLIENT, SECRET, Acreedora, acreedora
from tests.fake_rest.serving import Said, Served

FOLDER = Path(__file__).resolve().parents[3] / "fixtures" / "manifests"
PAYMENT = PaymentOrder("key-1", "kc1-1", "500.50", "CLP", "2026-11-02", "transfer", "r-1")


@contextmanager
def described(**settings: Any) -> Iterator[tuple[Acreedora, Served, Described]]:
    with acreedora() as (system, served):
        given = {"manifest": "acreedora/manifest.yaml", "url": served.url, "client_id": CLIENT, "page_size": 2,
                 "client_secret": Secret(SECRET), "overlap_seconds": 0, **settings}  # fmt: skip
        connector = connect(ConnectionSettings("acreedora", given, str(FOLDER), sleep=lambda _: None))
        assert isinstance(connector, Described)
        try:
            yield system, served, connector
        finally:
            connector.close()


def keys(connector: Described, stream: str, bookmarks: dict[str, Bookmark] | None = None) -> list[str]:
    pages = connector.read(StreamRequest(stream), bookmarks=bookmarks or {})
    return ["/".join(record.key) for page in pages for record in page.records]


def test_the_manifest_has_at_most_sixty_lines() -> None:
    text = (FOLDER / "acreedora" / "manifest.yaml").read_text("utf-8")
    assert len(text.splitlines()) <= 60


def test_debtors_and_the_debts_under_them_are_read_with_one_token() -> None:
    with described() as (system, _, connector):
        for name in ("Ana Núñez", "Beto Ñandú", "Cía. Ltda."):
            system.cliente(name, cuotas=3)
        assert keys(connector, "clientes") == ["c1", "c2", "c3"]
        assert len(keys(connector, "cuotas")) == 9
        assert system.given == 1
        [page, *_] = connector.read(StreamRequest("cuotas"), bookmarks={})
        assert page.records[0].fields["saldo"] == Decimal("1500.5")
        assert page.records[0].fields["cliente"] == "c1"


def test_the_streams_and_maps_are_those_beside_the_manifest() -> None:
    found = shipped({"manifest": "acreedora/manifest.yaml"}, FOLDER)
    assert [request.name for request in found.streams] == ["clientes", "cuotas"]
    assert found.map_of("cuotas") == FOLDER / "acreedora" / "maps" / "cuotas.yaml"


def test_a_record_inserted_between_two_pages_is_not_missed_and_none_comes_twice() -> None:
    with described() as (system, _, connector):
        for n in range(120):
            system.cliente(f"Cliente {n}", stamp=f"2026-11-20T12:00:{n // 10:02d}.000Z")
        pages = iter(connector.read(StreamRequest("clientes"), bookmarks={}))
        first = next(pages)
        del system.clientes["c1"]
        system.cliente("Nuevo")
        rest = [record for page in pages for record in page.records]
        found = [record.key[0] for record in (*first.records, *rest)]
        assert set(found) == {f"c{n}" for n in range(1, 121)} | set(system.clientes)


def test_the_next_read_begins_at_the_bookmark() -> None:
    with described() as (system, _, connector):
        system.cliente("Ana Núñez")
        bookmark = [page.bookmark for page in connector.read(StreamRequest("clientes"), bookmarks={})][-1]
        assert bookmark is not None
        system.cliente("Beto Ñandú")
        assert keys(connector, "clientes", {"": bookmark}) == ["c1", "c2"]  # from it on, and the moment itself again


def test_a_token_that_the_system_forgot_is_brought_again_once() -> None:
    with described() as (system, served, connector):
        system.cliente("Ana Núñez")
        keys(connector, "clientes")
        system.tokens.clear()
        assert keys(connector, "clientes") == ["c1"]
        assert system.given == 2
        assert [asked.path for asked in served.asked].count("/oauth/token") == 2


def test_a_wrong_secret_is_told_in_the_systems_words_and_without_itself() -> None:
    with described(client_secret=Secret("otro-secreto")) as (_, _, connector):
        [finding] = connector.check()
        assert "cliente desconocido" in finding.detail
        assert "otro-secreto" not in finding.detail
        with pytest.raises(CredentialsRefused):
            keys(connector, "clientes")


def test_check_says_what_can_be_read_and_looked_up() -> None:
    with described() as (_, _, connector):
        assert [(f.what, f.ok) for f in connector.check()] == [
            ("read clientes", True), ("read cuotas", True), ("look up for register_payment", True),
        ]  # fmt: skip


def test_a_link_to_another_host_is_not_followed() -> None:
    with described() as (system, _, connector):
        system.cliente("Ana Núñez", cuotas=5)
        system.next_host = "https://evil.example.com"
        with pytest.raises(RunMustStop, match="another host"):
            keys(connector, "cuotas")


def test_a_payment_is_registered_once_and_its_balance_read_back() -> None:
    with described() as (system, _, connector):
        system.cliente("Ana Núñez")
        [first] = connector.write(Operation.REGISTER_PAYMENT, [PAYMENT])
        [second] = connector.write(Operation.REGISTER_PAYMENT, [PAYMENT])
        assert first == Receipt("p1", balance="1000", fields=first.fields)  # type: ignore[union-attr]
        assert isinstance(second, Receipt)
        assert (second.external_id, second.found_before) == ("p1", True)
        assert len(system.pagos) == 1
        assert set(connector.look_up("payments", ["r-1", "r-2"])) == {"r-1"}


def test_a_lost_answer_is_in_doubt_and_then_found() -> None:
    with described() as (system, served, connector):
        system.cliente("Ana Núñez")
        served.befall(Said(cut=True), method="POST", path="/v2/pagos", carried_out=True)
        [lost] = connector.write(Operation.REGISTER_PAYMENT, [PAYMENT])
        [found] = connector.write(Operation.REGISTER_PAYMENT, [PAYMENT])
        assert isinstance(lost, OutcomeUnknown)
        assert isinstance(found, Receipt)
        assert found.found_before
        assert len(system.pagos) == 1


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"amount": "99999"}, "above_balance"), ({"debt": "no-hay"}, "unknown_debt"), ({"amount": "666"}, "")],
)
def test_what_the_system_would_not_take_is_refused_and_not_written(changes: dict[str, str], code: str) -> None:
    with described() as (system, _, connector):
        system.cliente("Ana Núñez")
        [answer] = connector.write(Operation.REGISTER_PAYMENT, [replace(PAYMENT, **changes)])
        assert isinstance(answer, RecordRejected)
        assert answer.code == code
        assert not system.pagos


def test_a_success_that_is_none_carries_the_systems_words() -> None:
    with described() as (system, _, connector):
        system.cliente("Ana Núñez")
        [answer] = connector.write(Operation.REGISTER_PAYMENT, [replace(PAYMENT, amount="666")])
        assert "período cerrado" in str(answer)


def test_another_payment_under_our_reference_is_told() -> None:
    with described() as (system, _, connector):
        system.cliente("Ana Núñez")
        list(connector.write(Operation.REGISTER_PAYMENT, [PAYMENT]))
        [answer] = connector.write(Operation.REGISTER_PAYMENT, [replace(PAYMENT, amount="1", key="key-2")])
        assert isinstance(answer, RecordRejected)
        assert answer.code == "reference_taken"


def test_a_phone_is_corrected_under_the_version_that_was_read() -> None:
    order = ContactOrder("k", "r", "clientes", "c1", "phone", {"telefono": "+56981215279"}, {"telefono": None})
    with described() as (system, served, connector):
        system.cliente("Ana Núñez")
        [answer] = connector.write(Operation.UPDATE_CONTACT, [order])
        assert isinstance(answer, Receipt)
        assert system.clientes["c1"]["telefono"] == "+56981215279"
        [sent] = [asked for asked in served.asked if asked.method == "PATCH"]
        assert sent.headers["if-match"] == "1"


def test_a_record_edited_between_look_and_write_is_left_alone() -> None:
    order = ContactOrder("k", "r", "clientes", "c1", "phone", {"telefono": "+56981215279"}, {"telefono": None})
    with described() as (system, served, connector):
        system.cliente("Ana Núñez")
        served.befall(Said(412, {"message": "otra versión"}), method="PATCH")
        [answer] = connector.write(Operation.UPDATE_CONTACT, [order])
        assert isinstance(answer, RemoteMoved)
        assert system.clientes["c1"]["telefono"] is None


def test_a_maintenance_page_is_named_and_nothing_is_stored_wrong() -> None:
    with described() as (system, served, connector):
        system.cliente("Ana Núñez")
        served.befall(Said(200, b"<html>volvemos pronto</html>", kind="text/html"), path="/v2/clientes")
        with pytest.raises(ConciliaError, match="text/html"):
            keys(connector, "clientes")


def test_limits_in_headers_are_told_to_the_gate() -> None:
    told = []

    class Gate:
        def enter(self) -> None:
            """Passes."""

        def told_to_wait(self, wait: Any) -> None:
            told.append(wait.total_seconds())

    with acreedora() as (_, served):
        settings = {"manifest": "acreedora/manifest.yaml", "url": served.url, "client_id": CLIENT,
                    "client_secret": Secret(SECRET)}  # fmt: skip
        connector = connect(ConnectionSettings("acreedora", settings, str(FOLDER), gate=Gate()))
        limits = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "7"}
        served.befall(Said(200, {"ok": True, "datos": []}, limits), path="/v2/clientes")
        list(connector.read(StreamRequest("clientes"), bookmarks={}))
        connector.close()
    assert told == [7.0]
