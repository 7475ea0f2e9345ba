"""The how-to on writing a connector: its code passes the suite as printed, and the suite sees each flaw put into it."""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.testing import CLAIMS, Standing, judge

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs/how-to/write-a-connector.md"
BY_NAME = {claim.name: claim for claim in CLAIMS}


def printed() -> dict[str, str]:
    """The files of the page by name: code blocks that begin with their name."""
    blocks = re.findall(r"^```python\n# (\w+\.py)\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return dict(blocks)


def written(folder: Path, *, flaw: tuple[str, str] = ("", "")) -> Path:
    """The files in a folder, with one text of the connector replaced by another."""
    old, new = flaw
    for name, code in printed().items():
        if name == "libreta.py":
            assert code.count(old) >= 1 or not old, f"the page does not say {old!r} any more"
            code = code.replace(old, new, 1) if old else code
        (folder / name).write_text(code, encoding="utf-8")
    return folder / "harness.py"


def test_the_page_brings_all_it_talks_about() -> None:
    assert set(printed()) == {"peer.py", "libreta.py", "harness.py"}


@pytest.mark.timeout(600)
def test_the_connector_of_the_page_passes_the_suite_as_a_developer_runs_it(tmp_path: Path) -> None:
    harness = written(tmp_path)
    command = [sys.executable, "-m", "connectors.testing", harness.name]
    done = subprocess.run(
        command, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^\d+ pass, 0 fail, \d+ not applicable$", done.stdout, re.MULTILINE)


FLAWS: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "check is always content": (
        'return (Finding("read debts", ok=False, detail=str(fault)),)',
        'return (Finding("read debts", ok=True),)',
        ("check_names_wrong_credentials", "check_names_a_wrong_address"),
    ),
    "check lets errors out": ("except ConciliaError as fault:\n            return (Finding", "except KeyError as fault:\n            return (Finding", ("check_names_wrong_credentials",)),
    "settings are not looked at": (
        '.only({"url", "api_key", "page_size", "overlap_seconds", "timeout_seconds"})',
        "",
        ("unknown_settings_are_refused",),
    ),
    "the catalog has a type of its own": ('"balance": "decimal"', '"balance": "money"', ("discovery_is_typed_and_stable",)),
    "the catalog forgets a column": ('"currency": "text", ', "", ("records_are_as_discovered",)),
    "amounts become floats": (
        "return Record((row[\"id\"],), row,",
        "return Record((row[\"id\"],), {**row, \"balance\": float(row[\"balance\"])},",
        ("records_are_as_discovered",),
    ),
    "texts are tidied": (
        "return Record((row[\"id\"],), row,",
        "return Record((row[\"id\"],), {**row, \"debtor\": row[\"debtor\"].lstrip(\"0\")},",
        ("texts_arrive_untouched",),
    ),
    "only the first page is read": ('more = found["more"]', "more = False", ("everything_is_read_in_bounded_pages", "paging_survives_inserts_and_deletes")),
    "a full read is not full": ("before = None if full else bookmarks", "before = bookmarks", ("a_full_read_ignores_the_bookmark",)),
    "equal stamps are skipped": (
        'since, after = rows[-1]["changed"], rows[-1]["id"]',
        'since, after = rows[-1]["changed"], "~"',
        ("records_of_one_stamp_are_all_read",),
    ),
    "there is no overlap": (
        "to_text(datetime.fromisoformat(cursor) - self._overlap)",
        "to_text(datetime.fromisoformat(cursor))",
        ("a_late_commit_inside_the_overlap_is_read", "clocks_that_differ_lose_nothing"),
    ),
    "the overlap is not declared": ("overlap=self._overlap,", "", ("a_late_commit_inside_the_overlap_is_read",)),
    "the bookmark runs ahead of the page": (
        "bookmark=Bookmark(cursor=min(since, until))",
        "bookmark=Bookmark(cursor=until)",
        ("reading_goes_on_behind_any_page",),
    ),
    "the bookmark follows a date in the future": (
        "bookmark=Bookmark(cursor=min(since, until))",
        "bookmark=Bookmark(cursor=since)",
        ("a_stamp_in_the_future_hides_nothing",),
    ),
    "a change is not seen": ('since = self._back(before.cursor) if before', 'since = to_text(system_clock()) if before', ("a_change_is_read", "what_is_written_right_after_a_read_is_read")),
    "a foreign bookmark is used as it is": (
        "except (ValueError, OverflowError, TypeError) as fault:\n            raise",
        "except (ValueError, OverflowError, TypeError) as fault:\n            return '9999'\n            raise",
        ("a_foreign_bookmark_is_refused_or_read_in_full",),
    ),
    "an unknown stream is empty": ("if stream != DEBTS.name:", "if not stream:", ("an_unknown_stream_is_refused",)),
    "an error ends the list of keys": (
        "            yield KeyPage(tuple(record.key for record in page.records))\n        yield",
        "            yield KeyPage(tuple(record.key for record in page.records))\n            break\n        yield",
        ("all_keys_are_listed_to_a_proven_end", "a_list_that_breaks_off_has_no_end"),
    ),
    "the list of keys ends where an error comes": (
        "        for page in self._pages(\"\", until=\"\"):\n            yield KeyPage(tuple(record.key for record in page.records))\n",
        "        try:\n            for page in self._pages(\"\", until=\"\"):\n                yield KeyPage(tuple(record.key for record in page.records))\n        except ConciliaError:\n            pass\n",
        ("a_list_of_keys_never_ends_by_a_fault",),
    ),
    "an error inside a success is an empty page": (
        "        if not isinstance(found, dict) or not isinstance(found.get(\"rows\"), list):\n            raise",
        "        if not isinstance(found, dict) or not isinstance(found.get(\"rows\"), list):\n            return {\"rows\": [], \"more\": False}\n            raise",
        ("errors_inside_a_success_are_errors",),
    ),
    "a fault of the peer ends the read": (
        "        while more:\n            found = self._page(since, after)\n",
        "        while more:\n            try:\n                found = self._page(since, after)\n            except ConciliaError:\n                return\n",
        ("vendor_faults_land_in_our_errors", "a_giant_answer_is_refused_in_bounded_memory", "reading_with_wrong_credentials_is_credentials_refused"),
    ),
    "errors are its own": (
        "        while more:\n            found = self._page(since, after)\n",
        "        while more:\n            try:\n                found = self._page(since, after)\n            except ConciliaError as fault:\n                raise KeyError(str(fault)) from fault\n",
        ("vendor_faults_land_in_our_errors",),
    ),
    "a passing fault is told as a wrong setting": (
        "        while more:\n            found = self._page(since, after)\n",
        "        while more:\n            try:\n                found = self._page(since, after)\n            except ConciliaError as fault:\n                raise ConfigurationInvalid(str(fault)) from fault\n",
        ("a_passing_fault_is_no_fault_of_the_user", "lost_credentials_and_permissions_are_told_apart"),
    ),
    "nobody is asked whether it may call": (
        "gate=configured.gate, ",
        "",
        ("every_call_passes_the_gate", "nothing_is_called_past_a_shut_gate", "a_wait_that_was_asked_for_is_kept"),
    ),
    "a busy peer is stormed": ("sleep=configured.sleep)", "sleep=configured.sleep, tries=40)", ("a_peer_that_says_no_is_not_stormed",)),
    "the reference is not looked up before a write": (
        "before = self._payment(order.reference)",
        "before = None",
        ("an_order_told_twice_has_one_effect",),
    ),
    "a payment is repeated blindly": (
        "body=told, idempotent=False)",
        "body=told, idempotent=True)",
        ("whatever_befalls_a_write_it_has_one_effect",),
    ),
    "a lost answer is told as a failure": (
        "            except ConciliaError as fault:\n                yield fault",
        "            except OutcomeUnknown as fault:\n                yield RunMustStop(str(fault))\n            except ConciliaError as fault:\n                yield fault",
        ("whatever_befalls_a_write_it_has_one_effect", "a_write_that_gets_no_answer_is_unknown"),
    ),
    "a lost answer is taken for success": (
        "            except ConciliaError as fault:\n                yield fault",
        "            except OutcomeUnknown as fault:\n                yield Receipt(\"unknown\")\n            except ConciliaError as fault:\n                yield fault",
        ("whatever_befalls_a_write_it_has_one_effect",),
    ),
    "one bad order ends the batch": (
        "            except ConciliaError as fault:\n                yield fault",
        "            except ConciliaError as fault:\n                yield fault\n                return",
        ("one_bad_order_stops_no_other",),
    ),
    "what was written cannot be found": ('if stream != "payments":', 'if stream:', ("what_was_written_is_found_by_our_reference",)),
    "everything is found": (
        "if row is not None}",
        "if row is not None} | {r: Found(\"P0\", {}) for r in references}",
        ("what_was_written_is_found_by_our_reference",),
    ),
    "the receipt names no payment": ('return Receipt(made["id"], balance', 'return Receipt("", balance', ("each_order_is_answered_and_stands_there_once",)),
    "orders are swallowed": ("                yield self._paid(order)", "                self._paid(order)", ("each_order_is_answered_and_stands_there_once", "orders_written_in_parallel_are_all_there")),
    "an operation that is not offered is answered with nothing": (
        "        if operation is not Operation.REGISTER_PAYMENT:\n            raise",
        "        if operation is not Operation.REGISTER_PAYMENT:\n            return iter(())\n            raise",
        ("an_operation_it_does_not_offer_is_refused",),
    ),
    "the key is logged": (
        "        self._rest = rest.using(",
        "        __import__('logging').getLogger('libreta').debug('key %s', given.secret('api_key').reveal())\n        self._rest = rest.using(",
        ("nothing_secret_is_shown",),
    ),
    "the key is in an error": (
        'raise ConfigurationInvalid(f"{self._system} has no stream {stream!r}.", mend="Use: debts.")',
        'raise ConfigurationInvalid("no")',
        ("an_unknown_stream_is_refused",),
    ),
}  # fmt: skip


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Path]:
    """A folder whose modules are imported anew, and forgotten after the test."""
    names = ("libreta", "peer", "harness")
    for name in names:
        sys.modules.pop(name, None)
    sys.path.insert(0, str(tmp_path))
    importlib.invalidate_caches()
    yield tmp_path
    sys.path.remove(str(tmp_path))
    for name in names:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("name", FLAWS)
def test_a_flaw_is_seen_by_the_claims_it_breaks(name: str, alone: Path) -> None:
    old, new, claims = FLAWS[name]
    written(alone, flaw=(old, new))
    module: Any = importlib.import_module("harness")
    with module.harness() as made:
        unseen = [claim for claim in claims if judge(BY_NAME[claim], made).standing is not Standing.BROKEN]
    assert not unseen
