"""The verbs of interactions: record one or many, append what came of one, say whom one was with, list them.

Each interaction is a transaction of its own, so that one that is refused never stops the others.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from concilia.clock import to_text
from concilia.errors import ConciliaError, Conflict, NotFound, RequestInvalid
from concilia.portfolio.contact_rules.policy import ContactPolicy
from concilia.servicing import interaction_party, interaction_reading, interactions
from concilia.servicing.contact_naming import debtor_named
from concilia.servicing.interaction_party import Saying
from concilia.servicing.interactions import Telling, mark
from concilia.servicing.register import Answer
from concilia.store import access, contacts, crosswalk, locks
from concilia.store import interactions as store
from concilia.store.access import StoredAnswer
from concilia.store.contacts import InteractionRow
from concilia.store.interactions import Wanted
from concilia.store.unit_of_work import Tx
from sync import waiting
from sync.contacts import Caller, policy_of
from sync.hub import Hub
from sync.rehearsal import rehearsed

MOST: Final = 1000  # interactions in one batch
RECORDED, KNOWN, REFUSED = "recorded", "known", "refused"
Told = Mapping[str, Any]
Refusal = Callable[[ConciliaError], Mapping[str, Any]]
Place = tuple[str, str]  # when it was recorded, or since when it waits, and its id


@dataclass(frozen=True, slots=True)
class Line:
    """One interaction of many: what was told, or why it cannot be read; `call` makes it itself without a reference."""

    told: Told | RequestInvalid
    call: tuple[str, ...] = ()


def record(hub: Hub, told: Told, *, caller: Caller) -> Answer:
    """Take in an interaction: 201 when it is new, 200 when it was known; the same key and body get the same again."""
    if not caller.idempotency_key and not told.get("external_ref") and not told.get("decision_id"):
        raise _without_reference()
    policy = policy_of(hub.workspace)
    with hub.store.begin() as tx:
        if before := _answered(tx, told, caller):
            return before
        telling = Telling(caller.name, hub.clock(), (str(caller.key_id), caller.idempotency_key, ""))
        found = interactions.record(tx, told, telling, policy=policy)
        answer = Answer(201 if found.fresh else 200, _shown(tx, found.row))
        _keep(tx, answer, told, caller, at=telling.at)
    if found.taught:
        waiting.try_all(hub.store, clock=hub.clock)
    return answer


def record_many(hub: Hub, lines: Sequence[Line], *, caller: Caller, refusal: Refusal, dry_run: bool = False) -> Answer:
    """Take in many, each by itself: its id, or why it is refused as `refusal` tells that. A dry run stores nothing."""
    told = {"items": [line.told if isinstance(line.told, Mapping) else str(line.told) for line in lines]}
    with hub.store.read() as tx:
        if before := _answered(tx, told, caller, in_turn=False):
            return before
    batch = _Batch(hub, caller, policy_of(hub.workspace))
    items: list[dict[str, Any]] = []
    for index, line in enumerate(lines):
        try:
            done = rehearsed(hub.store, partial(batch.take, index, line)) if dry_run else batch.commit(index, line)
            items.append({"index": index, **done})
        except (RequestInvalid, NotFound, Conflict) as fault:
            items.append({"index": index, "status": REFUSED, "problem": dict(refusal(fault))})
    counts = Counter(str(item["status"]) for item in items)
    answer = Answer(200, {"items": items, **{name: counts[name] for name in (RECORDED, KNOWN, REFUSED)}})
    if dry_run:
        return answer
    waiting.try_all(hub.store, clock=hub.clock)
    with hub.store.begin() as tx:
        if before := _answered(tx, told, caller):
            return before
        _keep(tx, answer, told, caller, at=to_text(hub.clock()))
    return answer


@dataclass(frozen=True, slots=True)
class _Batch:
    """Many interactions told at once."""

    hub: Hub
    caller: Caller
    policy: ContactPolicy

    def commit(self, index: int, line: Line) -> dict[str, Any]:
        """Take one in, for good."""
        with self.hub.store.begin() as tx:
            return self.take(index, line, tx)

    def take(self, index: int, line: Line, tx: Tx) -> dict[str, Any]:
        """Take one in: its id, whom it was with, and why it waits, if it does."""
        if isinstance(line.told, RequestInvalid):
            raise line.told
        key = self.caller.idempotency_key
        if not (key or line.call or line.told.get("external_ref") or line.told.get("decision_id")):
            raise _without_reference()
        call = line.call or (str(self.caller.key_id), key, str(index))
        telling = Telling(self.caller.name, self.hub.clock(), call)
        found = interactions.record(tx, line.told, telling, policy=self.policy)
        (shown,) = interaction_reading.as_json(tx, [found.row])
        names = ("id", "debtor", "waiting", "bypass", "external_ref")
        return {"status": RECORDED if found.fresh else KNOWN, **{name: shown[name] for name in names}}


def add_outcome(hub: Hub, number: str, told: Told, *, by: str) -> Answer:
    """Append what came of an interaction: 201 when it is news, 200 when it was told before."""
    with hub.store.begin() as tx:
        row, fresh = interactions.add_outcome(tx, number, told, Telling(by, hub.clock()))
        return Answer(201 if fresh else 200, _shown(tx, row))


def settle(hub: Hub, number: str, told: Told, *, by: str) -> dict[str, Any]:
    """A person says whom a waiting interaction was with; what waits for the same channel's id is tried again."""
    with hub.store.begin() as tx:
        golden_id = debtor_named(tx, told["debtor"])
        saying = Saying(by, str(told.get("because") or ""), to_text(hub.clock()))
        shown = _shown(tx, interaction_party.settle(tx, number, golden_id, saying))
    waiting.try_all(hub.store, clock=hub.clock)
    return shown


