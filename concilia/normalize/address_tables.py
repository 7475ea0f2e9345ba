"""Words of addresses by country: kinds of street, units, place labels, regions. Data only, folded and upper case."""

from __future__ import annotations

from concilia.normalize.folding import words

# Ways of writing one kind of street; the value is the canonical word of the comparison key.
STREETS = {
    "AV": "AVENIDA", "AVE": "AVENIDA", "AVD": "AVENIDA", "AVDA": "AVENIDA", "AVENIDA": "AVENIDA", "C": "CALLE",
    "CALLE": "CALLE", "PSJE": "PASAJE", "PJE": "PASAJE", "PSJ": "PASAJE", "PAS": "PASAJE", "PASAJE": "PASAJE",
    "CAM": "CAMINO", "CNO": "CAMINO", "CMNO": "CAMINO", "CAMINO": "CAMINO", "BLVD": "BOULEVARD", "BLV": "BOULEVARD",
    "BV": "BOULEVARD", "BVAR": "BOULEVARD", "BULEVAR": "BOULEVARD", "BOULEVARD": "BOULEVARD", "CALZ": "CALZADA",
    "CZDA": "CALZADA", "CALZADA": "CALZADA", "PROL": "PROLONGACION", "PROLONG": "PROLONGACION",
    "PROLONGACION": "PROLONGACION", "PRIV": "PRIVADA", "PRIVADA": "PRIVADA", "CDA": "CERRADA", "CERRADA": "CERRADA",
    "CARR": "CARRETERA", "CTRA": "CARRETERA", "CARRETERA": "CARRETERA", "AND": "ANDADOR", "ANDADOR": "ANDADOR",
    "CIR": "CIRCUITO", "CTO": "CIRCUITO", "CIRCUITO": "CIRCUITO", "JR": "JIRON", "JIRON": "JIRON", "MAL": "MALECON",
    "MALECON": "MALECON", "ALAM": "ALAMEDA", "AL": "ALAMEDA", "ALAMEDA": "ALAMEDA", "R": "RUA", "RUA": "RUA",
    "TRAV": "TRAVESSA", "TV": "TRAVESSA", "TRAVESSA": "TRAVESSA", "PCA": "PRACA", "PRACA": "PRACA", "PZA": "PLAZA",
    "PL": "PLAZA", "PLAZA": "PLAZA", "ROD": "RODOVIA", "RODOVIA": "RODOVIA", "EST": "ESTRADA", "ESTR": "ESTRADA",
    "ESTRADA": "ESTRADA", "DIAG": "DIAGONAL", "DIAGONAL": "DIAGONAL", "AUT": "AUTOPISTA", "AUTOP": "AUTOPISTA",
    "AUTOPISTA": "AUTOPISTA", "RTA": "RUTA", "RUTA": "RUTA",
}  # fmt: skip
# Letters that begin a street word elsewhere and are read so only in these countries.
ONLY_IN = {
    "R": ("BR",), "AL": ("BR",), "EST": ("BR",), "TV": ("BR",), "AND": ("MX",), "CTO": ("MX",), "CIR": ("MX",),
    "PL": ("BR", "AR"), "MAL": ("PE", "EC"), "JR": ("PE",), "C": ("MX", "PE", "EC"), "CAM": ("CL", "UY"),
    "PAS": ("CL", "PE", "EC"), "CDA": ("MX",), "AUT": ("AR", "CO"), "ROD": ("BR",),
}  # fmt: skip
STREETS_CO = {
    "CALLE": "CALLE", "CL": "CALLE", "CLL": "CALLE", "CLLE": "CALLE", "C": "CALLE", "CALL": "CALLE",
    "CARRERA": "CARRERA", "CRA": "CARRERA", "CR": "CARRERA", "KR": "CARRERA", "KRA": "CARRERA", "CARR": "CARRERA",
    "K": "CARRERA", "CRR": "CARRERA", "DIAGONAL": "DIAGONAL", "DG": "DIAGONAL", "DIAG": "DIAGONAL",
    "TRANSVERSAL": "TRANSVERSAL", "TV": "TRANSVERSAL", "TRANSV": "TRANSVERSAL", "TRV": "TRANSVERSAL",
    "TR": "TRANSVERSAL", "TRANS": "TRANSVERSAL", "AVENIDA": "AVENIDA", "AV": "AVENIDA", "AVDA": "AVENIDA",
    "AVE": "AVENIDA", "AC": "AVENIDA CALLE", "AK": "AVENIDA CARRERA", "AUTOPISTA": "AUTOPISTA", "AUT": "AUTOPISTA",
    "CIRCULAR": "CIRCULAR", "CIR": "CIRCULAR", "CQ": "CIRCULAR", "MANZANA": "MANZANA", "MZ": "MANZANA",
}  # fmt: skip

