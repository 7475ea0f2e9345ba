"""Calls to one Odoo database: find out how it is spoken to, sign in, read models, the server's clock. No streams."""

from __future__ import annotations

import email.utils
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from concilia.errors import ConciliaError, ConfigurationInvalid, PermissionMissing, RecordRejected, RunMustStop
from connectors.odoo.faults import Refusal, no_database, no_odoo, translated, wrong_login
from connectors.odoo.settings import ALL, AUTO, JSON2, JSONRPC, XMLRPC, Settings
from connectors.odoo.transports import (
    Json2Transport,
    JsonRpcTransport,
    Login,
    MethodCall,
    Nowhere,
    Transport,
    XmlRpcTransport,
)
from connectors.odoo.values import Domain, Row, ident, moment
from connectors.rest import Patience, RestClient

_MANY: Final = 1000
_FIRST_JSON2: Final = 19
_DIGITS: Final = re.compile(r"\d+")
_Rpc = JsonRpcTransport | XmlRpcTransport


@dataclass(frozen=True, slots=True)
class Session:
    """How the server is spoken to, its series, and the context every call repeats."""

    transport: Transport
    series: int
    version: str
    context: Mapping[str, Any]
    companies: Mapping[int, str]  # those that are read
    others: tuple[str, ...] = ()  # names of those the user works for besides


