"""Secrets at rest: AES-256-GCM under a named key, bound to the row they belong to. No storage, no environment.

What was sealed for one row does not open for another, so a ciphertext copied between rows is worth nothing.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from concilia.errors import ConfigurationInvalid
from concilia.vault import Secret

KEY_BYTES: Final = 32
_NONCE_BYTES: Final = 12
_FORM: Final = "v1"
_KEY = re.compile(r"([a-z0-9][a-z0-9-]{0,31}):([A-Za-z0-9_-]{43}=?)")
_MEND: Final = "Make one with `concilia vault new-key`, and give it in CONCILIA_MASTER_KEY."


@dataclass(frozen=True, slots=True)
class Keyring:
    """Keys by their ids. New secrets are sealed under `current`; the others still open what was sealed under them."""

    current: str
    keys: Mapping[str, bytes] = field(repr=False)

    def seal(self, secret: Secret, *, bound_to: str, random: Callable[[int], bytes] = secrets.token_bytes) -> str:
        """The secret as text that only this keyring opens, and only for `bound_to`."""
        nonce = random(_NONCE_BYTES)
        sealed = AESGCM(self.keys[self.current]).encrypt(nonce, secret.reveal().encode(), bound_to.encode())
        return f"{_FORM}.{self.current}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def unseal(self, envelope: str, *, bound_to: str) -> Secret:
        """The secret that was sealed for `bound_to`; ConfigurationInvalid when no key here opens it for that."""
        form, _, rest = envelope.partition(".")
        key_id, _, body = rest.partition(".")
        if form != _FORM or key_id not in self.keys:
            raise ConfigurationInvalid(
                f"The secret {bound_to} was sealed under the key {key_id!r}, which is not given.",
                mend="Give that key too in CONCILIA_MASTER_KEY, after the current one and a comma.",
            )
        try:
            raw = base64.urlsafe_b64decode(body)
            text = AESGCM(self.keys[key_id]).decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], bound_to.encode())
        except (InvalidTag, binascii.Error, ValueError) as fault:
            raise ConfigurationInvalid(
                f"The secret {bound_to} does not open: it was altered, moved, or sealed under another key.",
                mend="Enter it again.",
            ) from fault
        return Secret(text.decode())


def key_id_of(envelope: str) -> str:
    """The id of the key that an envelope names."""
    return envelope.split(".")[1] if envelope.count(".") >= 2 else ""


def keyring_of(text: str) -> Keyring:
    """`id:key`, the current one first, more after commas; each key is 32 bytes in URL-safe base64."""
    found = [_KEY.fullmatch(part.strip()) for part in text.split(",")]
    if not text.strip() or None in found:
        raise ConfigurationInvalid("The master key is not of the form id:key.", mend=_MEND)
    keys = {match[1]: base64.urlsafe_b64decode(match[2].rstrip("=") + "=") for match in found if match}
    if len(keys) != len(found) or any(len(key) != KEY_BYTES for key in keys.values()):
        raise ConfigurationInvalid("Each master key needs an id of its own and 32 bytes.", mend=_MEND)
    first = found[0]
    return Keyring(first[1] if first else "", keys)


def new_key(key_id: str, *, random: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """A fresh master key as it is given to the hub."""
    return f"{key_id}:{base64.urlsafe_b64encode(random(KEY_BYTES)).decode().rstrip('=')}"
