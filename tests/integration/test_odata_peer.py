"""OData V4 and V2 against a server of another author: read, paged by cursor, typed, written, as a described system."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from concilia.records import Bookmark
from connectors.contract import ConnectionSettings, ContactOrder, Operation, Receipt, StreamRequest
from connectors.manifest import Described, parse_manifest
from connectors.manifest.account import open_account
from connectors.odata import OdataClient, Query
from connectors.odata_values import literal
from connectors.rest import RestClient
from tests.peers import node_peer

pytestmark = [
    pytest.mark.peer,
    pytest.mark.skipif(bool(node_peer.missing()), reason=f"no OData peer: {node_peer.missing()}"),
]
V4 = """
version: 1
kind: odata
spec: {url: {type: address, required: true}}
requester: {url_base: "{{ config.url }}"}
streams:
  customers:
    primary_key: CustomerId
    path: /Customers
    incremental_sync: {cursor_field: ModifiedAt, paginate_by: cursor}
    paginator: {type: OffsetIncrement, offset_parameter: $skip, page_size: "{{ config.page_size }}"}
  invoices: {primary_key: [Company, Number], path: /Invoices}
writes:
  update_contact:
    type: update
    streams:
      customers:
        columns: [Phone]
        request:
          http_method: PATCH
          path: "/Customers('{{ order.record | quoted }}')"
          request_body_json: "{{ order.cells }}"
"""
V2 = """
version: 1
kind: odata
odata_version: 2
spec: {url: {type: address, required: true}}
requester: {url_base: "{{ config.url }}"}
streams:
  customers:
    primary_key: Customer
    path: /A_Customer
    incremental_sync: {cursor_field: LastChangeDateTime, paginate_by: cursor}
    paginator: {type: OffsetIncrement, offset_parameter: $skip, page_size: "{{ config.page_size }}"}
"""


@pytest.fixture(scope="module")
def services() -> Iterator[str]:
    peer = node_peer.start("odata")
    yield f"http://127.0.0.1:{peer.port}"
    peer.stop()


def connector(text: str, url: str, **settings: object) -> Described:
    given = {"url": url, "page_size": 4, "overlap_seconds": 0, **settings}
    return Described(open_account(parse_manifest(text), ConnectionSettings("sap", given, ".")))


def test_every_entity_comes_although_three_share_each_moment(services: str) -> None:
    described = connector(V4, f"{services}/v4")
    pages = list(described.read(StreamRequest("customers"), bookmarks={}))
    keys = [record.key[0] for page in pages for record in page.records]
    described.close()
    assert set(keys) >= {f"C{n:03d}" for n in range(1, 26)}
    assert len(pages) > 5
    assert len(keys) == len(set(keys))


def test_an_incremental_read_begins_at_the_bookmark(services: str) -> None:
    described = connector(V4, f"{services}/v4")
    since = {"": Bookmark("", "2026-11-20T12:07:00.000000+00:00")}
    found = [r for page in described.read(StreamRequest("customers"), bookmarks=since) for r in page.records]
    described.close()
    assert {record.key[0] for record in found} == {"C021", "C022", "C023", "C024", "C025"}
    assert found[0].fields["Name"] == "Núñez & Ñañez O'Higgins 21"
    assert found[0].source_updated_at == datetime(2026, 11, 20, 12, 7, tzinfo=UTC)


def test_the_service_says_what_its_columns_are(services: str) -> None:
    described = connector(V4, f"{services}/v4")
    customers, invoices = described.discover()
    described.close()
    assert customers.columns["ModifiedAt"] == "datetime"
    assert (customers.columns["Blocked"], customers.key) == ("boolean", ("CustomerId",))
    assert dict(invoices.columns) == {
        "Company": "text", "Number": "integer", "CustomerId": "text", "Balance": "decimal", "DueDate": "date",
        "ModifiedAt": "datetime",
    }  # fmt: skip
    assert invoices.key == ("Company", "Number")


def test_amounts_stay_exact_in_both_versions(services: str) -> None:
    four = OdataClient(RestClient(f"{services}/v4", system="sap"), "sap")
    with_types = OdataClient(four.rest, "sap", sets=four.metadata())
    invoice = with_types.one("Invoices", {"Company": "1000", "Number": 1})
    assert invoice is not None
    assert invoice.fields["Balance"] == Decimal("1234567.89")
    two = OdataClient(RestClient(f"{services}/v2", system="sap"), "sap", version=2)
    customer = OdataClient(two.rest, "sap", version=2, sets=two.metadata()).one("A_Customer", "0000000001")
    assert customer is not None
    assert customer.fields["CreditLimit"] == Decimal("1234567.890")
    assert customer.fields["BirthDate"] == date(1980, 2, 29)
    assert customer.fields["LastChangeDateTime"] == datetime(2026, 11, 20, 12, 1, tzinfo=UTC)


def test_an_entity_that_is_not_there_is_none(services: str) -> None:
    client = OdataClient(RestClient(f"{services}/v4", system="sap"), "sap")
    assert client.one("Customers", "C999") is None


def test_a_filter_takes_values_by_their_type(services: str) -> None:
    client = OdataClient(RestClient(f"{services}/v4", system="sap"), "sap")
    # This server does not understand a doubled quote; that we write one is tested where literals are.
    [page] = client.pages("Customers", Query(filter=f"TaxId eq {literal('3-K')}", select=["CustomerId"]))
    assert [entity.fields for entity in page] == [{"CustomerId": "C003"}]


def test_version_two_is_read_from_its_bookmark_and_pages_by_cursor(services: str) -> None:
    described = connector(V2, f"{services}/v2")
    everything = [r.key[0] for p in described.read(StreamRequest("customers"), bookmarks={}) for r in p.records]
    since = {"": Bookmark("", "2026-11-20T12:05:00.000000+00:00")}
    later = [r.key[0] for p in described.read(StreamRequest("customers"), bookmarks=since) for r in p.records]
    [schema] = described.discover()
    described.close()
    assert everything == [f"{n:010d}" for n in range(1, 8)]
    assert later == ["0000000005", "0000000006", "0000000007"]
    assert schema.columns["BirthDate"] == "date"


def test_entities_are_created_and_changed_in_both_versions(services: str) -> None:
    four = OdataClient(RestClient(f"{services}/v4", system="sap"), "sap")
    made = four.create("Customers", {"CustomerId": "Ñ1", "Name": "Nueva", "ModifiedAt": "2020-01-01T00:00:00.000Z"})
    assert made.fields["Name"] == "Nueva"
    changed = four.change("Customers", "Ñ1", {"Phone": "+56981215279"}, etag=None)
    assert changed is None or changed.fields["Phone"] == "+56981215279"
    two = OdataClient(RestClient(f"{services}/v2", system="sap"), "sap", version=2)
    two.change("A_Customer", "0000000003", {"CustomerName": "Otra"}, etag=None)
    held = two.one("A_Customer", "0000000003")
    assert held is not None
    assert held.fields["CustomerName"] == "Otra"


def test_a_phone_is_corrected_once(services: str) -> None:
    described = connector(V4, f"{services}/v4")
    order = ContactOrder("k", "r", "customers", "C002", "phone", {"Phone": "+56981215279"}, {"Phone": None})
    first, second = (list(described.write(Operation.UPDATE_CONTACT, [order])) for _ in range(2))
    held = described.look_up("customers", ["C002"])["C002"]
    described.close()
    assert held.fields["Phone"] == "+56981215279"
    assert [answer.found_before for answer in (*first, *second) if isinstance(answer, Receipt)] == [False, True]
