"""OData V2 and V4 over the one HTTP client: pages, entities, writes under an ETag, faults. No vendor knowledge."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote, urlencode

from lxml import etree

from concilia.errors import (
    ConciliaError,
    Conflict,
    CredentialsRefused,
    OutcomeUnknown,
    PermissionMissing,
    RecordRejected,
    RetryLater,
    RunMustStop,
)
from connectors.auth import Outgoing
from connectors.odata_metadata import EntitySet, entity_sets
from connectors.odata_values import decoded, literal
from connectors.paging import Answered, NextAddress, Turn, walk
from connectors.rest import Judge, Response, RestClient

_MOVED: Final = frozenset({409, 412, 428})
_CSRF: Final = "x-csrf-token"


@dataclass(frozen=True, slots=True)
class Fault:
    """What an OData service says went wrong, in either version, as JSON or XML."""

    status: int
    code: str = ""
    message: str = ""

    def __str__(self) -> str:
        return self.message or f"it answered {self.status}"


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity as it is now, with its version where the service has versions."""

    fields: Mapping[str, Any]
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked of an entity set; texts in OData's own language, values written by `literal`."""

    filter: str = ""
    select: Sequence[str] = ()
    expand: Sequence[str] = ()
    orderby: str = ""
    top: int = 0
    more: Mapping[str, str] = field(default_factory=dict)

    def parameters(self) -> dict[str, str]:
        """As parameters of the address, those that say nothing left out."""
        said = {
            "$filter": self.filter,
            "$select": ",".join(self.select),
            "$expand": ",".join(self.expand),
            "$orderby": self.orderby,
            "$top": str(self.top) if self.top else "",
        }
        return {**{name: value for name, value in said.items() if value}, **self.more}


