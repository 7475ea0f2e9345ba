"""OData on the wire: literals, dates, faults of both versions, links to the next page, CSRF, hostile metadata."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from concilia.errors import Conflict, PermissionMissing, RecordRejected, RunMustStop
from connectors.auth import NO_AUTH, Several
from connectors.odata import CsrfToken, OdataClient, Query, csrf_judge, odata_judge
from connectors.odata_metadata import entity_sets
from connectors.odata_values import decoded, from_json_date, literal
from connectors.rest import RestClient
from tests.fake_rest.serving import Asked, Said, Served, serving

MOMENT = datetime(2026, 1, 31, 12, 30, 5, tzinfo=UTC)
GUID = "6f1c2c7e-2d0c-4f0e-9a55-0d5f6e5c7a11"


@pytest.mark.parametrize(
    ("value", "edm", "two", "four"),
    [
        ("O'Higgins", "", "'O''Higgins'", "'O''Higgins'"),
        (True, "", "true", "true"),
        (None, "Edm.String", "null", "null"),
        (7, "Edm.Int64", "7L", "7"),
        (Decimal("10.50"), "", "10.50m", "10.50"),
        ("10.50", "Edm.Decimal", "10.50m", "10.50"),
        (GUID.upper(), "Edm.Guid", f"guid'{GUID}'", GUID),
        (MOMENT, "Edm.DateTime", "datetime'2026-01-31T12:30:05'", "2026-01-31T12:30:05.000Z"),
        (MOMENT, "", "datetimeoffset'2026-01-31T12:30:05.000Z'", "2026-01-31T12:30:05.000Z"),
        (date(2026, 1, 31), "", "datetime'2026-01-31T00:00:00'", "2026-01-31"),
        ("PT11H05M00S", "Edm.Time", "time'PT11H05M00S'", "PT11H05M00S"),
        ("PT5M", "Edm.Duration", "time'PT5M'", "duration'PT5M'"),
    ],
)
def test_a_literal_is_written_by_its_type_and_version(value: Any, edm: str, two: str, four: str) -> None:
    assert literal(value, edm, version=2) == two
    assert literal(value, edm, version=4) == four


def test_a_value_of_another_type_is_no_literal() -> None:
    with pytest.raises(ValueError):
        literal("abc", "Edm.Decimal")
    with pytest.raises(ValueError):
        literal("abc", "Edm.Guid")


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("/Date(1719360000000)/", datetime(2024, 6, 26, tzinfo=UTC)),
        ("/Date(-1000)/", datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("/Date(1719360000000+0120)/", datetime(2024, 6, 26, tzinfo=UTC)),
        ("/Date(9999999999999999)/", None),
        ("2026-01-31", None),
    ],
)
def test_json_dates_are_moments_in_utc(text: str, moment: datetime | None) -> None:
    assert from_json_date(text) == moment


def test_what_is_inside_an_entity_becomes_plain() -> None:
    inside = {"results": [{"__metadata": {"uri": "x"}, "Since": "/Date(0)/", "Name": "Ñ"}]}
    assert decoded(inside) == [{"Since": datetime(1970, 1, 1, tzinfo=UTC), "Name": "Ñ"}]


@contextmanager
def client(answer: Any, *, version: int = 4, **more: Any) -> Iterator[tuple[OdataClient, Served]]:
    with serving(answer) as served:
        rest = RestClient(f"{served.url}/svc", system="sap").using(judge=odata_judge("sap"))
        yield OdataClient(rest, "sap", version=version, **more), served
        rest.close()


@pytest.mark.parametrize("after", ["{url}/svc/Rows?$skiptoken=2", "Rows?$skiptoken=2", "/svc/Rows?$skiptoken=2"])
@pytest.mark.parametrize("version", [2, 4])
def test_pages_are_followed_by_the_services_own_links(after: str, version: int) -> None:
    def answer(asked: Asked) -> Said:
        more = None if "skiptoken" in "".join(asked.query) else after.format(url=served.url)
        rows = [{"Id": 2 if more is None else 1}]
        four = {"value": rows, **({"@odata.nextLink": more} if more else {})}
        two = {"d": {"results": rows, **({"__next": more} if more else {})}}
        return Said(body=two if version == 2 else four)

    with client(answer, version=version, page_size=1) as (odata, served):
        pages = [[entity.fields["Id"] for entity in page] for page in odata.pages("Rows", Query(orderby="Id"))]
    assert pages == [[1], [2]]
    assert served.asked[0].query["$orderby"] == "Id"
    assert (served.asked[0].headers.get("prefer") == "odata.maxpagesize=1") is (version == 4)


def test_a_link_to_another_host_is_not_followed() -> None:
    with (
        client(lambda _: Said(body={"value": [{}], "@odata.nextLink": "https://evil.example.com/x"})) as (odata, _),
        pytest.raises(RunMustStop, match="another host"),
    ):
        list(odata.pages("Rows", Query()))


XML_FAULT = (
    b'<?xml version="1.0"?><error xmlns="http://schemas.microsoft.com/ado/2007/08/dataservices/metadata">'
    b"<code>SY/530</code><message xml:lang='es'>La sociedad no existe</message></error>"
)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (
            Said(400, {"error": {"code": "SY/530", "message": {"lang": "es", "value": "La sociedad no existe"}}}),
            "SY/530",
        ),
        (Said(400, {"error": {"code": "X1", "message": "La sociedad no existe"}}), "X1"),
        (Said(400, XML_FAULT, kind="application/xml"), "SY/530"),
    ],
)
def test_a_refusal_is_told_in_the_services_words_in_either_version(said: Said, code: str) -> None:
    with client(lambda _: said) as (odata, _), pytest.raises(RecordRejected, match="La sociedad no existe") as fault:
        odata.create("Rows", {"Id": 1})
    assert fault.value.code == code


@pytest.mark.parametrize("status", [409, 412, 428])
def test_a_change_that_comes_too_late_is_a_conflict(status: int) -> None:
    with client(lambda _: Said(status, {"error": {"code": "x", "message": "stale"}})) as (odata, served):
        with pytest.raises(Conflict, match="stale"):
            odata.change("Rows", 1, {"Name": "x"}, etag='W/"1"')
        assert served.asked[0].headers["if-match"] == 'W/"1"'
        assert served.asked[0].method == "PATCH"


def test_a_missing_permission_is_told_in_the_services_words() -> None:
    with (
        client(lambda _: Said(403, {"error": {"code": "x", "message": "Sin autorización"}})) as (odata, _),
        pytest.raises(PermissionMissing, match="Sin autorización"),
    ):
        odata.one("Rows", 1)


def test_an_etag_is_that_of_the_entity_or_of_the_answer() -> None:
    with client(lambda _: Said(body={"Id": 1, "@odata.etag": 'W/"3"'})) as (odata, _):
        assert odata.one("Rows", 1).etag == 'W/"3"'  # type: ignore[union-attr]
    with client(lambda _: Said(body={"d": {"Id": 1}}, headers={"ETag": 'W/"4"'}), version=2) as (odata, _):
        assert odata.one("Rows", 1).etag == 'W/"4"'  # type: ignore[union-attr]


def test_a_csrf_token_is_fetched_before_a_write_and_again_when_it_has_run_out() -> None:
    tokens = iter(["t1", "t2"])
    current = {"token": ""}

    def answer(asked: Asked) -> Said:
        if asked.headers.get("x-csrf-token") == "Fetch":
            current["token"] = next(tokens)
            return Said(headers={"X-CSRF-Token": current["token"], "Set-Cookie": "SAP=1; Path=/"}, body={})
        if asked.method == "POST" and (
            asked.headers.get("x-csrf-token") != "t2" or "SAP=1" not in asked.headers["cookie"]
        ):
            return Said(403, b"CSRF token validation failed", {"X-CSRF-Token": "Required"})
        return Said(201, {"d": {"Id": 1}})

    with serving(answer) as served:
        bare = RestClient(f"{served.url}/svc", system="sap")
        auth = Several((NO_AUTH, CsrfToken(bare)))
        odata = OdataClient(bare.using(auth=auth, judge=csrf_judge(system="sap")), "sap", version=2)
        assert odata.create("Rows", {"Id": 1}).fields == {"Id": 1}
        bare.close()


@pytest.mark.parametrize(
    "document",
    [
        b"<html>maintenance</html>",
        b"",
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><Edmx>&a;</Edmx>',
        b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd"><Edmx/>',
    ],
)
def test_metadata_that_is_none_or_hostile_is_refused(document: bytes) -> None:
    with pytest.raises(RunMustStop):
        entity_sets(document, system="sap")


def test_an_entity_has_what_its_type_inherits() -> None:
    document = b"""<Edmx xmlns="http://docs.oasis-open.org/odata/ns/edmx"><DataServices>
      <Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="n" Alias="a">
        <EntityType Name="B"><Key><PropertyRef Name="Id"/></Key><Property Name="Id" Type="Edm.Int32"/></EntityType>
        <EntityType Name="C" BaseType="a.B"><Property Name="Since" Type="Edm.DateTimeOffset"/></EntityType>
        <EntityContainer Name="K"><EntitySet Name="Cs" EntityType="n.C"/></EntityContainer>
      </Schema></DataServices></Edmx>"""
    found = entity_sets(document, system="x")["Cs"]
    assert found.key == ("Id",)
    assert dict(found.schema().columns) == {"Id": "integer", "Since": "datetime"}
