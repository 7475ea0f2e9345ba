"""Mapping documents: what is refused, with which words, and that schema, vocabulary and reference agree."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from concilia import schema
from concilia.errors import ConfigurationInvalid
from mapping.contact_points import ADDRESS_PARTS
from mapping.documents import json_schema, parse_map_text
from mapping.issues import Code

DEBT = """\
entities:
- entity: debt
  key: [DOC]
  debtor: [RUT]
  fields:
    balance: SALDO
    due_date: {from: VENCE, convert: date(%d-%m-%Y)}
    stage: {from: TRAMO, values: {T1: early, T2: late}}
"""
DEBTOR = """\
entities:
- entity: debtor
  key: [RUT]
  fields: {tax_id: RUT, full_name: NOMBRE}
  contact_points:
  - {type: phone, from: FONO}
"""
ROLE = "entities: [{entity: party_role, debtor: [A], debt: [D], fields: {role: {constant: aval}}}]"
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "mapping.md"


def refused(text: str) -> str:
    with pytest.raises(ConfigurationInvalid) as caught:
        parse_map_text(text, file="m.yaml")
    assert caught.value.file == "m.yaml"
    assert caught.value.line
    return str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("entity: debt", "entity: debts", 'm.yaml:2 at entities[0].entity: "debts" is not known here. Did you mean "debt"?'),
        ("- entity: debt", "- entty: debt", '"entity" is missing.'),
        ("balance: SALDO", "balanse: SALDO", 'm.yaml:6 at entities[0].fields: there is no setting "balanse". Did you mean "balance"?'),
        ("  debtor: [RUT]", "  debter: [RUT]", 'm.yaml:4 at entities[0]: there is no setting "debter". Did you mean "debtor"?'),
        ("    balance: SALDO\n", "", '"balance" of debt is not mapped.'),
        ("key: [DOC]", "key: []", "a key has one to eight columns"),
        ("key: [DOC]", "key: DOC", "this must be a list, not text."),
        ("key: [DOC]", "key: [12]", "m.yaml:3 at entities[0].key[0]: this must be a group of settings or text, not a number."),
        ("key: [DOC]", "key: [{constant: x}]", "a part of a key is one column."),
        ("date(%d-%m-%Y)", "dat(%d-%m-%Y)", 'm.yaml:7 at entities[0].fields.due_date.convert: there is no converter "dat". Did you mean "date"?'),
        ("date(%d-%m-%Y)", "date(%d-%b-%Y)", "%b cannot be used in a format"),
        ("date(%d-%m-%Y)", "date", "date is written date(format)."),
        ("convert: date", "conver: date", 'there is no setting "conver". Did you mean "convert"?'),
        ("T1: early", "T1: erly", 'm.yaml:8 at entities[0].fields.stage.values.T1: "erly" is no stage. Did you mean "early"?'),
        ("T1: early", "T1: [early]", "this must be"),
        ("T2: late}", "T2: late}, unknown: ignore", 'at entities[0].fields.stage.unknown: "ignore" is not known here.'),
        ("values: {T1: early, T2: late}", "unknown: keep", '"unknown" says what to do with codes missing in "values".'),
        ("balance: SALDO", "balance: {from: SALDO, constant: 5}", 'a value needs either "from" or "constant".'),
        ("balance: SALDO", "balance: {default: 0}", 'a value needs either "from" or "constant".'),
        ("balance: SALDO", "balance: {constant: 5, default: 1}", "a constant is taken as it is."),
        ("balance: SALDO", "balance: {constant: mucho}", '"mucho" is no amount.'),
        ("balance: SALDO", "balance: SALDO\n    unit: {constant: XXX}", '"XXX" is no unit: no known unit'),
        ("balance: SALDO", "balance: SALDO\n    debt_type: {from: A, default: loans}", 'Did you mean "loan"?'),
        ("balance: SALDO", "balance: SALDO\n    issue_date: {from: A, default: ayer}", '"ayer" is no issue date'),
        ("balance: SALDO", 'balance: "lines[].amount"', "To go through a list, write each: lines and from: amount"),
        ("debtor: [RUT]", "debtor: {stream: x}", '"key" is missing.'),
        ("debtor: [RUT]", "when: {column: A}", "a condition needs a test."),
        ("debtor: [RUT]", "when: {column: A, equals: 1, in: [2]}", '"equals" and "in" cannot both be given.'),
        ("debtor: [RUT]", "when: {colum: A, equals: 1}", 'Did you mean "column"?'),
        ("debtor: [RUT]", "instalments: {from: l, fields: {amount: a}}", '"due_date" of instalment is not mapped.'),
    ],
)  # fmt: skip
def test_a_fault_in_a_debt_map_is_said_with_its_place(old: str, new: str, said: str) -> None:
    assert old in DEBT
    assert said in refused(DEBT.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("type: phone", "type: fone", 'm.yaml:6 at entities[0].contact_points[0].type: "fone" is not known here. Did you mean "phone"?'),
        ("type: phone, ", "", '"type" is missing.'),
        ("from: FONO", "relation: own", 'a contact point needs either "from" or "parts".'),
        ("from: FONO", "parts: {street: A}", "only a postal_address has parts."),
        ("from: FONO", "from: FONO, relation: ouwn", 'Did you mean "own"?'),
        ("type: phone", "type: {from: T, values: {a: fax}}", '"fax" is no type.'),
        ("from: FONO", "from: FONO, country: Chile", '"Chile" is no country'),
        ("from: FONO", "from: FONO, parts: {strit: a}", 'Did you mean "street"?'),
        ("tax_id: RUT", "tax_id: {from: RUT, values: {a: b}}", 'there is no setting "values"'),
    ],
)  # fmt: skip
def test_a_fault_in_a_debtor_map_is_said_with_its_place(old: str, new: str, said: str) -> None:
    assert old in DEBTOR
    assert said in refused(DEBTOR.replace(old, new, 1))


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("constant: aval", "constant: avl", '"avl" is no role. Did you mean "aval"?'),
        ("debt: [D]", "debt: {stream: x}", 'a debt is named by "key" or by "document".'),
        ("debt: [D]", "debt: {document: F, stream: x}", '"stream" has no meaning beside "document".'),
        ("entities: [", "entitys: [", 'Did you mean "entities"?'),
    ],
)
def test_a_fault_in_a_role_map_is_said_with_its_place(old: str, new: str, said: str) -> None:
    assert said in refused(ROLE.replace(old, new, 1))


def test_a_document_of_another_shape_is_refused() -> None:
    assert "m.yaml:1: this must be a group of settings, not a list." in refused("- a")
    assert "a mapping has one to fifty entities" in refused("entities: []")


def test_the_fingerprint_changes_with_the_meaning_only() -> None:
    before = parse_map_text(DEBT).fingerprint
    assert parse_map_text(DEBT + "# a comment\n").fingerprint == before
    assert parse_map_text(DEBT.replace("SALDO", "SALDO2")).fingerprint != before


def test_the_shipped_schema_knows_the_vocabulary_and_nothing_else() -> None:
    defs: dict[str, Any] = json_schema()["$defs"]
    for name, entity in schema.ENTITIES.items():
        assert list(defs[name]["properties"]["fields"]["properties"]) == [field.name for field in entity.fields]
    instalment = defs["debt"]["properties"]["instalments"]["properties"]["fields"]["properties"]
    assert list(instalment) == [field.name for field in schema.INSTALMENT.fields]
    point = defs["contact_point"]["properties"]
    assert point["type"]["anyOf"][0]["enum"] == list(schema.CONTACT_TYPES)
    assert point["relation"]["anyOf"][0]["enum"] == list(schema.RELATIONS)
    assert list(point["parts"]["properties"]) == list(ADDRESS_PARTS)


def test_every_example_of_the_reference_can_be_used() -> None:
    examples = re.findall(r"```yaml\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert len(examples) >= 3
    for example in examples:
        assert parse_map_text(example).entities


def test_every_code_of_an_issue_is_in_the_reference() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [code for code in Code if f"`{code}`" not in page] == []
