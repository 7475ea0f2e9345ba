"""The calls of the sandbox as functions, wire shapes in and out. No canonical fields, no paging."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from concilia.errors import RunMustStop
from connectors.rest import Response, RestClient, with_query
from connectors.sandbox.faults import unreadable


@dataclass(frozen=True, slots=True)
class Listed:
    """One page as it came: its objects in any order, and whether the system says others follow."""

    items: tuple[Any, ...]
    more: bool


class SandboxClient:
    """One system, "erp" or "crm", of one sandbox."""

    def __init__(self, rest: RestClient, system: str) -> None:
        self._rest = rest
        self._system = system

    def close(self) -> None:
        """Close the sockets."""
        self._rest.close()

    def ping(self) -> None:
        """Returns when the system answers and takes the key."""
        self._got(f"/{self._system}/ping")

    def page(self, stream: str, *, since: str | None, after_id: str = "", limit: int) -> Listed:
        """Up to `limit` objects by (updated_at, id): from the instant `since`, after `after_id` of that instant."""
        params = {"limit": str(limit)}
        if since is not None:
            params["updated_since"] = since
        if after_id:
            params["after_id"] = after_id
        return self._listed(stream, params)

    def one(self, stream: str, key: str) -> Mapping[str, Any] | None:
        """One object by its id, if there is one."""
        answer = self._rest.call("GET", f"/{self._system}/{stream}/{quote(key, safe='')}")
        if answer.status == 404:
            return None
        return self._object(answer)

    def by_reference(self, reference: str) -> tuple[Mapping[str, Any], ...]:
        """The payments that carry this reference, oldest first."""
        listed = self._listed("payments", {"reference": reference})
        return tuple(item for item in listed.items if isinstance(item, dict))

    def register(self, payment: Mapping[str, str], *, key: str) -> Response:
        """Create a payment once: never repeated here, as the system may ignore the key."""
        return self._rest.call(
            "POST", "/erp/payments", body=payment, headers={"Idempotency-Key": key}, idempotent=False
        )

    def _listed(self, stream: str, params: Mapping[str, str]) -> Listed:
        found = self._object(self._got(f"/{self._system}/{stream}", params))
        items = found.get("items")
        if not isinstance(items, list):
            raise RunMustStop(f"The list of {stream} has no items.", mend="Check that the url is that of a sandbox.")
        return Listed(tuple(items), found.get("more") is True)

    def _got(self, path: str, params: Mapping[str, str] | None = None) -> Response:
        answer = self._rest.call("GET", with_query(path, params or {}))
        if answer.status >= 400:
            raise unreadable(answer)
        return answer

    @staticmethod
    def _object(answer: Response) -> Mapping[str, Any]:
        if answer.status >= 400:
            raise unreadable(answer)
        found = answer.json()
        if not isinstance(found, dict):
            raise RunMustStop(f"{answer.url} answered no object.", mend="Check that the url is that of a sandbox.")
        return found
