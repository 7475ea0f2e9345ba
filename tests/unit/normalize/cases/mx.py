"""Mexico: real-looking cells and what the authorities' rules say of them. Check digits were computed apart from our code."""

from __future__ import annotations

from concilia.normalize.verdict import Verdict
from tests.unit.normalize.cases.verdicts import CHECKED, EMPTY, FORMAT, INVALID, PLACEHOLDER, SUSPICIOUS, WARNING

# raw, declared kind, kind, canonical value, verdict, party kind
TAX_IDS: list[tuple[str, str | None, str, str, Verdict, str | None]] = [
    ("GODE561231GR8", None, "RFC", "GODE561231GR8", CHECKED, "person"),
    ("GODE 561231 GR8", None, "RFC", "GODE561231GR8", CHECKED, "person"),
    ("gode-561231-gr8", "RFC", "RFC", "GODE561231GR8", CHECKED, "person"),
    ("MAB9307148T4", None, "RFC", "MAB9307148T4", CHECKED, "organization"),
    ("MAB-930714-8T4", None, "RFC", "MAB9307148T4", CHECKED, "organization"),
    ("ABC9501151Z9", None, "RFC", "ABC9501151Z9", CHECKED, "organization"),
    ("C&A010203H14", None, "RFC", "C&A010203H14", CHECKED, "organization"),
    ("ÑUÑM900101AB3", None, "RFC", "ÑUÑM900101AB3", CHECKED, "person"),
    ("RFC: PEGJ850412AB5", None, "RFC", "PEGJ850412AB5", CHECKED, "person"),
    ("HEGL790228QT6", None, "RFC", "HEGL790228QT6", CHECKED, "person"),
    ("PEGJ850412AB6", None, "RFC", "PEGJ850412AB6", WARNING, "person"),
    ("ABC9501151Z8", None, "RFC", "ABC9501151Z8", WARNING, "organization"),
    ("PEGJ851312AB5", None, "RFC", "", INVALID, None),
    ("PEGJ850412", None, "RFC", "", INVALID, None),
    ("12345", None, "", "", INVALID, None),
    ("XAXX010101000", None, "RFC", "XAXX010101000", PLACEHOLDER, None),
    ("xexx010101000", "RFC", "RFC", "XEXX010101000", PLACEHOLDER, None),
    ("AAA010101AAA", None, "RFC", "AAA010101AAA", PLACEHOLDER, None),
    ("HEGL790228HDFRRS00", None, "CURP", "HEGL790228HDFRRS00", CHECKED, "person"),
    ("PEGJ050412MJCRNNA4", None, "CURP", "PEGJ050412MJCRNNA4", CHECKED, "person"),
    ("LOXA000229XDFPXXA9", "CURP", "CURP", "LOXA000229XDFPXXA9", CHECKED, "person"),
    ("HEGL790228HDFRRS01", None, "CURP", "", INVALID, None),
    ("HEGL790231HDFRRS03", None, "CURP", "", INVALID, None),
    ("HEGL790228HZZRRS03", None, "CURP", "", INVALID, None),
    ("N/A", None, "", "", EMPTY, None),
    ("null", "RFC", "RFC", "", EMPTY, None),
    ("   ", None, "", "", EMPTY, None),
]
# raw, E.164, line type, verdict
PHONES: list[tuple[str, str, str | None, Verdict]] = [
    ("5512345678", "+525512345678", "fixed_or_mobile", FORMAT),
    ("+52 1 55 1234 5678", "+525512345678", "fixed_or_mobile", FORMAT),
    ("5215512345678", "+525512345678", "fixed_or_mobile", FORMAT),
    ("044 55 1234 5678", "+525512345678", "fixed_or_mobile", FORMAT),
    ("045 55 1234 5678", "+525512345678", "fixed_or_mobile", FORMAT),
    ("01 55 1234 5678", "+525512345678", "fixed_or_mobile", FORMAT),
    ("+52 55 1234 5678", "+525512345678", "fixed_or_mobile", FORMAT),
    ("(664) 123-4567", "+526641234567", "fixed_or_mobile", FORMAT),
    ("800 123 4567", "+528001234567", "toll_free", SUSPICIOUS),
    ("01 800 123 4567", "+528001234567", "toll_free", SUSPICIOUS),
    ("5555555555", "+525555555555", None, PLACEHOLDER),
    ("5500000000", "+525500000000", None, PLACEHOLDER),
    ("1", "", None, EMPTY),
    ("s/n", "", None, EMPTY),
    ("1234 5678", "", None, INVALID),
    ("5.51235E+09", "", None, INVALID),
    ("55 1234 5678 ext. 204", "+525512345678", "fixed_or_mobile", FORMAT),
]
# raw, what is suggested and not assumed
PHONE_CANDIDATES: list[tuple[str, tuple[str, ...]]] = [
    ("5512345678", ()),
    ("12345678", ()),
]
# raw, canonical value, verdict, suggestion
EMAILS: list[tuple[str, str, Verdict, str]] = [
    ("maria@gmail.con", "", INVALID, "maria@gmail.com"),
    ("contabilidad@empresa.com.mx", "contabilidad@empresa.com.mx", SUSPICIOUS, ""),
    ("no@tiene.com", "no@tiene.com", PLACEHOLDER, ""),
    ("María <maria@empresa.com.mx>", "maria@empresa.com.mx", FORMAT, ""),
]
# raw, tokens, legal form, party kind
NAMES: list[tuple[str, tuple[str, ...], str, str | None]] = [
    ("Ma. Guadalupe Hdz. de la Cruz", ("MARIA", "GUADALUPE", "HERNANDEZ", "CRUZ"), "", "person"),
    ("Fco. Javier Glez. Mtz.", ("FRANCISCO", "JAVIER", "GONZALEZ", "MARTINEZ"), "", "person"),
    ("Gpe. Rdz.", ("GUADALUPE", "RODRIGUEZ"), "", "person"),
    ("Grupo Industrial ABC, S.A. de C.V.", ("GRUPO", "INDUSTRIAL", "ABC"), "SA DE CV", "organization"),
    ("Servicios XYZ S. de R.L. de C.V.", ("SERVICIOS", "XYZ"), "S DE RL DE CV", "organization"),
    ("Innovación Azteca SAPI de CV", ("INNOVACION", "AZTECA"), "SAPI DE CV", "organization"),
]
# left, right, whether both can be one party's
NAME_PAIRS: list[tuple[str, str, bool]] = [
    ("Ma. Gpe. Hdz.", "María Guadalupe Hernández", True),
    ("PACO SOTO", "FRANCISCO SOTO ROJAS", True),
    ("LUPE RAMOS LUNA", "GUADALUPE RAMOS LUNA", True),
    ("CHEMA RUIZ", "JOSE MARIA RUIZ", True),
    ("MARIO PEREZ SOTO", "MARIA PEREZ SOTO", False),
    ("ABC SA de CV", "ABD SA de CV", False),
]
FAKE_NAMES = ["PUBLICO EN GENERAL", "Público en general", "Venta mostrador", "xxxx"]
# two notations, whether they are one place
ADDRESS_PAIRS: list[tuple[str, str, bool]] = [
    (
        "Av. Insurgentes Sur 1602, Col. Crédito Constructor, C.P. 03940, CDMX",
        "Avenida Insurgentes Sur #1602, Crédito Constructor, 03940, Ciudad de México",
        True,
    ),
    ("Calle 10 #25 int 3, Col. San Pedro, 01180", "C. 10 No. 25 Interior 3, San Pedro, CDMX, CP 01180", True),
    ("5 de Mayo 20, Centro, 06000", "5 de Mayo 20, Centro, 06010", False),
]
