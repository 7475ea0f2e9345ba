"""Given names and surnames of Spanish America, the frequent ones first. Tables only."""

from __future__ import annotations

from benchmarks.portfolios.text import words

MEN = words(
    "Juan José Luis Carlos Jorge Pedro Manuel Miguel Francisco Víctor Jesús Alejandro Daniel Fernando Sergio "
    "Ricardo Eduardo Roberto Diego Javier Andrés Rafael Héctor Mario Raúl Óscar Antonio Cristian Sebastián Felipe "
    "Rodrigo Gabriel David Alberto Marcelo Claudio Pablo Hugo Patricio Gustavo Ramón Julio Mauricio Enrique César "
    "Iván Gonzalo Álvaro Nicolás Matías Ignacio Martín Ángel Jaime Arturo Alfredo Guillermo Armando Gerardo "
    "Leonardo Esteban Tomás Marco Rubén Santiago Joaquín Benjamín Vicente Maximiliano Camilo Emilio Ernesto "
    "Gilberto Hernán Humberto Ismael Jonathan Julián Lorenzo Marcos Moisés Nelson Néstor Orlando Osvaldo Rolando "
    "Salvador Samuel Saúl Simón Teodoro Ulises Walter Wilson Xavier Abel Adolfo Agustín Alonso Bernardo Bruno "
    "Cristóbal Darío Edgar Efraín Elías Ezequiel Fabián Federico Félix Franco Germán Gregorio Hilario Isidro "
    "Jacinto Lautaro Leonel Lucas Mateo Norberto Octavio Ramiro Rogelio Wilmer"
)
WOMEN = words(
    "María Ana Rosa Carmen Claudia Patricia Sandra Gloria Luz Martha Margarita Juana Guadalupe Elena Teresa "
    "Verónica Carolina Andrea Daniela Paola Marcela Francisca Camila Valentina Fernanda Alejandra Gabriela Isabel "
    "Laura Silvia Mónica Adriana Lorena Natalia Paula Cecilia Viviana Ximena Constanza Catalina Javiera Antonia "
    "Sofía Isidora Josefa Victoria Beatriz Blanca Norma Irma Leticia Susana Graciela Alicia Lucía Julia Mercedes "
    "Dolores Pilar Rocío Raquel Rebeca Sara Soledad Sonia Tamara Tania Valeria Vanessa Yolanda Yesenia Zulema "
    "Amalia Amanda Angélica Aurora Bárbara Berta Brenda Consuelo Cristina Débora Diana Elisa Elizabeth Emilia "
    "Erika Esperanza Estela Eugenia Evelyn Fabiola Florencia Gladys Griselda Hilda Ingrid Irene Jacqueline Jessica "
    "Jimena Josefina Karen Karina Liliana Lourdes Macarena Magdalena Maribel Mariana Marisol Micaela Milagros "
    "Miriam Nancy Noemí Nora Olga Pamela Paulina Rosario Ruth Stella Trinidad Concepción"
)
# Second given names that are seldom first ones.
SECOND_MEN = words(
    "Antonio Alberto Carlos Luis Enrique Andrés Eduardo José Manuel Ángel Ignacio Alejandro Pablo Felipe Esteban "
    "Guillermo Arturo Augusto Javier Fernando Ricardo David Armando Alonso Patricio Rodrigo Alexander Mauricio "
    "Francisco Miguel"
)
SECOND_WOMEN = words(
    "Isabel Elena Carolina Fernanda José Andrea Beatriz Alejandra del_Carmen Cristina Eugenia Teresa Luisa "
    "Patricia Ángela Soledad Inés Paz Victoria de_los_Ángeles Guadalupe Cecilia Gabriela Elizabeth Margarita "
    "Angélica Ester Lucía Rosa del_Pilar"
)

SURNAMES = words(
    "González Rodríguez García Hernández Martínez López Pérez Sánchez Ramírez Flores Gómez Díaz Torres Rojas Muñoz "
    "Vásquez Castillo Morales Reyes Gutiérrez Castro Ortiz Ramos Ruiz Álvarez Mendoza Silva Jiménez Moreno Romero "
    "Herrera Medina Aguilar Chávez Fernández Vargas Rivera Soto Contreras Cruz Núñez Salazar Espinoza Fuentes Vega "
    "Guzmán Suárez Delgado Valdez Miranda Sepúlveda Araya Bravo Carrasco Tapia Figueroa Cortés Valenzuela Molina "
    "Campos Cárdenas Navarro Sandoval Alarcón Peña Vera Acosta Paredes Cabrera Escobar Pineda Zambrano Quispe "
    "Mamani Huamán Condori Cedeño Vélez Moreira Macías Sosa Benítez Acuña Domínguez Gallardo Guerrero Ibarra "
    "Juárez Lara León Luna Maldonado Mejía Méndez Mora Ochoa Orellana Osorio Pacheco Palma Parra Pinto Ponce "
    "Quintero Quiroga Riquelme Ríos Robles Salas Salinas Santana Solís Toro Trujillo Ulloa Urrutia Valencia Valdés "
    "Velásquez Vergara Vidal Villalobos Yáñez Zamora Zapata Zúñiga Aguilera Aguirre Alfaro Alvarado Andrade "
    "Aravena Arancibia Arce Arias Arriagada Ávila Ayala Báez Barrera Barrientos Barrios Becerra Beltrán Bermúdez "
    "Bernal Blanco Bustamante Bustos Caballero Cáceres Calderón Camacho Cano Carmona Carranza Carrillo Carvajal "
    "Castañeda Catalán Cerda Cervantes Cisneros Cisternas Cornejo Correa Cuevas Dávila Duarte Durán Echeverría "
    "Elizondo Escalante Escudero Esparza Esquivel Estrada Farías Fajardo Ferrari Figueredo Franco Gaete Galindo "
    "Gallegos Galván Garrido Garza Giménez Godoy Granados Guajardo Henríquez Hidalgo Huerta Inostroza Jara Jerez "
    "Lagos Leiva Lemus Leyva Lobos Lozano Lucero Lugo Macedo Madrid Manríquez Marín Márquez Marroquín Mata "
    "Maturana Mercado Merino Meza Mondragón Montenegro Montero Montes Montoya Morán Moya Murillo Nava Naranjo "
    "Navarrete Nieto Norambuena Ojeda Oliva Olivares Olmos Orozco Ortega Oyarzún Padilla Páez Palacios Paz Peralta "
    "Pereyra Pinilla Pizarro Poblete Portillo Prado Prieto Puga Quezada Quiñones Quintana Quiroz Rangel Rentería "
    "Retamal Rincón Riveros Rivas Roa Rosales Rosas Rubio Saavedra Salgado San_Martín Santander Santos Saldaña "
    "Segura Serrano Sierra Solano Solorio Tello Tobar Toledo Trejo Troncoso Uribe Valle Vallejos Vera Vilches "
    "Villagra Villanueva Villar Villarreal Zárate Zavala Zepeda Zurita del_Río de_la_Cruz de_la_Fuente de_León "
    "del_Valle Ñancupil Choque Ccori Apaza Yupanqui Huanca Ticona Catrileo Guamán Toapanta Chiliquinga Quishpe "
    "Pilco Bianchi Rossi Russo Schmidt Ledesma Ferreyra Bolaños Zuluaga Restrepo Londoño Giraldo Ospina Echeverri "
    "Arboleda Betancur Cardona"
)

