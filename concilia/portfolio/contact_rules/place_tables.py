"""Tables of places: subdivisions by their names, cities with a zone of their own, what area codes tell. No code.

Names are folded (upper case, no accents). Codes are those of ISO 3166-2, which the library of holidays uses as well.
Zones are IANA names. Area codes: CL Subtel, MX IFT, BR Anatel, AR ENACOM, EC Arcotel; those of islands from memory.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final


def _named(text: str) -> dict[str, str]:
    """`code=NAME|OTHER NAME; …` as a table from each name, and from the code itself, to the code."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        code, _, names = part.strip().partition("=")
        found |= {code: code, **dict.fromkeys(names.split("|"), code)}
    return found


def _listed(text: str) -> dict[str, str]:
    """`VALUE: KEY KEY; …` as a table from each key to the value."""
    return {key: part.partition(":")[0].strip() for part in text.split(";") for key in part.partition(":")[2].split()}


SUBDIVISIONS: Final[Mapping[str, Mapping[str, str]]] = {
    "CL": _named(
        "AP=ARICA Y PARINACOTA|XV; TA=TARAPACA|I; AN=ANTOFAGASTA|II; AT=ATACAMA|III; CO=COQUIMBO|IV;"
        "VS=VALPARAISO|REGION DE VALPARAISO|V; RM=METROPOLITANA|REGION METROPOLITANA|METROPOLITANA DE SANTIAGO|"
        "REGION METROPOLITANA DE SANTIAGO|SANTIAGO|XIII; LI=OHIGGINS|O HIGGINS|LIBERTADOR GENERAL BERNARDO OHIGGINS|VI;"
        "ML=MAULE|DEL MAULE|VII; NB=NUBLE|XVI; BI=BIOBIO|BIO BIO|DEL BIOBIO|VIII; AR=ARAUCANIA|LA ARAUCANIA|IX;"
        "LR=LOS RIOS|XIV; LL=LOS LAGOS|X; AI=AYSEN|AISEN|AYSEN DEL GENERAL CARLOS IBANEZ DEL CAMPO|XI;"
        "MA=MAGALLANES|MAGALLANES Y DE LA ANTARTICA CHILENA|MAGALLANES Y ANTARTICA CHILENA|REGION DE MAGALLANES|XII"
    ),
    "MX": _named(
        "AGU=AGUASCALIENTES|AGS; BCN=BAJA CALIFORNIA|BC|BAJA CALIFORNIA NORTE; BCS=BAJA CALIFORNIA SUR; CAM=CAMPECHE;"
        "CHP=CHIAPAS; CHH=CHIHUAHUA; CMX=CIUDAD DE MEXICO|CDMX|DISTRITO FEDERAL|DF; COA=COAHUILA|COAHUILA DE ZARAGOZA;"
        "COL=COLIMA; DUR=DURANGO; GUA=GUANAJUATO; GRO=GUERRERO; HID=HIDALGO; JAL=JALISCO; MEX=ESTADO DE MEXICO|MEXICO;"
        "MIC=MICHOACAN; MOR=MORELOS; NAY=NAYARIT; NLE=NUEVO LEON|NL; OAX=OAXACA; PUE=PUEBLA; QUE=QUERETARO;"
        "ROO=QUINTANA ROO|QR|Q ROO; SLP=SAN LUIS POTOSI; SIN=SINALOA; SON=SONORA; TAB=TABASCO; TAM=TAMAULIPAS;"
        "TLA=TLAXCALA; VER=VERACRUZ; YUC=YUCATAN; ZAC=ZACATECAS"
    ),
    "BR": _named(
        "AC=ACRE; AL=ALAGOAS; AP=AMAPA; AM=AMAZONAS; BA=BAHIA; CE=CEARA; DF=DISTRITO FEDERAL; ES=ESPIRITO SANTO;"
        "GO=GOIAS; MA=MARANHAO; MT=MATO GROSSO; MS=MATO GROSSO DO SUL; MG=MINAS GERAIS; PA=PARA; PB=PARAIBA; PR=PARANA;"
        "PE=PERNAMBUCO; PI=PIAUI; RJ=RIO DE JANEIRO; RN=RIO GRANDE DO NORTE; RS=RIO GRANDE DO SUL; RO=RONDONIA;"
        "RR=RORAIMA; SC=SANTA CATARINA; SP=SAO PAULO; SE=SERGIPE; TO=TOCANTINS"
    ),
    "AR": _named(
        "A=SALTA; B=BUENOS AIRES|PROVINCIA DE BUENOS AIRES|PBA; C=CIUDAD AUTONOMA DE BUENOS AIRES|CABA|CAPITAL FEDERAL|"
        "CIUDAD DE BUENOS AIRES; D=SAN LUIS; E=ENTRE RIOS; F=LA RIOJA; G=SANTIAGO DEL ESTERO; H=CHACO; J=SAN JUAN;"
        "K=CATAMARCA; L=LA PAMPA; M=MENDOZA; N=MISIONES; P=FORMOSA; Q=NEUQUEN; R=RIO NEGRO; S=SANTA FE; T=TUCUMAN;"
        "U=CHUBUT; V=TIERRA DEL FUEGO; W=CORRIENTES; X=CORDOBA; Y=JUJUY; Z=SANTA CRUZ"
    ),
    "EC": _named("W=GALAPAGOS; G=GUAYAS; P=PICHINCHA; A=AZUAY; M=MANABI; O=EL ORO|ORO"),
}  # fmt: skip

