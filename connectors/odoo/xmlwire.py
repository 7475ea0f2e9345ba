"""XML-RPC as bytes: what is sent, and answers read without trusting them. No network, no vendor knowledge.

The standard library's marshaller and parser do the work. Two things are added: a document type, and with it every
entity and every outside address, is refused before it is looked at; and a number with a point comes out as the exact
decimal that was written, never as a binary float.
"""

from __future__ import annotations

import xmlrpc.client
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any, Final, NoReturn
from xml.parsers.expat import ExpatError

from connectors.exact_json import Number

_DEEPEST: Final = 64  # lists in lists: answers of real systems have four
_LARGEST_EXPONENT: Final = 400


class NotXmlRpc(ValueError):
    """The bytes are no answer of XML-RPC, or one that is not to be trusted."""


class Fault(Exception):
    """The answer is a fault; `code` and `text` are the server's."""

    def __init__(self, code: Any, text: str) -> None:
        super().__init__(text)
        self.code = code
        self.text = text


def request(method: str, parameters: tuple[Any, ...]) -> bytes:
    """The call as bytes; amounts go out as <double> with the digits they have."""
    inside = _Marshaller("utf-8", allow_none=True).dumps(parameters)
    return f"<?xml version='1.0'?><methodCall><methodName>{method}</methodName>{inside}</methodCall>".encode()


def answer(raw: bytes) -> Any:
    """The value answered. Raises Fault, or NotXmlRpc for anything else."""
    target = _Unmarshaller(use_builtin_types=True)
    parser = _Parser(target)
    try:
        parser.feed(raw)
        parser.close()
        found: Any = target.close()
    except xmlrpc.client.Fault as fault:
        raise Fault(fault.faultCode, str(fault.faultString)) from fault
    except NotXmlRpc:
        raise
    except (xmlrpc.client.Error, ValueError, TypeError, IndexError, KeyError, AttributeError, ArithmeticError) as fault:
        raise NotXmlRpc("no XML-RPC") from fault
    except ExpatError as fault:
        raise NotXmlRpc("no XML") from fault
    if not isinstance(found, tuple) or len(found) != 1:
        raise NotXmlRpc("an answer without a value")
    return found[0]


class _Parser(xmlrpc.client.ExpatParser):
    """The standard parser, deaf to document types."""

    def __init__(self, target: Any) -> None:
        super().__init__(target)
        expat: Any = vars(self)["_parser"]
        expat.StartDoctypeDeclHandler = _no_doctype
        expat.EntityDeclHandler = _no_doctype
        expat.UnparsedEntityDeclHandler = _no_doctype
        expat.ExternalEntityRefHandler = _no_doctype


def _no_doctype(*_: Any) -> NoReturn:
    raise NotXmlRpc("it has a document type, which no XML-RPC answer has")


class _Unmarshaller(xmlrpc.client.Unmarshaller):
    """The standard unmarshaller with exact decimals and a bounded depth."""

    dispatch: dict[str, Callable[..., None]] = dict(xmlrpc.client.Unmarshaller.dispatch)  # noqa: RUF012
    depth = 0

    def start(self, tag: str, attrs: Any) -> None:
        """One element begins."""
        self.depth += tag in {"array", "struct"}
        if self.depth > _DEEPEST:
            raise NotXmlRpc("it is nested too deeply")
        super().start(tag, attrs)

    def end(self, tag: str) -> None:
        """One element ends."""
        self.depth -= tag in {"array", "struct"}
        super().end(tag)

    def end_exact(self, text: str) -> None:
        """A number with a point."""
        try:
            number = Decimal(text.strip())
        except InvalidOperation as fault:
            raise NotXmlRpc("a number that is none") from fault
        if not number.is_finite() or abs(number.adjusted()) > _LARGEST_EXPONENT:
            raise NotXmlRpc("a number out of range")
        self.append(number)
        vars(self)["_value"] = 0

    dispatch["double"] = end_exact
    dispatch["float"] = end_exact
    dispatch["bigdecimal"] = end_exact


class _Marshaller(xmlrpc.client.Marshaller):
    """The standard marshaller, which takes exact amounts too."""

    dispatch: dict[Any, Callable[..., None]] = dict(xmlrpc.client.Marshaller.dispatch)  # noqa: RUF012

    def dump_number(self, value: Number, write: Callable[[str], object]) -> None:
        """An exact amount."""
        write(f"<value><double>{value.amount:f}</double></value>\n")

    dispatch[Number] = dump_number
