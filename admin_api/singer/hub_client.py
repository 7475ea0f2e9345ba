"""A running hub as seen by the tap and the target: a few calls over its HTTP API. Knows nothing of Singer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from concilia.errors import RequestInvalid, RunMustStop
from connectors.rest import Patience, Response, RestClient, with_query

SYSTEM: Final = "the hub"
_REFUSALS: Final = frozenset({400, 404, 409, 413, 422})  # what one record is refused with; anything else is no answer


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why the hub took no record: the rule by name, in words, and what to change."""

    code: str
    reason: str
    mend: str = ""


class HubClient:
    """One hub and one API key. Calls block, and are repeated on temporary faults."""

    def __init__(self, config: Mapping[str, Any], *, patience: Patience | None = None) -> None:
        self._rest = RestClient(
            str(config["url"]),
            system=SYSTEM,
            headers={"X-Api-Key": str(config["api_key"])},
            patience=patience,
            verify=config.get("ca_file") or True,
        )

    def page(self, path: str, *, after: str, limit: int) -> Mapping[str, Any]:
        """A page of a feed behind a place; RequestInvalid when the hub does not know the place."""
        answer = self._rest.call("GET", with_query(path, {"limit": str(limit), **({"after": after} if after else {})}))
        if answer.status == 200:
            found = answer.json()
            if isinstance(found, dict) and isinstance(found.get("items"), list) and found.get("resume"):
                return found
            raise RunMustStop(f"{path} answered something else than a page.", mend="Check that `url` is a hub's.")
        told = refusal_of(answer)
        raise RequestInvalid(f"{SYSTEM} refuses {path}: {told.reason}", mend=told.mend, code=told.code)

    def tell(self, path: str, body: Mapping[str, Any], *, key: str) -> Refusal | None:
        """Tell something once, however often it is repeated under this key; why it was refused, or None."""
        headers = {"Idempotency-Key": key}
        answer = self._rest.call("POST", path, body=body, headers=headers, idempotent=True)
        if 200 <= answer.status < 300:
            return None
        return refusal_of(answer)

    def tell_many(self, path: str, bodies: Sequence[Mapping[str, Any]]) -> list[Refusal | None]:
        """Tell several in one call, each known by its own reference; for each why it was refused, or None."""
        answer = self._rest.call("POST", path, body={"items": list(bodies)}, idempotent=True)
        if answer.status != 200:
            return [refusal_of(answer)] * len(bodies)
        found = answer.json()
        items = found.get("items") if isinstance(found, dict) else None
        if not isinstance(items, list) or len(items) != len(bodies):
            raise RunMustStop(f"{path} did not say what became of each.", mend="Check that `url` is a hub's.")
        return [None if one.get("status") != "refused" else _refusal(one.get("problem") or {}) for one in items]

    def close(self) -> None:
        """Close the sockets."""
        self._rest.close()


def refusal_of(answer: Response) -> Refusal:
    """What a problem document says; RunMustStop for an answer that is not about the record."""
    problem = answer.json() if "json" in answer.headers.get("content-type", "") else None
    if answer.status not in _REFUSALS or not isinstance(problem, dict):
        raise RunMustStop(
            f"{SYSTEM} answered {answer.status} with something else than a refusal.",
            mend="Check the setting `url`: it is the hub's address, without /v1.",
        )
    return _refusal(problem)


def _refusal(problem: Mapping[str, Any]) -> Refusal:
    detail = str(problem.get("detail") or "")
    members = "; ".join(f"{one['field']}: {one['message']}" for one in problem.get("errors") or ())
    reason = members if detail in members else detail if members in detail else f"{detail} {members}"
    return Refusal(str(problem.get("type", "")).rpartition(":")[2], reason, str(problem.get("mend") or ""))
