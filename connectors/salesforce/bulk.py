"""Large pulls by Bulk API 2.0: a query job of the org, its results as CSV, page by page. It survives a restart.

The results have no order, so the bookmark says the job and the place in its results (`bulk|JOB|LOCATOR`), and becomes a
moment only at the end: the one at which the org made the job.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from typing import Any, Final

from concilia.clock import to_text
from concilia.errors import RetryLater, RunMustStop
from concilia.records import Bookmark, Page, Record
from connectors.bookmarks import foreign
from connectors.rest import with_query
from connectors.salesforce.client import SalesforceClient, moment_of

_MARK: Final = "bulk"
_PAGE: Final = 5_000  # records in one answer
_LOOKS: Final = 720  # at the state of a job, each after a wait
_WAIT: Final = 5.0  # seconds
_DONE, _LOST = "JobComplete", ("Failed", "Aborted")
Row = Mapping[str, Any]
Make = Callable[[Row], Record]


def is_under_way(bookmark: Bookmark | None) -> bool:
    """Whether a bulk query was begun and not read to its end."""
    return bookmark is not None and bookmark.tie.startswith(f"{_MARK}|")


def started(client: SalesforceClient, name: str, soql: str, *, deleted: bool, record: Make) -> Iterator[Page]:
    """Begin a bulk query, and read it."""
    body = {"operation": "queryAll" if deleted else "query", "query": soql}
    job = client.raw("POST", f"{client.settings.base}/jobs/query", body=body).json()
    mark = Bookmark(cursor=to_text(moment_of(str(job["createdDate"]))), tie=f"{_MARK}|{job['id']}|")
    yield Page((), bookmark=mark)
    yield from pages(client, name, bookmark=mark, record=record)


def pages(client: SalesforceClient, name: str, *, bookmark: Bookmark | None, record: Make) -> Iterator[Page]:
    """The results of a bulk query from where the bookmark says."""
    if bookmark is None:
        return
    _, job, locator = bookmark.tie.split("|", 2)
    if not job.isalnum():
        raise foreign(bookmark.tie)
    base = f"{client.settings.base}/jobs/query/{job}"
    _wait(client, base, name)
    while True:
        asked = {"maxRecords": str(_PAGE), **({"locator": locator} if locator else {})}
        answer = client.raw("GET", with_query(f"{base}/results", asked), headers={"accept": "text/csv"})
        records = tuple(record(row) for row in _rows(answer.body.decode("utf-8-sig")))
        locator = answer.headers.get("sforce-locator", "null")
        if locator in ("", "null"):
            yield Page(records, bookmark=Bookmark(cursor=bookmark.cursor))
            return
        yield Page(records, bookmark=Bookmark(cursor=bookmark.cursor, tie=f"{_MARK}|{job}|{locator}"))


def _wait(client: SalesforceClient, base: str, name: str) -> None:
    for _ in range(_LOOKS):
        said = client.raw("GET", base).json()
        state = str(said.get("state"))
        if state == _DONE:
            return
        if state in _LOST:
            why = said.get("errorMessage") or state
            raise RunMustStop(f"{client.settings.system} gave up the bulk query of {name}: {why}.")
        client.sleep(_WAIT)
    raise RetryLater(
        f"{client.settings.system} is still busy with the bulk query of {name}.", after=timedelta(minutes=5)
    )


def _rows(text: str) -> Iterator[Row]:
    """The rows of a page. An empty cell is null: in this CSV nothing tells the two apart."""
    for row in csv.DictReader(io.StringIO(text)):
        yield {column: cell or None for column, cell in row.items() if column}
