"""The door of the pages: sessions, cookies, forms, headers and languages, over plain HTTP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from admin_api.pages.sessions import LASTS, MOST, Sessions
from sync import actions
from sync.hub import Hub

PAGES = ("/", "/runs", "/runs/1", "/debtors", "/candidates", "/quarantine", "/discrepancies")


@pytest.fixture
def stranger(url: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=url, headers={"Accept-Language": "es"}) as client:
        yield client


@pytest.fixture
def steward(stranger: httpx.Client, key: str) -> httpx.Client:
    assert enter(stranger, key).status_code == 303
    return stranger


def token_of(page: str) -> str:
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found is not None
    return found[1]


def enter(client: httpx.Client, key: str, **more: str) -> httpx.Response:
    csrf = token_of(client.get("/entrar").text)
    return client.post("/entrar", data={"csrf": csrf, "key": key, **more})


def test_a_stranger_is_led_to_the_login_and_back_to_where_he_wanted_to_go(stranger: httpx.Client, key: str) -> None:
    for path in PAGES:
        assert stranger.get(path).headers["location"].startswith("/entrar"), path
    led = stranger.get("/debtors?q=ana").headers["location"]
    assert led == "/entrar?volver=%2Fdebtors%3Fq%3Dana"
    assert 'value="/debtors?q=ana"' in stranger.get(led).text
    assert enter(stranger, key, volver="/debtors?q=ana").headers["location"] == "/debtors?q=ana"


@pytest.mark.parametrize("address", ["//elsewhere.example", "https://elsewhere.example", "/\\elsewhere.example", "x"])
def test_nobody_is_led_to_another_site(stranger: httpx.Client, key: str, address: str) -> None:
    assert enter(stranger, key, volver=address).headers["location"] == "/"
    assert stranger.get("/idioma/en", params={"volver": address}).headers["location"] == "/"


@pytest.mark.parametrize("wrong", ["", "ck_wrong", "ck_ñ", "x" * 200])
def test_a_wrong_key_opens_nothing_and_is_not_repeated(stranger: httpx.Client, wrong: str) -> None:
    answer = enter(stranger, wrong)
    assert answer.status_code == 401
    assert "no existe o fue revocada" in answer.text
    assert not wrong or wrong not in answer.text
    assert stranger.get("/").status_code == 303


def test_the_cookie_holds_no_key_and_only_the_server_reads_it(stranger: httpx.Client, key: str) -> None:
    set_cookie = next(
        c for c in enter(stranger, key).headers.get_list("set-cookie") if c.startswith("concilia_session")
    )
    assert key not in set_cookie
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= {part.strip() for part in set_cookie.split(";")}


def test_a_session_ends_by_leaving_and_when_its_key_is_revoked(steward: httpx.Client, hub: Hub, key: str) -> None:
    page = steward.get("/")
    assert page.status_code == 200
    token = steward.cookies["concilia_session"]
    assert steward.post("/salir", data={"csrf": token_of(page.text)}).status_code == 303
    steward.cookies.set("concilia_session", token)
    assert steward.get("/").status_code == 303, "the token is forgotten, not only the cookie"
    steward.cookies.clear()
    enter(steward, key)
    number = next(k.id for k in actions.keys(hub) if k.revoked_at is None)
    actions.revoke_key(hub, number)
    assert steward.get("/").status_code == 303


def test_a_session_ends_at_its_hour_and_the_oldest_when_there_are_too_many() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    sessions = Sessions(lambda: now)
    first = sessions.begin(key_id=1, name="a")
    now += LASTS - timedelta(seconds=1)
    assert sessions.find(first) is not None
    now += timedelta(seconds=1)
    assert sessions.find(first) is None
    tokens = [sessions.begin(key_id=1, name="a") for _ in range(MOST + 1)]
    assert sessions.find(tokens[0]) is None
    assert sessions.find(tokens[1]) is not None


@pytest.mark.parametrize("token", [{}, {"csrf": ""}, {"csrf": "wrong"}, {"csrf": "ñ"}])
@pytest.mark.parametrize("path", ["/salir", "/candidates/1/2/same"])
def test_a_form_without_the_token_of_the_session_changes_nothing(
    steward: httpx.Client, token: dict[str, str], path: str
) -> None:
    answer = steward.post(path, data=token)
    assert answer.status_code == 403
    assert "no viene de una página de esta sesión" in answer.text
    assert steward.get("/").status_code == 200


def test_a_form_from_another_site_or_too_long_is_refused(steward: httpx.Client) -> None:
    csrf = token_of(steward.get("/").text)
    away = {"Origin": "https://elsewhere.example"}
    assert steward.post("/candidates/1/2/same", data={"csrf": csrf}, headers=away).status_code == 403
    assert steward.post("/candidates/1/2/same", data={"csrf": csrf, "reason": "x" * 20_000}).status_code == 413
    assert steward.post("/candidates/1/2/same", content=b"csrf=\xff" + csrf.encode()).status_code == 403


def test_every_page_forbids_frames_and_anything_inline(steward: httpx.Client) -> None:
    for path in (*PAGES, "/entrar", "/debtors/nobody", "/nothing/../debtors"):
        answer = steward.get(path)
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("default-src 'self';"), path
        assert "unsafe" not in policy
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert not re.search(r"<style|<script(?! src)|<[^>]*\s(?:style|on\w+)=|https?://", answer.text), path


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/debtors/nobody", 404), ("/debtors/NOT-AN-ID", 404), ("/runs/999", 404), ("/runs/x", 404), ("/runs/0", 404),
        ("/candidates/1/999", 404), ("/candidates/1/1", 422), ("/candidates/1/2/maybe", 404), ("/debtors/a/b", 404),
        ("/runs?after=nonsense", 400), ("/static/%2e%2e/portal.py", 404), ("/static/nothing.css", 404),
        ("/debtors?q=%00", 404), ("/debtors?q=" + "x" * 300, 404), ("/runs/99999999999999999999", 404),
    ],
)  # fmt: skip
def test_an_address_that_leads_nowhere_says_so_as_a_page(steward: httpx.Client, path: str, status: int) -> None:
    answer = steward.get(path)
    assert answer.status_code == status
    assert "Traceback" not in answer.text
    assert "No se pudo" in answer.text or path.startswith("/static")


def test_the_api_is_where_it_was(stranger: httpx.Client, key: str) -> None:
    for path in ("/v1/debtors", "/nothing", "/debtor", "/v1"):
        answer = stranger.get(path)
        assert answer.status_code == 401, path
        assert answer.headers["content-type"] == "application/problem+json"
    assert stranger.get("/healthz").status_code == 200
    enter(stranger, key)
    assert stranger.get("/v1/debtors").status_code == 401, "a cookie is no key"


@pytest.mark.parametrize(
    ("told", "language"),
    [
        ("", "es"), ("en", "en"), ("en-GB,es;q=0.5", "en"), ("fr,de;q=0.9", "es"), ("fr,en;q=0.1", "en"),
        ("es-CL", "es"), ("en;q=0.2, es;q=0.9", "es"), (";;;,q=x", "es"), ("*", "es"),
    ],
)  # fmt: skip
def test_the_browser_says_the_language_and_the_visitor_changes_it(
    stranger: httpx.Client, told: str, language: str
) -> None:
    other = "en" if language == "es" else "es"
    page = stranger.get("/entrar", headers={"Accept-Language": told})
    assert f'<html lang="{language}">' in page.text
    assert stranger.get(f"/idioma/{other}").status_code == 303
    assert f'<html lang="{other}">' in stranger.get("/entrar", headers={"Accept-Language": told}).text


def test_an_expired_session_moves_the_whole_page_and_not_the_list_in_it(stranger: httpx.Client) -> None:
    answer = stranger.get("/debtors?q=ana", headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.headers["hx-redirect"] == "/entrar"
    assert answer.text == ""


def test_static_files_are_kept_by_browsers_and_travel_small(stranger: httpx.Client) -> None:
    page = stranger.get("/entrar").text
    for address in re.findall(r'(?:href|src)="(/static/[^"]+)"', page):
        answer = stranger.get(address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers.get("content-encoding", "") == ("" if "svg" in address else "gzip")
