"""The API's own description: the OpenAPI document completed, and the same as one page of HTML. No routes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final

from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

from admin_api import wire

TITLE: Final = "Concilia"
VERSION: Final = "1"
ABOUT: Final = """The hub's golden debtors, debts and events, and the door for payments.

Every address but `/healthz`, `/openapi.json` and `/docs` needs an API key. Amounts are text, never numbers. Lists are
pages: send `next` back as `after` until it is null. Errors are problem documents (RFC 9457)."""
_SCHEMAS: Final = "#/components/schemas/{model}"


def openapi(routes: list[BaseRoute]) -> dict[str, Any]:
    """The OpenAPI document of these routes, with the shape of problems among its schemas."""
    found = get_openapi(title=TITLE, version=VERSION, description=ABOUT, routes=routes)
    problem = wire.Problem.model_json_schema(ref_template=_SCHEMAS)
    found["components"]["schemas"] |= {**problem.pop("$defs"), "Problem": problem}
    return found


def page(document: Mapping[str, Any]) -> str:
    """The document for people, without script, style or anything from elsewhere."""
    info = document["info"]
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(info["title"])} API</title>'
    about = "".join(f"<p>{escape(part)}</p>" for part in info["description"].split("\n\n"))
    operations = "".join(_operations(document))
    schemas = sorted(document["components"]["schemas"].items())
    shapes = "".join(
        f'<h3 id="{escape(name)}">{escape(name)}</h3><pre>{escape(json.dumps(shape, indent=1))}</pre>'
        for name, shape in schemas
    )
    return f"{head}<h1>{escape(info['title'])} API</h1>{about}{operations}<h2>Shapes</h2>{shapes}</html>"


def _operations(document: Mapping[str, Any]) -> Iterator[str]:
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            yield f"<h2>{escape(method.upper())} {escape(path)}</h2><p>{escape(told.get('summary', ''))}</p>"
            yield "".join(f"<p>{escape(part)}</p>" for part in told.get("description", "").split("\n\n"))
            yield from _list("Parameters", [(p["name"], p.get("description", "")) for p in told.get("parameters", [])])
            if "requestBody" in told:
                yield f"<p>Body: {_shape(told['requestBody'])}</p>"
            yield from _list(
                "Answers", [(status, a.get("description", ""), _shape(a)) for status, a in told["responses"].items()]
            )


def _list(title: str, lines: list[tuple[str, ...]]) -> Iterator[str]:
    if lines:
        items = "".join(f"<li><code>{escape(n)}</code> {escape(text)} {''.join(more)}</li>" for n, text, *more in lines)
        yield f"<h3>{title}</h3><ul>{items}</ul>"


def _shape(told: Mapping[str, Any]) -> str:
    """A link to the shape of a body."""
    named = [content.get("schema", {}).get("$ref", "") for content in told.get("content", {}).values()]
    names = [escape(name.rpartition("/")[2]) for name in named if name]
    return " ".join(f'<a href="#{name}">{name}</a>' for name in names)
