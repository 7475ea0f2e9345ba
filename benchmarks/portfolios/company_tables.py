"""Words companies are named with: trades, brands, places and legal forms. Tables only."""

from __future__ import annotations

from benchmarks.portfolios.text import phrases, words

TRADES_ES = words(
    "Comercial Inversiones Transportes Constructora Inmobiliaria Servicios Distribuidora Importadora Agrícola "
    "Ferretería Panadería Supermercado Restaurante Clínica Farmacia Hotel Ingeniería Consultores Asesorías "
    "Logística Minera Forestal Pesquera Textil Confecciones Imprenta Taller Automotriz Maquinarias Seguridad "
    "Tecnologías Soluciones Laboratorio Colegio Exportadora Ganadera Comercializadora Maderas Plásticos Muebles "
    "Viajes Publicidad Alimentos Repuestos Electricidad Construcciones Gráfica Metalúrgica"
)
TRADES_PT = phrases(
    "Comercial|Construtora|Transportes|Imobiliária|Serviços|Distribuidora|Importadora|Agropecuária|Padaria|"
    "Supermercado|Restaurante|Clínica|Farmácia|Hotel|Engenharia|Consultoria|Logística|Mineração|Confecções|Gráfica|"
    "Oficina|Auto Peças|Máquinas|Segurança|Tecnologia|Soluções|Laboratório|Escola|Exportadora|Móveis|Viagens|"
    "Publicidade|Alimentos|Metalúrgica|Materiais|Plásticos"
)
BRANDS_ES = phrases(
    "Andes|Pacífico|El Sol|La Estrella|Los Andes|San José|Santa María|El Cóndor|Austral|Altamira|Aurora|Atlas|"
    "Ariel|Azteca|Bahía|Bellavista|Boreal|Buenavista|Cabo de Hornos|Camino Real|Capricornio|Caribe|Central|"
    "Cervantes|Chapultepec|Cordillera|Costa Azul|Cruz del Sur|Delta|Diamante|Don Pedro|Don Luis|Dorado|Ébano|"
    "El Alba|El Bosque|El Carmen|El Faro|El Mirador|El Molino|El Palmar|El Progreso|El Roble|El Trébol|Esmeralda|"
    "Esperanza|Estambul|Europa|Fénix|Galaxia|Géminis|Génesis|Gran Vía|Horizonte|Ideal|Imperial|Inca|Iberia|"
    "Isla Verde|Júpiter|La Cabaña|La Colina|La Fuente|La Merced|La Moderna|La Paz|La Sierra|La Unión|Laguna|"
    "Las Américas|Las Brisas|Las Palmas|León|Líder|Los Álamos|Los Lagos|Los Pinos|Lumen|Luz del Sur|Magallanes|"
    "Mar Azul|Maya|Mediterráneo|Mercurio|Metro|Milenio|Mirador|Montecarlo|Monterrico|Monumental|Nacional|Neptuno|"
    "Norte Grande|Nova|Nueva Era|Oasis|Océano|Olimpia|Omega|Orión|Oriente|Orquídea|Osiris|Palermo|Panamericana|"
    "Patagonia|Pegaso|Perla|Pirámide|Plaza|Polar|Porvenir|Prisma|Quetzal|Rapa Nui|Real|Renacer|Río Claro|Rosales|"
    "Sahara|San Carlos|San Fernando|San Gabriel|San Isidro|San Jorge|San Lorenzo|San Miguel|San Rafael|Santa Ana|"
    "Santa Clara|Santa Elena|Santa Fe|Santa Rosa|Santiago|Señorial|Siglo|Sol Naciente|Sur Andino|Terranova|"
    "Tierra Firme|Titán|Tolteca|Torremolinos|Triunfo|Tropical|Tungsteno|Universo|Valle Verde|Valparaíso|Venus|"
    "Veracruz|Victoria|Vista Hermosa|Vulcano|Yucatán|Zafiro|Zenit"
)
BRANDS_PT = phrases(
    "São Jorge|Boa Esperança|Estrela|Aliança|Atlântico|Aurora|Bandeirantes|Brasil|Cruzeiro|Diamante|Esperança|"
    "Globo|Guanabara|Horizonte|Ideal|Imperial|Ipanema|Itália|Litoral|Lua Nova|Mar Azul|Minas|Modelo|Nacional|"
    "Nordeste|Nova Era|Ouro Verde|Pampa|Paraíso|Paulista|Planalto|Ponto Certo|Porto Seguro|Primavera|Progresso|"
    "Real|Rio Claro|Santa Cruz|Santa Rita|São Bento|São Luiz|São Miguel|Serra Azul|Sete Irmãos|Sol Nascente|"
    "Sul América|Tropical|União|Universal|Vale Verde|Vila Rica|Vitória|Vera Cruz|Bom Jesus|Alvorada|Amazônia|"
    "Araucária|Cometa|Fortaleza|Girassol|Jacarandá|Continental|Ipiranga|Itamaraty|Monte Castelo|Ouro Preto|Pérola|"
    "Pioneira|Rainha|Tamandaré"
)
TAILS_ES = (
    "del Sur|del Norte|del Pacífico|Internacional|del Valle|Hermanos|e Hijos|Asociados|Integral|Express|2000|Plus"
)
TAILS_PT = "do Sul|do Norte|Internacional|do Vale|Irmãos|e Filhos|Associados|Express|2000|Plus|do Brasil"
TAILS = {"ES": TAILS_ES.split("|"), "PT": TAILS_PT.split("|")}

