"""The first start, from a bare checkout: bin/concilia against a small tree, a fake uv and no network.

The tree holds the real script, the real pyproject and a program that only reports how it was started.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
TOOLS = ("cat", "cksum", "cp", "dirname", "ls", "mkdir", "mktemp", "mv", "readlink", "rm", "sh", "sleep")

PROGRAM = """
import importlib.metadata, json, os, sys
points = importlib.metadata.entry_points(group="concilia.connectors")
print(json.dumps({
    "arguments": sys.argv[1:],
    "file": __file__,
    "utf8": sys.flags.utf8_mode,
    "pythonpath": os.environ.get("PYTHONPATH"),
    "connectors": {point.name: point.value for point in points},
}))
"""

# Writes down what it was asked, and brings the checkers as modules that only say their name.
FAKE_UV = """#!/bin/sh
echo "uv $*" >>"$FAKE_LOG"
[ -z "${FAKE_UV_SLOW:-}" ] || sleep 1
[ -z "${FAKE_UV_DIES:-}" ] || kill -9 "$PPID"
for site in "$(dirname "$5")"/../lib/python3*/site-packages; do cp -r "$FAKE_CHECKERS"/. "$site"; done
cp "$FAKE_CHECKERS/lint-imports" "$(dirname "$5")"
echo "uv done" >>"$FAKE_LOG"
exit "${FAKE_UV_EXIT:-0}"
"""
CHECKER = """
import os, sys
name = __name__ if __name__ != "__main__" else os.path.basename(__file__).removesuffix(".py")
print("ran", name, *sys.argv[1:])
sys.exit(7 if os.environ.get("FAKE_FAILING") == name else 0)
"""


@dataclass
class Checkout:
    """A small tree with the real script, and a PATH of which every program is known."""

    root: Path
    path: Path
    log: Path
    checkers: Path
    extra: dict[str, str] = field(default_factory=dict)

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name in {"HOME", "TMPDIR", "LANG"}}
        fakes = {"PATH": str(self.path), "FAKE_LOG": str(self.log), "FAKE_CHECKERS": str(self.checkers)}
        return kept | fakes | self.extra

    def begin(self, *arguments: str, script: Path | None = None, folder: Path | None = None) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [str(script or self.root / "bin/concilia"), *arguments],
            cwd=folder or self.root,
            env=self.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def start(self, *arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
        process = self.begin(*arguments, **options)
        output, errors = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, output, errors)

    def installs(self) -> list[str]:
        """The locks that were installed, in order."""
        text = self.log.read_text("utf-8") if self.log.exists() else ""
        return re.findall(r"^uv pip install .*/requirements/(\w+)\.txt$", text, re.MULTILINE)


def executable(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")
    path.chmod(0o755)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    root = tmp_path / "a checkout with señas"
    (root / "admin_api").mkdir(parents=True)
    (root / "admin_api/__init__.py").touch()
    (root / "admin_api/__main__.py").write_text(PROGRAM, "utf-8")
    shutil.copytree(ROOT / "bin", root / "bin", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", root)
    (root / "requirements").mkdir()
    (root / "requirements/core.txt").touch()
    (root / "requirements/dev.txt").touch()

    path = tmp_path / "path"
    path.mkdir()
    for tool in TOOLS:
        (path / tool).symlink_to(shutil.which(tool) or f"missing-{tool}")
    executable(path / "python3", f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    executable(path / "uv", FAKE_UV)

    checkers = tmp_path / "checkers"
    checkers.mkdir()
    for name in ("ruff", "mypy", "pytest"):
        (checkers / f"{name}.py").write_text(CHECKER, "utf-8")
    executable(checkers / "lint-imports", f"#!{sys.executable}\n{CHECKER}")
    return Checkout(root, path, tmp_path / "log", checkers)


def said(outcome: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert outcome.returncode == 0, outcome.stderr
    report: dict[str, Any] = json.loads(outcome.stdout)
    return report


# ------------------------------------------------------------------------------------------------- the scripts


@pytest.mark.parametrize("script", ["bin/concilia", "bin/lock"])
def test_the_scripts_are_plain_shell(script: str) -> None:
    shells = [shell for shell in ("dash", "busybox", "sh") if shutil.which(shell)]
    for shell in shells:
        command = [shell, "sh", "-n"] if shell == "busybox" else [shell, "-n"]
        assert subprocess.run([*command, str(ROOT / script)], check=False).returncode == 0, shell


@pytest.mark.parametrize("script", ["bin/concilia", "bin/lock", ".ci/run"])
def test_the_scripts_can_be_executed(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)


# -------------------------------------------------------------------------------------------------- the Python


def test_without_a_python_it_says_so_in_one_sentence(checkout: Checkout) -> None:
    (checkout.path / "python3").unlink()
    outcome = checkout.start("demo")
    assert outcome.returncode == 2
    assert outcome.stderr.startswith("concilia: Python 3.11 or newer")
    assert outcome.stderr.count("\n") == 1
    assert not checkout.venv.exists()


def test_a_python_that_is_too_old_is_not_used(checkout: Checkout) -> None:
    old = f'#!/bin/sh\nexec "{sys.executable}" -c "import sys; sys.version_info = (3, 9); exec(sys.argv[1])" "$3"\n'
    executable(checkout.path / "python3", old)
    outcome = checkout.start("demo")
    assert outcome.returncode == 2
    assert "3.11 or newer" in outcome.stderr


def test_a_broken_python_gives_way_to_the_next_one(checkout: Checkout) -> None:
    executable(checkout.path / "python3.13", "#!/bin/sh\necho 'command not found in this version' >&2\nexit 127\n")
    assert said(checkout.start("demo"))["arguments"] == ["demo"]


# ------------------------------------------------------------------------------------------------- the install


def test_the_first_start_installs_and_the_second_does_not(checkout: Checkout) -> None:
    first = checkout.start("demo")
    second = checkout.start("demo")
    assert said(first) == said(second)
    assert checkout.installs() == ["core"]
    assert "ready" in first.stderr
    assert second.stderr == ""


def test_packages_are_checked_against_their_hashes(checkout: Checkout) -> None:
    checkout.start("demo")
    assert "--require-hashes" in checkout.log.read_text("utf-8")


@pytest.mark.parametrize("changed", ["pyproject.toml", "requirements/core.txt", "requirements/dev.txt"])
def test_a_changed_lock_or_project_is_installed_again(checkout: Checkout, changed: str) -> None:
    checkout.start("demo")
    with (checkout.root / changed).open("a", encoding="utf-8") as file:
        file.write("# changed\n")
    said(checkout.start("demo"))
    assert checkout.installs() == ["core", "core"]


def test_a_checkout_that_was_moved_is_registered_again(checkout: Checkout) -> None:
    checkout.start("demo")
    checkout.root = checkout.root.rename(checkout.root.parent / "elsewhere")
    assert said(checkout.start("demo"))["file"] == str(checkout.root / "admin_api/__main__.py")


def test_the_tools_for_development_come_with_the_first_test_run_only(checkout: Checkout) -> None:
    checkout.start("demo")
    checkout.start("test")
    checkout.start("lint")
    checkout.start("demo")
    assert checkout.installs() == ["core", "dev"]


def test_a_start_that_was_killed_is_made_again_from_nothing(checkout: Checkout) -> None:
    checkout.extra = {"FAKE_UV_DIES": "yes"}
    assert checkout.start("demo").returncode != 0
    leftover = next(checkout.venv.glob("lib/python3*/site-packages")) / "half_a_package.py"
    leftover.touch()
    checkout.extra = {}
    outcome = checkout.start("demo")
    assert said(outcome)["arguments"] == ["demo"]
    assert "making the environment" in outcome.stderr
    assert not leftover.exists()


def test_an_environment_whose_python_is_gone_is_made_again(checkout: Checkout) -> None:
    checkout.start("demo")
    (checkout.venv / "bin/python").unlink()
    (checkout.venv / "bin/python").symlink_to("python-that-was-removed")
    said(checkout.start("demo"))
    assert checkout.installs() == ["core", "core"]


def test_two_starts_at_once_install_once(checkout: Checkout) -> None:
    checkout.extra = {"FAKE_UV_SLOW": "yes"}
    starts = [checkout.begin("demo") for _ in range(3)]
    outcomes = [(*start.communicate(timeout=120), start.returncode) for start in starts]
    assert [code for _, _, code in outcomes] == [0, 0, 0], outcomes
    assert checkout.installs() == ["core"]


def test_a_folder_that_is_not_an_environment_is_left_alone(checkout: Checkout, tmp_path: Path) -> None:
    precious = tmp_path / "documents" / "lib" / "letter.txt"
    precious.parent.mkdir(parents=True)
    precious.touch()
    checkout.extra = {"CONCILIA_VENV": str(tmp_path / "documents")}
    outcome = checkout.start("demo")
    assert outcome.returncode == 2
    assert "CONCILIA_VENV" in outcome.stderr
    assert precious.exists()


def test_the_environment_can_live_elsewhere(checkout: Checkout, tmp_path: Path) -> None:
    checkout.extra = {"CONCILIA_VENV": str(tmp_path / "elsewhere")}
    said(checkout.start("demo"))
    assert (tmp_path / "elsewhere/pyvenv.cfg").exists()
    assert not checkout.venv.exists()


# ---------------------------------------------------------------------------------------- pip, for real, offline


def a_wheel(folder: Path) -> str:
    """Write a wheel of one module; its hash."""
    record = "tiny.py,,\ntiny-1.0.dist-info/METADATA,,\ntiny-1.0.dist-info/WHEEL,,\ntiny-1.0.dist-info/RECORD,,\n"
    path = folder / "tiny-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr("tiny.py", "size = 'small'\n")
        wheel.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        wheel.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("tiny-1.0.dist-info/RECORD", record)
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def offline(checkout: Checkout, tmp_path: Path) -> Checkout:
    """No network; packages come from a folder named by the machine's own pip configuration."""
    checkout.extra = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(tmp_path), "PIP_CONFIG_FILE": os.devnull}
    return checkout


