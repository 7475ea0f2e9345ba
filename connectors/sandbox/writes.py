"""The addresses of the sandbox that write: payments, reversals, agreements in the ERP; contacts, tasks in the CRM.

One for each rung of the delivery ladder: a key in the header, an id of the caller's, a version, or nothing of that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header
from fastapi.responses import JSONResponse

from connectors.sandbox.ledger import Ledger

Told = Annotated[dict[str, Any], Body()]


class Writes:
    """What may be written."""

    def __init__(self, ledger: Callable[[], Ledger]) -> None:
        self._ledger = ledger

    def routes(self, router: APIRouter) -> APIRouter:
        """The router with the writes added."""
        router.add_api_route("/erp/payments", self.pay, methods=["POST"], status_code=201)
        router.add_api_route("/erp/payments/{key}", self.put, methods=["PUT"])
        router.add_api_route("/erp/payments/{key}/post", self.post, methods=["POST"])
        router.add_api_route("/erp/reversals", self.reverse, methods=["POST"], status_code=201)
        for path in ("/erp/customers", "/crm/contacts"):
            router.add_api_route(f"{path}/{{key}}", self._patching(path.rpartition("/")[2]), methods=["PATCH"])
        for path in ("/erp/agreements", "/crm/tasks"):
            router.add_api_route(path, self._noting(path.rpartition("/")[2]), methods=["POST"], status_code=201)
        return router

    def _noting(self, collection: str) -> Callable[..., Any]:
        async def note(told: Told, idempotency_key: Annotated[str | None, Header()] = None) -> JSONResponse:
            row, new = self._ledger().note(collection, told, idempotency_key=idempotency_key)
            return JSONResponse(row, status_code=201 if new else 200)

        return note

    async def pay(
        self,
        order: Told,
        idempotency_key: Annotated[str | None, Header()] = None,
        if_match: Annotated[str | None, Header()] = None,
    ) -> JSONResponse:
        """Register a payment: 201, or 200 with the first answer when the key is honoured and known."""
        answer, new = self._ledger().pay(order, idempotency_key=idempotency_key, version=if_match)
        return JSONResponse(answer, status_code=201 if new else 200)

    async def put(self, key: str, order: Told) -> JSONResponse:
        """Register a payment under the caller's own id: 201, or 200 with the one there is."""
        answer, new = self._ledger().put_payment(key, order)
        return JSONResponse(answer, status_code=201 if new else 200)

    async def post(self, key: str) -> JSONResponse:
        """Make a draft count."""
        return JSONResponse(self._ledger().post(key))

    async def reverse(self, order: Told) -> JSONResponse:
        """Take back a payment."""
        return JSONResponse(self._ledger().reverse(order), status_code=201)

    def _patching(self, collection: str) -> Callable[..., Any]:
        """Changes an object of that collection; with If-Match only if that is still its version."""

        async def patch(key: str, fields: Told, if_match: Annotated[str | None, Header()] = None) -> JSONResponse:
            row = self._ledger().patch(collection, key, fields, version=if_match)
            return JSONResponse(row, headers={"ETag": f'"{row["version"]}"'})

        return patch