# The surnames a country puts before the common order.
FIRST_SURNAMES = {
    "CL": "González Muñoz Rojas Díaz Pérez Soto Contreras Silva Martínez Sepúlveda Morales Rodríguez",
    "MX": "Hernández García Martínez López González Pérez Rodríguez Sánchez Ramírez Cruz Flores Gómez",
    "CO": "Rodríguez Gómez González Martínez García López Hernández Sánchez Ramírez Pérez Díaz Restrepo",
    "PE": "Quispe Flores Sánchez García Rodríguez Mamani Huamán Rojas Chávez Vásquez López Ramos",
    "AR": "González Rodríguez Gómez Fernández López Díaz Martínez Pérez Romero Sánchez Sosa Giménez",
    "EC": "Zambrano Sánchez García Rodríguez Torres Mendoza Cedeño López Chávez Vera Moreira Guamán",
}

NICKNAMES = {
    "José": ("Pepe",), "Francisco": ("Pancho", "Paco"), "Ignacio": ("Nacho",), "Jesús": ("Chuy",), "Eduardo": ("Lalo",),
    "Alejandro": ("Alex", "Jano"), "Roberto": ("Beto",), "Alberto": ("Beto",), "Manuel": ("Manolo",),
    "Guillermo": ("Memo",), "Rafael": ("Rafa",), "Daniel": ("Dani",), "Fernando": ("Nando",), "Gabriel": ("Gabo",),
    "Gonzalo": ("Gonza",), "Javier": ("Javi",), "Leonardo": ("Leo",), "Luis": ("Lucho",), "Nicolás": ("Nico",),
    "Patricio": ("Pato",), "Rodrigo": ("Rodri",), "Santiago": ("Santi",), "Sebastián": ("Seba",), "Sergio": ("Checo",),
    "Enrique": ("Quique", "Kike"), "Mauricio": ("Mauri",), "Matías": ("Mati",), "Antonio": ("Toño",),
    "Salvador": ("Chava",), "Vicente": ("Chente",), "Ernesto": ("Neto",), "Federico": ("Fede",), "Ramón": ("Moncho",),
    "María": ("Mary",), "Guadalupe": ("Lupita", "Lupe"), "Francisca": ("Pancha",), "Patricia": ("Paty",),
    "Teresa": ("Tere",), "Victoria": ("Vicky",), "Catalina": ("Cata",), "Carolina": ("Caro",), "Valentina": ("Vale",),
    "Gabriela": ("Gaby",), "Alejandra": ("Ale",), "Fernanda": ("Fer",), "Verónica": ("Vero",), "Marcela": ("Chela",),
    "Rosario": ("Charo",), "Dolores": ("Lola",), "Mercedes": ("Meche",), "Pilar": ("Pili",), "Soledad": ("Sole",),
    "Isabel": ("Isa",), "Elizabeth": ("Eli",), "Beatriz": ("Bea",), "Susana": ("Susy",), "Ximena": ("Xime",),
    "Magdalena": ("Magda",), "Josefina": ("Pepa",), "Concepción": ("Concha",), "Yolanda": ("Yoli",),
}  # fmt: skip
ABBREVIATIONS = {
    "María": "Ma.", "Francisco": "Fco.", "Guadalupe": "Gpe.", "Hernández": "Hdz.", "González": "Glez.",
    "Rodríguez": "Rdz.", "Martínez": "Mtz.", "Fernández": "Fdz.", "Sánchez": "Schz.", "Ramírez": "Rmz.",
    "Gutiérrez": "Gtz.", "Domínguez": "Dguez.", "Vásquez": "Vasq.", "García": "Gcía.", "Guillermo": "Gmo.",
    "Antonio": "Anto.", "Fernando": "Fdo.", "Roberto": "Robto.",
}  # fmt: skip
