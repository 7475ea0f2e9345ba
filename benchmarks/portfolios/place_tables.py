"""Cities with region, area code and other spellings, and street names, by country. Tables only."""

from __future__ import annotations

# city | region | area code | other spellings separated by ;   - the largest first
CITIES = {
    "CL": """Santiago|Región Metropolitana|2|Stgo;Santiago Centro
Puente Alto|Región Metropolitana|2|Pte. Alto
Maipú|Región Metropolitana|2|
La Florida|Región Metropolitana|2|
Viña del Mar|Valparaíso|32|Viña
Valparaíso|Valparaíso|32|Valpo
Antofagasta|Antofagasta|55|
Concepción|Biobío|41|Conce
Temuco|La Araucanía|45|
Las Condes|Región Metropolitana|2|
Rancagua|O'Higgins|72|
Providencia|Región Metropolitana|2|Prov
Ñuñoa|Región Metropolitana|2|Nunoa
San Bernardo|Región Metropolitana|2|
Talca|Maule|71|
La Serena|Coquimbo|51|
Coquimbo|Coquimbo|51|
Arica|Arica y Parinacota|58|
Iquique|Tarapacá|57|
Puerto Montt|Los Lagos|65|Pto. Montt
Chillán|Ñuble|42|
Los Ángeles|Biobío|43|
Osorno|Los Lagos|64|
Valdivia|Los Ríos|63|
Punta Arenas|Magallanes|61|Pta. Arenas
Quilicura|Región Metropolitana|2|""",
    "MX": """Ciudad de México|Ciudad de México|55|CDMX;México DF
Guadalajara|Jalisco|33|Gdl
Monterrey|Nuevo León|81|Mty
Puebla|Puebla|222|
Tijuana|Baja California|664|
León|Guanajuato|477|
Ecatepec|Estado de México|55|
Ciudad Juárez|Chihuahua|656|Cd. Juárez
Zapopan|Jalisco|33|
Nezahualcóyotl|Estado de México|55|
Mérida|Yucatán|999|
Querétaro|Querétaro|442|
San Luis Potosí|San Luis Potosí|444|SLP
Aguascalientes|Aguascalientes|449|
Hermosillo|Sonora|662|
Saltillo|Coahuila|844|
Mexicali|Baja California|686|
Culiacán|Sinaloa|667|
Chihuahua|Chihuahua|614|
Morelia|Michoacán|443|
Toluca|Estado de México|722|
Cancún|Quintana Roo|998|
Veracruz|Veracruz|229|
Oaxaca|Oaxaca|951|""",
    "CO": """Bogotá|Cundinamarca|601|Bogotá D.C.
Medellín|Antioquia|604|
Cali|Valle del Cauca|602|Santiago de Cali
Barranquilla|Atlántico|605|
Cartagena|Bolívar|605|Cartagena de Indias
Cúcuta|Norte de Santander|607|
Bucaramanga|Santander|607|
Soledad|Atlántico|605|
Soacha|Cundinamarca|601|
Ibagué|Tolima|608|
Pereira|Risaralda|606|
Santa Marta|Magdalena|605|Sta. Marta
Villavicencio|Meta|608|
Bello|Antioquia|604|
Manizales|Caldas|606|
Pasto|Nariño|602|
Neiva|Huila|608|
Armenia|Quindío|606|
Montería|Córdoba|604|
Itagüí|Antioquia|604|
Popayán|Cauca|602|
Tunja|Boyacá|608|""",
    "PE": """Lima|Lima|1|
San Juan de Lurigancho|Lima|1|SJL
Arequipa|Arequipa|54|
Trujillo|La Libertad|44|
Chiclayo|Lambayeque|74|
San Martín de Porres|Lima|1|SMP
Piura|Piura|73|
Comas|Lima|1|
Cusco|Cusco|84|Cuzco
Huancayo|Junín|64|
Ate|Lima|1|
Villa El Salvador|Lima|1|VES
Iquitos|Loreto|65|
Santiago de Surco|Lima|1|Surco
Tacna|Tacna|52|
Callao|Callao|1|
Ica|Ica|56|
Juliaca|Puno|51|
Miraflores|Lima|1|
Cajamarca|Cajamarca|76|
Chimbote|Áncash|43|
Los Olivos|Lima|1|""",
    "AR": """Buenos Aires|Ciudad Autónoma de Buenos Aires|11|CABA;Capital Federal
Córdoba|Córdoba|351|Cba
Rosario|Santa Fe|341|
La Plata|Buenos Aires|221|
Mar del Plata|Buenos Aires|223|
Tucumán|Tucumán|381|San Miguel de Tucumán
Salta|Salta|387|
Santa Fe|Santa Fe|342|
Lomas de Zamora|Buenos Aires|11|
Quilmes|Buenos Aires|11|
Morón|Buenos Aires|11|
San Juan|San Juan|264|
Mendoza|Mendoza|261|
Resistencia|Chaco|362|
Neuquén|Neuquén|299|
Posadas|Misiones|376|
Corrientes|Corrientes|379|
Bahía Blanca|Buenos Aires|291|
Paraná|Entre Ríos|343|
Lanús|Buenos Aires|11|
San Isidro|Buenos Aires|11|
Avellaneda|Buenos Aires|11|""",
    "BR": """São Paulo|SP|11|São Paulo SP
Rio de Janeiro|RJ|21|Rio
Brasília|DF|61|
Salvador|BA|71|
Fortaleza|CE|85|
Belo Horizonte|MG|31|BH
Manaus|AM|92|
Curitiba|PR|41|
Recife|PE|81|
Goiânia|GO|62|
Porto Alegre|RS|51|POA
Belém|PA|91|
Guarulhos|SP|11|
Campinas|SP|19|
São Luís|MA|98|
Maceió|AL|82|
Campo Grande|MS|67|
Natal|RN|84|
Teresina|PI|86|
Florianópolis|SC|48|Floripa
Ribeirão Preto|SP|16|
Uberlândia|MG|34|
Santos|SP|13|
Niterói|RJ|21|""",
    "EC": """Guayaquil|Guayas|4|Santiago de Guayaquil
Quito|Pichincha|2|San Francisco de Quito
Cuenca|Azuay|7|
Santo Domingo|Santo Domingo de los Tsáchilas|2|Sto. Domingo
Machala|El Oro|7|
Durán|Guayas|4|
Manta|Manabí|5|
Portoviejo|Manabí|5|
Loja|Loja|7|
Ambato|Tungurahua|3|
Esmeraldas|Esmeraldas|6|
Quevedo|Los Ríos|5|
Riobamba|Chimborazo|3|
Milagro|Guayas|4|
Ibarra|Imbabura|6|
Latacunga|Cotopaxi|3|
Babahoyo|Los Ríos|5|
Samborondón|Guayas|4|""",
}

