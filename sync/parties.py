"""Source debtors as matching sees them, loaded from what their records claim. Decides nothing.

Numbers that a steward retired are left out of the claims and kept beside them. Contact points that the hub states
itself are claims of the source debtor on whose behalf it does.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from concilia.portfolio.party import DebtorClaim, Identifier, claim_from_json, contact_point_from_json
from concilia.records import RecordRef
from concilia.store import contact_changes, crosswalk, retired_ids
from concilia.store.contact_changes import StatementRow
from concilia.store.crosswalk import SourceDebtor
from concilia.store.retired_ids import EVERYWHERE, StoredRetirement
from concilia.store.unit_of_work import Tx
from dedup.party import RetiredIdentifier, SourceParty, StampedClaim


@dataclass(slots=True)
class Memory:
    """Source debtors loaded in this transaction, so that none is read twice."""

    tx: Tx
    trust: Mapping[str, int]
    debtors: dict[int, SourceDebtor] = field(default_factory=dict)
    parties: dict[int, SourceParty] = field(default_factory=dict)
    read: set[int] = field(default_factory=set)

    def identify(self, debtor_ids: Iterable[int]) -> Mapping[int, SourceDebtor]:
        """All debtors known so far, these among them, without their claims."""
        missing = [n for n in dict.fromkeys(debtor_ids) if n not in self.debtors]
        if missing:
            self.debtors |= crosswalk.load(self.tx, missing)
        return self.debtors

    def load(self, debtor_ids: Iterable[int]) -> list[SourceParty]:
        """The parties of these debtors; those whom no record claims any more are left out."""
        wanted = list(dict.fromkeys(debtor_ids))
        missing = [n for n in wanted if n not in self.read]
        if missing:
            self.identify(missing)
            self.read.update(missing)
            retired = retired_ids.standing(self.tx, missing)
            own = _own_claims(contact_changes.statements_of(self.tx, missing))
            for debtor_id, claims in crosswalk.claims_of(self.tx, missing).items():
                party = self._party(self.debtors[debtor_id], claims, own.get(debtor_id, ()))
                self.parties[debtor_id] = _without(party, retired) if retired else party
        return [self.parties[n] for n in wanted if n in self.parties]

    def _party(
        self, debtor: SourceDebtor, claims: Sequence[crosswalk.StoredClaim], own: Sequence[StampedClaim]
    ) -> SourceParty:
        stamped = tuple(
            StampedClaim(claim_from_json((debtor.external_id,), json.loads(c.body)), c.source_updated_at, c.received_at)
            for c in claims
        )
        ref = RecordRef(debtor.connection, debtor.stream, debtor.external_id)
        return SourceParty(debtor.id, ref, self.trust.get(debtor.connection, 50), (*stamped, *own))


def _own_claims(statements: Sequence[StatementRow]) -> dict[int, list[StampedClaim]]:
    """What the hub states of contact points itself, by the source debtor on whose behalf it does."""
    found: dict[int, list[StampedClaim]] = {}
    for row in statements:
        claim = DebtorClaim((), {}, contact_points=(contact_point_from_json(json.loads(row.body)),))
        found.setdefault(row.debtor_id, []).append(StampedClaim(claim, row.told_at, row.received_at, of_hub=True))
    return found


Retirements = Mapping[retired_ids.Key, StoredRetirement]


def _without(party: SourceParty, retired: Retirements) -> SourceParty:
    """The party without its retired numbers; the same party when it states none."""
    kept: list[StampedClaim] = []
    taken: list[RetiredIdentifier] = []
    for stamped in party.claims:
        words = _words_on(stamped.claim, party.id, retired)
        out = words.keys()
        numbers = tuple(i for i in stamped.claim.identifiers if i not in out)
        kept.append(replace(stamped, claim=replace(stamped.claim, identifiers=numbers)) if words else stamped)
        taken += [
            RetiredIdentifier(
                number, stamped.source_updated_at, stamped.received_at, word.by, word.reason, word.at,
                everywhere=word.debtor_id is EVERYWHERE,
            )
            for number, word in words.items()
        ]  # fmt: skip
    return replace(party, claims=tuple(kept), retired=tuple(taken)) if taken else party


def _words_on(claim: DebtorClaim, debtor_id: int, retired: Retirements) -> dict[Identifier, StoredRetirement]:
    """The claim's retired numbers; a number read out of a retired one (the DNI in a CUIT) goes with it."""
    found: dict[Identifier, StoredRetirement] = {}
    for number in claim.identifiers:
        words = (retired.get((whose, number.name, number.value)) for whose in (debtor_id, EVERYWHERE))
        if word := next((word for word in words if word), None):
            found[number] = word
    for number in claim.identifiers:
        if number.derived and number.value and number not in found:
            holder = next(
                (w for n, w in found.items() if n.country == number.country and number.value in n.value), None
            )
            if holder:
                found[number] = holder
    return found
