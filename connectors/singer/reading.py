"""Reading one stream of a tap: messages to pages, and a bookmark that never passes a record that is not in a page.

A bookmark's cursor is the tap's own STATE, as JSON. A STATE says that everything before it is done, so the last one
seen when a page is cut may be kept with that page. A record that cannot be used becomes a bad row in its place; what
breaks the protocol itself ends the run, as nothing after it could be trusted.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from typing import Final, assert_never

from concilia.errors import ConfigurationInvalid, RunMustStop
from concilia.records import BadRow, Bookmark, Page, Record
from connectors.contract import StreamRequest
from connectors.programs import Program
from connectors.singer import messages
from connectors.singer.catalog import Entry, entry_of, selection
from connectors.singer.client import TapClient, ended_badly
from connectors.singer.decoding import KINDS, Decoder, compiled
from connectors.singer.messages import Batch, Broken, Message, Other, RecordMessage, Schema, State

PAGE_ROWS: Final = 1000
PAGE_SIZE: Final = 4 * 1024 * 1024  # bytes of lines; a page of giant records ends earlier, so that memory stays bounded
MOST_BROKEN: Final = 1000  # lines that are no message; whoever writes more than that is no tap
LONGEST_RAW: Final = 64 * 1024


def read_stream(client: TapClient, request: StreamRequest, *, state: str | None) -> Generator[Page, None, None]:
    """The pages of one stream behind that state; RunMustStop when the tap fails, behind what it gave before."""
    entries = client.entries()
    entry = entry_of(entries, request.name, called=client.called) if entries else None
    catalog = None if entry is None else selection(entries, entry, request)
    with client.reading(catalog, state) as program:
        reading = _Reading(client, request, entry)
        yield from reading.pages(program)
        code = program.exit_code()
        yield from reading.last_page()
        if code:
            raise ended_badly(client.called, code, program.last_words)
        if reading.broke_off:
            raise RunMustStop(f"{client.called} ended in the middle of a line.", mend="Repeat the run.")


@dataclass(slots=True)
class _Reading:
    """What was read and is in no page yet."""

    client: TapClient
    request: StreamRequest
    entry: Entry | None
    decoder: Decoder | None = None
    records: list[Record] = field(default_factory=list)
    bad_rows: list[BadRow] = field(default_factory=list)
    size: int = 0
    broken: int = 0  # lines that were no message
    broke_off: bool = False  # the last line was none
    state: State | None = None  # the last one seen, if it is in no page yet

    def pages(self, program: Program) -> Iterator[Page]:
        """Pages as soon as they are full. The first branch is gone through for every record there is."""
        names = self._names
        for number, line in enumerate(program.lines(), start=1):
            message = messages.read(line)
            if type(message) is RecordMessage:
                if message.stream in names:
                    row = self._decoder_of(message).decode(message.record, f"{message.stream} line {number}")
                    (self.records if type(row) is Record else self.bad_rows).append(row)  # type: ignore[arg-type]
                    self.size += len(line)
                self.broke_off = False
            else:
                self.broke_off = isinstance(message, Broken) and message.record is None
                self._heed(message, line, number)
            if len(self.records) + len(self.bad_rows) >= PAGE_ROWS or self.size >= PAGE_SIZE:
                yield self._page()

    def last_page(self) -> Iterator[Page]:
        """What is left when the tap has ended. A line it broke off comes again whole, so it is no bad row."""
        if self.broke_off and self.bad_rows:
            self.bad_rows.pop()
        if self.records or self.bad_rows or self.state is not None:
            yield self._page()

    @property
    def _names(self) -> frozenset[str]:
        return frozenset({self.request.name}) | (self.entry.called if self.entry is not None else frozenset())

    def _page(self) -> Page:
        bookmark = None if self.state is None else Bookmark(cursor=messages.state_text(self.state.value))
        page = Page(tuple(self.records), tuple(self.bad_rows), bookmark)
        self.records, self.bad_rows, self.size, self.state = [], [], 0, None
        return page

    def _decoder_of(self, message: RecordMessage) -> Decoder:
        if self.decoder is None:
            raise RunMustStop(
                f"{self.client.called} gave a record of {message.stream} before its SCHEMA.",
                mend="No Singer tap may do that; see whether there is a newer version of it.",
            )
        return self.decoder

    def _heed(self, message: Message, line: bytes, number: int) -> None:
        match message:
            case Schema():
                if message.stream in self._names:
                    self.decoder = self._decoder(message)
            case State():
                self.state = message
            case Broken():
                self._keep_broken(message, line, number)
            case Batch():
                raise RunMustStop(
                    f"{self.client.called} puts its records into files (BATCH), which is not read here.",
                    mend="Remove `batch_config` from its config.",
                )
            case RecordMessage() | Other():
                pass
            case _:
                assert_never(message)

    def _keep_broken(self, message: Broken, line: bytes, number: int) -> None:
        if message.stream and message.stream not in self._names:
            return
        position = f"{self.request.name} line {number}"
        if message.record is not None and self.decoder is not None:
            row = self.decoder.bad(message.record, position, column="", reason=message.reason)
        else:
            self.broken += 1
            raw = line[:LONGEST_RAW].decode("utf-8", "replace")
            row = BadRow(position, message.reason, raw=raw)
        if self.broken > MOST_BROKEN:
            raise RunMustStop(
                f"{self.client.called} wrote more than {MOST_BROKEN} lines that are no Singer messages.",
                mend="Is it a tap? It may write its log to standard output.",
            )
        self.bad_rows.append(row)
        self.size += len(line)

    def _decoder(self, message: Schema) -> Decoder:
        """The decoder for records from here on; a tap may change its SCHEMA, but not its key, in the middle."""
        key = self.request.key or message.key or (self.entry.key if self.entry is not None else ())
        called = self.client.called
        if not key:
            raise ConfigurationInvalid(
                f"{called} names no key of {message.stream}.",
                mend=f"Add to the stream {self.request.name}: key: [COLUMN].",
            )
        if self.decoder is not None and self.decoder.key != key:
            raise RunMustStop(f"{called} changed the key of {message.stream} in the middle of its records.")
        columns = compiled(message.schema, kinds=kinds_of(self.request))
        return Decoder(message.stream, columns, key, self.request.cursor or message.cursor, self.client.settings.zone)


def kinds_of(request: StreamRequest) -> dict[str, str]:
    """The kinds that the workspace says some columns are of; ConfigurationInvalid for a kind there is not."""
    said = request.options.get("types") or {}
    wrong = [name for name, kind in said.items() if kind not in KINDS]
    if wrong:
        raise ConfigurationInvalid(
            f"Stream {request.name} says a type of {wrong[0]} that there is not.",
            mend=f"Use one of: {', '.join(KINDS)}.",
        )
    return {str(name): str(kind) for name, kind in said.items()}
