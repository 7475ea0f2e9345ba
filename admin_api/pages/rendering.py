"""Turns a template and its facts into a page. Everything is escaped; there is no inline script and no inline style."""

from __future__ import annotations

import hashlib
from functools import lru_cache, partial
from importlib import resources
from typing import Any, Final
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from admin_api.pages import figures, words
from admin_api.pages.words import LANGUAGES, Words

HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'"
    ),
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Vary": "Cookie, Accept-Language",
}
LANGUAGE_COOKIE: Final = "concilia_language"


def language_of(request: Request) -> str:
    """The language of this visitor."""
    told = request.cookies.get(LANGUAGE_COOKIE, "")
    return words.choose(told, request.headers.get("accept-language", ""))


def page(request: Request, template: str, *, status: int = 200, **facts: Any) -> HTMLResponse:
    """A page in the visitor's language."""
    spoken = words.words_of(language_of(request))
    session = getattr(request.state, "session", None)
    here = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    shared = {**_filters(spoken), "language": spoken.language, "languages": LANGUAGES, "session": session, "here": here}
    text = environment().get_template(template).render(**shared, **facts)
    return HTMLResponse(text, status_code=status, headers=HEADERS)


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates, compiled once a process."""
    made = Environment(
        loader=PackageLoader("admin_api.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    made.globals |= {
        "asset": asset,
        "bar_of": figures.disposition_bar,
        "counted": figures.counted,
        "query": lambda **given: urlencode({name: value for name, value in given.items() if value}),
    }
    return made


@lru_cache(maxsize=32)
def asset(name: str) -> str:
    """The address of a static file; it changes with the content, so that browsers may keep the file for good."""
    content = resources.files("admin_api.pages").joinpath("static", name).read_bytes()
    return f"/static/{name}?{hashlib.sha256(content).hexdigest()[:12]}"


def _filters(spoken: Words) -> dict[str, Any]:
    """What templates call to speak."""
    return {
        "t": partial(words.say, spoken),
        "named": partial(words.named, spoken),
        "phrase": partial(words.phrase, spoken),
        "amount": partial(words.amount, spoken),
        "day": partial(words.day, spoken),
        "instant": partial(words.instant, spoken),
    }
