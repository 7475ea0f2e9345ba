"""The house rules that a program can check, read from the source: budgets, names, annotations, clock, layers.

Hard caps fail. Medians and percentiles are only printed: nobody should shred code to please a number.
Types, style and formatting are not repeated here; mypy and ruff hold those.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import packages_distributions
from pathlib import Path
from statistics import median, quantiles

import pytest

ROOT = Path(__file__).resolve().parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PACKAGES = tuple(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])

FUNCTION_LINES = 60
FILE_LINES = 400
CLASS_LINES = 250
PARAMETERS = 5

# Files and folders that hold tables only: long because there is much to list, not because they decide much.
TABLES = ("concilia/store/tables.py", "concilia/store/migrations/")

# The places that may ask what time it is: the clock itself, and the HTTP client, which must read a Retry-After date.
CLOCKS = ("concilia/clock.py", "connectors/rest.py")
CLOCK_FREE = ("concilia", "connectors", "mapping", "dedup", "sync")
CLOCK_CALLS = {
    "datetime.datetime.now",
    "datetime.datetime.utcnow",
    "datetime.datetime.today",
    "datetime.date.today",
    "time.time",
    "time.time_ns",
}

EMPTY_WORDS = {"Manager", "Helper", "Util", "Common", "Data", "Info", "Process", "Handle"}
EMPTY_NAMES = {"Base", "Mapping"}

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Source:
    """One file of ours, read once."""

    path: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, self.path)

    @cached_property
    def functions(self) -> list[Function]:
        return [node for node in ast.walk(self.tree) if isinstance(node, Function)]

    @cached_property
    def classes(self) -> list[ast.ClassDef]:
        return [node for node in ast.walk(self.tree) if isinstance(node, ast.ClassDef)]

    @cached_property
    def comments(self) -> dict[int, str]:
        """Comment text by line, without the hash."""
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return {token.start[0]: token.string.lstrip("# ") for token in tokens if token.type == tokenize.COMMENT}

    @property
    def is_table(self) -> bool:
        return self.path.startswith(TABLES)

    @property
    def is_cli(self) -> bool:
        return self.path.startswith(("admin_api/cli.py", "admin_api/cli/"))

    def at(self, node: ast.stmt | ast.expr | ast.excepthandler, name: str = "") -> str:
        return f"{self.path}:{node.lineno} {name}".rstrip()


def read_sources() -> Iterator[Source]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            yield Source(path.relative_to(ROOT).as_posix(), path.read_text("utf-8"))


SOURCES = tuple(read_sources())


def body_lines(function: Function) -> int:
    """Lines from the first statement after the docstring to the last."""
    has_docstring = ast.get_docstring(function, clean=False) is not None
    body = function.body[1:] if has_docstring else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


def parameters(function: Function) -> list[str]:
    """What a caller may give, without self and cls."""
    given = function.args
    rest = [argument for argument in (given.vararg, given.kwarg) if argument]
    names = [argument.arg for argument in [*given.posonlyargs, *given.args, *given.kwonlyargs, *rest]]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def positional(function: Function) -> int:
    given = [*function.args.posonlyargs, *function.args.args]
    return len(given) - (bool(given) and given[0].arg in {"self", "cls"})


def is_command(function: Function) -> bool:
    """Whether it is registered with a decorator such as @app.command(...)."""
    decorators = (node.func if isinstance(node, ast.Call) else node for node in function.decorator_list)
    return any(isinstance(node, ast.Attribute) and node.attr in {"command", "callback"} for node in decorators)


def dotted(node: ast.expr) -> str:
    match node:
        case ast.Name(name):
            return name
        case ast.Attribute(value, name):
            return f"{dotted(value)}.{name}"
        case _:
            return "?"


def imported_names(tree: ast.Module) -> dict[str, str]:
    """Local name to full name, for every import of the file."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Import(aliases):
                names |= {alias.asname or alias.name: alias.name for alias in aliases}
            case ast.ImportFrom(str(module), aliases):
                names |= {alias.asname or alias.name: f"{module}.{alias.name}" for alias in aliases}
    return names


def clock_reads(source: Source) -> list[str]:
    """Every mention of the system clock, called or handed on, whatever the import is called locally."""
    names = imported_names(source.tree)
    found = []
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name | ast.Attribute):
            head, _, tail = dotted(node).partition(".")
            full = ".".join(filter(None, (names.get(head, head), tail)))
            if full in CLOCK_CALLS:
                found.append(source.at(node, full))
    return found


