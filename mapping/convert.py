"""Small named pure converters, usable in mapping documents by name. No look-ups, no expressions, no clock."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from zoneinfo import ZoneInfo

from mapping.amounts import read_amount, write_amount
from mapping.columns import bounded, elements, is_empty, text_of
from mapping.context import MapContext
from mapping.dates import date_format, epoch_moment, excel_day, read_day
from mapping.issues import BadCell, Code

Apply = Callable[[Any, MapContext], Any]
Undo = Callable[[str, MapContext], str]
Arguments = tuple[str, ...]

_SIGNS = {"comma": ",", "point": ".", ".": ".", ",": ",", "space": " ", " ": " ", "'": "'"}
_SERIAL = re.compile(r"(-?[0-9]{1,16})(?:\.[0-9]*)?")
YES = frozenset({"true", "t", "yes", "y", "si", "sí", "s", "sim", "1", "x"})
NO = frozenset({"false", "f", "no", "n", "não", "nao", "0"})


@dataclass(frozen=True, slots=True)
class Converter:
    """A converter with its arguments. `undo` turns a canonical text back into the source's, where that is possible."""

    call: str
    apply: Apply
    undo: Undo | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A converter as documents name it: its arguments as people read them, and what it does."""

    arguments: str
    says: str
    build: Callable[[str, Arguments], Converter]
    fewest: int = 0
    most: int = 0


def converter(call: str) -> Converter:
    """The converter of a call such as `date(%d-%m-%Y)`; ValueError with a sentence when there is none like it."""
    name, arguments = _parsed(call)
    kind = CONVERTERS.get(name)
    if kind is None:
        raise ValueError(f'there is no converter "{name}".')
    if not kind.fewest <= len(arguments) <= kind.most:
        raise ValueError(f"{name} is written {name}{kind.arguments}.")
    return kind.build(call, arguments)


def _parsed(call: str) -> tuple[str, Arguments]:
    """Name and arguments; an argument with a comma or an outer space stands in quotes."""
    name, bracket, rest = call.strip().partition("(")
    if not bracket:
        return name.strip(), ()
    if not rest.endswith(")"):
        raise ValueError(f"{call} lacks its closing bracket.")
    found, piece, quote, quoted = [], "", "", False
    for character in rest[:-1]:
        if quote:
            quote = "" if character == quote else quote
            piece += character if quote else ""
        elif character in "\"'" and not piece.strip():
            quote, quoted, piece = character, True, ""
        elif character == ",":
            found.append(piece if quoted else piece.strip())
            piece, quoted = "", False
        elif not (quoted and character == " "):
            piece += character
    if quote:
        raise ValueError(f"{call} lacks a closing quote.")
    found.append(piece if quoted else piece.strip())
    return name.strip(), () if found == [""] and not quoted else tuple(found)


def _on_text(change: Callable[[str], str]) -> Apply:
    """A change of text, on each text when there is a list; what says nothing stays so."""

    def one(value: Any) -> str | None:
        text = text_of(value)
        return bounded(change(text)) if text else None

    return lambda value, _: [one(item) for item in elements(value)] if isinstance(value, list | tuple) else one(value)


def _text(change: Callable[[str], str], undo: Callable[[str], str] | None = None) -> Callable[..., Converter]:
    back: Undo | None = None if undo is None else lambda text, _: undo(text)
    return lambda call, _: Converter(call, _on_text(change), back)


def _text_with(build: Callable[..., Callable[[str], str]]) -> Callable[[str, Arguments], Converter]:
    return lambda call, arguments: Converter(call, _on_text(build(*arguments)))


def _same(text: str) -> str:
    return text


def _number(argument: str, most: int = 100) -> int:
    if not (argument.isascii() and argument.isdigit() and int(argument) <= most):
        raise ValueError(f'"{argument}" must be a whole number up to {most}.')
    return int(argument)


def _date(call: str, arguments: Arguments) -> Converter:
    """date(fmt): date cells of spreadsheets pass as they are."""
    written = date_format(arguments[0])

    def apply(value: Any, _: MapContext) -> Any:
        if isinstance(value, date):
            return read_day(value)
        text = text_of(value)
        return written.read(text).date() if text else None

    return Converter(call, apply, lambda text, _: written.write(datetime.fromisoformat(text)))


def _moment(call: str, arguments: Arguments) -> Converter:
    """datetime(fmt[, zone]): the zone, else the connection's, for a moment written without one."""
    written = date_format(arguments[0])
    zone = _zone(arguments[1]) if len(arguments) > 1 else None

    def apply(value: Any, context: MapContext) -> Any:
        if not isinstance(value, datetime):
            text = text_of(value)
            if not text:
                return None
            value = written.read(text)
        return value if value.tzinfo else value.replace(tzinfo=zone or context.time_zone)

    def undo(text: str, context: MapContext) -> str:
        return written.write(datetime.fromisoformat(text).astimezone(zone or context.time_zone))

    return Converter(call, apply, undo)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, LookupError) as fault:
        raise ValueError(f'"{name}" is no known time zone.') from fault


