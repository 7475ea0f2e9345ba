"""`{{ config.x }}` in texts of a manifest: a path into one of a few scopes, and filters from a short list. No code.

A text that is one expression and nothing else keeps the type of what it names; within other text it is written out.
What is missing is None: a whole expression then says nothing (its parameter or member is left out), and within text it
is an error, because half an address or half a filter would mean something else.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from concilia.documents import did_you_mean
from concilia.errors import RecordRejected
from concilia.vault import Secret
from connectors.exact_json import Number, dumps
from connectors.paging import dig

SCOPES: Final = (
    "config", "record", "order", "page", "stream_interval", "stream_partition", "parent", "target", "step", "response",
    "key",
)  # fmt: skip
LONGEST: Final = 4000
_EXPRESSION = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_PATH = re.compile(r"[a-z_]+(\.[A-Za-z0-9_@$-]+)*")
_FILTER = re.compile(r"([a-z_]+)(?:\((.*)\))?", re.DOTALL)
_MISSING: Final = None

Scope = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Expression:
    """A path into a scope, and what is done with what it names."""

    path: tuple[str, ...]
    filters: tuple[tuple[str, tuple[str, ...]], ...] = ()

    def value(self, scope: Scope) -> Any:
        """What the path names, filtered; None when there is nothing."""
        found = dig(scope, self.path)
        if isinstance(found, Secret):
            found = found.reveal()
        for name, arguments in self.filters:
            if found is not _MISSING or name == "default":
                found = FILTERS[name](found, arguments)
        return found


@dataclass(frozen=True, slots=True)
class Template:
    """A text with expressions in it, read once."""

    parts: tuple[str | Expression, ...]

    def value(self, scope: Scope) -> Any:
        """The filled text; of a single expression the value itself."""
        if len(self.parts) == 1 and isinstance(self.parts[0], Expression):
            return self.parts[0].value(scope)
        return "".join(part if isinstance(part, str) else self._text(part, scope) for part in self.parts)

    def _text(self, part: Expression, scope: Scope) -> str:
        found = part.value(scope)
        if found is _MISSING:
            raise RecordRejected(f"{'.'.join(part.path)} says nothing, and it is needed here.", field=part.path[-1])
        return as_text(found)


def template(text: str) -> Template:
    """The text, read. ValueError with a sentence when an expression is none."""
    if len(text) > LONGEST:
        raise ValueError(f"this text is longer than {LONGEST} characters.")
    parts: list[str | Expression] = []
    end = 0
    for found in _EXPRESSION.finditer(text):
        parts += [text[end : found.start()]] if found.start() > end else []
        parts.append(_expression(found[1].strip()))
        end = found.end()
    rest = text[end:]
    if "{{" in rest or "}}" in rest or "{%" in text or "{#" in text:
        raise ValueError("{{ and }} do not belong together here, and {% or {# are not known.")
    return Template((*parts, rest) if rest or not parts else tuple(parts))


def filled(value: Any, scope: Scope) -> Any:
    """A whole value of a manifest with its templates filled; members whose template says nothing are left out."""
    match value:
        case Template():
            return value.value(scope)
        case Mapping():
            said = ((name, inner, filled(inner, scope)) for name, inner in value.items())
            return {_key(name, scope): one for name, inner, one in said if _says(inner, one)}
        case list() | tuple():
            return [one for inner, one in ((inner, filled(inner, scope)) for inner in value) if _says(inner, one)]
        case _:
            return value


def _says(written: Any, found: Any) -> bool:
    """Whether a member stands: an explicit null does, a template that found nothing does not."""
    return found is not _MISSING or written is None


def compiled(value: Any) -> Any:
    """A value of a manifest with its texts read as templates. ValueError when one cannot be."""
    match value:
        case str():
            read = template(value)
            return read if any(isinstance(part, Expression) for part in read.parts) else value
        case Mapping():
            return {(template(n) if "{{" in n else n): compiled(inner) for n, inner in value.items()}
        case list():
            return [compiled(inner) for inner in value]
        case _:
            return value


def named_in(value: Any) -> Iterator[tuple[str, ...]]:
    """The path of every expression in a compiled value."""
    match value:
        case Template(parts):
            yield from (part.path for part in parts if isinstance(part, Expression))
        case Mapping():
            for name, inner in value.items():
                yield from named_in(name)
                yield from named_in(inner)
        case list() | tuple():
            for inner in value:
                yield from named_in(inner)


def as_text(value: Any) -> str:
    """A value as it stands in an address, a header or a parameter; objects and lists as JSON."""
    match value:
        case bool():
            return "true" if value else "false"
        case Number(amount):
            return format(amount, "f")
        case Decimal():
            return format(value, "f")
        case datetime() | date():
            return value.isoformat()
        case Mapping() | list() | tuple():
            return dumps(value).decode()
        case _:
            return str(value)


def _key(name: Any, scope: Scope) -> str:
    return as_text(name.value(scope)) if isinstance(name, Template) else str(name)


def _expression(text: str) -> Expression:
    head, *rest = _split(text, "|")
    path = head.strip()
    if not _PATH.fullmatch(path):
        raise ValueError(f"{{{{ {text} }}}} is no path such as config.url: there are no calculations here.")
    steps = tuple(path.split("."))
    if steps[0] not in SCOPES:
        mend = did_you_mean(steps[0], SCOPES) or f"known are {', '.join(SCOPES)}."
        raise ValueError(f"there is nothing called {steps[0]!r} here: {mend}")
    return Expression(steps, tuple(_filter(one.strip()) for one in rest))


def _filter(text: str) -> tuple[str, tuple[str, ...]]:
    found = _FILTER.fullmatch(text)
    if found is None or found[1] not in FILTERS:
        mend = did_you_mean(found[1] if found else text, FILTERS) or f"known are {', '.join(sorted(FILTERS))}."
        raise ValueError(f"there is no filter {text!r}: {mend}")
    arguments = tuple(_unquoted(one) for one in _split(found[2], ",")) if found[2] else ()
    low, high = _ARGUMENTS.get(found[1], (0, 0))
    if not low <= len(arguments) <= high:
        raise ValueError(f"the filter {found[1]} takes {low if low == high else f'{low} to {high}'} arguments.")
    if found[1] == "shorten" and not arguments[0].isdigit():
        raise ValueError(f"shorten({arguments[0]}) needs a whole number.")
    return found[1], arguments


def _split(text: str, sign: str) -> list[str]:
    """The pieces between the signs that stand outside quotes."""
    pieces, quoted = [""], ""
    for letter in text:
        if letter == sign and not quoted:
            pieces.append("")
            continue
        if letter in "'\"" and quoted in ("", letter):
            quoted = "" if quoted else letter
        pieces[-1] += letter
    return pieces


def _unquoted(text: str) -> str:
    stripped = text.strip()  # what stands in quotes keeps its own spaces
    whole = len(stripped) > 1 and stripped[0] == stripped[-1] and stripped[0] in "'\""
    return stripped[1:-1] if whole else stripped


def _number(value: Any, _: Sequence[str]) -> Number:
    """As a JSON number, exact."""
    try:
        amount = Decimal(as_text(value))
    except InvalidOperation as fault:
        raise RecordRejected(f"{value!r} is no number.") from fault
    if not amount.is_finite():
        raise RecordRejected(f"{value!r} is no number.")
    return Number(amount)


def _integer(value: Any, _: Sequence[str]) -> int:
    try:
        return int(as_text(value))
    except ValueError as fault:
        raise RecordRejected(f"{value!r} is no whole number.") from fault


def _moment(value: Any, arguments: Sequence[str]) -> str:
    """A day or moment in a format of strftime."""
    try:
        moment = value if isinstance(value, date) else datetime.fromisoformat(str(value))
    except ValueError as fault:
        raise RecordRejected(f"{value!r} is no day: write it as 2026-01-31.", value=str(value)) from fault
    return moment.strftime(arguments[0])


def _noon(value: Any, _: Sequence[str]) -> int:
    """Noon of a day in UTC as Unix time: the same day in every zone of the Americas and of Europe."""
    day = date.fromisoformat(_moment(value, ["%Y-%m-%d"]))
    return int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())


def _lookup(value: Any, arguments: Sequence[str]) -> Any:
    """The word behind `value=`; that behind `*=`, or None, when it is not among them."""
    words = dict(one.partition("=")[::2] for one in arguments)
    return words.get(as_text(value), words.get("*"))


def _quoted(value: Any, _: Sequence[str]) -> str:
    """A text for a filter of SQL or OData: its single quotes doubled."""
    return as_text(value).replace("'", "''")


def _joined(value: Any, arguments: Sequence[str]) -> str:
    return (arguments[0] if arguments else ",").join(as_text(one) for one in value)


FILTERS: Final[Mapping[str, Callable[[Any, Sequence[str]], Any]]] = {
    "default": lambda value, arguments: arguments[0] if value in (None, "") else value,
    "number": _number,
    "integer": _integer,
    "text": lambda value, _: as_text(value),
    "lower": lambda value, _: as_text(value).lower(),
    "upper": lambda value, _: as_text(value).upper(),
    "trim": lambda value, _: as_text(value).strip(),
    "shorten": lambda value, arguments: as_text(value)[: int(arguments[0])],
    "prefix": lambda value, arguments: arguments[0] + as_text(value),
    "before": lambda value, arguments: as_text(value).partition(arguments[0])[0],
    "after": lambda value, arguments: as_text(value).partition(arguments[0])[2],
    "replace": lambda value, arguments: as_text(value).replace(arguments[0], arguments[1]),
    "date": _moment,
    "noon_epoch": _noon,
    "values": _lookup,
    "quoted": _quoted,
    "join": _joined,
    "base64": lambda value, _: base64.b64encode(as_text(value).encode()).decode(),
}
_ARGUMENTS: Final[Mapping[str, tuple[int, int]]] = {
    "default": (1, 1), "shorten": (1, 1), "prefix": (1, 1), "before": (1, 1), "after": (1, 1), "replace": (2, 2),
    "date": (1, 1), "values": (1, 40), "join": (0, 1),
}  # fmt: skip
