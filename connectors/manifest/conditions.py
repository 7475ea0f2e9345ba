"""Conditions of a manifest on a record: one column, one comparison, no calculation. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from connectors.manifest.templates import Scope, Template, as_text
from connectors.paging import dig


def hold(conditions: Any, record: Mapping[str, Any], scope: Scope) -> bool:
    """Whether all of them hold; none of them always does."""
    return all(holds(one, record, scope) for one in listed(conditions))


def holds(condition: Mapping[str, Any], record: Mapping[str, Any], scope: Scope) -> bool:
    """Whether the record's column is as the condition says; one on a setting that is not given holds.

    Texts and numbers compare as they are written.
    """
    value = cell(record, str(condition["column"]))
    ((name, said),) = ((name, said) for name, said in condition.items() if name != "column")
    wanted = _filled(said, scope)
    if wanted is None:  # it compares with a setting that nobody gave
        return True
    return _TESTS[name](value, wanted)


def listed(conditions: Any) -> Sequence[Mapping[str, Any]]:
    """One condition, several or none, as a list."""
    if conditions is None:
        return ()
    return (conditions,) if isinstance(conditions, Mapping) else tuple(conditions)


def cell(record: Mapping[str, Any], column: str) -> Any:
    """What a record has under a name, or along a path such as `partner.id`."""
    return record[column] if column in record else dig(record, column.split("."))


def number(value: Any) -> Decimal | None:
    """An amount as it came over the wire; None when it is none."""
    if value is None or isinstance(value, bool):
        return None
    try:
        found = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _filled(said: Any, scope: Scope) -> Any:
    return said.value(scope) if isinstance(said, Template) else said


def _word(value: Any) -> str | None:
    if value is None:
        return None
    amount = None if isinstance(value, bool) else number(value)
    # 100 and 100.00 are one amount; 007 and 7 are two codes.
    if amount is not None and not str(value).strip().lstrip("-").startswith("0"):
        return format(amount.normalize(), "f")
    return as_text(value).strip()


def _is_less(left: Any, right: Any) -> bool:
    small, large = number(left), number(right)
    return small is not None and large is not None and small < large


_TESTS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "present": lambda value, wanted: (_word(value) not in (None, "")) is wanted,
    "equals": lambda value, wanted: _word(value) == _word(wanted),
    "not_equals": lambda value, wanted: _word(value) != _word(wanted),
    "in": lambda value, wanted: _word(value) in {_word(one) for one in wanted},
    "not_in": lambda value, wanted: _word(value) not in {_word(one) for one in wanted},
    "less_than": _is_less,
    "more_than": lambda value, wanted: _is_less(wanted, value),
}
