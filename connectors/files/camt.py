"""Bank statements in ISO 20022: camt.052, camt.053 and camt.054 of any version, returns included, by local names.

Sources: the ISO 20022 message definitions BankToCustomerAccountReport, -Statement and -DebitCreditNotification. Read
entry by entry in bounded memory; document types and entities are refused, nothing outside the file is ever opened.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from lxml import etree

from concilia.errors import ConfigurationInvalid, RunMustStop
from concilia.records import BadRow, Record
from connectors.contract import StreamRequest
from connectors.files.bank_entries import CREDIT, DEBIT, Arithmetic, Keys, row_of

STATEMENTS: Final = {"Stmt": "053", "Ntfctn": "054", "Rpt": "052"}
_DIGITS: Final = 18  # of an amount, as ISO 20022 allows them
_WITHIN: Final = frozenset({"Ntry", "Bal", "Acct", "TxsSummry", "Id"})
_OPENING, _CLOSING = ("OPBD", "PRCD"), ("CLBD",)


@dataclass(slots=True)
class _Statement:
    """What was read of the statement that is open."""

    kind: str
    sums: Arithmetic
    id: str = ""
    account: str = ""
    currency: str = ""
    entries: int = 0
    keys: Keys = field(default_factory=Keys)


def camt_rows(blocks: Iterable[bytes], *, name: str, request: StreamRequest) -> Iterator[Record | BadRow]:
    """The entries of a file, one row for each transaction in an entry.

    Raises ConfigurationInvalid when it is no camt, RunMustStop when it breaks off or does not add up.
    """
    open_now: _Statement | None = None
    seen = False
    try:
        for event, element in _events(blocks, name):
            local = etree.QName(element).localname
            if event == "start":
                if local in STATEMENTS and open_now is None:
                    seen, open_now = True, _Statement(STATEMENTS[local], Arithmetic(name))
                continue
            if open_now is None:
                continue
            if local in STATEMENTS:
                open_now.sums.check()
                open_now = None
                element.clear()
            elif local in _WITHIN and _parent(element) in STATEMENTS:
                yield from _taken(open_now, element, local, name=name, request=request)
    except etree.XMLSyntaxError as fault:
        raise RunMustStop(
            f"{name} is no complete XML (line {fault.lineno}).", mend="Ask the bank for it again."
        ) from fault
    if not seen:
        raise ConfigurationInvalid(
            f"{name} holds no statement of camt.052, camt.053 or camt.054.", mend="Correct `file` or `format`."
        )


def _events(blocks: Iterable[bytes], name: str) -> Iterator[tuple[str, Any]]:
    parser = etree.iterparse(
        _Blocks(blocks), events=("start", "end"), resolve_entities=False, load_dtd=False, no_network=True,
        huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    checked = False
    for event, element in parser:
        if not checked:
            checked = True
            if element.getroottree().docinfo.doctype:
                raise ConfigurationInvalid(
                    f"{name} holds a document type, which no bank statement has.", mend="Ask where the file comes from."
                )
        yield event, element


def _taken(
    open_now: _Statement, element: Any, local: str, *, name: str, request: StreamRequest
) -> Iterator[Record | BadRow]:
    match local:
        case "Id":
            open_now.id = _text(element)
        case "Acct":
            open_now.account = _first(element, "Id/IBAN", "Id/Othr/Id")
            open_now.currency = _first(element, "Ccy")
        case "Bal":
            _balance(open_now, element)
        case "TxsSummry":
            _summary(open_now.sums, element)
        case _:
            open_now.entries += 1
            yield from _entry(open_now, element, name=name, request=request)
            _drop(element)


def _drop(entry: Any) -> None:
    """Let go of an entry that was read, and of those before it, so that memory does not grow with the file."""
    entry.clear()
    before = entry.getprevious()
    if before is not None and etree.QName(before).localname == "Ntry":
        entry.getparent().remove(before)


def _balance(open_now: _Statement, element: Any) -> None:
    code = _first(element, "Tp/CdOrPrtry/Cd")
    amount = _signed(element)
    if open_now.kind != "053" or amount is None:
        return
    if code in _OPENING and open_now.sums.opening is None:
        open_now.sums.opening = amount
    elif code in _CLOSING:
        open_now.sums.closing = amount


def _summary(sums: Arithmetic, element: Any) -> None:
    count, total = _first(element, "TtlNtries/NbOfNtries"), _decimal(_first(element, "TtlNtries/Sum"))
    sums.entries = int(count) if count.isdigit() else None
    sums.total = total


def _entry(open_now: _Statement, entry: Any, *, name: str, request: StreamRequest) -> Iterator[Record | BadRow]:
    place = f"{name} statement {open_now.id or 1} entry {open_now.entries}"
    amount, status = _signed(entry), _first(entry, "Sts/Cd", "Sts/Prtry", "Sts")
    common = {
        "account": open_now.account, "statement": open_now.id, "status": status,
        "currency": _attribute(entry, "Amt", "Ccy") or open_now.currency,
        "booking_date": _date(entry, "BookgDt"), "value_date": _date(entry, "ValDt"),
        "bank_reference": _first(entry, "AcctSvcrRef"), "bank_code": _bank_code(entry),
        "returned": _first(entry, "RvslInd") == "true",
    }  # fmt: skip
    if amount is None:
        yield row_of(
            {**common, "amount": None}, place=place, request=request, fault="The entry has no readable amount."
        )
        return
    open_now.sums.add(amount, booked=status in ("BOOK", ""))
    details = [one for group in _all(entry, "NtryDtls") for one in _all(group, "TxDtls")]
    parts = [_part(one, alone=amount if len(details) == 1 else None) for one in details]
    fault = _unequal(entry, amount, parts)
    if fault or not details or any(part["signed_amount"] is None for part in parts):
        whole = {**common, **_amounts(amount), "details": len(details), **_remittance_of(details)}
        whole["entry_key"] = open_now.keys.of(whole)
        yield row_of(whole, place=place, request=request, fault=fault)
        return
    for number, part in enumerate(parts, start=1):
        row = {**common, **{member: value for member, value in part.items() if value not in (None, "", False)}}
        row |= {"details": len(details), "returned": common["returned"] or part["returned"]}
        row["entry_key"] = open_now.keys.of(row)
        yield row_of(row, place=place if len(parts) == 1 else f"{place}.{number}", request=request)


def _part(detail: Any, *, alone: Decimal | None) -> dict[str, Any]:
    """One transaction of an entry; without an amount of its own it has the entry's when it is `alone`."""
    own = _decimal(_first(detail, "Amt", "AmtDtls/TxAmt/Amt"))
    minus = _first(detail, "CdtDbtInd") == "DBIT" or (not _first(detail, "CdtDbtInd") and _entry_is_debit(detail))
    signed = alone if alone is not None else None if own is None else (-own if minus else own)
    return {
        **(_amounts(signed) if signed is not None else {"signed_amount": None}),
        "bank_reference": _first(detail, "Refs/AcctSvcrRef"),
        "end_to_end_id": _provided(_first(detail, "Refs/EndToEndId")),
        "transaction_id": _first(detail, "Refs/TxId", "Refs/UETR", "Refs/InstrId"),
        "customer_reference": _first(detail, "Refs/PmtInfId", "Refs/MsgId"),
        "remittance": " ".join(_text(one) for one in _at(detail, "RmtInf/Ustrd")).strip(),
        "creditor_reference": _first(detail, "RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Strd/RfrdDocInf/Nb"),
        "debtor_name": _first(detail, "RltdPties/Dbtr/Nm", "RltdPties/Dbtr/Pty/Nm"),
        "debtor_account": _first(detail, "RltdPties/DbtrAcct/Id/IBAN", "RltdPties/DbtrAcct/Id/Othr/Id"),
        "debtor_id": _party_id(detail, "Dbtr"),
        "creditor_name": _first(detail, "RltdPties/Cdtr/Nm", "RltdPties/Cdtr/Pty/Nm"),
        "creditor_account": _first(detail, "RltdPties/CdtrAcct/Id/IBAN", "RltdPties/CdtrAcct/Id/Othr/Id"),
        "return_reason": _first(detail, "RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry"),
        "returned": bool(_at(detail, "RtrInf")),
    }  # fmt: skip


