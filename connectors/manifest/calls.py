"""The calls of a described system: a part of its manifest, filled and sent. No paging, no records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import quote

from concilia.errors import ConciliaError, RecordRejected, RunMustStop
from connectors.manifest.faults import NOTHING, ErrorHandler
from connectors.manifest.templates import Expression, Scope, Template, as_text, filled
from connectors.paging import dig
from connectors.rest import Form, Response, RestClient, with_query

_IN_A_PATH = "/:?=&%@,()'$+;!*~-._"  # what the writer of a manifest means as it stands


class Operated(Protocol):
    """Operations by name, for systems that have no paths."""

    def answer(self, operation: str, body: Mapping[str, Any], *, idempotent: bool) -> Response:
        """The answer of one operation, judged already."""
        ...


@dataclass(frozen=True, slots=True)
class Calls:
    """One account at one described system. `config` are its settings."""

    rest: RestClient
    system: str
    config: Scope
    handler: ErrorHandler
    headers: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)
    operations: Operated | None = None  # of a SOAP system, which has operations instead of paths

    def scope(self, **more: Any) -> dict[str, Any]:
        """What templates may name: the settings, and these."""
        return {"config": self.config, **more}

    def send(self, call: Mapping[str, Any], scope: Scope, *, more: Mapping[str, str] | None = None) -> Response:
        """Make the call with these further parameters. Answers of 400 to 499 are the caller's to judge."""
        if self.operations is not None:
            return self._operated(self.operations, call, scope, more=more or {})
        parameters = {**self._filled(self.parameters, scope), **self._filled(call.get("request_parameters"), scope)}
        headers = {**self._filled(self.headers, scope), **self._filled(call.get("request_headers"), scope)}
        path = path_of(call["path"], scope)
        if "?" in path and (parameters or more):
            raise RunMustStop(f"The path {path.partition('?')[0]} has parameters of its own.")
        return self.rest.call(
            call.get("http_method", "GET"),
            with_query(path, {**parameters, **(more or {})}),
            body=_body(call, scope),
            headers=headers,
            idempotent=call.get("idempotent"),
        )

    def _operated(
        self, operations: Operated, call: Mapping[str, Any], scope: Scope, *, more: Mapping[str, str]
    ) -> Response:
        parameters = {**filled(self.parameters, scope), **filled(call.get("request_parameters") or {}, scope)}
        body = {**filled(call.get("request_body_json") or {}, scope), **parameters, **more}
        name = as_text(filled([call["path"]], scope)[0])
        return operations.answer(name, body, idempotent=call.get("idempotent", call.get("http_method", "GET") == "GET"))

    def follow(self, call: Mapping[str, Any], address: str, scope: Scope) -> Response:
        """Call a whole address, as a link to the next page, with the headers of the call."""
        headers = {**self._filled(self.headers, scope), **self._filled(call.get("request_headers"), scope)}
        return self.rest.call(call.get("http_method", "GET"), address, body=_body(call, scope), headers=headers)

    def found(self, call: Mapping[str, Any], scope: Scope) -> Any:
        """What the answer has at the call's `field_path`; None where there is nothing (404, or IGNORE)."""
        answer = self.send(call, scope)
        if answer.status in (404, NOTHING):
            return None
        if answer.status >= 400:
            raise self.stopped(answer)
        return dig(answer.json(), steps_of(call.get("field_path")))

    def stopped(self, answer: Response) -> RunMustStop:
        """The error for a call that reads and is refused."""
        words = self.handler.words(answer) or "it gives no reason"
        return RunMustStop(
            f"{self.system} answered {answer.status} at {answer.url.rpartition('/')[2]}: {words}.",
            mend="Check the address, the names in the manifest, and what the account may read.",
        )

    def refused(self, answer: Response) -> ConciliaError:
        """The error for a write that is refused."""
        words = self.handler.words(answer) or f"it answered {answer.status}"
        return RecordRejected(f"{self.system} refused it: {words}")

    @staticmethod
    def _filled(said: Mapping[str, Any] | None, scope: Scope) -> dict[str, str]:
        return {name: as_text(value) for name, value in filled(said or {}, scope).items() if value is not None}


def path_of(said: Any, scope: Scope) -> str:
    """An address with what is filled in encoded, so that no id can lead elsewhere."""
    if isinstance(said, Template):
        return "".join(_encoded(part, scope) for part in said.parts)
    return quote(str(said), safe=_IN_A_PATH)


def steps_of(path: Any) -> tuple[str, ...]:
    """A path into JSON as texts."""
    return tuple(str(step) for step in path or ())


def _encoded(part: str | Expression, scope: Scope) -> str:
    if isinstance(part, str):
        return quote(part, safe=_IN_A_PATH)
    found = part.value(scope)
    if found in (None, ""):
        raise RecordRejected(f"{'.'.join(part.path)} says nothing, and it is needed here.", field=part.path[-1])
    text = as_text(found)
    if text in (".", ".."):
        raise RecordRejected(f"{text!r} is no id.", field=part.path[-1], value=text)
    return quote(text, safe="")


def _body(call: Mapping[str, Any], scope: Scope) -> Any:
    if "request_body_form" in call:
        return Form(Calls._filled(call["request_body_form"], scope))  # noqa: SLF001 - its own file
    return filled(call["request_body_json"], scope) if "request_body_json" in call else None
