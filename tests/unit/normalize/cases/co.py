"""Colombia: real-looking cells and what the authorities' rules say of them. Check digits were computed apart from our code."""

from __future__ import annotations

from concilia.normalize.verdict import Verdict
from tests.unit.normalize.cases.verdicts import CHECKED, EMPTY, FORMAT, INVALID, PLACEHOLDER, SUSPICIOUS

# raw, declared kind, kind, canonical value, verdict, party kind
TAX_IDS: list[tuple[str, str | None, str, str, Verdict, str | None]] = [
    ("860.002.964-4", None, "NIT", "860002964", CHECKED, "organization"),
    ("890903938-8", "NIT", "NIT", "890903938", CHECKED, "organization"),
    ("8909039388", None, "NIT", "890903938", CHECKED, "organization"),
    ("8909039388", "NIT", "NIT", "890903938", CHECKED, "organization"),
    ("890903938", None, "NIT", "890903938", FORMAT, "organization"),
    ("890903938", "NIT", "NIT", "890903938", FORMAT, "organization"),
    ("NIT 899.999.068-1", None, "NIT", "899999068", CHECKED, "organization"),
    ("900373115", "NIT", "NIT", "900373115", FORMAT, "organization"),
    ("900.373.115-3", None, "NIT", "900373115", CHECKED, "organization"),
    ("900373115-4", None, "NIT", "", INVALID, None),
    ("9003731154", "NIT", "NIT", "", INVALID, None),
    ("79456123-2", "NIT", "NIT", "79456123", CHECKED, None),
    ("1020304050-8", "NIT", "NIT", "1020304050", CHECKED, None),
    ("1020304050", None, "CC", "1020304050", FORMAT, "person"),
    ("1.020.304.050", "CC", "CC", "1020304050", FORMAT, "person"),
    ("79.456.123", None, "CC", "79456123", FORMAT, "person"),
    ("0079456123", "CC", "CC", "79456123", FORMAT, "person"),
    ("C.C. 52.987.654", None, "CC", "52987654", FORMAT, "person"),
    ("123", "CE", "CE", "123", FORMAT, "person"),
    ("98061512345", "TI", "TI", "98061512345", FORMAT, "person"),
    ("1234567", "PPT", "PPT", "1234567", PLACEHOLDER, None),
    ("AB123456", "PASSPORT", "PASSPORT", "AB123456", FORMAT, "person"),
    ("12345678901", "CC", "CC", "", INVALID, None),
    ("79456123.0", "CC", "CC", "79456123", FORMAT, "person"),
    ("7.94561E+07", None, "", "", INVALID, None),
    ("222222222222", None, "CC", "222222222222", PLACEHOLDER, None),
    ("222.222.222-7", "NIT", "NIT", "222222222", PLACEHOLDER, None),
    ("1234567890", "CC", "CC", "1234567890", PLACEHOLDER, None),
    ("111111111", "NIT", "NIT", "111111111", PLACEHOLDER, None),
    ("no tiene", None, "", "", EMPTY, None),
]
# raw, E.164, line type, verdict
PHONES: list[tuple[str, str, str | None, Verdict]] = [
    ("300 123 4567", "+573001234567", "mobile", FORMAT),
    ("+57 300 123 4567", "+573001234567", "mobile", FORMAT),
    ("573001234567", "+573001234567", "mobile", FORMAT),
    ("03 300 1234567", "+573001234567", "mobile", FORMAT),
    ("601 234 5678", "+576012345678", "fixed", FORMAT),
    ("(601) 234-5678", "+576012345678", "fixed", FORMAT),
    ("(1) 234 5678", "+576012345678", "fixed", FORMAT),
    ("+57 1 234 5678", "+576012345678", "fixed", FORMAT),
    ("+57 4 444 5678", "+576044445678", "fixed", FORMAT),
    ("018000 123456", "+5718000123456", "toll_free", SUSPICIOUS),
    ("3000000000", "+573000000000", None, PLACEHOLDER),
    ("3111111111", "+573111111111", None, PLACEHOLDER),
    ("2345678", "", None, INVALID),
    ("1", "", None, EMPTY),
]
# raw, what is suggested and not assumed
PHONE_CANDIDATES: list[tuple[str, tuple[str, ...]]] = [
    ("2345678", ()),
    ("3001234567", ()),
]
# raw, canonical value, verdict, suggestion
EMAILS: list[tuple[str, str, Verdict, str]] = [
    ("info@empresa.com.co", "info@empresa.com.co", SUSPICIOUS, ""),
    ("ana@gmail.com.co", "", INVALID, "ana@gmail.com"),
    ("noreply@banco.com.co", "noreply@banco.com.co", PLACEHOLDER, ""),
]
# raw, tokens, legal form, party kind
NAMES: list[tuple[str, tuple[str, ...], str, str | None]] = [
    ("Inversiones La Ceiba S.A.S.", ("INVERSIONES", "CEIBA"), "SAS", "organization"),
    ("Distribuidora Caribe y Cía Ltda", ("DISTRIBUIDORA", "CARIBE"), "CIA LTDA", "organization"),
    ("Jhon Jairo Peña", ("JHON", "JAIRO", "PENA"), "", "person"),
    ("Empresa de Acueducto de Bogotá S.A. E.S.P.", ("EMPRESA", "ACUEDUCTO", "BOGOTA"), "SA ESP", "organization"),
]
# left, right, whether both can be one party's
NAME_PAIRS: list[tuple[str, str, bool]] = [
    ("JHON JAIRO PEÑA", "JOHN JAIRO PENA", True),
    ("Inversiones La Ceiba SAS", "La Ceiba Inversiones S.A.S.", True),
    ("MARIA JOSE RUIZ", "MARIAJOSE RUIZ", True),
    ("ANA MARIA PEREZ DE GONZALEZ", "ANA MARIA PEREZ SOTO", True),
]
FAKE_NAMES = ["Consumidor final", "CUANTIAS MENORES"]
# two notations, whether they are one place
ADDRESS_PAIRS: list[tuple[str, str, bool]] = [
    ("Cra 7 # 71-21", "Carrera 7 No. 71-21", True),
    ("KR 7 71 21, Bogotá", "Cra. 7 # 71 - 21, Bogotá D.C.", True),
    ("Cll 100 No. 19 A 61 oficina 502, Bogotá", "Calle 100 # 19A-61 Of 502, Bogotá", True),
    ("Calle 45 Sur # 13-20, Bogotá", "CL 45 # 13-20 sur, Bogotá", True),
    ("AC 26 # 59-51, Bogotá", "Avenida Calle 26 No 59-51, Bogotá", True),
    ("Cra 7 # 71-21, Bogotá", "Calle 7 # 71-21, Bogotá", False),
    ("Cra 7 # 71-21, Bogotá", "Cra 7A # 71-21, Bogotá", False),
]