class OdooClient:
    """One account; finds out how to speak at the first call."""

    def __init__(self, settings: Settings, *, patience: Patience | None = None) -> None:
        self.settings = settings
        self._rest = RestClient(settings.url, system=settings.system, patience=patience, verify=settings.verify)
        self._session: Session | None = None
        self._fields: dict[str, frozenset[str]] = {}
        self.kept: dict[str, Any] = {}  # small tables that are read once, by name

    def close(self) -> None:
        """Close the sockets."""
        self._rest.close()

    @property
    def session(self) -> Session:
        """Signed in."""
        if self._session is None:
            self._session = self._sign_in()
        return self._session

    def write(self, model: str, method: str, *, ids: Sequence[int] | None, **arguments: Any) -> Any:
        """A call that changes something, and is therefore made once; `context` adds to the usual one."""
        return self._call(model, method, ids, arguments, idempotent=False)

    def ask(self, model: str, method: str, *, ids: Sequence[int] | None = None, **arguments: Any) -> Any:
        """A call that may be repeated."""
        return self._call(model, method, ids, arguments, idempotent=True)

    def rows(self, model: str, domain: Domain, *, fields: Sequence[str], limit: int | None = None) -> list[Row]:
        """Rows by ascending id, archived ones too. RunMustStop when Odoo refuses to read them."""
        asked: dict[str, Any] = {"domain": domain, "fields": list(fields), "order": "id"}
        if limit is not None:
            asked["limit"] = limit
        found = self._reading(model, "search_read", **asked, context={"active_test": False})
        if not isinstance(found, list) or not all(isinstance(row, dict) and "id" in row for row in found):
            raise RunMustStop(f"{self.settings.system} answered search_read of {model} with no list of rows.")
        return found

    def all_rows(self, model: str, domain: Domain, *, fields: Sequence[str]) -> Iterator[Row]:
        """All rows by ascending id, asked for a thousand at a time."""
        last = 0
        while True:
            found = self.rows(model, [*domain, ["id", ">", last]], fields=fields, limit=_MANY)
            yield from found
            if len(found) < _MANY:
                return
            last = int(found[-1]["id"])

    def ids(self, model: str, domain: Domain, *, field: str = "id") -> set[int]:
        """The ids in that field (of one or of many records) of all rows."""
        found: set[int] = set()
        for row in self.all_rows(model, domain, fields=[field]):
            value = row.get(field)
            if field != "id" and isinstance(value, list) and all(isinstance(one, int) for one in value):
                found.update(value)
                continue
            number = value if isinstance(value, int) and not isinstance(value, bool) else ident(value)
            found.update(() if number is None else (number,))
        return found

    def count(self, model: str, domain: Domain) -> int:
        """How many rows there are, archived ones too."""
        return int(self._reading(model, "search_count", domain=domain, context={"active_test": False}))

    def fields(self, model: str) -> frozenset[str]:
        """The fields the model has in this database, for this user."""
        if model not in self._fields:
            found = self._reading(model, "fields_get", attributes=["type"])
            if not isinstance(found, dict):
                raise RunMustStop(f"{self.settings.system} does not say which fields {model} has.")
            self._fields[model] = frozenset(found)
        return self._fields[model]

    def may(self, model: str, access: str) -> bool:
        """Whether the user has `read`, `write` or `create` access to the model."""
        if self.session.series >= 18:
            return bool(self._reading(model, "has_access", ids=(), operation=access))
        return bool(self._reading(model, "check_access_rights", operation=access, raise_exception=False))

    def clock(self) -> datetime:
        """Now at the server, in UTC: the default of a message's date; else what its answers are dated with."""
        for name in ("fields", "fields_list"):  # what the series call that argument, where names matter
            try:
                said = self._call("mail.message", "default_get", None, {name: ["date"]}, idempotent=True)
            except (RecordRejected, RunMustStop):
                continue
            found = moment(said.get("date")) if isinstance(said, dict) else None
            if found is not None:
                return found
        return self._dated()

    def _dated(self) -> datetime:
        answer = self._rest.call("GET", "/web/health", idempotent=True)
        try:
            found = email.utils.parsedate_to_datetime(answer.headers.get("date", ""))
        except (TypeError, ValueError) as fault:
            raise RunMustStop(f"{self.settings.system} does not say what time it is there.") from fault
        return found.astimezone(UTC)

    def _reading(self, model: str, method: str, *, ids: Sequence[int] | None = None, **arguments: Any) -> Any:
        try:
            return self.ask(model, method, ids=ids, **arguments)
        except RecordRejected as fault:
            raise RunMustStop(fault.message, mend=fault.mend) from fault

    def _call(
        self, model: str, method: str, ids: Sequence[int] | None, arguments: Mapping[str, Any], *, idempotent: bool
    ) -> Any:
        given = dict(arguments)
        context = {**self.session.context, **given.pop("context", {})}
        known = None if ids is None else tuple(ids)
        return self.session.transport.call(MethodCall(model, method, known, given, context, idempotent))

    def _sign_in(self) -> Session:
        transport, series, version = self._spoken()
        opening = Session(transport, series, version, {"lang": "en_US"}, {})
        return self._with_companies(opening)

    def _spoken(self) -> tuple[Transport, int, str]:
        """The transport to use, signed in where it needs that, with the server's series and version."""
        wanted = self.settings.transport
        told: tuple[_Rpc | None, str] | None = self._told_by_rpc(wanted) if wanted != JSON2 else None
        if told is None and wanted in {AUTO, JSON2}:
            told = self._told_by_page()
        if told is None:
            raise no_odoo(self.settings.system)
        rpc, version = told
        series = _series(version)
        key = self.settings.api_key
        if key is not None and (wanted == JSON2 or rpc is None or (wanted == AUTO and series >= _FIRST_JSON2)):
            system, database = self.settings.system, self.settings.database
            return Json2Transport(self._rest, system=system, key=key, database=database), series, version
        if rpc is None:
            raise ConfigurationInvalid(
                f"{self.settings.system} is an Odoo {version}, which takes an API key only.",
                mend="Add api_key: ${env:NAME} to the connection.",
            )
        login = self._login(rpc)
        return type(rpc)(self._rest, system=self.settings.system, login=login), series, version

    def _told_by_rpc(self, wanted: str) -> tuple[_Rpc, str] | None:
        system = self.settings.system
        ways: list[_Rpc] = []
        if wanted != XMLRPC:
            ways.append(JsonRpcTransport(self._rest, system=system))
        if wanted != JSONRPC:
            ways.append(XmlRpcTransport(self._rest, system=system))
        for way in ways:
            try:
                said = way.service("common", "version", [])
            except PermissionMissing:
                continue  # a proxy that lets this interface through to nobody
            match said:
                case {"server_version": str(version)}:
                    return way, version
                case Refusal() | Nowhere():
                    continue
        return None

    def _told_by_page(self) -> tuple[None, str] | None:
        answer = self._rest.call("GET", "/web/version", idempotent=True)
        if answer.status >= 400:
            return None
        match answer.json():
            case {"version": str(version)}:
                return None, version
            case _:
                return None

    def _login(self, rpc: _Rpc) -> Login:
        settings = self.settings
        if settings.username is None:
            raise ConfigurationInvalid(
                f"Connection {settings.system} lacks the setting `username`.",
                mend="Before the series 19, Odoo takes a user name with its password or API key.",
            )
        database = settings.database or self._only_database(rpc)
        said = rpc.service("common", "authenticate", [database, settings.username, settings.proof.reveal(), {}])
        match said:
            case bool() | None:
                raise wrong_login(settings.system, username=settings.username)
            case int(user):
                return Login(database, user, settings.proof)
            case Refusal() as refusal:
                raise self._no_login(refusal, database=database, rpc=rpc)
            case _:
                raise no_odoo(settings.system)

    def _no_login(self, refusal: Refusal, *, database: str, rpc: _Rpc) -> ConciliaError:
        known = self._databases(rpc)
        if known is not None and database not in known:
            return no_database(self.settings.system, text=database, known=known)
        if refusal.kind == "AccessDenied":
            return wrong_login(self.settings.system, username=self.settings.username)
        return translated(refusal, system=self.settings.system, called="common.authenticate")

    def _only_database(self, rpc: _Rpc) -> str:
        known = self._databases(rpc)
        if known is not None and len(known) == 1:
            return known[0]
        raise no_database(self.settings.system, known=known)

    def _databases(self, rpc: _Rpc) -> list[str] | None:
        """The databases the server shows, or None when it keeps them to itself."""
        try:
            found = rpc.service("db", "list", [], idempotent=False)
        except ConciliaError:
            return None
        return [str(name) for name in found] if isinstance(found, list) else None

    def _with_companies(self, opening: Session) -> Session:
        self._session = opening
        try:
            known, default = self._companies()
        finally:
            self._session = None
        chosen = self._chosen(known, default=default)
        context = {**opening.context, "tz": "UTC", "allowed_company_ids": sorted(chosen, key=lambda n: n != default)}
        others = tuple(sorted(name for number, name in known.items() if number not in chosen))
        return Session(opening.transport, opening.series, opening.version, context, chosen, others)

    def _companies(self) -> tuple[dict[int, str], int | None]:
        """The companies the user works for, and the one it starts in."""
        said = self.ask("res.users", "context_get")
        user = said.get("uid") if isinstance(said, dict) else None
        user = self.session.transport.user or user
        default: int | None = None
        domain: Domain = []
        if isinstance(user, int) and not isinstance(user, bool):
            for row in self.rows("res.users", [["id", "=", user]], fields=["company_id", "company_ids"]):
                default = ident(row["company_id"])
                domain = [["id", "in", row["company_ids"] or []]]
        known = {int(row["id"]): str(row["name"]) for row in self.rows("res.company", domain, fields=["name"])}
        return known, default if default in known else min(known, default=None)

    def _chosen(self, known: Mapping[int, str], *, default: int | None) -> dict[int, str]:
        wanted = self.settings.company
        if wanted == ALL:
            return dict(known)
        if wanted is None:
            return {default: known[default]} if default is not None else {}
        found = {number: name for number, name in known.items() if wanted in {str(number), name}}
        if len(found) == 1:
            return found
        there = (
            f"Use one of: {', '.join(sorted(known.values()))}." if known else "Its user belongs to no company there."
        )
        raise ConfigurationInvalid(f"{self.settings.system} has no company {wanted!r} for this user.", mend=there)


def _series(version: str) -> int:
    """The number of the series in 17.0+e, saas~18.2 or 19.0-20261101."""
    found = _DIGITS.search(version)
    return int(found[0]) if found else 0
