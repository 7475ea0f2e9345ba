"""Secrets of subscribers and the signatures made with them, after Standard Webhooks. Kept sealed, shown once.

While a secret is being replaced, events carry two signatures: with the new one and with the old one.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from standardwebhooks.webhooks import Webhook

from concilia.errors import RunMustStop
from concilia.sealing import Keyring
from concilia.store import credentials
from concilia.store.credentials import CredentialRow
from concilia.store.subscriptions import SubscriptionRow
from concilia.store.unit_of_work import Tx
from concilia.vault import Secret
from sync.cloud_events import MEDIA_TYPE

CURRENT: Final = "secret"
OLD: Final = "old_secret"
_PREFIX: Final = "whsec_"
_BYTES: Final = 32


def new_secret(random: Callable[[int], bytes] = secrets.token_bytes) -> Secret:
    """A fresh secret as a subscriber is shown it."""
    return Secret(_PREFIX + base64.b64encode(random(_BYTES)).decode())


def keep(tx: Tx, keyring: Keyring, row: SubscriptionRow, secret: Secret, *, setting: str = CURRENT) -> None:
    """Seal a secret of a subscriber in place of the one before."""
    place = place_of(row.id)
    sealed = keyring.seal(secret, bound_to=f"{place}/{setting}")
    credentials.keep(tx, CredentialRow(place, setting, sealed, row.changed_at, row.changed_by))


def replace(tx: Tx, keyring: Keyring, row: SubscriptionRow, secret: Secret) -> None:
    """Take a new secret into use; the one before becomes the old one."""
    keep(tx, keyring, row, _opened(tx, keyring, row.id, CURRENT), setting=OLD)
    keep(tx, keyring, row, secret)


def in_force(tx: Tx, keyring: Keyring, row: SubscriptionRow, *, at: str) -> list[Secret]:
    """The secrets that events are signed with now, the current one first."""
    found = [_opened(tx, keyring, row.id, CURRENT)]
    if row.old_secret_until is not None and at < row.old_secret_until:
        found.append(_opened(tx, keyring, row.id, OLD))
    return found


def place_of(subscription_id: str) -> str:
    """Under which name the vault keeps the secrets of a subscriber."""
    return f"subscription:{subscription_id}"


class Signer:
    """Signs what is posted to one subscriber."""

    def __init__(self, found: Sequence[Secret]) -> None:
        self._signing = [Webhook(secret.reveal()) for secret in found]

    def headers(self, event_id: str, body: bytes, *, at: datetime) -> Mapping[str, str]:
        """The headers of an attempt made at that moment."""
        told = body.decode()
        return {
            "Content-Type": f"{MEDIA_TYPE}; charset=utf-8",
            "User-Agent": "Concilia",
            "webhook-id": event_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(one.sign(event_id, at, told) for one in self._signing),
        }


def _opened(tx: Tx, keyring: Keyring, subscription_id: str, setting: str) -> Secret:
    place = place_of(subscription_id)
    row = credentials.load(tx, place, setting)
    if row is None:
        raise RunMustStop(
            f"The secret of subscription {subscription_id} is gone.", mend="Make a new one: rotate its secret."
        )
    return keyring.unseal(row.envelope, bound_to=f"{place}/{setting}")
