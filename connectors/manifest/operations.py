"""Operations of a SOAP system called like paths of a REST one: a body filled, an answer of plain values. No paging.

The name of the operation is the call's `path`, its body `request_body_json`; parameters of the paginator and
`request_parameters` are members of the body. A Fault is an answer of status 422, with `fault.code`, `fault.message` and
`fault.detail`, for the error handler to judge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concilia.errors import ConciliaError, ConfigurationInvalid
from connectors.exact_json import dumps
from connectors.manifest.faults import REFUSED, ErrorHandler
from connectors.rest import Response, RestClient
from connectors.soap import Endpoint, SoapClient, SoapFault, UsernameToken


@dataclass(frozen=True, slots=True)
class Operations:
    """The operations of one WSDL at one address."""

    client: SoapClient
    handler: ErrorHandler
    url: str

    def answer(self, operation: str, body: Mapping[str, Any], *, idempotent: bool) -> Response:
        """The answer of one operation, judged; raises what the judge says and what SoapClient.call raises."""
        found = self.client.call(operation, body, idempotent=idempotent)
        if isinstance(found, SoapFault):
            said = {"fault": {"code": found.code, "message": found.message, "detail": found.detail}}
            answer = self._response(REFUSED, said, repeatable=idempotent)
        else:
            answer = self._response(200, found.value, repeatable=idempotent)
        judged = self.handler(answer)
        if isinstance(judged, ConciliaError):
            raise judged
        return judged or answer

    def _response(self, status: int, value: Any, *, repeatable: bool) -> Response:
        return Response(status, {"content-type": "application/json"}, dumps(value), self.url, repeatable=repeatable)


def open_operations(
    rest: RestClient, said: Mapping[str, Any], *, folder: Path, handler: ErrorHandler, security: UsernameToken | None
) -> Operations:
    """The operations that the manifest's WSDL describes; ConfigurationInvalid when it cannot be used."""
    wsdl = folder / str(said["wsdl"])
    if not wsdl.resolve().is_relative_to(folder.resolve()):
        raise ConfigurationInvalid(f"{said['wsdl']} is outside the folder of the manifest.", mend="Keep it there.")
    endpoint = Endpoint(
        service=said.get("service", ""),
        port=said.get("port", ""),
        security=security,
        addressing=bool(said.get("addressing")),
        strict=bool(said.get("strict", True)),
    )
    return Operations(SoapClient(wsdl, rest=rest, system=handler.system, endpoint=endpoint), handler, wsdl.name)
