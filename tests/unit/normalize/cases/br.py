"""Brazil: real-looking cells and what the authorities' rules say of them. Check digits were computed apart from our code."""

from __future__ import annotations

from concilia.normalize.verdict import Verdict
from tests.unit.normalize.cases.verdicts import CHECKED, EMPTY, FORMAT, INVALID, PLACEHOLDER, SUSPICIOUS

# raw, declared kind, kind, canonical value, verdict, party kind
TAX_IDS: list[tuple[str, str | None, str, str, Verdict, str | None]] = [
    ("529.982.247-25", None, "CPF", "52998224725", CHECKED, "person"),
    ("52998224725", "CPF", "CPF", "52998224725", CHECKED, "person"),
    ("013.456.789-75", None, "CPF", "01345678975", CHECKED, "person"),
    ("390.533.447-05", None, "CPF", "39053344705", CHECKED, "person"),
    ("CPF: 876.543.210-07", None, "CPF", "87654321007", CHECKED, "person"),
    ("529.982.247-26", None, "CPF", "", INVALID, None),
    ("1345678975", None, "CPF", "", INVALID, None),
    ("52998224725.0", None, "CPF", "52998224725", CHECKED, "person"),
    ("5.29982E+10", None, "", "", INVALID, None),
    ("00.000.000/0001-91", None, "CNPJ", "00000000000191", CHECKED, "organization"),
    ("33.685.035/0001-60", None, "CNPJ", "33685035000160", CHECKED, "organization"),
    ("01.234.567/0001-95", "CNPJ", "CNPJ", "01234567000195", CHECKED, "organization"),
    ("1234567000195", "CNPJ", "CNPJ", "", INVALID, None),
    ("60.701.619/0001-55", None, "CNPJ", "60701619000155", CHECKED, "organization"),
    ("12.ABC.345/01DE-35", None, "CNPJ", "12ABC34501DE35", CHECKED, "organization"),
    ("12.abc.345/01de-35", "CNPJ", "CNPJ", "12ABC34501DE35", CHECKED, "organization"),
    ("12ABC34501DE35", None, "CNPJ", "12ABC34501DE35", CHECKED, "organization"),
    ("1A.2B3.C4D/0001-79", None, "CNPJ", "1A2B3C4D000179", CHECKED, "organization"),
    ("A1.B2C.3D4/E5F6-68", None, "CNPJ", "A1B2C3D4E5F668", CHECKED, "organization"),
    ("12.ABC.345/01DE-36", None, "CNPJ", "", INVALID, None),
    ("12ABC34501DEA5", None, "CNPJ", "", INVALID, None),
    ("111.111.111-11", None, "CPF", "11111111111", PLACEHOLDER, None),
    ("999.999.999-99", None, "CPF", "99999999999", PLACEHOLDER, None),
    ("00000000000", "CPF", "CPF", "00000000000", PLACEHOLDER, None),
    ("123.456.789-09", None, "CPF", "12345678909", PLACEHOLDER, None),
    ("00.000.000/0000-00", None, "CNPJ", "00000000000000", PLACEHOLDER, None),
    ("11.222.333/0001-81", None, "CNPJ", "11222333000181", PLACEHOLDER, None),
    ("não tem", None, "", "", EMPTY, None),
]
# raw, E.164, line type, verdict
PHONES: list[tuple[str, str, str | None, Verdict]] = [
    ("(11) 98765-4322", "+5511987654322", "mobile", FORMAT),
    ("+55 11 98765-4322", "+5511987654322", "mobile", FORMAT),
    ("5511987654322", "+5511987654322", "mobile", FORMAT),
    ("0 15 11 98765-4322", "+5511987654322", "mobile", FORMAT),
    ("021 11 98765-4322", "+5511987654322", "mobile", FORMAT),
    ("0xx11 98765-4322", "+5511987654322", "mobile", FORMAT),
    ("(11) 3456-7801", "+551134567801", "fixed", FORMAT),
    ("(92) 99123-4567", "+5592991234567", "mobile", FORMAT),
    ("0800 123 4567", "+558001234567", "toll_free", SUSPICIOUS),
    ("4004-1234", "+5540041234", "shared_cost", SUSPICIOUS),
    ("(11) 99999-9999", "+5511999999999", None, PLACEHOLDER),
    ("98765-4322", "", None, INVALID),
    ("1", "", None, EMPTY),
]
# raw, what is suggested and not assumed
PHONE_CANDIDATES: list[tuple[str, tuple[str, ...]]] = [
    ("11 8765-4321", ("+5511987654321",)),
    ("(11) 98765-4322", ()),
]
# raw, canonical value, verdict, suggestion
EMAILS: list[tuple[str, str, Verdict, str]] = [
    ("financeiro@empresa.com.br", "financeiro@empresa.com.br", SUSPICIOUS, ""),
    ("joao@yahoo.con", "", INVALID, "joao@yahoo.com"),
    ("teste@gmail.com", "teste@gmail.com", PLACEHOLDER, ""),
    ("joão@empresa.com.br", "joão@empresa.com.br", SUSPICIOUS, ""),
]
# raw, tokens, legal form, party kind
NAMES: list[tuple[str, tuple[str, ...], str, str | None]] = [
    ("João da Silva e Souza", ("JOAO", "SILVA", "E", "SOUZA"), "", "person"),
    ("Maria de Sá", ("MARIA", "SA"), "", "person"),
    ("Padaria do João Ltda - ME", ("PADARIA", "JOAO"), "LTDA", "organization"),
    ("Comércio ABC Eireli", ("COMERCIO", "ABC"), "EIRELI", "organization"),
    ("Construtora Norte S/A", ("CONSTRUTORA", "NORTE"), "SA", "organization"),
    ("Oficina Central EPP", ("OFICINA", "CENTRAL"), "EPP", "organization"),
]
# left, right, whether both can be one party's
NAME_PAIRS: list[tuple[str, str, bool]] = [
    ("JOAO SILVA", "João da Silva Santos", True),
    ("JOAO SILVA SANTOS", "JOANA SILVA SANTOS", False),
    ("João da Silva Filho", "JOAO SILVA", True),
    ("Padaria do João Ltda ME", "Padaria João LTDA", True),
]
FAKE_NAMES = ["CONSUMIDOR FINAL", "teste"]
# two notations, whether they are one place
ADDRESS_PAIRS: list[tuple[str, str, bool]] = [
    (
        "Rua Augusta, 1500, apto 12, São Paulo - SP, 01310-100",
        "R. Augusta 1500 ap. 12 - Consolação, São Paulo/SP, CEP 01310-100",
        True,
    ),
    ("Av. Paulista, 1000 - Bela Vista, São Paulo - SP", "Avenida Paulista 1000, Bela Vista, São Paulo, SP", True),
    ("Rua Augusta, 1500, São Paulo - SP, 01310-100", "Rua Augusta, 1500, São Paulo - SP, 01310-200", False),
]