def test_without_uv_pip_installs_by_the_machines_own_configuration(offline: Checkout, tmp_path: Path) -> None:
    (offline.path / "uv").unlink()
    (offline.root / "requirements/core.txt").write_text(f"tiny==1.0 --hash=sha256:{a_wheel(tmp_path)}\n")
    said(offline.start("demo"))
    shown = subprocess.run(
        [offline.venv / "bin/python", "-I", "-c", "import tiny; print(tiny.size)"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == "small\n"


def test_a_package_with_another_hash_is_refused_and_the_next_start_recovers(offline: Checkout, tmp_path: Path) -> None:
    digest = a_wheel(tmp_path)
    lock = offline.root / "requirements/core.txt"
    lock.write_text(f"tiny==1.0 --hash=sha256:{base64.b16encode(bytes(32)).decode().lower()}\n")
    offline.extra |= {"FAKE_UV_EXIT": "1"}  # uv refuses too, and pip is asked next
    refused = offline.start("demo")
    assert refused.returncode == 1
    assert "could not be installed" in refused.stderr
    assert not (offline.venv / "concilia.stamp").exists()
    lock.write_text(f"tiny==1.0 --hash=sha256:{digest}\n")
    said(offline.start("demo"))


# --------------------------------------------------------------------------------------------------- the start


def test_connectors_are_found_by_their_entry_points(checkout: Checkout) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert said(checkout.start("demo"))["connectors"] == project["entry-points"]["concilia.connectors"]


def test_pip_lists_the_checkout_as_an_editable_install_and_can_remove_it(offline: Checkout) -> None:
    (offline.path / "uv").unlink()
    said(offline.start("demo"))
    python = offline.venv / "bin/python"
    listed = subprocess.run([python, "-m", "pip", "list", "--format=json"], capture_output=True, text=True, check=True)
    ours = next(entry for entry in json.loads(listed.stdout) if entry["name"] == "concilia")
    assert ours["editable_project_location"] == str(offline.root)
    subprocess.run([python, "-m", "pip", "uninstall", "--quiet", "--yes", "concilia"], check=True)
    assert list(offline.venv.glob("lib/python3*/site-packages/concilia*")) == []


def test_it_starts_through_a_symlink_from_another_folder(checkout: Checkout, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links/first").symlink_to(checkout.root / "bin/concilia")
    (tmp_path / "links/concilia").symlink_to("first")
    report = said(checkout.start("runs", "list", script=tmp_path / "links/concilia", folder=tmp_path))
    assert report["arguments"] == ["runs", "list"]
    assert report["file"] == str(checkout.root / "admin_api/__main__.py")


def test_what_lies_in_the_users_folder_does_not_take_our_place(checkout: Checkout, tmp_path: Path) -> None:
    decoy = tmp_path / "decoy"
    (decoy / "admin_api").mkdir(parents=True)
    (decoy / "admin_api/__main__.py").write_text("print('wrong')\n")
    (decoy / "json.py").write_text("raise RuntimeError('wrong')\n")
    checkout.extra = {"PYTHONPATH": str(decoy)}
    report = said(checkout.start("demo", folder=decoy))
    assert report["pythonpath"] is None
    assert report["file"] == str(checkout.root / "admin_api/__main__.py")


def test_text_is_utf8_whatever_the_locale(checkout: Checkout) -> None:
    checkout.extra = {"LC_ALL": "POSIX"}
    report = said(checkout.start("buscar", "Ñandú"))
    assert report["arguments"] == ["buscar", "Ñandú"]
    assert report["utf8"] == 1


# -------------------------------------------------------------------------------------------------- the checks


def test_the_checks_run_in_order_and_pytest_gets_the_arguments(checkout: Checkout) -> None:
    outcome = checkout.start("test", "tests/unit", "-x")
    assert outcome.returncode == 0, outcome.stderr
    assert re.findall(r"^ran (.*)$", outcome.stdout, re.MULTILINE) == [
        "ruff check",
        "ruff format --check",
        "mypy",
        "lint-imports --no-logo --no-cache",
        "pytest -q tests/unit -x",
    ]


def test_lint_runs_the_checks_without_the_tests(checkout: Checkout) -> None:
    outcome = checkout.start("lint")
    assert outcome.returncode == 0
    assert "ran lint-imports" in outcome.stdout
    assert "ran pytest" not in outcome.stdout


@pytest.mark.parametrize(("failing", "not_reached"), [("ruff", "mypy"), ("mypy", "lint-imports"), ("pytest", "none")])
def test_the_first_failing_check_stops_with_its_own_exit_code(
    checkout: Checkout, failing: str, not_reached: str
) -> None:
    checkout.extra = {"FAKE_FAILING": failing}
    outcome = checkout.start("test")
    assert outcome.returncode == 7
    assert f"ran {failing}" in outcome.stdout
    assert f"ran {not_reached}" not in outcome.stdout
