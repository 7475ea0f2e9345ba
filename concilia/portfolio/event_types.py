"""What a type of events is: its name, its subject, the schema of its data, and how types are selected. No type."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

VERSION: Final = 1  # of the schemas; a new one only when a member had to change its meaning
_KINDS: Final[Mapping[str, Mapping[str, Any]]] = {
    "text": {"type": "string"},
    "text or null": {"type": ["string", "null"]},
    "amount": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"},
    "number": {"type": "integer"},
    "texts": {"type": "array", "items": {"type": "string"}},
    "true or false": {"type": "boolean"},
    "object": {"type": "object"},
    "objects": {"type": "array", "items": {"type": "object"}},
}


@dataclass(frozen=True, slots=True)
class Member:
    """A member of an event's data: its kind, one of _KINDS, what it says, and whether it is always there."""

    name: str
    kind: str
    says: str
    always: bool = True


@dataclass(frozen=True, slots=True)
class EventType:
    """One type: what its subject is, when it happens, what it carries, and an example of that."""

    name: str
    about: str  # whose id the subject is
    when: str
    members: tuple[Member, ...]
    example: Mapping[str, Any]

    @property
    def schema_id(self) -> str:
        """The `dataschema` of its events."""
        return f"urn:concilia:event:{self.name}:{VERSION}"

    def schema(self) -> dict[str, Any]:
        """The JSON Schema (2020-12) of its data. Members that it does not name may come."""
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": self.schema_id,
            "title": self.name,
            "description": self.when,
            "type": "object",
            "properties": {m.name: {**_KINDS[m.kind], "description": m.says} for m in self.members},
            "required": [m.name for m in self.members if m.always],
            "examples": [dict(self.example)],
        }


def is_selected(type_: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns means the type: its name, the beginning of it up to a point, or `*`.

    No pattern at all means every type.
    """
    wanted = list(patterns)
    return not wanted or any(one in ("*", type_) or type_.startswith(f"{_stem(one)}.") for one in wanted)


def _stem(pattern: str) -> str:
    return pattern.removesuffix("*").removesuffix(".")


def order_keys(*, subject: str, golden_id: str | None, data: Mapping[str, Any]) -> frozenset[str]:
    """Whom an event is about: events with one of these in common are told one after the other.

    Its debtor and its subject, and every debtor that it joins, parts or names beside them: so what was told of an id
    that is merged away comes before the merge, and what follows the merge comes after it.
    """
    others: Sequence[Any] = (*data.get("gone", ()), *data.get("debtors", ()), data.get("into"))
    return frozenset((subject, *(one for one in (golden_id, *others) if isinstance(one, str) and one)))


def partition_key(*, subject: str, golden_id: str | None) -> str:
    """The debtor, or the subject of an event without one."""
    return golden_id or subject
