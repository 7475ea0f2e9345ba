"""What every answer is, and what answers about debtors and debts tell of contact. Shapes only."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Said(BaseModel):
    """Something the hub answers. Members may be added; none is taken away or changes its meaning."""

    model_config = ConfigDict(extra="allow")


class ChannelNow(Said):
    """Whether a channel may be used now to ask for money that is due; nothing is held ready by reading this."""

    allowed_now: bool
    reason: str | None = Field(None, description="The first rule against it.")
    says: str | None = None
    in_spanish: str | None = None
    next_allowed_at: str | None = Field(None, description="When it may be used; null: not by itself.")


class ContactNow(Said):
    """How contact stands with a debtor, or about one debt; empty where there are no debtor or rules to judge by."""

    allowed_now: dict[str, ChannelNow] = Field({}, description="By channel.")
    agreements: list[dict[str, Any]] = Field([], description="The agreements in force, each with its `debts`.")
    holds: list[dict[str, Any]] = Field([], description="Those that were not lifted.")
    disputes: list[dict[str, Any]] = Field([], description="Those that go on.")
    prohibitions: list[dict[str, Any]] = Field([], description="Contact that must not be made, on whatever point.")
