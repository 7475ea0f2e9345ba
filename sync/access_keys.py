"""API keys: made, listed, revoked, recognised. The key itself is shown once and never stored."""

from __future__ import annotations

import hashlib
import secrets

from concilia.clock import to_text
from concilia.errors import NotFound
from concilia.store import (
    access,
)
from concilia.store.access import KeyRow
from sync.hub import Hub

KEY_PREFIX = "ck_"


def create_key(hub: Hub, name: str) -> tuple[int, str]:
    """A new API key: its number, and the key itself, which is shown this once and never stored."""
    key = KEY_PREFIX + secrets.token_urlsafe(32)
    with hub.store.begin() as tx:
        return access.add_key(tx, name, digest=_digest(key), at=to_text(hub.clock())), key


def keys(hub: Hub) -> list[KeyRow]:
    """All API keys without the keys themselves."""
    with hub.store.read() as tx:
        return access.keys(tx)


def revoke_key(hub: Hub, number: int) -> None:
    """Revoke a key at once; NotFound when there is none in force under that number."""
    with hub.store.begin() as tx:
        if not access.revoke_key(tx, number, at=to_text(hub.clock())):
            raise NotFound(f"There is no API key {number} in force.", mend="`concilia keys list` shows them.")


def key_for(hub: Hub, key: str) -> KeyRow | None:
    """The key in force, if the text is one."""
    with hub.store.read() as tx:
        return access.key_by_digest(tx, _digest(key))


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()
