"""How often a credential may call: a token bucket with a share that only people and urgent writes may use. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from datetime import datetime, timedelta


class Lane(enum.StrEnum):
    """Who calls: reading in bulk leaves the reserve to the others."""

    BULK = "bulk"
    URGENT = "urgent"


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a system grants: so many calls a minute, so many at once, and the share of these kept from bulk."""

    calls_per_minute: float
    burst: float = 1.0
    reserve: float = 0.2  # 0 to 1, of `burst`


@dataclass(frozen=True, slots=True)
class Bucket:
    """How many calls are left, as of when, and until when the system asked for quiet."""

    level: float
    filled_at: datetime
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Granted:
    """So many calls may be made now; the bucket is that of afterwards."""

    bucket: Bucket
    calls: int


@dataclass(frozen=True, slots=True)
class Wait:
    """No call may be made for that long."""

    after: timedelta


def full(allowance: Allowance, *, now: datetime) -> Bucket:
    """The bucket of a credential that nobody used yet."""
    return Bucket(allowance.burst, now)


def take(bucket: Bucket, allowance: Allowance, *, lane: Lane, now: datetime, most: int = 1) -> Granted | Wait:
    """Up to `most` calls, at least one, or how long to wait for the next one."""
    if bucket.not_before is not None and bucket.not_before > now:
        return Wait(bucket.not_before - now)
    rate = allowance.calls_per_minute / 60
    passed = max((now - bucket.filled_at).total_seconds(), 0.0)
    level = min(bucket.level + passed * rate, allowance.burst)
    kept = allowance.burst * allowance.reserve if lane is Lane.BULK else 0.0
    calls = min(int(level - kept + 1e-9), most)
    if calls < 1:
        return Wait(timedelta(seconds=(1 - (level - kept)) / rate))
    return Granted(replace(bucket, level=level - calls, filled_at=max(now, bucket.filled_at)), calls)


def quiet(bucket: Bucket, *, until: datetime) -> Bucket:
    """The bucket when the system asked for quiet until then; an earlier wish does not shorten a later one."""
    return replace(bucket, not_before=max(bucket.not_before or until, until))
