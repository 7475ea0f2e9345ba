"""Calls to one org: queries, keys, descriptions, upserts and updates. Values are typed by the org's own description."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from functools import cached_property
from typing import Any, Final

from simple_salesforce import exceptions
from simple_salesforce.format import format_external_id, quote_soql_value

from concilia.errors import ConciliaError, OutcomeUnknown, RecordRejected, RemoteMoved, RunMustStop
from connectors.contract import ConnectionSettings
from connectors.rest import Patience, Response
from connectors.salesforce.settings import SalesforceSettings, settings_of
from connectors.salesforce.transport import Calls, Usage, library, rest_of

_DECIMAL: Final = frozenset({"double", "currency", "percent"})
_TYPES: Final = {"int": "integer", "long": "integer", "boolean": "boolean", "date": "date", "datetime": "datetime"}
_UNREADABLE: Final = frozenset({"base64", "address", "location", "complexvalue", "json"})  # compounds; parts are fields


@dataclass(frozen=True, slots=True)
class Field:
    """A field as the org describes it to the user who asks."""

    name: str
    kind: str
    createable: bool
    updateable: bool
    external_id: bool
    filterable: bool

    @property
    def type(self) -> str:
        """Its type as streams have it."""
        return "decimal" if self.kind in _DECIMAL else _TYPES.get(self.kind, "text")


@dataclass(frozen=True, slots=True)
class Found:
    """A page of a query. `next` asks for the one behind it; empty at the end."""

    rows: Sequence[Mapping[str, Any]]
    total: int
    next: str = ""


class SalesforceClient:
    """One account at one org. Raises only errors of ours."""

    def __init__(self, configured: ConnectionSettings, *, patience: Patience | None = None) -> None:
        self.settings: SalesforceSettings = settings_of(configured)
        self.usage = Usage(system=self.settings.system, share=self.settings.api_share)
        self._calls = Calls(rest_of(configured, self.settings, patience=patience), self.usage)
        self._described: dict[str, Mapping[str, Field]] = {}
        self.sleep = (patience or configured).sleep

    @cached_property
    def _library(self) -> Any:
        return library(self.settings, self._calls)

    def close(self) -> None:
        """Close the sockets."""
        self._calls.rest.close()

    def get(self, path: str) -> Any:
        """What stands below the base of the API."""
        return self.raw("GET", f"{self.settings.base}/{path}").json()

    def raw(self, method: str, path: str, *, body: Any = None, headers: Mapping[str, str] | None = None) -> Response:
        """One call past the library, for what it hides: headers of answers, CSV."""
        answer = self._calls.call(method, path, body=body, headers=headers)
        if answer.status >= 400:
            raise RunMustStop(f"{self.settings.system} answered {answer.status} at {path.partition('?')[0]}.")
        return answer

    def fields(self, name: str) -> Mapping[str, Field]:
        """The fields of an object that the running user may see, by name; RunMustStop for an unknown object."""
        if name not in self._described:
            try:
                said = self.get(f"sobjects/{name}/describe")
            except RemoteMoved as fault:
                raise RunMustStop(
                    f"{self.settings.system} has no object {name}, or the running user may not see it.",
                    mend="Correct `object`, or give the user read access to it.",
                ) from fault
            with _translated(self.settings.system):
                self._described[name] = {one["name"]: _field(one) for one in said["fields"]}
        return self._described[name]

    def query(self, soql: str, *, deleted: bool = False) -> Iterator[Found]:
        """The pages of a query, by the library. Deleted records come too, when asked for."""
        options = {"Sforce-Query-Options": f"batchSize={self.settings.page_size}"}
        with _translated(self.settings.system):
            found = _page(self._library.query(soql, include_deleted=deleted, headers=options))
        yield found
        while found.next:
            with _translated(self.settings.system):
                found = _page(self._library.query_more(found.next, identifier_is_url=True, headers=options))
            yield found

    def rows(self, soql: str) -> list[Mapping[str, Any]]:
        """All rows of a query that has few."""
        return [row for page in self.query(soql) for row in page.rows]

    def count(self, name: str, where: str = "") -> int:
        """How many records a query would give."""
        clause = f" WHERE {where}" if where else ""
        return next(iter(self.query(f"SELECT COUNT() FROM {name}{clause}"))).total

    def upsert(self, name: str, external_id: str, key: str, values: Mapping[str, Any]) -> bool:
        """Make or change the record of that External Id; whether it was made. Repeating changes nothing more."""
        with _translated(self.settings.system, writing=True):
            status = getattr(self._library, name).upsert(
                format_external_id(external_id, key), dict(values), headers=self._writing()
            )
        return int(status) == 201

    def create(self, name: str, values: Mapping[str, Any]) -> str:
        """Make a record; its Id. OutcomeUnknown when the answer was lost."""
        with _translated(self.settings.system, writing=True):
            said = getattr(self._library, name).create(dict(values), headers=self._writing())
        if not said or not said.get("success"):
            raise OutcomeUnknown(f"{self.settings.system} answered a create without an Id.")
        return str(said["id"])

    def update(self, name: str, record: str, values: Mapping[str, Any], *, unmodified_since: str) -> None:
        """Change fields of a record that nobody changed since then (an HTTP date); RemoteMoved otherwise."""
        headers = {**self._writing(), "If-Unmodified-Since": unmodified_since}
        with _translated(self.settings.system, writing=True):
            getattr(self._library, name).update(record, dict(values), headers=headers)

    def typed(self, name: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """A row without the library's attributes, every value of its type; related records as objects."""
        fields = self.fields(name)
        return {
            column: _value(held, fields[column].type if column in fields else "text")
            for column, held in row.items()
            if column != "attributes"
        }

    def _writing(self) -> dict[str, str]:
        saved = "true" if self.settings.allow_duplicates else "false"
        return {
            "Sforce-Auto-Assign": "FALSE",
            "Sforce-Duplicate-Rule-Header": f"allowSave={saved}, includeRecordDetails=false, runAsCurrentUser=true",
        }


