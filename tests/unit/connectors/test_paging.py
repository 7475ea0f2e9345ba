"""Walking through pages: every way of asking for the next one, and what would never end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from concilia.errors import RunMustStop
from connectors.paging import (
    AfterKey,
    Answered,
    Counted,
    CursorToken,
    NextAddress,
    Paging,
    SinglePage,
    Turn,
    dig,
    link,
    walk,
)

ROWS = [{"id": n} for n in range(1, 8)]
HOST = "https://erp.example.com/api/v1/rows"


def walked(paging: Paging, fetch: Any) -> list[int]:
    return [row["id"] for answered in walk(paging, fetch, what="erp rows") for row in answered.records]


def slices(turn: Turn, *, start: str = "offset", pages: bool = False, first: int = 0) -> Sequence[dict[str, int]]:
    size = int(turn.parameters["limit"])
    at = (int(turn.parameters[start]) - first) * (size if pages else 1)
    return ROWS[at : at + size]


def test_by_offset_to_the_empty_page() -> None:
    asked = []

    def fetch(turn: Turn) -> Answered:
        asked.append(dict(turn.parameters))
        return Answered(slices(turn))

    assert walked(Counted("offset", 3, "limit"), fetch) == list(range(1, 8))
    assert [one["offset"] for one in asked] == ["0", "3", "6", "7"]


def test_a_short_page_in_the_middle_is_not_the_end_unless_it_is_said_so() -> None:
    pages = iter([ROWS[:2], ROWS[2:3], ROWS[3:5], []])  # the second leaves out what the user may not see
    assert walked(Counted("offset", 2, "limit"), lambda _: Answered(next(pages))) == [1, 2, 3, 4, 5]
    pages = iter([ROWS[:2], ROWS[2:3]])
    short = Counted("offset", 2, "limit", short_page_ends=True)
    assert walked(short, lambda _: Answered(next(pages))) == [1, 2, 3]


def test_by_page_number_from_one_to_the_number_of_all_records() -> None:
    paging = Counted("page", 3, "limit", start=1, by_records=False, total_at=("total",))
    asked = []

    def fetch(turn: Turn) -> Answered:
        asked.append(turn.parameters["page"])
        return Answered(slices(turn, start="page", pages=True, first=1), {"total": "7"})

    assert walked(paging, fetch) == list(range(1, 8))
    assert asked == ["1", "2", "3"]


@pytest.mark.parametrize("total", [-2, None, "many"])
def test_a_total_that_was_not_counted_ends_nothing(total: Any) -> None:
    paging = Counted("offset", 3, "limit", total_at=("total",))
    assert walked(paging, lambda turn: Answered(slices(turn), {"total": total})) == list(range(1, 8))


def test_by_a_token_of_the_answer() -> None:
    pages = {"": (ROWS[:4], "x9"), "x9": (ROWS[4:], None)}

    def fetch(turn: Turn) -> Answered:
        rows, after = pages[turn.parameters.get("cursor", "")]
        return Answered(rows, {"meta": {"next": after}})

    assert walked(CursorToken("cursor", at=("meta", "next")), fetch) == list(range(1, 8))


def test_by_a_token_in_a_header() -> None:
    pages = {"": (ROWS[:4], {"x-next": "2"}), "2": (ROWS[4:], {})}

    def fetch(turn: Turn) -> Answered:
        rows, headers = pages[turn.parameters.get("page", "")]
        return Answered(rows, headers=headers)

    assert walked(CursorToken("page", header="X-Next"), fetch) == list(range(1, 8))


@pytest.mark.parametrize("after", ["https://erp.example.com/api/v1/rows?page=2", "/api/v1/rows?page=2", "rows?page=2"])
def test_by_an_address_in_the_body_whole_or_relative(after: str) -> None:
    def fetch(turn: Turn) -> Answered:
        if not turn.address:
            return Answered(ROWS[:4], {"next": after}, url=HOST)
        assert turn.address == f"{HOST}?page=2"
        return Answered(ROWS[4:], {"next": None}, url=HOST)

    assert walked(NextAddress(at=("next",)), fetch) == list(range(1, 8))


def test_by_a_link_header() -> None:
    def fetch(turn: Turn) -> Answered:
        if not turn.address:
            header = f'<{HOST}?page=1>; rel="prev", <{HOST}?page=2&q=a,b>; title="x, y"; rel="next last"'
            return Answered(ROWS[:4], headers={"link": header}, url=HOST)
        assert turn.address == f"{HOST}?page=2&q=a,b"
        return Answered(ROWS[4:], headers={"link": f'<{HOST}?page=1>; rel="prev"'}, url=HOST)

    assert walked(NextAddress(), fetch) == list(range(1, 8))


@pytest.mark.parametrize(
    "after",
    ["https://evil.example.com/rows", "http://erp.example.com/rows", "//evil.example.com/rows",
     "https://erp.example.com:8443/rows", "https://erp.example.com@evil.example.com/rows"],
)  # fmt: skip
def test_an_address_at_another_host_is_not_followed(after: str) -> None:
    with pytest.raises(RunMustStop, match="another host"):
        walked(NextAddress(at=("next",)), lambda _: Answered(ROWS[:1], {"next": after}, url=HOST))


def test_an_inner_name_of_a_proxy_is_replaced_when_that_is_said() -> None:
    def fetch(turn: Turn) -> Answered:
        if not turn.address:
            return Answered(ROWS[:4], {"next": "http://10.0.0.7:8080/api/v1/rows?page=2"}, url=HOST)
        assert turn.address == f"{HOST}?page=2"
        return Answered(ROWS[4:], {}, url=HOST)

    assert walked(NextAddress(at=("next",), rebase=True), fetch) == list(range(1, 8))


def test_after_the_last_key() -> None:
    def fetch(turn: Turn) -> Answered:
        after = int(turn.parameters.get("after", 0))
        return Answered([row for row in ROWS if row["id"] > after][:3])

    assert walked(AfterKey("after", "id", 3), fetch) == list(range(1, 8))


def test_a_record_without_its_key_ends_a_keyset_with_a_sentence() -> None:
    with pytest.raises(RunMustStop, match="no going on"):
        walked(AfterKey("after", "id", 3), lambda _: Answered([{"id": 1}, {"name": "x", "id": ""}]))


def test_pages_that_lead_back_are_noticed() -> None:
    pages = {"": "x1", "x1": "x2", "x2": "x1"}

    def fetch(turn: Turn) -> Answered:
        here = turn.parameters.get("cursor", "")
        return Answered([{"id": len(here), "at": here}], {"next": pages[here]})

    with pytest.raises(RunMustStop, match="circles"):
        walked(CursorToken("cursor", at=("next",)), fetch)


def test_a_system_that_does_not_know_the_parameter_is_noticed() -> None:
    with pytest.raises(RunMustStop, match="same page"):
        walked(Counted("start", 3), lambda _: Answered(ROWS[:3]))


def test_everything_at_once_is_asked_for_once() -> None:
    assert walked(SinglePage(), lambda _: Answered(ROWS)) == list(range(1, 8))


@pytest.mark.parametrize(
    ("path", "found"),
    [
        (["a", "0", "b"], 1),
        (["a", "-1", "b"], 2),
        (["a", "5"], None),
        (["x", "y"], None),
        ([], {"a": [{"b": 1}, {"b": 2}]}),
    ],
)
def test_a_path_leads_into_objects_and_lists_or_to_nothing(path: list[str], found: Any) -> None:
    assert dig({"a": [{"b": 1}, {"b": 2}]}, path) == found


@pytest.mark.parametrize(
    ("header", "target"),
    [
        ('<https://a/x>; rel="next"', "https://a/x"),
        ("<https://a/x>; rel=next", "https://a/x"),
        ('<https://a/x>; rel="prev"', None),
        ('<https://a/x>; REL="Next"', "https://a/x"),
        ("", None),
        ("nonsense; rel=next", None),
    ],
)
def test_a_link_header_is_read_as_rfc_8288_has_it(header: str, target: str | None) -> None:
    assert link(header, rel="next") == target