STREETS = {
    "ES": (
        "Los Aromos|Arturo Prat|San Martín|Bolívar|Independencia|Los Leones|O'Higgins|Las Rosas|Los Pinos|Colón|"
        "Libertad|Sucre|Las Acacias|Los Olivos|Santa Rosa|San José|Vicuña Mackenna|Los Almendros|Las Palmeras|"
        "Caupolicán|"
        "Manuel Rodríguez|Hidalgo|Morelos|Juárez|Benito Juárez|Insurgentes|Reforma|Zaragoza|Allende|Madero|Rivadavia|"
        "Belgrano|Mitre|Sarmiento|Moreno|Alberdi|Urquiza|Junín|Ayacucho|Maipú|Chacabuco|Lavalle|Grau|Bolognesi|Tacna|"
        "Arequipa|Larco|Pardo|Los Incas|Túpac Amaru|Amazonas|Eloy Alfaro|Diez de Agosto|Nueve de Octubre|Olmedo|"
        "García Moreno|Los Naranjos|El Bosque|La Paz|Las Torres|El Parque|San Francisco|Santa Isabel|Las Violetas|"
        "Los Jazmines|Constitución|Primero de Mayo|Veinticinco de Mayo|Cinco de Mayo|Dieciséis de Septiembre|"
        "Pedro Montt|"
        "Balmaceda|Errázuriz|Alemania|Francia|España|Italia|Brasil|Perú|Ecuador|Los Carrera|Lord Cochrane|Freire|"
        "Gabriela Mistral|Pablo Neruda|Camino Real|La Marina|El Sol|La Luna|Los Cedros|Los Robles|Las Lilas|Miramar|"
        "Buenavista|Bellavista|El Mirador|Las Flores|San Pedro|San Juan|Santa María|San Antonio|Los Cipreses"
    ),
    "PT": (
        "das Flores|Sete de Setembro|Quinze de Novembro|Tiradentes|Dom Pedro II|Santos Dumont|São João|São José|"
        "Getúlio Vargas|Rui Barbosa|Castro Alves|Duque de Caxias|Marechal Deodoro|Floriano Peixoto|Barão do Rio Branco|"
        "José Bonifácio|Santo Antônio|São Paulo|Rio Branco|Independência|Presidente Vargas|da Liberdade|dos Andradas|"
        "Bento Gonçalves|Amazonas|Bahia|Goiás|Minas Gerais|Paraná|Pernambuco|Ceará|das Palmeiras|dos Ipês|das Acácias|"
        "Primeiro de Maio|Treze de Maio|Vinte e Cinco de Março|da Paz|do Comércio|Voluntários da Pátria|Paulista|"
        "Princesa Isabel|Machado de Assis|Olavo Bilac|Monteiro Lobato|Benjamin Constant|Visconde de Mauá|São Francisco|"
        "Santa Luzia|Boa Vista|das Laranjeiras|dos Pinheiros|do Sol|da Praia|Nossa Senhora Aparecida|São Sebastião"
    ),
}
