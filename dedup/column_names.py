"""Which field of a debtor a column's name means, in the words people use. Reads no cells."""

from __future__ import annotations

import re
from collections.abc import Collection

from concilia.normalize.folding import fold

SINGLE = (
    "record_id", "country", "kind", "full_name", "given_names", "surname_1", "surname_2", "surnames", "legal_name",
    "trade_name", "street", "number", "unit", "neighborhood", "city", "region", "postal_code", "birth_date",
)  # fmt: skip
SEVERAL = ("tax_id", "phone", "email")
CANONICAL = (*SINGLE, *SEVERAL)
_NUMBERED = re.compile(r"(.*?)_?\d*")
_SPELLED = {
    "country": "PAIS PAIS_ISO COUNTRY_CODE",
    "kind": "TIPO_PERSONA PARTY_KIND",
    "full_name": "NAME NOMBRE_COMPLETO NOME_COMPLETO NOME DEUDOR CLIENTE TITULAR",
    "given_names": "GIVEN GIVEN_NAME FIRST_NAME FIRSTNAME NOMBRES PRIMER_NOMBRE PRIMEIRO_NOME",
    "surname_1": "APELLIDO_1 APELLIDO_PATERNO PRIMER_APELLIDO PATERNO",
    "surname_2": "APELLIDO_2 APELLIDO_MATERNO SEGUNDO_APELLIDO MATERNO",
    "surnames": "SURNAME LAST_NAME LASTNAME APELLIDOS APELLIDO SOBRENOME",
    "legal_name": "RAZON_SOCIAL RAZAO_SOCIAL COMPANY_NAME EMPRESA",
    "trade_name": "NOMBRE_FANTASIA NOME_FANTASIA FANTASIA NOMBRE_COMERCIAL",
    "street": "ADDRESS DIRECCION ENDERECO DOMICILIO CALLE LOGRADOURO RUA",
    "number": "NUMERO_CALLE ALTURA",
    "neighborhood": "BARRIO BAIRRO COLONIA",
    "city": "CIUDAD COMUNA CIDADE MUNICIPIO LOCALIDAD",
    "region": "PROVINCIA DEPARTAMENTO STATE UF",
    "postal_code": "CODIGO_POSTAL CP CEP ZIP POSTCODE",
    "birth_date": "FECHA_NACIMIENTO FECHA_DE_NACIMIENTO DATA_NASCIMENTO DATE_OF_BIRTH DOB BIRTHDATE",
    "tax_id": "RUT RUN RFC CURP NIT CEDULA DNI RUC CUIT CUIL CPF CNPJ CPF_CNPJ CI TAXID VAT",
    "phone": "TELEFONO TELEFONE FONO CELULAR MOVIL MOBILE TEL TELEPHONE",
    "email": "MAIL CORREO CORREO_ELECTRONICO E_MAIL",
}  # fmt: skip
_FIELD_OF = {spelled: field for field, words in _SPELLED.items() for spelled in words.split()}
_ALONE = frozenset({"NOMBRE"})  # the given names beside surnames, the whole name without


def field_of(column: str, header: Collection[str]) -> str | None:
    """The field that a column of this table holds by its name; none when the name says nothing known."""
    if column in CANONICAL:
        return column
    name = re.sub(r"[^A-Z0-9]+", "_", fold(column)).strip("_")
    numbered = _NUMBERED.fullmatch(name)
    bare = numbered.group(1).rstrip("_") if numbered else name
    if name in _ALONE:
        return "given_names" if any(_is_surname(other) for other in header) else "full_name"
    exact = _FIELD_OF.get(name) or (name.lower() if name.lower() in SINGLE else None)
    if exact:
        return exact
    several = bare.lower() if bare.lower() in SEVERAL else _FIELD_OF.get(bare)
    return several if several in SEVERAL else None


def _is_surname(column: str) -> bool:
    name = re.sub(r"[^A-Z0-9]+", "_", fold(column)).strip("_")
    return _FIELD_OF.get(name, name.lower()) in ("surname_1", "surname_2", "surnames")