def _unequal(entry: Any, amount: Decimal, parts: list[dict[str, Any]]) -> str:
    """Why the transactions of an entry cannot be told apart; charges and other currencies explain a difference."""
    signed = [part["signed_amount"] for part in parts]
    if len(parts) < 2 or any(one is None for one in signed):
        return ""
    explained = (
        _at(entry, "Chrgs") or _at(entry, "NtryDtls/TxDtls/Chrgs") or _at(entry, "NtryDtls/TxDtls/AmtDtls/CntrValAmt")
    )
    total = sum(signed, Decimal(0))
    if total == amount or explained:
        return ""
    return f"Its {len(parts)} transactions add up to {total}, the entry says {amount}."


def _amounts(signed: Decimal) -> dict[str, Any]:
    return {"amount": abs(signed), "signed_amount": signed, "direction": DEBIT if signed < 0 else CREDIT}


def _remittance_of(details: list[Any]) -> dict[str, Any]:
    found = " ".join(_text(one) for detail in details for one in _at(detail, "RmtInf/Ustrd")).strip()
    return {"remittance": found} if found else {}


def _bank_code(entry: Any) -> str:
    domain = [_first(entry, f"BkTxCd/Domn/{path}") for path in ("Cd", "Fmly/Cd", "Fmly/SubFmlyCd")]
    return "/".join(part for part in domain if part) or _first(entry, "BkTxCd/Prtry/Cd")


