"""The Salesforce connector where the conformance suite does not look: grants, bulk, quotas, deleted records, shapes."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from concilia.errors import ConfigurationInvalid, CredentialsRefused, RecordRejected, RetryLater, RunMustStop
from concilia.records import Bookmark
from concilia.vault import Secret
from connectors.contract import ConnectionSettings, Operation, PaymentOrder, Receipt, StreamRequest
from connectors.salesforce import connect, default_streams
from tests.contract.harnesses.salesforce import ACCOUNTS, INVOICES, PAYMENTS
from tests.fake_salesforce.server import CLIENT, PEM, SECRET, USER, FakeSalesforce, serving


@pytest.fixture
def fake() -> Iterator[FakeSalesforce]:
    with serving() as made:
        yield made


def connected(fake: FakeSalesforce, *streams: StreamRequest, **changes: Any) -> Any:
    given = {"url": fake.url, "client_id": CLIENT, "client_secret": Secret(SECRET), **changes}
    settings = {name: value for name, value in given.items() if value is not None}
    return connect(
        ConnectionSettings("crm", settings, folder=".", streams=streams or (ACCOUNTS, INVOICES), sleep=lambda _s: None)
    )


def keys(connector: Any, request: StreamRequest, bookmark: Bookmark | None = None) -> list[str]:
    pages = connector.read(request, bookmarks={} if bookmark is None else {"": bookmark})
    return [record.key[0] for page in pages for record in page.records]


@pytest.mark.parametrize("jwt", [True, False])
def test_both_grants_sign_in_and_no_other_way_is_offered(fake: FakeSalesforce, jwt: bool) -> None:
    way = {"client_secret": None, "private_key": Secret(PEM), "username": USER} if jwt else {}
    assert all(one.ok for one in connected(fake, **way).check())
    with pytest.raises(ConfigurationInvalid, match="not both"):
        connected(fake, client_secret=None)
    with pytest.raises(ConfigurationInvalid, match="password"):
        connected(fake, password=Secret("x"))


def test_a_refused_grant_says_what_salesforce_says_and_no_secret(fake: FakeSalesforce) -> None:
    with pytest.raises(CredentialsRefused, match="hasn't approved") as told:
        keys(connected(fake, client_secret=Secret("canario-9")), ACCOUNTS)
    assert "canario-9" not in str(told.value)


def test_accounts_and_contacts_need_nothing_said() -> None:
    assert [one.name for one in default_streams({})] == ["accounts", "contacts"]


def test_values_are_typed_by_the_org_and_exact(fake: FakeSalesforce) -> None:
    fake.org.insert("Invoice__c", Name="F-007", Balance__c=150000.10, Due__c="2026-12-01")
    [page] = connected(fake).read(INVOICES, bookmarks={})
    fields = page.records[0].fields
    assert (fields["Name"], fields["Balance__c"]) == ("F-007", Decimal("150000.1"))
    assert fields["Due__c"].isoformat() == "2026-12-01"
    assert fields["IsDeleted"] is False


def test_deleted_records_come_once_more_and_say_so(fake: FakeSalesforce) -> None:
    number = fake.org.insert("Account", Name="Ana")
    connector = connected(fake)
    [page] = connector.read(ACCOUNTS, bookmarks={})
    fake.org.tick(minutes=1)
    fake.org.delete("Account", number)
    [again] = connector.read(ACCOUNTS, bookmarks={"": page.bookmark})
    assert [(r.key[0], r.fields["IsDeleted"]) for r in again.records] == [(number, True)]
    listing = connector.list_keys(ACCOUNTS, bookmarks={})
    assert [key for page in listing.pages for key in page.keys] == []


def test_a_large_stream_is_read_in_bulk_and_goes_on_after_a_kill(fake: FakeSalesforce) -> None:
    made = [fake.org.insert("Account", Name=f"Cliente Ñ {n}", Phone=None) for n in range(11)]
    fake.org.tick(minutes=30)
    connector = connected(fake, bulk_from=5)
    pages = list(connector.read(ACCOUNTS, bookmarks={}))
    assert [r.key[0] for page in pages for r in page.records] == made
    assert pages[1].records[0].fields["Phone"] is None
    assert pages[1].records[0].fields["Name"] == "Cliente Ñ 0"
    middle = pages[1].bookmark
    assert middle is not None
    assert middle.tie.startswith("bulk|")
    rest = keys(connected(fake, bulk_from=5), ACCOUNTS, middle)
    assert rest == made[4:]
    last = pages[-1].bookmark
    assert last is not None
    assert last.tie == ""
    fake.org.tick(minutes=30)
    late = fake.org.insert("Account", Name="Después")
    assert keys(connected(fake, bulk_from=5), ACCOUNTS, last) == [late], "the moment of the job is the bookmark"


def test_the_hub_stops_at_its_share_of_the_requests(fake: FakeSalesforce) -> None:
    fake.quota = 10
    fake.org.insert("Account", Name="Ana")
    connector = connected(fake, api_share=50)

    def read_often() -> None:
        for _ in range(8):
            keys(connector, ACCOUNTS)

    with pytest.raises(RetryLater, match="of its 10 requests"):
        read_often()
    assert fake.used == 5


def test_a_field_that_is_hidden_is_named(fake: FakeSalesforce) -> None:
    request = StreamRequest("accounts", key=("Id",), options={"fields": ["Name", "RUT__c"]})
    fake.org.hidden.add(("Account", "RUT__c"))
    connector = connected(fake, request)
    with pytest.raises(RunMustStop, match="has no field RUT__c, or the running user may not see it"):
        keys(connector, request)
    assert [one.what for one in connector.check() if not one.ok] == ["read Account"]


def test_a_version_the_org_does_not_know_is_named(fake: FakeSalesforce) -> None:
    found = connected(fake, api_version="31.0").check()
    assert [one.ok for one in found] == [False]
    assert "64.0" in found[0].detail


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("api_version", "v64", "is 'v64'"), ("payments", {"object": "P"}, "cannot be understood"),
        ("payments", {"object": "P; DROP", "external_id": "K", "fields": {"A": "amount"}}, "where an API name belongs"),
        ("payments", {"object": "P", "external_id": "K", "fields": {"A": "importe"}}, "'importe', which no order says"),
        ("url", "http://acme.my.salesforce.com", "plain http"), ("api_share", 0, "api_share"),
    ],
)  # fmt: skip
def test_a_setting_that_cannot_be_is_named(fake: FakeSalesforce, name: str, value: Any, words: str) -> None:
    with pytest.raises(ConfigurationInvalid, match=words):
        connected(fake, **{name: value})


@pytest.mark.parametrize(
    "options", [{"object": "A B"}, {"fields": ["Name, Id FROM User"]}, {"where": "a = 1; b"}, {"objet": "X"}, {}]
)
def test_a_stream_cannot_smuggle_soql(fake: FakeSalesforce, options: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationInvalid):
        connected(fake, StreamRequest("otra", options=options))


def test_an_amount_that_no_double_holds_is_refused(fake: FakeSalesforce) -> None:
    debt = fake.org.insert("Invoice__c", Name="F", Balance__c=10**17)
    connector = connected(fake, payments=PAYMENTS)
    order = PaymentOrder("k", debt, "12345678901234567.89", "CLP", "2026-11-02", "transfer", "p1")
    [answer] = connector.write(Operation.REGISTER_PAYMENT, [order])
    assert isinstance(answer, RecordRejected)
    assert fake.org.rows["Payment__c"] == {}


def test_the_balance_is_read_back_through_the_relation(fake: FakeSalesforce) -> None:
    debt = fake.org.insert("Invoice__c", Name="F", Balance__c=50000)
    connector = connected(fake, payments=PAYMENTS)
    [answer] = connector.write(
        Operation.REGISTER_PAYMENT, [PaymentOrder("k", debt, "1000.50", "CLP", "2026-11-02", "transfer", "p'1\\%")]
    )
    assert isinstance(answer, Receipt), answer
    assert answer.balance == "48999.5"
    assert list(connector.look_up("payments", ["p'1\\%", "p2"])) == ["p'1\\%"]
