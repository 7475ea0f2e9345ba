"""Where events may be posted to: https on public addresses, unless the workspace lets a host in. Posts nothing.

A target is judged twice: when it is told, and each time a connection is opened, by the very address it is opened to.
So a name that leads elsewhere later (DNS rebinding) leads nowhere.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

from concilia.errors import RequestInvalid, SystemUnreachable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]

CODE: Final = "subscription-target"
LONGEST: Final = 2000
_MEND: Final = "Give the public https address of the receiver, or let the operator add its host to events.allow_hosts."
_PLAIN = re.compile(r"[!-~]+")
_LABELS = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*")
_NUMERIC = re.compile(r"0[xX][0-9a-fA-F]*|[0-9]+")  # as an old resolver reads the last label of a number

# Refused even where the standard library calls them global: doors of clouds to their own machines, and ways to write
# a private IPv4 address as an IPv6 one that another machine would unpack.
_NEVER: Final = tuple(
    ipaddress.ip_network(text)
    for text in (
        "168.63.129.16/32",  # Azure's own
        "192.0.0.0/24",  # of protocols; Oracle's metadata are at .192
        "192.88.99.0/24",  # relays of 6to4
        "64:ff9b:1::/48",  # NAT64 for local use
        "::/96",  # IPv4-compatible
        "2001::/23",  # of protocols, Teredo among them
        "fec0::/10",  # site-local, given up
    )
)
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")


@dataclass(frozen=True, slots=True)
class Target:
    """A checked address: host in lower case without brackets, its port, and path with query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """As the header `Host` has it."""
        shown = f"[{self.host}]" if ":" in self.host else self.host
        return shown if self.port == (443 if self.scheme == "https" else 80) else f"{shown}:{self.port}"


@dataclass(frozen=True, slots=True)
class Guard:
    """Judges targets. `allowed` are hosts, by name or by address, that the workspace lets in."""

    allowed: frozenset[str] = frozenset()
    resolve: Resolve | None = None  # None: as this machine does

    def checked(self, url: str) -> Target:
        """The target, whose host leads to addresses that may be called now; RequestInvalid says why not."""
        target = parsed(url)
        try:
            self.addresses(target)
        except SystemUnreachable as fault:
            raise _refused(fault.message, fault.mend) from fault
        return target

    def addresses(self, target: Target) -> list[str]:
        """The addresses to connect to, each of them allowed; SystemUnreachable when one is not, or there is none.

        One forbidden address among several is enough: whoever mixes them in means to be connected to it sooner or
        later.
        """
        found = self._resolved(target)
        for text in found:
            if reason := self._objection(target, text):
                where = target.host if target.host == text else f"{target.host} leads to {text}, which"
                raise SystemUnreachable(f"{where} is {reason}: events are not posted there.", mend=_MEND)
        if target.scheme == "http" and not all(_unpacked(ipaddress.ip_address(t)).is_loopback for t in found):
            raise SystemUnreachable("Plain http is for this machine only.", mend="Give an https address.")
        return found

    def _resolved(self, target: Target) -> list[str]:
        try:
            return [str(ipaddress.ip_address(target.host))]
        except ValueError:
            pass
        try:
            found = (self.resolve or _of_this_machine)(target.host, target.port)
            plain = [str(ipaddress.ip_address(text)) for text in found]
        except (OSError, ValueError, UnicodeError) as fault:
            raise SystemUnreachable(f"{target.host} is no known name.", mend="Check how it is written.") from fault
        if not plain:
            raise SystemUnreachable(f"{target.host} has no address.", mend="Check how it is written.")
        return list(dict.fromkeys(plain))

    def _objection(self, target: Target, text: str) -> str:
        """Why this address may not be called; nothing when it may."""
        if text in self.allowed:
            return ""
        address = _unpacked(ipaddress.ip_address(text))
        named = target.host in self.allowed
        return objection(address) if not named else objection(address, within={"loopback", "private"})


def parsed(url: str) -> Target:
    """The parts of an address, read in one way only; RequestInvalid for what two programs could read differently."""
    if not url or len(url) > LONGEST or not _PLAIN.fullmatch(url) or "\\" in url:
        raise _refused("This is no web address.", "Write it as https://host[:port]/path, in ASCII and without blanks.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as fault:
        raise _refused("This is no web address.", "Write it as https://host[:port]/path.") from fault
    if parts.scheme not in ("http", "https"):
        raise _refused("Events are posted to https addresses.", "Begin it with https://")
    if "@" in parts.netloc or "#" in url:
        raise _refused("The address holds a user, a password or a fragment.", "Leave that out: events are signed.")
    if port == 0:
        raise _refused("There is no port 0.", "Leave it out for 443.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, _host_of(parts), port or (443 if parts.scheme == "https" else 80), path)


def objection(address: Address, *, within: Collection[str] = ()) -> str:
    """What kind of address it is when events are not posted to that kind, but for those named in `within`."""
    if address.is_unspecified:
        return "no address of anybody"
    if address.is_loopback:
        return "" if "loopback" in within else "this machine"
    if address.is_link_local or any(address in network for network in _NEVER if network.version == address.version):
        return "link-local or of the machine's own provider"
    if address.is_multicast:
        return "a multicast address"
    if not address.is_global:
        return "" if "private" in within and address.is_private else "private"
    return ""


def _host_of(parts: SplitResult) -> str:
    host = (parts.hostname or "").removesuffix(".")
    if parts.netloc.startswith("["):
        try:
            return str(ipaddress.IPv6Address(host)) if "%" not in host else _no_host()
        except ValueError:
            return _no_host()
    if _NUMERIC.fullmatch(host.rpartition(".")[2]):
        try:
            return str(ipaddress.IPv4Address(host))  # four decimal numbers, nothing else
        except ValueError:
            return _no_host()
    return host if _LABELS.fullmatch(host) and len(host) <= 253 else _no_host()


def _no_host() -> str:
    raise _refused(
        "The host is not written as a name or as a plain address.",
        "Write a name such as hooks.example.com, or four decimal numbers.",
    )


def _unpacked(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, if it stands for one."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _of_this_machine(host: str, port: int) -> list[str]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    return [str(address[0]) for *_, address in found]


def _refused(message: str, mend: str) -> RequestInvalid:
    return RequestInvalid(message, mend=mend, field="url", code=CODE)
