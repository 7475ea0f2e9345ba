"""What a contact rule can say, as values. Every rule only ever forbids: adding one can never loosen another."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time
from typing import Final

CHANNELS: Final = (
    "voice_agent", "voice_auto", "sms", "whatsapp", "email", "webchat", "app_push", "letter", "visit",
)  # fmt: skip
# A call is a call, whoever or whatever speaks.
MEDIUM: Final[Mapping[str, str]] = {"voice_agent": "voice", "voice_auto": "voice"}
# Which contact points a channel needs; a channel that is not here reaches the debtor without one.
NEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "voice_agent": ("phone",), "voice_auto": ("phone",), "sms": ("phone",), "whatsapp": ("whatsapp_id", "phone"),
    "email": ("email",), "letter": ("postal_address",), "visit": ("postal_address",),
}  # fmt: skip
# `collection` asks for money that is due; `reminder` comes before the due day; `offer` is commercial; a
# `agreement_follow_up` is about what was agreed; `confirmation` tells what the debtor did (paid, agreed);
# `service_reply` answers the debtor; `legal_notice` is one that a law or a court orders.
PURPOSES: Final = (
    "collection", "reminder", "offer", "agreement_follow_up", "confirmation", "service_reply", "legal_notice",
)  # fmt: skip
OUTREACH: Final = ("collection", "reminder", "offer", "agreement_follow_up")
CONSUMERS, BUSINESSES = "consumer", "business"


class Counting(enum.StrEnum):
    """Which attempts a cap counts. One whose outcome is not known yet counts as the worst."""

    ATTEMPT = "attempt"
    DELIVERED = "delivered"
    ANSWERED = "answered"
    RIGHT_PARTY = "right_party"


class Scope(enum.StrEnum):
    """Whose attempts a cap counts: the party's, its own with the creditor, or those on everybody of its debts."""

    PARTY = "party"
    CREDITOR = "creditor"
    EVERYBODY_OF_THE_DEBT = "everybody_of_the_debt"


class State(enum.StrEnum):
    """What can be the matter with a debt or a party, and bears on contact."""

    SETTLED = "settled"
    NOT_OWED = "not_owed"  # draft, cancelled, or missing in its source; or no debt at all
    NOT_DUE = "not_due"
    DISPUTE = "dispute"
    HOLD = "hold"
    AGREEMENT = "agreement"
    NO_AGREEMENT = "no_agreement"
    ANNOUNCED_PAYMENT = "announced_payment"
    REOPENED = "reopened"  # owed again after it had been settled: a payment was reversed, or its ledger says so
    STALE = "stale"  # its system was not read well for too long to know what is owed
    LEGAL = "legal"
    DECEASED = "deceased"
    PARTY_HOLD = "party_hold"
    PROHIBITED = "prohibited"
    NOT_ASKED = "not_asked"  # a reply to somebody who did not write
    NO_CONTACT_POINT = "no_contact_point"
    BEING_CONTACTED = "being_contacted"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule comes from, and how sure we are of it; see `CONFIDENCE`."""

    law: str
    article: str
    confidence: str
    url: str = ""


CONFIDENCE: Final[Mapping[str, str]] = {
    "verified": "the text of the law was read",
    "secondary": "press, law firms or documents that quote the law; its text was not read",
    "memory": "from memory; to be checked",
    "contested": "sources contradict each other; the stricter reading is in force",
    "own": "no law: Concilia's own rule",
}


@dataclass(frozen=True, slots=True)
class Window:
    """Local hours of some weekdays (0 is Monday); `end` does not belong to it."""

    days: frozenset[int]
    start: time
    end: time


@dataclass(frozen=True, slots=True)
class Hours:
    """Contact is allowed inside the windows only; on holidays as well only where they do not close."""

    windows: tuple[Window, ...]
    holidays_close: bool


@dataclass(frozen=True, slots=True)
class Period:
    """A local day, an ISO week (Monday to Sunday), or so many days to the same wall time."""

    kind: str  # "day" | "iso_week" | "days"
    days: int = 1

    @property
    def name(self) -> str:
        """As packs write it."""
        return f"{self.days}_days" if self.kind == "days" else self.kind


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `most` counted attempts of these channels in each period; `gap` whole local days lie between two."""

    most: int
    per: tuple[Period, ...]
    counting: Counting
    scope: Scope
    gap: int = 0


@dataclass(frozen=True, slots=True)
class OneMedium:
    """After a counted attempt, no other medium in the same period."""

    per: tuple[Period, ...]
    counting: Counting
    scope: Scope


@dataclass(frozen=True, slots=True)
class Never:
    """No contact by these channels; only to such roles or at such contact points, when any are named."""

    roles: frozenset[str] = frozenset()
    relations: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Consent:
    """The debtor has to have allowed the channel (or the contact point) before."""


@dataclass(frozen=True, slots=True)
class When:
    """No contact while this is the matter.

    `grace` are the days for which an announcement is believed, or a reopened debt let alone; `hours` those after which
    what a system said is too old.
    """

    state: State
    grace: int = 0
    hours: int = 0


Terms = Hours | Cap | OneMedium | Never | Consent | When


@dataclass(frozen=True, slots=True)
class Rule:
    """One restriction: for whom and what it holds, what it says, and where it comes from.

    `other` is a looser reading that its own sources also bear (None: there is none; `OFF`: that it is no rule at
    all); a workspace takes it only by naming the rule and giving its reason.
    """

    id: str
    terms: Terms
    says: str
    in_spanish: str
    source: Source
    review_due: date
    purposes: frozenset[str]
    channels: frozenset[str]
    applies_to: frozenset[str]
    note: str = ""
    other: Terms | None = None
    may_be_off: bool = False

    @property
    def has_other_reading(self) -> bool:
        """Whether a workspace may choose."""
        return self.other is not None or self.may_be_off


@dataclass(frozen=True, slots=True)
class Pack:
    """The rules of one country or subdivision from one day to another; `country` is `**` for those of everywhere."""

    country: str
    subdivision: str
    version: str
    effective_from: date
    effective_until: date | None
    reviewed_on: date
    review_due: date
    rules: tuple[Rule, ...]
    open_points: tuple[str, ...] = ()
    file: str = ""

    @property
    def place(self) -> str:
        """Such as `BR-SP`, or `everywhere`."""
        return "-".join(filter(None, (self.country, self.subdivision))) if self.country != EVERYWHERE else "everywhere"

    def in_force(self, day: date) -> bool:
        """Whether the pack holds on that day."""
        return self.effective_from <= day and (self.effective_until is None or day <= self.effective_until)


EVERYWHERE: Final = "**"
