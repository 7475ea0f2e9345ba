"""SOAP over the one HTTP client: zeep behind a guarded transport, local WSDLs, faults as values. No vendor knowledge.

zeep never opens a socket and never reads a file of its own choice here: documents come from the folder of the WSDL, and
envelopes leave through RestClient, with its limits, its budget and its errors. Document types and entities are refused
wherever XML is read.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from lxml import etree
from zeep import Client, Settings, exceptions
from zeep.helpers import serialize_object
from zeep.wsa import WsAddressingPlugin
from zeep.wsdl.utils import etree_to_string
from zeep.wsse.username import UsernameToken as ZeepToken

from concilia.errors import ConciliaError, ConfigurationInvalid, OutcomeUnknown, RecordRejected, RunMustStop
from concilia.vault import Secret
from connectors.rest import Raw, Response, RestClient

logging.getLogger("zeep").setLevel(logging.WARNING)  # it writes whole envelopes, with passwords in them, at DEBUG

LARGEST_DOCUMENT: Final = 16 * 1024 * 1024
_FAULTS: Final = frozenset({400, 500})  # statuses under which SOAP 1.2 and 1.1 send a Fault
_GUARDED: Final = {
    "strict": True, "xml_huge_tree": False, "forbid_dtd": True, "forbid_entities": True, "forbid_external": True,
}  # fmt: skip
_FORBIDDEN: Final = (exceptions.DTDForbidden, exceptions.EntitiesForbidden, exceptions.ExternalReferenceForbidden)


@dataclass(frozen=True, slots=True)
class UsernameToken:
    """WS-Security, UsernameToken Profile 1.1: the password in the envelope, as text or as a digest with a nonce."""

    username: str
    password: Secret
    digest: bool = False


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Which service and port of the WSDL are called; empty: its first. `headers` are SOAP headers by name."""

    service: str = ""
    port: str = ""
    security: UsernameToken | None = None
    addressing: bool = False  # WS-Addressing headers
    headers: Mapping[str, Any] = field(default_factory=dict)
    strict: bool = True  # False: answers may leave out or reorder what the WSDL demands


@dataclass(frozen=True, slots=True)
class SoapResult:
    """The operation ran and answered this: plain values, amounts as Decimal, moments as they were sent."""

    value: Any


@dataclass(frozen=True, slots=True)
class SoapFault:
    """The operation was refused, or failed inside the server. `detail` is plain too."""

    code: str
    message: str
    detail: Any = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """What an operation takes or answers: name, XML type, whether it may be left out, whether it repeats."""

    name: str
    type: str
    optional: bool = False
    many: bool = False


