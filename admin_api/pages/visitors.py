"""Lets visitors in: cookies, login and logout, the token in every form that changes something."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import parse_qsl, quote, urlsplit

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from admin_api.pages.rendering import HEADERS, LANGUAGE_COOKIE, page
from admin_api.pages.sessions import LASTS, Session, Sessions
from admin_api.pages.words import LANGUAGES
from admin_api.problems import BodyTooLarge
from concilia.errors import ConciliaError
from sync import actions
from sync.hub import Hub

router = APIRouter()

SESSION_COOKIE: Final = "concilia_session"
LOGIN_COOKIE: Final = "concilia_login"
LONGEST_FORM: Final = 16 * 1024
A_YEAR: Final = 365 * 24 * 3600
HOME: Final = "/"


class NotLoggedIn(ConciliaError):
    """The visitor has no session in force."""


class FormRefused(ConciliaError):
    """The form does not come from a page of ours that this visitor was shown."""


async def _hub_of(request: Request) -> Hub:
    found: Hub = request.app.state.hub
    return found


TheHub = Annotated[Hub, Depends(_hub_of)]


def visitor(request: Request, hub: TheHub) -> Session:
    """The session of this request; it ends at once when its key is revoked."""
    session = _sessions(request).find(request.cookies.get(SESSION_COOKIE, ""))
    if session is None or not any(k.id == session.key_id and k.revoked_at is None for k in actions.keys(hub)):
        raise NotLoggedIn("This page needs a session.")
    request.state.session = session
    return session


Visitor = Annotated[Session, Depends(visitor)]


async def told_form(request: Request) -> dict[str, str]:
    """The fields of a form, from a page of this site."""
    origin = request.headers.get("origin", "")
    if origin and urlsplit(origin).netloc != request.headers.get("host", ""):
        raise FormRefused("The form comes from another site.")
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            raise BodyTooLarge("The form is too long.")
    try:
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=20))
    except ValueError as fault:
        raise FormRefused("The form cannot be read.") from fault


async def guarded_form(request: Request, session: Visitor) -> Mapping[str, str]:
    """The fields of a form that carries the token of this session."""
    told = await told_form(request)
    if not hmac.compare_digest(told.get("csrf", "").encode(), session.csrf.encode()):
        raise FormRefused("The form is older than this session.")
    return told


Form = Annotated[Mapping[str, str], Depends(guarded_form)]


@router.get("/entrar")
def login(request: Request, volver: str = HOME) -> Response:
    """The page that asks for an API key."""
    return _login_page(request, back=volver)


@router.post("/entrar")
async def enter(request: Request, hub: TheHub) -> Response:
    """Take the key, and give a session in exchange."""
    told = await told_form(request)
    back = local(told.get("volver", HOME))
    given = request.cookies.get(LOGIN_COOKIE, "")
    if not given or not hmac.compare_digest(told.get("csrf", "").encode(), _sessions(request).sealed(given).encode()):
        return _login_page(request, back=back, wrong="login.stale", status=403)
    key = told.get("key", "").strip()
    found = await run_in_threadpool(actions.key_for, hub, key) if key.isascii() and key else None
    if found is None:
        return _login_page(request, back=back, wrong="login.refused", status=401)
    token = _sessions(request).begin(key_id=found.id, name=found.name)
    answer = RedirectResponse(back, status_code=303, headers=HEADERS)
    _set_cookie(request, answer, (SESSION_COOKIE, token), seconds=int(LASTS.total_seconds()))
    answer.delete_cookie(LOGIN_COOKIE)
    return answer


@router.post("/salir")
async def leave(request: Request, _form: Form) -> Response:
    """End the session."""
    _sessions(request).end(request.cookies.get(SESSION_COOKIE, ""))
    answer = RedirectResponse("/entrar", status_code=303, headers=HEADERS)
    answer.delete_cookie(SESSION_COOKIE)
    return answer


@router.get("/idioma/{language}")
def speak(request: Request, language: str, volver: str = HOME) -> Response:
    """Choose the language of the pages."""
    answer = RedirectResponse(local(volver), status_code=303, headers=HEADERS)
    if language in LANGUAGES:
        _set_cookie(request, answer, (LANGUAGE_COOKIE, language), seconds=A_YEAR)
    return answer


def to_login(request: Request) -> Response:
    """Where somebody without a session goes; a part of a page cannot go there, so the whole page is told to."""
    if "hx-request" in request.headers:
        return Response(headers={**HEADERS, "HX-Redirect": "/entrar"})
    asked = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = f"?volver={quote(asked, safe='')}" if request.method == "GET" and asked != HOME else ""
    return RedirectResponse(f"/entrar{back}", status_code=303, headers=HEADERS)


def local(address: str) -> str:
    """The address if it is one of this site, else the start page: nobody is led away by a link to us."""
    plain = address.isprintable() and "\\" not in address and len(address) < 2000
    return address if plain and address.startswith("/") and not address.startswith("//") else HOME


def _login_page(request: Request, *, back: str, wrong: str = "", status: int = 200) -> Response:
    given = request.cookies.get(LOGIN_COOKIE, "") or secrets.token_urlsafe(32)
    facts: dict[str, Any] = {"wrong": wrong, "back": local(back), "csrf": _sessions(request).sealed(given)}
    answer = page(request, "login.html", status=status, **facts)
    _set_cookie(request, answer, (LOGIN_COOKIE, given), seconds=3600)
    return answer


def _set_cookie(request: Request, answer: Response, cookie: tuple[str, str], *, seconds: int) -> None:
    name, value = cookie
    secure = request.url.scheme == "https"
    answer.set_cookie(name, value, max_age=seconds, httponly=True, samesite="strict", secure=secure, path="/")


def _sessions(request: Request) -> Sessions:
    found: Sessions = request.app.state.sessions
    return found
