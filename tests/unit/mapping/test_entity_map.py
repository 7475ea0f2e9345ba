"""Records through a mapping: claims, issues, refusals, and the way back."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from concilia.portfolio.debt import Instalment
from concilia.portfolio.party import DebtorReference, DebtReference
from concilia.portfolio.payment import Allocation
from concilia.workspace import Connection
from mapping.context import MapContext
from mapping.documents import parse_map_text
from mapping.entity_map import MapDocument, Mapped, map_record
from mapping.issues import Code

CHILE = MapContext(country="CL", unit="CLP", decimal=",")

DEBTOR = parse_map_text("""
entities:
- entity: debtor
  key: [RUT]
  fields:
    tax_id: RUT
    full_name: NOMBRE
    given_names: NOMBRES
    surname_1: APE1
    legal_name: RAZON
    kind: {from: TIPO, values: {N: person, J: organization}}
    birth_date: {from: NACIO, convert: date(%d-%m-%Y)}
    active: ACTIVO
    language: {constant: es}
    residence_country: {from: PAIS, default: CL}
  identifiers:
  - {from: OTRO, type_from: TIPO_OTRO, country: AR}
  contact_points:
  - {type: phone, from: [FONO1, FONO2], verified_at: {from: VERIF, convert: date(%d-%m-%Y)}, verification_method: otp}
  - {type: email, from: CORREO, relation: {from: REL, values: {P: own, T: work}}}
  - {type: postal_address, parts: {street: CALLE, city: COMUNA}}
  - each: medios
    when: {column: activo, not_in: [false]}
    type: {from: tipo, values: {tel: phone, mail: email}, unknown: null}
    from: valor
""")
DEBT = parse_map_text("""
entities:
- entity: debt
  when: {column: TIPO, in: [FA, 33]}
  key: [DOC, {from: FOLIO, convert: strip_left(0)}]
  debtor: {key: [RUT], stream: clientes}
  fields:
    document: DOC
    balance: SALDO
    unit: MONEDA
    interest: INTERES
    fees: {from: GASTOS, default: 0}
    due_date: {from: VENCE, convert: date(%d-%m-%Y)}
    issue_date: {from: EMITIDA, convert: date(%d-%m-%Y)}
    stage: {from: TRAMO, values: {T1: early, T2: late}}
    status: {from: ESTADO, values: {A: open, X: cancelled}, unknown: reject}
    description: {from: [GLOSA, DETALLE]}
  instalments: {from: cuotas, fields: {number: n, due_date: vence, amount: monto, balance: abierto}}
""")
PAYMENT = parse_map_text("""
entities:
- entity: payment
  key: [ID]
  debt: {document: FACTURA}
  fields: {amount: MONTO, value_date: FECHA, reference: REF, method: {constant: transfer}}
  allocations: {from: lineas, debt: {connection: erp, stream: cartera, key: [doc]}, amount: monto}
""")
ROLE = parse_map_text("""
entities:
- entity: party_role
  debtor: [AVAL]
  debt: [DOC]
  fields: {role: {from: ROL, values: {A: aval, C: codeudor}}, liability: {constant: subsidiary}}