class SoapClient:
    """Calls the operations of one WSDL at the address of its RestClient, whatever address the WSDL names."""

    def __init__(self, wsdl: Path, *, rest: RestClient, system: str, endpoint: Endpoint | None = None) -> None:
        self._system = system
        self._endpoint = endpoint or Endpoint()
        self._transport = _Transport(wsdl.parent, rest)
        self._client = self._loaded(wsdl)
        self._service = self._bound()

    def operations(self) -> Mapping[str, Sequence[Parameter]]:
        """The operations of the port with what they take, in order of name."""
        found = self._service._binding._operations  # noqa: SLF001  zeep offers no list of them
        return {name: _parameters(found[name].input.body) for name in sorted(found)}

    def call(self, operation: str, body: Mapping[str, Any], *, idempotent: bool) -> SoapResult | SoapFault:
        """Make one call; repeated on temporary faults only when `idempotent`.

        Raises what RestClient.call raises; RecordRejected when the body does not fit the WSDL, before anything is
        sent; and for an answer that cannot be read RunMustStop, or OutcomeUnknown when it may have taken effect.
        """
        if operation not in self._service._binding._operations:  # noqa: SLF001
            known = ", ".join(self.operations())
            raise ConfigurationInvalid(f"{self._system} has no operation {operation}.", mend=f"It has: {known}.")
        self._transport.idempotent = idempotent
        headers = {"_soapheaders": dict(self._endpoint.headers)} if self._endpoint.headers else {}
        try:
            value = plain(getattr(self._service, operation)(**body, **headers))
            if not value and value is not False:
                self._check_expected(operation, idempotent=idempotent)
            return SoapResult(value)
        except exceptions.Fault as fault:
            return SoapFault(_fault_code(fault), str(fault.message or ""), plain(fault.detail))
        except (exceptions.ValidationError, exceptions.LookupError, TypeError, ValueError) as fault:
            raise self._does_not_fit(operation, fault) from fault
        except (exceptions.Error, etree.LxmlError) as fault:
            # `from None`: the library's own error holds the whole answer, with people in it
            raise self._unreadable(operation, fault, idempotent=idempotent) from fault

    def _check_expected(self, operation: str, *, idempotent: bool) -> None:
        """zeep answers nothing for the message of another operation, as it does for an empty one of this."""
        output = self._service._binding._operations[operation].output  # noqa: SLF001
        wanted = getattr(getattr(output, "body", None), "qname", None)
        if wanted is not None and wanted.localname.encode() not in self._transport.answered:
            raise self._unreadable(operation, ValueError(), idempotent=idempotent)

    def _loaded(self, wsdl: Path) -> Client:
        security = self._endpoint.security
        token = (
            ZeepToken(security.username, security.password.reveal(), use_digest=security.digest) if security else None
        )
        plugins = [WsAddressingPlugin()] if self._endpoint.addressing else []
        lenient = {} if self._endpoint.strict else {"strict": False, "xsd_ignore_sequence_order": True}
        settings = Settings(**{**_GUARDED, **lenient})
        try:
            return Client(
                str(wsdl.resolve()), transport=self._transport, settings=settings, wsse=token, plugins=plugins
            )
        except OSError as fault:
            raise ConfigurationInvalid(
                f"The WSDL of {self._system} cannot be read: {fault.strerror or fault}.",
                mend="Keep it with all it imports in one folder of the workspace.",
            ) from fault
        except _FORBIDDEN as fault:
            raise ConfigurationInvalid(
                f"The WSDL of {self._system} holds {_forbidden(fault)}.",
                mend="Keep what it imports beside it, import it by file name, and remove document types.",
            ) from fault
        except (exceptions.Error, etree.LxmlError, ValueError, KeyError, AttributeError, TypeError) as fault:
            raise ConfigurationInvalid(
                f"The WSDL of {self._system} cannot be understood ({type(fault).__name__}: {fault}).",
                mend="Compare it with what the system publishes at its address with ?wsdl.",
            ) from fault

    def _bound(self) -> Any:
        wanted = self._endpoint
        try:
            bound = self._client.bind(wanted.service or None, wanted.port or None)
        except (ValueError, exceptions.Error) as fault:
            raise self._no_port() from fault
        if bound is None or not hasattr(bound, "_binding"):
            raise self._no_port()
        bound._binding_options["address"] = ""  # noqa: SLF001  ours is the RestClient's
        return bound

    def _no_port(self) -> ConfigurationInvalid:
        services = self._client.wsdl.services
        known = ", ".join(f"{name}/{port}" for name in services for port in services[name].ports)
        return ConfigurationInvalid(
            f"The WSDL of {self._system} has no such service and port.", mend=f"It has: {known or 'none'}."
        )

    def _does_not_fit(self, operation: str, fault: Exception) -> RecordRejected:
        path = ".".join(getattr(fault, "path", ()) or ())
        at = f" at {path}" if path else ""
        return RecordRejected(f"What should be sent to {operation} does not fit the WSDL{at}: {fault}")

    def _unreadable(self, operation: str, fault: Exception, *, idempotent: bool) -> ConciliaError:
        what = f"{self._system} answered {operation} with {_forbidden(fault)}"
        if not idempotent:
            return OutcomeUnknown(f"{what}, so it is unknown whether it took effect.")
        return RunMustStop(f"{what}.", mend="Check the address; something else may be answering there.")


