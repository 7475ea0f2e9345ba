"""When contact points fail and go stale, as a workspace declares it under `contact.points`. No evidence, no storage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

from concilia.documents import Document

# Nobody publishes such numbers; these are cautious ones to begin with. A phone is lost sooner than a mailbox.
STALE_DAYS: Final[Mapping[str, int]] = {"phone": 180, "whatsapp_id": 180, "email": 365, "postal_address": 540}
SUCCESSES: Final = ("delivered", "read", "answered")


@dataclass(frozen=True, slots=True)
class PointPolicy:
    """Strikes within `window_days` make a contact point fail; days without a sign of life make it stale.

    `verified_by` are signs of life that prove by themselves whose it is: none, unless a workspace says so.
    """

    soft_strikes: int = 3
    hard_strikes: int = 6
    window_days: int = 30
    stale_days: Mapping[str, int] = field(default_factory=lambda: dict(STALE_DAYS))
    verified_by: frozenset[str] = frozenset()
    preference_days: int = 180  # how far back attempts say when and by what somebody is reached

    def stale_after(self, type_: str) -> int:
        """After how many days without verification or success a verified contact point of that type is stale."""
        return self.stale_days.get(type_, STALE_DAYS["phone"])


DEFAULT_POINT_POLICY: Final = PointPolicy()


def point_policy_of(section: Document | None) -> PointPolicy:
    """The policy of a workspace's section `contact`, whose shape was checked; ConfigurationInvalid if senseless."""
    said = ((section.content or {}) if section is not None else {}).get("points") or {}
    found = point_policy_from_json(said)
    if section is not None and found.soft_strikes > found.hard_strikes:
        raise section.error(
            "a contact point would fail for good before it fails for now.",
            at=("points", "hard_strikes"),
            mend="Let hard_strikes be at least soft_strikes.",
        )
    return found


def point_policy_from_json(said: Mapping[str, Any]) -> PointPolicy:
    """The policy with what is said of it; the rest as it usually is."""
    known = DEFAULT_POINT_POLICY
    return PointPolicy(
        soft_strikes=int(said.get("soft_strikes", known.soft_strikes)),
        hard_strikes=int(said.get("hard_strikes", max(known.hard_strikes, int(said.get("soft_strikes", 0))))),
        window_days=int(said.get("window_days", known.window_days)),
        stale_days={**STALE_DAYS, **(said.get("stale_days") or {})},
        verified_by=frozenset(said.get("verified_by", ())),
        preference_days=int(said.get("preference_days", known.preference_days)),
    )


def point_policy_to_json(policy: PointPolicy) -> dict[str, Any]:
    """The policy as a plain object."""
    return {**asdict(policy), "stale_days": dict(policy.stale_days), "verified_by": sorted(policy.verified_by)}