def one(hub: Hub, number: str) -> dict[str, Any]:
    """An interaction with everything that was told of it; NotFound for an unknown one."""
    with hub.store.read() as tx:
        row = contacts.interaction(tx, number)
        if row is None:
            raise NotFound("There is no such interaction.", mend="List them: GET /v1/interactions.")
        return _shown(tx, row)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which interactions are wanted."""

    waiting: bool = False
    bypass: bool = False
    debtor: str = ""
    external_ref: str = ""
    teller: str = ""


def listed(hub: Hub, asked: Asked, *, after: Place = ("", ""), limit: int = 50) -> list[dict[str, Any]]:
    """Interactions in the order in which they were recorded; those that wait in the order in which they came to."""
    with hub.store.read() as tx:
        if asked.waiting:
            rows = store.waiting_listed(tx, after=after, limit=limit)
        else:
            members: tuple[int, ...] = ()
            if asked.debtor:
                golden_id = debtor_named(tx, {"id": asked.debtor})
                members = tuple(crosswalk.members(tx, [golden_id]).get(golden_id, []))
            wanted = Wanted(members, asked.teller, asked.external_ref, asked.bypass)
            rows = store.listed(tx, wanted, after=after, limit=limit)
        return interaction_reading.as_json(tx, rows)


def count_waiting(hub: Hub) -> int:
    """How many interactions wait."""
    with hub.store.read() as tx:
        return store.count_waiting(tx)


def place(shown: Told) -> Place:
    """Where an interaction stands in its list."""
    return (str((shown["waiting"] or {}).get("since") or shown["recorded_at"]), str(shown["id"]))


def _shown(tx: Tx, row: InteractionRow) -> dict[str, Any]:
    (found,) = interaction_reading.as_json(tx, [row])
    return found


def _without_reference() -> RequestInvalid:
    return RequestInvalid(
        "Told twice, this would count twice.",
        mend="Give external_ref, the tool's own id of it; or send one fresh Idempotency-Key for each call.",
        field="external_ref",
        code="interaction-without-reference",
    )


def _answered(tx: Tx, told: Told, caller: Caller, *, in_turn: bool = True) -> Answer | None:
    """What was answered before under the key; Conflict when that was to another body."""
    if not caller.idempotency_key:
        return None
    if in_turn:
        locks.in_turn(tx, f"key:{caller.key_id}:{caller.idempotency_key}")
    before = access.answer(tx, caller.key_id, idempotency_key=caller.idempotency_key)
    if before is None:
        return None
    if before.body_hash != mark(told):
        raise Conflict("This Idempotency-Key was used for something else.", mend="Use a fresh key for each call.")
    return Answer(before.status, json.loads(before.answer), repeated=True)


def _keep(tx: Tx, answer: Answer, told: Told, caller: Caller, *, at: str) -> None:
    if caller.idempotency_key:
        stored = StoredAnswer(mark(told), answer.status, json.dumps(answer.body))
        access.store_answer(tx, caller.key_id, idempotency_key=caller.idempotency_key, stored=stored, at=at)