def _decimal(call: str, arguments: Arguments) -> Converter:
    """decimal(sign[, thousands])"""
    signs = [_SIGNS.get(argument, "") for argument in arguments]
    if signs[0] not in (",", ".") or "" in signs or len(set(signs)) < len(signs):
        raise ValueError("decimal is written decimal(comma) or decimal(point), with another thousands sign after it.")
    thousands = signs[1] if len(signs) > 1 else None

    def apply(value: Any, _: MapContext) -> Any:
        return None if is_empty(value) else read_amount(value, decimal=signs[0], thousands=thousands)

    return Converter(call, apply, lambda text, _: write_amount(text, decimal=signs[0]))


def _cents(call: str, _: Arguments) -> Converter:
    def apply(value: Any, _: MapContext) -> Any:
        if is_empty(value):
            return None
        amount = read_amount(value, decimal=".")
        if amount != amount.to_integral_value():
            raise BadCell(Code.BAD_AMOUNT, "cents are whole numbers")
        return amount / 100

    return Converter(call, apply, lambda text, _: format((Decimal(text) * 100).to_integral_value(), "f"))


def _on_amount(change: Callable[[Decimal], Decimal], undo: Undo | None = None) -> Callable[..., Converter]:
    def apply(value: Any, context: MapContext) -> Any:
        return None if is_empty(value) else change(read_amount(value, decimal=context.decimal))

    return lambda call, _: Converter(call, apply, undo)


def _round(call: str, arguments: Arguments) -> Converter:
    quantum = Decimal(1).scaleb(-_number(arguments[0], 6))
    built: Converter = _on_amount(lambda amount: amount.quantize(quantum, rounding=ROUND_HALF_UP))(call, ())
    return built


def _boolean(call: str, arguments: Arguments) -> Converter:
    """boolean[(word, …)]: the words, or the usual ones for yes, are true; the usual ones for no are false."""
    yes = frozenset(argument.casefold() for argument in arguments) or YES

    def change(text: str) -> str:
        word = text.casefold()
        if word in yes:
            return "true"
        if word in NO:
            return "false"
        raise BadCell(Code.BAD_VALUE, "neither yes nor no")

    return Converter(call, _on_text(change))


def _split(call: str, arguments: Arguments) -> Converter:
    mark = arguments[0]
    if not mark:
        raise ValueError("split needs a text to split at.")

    def apply(value: Any, _: MapContext) -> Any:
        text = text_of(value)
        return [piece.strip() for piece in text.split(mark) if piece.strip()] if text else None

    return Converter(call, apply)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _first(call: str, _: Arguments) -> Converter:
    return Converter(call, lambda value, _: next((one for one in _listed(value) if not is_empty(one)), None))


def _item(call: str, arguments: Arguments) -> Converter:
    place = _number(arguments[0])
    if not place:
        raise ValueError("the first item is item(1).")
    return Converter(call, lambda value, _: (_listed(value)[place - 1 : place] or [None])[0])


def _join(call: str, arguments: Arguments) -> Converter:
    mark = arguments[0] if arguments else " "

    def apply(value: Any, _: MapContext) -> Any:
        if len(_listed(value)) > 100:
            raise BadCell(Code.TOO_LONG, "more than 100 texts to join")
        return bounded(mark.join(text for text in map(text_of, _listed(value)) if text)) or None

    return Converter(call, apply)


def _iso_date(call: str, _: Arguments) -> Converter:
    return Converter(call, lambda value, _: None if is_empty(value) else read_day(value), lambda text, _: text)


def _serial(value: Any, what: str) -> int:
    found = _SERIAL.fullmatch(text_of(value))
    if found is None:
        raise BadCell(Code.BAD_DATE, f"no {what}")
    return int(found[1])


def _excel_date(call: str, _: Arguments) -> Converter:
    def apply(value: Any, _: MapContext) -> Any:
        if is_empty(value) or isinstance(value, date):
            return None if is_empty(value) else read_day(value)
        return excel_day(_serial(value, "serial number of a spreadsheet's day"))

    return Converter(call, apply)