def broad_excepts(source: Source) -> list[ast.ExceptHandler]:
    def is_broad(kind: ast.expr | None) -> bool:
        match kind:
            case None:
                return True
            case ast.Tuple(kinds):
                return any(is_broad(one) for one in kinds)
            case _:
                return dotted(kind).removeprefix("builtins.") in {"Exception", "BaseException"}

    handlers = (node for node in ast.walk(source.tree) if isinstance(node, ast.ExceptHandler))
    return [handler for handler in handlers if is_broad(handler.type)]


def reason_in(comment: str) -> str:
    """What a comment says besides switching a checker off."""
    return re.sub(r"noqa(: *[A-Z]+\d+(, *[A-Z]+\d+)*)?", "", comment).strip(" #:-,;")


def words_of(name: str) -> set[str]:
    """The words of a CamelCase or snake_case name, singular and capitalised."""
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)
    return {word[:1].upper() + word[1:].removesuffix("s") for word in words}


def has_empty_name(name: str) -> bool:
    return name.lstrip("_") in EMPTY_NAMES or bool(words_of(name) & EMPTY_WORDS)


def listing(offenders: list[str]) -> str:
    """One offender a line, as the whole message of a failure."""
    return "\n".join(["", *offenders])


def test_no_function_body_is_longer_than_the_cap() -> None:
    too_long = [
        f"{source.at(function, function.name)}: {body_lines(function)} lines"
        for source in SOURCES
        for function in source.functions
        if not source.is_table and body_lines(function) > FUNCTION_LINES
    ]
    assert not too_long, listing(too_long)


def test_no_file_is_longer_than_the_cap() -> None:
    lengths = {source.path: len(source.text.splitlines()) for source in SOURCES if not source.is_table}
    too_long = [f"{path}: {lines} lines" for path, lines in lengths.items() if lines > FILE_LINES]
    assert not too_long, listing(too_long)


def test_no_class_is_longer_than_the_cap() -> None:
    too_long = [
        f"{source.at(node, node.name)}: {lines} lines"
        for source in SOURCES
        for node in source.classes
        if (lines := (node.end_lineno or 0) - node.lineno + 1) > CLASS_LINES
    ]
    assert not too_long, listing(too_long)


def test_no_function_takes_more_parameters_than_the_cap() -> None:
    too_many = [
        f"{source.at(function, function.name)}({', '.join(parameters(function))})"
        for source in SOURCES
        for function in source.functions
        if len(parameters(function)) > PARAMETERS and not (source.is_cli and is_command(function))
    ]
    assert not too_many, listing(too_many)


def test_every_function_says_what_it_returns() -> None:
    silent = [
        source.at(function, function.name)
        for source in SOURCES
        for function in source.functions
        if function.returns is None
    ]
    assert not silent, listing(silent)


def test_every_file_opens_with_its_promise() -> None:
    silent = [source.path for source in SOURCES if not ast.get_docstring(source.tree)]
    assert not silent, listing(silent)


def test_a_file_catches_everything_once_at_most() -> None:
    counts = {source.path: len(broad_excepts(source)) for source in SOURCES}
    repeated = [f"{path}: {count} times" for path, count in counts.items() if count > 1]
    assert not repeated, listing(repeated)


def test_catching_everything_gives_its_reason_on_the_line() -> None:
    unexplained = [
        source.at(handler)
        for source in SOURCES
        for handler in broad_excepts(source)
        if len(reason_in(source.comments.get(handler.lineno, ""))) < 10
    ]
    assert not unexplained, listing(unexplained)


def test_only_the_clock_asks_what_time_it_is() -> None:
    sources = [source for source in SOURCES if source.path.split("/")[0] in CLOCK_FREE and source.path not in CLOCKS]
    reads = [read for source in sources for read in clock_reads(source)]
    assert not reads, listing(reads)


def test_no_module_is_named_like_the_standard_library() -> None:
    names = {source.path: source.path.removesuffix("/__init__.py").removesuffix(".py") for source in SOURCES}
    shadows = [path for path, name in names.items() if name.rpartition("/")[2] in sys.stdlib_module_names]
    assert not shadows, listing(shadows)