def _party_id(detail: Any, party: str) -> str:
    base = (f"RltdPties/{party}", f"RltdPties/{party}/Pty")
    return _first(detail, *(f"{one}/Id/{kind}/Othr/Id" for one in base for kind in ("PrvtId", "OrgId")))


def _entry_is_debit(detail: Any) -> bool:
    entry = next((one for one in detail.iterancestors() if etree.QName(one).localname == "Ntry"), None)
    return entry is not None and _first(entry, "CdtDbtInd") == "DBIT"


def _signed(element: Any) -> Decimal | None:
    amount = _decimal(_first(element, "Amt"))
    indicator = _first(element, "CdtDbtInd")
    if amount is None or amount < 0 or indicator not in ("CRDT", "DBIT"):
        return None
    return -amount if indicator == "DBIT" else amount


def _date(entry: Any, of: str) -> date | None:
    text = _first(entry, f"{of}/Dt", f"{of}/DtTm")
    try:
        return datetime.fromisoformat(text).date() if text else None
    except ValueError:
        return None


def _decimal(text: str) -> Decimal | None:
    try:
        found = Decimal(text) if text and "_" not in text else None
    except InvalidOperation:
        return None
    return found if found is not None and found.is_finite() and abs(found.adjusted()) <= _DIGITS else None


def _provided(text: str) -> str:
    return "" if text.upper() in ("NOTPROVIDED", "NONREF") else text


def _first(element: Any, *paths: str) -> str:
    """The text at the first of these paths (local names) that holds some."""
    return next((text for path in paths for one in _at(element, path) if (text := _text(one))), "")


def _attribute(element: Any, path: str, name: str) -> str:
    return next((str(one.get(name) or "") for one in _at(element, path)), "")


def _at(element: Any, path: str) -> list[Any]:
    found = [element]
    for step in path.split("/"):
        found = [child for one in found for child in _all(one, step)]
    return found


def _all(element: Any, local: str) -> list[Any]:
    return [child for child in element if isinstance(child.tag, str) and etree.QName(child).localname == local]


def _text(element: Any) -> str:
    return (element.text or "").strip()


def _parent(element: Any) -> str:
    parent = element.getparent()
    return "" if parent is None else str(etree.QName(parent).localname)


class _Blocks(io.RawIOBase):
    """Blocks of bytes as a file that can be read."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        super().__init__()
        self._blocks = iter(blocks)
        self._rest = b""

    def readable(self) -> bool:
        """It can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer as far as the next block goes."""
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._rest = block
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count
