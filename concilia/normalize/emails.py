"""Mail addresses: raw text to address and verdict. No DNS, no sending, no matching.

The domain is kept in lower-case ASCII (punycode for accented domains), the local part as written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from email_validator import EmailNotValidError, validate_email
from rapidfuzz.distance import OSA

from concilia.normalize.email_domains import (
    DISPOSABLE_DOMAINS,
    LARGE_PROVIDERS,
    MISTYPED_DOMAINS,
    MISTYPED_ENDINGS,
    NEIGHBOURS,
    RESERVED_DOMAINS,
    ROLE_LOCALS,
)
from concilia.normalize.folding import clean
from concilia.normalize.placeholders import says_nothing, why_fake_email
from concilia.normalize.verdict import Verdict

LONGEST = 320  # RFC 5321: 64 for the local part, 255 for the domain, and the @
_ADDRESS = re.compile(
    r"(?P<local>[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*)"
    r"@(?P<domain>(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?:[A-Za-z]{2,63}|[Xx][Nn]--[A-Za-z0-9-]{1,59}))"
)
_IN_ANGLES = re.compile(r"<\s*([^<>]*@[^<>]*?)\s*>")
_AROUND_AT = re.compile(r"\s*@\s*")
_SPLIT = re.compile(r"[;,|\s]+|/(?=[^@]*@)")
_EDGES = " \"'.,;:<>()[]"


@dataclass(frozen=True, slots=True)
class Email:
    """A mail address. `suggestion` is what a mistyped one probably meant, never used by itself.

    `match_key` is the address in lower case, empty when it must not match anything.
    """

    value: str
    raw: str
    verdict: Verdict
    reason: str
    suggestion: str = ""
    match_key: str = ""


def normalize_email(raw: str) -> Email:
    """The address behind any notation of it ("Nombre <a@b.cl>", mailto:). Never raises, never asks the network."""
    if len(raw) > 2 * LONGEST:
        return Email("", raw, Verdict.INVALID, f"longer than {LONGEST} characters")
    text = clean(raw)
    if says_nothing(text):
        return Email("", raw, Verdict.EMPTY, "says nothing")
    text = _bare(text)
    match = _ADDRESS.fullmatch(text)
    if match is None:
        return _unusual(text, raw)
    local, domain = match["local"], match["domain"].lower()
    if len(local) > 64 or len(domain) > 253:
        return Email("", raw, Verdict.INVALID, "more than 64 characters before the @ or 253 after it")
    return _judge(local, domain, raw=raw)


def split_emails(raw: str) -> tuple[str, ...]:
    """The addresses typed into one cell, each as written and without the name beside it."""
    text = clean(raw[:8192].replace("\n", ";"))
    if text.count("@") < 2:
        return (text,) if text else ()
    angled = _IN_ANGLES.findall(text)
    rest = _IN_ANGLES.sub(" ", text)
    pieces = [piece.strip(_EDGES) for piece in _SPLIT.split(_AROUND_AT.sub("@", rest))]
    return (*angled, *(piece for piece in pieces if "@" in piece))


def _bare(text: str) -> str:
    if "<" in text:
        angled = _IN_ANGLES.search(text)
        text = angled.group(1) if angled else text
    if text[:7].lower() == "mailto:":
        text = text[7:].partition("?")[0]
    if "@" not in text:
        return text
    text = text.strip(_EDGES)
    return _AROUND_AT.sub("@", text) if " @" in text or "@ " in text else text


def _unusual(text: str, raw: str) -> Email:
    """Addresses outside the plain ASCII shape: accents, missing dots, mistypings that can be told."""
    local, _, domain = text.rpartition("@")
    meant = MISTYPED_DOMAINS.get(domain.lower()) or _right_ending(domain.lower())
    if meant and local and "@" not in local:
        return _mistyped(local, meant, raw=raw)
    if text.isascii() or text.count("@") != 1 or not (local and domain):
        return Email("", raw, Verdict.INVALID, _what_is_wrong(local, domain))
    return _international(text, raw)


def _international(text: str, raw: str) -> Email:
    """An address with letters outside ASCII, before the @ or behind it."""
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=True)
    except EmailNotValidError:
        return Email("", raw, Verdict.INVALID, "characters that no address has")
    ascii_domain = (found.ascii_domain or "").lower()
    if not _ADDRESS.fullmatch(f"a@{ascii_domain}"):
        return Email("", raw, Verdict.INVALID, "a domain that cannot be written in ASCII")
    judged = _judge(found.local_part, ascii_domain, raw=raw)
    if found.local_part.isascii() or judged.verdict is not Verdict.VALID_FORMAT:
        return judged
    return replace(judged, verdict=Verdict.SUSPICIOUS, reason="accents before the @, which few mail systems deliver")


def _what_is_wrong(local: str, domain: str) -> str:
    if "@" in local:
        return "more than one @; load the addresses one by one"
    if not (local and domain):
        return "an address has a name, one @ and a domain"
    if " " in local or " " in domain:
        return "a space inside the address"
    if "." not in domain:
        return "a domain without a dot"
    if ".." in local or ".." in domain or local.startswith(".") or local.endswith(".") or domain.startswith("."):
        return "a dot at the edge, or two together"
    return "characters that no address has"


def _judge(local: str, domain: str, *, raw: str) -> Email:
    lower = local.lower()
    value, key = f"{local}@{domain}", f"{lower}@{domain}"
    fake = why_fake_email(lower, domain)
    if fake:
        return Email(value, raw, Verdict.PLACEHOLDER, fake)
    meant, near = _meant(domain)
    if meant:
        return _mistyped(local, meant, raw=raw)
    if near:
        return Email(value, raw, Verdict.SUSPICIOUS, f"is {near} meant?", f"{local}@{near}", key)
    doubt = _why_doubtful(lower, domain)
    if doubt:
        return Email(value, raw, Verdict.SUSPICIOUS, doubt, "", key)
    return Email(value, raw, Verdict.VALID_FORMAT, "well formed", "", key)


def _why_doubtful(local: str, domain: str) -> str:
    if domain in DISPOSABLE_DOMAINS:
        return f"{domain} gives addresses away for an hour"
    if domain in RESERVED_DOMAINS:
        return f"{domain} is kept for examples and delivers nothing"
    if local in ROLE_LOCALS:
        return "a mailbox of a role, shared by design"
    if not local.isalnum() and local.replace(".", "").replace("-", "").replace("_", "") in ROLE_LOCALS:
        return "a mailbox of a role, shared by design"
    return ""


def _mistyped(local: str, domain: str, *, raw: str) -> Email:
    if not _ADDRESS.fullmatch(f"{local}@{domain}"):
        return Email("", raw, Verdict.INVALID, "characters that no address has")
    fake = why_fake_email(local.lower(), domain)
    if fake:
        return Email(f"{local}@{domain}", raw, Verdict.PLACEHOLDER, fake)
    return Email("", raw, Verdict.INVALID, f"a mistyped domain; is {domain} meant?", f"{local}@{domain}")


@lru_cache(maxsize=4_096)
def _meant(domain: str) -> tuple[str, str]:
    """The domain that a mistyped one surely meant, and the one that it may have meant."""
    meant = MISTYPED_DOMAINS.get(domain) or _right_ending(domain)
    return meant, "" if meant else _near_provider(domain)


def _right_ending(domain: str) -> str:
    rest, _, ending = domain.rpartition(".")
    right = MISTYPED_ENDINGS.get(ending)
    meant = f"{rest}.{right}" if right else ""
    return MISTYPED_DOMAINS.get(meant, meant)


def _near_provider(domain: str) -> str:
    name, _, ending = domain.partition(".")
    if name in NEIGHBOURS or not 4 <= len(name) <= 8 or ending not in ("com", "cl", "es", "com.br", "com.mx", "com.ar"):
        return ""
    for provider in LARGE_PROVIDERS:
        if OSA.distance(name, provider, score_cutoff=1) <= 1:
            return f"{provider}.{ending}"
    return ""
