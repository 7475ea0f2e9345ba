"""The known stand-ins for "we have none": data per country and one question, "is it fake". No parsing.

Many of these pass their check digit. Sources: the authorities' generic numbers (SAT, DIAN, SII, AFIP, SRI)
and what collection portfolios really contain. Every question answers with a sentence, or "" when it is not fake.
"""

from __future__ import annotations

import re

from concilia.normalize.folding import phrases, squeeze, words

# Whole cells that say nothing, folded and without punctuation.
_NOTHING = words(
    "0 NULL NULO NONE NIL NAN NA NAP ND NI SN SD SI NT NOTIENE NOTEM NAOTEM NOAPLICA NAOSEAPLICA NOREGISTRA "
    "NOREGISTRADO NOINFORMA NOINFORMADO NAOINFORMADO NOPOSEE NOEXISTE NODISPONIBLE NODECLARA NINGUNO NINGUNA VACIO "
    "UNDEFINED UNKNOWN PENDIENTE FALTA DESCONOCIDO SIN NO SINDATO SINDATOS SINDATA SININFORMACION SEMINFORMACAO SEM "
    "SINNUMERO SINRUT SINRUN SINRFC SINCURP SINNIT SINCEDULA SINDNI SINRUC SINCUIT SINCPF SEMCPF SEMCNPJ "
    "SINDOCUMENTO SINIDENTIFICACION SINTELEFONO SINFONO SINCELULAR SINMOVIL SEMTELEFONE SINCORREO SINEMAIL SINMAIL "
    "SEMEMAIL SINDIRECCION SINDOMICILIO SEMENDERECO"
)
_NOTHING_AS_NAME = frozenset({"0", "NULL", "NULO", "NONE", "NIL", "NAN", "SN", "SD", "UNDEFINED", "VACIO"})

# Tax numbers by country; values are canonical. Numbers of one repeated digit are found by rule.
_TAX_IDS: dict[str, frozenset[str]] = {
    "CL": frozenset({"19", "123456785", "00"}),
    "MX": words(
        "XAXX010101000 XEXX010101000 XXXX010101000 XAXX010101XXX XXXX010101XXX XXX010101000 XXX010101XXX "
        "AAA010101AAA AAAA010101AAA XAX010101000 EKU9003173C9 AAAA010101HDFAAA00 XXXX010101HDFXXX00"
    ),
    "CO": words("123456789 1234567890 12345678 1234567 123456 12345 222222222222 444444001"),
    "PE": words("12345678 87654321 20000000001 10000000001 123456789"),
    "AR": words("12345678 20123456786 27123456780"),
    "BR": words("12345678909 12345678900 01234567890 11222333000181 12345678000195 12345678000100"),
    "EC": words("1234567890 0123456789 1234567890001 9999999999001"),
}
_AFIP_COUNTRY_PREFIXES = ("50", "51", "55")

_FAKE_LOCALS = words(
    "sin no notiene no.tiene no_tiene no-tiene sincorreo sin.correo sin_correo sinemail sin.email sinmail sin.mail "
    "nocorreo noemail nomail no.mail noposee no.posee noinforma noaplica nada ninguno ninguna nulo null none noreply "
    "no-reply no.reply no_reply donotreply do-not-reply noresponder no-responder noresponda naotem nao.tem semmail "
    "sememail sem.email test prueba pruebas teste ejemplo exemplo fake falso asd asdf asdasd qwerty"
)
_FAKE_DOMAINS = words(
    "dominio.com dominio.cl "
    "test.com test.cl prueba.com prueba.cl teste.com tiene.com tiene.cl notiene.com notiene.cl notiene.com.mx "
    "sincorreo.com sincorreo.cl sincorreo.com.co sinmail.com sinmail.cl nomail.com nomail.cl noemail.com noemail.cl "
    "noexiste.com noexiste.cl asd.com asd.cl aaa.com xxx.com xxx.cl mail.mail naotem.com naotem.com.br"
)
# The same word on both sides of the @ (correo@correo.cl); a company may well be santander@santander.cl.
_FAKE_ECHOES = words("correo mail email gmail hotmail cliente nombre usuario user contacto a x")