def _epoch(call: str, arguments: Arguments) -> Converter:
    if arguments not in ((), ("s",), ("ms",)):
        raise ValueError("epoch is written epoch, epoch(s) or epoch(ms).")
    divisor = 1000 if arguments == ("ms",) else 1

    def apply(value: Any, _: MapContext) -> Any:
        return None if is_empty(value) else epoch_moment(_serial(value, "Unix time") // divisor)

    return Converter(call, apply)


def _nullif(call: str, arguments: Arguments) -> Converter:
    """nullif(text, …): these texts, in any case, say nothing."""
    nothing = frozenset(text.casefold() for text in arguments)

    def one(value: Any) -> Any:
        return None if text_of(value).casefold() in nothing else value

    def apply(value: Any, _: MapContext) -> Any:
        return [one(item) for item in elements(value)] if isinstance(value, list | tuple) else one(value)

    return Converter(call, apply, lambda text, _: text)


def _pad_left(width: str, fill: str = "0") -> Callable[[str], str]:
    if len(fill) != 1:
        raise ValueError("pad_left fills with one character.")
    size = _number(width)
    return lambda text: text.rjust(size, fill)


def _replace(old: str, new: str) -> Callable[[str], str]:
    if not old:
        raise ValueError("replace needs a text to replace.")
    return lambda text: text.replace(old, new)


def _prefix(before: str) -> Callable[[str], str]:
    return lambda text: before + text


def _suffix(behind: str) -> Callable[[str], str]:
    return lambda text: text + behind


def _strip_left(characters: str) -> Callable[[str], str]:
    return lambda text: text.lstrip(characters)


def _before(mark: str) -> Callable[[str], str]:
    return lambda text: text.split(mark, 1)[0].rstrip() if mark else text


def _after(mark: str) -> Callable[[str], str]:
    return lambda text: (text.split(mark, 1)[1:] or [""])[0].lstrip() if mark else text


def _left(count: str) -> Callable[[str], str]:
    size = _number(count)
    return lambda text: text[:size]


def _right(count: str) -> Callable[[str], str]:
    size = _number(count)
    return lambda text: text[-size:] if size else ""


def _negated(text: str, context: MapContext) -> str:
    return write_amount(format(-Decimal(text) + 0, "f"), decimal=context.decimal)


CONVERTERS: dict[str, Kind] = {
    "trim": Kind("", "drops outer spaces and invisible characters", _text(_same, _same)),
    "upper": Kind("", "capital letters", _text(str.upper)),
    "lower": Kind("", "small letters", _text(str.lower)),
    "digits": Kind("", "keeps only the digits 0 to 9", _text(lambda t: "".join(c for c in t if "0" <= c <= "9"))),
    "replace": Kind("(old, new)", "replaces every occurrence", _text_with(_replace), 2, 2),
    "prefix": Kind("(text)", "puts a text before a cell that says something", _text_with(_prefix), 1, 1),
    "suffix": Kind("(text)", "puts a text behind a cell that says something", _text_with(_suffix), 1, 1),
    "pad_left": Kind("(width, character)", "fills from the left, with 0 unless told", _text_with(_pad_left), 1, 2),
    "strip_left": Kind("(characters)", "drops these characters from the left", _text_with(_strip_left), 1, 1),
    "left": Kind("(count)", "the first characters", _text_with(_left), 1, 1),
    "right": Kind("(count)", "the last characters", _text_with(_right), 1, 1),
    "before": Kind("(text)", "what stands before the first such text, or all", _text_with(_before), 1, 1),
    "after": Kind("(text)", "what stands after the first such text, or nothing", _text_with(_after), 1, 1),
    "split": Kind("(text)", "a list of the pieces", _split, 1, 1),
    "first": Kind("", "the first of a list that says something", _first),
    "item": Kind("(number)", "one of a list, from 1", _item, 1, 1),
    "join": Kind("(text)", "one text of a list, with a space between unless told", _join, 0, 1),
    "nullif": Kind("(text, …)", "these texts, in any case, say nothing", _nullif, 1, 50),
    "boolean": Kind("(word, …)", "these words are true (si, yes, 1, x unless told); no, n, 0 false", _boolean, 0, 50),
    "date": Kind("(format)", "a date in a declared format", _date, 1, 1),
    "datetime": Kind("(format, zone)", "a moment in a declared format and zone", _moment, 1, 2),
    "iso_date": Kind("", "the day of an ISO moment, as written", _iso_date),
    "excel_date": Kind("", "the day of a spreadsheet's serial number", _excel_date),
    "epoch": Kind("(s or ms)", "the moment of a Unix time, in seconds unless told", _epoch, 0, 1),
    "decimal": Kind("(sign, thousands)", "an amount with comma or point as decimal sign", _decimal, 1, 2),
    "cents": Kind("", "an amount written in hundredths", _cents),
    "round": Kind("(decimals)", "rounds an amount, halves away from zero", _round, 1, 1),
    "negate": Kind("", "an amount with the other sign", _on_amount(lambda amount: -amount, _negated)),
    "absolute": Kind("", "an amount without its sign", _on_amount(abs)),
}  # fmt: skip
