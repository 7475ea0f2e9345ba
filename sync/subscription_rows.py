"""How what a subscriber asked for stands in its row. Values only."""

from __future__ import annotations

import json
from typing import Final

from concilia.store.subscriptions import SubscriptionRow
from sync.event_book import Terms
from sync.event_retry import Patience

GO_ON: Final = "go_on"
HOLD: Final = "hold"
AFTER_DEAD: Final = (GO_ON, HOLD)  # what becomes of a debtor's later events when one of them is given up


def terms_of(row: SubscriptionRow, patience: Patience) -> Terms:
    """What a subscriber asked for."""
    return Terms(row.id, tuple(json.loads(row.types)), row.after_dead == HOLD, patience)


def fence_of(subscription_id: str) -> str:
    """Under which name whoever tells a subscriber, or changes it, takes a token."""
    return f"events {subscription_id}"
