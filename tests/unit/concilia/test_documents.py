"""YAML files of the workspace: what they mean, and the one sentence that says what is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from concilia.documents import LARGEST_FILE, did_you_mean, parse_document, read_document, validate
from concilia.errors import ConfigurationInvalid

SCHEMA: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["connector"],
    "properties": {
        "connector": {"type": "string"},
        "trust": {"type": "integer", "maximum": 100, "description": "trust is a whole number up to 100"},
        "mode": {"enum": ["full", "changes"]},
        "key": {
            "anyOf": [
                {"type": "string"},
                {"type": "array", "items": {"type": "string"}},
                {"type": "object", "additionalProperties": False, "properties": {"column": {"type": "string"}}},
            ]
        },
    },
}


def refused(text: str) -> ConfigurationInvalid:
    with pytest.raises(ConfigurationInvalid) as caught:
        validate(parse_document(text, file="x.yaml"), SCHEMA)
    return caught.value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("true", True),
        ("12:30", "12:30"),
        ("2026-01-31", "2026-01-31"),
        ("012345", "012345"),
        ("1_000", "1_000"),
        ("0x1F", "0x1F"),
        ("-15", -15),
        ("1.5", 1.5),
        ("~", None),
        ("'15'", "15"),
        ("Ñuñoa", "Ñuñoa"),
    ],
)
def test_a_value_means_what_yaml_1_2_says_and_codes_keep_their_zeros(text: str, value: object) -> None:
    assert parse_document(f"a: {text}", file="x.yaml").content == {"a": value}


def test_a_document_knows_the_line_of_everything_in_it() -> None:
    document = parse_document("a:\n  b:\n  - c: 1\n    d: 2\n", file="x.yaml")
    assert document.line_at(("a", "b", 0, "d")) == 4
    assert document.line_at(("a", "b", 0, "unknown")) == 3


def test_a_part_of_a_document_reports_its_place_in_the_whole() -> None:
    part = parse_document("a:\n  b:\n  - c: 1\n", file="x.yaml").part("a", "b", 0)
    assert str(part.error("this is wrong.", at=("c",))) == "x.yaml:3 at a.b[0].c: this is wrong."


def test_an_anchor_may_be_used_again() -> None:
    assert parse_document("a: &x {k: 1}\nb: *x", file="x.yaml").content == {"a": {"k": 1}, "b": {"k": 1}}


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("a: 1\nb: 2\na: 3", 3, '"a" is given twice, first on line 1.'),
        ("a:\n\t- b", 2, "Indent with spaces, not with tabs."),
        ("a: 1\nb: [1, 2\n", 2, "this is not YAML"),
        ("a: b: c", 1, "this is not YAML"),
        ("a: 1\n---\nb: 2", 2, "Keep one document in a file."),
        ("a: *nobody", 1, "nobody"),
        ("a: !!python/object x", 1, "Remove it."),
        ("a: &a {b: 1}\nc:\n  <<: *a", 3, "merge keys"),
        ("? [a]\n: 1", 1, "a key must be plain text."),
        ("a: &a [*a]", 1, "nested more than"),
        ("a: " + "[" * 2500, 0, "nested more than"),
        ("a: \x01", 0, "not a YAML text"),
    ],
)
def test_a_text_that_cannot_be_used_is_refused_with_its_line(text: str, line: int, said: str) -> None:
    with pytest.raises(ConfigurationInvalid) as caught:
        parse_document(text, file="x.yaml")
    assert said in str(caught.value)
    assert caught.value.line == line
    assert caught.value.file == "x.yaml"


def test_anchors_that_multiply_each_other_are_refused() -> None:
    text = "a0: &a0 [x]\n" + "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 9))
    with pytest.raises(ConfigurationInvalid, match="too many values"):
        parse_document(text, file="x.yaml")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"a: " + b"x" * LARGEST_FILE, "x.yaml: this file has more than 1 MB. Split it into several files."),
        ("a: 1\nb: ñ".encode("cp1252"), "x.yaml:2: this file is not UTF-8 text. Save it as UTF-8."),
    ],
)
def test_a_file_too_large_or_of_another_encoding_is_refused(tmp_path: Path, raw: bytes, said: str) -> None:
    (tmp_path / "x.yaml").write_bytes(raw)
    with pytest.raises(ConfigurationInvalid) as caught:
        read_document(tmp_path / "x.yaml")
    assert str(caught.value) == said


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationInvalid, match="cannot be read"):
        read_document(tmp_path / "x.yaml")


def test_a_file_may_start_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(b"\xef\xbb\xbfa: 1")
    assert read_document(tmp_path / "x.yaml").content == {"a": 1}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("conector: x", 'x.yaml:1: there is no setting "conector". Did you mean "connector"?'),
        ("connector: x\nzzz: 1", 'x.yaml:2: there is no setting "zzz". Known are: connector, trust, mode, key.'),
        ("trust: 5", 'x.yaml:1: "connector" is missing.'),
        ("connector: 5", 'x.yaml:1 at connector: this must be text, not a number. Put it in quotes: "…".'),
        ("connector: [x]", "x.yaml:1 at connector: this must be text, not a list."),
        ("connector:", "x.yaml:1 at connector: this must be text, not empty."),
        (
            "connector: x\ntrust: 500",
            'x.yaml:2 at trust: "500" cannot be used here: trust is a whole number up to 100.',
        ),
        ("connector: x\nmode: ful", 'x.yaml:2 at mode: "ful" is not known here. Did you mean "full"?'),
        ("connector: x\nmode: 7", 'x.yaml:2 at mode: "7" is not known here. Use one of: full, changes.'),
        ("connector: x\nkey: 7", "x.yaml:2 at key: this must be a group of settings or a list or text, not a number."),
        ("connector: x\nkey: [a, 7]", 'x.yaml:2 at key[1]: this must be text, not a number. Put it in quotes: "…".'),
        ("connector: x\nkey: {colum: a}", 'x.yaml:2 at key: there is no setting "colum". Did you mean "column"?'),
        ("- a", "x.yaml:1: this must be a group of settings, not a list."),
        ("", "x.yaml: this must be a group of settings, not empty."),
    ],
)
def test_what_does_not_fit_the_schema_is_said_in_one_sentence(text: str, said: str) -> None:
    assert str(refused(text)) == said


def test_a_misspelled_key_is_said_before_anything_else() -> None:
    assert refused("trust: 500\nconector: x").line == 2


def test_a_document_that_fits_passes() -> None:
    validate(parse_document("connector: x\nkey: {column: a}", file="x.yaml"), SCHEMA)


def test_a_word_near_no_other_gets_no_suggestion() -> None:
    assert did_you_mean("zzzz", ["key", "cursor"]) == ""
    assert did_you_mean("KEYS", ["key", "cursor"]) == 'Did you mean "key"?'
