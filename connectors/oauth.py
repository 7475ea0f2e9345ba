"""OAuth 2.0 token endpoints: client credentials, JWT bearer, refresh with rotation. One call each; nothing is kept.

Each function gives a Renewal for a TokenSource (`tokens.py`), which decides when it is called, and by whom. The answer
is read by RFC 6749, 5.1 and 5.2. A refresh whose answer was lost is not asked again here: the next one who needs a
token asks with the same refresh token, because many systems answer a repeated one.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import quote_plus

from concilia.clock import Clock, system_clock
from concilia.errors import (
    ConciliaError,
    ConfigurationInvalid,
    CredentialsRefused,
    OutcomeUnknown,
    RetryLater,
    RunMustStop,
)
from concilia.vault import Secret
from connectors.addresses import checked_address
from connectors.auth import NO_AUTH, Auth, Basic
from connectors.rest import Form, Patience, Response, RestClient
from connectors.tokens import Renewal, Token

JWT_BEARER: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
ASSERTION: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# What an endpoint may say that repeating mends; anything else is a refusal of who we are (RFC 6749, 5.2 and 4.1.2.1).
_TEMPORARY: Final = ("temporarily_unavailable", "server_error", "slow_down")


@dataclass(frozen=True, slots=True)
class TokenEndpoint:
    """Where tokens are asked for, and by which application.

    `in_body` sends client id and secret as fields of the form instead of by Basic authentication; RFC 6749 has both.
    `lifetime` is how long a token is good whose answer does not say it.
    """

    url: str
    system: str
    client_id: str = ""
    client_secret: Secret = field(default_factory=lambda: Secret(""))
    fields: Mapping[str, str] = field(default_factory=dict)  # scope, audience and the like
    in_body: bool = True
    lifetime: timedelta = timedelta(minutes=30)
    patience: Patience = field(default_factory=Patience)
    clock: Clock = system_clock
    verify: str | bool = True

    def ask(self, fields: Mapping[str, str], *, refresh: Secret, idempotent: bool) -> Token:
        """The token answered to these fields. CredentialsRefused says what the endpoint said, and no secret."""
        checked_address(self.url, system=self.system, setting="token_url")
        rest = RestClient(self.url, system=self.system, patience=self.patience, verify=self.verify)
        auth: Auth = NO_AUTH
        form = {**fields, **self.fields}
        if self.client_secret.reveal() and not self.in_body:
            # Both are encoded before they are put together: RFC 6749, 2.3.1.
            auth = Basic(quote_plus(self.client_id), Secret(quote_plus(self.client_secret.reveal())))
        elif self.client_id and "assertion" not in form:
            secret = self.client_secret.reveal()
            form |= {"client_id": self.client_id, **({"client_secret": secret} if secret else {})}
        try:
            answer = rest.using(auth=auth, judge=self._judged).call(
                "POST", "", body=Form(form), headers={"accept": "application/json"}, idempotent=idempotent
            )
            return self._token(answer.json(), refresh=refresh)
        except OutcomeUnknown as fault:
            raise RetryLater(f"{self.system}: the answer with a new token was lost.", after=timedelta()) from fault
        finally:
            rest.close()

    def _judged(self, answer: Response) -> ConciliaError | None:
        if answer.status not in (400, 401, 403):
            return None
        code, text = _said(answer)
        if code in _TEMPORARY:
            return RetryLater(f"{self.system} gives no token now ({code}).", after=timedelta())
        return CredentialsRefused(
            f"{self.system} gave no token: {text or f'it answered {answer.status}'}.",
            mend="Check client id, secret or key, and what the application may do there.",
            system=self.system,
        )

    def _token(self, said: Any, *, refresh: Secret) -> Token:
        access = said.get("access_token") if isinstance(said, dict) else None
        if not isinstance(access, str) or not access:
            raise RunMustStop(
                f"{self.system} answered without a token.",
                mend="Check the setting `token_url`: something else answers.",
            )
        new = said.get("refresh_token")
        return Token(
            access=Secret(access),
            refresh=Secret(new) if isinstance(new, str) and new else refresh,
            expires_at=self.clock() + self._lifetime(said.get("expires_in")),
        )

    def _lifetime(self, stated: Any) -> timedelta:
        try:
            seconds = float(str(stated))
        except ValueError:
            return self.lifetime
        return timedelta(seconds=min(seconds, 366 * 86400)) if seconds > 0 else self.lifetime


def client_credentials(endpoint: TokenEndpoint) -> Renewal:
    """Tokens for the application itself (RFC 6749, 4.4)."""

    def renew(refresh: Secret) -> Token:
        return endpoint.ask({"grant_type": "client_credentials"}, refresh=refresh, idempotent=True)

    return renew


def refresh_grant(endpoint: TokenEndpoint) -> Renewal:
    """Tokens for a person who signed in once (RFC 6749, 6). A new refresh token replaces the old one."""

    def renew(refresh: Secret) -> Token:
        if not refresh.reveal():
            raise CredentialsRefused(
                f"There is no refresh token for {endpoint.system}.",
                mend="Sign in there once, and give it as the setting `refresh_token`.",
                system=endpoint.system,
            )
        fields = {"grant_type": "refresh_token", "refresh_token": refresh.reveal()}
        return endpoint.ask(fields, refresh=refresh, idempotent=False)

    return renew


def password_grant(endpoint: TokenEndpoint, *, username: str, password: Secret) -> Renewal:
    """Tokens for user and password (RFC 6749, 4.3), for systems that have nothing better."""

    def renew(refresh: Secret) -> Token:
        fields = {"grant_type": "password", "username": username, "password": password.reveal()}
        return endpoint.ask(fields, refresh=refresh, idempotent=True)

    return renew


@dataclass(frozen=True, slots=True)
class Assertion:
    """What a signed JWT says of us (RFC 7523), and the PEM key it is signed with by RS256."""

    issuer: str
    audience: str
    key: Secret
    subject: str = ""
    lifetime: timedelta = timedelta(minutes=3)
    claims: Mapping[str, Any] = field(default_factory=dict)
    key_id: str = ""

    def signed(self, now: datetime) -> str:
        """The JWT as text, good from now on for its lifetime."""
        header = {"alg": "RS256", "typ": "JWT", **({"kid": self.key_id} if self.key_id else {})}
        until = int((now + self.lifetime).timestamp())
        told = {"iss": self.issuer, "sub": self.subject or self.issuer, "aud": self.audience, "exp": until}
        body = f"{_part(header)}.{_part({**told, 'iat': int(now.timestamp()), **self.claims})}"
        return f"{body}.{_unpadded(_rs256(self.key, body.encode(), issuer=self.issuer))}"


def jwt_bearer(endpoint: TokenEndpoint, assertion: Assertion, *, as_client: bool = False) -> Renewal:
    """Tokens for a signed assertion (RFC 7523, 2.1); `as_client`: it proves the application, for client credentials."""

    def renew(refresh: Secret) -> Token:
        signed = assertion.signed(endpoint.clock())
        fields = {"grant_type": JWT_BEARER, "assertion": signed}
        if as_client:
            fields = {
                "grant_type": "client_credentials", "client_assertion_type": ASSERTION, "client_assertion": signed,
            }  # fmt: skip
        return endpoint.ask(fields, refresh=refresh, idempotent=True)

    return renew


def _said(answer: Response) -> tuple[str, str]:
    """The error code of a token endpoint, and its words for people. Never the request, which holds secrets."""
    try:
        said = answer.json()
    except ConciliaError:
        return "", ""
    if not isinstance(said, dict):
        return "", ""
    code, text = str(said.get("error") or ""), str(said.get("error_description") or "")
    return code, ": ".join(part[:200] for part in (code, text) if part).rstrip(".")


def _rs256(key: Secret, text: bytes, *, issuer: str) -> bytes:
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import padding, rsa

    try:
        private = serialization.load_pem_private_key(key.reveal().encode(), password=None)
    except (ValueError, TypeError) as fault:
        raise _no_key(issuer) from fault
    if not isinstance(private, rsa.RSAPrivateKey):
        raise _no_key(issuer)
    return private.sign(text, padding.PKCS1v15(), hashes.SHA256())


def _no_key(issuer: str) -> ConfigurationInvalid:
    return ConfigurationInvalid(
        f"The private key of {issuer} cannot be used.",
        mend="Give an RSA key as PEM without a password: private_key: ${file:PATH}.",
    )


def _part(claims: Mapping[str, Any]) -> str:
    return _unpadded(json.dumps(claims, separators=(",", ":")).encode())


def _unpadded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