""")

PERSON = {"RUT": "12.611.995-K", "NOMBRE": "  José   Ñandú "}
INVOICE = {"TIPO": 33, "DOC": "F-1", "FOLIO": "007", "RUT": "1-9", "SALDO": "1.500", "VENCE": "31-01-2026"}
PAID = {"ID": 7, "MONTO": "1.500", "FECHA": "2026-01-31", "FACTURA": "F-1"}


def mapped(document: MapDocument, record: dict[str, Any], context: MapContext = CHILE) -> Mapped:
    return map_record(document, record, context=context)


def codes(found: Mapped) -> list[tuple[str, str]]:
    return [(issue.column, issue.code) for issue in found.issues]


def test_a_debtor_is_read_with_its_number_its_verdict_and_its_kind() -> None:
    found = mapped(DEBTOR, {**PERSON, "TIPO": "N", "NACIO": "01-02-1980", "ACTIVO": "SI"})
    (debtor,) = found.debtors
    assert debtor.key == ("12.611.995-K",)
    assert debtor.fields == {
        "full_name": "José Ñandú",
        "kind": "person",
        "birth_date": "1980-02-01",
        "active": "true",
        "language": "es",
        "residence_country": "CL",
        "tax_id": debtor.identifiers[0].value,
    }
    assert debtor.identifiers[0].name == "CL:RUT"
    assert debtor.identifiers[0].proves_identity
    assert not found.issues


def test_the_name_is_put_together_when_it_is_not_stated_whole() -> None:
    (person,) = mapped(DEBTOR, {"RUT": "1-9", "NOMBRES": "José Luis", "APE1": "Hernández"}).debtors
    assert person.fields["full_name"] == "José Luis Hernández"
    (company,) = mapped(DEBTOR, {"RUT": "1-9", "RAZON": "Comercial Los Álamos S.A."}).debtors
    assert company.fields["full_name"] == "Comercial Los Álamos S.A."
    assert company.fields["kind"] == "organization"


def test_a_number_contained_in_another_is_added_as_derived() -> None:
    (debtor,) = mapped(DEBTOR, {"RUT": "12.611.995-K", "OTRO": "20-27456789-9", "TIPO_OTRO": "CUIT"}).debtors
    found = [(number.name, number.derived) for number in debtor.identifiers]
    assert found == [("CL:RUT", False), ("AR:CUIT", False), ("AR:DNI", True)]


def test_a_placeholder_number_is_kept_with_its_verdict_and_never_becomes_the_tax_id() -> None:
    found = mapped(DEBTOR, {"RUT": "66.666.666-6", "NOMBRE": "José Ñandú"})
    (debtor,) = found.debtors
    assert "tax_id" not in debtor.fields
    assert [number.verdict for number in debtor.identifiers] == ["placeholder"]
    assert codes(found) == [("RUT", Code.PLACEHOLDER)]


def test_an_invalid_number_is_kept_with_its_verdict() -> None:
    found = mapped(DEBTOR, {"RUT": "12.611.995-0", "NOMBRE": "José Ñandú"})
    assert [(number.raw, number.verdict) for number in found.debtors[0].identifiers] == [("12.611.995-0", "invalid")]
    assert codes(found) == [("RUT", Code.INVALID_TAX_ID)]


def test_a_stand_in_for_a_name_is_an_issue_and_no_name() -> None:
    found = mapped(DEBTOR, {"RUT": "12.611.995-K", "NOMBRE": "CLIENTE GENERICO"})
    assert "full_name" not in found.debtors[0].fields
    assert codes(found) == [("NOMBRE", Code.PLACEHOLDER)]


def test_each_phone_of_each_column_is_a_contact_point_with_what_is_said_of_it() -> None:
    found = mapped(
        DEBTOR, {**PERSON, "FONO1": "961234567 / 22 345 6789", "FONO2": "+56 9 6123 4567", "VERIF": "31-01-2026"}
    )
    points = found.debtors[0].contact_points
    assert [(point.type, point.value) for point in points] == [("phone", "+56961234567"), ("phone", "+56223456789")]
    assert {point.verification_method for point in points} == {"otp"}
    assert {point.verified_at for point in points} == {"2026-01-31T00:00:00.000000+00:00"}
    assert all(point.match_key for point in points)


def test_several_phones_on_lines_of_one_cell_are_told_apart() -> None:
    found = mapped(DEBTOR, {**PERSON, "FONO1": "961234567\r\n223456789"})
    assert [point.value for point in found.debtors[0].contact_points] == ["+56961234567", "+56223456789"]


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("FONO1", "999999999", Code.PLACEHOLDER),
        ("FONO1", "12", Code.INVALID_PHONE),
        ("CORREO", "noreply@noreply.com", Code.PLACEHOLDER),
        ("CORREO", "jose(arroba)acme.cl", Code.INVALID_EMAIL),
        ("FONO1", {"a": 1}, Code.BAD_VALUE),
        ("FONO1", "9" * 1001, Code.TOO_LONG),
    ],
)
def test_a_contact_point_that_cannot_be_used_is_an_issue_only(column: str, value: Any, code: str) -> None:
    found = mapped(DEBTOR, {**PERSON, column: value})
    assert found.debtors[0].contact_points == ()
    assert codes(found) == [(column, code)]


def test_an_empty_cell_is_neither_a_contact_point_nor_an_issue() -> None:
    found = mapped(DEBTOR, {**PERSON, "FONO1": "", "FONO2": None, "CORREO": "  ", "CALLE": "", "medios": []})
    assert (found.debtors[0].contact_points, found.issues) == ((), ())


def test_a_list_in_the_record_gives_a_contact_point_for_each_element_that_passes() -> None:
    medios = [
        {"tipo": "tel", "valor": "961234567", "activo": True},
        {"tipo": "mail", "valor": "Jose@ACME.cl", "activo": True},
        {"tipo": "tel", "valor": "223456789", "activo": False},
        {"tipo": "fax", "valor": "1", "activo": True},
        None,
        "odd",
    ]
    found = mapped(DEBTOR, {**PERSON, "medios": medios})
    assert [point.type for point in found.debtors[0].contact_points] == ["phone", "email"]
    assert not found.issues


def test_a_list_of_plain_texts_has_the_column_value() -> None:
    document = parse_map_text("""
