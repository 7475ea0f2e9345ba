"""An OAuth 2.0 token endpoint and a resource behind it, from RFC 6749, 6750 and 7523: rotation, faults, limits."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from tests.fake_rest.serving import Asked, Said

CLIENT, SECRET, USER, PASSWORD = "cliente", "se:creto ñ", "ana", "clave"
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def refused(code: str, text: str = "", status: int = 400) -> Said:
    return Said(status, {"error": code, "error_description": text})


@dataclass
class TokenServer:
    public_key: Any = None
    audience: str = "https://login.example.com"
    rotates: bool = True
    refresh_token: str = "semilla"
    valid: set[str] = field(default_factory=set)
    given: int = 0
    cookies: set[str] = field(default_factory=set)
    claims: dict[str, Any] = field(default_factory=dict)

    def answer(self, asked: Asked) -> Said:
        match asked.path:
            case "/token":
                return self._token(asked)
            case "/login":
                if asked.json != {"user": USER, "password": PASSWORD}:
                    return Said(403, {"message": "no"})
                self.given += 1
                self.cookies.add(f"s{self.given}")
                return Said(
                    body={"data": {"session": f"s{self.given}"}}, headers={"Set-Cookie": f"SID=s{self.given}; Path=/"}
                )
            case "/cookie":
                return Said(200 if asked.headers.get("cookie", "").removeprefix("SID=") in self.cookies else 401, {})
            case _:
                token = asked.headers.get("authorization", "").removeprefix("Bearer ")
                return Said(body={"ok": True}) if token in self.valid else Said(401, {})

    def _token(self, asked: Asked) -> Said:
        form = asked.form
        if asked.headers.get("content-type") != "application/x-www-form-urlencoded":
            return refused("invalid_request", "not a form")
        match form.get("grant_type"):
            case "client_credentials" if self._is_client(asked, form):
                return self._given({})
            case "password" if self._is_client(asked, form) and (form["username"], form["password"]) == (
                USER,
                PASSWORD,
            ):
                return self._given({})
            case "refresh_token" if form["refresh_token"] == self.refresh_token:
                if self.rotates:
                    self.refresh_token = f"r{self.given + 1}"
                return self._given({"refresh_token": self.refresh_token})
            case "refresh_token":
                return refused("invalid_grant", "el token ya se usó")
            case grant if grant == JWT_BEARER and self._is_signed(form["assertion"]):
                return self._given({})
            case _:
                return refused("invalid_client", "quién sabe", 401)

    def _given(self, more: dict[str, Any]) -> Said:
        self.given += 1
        self.valid.add(f"a{self.given}")
        return Said(body={"access_token": f"a{self.given}", "token_type": "bearer", "expires_in": 3600, **more})

    @staticmethod
    def _is_client(asked: Asked, form: dict[str, str]) -> bool:
        from urllib.parse import unquote_plus

        basic = asked.headers.get("authorization", "").removeprefix("Basic ")
        if basic:
            name, _, secret = base64.b64decode(basic).decode().partition(":")
            return (unquote_plus(name), unquote_plus(secret)) == (CLIENT, SECRET)
        return (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)

    def _is_signed(self, assertion: str) -> bool:
        head, body, signature = assertion.split(".")
        try:
            self.public_key.verify(_raw(signature), f"{head}.{body}".encode(), padding.PKCS1v15(), hashes.SHA256())
        except InvalidSignature:
            return False
        self.claims = json.loads(_raw(body))
        return bool(json.loads(_raw(head))["alg"] == "RS256" and self.claims["aud"] == self.audience)


def key_pair() -> tuple[str, Any]:
    """A private key as PEM, and its public half."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return pem.decode(), key.public_key()


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
