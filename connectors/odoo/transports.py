"""The three ways to call a method of an Odoo model, each over the one HTTP client. No knowledge of any model.

JSON-2 (`/json/2/MODEL/METHOD`, from the series 19 on) takes every argument by name and an API key in a header.
JSON-RPC (`/jsonrpc`) and XML-RPC (`/xmlrpc/2`) reach `execute_kw`, with database, user and key in each call; both are
to be removed with the series 22.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from concilia.errors import ConciliaError, OutcomeUnknown, RetryLater, RunMustStop
from concilia.vault import Secret
from connectors.odoo import xmlwire
from connectors.odoo.faults import Refusal, of_json2, of_json_rpc, of_xml_rpc, translated, wrong_login
from connectors.rest import Raw, Response, RestClient

# Arguments that RPC takes by place: their names differ between the series, or the server looks at them by place.
_BY_PLACE: Final[Mapping[str, tuple[str, ...]]] = {
    "create": ("vals_list",),
    "search_count": ("domain",),
    "default_get": ("fields",),
}


@dataclass(frozen=True, slots=True)
class MethodCall:
    """One method of one model. `ids` is None for methods of the model itself, such as create and search_read."""

    model: str
    method: str
    ids: tuple[int, ...] | None
    arguments: Mapping[str, Any]
    context: Mapping[str, Any]
    idempotent: bool

    @property
    def shown(self) -> str:
        """All that errors tell of it."""
        return f"{self.model}.{self.method}"


@dataclass(frozen=True, slots=True)
class Nowhere:
    """Nothing of Odoo is at that path: this HTTP status came instead."""

    status: int


@dataclass(frozen=True, slots=True)
class Login:
    """Who signs RPC calls: each call carries it."""

    database: str
    user: int
    key: Secret


class Transport(Protocol):
    """A way to call methods as one user; `user` is its id, where that is known."""

    name: str

    @property
    def user(self) -> int | None:
        """The id of the user."""
        ...

    def call(self, asked: MethodCall) -> Any:
        """What the method returned; raises `faults.translated`, and what RestClient.call raises."""
        ...


class JsonRpcTransport:
    """JSON-RPC 2.0 as Odoo speaks it: an answer of None has no `result` at all."""

    name = "JSON-RPC"

    def __init__(self, rest: RestClient, *, system: str, login: Login | None = None) -> None:
        self._rest = rest
        self._system = system
        self._login = login
        self._numbers = itertools.count(1)

    @property
    def user(self) -> int | None:
        """The id that signing in gave."""
        return self._login.user if self._login else None

    def call(self, asked: MethodCall) -> Any:
        """Through execute_kw of the service `object`."""
        arguments = _execute_kw(_signed(self._login), asked)
        match self.service("object", "execute_kw", arguments, idempotent=asked.idempotent):
            case Refusal() as refusal:
                raise translated(refusal, system=self._system, called=asked.shown)
            case Nowhere(status):
                raise _gone(self._system, asked, status=status)
            case value:
                return value

    def service(self, service: str, method: str, arguments: list[Any], *, idempotent: bool = True) -> Any:
        """A method of one of the server's own services: its value, a Refusal, or Nowhere."""
        number = next(self._numbers)
        params = {"service": service, "method": method, "args": arguments}
        body = {"jsonrpc": "2.0", "method": "call", "id": number, "params": params}
        answer = self._rest.call("POST", "/jsonrpc", body=body, idempotent=idempotent)
        if answer.status >= 400:
            return Nowhere(answer.status)
        match answer.json():
            case {"id": found, "error": error} if found == number and error is not None:
                return of_json_rpc(error)
            case {"id": found, "jsonrpc": "2.0", **rest} if found == number:
                return rest.get("result")
            case _:
                raise _strange(answer, what=f"{service}.{method}", kind="JSON-RPC")