# Cities that are told by their name alone: the subdivision, and the zone where it is not that of the subdivision.
CITIES: Final[Mapping[str, Mapping[str, tuple[str, str]]]] = {
    "CL": {
        **dict.fromkeys(("ISLA DE PASCUA", "HANGA ROA", "RAPA NUI"), ("VS", "Pacific/Easter")),
        **dict.fromkeys(
            ("PUNTA ARENAS", "PUERTO NATALES", "NATALES", "PORVENIR", "CABO DE HORNOS", "PUERTO WILLIAMS"), ("MA", "")
        ),
        **dict.fromkeys(("COYHAIQUE", "COIHAIQUE", "PUERTO AYSEN", "AYSEN", "COCHRANE", "CHILE CHICO"), ("AI", "")),
        "ARICA": ("AP", ""), "IQUIQUE": ("TA", ""), "CONCEPCION": ("BI", ""), "CHILLAN": ("NB", ""),
        "TEMUCO": ("AR", ""), "VALDIVIA": ("LR", ""), "PUERTO MONTT": ("LL", ""), "TALCA": ("ML", ""),
        "RANCAGUA": ("LI", ""), "LA SERENA": ("CO", ""), "COPIAPO": ("AT", ""), "VINA DEL MAR": ("VS", ""),
    },
    "MX": {
        **dict.fromkeys(("TIJUANA", "MEXICALI", "ENSENADA", "TECATE", "ROSARITO", "PLAYAS DE ROSARITO"), ("BCN", "")),
        **dict.fromkeys(("CANCUN", "PLAYA DEL CARMEN", "CHETUMAL", "COZUMEL", "TULUM"), ("ROO", "")),
        **dict.fromkeys(("CIUDAD JUAREZ", "CD JUAREZ", "CD. JUAREZ"), ("CHH", "America/Ciudad_Juarez")),
        "OJINAGA": ("CHH", "America/Ojinaga"),
        **dict.fromkeys(
            ("BAHIA DE BANDERAS", "NUEVO VALLARTA", "BUCERIAS", "SAYULITA"), ("NAY", "America/Bahia_Banderas")
        ),
        **dict.fromkeys(("MATAMOROS", "REYNOSA", "NUEVO LAREDO", "RIO BRAVO"), ("TAM", "America/Matamoros")),
        **dict.fromkeys(("PIEDRAS NEGRAS", "CIUDAD ACUNA", "ACUNA"), ("COA", "America/Matamoros")),
        "HERMOSILLO": ("SON", ""), "CIUDAD OBREGON": ("SON", ""), "NOGALES": ("SON", ""), "CULIACAN": ("SIN", ""),
        "MAZATLAN": ("SIN", ""), "LOS MOCHIS": ("SIN", ""), "TEPIC": ("NAY", ""), "LA PAZ": ("BCS", ""),
        "LOS CABOS": ("BCS", ""), "CABO SAN LUCAS": ("BCS", ""), "MONTERREY": ("NLE", ""), "GUADALAJARA": ("JAL", ""),
    },
    "BR": {
        "FERNANDO DE NORONHA": ("PE", "America/Noronha"), "SAO PAULO": ("SP", ""), "MACEIO": ("AL", ""),
        "MANAUS": ("AM", ""), "RIO BRANCO": ("AC", ""), "CUIABA": ("MT", ""), "CAMPO GRANDE": ("MS", ""),
        "PORTO VELHO": ("RO", ""), "BOA VISTA": ("RR", ""), "RIO DE JANEIRO": ("RJ", ""), "SALVADOR": ("BA", ""),
        "BRASILIA": ("DF", ""), "FORTALEZA": ("CE", ""), "RECIFE": ("PE", ""), "PORTO ALEGRE": ("RS", ""),
        "CURITIBA": ("PR", ""), "BELO HORIZONTE": ("MG", ""), "CAMPINAS": ("SP", ""), "GUARULHOS": ("SP", ""),
    },
    "AR": {**dict.fromkeys(("BUENOS AIRES", "CABA", "CAPITAL FEDERAL", "CIUDAD AUTONOMA DE BUENOS AIRES"), ("C", ""))},
    "EC": {**dict.fromkeys(("PUERTO AYORA", "PUERTO BAQUERIZO MORENO", "SANTA CRUZ GALAPAGOS"), ("W", ""))},
}  # fmt: skip

