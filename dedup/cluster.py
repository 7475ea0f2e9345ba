"""A cluster as a value. How clusters are found is `linkage`'s."""

from __future__ import annotations

from dataclasses import dataclass

from concilia.records import RecordRef


@dataclass(frozen=True, slots=True)
class Cluster:
    """The source debtors that are one party, in the order of their keys."""

    members: tuple[int, ...]
    refs: tuple[RecordRef, ...]