def test_names_of_classes_and_modules_say_something() -> None:
    classes = [source.at(node, node.name) for source in SOURCES for node in source.classes if has_empty_name(node.name)]
    modules = [source.path for source in SOURCES if has_empty_name(Path(source.path).stem)]
    assert not classes + modules, listing(classes + modules)


def test_a_note_to_do_says_what_is_to_be_done() -> None:
    notes = [
        f"{source.path}:{line} {comment}"
        for source in SOURCES
        for line, comment in source.comments.items()
        if (note := re.match(r"(?:TODO|FIXME|XXX)\b(?:\([^)]*\))?:?(.*)", comment)) and len(note[1].strip()) < 10
    ]
    assert not notes, listing(notes)


def test_no_other_distribution_brings_one_of_our_top_level_names() -> None:
    ours = PROJECT["project"]["name"]
    strangers = [
        f"{package} also comes with {owner}"
        for package in PACKAGES
        for owner in packages_distributions().get(package, ())
        if owner != ours
    ]
    assert not strangers, listing(strangers)


def test_imports_only_go_down() -> None:
    command = [sys.executable, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()"]
    outcome = subprocess.run(
        [*command, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_the_house_in_figures(capsys: pytest.CaptureFixture[str]) -> None:
    """Prints; the only claim is that there is something to measure."""
    functions = [function for source in SOURCES if not source.is_table for function in source.functions]
    with_choice = [function for function in functions if len(parameters(function)) > 1]
    measured = {
        "function body": [body_lines(function) for function in functions],
        "file": [len(source.text.splitlines()) for source in SOURCES if not source.is_table and source.functions],
        "class": [(node.end_lineno or 0) - node.lineno + 1 for source in SOURCES for node in source.classes],
    }
    assert all(len(lengths) > 1 for lengths in measured.values())
    with capsys.disabled():
        print()
        for name, lengths in measured.items():
            p90 = quantiles(lengths, n=10)[-1]
            print(f"  {name:14} median {median(lengths):4.0f}  p90 {p90:4.0f}  max {max(lengths):4}  ({len(lengths)})")
        keyword_only = sum(positional(function) <= 1 for function in with_choice)
        print(f"  keyword-only after the first parameter: {keyword_only} of {len(with_choice)} functions with several")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("from datetime import datetime as d\nd.now()", ["datetime.datetime.now"]),
        ("import datetime\ndatetime.date.today()", ["datetime.date.today"]),
        ("from time import time\ndef f(clock=time): ...", ["time.time"]),
        ("import time\ntime.monotonic()", []),
        ("def f(now):\n    return now()", []),
    ],
)
def test_the_clock_is_found_under_any_name(code: str, expected: list[str]) -> None:
    found = clock_reads(Source("a.py", code))
    assert [read.split()[-1] for read in found] == expected


@pytest.mark.parametrize(
    ("name", "is_empty"),
    [
        ("RunManager", True),
        ("DebtData", True),
        ("Base", True),
        ("date_utils", True),
        ("HTTPInfo", True),
        ("Database", False),
        ("DebtBase", False),
        ("Handler", False),
        ("Processor", False),
        ("metadata", False),
    ],
)
def test_an_empty_name_is_recognised_by_its_words(name: str, is_empty: bool) -> None:
    assert has_empty_name(name) is is_empty


@pytest.mark.parametrize(
    ("line", "broad", "reason"),
    [
        ("except Exception:", 1, ""),
        ("except:  # noqa: E722", 1, ""),
        (
            "except (ValueError, Exception):  # noqa: BLE001, S110 - one bad stream stops no other",
            1,
            "one bad stream stops no other",
        ),
        ("except ValueError:  # the source sends text here", 0, "the source sends text here"),
    ],
)
def test_catching_everything_is_recognised_with_its_reason(line: str, broad: int, reason: str) -> None:
    source = Source("a.py", f"try:\n    pass\n{line}\n    pass\n")
    assert len(broad_excepts(source)) == broad
    assert reason_in(source.comments.get(3, "")) == reason


def test_a_body_is_measured_without_its_docstring() -> None:
    code = 'def f(self, a, *rest, b):\n    """One.\n\n    Two.\n    """\n    x = 1\n\n    return x\n'
    function = Source("a.py", code).functions[0]
    assert body_lines(function) == 3
    assert parameters(function) == ["a", "b", "rest"]
    assert positional(function) == 1
