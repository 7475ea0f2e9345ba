"""Walking through the pages of a list: by page number, offset, cursor, link header, next address, or last key. Pure.

A Paging says how the first page is asked for and how the one after an answer; `walk` asks, and stops what would never
end: a page asked for twice, a page that comes again, more pages than anybody has. That a next address stays on the
same host is checked here and by the RestClient.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import urljoin, urlsplit

from concilia.errors import RunMustStop
from concilia.records import content_hash
from connectors.addresses import same_origin
from connectors.exact_json import dumps
from connectors.rest import Response

MOST_PAGES: Final = 1_000_000
Steps = Sequence[str]  # a path into a JSON body


@dataclass(frozen=True, slots=True)
class Turn:
    """How one page is asked for: with these parameters, or at this whole address."""

    parameters: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    number: int = 0  # pages or records before it, for those that count

    @property
    def identity(self) -> tuple[Any, ...]:
        """The same for the same page."""
        return (self.address, *sorted(self.parameters.items()))


@dataclass(frozen=True, slots=True)
class Answered:
    """What one page was answered with."""

    records: Sequence[Any]
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    url: str = ""  # the address asked, without parameters

    @classmethod
    def of(cls, answer: Response, records: Sequence[Any], body: Any) -> Answered:
        """The page in this answer."""
        return cls(records, body, answer.headers, answer.url)


class Paging(Protocol):
    """One way of walking through pages."""

    def first(self) -> Turn:
        """How the first page is asked for."""
        ...

    def after(self, turn: Turn, answered: Answered) -> Turn | None:
        """How the page after this one is asked for; None when it was the last."""
        ...


@dataclass(frozen=True, slots=True)
class SinglePage:
    """Everything comes at once."""

    def first(self) -> Turn:
        """The one page."""
        return Turn()

    def after(self, turn: Turn, answered: Answered) -> Turn | None:  # noqa: ARG002
        """There is no other."""
        return None


@dataclass(frozen=True, slots=True)
class Counted:
    """By page number or by offset. An empty page is the last one, unless the system says so before.

    `short_page_ends`: a page of fewer records than asked for is the last one. Only for systems that fill every page:
    one that leaves out what the user may not see gives short pages in the middle.
    """

    parameter: str
    size: int
    size_parameter: str = ""
    start: int = 0
    by_records: bool = True  # an offset; otherwise a page number
    total_at: Steps = ()  # where the body has the number of all records (or, by page number, of all pages)
    total_is_pages: bool = False
    more_at: Steps = ()  # where the body says whether others follow
    short_page_ends: bool = False

    def first(self) -> Turn:
        """The page at the start."""
        return self._turn(self.start, number=0)

    def after(self, turn: Turn, answered: Answered) -> Turn | None:
        """The next number, unless the answer was the last page."""
        count = len(answered.records)
        if not count or (self.short_page_ends and count < self.size):
            return None
        number = turn.number + (count if self.by_records else 1)
        if self.more_at and not dig(answered.body, self.more_at):
            return None
        total = whole_number(dig(answered.body, self.total_at)) if self.total_at else None
        # Some systems say -1 or -2 where they did not count.
        if total is not None and total >= 0 and self._reached(number, total):
            return None
        return self._turn(self.start + number, number=number)

    def turn_at(self, records: int) -> Turn:
        """The page behind so many records."""
        number = records if self.by_records else records // self.size
        return self._turn(self.start + number, number=number)

    def _reached(self, number: int, total: int) -> bool:
        if self.by_records or self.total_is_pages:
            return number >= total
        return number * self.size >= total

    def _turn(self, value: int, *, number: int) -> Turn:
        size = {self.size_parameter: str(self.size)} if self.size_parameter else {}
        return Turn({self.parameter: str(value), **size}, number=number)


@dataclass(frozen=True, slots=True)
class CursorToken:
    """By a token of the answer, in its body or in a header, given back as a parameter; none of it is the end."""

    parameter: str
    at: Steps = ()
    header: str = ""
    more_at: Steps = ()
    size_parameter: str = ""
    size: int = 0

    def first(self) -> Turn:
        """Without a token."""
        return Turn(self._sized())

    def after(self, turn: Turn, answered: Answered) -> Turn | None:  # noqa: ARG002
        """With the token of the answer."""
        found = answered.headers.get(self.header.lower()) if self.header else dig(answered.body, self.at)
        if found in (None, "") or (self.more_at and not dig(answered.body, self.more_at)):
            return None
        return Turn({**self._sized(), self.parameter: str(found)})

    def _sized(self) -> dict[str, str]:
        return {self.size_parameter: str(self.size)} if self.size_parameter else {}


@dataclass(frozen=True, slots=True)
class NextAddress:
    """By the address of the next page, in the body (`at`) or in a Link header (`rel`), whole or relative.

    `rebase`: only its path and parameters count. For systems behind a proxy that write their inner name into it.
    """

    base: str = ""  # empty: the address of the page before
    at: Steps = ()
    rel: str = "next"
    rebase: bool = False
    parameters: Mapping[str, str] = field(default_factory=dict)  # of the first page only

    def first(self) -> Turn:
        """The first page, with its parameters."""
        return Turn(dict(self.parameters))

    def after(self, turn: Turn, answered: Answered) -> Turn | None:  # noqa: ARG002
        """The address in the answer; RunMustStop when it leads to another host."""
        found = dig(answered.body, self.at) if self.at else link(answered.headers.get("link", ""), rel=self.rel)
        if not isinstance(found, str) or not found:
            return None
        base = self.base or answered.url
        address = urljoin(answered.url or base, found)
        if self.rebase:
            address = urlsplit(address)._replace(**_origin_of(base)).geturl()
        if not same_origin(address, base):
            raise RunMustStop(
                f"The next page is said to be at another host ({urlsplit(address).hostname}).",
                mend="Credentials are never sent there. If a proxy writes a wrong name, say `rebase: true`.",
            )
        return Turn(address=address)


@dataclass(frozen=True, slots=True)
class AfterKey:
    """By the last key of the page before: records must come in the order of that key. An empty page is the end."""

    parameter: str
    field: str
    size: int
    size_parameter: str = ""
    short_page_ends: bool = False

    def first(self) -> Turn:
        """From the beginning."""
        return Turn(self._sized())

    def after(self, turn: Turn, answered: Answered) -> Turn | None:  # noqa: ARG002
        """After the last record; RunMustStop when it has no key."""
        if not answered.records or (self.short_page_ends and len(answered.records) < self.size):
            return None
        last = answered.records[-1]
        key = last.get(self.field) if isinstance(last, Mapping) else None
        if key in (None, ""):
            raise RunMustStop(f"A record without {self.field} ends a page: there is no going on behind it.")
        return Turn({**self._sized(), self.parameter: str(key)})

    def _sized(self) -> dict[str, str]:
        return {self.size_parameter: str(self.size)} if self.size_parameter else {}


def walk(paging: Paging, fetch: Callable[[Turn], Answered], *, what: str) -> Iterator[Answered]:
    """The answers from the first page to the last; RunMustStop when they would never end. `what` is for people."""
    turn: Turn | None = paging.first()
    asked: set[tuple[Any, ...]] = set()
    before = ""
    while turn is not None:
        if turn.identity in asked or len(asked) >= MOST_PAGES:
            raise RunMustStop(f"{what} goes round in circles: a page leads back to an earlier one.")
        asked.add(turn.identity)
        answered = fetch(turn)
        mark = _mark(answered.records)
        if mark and mark == before:
            raise RunMustStop(
                f"{what} gives the same page again and again.",
                mend="Check how its pages are asked for: the system may not know that parameter.",
            )
        before = mark
        yield answered
        turn = paging.after(turn, answered)


def link(header: str, *, rel: str) -> str | None:
    """The target of that relation in a Link header (RFC 8288), if there is one."""
    for target, parameters in re.findall(r"<([^>]*)>((?:\s*;\s*[^;,=]+(?:=(?:\"[^\"]*\"|[^;,]*))?)*)", header):
        named = re.search(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^;,\s]*))", parameters, re.IGNORECASE)
        if named and rel.casefold() in (named[1] or named[2] or "").casefold().split():
            return str(target)
    return None


def dig(body: Any, steps: Steps) -> Any:
    """What a JSON value has at that path: names of objects, positions of lists; None when it has nothing there."""
    for step in steps:
        match body:
            case Mapping():
                body = body.get(step)
            case list() | tuple() if step.lstrip("-").isdigit() and -len(body) <= int(step) < len(body):
                body = body[int(step)]
            case _:
                return None
    return body


def whole_number(value: Any) -> int | None:
    """A count that a system wrote as a number or as text; None for anything else."""
    try:
        return int(str(value))
    except ValueError:
        return None


def _mark(records: Sequence[Any]) -> str:
    return content_hash(dumps(list(records)).decode()) if records else ""


def _origin_of(base: str) -> dict[str, str]:
    parts = urlsplit(base)
    return {"scheme": parts.scheme, "netloc": parts.netloc}
