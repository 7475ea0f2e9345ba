"""How a call proves who makes it: values that are applied to calls of the one RestClient. No network here.

Tokens that expire come from a TokenSource (`tokens.py`); how one is got from a system is in `oauth.py`, and signing in
for a session is in `sessions.py`.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal, Protocol
from urllib.parse import quote

from concilia.vault import Secret
from connectors.tokens import Token, TokenSource


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One call before it goes out. `path` is what the connector asked for, with its parameters."""

    method: str
    path: str
    headers: Mapping[str, str]
    content: bytes | None = None
    proof: Any = None  # what it was proven with, for whoever has to bring another

    def with_header(self, name: str, value: str, *, proof: Any = None) -> Outgoing:
        """The call with one more header."""
        return replace(self, headers={**self.headers, name: value}, proof=proof)


class Auth(Protocol):
    """How every call of a connection proves who makes it."""

    def apply(self, call: Outgoing) -> Outgoing:
        """The call with its proof; may bring a token first, and so raise what calls raise."""
        ...

    def refused(self, call: Outgoing) -> bool:
        """After a 401: whether the same call is worth one more try, with another proof."""
        ...


@dataclass(frozen=True, slots=True)
class NoAuth:
    """Proves nothing."""

    def apply(self, call: Outgoing) -> Outgoing:
        """The call as it is."""
        return call

    def refused(self, call: Outgoing) -> bool:  # noqa: ARG002
        """There is nothing else to try."""
        return False


NO_AUTH: Final[Auth] = NoAuth()


@dataclass(frozen=True, slots=True)
class Basic:
    """User and password with every call (RFC 7617, in UTF-8)."""

    username: str
    password: Secret

    def apply(self, call: Outgoing) -> Outgoing:
        """The call with its Authorization header."""
        pair = f"{self.username}:{self.password.reveal()}".encode()
        return call.with_header("authorization", "Basic " + base64.b64encode(pair).decode())

    def refused(self, call: Outgoing) -> bool:  # noqa: ARG002
        """A wrong password is tried once: many systems lock the user after a few."""
        return False


@dataclass(frozen=True, slots=True)
class Key:
    """One key in a header or in a parameter, behind an optional word (`token `, `Zoho-oauthtoken `)."""

    name: str
    key: Secret
    place: Literal["header", "query"] = "header"
    prefix: str = ""

    def apply(self, call: Outgoing) -> Outgoing:
        """The call with the key; a key in a parameter never shows in errors, as these leave parameters out."""
        value = self.prefix + self.key.reveal()
        if self.place == "header":
            return call.with_header(self.name, value)
        sign = "&" if "?" in call.path else "?"
        return replace(call, path=f"{call.path}{sign}{quote(self.name)}={quote(value, safe='')}")

    def refused(self, call: Outgoing) -> bool:  # noqa: ARG002
        """There is no other key."""
        return False


def bearer(token: Secret) -> Key:
    """A fixed token as RFC 6750 has it."""
    return Key("authorization", token, prefix="Bearer ")


@dataclass(frozen=True, slots=True)
class Tokens:
    """A token that expires, brought by its source; another one is brought when it is refused before its time."""

    source: TokenSource
    header: str = "authorization"
    prefix: str = "Bearer "

    def apply(self, call: Outgoing) -> Outgoing:
        """The call with the token in force."""
        return self._with(call, self.source.token())

    def refused(self, call: Outgoing) -> bool:
        """Another token was brought; a call that carried none is not made again."""
        if not isinstance(call.proof, Token):
            return False
        self.source.refused(call.proof)
        return True

    def _with(self, call: Outgoing, token: Token) -> Outgoing:
        return call.with_header(self.header, self.prefix + token.access.reveal(), proof=token)


@dataclass(frozen=True, slots=True)
class Signed:
    """Every call signed with a secret: base64(key + ":" + HMAC-SHA256(secret, METHOD + " " + path)), in one header.

    `path` is the one below the base address, without parameters.
    """

    header: str
    key: Secret
    secret: Secret

    def apply(self, call: Outgoing) -> Outgoing:
        """The call with its signature."""
        text = f"{call.method} /{call.path.partition('?')[0].lstrip('/')}"
        digest = hmac.new(self.secret.reveal().encode(), text.encode(), hashlib.sha256).digest()
        signature = base64.b64encode(f"{self.key.reveal()}:".encode() + digest).decode()
        return call.with_header(self.header, signature)

    def refused(self, call: Outgoing) -> bool:  # noqa: ARG002
        """There is no other secret."""
        return False


@dataclass(frozen=True, slots=True)
class Several:
    """More than one proof on each call: a token, and the key of the application beside it."""

    parts: Sequence[Auth]

    def apply(self, call: Outgoing) -> Outgoing:
        """The call with all of them."""
        proofs = []
        for part in self.parts:
            call = part.apply(replace(call, proof=None))
            proofs.append(call.proof)
        return replace(call, proof=tuple(proofs))

    def refused(self, call: Outgoing) -> bool:
        """Whether any of them could bring another proof."""
        proofs = call.proof if isinstance(call.proof, tuple) else (None,) * len(self.parts)
        asked = [part.refused(replace(call, proof=proof)) for part, proof in zip(self.parts, proofs, strict=False)]
        return any(asked)
