"""Read YAML files of the workspace with their line numbers, and say what is wrong with one. No meaning of any file."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from concilia.errors import ConfigurationInvalid

LARGEST_FILE = 1024 * 1024
MOST_VALUES = 50_000  # after repeating what anchors repeat
DEEPEST = 40

Step = str | int
Place = tuple[Step, ...]

_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_TAG = "tag:yaml.org,2002:"
_TABS = "found character '\\t' that cannot start any token"
_TYPES = {
    "string": "text",
    "object": "a group of settings",
    "array": "a list",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": "empty",
}


@dataclass(frozen=True, slots=True)
class Document:
    """Plain values (dict, list, str, int, float, bool, None) with the file and the line each was written on."""

    file: str
    content: Any
    lines: Mapping[Place, int] = field(default_factory=dict, repr=False, compare=False)
    root: Place = ()  # where `content` stands in the file, for a part of it

    def line_at(self, place: Place) -> int:
        """The line of the value at `place`, or of the nearest thing that holds it."""
        found = (*self.root, *place)
        while found and found not in self.lines:
            found = found[:-1]
        return self.lines.get(found, 0)

    def error(self, message: str, *, at: Place = (), mend: str = "", line: int = 0) -> ConfigurationInvalid:
        """The error to raise for the value at `at`."""
        path = path_text((*self.root, *at))
        return ConfigurationInvalid(message, mend=mend, file=self.file, line=line or self.line_at(at), path=path)

    def part(self, *place: Step) -> Document:
        """The value at `place` as a document of the same file; its errors keep the full path."""
        content = self.content
        for step in place:
            content = content[step]
        return Document(self.file, content, self.lines, (*self.root, *place))


def read_document(path: Path, *, shown_as: str = "") -> Document:
    """The YAML file at `path`; ConfigurationInvalid when it is missing, too large, not UTF-8 or not YAML."""
    name = shown_as or path.name
    try:
        size = path.stat().st_size
        raw = path.read_bytes() if size <= LARGEST_FILE else b""
    except OSError as fault:
        raise ConfigurationInvalid("this file cannot be read.", mend="Check its name and rights.", file=name) from fault
    if size > LARGEST_FILE:
        raise ConfigurationInvalid("this file has more than 1 MB.", mend="Split it into several files.", file=name)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as fault:
        line = raw.count(b"\n", 0, fault.start) + 1
        raise ConfigurationInvalid(
            "this file is not UTF-8 text.", mend="Save it as UTF-8.", file=name, line=line
        ) from fault
    return parse_document(text, file=name)


def parse_document(text: str, *, file: str) -> Document:
    """YAML 1.2 text as a document. `NO`, dates and `0123` stay text; a key given twice is refused."""
    try:
        node = YAML(typ="safe", pure=True).compose(text)
        reader = _Reader(file)
        content = None if node is None else reader.value(node, ())
    except MarkedYAMLError as fault:
        raise _not_yaml(fault, file) from fault
    except YAMLError as fault:
        mend = "Remove control characters, and save the file as UTF-8."
        raise ConfigurationInvalid("this is not a YAML text.", mend=mend, file=file) from fault
    except RecursionError as fault:
        raise ConfigurationInvalid(f"this is nested more than {DEEPEST} levels deep.", file=file) from fault
    return Document(file, content, reader.lines)


def validate(document: Document, schema: Mapping[str, Any]) -> None:
    """Check the content against a JSON Schema (2020-12); raises the most useful of what is wrong.

    An unknown key comes first, because a misspelled key also looks like a missing one.
    """
    from jsonschema import Draft202012Validator  # heavy: only where a file is checked

    found = [_Fault(document, leaf) for leaf in _leaves(Draft202012Validator(schema).iter_errors(document.content))]
    if found:
        raise min(found, key=lambda fault: (fault.rank, fault.line)).error()


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`Did you mean "key"?`, or nothing when no known word is near."""
    folded = {name.casefold(): name for name in known}
    near = difflib.get_close_matches(word.casefold(), folded, n=1)
    return f'Did you mean "{folded[near[0]]}"?' if near else ""


def path_text(place: Place) -> str:
    """A place as people read it: `entities[0].fields.balance`."""
    text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place)
    return text.removeprefix(".")


