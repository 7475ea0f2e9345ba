"""Signing in for a session: a token to be sent with each call, or a cookie that the client keeps. Once more on a 401.

A session that is a token is a Renewal like any other, so all processes can share it (`tokens.py`). One that is a cookie
lives in its RestClient.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from threading import Lock
from typing import Any

from concilia.clock import Clock, system_clock
from concilia.errors import ConciliaError, CredentialsRefused, OutcomeUnknown, RetryLater, RunMustStop
from concilia.vault import Secret
from connectors.auth import NO_AUTH, Outgoing
from connectors.rest import Form, Response, RestClient
from connectors.tokens import Renewal, Token


@dataclass(frozen=True, slots=True)
class Login:
    """The call that signs in. A member of `body` may be a Secret; `token_at` is where its answer has the token."""

    path: str
    body: Mapping[str, Any] = field(repr=False)
    method: str = "POST"
    form: bool = False  # as form fields instead of JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    token_at: Sequence[str] = ()
    lifetime: timedelta = timedelta(minutes=25)
    clock: Clock = system_clock

    def sign_in(self, rest: RestClient, *, system: str) -> Response:
        """The answer of the login. CredentialsRefused when it is not one of success."""
        told = {name: value.reveal() if isinstance(value, Secret) else value for name, value in self.body.items()}
        body = Form({name: str(value) for name, value in told.items()}) if self.form else told

        def judge(answer: Response) -> ConciliaError | None:
            if answer.status not in (400, 401, 403, 422):
                return None
            return CredentialsRefused(
                f"{system} refused to sign in (it answered {answer.status}).",
                mend="Check user and password.",
                system=system,
            )

        signing = rest.using(auth=NO_AUTH, judge=judge)
        try:
            answer = signing.call(self.method, self.path, body=body, headers=self.headers, idempotent=True)
        except OutcomeUnknown as fault:
            raise RetryLater(f"{system}: the answer to the sign-in was lost.", after=timedelta()) from fault
        if answer.status >= 400:
            raise RunMustStop(f"{system} answered {answer.status} to the sign-in.", mend="Check its address.")
        return answer


def session_renewal(rest: RestClient, login: Login, *, system: str) -> Renewal:
    """Signing in as a Renewal: the token is in the answer's body at `login.token_at`."""

    def renew(refresh: Secret) -> Token:
        found = login.sign_in(rest, system=system).json()
        for step in login.token_at:
            found = found.get(step) if isinstance(found, dict) else None
        if not isinstance(found, str) or not found:
            raise RunMustStop(
                f"{system} signed in without a token at {'.'.join(login.token_at)}.", mend="Check its address."
            )
        return Token(Secret(found), refresh, login.clock() + login.lifetime)

    return renew


class CookieSession:
    """An Auth: signs in before the first call, and once more when a call is answered with 401."""

    def __init__(self, rest: RestClient, login: Login, *, system: str, log_out: str = "") -> None:
        self._rest = rest
        self._login = login
        self._system = system
        self._log_out = log_out
        self._lock = Lock()
        self._number = 0  # how often it signed in

    def apply(self, call: Outgoing) -> Outgoing:
        """The call as it is, once there is a session: the client itself sends the cookie."""
        with self._lock:
            if not self._number:
                self._sign_in()
            return replace(call, proof=self._number)

    def refused(self, call: Outgoing) -> bool:
        """Signed in again, by this thread or by another one."""
        with self._lock:
            if call.proof == self._number:
                self._sign_in()
        return True

    def close(self) -> None:
        """Sign out, where the system has a call for it; a fault harms nobody, as sessions expire."""
        if self._log_out and self._number:
            with contextlib.suppress(ConciliaError):
                self._rest.using(auth=NO_AUTH).call("POST", self._log_out, idempotent=False)

    def _sign_in(self) -> None:
        self._login.sign_in(self._rest, system=self._system)
        self._number += 1
