"""Headers as people write them say which field a column holds."""

from __future__ import annotations

import pytest

from dedup.column_names import field_of
from dedup.table_reading import layout_of


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("tax_id", "tax_id"), ("RUT", "tax_id"), ("Cédula", "tax_id"), ("CPF/CNPJ", "tax_id"), ("phone_2", "phone"),
        ("Teléfono 2", "phone"), ("CELULAR1", "phone"), ("Correo electrónico", "email"), ("e-mail", "email"),
        ("given", "given_names"), ("Apellido Paterno", "surname_1"), ("Razón Social", "legal_name"),
        ("Dirección", "street"), ("Comuna", "city"), ("CEP", "postal_code"), ("Fecha de nacimiento", "birth_date"),
        ("País", "country"), ("saldo", None), ("updated_at", None), ("", None), ("123", None), ("_", None),
    ],
)  # fmt: skip
def test_a_column_is_known_by_its_usual_names(column: str, field: str | None) -> None:
    assert field_of(column, (column,)) == field


def test_nombre_is_the_whole_name_unless_surnames_stand_beside_it() -> None:
    assert field_of("Nombre", ("Nombre", "RUT")) == "full_name"
    assert field_of("Nombre", ("Nombre", "Apellidos")) == "given_names"


def test_a_canonical_name_comes_before_a_usual_one_and_what_nothing_reads_is_named() -> None:
    layout = layout_of(("id", "Nombre Completo", "full_name", "saldo", "RUT", "fono 1", "fono 2"))
    assert layout.single == {"full_name": 2}
    assert layout.several == {"tax_id": (4,), "phone": (5, 6)}
    assert layout.unread == ("id", "Nombre Completo", "saldo")
