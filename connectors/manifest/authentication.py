"""The `authenticator` of a manifest as an Auth of ours. No vendor, and no call yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from concilia.errors import ConfigurationInvalid
from concilia.vault import Secret
from connectors.auth import NO_AUTH, Auth, Basic, Key, Several, Signed, Tokens, bearer
from connectors.contract import ConnectionSettings
from connectors.manifest.templates import Scope, as_text, filled
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
from connectors.tokens import Renewal, credential_name

if TYPE_CHECKING:
    from connectors.soap import UsernameToken


@dataclass(frozen=True, slots=True)
class Signing:
    """What an authenticator is built from."""

    configured: ConnectionSettings
    config: Scope
    rest: RestClient  # for signing in at the system itself
    patience: Patience
    verify: str | bool = True

    def auth(self, said: Mapping[str, Any] | None) -> Auth:
        """The Auth of that part of the manifest."""
        if not said:
            return NO_AUTH
        match said["type"]:
            case "SelectiveAuthenticator":
                return self.auth(self._selected(said))
            case "SeveralAuthenticators":
                return Several(tuple(self.auth(one) for one in said.get("authenticators") or ()))
            case "OAuthAuthenticator" | "JwtAuthenticator" | "SessionTokenAuthenticator":
                return self._tokens(said)
            case "CookieSessionAuthenticator":
                return CookieSession(self.rest, self._login(said), system=self.configured.name)
            case _:
                return self._fixed(said)

    def ws_security(self, said: Mapping[str, Any] | None) -> UsernameToken | None:
        """What a SOAP system wants in its envelopes, if that is how it signs in."""
        if not said or said["type"] != "WsSecurityAuthenticator":
            return None
        from connectors.soap import UsernameToken  # heavy: only where SOAP is spoken

        return UsernameToken(
            self._text(said, "username"), self._secret(said, "password"), digest=bool(said.get("digest"))
        )

    def _fixed(self, said: Mapping[str, Any]) -> Auth:
        match said["type"]:
            case "BasicHttpAuthenticator":
                return Basic(self._text(said, "username"), self._secret(said, "password", default=""))
            case "BearerAuthenticator":
                return bearer(self._secret(said, "api_token"))
            case "ApiKeyAuthenticator":
                in_query = said.get("inject_into") == "request_parameter"
                return Key(
                    said.get("header", "X-Api-Key"),
                    self._secret(said, "api_token"),
                    place="query" if in_query else "header",
                    prefix=said.get("prefix", ""),
                )
            case "HmacAuthenticator":
                return Signed(said.get("header", "X-Signature"), self._secret(said, "api_token"),
                              self._secret(said, "secret_key"))  # fmt: skip
            case _:
                return NO_AUTH

    def _selected(self, said: Mapping[str, Any]) -> Mapping[str, Any]:
        among: Mapping[str, Mapping[str, Any]] = said["authenticators"]
        chosen = as_text(self.config.get(str(said.get("by"))) or next(iter(among)))
        if chosen not in among:
            raise ConfigurationInvalid(
                f"The setting `{said.get('by')}` of {self.configured.name} is {chosen!r}.",
                mend=f"Use one of: {', '.join(among)}.",
            )
        return among[chosen]

    def _tokens(self, said: Mapping[str, Any]) -> Auth:
        seed = self._secret(said, "refresh_token", default="")
        told = [as_text(self._value(said, name) or "") for name in ("token_url", "client_id", "username", "subject")]
        name = credential_name(self.configured.name, said["type"], *told, seed.reveal())
        source = self.configured.tokens(name, self._renewal(said), seed=seed)
        return Tokens(source, said.get("header", "authorization"), said.get("prefix", "Bearer "))

    def _renewal(self, said: Mapping[str, Any]) -> Renewal:
        if said["type"] == "SessionTokenAuthenticator":
            return session_renewal(self.rest, self._login(said), system=self.configured.name)
        endpoint = self._endpoint(said)
        if said["type"] == "JwtAuthenticator":
            return jwt_bearer(endpoint, self._assertion(said), as_client=bool(said.get("as_client")))
        match said.get("grant_type", "client_credentials"):
            case "refresh_token":
                return refresh_grant(endpoint)
            case "password":
                return password_grant(
                    endpoint, username=self._text(said, "username"), password=self._secret(said, "password")
                )
            case _:
                return client_credentials(endpoint)

    def _endpoint(self, said: Mapping[str, Any]) -> TokenEndpoint:
        return TokenEndpoint(
            url=self._text(said, "token_url"),
            system=self.configured.name,
            client_id=as_text(self._value(said, "client_id") or ""),
            client_secret=self._secret(said, "client_secret", default=""),
            fields={name: as_text(value) for name, value in filled(said.get("fields") or {}, self._scope).items()},
            in_body=not said.get("basic"),
            lifetime=timedelta(seconds=said.get("lifetime_seconds", 1800)),
            patience=self.patience,
            clock=self.patience.now,
            verify=self.verify,
        )

    def _assertion(self, said: Mapping[str, Any]) -> Assertion:
        return Assertion(
            issuer=self._text(said, "issuer"),
            audience=self._text(said, "audience"),
            key=self._secret(said, "private_key"),
            subject=as_text(self._value(said, "subject") or ""),
            claims=filled(said.get("claims") or {}, self._scope),
            key_id=as_text(self._value(said, "key_id") or ""),
        )

    def _login(self, said: Mapping[str, Any]) -> Login:
        return Login(
            path=self._text(said, "login_path"),
            body=filled(said.get("login_body") or {}, self._scope),
            form=bool(said.get("login_form")),
            token_at=tuple(str(step) for step in said.get("session_token_path") or ()),
            lifetime=timedelta(seconds=said.get("lifetime_seconds", 1500)),
            clock=self.patience.now,
        )

    @property
    def _scope(self) -> Scope:
        return {"config": self.config}

    def _value(self, said: Mapping[str, Any], name: str) -> Any:
        found = filled([said.get(name)], self._scope)
        return found[0] if found else None

    def _text(self, said: Mapping[str, Any], name: str) -> str:
        value = self._value(said, name)
        if value in (None, ""):
            raise ConfigurationInvalid(
                f"{self.configured.name} lacks what its authenticator calls `{name}`.",
                mend="Add that setting to the connection.",
            )
        return as_text(value)

    def _secret(self, said: Mapping[str, Any], name: str, *, default: str | None = None) -> Secret:
        value = self._value(said, name)
        if value in (None, "") and default is not None:
            return Secret(default)
        return Secret(self._text(said, name))
