"""Events as they leave the hub: the envelope of CloudEvents 1.0, the same by polling, stream and webhook.

`sequence` is text of a fixed length, so that it sorts as text does; `debtorversion` is the version of the debtor's
golden record at that moment: whoever holds an older one holds stale data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from concilia.portfolio.event_catalogue import TEST, dataschema_of
from concilia.portfolio.event_types import order_keys, partition_key
from concilia.store.events import RecordedFact

SOURCE: Final = "concilia"
MEDIA_TYPE: Final = "application/cloudevents+json"
BATCH_MEDIA_TYPE: Final = "application/cloudevents-batch+json"


def envelope(fact: RecordedFact) -> dict[str, Any]:
    """A fact as an event. CloudEvents leaves absent attributes out."""
    schema = dataschema_of(fact.type)
    return {
        "specversion": "1.0",
        "id": str(fact.seq),
        "source": SOURCE,
        "type": fact.type,
        "subject": fact.subject,
        "time": fact.at,
        "datacontenttype": "application/json",
        **({"dataschema": schema} if schema else {}),
        "sequence": f"{fact.seq:020d}",
        "partitionkey": partition_key(subject=fact.subject, golden_id=fact.golden_id),
        **({"debtor": fact.golden_id} if fact.golden_id else {}),
        **({"debtorversion": fact.golden_version} if fact.golden_version is not None else {}),
        "data": fact.body,
    }


def trial_envelope(subscription_id: str, *, number: str, at: str) -> dict[str, Any]:
    """An event that happened to nobody, for a subscriber to try its receiver with."""
    return {
        "specversion": "1.0",
        "id": f"test-{number}",
        "source": SOURCE,
        "type": TEST.name,
        "subject": subscription_id,
        "time": at,
        "datacontenttype": "application/json",
        "dataschema": TEST.schema_id,
        "data": {"subscription": subscription_id},
    }


def as_bytes(event: Mapping[str, Any]) -> bytes:
    """An event as it is posted and signed."""
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()


def keys_of(fact: RecordedFact) -> frozenset[str]:
    """Whom the fact is about: facts with one of these in common are told one after the other."""
    return order_keys(subject=fact.subject, golden_id=fact.golden_id, data=fact.body)
