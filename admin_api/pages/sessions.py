"""Who is logged in: sessions in this process's memory, under digests of their tokens. No cookies, no pages."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from concilia.clock import Clock

LASTS: Final = timedelta(hours=12)
MOST: Final = 1_000  # the oldest ends when one more begins
LONGEST_TOKEN: Final = 100


@dataclass(frozen=True, slots=True)
class Session:
    """One login. It ends with its key, at its hour, by logging out, or with the process."""

    key_id: int
    name: str  # the key's name: under it the rulings of this session are kept
    ends: datetime
    csrf: str = field(repr=False)


class Sessions:
    """The sessions of one process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._of_digest: OrderedDict[str, Session] = OrderedDict()
        self._turn = threading.Lock()
        self._seal = secrets.token_bytes(32)

    def begin(self, *, key_id: int, name: str) -> str:
        """A new session; its token, which only the visitor's cookie holds."""
        token = secrets.token_urlsafe(32)
        session = Session(key_id, name, self._clock() + LASTS, secrets.token_urlsafe(32))
        with self._turn:
            self._of_digest[_digest(token)] = session
            while len(self._of_digest) > MOST:
                self._of_digest.popitem(last=False)
        return token

    def find(self, token: str) -> Session | None:
        """The session of a token, unless it has ended."""
        with self._turn:
            found = self._of_digest.get(_digest(token)) if 0 < len(token) <= LONGEST_TOKEN else None
        return found if found is not None and self._clock() < found.ends else None

    def end(self, token: str) -> None:
        """End the session of a token, if there is one."""
        with self._turn:
            self._of_digest.pop(_digest(token), None)

    def sealed(self, text: str) -> str:
        """A proof that this process gave `text` out: guards the login form, before there is a session."""
        return hmac.new(self._seal, text.encode(), hashlib.sha256).hexdigest()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