entities:
- entity: debtor
  key: [id]
  fields: {full_name: name}
  contact_points: [{each: phones, type: phone, from: value}]
""")
    found = mapped(document, {"id": 1, "name": "José Ñandú", "phones": ["961234567", "223456789"]})
    assert len(found.debtors[0].contact_points) == 2


def test_an_address_is_put_together_from_its_parts() -> None:
    (point,) = mapped(DEBTOR, {**PERSON, "CALLE": "Av. Irarrázaval 1234", "COMUNA": "Ñuñoa"}).debtors[0].contact_points
    assert point.type == "postal_address"
    assert "Ñuñoa" in point.value
    assert point.parts
    assert point.parts["city"] == "Ñuñoa"


def test_a_debt_is_read_in_its_own_unit() -> None:
    found = mapped(
        DEBT, {**INVOICE, "MONEDA": "UF", "SALDO": "40,25", "INTERES": "0,5", "GLOSA": "Factura", "DETALLE": "enero"}
    )
    (debt,) = found.debts
    assert debt.key == ("F-1", "7")
    assert debt.debtor == DebtorReference(("1-9",), "clientes")
    assert debt.fields == {
        "unit": "CLF",
        "document": "F-1",
        "balance": "40.2500",
        "interest": "0.5000",
        "fees": "0.0000",
        "due_date": "2026-01-31",
        "description": "Factura enero",
    }
    assert not found.issues


def test_a_debt_without_a_unit_is_in_that_of_the_connection() -> None:
    assert mapped(DEBT, INVOICE).debts[0].fields["unit"] == "CLP"
    none = mapped(DEBT, INVOICE, MapContext(country="CL", decimal=","))
    assert none.refusal is not None
    assert none.refusal.code == Code.BAD_UNIT


def test_a_record_that_does_not_pass_the_condition_says_nothing() -> None:
    assert mapped(DEBT, {**INVOICE, "TIPO": "NC"}) == Mapped()


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("DOC", " ", Code.EMPTY_KEY),
        ("FOLIO", None, Code.EMPTY_KEY),
        ("DOC", "a\x1fb", Code.BAD_VALUE),
        ("SALDO", "", Code.EMPTY_REQUIRED),
        ("SALDO", None, Code.EMPTY_REQUIRED),
        ("SALDO", "mucho", Code.BAD_AMOUNT),
        ("SALDO", "1.50", Code.BAD_AMOUNT),
        ("SALDO", "1500,5", Code.BAD_AMOUNT),
        ("SALDO", 1500.0, Code.BAD_AMOUNT),
        ("MONEDA", "PESOS", Code.BAD_UNIT),
        ("VENCE", "2026-01-31", Code.BAD_DATE),
        ("VENCE", "31-02-2026", Code.BAD_DATE),
        ("ESTADO", "Q", Code.UNKNOWN_CODE),
        ("cuotas", [{"vence": "2026-01-31"}], Code.EMPTY_REQUIRED),
        ("cuotas", [{"vence": "x", "monto": 1}], Code.BAD_DATE),
        ("cuotas", [{}] * 1001, Code.BAD_VALUE),
    ],
)
def test_a_record_whose_key_or_money_cannot_be_read_is_refused(column: str, value: Any, code: str) -> None:
    found = mapped(DEBT, {**INVOICE, column: value})
    assert found.refusal is not None
    assert found.refusal.code == code
    assert found.refusal.reason
    assert found.debts == ()


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("VENCE", "", Code.EMPTY_REQUIRED),
        ("EMITIDA", "2026-01-31", Code.BAD_DATE),
        ("INTERES", "x", Code.BAD_AMOUNT),
        ("TRAMO", "T9", Code.UNKNOWN_CODE),
        ("GLOSA", "x" * 1001, Code.TOO_LONG),
        ("RUT", "", Code.UNMAPPED_REFERENCE),
        ("RUT", "a\x00b", Code.UNMAPPED_REFERENCE),
    ],
)
def test_a_bad_cell_rejects_a_cell_and_keeps_the_record(column: str, value: Any, code: str) -> None:
    found = mapped(DEBT, {**INVOICE, column: value})
    assert found.refusal is None
    assert found.debts[0].fields["balance"] == "1500"
    assert [issue.code for issue in found.issues] == [code]
    assert column in found.issues[0].column


def test_instalments_are_read_and_one_without_a_due_date_is_left_out_with_an_issue() -> None:
    cuotas = [
        {"n": 1, "vence": "2026-01-31", "monto": "750", "abierto": "0"},
        {"vence": date(2026, 2, 28), "monto": 750},
    ]
    found = mapped(DEBT, {**INVOICE, "cuotas": cuotas})
    assert found.debts[0].instalments == (
        Instalment("1", "2026-01-31", Decimal(750), Decimal(0)),
        Instalment("2", "2026-02-28", Decimal(750)),
    )
    fewer = mapped(DEBT, {**INVOICE, "cuotas": [{"monto": "750"}]})
    assert fewer.debts[0].instalments == ()
    assert [issue.code for issue in fewer.issues] == [Code.EMPTY_REQUIRED]


def test_a_payment_names_its_debts_by_document_and_by_key() -> None:
    found = mapped(PAYMENT, {**PAID, "lineas": [{"doc": "F-2", "monto": "500"}, {"doc": "F-3"}]})
    (payment,) = found.payments
    assert payment.key == ("7",)
    assert payment.fields == {"unit": "CLP", "amount": "1500", "value_date": "2026-01-31", "method": "transfer"}
    assert payment.allocations == (
        Allocation(DebtReference(document="F-1")),
        Allocation(DebtReference(("F-2",), "erp", "cartera"), Decimal(500)),
        Allocation(DebtReference(("F-3",), "erp", "cartera")),
    )


def test_a_payment_without_a_debt_is_kept_with_an_issue() -> None:
    found = mapped(PAYMENT, {**PAID, "FACTURA": ""})
    assert found.payments[0].allocations == ()
    assert codes(found) == [("FACTURA", Code.UNMAPPED_REFERENCE)]


def test_an_allocation_with_an_unreadable_amount_refuses_the_payment() -> None:
    found = mapped(PAYMENT, {**PAID, "lineas": [{"doc": "F-2", "monto": "x"}]})
    assert found.refusal is not None
    assert found.refusal.code == Code.BAD_AMOUNT


def test_a_role_joins_a_party_and_a_debt() -> None:
    (role,) = mapped(ROLE, {"AVAL": "1-9", "DOC": "F-1", "ROL": "A"}).roles
    assert (role.debtor.key, role.debt.key, role.role, role.liability) == (("1-9",), ("F-1",), "aval", "subsidiary")
    assert mapped(ROLE, {"AVAL": "", "DOC": "F-1", "ROL": "A"}) == Mapped()
    empty = mapped(ROLE, {"AVAL": "1-9", "DOC": "F-1", "ROL": ""})
    assert (empty.roles, [issue.code for issue in empty.issues]) == ((), [Code.EMPTY_REQUIRED])
    unknown = mapped(ROLE, {"AVAL": "1-9", "DOC": "F-1", "ROL": "Z"})
    assert unknown.refusal is not None
    assert unknown.refusal.code == Code.UNKNOWN_CODE


def test_one_row_may_state_several_entities_and_one_refusal_refuses_them_all() -> None:
    document = MapDocument((*DEBTOR.entities, *DEBT.entities))
    found = mapped(document, {**PERSON, **INVOICE})
    assert (len(found.debtors), len(found.debts)) == (1, 1)
    refused = mapped(document, {**PERSON, **INVOICE, "SALDO": ""})
    assert (refused.debtors, refused.debts) == ((), ())


def test_an_issue_shows_at_most_200_characters_of_the_cell() -> None:
    found = mapped(DEBT, {**INVOICE, "TRAMO": "x" * 900})
    assert len(found.issues[0].value) == 200


def test_what_a_record_says_can_be_shown_line_by_line() -> None:
    document = MapDocument((*DEBTOR.entities, *DEBT.entities, *PAYMENT.entities, *ROLE.entities))
    record = {**PERSON, **INVOICE, **PAID, "AVAL": "1-9", "ROL": "A", "FONO1": "961234567", "TRAMO": "T9",
              "cuotas": [{"vence": "2026-01-31", "monto": "1"}]}  # fmt: skip
    lines = mapped(document, record).as_rows()
    assert {line.entity for line in lines} == {"debtor", "debt", "payment", "party_role"}
    assert ("debt", "F-1|7", "balance", "1500", "") in lines
    assert lines[-1].note == "issue unknown_code: the code is not in the list of values"


def test_a_mapping_knows_the_columns_it_reads_from_the_record_itself() -> None:
    assert PAYMENT.columns == ("FACTURA", "FECHA", "ID", "MONTO", "REF", "lineas")
    assert ROLE.columns == ("AVAL", "DOC", "ROL")
    assert {"RUT", "TIPO_OTRO", "medios", "CALLE", "VERIF"} <= set(DEBTOR.columns)
    assert not {"valor", "activo", "tipo"} & set(DEBTOR.columns)


def test_the_context_comes_from_the_connection() -> None:
    connection = Connection("erp", "files", "CL", "CLP", settings={"decimal": ","}, time_zone="America/Santiago")
    context = MapContext.of(connection)
    assert (context.country, context.unit, context.decimal, str(context.time_zone)) == (
        "CL",
        "CLP",
        ",",
        "America/Santiago",
    )


def test_canonical_fields_are_written_back_to_their_columns() -> None:
    (debt,) = mapped(DEBT, {**INVOICE, "TRAMO": "T2"}).debts
    written = DEBT.entities[0].columns_for(debt.fields, context=CHILE)
    assert written == {
        "DOC": "F-1",
        "SALDO": "1500",
        "MONEDA": "CLP",
        "GASTOS": "0",
        "VENCE": "31-01-2026",
        "TRAMO": "T2",
    }


PLAIN = parse_map_text("""
entities:
- entity: debt
  key: [DOC]
  fields:
    document: DOC
    unit: MONEDA
    balance: SALDO
    interest: {from: INT, convert: decimal(point)}
    fees: {from: GASTOS, convert: cents}
    principal_original: {from: CAPITAL, convert: negate}
    issue_date: {from: EMITIDA, convert: date(%Y%m%d)}
    due_date: {from: VENCE, convert: date(%d-%m-%Y)}
    stage: {from: TRAMO, values: {T1: early, T2: late, T3: legal}}
    description: GLOSA