@dataclass(frozen=True, slots=True)
class OdataClient:
    """One service. `page_size` is what it is asked to keep its pages to; 0 leaves it to the service.

    `sets` are its entity sets from `metadata()`: with them values are decoded by their types.
    """

    rest: RestClient
    system: str
    version: int = 4  # 2 | 4
    page_size: int = 0
    sets: Mapping[str, EntitySet] = field(default_factory=dict)

    def metadata(self) -> Mapping[str, EntitySet]:
        """The entity sets of the service, typed."""
        answer = self.rest.call("GET", "/$metadata", headers={"accept": "application/xml"})
        if answer.status >= 400:
            raise self._stopped(answer, "/$metadata")
        return entity_sets(answer.body, system=self.system)

    def pages(self, path: str, query: Query) -> Iterator[Sequence[Entity]]:
        """The pages of an entity set, to the last one the service says there is."""
        first = f"/{path.lstrip('/')}{_query(query.parameters())}"
        at = ("d", "__next") if self.version == 2 else ("@odata.nextLink",)

        def fetch(turn: Turn) -> Answered:
            answer = self.rest.call("GET", turn.address or first, headers=self._headers(paged=True))
            if answer.status >= 400:
                raise self._stopped(answer, path)
            body = answer.json()
            return Answered.of(answer, self._listed(body, path), body)

        for answered in walk(NextAddress(at=at), fetch, what=f"{self.system} {path}"):
            yield [self._entity(one, path) for one in answered.records]

    def one(self, path: str, key: Mapping[str, Any] | Any) -> Entity | None:
        """One entity by its key, if there is one."""
        answer = self.rest.call("GET", self.address(path, key), headers=self._headers())
        if answer.status == 404:
            return None
        if answer.status >= 400:
            raise self._stopped(answer, path)
        return self._opened(answer, path)

    def create(self, path: str, fields: Mapping[str, Any], *, idempotent: bool = False) -> Entity:
        """Create an entity; RecordRejected with the service's words, Conflict when its key is taken."""
        headers = {**self._headers(), "prefer": "return=representation"}
        answer = self.rest.call("POST", path, body=fields, headers=headers, idempotent=idempotent)
        return self._written(answer, path) or Entity({})

    def change(self, path: str, key: Any, fields: Mapping[str, Any], *, etag: str | None) -> Entity | None:
        """Change these fields of an entity, if it is still that version (None: whatever it is).

        Conflict when somebody changed it in between. The answer is the entity, where the service gives it.
        """
        method = "MERGE" if self.version == 2 else "PATCH"
        headers = {**self._headers(), "if-match": etag or "*"}
        answer = self.rest.call(method, self.address(path, key), body=fields, headers=headers, idempotent=False)
        return self._written(answer, path)

    def act(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """Call an action or function import by POST; its answer opened, None when it has none."""
        answer = self.rest.call("POST", path, body=body or {}, headers=self._headers(), idempotent=False)
        written = self._written(answer, path)
        return None if written is None else written.fields

    def address(self, path: str, key: Mapping[str, Any] | Any) -> str:
        """The address of one entity: its key written by the types of the entity set."""
        known = self.sets.get(path.strip("/"))
        properties = known.properties if known else {}
        if isinstance(key, Mapping):
            parts = {n: literal(v, properties[n].edm if n in properties else "", version=self.version)
                     for n, v in key.items()}  # fmt: skip
            inside = ",".join(f"{name}={text}" for name, text in parts.items())
        else:
            only = known.key[0] if known and len(known.key) == 1 else ""
            inside = literal(key, properties[only].edm if only in properties else "", version=self.version)
        return f"/{path.strip('/')}({quote(inside, safe='=,')})"

    def _headers(self, *, paged: bool = False) -> dict[str, str]:
        if self.version == 2:
            return {"accept": "application/json", "dataserviceversion": "2.0", "maxdataserviceversion": "2.0"}
        size = {"prefer": f"odata.maxpagesize={self.page_size}"} if paged and self.page_size else {}
        return {"accept": "application/json", "odata-version": "4.0", "odata-maxversion": "4.01", **size}

    def _listed(self, body: Any, path: str) -> list[Any]:
        found = _unwrapped(body, version=self.version)
        rows = found.get("results" if self.version == 2 else "value") if isinstance(found, Mapping) else found
        if not isinstance(rows, list):
            raise RunMustStop(f"{self.system} answered {path} with no list.", mend="Check the url and the version.")
        return rows

    def _opened(self, answer: Response, path: str) -> Entity:
        found = _unwrapped(answer.json(), version=self.version)
        if not isinstance(found, Mapping):
            what = f"{answer.url} answered no entity"
            raise RunMustStop(f"{what}.") if answer.repeatable else OutcomeUnknown(f"{what}: look it up.")
        entity = self._entity(found, path)
        return Entity(entity.fields, entity.etag or answer.headers.get("etag"))

    def _entity(self, found: Any, path: str) -> Entity:
        if not isinstance(found, Mapping):
            raise RunMustStop(f"{self.system} has something in {path} that is no entity.")
        known = self.sets.get(path.strip("/"))
        properties = known.properties if known else {}
        fields = {}
        for name, value in found.items():
            if name == "__metadata" or "@" in name or _is_deferred(value):
                continue
            said = properties.get(name)
            fields[name] = decoded(value, said.edm, day_only=said.day_only) if said else decoded(value)
        etag = found.get("__metadata", {}).get("etag") if self.version == 2 else found.get("@odata.etag")
        return Entity(fields, str(etag) if etag else None)

    def _written(self, answer: Response, path: str) -> Entity | None:
        if answer.status in _MOVED:
            raise Conflict(f"{self.system}: {fault_in(answer)}.".replace("..", "."))
        if answer.status >= 400:
            said = fault_in(answer)
            raise RecordRejected(f"{self.system} refused it: {said}", code=said.code)
        return self._opened(answer, path) if answer.body.strip() else None

    def _stopped(self, answer: Response, path: str) -> RunMustStop:
        return RunMustStop(
            f"{self.system} does not give {path}: {fault_in(answer)}",
            mend="Check the name of the entity set, its columns, and what the user may read.",
        )


class CsrfToken:
    """An Auth beside another: SAP's X-CSRF-Token, fetched before the first write, and again when it is not taken.

    The cookies that come with it are kept by the client. Use it with `csrf_judge`.
    """

    def __init__(self, rest: RestClient, *, path: str = "/") -> None:
        self._rest = rest
        self._path = path
        self._token = ""

    def apply(self, call: Outgoing) -> Outgoing:
        """The call, a write with its token."""
        if call.method in {"GET", "HEAD"}:
            return call
        if not self._token:
            self._fetch()
        return call.with_header(_CSRF, self._token, proof=self._token)

    def refused(self, call: Outgoing) -> bool:
        """Another token, when this one was not taken."""
        if call.proof is None:
            return False
        if call.proof == self._token:
            self._fetch()
        return True

    def _fetch(self) -> None:
        answer = self._rest.call("GET", self._path, headers={_CSRF: "Fetch"})
        self._token = answer.headers.get(_CSRF, "")


def csrf_judge(inner: Judge | None = None, *, system: str) -> Judge:
    """403 with `X-CSRF-Token: Required` is a token that has run out, not a missing permission."""

    def judge(answer: Response) -> Response | ConciliaError | None:
        if answer.status == 403 and answer.headers.get(_CSRF, "").casefold() == "required":
            return CredentialsRefused(f"{system} does not take its CSRF token.", system=system)
        return inner(answer) if inner else None

    return judge


def odata_judge(system: str) -> Judge:
    """403 in the service's own words, and records that others hold locked as temporary."""

    def judge(answer: Response) -> ConciliaError | None:
        if answer.status == 403:
            return PermissionMissing(f"{system}: {fault_in(answer)}", mend="Ask for that permission.", system=system)
        if answer.status in (400, 423, 500) and "is locked by" in str(fault_in(answer)):
            return RetryLater(f"{system}: {fault_in(answer)}", after=timedelta(seconds=30))
        return None

    return judge


def fault_in(answer: Response) -> Fault:
    """The error in an answer: JSON of either version, XML of V2, or only its status."""
    try:
        said = answer.json()
    except ConciliaError:
        return _fault_in_xml(answer)
    error = said.get("error", said.get("odata.error")) if isinstance(said, Mapping) else None
    if not isinstance(error, Mapping):
        return Fault(answer.status)
    message = error.get("message")
    text = message.get("value") if isinstance(message, Mapping) else message
    return Fault(answer.status, str(error.get("code") or ""), str(text or ""))


def _fault_in_xml(answer: Response) -> Fault:
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False)
    try:
        root = etree.fromstring(answer.body, parser)
    except (etree.XMLSyntaxError, ValueError):
        return Fault(answer.status)
    texts = {one.tag.rpartition("}")[2]: (one.text or "").strip() for one in root if isinstance(one.tag, str)}
    return Fault(answer.status, texts.get("code", ""), texts.get("message", ""))


def _unwrapped(body: Any, *, version: int) -> Any:
    return body.get("d", body) if version == 2 and isinstance(body, Mapping) else body


def _is_deferred(value: Any) -> bool:
    return isinstance(value, Mapping) and "__deferred" in value


def _query(parameters: Mapping[str, str]) -> str:
    return f"?{urlencode(parameters, quote_via=quote)}" if parameters else ""
