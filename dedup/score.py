"""The rules that judge a pair, as a table of feature levels. No thresholds hidden in code, no clustering."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dedup.compare import FEATURES, Evidence, Suspicious
from dedup.judgement import Judgement
from dedup.party import SourceParty

Levels = Mapping[str, frozenset[str]]


@dataclass(frozen=True, slots=True)
class Rule:
    """A judgement for pairs whose features are at one of these levels; a stronger rule's edge is taken first."""

    name: str
    judgement: Judgement
    strength: int = 0
    when: Levels = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Match:
    """What the rules hold of a pair, which rule said so, and every value it looked at."""

    judgement: Judgement
    rule: str
    strength: int
    because: tuple[Evidence, ...]


def _when(**levels: str) -> Levels:
    return {feature: frozenset(level.split("|")) for feature, level in levels.items()}


SHARED_VALID_TAX_ID = "shared valid tax id"
NOTHING_DECISIVE = Rule("nothing says they are one", Judgement.DIFFERENT)

RULES = (  # the first that holds decides
    Rule("shared tax id against a different one", Judgement.UNSURE, 90,
         _when(tax_id_conflict="different", shared_tax_id="valid")),
    Rule("different valid tax ids", Judgement.DIFFERENT, 0, _when(tax_id_conflict="different")),
    Rule(SHARED_VALID_TAX_ID, Judgement.SAME, 300, _when(shared_tax_id="valid")),
    Rule("person against organization", Judgement.DIFFERENT, 0, _when(kind="opposed")),
    Rule("same tax id without checksum and compatible names", Judgement.SAME, 200,
         _when(shared_tax_id="well_formed", tax_id_conflict="none", name="compatible",
               birth_date="agrees|unknown")),
    Rule("shared verified contact point and compatible names", Judgement.SAME, 100,
         _when(contact_point="verified", tax_id_conflict="none", name="compatible",
               birth_date="agrees|unknown")),
    Rule("same tax id without checksum, particulars unlike", Judgement.UNSURE, 60, _when(shared_tax_id="well_formed")),
    Rule("tax id carried by too many names", Judgement.UNSURE, 50,
         _when(shared_tax_id="suspicious", name="compatible")),
    Rule("shared contact point and compatible names", Judgement.UNSURE, 40,
         _when(contact_point="verified|stated", name="compatible")),
    Rule("shared contact point, a name missing", Judgement.UNSURE, 10,
         _when(contact_point="verified|stated", name="unknown")),
    NOTHING_DECISIVE,
)  # fmt: skip


def score(left: SourceParty, right: SourceParty, *, suspicious: Suspicious = ()) -> Match:
    """The judgement of the first rule that holds; features are computed only when a rule asks for them."""
    seen: dict[str, Evidence] = {}
    for rule in RULES:
        if _holds(rule, left, right, suspicious=suspicious, seen=seen):
            break
    else:
        rule = NOTHING_DECISIVE
    return Match(rule.judgement, rule.name, rule.strength, tuple(seen.values()))


def _holds(
    rule: Rule, left: SourceParty, right: SourceParty, *, suspicious: Suspicious, seen: dict[str, Evidence]
) -> bool:
    for feature, levels in rule.when.items():
        if feature not in seen:
            seen[feature] = FEATURES[feature](left, right, suspicious)
        if seen[feature].level not in levels:
            return False
    return True
