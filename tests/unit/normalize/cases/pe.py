"""Peru: real-looking cells and what the authorities' rules say of them. Check digits were computed apart from our code."""

from __future__ import annotations

from concilia.normalize.verdict import Verdict
from tests.unit.normalize.cases.verdicts import CHECKED, EMPTY, FORMAT, INVALID, PLACEHOLDER, SUSPICIOUS

# raw, declared kind, kind, canonical value, verdict, party kind
TAX_IDS: list[tuple[str, str | None, str, str, Verdict, str | None]] = [
    ("20100070970", None, "RUC", "20100070970", CHECKED, "organization"),
    ("20100130891", "RUC", "RUC", "20100130891", CHECKED, "organization"),
    ("RUC 20512333797", None, "RUC", "20512333797", CHECKED, "organization"),
    ("10456789124", None, "RUC", "10456789124", CHECKED, "person"),
    ("15076543213", None, "RUC", "15076543213", CHECKED, "person"),
    ("17001234561", None, "RUC", "17001234561", CHECKED, "person"),
    ("20100070971", None, "RUC", "", INVALID, None),
    ("30100070970", None, "RUC", "", INVALID, None),
    ("2010007097", "RUC", "RUC", "", INVALID, None),
    ("45678912", None, "DNI", "45678912", FORMAT, "person"),
    ("07654321", "DNI", "DNI", "07654321", FORMAT, "person"),
    ("45678912-4", None, "DNI", "45678912", CHECKED, "person"),
    ("45678912-I", None, "DNI", "45678912", CHECKED, "person"),
    ("45678912-5", None, "DNI", "", INVALID, None),
    ("7654321", "DNI", "DNI", "", INVALID, None),
    ("7654321", None, "DNI", "", INVALID, None),
    ("45678912.0", None, "DNI", "45678912", FORMAT, "person"),
    ("4.56789E+07", None, "", "", INVALID, None),
    ("001234567", "CE", "CE", "001234567", FORMAT, "person"),
    ("456789124", None, "", "456789124", FORMAT, "person"),
    ("00000000", None, "DNI", "00000000", PLACEHOLDER, None),
    ("99999999", "DNI", "DNI", "99999999", PLACEHOLDER, None),
    ("11111111", None, "DNI", "11111111", PLACEHOLDER, None),
    ("12345678", None, "DNI", "12345678", PLACEHOLDER, None),
    ("20000000001", None, "RUC", "20000000001", PLACEHOLDER, None),
    ("00000000000", "RUC", "RUC", "00000000000", PLACEHOLDER, None),
    ("s/n", None, "", "", EMPTY, None),
]
# raw, E.164, line type, verdict
PHONES: list[tuple[str, str, str | None, Verdict]] = [
    ("961 234 567", "+51961234567", "mobile", FORMAT),
    ("+51 961 234 567", "+51961234567", "mobile", FORMAT),
    ("51961234567", "+51961234567", "mobile", FORMAT),
    ("01 445 6789", "+5114456789", "fixed", FORMAT),
    ("(01) 445-6789", "+5114456789", "fixed", FORMAT),
    ("054-223344", "+5154223344", "fixed", FORMAT),
    ("0800 12345", "+5180012345", "toll_free", SUSPICIOUS),
    ("999999999", "+51999999999", None, PLACEHOLDER),
    ("987654321", "+51987654321", None, PLACEHOLDER),
    ("1", "", None, EMPTY),
    ("0", "", None, EMPTY),
    ("96123", "", None, INVALID),
]
# raw, what is suggested and not assumed
PHONE_CANDIDATES: list[tuple[str, tuple[str, ...]]] = [
    ("4456789", ("+5114456789",)),
    ("961234567", ()),
]
# raw, canonical value, verdict, suggestion
EMAILS: list[tuple[str, str, Verdict, str]] = [
    ("ventas@empresa.pe", "ventas@empresa.pe", SUSPICIOUS, ""),
    ("luis@outlok.com", "", INVALID, "luis@outlook.com"),
    ("no@tiene.com", "no@tiene.com", PLACEHOLDER, ""),
    ("luis.q@empresa.pe", "luis.q@empresa.pe", FORMAT, ""),
]
# raw, tokens, legal form, party kind
NAMES: list[tuple[str, tuple[str, ...], str, str | None]] = [
    ("Comercial Andina S.A.C.", ("COMERCIAL", "ANDINA"), "SAC", "organization"),
    ("Minera Yauli S.A.A.", ("MINERA", "YAULI"), "SAA", "organization"),
    ("Botica Rosa E.I.R.L.", ("BOTICA", "ROSA"), "EIRL", "organization"),
    ("Luis Quispe Mamani", ("LUIS", "QUISPE", "MAMANI"), "", "person"),
    ("Transportes Sur S.R.L.", ("TRANSPORTES", "SUR"), "SRL", "organization"),
]
# left, right, whether both can be one party's
NAME_PAIRS: list[tuple[str, str, bool]] = [
    ("QUISPE MAMANI LUIS", "Luis Quispe Mamani", True),
    ("L. QUISPE MAMANI", "Luis Quispe Mamani", True),
    ("LUIS QUISPE MAMANI", "LUISA QUISPE MAMANI", False),
    ("Botica Rosa EIRL", "Botica Sol EIRL", False),
]
FAKE_NAMES = ["CLIENTES VARIOS", "Cliente genérico"]
# two notations, whether they are one place
ADDRESS_PAIRS: list[tuple[str, str, bool]] = [
    ("Av. Larco 345, Miraflores, Lima", "Avenida Larco N° 345, Miraflores", True),
    ("Jr. de la Unión 300, Lima", "Jirón de la Unión Nro 300, Lima", True),
    ("Av. Larco 345 Dpto 201, Miraflores", "Av. Larco 345 Depto. 201, Miraflores", True),
    ("Av. Larco 345, Miraflores", "Av. Larco 345, San Isidro", False),
]
