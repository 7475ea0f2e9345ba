"""How files of fixed width are declared: fields by place and length, prefixes, footer. Reads nothing."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from concilia.errors import ConfigurationInvalid

_SIGNS = ("none", "leading", "trailing", "overpunch")


@dataclass(frozen=True, slots=True)
class FixedField:
    """A field by its first place (from 1) and length. With `decimals` its digits are an amount without its point."""

    name: str
    start: int
    length: int
    decimals: int | None = None
    sign: str = "none"  # where a minus stands; overpunch: in the last digit, as COBOL writes it


@dataclass(frozen=True, slots=True)
class FixedLayout:
    """What stands where. Lines that start with `prefix` are records (all, when empty); with `footer`, the totals."""

    fields: tuple[FixedField, ...]
    width: int = 0  # of every line, in characters; 0: only long enough for its fields
    prefix: str = ""
    footer: str = ""
    totals: tuple[FixedField, ...] = ()  # fields of the footer, named rows and sum

    @property
    def least(self) -> int:
        """How long a record must be."""
        return max(field.start - 1 + field.length for field in self.fields)


def fixed_layout(given: Mapping[str, Any], *, where: str) -> FixedLayout:
    """The layout declared under `fixed`; ConfigurationInvalid names the field that cannot be."""
    fields = tuple(_field(one, where=where) for one in given.get("fields") or ())
    if not fields:
        raise ConfigurationInvalid(
            f"{where}: fixed names no fields.",
            mend="Add for example: fixed: {fields: [{name: rut, start: 1, length: 10}]}",
        )
    unknown = set(given) - {"fields", "width", "prefix", "footer", "totals"}
    if unknown:
        raise ConfigurationInvalid(
            f"{where}: fixed has the unknown setting {min(unknown)!r}.",
            mend="It has fields, width, prefix, footer and totals.",
        )
    _refuse_overlap(fields, where=where)
    totals = tuple(
        _field({"name": name, **dict(one)}, where=where) for name, one in (given.get("totals") or {}).items()
    )
    if totals and (not given.get("footer") or {one.name for one in totals} - {"rows", "sum"}):
        raise ConfigurationInvalid(
            f"{where}: totals are fields of the footer called rows and sum.",
            mend="Write for example: footer: T, totals: {rows: {start: 2, length: 6}}",
        )
    return FixedLayout(
        fields, _whole(given.get("width", 0), "width", where), str(given.get("prefix") or ""),
        str(given.get("footer") or ""), totals,
    )  # fmt: skip


def _field(given: Any, *, where: str) -> FixedField:
    if not isinstance(given, Mapping) or not given.get("name"):
        raise ConfigurationInvalid(
            f"{where}: a fixed field has no name.", mend="Write {name: rut, start: 1, length: 10}."
        )
    name = str(given["name"])
    inside = f"{where}, fixed field {name}"
    unknown = sorted(set(given) - {"name", "start", "length", "decimals", "sign"})
    if unknown:
        raise ConfigurationInvalid(
            f"{inside} has the unknown setting {unknown[0]!r}.", mend="It has start, length, decimals and sign."
        )
    sign = str(given.get("sign", "none"))
    if sign not in _SIGNS:
        raise ConfigurationInvalid(f"{inside}: sign is {sign!r}.", mend=f"Write one of {', '.join(_SIGNS)}.")
    decimals = given.get("decimals")
    return FixedField(
        name=name,
        start=_whole(given.get("start"), "start", inside, least=1),
        length=_whole(given.get("length"), "length", inside, least=1),
        decimals=None if decimals is None else _whole(decimals, "decimals", inside),
        sign=sign,
    )


def _whole(value: Any, name: str, where: str, *, least: int = 0) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < least:
        raise ConfigurationInvalid(f"{where}: {name} is {value!r}.", mend=f"Write a whole number, {least} or more.")
    return value


def _refuse_overlap(fields: Sequence[FixedField], *, where: str) -> None:
    ordered = sorted(fields, key=lambda one: one.start)
    for before, after in itertools.pairwise(ordered):
        if before.start + before.length > after.start:
            raise ConfigurationInvalid(
                f"{where}: the fields {before.name} and {after.name} overlap at place {after.start}.",
                mend="Places count from 1.",
            )