UNITS = {
    "DEPTO": "DPTO", "DPTO": "DPTO", "DTO": "DPTO", "DEPARTAMENTO": "DPTO", "DEP": "DPTO", "DPT": "DPTO",
    "DEPT": "DPTO", "DP": "DPTO", "APTO": "DPTO", "APT": "DPTO", "APARTAMENTO": "DPTO", "APART": "DPTO", "AP": "DPTO",
    "INT": "DPTO", "INTERIOR": "DPTO", "OF": "OFICINA", "OFIC": "OFICINA", "OFI": "OFICINA", "OFICINA": "OFICINA",
    "SALA": "OFICINA", "SL": "OFICINA", "CASA": "CASA", "CS": "CASA", "BLOCK": "BLOCK", "BLK": "BLOCK",
    "BLOQUE": "BLOCK", "BQ": "BLOCK", "BLOCO": "BLOCK", "BL": "BLOCK", "TORRE": "TORRE", "TRR": "TORRE", "TO": "TORRE",
    "PISO": "PISO", "ANDAR": "PISO", "LOCAL": "LOCAL", "LOC": "LOCAL", "LC": "LOCAL", "LOJA": "LOCAL", "LOTE": "LOTE",
    "LT": "LOTE", "BODEGA": "BODEGA", "BD": "BODEGA", "GALPON": "GALPON", "PARCELA": "PARCELA", "VILLA": "VILLA",
    "EDIFICIO": "EDIFICIO", "EDIF": "EDIFICIO", "ED": "EDIFICIO",
}  # fmt: skip
NEEDS_NUMBER = words("SL TO LC BL ED AP DP LT CS BD VILLA LOTE CASA TORRE SALA BLOCK")
NUMBER_WORDS = frozenset({"N", "NO", "NRO", "NUM", "NUMERO", "NR", "N0", "NUMBER"})
NEIGHBOURHOODS = words(
    "COL COLONIA FRACC FRACCIONAMIENTO URB URBANIZACION BARRIO BO BAIRRO POBLACION POBL CDLA CIUDADELA AAHH PBLO "
    "SECTOR RES RESIDENCIAL CONDOMINIO COND PARQUE ETAPA"
)
COUNTRY_WORDS = frozenset(
    {
        "CHILE",
        "MEXICO",
        "COLOMBIA",
        "PERU",
        "ARGENTINA",
        "BRASIL",
        "BRAZIL",
        "ECUADOR",
        "URUGUAY",
        "PARAGUAY",
        "BOLIVIA",
    }
)
STATES_BR = words("AC AL AP AM BA CE DF ES GO MA MT MS MG PA PB PR PE PI RJ RN RS RO RR SC SP SE TO")

POSTAL_CODES = {
    "CL": r"\b\d{7}\b", "MX": r"\b\d{5}\b", "CO": r"\b\d{6}\b", "PE": r"\b\d{5}\b", "BR": r"\b\d{5}-?\d{3}\b",
    "AR": r"\b(?:[A-HJ-NP-Z]\d{4}(?:[A-Z]{3})?|\d{4})\b", "EC": r"\b\d{6}\b",
}  # fmt: skip

# Cities under several names: the key has one.
CITIES = {
    "CDMX": "CIUDAD DE MEXICO", "MEXICO DF": "CIUDAD DE MEXICO", "MEXICO D F": "CIUDAD DE MEXICO",
    "DF": "CIUDAD DE MEXICO", "D F": "CIUDAD DE MEXICO", "CIUDAD DE MEXICO CDMX": "CIUDAD DE MEXICO",
    "CABA": "BUENOS AIRES", "CAPITAL FEDERAL": "BUENOS AIRES", "CIUDAD AUTONOMA DE BUENOS AIRES": "BUENOS AIRES",
    "CIUDAD DE BUENOS AIRES": "BUENOS AIRES", "BOGOTA DC": "BOGOTA", "BOGOTA D C": "BOGOTA",
    "SANTAFE DE BOGOTA": "BOGOTA", "SANTIAGO DE CALI": "CALI", "STGO": "SANTIAGO", "SANTIAGO CENTRO": "SANTIAGO",
    "PROV": "PROVIDENCIA", "MEDELLIN ANTIOQUIA": "MEDELLIN", "SAO PAULO SP": "SAO PAULO", "RIO": "RIO DE JANEIRO",
    "CARTAGENA DE INDIAS": "CARTAGENA", "SANTIAGO DE GUAYAQUIL": "GUAYAQUIL", "SAN FRANCISCO DE QUITO": "QUITO",
}  # fmt: skip
