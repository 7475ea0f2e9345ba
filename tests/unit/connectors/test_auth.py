"""Signing calls: fixed proofs, tokens by every grant, rotation, sessions, against a server written from the RFCs."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from concilia.errors import ConfigurationInvalid, CredentialsRefused, RetryLater
from concilia.vault import Secret
from connectors.auth import Auth, Basic, Key, Outgoing, Several, Signed, Tokens, bearer
from connectors.oauth import (
    Assertion,
    TokenEndpoint,
    client_credentials,
    jwt_bearer,
    password_grant,
    refresh_grant,
)
from connectors.rest import Patience, RestClient
from connectors.sessions import CookieSession, Login, session_renewal
from connectors.tokens import HeldTokens, Renewal, credential_name
from tests.fake_rest.serving import Said, Served, serving
from tests.fake_rest.token_server import CLIENT, PASSWORD, SECRET, USER, TokenServer, key_pair

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CALL = Outgoing("GET", "/Account?maxSize=5", {})


class Hands:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> datetime:
        return self.moment


@contextmanager
def signed_in(
    renewal: Callable[[TokenEndpoint], Renewal], *, seed: str = "", **endpoint: object
) -> Iterator[tuple[TokenServer, Served, RestClient, Hands]]:
    server, clock = TokenServer(), Hands()
    with serving(server.answer) as served:
        patience = Patience(sleep=lambda _: None, now=clock)
        told = {"client_id": CLIENT, "client_secret": Secret(SECRET), **endpoint}
        asked = TokenEndpoint(f"{served.url}/token", "the bank", patience=patience, clock=clock, **told)  # type: ignore[arg-type]
        source = HeldTokens(renewal(asked), seed=Secret(seed), clock=clock)
        rest = RestClient(served.url, system="the bank", patience=patience).using(auth=Tokens(source))
        yield server, served, rest, clock
        rest.close()


def token_calls(served: Served) -> int:
    return sum(asked.path == "/token" for asked in served.asked)


@pytest.mark.parametrize(
    ("auth", "header", "value"),
    [
        (Basic("ana", Secret("contraseña")), "authorization", "Basic " + base64.b64encode("ana:contraseña".encode()).decode()),
        (Key("X-Api-Key", Secret("k")), "X-Api-Key", "k"),
        (Key("Authorization", Secret("k:s"), prefix="token "), "Authorization", "token k:s"),
        (bearer(Secret("t")), "authorization", "Bearer t"),
    ],
)  # fmt: skip
def test_a_fixed_proof_is_a_header(auth: Auth, header: str, value: str) -> None:
    assert auth.apply(CALL).headers == {header: value}
    assert not auth.refused(CALL)


def test_a_key_in_a_parameter_stands_behind_the_others_and_encoded() -> None:
    auth = Key("api_key", Secret("a&b=c"), place="query")
    assert auth.apply(CALL).path == "/Account?maxSize=5&api_key=a%26b%3Dc"


def test_a_signature_covers_method_and_path_without_parameters() -> None:
    # printf 'GET /Account' | openssl dgst -sha256 -hmac secret
    digest = "3142fcfcbf71e276ac936cd6f23e1a4e7a3c10b2cedf13e72f6addbbb5a864c6"
    found = Signed("X-Hmac-Authorization", Secret("key"), Secret("secret")).apply(CALL).headers["X-Hmac-Authorization"]
    assert base64.b64decode(found) == b"key:" + bytes.fromhex(digest)


def test_several_proofs_go_together() -> None:
    auth = Several((Key("X-App", Secret("app")), bearer(Secret("t"))))
    assert auth.apply(CALL).headers == {"X-App": "app", "authorization": "Bearer t"}


def test_no_proof_shows_its_secret() -> None:
    shown = repr([Basic("ana", Secret("hush")), Key("k", Secret("hush")), Signed("h", Secret("hush"), Secret("hush"))])
    assert "hush" not in shown


@pytest.mark.parametrize("in_body", [True, False])
def test_client_credentials_are_asked_for_once_until_they_expire(in_body: bool) -> None:
    with signed_in(client_credentials, in_body=in_body) as (_, served, rest, clock):
        for _ in range(3):
            assert rest.call("GET", "/things").status == 200
        assert token_calls(served) == 1
        clock.moment += timedelta(minutes=59, seconds=30)  # less than a minute before it expires
        rest.call("GET", "/things")
        assert token_calls(served) == 2


def test_a_password_is_changed_for_a_token() -> None:
    with signed_in(lambda e: password_grant(e, username=USER, password=Secret(PASSWORD))) as (_, _, rest, _):
        assert rest.call("GET", "/things").status == 200


def test_a_signed_assertion_is_changed_for_a_token() -> None:
    pem, public = key_pair()
    assertion = Assertion(
        issuer=CLIENT, audience="https://login.example.com", key=Secret(pem), subject="ana@example.com"
    )
    with signed_in(lambda e: jwt_bearer(e, assertion)) as (server, _, rest, _):
        server.public_key = public
        assert rest.call("GET", "/things").status == 200
        assert server.claims["sub"] == "ana@example.com"
        assert server.claims["exp"] - server.claims["iat"] == 180


def test_a_key_that_is_none_is_named_and_not_shown() -> None:
    assertion = Assertion(issuer=CLIENT, audience="x", key=Secret("-----BEGIN nonsense"))
    with signed_in(lambda e: jwt_bearer(e, assertion)) as (_, _, rest, _):
        with pytest.raises(ConfigurationInvalid, match="private key") as fault:
            rest.call("GET", "/things")
        assert "nonsense" not in str(fault.value)


def test_a_refresh_token_that_rotates_is_followed() -> None:
    with signed_in(refresh_grant, seed="semilla") as (server, served, rest, clock):
        for _ in range(3):
            rest.call("GET", "/things")
            clock.moment += timedelta(hours=2)
        assert token_calls(served) == 3
        assert server.refresh_token == "r3"


def test_a_used_refresh_token_is_refused_in_the_systems_words() -> None:
    with signed_in(refresh_grant, seed="vieja") as (_, _, rest, _):
        with pytest.raises(CredentialsRefused, match="el token ya se usó") as fault:
            rest.call("GET", "/things")
        assert "vieja" not in str(fault.value)


def test_a_token_the_system_forgot_is_brought_anew_once_and_the_call_made_again() -> None:
    with signed_in(client_credentials) as (server, served, rest, _):
        rest.call("GET", "/things")
        server.valid.clear()
        assert rest.call("POST", "/things", body={}).status == 200
        assert token_calls(served) == 2


def test_credentials_that_stay_refused_are_not_tried_for_ever() -> None:
    with signed_in(client_credentials) as (_, served, rest, _):
        served.befall(Said(401, {}), path="/things", times=10)
        with pytest.raises(CredentialsRefused):
            rest.call("GET", "/things")
        assert token_calls(served) == 2


def test_many_threads_at_once_bring_one_token() -> None:
    with signed_in(client_credentials) as (_, served, rest, _):
        threads = [threading.Thread(target=rest.call, args=("GET", "/things")) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
        assert token_calls(served) == 1


def test_a_lost_answer_of_a_rotating_refresh_may_be_asked_later_and_is_no_lost_write() -> None:
    with signed_in(refresh_grant, seed="semilla") as (_, served, rest, _):
        served.befall(Said(cut=True), path="/token")
        with pytest.raises(RetryLater):
            rest.call("POST", "/payments", body={})


@pytest.mark.parametrize("said", [Said(503, b""), Said(400, {"error": "temporarily_unavailable"})])
def test_an_endpoint_that_is_away_for_a_moment_is_asked_again(said: Said) -> None:
    with signed_in(client_credentials) as (_, served, rest, _):
        served.befall(said, path="/token")
        assert rest.call("GET", "/things").status == 200


def test_a_session_token_is_kept_until_it_is_refused() -> None:
    server = TokenServer()
    with serving(server.answer) as served:
        rest = RestClient(served.url, system="the bank")
        login = Login("/login", {"user": USER, "password": Secret(PASSWORD)}, token_at=("data", "session"))
        token = session_renewal(rest, login, system="the bank")(Secret(""))
        assert token.access.reveal() == "s1"
        bad = Login("/login", {"user": USER, "password": Secret("otra")}, token_at=("data", "session"))
        with pytest.raises(CredentialsRefused):
            session_renewal(rest.using(), bad, system="the bank")(Secret(""))
        rest.close()


def test_a_cookie_session_signs_in_first_and_again_when_it_has_expired() -> None:
    server = TokenServer()
    with serving(server.answer) as served:
        bare = RestClient(served.url, system="the bank")
        login = Login("/login", {"user": USER, "password": Secret(PASSWORD)})
        rest = bare.using(auth=CookieSession(bare, login, system="the bank"))
        assert rest.call("GET", "/cookie").status == 200
        server.cookies.clear()
        assert rest.call("GET", "/cookie").status == 200
        assert server.given == 2
        rest.close()


def test_a_credential_is_named_anew_when_its_seed_changes_and_tells_nothing_of_it() -> None:
    first, second = credential_name("erp", "https://x", "hush"), credential_name("erp", "https://x", "other")
    assert first != second
    assert "hush" not in first
    assert first.startswith("erp-")
