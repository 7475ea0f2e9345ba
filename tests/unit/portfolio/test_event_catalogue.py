"""The catalogue of events is what the code tells: every type that is emitted is in it, and every type in it is emitted."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from concilia.portfolio.agreement import Happening
from concilia.portfolio.event_catalogue import CATALOGUE, TEST, dataschema_of, is_pattern
from concilia.portfolio.event_types import is_selected
from concilia.servicing.payments import IN_FORCE

ROOT = Path(__file__).resolve().parents[3]
# What stands for a place in the name of a type, wherever one is made of parts.
PARTS = {
    "agreement.{}": [str(happening) for happening in Happening],
    "payment.{}": [*IN_FORCE, "rejected"],
    "contact_point.{}": [
        "added",
        "changed",
        "confirmed",
        "failed",
        "opted_out",
        "pending",
        "rejected",
        "stale",
        "verified",
        "wrong_party",
    ],
}


def emitted() -> Iterator[tuple[str, str]]:
    """Every type of a Fact in the code, with its place."""
    for package in ("concilia", "sync", "admin_api"):
        for path in sorted((ROOT / package).rglob("*.py")):
            text = path.read_text("utf-8")
            if "Fact" not in text and "fact(" not in text and ".tell(" not in text:
                continue
            tree = ast.parse(text)
            constants = {
                target.id: node.value.value
                for node in ast.walk(tree)
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
                for target in node.targets
                if isinstance(target, ast.Name)
            }
            for node in ast.walk(tree):
                for told in _told_in(node):
                    for name in _names(told, constants):
                        yield name, f"{path.relative_to(ROOT)}:{node.lineno}"  # type: ignore[attr-defined]


def _told_in(node: ast.AST) -> Iterator[ast.expr]:
    """Where a type stands: first in a Fact, in `tell` of the books, or as the `type_` of a function that makes one."""
    match node:
        case ast.Call(func=ast.Name("Fact") | ast.Attribute(attr="Fact"), args=[first, *_]):
            yield first
        case ast.Call(func=ast.Attribute(value=ast.Name("books"), attr="tell"), args=[first, *_]):
            yield first
        case ast.Call(func=ast.Name("fact") | ast.Attribute(attr="fact"), keywords=keywords):
            yield from (k.value for k in keywords if k.arg == "type_")
        case ast.FunctionDef(args=ast.arguments(kwonlyargs=named, kw_defaults=defaults)):
            yield from (d for a, d in zip(named, defaults, strict=True) if a.arg == "type_" and d is not None)


def _names(told: ast.expr, constants: dict[str, object]) -> list[str]:
    match told:
        case ast.Constant(str(name)):
            return [name]
        case ast.Name(name) if name in constants:
            return [str(constants[name])]
        case ast.IfExp(body=one, orelse=other):
            return _names(one, constants) + _names(other, constants)
        case ast.JoinedStr(values):
            shape = "".join(str(v.value) if isinstance(v, ast.Constant) else "{}" for v in values)
            return [shape.format(part) for part in PARTS[shape]]
        case ast.Name("type_"):
            return []  # a method that hands on what it is told
        case _:
            raise AssertionError(f"no type can be read from {ast.unparse(told)}")


def test_every_type_that_is_emitted_is_in_the_catalogue() -> None:
    strangers = [f"{name} at {place}" for name, place in emitted() if name not in CATALOGUE]
    assert strangers == []


def test_every_happening_of_a_contact_point_is_among_those_looked_for() -> None:
    called = re.compile(r'(?:point_fact\(|_tell\(tx, )"([a-z_]+)"(?: if [^,]+ else "([a-z_]+)")?')
    code = "".join(path.read_text("utf-8") for folder in ("concilia", "sync") for path in (ROOT / folder).rglob("*.py"))
    found = {name for pair in called.findall(code) for name in pair if name}
    assert "opted_out" in found
    assert found <= set(PARTS["contact_point.{}"])


def test_every_type_of_the_catalogue_is_emitted_somewhere() -> None:
    assert sorted(CATALOGUE.keys() - {name for name, _ in emitted()}) == []


@pytest.mark.parametrize("name", [*CATALOGUE, TEST.name])
def test_each_example_is_of_its_own_schema(name: str) -> None:
    one = CATALOGUE.get(name, TEST)
    schema = one.schema()
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(dict(one.example))
    assert re.fullmatch(r"[a-z_]+\.[a-z_]+", name)
    assert one.schema_id == f"urn:concilia:event:{name}:1"
    assert one.when.endswith(".")
    assert all(member.says.endswith(".") for member in one.members)
    assert {member.name for member in one.members} >= one.example.keys()


def test_types_are_selected_by_name_by_beginning_or_all() -> None:
    assert is_selected("debt.settled", [])
    assert is_selected("debt.settled", ["*"])
    for pattern in ("debt.settled", "debt", "debt.", "debt.*"):
        assert is_selected("debt.settled", ["payment", pattern]), pattern
        assert is_pattern(pattern)
    for pattern in ("deb", "debt.settle", "debtor", "settled", ""):
        assert not is_selected("debt.settled", [pattern]), pattern
    assert not is_pattern("debts")
    assert dataschema_of("nothing.known") is None