_FAKE_NAMES = phrases(
    "SIN NOMBRE|SINNOMBRE|S N|N N|NN|N A|NA|NO TIENE|NO INFORMADO|NO INFORMA|NO REGISTRA|NO REGISTRADO|NO APLICA|"
    "SIN INFORMACION|SIN DATOS|SIN DATO|SIN RAZON SOCIAL|SIN IDENTIFICAR|NO IDENTIFICADO|DESCONOCIDO|DESCONOCIDA|"
    "PRUEBA|PRUEBAS|PRUEBA PRUEBA|CLIENTE PRUEBA|CLIENTE DE PRUEBA|PRUEBA CLIENTE|USUARIO PRUEBA|USUARIO DE PRUEBA|"
    "NOMBRE PRUEBA|TEST|TEST TEST|TESTE|TESTE TESTE|CLIENTE TEST|CLIENTE TESTE|DEMO|CLIENTE DEMO|FULANO|"
    "FULANO DE TAL|MENGANO|JUAN DE LOS PALOTES|CLIENTE OCASIONAL|CLIENTES OCASIONALES|CLIENTE GENERICO|"
    "CLIENTE GENERAL|CLIENTES VARIOS|CLIENTE VARIOS|VARIOS|CLIENTE CONTADO|CLIENTE MOSTRADOR|CLIENTE EVENTUAL|"
    "CLIENTE ANONIMO|CLIENTE BOLETA|CLIENTE FINAL|CLIENTE NUEVO|CLIENTE EXTRANJERO|CLIENTE SIN RUT|MOSTRADOR|CONTADO|"
    "CONSUMIDOR FINAL|CONSUMIDOR|CLIENTE CONSUMIDOR FINAL|CUANTIAS MENORES|PUBLICO EN GENERAL|PUBLICO GENERAL|"
    "VENTA AL PUBLICO|VENTAS PUBLICO EN GENERAL|VENTA MOSTRADOR|CLIENTE|CLIENTES|DEUDOR|NOMBRE|NOMBRE APELLIDO|"
    "NOMBRES APELLIDOS|RAZON SOCIAL|POR DEFINIR|PENDIENTE|NO USAR|ANULADO|ELIMINADO|BORRAR|NINGUNO|NINGUNA|"
    "CLIENTE PADRAO|CONSUMIDOR NAO IDENTIFICADO|NAO INFORMADO|SEM NOME|ASD|ASDF|ASDASD|QWERTY"
)
_FAKE_ADDRESSES = phrases(
    "CONOCIDO|DOMICILIO CONOCIDO|SIN DIRECCION|SIN DOMICILIO|NO TIENE|NO INFORMA|NO INFORMADO|NO REGISTRA|"
    "SIN INFORMACION|SIN DATOS|SIN NUMERO|S N|S D|S I|N A|PRUEBA|TEST|DIRECCION|DOMICILIO|CALLE|POR DEFINIR|PENDIENTE|"
    "DESCONOCIDA|DESCONOCIDO|NO APLICA|SEM ENDERECO|NAO INFORMADO|CALLE FALSA 123|DOMICILIO CONOCIDO S N|"
    "CONOCIDO S N"
)
_LETTERS_AND_DIGITS = frozenset("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
# A cell that begins with one of these says something: no word for "none" does.
_TELLING_STARTS = _LETTERS_AND_DIGITS - {char for word in _NOTHING for char in (word[0], word[0].lower())}
_TELLING_STARTS_OF_NAMES = _LETTERS_AND_DIGITS - {c for word in _NOTHING_AS_NAME for c in (word[0], word[0].lower())}
_DIGITS = re.compile(r"[0-9]+")
_DIGITS_OF_FAKE_ADDRESSES = re.compile("|".join({found for text in _FAKE_ADDRESSES for found in _DIGITS.findall(text)}))
_TELLING_DIGIT = re.compile(r"[1-9]")
_ASCENDING = "01234567890123456789"
_DESCENDING = _ASCENDING[::-1]
_MOBILE_RUN = re.compile(r"9(?:12345678|87654321)|3(?:012345678|123456789|987654321)")
_REPEATED_ALONE = frozenset("XZ.")  # what `_SAME_LETTERS` begins with where it does not begin with one letter twice
_SAME_LETTERS = re.compile(r"^(?:([A-Z])\1{2,}|X{1,2}|[XZ.]+(?: [XZ.]+)+)$")


def says_nothing(text: str) -> bool:
    """Whether a cell is blank, only punctuation, or a word for "none" (0, -, s/n, no tiene, null, n/a)."""
    if text[:1] in _TELLING_STARTS or _TELLING_DIGIT.search(text):
        return False
    if len(text) > 24:
        return not any(char.isalnum() for char in text)
    found = squeeze(text)
    return found in _NOTHING or (not found and not any(char.isalnum() for char in text))


def name_says_nothing(text: str) -> bool:
    """As `says_nothing`, for names: words that are real surnames somewhere (No, Ni, Si) are left alone."""
    if text[:1] in _TELLING_STARTS_OF_NAMES:
        return False
    if len(text) <= 12:
        return not any(char.isalnum() for char in text) or squeeze(text) in _NOTHING_AS_NAME
    return not (text[0].isalnum() or any(char.isalnum() for char in text))


def why_fake_tax_id(value: str, country: str, kind: str) -> str:
    """Whether a canonical tax number stands for "none"; check digits are not looked at."""
    if value in _TAX_IDS.get(country, ()):
        return f"{value} is a generic number, not one party's"
    if country == "MX":
        return ""
    body = _own_digits(value, country, kind)
    if body and body == body[0] * len(body) and len(value) > 1:
        return "one repeated digit stands for no number"
    if country == "AR" and kind == "CUIT" and value.startswith(_AFIP_COUNTRY_PREFIXES):
        return "AFIP gives this number to all foreigners of one country"
    return ""


def why_fake_phone(national: str) -> str:
    """Whether the digits of a national number are a repetition or a run, alone or after a prefix."""
    size = len(national)
    last = national[-1:]
    repeated = size - len(national.rstrip(last)) if last and national[-2:-1] == last else min(size, 1)
    if repeated >= 7 or (size >= 5 and repeated >= size - 1):
        return "a repeated digit stands for no phone"
    if size >= 9 and (national in _ASCENDING or national in _DESCENDING):
        return "a run of digits stands for no phone"
    if size >= 9 and national[0] in "93" and _MOBILE_RUN.fullmatch(national):
        return "a run of digits after the mobile prefix stands for no phone"
    return ""


def why_fake_email(local: str, domain: str) -> str:
    """Whether a mail address (lower case, split at its @) was typed only to fill the field."""
    if domain in _FAKE_DOMAINS:
        return f"{domain} stands for no mail"
    if local in _FAKE_LOCALS:
        return f"{local}@ stands for no mail"
    if len(local) >= 3 and local == local[0] * len(local):
        return "a repeated letter stands for no mail"
    if local in _FAKE_ECHOES and domain.partition(".")[0] == local:
        return f"{local}@{domain} stands for no mail"
    return ""


def why_fake_name(folded: str) -> str:
    """Whether a name (folded words, single spaces) stands for nobody or for everybody."""
    if folded in _FAKE_NAMES:
        return f'"{folded.lower()}" names nobody'
    if (folded[:1] == folded[1:2] or folded[:1] in _REPEATED_ALONE) and _SAME_LETTERS.match(folded):
        return "a repeated letter names nobody"
    if folded and not folded[0].isalpha() and not any(char.isalpha() for char in folded):
        return "a name without letters names nobody"
    return ""


def tells_a_place(folded: str) -> bool:
    """Whether the digits of a folded address are enough to know that `why_fake_address` has nothing to say."""
    return bool(_DIGITS.search(folded)) and not _DIGITS_OF_FAKE_ADDRESSES.search(folded)


def why_fake_address(folded: str) -> str:
    """Whether an address (folded words, single spaces) stands for no place."""
    if folded in _FAKE_ADDRESSES or _SAME_LETTERS.match(folded):
        return f'"{folded.lower()}" is no place'
    return ""


def _own_digits(value: str, country: str, kind: str) -> str:
    """The part of a number that tells one holder from another."""
    match country, kind:
        case "CL", _:
            return value[:-1]
        case "AR", "CUIT":
            return value[2:10]
        case "PE", "RUC":
            return value[2:10] if value != value[0] * len(value) else value
        case "EC", "RUC":
            return value[:10]
        case _:
            return value
