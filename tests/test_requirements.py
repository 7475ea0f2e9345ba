"""The two locks under requirements/: complete, hashed, and naming no place packages come from."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def pins(name: str) -> dict[str, str]:
    text = (ROOT / f"requirements/{name}.txt").read_text("utf-8")
    return dict(re.findall(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", text, re.MULTILINE))


def test_the_development_lock_holds_everything_the_core_lock_holds() -> None:
    assert pins("core").items() <= pins("dev").items()


@pytest.mark.parametrize("name", ["core", "dev"])
def test_every_locked_package_has_a_hash_and_no_address(name: str) -> None:
    text = (ROOT / f"requirements/{name}.txt").read_text("utf-8")
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE))
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []
    assert "://" not in text


def test_the_locks_name_every_requirement_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

    def names(requirements: list[str]) -> set[str]:
        heads = (re.split(r"[\[<>=!~; ]", requirement)[0].lower() for requirement in requirements)
        return {re.sub(r"[._-]+", "-", head) for head in heads}

    assert names(project["dependencies"]) <= pins("core").keys()
    assert names(project["optional-dependencies"]["dev"]) <= pins("dev").keys()