# Subdivisions whose clock is not that of the capital.
ZONES: Final[Mapping[str, Mapping[str, str]]] = {
    "CL": {"MA": "America/Punta_Arenas", "AI": "America/Coyhaique"},
    "MX": {
        "BCN": "America/Tijuana", "BCS": "America/Mazatlan", "SIN": "America/Mazatlan", "NAY": "America/Mazatlan",
        "SON": "America/Hermosillo", "CHH": "America/Chihuahua", "ROO": "America/Cancun",
    },
    "BR": {
        "AC": "America/Rio_Branco", "AM": "America/Manaus", "RO": "America/Porto_Velho", "RR": "America/Boa_Vista",
        "MT": "America/Cuiaba", "MS": "America/Campo_Grande",
    },
    "EC": {"W": "Pacific/Galapagos"},
}  # fmt: skip
# Further zones of a country that no subdivision has as a whole.
MORE_ZONES: Final[Mapping[str, tuple[str, ...]]] = {
    "CL": ("Pacific/Easter",), "BR": ("America/Noronha",), "MX": ("America/Ciudad_Juarez", "America/Matamoros"),
}  # fmt: skip

# Beginnings of national numbers, longest first where one contains another, and the subdivision (or zone) they tell.
AREA_CODES: Final[Mapping[str, Mapping[str, str]]] = {
    "CL": _listed(
        "Pacific/Easter: 322100 322551; MA: 61; AI: 67; AP: 58; TA: 57; AN: 55; AT: 51 52; CO: 53; VS: 32 33 34 35;"
        "RM: 2; LI: 72; ML: 71 73 75; NB: 42; BI: 41 43; AR: 45; LR: 63; LL: 64 65"
    ),
    "MX": _listed(
        "BCN: 616 646 653 658 661 663 664 665 686; BCS: 612 613 615 624;"
        "SON: 621 622 623 631 632 633 634 637 638 641 642 643 644 645 647 651 662;"
        "SIN: 667 668 669 672 673 687 694 695 696 697 698; NAY: 311 319 323 324 325 327;"
        "CHH: 614 625 627 628 629 635 636 639 648 649 652 659; America/Ciudad_Juarez: 656; America/Ojinaga: 626;"
        "ROO: 983 984 987 997 998; America/Matamoros: 867 868 877 878 899; CMX: 55 56; NLE: 81; JAL: 33"
    ),
    "BR": _listed(
        "SP: 11 12 13 14 15 16 17 18 19; RJ: 21 22 24; ES: 27 28; MG: 31 32 33 34 35 37 38; PR: 41 42 43 44 45 46;"
        "SC: 47 48 49; RS: 51 53 54 55; DF: 61; GO: 62 64; TO: 63; MT: 65 66; MS: 67; AC: 68; RO: 69;"
        "BA: 71 73 74 75 77; SE: 79; PE: 81 87; AL: 82; PB: 83; RN: 84; CE: 85 88; PI: 86 89; PA: 91 93 94; AM: 92 97;"
        "RR: 95; AP: 96; MA: 98 99"
    ),
    # 11 is the city and its suburbs: the stricter rules are the city's.
    "AR": _listed("C: 11; X: 351; S: 341 342; M: 261; T: 381; A: 387; Q: 299; B: 221 223 291"),
    "EC": _listed("W: 5252 5253 5230; G: 4; P: 2; A: 7"),
}