class _Transport:
    """What zeep takes for its network and its files. It knows one folder and one address."""

    def __init__(self, folder: Path, rest: RestClient) -> None:
        self._folder = folder.resolve()
        self._rest = rest.using(judge=_faults_are_answers)
        self.idempotent = False
        self.answered = b""  # the last answer, to tell an empty message from another one

    def load(self, url: str) -> bytes:
        """A document of the WSDL's folder; everything else is refused."""
        parts = urlsplit(url)
        if parts.scheme not in ("", "file"):
            raise exceptions.ExternalReferenceForbidden(url)
        path = Path(unquote(parts.path)).resolve()
        if not path.is_relative_to(self._folder):
            raise exceptions.ExternalReferenceForbidden(path.name)
        if path.stat().st_size > LARGEST_DOCUMENT:
            raise ValueError(f"{path.name} has more than 16 MiB")
        return path.read_bytes()

    def post_xml(self, _address: str, envelope: Any, headers: Mapping[str, str]) -> _Answer:
        """Send an envelope."""
        given = {name: value for name, value in headers.items() if name.lower() != "content-type"}
        kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "text/xml")
        sent = Raw(etree_to_string(envelope), kind)
        answer = self._rest.call("POST", "", body=sent, headers=given, idempotent=self.idempotent)
        if answer.status >= 400 and _faults_are_answers(answer) is None:
            raise RunMustStop(
                f"{answer.url} answered {answer.status} without a SOAP fault.",
                mend="Check the setting `url`: it is the whole address of the service.",
            )
        self.answered = answer.body
        return _Answer(answer)


class _Answer:
    """An answer as zeep reads it."""

    encoding = "utf-8"

    def __init__(self, answer: Response) -> None:
        self.status_code = answer.status
        self.content = answer.body
        self.headers = {"Content-Type": answer.headers.get("content-type", "text/xml")}


def _faults_are_answers(answer: Response) -> Response | None:
    """A Fault comes under status 500 (SOAP 1.1) or 400 (1.2); it is the operation's answer, not the network's."""
    is_xml = "xml" in answer.headers.get("content-type", "")
    return answer if answer.status in _FAULTS and is_xml and b"Fault" in answer.body else None


def plain(value: Any) -> Any:
    """Values as connectors hand them on: dict, list, str, int, bool, Decimal, moments, None; elements by local name."""
    found: Any = value
    match value:
        case None | bool() | int() | str() | Decimal() | datetime() | date() | time():
            pass
        case float():
            found = Decimal(repr(value))
        case bytes():
            found = value.decode("utf-8", "replace")
        case list() | tuple():
            found = [plain(one) for one in value]
        case Mapping():
            found = {str(name): plain(one) for name, one in value.items()}
        case etree._Element():  # noqa: SLF001  lxml has no public name for it
            found = _element(value)
        case _:
            opened = serialize_object(value, dict)
            found = plain(opened) if isinstance(opened, (dict, list)) else str(value)
    return found


def _element(element: Any) -> Any:
    """An element without a schema (xsd:any, the detail of a Fault): its text, or its children by local name."""
    children = [child for child in element if isinstance(child.tag, str)]
    if not children:
        return (element.text or "").strip() or None
    found: dict[str, Any] = {}
    for child in children:
        name, value = etree.QName(child).localname, _element(child)
        found[name] = (
            [*(found[name] if isinstance(found[name], list) else [found[name]]), value] if name in found else value
        )
    return found


def _parameters(body: Any) -> list[Parameter]:
    elements = getattr(getattr(body, "type", None), "elements", ()) or ()
    return [
        Parameter(
            name=name,
            type=str(getattr(element.type, "name", "") or "any") if hasattr(element, "type") else "any",
            optional=bool(getattr(element, "is_optional", False)),
            many=bool(getattr(element, "accepts_multiple", False)),
        )
        for name, element in elements
    ]


def _fault_code(fault: exceptions.Fault) -> str:
    codes = [*(fault.subcodes or ()), fault.code]
    return next((str(getattr(code, "localname", code)) for code in codes if code), "")


def _forbidden(fault: Exception) -> str:
    match fault:
        case exceptions.DTDForbidden():
            return "a document type, which is never read"
        case exceptions.EntitiesForbidden():
            return "entities, which are never read"
        case exceptions.ExternalReferenceForbidden():
            return "a reference to another place, which is never followed"
        case _:
            return "XML that cannot be read"
