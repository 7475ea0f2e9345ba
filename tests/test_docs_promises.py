"""Every test and file that the promises call their proof exists. What the tests prove is theirs to say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs/promises.md"


def told(pattern: str) -> list[str]:
    return sorted(set(re.findall(pattern, PAGE.read_text("utf-8"))))


def test_every_promise_names_its_proof() -> None:
    _, *parts = re.split(r"^## +", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    bare = [part.splitlines()[0] for part in parts if "Kept in `" not in part]
    assert not bare


def test_the_tests_named_exist() -> None:
    tests = [path for path in (ROOT / "tests").rglob("test_*.py") if ".cache" not in path.parts]
    written = "\n".join(path.read_text("utf-8") for path in tests)
    gone = [name for name in told(r"`(test_\w+)`") if not re.search(rf"def {name}\(", written)]
    assert not gone


@pytest.mark.parametrize("path", told(r"`(\w+(?:/\w+)+\.py)`"))
def test_the_files_named_exist(path: str) -> None:
    assert (ROOT / path).is_file()
