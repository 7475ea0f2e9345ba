"""JSON-RPC over the one HTTP client: request, answer or error, as values. No vendor knowledge."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from concilia.errors import OutcomeUnknown, RunMustStop
from connectors.rest import RestClient


@dataclass(frozen=True, slots=True)
class RpcResult:
    """The method ran and answered this."""

    value: Any


@dataclass(frozen=True, slots=True)
class RpcError:
    """The method was refused, or failed inside the server; `error` is whatever the server put there."""

    error: Any


@dataclass(frozen=True, slots=True)
class RpcNowhere:
    """No JSON-RPC at that path: the server answered this HTTP status (400 to 499) instead."""

    status: int


class JsonRpc:
    """Calls methods by name with positional parameters. Version 1 on the wire: id, method, params and nothing else."""

    def __init__(self, rest: RestClient, *, system: str) -> None:
        self._rest = rest
        self._system = system
        self._ids = itertools.count(1)

    def call(
        self,
        path: str,
        method: str,
        params: Sequence[Any],
        *,
        idempotent: bool,
        headers: Mapping[str, str] | None = None,
    ) -> RpcResult | RpcError | RpcNowhere:
        """Make one call; repeated on temporary faults only when `idempotent`.

        Raises what RestClient.call and Response.json raise, and for JSON that is no answer to this call
        RunMustStop, or OutcomeUnknown when the call may have been carried out.
        """
        number = next(self._ids)
        body = {"id": number, "method": method, "params": list(params)}
        answer = self._rest.call("POST", path, body=body, headers=headers, idempotent=idempotent)
        if answer.status >= 400:
            return RpcNowhere(answer.status)
        match answer.json():
            case {"id": found, "error": error} if found == number and error is not None:
                return RpcError(error)
            case {"id": found, "result": value} if found == number:
                return RpcResult(value)
            case _:
                what = f"{answer.url} answered JSON that is no JSON-RPC answer to this call"
                if not idempotent:
                    raise OutcomeUnknown(f"{what}, so it is unknown whether {method} took effect.")
                raise RunMustStop(f"{what}.", mend="Check the address; something else may be answering there.")