class XmlRpcTransport:
    """XML-RPC as Odoo speaks it: a method that returns None has done its work, and its answer is a fault."""

    name = "XML-RPC"

    def __init__(self, rest: RestClient, *, system: str, login: Login | None = None) -> None:
        self._rest = rest
        self._system = system
        self._login = login

    @property
    def user(self) -> int | None:
        """The id that signing in gave."""
        return self._login.user if self._login else None

    def call(self, asked: MethodCall) -> Any:
        """Through execute_kw of the service `object`."""
        arguments = _execute_kw(_signed(self._login), asked)
        match self.service("object", "execute_kw", arguments, idempotent=asked.idempotent):
            case Refusal() as refusal if refusal.only_the_answer_failed:
                return None
            case Refusal() as refusal:
                raise translated(refusal, system=self._system, called=asked.shown)
            case Nowhere(status):
                raise _gone(self._system, asked, status=status)
            case value:
                return value

    def service(self, service: str, method: str, arguments: list[Any], *, idempotent: bool = True) -> Any:
        """A method of one of the server's own services: its value, a Refusal, or Nowhere."""
        body = Raw(xmlwire.request(method, tuple(arguments)), "text/xml")
        answer = self._rest.call("POST", f"/xmlrpc/2/{service}", body=body, idempotent=idempotent)
        if answer.status >= 400:
            return Nowhere(answer.status)
        try:
            return xmlwire.answer(answer.body)
        except xmlwire.Fault as fault:
            return of_xml_rpc(fault.code, fault.text)
        except xmlwire.NotXmlRpc as fault:
            raise _strange(answer, what=f"{service}.{method}", kind=f"XML-RPC ({fault})") from fault


class Json2Transport:
    """JSON-2: an answer is the bare value, a refusal a status with a body that names the exception."""

    name = "JSON-2"

    def __init__(self, rest: RestClient, *, system: str, key: Secret, database: str | None) -> None:
        self._rest = rest.using(judge=self._judge)
        self._system = system
        self._headers = {
            "authorization": f"bearer {key.reveal()}",
            **({"x-odoo-database": database} if database else {}),
        }

    @property
    def user(self) -> int | None:
        """Only the server knows whose key it is."""
        return None

    def call(self, asked: MethodCall) -> Any:
        """Through /json/2, every argument by its name."""
        body = {**asked.arguments, "context": dict(asked.context)}
        if asked.ids is not None:
            body["ids"] = list(asked.ids)
        path = f"/json/2/{asked.model}/{asked.method}"
        answer = self._rest.call("POST", path, body=body, headers=self._headers, idempotent=asked.idempotent)
        if answer.status < 400:
            return answer.json()
        refusal = _refusal_in(answer)
        if refusal is None:
            raise _gone(self._system, asked, status=answer.status)
        raise translated(refusal, system=self._system, called=asked.shown)

    def _judge(self, answer: Response) -> Response | ConciliaError | None:
        """What names its exception was rolled back and says more than its status does."""
        if answer.status == 401:
            return wrong_login(self._system, username=None)
        if answer.status < 400 or answer.status in {425, 429}:
            return None
        refusal = _refusal_in(answer)
        if refusal is None:
            return None
        fault = translated(refusal, system=self._system, called="")
        return fault if isinstance(fault, RetryLater) else answer


def _execute_kw(login: Login, asked: MethodCall) -> list[Any]:
    placed = [name for name in _BY_PLACE.get(asked.method, ()) if name in asked.arguments]
    arguments = [list(asked.ids)] if asked.ids is not None else []
    arguments += [asked.arguments[name] for name in placed]
    named = {name: value for name, value in asked.arguments.items() if name not in placed}
    named["context"] = dict(asked.context)
    return [login.database, login.user, login.key.reveal(), asked.model, asked.method, arguments, named]


def _signed(login: Login | None) -> Login:
    if login is None:
        raise RunMustStop("Nobody has signed in yet.")
    return login


def _refusal_in(answer: Response) -> Refusal | None:
    if "json" not in answer.headers.get("content-type", ""):
        return None
    try:
        return of_json2(answer.json())
    except ConciliaError:
        return None


def _gone(system: str, asked: MethodCall, *, status: int) -> RunMustStop:
    return RunMustStop(
        f"{system} answered {status} to {asked.shown}.",
        mend="Check `url` and `database`, and `transport` if it was set: the server may not offer that interface.",
    )


def _strange(answer: Response, *, what: str, kind: str) -> ConciliaError:
    told = f"{answer.url} answered {what} with something that is no {kind}"
    if not answer.repeatable:
        return OutcomeUnknown(f"{told}, so it is unknown whether it took effect.")
    return RunMustStop(f"{told}.", mend="Check the address; a proxy or a maintenance page may be answering instead.")
