"""Argentina: real-looking cells and what the authorities' rules say of them. Check digits were computed apart from our code."""

from __future__ import annotations

from concilia.normalize.verdict import Verdict
from tests.unit.normalize.cases.verdicts import CHECKED, EMPTY, FORMAT, INVALID, PLACEHOLDER, SUSPICIOUS

# raw, declared kind, kind, canonical value, verdict, party kind
TAX_IDS: list[tuple[str, str | None, str, str, Verdict, str | None]] = [
    ("20-12345679-4", None, "CUIT", "20123456794", CHECKED, "person"),
    ("27-26756539-8", "CUIT", "CUIT", "27267565398", CHECKED, "person"),
    ("20267565393", "CUIL", "CUIT", "20267565393", CHECKED, "person"),
    ("30-50001091-2", None, "CUIT", "30500010912", CHECKED, "organization"),
    ("34-10000001-8", None, "CUIT", "34100000018", CHECKED, "organization"),
    ("24-30555666-8", None, "CUIT", "24305556668", CHECKED, "person"),
    ("23-04567891-1", None, "CUIT", "23045678911", CHECKED, "person"),
    ("CUIT: 30500010912", None, "CUIT", "30500010912", CHECKED, "organization"),
    ("30-50001091-3", None, "CUIT", "", INVALID, None),
    ("21-12345679-4", None, "CUIT", "", INVALID, None),
    ("2012345679", "CUIT", "CUIT", "", INVALID, None),
    ("20.05536168.2", None, "CUIT", "20055361682", CHECKED, "person"),
    ("20267565393.0", None, "CUIT", "20267565393", CHECKED, "person"),
    ("2.02676E+10", None, "", "", INVALID, None),
    ("26.756.539", None, "DNI", "26756539", FORMAT, "person"),
    ("26756539", "DNI", "DNI", "26756539", FORMAT, "person"),
    ("5.536.168", None, "DNI", "5536168", FORMAT, "person"),
    ("05536168", "LE", "DNI", "5536168", FORMAT, "person"),
    ("DNI 26756539", None, "DNI", "26756539", FORMAT, "person"),
    ("123456", "DNI", "DNI", "", INVALID, None),
    ("26756539A", "DNI", "DNI", "", INVALID, None),
    ("20-00000000-1", None, "CUIT", "20000000001", PLACEHOLDER, None),
    ("23-00000000-0", None, "CUIT", "23000000000", PLACEHOLDER, None),
    ("30-00000000-7", None, "CUIT", "30000000007", PLACEHOLDER, None),
    ("20-11111111-2", None, "CUIT", "20111111112", PLACEHOLDER, None),
    ("50-00000003-2", None, "CUIT", "50000000032", PLACEHOLDER, None),
    ("99999999", None, "DNI", "99999999", PLACEHOLDER, None),
    ("0", None, "", "", EMPTY, None),
]
# raw, E.164, line type, verdict
PHONES: list[tuple[str, str, str | None, Verdict]] = [
    ("011 15 2345-6789", "+5491123456789", "mobile", FORMAT),
    ("0351 15 234 5678", "+5493512345678", "mobile", FORMAT),
    ("+54 9 11 2345 6789", "+5491123456789", "mobile", FORMAT),
    ("+54 11 15 2345 6789", "+5491123456789", "mobile", FORMAT),
    ("5491123456789", "+5491123456789", "mobile", FORMAT),
    ("11 2345-6789", "+541123456789", "fixed_or_mobile", FORMAT),
    ("(0351) 423-4567", "+543514234567", "fixed_or_mobile", FORMAT),
    ("0800 123 4567", "+548001234567", "toll_free", SUSPICIOUS),
    ("0810 123 4567", "+548101234567", "shared_cost", SUSPICIOUS),
    ("15 2345 6789", "", None, INVALID),
    ("1111111111", "+541111111111", None, PLACEHOLDER),
    ("1", "", None, EMPTY),
    ("4234567", "", None, INVALID),
    ("011 4321-5678 int. 12", "+541143215678", "fixed_or_mobile", FORMAT),
]
# raw, what is suggested and not assumed
PHONE_CANDIDATES: list[tuple[str, tuple[str, ...]]] = [
    ("15 2345 6789", ("+5491123456789",)),
    ("11 2345-6789", ("+5491123456789",)),
    ("4321-5678", ("+541143215678", "+5491143215678")),
]
# raw, canonical value, verdict, suggestion
EMAILS: list[tuple[str, str, Verdict, str]] = [
    ("administracion@empresa.com.ar", "administracion@empresa.com.ar", SUSPICIOUS, ""),
    ("juan@yaho.com", "", INVALID, "juan@yahoo.com"),
    ("xxx@xxx.com", "xxx@xxx.com", PLACEHOLDER, ""),
    ("juan@empresa.com.ar", "juan@empresa.com.ar", FORMAT, ""),
]
# raw, tokens, legal form, party kind
NAMES: list[tuple[str, tuple[str, ...], str, str | None]] = [
    ("Frigorífico del Sur S.R.L.", ("FRIGORIFICO", "SUR"), "SRL", "organization"),
    ("Estancias Pampa S.A.", ("ESTANCIAS", "PAMPA"), "SA", "organization"),
    ("Ignacio von Müller", ("IGNACIO", "MULLER"), "", "person"),
    ("Y.P.F. S.A.", ("YPF",), "SA", "organization"),
]
# left, right, whether both can be one party's
NAME_PAIRS: list[tuple[str, str, bool]] = [
    ("NACHO GOMEZ", "Ignacio Gómez", True),
    ("GOMEZ, IGNACIO", "Ignacio Gómez", True),
    ("Y.P.F. S.A.", "YPF SA", True),
    ("PABLO GOMEZ", "PAULA GOMEZ", False),
]
FAKE_NAMES = ["CONSUMIDOR FINAL", "NN"]
# two notations, whether they are one place
ADDRESS_PAIRS: list[tuple[str, str, bool]] = [
    ("Av. Corrientes 1234 piso 3 dto B, CABA", "Avenida Corrientes 1234 3° B, Capital Federal", True),
    ("Av. 9 de Julio 1000, C1043AAZ, CABA", "Avenida 9 de Julio N° 1000, Buenos Aires", True),
    ("Bv. Oroño 500, Rosario", "Boulevard Oroño 500, Rosario, Santa Fe", True),
    ("Av. Corrientes 1234, CABA", "Av. Corrientes 1235, CABA", False),
]