def quoted(value: Any) -> str:
    """A value as SOQL writes it."""
    return str(quote_soql_value(value))


def _page(said: Any) -> Found:
    """A page of a query; KeyError or TypeError for anything else."""
    rows = said["records"]
    if not all(isinstance(row, dict) for row in rows):
        raise TypeError("records are objects")
    return Found(rows, int(said["totalSize"]), "" if said["done"] else str(said["nextRecordsUrl"]))


def _field(said: Mapping[str, Any]) -> Field:
    flags = {name: bool(said.get(name)) for name in ("createable", "updateable", "filterable")}
    known = bool(said.get("externalId")) or bool(said.get("idLookup"))
    return Field(str(said["name"]), str(said.get("type", "string")), external_id=known, **flags)


def readable(fields: Mapping[str, Field]) -> tuple[str, ...]:
    """The fields that can be selected everywhere, compounds left out: their parts are fields of their own."""
    return tuple(name for name, one in fields.items() if one.kind not in _UNREADABLE)


def _value(held: Any, kind: str) -> Any:
    found: Any = held
    match held:
        case "":
            found = None
        case Mapping():
            found = {name: _value(inner, "text") for name, inner in held.items() if name != "attributes"}
        case None | bool():
            pass
        case Decimal() | int():
            found = int(held) if kind == "integer" else Decimal(held)
        case str():
            found = _of_text(held, kind)
    return found


def _of_text(text: str, kind: str) -> Any:
    """A text as it stands in JSON, or in the CSV of a bulk query, as a value of that type.

    One that is none of its type is shown as it came, and refused by the mapping.
    """
    read = _READ.get(kind)
    try:
        return text if read is None else read(text)
    except (ValueError, InvalidOperation):
        return text


def moment_of(text: str) -> datetime:
    """`2026-11-01T10:00:00.000+0000`, as JSON has it, or with Z, as CSV has it."""
    return datetime.fromisoformat(text.replace("+0000", "+00:00"))


_READ: Final[Mapping[str, Callable[[str], Any]]] = {
    "datetime": moment_of,
    "date": date.fromisoformat,
    "decimal": Decimal,
    "integer": lambda text: int(Decimal(text)),
    "boolean": lambda text: text.lower() == "true",
}


@contextmanager
def _translated(system: str, *, writing: bool = False) -> Iterator[None]:
    """Turn the library's own errors into ours; those of the RestClient pass. What was sent may have taken effect."""
    try:
        yield
    except exceptions.SalesforceError as fault:
        raise _told(getattr(fault, "status", 0), system) from None
    except (ValueError, KeyError, TypeError, AttributeError):
        if writing:
            raise OutcomeUnknown(f"{system} answered a write with something that is no answer of its own.") from None
        raise RunMustStop(
            f"{system} answered something that is no answer of Salesforce.", mend="Check the setting `url`."
        ) from None


def _told(status: int, system: str) -> ConciliaError:
    match status:
        case 412:
            return RemoteMoved(f"{system}: somebody changed the record in between.", now=None)
        case 300:
            return RecordRejected(
                f"{system} has several records under one External Id.",
                mend="Make the field unique there, and merge them.",
                code="external_id_not_unique",
            )
        case _:
            return RunMustStop(f"{system} answered {status} in a way nobody expects.")
