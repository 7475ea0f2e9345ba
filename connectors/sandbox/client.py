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

    def by_reference(self, reference: str, *, stream: str = "payments") -> tuple[Mapping[str, Any], ...]:
        """The payments, or the objects of another list, that carry this reference, oldest first."""
        listed = self._listed(stream, {"reference": reference})
        return tuple(item for item in listed.items if isinstance(item, dict))

    def on_invoice(self, invoice: str) -> tuple[Mapping[str, Any], ...]:
        """The payments on an invoice, oldest first."""
        listed = self._listed("payments", {"invoice": invoice, "limit": "1000"})
        return tuple(item for item in listed.items if isinstance(item, dict))

    def register(self, payment: Mapping[str, Any], *, key: str, version: str | None = None) -> Response:
        """Create a payment once: never repeated here, as the system may ignore the key."""
        headers = {"Idempotency-Key": key, **({} if version is None else {"If-Match": f'"{version}"'})}
        return self._rest.call("POST", "/erp/payments", body=payment, headers=headers, idempotent=False)

    def put(self, reference: str, payment: Mapping[str, Any]) -> Response:
        """Create a payment under our own id, or get the one there is. A lost answer is said, not repeated."""
        path = f"/erp/payments/{quote(reference, safe='')}"
        return self._rest.call("PUT", path, body=payment, idempotent=False)

    def post(self, key: str) -> Response:
        """Make a draft payment count. Told again it changes nothing, so it is repeated on temporary faults."""
        return self._rest.call("POST", f"/erp/payments/{quote(key, safe='')}/post", body={}, idempotent=True)

    def reverse(self, reversal: Mapping[str, Any]) -> Response:
        """Take back a payment once: never repeated here."""
        return self._rest.call("POST", "/erp/reversals", body=reversal, idempotent=False)

    def change(self, stream: str, key: str, cells: Mapping[str, str | None], *, version: str | None) -> Response:
        """Change columns of an object, with a version only while it is that one: never repeated here."""
        headers = {} if version is None else {"If-Match": f'"{version}"'}
        path = f"/{self._system}/{stream}/{quote(key, safe='')}"
        return self._rest.call("PATCH", path, body=cells, headers=headers, idempotent=False)

    def note(self, stream: str, told: Mapping[str, Any], *, key: str) -> Response:
        """Add an agreement or a task once: never repeated here, as the system may ignore the key."""
        headers = {"Idempotency-Key": key}
        return self._rest.call("POST", f"/{self._system}/{stream}", body=told, headers=headers, idempotent=False)

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
