"""Bank statements in SWIFT MT940, with the habits of banks: block headers, several statements, sub-fields of field 86.

The fields are read by the library mt-940; what is ours is telling statements apart, checking that each adds up, and the
two ways in which banks put structure into field 86 (`?20` numbers, `/REMI/` words).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final

from concilia.errors import ConfigurationInvalid, RunMustStop
from concilia.records import BadRow, Record
from connectors.contract import StreamRequest
from connectors.files.bank_entries import CREDIT, DEBIT, Arithmetic, Keys, row_of

LARGEST: Final = 64 * 1024 * 1024  # bytes: the library holds a statement as a whole
_START = re.compile(r"^:20:", re.MULTILINE)
_BLOCK = re.compile(r"^\{[1-3]:.*?\}(?=\{|\s|:)|\{4:|^-\}?\s*$", re.MULTILINE)
_NUMBERED = re.compile(r"\d{0,3}\?\d\d")
_NUMBER = re.compile(r"\?(\d\d)")
_FULL: Final = 27  # characters of a sub-field that goes on in the next one
_WORD = re.compile(r"/([A-Z]{3,5})/")
_WORDS: Final = {
    "REMI": "remittance", "NAME": "debtor_name", "ORDP": "debtor_name", "IBAN": "debtor_account",
    "EREF": "end_to_end_id", "RTRN": "return_reason", "TRCD": "bank_code",
}  # fmt: skip


def mt940_rows(
    blocks: Iterable[bytes], *, name: str, request: StreamRequest, encoding: str
) -> Iterator[Record | BadRow]:
    """The entries of all statements of a file.

    Raises ConfigurationInvalid when it is no MT940 or not in its encoding, RunMustStop when a statement breaks off or
    does not add up.
    """
    text = _text(blocks, name=name, encoding=encoding)
    starts = [match.start() for match in _START.finditer(text)]
    if not starts:
        raise ConfigurationInvalid(f"{name} holds no MT940 statement.", mend="Correct `file` or `format`.")
    keys = Keys()
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(text)], strict=True), start=1):
        yield from _statement(text[start:end], keys, place=f"{name} statement {number}", request=request)


def _text(blocks: Iterable[bytes], *, name: str, encoding: str) -> str:
    raw = bytearray()
    for block in blocks:
        raw += block
        if len(raw) > LARGEST:
            raise ConfigurationInvalid(f"{name} has more than 64 MiB.", mend="Ask the bank for smaller files.")
    try:
        text = bytes(raw).decode("utf-8-sig" if encoding == "utf-8" else encoding)
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        raise ConfigurationInvalid(
            f"{name} is not {encoding} in line {line}.", mend="Declare its real encoding, often cp1252."
        ) from fault
    return _BLOCK.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def _statement(text: str, keys: Keys, *, place: str, request: StreamRequest) -> Iterator[Record | BadRow]:
    import mt940

    stated = text.count("\n:61:") + text.startswith(":61:")
    try:
        # field 86 is left as it stands: the library glues accounts and names of numbered sub-fields together
        found = mt940.parse(text, processors={"post_transaction_details": []})
        entries = [dict(one.data) for one in found]
    except Exception as fault:  # the library raises whatever it stumbles over
        raise RunMustStop(f"{place} cannot be read as MT940: {fault}.", mend="Ask the bank for it again.") from fault
    if len(entries) != stated:
        raise RunMustStop(
            f"{place} holds {stated} entries, of which {len(entries)} can be read.", mend="Ask the bank for it again."
        )
    sums = Arithmetic(place, opening=_balance(found.data, "opening"), closing=_balance(found.data, "closing"))
    if sums.closing is None:
        raise RunMustStop(f"{place} has no closing balance: it was cut.", mend="Ask the bank for it again.")
    rows = []
    for number, entry in enumerate(entries, start=1):
        row = _row(entry, found.data)
        sums.add(row["signed_amount"], booked=True)
        row["entry_key"] = keys.of(row)
        rows.append(row_of(row, place=f"{place} entry {number}", request=request))
    sums.check()
    yield from rows


def _balance(said: Mapping[str, Any], which: str) -> Decimal | None:
    found = said.get(f"final_{which}_balance") or said.get(f"intermediate_{which}_balance")
    return None if found is None else Decimal(found.amount.amount)


def _row(entry: Mapping[str, Any], said: Mapping[str, Any]) -> dict[str, Any]:
    mark = str(entry.get("status") or "C").upper()
    size = abs(Decimal(entry["amount"].amount))
    signed = -size if mark in ("D", "RC") else size  # RC takes a credit back, RD a debit
    return {
        "account": said.get("account_identification") or "",
        "statement": said.get("transaction_reference") or "",
        "amount": size,
        "signed_amount": signed,
        "direction": DEBIT if signed < 0 else CREDIT,
        "currency": entry.get("currency") or "",
        "status": "BOOK",
        "returned": mark.startswith("R"),
        "booking_date": _plain(entry.get("entry_date")),
        "value_date": _plain(entry.get("date")),
        "bank_reference": entry.get("bank_reference") or "",
        "customer_reference": _given(entry.get("customer_reference")),
        "bank_code": entry.get("id") or "",
        **_field_86(entry),
    }


def _field_86(entry: Mapping[str, Any]) -> dict[str, Any]:
    free = str(entry.get("transaction_details") or "").replace("\n", "")
    if _NUMBERED.match(free):
        return _numbered(free)
    if _WORD.search(free) is None:
        return {"remittance": " ".join(str(entry.get("transaction_details") or "").split())}
    pieces = _WORD.split(free)
    found: dict[str, Any] = {}
    for word, value in zip(pieces[1::2], pieces[2::2], strict=True):
        member = _WORDS.get(word)
        if member and value.strip():
            found.setdefault(member, value.strip().strip("/"))
    return {"remittance": free, **found, **({"returned": True} if "return_reason" in found else {})}


def _numbered(free: str) -> dict[str, Any]:
    """The sub-fields `?20` and so on: 20 to 29 and 60 to 63 say what it is for, 31 the account, 32 and 33 the name."""
    pieces = _NUMBER.split(free)
    parts = {number: value for number, value in zip(pieces[1::2], pieces[2::2], strict=True) if value.strip()}
    told = [parts[number] for number in sorted(parts) if number[0] == "2" or number in ("60", "61", "62", "63")]
    text = "".join(one if len(one) == _FULL else f"{one} " for one in told)
    return {
        "remittance": text.strip(),
        "debtor_name": (parts.get("32", "") + parts.get("33", "")).strip(),
        "debtor_account": parts.get("31", "").strip(),
        "return_reason": parts.get("34", "").strip(),
        **({"returned": True} if parts.get("34", "").strip() else {}),
    }


def _given(text: Any) -> str:
    return "" if str(text or "").upper() in ("NONREF", "NOREF") else str(text or "")


def _plain(found: Any) -> date | None:
    return None if found is None else date(found.year, found.month, found.day)
