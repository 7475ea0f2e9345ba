"""The columns that say which record, document or person is meant, in every place of a mapping that may name one."""

from __future__ import annotations

from mapping.documents import parse_map_text
from mapping.identity_columns import identity_columns

MAP = """\
entities:
- {entity: debtor, key: [CLIENTE], when: [{column: TIPO, equals: deuda}],
   fields: {tax_id: {from: RUT, type: rut}, full_name: NOMBRE},
   identifiers: [{from: PASAPORTE, type: passport}, {each: otros, from: numero, type: rut}],
   contact_points: [{type: phone, from: FONO}]}
- {entity: debt, key: [OFICINA, {from: NUMERO, convert: trim}], debtor: {key: [CODIGO]},
   fields: {balance: SALDO, document: FOLIO, due_date: VENCE}}
- {entity: payment, key: [PAGO], debt: {document: FACTURA}, fields: {amount: MONTO, value_date: FECHA}}
"""


def test_keys_references_documents_and_tax_ids_say_who_and_what_is_meant() -> None:
    found = identity_columns(parse_map_text(MAP))
    assert found == {"CLIENTE", "RUT", "PASAPORTE", "OFICINA", "NUMERO", "CODIGO", "FOLIO", "PAGO", "FACTURA"}
