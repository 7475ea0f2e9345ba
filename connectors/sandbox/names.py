"""Word lists of the made-up portfolio: names, streets, cities, companies. Data only."""

from __future__ import annotations

COUNTRIES = ("CL", "MX", "CO", "PE", "AR", "BR", "EC")
UNITS = {"CL": "CLP", "MX": "MXN", "CO": "COP", "PE": "PEN", "AR": "ARS", "BR": "BRL", "EC": "USD"}
CREDITOR = "Comercial Andina"

GIVEN = (
    "María José", "Juan Pablo", "Begoña", "José Ángel", "Sofía", "Martín", "Inés", "Andrés Felipe", "Ximena",
    "Ramón", "Lucía", "Óscar", "Tomás", "Belén", "Iván", "Verónica", "Íñigo", "Adrián", "Constanza", "Raúl",
    "Zoé", "Víctor Hugo", "Ángela", "Matías", "Mónica", "Simón", "Noemí", "Julián", "Paz", "Germán",
)  # fmt: skip
GIVEN_BR = (
    "João Vitor", "Antônia", "Luís", "Conceição", "Caio", "Thaís", "Estêvão", "Lúcia", "Mário", "Inês", "Zélia",
    "Fábio", "Patrícia", "Sebastião", "Débora",
)  # fmt: skip
SURNAMES = (
    "González", "Muñoz", "Peña", "Núñez", "de la Fuente", "Ibáñez", "Rodríguez", "Yáñez", "Quiñones", "Ñanculef",
    "Pérez", "Sepúlveda", "del Río", "Gutiérrez", "Zúñiga", "Castañeda", "Bermúdez", "Ordóñez", "Vásquez", "Mamani",
    "Quispe", "Cañizares", "Huamán", "Ocampo", "Restrepo", "Treviño", "Villaseñor", "Echeverría", "San Martín", "León",
)  # fmt: skip
SURNAMES_BR = (
    "Gonçalves", "Araújo", "da Conceição", "Magalhães", "Simões", "Guimarães", "Brandão", "dos Santos", "Falcão",
    "Sá", "Assunção", "Morães", "Galvão", "Leão", "Frazão",
)  # fmt: skip
TRADES = (
    "Ferretería", "Distribuidora", "Transportes", "Panadería", "Constructora", "Agrícola", "Importadora", "Farmacia",
    "Librería", "Confecciones", "Frigorífico", "Servicios Médicos",
)  # fmt: skip
PLACES = (
    "El Peñón", "Los Ñandúes", "Santa Inés", "del Pacífico", "La Unión", "San Román", "Monte Águila", "El Álamo",
    "Río Dulce", "Tres Marías", "Agua Santa", "La Montaña",
)  # fmt: skip
LEGAL_FORMS = {
    "CL": "SpA", "MX": "S.A. de C.V.", "CO": "S.A.S.", "PE": "S.A.C.", "AR": "S.R.L.", "BR": "Ltda.",
    "EC": "Cía. Ltda.",
}  # fmt: skip
STREETS = (
    "Av. Libertador", "Los Cañones", "Calle Colón", "Pje. Ñuble", "Av. Simón Bolívar", "Las Acacias", "Camino Real",
    "Rua São João", "Independencia", "El Rosal",
)  # fmt: skip
CITIES = {
    "CL": ("Ñuñoa", "Concepción", "Viña del Mar"), "MX": ("Mérida", "León", "Ciudad de México"),
    "CO": ("Bogotá", "Medellín", "Ibagué"), "PE": ("Lima", "Callao", "Huánuco"),
    "AR": ("Córdoba", "Junín", "Neuquén"), "BR": ("São Paulo", "Goiânia", "Florianópolis"),
    "EC": ("Quito", "Guayaquil", "Ibarra"),
}  # fmt: skip
# Calling code, and the first digits and number of free digits of a mobile number, all valid in their plans.
MOBILES = {
    "CL": ("56", "98", 7), "MX": ("52", "55", 8), "CO": ("57", "300", 7), "PE": ("51", "98", 7),
    "AR": ("54", "91134", 6), "BR": ("55", "1198", 7), "EC": ("593", "98", 7),
}  # fmt: skip
# Numbers that creditors type when they have none; they pass their check digits and belong to nobody.
STAND_INS = {
    "CL": "66.666.666-6", "MX": "XAXX010101000", "CO": "222222222", "PE": "00000000", "AR": "20-00000000-1",
    "BR": "111.111.111-11", "EC": "9999999999",
}  # fmt: skip
ALPHANUMERIC_CNPJ = "12.ABC.345/01DE-35"
# From an invoice's smallest to its largest amount, in the unit of its country, without decimals.
AMOUNTS = {
    "CLP": (15_000, 2_400_000), "MXN": (450, 64_000), "COP": (60_000, 9_800_000), "PEN": (90, 9_500),
    "ARS": (20_000, 3_900_000), "BRL": (120, 18_000), "USD": (25, 4_200), "CLF": (2, 160),
}  # fmt: skip
DECIMALS = {"CLP": 0, "CLF": 4}  # others have two
