"""The model a workspace is matched with: one is active, stored as its file would be. Trains nothing."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b

from concilia.store import match_index
from concilia.store.match_index import StoredModel
from concilia.store.unit_of_work import Tx
from dedup.model import Model, from_json, load, to_json

SHIPPED = "shipped"
_KEPT = 4


@dataclass(frozen=True, slots=True)
class ActiveModel:
    """The model in force and how it is stored."""

    stored: StoredModel
    model: Model

    @property
    def shipped(self) -> bool:
        """Whether it is the program's own, which knows nothing of this portfolio."""
        return self.stored.note == SHIPPED

    @property
    def linked(self) -> bool:
        """Whether every debtor was clustered under it; otherwise all of them have to be."""
        return self.stored.linked_at is not None


def active(tx: Tx, *, at: str) -> ActiveModel:
    """The model in force. A workspace begins with the shipped one."""
    stored = match_index.active_model(tx)
    if stored is None:
        first = adopt(tx, load(), note=SHIPPED, at=at)
        match_index.mark_linked(tx, first, at=at)  # nobody is clustered yet
        stored = match_index.active_model(tx)
        assert stored is not None  # noqa: S101 - it was stored above
    return ActiveModel(stored, _opened(tx, stored))


def adopt(tx: Tx, model: Model, *, note: str, at: str) -> int:
    """Make a model the active one; `note` says where it comes from. Every debtor is to be clustered anew under it."""
    body = json.dumps(to_json(model), ensure_ascii=False, sort_keys=True)
    digest = blake2b(body.encode(), digest_size=16).hexdigest()
    _remember(digest, model)
    return match_index.add_model(tx, body=body, digest=digest, note=note, at=at)


def _opened(tx: Tx, stored: StoredModel) -> Model:
    if stored.digest in _OPENED:
        _OPENED.move_to_end(stored.digest)
        return _OPENED[stored.digest]
    model = from_json(json.loads(match_index.model_body(tx, stored.id)), name=f"model {stored.id} of the workspace")
    return _remember(stored.digest, model)


def _remember(digest: str, model: Model) -> Model:
    _OPENED[digest] = model
    while len(_OPENED) > _KEPT:
        _OPENED.popitem(last=False)
    return model


_OPENED: OrderedDict[str, Model] = OrderedDict()  # by digest: a model is megabytes, and never changes
