"""Source debtors as matching sees them, loaded from what their records claim. Decides nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from concilia.portfolio.party import claim_from_json
from concilia.records import RecordRef
from concilia.store import crosswalk
from concilia.store.crosswalk import SourceDebtor
from concilia.store.unit_of_work import Tx
from dedup.party import SourceParty, StampedClaim


@dataclass(slots=True)
class Memory:
    """Source debtors loaded in this transaction, so that none is read twice."""

    tx: Tx
    trust: Mapping[str, int]
    debtors: dict[int, SourceDebtor] = field(default_factory=dict)
    parties: dict[int, SourceParty] = field(default_factory=dict)

    def load(self, debtor_ids: Iterable[int]) -> list[SourceParty]:
        """The parties of these debtors; those whom no record claims any more are left out."""
        wanted = list(dict.fromkeys(debtor_ids))
        missing = [n for n in wanted if n not in self.debtors]
        if missing:
            self.debtors |= crosswalk.load(self.tx, missing)
            for debtor_id, claims in crosswalk.claims_of(self.tx, missing).items():
                self.parties[debtor_id] = self._party(self.debtors[debtor_id], claims)
        return [self.parties[n] for n in wanted if n in self.parties]

    def _party(self, debtor: SourceDebtor, claims: Sequence[crosswalk.StoredClaim]) -> SourceParty:
        stamped = tuple(
            StampedClaim(claim_from_json((debtor.external_id,), json.loads(c.body)), c.source_updated_at, c.received_at)
            for c in claims
        )
        ref = RecordRef(debtor.connection, debtor.stream, debtor.external_id)
        return SourceParty(debtor.id, ref, self.trust.get(debtor.connection, 50), stamped)