class _Reader:
    """Builds plain values from YAML nodes, counting them and noting their lines."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._count = 0
        self.lines: dict[Place, int] = {}

    def value(self, node: Node, place: Place) -> Any:
        self._count += 1
        if self._count > MOST_VALUES:
            raise self._error("this file has too many values; do its anchors repeat each other?", node, place)
        if len(place) > DEEPEST:
            raise self._error(f"this is nested more than {DEEPEST} levels deep.", node, place[:3])
        self.lines.setdefault(place, node.start_mark.line + 1)
        match node:
            case MappingNode():
                return self._mapping(node, place)
            case SequenceNode():
                return [self.value(item, (*place, index)) for index, item in enumerate(node.value)]
            case _:
                return self._scalar(node, place)

    def _mapping(self, node: MappingNode, place: Place) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, ScalarNode):
                raise self._error("a key must be plain text.", key_node, place)
            key = str(key_node.value)
            if key in found:
                first = self.lines[(*place, key)]
                raise self._error(f'"{key}" is given twice, first on line {first}.', key_node, place)
            if key == "<<" and str(key_node.tag).endswith(":merge"):
                mend = "Use an anchor for the whole group, or repeat the settings."
                raise self._error("merge keys (<<) are not part of YAML 1.2.", key_node, place, mend)
            self.lines[(*place, key)] = key_node.start_mark.line + 1
            found[key] = self.value(value_node, (*place, key))
        return found

    def _scalar(self, node: Node, place: Place) -> Any:
        text, tag = str(node.value), str(node.tag).removeprefix(_TAG)
        match tag:
            case "str" | "timestamp":
                return text
            case "null":
                return None
            case "bool":
                return {"true": True, "false": False}.get(text.casefold(), text)
            case "int":
                return int(text) if _INTEGER.fullmatch(text) else text
            case "float":
                return _number(text)
            case _:
                raise self._error(f"the tag {node.tag} is not known here.", node, place, "Remove it.")

    def _error(self, message: str, node: Node, place: Place, mend: str = "") -> ConfigurationInvalid:
        line = node.start_mark.line + 1
        return ConfigurationInvalid(message, mend=mend, file=self._file, line=line, path=path_text(place))


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _not_yaml(fault: MarkedYAMLError, file: str) -> ConfigurationInvalid:
    problem = str(fault.problem or "it cannot be read")
    context = str(fault.context) if fault.context else ""
    mend = "Check the indentation, the colons and the quotes of this line and the one above."
    never_closed = "stream end" in problem or "end of stream" in problem
    if problem == _TABS:
        problem, context, mend = "a tab", "", "Indent with spaces, not with tabs."
    elif "another document" in problem:
        problem, context, mend = "a second document starts with ---", "", "Keep one document in a file."
    elif never_closed:
        problem, context, mend = "a bracket or a quote that opens here is never closed", "", "Close it."
    mark = (fault.context_mark if never_closed else None) or fault.problem_mark or fault.context_mark
    said = f"{problem} ({context})" if context else problem
    return ConfigurationInvalid(f"this is not YAML: {said}.", mend=mend, file=file, line=mark.line + 1 if mark else 0)


def _leaves(faults: Iterable[Any]) -> Iterator[Any]:
    """The faults themselves: of alternatives, those of the one alternative whose type fits."""
    for fault in faults:
        if fault.validator not in ("anyOf", "oneOf") or not fault.context:
            yield fault
            continue
        branches: dict[Any, list[Any]] = {}
        for inner in fault.context:
            branches.setdefault(inner.schema_path[0], []).append(inner)
        fitting = [inner for inner in branches.values() if not any(_is_of_other_type(one) for one in inner)]
        if fitting:
            nearest: list[Any] = min(fitting, key=len)
            yield from _leaves(nearest)
        else:
            yield fault


def _is_of_other_type(fault: Any) -> bool:
    return bool(fault.validator == "type" and not fault.relative_path)


class _Fault:
    """One fault of a JSON Schema as a sentence of ours."""

    def __init__(self, document: Document, fault: Any) -> None:
        self._document = document
        self._fault = fault
        of_a_key = (fault.instance,) if "propertyNames" in fault.absolute_schema_path else ()
        self._place: Place = (*fault.absolute_path, *of_a_key)
        self._unknown = self._unknown_key() if fault.validator == "additionalProperties" else ""
        self.rank = 0 if self._unknown else 1
        self.line = document.line_at((*self._place, self._unknown) if self._unknown else self._place)

    def error(self) -> ConfigurationInvalid:
        message, mend = self._sentence()
        return self._document.error(message, at=self._place, mend=mend, line=self.line)

    def _unknown_key(self) -> str:
        schema, content = self._fault.schema, self._fault.instance
        patterns = [re.compile(pattern) for pattern in schema.get("patternProperties", ())]
        known = schema.get("properties", {})
        unknown = (key for key in content if key not in known and not any(p.search(key) for p in patterns))
        return str(next(unknown))

    def _sentence(self) -> tuple[str, str]:
        fault, schema = self._fault, self._fault.schema
        match fault.validator:
            case "additionalProperties":
                known = tuple(schema.get("properties", ()))
                mend = did_you_mean(self._unknown, known) or (f"Known are: {', '.join(known)}." if known else "")
                return f'there is no setting "{self._unknown}".', mend
            case "required":
                missing = [name for name in fault.validator_value if name not in fault.instance]
                return f'"{missing[0]}" is missing.', ""
            case "type" | "anyOf" | "oneOf":
                return self._wrong_type()
            case "enum" | "const":
                allowed = [str(one) for one in schema.get("enum", [schema.get("const")])]
                shown = _shown(fault.instance)
                mend = did_you_mean(shown, allowed) or f"Use one of: {', '.join(allowed)}."
                return f'"{shown}" is not known here.', mend
            case _:
                wanted = schema.get("description") or fault.message
                return f'"{_shown(fault.instance)}" cannot be used here: {wanted}.', ""

    def _wrong_type(self) -> tuple[str, str]:
        wanted = sorted(set(_wanted_types(self._fault.schema)))
        found = _found_type(self._fault.instance)
        mend = 'Put it in quotes: "…".' if wanted == ["text"] and found in ("a number", "true or false") else ""
        return f"this must be {' or '.join(wanted)}, not {found}.", mend


def _wanted_types(schema: Mapping[str, Any]) -> Iterator[str]:
    types = schema.get("type", ())
    for name in (types,) if isinstance(types, str) else types:
        yield _TYPES[name]
    for inner in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if "enum" in inner or "const" in inner:
            yield "one of the known words"
        else:
            yield from _wanted_types(inner)


def _found_type(value: Any) -> str:
    match value:
        case None:
            return "empty"
        case bool():
            return "true or false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case list():
            return "a list"
        case _:
            return "a group of settings"


def _shown(value: Any) -> str:
    text = str(value) if isinstance(value, str | int | float) else _found_type(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