""")
AMOUNTS = st.decimals(min_value=-(10**12), max_value=10**12, places=2, allow_nan=False)
DAYS = st.dates(date(1900, 1, 1), date(2190, 1, 1))


@given(st.fixed_dictionaries(
    {"DOC": st.from_regex(r"[A-Z]{1,3}-[0-9]{1,6}", fullmatch=True), "SALDO": AMOUNTS, "VENCE": DAYS},
    optional={"MONEDA": st.sampled_from(["USD", "CLF"]), "INT": AMOUNTS, "GASTOS": st.integers(-(10**9), 10**9),
              "CAPITAL": AMOUNTS, "EMITIDA": DAYS, "TRAMO": st.sampled_from(["T1", "T2", "T3"]), "GLOSA": st.text(max_size=30)},
))  # fmt: skip
def test_what_is_written_back_is_read_as_the_same_debt(record: dict[str, Any]) -> None:
    context = MapContext(country="CL", unit="USD", decimal=",")
    (debt,) = mapped(PLAIN, record, context).debts
    written = PLAIN.entities[0].columns_for(debt.fields, context=context)
    (again,) = mapped(PLAIN, dict(written), context).debts
    assert again.fields == debt.fields
    assert PLAIN.entities[0].columns_for(again.fields, context=context) == written


LEAVES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.decimals() | st.text() | st.binary(max_size=4)
    | st.dates() | st.datetimes() | st.sampled_from(["1.500", "31-01-2026", "961234567", "A", "T1", "33", "66.666.666-6", datetime.min.replace(tzinfo=UTC)])
)  # fmt: skip
VALUES = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["tipo", "valor", "vence", "monto", "doc", "n", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)
COLUMNS = [
    "RUT",
    "NOMBRE",
    "NOMBRES",
    "APE1",
    "RAZON",
    "TIPO",
    "NACIO",
    "ACTIVO",
    "PAIS",
    "OTRO",
    "TIPO_OTRO",
    "FONO1",
    "FONO2",
    "VERIF",
    "CORREO",
    "REL",
    "CALLE",
    "COMUNA",
    "medios",
    "DOC",
    "FOLIO",
    "SALDO",
    "MONEDA",
    "INTERES",
    "GASTOS",
    "VENCE",
    "EMITIDA",
    "TRAMO",
    "ESTADO",
    "GLOSA",
    "DETALLE",
    "cuotas",
    "ID",
    "MONTO",
    "FECHA",
    "REF",
    "FACTURA",
    "lineas",
    "AVAL",
    "ROL",
]
ALL = (DEBTOR, DEBT, PAYMENT, ROLE, PLAIN)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(ALL),
    st.dictionaries(st.sampled_from(COLUMNS), VALUES, max_size=len(COLUMNS)),
    st.sampled_from([CHILE, MapContext(country="MX", unit=None), MapContext(country="??", unit="CLP", decimal=".")]),
)
def test_no_record_whatever_raises(document: MapDocument, record: dict[str, Any], context: MapContext) -> None:
    usual = {
        "RUT": "12.611.995-K",
        "DOC": "F-1",
        "FOLIO": "1",
        "ID": "1",
        "SALDO": "1",
        "MONTO": "1",
        "TIPO": "33",
        "AVAL": "1",
    }
    for fields in (record, {**usual, **record}):
        found = mapped(document, fields, context)
        assert found.refusal is None or not (found.debtors or found.debts or found.payments or found.roles)
        for line in found.as_rows():
            "\x1f".join(line).encode()
        for claim in (*found.debtors, *found.debts, *found.payments):
            assert all(claim.key)
            assert all(text and len(text) <= 1000 for text in claim.fields.values())
