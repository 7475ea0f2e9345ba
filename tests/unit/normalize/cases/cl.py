"""Chile: real-looking cells and what the authorities' rules say of them. Check digits were computed apart from our code."""

from __future__ import annotations

from concilia.normalize.verdict import Verdict
from tests.unit.normalize.cases.verdicts import CHECKED, EMPTY, FORMAT, INVALID, PLACEHOLDER, SUSPICIOUS

# raw, declared kind, kind, canonical value, verdict, party kind
TAX_IDS: list[tuple[str, str | None, str, str, Verdict, str | None]] = [
    ("12.531.909-2", None, "RUT", "125319092", CHECKED, "person"),
    ("125319092", None, "RUT", "125319092", CHECKED, "person"),
    ("012531909-2", None, "RUT", "125319092", CHECKED, "person"),
    ("12531909–2", "RUN", "RUT", "125319092", CHECKED, "person"),
    ("RUT: 12.531.909-2", None, "RUT", "125319092", CHECKED, "person"),
    ("CL125319092", "RUT", "RUT", "125319092", CHECKED, "person"),
    ("１２.５３１.９０９-２", None, "RUT", "125319092", CHECKED, "person"),
    ("15.345.678-k", None, "RUT", "15345678K", CHECKED, "person"),
    ("7.654.321-6", None, "RUT", "76543216", CHECKED, "person"),
    ("76.543.210-3", None, "RUT", "765432103", CHECKED, "organization"),
    ("96.571.220-8", "RUT", "RUT", "965712208", CHECKED, "organization"),
    ("125319092.0", None, "RUT", "125319092", CHECKED, "person"),
    ("12.531.909-3", None, "RUT", "", INVALID, None),
    ("12531909", None, "RUT", "", INVALID, None),
    ("1.25319E+08", None, "", "", INVALID, None),
    ("12.531.909-A", None, "RUT", "", INVALID, None),
    ("123-6", None, "RUT", "", INVALID, None),
    ("66.666.666-6", None, "RUT", "666666666", PLACEHOLDER, None),
    ("55555555-5", None, "RUT", "555555555", PLACEHOLDER, None),
    ("44.444.444-4", None, "RUT", "444444444", PLACEHOLDER, None),
    ("11111111-1", None, "RUT", "111111111", PLACEHOLDER, None),
    ("99.999.999-9", None, "RUT", "999999999", PLACEHOLDER, None),
    ("1-9", None, "RUT", "19", PLACEHOLDER, None),
    ("00.000.000-0", None, "RUT", "00", PLACEHOLDER, None),
    ("12.345.678-5", None, "RUT", "123456785", PLACEHOLDER, None),
    ("", None, "", "", EMPTY, None),
    ("-", None, "", "", EMPTY, None),
    ("0", "RUT", "RUT", "", EMPTY, None),
    ("Sin RUT", None, "", "", EMPTY, None),
    ("s/n", None, "", "", EMPTY, None),
]
# raw, E.164, line type, verdict
PHONES: list[tuple[str, str, str | None, Verdict]] = [
    ("961234567", "+56961234567", "mobile", FORMAT),
    ("+56 9 6123 4567", "+56961234567", "mobile", FORMAT),
    ("56961234567", "+56961234567", "mobile", FORMAT),
    ("09-6123 4567", "+56961234567", "mobile", FORMAT),
    ("0056 9 61234567", "+56961234567", "mobile", FORMAT),
    ("(2) 2345 6780", "+56223456780", "fixed", FORMAT),
    ("+56 2 2345 6780", "+56223456780", "fixed", FORMAT),
    ("Cel. 9 6123 4567", "+56961234567", "mobile", FORMAT),
    ("961234567.0", "+56961234567", "mobile", FORMAT),
    ("44 123 4567", "+56441234567", "voip", FORMAT),
    ("600 600 1234", "+566006001234", "shared_cost", SUSPICIOUS),
    ("800 123 456", "+56800123456", "toll_free", SUSPICIOUS),
    ("999999999", "+56999999999", None, PLACEHOLDER),
    ("911111111", "", None, PLACEHOLDER),
    ("912345678", "", None, PLACEHOLDER),
    ("1", "", None, EMPTY),
    ("0", "", None, EMPTY),
    ("-", "", None, EMPTY),
    ("no tiene", "", None, EMPTY),
    ("961234567 / 962345678", "", None, INVALID),
    ("9612", "", None, INVALID),
    ("+54 9 11 2345-6789", "+5491123456789", "mobile", FORMAT),
]
# raw, what is suggested and not assumed
PHONE_CANDIDATES: list[tuple[str, tuple[str, ...]]] = [
    ("81234567", ("+56981234567",)),
    ("2 2345678", ("+56922345678", "+56222345678")),
    ("961234567", ()),
]
# raw, canonical value, verdict, suggestion
EMAILS: list[tuple[str, str, Verdict, str]] = [
    ("Juan.Perez@Gmail.COM", "Juan.Perez@gmail.com", FORMAT, ""),
    ("sin@correo.cl", "sin@correo.cl", PLACEHOLDER, ""),
    ("pagos@empresa.cl", "pagos@empresa.cl", SUSPICIOUS, ""),
    ("juan@hotmial.cl", "", INVALID, "juan@hotmail.cl"),
    ("juan@peñalolén.cl", "juan@xn--pealoln-gya1e.cl", FORMAT, ""),
]
# raw, tokens, legal form, party kind
NAMES: list[tuple[str, tuple[str, ...], str, str | None]] = [
    ("José Ñancupil Soto", ("JOSE", "NANCUPIL", "SOTO"), "", "person"),
    ("Comercial Los Andes S.p.A.", ("COMERCIAL", "ANDES"), "SPA", "organization"),
    ("Transportes Ñuble Ltda.", ("TRANSPORTES", "NUBLE"), "LTDA", "organization"),
    ("María Soto E.I.R.L.", ("MARIA", "SOTO"), "EIRL", "organization"),
    ("Pérez y Cía. Ltda.", ("PEREZ",), "CIA LTDA", "organization"),
    ("Sociedad Agrícola El Roble S.A.", ("SOCIEDAD", "AGRICOLA", "ROBLE"), "SA", "organization"),
    ("Sr. Juan O'Higgins", ("JUAN", "OHIGGINS"), "", "person"),
]
# left, right, whether both can be one party's
NAME_PAIRS: list[tuple[str, str, bool]] = [
    ("HERNANDEZ GARCIA JOSE LUIS", "José Luis Hernández García", True),
    ("JUAN PEREZ GONZALEZ", "PEDRO PEREZ GONZALEZ", False),
    ("JUAN PEREZ", "JUAN PEREZ GONZALEZ", True),
    ("Comercial Los Andes SpA", "Comercial Los Andes Limitada", True),
    ("Comercial Los Andes SpA", "Comercial Los Alpes SpA", False),
    ("FRANCISCO SOTO", "FRANCISCA SOTO", False),
]
FAKE_NAMES = ["sin nombre", "Cliente Ocasional", "XXX", "prueba", "N/A"]
# two notations, whether they are one place
ADDRESS_PAIRS: list[tuple[str, str, bool]] = [
    ("Av. Providencia 1234, Depto. 56, Providencia", "Avenida Providencia #1234 dpto 56, PROVIDENCIA", True),
    ("Avda Providencia N° 1234, Providencia", "Avenida Providencia 1234, providencia, Santiago", True),
    ("Psje. Los Ñirres 45, Ñuñoa", "Pasaje Los Nirres 45, Nunoa", True),
    ("Los Aromos 77, Maipú", "Los Aromos 79, Maipú", False),
    ("Av. Providencia 1234 depto 56, Providencia", "Av. Providencia 1234 depto 57, Providencia", False),
]
