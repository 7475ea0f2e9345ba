"""Recognises our own writes coming back: by the record and by its content, not by time. Decides nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence

from concilia.portfolio.party import claim_to_json
from concilia.store import field_states
from concilia.store.unit_of_work import Tx
from sync.entities import Landing, MappedRecord


def without_echoes(tx: Tx, accepted: Sequence[MappedRecord], *, landing: Landing) -> list[MappedRecord]:
    """The records that say something new.

    A record that we wrote to, and that says exactly what we hold it to say since, is our own write: its word stays as
    old as it was, so that nobody takes it for a newer one, and nothing follows from it.
    """
    known = [one for one in accepted if not one.is_new]
    place = landing.plan
    keys = [one.incoming.key for one in known]
    ours = field_states.written_to(tx, place.connection, stream=place.stream, external_ids=keys)
    if not ours:
        return list(accepted)
    field_states.came_back(tx, place.connection, stream=place.stream, external_ids=ours)
    back = [one for one in known if one.incoming.key in ours and _is_only_debtors(one)]
    before = field_states.claims(tx, [one.id for one in back])
    echoes = {one.id for one in back if before.get(one.id) == _claims(one)}
    return [one for one in accepted if one.id not in echoes]


def _is_only_debtors(one: MappedRecord) -> bool:
    said = one.mapped
    return bool(said.debtors) and not (said.debts or said.payments or said.roles)


def _claims(one: MappedRecord) -> list[str]:
    return [
        json.dumps(claim_to_json(claim), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        for claim in one.mapped.debtors
    ]
