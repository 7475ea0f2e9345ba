"""Ecuador: real-looking cells and what the authorities' rules say of them. Check digits were computed apart from our code."""

from __future__ import annotations

from concilia.normalize.verdict import Verdict
from tests.unit.normalize.cases.verdicts import CHECKED, EMPTY, FORMAT, INVALID, PLACEHOLDER, SUSPICIOUS, WARNING

# raw, declared kind, kind, canonical value, verdict, party kind
TAX_IDS: list[tuple[str, str | None, str, str, Verdict, str | None]] = [
    ("1712345675", None, "CI", "1712345675", CHECKED, "person"),
    ("171234567-5", None, "CI", "1712345675", CHECKED, "person"),
    ("0923456784", "CI", "CI", "0923456784", CHECKED, "person"),
    ("0102030400", "CEDULA", "CI", "0102030400", CHECKED, "person"),
    ("3001234560", None, "CI", "3001234560", CHECKED, "person"),
    ("1714307103", None, "CI", "1714307103", CHECKED, "person"),
    ("1712345676", None, "CI", "", INVALID, None),
    ("923456784", None, "CI", "", INVALID, None),
    ("2512345678", None, "CI", "", INVALID, None),
    ("1772345675", None, "CI", "", INVALID, None),
    ("1712345675.0", None, "CI", "1712345675", CHECKED, "person"),
    ("1.71235E+09", None, "", "", INVALID, None),
    ("1790010341001", None, "RUC", "1790010341001", CHECKED, "organization"),
    ("0990005591001", "RUC", "RUC", "0990005591001", CHECKED, "organization"),
    ("1791999991001", None, "RUC", "1791999991001", CHECKED, "organization"),
    ("1760001200001", None, "RUC", "1760001200001", CHECKED, "organization"),
    ("0960000300001", "RUC", "RUC", "0960000300001", CHECKED, "organization"),
    ("1712345675001", None, "RUC", "1712345675001", CHECKED, "person"),
    ("1790010342001", None, "RUC", "1790010342001", WARNING, "organization"),
    ("1712345676001", None, "RUC", "", INVALID, None),
    ("1790010341000", None, "RUC", "", INVALID, None),
    ("1780010341001", None, "RUC", "", INVALID, None),
    ("990005591001", "RUC", "RUC", "", INVALID, None),
    ("9999999999999", None, "RUC", "9999999999999", PLACEHOLDER, None),
    ("9999999999", None, "CI", "9999999999", PLACEHOLDER, None),
    ("2222222222001", None, "RUC", "2222222222001", PLACEHOLDER, None),
    ("AB12345", "PASAPORTE", "PASSPORT", "AB12345", FORMAT, "person"),
    ("ninguno", None, "", "", EMPTY, None),
]
# raw, E.164, line type, verdict
PHONES: list[tuple[str, str, str | None, Verdict]] = [
    ("099 123 4567", "+593991234567", "mobile", FORMAT),
    ("0991234567", "+593991234567", "mobile", FORMAT),
    ("+593 99 123 4567", "+593991234567", "mobile", FORMAT),
    ("593991234567", "+593991234567", "mobile", FORMAT),
    ("02 234 5678", "+59322345678", "fixed", FORMAT),
    ("(04) 256-7890", "+59342567890", "fixed", FORMAT),
    ("1800 123456", "+5931800123456", "toll_free", SUSPICIOUS),
    ("0999999999", "+593999999999", None, PLACEHOLDER),
    ("1", "", None, EMPTY),
    ("099123", "", None, INVALID),
    ("991234567.0", "+593991234567", "mobile", FORMAT),
]
# raw, what is suggested and not assumed
PHONE_CANDIDATES: list[tuple[str, tuple[str, ...]]] = [
    ("9 123 4567", ("+593991234567",)),
    ("0991234567", ()),
]
# raw, canonical value, verdict, suggestion
EMAILS: list[tuple[str, str, Verdict, str]] = [
    ("contabilidad@empresa.ec", "contabilidad@empresa.ec", SUSPICIOUS, ""),
    ("carlos@gmial.com", "", INVALID, "carlos@gmail.com"),
    ("carlos@empresa.com.ec", "carlos@empresa.com.ec", FORMAT, ""),
    ("ninguno@gmail.com", "ninguno@gmail.com", PLACEHOLDER, ""),
]
# raw, tokens, legal form, party kind
NAMES: list[tuple[str, tuple[str, ...], str, str | None]] = [
    ("Importadora Andes Cía. Ltda.", ("IMPORTADORA", "ANDES"), "CIA LTDA", "organization"),
    ("Importadora Andes C. Ltda.", ("IMPORTADORA", "ANDES"), "CIA LTDA", "organization"),
    ("Agrícola Guayas S.A.S.", ("AGRICOLA", "GUAYAS"), "SAS", "organization"),
    ("Dr. Carlos Peñafiel Ortiz", ("CARLOS", "PENAFIEL", "ORTIZ"), "", "person"),
]
# left, right, whether both can be one party's
NAME_PAIRS: list[tuple[str, str, bool]] = [
    ("PEÑAFIEL ORTIZ CARLOS", "Carlos Penafiel", True),
    ("CARLOS ORTIZ", "KARLA ORTIZ", False),
    ("Importadora Andes Cia Ltda", "Importadora Andes S.A.", True),
]
FAKE_NAMES = ["CONSUMIDOR FINAL", "Fulano de tal"]
# two notations, whether they are one place
ADDRESS_PAIRS: list[tuple[str, str, bool]] = [
    ("Av. Amazonas N34-120 y Atahualpa, Quito", "Avenida Amazonas N34-120, Quito, Pichincha", True),
    ("Av. 9 de Octubre 100, Guayaquil", "Avenida 9 de Octubre N° 100, Guayaquil", True),
    ("Av. Amazonas N34-120, Quito", "Av. Amazonas N34-121, Quito", False),
]