# Ways to write each legal form; the first is the one on the deed. Repeated forms are the frequent ones.
LEGAL_FORMS = {
    "CL": (("SpA", "SPA", "S.p.A.", "Sociedad por Acciones"), ("Ltda.", "Ltda", "LIMITADA", "Limitada"),
           ("S.A.", "SA", "S A", "Sociedad Anónima"), ("E.I.R.L.", "EIRL", "E I R L"), ("SpA", "SPA", "S.p.A.")),
    "MX": (("S.A. de C.V.", "SA DE CV", "S A de C V", "S.A. DE C.V."), ("S. de R.L. de C.V.", "S DE RL DE CV"),
           ("S.A.P.I. de C.V.", "SAPI DE CV"), ("S.A. de C.V.", "SA de CV", "Sociedad Anónima de Capital Variable")),
    "CO": (("S.A.S.", "SAS", "S A S", "S.A.S"), ("S.A.", "SA"), ("Ltda.", "LTDA", "Limitada"), ("S.A.S.", "SAS")),
    "PE": (("S.A.C.", "SAC", "S A C", "Sociedad Anónima Cerrada"), ("E.I.R.L.", "EIRL"), ("S.R.L.", "SRL", "S.R.Ltda."),
           ("S.A.", "SA"), ("S.A.C.", "SAC")),
    "AR": (("S.R.L.", "SRL", "S R L"), ("S.A.", "SA", "S A", "Sociedad Anónima"), ("S.A.S.", "SAS")),
    "BR": (("Ltda.", "LTDA", "Ltda", "Limitada"), ("S.A.", "S/A", "SA"), ("EIRELI", "Eireli"), ("ME", "LTDA ME"),
           ("Ltda.", "LTDA", "Ltda - ME"), ("EPP", "LTDA EPP")),
    "EC": (("Cía. Ltda.", "CIA LTDA", "C. LTDA.", "Compañía Limitada"), ("S.A.", "SA", "S A"), ("S.A.S.", "SAS")),
}  # fmt: skip

SHORT_TRADES = {
    "Transportes": "Transp.", "Constructora": "Const.", "Inversiones": "Inv.", "Inmobiliaria": "Inmob.",
    "Distribuidora": "Distrib.", "Comercial": "Comerc.", "Servicios": "Serv.", "Importadora": "Import.",
    "Construtora": "Constr.", "Agrícola": "Agric.", "Sociedad": "Soc.",
}  # fmt: skip
NUMERALS = {"ES": ("Uno", "Dos", "Tres", "Cuatro", "Cinco"), "PT": ("Um", "Dois", "Três", "Quatro", "Cinco")}
