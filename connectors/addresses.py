"""Which addresses may be called: https anywhere, plain http on this machine only, and no other host than the base's."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

from concilia.errors import ConfigurationInvalid

_ADDRESS = re.compile(r"[\x21-\x7e]+")
_PORTS = {"http": 80, "https": 443}


def checked_address(url: str, *, system: str, setting: str = "url") -> SplitResult:
    """The parts of a base address; ConfigurationInvalid when it is none, or plain http to another machine."""
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises when it is no port
    except ValueError as fault:
        raise no_address(system, setting=setting) from fault
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise ConfigurationInvalid(
            f"The {setting} of {system} holds more than an address.",
            mend="Write it as https://host[:port]/path, and credentials in their own settings.",
        )
    if parts.scheme not in {"http", "https"} or not parts.hostname or not _ADDRESS.fullmatch(url):
        raise ConfigurationInvalid(
            f"The {setting} of {system} is no web address: {url!r}.", mend="Write it as https://host[:port]/path."
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ConfigurationInvalid(
            f"The {setting} of {system} is plain http, which is allowed on this machine only.", mend="Use https."
        )
    return parts


def no_address(system: str, *, setting: str = "url") -> ConfigurationInvalid:
    """The error for a text that is no address at all; the text is not shown, as it may hold a password."""
    return ConfigurationInvalid(
        f"The {setting} of {system} is no web address.", mend="Write it as https://host[:port]/path."
    )


def is_absolute(target: str) -> bool:
    """Whether the text names a host by itself."""
    return target[:8].lower().startswith(("http://", "https://"))


def same_origin(left: str, right: str) -> bool:
    """Whether both addresses are the same scheme, host and port."""
    try:
        return _origin(left) == _origin(right)
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _origin(url: str) -> tuple[str, str, int | None]:
    parts = urlsplit(url)
    if parts.username is not None or parts.password is not None:
        raise ValueError("an address with a user is no origin of ours")
    return parts.scheme.lower(), (parts.hostname or "").lower(), parts.port or _PORTS.get(parts.scheme.lower())
