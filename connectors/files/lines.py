"""Bytes to physical lines of bounded size, and lines to text in the declared encoding. Knows no columns."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from concilia.errors import ConfigurationInvalid

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_ONE_BYTE = frozenset({"cp1252", "latin-1"})
# every character of more than one byte ends in one of 0x80 to 0xBF: deleting the others is the cheapest first look
_NO_CONTINUATION = bytes(byte for byte in range(256) if not 0x80 <= byte <= 0xBF)
# letters and signs of Spanish and Portuguese as UTF-8 bytes: what a half-converted line is full of
_LATIN_PAIR = re.compile(rb"[\xc2\xc3][\x80-\xbf]")


class Line(NamedTuple):
    """One physical line with its ending; `cut` bytes of it were read and dropped."""

    number: int
    raw: bytes
    cut: int = 0


@dataclass(frozen=True, slots=True)
class Damage:
    """Why a line is no text, and a pattern that finds the damaged place in what was decoded of it."""

    reason: str
    mark: re.Pattern[str]


_NUL = Damage("The line holds a NUL byte.", re.compile("\0"))
_REPLACED = Damage(
    "The line holds the replacement character U+FFFD: a letter was lost before this file was written.",
    re.compile("\ufffd"),
)
_ESCAPED = re.compile("[\ud800-\udfff]")
_BEYOND_ASCII = re.compile("[^\x00-\x7f]")
_MIXED = re.compile("[ÂÃ].", re.DOTALL)


def text_blocks(blocks: Iterable[bytes], *, encoding: str, name: str) -> Iterator[bytes]:
    """The file without its byte-order mark, UTF-16 turned into UTF-8 so that lines split the same way.

    Raises ConfigurationInvalid when the mark at the start contradicts the declared encoding.
    """
    source = iter(blocks)
    first = next(source, b"")
    if first.startswith(b"PK\x03\x04"):
        raise ConfigurationInvalid(
            f"{name} is an Excel workbook or a ZIP file, not text.", mend="Name it .xlsx, or export it as CSV."
        )
    found = next(((mark, meant) for mark, meant in _MARKS if first.startswith(mark)), None)
    if first and (found[1] if found else None) != encoding and (found or encoding == "utf-16"):
        says = f"starts with the byte-order mark of {found[1]}" if found else "has no byte-order mark"
        mend = f"Declare encoding: {found[1]}" if found else "Export it with the mark, or declare its real encoding"
        raise ConfigurationInvalid(f"{name} is declared as {encoding}, but {says}.", mend=f"{mend}.")
    first = first[len(found[0]) :] if found else first
    whole = _chained(first, source)
    if found and encoding == "utf-16":
        return _as_utf8(whole, codec="utf-16-le" if found[0] == codecs.BOM_UTF16_LE else "utf-16-be")
    return whole


def _chained(first: bytes, others: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from others


def _as_utf8(blocks: Iterable[bytes], *, codec: str) -> Iterator[bytes]:
    decoder = codecs.getincrementaldecoder(codec)("surrogatepass")
    for block in blocks:
        yield decoder.decode(block).encode("utf-8", "surrogatepass")
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        yield b"\xff"  # half a character at the end: makes the last line undecodable, as it is


def physical_lines(blocks: Iterable[bytes], *, longest: int) -> Iterator[Line]:
    """Lines ended by LF, CRLF or CR, numbered from 1; of a longer one only `longest` bytes are kept."""
    number, rest, cut = 0, b"", 0
    for block in blocks:
        pieces = (rest + block).splitlines(keepends=True)
        if not pieces:
            continue
        rest = pieces.pop()
        if rest.endswith(b"\n"):  # a CR alone may be the first half of CRLF
            pieces.append(rest)
            rest = b""
        if pieces and cut:
            number += 1
            first = pieces[0]
            yield Line(number, first[:longest], cut + max(0, len(first) - longest))
            cut = 0
            del pieces[0]
        for piece in pieces:
            number += 1
            yield Line(number, piece) if len(piece) <= longest else Line(number, piece[:longest], len(piece) - longest)
        if len(rest) > longest:
            ending = b"\r" if rest.endswith(b"\r") else b""
            cut += len(rest) - longest
            rest = rest[:longest] + ending
    if rest:
        yield Line(number + 1, rest[:longest], cut)


def decoded(line: Line, *, encoding: str) -> tuple[str, Damage | None]:
    """The line as text without its ending, and what is wrong with it; damaged text is a best effort."""
    raw, codec = line.raw, "utf-8" if encoding == "utf-16" else encoding
    if b"\0" in raw:
        return raw.decode(codec, "surrogateescape").rstrip("\r\n"), _NUL
    if raw.isascii():
        return raw.decode("ascii").rstrip("\r\n"), None
    if codec in _ONE_BYTE and raw.translate(None, _NO_CONTINUATION):
        judged = _judged_utf8(raw, encoding=encoding)
        if judged is not None:
            return judged
    try:
        text = raw.decode(codec).rstrip("\r\n")
    except UnicodeDecodeError as fault:
        text = raw.decode(codec, "surrogateescape").rstrip("\r\n")
        if line.cut:  # the cut itself may have halved a character
            return text, None
        reason = f"The line is not {encoding}: byte 0x{raw[fault.start]:02X} has no meaning there."
        return text, Damage(reason, _ESCAPED)
    return text, _REPLACED if "\ufffd" in text else None


def _judged_utf8(raw: bytes, *, encoding: str) -> tuple[str, Damage] | None:
    try:
        text = raw.decode("utf-8").rstrip("\r\n")
    except UnicodeDecodeError:
        if _LATIN_PAIR.search(raw) is None:
            return None
        reason = f"A part of the line is UTF-8 in a file declared as {encoding}."
        return raw.decode(encoding, "surrogateescape").rstrip("\r\n"), Damage(reason, _MIXED)
    return text, Damage(f"The line is UTF-8 in a file declared as {encoding}.", _BEYOND_ASCII)


def printable(text: str) -> str:
    """Text that can be stored anywhere: NUL and undecodable bytes made visible."""
    if text.isascii() and "\0" not in text:
        return text
    return _ESCAPED.sub("\ufffd", text).replace("\0", "\u2400")
