"""Calls to one Tryton database: sign in, methods of models and wizards, the server's clock. No canonical fields."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import quote

from concilia.errors import ConciliaError, CredentialsRefused, RecordRejected, RetryLater, RunMustStop
from connectors.rest import Patience, RestClient
from connectors.rpc import JsonRpc, RpcError, RpcNowhere, RpcResult
from connectors.tryton.faults import no_company, no_database, session_lost, translated, wrong_login
from connectors.tryton.settings import Settings
from connectors.tryton.wire import Domain, Row, from_wire, to_wire

_PATHS = ("/{database}/rpc/", "/{database}/")  # the first from the series 7.8 on, the second before


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in user: where its calls go, what proves it, and the preferences every call repeats."""

    path: str
    token: str
    context: Mapping[str, Any]


class TrytonClient:
    """One account; signs in at the first call, and once more when the session has expired."""

    def __init__(self, settings: Settings, *, patience: Patience | None = None) -> None:
        self.settings = settings
        verify: str | bool = settings.ca_file or True
        self._rest = RestClient(settings.url, system=settings.system, patience=patience, verify=verify)
        self._rpc = JsonRpc(self._rest, system=settings.system)
        self._session: Session | None = None

    def close(self) -> None:
        """Close the sockets; the session at the server is left to expire."""
        self._rest.close()

    @property
    def context(self) -> Mapping[str, Any]:
        """The user's preferences in English, with the company chosen in the settings."""
        return self._signed_in().context

    def call(self, method: str, *params: Any, idempotent: bool = True) -> Any:
        """Call a method whose last parameter is the context, given by the caller; values as Python types.

        Raises the errors of `faults.translated`, and what RestClient.call raises.
        """
        session = self._signed_in()
        try:
            return self._called(session, method, params, idempotent=idempotent)
        except CredentialsRefused:
            self._session = None  # expired, or not fresh enough to register a payment: nothing was done
        session = self._signed_in()
        try:
            return self._called(session, method, params, idempotent=idempotent)
        except CredentialsRefused as fault:
            raise session_lost(self.settings.system) from fault

    def search_read(self, model: str, domain: Domain, *, fields: Sequence[str], limit: int | None = None) -> list[Row]:
        """Rows by ascending id, active and inactive; fields may be paths into other models (`lines.amount`)."""
        order = [["id", "ASC"]]
        method = f"model.{model}.search_read"
        rows = self._reading(method, domain, 0, limit, order, list(fields), self.with_inactive())
        if not isinstance(rows, list):
            raise RunMustStop(f"{self.settings.system} answered {method} with no list.")
        return rows

    def count(self, model: str, domain: Domain) -> int:
        """How many rows there are, active and inactive."""
        return int(self._reading(f"model.{model}.search_count", domain, 0, None, self.with_inactive()))

    def may(self, model: str, access: str) -> bool:
        """Whether the user has `read`, `write`, `create` or `delete` access to the model."""
        answer = self._reading("model.ir.model.access.get_access", [model], dict(self.context))
        return bool(answer[model][access])

    def clock(self) -> datetime:
        """Now at the server, in UTC: the default of a stamp, the same clock that stamps writes."""
        answer = self._reading("model.party.party.default_get", ["create_date"], False, dict(self.context))
        moment = answer.get("create_date") if isinstance(answer, dict) else None
        if not isinstance(moment, datetime):
            raise RunMustStop(f"{self.settings.system} does not say what time it is there.")
        return moment

    def with_inactive(self) -> dict[str, Any]:
        """The context in which searches and lists inside rows show what was deactivated too."""
        return {**self.context, "active_test": False}

    def _reading(self, method: str, *params: Any) -> Any:
        try:
            return self.call(method, *params)
        except RecordRejected as fault:
            raise RunMustStop(fault.message, mend=fault.mend) from fault

    def _called(self, session: Session, method: str, params: Sequence[Any], *, idempotent: bool = True) -> Any:
        headers = {"authorization": f"Session {session.token}"}
        wire = to_wire(list(params))
        found = self._rpc.call(session.path, method, wire, idempotent=idempotent, headers=headers)
        return self._opened(found, method=method)

    def _opened(self, found: RpcResult | RpcError | RpcNowhere, *, method: str) -> Any:
        match found:
            case RpcResult(value):
                return from_wire(value)
            case RpcError(error):
                raise translated(error, system=self.settings.system, method=method)
            case RpcNowhere(status):
                raise RunMustStop(
                    f"{self.settings.system} answered {status} to {method}.",
                    mend="Check the address; a proxy may be answering instead.",
                )

    def _signed_in(self) -> Session:
        if self._session is None:
            self._session = self._sign_in()
        return self._session

    def _sign_in(self) -> Session:
        try:
            path, user, key = self._login()
        except RecordRejected as fault:  # no record was spoken of yet
            raise RunMustStop(fault.message, mend=fault.mend) from fault
        proof = f"{self.settings.username}:{user}:{key}"
        session = Session(path, base64.b64encode(proof.encode()).decode(), {})
        try:
            preferences = self._called(session, "model.res.user.get_preferences", [True, {}])
            session = replace(session, context=_spoken(preferences))
            if self.settings.company is not None:
                company = self._company(self.settings.company, session=session)
                session = replace(session, context={**session.context, "company": company, "company_filter": "one"})
        except CredentialsRefused as fault:
            raise session_lost(self.settings.system) from fault
        except RecordRejected as fault:  # no record was spoken of yet
            raise RunMustStop(fault.message, mend=fault.mend) from fault
        return session

    def _login(self) -> tuple[str, int, str]:
        parameters = [self.settings.username, {"password": self.settings.password.reveal()}, "en"]
        for template in _PATHS:
            path = template.format(database=quote(self.settings.database, safe=""))
            try:
                found = self._rpc.call(path, "common.db.login", parameters, idempotent=True)
            except CredentialsRefused as fault:
                raise wrong_login(self.settings.system, username=self.settings.username) from fault
            except RetryLater:
                self._confirm_database()  # some servers answer 503 for a database they do not have
                raise
            match found:
                case RpcNowhere(404 | 405):
                    continue
                case _:
                    answer = self._opened(found, method="common.db.login")
                    return path, int(answer[0]), str(answer[1])
        raise no_database(self.settings.system, database=self.settings.database, known=self._databases())

    def _confirm_database(self) -> None:
        known = self._databases()
        if known is not None and self.settings.database not in known:
            raise no_database(self.settings.system, database=self.settings.database, known=known)

    def _databases(self) -> list[str] | None:
        """The databases the server shows, or None when it keeps them to itself or is of another kind."""
        try:
            found = self._rpc.call("/rpc/", "common.db.list", [], idempotent=False)
        except ConciliaError:
            return None
        match found:
            case RpcResult(list(names)):
                return [str(name) for name in names]
            case _:
                return None

    def _company(self, wanted: str, *, session: Session) -> int:
        params = [[], 0, None, None, ["rec_name"], dict(session.context)]
        rows = self._called(session, "model.company.company.search_read", params)
        for row in rows:
            if wanted in {str(row["id"]), row["rec_name"]}:
                return int(row["id"])
        raise no_company(self.settings.system, wanted=wanted, known=[row["rec_name"] for row in rows])


def _spoken(preferences: Mapping[str, Any]) -> dict[str, Any]:
    return {**{name: value for name, value in preferences.items() if "." not in name}, "language": "en"}
